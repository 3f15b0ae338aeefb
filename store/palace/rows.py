"""Reads revisions from the embedded palace's table so that damage costs no more than it touches."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from store.palace.causes import is_damage
from store.palace.checksum import checksum
from store.palace.protocol import RevisionKind, StoredRevision
from store.schema import BY_INDEX, ONE

T = TypeVar("T")
Row = tuple[int, str, int, str, str, bytes, int, RevisionKind, str]
"""A revision's columns, in the order in which `store.schema` asks for them. Damage may make anything of each."""


def read_revisions(db: sqlite3.Connection, question: str, *values: int | str) -> list[StoredRevision]:
    """Answer a question of `store.schema`; where a page or a text is damaged, revision by revision."""
    try:
        return [to_revision(row) for row in db.execute(question, values)]
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
    with any_bytes_as_text(db):
        known = db.execute(BY_INDEX[question], values).fetchall()
    return [read_revision(db, seq, drawer, number) for drawer, number, seq in known]


def read_revision(db: sqlite3.Connection, seq: int, drawer: object, number: object) -> StoredRevision:
    """Return the revision that the index of revisions has under this sequence number, as this one of this drawer.

    Where the table holds no such revision it comes with its fault. A damaged index may hold anything.
    """
    try:
        with any_bytes_as_text(db):
            row = db.execute(ONE, (seq,)).fetchone()
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        row = None
    found = to_revision(row) if row else StoredRevision(seq, "", 0, "", "", b"", "its page in the palace is damaged")
    if found.fault is None and (found.drawer, found.number) != (drawer, number):
        found = found._replace(text=b"", fault=f"the index has it as revision {number} of {drawer}")
    return found._replace(drawer=str(drawer), number=_whole(number))


def to_revision(row: Row) -> StoredRevision:
    """Return the revision that a row holds, with its fault where the row is not what was written."""
    seq, drawer, number, committed, actor, text, crc, kind, asked_at = row
    try:
        is_sound = checksum(drawer, number, committed, actor, kind, asked_at, text) == crc
    except (TypeError, ValueError):
        is_sound = False
    if not is_sound:
        fault = "it does not match its checksum"
        return StoredRevision(seq, str(drawer), _whole(number), str(committed), str(actor), b"", fault)
    return StoredRevision(seq, drawer, number, committed, actor, text, None, kind, asked_at)


def descending(rows: Iterable[tuple[Any, T]], below: int) -> list[tuple[int, T]]:
    """Leave out what a damaged page has in the wrong order: whoever reads on below the last must come to an end."""
    kept: list[tuple[int, T]] = []
    for number, row in rows:
        if isinstance(number, int) and number < below:
            below = number
            kept.append((number, row))
    return kept


@contextmanager
def any_bytes_as_text(db: sqlite3.Connection) -> Iterator[None]:
    """Read texts for the length of the block though they are no UTF-8, see `decode_any`."""
    before, db.text_factory = db.text_factory, decode_any
    try:
        yield
    finally:
        db.text_factory = before


def decode_any(text: bytes) -> str:
    r"""Return a text that may be none: a byte that is no UTF-8 becomes ``\xff``, say, so that each has its own name."""
    return text.decode(errors="backslashreplace")


def _whole(number: object) -> int:
    return number if isinstance(number, int) else 0
