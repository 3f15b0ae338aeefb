"""Keeps ``goals.json`` equal to the palace: one keeper at a time, and no only copy destroyed (CONTRACT 4)."""

from __future__ import annotations

import fcntl
import json
import os
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from os.path import samestat
from pathlib import Path
from typing import Any

from store.book import Book
from store.cache import GoalCache, cache_chunks
from store.errors import CacheError
from store.files import open_private, private_folder, replace, temporary_in, write_new
from store.text import from_json

KEPT = 10
"""How many files stay in ``set-aside/``."""
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
        set_aside: Path,
        *,
        say: Callable[[str], None],
        has: Callable[[int, str], bool],
    ) -> None:
        """Name the palace's folder, the cache and where its only copies go.

        ``say`` takes what a person should know; ``has`` tells whether the palace has a revision, by its sequence
        number and the time of its commit.
        """
        self.problem: str | None = None
        """Why the cache can't be written at this moment; it is tried again."""
        self._lock_path = folder / "keeper.lock"
        self._stamp_path = folder / "cache.stamp"
        self._cache = cache
        self._set_aside = set_aside
        self._say = say
        self._has = has
        self._lock: int | None = None
        self._written = -1
        """The version of the book that is in the file; -1 before this keeper has looked."""
        self._rest_until = 0.0

    def acquire(self) -> bool:
        """Return whether this is the keeper from now on; never waits."""
        if self._lock is not None:
            return True
        try:
            fd = open_private(self._lock_path)
        except OSError as error:
            self.problem = f"{self._lock_path}: {error.strerror or error}"
            return False
        try:
            # flock, not fcntl: those are per process, so two stores in one process would both have it.
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(fd)
            # Whoever keeps the cache tells what is wrong with it.
            self.problem = None
            return False
        self._lock, self._written = fd, -1
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
            self.problem = f"{error.filename or self._cache.path}: {error.strerror or error}"
        took = time.monotonic() - begin
        failed = self.problem is not None
        self._rest_until = begin + took + (0.5 if failed else took * _REST if took > _FREE else 0)

    def _write(self, book: Book, palace_id: str) -> None:
        path, (seq, committed) = self._cache.path, book.newest
        version, texts = book.texts()
        stamps = self._stamps()
        found = _status(path)
        ours = next((stamp for stamp in stamps if found and stamp.get("file") == _signature(found)), None)
        now = {"palace": palace_id, "seq": seq, "committed": committed}
        if ours and self._written == -1 and now.items() <= ours.items():
            self._written = version
            return
        if found and ours is None:
            self._put_aside(path, found, "it was not written here")
        elif found and ours and self._would_drop(ours, book, palace_id):
            self._put_aside(path, found, "it holds what the palace lacks")
        private_folder(path.parent)
        temporary = temporary_in(self._cache.scratch)
        written = write_new(temporary, cache_chunks(texts))
        try:
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

    def _would_drop(self, ours: dict[str, Any], book: Book, palace_id: str) -> bool:
        """Whether the file may hold what the palace lacks: only then is it worth reading."""
        match ours:
            # By time too: a copy of the palace that was put back may have as many revisions by now, and other ones.
            case {"palace": str(palace), "seq": int(seq), "committed": str(committed)} if palace == palace_id:
                had = self._has(seq, committed)
            case _:
                had = False
        if had and not book.unreadable:
            return False
        try:
            goals = self._cache.load()
        except CacheError:
            return True
        if had:
            return not {goal.id for goal in goals} <= set(book.ids())
        # The same goals may have come further in the file.
        return any(book.get(goal.id) != goal for goal in goals)

    def _put_aside(self, path: Path, found: os.stat_result, why: str) -> None:
        # Which file it is a copy of: one that can't be replaced is set aside once, whichever process tries again.
        token = f"{found.st_dev:x}-{found.st_ino:x}-{found.st_mtime_ns:x}"
        if any(self._set_aside.glob(f"*-{token}.json")) or self._is_linked(found):
            return
        private_folder(self._set_aside)
        # Dated first, so that the oldest sorts first.
        target = self._set_aside / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{self._cache.scratch.name}-{token}.json"
        try:
            # A link, so that there is a cache to read all the time; the rename then takes the other name away.
            os.link(path, target, follow_symlinks=False)
        except OSError:
            if not stat.S_ISREG(found.st_mode):
                # A named pipe would never be read to its end.
                raise
            replace(target, [path.read_bytes()], by_way_of=self._set_aside)
        self._say(f"{path} was kept as {target}, because {why}")
        for old in sorted(self._set_aside.glob("*.json"))[:-KEPT]:
            old.unlink(missing_ok=True)

    def _is_linked(self, found: os.stat_result) -> bool:
        """Whether a file was set aside by a link before, though it was written to since."""
        with suppress(OSError), os.scandir(self._set_aside) as entries:
            return any(samestat(entry.stat(), found) for entry in entries)
        return False

    def _stamps(self) -> list[dict[str, Any]]:
        with suppress(OSError, ValueError):
            stamps = from_json(self._stamp_path.read_text(encoding="utf-8"))
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
