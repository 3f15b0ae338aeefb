"""Files as goalgate makes them: private, never through a link, replaced whole; and read without waiting for anybody."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISLNK, "a link"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
)


def private_folder(path: Path) -> None:
    """Make a folder and its parents, 0700 where they are new; `OSError` where that can't be."""
    for parent in reversed([path, *path.parents]):
        if not parent.exists():
            with suppress(FileExistsError):
                parent.mkdir(mode=0o700)
                if os.geteuid() == 0:
                    fd = os.open(parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
                    try:
                        _leave_to_owner_of(parent.parent, fd)
                    finally:
                        os.close(fd)
                _sync_folder(parent.parent)
    if not path.is_dir():
        raise NotADirectoryError(20, "is not a folder", str(path))


def _sync_folder(path: Path) -> None:
    """Have the disk itself know the names in a folder, where its file system can do so."""
    with suppress(OSError):
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def create_private(path: Path) -> int:
    """Return a descriptor for writing to a new file, 0600; `FileExistsError` if anything has the name."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        _leave_to_owner_of(path.parent, fd)
    except BaseException:
        os.close(fd)
        raise
    return fd


def open_private(path: Path) -> int:
    """Return a descriptor of a file to lock, made 0600 if it is new; `OSError` if it is a link, or no file."""
    with suppress(FileExistsError):
        os.close(create_private(path))
    # Not for writing: to close it would wake all that watch the folder, each of which may want the lock.
    return open_file(path, follow=False)


def append_private(path: Path) -> int:
    """Return a descriptor for writing behind the end of a file, made 0600 if it is new.

    Raises:
        OSError: it can't be written; it is a link, or no file.

    """
    with suppress(FileExistsError):
        os.close(create_private(path))
    return _open(path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW)


def open_file(path: Path, *, follow: bool = True) -> int:
    """Return a descriptor for reading a file.

    Raises:
        OSError: it is not there, or can't be read; it is a folder, or a named pipe, which nobody should wait for; it
            is a link, and none is to be followed.

    """
    return _open(path, os.O_RDONLY if follow else os.O_RDONLY | os.O_NOFOLLOW)


def _open(path: Path, flags: int) -> int:
    try:
        fd = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        # A folder can't be opened for writing.
        if error.errno in (errno.ELOOP, errno.ENXIO, errno.EISDIR) and (kind := kind_of(path.lstat())):
            raise OSError(error.errno, f"is {kind}, not a file: move it away", str(path)) from None
        raise
    if kind := kind_of(os.fstat(fd)):
        os.close(fd)
        raise OSError(errno.EINVAL, f"is {kind}, not a file: move it away", str(path))
    return fd


def read_file(path: Path, *, follow: bool = True) -> bytes:
    """Return what a file holds; `OSError` as in `open_file`."""
    with os.fdopen(open_file(path, follow=follow), "rb") as file:
        return file.read()


def kind_of(status: os.stat_result) -> str:
    """Return what something is that is no plain file (``a folder``), or nothing."""
    if stat.S_ISREG(status.st_mode):
        return ""
    return next((kind for is_kind, kind in _KINDS if is_kind(status.st_mode)), "a device")


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


TEMPORARY = re.compile(r"\.new-[0-9a-f]{16}")
"""The names of `temporary_in`."""


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


def _leave_to_owner_of(folder: Path, fd: int) -> None:
    """Give away what root makes in another user's folder, as SQLite does: one sudo must not lock that user out."""
    if os.geteuid() == 0 and (owner := folder.stat()).st_uid != 0:
        os.fchown(fd, owner.st_uid, owner.st_gid)


def _write_all(fd: int, chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[os.write(fd, rest) :]
