"""The gate: what it counts, what it says, and that no way leads past it (CONTRACT 3)."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from store import (
    CacheError,
    Create,
    EvidenceRequired,
    GoalChanged,
    GoalClosed,
    GoalNotFound,
    GoalStatus,
    GoalStoreError,
    InvalidInput,
    Link,
    PalaceUnavailable,
    SessionAlreadyLinked,
    SessionNotFound,
    SetStatus,
    Unlink,
    Update,
    VerificationGateError,
    is_blank,
    judge,
)
from tests.store.helpers import BLANKS, NOT_BLANK, goals, link, link_wire, refused, update, wire
from tests.store.scripts import Bring, Script, every, run, run_async

DONE, ABANDONED, BLOCKED, PENDING, IN_PROGRESS = (
    GoalStatus(value) for value in ("done", "abandoned", "blocked", "pending", "inProgress")
)


def closes_through_the_gate() -> Script:
    goal = yield Create("d")
    with refused(VerificationGateError, goal_id=goal.id, verified=0, total=0, holding=()):
        yield SetStatus(goal.id, DONE)
    yield Link(goal.id, link("ok", "verified", "proof"))
    yield Link(goal.id, link("new"))
    yield Link(goal.id, link("runs", "running", "a log"))
    yield Link(goal.id, link("lost", "failed"))
    holding = (link("new"), link("runs", "running", "a log"), link("lost", "failed"))
    with pytest.raises(VerificationGateError) as caught:
        yield SetStatus(goal.id, DONE, "merged")
    assert (caught.value.verified, caught.value.total, caught.value.holding) == (1, 4, holding)
    for part in ("1 of 4", "'new'", "'runs'", "'lost'", goal.id):
        assert part in caught.value.message
    assert "'ok'" not in caught.value.message
    for session in ("new", "runs", "lost"):
        changed = yield Update(goal.id, update(session, "verified", "proof"))
        assert changed.all_verified is (session == "lost")
    goal = yield SetStatus(goal.id, DONE, "merged")
    assert (goal.status, goal.progress, goal.notes) == (DONE, 100, ("merged",))
    # It is done, so saying so again is nothing, and a word more is a note.
    assert (yield SetStatus(goal.id, DONE)) == goal
    goal = yield SetStatus(goal.id, DONE, "and released")
    assert goal.notes == ("merged", "and released")


def gate_counts_evidence() -> Script:
    proofs = [*BLANKS, None]
    sessions = [link_wire(f"s-{n}", "verified", proof) for n, proof in enumerate(proofs)]
    yield Bring(goals(wire(sessions=[*sessions, link_wire("ok", "verified", "proof")])))
    with pytest.raises(VerificationGateError) as caught:
        yield SetStatus("g-1", DONE)
    assert (caught.value.verified, caught.value.total) == (1, len(sessions) + 1)
    assert [held.session_id for held in caught.value.holding] == [made["session_id"] for made in sessions]


def gate_holds_for_abandoned_and_imported_goals() -> Script:
    yield Bring(goals(wire("a-1", status="abandoned", sessions=[link_wire("s-1")]), wire("d-1", status="done")))
    yield Bring(goals(wire("o-1", sessions=[link_wire("s-1")])))
    with refused(VerificationGateError, goal_id="a-1", verified=0, total=1):
        yield SetStatus("a-1", DONE)
    # It says done and is not: kept, and not said again.
    assert (yield SetStatus("d-1", DONE)).status is DONE
    with refused(VerificationGateError, goal_id="d-1", verified=0, total=0):
        yield SetStatus("d-1", DONE, "really")


def reopening() -> Script:
    goal = yield Create("d")
    yield Link(goal.id, link("s-1", "verified", "proof"))
    yield Link(goal.id, link("s-2", "verified", "proof"))
    yield SetStatus(goal.id, DONE)
    other = yield Create("other")
    yield Link(other.id, link("s-2"))
    for status in (PENDING, IN_PROGRESS, BLOCKED):
        with refused(SessionAlreadyLinked, session_id="s-2", goal_id=goal.id, holder=other.id):
            yield SetStatus(goal.id, status, "again")
    # From closed to closed nothing is reopened.
    yield SetStatus(goal.id, ABANDONED)
    yield SetStatus(goal.id, DONE)
    yield Unlink(other.id, "s-2", "wrong goal")
    goal = yield SetStatus(goal.id, PENDING)
    assert (goal.status, goal.progress) == (PENDING, 100)
    with refused(SessionAlreadyLinked, session_id="s-1", goal_id=other.id, holder=goal.id):
        yield Link(other.id, link("s-1"))


SCRIPTS = every(
    closes_through_the_gate,
    gate_counts_evidence,
    gate_holds_for_abandoned_and_imported_goals,
    reopening,
)


@SCRIPTS
def test_blocking(script, tmp_path: Path):
    run(script, tmp_path)


@SCRIPTS
async def test_on_an_event_loop(script, tmp_path: Path):
    await run_async(script, tmp_path)


STATES = ("launched", "running", "verified", "failed")
LINKS = [*product(STATES, (None, "", "proof"))]


@pytest.mark.parametrize("status", list(GoalStatus))
def test_verdict(status: GoalStatus):
    """Every pair of links: what the gate says depends on nothing else, and agrees with what the goal says."""
    for count in range(3):
        for chosen in product(LINKS, repeat=count):
            made = [link_wire(f"s-{n}", *one) for n, one in enumerate(chosen)]
            (goal,) = goals(wire(status=status, sessions=made))
            proven = [one == ("verified", "proof") for one in chosen]
            verdict = judge(goal)
            assert (verdict.verified, verdict.total) == (sum(proven), count)
            assert verdict.passes is goal.all_verified is (count > 0 and all(proven))
            assert goal.verified_count == sum(proven)
            assert [hold.link for hold in verdict.holding] == [
                one for one, good in zip(goal.sessions, proven, strict=True) if not good
            ]
            assert all(hold.why and hold.help for hold in verdict.holding)
            assert bool(verdict.lacks) is (count == 0)


def test_each_reason_is_told_apart():
    (goal,) = goals(wire(sessions=[link_wire(state, state) for state in STATES]))
    assert len({hold.why for hold in judge(goal).holding}) == 4
    error = VerificationGateError(goal.id, judge(goal))
    assert error.lacks == ()
    assert error.message.startswith("goal g-1 is not done: 0 of 4 sessions verified")


ERRORS = (
    (GoalNotFound, "not_found", 4),
    (SessionNotFound, "not_found", 4),
    (VerificationGateError, "verification_gate", 3),
    (EvidenceRequired, "evidence_required", 3),
    (GoalClosed, "goal_closed", 3),
    (SessionAlreadyLinked, "session_already_linked", 3),
    (GoalChanged, "goal_changed", 3),
    (InvalidInput, "invalid_input", 2),
    (PalaceUnavailable, "palace_unavailable", 5),
    (CacheError, "cache_error", 5),
)


@pytest.mark.parametrize("kind, code, status", ERRORS)
def test_errors_have_their_code(kind: type[GoalStoreError], code: str, status: int):
    assert issubclass(kind, GoalStoreError)
    assert (kind.code, kind.exit_code) == (code, status)


@pytest.mark.parametrize("text", BLANKS)
def test_blank(text: str):
    assert is_blank(text)


@pytest.mark.parametrize("text", NOT_BLANK)
def test_not_blank(text: str):
    assert not is_blank(text)
