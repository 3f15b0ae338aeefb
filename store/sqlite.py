"""The embedded palace: one SQLite file in WAL mode, ``<root>/palaces/<name>/palace.db`` (CONTRACT 4)."""

from __future__ import annotations

import os
import re
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, TypeVar

from store.errors import InvalidInput
from store.files import create_private, private_folder
from store.palace import DEFAULT_PALACE, Batch, Request, RevisionKind, StoredRevision, Transaction
from store.palace.audit import SqliteAudit, try_writing
from store.palace.causes import Unusable, in_the_way, name_of, not_writable, reason_of, too_long, unavailable_because
from store.palace.checksum import checksum
from store.palace.connections import Connections
from store.palace.formats import format_of, has_number
from store.palace.founding import make_folder, migrate, require_content
from store.palace.mounts import two_sides
from store.palace.older import MigratedCopy
from store.palace.rows import any_bytes_as_text, descending, read_revision, read_revisions, to_revision
from store.schema import AT_WORK, CONTAINING, MIGRATIONS, NEWEST, REACHED, RECENT, SINCE, TAG, WAIT
from store.text import check_type, to_json

T = TypeVar("T")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MOST = 1 << 62
"""As good as no limit, and still an integer to SQLite."""


class SqlitePalace:
    """A palace in one SQLite file. Each instance has a reading and a writing connection of its own."""

    MANY: ClassVar[int] = 2_000
    """Revisions of which it takes a while to read the newest of every drawer."""

    def __init__(self, root: Path, name: str = DEFAULT_PALACE, *, shared_root: bool = False) -> None:
        """Name the palace below ``root``; nothing is opened or made yet. `InvalidInput` for a bad name.

        ``shared_root`` says that it may be written where another side could write it, too: through a network, a mount
        in user space, or by another name. Whoever says so answers for it that no other side does.
        """
        check_type("root", root, Path, "a Path")
        check_type("palace", name, str, "a name")
        if not _NAME.fullmatch(name):
            raise InvalidInput("palace", f"{name!r} is not a palace's name", "use up to 64 of A-Z a-z 0-9 . _ -")
        self.name = name
        self.folder = root / "palaces" / name
        self.path = self.folder / "palace.db"
        self.read_only: str | None = None
        """Why nothing can be written, since it was opened; it can be read all the same."""
        self.say: Callable[[str], None] = lambda _: None
        """Told what a person should know."""
        self._shared_root = shared_root
        self._lost = 0
        """Revisions of which it was said that they can't be found."""
        self._set_aside = root / "set-aside"
        self._files = Connections(self.path, self._keep)
        self._copy: MigratedCopy | None = None
        """A copy, read in place of a palace of an older format that can't be written."""

    def open(self, *, create: bool) -> bool:
        """Open the file, made first if ``create``, and bring an older format to ours; return whether there is a palace.

        What can't be written, or not be brought to our format now, is opened for reading, and `read_only` says why.
        """
        with self._files.alone(), self._translated():
            self.close()
            if problem := too_long(self.path):
                raise Unusable(problem)
            there = os.path.lexists(self.path)
            if not there and not create:
                return False
            self.read_only = self._two_sides() or self._not_writable()
            if self.read_only is not None and not there:
                raise Unusable(self.read_only)
            return self._open(create=create and self.read_only is None)

    def close(self) -> None:
        """Close the file."""
        self._files.close()
        if self._copy is not None:
            self._copy.close()
        self._copy = None

    def identity(self) -> str:
        """Return the id minted when the palace was made."""
        with self._snapshot() as db:
            # Any bytes tell it from others: to be damaged hides no goal.
            with any_bytes_as_text(db):
                row = db.execute("SELECT value FROM palace WHERE key = 'id'").fetchone()
            return str(row[0]) if row else ""

    def newest(self) -> Batch:
        """Return the newest revision of every drawer; damaged pages cost the drawers on them alone."""
        with self._snapshot() as db:
            batch = Batch(read_revisions(db, NEWEST), _last(db))
            self._files.guard.see(db)
            self._note_lost(db, batch.seq)
            return batch

    def at_work(self) -> Batch | None:
        """Return the newest revisions of the drawers that sessions work on; nothing where `newest` is as good."""
        with self._snapshot() as db:
            if (seq := _last(db)) < self.MANY:
                return None
            # A damaged page is for `newest` to deal with.
            with suppress(sqlite3.DatabaseError):
                return Batch([to_revision(row) for row in db.execute(AT_WORK)], seq)
        return None

    def since(self, seq: int) -> Batch:
        """Return what is newer than ``seq``, in order."""
        with self._snapshot() as db:
            last = _last(db)
            if last == seq:
                return Batch([], seq)
            self._files.guard.see(db)
            return Batch(read_revisions(db, SINCE, seq), last)

    def history(self, drawer: str, *, limit: int | None, before: int | None) -> list[StoredRevision]:
        """Return a drawer's revisions, oldest first."""
        if not _is_text(drawer):
            return []
        page = (
            "SELECT number, seq FROM revisions WHERE tag = ? AND drawer = ? AND number < ? ORDER BY number DESC LIMIT ?"
        )
        with self._snapshot() as db:
            known = db.execute(page, (TAG, drawer, _bounded(before), _bounded(limit))).fetchall()
            known = descending(known, _bounded(before))
            return [read_revision(db, seq, drawer, number) for number, seq in reversed(known)]

    def recent(self, *, limit: int, before: int | None) -> list[StoredRevision]:
        """Return the newest revisions of all drawers, newest first."""
        with self._snapshot() as db:
            rows = read_revisions(db, RECENT, _bounded(before), _bounded(limit))
            return [row for _, row in descending(((row.seq, row) for row in rows), _bounded(before))]

    def containing(self, text: str, *, first: str, last: str) -> list[StoredRevision]:
        """Return the newest revisions of a range of drawers in whose JSON ``text`` may stand."""
        # LIKE folds the case of ASCII alone: any other character may be any others.
        needle = "".join(
            f"!{char}" if char in "%_!" else char if char.isascii() else "%" for char in to_json(text)[1:-1]
        )
        with self._snapshot() as db:
            return read_revisions(db, CONTAINING, first, last, f"%{needle}%")

    def transact(self, change: Callable[[Transaction], T]) -> T:
        """Run ``change`` between BEGIN IMMEDIATE and COMMIT with ``synchronous=FULL``."""
        with self._translated():
            self._require_one_side()
            with self._files.writing() as db:
                self._check_format(db)
                return change(_SqliteTransaction(db))

    def require_writable(self) -> None:
        """Try to write on a connection that waits for nobody, and roll it back; beginning alone a read-only one may."""
        with self._translated():
            self._require_one_side()
        with self._translated(), closing(self._files.another(write=True, wait=0)) as db:
            version = self._check_format(db)
            db.execute("BEGIN IMMEDIATE")
            db.execute(f"PRAGMA user_version = {version}")
            db.execute("ROLLBACK")

    def try_writing(self, size: int) -> None:
        """Write so many bytes into the file's log, on a connection that waits for nobody, and take that back."""
        with self._translated():
            self._require_one_side()
        with self._translated(), closing(self._files.another(write=True, wait=0)) as db:
            try_writing(db, self.path, size)

    @contextmanager
    def audit(self) -> Iterator[SqliteAudit]:
        """Look at the whole file on a connection of its own: it takes its time, and nobody should wait for it."""
        with self._translated(), closing(self._files.another(write=False)) as db, closing(MigratedCopy()) as copy:
            read = db if self._copy is None else copy.of(db)
            yield SqliteAudit(read, self.path, self._translated, read_only=self.read_only is not None)

    def obstacle(self) -> str | None:
        """Return why nothing could be written if it were opened now."""
        if reason := self._two_sides() or self._not_writable():
            return reason
        with self._snapshot() as db:
            number = format_of(db)
        return self._newer(number) if number > len(MIGRATIONS) else None

    def _open(self, *, create: bool) -> bool:
        made = False
        if create:
            make_folder(self.folder)
            with suppress(FileExistsError):
                os.close(create_private(self.path))
                made = True
        if not made:
            require_content(self.path)
        deadline = time.monotonic() + WAIT
        is_older = False
        while True:
            try:
                # Before anything is written: a log that belongs to another database must not get into this one.
                self._files.open()
                with self._files.reading() as db:
                    number = format_of(db)
                    self._note_newer(db, number, say=not create)
                    is_current = number == len(MIGRATIONS) and has_number(db, number)
                is_older = 0 < number < len(MIGRATIONS)
                if is_current or self.read_only is not None or not (create or is_older):
                    self._copy = MigratedCopy() if is_older else None
                    return number > 0
                with closing(self._files.another(write=True)) as db:
                    migrate(db, self._check_format)
                # Only now there is a log to be watched.
                self._files.close()
            except sqlite3.OperationalError as error:
                # Going to WAL needs the file alone for a moment, and SQLite does not wait for that by itself.
                if name_of(error).startswith(("SQLITE_BUSY", "SQLITE_LOCKED")) and time.monotonic() < deadline:
                    time.sleep(0.02)
                elif is_older and self.read_only is None:
                    self.read_only = reason_of(error, self.path)
                else:
                    raise

    def _note_lost(self, db: sqlite3.Connection, last: int) -> None:
        """Say so where the palace has held more revisions than can be found in it: whole goals may be missing."""
        if not has_number(db, len(MIGRATIONS)):
            # A newer format may hold what is no goal.
            return
        lost = last - int(db.execute(REACHED).fetchone()[0])
        if lost > 0 and lost != self._lost:
            self.say(
                f"{lost} of the {last} revisions of palace {self.name!r} can't be found, and goals may be missing:"
                " goalgate doctor says more"
            )
        self._lost = lost

    def _note_newer(self, db: sqlite3.Connection, number: int, *, say: bool) -> None:
        """Take a palace of a newer format for one that can only be read, if it has what is read."""
        if number <= len(MIGRATIONS):
            return
        self.read_only = self._newer(number)
        is_read = False
        with suppress(sqlite3.Error):
            is_read = all(row.fault is None for row in read_revisions(db, RECENT, _MOST, 1))
        if not is_read:
            raise Unusable(self.read_only)
        if say:
            self.say(f"palace {self.name!r} can only be read: {self.read_only}")

    def _check_format(self, db: sqlite3.Connection) -> int:
        """Return the format's number, 0 for a file without a palace in it."""
        number = format_of(db)
        if number > len(MIGRATIONS):
            raise Unusable(self._newer(number))
        return number

    @staticmethod
    def _newer(number: int) -> str:
        return f"its format {number} is newer than this goalgate's ({len(MIGRATIONS)})"

    def _two_sides(self) -> str | None:
        return None if self._shared_root else two_sides(self.path)

    def _not_writable(self) -> str | None:
        return not_writable(self.path) if self.path.exists() else None

    def _require_one_side(self) -> None:
        if self.read_only is not None:
            raise Unusable(self.read_only)
        with suppress(FileNotFoundError):
            if self.path.stat().st_nlink > 1 and (reason := self._two_sides()):
                raise Unusable(reason)

    def _keep(self, db: sqlite3.Connection) -> None:
        """Make a copy of the palace as a connection sees it, with a log that has no name any more."""
        private_folder(self._set_aside)
        path = self._set_aside / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{self.name}-palace.db"
        os.close(create_private(path))
        db.execute("VACUUM INTO ?", (str(path),))
        self.say(
            f"somebody took the log of palace {self.name!r} away while it was open, and another was begun: the palace"
            f" as it was known here is kept as {path}"
        )

    @contextmanager
    def _snapshot(self) -> Iterator[sqlite3.Connection]:
        """One consistent view of the palace, on the reading connection."""
        with self._translated(), self._files.reading() as db:
            yield db if self._copy is None else self._copy.of(db)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except Unusable as error:
            raise unavailable_because(self.name, str(error)) from error
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise unavailable_because(self.name, reason_of(error, self.path)) from error
        except OSError as error:
            reason = in_the_way(self.path) or f"{error.strerror or error}: {error.filename or self.path}"
            raise unavailable_because(self.name, reason) from error


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

    def append(
        self,
        drawer: str,
        text: bytes,
        *,
        actor: str,
        kind: RevisionKind,
        asked_at: str,
        took: Collection[str],
        left: Collection[str],
    ) -> int:
        (newest,) = self._db.execute(
            "SELECT max(number) FROM revisions WHERE tag = ? AND drawer = ?", (TAG, drawer)
        ).fetchone()
        number = int(newest or 0) + 1
        committed = datetime.now(UTC).isoformat()
        crc = checksum(drawer, number, committed, actor, kind, asked_at, text)
        added = self._db.execute(
            "INSERT INTO revisions (tag, drawer, number, committed, actor, text, crc, kind, asked_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (TAG, drawer, number, committed, actor, text.decode(), crc, kind, asked_at),
        )
        if read_revision(self._db, added.lastrowid or 0, drawer, number).fault is not None:
            raise Unusable("the file is damaged where the change would stand: it could not be read")
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
        return read_revision(self._db, row[0], drawer, row[1]) if row else None


def _bounded(number: int | None) -> int:
    return _MOST if number is None else max(0, min(number, _MOST))


def _last(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT max(seq) FROM revisions").fetchone()[0] or 0)


def _is_text(value: str) -> bool:
    """Whether SQLite can take it: a lone surrogate has no UTF-8, so nothing is stored under it either."""
    return not any("\ud800" <= char <= "\udfff" for char in value)
