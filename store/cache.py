"""``goals.json``: the goals for anything that wants them without opening the palace (CONTRACT 4). Derived."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from store.errors import CacheError, InvalidInput
from store.files import open_file, private_folder, read_file, replace
from store.model import Goal
from store.palace import DEFAULT_PALACE
from store.palace.causes import in_the_way, way_out
from store.text import check_type
from store.transfer import Contents, list_goals, read_goals

_AT_A_TIME = 256
"""Goals in one piece of the file: some hundred kilobytes."""


class GoalCache:
    """The cache file of one palace."""

    def __init__(self, root: Path, palace: str = DEFAULT_PALACE) -> None:
        """Name the file; nothing is opened or made yet."""
        check_type("root", root, Path, "a Path")
        self.scratch = root / "palaces" / palace
        """Where the file is written before it is renamed: ``sm/`` holds nothing but the cache."""
        self.path = (root / "sm" if palace == DEFAULT_PALACE else self.scratch) / "goals.json"

    def load(self) -> list[Goal]:
        """Return the goals, by id; none where there is no file. `read` also tells which entries are no goals.

        Raises:
            CacheError: the file can't be read, or is no JSON array.

        """
        return sorted(self.read().goals, key=lambda goal: goal.id)

    def read(self) -> Contents:
        """Return the goals, in the file's order, and the entries that are none: one bad entry hides no other.

        Raises:
            CacheError: the file can't be read, or is no JSON array.

        """
        try:
            return read_goals(read_file(self.path))
        except FileNotFoundError:
            return Contents((), ())
        except OSError as error:
            reason = in_the_way(self.path) or error.strerror or str(error)
            raise CacheError(str(self.path), reason, way_out(reason) or "make it readable, and try again") from error
        except InvalidInput as error:
            raise CacheError(str(self.path), f"it {error.problem}") from error

    def holds(self, texts: Iterable[bytes]) -> bool:
        """Return whether the file is, byte for byte, what these goals' texts make; quicker than to load it."""
        try:
            with os.fdopen(open_file(self.path), "rb") as file:
                return all(file.read(len(chunk)) == chunk for chunk in cache_chunks(texts)) and not file.read(1)
        except OSError:
            return False

    @property
    def signature(self) -> tuple[int, ...]:
        """What tells the file from another in its place; empty where there is none."""
        try:
            status = self.path.stat()
        except OSError:
            return ()
        return status.st_ino, status.st_size, status.st_mtime_ns

    def save(self, goals: Iterable[Goal]) -> None:
        """Replace the file whole: a reader sees the old one or the new one.

        Raises:
            CacheError: it can't be written; the old one is as it was.
            InvalidInput: these are no goals.

        """
        texts = [goal.to_text().encode() for goal in sorted(list_goals(goals), key=lambda goal: goal.id)]
        try:
            private_folder(self.path.parent)
            private_folder(self.scratch)
            try:
                replace(self.path, cache_chunks(texts), by_way_of=self.scratch)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                replace(self.path, cache_chunks(texts), by_way_of=self.path.parent)
        except OSError as error:
            raise CacheError(str(self.path), error.strerror or str(error)) from error


def cache_chunks(texts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the file's content in pieces: a JSON array, one goal a line."""
    # Joined where no line of Python stands between: a thread that writes 100,000 goals must let others in.
    rest, before = iter(texts), b"[\n"
    while some := b",\n".join(islice(rest, _AT_A_TIME)):
        yield before + some
        before = b",\n"
    yield b"[]\n" if before == b"[\n" else b"\n]\n"
