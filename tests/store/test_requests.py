"""Request ids, and time that only goes forward."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from store import (
    Create,
    Edit,
    GoalClosed,
    GoalNotFound,
    GoalStatus,
    GoalStoreError,
    InvalidInput,
    Link,
    Note,
    PalaceUnavailable,
    Revert,
    SessionLink,
    SetStatus,
    SyncStore,
    Unlink,
    Update,
    VerificationGateError,
)
from tests.store.helpers import BLANKS, T0, goals, link, link_wire, refused, sql, update, wire, written
from tests.store.scripts import Asked, At, Bring, History, Script, every, run, run_async

PENDING, _, BLOCKED, DONE, ABANDONED = GoalStatus


def a_repeat_returns_the_first_result() -> Script:
    goal = yield Asked(Create("d"), "r-0")
    steps = (
        Edit(goal.id, "e"),
        Link(goal.id, link("s-1")),
        Link(goal.id, link("s-2")),
        Unlink(goal.id, "s-2", "mistyped"),
        Update(goal.id, update("s-1", "verified", "proof")),
        Note(goal.id, "n"),
        SetStatus(goal.id, DONE, "merged"),
        Revert(goal.id, 7, 8),
        SetStatus(goal.id, ABANDONED),
    )
    first = [goal]
    for number, step in enumerate(steps, 1):
        first.append((yield Asked(step, f"r-{number}")))
    # Every rule would refuse most of them by now; they are answered all the same, and nothing is done again.
    yield At(T0 + timedelta(days=1))
    for number, step in enumerate((Create("d"), *steps)):
        assert (yield Asked(step, f"r-{number}")) == first[number]
    assert len((yield History(goal.id))) == 10


def other_arguments_are_refused() -> Script:
    goal = yield Asked(Create("d", ("a",)), "r-1")
    other = yield Create("other")
    step: Any
    for step in (Create("d"), Create("d", ("b",)), Create("e", ("a",)), Note(goal.id, "d"), Note("nobody", "n")):
        with refused(InvalidInput, field="request_id"):
            yield Asked(step, "r-1")
    yield Asked(Note(goal.id, "n"), "r-2")
    for step in (Note(goal.id, "m"), Note(other.id, "n"), SetStatus(goal.id, DONE, "n"), Bring([])):
        with refused(InvalidInput, field="request_id"):
            yield Asked(step, "r-2")
    yield Asked(Link(goal.id, link("s-1")), "r-3")
    for made in (link("s-1", "running"), link("s-1", evidence=""), SessionLink(session_id="s-1", task="other")):
        with refused(InvalidInput, field="request_id"):
            yield Asked(Link(goal.id, made), "r-3")
    # Normalising is no change of arguments, so this is another request, and says so.
    with refused(InvalidInput, field="request_id"):
        yield Asked(Create(" d ", ("a",)), "r-1")


def a_refused_request_is_not_remembered() -> Script:
    goal = yield Create("d")
    with refused(VerificationGateError, goal_id=goal.id):
        yield Asked(SetStatus(goal.id, DONE), "r-1")
    yield Link(goal.id, link("s-1", "verified", "proof"))
    done = yield Asked(SetStatus(goal.id, DONE), "r-1")
    assert done.status is DONE
    with refused(GoalNotFound, goal_id="nobody"):
        yield Asked(Note("nobody", "n"), "r-2")
    # Nothing came of it, so it may stand for something else.
    yield Asked(Note(goal.id, "n"), "r-2")
    with refused(GoalClosed, goal_id=goal.id):
        yield Asked(Edit(goal.id, "e"), "r-3")


def nothing_written_is_a_result_too() -> Script:
    goal = yield Create("d")
    assert (yield Asked(SetStatus(goal.id, PENDING), "r-1")) == goal
    yield SetStatus(goal.id, BLOCKED)
    assert (yield Asked(SetStatus(goal.id, PENDING), "r-1")) == goal
    with refused(InvalidInput, field="request_id"):
        yield Asked(SetStatus(goal.id, BLOCKED), "r-1")


def imports_have_them_too() -> Script:
    bring = Bring(goals(wire("b-1"), wire("a-1")))
    first = yield Asked(bring, "r-1")
    assert first == (("b-1", "a-1"), ())
    yield Note("a-1", "n")
    assert (yield Asked(bring, "r-1")) == first
    with refused(InvalidInput, field="request_id"):
        yield Asked(Bring(goals(wire("b-1"))), "r-1")
    with refused(InvalidInput, field="request_id"):
        yield Asked(Note("a-1", "m"), "r-1")


def malformed_ids() -> Script:
    for bad in (*BLANKS, "x" * 201, "a\x00b", "\ud800"):
        with refused(InvalidInput, field="request_id"):
            yield Asked(Create("d"), bad)
    yield Asked(Create("d"), "\U0001faa2" * 200)


def time_only_goes_forward() -> Script:
    goal = yield Create("d")
    yield Link(goal.id, link("s-1"))
    steps = (
        Edit(goal.id, "e"),
        Link(goal.id, link("s-2")),
        Unlink(goal.id, "s-2", "mistyped"),
        Update(goal.id, update("s-1", note="n")),
        Note(goal.id, "n"),
        SetStatus(goal.id, BLOCKED),
        SetStatus(goal.id, BLOCKED, "why"),
        Revert(goal.id, 1, 9),
    )
    for step, now in zip(steps, (0, -1, 0, -999_999_999, 5, 5, 4, 6), strict=True):
        before = (yield History(goal.id))[-1].at
        yield At(T0 + timedelta(microseconds=now))
        goal = yield step
        assert goal.updated == max(T0 + timedelta(microseconds=now), before + timedelta(microseconds=1))
        assert goal.created == T0


def a_clock_of_any_zone() -> Script:
    yield At(T0.astimezone(timezone(timedelta(hours=-11, minutes=-30))))
    goal = yield Create("d")
    assert goal.created == goal.updated == T0
    assert goal.to_text().count('"2026-06-16T12:00:00Z"') == 2


def the_last_moment_there_is() -> Script:
    yield Bring(goals(wire(updated="9999-12-31T23:59:59.999999Z", sessions=[link_wire()])))
    for step in (Note("g-1", "n"), SetStatus("g-1", ABANDONED), Edit("g-1", "e"), Unlink("g-1", "s-1", "r")):
        with refused(InvalidInput, field="updated"):
            yield step


SCRIPTS = every(
    a_repeat_returns_the_first_result,
    other_arguments_are_refused,
    a_refused_request_is_not_remembered,
    nothing_written_is_a_result_too,
    imports_have_them_too,
    malformed_ids,
    time_only_goes_forward,
    a_clock_of_any_zone,
    the_last_moment_there_is,
)


@SCRIPTS
def test_blocking(script, tmp_path: Path):
    run(script, tmp_path)


@SCRIPTS
async def test_on_an_event_loop(script, tmp_path: Path):
    await run_async(script, tmp_path)


def test_a_repeat_writes_nothing_and_is_answered_by_another_store_too(tmp_path: Path):
    with SyncStore.open(tmp_path) as one:
        goal = one.apply(Create("d"), "r-1")
        before = written(tmp_path)
        with SyncStore.open(tmp_path, actor="somebody else") as two:
            assert two.apply(Create("d"), "r-1") == goal
        assert one.apply(Create("d"), "r-1") == goal
        assert written(tmp_path) == before


@pytest.mark.parametrize("answer", ["", "null", "5", '["g-1"]', '[["g-1"],"g-2"]', "[1,2]", b"\xff", 5])
def test_an_answer_that_is_damaged(answer: object, tmp_path: Path):
    """The change is not made again, and other requests are answered."""
    imported = goals(wire("i-1"))
    with SyncStore.open(tmp_path) as store:
        store.apply(Create("d"), "r-1")
        store.import_goals(imported, "r-2")
        before = written(tmp_path)
        sql(tmp_path, "UPDATE requests SET result = ?", answer)
        with refused(PalaceUnavailable, reason="the answer to request 'r-1' is damaged"):
            store.apply(Create("d"), "r-1")
        with refused(PalaceUnavailable, reason="the answer to request 'r-2' is damaged"):
            store.import_goals(imported, "r-2")
        assert written(tmp_path) == before
        assert store.degraded is None
        store.apply(Create("d"), "r-3")


def test_a_palace_knows_its_old_requests_again(tmp_path: Path):
    """A palace on the disk remembers requests by these: made in any other way, a repeat would be refused."""
    came = goals(
        wire(
            sessions=[link_wire("s-0", "verified", "Größe") | {"x": [1.5, None]}],
            y={"b": 1, "a": "\u202e"},
            notes=["n"],
        )
    )
    with SyncStore.open(tmp_path) as store:
        store.import_goals(came, "r-1")
        store.apply(Link("g-1", link("s-1", "verified", 'proof \x1b[31m "of" it')), "r-2")
        store.apply(Update("g-1", update("s-1", "running", note="again")), "r-3")
        store.apply(SetStatus("g-1", BLOCKED), "r-4")
    assert dict(sql(tmp_path, "SELECT request_id, fingerprint FROM requests")) == {
        "r-1": "c0ac0a4eac1a63bb6efc2ec14f7b4dcc3631238f7207ff7e7d5d98c79c1b25cb",
        "r-2": "a3e923b74aa492ab50d7f87f1e1c3b6b9a81763d38153e0c07d5e261b2bdf3b9",
        "r-3": "58c738d3f78f6b705c49e31dff3d5036873b23b9935c7f519a5a667103560526",
        "r-4": "fae71997df68a0efd876c7acd43d1b2877ff411badea5a9d7772571addb4f9e5",
    }


def test_the_clock_is_the_systems_unless_another_is_given(tmp_path: Path):
    before = datetime.now(UTC)
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"))
    assert before <= goal.created <= datetime.now(UTC)


@pytest.mark.parametrize("actor", [*BLANKS, "x" * 201, "a\x07b", "\ud800"])
def test_an_actor_has_a_name(actor: str, tmp_path: Path):
    with refused(InvalidInput, field="actor"):
        SyncStore(tmp_path, actor=actor)


NO_ARGUMENTS: tuple[tuple[Any, ...], ...] = (
    (Create, "d", (b"bytes",)),
    (Create, {b"key": 1}),
    (Edit, "g-1", b"bytes"),
    (Note, "g-1", ("a", b"bytes")),
    (Unlink, "g-1", object(), "r"),
    (SetStatus, "g-1", BLOCKED, b"bytes"),
    (Revert, "g-1", 1, b"bytes"),
)


@pytest.mark.parametrize("step", NO_ARGUMENTS, ids=range(len(NO_ARGUMENTS)))
def test_a_request_id_changes_no_refusal(step: tuple[Any, ...], tmp_path: Path):
    """Not of what is no argument at all."""
    kind, *arguments = step
    with SyncStore.open(tmp_path) as store:
        store.import_goals(goals(wire()))
        said = []
        for request_id in (None, "r-1"):
            with pytest.raises(GoalStoreError) as caught:
                store.apply(kind(*arguments), request_id)
            said.append((type(caught.value), str(caught.value)))
        assert said[0] == said[1]
    assert written(tmp_path)[:2] == (1, 0)
