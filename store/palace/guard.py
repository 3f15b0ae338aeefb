"""Tells whether a palace's files are still those that SQLite has open, and lets go of them so that nothing is lost.

SQLite holds a database, its log (``-wal``) and the log's index (``-shm``) by descriptors, and never looks for them by
their names again. Where somebody removed or replaced one of them, whoever opens the palace next works on other files,
and what one of the two commits the other never sees, or destroys. Where somebody wrote over the database, what stands
in the log belongs to pages that are not there any more.

Each commit leaves its mark in the database's header, see `store.palace.marks`. A database that has none of its log's,
nor the one before them, is another one: an older copy, or one that went its own way. Where the log tells nothing, the
newest revision that was seen must be there.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from store.palace.causes import Unusable, files_of
from store.palace.marks import HEADER, goes_on_from, mark_after, mark_in, mark_of, marks_in_log

_NEWEST = "SELECT seq, CAST(committed AS BLOB) FROM revisions ORDER BY seq DESC LIMIT 1"
_COMMITTED = "SELECT seq, CAST(committed AS BLOB) FROM revisions WHERE seq = ?"
_READ_LOCK = 0x4000_0002, 510
"""Where SQLite locks a database for reading, and how many bytes."""


class FileState(NamedTuple):
    """A file as its path shows it."""

    inode: tuple[int, int]
    size: int
    written: int
    """When it was last written to, in nanoseconds."""


class Guard:
    """Watches over the files of an open database. A look costs four questions to the file system.

    Threads that read and write share it: each look is taken and judged by one at a time, since an older look beside a
    newer one would say that a file shrank.
    """

    def __init__(self, path: Path) -> None:
        """Name the database; `begin` watches."""
        self._path = path.absolute()
        self._lock = threading.RLock()
        self._held: list[FileState | None] = []
        """Database, log and index as they were at the last look; empty while nothing is watched."""
        self._known: tuple[int, bytes] | None = None
        """The newest revision that was seen: its sequence number, and when it was committed."""
        self._looked: tuple[int, int] | None = None
        """Size and time of the database when it was last looked into."""
        self._is_cut = False
        """Whether the log is shorter than it was."""
        self._is_sure = False
        """Whether the files that are open were found in their places."""
        self.is_doubtful = False
        """Whether the database was found written over, and nobody has judged it since."""

    @property
    def is_watching(self) -> bool:
        """Whether `begin` was called since `end`."""
        return bool(self._held)

    def begin(self, db: sqlite3.Connection, *, alone: bool = False) -> None:
        """Remember the files that a connection has open by now; ``alone`` if it uses no log.

        Raises:
            Unusable: they are not those that the paths name, or the database is not the one that its log is of.

        """
        with self._lock:
            self._begin(db, alone=alone)

    def _begin(self, db: sqlite3.Connection, *, alone: bool) -> None:
        self._is_sure = False
        self._known = None
        _ = mark_of(db)
        paths = self._paths
        self._held = [state_of(path) for path in paths]
        used = 1 if alone or db.execute("PRAGMA journal_mode").fetchone()[0] != "wal" else 3
        held = descriptors()
        for path, state in zip(paths[:used], self._held[:used], strict=True):
            if state is None:
                raise Unusable(f"{path} is gone, while it was opened")
            if held and state.inode not in held:
                raise Unusable(f"{path} was replaced by another file, while it was opened")
        self._held[used:] = [None] * (3 - used)
        database = self._held[0]
        self._looked, self._is_cut = database and database[1:3], False
        db.execute("BEGIN")
        try:
            # Only while somebody reads nobody begins the log anew.
            mark = mark_of(db)
            header = header_mark(self._held[0], held)
            log = [] if self._held[1] is None else marks_in_log(paths[1])
        finally:
            db.execute("COMMIT")
        if header is not None and not goes_on_from(header, log, mark):
            self.is_doubtful = True
            raise Unusable(f"{paths[0]} is not the database that its log {paths[1]} belongs to")
        self._is_sure = True

    def end(self) -> None:
        """Watch over nothing any more."""
        with self._lock:
            self._held, self._looked = [], None

    @property
    def _paths(self) -> list[Path]:
        """The files that whoever opens the palace now would use: a link in its place may lead elsewhere at any time."""
        return list(files_of(self._path))

    @property
    def index(self) -> Path:
        """The path of the log's index."""
        return self._paths[2]

    @property
    def has_log(self) -> bool:
        """Whether a log is in use."""
        return bool(self._held) and self._held[1] is not None

    def see(self, db: sqlite3.Connection) -> None:
        """Remember how far the palace is, in a transaction of ``db``."""
        self.committed(_revision(db, _NEWEST))

    def check(self) -> bool:
        """Return whether the files moved in a way that `look_into` has to judge.

        Raises:
            Unusable: one of the files is not the one that is open.

        """
        with self._lock:
            return self._check()

    def _check(self) -> bool:
        if not self._held:
            raise Unusable("it is not open")
        paths = self._paths
        states = [state_of(path) for path in paths]
        for path, was, now in zip(paths, self._held, states, strict=True):
            if was is not None and now is None:
                raise Unusable(f"{path} is gone, while it was open")
            if was is not None and now is not None and was.inode != now.inode:
                raise Unusable(f"{path} was replaced by another file, while it was open")
        if _shrank(self._held[2], states[2]):
            raise Unusable(f"{paths[2]} was cut short, while it was open")
        # As after a checkpoint that empties it.
        self._is_cut = self._is_cut or _shrank(self._held[1], states[1])
        # What was not in use stays out of it.
        self._held = [was and now for was, now in zip(self._held, states, strict=True)]
        database = states[0]
        return self._is_cut or (database is not None and self._looked != (database.size, database.written))

    def look_into(self, db: sqlite3.Connection) -> None:
        """Judge, in a transaction of ``db``, whether the database is what came of it by its own log.

        Raises:
            Unusable: somebody wrote over it, or cut the log.

        """
        with self._lock:
            self._look_into(db)

    def _look_into(self, db: sqlite3.Connection) -> None:
        # This begins the snapshot: until it ends nobody begins the log anew.
        mark = mark_of(db)
        paths = self._paths
        state = state_of(paths[0])
        header = header_mark(self._held[0], descriptors())
        log = marks_in_log(paths[1]) if self.has_log else []
        is_of_log = header is None or goes_on_from(header, log, mark)
        if (is_of_log and log and mark not in (header, *log)) or (self._is_cut and not log and not is_of_log):
            raise Unusable(f"{paths[1]} was cut short, while it was open")
        if not log:
            # What is still in memory tells nothing of the file.
            db.execute("PRAGMA shrink_memory")
        if (
            state is None
            or (self._looked is not None and state.size < self._looked[0])
            or not is_of_log
            or (self._known is not None and _revision(db, _COMMITTED, self._known[0]) != self._known)
        ):
            self.is_doubtful = True
            raise Unusable(f"{paths[0]} was written over, while it was open")
        self._looked, self._is_cut = state[1:3], False

    def advance(self, db: sqlite3.Connection) -> tuple[int, bytes] | None:
        """Mark a commit, in its own transaction, and return its newest revision, for `committed` to remember."""
        db.execute(f"PRAGMA application_id = {mark_after(mark_of(db))}")
        return _revision(db, _NEWEST)

    def committed(self, revision: tuple[int, bytes] | None) -> None:
        """Remember the newest revision of a commit; only now, since until then nobody sees it."""
        with self._lock:
            if revision is not None and (self._known is None or revision[0] > self._known[0]):
                self._known = revision

    def let_go(self, db: sqlite3.Connection, keep: Callable[[sqlite3.Connection], None]) -> None:
        """Close the last connection so that nothing is lost, whichever files are there now. Never fails.

        SQLite would write the log into the database and remove it, by its name. That is right where the files are
        those that are open, and where the log has no name any more there is no other way to save it. Where another log
        has its name, that one is not touched, and ``keep`` is to make a copy of the palace as ``db`` sees it.
        """
        database, log, index = self._held or (None, None, None)
        now = [state_of(path) for path in self._paths]
        has_database, has_log, has_index = (
            was is not None and there is not None and was.inode == there.inode
            for was, there in zip((database, log, index), now, strict=True)
        )
        try:
            if not self._is_sure:
                as_usual = False
            elif log is None or (has_database and has_log and has_index and not _shrank(index, now[2])):
                as_usual = not self.is_doubtful
            elif not has_database:
                # SQLite itself leaves the log alone then. Ours may have no name any more, and the database lacks it.
                as_usual = True
                if not has_log and not self.is_doubtful:
                    db.execute("PRAGMA busy_timeout = 0").fetchall()
                    db.execute("PRAGMA query_only = 0")
                    db.execute("PRAGMA wal_checkpoint(FULL)").fetchall()
            else:
                # Whoever opens this log next reads all of it: others may have made an index of their own by now.
                as_usual = not has_log and not self.is_doubtful and self._save(db, keep, has_index=has_index)
            if as_usual:
                db.close()
                return
        except (sqlite3.Error, UnicodeDecodeError, OSError):
            pass
        close_untouched(db, database)

    def _save(self, db: sqlite3.Connection, keep: Callable[[sqlite3.Connection], None], *, has_index: bool) -> bool:
        """Save a log that has no name any more, or return whether SQLite is to do so when it closes the database."""
        header = header_mark(self._held[0], descriptors())
        if header == mark_of(db):
            return False
        for setting in ("query_only = 0", "busy_timeout = 0", "locking_mode = EXCLUSIVE"):
            db.execute(f"PRAGMA {setting}").fetchall()
        try:
            # Nobody else has the database open then, or opens it before this connection is closed.
            db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            is_alone = False
        else:
            is_alone = True
        other = state_of(self._paths[1])
        if is_alone and (other is None or not other.size):
            db.execute("ROLLBACK")
            return True
        db.execute("PRAGMA locking_mode = NORMAL").fetchall()
        if is_alone:
            db.execute("ROLLBACK")
        if other is None or (has_index and not other.size):
            # Those who have it open have this log, too: another would have a name, or use another index.
            db.execute("PRAGMA wal_checkpoint(FULL)").fetchall()
        else:
            keep(db)
        return False


def state_of(path: Path) -> FileState | None:
    """Return what a path shows; ``None`` where there is nothing, or nothing to be seen."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return FileState((status.st_dev, status.st_ino), status.st_size, status.st_mtime_ns)


def header_mark(database: FileState | None, held: dict[tuple[int, int], list[int]]) -> int | None:
    """Return the mark of a database without its log; ``None`` where the system does not tell.

    It is read through a descriptor that SQLite has: to close another would give up this process's locks on the file.
    """
    for fd in held.get(database.inode, []) if database else []:
        with suppress(OSError):
            return mark_in(os.pread(fd, HEADER, 0))
    return None


def descriptors() -> dict[tuple[int, int], list[int]]:
    """Return the descriptors that this process has, by the file; nothing where the system does not tell."""
    found: dict[tuple[int, int], list[int]] = {}
    with suppress(OSError):
        for name in os.listdir("/dev/fd"):  # noqa: PTH208
            with suppress(OSError):
                status = os.fstat(int(name))
                found.setdefault((status.st_dev, status.st_ino), []).append(int(name))
    return found


def close_untouched(db: sqlite3.Connection, database: FileState | None) -> None:
    """Close a connection so that SQLite neither writes its log into the database nor removes it."""
    # Since Python 3.12.
    option = getattr(sqlite3, "SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE", None)
    if option is not None:
        db.setconfig(option, True)  # type: ignore[attr-defined]
        db.close()
        return
    # SQLite does so only where nobody else has the database open. This lock is as good as somebody.
    for kind in (fcntl.F_RDLCK, fcntl.F_UNLCK):
        for fd in descriptors().get(database.inode, []) if database and hasattr(fcntl, "F_OFD_SETLK") else []:
            with suppress(OSError):
                lock = struct.pack("hhqqi4x", kind, os.SEEK_SET, *_READ_LOCK, 0)
                fcntl.fcntl(fd, fcntl.F_OFD_SETLK, lock)
        db.close()


def _revision(db: sqlite3.Connection, question: str, *values: int) -> tuple[int, bytes] | None:
    """Return the sequence number of a revision and when it was committed; ``None`` where that can't be read."""
    with suppress(sqlite3.DatabaseError):
        found: tuple[int, bytes] | None = db.execute(question, values).fetchone()
        return found
    return None


def _shrank(was: FileState | None, now: FileState | None) -> bool:
    return was is not None and now is not None and now.size < was.size
