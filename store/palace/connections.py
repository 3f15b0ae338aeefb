"""The connections to a palace's file: how they are opened where it can be written, and where it can only be read."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from store.palace.causes import Unusable, files_of, give_back_rights, not_writable
from store.palace.guard import Guard, state_of
from store.schema import WAIT

_WRITABLE, _READ_ONLY, _ALONE = "rw", "ro", "ro&immutable=1"
"""How SQLite is to open a database; alone is without log and locks, where nobody can write to it."""


_COMMIT_S = 0.1
"""Seconds within which a commit that has begun is in the log, or its process notices that files were taken away."""


class Connections:
    """A reading and a writing connection, and the guard over the files that they have open.

    Raises `sqlite3.Error`, `OSError`, and `Unusable` where the files are not those that were opened.
    """

    def __init__(self, path: Path, keep: Callable[[sqlite3.Connection], None]) -> None:
        """Name the file; nothing is opened yet. ``keep`` makes a copy of a palace that lost its place."""
        self.path = path
        self.guard = Guard(path)
        self._keep = keep
        self._reader: sqlite3.Connection | None = None
        self._writer: sqlite3.Connection | None = None
        self._way = _WRITABLE
        """How the reading connection was opened."""
        self._reading = threading.RLock()
        self._writing = threading.RLock()

    def open(self) -> None:
        """Open the file for reading, and have the guard watch it from now on.

        A database that was found written over is looked through first.
        """
        with self._reading:
            db = self._open_reader()
            if self.guard.is_doubtful:
                said = [str(row[0]) for row in db.execute("PRAGMA integrity_check(1)")]
                if said != ["ok"]:
                    raise Unusable(f"{self.path} was written over, and is damaged now: {said[0]}")
                self.guard.is_doubtful = False

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let no other thread read or write meanwhile: what is being opened is not open to them yet."""
        with self._writing, self._reading:
            yield

    def close(self) -> None:
        """Close both connections, so that nothing is lost, whichever files are there now."""
        with self._writing, self._reading:
            db = self._writer or self._reader
            if self._writer is not None and self._reader is not None:
                # While another is open SQLite leaves the files alone.
                self._reader.close()
            self._reader = self._writer = None
            if db is not None:
                self.guard.let_go(db, self._keep)
            self.guard.end()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give the reading connection, in a transaction: one consistent view of the palace."""
        with self._reading:
            moved = self.guard.check()
            if self._way == _ALONE and (moved or self._has_log()):
                # Nothing tells SQLite of a change then.
                self._drop_reader()
                self._open_reader()
                moved = False
            db = self._reader or self._open_reader()
            db.execute("BEGIN")
            try:
                if moved:
                    self.guard.look_into(db)
                yield db
                if self._way == _ALONE and (self.guard.check() or self._has_log()):
                    raise Unusable(f"{self.path} changed while it was read")
            finally:
                with suppress(sqlite3.Error):
                    db.execute("COMMIT")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give the writing connection, in a transaction that is committed to the disk where the block ends well."""
        with self._writing:
            moved = self.guard.check()
            db = self._writer
            if db is None:
                db = self._open_writer()
            db.execute("BEGIN IMMEDIATE")
            try:
                # It may have waited for seconds.
                if self.guard.check() or moved:
                    self.guard.look_into(db)
                before, newest = db.total_changes, None
                yield db
                if db.total_changes != before:
                    newest = self.guard.advance(db)
                    self.guard.check()
                db.execute("COMMIT")
                self.guard.committed(newest)
            except BaseException:
                # Already rolled back by SQLite itself after some errors, a full disk among them.
                if db.in_transaction:
                    with suppress(sqlite3.Error):
                        db.execute("ROLLBACK")
                raise
            try:
                # Only what is in the files that others see is committed.
                self.guard.check()
            except Unusable as error:
                msg = f"{error}, just as a change was committed: look whether it is there before you make it again"
                raise Unusable(msg) from None

    def another(self, *, write: bool, wait: float = WAIT) -> sqlite3.Connection:
        """Return a connection of its own, for what takes its time or must not wait."""
        if self.guard.is_watching:
            self.guard.check()
        if write:
            self._allow_writing()
        return connect(self.path, _WRITABLE if write else self._way_to_read(), write=write, wait=wait)

    def _open_reader(self) -> sqlite3.Connection:
        way = self._way_to_read()
        if self._has_log() and state_of(self.guard.index) is None:
            # Somebody took the index away: a commit by way of it may be on its way into the log.
            time.sleep(_COMMIT_S)
        self._reader = db = connect(self.path, way, write=False)
        # It opens its files at the first question.
        db.execute("PRAGMA user_version").fetchone()
        self._way = way
        if self._writer is None:
            self.guard.begin(db, alone=way == _ALONE)
        else:
            self.guard.check()
        return db

    def _open_writer(self) -> sqlite3.Connection:
        self._allow_writing()
        db = connect(self.path, _WRITABLE, write=True)
        try:
            # A copy that SQLite's tools made is in another mode.
            db.execute("PRAGMA journal_mode = WAL").fetchone()
            db.execute("PRAGMA user_version").fetchone()
            if self._reader is None or not self.guard.has_log:
                self.guard.begin(db)
                self._drop_reader()
            self.guard.check()
        except BaseException:
            with suppress(sqlite3.Error):
                db.close()
            raise
        self._writer = db
        return db

    def _allow_writing(self) -> None:
        given = give_back_rights(self.path)
        if obstacle := not_writable(self.path):
            raise Unusable(obstacle)
        if given or self._way != _WRITABLE:
            # What that connection could not write, no other of this process could.
            self._drop_reader()

    def _way_to_read(self) -> str:
        if not_writable(self.path) is None:
            # "ro" would refuse to recover a log that a killed process left behind: so reading opens "rw" too, never
            # "rwc", and query_only keeps it from changing anything.
            return _WRITABLE
        # Reading makes nothing then, least of all files with the mode that the database has at this moment.
        _, log, index = files_of(self.path)
        if not self._has_log():
            return _ALONE
        if state_of(index) is None:
            raise Unusable(f"there are changes in {log}, and no {index} to read them by: {not_writable(self.path)}")
        return _READ_ONLY

    def _has_log(self) -> bool:
        _, log, _ = files_of(self.path)
        found = state_of(log)
        return found is not None and found.size > 0

    def _drop_reader(self) -> None:
        with self._reading:
            if self._reader is not None:
                with suppress(sqlite3.Error):
                    self._reader.close()
            self._reader = None


def connect(path: Path, mode: str, *, write: bool, wait: float = WAIT) -> sqlite3.Connection:
    """Open a database that is there; nothing is asked of it yet."""
    db = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=wait, isolation_level=None, check_same_thread=False
    )
    try:
        db.execute(f"PRAGMA query_only = {0 if write else 1}")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA trusted_schema = OFF")
    except BaseException:
        db.close()
        raise
    return db
