"""Since when a goal needs the operator."""

from datetime import timedelta

import anyio
import anyio.lowlevel
import pytest

from store import (
    GoalStatus,
    GoalStore,
    PalaceUnavailable,
    SessionLink,
    SessionTaskState,
    SessionUpdate,
    parse_goals,
)
from tests.tui.helpers import FAILED, NOON, SAMPLES
from tui.needs import kind_of
from tui.since import Since, began

pytestmark = pytest.mark.anyio

RUNS, FAILS, LAUNCHED = SessionTaskState.RUNNING, SessionTaskState.FAILED, SessionTaskState.LAUNCHED


class Clock:
    """A clock that is a minute further at each look."""

    def __init__(self):
        self.now = NOON

    def __call__(self):
        self.now += timedelta(minutes=1)
        return self.now


class Asked:
    """How often a store's history was asked for, and by how many at once."""

    def __init__(self, store):
        """Listen from now on."""
        self._history = store.history
        store.history = self.history
        self.of: list[str] = []
        self.at_once = self.most = 0
        self.during = None
        self.broken = False

    async def history(self, goal_id, limit=None, before=None):
        self.of.append(goal_id)
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            revisions = await self._history(goal_id, limit, before)
            if self.during:
                during, self.during = self.during, None
                await during()
            if self.broken:
                raise PalaceUnavailable("session-manager", "it is gone", "wait")
            return revisions
        finally:
            self.at_once -= 1


async def _goal(store, *states, session="s-1"):
    """A goal whose one session went through these states."""
    goal = await store.create("Ship the parser")
    goal = await store.link(goal.id, SessionLink.launched(session, "write it"))
    for state in states:
        goal = await store.update(goal.id, SessionUpdate(session_id=session, state=state))
    return goal


async def _said(store, goal_id, times=1):
    for time in range(times):
        await store.note(goal_id, f"note {time}")


def _now(store, goal_id):
    goal = store.get(goal_id)
    assert goal is not None
    return goal


@pytest.fixture
async def store(tmp_path):
    async with GoalStore.open(tmp_path, clock=Clock()) as store:
        yield store


async def test_began_is_the_beginning_of_the_newest_run(store):
    goal = await _goal(store, FAILS, RUNS, FAILS)
    broke = goal.updated
    await _said(store, goal.id, 3)
    revisions = await store.history(goal.id)
    assert began(revisions) == broke
    assert began(revisions[:4]) == revisions[3].at
    assert began(revisions[:1]) == revisions[0].at
    assert [kind_of(revision.goal).name for revision in revisions[:2]] == ["PENDING", "RUNNING"]


@pytest.mark.parametrize("notes", [0, 1, 14, 15, 16, 17, 40])
async def test_learns_from_histories_of_any_length(store, notes):
    goal = await _goal(store, FAILS, RUNS, FAILS)
    broke = goal.updated
    await _said(store, goal.id, notes)
    since = Since(store)
    told: list[frozenset[str]] = []
    since.changed(store.open_ids())
    now = _now(store, goal.id)
    assert since.of(now) == now.updated
    await since.learn(told.append)
    assert since.of(now) == broke
    assert told == ([{goal.id}] if notes else [])
    assert since.unknown == 0


async def test_a_goal_that_has_always_needed_somebody(tmp_path):
    async with GoalStore.open(tmp_path, clock=Clock()) as store:
        (failed,) = [goal for goal in parse_goals(SAMPLES.read_bytes()) if goal.id == FAILED]
        await store.import_goals([failed])
        await _said(store, FAILED, 40)
        since = Since(store)
        since.changed([FAILED])
        await since.learn(lambda _: None)
        assert since.of(_now(store, FAILED)) == failed.updated


async def test_goals_that_need_nobody_cost_nothing(tmp_path):
    async with GoalStore.open(tmp_path) as store:
        await store.import_goals(parse_goals(SAMPLES.read_bytes()))
        for goal in store.all():
            await store.note(goal.id, "by the way")
        asked = Asked(store)
        since = Since(store)
        since.changed(store.ids())
        await since.learn(lambda _: None)
        needing = {goal.id for goal in store.all() if kind_of(goal).needs_you}
        assert needing
        assert set(asked.of) == needing
        assert len(asked.of) == len(needing)
        closed = next(goal for goal in store.all() if goal.closed)
        assert since.of(closed) == closed.updated


async def test_a_change_keeps_it_where_the_kind_is_the_same(store):
    asked = Asked(store)
    since = Since(store)
    goal = await _goal(store)
    since.changed([goal.id])

    goal = await store.update(goal.id, SessionUpdate(session_id="s-1", state=FAILS))
    broke = goal.updated
    since.changed([goal.id])
    # It is new to `since`, which can't know that it has not failed before.
    await since.learn(lambda _: None)
    assert since.of(goal) == broke

    asked.of.clear()
    await _said(store, goal.id)
    since.changed([goal.id])
    assert since.of(_now(store, goal.id)) == broke
    # The same again, as when two screens are told.
    since.changed([goal.id])
    assert since.of(_now(store, goal.id)) == broke

    goal = await store.update(goal.id, SessionUpdate(session_id="s-1", state=RUNS))
    goal = await store.set_status(goal.id, GoalStatus.BLOCKED)
    since.changed([goal.id])
    # Two changes went by at once: what was between them is in the history.
    assert since.unknown == 1
    await since.learn(lambda _: None)
    assert since.of(goal) == goal.updated
    assert len(asked.of) == 1

    goal = await store.update(goal.id, SessionUpdate(session_id="s-1", state=FAILS))
    since.changed([goal.id])
    assert since.unknown == 0
    assert since.of(goal) == goal.updated


async def test_a_burst_that_ends_where_it_began_is_looked_up(store):
    goal = await _goal(store, FAILS)
    since = Since(store)
    since.changed([goal.id])
    await since.learn(lambda _: None)
    await store.update(goal.id, SessionUpdate(session_id="s-1", state=RUNS))
    goal = await store.update(goal.id, SessionUpdate(session_id="s-1", state=FAILS))
    since.changed([goal.id])
    await since.learn(lambda _: None)
    assert since.of(goal) == goal.updated


async def test_a_goal_that_changes_while_it_is_asked_about_is_asked_again(store):
    goal = await _goal(store, FAILS)
    await _said(store, goal.id)
    asked = Asked(store)
    since = Since(store)
    since.changed([goal.id])

    async def heal_and_break():
        for state in (RUNS, FAILS):
            await store.update(goal.id, SessionUpdate(session_id="s-1", state=state))
            since.changed([goal.id])

    asked.during = heal_and_break
    await since.learn(lambda _: None)
    now = _now(store, goal.id)
    assert since.of(now) == now.updated


async def test_one_call_at_a_time_for_a_thousand_goals(tmp_path):
    async with GoalStore.open(tmp_path, clock=Clock()) as store:
        samples = [goal for goal in parse_goals(SAMPLES.read_bytes()) if goal.id == FAILED]
        goals = [samples[0].model_copy(update={"id": f"g-{number:04}"}) for number in range(1_000)]
        await store.import_goals(goals)
        asked = Asked(store)
        since = Since(store)
        # Imported and never changed: nothing to ask.
        since.changed(store.ids())
        assert since.unknown == 0
        for goal in goals:
            await store.note(goal.id, "by the way")
        since = Since(store)
        since.changed(store.ids())
        assert since.unknown == 1_000
        told: set[str] = set()
        steps = 0

        async def look():
            nonlocal steps
            while since.unknown:
                steps += 1
                await anyio.lowlevel.checkpoint()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(look)
            tasks.start_soon(since.learn, told.update)
            # A second one at the same time leaves it to the first.
            tasks.start_soon(since.learn, told.update)
        assert told == {goal.id for goal in goals}
        assert all(since.of(_now(store, goal.id)) == goal.updated for goal in goals)
        assert asked.most == 1
        assert len(asked.of) == 1_000
        # Others had their turn all the while.
        assert steps >= 1_000


async def test_stops_where_the_palace_is_gone_and_goes_on(store):
    goal = await _goal(store, FAILS)
    await _said(store, goal.id)
    asked = Asked(store)
    since = Since(store)
    since.changed([goal.id])
    asked.broken = True
    await since.learn(lambda _: None)
    assert since.unknown == 1
    asked.broken = False
    await since.learn(lambda _: None)
    assert since.of(_now(store, goal.id)) == goal.updated


async def test_forgets_what_needs_nobody_any_more(store):
    goal = await _goal(store, FAILS)
    since = Since(store)
    since.changed([goal.id, "g-unknown"])
    assert since.unknown == 1
    goal = await store.set_status(goal.id, GoalStatus.ABANDONED)
    since.changed([goal.id])
    assert since.unknown == 0
    assert since.of(goal) == goal.updated
