"""The embedded palace looked at as a whole, for the doctor: on a connection and a snapshot of its own."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, suppress
from pathlib import Path

from store.files import temporary_in, write_new
from store.palace.causes import files_of
from store.palace.locks import Process, lock_holders
from store.palace.protocol import Request, StoredRevision
from store.palace.rows import decode_any, read_revision
from store.schema import MIGRATIONS, TAG

_MESSAGES = 100
"""Faults of its structure that SQLite is asked for."""
_COMMENT = re.compile(r"--[^\n]*")
_WRITE_LOCKS = (range(120, 121), range(122, 123))
"""The bytes of palace.db-shm that SQLite locks to write, and to recover the log; the others wait for nobody long."""

_BY_DRAWER = f"SELECT drawer, number, seq FROM revisions INDEXED BY newest WHERE tag = '{TAG}' ORDER BY drawer, number"  # noqa: S608
_SEQS = "SELECT seq, lag(seq, 1, 0) OVER (ORDER BY seq) AS before FROM revisions"
_GAPS = f"SELECT before + 1, seq - 1 FROM ({_SEQS}) WHERE seq > before + 1 ORDER BY seq LIMIT ?"  # noqa: S608


class SqliteAudit:
    """One palace as it was when this began; see `store.palace.Audit`."""

    def __init__(
        self,
        db: sqlite3.Connection,
        path: Path,
        translated: Callable[[], AbstractContextManager[None]],
        *,
        read_only: bool,
    ) -> None:
        """Begin on a connection that is used for nothing else.

        ``translated`` turns SQLite's errors into the palace's.
        """
        self._db = db
        self._path = path
        self._translated = translated
        self._read_only = read_only
        # A name that is no text must hide no other.
        db.text_factory = decode_any
        db.execute("BEGIN")

    def structure(self) -> Iterator[str]:
        """Yield what SQLite's own check says, and what is not as `store.schema` makes it."""
        with self._translated():
            said = [str(row[0]) for row in self._db.execute(f"PRAGMA integrity_check({_MESSAGES})")]
        if said != ["ok"]:
            yield from said
        if len(said) == _MESSAGES:
            yield f"these are the first {_MESSAGES} faults of its structure: there may be more"
        with self._translated():
            yield from self._schema()
            yield from self._kinds()
            mode = self._db.execute("PRAGMA journal_mode").fetchone()[0]
            # Without its log, where nothing can be written, SQLite says the mode of files that have none.
            if mode != "wal" and not self._read_only:
                yield f"its journal mode is {mode}, not wal: readers and writers wait for each other"
            if self._db.execute("SELECT value FROM palace WHERE key = 'id'").fetchone() is None:
                yield "it has no id: another palace in its place would not be noticed"

    def revisions(self) -> Iterator[StoredRevision]:
        """Yield every revision by drawer and number, as the index knows them; a damaged page costs what is on it."""
        with self._translated():
            for drawer, number, seq in self._db.execute(_BY_DRAWER):
                # An index that is damaged may hold anything.
                if not isinstance(drawer, str) or not isinstance(number, int) or not isinstance(seq, int):
                    yield StoredRevision(0, str(drawer), 0, "", "", b"", "the index of revisions is damaged here")
                    continue
                yield read_revision(self._db, seq, drawer, number)

    def gone(self, most: int) -> tuple[int, list[tuple[int, int]]]:
        """Return how many sequence numbers have no revision, and the first runs of them."""
        with self._translated():
            count, last = self._db.execute("SELECT count(*), max(seq) FROM revisions").fetchone()
            gone = (last or 0) - count
            return gone, self._db.execute(_GAPS, (most,)).fetchall() if gone > 0 else []

    def workplaces(self) -> Iterator[tuple[str, str]]:
        """Yield which session works on which drawer, by the index of sessions."""
        with self._translated():
            for session_id, drawer in self._db.execute("SELECT session_id, drawer FROM sessions"):
                yield str(session_id), str(drawer)

    def requests(self) -> Iterator[tuple[str, Request]]:
        """Yield every request that was carried out."""
        with self._translated():
            for row in self._db.execute("SELECT request_id, fingerprint, result FROM requests"):
                request_id, fingerprint, result = map(str, row)
                yield request_id, Request(fingerprint, result)

    def number(self, drawer: str) -> int:
        """Return the number of a drawer's newest revision, 0 where there is none."""
        with self._translated():
            newest = "SELECT max(number) FROM revisions WHERE tag = ? AND drawer = ?"
            number = self._db.execute(newest, (TAG, drawer)).fetchone()[0]
            return number if isinstance(number, int) else 0

    def writers(self) -> list[Process]:
        """Return the processes that hold a lock for which a change waits, where that can be known."""
        database, _, index = files_of(self._path)
        return lock_holders(database) + lock_holders(index, *_WRITE_LOCKS)

    def _schema(self) -> Iterator[str]:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        with closing(sqlite3.connect(":memory:")) as made:
            for statements in MIGRATIONS[:version]:
                for statement in statements:
                    made.execute(statement)
            ours = _objects(made)
        there = _objects(self._db)
        for kind, name in sorted(there.keys() | ours.keys()):
            if (kind, name) not in ours:
                yield f"its {kind} {name!r} is none of goalgate's"
            elif (kind, name) not in there:
                yield f"its {kind} {name!r} is missing"
            elif there[kind, name] != ours[kind, name]:
                yield f"its {kind} {name!r} is not as goalgate made it"

    def _kinds(self) -> Iterator[str]:
        for (tag,) in self._db.execute("SELECT DISTINCT tag FROM revisions WHERE tag IS NOT ?", (TAG,)):
            yield f"it has revisions of a kind that goalgate does not know: {tag!r}"


def try_writing(db: sqlite3.Connection, path: Path, size: int) -> None:
    """Write as many bytes as a change would to the disk itself, inside a transaction that is taken back.

    Raises:
        sqlite3.Error: they can't be written, or somebody else is writing.
        OSError: the disk does not take them.

    """
    # No page may wait in memory for the commit: all go into the log, where nobody reads what was never committed.
    db.execute("PRAGMA cache_size = 1")
    db.execute("PRAGMA cache_spill = 1")
    db.execute("BEGIN IMMEDIATE")
    try:
        db.execute("CREATE TABLE tried (bytes BLOB)")
        db.execute("INSERT INTO tried VALUES (zeroblob(?))", (size,))
        # A quota may speak up only here. SQLite locks nothing in the log: to close it here lets go of no lock.
        with suppress(FileNotFoundError):
            _, log, _ = files_of(path)
            fd = os.open(log, os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(fd)
            finally:
                os.close(fd)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname.startswith("SQLITE_IOERR"):
            # SQLite keeps the reason to itself: a quota, a limit on files, a bad disk.
            scratch = temporary_in(path.parent)
            write_new(scratch, [bytes(size)])
            scratch.unlink()
        raise
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def _objects(db: sqlite3.Connection) -> dict[tuple[str, str], str]:
    """Return what the schema holds, without comments and line breaks; SQLite's own statistics are nobody's."""
    rows = db.execute("SELECT type, name, coalesce(sql, '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%'")
    return {
        (kind, name): " ".join(_COMMENT.sub("", sql).split()) for kind, name, sql in (map(str, row) for row in rows)
    }
