"""Since when a goal needs the operator."""

from dataclasses import replace
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
from tests.store.helpers import SAMPLES
from tests.tui.helpers import FAILED, NOON
from tui.needs import Kind, kind_of
from tui.since import Begun, Since

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
        self.from_the_newest = 0
        self.at_once = self.most = 0
        self.during = None
        self.broken = False

    async def history(self, goal_id, limit=None, before=None):
        self.of.append(goal_id)
        self.from_the_newest += before is None
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


def begun(*pages):
    """What a history says, given in pages, the newest first; and that no page was asked for in vain."""
    told = Begun()
    wanted = [told.take(page) for page in pages]
    assert wanted == [True] * (len(pages) - 1) + [False]
    return told


async def test_begun_is_the_beginning_of_the_newest_run(store):
    goal = await _goal(store, FAILS, RUNS, FAILS)
    broke = goal.updated
    await _said(store, goal.id, 3)
    revisions = await store.history(goal.id)
    for size in (1, 2, 3, len(revisions)):
        pages = [revisions[max(0, end - size) : end] for end in range(len(revisions), 0, -size)]
        told, used = Begun(), 0
        while told.take(pages[used]):
            used += 1
        assert (told.since, told.kind) == (broke, Kind.FAILED)
        # Up to the revision before the run.
        assert used == next(at for at, page in enumerate(pages) if page[0].number <= 4)
    assert begun(revisions[:4]).since == revisions[3].at
    assert begun(revisions[:1]).since == revisions[0].at
    assert begun([]).since is None
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


async def test_closed_goals_cost_nothing_and_those_that_need_nobody_wait_for_the_others(tmp_path):
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
        assert set(asked.of[: len(needing)]) == needing
        assert sorted(asked.of) == sorted(goal.id for goal in store.all() if not goal.closed)
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
    assert since.of(goal) == goal.updated
    # Since when is known; what may have been said with it is not.
    asked.of.clear()
    await since.learn(lambda _: None)
    assert asked.of == [goal.id]
    await _said(store, goal.id)
    since.changed([goal.id])
    assert since.unknown == 0
    assert since.of(_now(store, goal.id)) == goal.updated


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


async def test_a_goal_that_runs_and_says_a_lot_has_run_since_it_began_to(store):
    # To be linked is to be under way.
    goal = await _goal(store)
    began = goal.updated
    await _said(store, goal.id, 40)
    since = Since(store)
    since.changed([goal.id])
    await since.learn(lambda _: None)
    assert since.of(_now(store, goal.id)) == began
    asked = Asked(store)
    for burst in (1, 2, 20):
        await _said(store, goal.id, burst)
        since.changed([goal.id])
        # At once, and still when it was looked up: back to what was known, not to where it began.
        assert since.of(_now(store, goal.id)) == began
        await since.learn(lambda _: None)
        assert since.of(_now(store, goal.id)) == began
    assert len(asked.of) == 1 + 2
    # It failed and was mended unseen.
    await store.update(goal.id, SessionUpdate(session_id="s-1", state=FAILS))
    mended = await store.update(goal.id, SessionUpdate(session_id="s-1", state=RUNS))
    await _said(store, goal.id, 3)
    since.changed([goal.id])
    await since.learn(lambda _: None)
    assert since.of(_now(store, goal.id)) == mended.updated


async def test_a_goal_that_changes_more_often_than_its_history_is_read_is_learned_about(store):
    goal = await _goal(store)
    began = goal.updated
    await _said(store, goal.id, 100)
    asked = Asked(store)
    since = Since(store)
    since.changed([goal.id])

    async def say():
        await _said(store, goal.id, 2)
        since.changed([goal.id])
        if asked.from_the_newest < 12:
            asked.during = say

    asked.during = say
    await since.learn(lambda _: None)
    assert since.of(_now(store, goal.id)) == began
    # Its history was read once, and afterwards what was new.
    assert len(asked.of) < 7 + 12 * 2


async def test_what_was_known_of_another_palace_says_nothing_of_this_one(tmp_path):
    async with GoalStore.open(tmp_path / "one", clock=Clock()) as store:
        (failed,) = [goal for goal in parse_goals(SAMPLES.read_bytes()) if goal.id == FAILED]
        await store.import_goals([failed])
        await _said(store, FAILED, 5)
        since = Since(store)
        since.changed([FAILED])
        await since.learn(lambda _: None)
        async with GoalStore.open(tmp_path / "other", clock=Clock()) as other:
            await other.import_goals([replace(failed, updated=NOON)])
            await _said(other, FAILED, 2)
            since._store = other
            since.changed([FAILED])
            await since.learn(lambda _: None)
            assert since.of(_now(other, FAILED)) == NOON


async def test_one_call_at_a_time_for_hundreds_of_goals(tmp_path):
    async with GoalStore.open(tmp_path, clock=Clock()) as store:
        samples = [goal for goal in parse_goals(SAMPLES.read_bytes()) if goal.id == FAILED]
        goals = [replace(samples[0], id=f"g-{number:04}") for number in range(250)]
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
        assert since.unknown == 250
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
        assert len(asked.of) == 250
        # Others had their turn all the while.
        assert steps >= 250


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


async def test_what_was_known_says_nothing_of_a_goal_that_was_blocked_at_this_moment(store):
    goal = await _goal(store, RUNS)
    since = Since(store)
    since.changed([goal.id])
    await since.learn(lambda _: None)
    assert since.why(goal) == ""
    # The store has it, and nobody has told yet.
    goal = await store.set_status(goal.id, GoalStatus.BLOCKED, "waits")
    assert since.why(goal) is None


async def test_forgets_what_needs_nobody_any_more(store):
    goal = await _goal(store, FAILS)
    since = Since(store)
    since.changed([goal.id, "g-unknown"])
    assert since.unknown == 1
    goal = await store.set_status(goal.id, GoalStatus.ABANDONED)
    since.changed([goal.id])
    assert since.unknown == 0
    assert since.of(goal) == goal.updated


async def _set(store, goal_id, state, note=None, session="s-1"):
    return await store.update(goal_id, SessionUpdate(session_id=session, state=state, note=note))


async def test_a_new_reason_is_asked_for_and_the_old_one_is_gone_at_once(store):
    asked = Asked(store)
    since = Since(store)
    told: list[frozenset[str]] = []
    goal = await _goal(store, RUNS)
    await store.link(goal.id, SessionLink.launched("s-2", "read it"))
    since.changed([goal.id])
    await since.learn(told.append)

    async def after(change, asks):
        asked.of.clear()
        told.clear()
        goal = await change
        before = since.why(goal)
        since.changed([goal.id])
        meanwhile, when = since.why(goal), since.of(goal)
        await since.learn(told.append)
        assert len(asked.of) == asks
        # So that the row is drawn anew.
        assert told == ([{goal.id}] if (meanwhile, when) != (since.why(goal), since.of(goal)) else [])
        return before, meanwhile, since.why(goal)

    blocked = store.set_status(goal.id, GoalStatus.BLOCKED, "waits")
    assert await after(blocked, asks=1) == (None, None, "waits")
    assert await after(store.note(goal.id, "by the way"), asks=0) == ("waits", "waits", "waits")
    assert await after(_set(store, goal.id, FAILS, "exit 1"), asks=1) == (None, "", "exit 1")
    assert await after(_set(store, goal.id, FAILS, "exit 2", session="s-2"), asks=1) == (None, "", "exit 2")
    # Two changes at once that leave things as they were: it is looked up, and said all the while.
    await _said(store, goal.id)
    assert await after(store.note(goal.id, "by the way"), asks=1) == ("exit 2", "exit 2", "exit 2")
    assert await after(store.set_status(goal.id, GoalStatus.ABANDONED), asks=0) == (None, None, None)
