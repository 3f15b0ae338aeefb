"""Files as goalgate makes them: private, never through a link, replaced whole."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def private_folder(path: Path) -> None:
    """Make a folder and its parents, 0700 where they are new; `OSError` where that can't be."""
    for parent in reversed([path, *path.parents]):
        if not parent.exists():
            with suppress(FileExistsError):
                parent.mkdir(mode=0o700)
    if not path.is_dir():
        raise NotADirectoryError(20, "is not a folder", str(path))


def create_private(path: Path) -> int:
    """Return a descriptor for writing to a new file, 0600; `FileExistsError` if anything has the name."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def open_private(path: Path) -> int:
    """Return a descriptor of a file to lock, made 0600 if it is new; `OSError` if it is a link."""
    # Not for writing: to close it would wake all that watch the folder, each of which may want the lock.
    return os.open(path, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def write_new(path: Path, chunks: Iterable[bytes], *, durable: bool = True) -> os.stat_result:
    """Write a new file, to the disk itself if ``durable``, and return its status; nothing is left where that fails."""
    fd = create_private(path)
    try:
        for chunk in chunks:
            _write_all(fd, chunk)
        if durable:
            os.fsync(fd)
        return os.fstat(fd)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    finally:
        os.close(fd)


def temporary_in(folder: Path) -> Path:
    """Return the path of a file in ``folder`` that does not exist."""
    return folder / f".new-{os.urandom(8).hex()}"


def replace(path: Path, chunks: Iterable[bytes], *, by_way_of: Path, durable: bool = True) -> None:
    """Put a file in place whole: a reader sees the old one or the new one. ``by_way_of`` is a folder beside."""
    temporary = temporary_in(by_way_of)
    write_new(temporary, chunks, durable=durable)
    try:
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _write_all(fd: int, chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[os.write(fd, rest) :]
