"""Who gave evidence, whether it is older than what the goal asks for, and that going back brings none back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from store import (
    Create,
    Edit,
    EvidenceRequired,
    Goal,
    GoalStatus,
    Link,
    Revert,
    SetStatus,
    SyncStore,
    Unlink,
    Update,
    judge,
    what_changed,
)
from store.transitions import Intent
from tests.store.helpers import Clock, fresh, goals, link, link_wire, refused, update, wire

Act = Callable[..., Goal]


@pytest.fixture
def act(tmp_path: Path) -> Iterator[Act]:
    """Carries out an intent for somebody, each a minute after the one before."""
    clock, stores = Clock(), {}
    with ExitStack() as stack:

        def carry_out(actor: str, intent: Intent) -> Goal:
            if actor not in stores:
                stores[actor] = stack.enter_context(SyncStore.open(tmp_path, clock=clock, actor=actor))
            clock.now += timedelta(minutes=1)
            return stores[actor].apply(intent)

        yield carry_out


def shown(act: Act, evidence: str = "12 passed") -> Goal:
    """A goal whose only session was verified by an agent, at its revision 3."""
    goal = act("agent", Create("d", ("the tests pass",)))
    act("agent", Link(goal.id, link("s-1")))
    return act("agent", Update(goal.id, update("s-1", "verified", evidence)))


def test_evidence_says_who_gave_it_and_when(act: Act):
    goal = act("ann", Create("d"))
    claimed = replace(link("s-1", "running", "log"), evidence_by="boss", evidence_at=goal.created, superseded_by="s-9")
    goal = act("agent", Link(goal.id, claimed))
    # The store says it, whatever the link claims.
    (one,) = goal.sessions
    assert (one.evidence_by, one.evidence_at, one.superseded_by) == ("agent", goal.updated, None)
    assert list(one.wire())[4:] == ["evidence_by", "evidence_at"]
    given = goal.updated
    goal = act("ann", Update(goal.id, update("s-1", "verified", note="looks right")))
    assert (goal.sessions[0].evidence_by, goal.sessions[0].evidence_at) == ("agent", given)
    goal = act("ann", Update(goal.id, update("s-1", evidence="log")))
    assert (goal.sessions[0].evidence_by, goal.sessions[0].evidence_at) == ("ann", goal.updated)
    goal = act("ann", Update(goal.id, update("s-1", "running")))
    assert goal.sessions[0] == link("s-1", "running")
    assert Goal.from_wire(goal.wire()) == goal


def test_a_file_keeps_what_it_says_and_is_given_nothing(tmp_path: Path):
    brought = link_wire("s-2", "verified", "proof") | {"evidence_by": "bob", "evidence_at": "2026-01-02T03:04:05Z"}
    sessions = [link_wire("s-1", "verified", "proof"), brought]
    with SyncStore.open(tmp_path, actor="ann") as store:
        store.import_goals(goals(wire("i-1", sessions=sessions)))
        assert [one.wire() for one in store.all()[0].sessions] == sessions
    assert [one.wire() for one in fresh(tmp_path)[0].sessions] == sessions


@pytest.mark.parametrize(
    "withdraw",
    [
        lambda goal_id: Update(goal_id, update("s-1", "failed", note="bogus")),
        lambda goal_id: Update(goal_id, update("s-1", "failed", "it was never run")),
        lambda goal_id: Unlink(goal_id, "s-1", "it never did this"),
    ],
)
def test_nobody_brings_back_evidence_that_another_withdrew(withdraw: Callable[[str], Intent], act: Act):
    goal = shown(act)
    act("reviewer", withdraw(goal.id))
    with refused(EvidenceRequired, goal_id=goal.id, session_id="s-1", withdrawn_by="reviewer"):
        act("agent", Revert(goal.id, 3))
    # Not by way of another revision either.
    act("agent", SetStatus(goal.id, GoalStatus.BLOCKED, "waiting"))
    with refused(EvidenceRequired, goal_id=goal.id, withdrawn_by="reviewer"):
        act("agent", Revert(goal.id, 3))
    # Who withdrew it may change their mind.
    back = act("reviewer", Revert(goal.id, 3))
    assert (back.sessions[0].evidence, back.sessions[0].evidence_by) == ("12 passed", "agent")


def test_what_one_withdrew_oneself_comes_back(act: Act):
    goal = shown(act)
    act("agent", Update(goal.id, update("s-1", "failed")))
    back = act("agent", Revert(goal.id, 3))
    assert back.sessions == goal.sessions
    # And what stands there still is not brought back at all.
    act("reviewer", SetStatus(goal.id, GoalStatus.BLOCKED, "a word"))
    assert act("agent", Revert(goal.id, 4 + 1)).sessions == goal.sessions


def test_newer_evidence_only_takes_its_place(act: Act):
    goal = shown(act)
    act("other", Update(goal.id, update("s-1", evidence="13 passed")))
    assert act("agent", Revert(goal.id, 3)).sessions[0].evidence == "12 passed"


def test_given_anew_it_is_there(act: Act):
    goal = shown(act)
    act("reviewer", Update(goal.id, update("s-1", "failed")))
    act("agent", Update(goal.id, update("s-1", "verified", "12 passed, again")))
    assert act("agent", SetStatus(goal.id, GoalStatus.DONE)).status is GoalStatus.DONE


def test_evidence_older_than_what_is_asked_is_said(act: Act, tmp_path: Path):
    goal = shown(act)

    def outdated() -> list[str]:
        with SyncStore.open(tmp_path, create=False) as store:
            said = judge(store.all()[0], store.asked_at(goal.id))
            assert said.passes
            return [one.session_id for one in said.outdated]

    again = Update(goal.id, update("s-1", evidence="12 passed"))
    assert outdated() == []
    # The same by the same actor is nothing, until the goal asks for something else.
    assert act("agent", again).updated == goal.updated
    act("ann", Edit(goal.id, acceptance=("the tests pass", "an audit passes")))
    assert outdated() == ["s-1"]
    before = fresh(tmp_path)[0]
    after = act("agent", again)
    assert what_changed(before, after) == ["s-1 evidence given again"]
    assert outdated() == []
    act("ann", Edit(goal.id, description="Rewrite the payment system"))
    assert outdated() == ["s-1"]
    act("agent", again)
    act("ann", SetStatus(goal.id, GoalStatus.DONE))
    assert outdated() == []
    act("ann", SetStatus(goal.id, GoalStatus.IN_PROGRESS))
    assert outdated() == ["s-1"]
    act("ann", SetStatus(goal.id, GoalStatus.BLOCKED, "a note changes nothing"))
    assert outdated() == ["s-1"]
    act("agent", again)
    assert outdated() == []


def test_imported_evidence_is_older_than_any_edit(act: Act, tmp_path: Path):
    with SyncStore.open(tmp_path, actor="ann") as store:
        store.import_goals(goals(wire("i-1", sessions=[link_wire("s-1", "verified", "proof")])))
        assert judge(store.all()[0], store.asked_at("i-1")).outdated == ()
    act("ann", Edit("i-1", "other words"))
    with SyncStore.open(tmp_path) as store:
        assert [one.session_id for one in judge(store.all()[0], store.asked_at("i-1")).outdated] == ["s-1"]
