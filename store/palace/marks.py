"""The mark that each commit leaves in a database's header, by which one history is told from another.

It is SQLite's ``application_id``, which has no other use here. Half of a mark is drawn at random, so that no two
commits have the same, in whichever copy of a palace. Half follows from the mark before it, so that a log is known to
go on from a database: its first commit follows the database's, or the database has one of its commits already.
"""

from __future__ import annotations

import os
import sqlite3
import zlib
from contextlib import suppress
from pathlib import Path

HEADER = 100
"""Bytes of a database's header, and where it holds the mark."""
_MARK_AT = 68
_MARKS = 1 << 31
"""SQLite's number has 32 bits and a sign."""
_TRACES = 1 << 15
_LOG_HEADER = 32
_FRAME_HEADER = 24


def mark_of(db: sqlite3.Connection) -> int:
    """Return the mark of the newest commit that a connection sees."""
    return int(db.execute("PRAGMA application_id").fetchone()[0]) % _MARKS


def mark_in(header: bytes) -> int:
    """Return the mark in a database's header."""
    return int.from_bytes(header[_MARK_AT : _MARK_AT + 4], "big") % _MARKS


def mark_after(mark: int) -> int:
    """Return a mark for a commit that follows the one with ``mark``."""
    return int.from_bytes(os.urandom(2), "big") * _TRACES + _trace(mark)


def marks_in_log(log: Path) -> list[int]:
    """Return the marks of the commits in a log, oldest first; of those alone that its present run has."""
    found: list[int] = []
    # SQLite locks nothing in the log: to close it lets go of no lock.
    with suppress(OSError), log.open("rb", buffering=0) as file:
        head = file.read(_LOG_HEADER)
        step = _FRAME_HEADER + int.from_bytes(head[8:12], "big")
        at = _LOG_HEADER
        while len(frame := os.pread(file.fileno(), _FRAME_HEADER + HEADER, at)) == _FRAME_HEADER + HEADER:
            # A frame of an earlier run has another salt.
            if frame[8:16] != head[16:24]:
                break
            # The first page has the header, and each commit writes it.
            if frame[:4] == b"\0\0\0\1":
                found.append(mark_in(frame[_FRAME_HEADER:]))
            at += step
    return found


def goes_on_from(header: int, log: list[int], newest: int) -> bool:
    """Return whether a log is the one of a database.

    Args:
        header: the database's mark without its log.
        log: the marks in the log.
        newest: the database's mark with its log.

    """
    if not log:
        return header == newest
    return header in log or log[0] % _TRACES == _trace(header)


def _trace(mark: int) -> int:
    return zlib.crc32(mark.to_bytes(4, "big")) % _TRACES
