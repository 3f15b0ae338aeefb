"""A palace of an older format that can't be brought to the newest one is read all the same, with its history."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from store import Create, Note, PalaceUnavailable, SyncStore, examine
from store.schema import MIGRATIONS
from tests.store.helpers import fresh, heal, lay_out_format, palace_file, refused, sql, tick_until

GOAL = "g-e5a07cf19d52559d"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    lay_out_format(1, tmp_path)
    return tmp_path


def is_read_as_if_migrated(root: Path, reason: str) -> None:
    """Everything is there as after the migration, changes are refused with the reason, and the file is left alone."""
    lay_out_format(1, root / "other")
    goals = fresh(root / "other")
    with SyncStore.open(root / "other") as store:
        expected = store.history(GOAL)
        asked_at = store.asked_at(GOAL)
    content = palace_file(root).read_bytes()
    with SyncStore.open(root, create=False) as store:
        assert store.degraded is None
        assert store.all() == goals
        assert store.history(GOAL) == expected
        assert [event.revision.number for event in store.activity(1)] == [3]
        found = [finding.problem for finding in examine(store) if finding.kind not in ("rights", "cache")]
        assert len(found) == 1
        assert reason in found[0]
    with SyncStore.open(root) as store:
        assert store.read_only
        assert reason in str(store.degraded)
        assert store.all() == goals
        assert store.history(GOAL) == expected
        assert store.asked_at(GOAL) == asked_at
        with refused(PalaceUnavailable, reason=store.degraded):
            store.apply(Note(GOAL, "no"))
        store.look()
        store.leave()
    assert palace_file(root).read_bytes() == content


def test_its_file_is_read_only(old: Path):
    palace_file(old).chmod(0o400)
    if os.access(palace_file(old), os.W_OK):
        pytest.skip("nothing is read-only to root; setpriv --bounding-set=-all --inh-caps=-all makes it so")
    is_read_as_if_migrated(old, "palace.db can't be written: its mode is 0400")
    with SyncStore.open(old) as store:
        palace_file(old).chmod(0o600)
        heal(store)
        store.apply(Note(GOAL, "after"))
    assert sql(old, "PRAGMA user_version") == [(len(MIGRATIONS),)]


def test_its_file_has_a_second_name(old: Path):
    os.link(palace_file(old), old / "backup.db")
    is_read_as_if_migrated(old, "has 2 names (hard links)")
    with SyncStore.open(old) as store:
        (old / "backup.db").unlink()
        heal(store)
        store.apply(Note(GOAL, "after"))


def test_it_is_damaged_besides(old: Path):
    os.link(palace_file(old), old / "backup.db")
    sql(old, "UPDATE revisions SET actor = CAST(x'ff' AS TEXT) WHERE seq = 3")
    sql(old, "DROP INDEX newest")
    with SyncStore.open(old) as store:
        assert store.read_only
        assert len(store.all()) == 4
        assert len(store.unreadable) == 1


WITHOUT_ROOM = """
import resource, sys
from pathlib import Path
from store import Note, SyncStore

_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
# Enough for the index of the log, which reading needs.
resource.setrlimit(resource.RLIMIT_FSIZE, (32 * 1024, hard))
with SyncStore.open(Path(sys.argv[1])) as store:
    print(len(store.all()), store.read_only, len(store.history(sys.argv[2])), flush=True)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    while store.degraded:
        store.look()
    print(store.apply(Note(sys.argv[2], "after")).notes[-1])
"""


def test_there_is_no_room(old: Path):
    columns = "tag, drawer || '-2', number, committed, actor, text, crc"
    sql(old, f"INSERT INTO revisions SELECT NULL, {columns} FROM revisions")
    said = subprocess.check_output([sys.executable, "-c", WITHOUT_ROOM, str(old), GOAL], text=True)
    assert said == "10 True 9\nafter\n"
    assert sql(old, "PRAGMA user_version") == [(len(MIGRATIONS),)]


def test_somebody_else_goes_on_with_it(old: Path):
    """By another goalgate, of the older format or of this one."""
    os.link(palace_file(old), old / "backup.db")
    with SyncStore.open(old) as store:
        row = "'sm-goal', 'g-1', 1, committed, actor, text, crc"
        sql(old, f"INSERT INTO revisions SELECT NULL, {row} FROM revisions WHERE seq = 1")
        tick_until(store, lambda: "g-1" in store.book.ids(), "its change is seen")
        with SyncStore.open(old, shared_root=True) as other:
            made = other.apply(Create("new")).id
            tick_until(store, lambda: made in store.book.ids(), "its change is seen")
        assert store.read_only
