"""Keeps ``goals.json`` equal to the palace: one keeper at a time, and no only copy destroyed (CONTRACT 4)."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import pwd
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from os.path import samestat
from pathlib import Path
from typing import Any

from store.book import Book
from store.cache import GoalCache, cache_chunks
from store.files import TEMPORARY, kind_of, open_private, private_folder, read_file, replace, temporary_in, write_new
from store.goals_json.set_aside import SetAside, sweep
from store.palace import lock_holders
from store.text import from_json

_REST = 4
"""After a write the keeper pauses this many times as long as it took, so that a large cache can't eat the machine."""
_FREE = 0.02
"""Seconds of writing after which no pause is made."""


class Keeper:
    """Rewrites the cache of one palace while it holds the lock for that, which dies with its process."""

    def __init__(
        self,
        folder: Path,
        cache: GoalCache,
        set_aside: SetAside,
        *,
        say: Callable[[str], None],
        has: Callable[[int, str], bool],
        lacks: Callable[[bytes], str | None],
    ) -> None:
        """Name the palace's folder, the cache and where its only copies go.

        ``say`` takes what a person should know; ``has`` tells whether the palace has a revision, by its sequence
        number and the time of its commit, and ``lacks`` what a file holds that the palace does not.
        """
        self.problem: str | None = None
        """Why the cache can't be written at this moment; it is tried again."""
        self._lock_path = folder / "keeper.lock"
        self._stamp_path = folder / "cache.stamp"
        self._cache = cache
        self._set_aside = set_aside
        self._say = say
        self._has = has
        self._lacks = lacks
        self._by_way_of = cache.scratch
        self._lock: int | None = None
        self._written = -1
        """The version of the book that is in the file; -1 before this keeper has looked."""
        self._own: tuple[list[int], frozenset[str]] = ([], frozenset())
        """The file that this keeper wrote last, and the goals that could not be read then."""
        self._rest_until = 0.0

    def acquire(self) -> bool:
        """Return whether this is the keeper from now on; never waits."""
        if self._lock is not None:
            if _is_at(self._lock, self._lock_path):
                return True
            # Another folder is in the palace's place, where somebody else may keep the cache.
            self.release()
        try:
            fd = open_private(self._lock_path)
        except OSError as error:
            self.problem = _in_words(error, self._lock_path)
            return False
        try:
            # flock, not fcntl: those are per process, so two stores in one process would both have it.
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(fd)
            if isinstance(error, BlockingIOError):
                # Whoever keeps the cache tells what is wrong with it, unless it was stopped.
                stopped = [str(holder) for holder in lock_holders(self._lock_path) if holder.stopped]
                self.problem = f"{stopped[0]} keeps {self._cache.path}" if stopped else None
            else:
                # A file system without locks has nobody who keeps it.
                self.problem = f"{self._lock_path} can't be locked: {error.strerror or error}"
            return False
        self._lock, self._written = fd, -1
        # Only who holds the lock makes such files: these are of processes that were killed.
        for folder in {self._cache.scratch, self._cache.path.parent}:
            sweep(folder, TEMPORARY)
        self._set_aside.sweep()
        return True

    def release(self) -> None:
        """Let another process keep the cache."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def is_behind(self, book: Book) -> bool:
        """Return whether the book has moved since this keeper wrote it."""
        return self._written != book.version

    def is_due(self, book: Book) -> bool:
        """Return whether this is the keeper and has something to write by now, or is yet to ask who keeps it."""
        return self._lock is None or (self.is_behind(book) and time.monotonic() >= self._rest_until)

    def tend(self, book: Book, palace_id: str, *, last: bool = False) -> None:
        """Bring the file up to date if this is the keeper and it is not; ``last`` allows no pause.

        A file that can't be written is no error: `problem` says why, and the next call tries again.
        """
        if self._lock is None or not (self.is_behind(book) if last else self.is_due(book)):
            return
        begin = time.monotonic()
        try:
            self._write(book, palace_id)
            self.problem = None
        except OSError as error:
            self.problem = _in_words(error, self._cache.path)
        took = time.monotonic() - begin
        failed = self.problem is not None
        self._rest_until = begin + took + (0.5 if failed else took * _REST if took > _FREE else 0)

    def _write(self, book: Book, palace_id: str) -> None:
        path, version = self._cache.path, book.version
        seq, committed = book.newest
        now = {"palace": palace_id, "seq": seq, "committed": committed}
        if self._written == -1 and (ours := self._stamp_of(_status(path))) and now.items() <= ours.items():
            self._written = version
            return
        private_folder(path.parent)
        try:
            self._write_by_way_of(self._by_way_of, book, now)
        except OSError as error:
            if error.errno != errno.EXDEV or self._by_way_of == path.parent:
                raise
            # The cache's folder is on another file system.
            self._by_way_of = path.parent
            self._write_by_way_of(self._by_way_of, book, now)

    def _write_by_way_of(self, folder: Path, book: Book, now: dict[str, Any]) -> None:
        path = self._cache.path
        version, texts = book.texts()
        unreadable = frozenset(book.unreadable)
        if book.version != version:
            # They may be of another moment than the texts.
            unreadable = frozenset()
        temporary = temporary_in(folder)
        written = write_new(temporary, cache_chunks(texts))
        try:
            # Not before: writing many goals takes seconds, in which somebody else may write the file.
            found = _status(path)
            ours = self._stamp_of(found)
            said = self._spare(path, found, ours, book, now["palace"]) if found else []
            # Before the rename, which inode and time survive, and beside the stamp of the file that is there until
            # then: a crash at any point leaves a file that one of the two knows.
            stamp = now | {"file": _signature(written)}
            both = json.dumps([stamp, *([ours] if ours else [])]).encode()
            replace(self._stamp_path, [both], by_way_of=self._cache.scratch, durable=False)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        self._written = version
        self._own = _signature(written), unreadable
        for notice in said:
            self._say(notice)

    def _spare(
        self, path: Path, found: os.stat_result, ours: dict[str, Any] | None, book: Book, palace_id: str
    ) -> list[str]:
        """Keep what the file alone may hold, and return what to say once it is replaced."""
        if ours and not self._may_lack(ours, book, palace_id):
            return []
        kind = kind_of(found)
        said = [f"{path} was {kind}: it is a file now"] if kind else []
        if stat.S_ISLNK(found.st_mode):
            said = [f"{path} was a link to {path.readlink()}, which is not written any more: it is a file now"]
        try:
            content = read_file(path)
        except OSError as error:
            if kind:
                # The rename destroys nothing that a link leads to, and what is no file holds no goal.
                return said
            if not isinstance(error, PermissionError):
                raise
            # Its folder is ours all the same.
            return [f"{path} can't be read, and was kept as {self._set_aside.move(path)}"]
        why = self._lacks(content)
        if ours and why is None:
            return []
        if kept := self._set_aside.copy(content):
            self._say(f"{why or 'it was not written here'}: {path} was kept as {kept}")
            if why is None:
                self._set_aside.prune(self._lacks, newest=kept)
        return said

    def _may_lack(self, ours: dict[str, Any], book: Book, palace_id: str) -> bool:
        """Whether a file of ours may hold what the palace lacks: only then is it worth reading."""
        match ours:
            # By time too: a copy of the palace that was put back may have as many revisions by now, and other ones.
            case {"palace": str(palace), "seq": int(seq), "committed": str(committed)} if palace == palace_id:
                # What can't be read by now may stand in a file of an earlier moment.
                file, unreadable = self._own
                known = ours["file"] == file and book.unreadable.keys() <= unreadable
                return not ((known or not book.unreadable) and self._has(seq, committed))
        return True

    def _stamp_of(self, found: os.stat_result | None) -> dict[str, Any] | None:
        """Return the stamp of the file that was found, if a keeper wrote it."""
        if found is None:
            return None
        return next((stamp for stamp in self._stamps() if stamp.get("file") == _signature(found)), None)

    def _stamps(self) -> list[dict[str, Any]]:
        with suppress(OSError, ValueError):
            stamps = from_json(read_file(self._stamp_path, follow=False).decode())
            if isinstance(stamps, list):
                return [stamp for stamp in stamps if isinstance(stamp, dict)]
        return []


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except FileNotFoundError:
        return None


def _signature(status: os.stat_result) -> list[int]:
    return [status.st_ino, status.st_size, status.st_mtime_ns]


def _is_at(fd: int, path: Path) -> bool:
    """Whether an open file is still the one of that name."""
    with suppress(OSError):
        return samestat(os.fstat(fd), path.lstat())
    return False


def _in_words(error: OSError, about: Path) -> str:
    """Return which file can't be written and why; where that is for want of a right, whose it is."""
    path = Path(error.filename2 or error.filename or about)
    if TEMPORARY.fullmatch(path.name):
        path = path.parent
    said = f"{path}: {error.strerror or error}"
    if isinstance(error, PermissionError):
        with suppress(OSError):
            for place in (path, path.parent):
                if (uid := place.lstat().st_uid) != os.geteuid():
                    return f"{said}: {place} belongs to {_user(uid)}"
            return f"{said}: {path.parent} has the mode {stat.S_IMODE(path.parent.stat().st_mode):o}"
    return said


def _user(uid: int) -> str:
    try:
        return f"{pwd.getpwuid(uid).pw_name} (uid {uid})"
    except KeyError:
        return f"uid {uid}"
