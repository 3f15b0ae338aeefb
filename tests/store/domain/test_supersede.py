"""A session whose work another one of the goal took over holds it back no more (CONTRACT 2)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from store import (
    Create,
    Goal,
    GoalClosed,
    GoalNotFound,
    GoalStatus,
    InvalidInput,
    Link,
    Revert,
    SessionAlreadyLinked,
    SessionNotFound,
    SetStatus,
    Supersede,
    Unlink,
    Update,
    VerificationGateError,
    judge,
)
from tests.store.helpers import goals, link, link_wire, plain, refused, update, wire
from tests.store.scripts import Bring, History, Script, every, run, run_async

DONE = GoalStatus.DONE


def counts_no_more() -> Script:
    goal = yield Create("d")
    yield Link(goal.id, link("s-1", "failed", "3 failed"))
    goal = yield Link(goal.id, link("s-2", "verified", "12 passed"))
    assert (goal.progress, goal.verified_count, goal.all_verified) == (50, 1, False)
    goal = yield Supersede(goal.id, "s-1", "s-2")
    # Kept as it is, evidence and all.
    assert plain(goal.sessions)[0] == replace(link("s-1", "failed", "3 failed"), superseded_by="s-2")
    assert goal.sessions[0].wire()["superseded_by"] == "s-2"
    assert (goal.progress, goal.verified_count, goal.all_verified) == (100, 1, True)
    assert (judge(goal).verified, judge(goal).total) == (1, 1)
    # Again is nothing.
    assert (yield Supersede(goal.id, "s-1", "s-2")) == goal
    assert len((yield History(goal.id))) == 4
    goal = yield SetStatus(goal.id, DONE)
    with refused(GoalClosed, goal_id=goal.id):
        yield Supersede(goal.id, "s-1", None)


def is_taken_back() -> Script:
    goal = yield Create("d")
    for name in ("s-1", "s-2", "s-3"):
        yield Link(goal.id, link(name, "verified" if name == "s-3" else "launched", "proof" if name == "s-3" else None))
    yield Supersede(goal.id, "s-1", "s-2")
    goal = yield Supersede(goal.id, "s-1", None)
    assert [one.superseded_by for one in goal.sessions] == [None, None, None]
    yield Supersede(goal.id, "s-1", "s-2")
    yield Supersede(goal.id, "s-2", "s-3")
    yield SetStatus(goal.id, DONE)
    yield SetStatus(goal.id, GoalStatus.IN_PROGRESS)
    # Who took the work over was a mistake: what it superseded counts again.
    goal = yield Unlink(goal.id, "s-3", "meant another goal")
    assert [one.superseded_by for one in goal.sessions] == ["s-2", None]
    with refused(VerificationGateError, goal_id=goal.id, verified=0, total=1):
        yield SetStatus(goal.id, DONE)
    goal = yield Unlink(goal.id, "s-2", "that too")
    assert [one.superseded_by for one in goal.sessions] == [None]


def is_refused() -> Script:
    with refused(GoalNotFound, goal_id="g-none"):
        yield Supersede("g-none", "s-1", "s-2")
    goal = yield Create("d")
    for name in ("s-1", "s-2", "s-3"):
        yield Link(goal.id, link(name))
    with refused(SessionNotFound, goal_id=goal.id, session_id="s-9"):
        yield Supersede(goal.id, "s-9", "s-2")
    with refused(SessionNotFound, goal_id=goal.id, session_id="s-9"):
        yield Supersede(goal.id, "s-1", "s-9")
    with refused(InvalidInput, field="by"):
        yield Supersede(goal.id, "s-1", "s-1")
    yield Supersede(goal.id, "s-2", "s-3")
    with refused(InvalidInput, field="by"):
        yield Supersede(goal.id, "s-1", "s-2")
    # Nor in a circle.
    with refused(InvalidInput, field="by"):
        yield Supersede(goal.id, "s-3", "s-2")


def a_superseded_session_still_works_on_the_goal() -> Script:
    goal = yield Create("d")
    yield Link(goal.id, link("s-1"))
    yield Link(goal.id, link("s-2"))
    yield Supersede(goal.id, "s-1", "s-2")
    other = yield Create("other")
    with refused(SessionAlreadyLinked, session_id="s-1", goal_id=other.id, holder=goal.id):
        yield Link(other.id, link("s-1"))
    goal = yield Update(goal.id, update("s-1", "failed", "3 failed"))
    assert goal.sessions[0].superseded_by == "s-2"
    before = yield Revert(goal.id, 3, 5)
    assert [one.superseded_by for one in before.sessions] == [None, None]


def files_from_elsewhere() -> Script:
    """They may name a session that is not there, and each other: then nobody took the work over."""
    taken = link_wire("s-1", "failed", "x") | {"superseded_by": "s-9"}
    yield Bring(goals(wire("i-1", sessions=[taken, link_wire("s-2", "verified", "proof")])))
    circle = [link_wire("s-3") | {"superseded_by": "s-4"}, link_wire("s-4") | {"superseded_by": "s-3"}]
    yield Bring(goals(wire("i-2", sessions=circle)))
    for name, total in (("i-1", 2), ("i-2", 0)):
        with pytest.raises(VerificationGateError) as caught:
            yield SetStatus(name, DONE)
        assert caught.value.total == total
        assert caught.value.next
    (goal,) = goals(wire("i-3", sessions=[link_wire("s-5") | {"superseded_by": "s-5"}]))
    assert len(goal.counted) == 1
    assert Goal.from_wire(goal.wire()) == goal


SCRIPTS = every(
    counts_no_more, is_taken_back, is_refused, a_superseded_session_still_works_on_the_goal, files_from_elsewhere
)


@SCRIPTS
def test_blocking(script, tmp_path: Path):
    run(script, tmp_path)


@SCRIPTS
async def test_on_an_event_loop(script, tmp_path: Path):
    await run_async(script, tmp_path)
