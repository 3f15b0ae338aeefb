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
from store.gate import require_pass
from tests.store.helpers import BLANKS, NOT_BLANK, goals, link, link_wire, plain, refused, update, wire
from tests.store.scripts import Bring, Script, every, run, run_async

PENDING, IN_PROGRESS, BLOCKED, DONE, ABANDONED = GoalStatus


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
    assert (caught.value.verified, caught.value.total, plain(caught.value.holding)) == (1, 4, holding)
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


def imported_doubles_are_in_the_way_of_reopening_alone() -> Script:
    """A session that works on two goals since they came in."""
    yield Bring(goals(*(wire(key, sessions=[link_wire("s-1", "verified", "proof")]) for key in ("g-1", "g-2"))))
    for status in (IN_PROGRESS, BLOCKED, PENDING, ABANDONED, DONE):
        goal = yield SetStatus("g-1", status)
        assert goal.status is status
    with refused(SessionAlreadyLinked, session_id="s-1", goal_id="g-1", holder="g-2"):
        yield SetStatus("g-1", BLOCKED)


SCRIPTS = every(
    closes_through_the_gate,
    gate_counts_evidence,
    gate_holds_for_abandoned_and_imported_goals,
    reopening,
    imported_doubles_are_in_the_way_of_reopening_alone,
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
    for hold in judge(goal).holding:
        assert f"session {hold.link.session_id!r} {hold.why}" in error.message
        assert f"{hold.link.session_id!r}: {hold.help}" in error.next


def test_no_way_out_is_a_word():
    """Agents do what stands there: that some text is there proves nothing."""
    told = (
        ("new", "launched", "log"),
        ("runs", "running", "3 failed"),
        ("says", "verified", None),
        ("lost", "failed", "x"),
    )
    (goal,) = goals(wire(sessions=[link_wire(*one) for one in told]))
    error = VerificationGateError(goal.id, judge(goal))
    assert "verified" not in error.next
    assert [hold.help.count("give the") for hold in judge(goal).holding] == [1, 1, 1, 1]
    assert "supersede" in judge(goal).holding[3].help


def test_a_closed_goal_is_to_be_reopened_first():
    (goal,) = goals(wire(status="abandoned", sessions=[link_wire("s-1", "running")]))
    with pytest.raises(VerificationGateError) as caught:
        require_pass(goal)
    assert caught.value.next.startswith("reopen the goal first, it is abandoned")


def test_a_goal_without_sessions_lacks_one():
    (goal,) = goals(wire())
    verdict = judge(goal)
    error = VerificationGateError(goal.id, verdict)
    assert error.lacks == verdict.lacks
    assert (error.verified, error.total, error.holding) == (0, 0, ())
    assert error.message == "goal g-1 is not done: 0 of 0 sessions verified with evidence"
    assert error.next == "; ".join(verdict.lacks)


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


# Default_Ignorable_Code_Point, from Unicode's DerivedCoreProperties.
IGNORABLE = (
    *((0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F)),
    *((0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF)),
    *((0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)),
)


def test_all_that_is_ignored_is_blank():
    assert [code for first, last in IGNORABLE for code in range(first, last + 1) if not is_blank(chr(code))] == []


@pytest.mark.parametrize("text", NOT_BLANK)
def test_not_blank(text: str):
    assert not is_blank(text)
