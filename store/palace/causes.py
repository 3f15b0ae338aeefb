"""Why a palace's files can't be used, in words for people: which file, whose it is, and in whose way it stands."""

from __future__ import annotations

import os
import pwd
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from store.errors import PalaceUnavailable
from store.schema import REASONS

COMPANIONS = ("-wal", "-shm")
"""SQLite keeps two files beside an open database: its log, and the log's index."""
_PATH_BYTES = 512 - len("-journal") - 1
"""SQLite opens no file with a longer path."""
_NO_TEXT = "Could not decode to UTF-8"
"""Python's words for a value that is to be a text and is none."""
_ABOUT_FILES = ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_IOERR", "SQLITE_AUTH")


class Unusable(Exception):
    """The files can't be used, or not any more. The text says which of them, and why."""


_WAYS_OUT = {
    "look whether it is there": "look whether the change is there before you make it again",
    "can't be made": "name a folder that you may make, by --root or GOALGATE_ROOT",
    "two sides": "keep the palace on a local disk; or set GOALGATE_SHARED_ROOT=1, and see to it yourself that all who"
    " use it do so from one side",
    "hard links": "leave it one name, and make copies by goalgate export or cp without links; or set"
    " GOALGATE_SHARED_ROOT=1, and see to it yourself that it is used by one name alone",
    "is newer": "use the goalgate that wrote it, or a newer one",
    "is not the database": "end all that use the palace; then put back the database that was there, or, to go on with"
    " the copy that is there now, move -wal and -shm away and keep them",
    "was written over": "end all that use the palace before its files are touched; then put a good copy in its place,"
    " and keep what is there now",
    "replaced by another": "it is opened again by itself; end all that use the palace before its files are touched",
    "was cut short": "it is opened again by itself",
    "while it was open": "it is opened again by itself; end all that use the palace before its files are touched",
    "is empty": "put a copy of the palace there; or move the empty file away, and goalgate begins anew with the goals"
    " of goals.json",
    "another program": "move it away and keep it, or name another root",
    "and no format": "move it away and keep it, or put a good copy in its place",
    "is gone": "put the file back; without it goalgate begins anew, with the goals of goals.json",
    "locked": "end what holds it, or wait",
    "the disk is full": "make room",
    "its path has": "name a shorter root",
    "its file system is read-only": "make that writable, or name a root elsewhere",
    "it belongs to": "give it to the user who is at work, with the right to read and write it; or name a root of your"
    " own, by --root or GOALGATE_ROOT",
    "can't be written": "give it back the right to be read and written",
    "can't be read": "give it back the right to be read and written",
    "can't be looked into": "give it back the right to be read and written",
    "can't be opened": "give its file and folder back the right to be read and written",
    "permission denied": "give its file and folder back the right to be read and written",
    "is a folder": "move it away, and put the file back",
    "is no file": "move it away, and put the file back",
    "which is not there": "put the file back to which it leads, or move the link away",
    "not a palace": "put a good copy in its place; the file is left as it is",
    "damaged": "put a good copy in its place; the file is left as it is",
}
"""What would help, by words of the reason; the first that stands in it counts."""


def way_out(reason: str) -> str:
    """Return what would make a palace usable again that is not, for ``reason``; nothing where nobody knows."""
    return next((way for words, way in _WAYS_OUT.items() if words in reason.lower()), "")


def unavailable_because(palace: str, reason: str) -> PalaceUnavailable:
    """Return the palace's error, with what would help."""
    if help_ := way_out(reason):
        return PalaceUnavailable(palace, reason, f"nothing was changed; {help_}")
    return PalaceUnavailable(palace, reason)


def reason_of(error: sqlite3.Error | UnicodeDecodeError, path: Path) -> str:
    """Return the cause of one of SQLite's errors, with the file that is to blame where one is."""
    # A file that somebody is writing over may be an empty one at this moment.
    name = "SQLITE_NOTADB" if str(error).startswith("no such table") else name_of(error)
    reason = next((text for key, text in REASONS.items() if name.startswith(key)), str(error))
    if name.startswith(_ABOUT_FILES):
        obstacle = next(_unreadable(path), None) or not_writable(path)
        return f"{reason}: {obstacle}" if obstacle else f"{reason}: {path}"
    if name in ("SQLITE_NOTADB", "SQLITE_CORRUPT"):
        return f"{reason}: {path.name}"
    return reason


def name_of(error: sqlite3.Error | UnicodeDecodeError) -> str:
    """Return SQLite's own name of an error, or nothing."""
    # SQLite quotes in its words what stands in a damaged file, and Python reads them as UTF-8. Of a value that is no
    # text it says so itself.
    if isinstance(error, UnicodeDecodeError) or str(error).startswith(_NO_TEXT):
        return "SQLITE_CORRUPT"
    return getattr(error, "sqlite_errorname", None) or ""


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether an error says that a part of the file is damaged or can't be read; there may be others."""
    return name_of(error).startswith(("SQLITE_CORRUPT", "SQLITE_IOERR"))


def too_long(path: Path) -> str | None:
    """Return why SQLite could open no file of this name, or ``None``."""
    length = len(os.fsencode(os.path.realpath(path)))
    if length <= _PATH_BYTES:
        return None
    return f"its path has {length} bytes, and SQLite takes {_PATH_BYTES} at most: {path}"


def not_writable(path: Path) -> str | None:
    """Return what keeps this user from writing a database that is there, or ``None``; see also `give_back_rights`."""
    missing, lost = False, list(_without_rights(path))
    for file in files_of(path):
        status = _status(file)
        if status is None:
            missing = True
        elif not os.access(file, os.W_OK) and file not in lost:
            return f"{file} can't be written: {_why(file, status)}"
    folder = Path(os.path.realpath(path)).parent
    if missing and not os.access(folder, os.W_OK | os.X_OK) and (status := _status(folder)):
        return f"{folder} can't be written: {_why(folder, status)}"
    return None


def in_the_way(path: Path) -> str | None:
    """Return the reason why this user can't read a file: the folder above it, or the file, and whose that is."""
    for place in (*reversed(path.parents), path):
        status = _status(place)
        if status is None:
            return None
        is_folder = stat.S_ISDIR(status.st_mode)
        if not os.access(place, os.X_OK if is_folder else os.R_OK):
            return f"{place} can't be {'looked into' if is_folder else 'read'}: {_why(place, status)}"
    return None


def files_of(path: Path) -> Iterator[Path]:
    """Yield the paths that SQLite would use now: where the database is a link, its companions are beside the target."""
    file = Path(os.path.realpath(path)) if path.is_symlink() else path
    yield file
    for ending in COMPANIONS:
        yield file.with_name(file.name + ending)


def give_back_rights(path: Path) -> bool:
    """Let this user write the companions where only their mode is in the way, and return whether one was.

    SQLite gives them the mode that the database has at that moment, which may have been read-only for a moment.
    """
    given = False
    for file in _without_rights(path):
        file.chmod(stat.S_IMODE(path.stat().st_mode))
        given = True
    return given


def _without_rights(path: Path) -> Iterator[Path]:
    database, *companions = files_of(path)
    wanted = _status(database)
    if wanted is None or not wanted.st_mode & stat.S_IWUSR:
        return
    for file in companions:
        with suppress(FileNotFoundError, PermissionError):
            status = file.lstat()
            ours = stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid() == wanted.st_uid
            if ours and not status.st_mode & stat.S_IWUSR:
                yield file


def _unreadable(path: Path) -> Iterator[str]:
    if path.is_symlink() and not path.exists():
        yield f"{path} is a link to {path.readlink()}, which is not there"
    for file in files_of(path):
        status = _status(file)
        if status is None:
            continue
        if not stat.S_ISREG(status.st_mode):
            yield f"{file} is {'a folder' if stat.S_ISDIR(status.st_mode) else 'no file'}"
        elif not os.access(file, os.R_OK):
            yield f"{file} can't be read: {_why(file, status)}"
    folder = Path(os.path.realpath(path)).parent
    if (status := _status(folder)) and not os.access(folder, os.R_OK | os.X_OK):
        yield f"{folder} can't be looked into: {_why(folder, status)}"


def _why(file: Path, status: os.stat_result) -> str:
    if os.statvfs(file).f_flag & os.ST_RDONLY:
        return "its file system is read-only"
    mode = f"{stat.S_IMODE(status.st_mode):04o}"
    if status.st_uid == os.geteuid():
        return f"its mode is {mode}"
    return f"it belongs to {_user(status.st_uid)} (mode {mode})"


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _status(file: Path) -> os.stat_result | None:
    try:
        return file.stat()
    except OSError:
        return None
