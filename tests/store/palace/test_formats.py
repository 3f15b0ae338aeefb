"""A palace is known by its tables, where a tool of SQLite's made the file anew and left its format out."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from store import Create, Note, SyncStore
from store.schema import MIGRATIONS
from tests.store.helpers import fresh, palace_file, sql


@pytest.fixture
def used(tmp_path: Path) -> Path:
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"), "r-1")
        store.apply(Note(goal.id, "n"))
    return tmp_path


def dump(root: Path) -> None:
    """As ``sqlite3 palace.db .dump | sqlite3 new.db`` does."""
    with closing(sqlite3.connect(palace_file(root))) as db:
        lines = list(db.iterdump())
    palace_file(root).unlink()
    with closing(sqlite3.connect(palace_file(root))) as db:
        db.executescript("\n".join(lines))


def below_zero(root: Path) -> None:
    sql(root, "PRAGMA user_version = -1")


def recover(root: Path) -> None:
    dump(root)
    sql(root, "CREATE TABLE lost_and_found (rootpgno, pgno, nfield, id, c0)")


def vacuum(root: Path) -> None:
    sql(root, "VACUUM INTO ?", str(root / "copy.db"))
    (root / "copy.db").replace(palace_file(root))


@pytest.mark.parametrize("tool", [dump, below_zero, recover, vacuum])
def test_a_palace_that_was_made_anew(tool, used: Path):
    before = fresh(used)
    tool(used)
    # Only reading makes no change.
    content = palace_file(used).read_bytes()
    assert fresh(used) == before
    assert palace_file(used).read_bytes() == content
    with SyncStore.open(used) as store:
        assert list(store.all()) == before
        goal = store.apply(Create("d"), "r-1")
        assert goal.id == before[0].id
        store.apply(Note(goal.id, "after"))
        assert [revision.number for revision in store.history(goal.id)] == [1, 2, 3]
    assert sql(used, "PRAGMA user_version") == [(len(MIGRATIONS),)]
    assert sql(used, "PRAGMA journal_mode") == [("wal",)]


def test_tables_that_goalgate_never_made(used: Path):
    dump(used)
    sql(used, "ALTER TABLE revisions ADD COLUMN colour")
    with SyncStore.open(used) as store:
        assert "it has a palace's tables and no format" in str(store.degraded)
        assert "revisions" in str(store.degraded)
