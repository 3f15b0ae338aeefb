"""The folder ``set-aside/``: copies of caches that were about to be replaced, and of which no other may be left."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from store.files import private_folder, read_file, write_new

KEPT = 10
"""How many files stay, of each palace, that hold nothing which the palace lacks."""


class SetAside:
    """What was set aside of one palace's cache. Nothing else in the folder is ever touched."""

    def __init__(self, root: Path, palace: str) -> None:
        """Name the folder; nothing is made yet."""
        self.folder = root / "set-aside"
        self._palace = palace
        name = re.escape(palace)
        self._ours = re.compile(rf"\d{{8}}T\d{{6}}\.\d{{6}}Z-{name}-[0-9a-f]{{32}}\.json")
        self._temporary = re.compile(rf"\.new-{name}-[0-9a-f]{{16}}")

    def files(self) -> list[Path]:
        """Return the files of this palace, oldest first."""
        with suppress(OSError):
            return sorted(path for path in self.folder.iterdir() if self._ours.fullmatch(path.name))
        return []

    def copy(self, content: bytes) -> Path | None:
        """Keep a copy and return its path; nothing where there is one of the same content already.

        Raises:
            OSError: it can't be written.

        """
        # Slow to load, and seldom needed.
        from hashlib import sha256

        digest = sha256(content).hexdigest()[:32]
        for path in self.files():
            with suppress(OSError):
                if path.stem.endswith(digest) and read_file(path, follow=False) == content:
                    return None
        target = self._new_path(digest)
        temporary = self.folder / f".new-{self._palace}-{os.urandom(8).hex()}"
        write_new(temporary, [content])
        try:
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        # The file that it is a copy of is about to go.
        _sync(self.folder)
        return target

    def move(self, path: Path) -> Path:
        """Keep a file that can't be copied, since it can't be read, by giving it another name; return its path.

        Raises:
            OSError: it can't be moved.

        """
        target = self._new_path(os.urandom(16).hex())
        path.rename(target)
        return target

    def prune(self, lacks: Callable[[bytes], str | None], *, newest: Path) -> None:
        """Remove all but the last ten files, ``newest`` among them, that hold nothing which the palace ``lacks``."""
        # Whoever made the folder a link knows what else is there.
        if self.folder.is_symlink():
            return
        others = [path for path in self.files() if path != newest]
        spare = [path for path in others if len(others) >= KEPT and self.why_kept(path, lacks) is None]
        for path in spare[: -(KEPT - 1)]:
            path.unlink(missing_ok=True)

    def why_kept(self, path: Path, lacks: Callable[[bytes], str | None]) -> str | None:
        """Return what a file holds that the palace ``lacks``, or ``None``; it may be anything if it can't be read."""
        try:
            return lacks(read_file(path, follow=False))
        except FileNotFoundError:
            return None
        except OSError as error:
            return f"it can't be read: {error.strerror or error}"

    def sweep(self) -> None:
        """Remove what a process left that was killed while it wrote; only for whoever holds the keeper's lock."""
        sweep(self.folder, self._temporary)

    def _new_path(self, mark: str) -> Path:
        private_folder(self.folder)
        # Dated first, so that the oldest sorts first.
        return self.folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{self._palace}-{mark}.json"


def sweep(folder: Path, name: re.Pattern[str]) -> None:
    """Remove this user's plain files of such names from a folder."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if name.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                with suppress(OSError):
                    if os.geteuid() in (0, entry.stat(follow_symlinks=False).st_uid):
                        Path(entry.path).unlink()


def _sync(folder: Path) -> None:
    # Some file systems know no such thing.
    with suppress(OSError):
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
