"""A large palace opened in a hurry: first what sessions work on, then the rest; and nothing lost in between."""

from __future__ import annotations

import threading
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from store import GoalStore, Note, SqlitePalace, SyncStore, examine, parse_goals
from tests.store.helpers import SAMPLES, cached, fresh, goals, hear, link_wire, palace_file, wait_until, wire


class Slow(SqlitePalace):
    """A palace that reads everything only when it may."""

    MANY = 1

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.may_read = threading.Event()

    def newest(self):
        assert self.may_read.wait(60)
        return super().newest()


@pytest.fixture
def palace(tmp_path):
    """The sample goals: 39 of 47 are closed."""
    with SyncStore.open(tmp_path) as store:
        store.import_goals(parse_goals(SAMPLES.read_bytes()))
        store.leave()
    palace = Slow(tmp_path)
    yield palace
    palace.may_read.set()


async def test_what_sessions_work_on_is_known_first_and_then_the_rest(tmp_path, palace):
    all_of_them = fresh(tmp_path)
    at_work = [goal for goal in all_of_them if goal.sessions and not goal.closed]
    async with GoalStore.open(tmp_path, palace=palace, hurry=True) as store:
        changes = store.changes()
        assert (list(store.all()), store.is_whole) == (at_work, False)
        palace.may_read.set()
        await store.whole()
        assert list(store.all()) == all_of_them
        # It was there all the time, so nothing of it is a change.
        with anyio.move_on_after(0.3):
            pytest.fail(f"told of {await anext(changes)}")
    assert cached(tmp_path) == all_of_them


async def test_changes_in_between_are_made_told_and_kept(tmp_path, palace):
    async with GoalStore.open(tmp_path, palace=palace, hurry=True) as store:
        changes = store.changes()
        mine, closed = store.ids()[0], next(goal.id for goal in fresh(tmp_path) if goal.closed)
        with SyncStore.open(tmp_path) as other:
            other.apply(Note(mine, "by another"))
            other.apply(Note(closed, "by another too"))
        palace.may_read.set()
        await hear(changes, mine)
        await store.whole()
        for goal_id in (mine, closed):
            goal = store.get(goal_id)
            assert goal is not None
            assert goal.notes[-1].startswith("by another")
        noted = await store.note(closed, "and mine")
        assert list(store.all()) == fresh(tmp_path)
    assert noted in cached(tmp_path)


async def test_a_change_may_be_made_before_the_rest_is_read(tmp_path, palace):
    async with GoalStore.open(tmp_path, palace=palace, hurry=True) as store:
        goal_id = store.ids()[0]
        async with anyio.create_task_group() as group:
            group.start_soon(store.note, goal_id, "early")
            # It is durable at once; what it waits for is to be told.
            await anyio.to_thread.run_sync(wait_until, lambda: "early" in _notes(tmp_path, goal_id), "the palace")
            palace.may_read.set()
        assert list(store.all()) == fresh(tmp_path)


def _notes(root: Path, goal_id: str) -> tuple[str, ...]:
    return next(goal.notes for goal in fresh(root) if goal.id == goal_id)


async def test_whoever_leaves_before_the_rest_was_read_leaves_the_cache_right(tmp_path, palace):
    async with GoalStore.open(tmp_path, palace=palace, hurry=True) as store:
        assert not store.is_whole
        timer = threading.Timer(0.2, palace.may_read.set)
        timer.start()
    assert cached(tmp_path) == fresh(tmp_path)
    assert len(cached(tmp_path)) == 47


async def test_small_palaces_and_those_where_nobody_works_are_read_whole(tmp_path):
    async with GoalStore.open(tmp_path, hurry=True) as store:
        await store.import_goals(goals(wire("g-1"), wire("g-2", status="done")))
        assert store.is_whole
    few, idle = SqlitePalace(tmp_path), Slow(tmp_path)
    idle.may_read.set()
    for palace in (few, idle):
        async with GoalStore.open(tmp_path, palace=palace, hurry=True) as store:
            assert store.is_whole
            assert store.ids() == ["g-1", "g-2"]


async def test_a_palace_that_breaks_before_the_rest_is_read_heals_to_all_of_it(tmp_path, palace):
    moved, file = tmp_path / "away.db", palace_file(tmp_path)
    async with GoalStore.open(tmp_path, palace=palace, hurry=True) as store:
        file.rename(moved)
        palace.may_read.set()
        await anyio.to_thread.run_sync(wait_until, lambda: store.degraded is not None, "the palace")
        moved.rename(file)
        await store.whole()
        await anyio.to_thread.run_sync(wait_until, lambda: store.degraded is None, "the palace")
        assert len(store.all()) == 47


def test_doctor_looks_at_all_of_them(palace, tmp_path):
    palace.may_read.set()
    with SyncStore(tmp_path, palace=palace) as store:
        store.start(hurry=True)
        assert not store.whole
        seen: list[int] = []
        findings = examine(store, lambda _, of: seen.append(of))
        with SyncStore.open(tmp_path) as other:
            assert findings == examine(other)
        assert set(seen) == {47}


def test_the_newest_revision_of_what_is_at_work_is_read(tmp_path):
    with SyncStore.open(tmp_path) as store:
        store.import_goals(goals(wire("g-1", sessions=[link_wire("s-1")]), wire("g-2", sessions=[link_wire("s-2")])))
        *_, goal = [store.apply(Note("g-1", f"note {number}")) for number in range(5)]
        palace = Slow(tmp_path)
        assert palace.open(create=False)
        batch = palace.at_work()
        assert batch is not None
        assert {row.drawer: row.number for row in batch.revisions} == {"g-1": 6, "g-2": 1}
        assert next(row.text for row in batch.revisions if row.drawer == "g-1").decode() == goal.to_text()
        palace.close()
