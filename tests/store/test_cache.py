"""The cache: equal to the palace, adopted where it is the only copy, and never a reason to fail (CONTRACT 4)."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import ExitStack
from pathlib import Path

import pytest

from store import CacheError, Create, GoalCache, Link, Note, SyncStore, examine, parse_goals
from tests.store.helpers import (
    SAMPLES,
    cache_file,
    cached,
    damage,
    fresh,
    goals,
    link,
    link_wire,
    palace_file,
    set_aside,
    sql,
    tick,
    tick_until,
    wire,
    write_cache,
)


def test_the_cache_by_itself(tmp_path: Path):
    cache = GoalCache(tmp_path)
    assert cache.path == tmp_path / "sm" / "goals.json"
    assert list(cache.load()) == []
    assert not cache.path.exists()
    cache.save(goals(wire("b"), wire("a")))
    assert [goal.id for goal in cache.load()] == ["a", "b"]
    assert [*cache.path.parent.iterdir()] == [cache.path]
    cache.path.write_text("[")
    with pytest.raises(CacheError) as caught:
        cache.load()
    assert caught.value.path == str(cache.path)
    cache.path.unlink()
    cache.path.mkdir()
    with pytest.raises(CacheError):
        cache.save([])


def test_it_is_equal_to_the_palace_after_each_tick(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        tick(store)
        assert cached(tmp_path) == []
        for number in range(5):
            goal = store.apply(Create(f"goal {number}"))
            store.apply(Link(goal.id, link(f"s-{number}", evidence="\x1b[31m\u202e")))
            tick(store)
            tick_until(store, lambda: cached(tmp_path) == list(store.all()), "the cache is equal")
    # One goal a line, in the contract's order, so that other programs read it as they please.
    lines = cache_file(tmp_path).read_text(encoding="utf-8").splitlines()
    assert (lines[0], lines[-1], len(lines)) == ("[", "]", 7)


def test_a_burst_is_one_write(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        tick(store)
        before = cache_file(tmp_path).stat().st_ino
        for number in range(50):
            store.apply(Create(f"goal {number}"))
        assert cache_file(tmp_path).stat().st_ino == before
        tick_until(store, lambda: cache_file(tmp_path).stat().st_ino != before, "the burst is written")
        assert len(cached(tmp_path)) == 50


def test_a_cache_that_is_current_is_not_written_again(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        store.apply(Create("d"))
        store.leave()
    before = cache_file(tmp_path).stat()
    for _ in range(3):
        with SyncStore.open(tmp_path) as store:
            tick(store)
            store.leave()
    assert cache_file(tmp_path).stat() == before


def test_a_cache_that_is_missing_is_derived_again(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        store.apply(Create("d"))
        store.leave()
    cache_file(tmp_path).unlink()
    with SyncStore.open(tmp_path) as store:
        store.leave()
    assert cached(tmp_path) == fresh(tmp_path)


def test_two_stores_in_one_process_keep_it_in_turn(tmp_path: Path):
    with ExitStack() as opened:
        one, two = (opened.enter_context(SyncStore.open(tmp_path)) for _ in range(2))
        tick(one)
        two.apply(Create("d"))
        tick(two)
        assert cached(tmp_path) == []
        one.leave()
        assert len(cached(tmp_path)) == 1
        two.apply(Create("e"))
        tick_until(two, lambda: len(cached(tmp_path)) == 2, "the other keeps it now")


# The only copy


def test_a_cache_by_hand_is_adopted(tmp_path: Path):
    """trusty-mpm's goals come into an empty palace as they are; its file is kept."""
    path = write_cache(tmp_path)
    shutil.copy(SAMPLES, path)
    content = path.read_bytes()
    expected = list(parse_goals(content))
    with SyncStore.open(tmp_path, actor="ann") as store:
        assert list(store.all()) == expected
        assert any(str(path) in said for said in store.notices)
        assert [revision.number for revision in store.history(expected[0].id)] == [1]
        store.leave()
        assert any("set-aside" in said for said in store.notices)
        assert examine(store) == [finding for finding in examine(store) if finding.kind in ("gate", "session")]
    assert fresh(tmp_path) == cached(tmp_path) == expected
    assert [kept.read_bytes() for kept in (tmp_path / "set-aside").iterdir()] == [content]
    # Once, and not again.
    with SyncStore.open(tmp_path) as store:
        assert list(store.notices) == []
        store.leave()
    assert len(set_aside(tmp_path)) == 1


def test_doubles_are_adopted_as_they_are(tmp_path: Path):
    twice = [link_wire("s-1"), link_wire("s-1", "verified")]
    write_cache(tmp_path, wire("g-1", sessions=twice), wire("g-2", sessions=twice[:1]), wire("g-3", status="done"))
    with SyncStore.open(tmp_path) as store:
        assert [len(goal.sessions) for goal in store.all()] == [2, 1, 0]
        assert {finding.kind for finding in examine(store)} >= {"gate", "session"}


def test_a_palace_that_has_held_a_goal_adopts_nothing(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"))
    write_cache(tmp_path, wire("g-1"))
    with SyncStore.open(tmp_path) as store:
        assert list(store.all()) == [goal]
        store.leave()
    assert cached(tmp_path) == [goal]
    assert set_aside(tmp_path) == [["g-1"]]


def test_a_palace_that_was_deleted_begins_from_its_cache(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"))
        store.leave()
    palace_file(tmp_path).unlink()
    with SyncStore.open(tmp_path) as store:
        assert list(store.all()) == [goal]
        store.apply(Note(goal.id, "n"))
        store.leave()
    assert fresh(tmp_path) == cached(tmp_path)


def test_a_file_that_is_not_ours_is_kept_before_it_is_replaced(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        store.apply(Create("d"))
        tick(store)
        # Another program writes it over, and in its place, while we keep it.
        write_cache(tmp_path, wire("g-1"))
        store.apply(Create("e"))
        tick_until(store, lambda: len(cached(tmp_path)) == 2, "ours is back")
        (tmp_path / "new").write_text(json.dumps([wire("g-2")]))
        (tmp_path / "new").replace(cache_file(tmp_path))
        store.apply(Create("f"))
        tick_until(store, lambda: len(cached(tmp_path)) == 3, "ours is back again")
        assert len(store.notices) == 2
    assert set_aside(tmp_path) == [["g-1"], ["g-2"]]


@pytest.mark.parametrize("renamed", [True, False])
def test_a_crash_between_stamp_and_rename(renamed: bool, tmp_path: Path):
    """Either file is ours: the one that was to be, and the one that is still there."""
    with SyncStore.open(tmp_path) as store:
        store.apply(Create("d"))
        store.leave()
        # The same file under a second name, as it would still be if the rename below had not happened.
        os.link(cache_file(tmp_path), tmp_path / "before")
        store.apply(Create("e"))
        store.leave()
    if not renamed:
        (tmp_path / "before").replace(cache_file(tmp_path))
        assert len(cached(tmp_path)) == 1
    with SyncStore.open(tmp_path) as store:
        store.leave()
        assert list(store.notices) == []
        store.apply(Create("f"))
        store.leave()
        assert list(store.notices) == []
    assert cached(tmp_path) == fresh(tmp_path)
    assert not (tmp_path / "set-aside").exists()


@pytest.mark.parametrize("stamp", ["", "[", "{}", "[5]", '[{"file": [1]}]', "[" * 9999, None], ids=range(7))
def test_a_stamp_that_says_nothing(stamp: str | None, tmp_path: Path):
    """Then the file is anybody's, and kept."""
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"))
        store.leave()
    path = palace_file(tmp_path).parent / "cache.stamp"
    path.unlink() if stamp is None else path.write_text(stamp)
    with SyncStore.open(tmp_path) as store:
        store.leave()
        assert store.cache_problem is None
    assert cached(tmp_path) == [goal]
    assert set_aside(tmp_path) == [[goal.id]]


@pytest.mark.parametrize("changes", [0, 1, 2, 5])
def test_what_an_older_copy_of_the_palace_lacks_is_kept(changes: int, tmp_path: Path):
    """However many changes are made to the copy before anybody looks at the cache."""
    with SyncStore.open(tmp_path) as store:
        old = store.apply(Create("old"))
        store.leave()
    shutil.copy(palace_file(tmp_path), tmp_path / "copy")
    with SyncStore.open(tmp_path) as store:
        only = [store.apply(Create("known to the cache alone")).id for _ in range(2)]
        store.leave()
    shutil.copy(tmp_path / "copy", palace_file(tmp_path))
    with SyncStore.open(tmp_path) as store:
        store.import_goals(goals(*(wire(f"new-{n}") for n in range(changes))))
        store.leave()
        assert cached(tmp_path) == list(store.all())
    assert set_aside(tmp_path) == [sorted([old.id, *only])]


def test_newer_work_that_an_older_copy_of_the_palace_lacks_is_kept(tmp_path: Path):
    """Though the same goals are in both."""
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"))
        store.leave()
    shutil.copy(palace_file(tmp_path), tmp_path / "copy")
    with SyncStore.open(tmp_path) as store:
        store.apply(Note(goal.id, "known to the cache alone"))
        store.leave()
    content = cache_file(tmp_path).read_bytes()
    shutil.copy(tmp_path / "copy", palace_file(tmp_path))
    # What is only behind is not kept once more with each change.
    for number in range(3):
        with SyncStore.open(tmp_path) as store:
            store.apply(Note(goal.id, f"note {number}"))
            store.leave()
            assert cached(tmp_path) == list(store.all())
    assert [kept.read_bytes() for kept in (tmp_path / "set-aside").iterdir()] == [content]


def test_what_a_damaged_drawer_held_is_kept(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        store.import_goals(goals(wire("g-1"), wire("g-2")))
        store.leave()
    damage(tmp_path, "g-2")
    for _ in range(2):
        with SyncStore.open(tmp_path) as store:
            store.apply(Note("g-1", "n"))
            store.leave()
    assert [goal.id for goal in cached(tmp_path)] == ["g-1"]
    assert set_aside(tmp_path) == [["g-1", "g-2"]]


def test_what_a_drawer_held_that_is_damaged_under_a_keeper_is_kept_once(tmp_path: Path):
    with SyncStore.open(tmp_path) as keeper, SyncStore.open(tmp_path) as other:
        keeper.import_goals(goals(wire("g-1"), wire("g-2")))
        keeper.keep()
        other.apply(Note("g-2", "n"))
        # All that it ever was: what stands in its history is not lost.
        sql(tmp_path, "UPDATE revisions SET text = replace(text, '\"status\":', '\"state\":') WHERE drawer = 'g-2'")
        for number in range(3):
            keeper.apply(Note("g-1", str(number)))
            tick_until(keeper, lambda: cached(tmp_path) == keeper.all(), "the cache is written")
            assert set(keeper.unreadable) == {"g-2"}
            assert set_aside(tmp_path) == [["g-1", "g-2"]]


@pytest.mark.parametrize("closed", [0, 2])
def test_what_came_closed_with_a_cache_is_said(closed: int, tmp_path: Path):
    write_cache(tmp_path, wire("g-1"), *(wire(f"g-{number}x", status="done") for number in range(closed)))
    with SyncStore.open(tmp_path) as store:
        (said,) = store.notices
    assert said.partition(f"{cache_file(tmp_path)}")[2] == (
        f", {closed} of them closed, which was not judged here" * bool(closed)
    )
