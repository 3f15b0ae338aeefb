"""A cache that can't be written: no change fails over it, it is said, and tried again (CONTRACT 4)."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from store import CacheError, Create, GoalCache, GoalStore, Note, SyncStore
from tests.store.helpers import (
    cache_file,
    cached,
    fresh,
    hear_until,
    palace_file,
    set_aside,
    sql,
    tick,
    tick_until,
    wire,
    write_cache,
)
from tests.store.peer import Peer


def block(root: Path) -> None:
    """Put a folder where the cache's file should be."""
    cache_file(root).unlink(missing_ok=True)
    (cache_file(root) / "in the way").mkdir(parents=True)


def test_it_fails_no_change_and_is_tried_again(tmp_path: Path):
    block(tmp_path)
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"))
        tick(store)
        assert store.cache_problem
        assert str(cache_file(tmp_path)) in store.cache_problem
        goal = store.apply(Note(goal.id, "n"))
        assert store.degraded is None
        store.leave()
        assert fresh(tmp_path) == [goal]
        assert store.cache_problem
        shutil.rmtree(cache_file(tmp_path))
        tick_until(store, lambda: store.cache_problem is None, "it is written at last")
        assert cached(tmp_path) == [goal]
    assert [*palace_file(tmp_path).parent.glob(".new*")] == []


async def test_subscribers_hear_of_a_cache_that_fails_and_works_again(tmp_path: Path):
    block(tmp_path)
    async with GoalStore.open(tmp_path) as store:
        changes = store.changes()
        goal = await store.create("d")
        await hear_until(changes, lambda: store.cache_problem)
        shutil.rmtree(cache_file(tmp_path))
        await hear_until(changes, lambda: not store.cache_problem)
        assert cached(tmp_path) == [goal]


def test_what_is_wrong_with_the_lock_is_over_when_somebody_else_holds_it(tmp_path: Path):
    with SyncStore.open(tmp_path) as keeper, SyncStore.open(tmp_path) as other:
        _ = keeper.apply(Create("d"))
        keeper.keep()
        _ = other.look()
        folder = palace_file(tmp_path).parent
        told: list[str | None] = []
        other.on_change = lambda ids: None if ids else told.append(other.cache_problem)
        # Not degraded yet: it asks for the lock before it asks the palace.
        folder.rename(tmp_path / "away")
        other.keep()
        (tmp_path / "away").rename(folder)
        other.keep()
        assert other.cache_problem is None
        assert [problem and "keeper.lock" in problem for problem in told] == [True, None]


def test_subscribers_hear_at_once_that_a_file_was_set_aside(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        store.keep()
        told: list[list[str]] = []
        store.on_change = lambda ids: None if ids else told.append(list(store.notices))
        write_cache(tmp_path, wire("g-1"))
        store.apply(Create("d"))
        tick_until(store, lambda: cached(tmp_path) == store.all(), "ours is back")
        assert [["was kept as" in said for said in notices] for notices in told] == [[True]]


def test_a_folder_that_cannot_be_made(tmp_path: Path):
    (tmp_path / "sm").write_text("in the way")
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"))
        store.leave()
        assert str(store.cache_problem).startswith(str(tmp_path / "sm"))
        (tmp_path / "sm").unlink()
        store.leave()
        assert store.cache_problem is None
    assert cached(tmp_path) == [goal]


def test_nothing_is_left_in_sm_by_a_failure(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        store.apply(Create("d"))
        tick(store)
        block(tmp_path)
        store.apply(Create("e"))
        store.leave()
        assert [path.name for path in (tmp_path / "sm").iterdir()] == ["goals.json"]
    assert sql(tmp_path, "SELECT count(*) FROM revisions") == [(2,)]


def test_a_pipe_in_its_place_is_not_waited_for(tmp_path):
    path = cache_file(tmp_path)
    path.parent.mkdir(parents=True)
    os.mkfifo(path)
    with pytest.raises(CacheError, match="is a named pipe"):
        GoalCache(tmp_path).load()
    assert not GoalCache(tmp_path).holds([])
    with SyncStore.open(tmp_path) as store:
        store.apply(Create("Ship the parser"))
        store.leave()
    assert [goal.description for goal in GoalCache(tmp_path).load()] == ["Ship the parser"]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """A folder on another file system, that the cache's folder is a link to."""
    shared = Path("/dev/shm")
    if not shared.is_dir() or shared.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system at hand")
    with tempfile.TemporaryDirectory(dir=shared) as name:
        (tmp_path / "sm").symlink_to(name)
        yield Path(name)


def test_a_cache_on_another_file_system_is_written_there(elsewhere: Path, tmp_path: Path):
    """No file can be renamed from one into another; and a reader sees no part of it there either."""
    write_cache(tmp_path, wire("g-1"))
    (elsewhere / ".new-0123456789abcdef").write_text("of a process that was killed")
    with SyncStore.open(tmp_path) as store:
        for _ in range(3):
            store.apply(Note("g-1", "n"))
            store.leave()
            assert store.cache_problem is None
            assert cached(tmp_path) == store.all()
            assert [path.name for path in elsewhere.iterdir()] == ["goals.json"]
        assert [*palace_file(tmp_path).parent.glob(".new*")] == []
    with SyncStore.open(tmp_path) as store:
        store.apply(Note("g-1", "n"))
        store.leave()
        assert list(store.notices) == []
    assert set_aside(tmp_path) == [["g-1"]]
    GoalCache(tmp_path).save([])
    assert cached(tmp_path) == []


def test_a_file_that_cannot_be_replaced_is_set_aside_once(tmp_path: Path):
    path = write_cache(tmp_path, wire("g-1"))
    stamp = palace_file(tmp_path).with_name("cache.stamp")
    (stamp / "in the way").mkdir(parents=True)
    for _ in range(2):
        with SyncStore.open(tmp_path) as store:
            for _ in range(3):
                store.apply(Note("g-1", "n"))
                store.leave()
                assert str(store.cache_problem).startswith(f"{stamp}: ")
    assert set_aside(tmp_path) == [["g-1"]]
    # Another file than that one is another matter.
    path.write_text(json.dumps([wire("g-2")]))
    with SyncStore.open(tmp_path) as store:
        store.leave()
        assert set_aside(tmp_path) == [["g-1"], ["g-2"]]
        shutil.rmtree(stamp)
        store.leave()
        assert store.cache_problem is None
    assert cached(tmp_path) == fresh(tmp_path)
    assert len(set_aside(tmp_path)) == 2


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="only Linux tells who holds a lock")
def test_whoever_keeps_it_and_was_stopped_is_named(tmp_path: Path):
    with SyncStore.open(tmp_path) as store, Peer(tmp_path) as keeper:
        keeper.ask("tick")
        goal = store.apply(Create("d"))
        tick(store)
        running = store.cache_problem
        keeper.stop()
        goal = store.apply(Note(goal.id, "n"))
        tick(store)
        store.leave()
        problem = store.cache_problem
        assert running is None
        assert problem is not None
        assert problem.startswith(f"process {keeper.pid} (python")
        assert problem.endswith(f"which is stopped, keeps {cache_file(tmp_path)}")
        keeper.kill()
        tick_until(store, lambda: store.cache_problem is None, "it is written at last")
        assert cached(tmp_path) == [goal]
