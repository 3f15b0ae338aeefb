"""Makes a palace in an empty file, and brings an older one to the present format."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from store.files import private_folder
from store.palace.causes import Unusable, in_the_way
from store.palace.formats import format_of
from store.palace.marks import mark_of
from store.palace.migration import derive_format_2
from store.schema import MIGRATIONS

_MAKING_S = 1.0
"""Within so many seconds a process that makes a palace has written something."""


def make_folder(path: Path) -> None:
    """Make a palace's folder and those above it; `Unusable` names the one that can't be made."""
    try:
        private_folder(path)
    except NotADirectoryError:
        raise
    except OSError as error:
        raise Unusable(in_the_way(path) or f"{error.filename} can't be made: {error.strerror}") from error


def require_content(path: Path) -> None:
    """Raise `Unusable` for a file that is empty, though there was a palace in it, and for a link to nothing.

    Somebody emptied it, or is about to write to it. Another process that is making a palace is waited for.
    """
    if path.is_symlink() and not path.exists():
        raise Unusable(f"{path} is a link to {path.readlink()}, which is not there")
    deadline = time.monotonic() + _MAKING_S
    while path.stat().st_size == 0 and path.with_name("cache.stamp").exists():
        if time.monotonic() > deadline:
            raise Unusable(f"{path} is empty, though there was a palace in it")
        time.sleep(0.02)


def migrate(db: sqlite3.Connection, check_format: Callable[[sqlite3.Connection], int]) -> None:
    """Bring a database to the present format in one transaction; one with nothing in it becomes a palace.

    ``check_format`` returns the number of the format that it has, 0 where it has nothing, and refuses what is none.
    """
    if check_format(db) == 0:
        _begin_marks(db)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("BEGIN IMMEDIATE")
    version = check_format(db)
    for number, statements in enumerate(MIGRATIONS[version:], version + 1):
        for statement in statements:
            db.execute(statement)
        if number == 2 and version == 1:
            derive_format_2(db)
    if version == 0:
        db.execute("INSERT INTO palace VALUES ('id', ?)", (os.urandom(16).hex(),))
    db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    db.execute("COMMIT")


def _begin_marks(db: sqlite3.Connection) -> None:
    """Give a new palace its first mark (see `store.palace.marks`), which is no other's."""
    db.execute("BEGIN IMMEDIATE")
    if format_of(db) == 0 and mark_of(db) == 0:
        db.execute(f"PRAGMA application_id = {int.from_bytes(os.urandom(4), 'big') >> 1}")
    db.execute("COMMIT")
