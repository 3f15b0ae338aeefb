"""The embedded palace: one SQLite file in WAL mode, ``<root>/palaces/<name>/palace.db`` (CONTRACT 4)."""

from __future__ import annotations

import os
import re
import sqlite3
import threading
import time
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, TypeVar

from store.errors import InvalidInput, PalaceUnavailable
from store.files import create_private, private_folder
from store.palace import DEFAULT_PALACE, Batch, Request, StoredRevision, Transaction
from store.palace.audit import SqliteAudit, try_writing
from store.schema import AT_WORK, BY_INDEX, CONTAINING, MIGRATIONS, NEWEST, ONE, REASONS, RECENT, SINCE, TAG, WAIT
from store.text import to_json

T = TypeVar("T")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MOST = 1 << 62
"""As good as no limit, and still an integer to SQLite."""


class SqlitePalace:
    """A palace in one SQLite file. Each instance has a reading and a writing connection of its own."""

    MANY: ClassVar[int] = 2_000
    """Revisions of which it takes a while to read the newest of every drawer."""

    def __init__(self, root: Path, name: str = DEFAULT_PALACE) -> None:
        """Name the palace below ``root``; nothing is opened or made yet. `InvalidInput` for a bad name."""
        if not _NAME.fullmatch(name):
            raise InvalidInput("palace", f"{name!r} is not a palace's name", "use up to 64 of A-Z a-z 0-9 . _ -")
        self.name = name
        self.folder = root / "palaces" / name
        self.path = self.folder / "palace.db"
        self._reader: sqlite3.Connection | None = None
        self._writer: sqlite3.Connection | None = None
        self._inode: tuple[int, int] | None = None
        self._stamp: tuple[int, int] | None = None
        self._reading = threading.RLock()
        self._writing = threading.Lock()

    def open(self, *, create: bool) -> bool:
        """Open the file, and make or migrate it first if ``create``; return whether there is a palace."""
        self.close()
        with self._translated():
            if create:
                self._create()
            elif not self.path.exists():
                return False
            self._inode = self._file()[0]
            with self._reading:
                return self._check_format(self._read()) > 0

    def close(self) -> None:
        """Close both connections."""
        with self._writing, self._reading:
            self._drop_connections()
            self._inode = self._stamp = None

    def identity(self) -> str:
        """Return the id minted when the palace was made."""
        with self._translated(), self._reading:
            row = self._read().execute("SELECT value FROM palace WHERE key = 'id'").fetchone()
            return str(row[0]) if row else ""

    def newest(self) -> Batch:
        """Return the newest revision of every drawer; damaged pages cost the drawers on them alone."""
        with self._snapshot() as db:
            return Batch(_rows(db, NEWEST), _last(db))

    def at_work(self) -> Batch | None:
        """Return the newest revisions of the drawers that sessions work on; nothing where `newest` is as good."""
        with self._snapshot() as db:
            if (seq := _last(db)) < self.MANY:
                return None
            # A damaged page is for `newest` to deal with.
            with suppress(sqlite3.DatabaseError):
                return Batch([_revision(row) for row in db.execute(AT_WORK)], seq)
        return None

    def since(self, seq: int) -> Batch:
        """Return what is newer than ``seq``, in order."""
        with self._snapshot() as db:
            last = _last(db)
            if last == seq:
                return Batch([], seq)
            return Batch(_rows(db, SINCE, seq), last)

    def history(self, drawer: str, *, limit: int | None, before: int | None) -> list[StoredRevision]:
        """Return a drawer's revisions, oldest first."""
        if not _is_text(drawer):
            return []
        with self._snapshot() as db:
            seqs = db.execute(
                "SELECT seq FROM revisions WHERE tag = ? AND drawer = ? AND number < ? ORDER BY number DESC LIMIT ?",
                (TAG, drawer, _bounded(before), _bounded(limit)),
            ).fetchall()
            return [_one(db, seq, drawer) for (seq,) in reversed(seqs)]

    def recent(self, *, limit: int, before: int | None) -> list[StoredRevision]:
        """Return the newest revisions of all drawers, newest first."""
        with self._snapshot() as db:
            return _rows(db, RECENT, _bounded(before), _bounded(limit))

    def containing(self, text: str, *, first: str, last: str) -> list[StoredRevision]:
        """Return the newest revisions of a range of drawers in whose JSON ``text`` may stand."""
        # LIKE folds the case of ASCII alone: any other character may be any others.
        needle = "".join(
            f"!{char}" if char in "%_!" else char if char.isascii() else "%" for char in to_json(text)[1:-1]
        )
        with self._snapshot() as db:
            return _rows(db, CONTAINING, first, last, f"%{needle}%")

    def transact(self, change: Callable[[Transaction], T]) -> T:
        """Run ``change`` between BEGIN IMMEDIATE and COMMIT with ``synchronous=FULL``."""
        with self._translated(), self._writing:
            self._require_same_file()
            if self._writer is None:
                self._writer = self._connect(write=True)
            db = self._writer
            db.execute("BEGIN IMMEDIATE")
            try:
                self._check_format(db)
                result = change(_SqliteTransaction(db))
                db.execute("COMMIT")
            except BaseException:
                # Already rolled back by SQLite itself after some errors, a full disk among them.
                if db.in_transaction:
                    with suppress(sqlite3.Error):
                        db.execute("ROLLBACK")
                raise
            return result

    def require_writable(self) -> None:
        """Try to write on a connection that waits for nobody, and roll it back; beginning alone a read-only one may."""
        with self._translated(), closing(self._connect(write=True, wait=0)) as db:
            version = self._check_format(db)
            db.execute("BEGIN IMMEDIATE")
            db.execute(f"PRAGMA user_version = {version}")
            db.execute("ROLLBACK")

    def try_writing(self, size: int) -> None:
        """Write so many bytes into the file's log, on a connection that waits for nobody, and take that back."""
        with self._translated(), closing(self._connect(write=True, wait=0)) as db:
            try_writing(db, self.path, size)

    @contextmanager
    def audit(self) -> Iterator[SqliteAudit]:
        """Look at the whole file on a connection of its own: it takes its time, and nobody should wait for it."""
        with self._translated(), closing(self._connect(write=False)) as db:
            yield SqliteAudit(db, self.path, _one, self._translated)

    def _create(self) -> None:
        private_folder(self.folder)
        with suppress(FileExistsError):
            os.close(create_private(self.path))
        deadline = time.monotonic() + WAIT
        while True:
            try:
                self._migrate()
            except sqlite3.OperationalError as error:
                # Going to WAL needs the file alone for a moment, and SQLite does not wait for that by itself.
                if not _name_of(error).startswith(("SQLITE_BUSY", "SQLITE_LOCKED")) or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                return

    def _migrate(self) -> None:
        with closing(self._connect(write=True)) as db:
            version = self._check_format(db)
            if version == len(MIGRATIONS):
                return
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("BEGIN IMMEDIATE")
            version = self._check_format(db)
            for statements in MIGRATIONS[version:]:
                for statement in statements:
                    db.execute(statement)
            if version == 0:
                db.execute("INSERT INTO palace VALUES ('id', ?)", (os.urandom(16).hex(),))
            db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
            db.execute("COMMIT")

    def _check_format(self, db: sqlite3.Connection) -> int:
        """Return the format's number, 0 for a file without a palace in it."""
        version = int(db.execute("PRAGMA user_version").fetchone()[0])
        if version > len(MIGRATIONS):
            raise PalaceUnavailable(
                self.name,
                f"its format {version} is newer than this goalgate's ({len(MIGRATIONS)})",
                "use the goalgate that wrote it, or a newer one",
            )
        return version

    def _connect(self, *, write: bool, wait: float = WAIT) -> sqlite3.Connection:
        # "ro" alone would refuse to recover a WAL that a killed process left behind: so reading opens "rw" too,
        # never "rwc", and query_only keeps it from changing anything.
        db = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=wait,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            db.execute(f"PRAGMA query_only = {0 if write else 1}")
            db.execute("PRAGMA synchronous = FULL")
            db.execute("PRAGMA trusted_schema = OFF")
        except sqlite3.Error:
            db.close()
            raise
        return db

    def _read(self) -> sqlite3.Connection:
        if self._reader is None:
            self._reader = self._connect(write=False)
        return self._reader

    @contextmanager
    def _snapshot(self) -> Iterator[sqlite3.Connection]:
        """One consistent view of the palace, on the reading connection."""
        with self._translated(), self._reading:
            self._require_same_file()
            db = self._read()
            db.execute("BEGIN")
            try:
                yield db
            finally:
                with suppress(sqlite3.Error):
                    db.execute("COMMIT")

    def _file(self) -> tuple[tuple[int, int], tuple[int, int]]:
        try:
            status = self.path.stat()
        except FileNotFoundError:
            raise PalaceUnavailable(
                self.name, f"{self.path} is gone", "put the file back, or start goalgate again to begin from the cache"
            ) from None
        return (status.st_dev, status.st_ino), (status.st_size, status.st_mtime_ns)

    def _require_same_file(self) -> None:
        """Refuse to go on with a file that was moved away or replaced: what we commit there would be lost."""
        inode, stamp = self._file()
        if self._inode is None:
            raise PalaceUnavailable(self.name, "it is not open")
        if inode != self._inode:
            raise PalaceUnavailable(self.name, f"{self.path} was replaced by another file")
        if stamp != self._stamp:
            # A checkpoint, or somebody who writes over the file: SQLite would not notice from its page cache.
            with self._reading:
                if self._reader is not None:
                    self._reader.close()
                    self._reader = None
                self._check_format(self._read())
                self._stamp = stamp

    def _drop_connections(self) -> None:
        for db in (self._reader, self._writer):
            if db is not None:
                with suppress(sqlite3.Error):
                    db.close()
        self._reader = self._writer = None

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            # A file that somebody is writing over may be an empty one at this moment.
            name = "SQLITE_NOTADB" if str(error).startswith("no such table") else _name_of(error)
            reason = next((text for key, text in REASONS.items() if name.startswith(key)), str(error))
            raise PalaceUnavailable(self.name, reason) from error
        except OSError as error:
            reason = f"{error.strerror or error}: {error.filename or self.path}"
            raise PalaceUnavailable(self.name, reason) from error


class _SqliteTransaction:
    """The palace inside BEGIN IMMEDIATE."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def newest(self, drawer: str) -> StoredRevision | None:
        return self._find(drawer, "ORDER BY number DESC LIMIT 1")

    def revision(self, drawer: str, number: int) -> StoredRevision | None:
        if not 0 < number < _MOST:
            return None
        return self._find(drawer, "AND number = ?", number)

    def workplaces(self, session_id: str) -> list[str]:
        if not _is_text(session_id):
            return []
        rows = self._db.execute("SELECT drawer FROM sessions WHERE session_id = ? ORDER BY drawer", (session_id,))
        return [drawer for (drawer,) in rows]

    def append(self, drawer: str, text: bytes, *, actor: str, took: Collection[str], left: Collection[str]) -> int:
        (newest,) = self._db.execute(
            "SELECT max(number) FROM revisions WHERE tag = ? AND drawer = ?", (TAG, drawer)
        ).fetchone()
        number = int(newest or 0) + 1
        self._db.execute(
            "INSERT INTO revisions (tag, drawer, number, committed, actor, text, crc) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (TAG, drawer, number, datetime.now(UTC).isoformat(), actor, text.decode(), zlib.crc32(text)),
        )
        self._db.executemany(
            "DELETE FROM sessions WHERE session_id = ? AND drawer = ?", [(s, drawer) for s in left if _is_text(s)]
        )
        self._db.executemany("INSERT OR IGNORE INTO sessions VALUES (?, ?)", [(s, drawer) for s in took if _is_text(s)])
        return number

    def request(self, request_id: str) -> Request | None:
        row = self._db.execute(
            "SELECT fingerprint, result FROM requests WHERE request_id = ?", (request_id,)
        ).fetchone()
        return Request(*row) if row else None

    def remember(self, request_id: str, request: Request) -> None:
        self._db.execute("INSERT INTO requests VALUES (?, ?, ?)", (request_id, *request))

    def is_empty(self) -> bool:
        return _last(self._db) == 0

    def _find(self, drawer: str, condition: str, *values: int) -> StoredRevision | None:
        if not _is_text(drawer):
            return None
        row = self._db.execute(
            f"SELECT seq, number FROM revisions WHERE tag = ? AND drawer = ? {condition}",  # noqa: S608
            (TAG, drawer, *values),
        ).fetchone()
        return _one(self._db, row[0], drawer, row[1]) if row else None


def _bounded(number: int | None) -> int:
    return _MOST if number is None else max(0, min(number, _MOST))


def _last(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT max(seq) FROM revisions").fetchone()[0] or 0)


def _rows(db: sqlite3.Connection, question: str, *values: int | str) -> list[StoredRevision]:
    """Answer a question; where a page is damaged, one by one, so that it costs only what is on it."""
    try:
        return [_revision(row) for row in db.execute(question, values)]
    except sqlite3.DatabaseError as error:
        if not _is_damage(error):
            raise
    return [_one(db, seq, drawer, number) for drawer, number, seq in db.execute(BY_INDEX[question], values).fetchall()]


def _one(db: sqlite3.Connection, seq: int, drawer: str, number: int = 0) -> StoredRevision:
    try:
        row = db.execute(ONE, (seq,)).fetchone()
    except sqlite3.DatabaseError as error:
        if not _is_damage(error):
            raise
        row = None
    return (
        _revision(row) if row else StoredRevision(seq, drawer, number, "", "", b"", "its page in the palace is damaged")
    )


def _revision(row: tuple[int, str, int, str, str, bytes | None, int]) -> StoredRevision:
    seq, drawer, number, committed, actor, text, crc = row
    if text is None or zlib.crc32(text) != crc:
        return StoredRevision(seq, drawer, number, committed, actor, b"", "its text does not match its checksum")
    return StoredRevision(seq, drawer, number, committed, actor, text, None)


def _is_text(value: str) -> bool:
    """Whether SQLite can take it: a lone surrogate has no UTF-8, so nothing is stored under it either."""
    return not any("\ud800" <= char <= "\udfff" for char in value)


def _name_of(error: sqlite3.Error) -> str:
    return getattr(error, "sqlite_errorname", None) or ""


def _is_damage(error: sqlite3.Error) -> bool:
    name = _name_of(error)
    return name.startswith(("SQLITE_CORRUPT", "SQLITE_IOERR")) or "decode" in str(error).lower()
