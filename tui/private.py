"""Files of the operator's own: private, never through a link, whole or not at all."""

from __future__ import annotations

import errno
import os
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from store import open_file, private_folder, write_new

NOWHERE: Final = Path(os.devnull, "there-is-no-home-folder")
"""Stands for a folder of the platform's where there is no home folder: nothing is there, and nothing can be made."""
_TEMPORARY: Final = re.compile(r"\.goalgate-[0-9a-f]{16}")
_LEFT_S: Final = 3600
"""Seconds after which a temporary file is one that a killed process left."""


def platform_folder(kind: str) -> Path:
    """Return goalgate's folder for ``data``, ``config``, ``state`` or ``log``, or `NOWHERE`; nothing is made."""
    # Here, because a verb that is told its root needs none.
    import platformdirs

    try:
        path: Path = getattr(platformdirs, f"user_{kind}_path")("goalgate", appauthor=False)
    except RuntimeError:
        return NOWHERE
    # A container may run under a number that has no name, and then ``~`` stays what it is.
    return path if path.is_absolute() else NOWHERE


def read_small(path: Path, most: int) -> bytes:
    """Return what a file of the operator's holds, which may be behind a link of theirs; nobody is waited for.

    Raises:
        OSError: it is not there, can't be read, is no file, or has more than ``most`` bytes.

    """
    with os.fdopen(open_file(path), "rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"is larger than {most} bytes", str(path))
    return data


def put_new(path: Path, data: bytes) -> None:
    """Put a new file in place whole, 0600: nobody sees a part of it, also where this process is killed meanwhile.

    Raises:
        FileExistsError: something has the name.
        OSError: it can't be written; nothing is left.

    """
    temporary = _temporary_beside(path)
    write_new(temporary, [data])
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:
        # A file system on which a file has one name only.
        write_new(path, [data])
    finally:
        temporary.unlink(missing_ok=True)


def replace(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Put a file in place whole, 0600.

    Raises:
        OSError: it can't be written; the old one is as it was, and nothing else is left.

    """
    temporary = _temporary_beside(path)
    write_new(temporary, [data], durable=durable)
    try:
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def keep(path: Path, text: str) -> None:
    """Put a file in place whole that is no loss if the power fails, in a folder that is made 0700 if it is missing.

    Raises:
        OSError: it can't be kept; the old one is as it was.

    """
    private_folder(path.parent)
    replace(path, text.encode(), durable=False)


def _temporary_beside(path: Path) -> Path:
    """Return the path of a file beside ``path`` that does not exist; such files of killed processes are removed."""
    with suppress(OSError), os.scandir(path.parent) as entries:
        for entry in entries:
            if _TEMPORARY.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                status = entry.stat(follow_symlinks=False)
                # Nobody takes that long to write one.
                if status.st_uid == os.geteuid() and status.st_mtime < time.time() - _LEFT_S:
                    Path(entry.path).unlink(missing_ok=True)
    return path.with_name(f".goalgate-{os.urandom(8).hex()}")
