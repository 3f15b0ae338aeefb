"""Checks of who else can write where goalgate's files are: a process of theirs could write anything (CONTRACT 9)."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from store.findings import Examination, Finding
from store.sync import SyncStore

_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH


def check_rights(look: Examination) -> Iterator[Finding]:
    """Yield what others can write, or own, of all folders and files of a palace; and links where none is expected."""
    store = look.store
    for path in dict.fromkeys(_folders_above(store.root)):
        yield from _looked_at(path, _above)
    for path in dict.fromkeys(_of_palace(store)):
        may_be_link = path in (store.root, store.cache.path.parent)
        yield from _looked_at(path, _rights if may_be_link else _rights_of_no_link)
    for path in look.folders:
        yield from _looked_at(path, _rights)


def check_state(look: Examination) -> Iterator[Finding]:
    """Yield which folder for the operator's own files can't be written, so that nothing is kept there."""
    told: set[Path] = set()
    for folder in look.folders:
        there = next((one for one in (folder, *folder.parents) if os.path.lexists(one)), folder)
        if there in told:
            continue
        told.add(there)
        if not there.is_dir():
            yield Finding("state", None, f"nothing can be kept in {folder}: {there} is not a folder", str(folder))
        elif not os.access(there, os.W_OK | os.X_OK):
            yield Finding("state", None, f"nothing can be kept in {folder}: {there} can't be written", str(folder))


def _folders_above(root: Path) -> Iterator[Path]:
    """Yield the folders in which another user could put something else in the root's place."""
    yield from root.absolute().parents
    with suppress(OSError):
        yield from root.resolve().parents


def _of_palace(store: SyncStore) -> Iterator[Path]:
    aside = store.root / "set-aside"
    yield store.root
    yield from (folder for folder in store.palace.folder.parents if store.root in folder.parents)
    for folder in (store.palace.folder, aside):
        yield folder
        # What can't be listed is said when the folder itself is looked at.
        with suppress(OSError):
            yield from sorted(folder.iterdir())
    yield from (store.cache.path.parent, store.cache.path)


def _looked_at(path: Path, check: Callable[[Path], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from check(path)
    except (FileNotFoundError, NotADirectoryError):
        # What is missing is for other checks to tell.
        pass
    except OSError as error:
        yield Finding("root", None, f"{path} can't be looked at: {error.strerror or error}", str(path))


def _above(path: Path) -> Iterator[Finding]:
    status = path.stat()
    mode = status.st_mode
    if status.st_uid not in (0, os.getuid()):
        who = f"belongs to another user (uid {status.st_uid})"
    elif mode & stat.S_ISVTX:
        # As in /tmp, where everybody can only move what is their own.
        return
    elif mode & stat.S_IWOTH:
        who = f"can be written by everybody ({_shown(mode)})"
    elif mode & stat.S_IWGRP and not _is_of_one(status):
        who = f"can be written by its group (gid {status.st_gid}, {_shown(mode)})"
    else:
        return
    yield Finding("root", None, f"{path} {who}: they can put another root in its place", str(path))


def _is_of_one(status: os.stat_result) -> bool:
    """Return whether nobody but its owner is in a folder's group, as where each user has a group of the same name."""
    try:
        owner, group = pwd.getpwuid(status.st_uid), grp.getgrgid(status.st_gid)
    except KeyError:
        return False
    is_named_so = owner.pw_gid == status.st_gid and group.gr_name == owner.pw_name
    return is_named_so and not set(group.gr_mem) - {owner.pw_name}


def _rights_of_no_link(path: Path) -> Iterator[Finding]:
    if path.is_symlink():
        said = f"{path} is a link to {path.readlink()}: goalgate makes none, and may put a file in its place"
        yield Finding("root", None, said, str(path))
    yield from _rights(path)


def _rights(path: Path) -> Iterator[Finding]:
    status = path.stat()
    mode = status.st_mode
    if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):
        yield Finding("root", None, f"{path} is neither a file nor a folder", str(path))
    if status.st_uid != os.getuid():
        yield Finding("root", None, f"{path} belongs to another user (uid {status.st_uid})", str(path))
    if mode & _OTHERS:
        yield Finding("root", None, f"{path} can be written by others ({_shown(mode)})", str(path))
    if stat.S_ISDIR(mode) and not os.access(path, os.R_OK | os.X_OK):
        yield Finding("root", None, f"{path} can't be listed: what is in it was not looked at", str(path))


def _shown(mode: int) -> str:
    return f"mode {stat.S_IMODE(mode):o}"
