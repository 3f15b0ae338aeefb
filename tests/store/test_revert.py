"""`revert`: the goal as it was, under every rule as it is now."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from store import (
    Create,
    Edit,
    EvidenceRequired,
    GoalChanged,
    GoalClosed,
    GoalNotFound,
    GoalStatus,
    InvalidInput,
    Link,
    Note,
    Revert,
    SessionAlreadyLinked,
    SetStatus,
    SyncStore,
    Unlink,
    Update,
    VerificationGateError,
)
from tests.store.helpers import T0, goals, link, link_wire, refused, update, wire
from tests.store.scripts import At, Bring, History, Script, every, run, run_async

PENDING, IN_PROGRESS, BLOCKED, DONE, ABANDONED = GoalStatus


def back_and_forth() -> Script:
    one = yield Create("one", ("a",))
    two = yield Edit(one.id, "two", ("b",))
    three = yield Link(one.id, link("s-1", "running", "log"))
    four = yield Note(one.id, "n")
    for target, state in ((1, one), (3, three), (2, two), (4, four), (1, one)):
        current = (yield History(one.id))[-1].number
        goal = yield Revert(one.id, target, current)
        revisions = yield History(one.id)
        assert replace(goal, updated=state.updated) == state
        assert revisions[-1].goal == goal
        assert [revision.number for revision in revisions] == list(range(1, current + 2))
        assert revisions[-1].at > revisions[-2].at


def to_what_it_is_writes_nothing() -> Script:
    goal = yield Create("d")
    goal = yield Note(goal.id, "n")
    assert (yield Revert(goal.id, 2, 2)) == goal
    assert len((yield History(goal.id))) == 2
    # Nor does an older revision that differs in its time alone.
    goal = yield Revert(goal.id, 1, 2)
    assert (yield Revert(goal.id, 1, 3)) == goal
    assert len((yield History(goal.id))) == 3


def unknown() -> Script:
    with refused(GoalNotFound, goal_id="g-2"):
        yield Revert("g-2", 1, 1)
    goal = yield Create("d")
    for number in (0, -1, 2, 1 << 62, 1 << 70, -(1 << 70)):
        with refused(InvalidInput, field="revision"):
            yield Revert(goal.id, number, 1)


def changed_since() -> Script:
    goal = yield Create("one")
    yield Note(goal.id, "n")
    yield Note(goal.id, "m")
    for expected in (0, 1, 2, 4, 1 << 70):
        with refused(GoalChanged, goal_id=goal.id, expected=expected, current=3):
            yield Revert(goal.id, 1, expected)
        # Also where it would change nothing.
        with refused(GoalChanged, goal_id=goal.id, expected=expected, current=3):
            yield Revert(goal.id, 3, expected)


def undoing_a_close_and_redoing_it() -> Script:
    goal = yield Create("d")
    yield Link(goal.id, link("s-1", "verified", "proof"))
    yield SetStatus(goal.id, DONE, "merged")
    goal = yield Revert(goal.id, 2, 3)
    assert (goal.status, goal.notes) == (IN_PROGRESS, ())
    goal = yield Revert(goal.id, 3, 4)
    assert (goal.status, goal.notes) == (DONE, ("merged",))


def the_gate_is_asked_now() -> Script:
    sessions = [link_wire("ok", "verified", "proof"), link_wire("s-1", "running"), link_wire("s-2", "verified")]
    yield Bring(goals(wire(status="done", sessions=sessions)))
    yield SetStatus("g-1", BLOCKED)
    # The gate speaks before anybody asks whether the goal has changed.
    for if_current in (2, 1):
        with refused(VerificationGateError, goal_id="g-1", verified=1, total=3):
            yield Revert("g-1", 1, if_current)
    yield SetStatus("g-1", ABANDONED)
    with refused(VerificationGateError, goal_id="g-1", verified=1, total=3):
        yield Revert("g-1", 1, 3)
    yield Bring(goals(wire("empty", status="done")))
    yield SetStatus("empty", PENDING)
    with refused(VerificationGateError, goal_id="empty", verified=0, total=0):
        yield Revert("empty", 1, 2)


def an_imported_done_stays_what_it_is() -> Script:
    yield Bring(goals(wire(status="done", sessions=[link_wire("s-1", "running")])))
    yield Note("g-1", "n")
    goal = yield Revert("g-1", 1, 2)
    assert (goal.status, goal.notes) == (DONE, ())


def the_gate_looks_at_the_sessions_that_come_back() -> Script:
    """It was done by import with a session that is not verified; it is done by the gate since."""
    yield Bring(goals(wire(status="done", sessions=[link_wire("s-1", "running")])))
    yield SetStatus("g-1", PENDING)
    yield Update("g-1", update("s-1", "verified", "proof"))
    yield SetStatus("g-1", DONE)
    with refused(VerificationGateError, goal_id="g-1", verified=0, total=1):
        yield Revert("g-1", 1, 4)


def verified_needs_evidence_now() -> Script:
    yield Bring(goals(wire(sessions=[link_wire("s-1", "verified"), link_wire("s-2", "verified", "\u2800")])))
    yield Note("g-1", "n")
    # Both stand there as they do now, so this revert does not put them there.
    yield Revert("g-1", 1, 2)
    yield Unlink("g-1", "s-1", "no proof")
    for if_current in (4, 3):
        with refused(EvidenceRequired, goal_id="g-1", session_id="s-1"):
            yield Revert("g-1", 1, if_current)
    yield Update("g-1", update("s-2", evidence="proof"))
    with refused(EvidenceRequired, goal_id="g-1", session_id="s-1"):
        yield Revert("g-1", 1, 5)


def closed_goals_keep_their_work() -> Script:
    goal = yield Create("d")
    yield Link(goal.id, link("s-1", "verified", "proof"))
    yield SetStatus(goal.id, DONE)
    yield SetStatus(goal.id, BLOCKED)
    yield Edit(goal.id, "another")
    yield SetStatus(goal.id, ABANDONED)
    for if_current in (6, 5):
        with refused(GoalClosed, goal_id=goal.id, status="abandoned"):
            yield Revert(goal.id, 3, if_current)
    yield SetStatus(goal.id, BLOCKED)
    # By way of reopening it is allowed, as it would be step by step.
    goal = yield Revert(goal.id, 3, 7)
    assert (goal.status, goal.description) == (DONE, "d")


def a_session_that_works_elsewhere_by_now() -> Script:
    one = yield Create("one")
    yield Link(one.id, link("s-1"))
    yield Unlink(one.id, "s-1", "wrong goal")
    two = yield Create("two")
    yield Link(two.id, link("s-1"))
    for if_current in (3, 2):
        with refused(SessionAlreadyLinked, session_id="s-1", goal_id=one.id, holder=two.id):
            yield Revert(one.id, 2, if_current)
    yield SetStatus(two.id, ABANDONED)
    yield Revert(one.id, 2, 3)
    with refused(SessionAlreadyLinked, session_id="s-1", goal_id=two.id, holder=one.id):
        yield Revert(two.id, 2, 3)
    # The session table follows a revert: what is unlinked by one is free again.
    yield Revert(one.id, 1, 4)
    yield Revert(two.id, 2, 3)


def reopening_by_revert() -> Script:
    one = yield Create("one")
    yield Link(one.id, link("s-1"))
    yield SetStatus(one.id, ABANDONED)
    two = yield Create("two")
    yield Link(two.id, link("s-1"))
    with refused(SessionAlreadyLinked, session_id="s-1", goal_id=one.id, holder=two.id):
        yield Revert(one.id, 2, 3)
    yield Unlink(two.id, "s-1", "wrong goal")
    goal = yield Revert(one.id, 2, 3)
    assert goal.status is IN_PROGRESS
    # What it reopens as may be other work too.
    yield SetStatus(one.id, ABANDONED)
    goal = yield Revert(one.id, 1, 5)
    assert (goal.status, goal.sessions) == (PENDING, ())


def a_closed_goal_stays_closed_whoever_has_its_sessions() -> Script:
    one = yield Create("one")
    yield Link(one.id, link("s-1"))
    yield SetStatus(one.id, ABANDONED)
    two = yield Create("two")
    yield Link(two.id, link("s-1"))
    yield Note(one.id, "n")
    goal = yield Revert(one.id, 3, 4)
    assert (goal.status, goal.notes) == (ABANDONED, ())


def to_when_it_was_closed_whoever_has_its_sessions() -> Script:
    """It is open now: closing it takes no session from anybody, so the session may work elsewhere."""
    one = yield Create("one")
    yield Link(one.id, link("s-1", "verified", "proof"))
    yield SetStatus(one.id, DONE)
    yield SetStatus(one.id, BLOCKED)
    yield Unlink(one.id, "s-1", "goes elsewhere")
    two = yield Create("two")
    yield Link(two.id, link("s-1"))
    goal = yield Revert(one.id, 3, 5)
    assert (goal.status, goal.all_verified) == (DONE, True)
    with refused(SessionAlreadyLinked, session_id="s-1", goal_id=one.id, holder=two.id):
        yield SetStatus(one.id, BLOCKED)


def imported_doubles_are_no_obstacle() -> Script:
    """A session that works on two goals since they came in: a revert of one that keeps it takes nothing new."""
    sessions = [link_wire("s-1"), link_wire("s-1")]
    yield Bring(goals(wire("g-1", sessions=sessions), wire("g-2", sessions=sessions[:1])))
    yield Note("g-1", "n")
    goal = yield Revert("g-1", 1, 2)
    assert (len(goal.sessions), goal.notes) == (2, ())


def time_goes_on() -> Script:
    goal = yield Create("d")
    yield At(T0 + timedelta(days=1))
    late = yield Note(goal.id, "n")
    yield At(T0 - timedelta(days=999))
    goal = yield Revert(goal.id, 1, 2)
    assert goal.updated == late.updated + timedelta(microseconds=1)
    assert goal.created == T0


SCRIPTS = every(
    back_and_forth,
    to_what_it_is_writes_nothing,
    unknown,
    changed_since,
    undoing_a_close_and_redoing_it,
    the_gate_is_asked_now,
    an_imported_done_stays_what_it_is,
    the_gate_looks_at_the_sessions_that_come_back,
    verified_needs_evidence_now,
    closed_goals_keep_their_work,
    a_session_that_works_elsewhere_by_now,
    reopening_by_revert,
    a_closed_goal_stays_closed_whoever_has_its_sessions,
    to_when_it_was_closed_whoever_has_its_sessions,
    imported_doubles_are_no_obstacle,
    time_goes_on,
)


@SCRIPTS
def test_blocking(script, tmp_path: Path):
    run(script, tmp_path)


@SCRIPTS
async def test_on_an_event_loop(script, tmp_path: Path):
    await run_async(script, tmp_path)


def test_without_saying_what_is_current(tmp_path: Path):
    """Then nobody asks whether it changed; every other rule holds."""
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("one"))
        store.apply(Note(goal.id, "n"))
        assert store.apply(Revert(goal.id, 1)).notes == ()
        store.import_goals(goals(wire(status="done")))
        store.apply(SetStatus("g-1", PENDING))
        with pytest.raises(VerificationGateError):
            store.apply(Revert("g-1", 1))
