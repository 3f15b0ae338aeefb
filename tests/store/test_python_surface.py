"""No argument from Python overrides a rule, and what is of the wrong type is `InvalidInput` (CONTRACT 6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from store import (
    Create,
    Edit,
    EvidenceRequired,
    Goal,
    GoalCache,
    GoalStatus,
    GoalStore,
    InvalidInput,
    Link,
    Note,
    Revert,
    SessionLink,
    SessionUpdate,
    SetStatus,
    SqlitePalace,
    Supersede,
    SyncStore,
    Unlink,
    Update,
    VerificationGateError,
    parse_goals,
)
from store.transitions import OPERATIONS
from tests.store.helpers import goals, link, link_wire, refused, update, wire


@pytest.mark.parametrize(
    "unknown",
    [
        '"session_id":"busy","state":"verified","evidence":""',
        '"state":"verified"',
        '"a":1,"state":"verified"',
        '"evidence_by":"boss"',
        '"b":1,"a":2',
        '"a":1,"a":2',
        '"a": 1',
        "x",
        '"a":1},"b":{',
        "}",
        5,
        None,
    ],
)
def test_unknown_keys_overrule_no_known_one(unknown: Any):
    with pytest.raises(InvalidInput):
        SessionLink(session_id="free", task="t", unknown=unknown)
    with pytest.raises(InvalidInput):
        replace(link("free"), unknown=unknown)


def test_a_goals_unknown_keys_overrule_no_known_one():
    (goal,) = goals(wire("g-a"))
    with pytest.raises(InvalidInput):
        replace(goal, unknown='"id":"g-b","status":"done"')
    assert replace(goal, unknown='"owner":"ann"').wire()["owner"] == "ann"


def test_a_link_brings_no_observation_of_its_own(tmp_path: Path):
    """A file keeps what it says; a link that a caller hands in is taken for nothing but a link."""
    forged = replace(link("s-1"), unknown='"cwd":"/x","observed":{"outcome":"passed"},"owner":"ann"')
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"))
        assert store.apply(Link(goal.id, forged)).sessions[0].unknown == '"owner":"ann"'
        brought = wire("i-1", sessions=[link_wire("s-2") | {"observed": {"outcome": "passed"}}])
        store.import_goals(goals(brought))
        assert store.all()[-1].sessions[0].unknown == '"observed":{"outcome":"passed"}'


class Liar(str):
    """Says otherwise than it holds."""

    __slots__ = ()

    def __iter__(self) -> Any:
        return iter("12 passed")

    def encode(self, *_: Any) -> bytes:
        return b"12 passed"

    def __len__(self) -> int:
        return 9


def test_a_text_is_what_it_holds(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"))
        store.apply(Link(goal.id, link("s-1")))
        with pytest.raises(EvidenceRequired):
            store.apply(Update(goal.id, update("s-1", "verified", Liar(""))))
        with refused(InvalidInput, field="note"):
            store.apply(Note(goal.id, Liar("")))
        assert type(store.apply(Note(goal.id, Liar("said"))).notes[0]) is str


@dataclass(frozen=True)
class Forged:
    """Looks like an intent."""

    goal: Goal
    may_outgrow: bool = True

    def apply(self, facts: Any, now: datetime) -> Goal:
        return replace(facts.goal(self.goal.id), status=GoalStatus.DONE, updated=now)


class ForgedNote(Note):
    """Is one, and does something else."""

    def apply(self, facts: Any, now: datetime) -> Goal:
        return Forged(facts.goal(self.goal_id)).apply(facts, now)


def test_only_the_stores_own_intents(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"))
        for forged in (Forged(goal), ForgedNote(goal.id, "n"), None, "note"):
            with refused(InvalidInput, field="intent"):
                store.apply(forged)  # type: ignore[arg-type]
        assert store.all() == [goal]


def test_the_commit_asks_the_gate_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Also where an operation has forgotten to."""
    monkeypatch.setattr("store.commit.OPERATIONS", (*OPERATIONS, ForgedNote))
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"))
        with pytest.raises(VerificationGateError):
            store.apply(ForgedNote(goal.id, "n"))
        # What came as done against the gate stays what it is, and takes notes.
        store.import_goals(goals(wire("i-1", status="done", sessions=[link_wire("s-1")])))
        assert store.apply(Note("i-1", "n")).status is GoalStatus.DONE


BAD: tuple[Callable[[str], object], ...] = (
    lambda g: Note(g, None),  # type: ignore[arg-type]
    lambda g: Note(g, b"x"),  # type: ignore[arg-type]
    lambda g: Note(5, "n"),  # type: ignore[arg-type]
    lambda g: Revert(g, "1"),  # type: ignore[arg-type]
    lambda g: Revert(g, 1.0),  # type: ignore[arg-type]
    lambda g: Revert(g, True),
    lambda g: Revert(g, 1, "2"),  # type: ignore[arg-type]
    lambda g: Edit(g, acceptance="one"),  # type: ignore[arg-type]
    lambda g: Edit(g, acceptance=5),  # type: ignore[arg-type]
    lambda g: Create("d", None),  # type: ignore[arg-type]
    lambda g: Create(None),  # type: ignore[arg-type]
    lambda g: Link(g, {"session_id": "s"}),  # type: ignore[arg-type]
    lambda g: Link(g, None),  # type: ignore[arg-type]
    lambda g: Update(g, link("s")),  # type: ignore[arg-type]
    lambda g: Unlink(g, "s", None),  # type: ignore[arg-type]
    lambda g: Supersede(g, "s", 5),  # type: ignore[arg-type]
    lambda g: SetStatus(g, "finished"),  # type: ignore[arg-type]
    lambda g: SetStatus(g, None),  # type: ignore[arg-type]
    lambda g: SessionUpdate(session_id="s", state="done"),  # type: ignore[arg-type]
    lambda g: SessionLink(session_id=5, task="t"),  # type: ignore[arg-type]
    lambda g: SessionLink(session_id="s", task="t", evidence_at="yesterday"),  # type: ignore[arg-type]
)


@pytest.mark.parametrize("make", BAD, ids=range(len(BAD)))
def test_wrong_types(make: Callable[[str], object]):
    with pytest.raises(InvalidInput) as caught:
        make("g-1")
    assert caught.value.next


@pytest.mark.parametrize("page", [{"limit": "x"}, {"limit": 1.5}, {"limit": True}, {"before": "x"}, {"limit": -1}])
def test_wrong_pages(page: dict[str, Any], tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"))
        with refused(InvalidInput, field=next(iter(page))):
            store.history(goal.id, **page)
        if "limit" in page:
            with refused(InvalidInput, field="limit"):
                store.activity(**page)


@pytest.mark.parametrize(
    "clock",
    [
        lambda: None,
        lambda: "now",
        lambda: datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
        lambda: datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=14))),
    ],
)
def test_a_clock_that_tells_no_time(clock: Callable[[], Any], tmp_path: Path):
    with SyncStore.open(tmp_path, clock=clock) as store:
        with refused(InvalidInput, field="clock"):
            store.apply(Create("d"))
        assert store.all() == []


async def test_wrong_types_on_an_event_loop(tmp_path: Path):
    async with GoalStore.open(tmp_path) as store:
        for wrong in (None, 5, b"x", "one text"):
            with pytest.raises(InvalidInput):
                await store.create("d", wrong)  # type: ignore[arg-type]
        goal = await store.create("d", (text for text in ("a", "b")))  # type: ignore[arg-type]
        assert goal.acceptance == ("a", "b")
        with pytest.raises(InvalidInput):
            await store.history(goal.id, 1.5)  # type: ignore[arg-type]
        with pytest.raises(InvalidInput):
            await store.supersede(goal.id, "s-1", 5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "field, call",
    [
        ("goal_id", lambda store: store.history(None)),
        ("goal_id", lambda store: store.history([])),
        ("goal_id", lambda store: store.get([])),
        ("goal_id", lambda store: store.get(None)),
        ("goal_id", lambda store: store.asked_at({})),
        ("goal_id", lambda store: store.resolve(5)),
        ("text", lambda store: store.search(5, ["g-1"])),
        ("text", lambda store: store.holds("g-1", None)),
        ("goals", lambda store: store.import_goals(None)),
        ("goals, entry 1", lambda store: store.import_goals([None])),
        ("goals, entry 2", lambda store: store.import_goals([*goals(wire("g-1")), {}])),
        ("goals, entry 1", lambda store: store.import_goals("g-1")),
        ("goals", lambda store: store.cache.save(None)),
        ("goals, entry 1", lambda store: store.cache.save([5])),
        ("document", lambda _: parse_goals(5)),  # type: ignore[arg-type]
        ("document", lambda _: parse_goals(None)),  # type: ignore[arg-type]
        ("document", lambda _: parse_goals(bytearray(b"[]"))),  # type: ignore[arg-type]
        ("root", lambda _: GoalCache("text")),  # type: ignore[arg-type]
        ("root", lambda _: SqlitePalace("text")),  # type: ignore[arg-type]
        ("palace", lambda _: SqlitePalace(Path("text"), None)),  # type: ignore[arg-type]
        ("root", lambda _: SyncStore("text")),  # type: ignore[arg-type]
        ("palace", lambda store: SyncStore(store.root, palace=3)),  # type: ignore[arg-type]
        ("palace", lambda store: SyncStore(store.root, palace=None)),  # type: ignore[arg-type]
        ("clock", lambda store: SyncStore(store.root, clock=5)),  # type: ignore[arg-type]
    ],
)
def test_arguments_of_the_wrong_type(field: str, call: Callable[[Any], object], tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        with refused(InvalidInput, field=field):
            call(store)
        assert store.all() == []


@pytest.mark.parametrize("wrong", [{"root": "text"}, {"palace": 3}, {"clock": 5}, {"actor": None}])
async def test_a_store_is_not_opened_with_them(wrong: dict[str, Any], tmp_path: Path):
    with refused(InvalidInput, field=next(iter(wrong))):
        async with GoalStore.open(**({"root": tmp_path} | wrong)):
            pass


@pytest.mark.parametrize("make", [iter, set, lambda some: (one for one in some), dict.fromkeys])
async def test_any_iterable_of_goals_is_taken_in(make: Callable[[Any], Any], tmp_path: Path):
    """Also one that can be gone through but once."""
    some = goals(wire("i-1"), wire("i-2"))
    async with GoalStore.open(tmp_path) as store:
        assert sorted((await store.import_goals(make(some))).imported) == ["i-1", "i-2"]
        assert store.all() == some
        assert (await store.import_goals(make(some), request_id="r")).skipped
    GoalCache(tmp_path).save(make(some))
    assert sorted(GoalCache(tmp_path).load(), key=lambda goal: goal.id) == some


def test_every_operation_is_taken():
    assert {kind.__name__ for kind in OPERATIONS} == {
        *("Create", "Edit", "Link", "Unlink", "Update", "Supersede", "Note", "SetStatus", "Revert"),
    }
