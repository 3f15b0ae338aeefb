"""How much goes in: each limit is met, each is passed by one, and the refusal names both numbers (CONTRACT 8)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from store import (
    Create,
    Edit,
    Goal,
    GoalStatus,
    InvalidInput,
    Link,
    Note,
    Revert,
    SessionLink,
    SessionUpdate,
    SetStatus,
    SyncStore,
    Unlink,
    Update,
)
from store.text import check_text
from tests.store.helpers import cached, goals, link, link_wire, refused, update, wire, write_cache
from tests.store.scripts import Bring, Script, every, run, run_async

KIB = 1024


def text(length: int) -> str:
    """Characters that are longer in UTF-8 than they look."""
    return "\U0001faa2" * length


def size(length: int) -> str:
    """Text of exactly so many bytes in UTF-8, of fewer characters."""
    return "\u4e00" * (length // 3) + "." * (length % 3)


@contextmanager
def over(field: str, found: int, limit: int) -> Iterator[None]:
    """Expect a refusal that names the field and both numbers."""
    with pytest.raises(InvalidInput) as caught:
        yield
    assert caught.value.field == field
    assert str(found) in caught.value.problem
    assert str(limit) in caught.value.problem


def lines() -> Script:
    goal = yield Create(text(2000), (text(2000),) * 100)
    goal = yield Edit(goal.id, f" {text(999)} \n {text(1000)} ", (text(2000),) * 100)
    assert len(goal.description) == 2000
    goal = yield Link(goal.id, SessionLink.launched(text(200), text(2000)))
    for step, field in (
        (Create(text(2001)), "description"),
        (Edit(goal.id, text(2001)), "description"),
        (Create("d", ("a", text(2001))), "acceptance.1"),
        (Edit(goal.id, acceptance=(text(2001),)), "acceptance.0"),
        (Link(goal.id, SessionLink.launched("s-2", text(2001))), "task"),
    ):
        with over(field, 2001, 2000):
            yield step
    with over("session_id", 201, 200):
        yield Link(goal.id, SessionLink.launched(text(201), "t"))
    for step in (Create("d", ("c",) * 101), Edit(goal.id, acceptance=("c",) * 101)):
        with over("acceptance", 101, 100):
            yield step


def bytes_of_utf8() -> Script:
    step: Any
    goal = yield Create("d")
    yield Link(goal.id, link("s-1", "verified", size(256 * KIB)))
    yield Update(goal.id, update("s-1", evidence=size(256 * KIB), note=size(16 * KIB)))
    yield Note(goal.id, size(16 * KIB))
    yield SetStatus(goal.id, GoalStatus.BLOCKED, size(16 * KIB))
    for step in (
        Link(goal.id, link("s-2", "verified", size(256 * KIB + 1))),
        Update(goal.id, update("s-1", evidence=size(256 * KIB + 1))),
    ):
        with over("evidence", 256 * KIB + 1, 256 * KIB):
            yield step
    too_long = size(16 * KIB + 1)
    for step, field in (
        (Note(goal.id, too_long), "note"),
        (Update(goal.id, update("s-1", note=too_long)), "note"),
        (SetStatus(goal.id, GoalStatus.ABANDONED, too_long), "reason"),
        (SetStatus(goal.id, GoalStatus.DONE, too_long), "reason"),
        (Unlink(goal.id, "s-1", too_long), "reason"),
    ):
        with over(field, 16 * KIB + 1, 16 * KIB):
            yield step
    yield Unlink(goal.id, "s-1", size(16 * KIB))


def sessions() -> Script:
    yield Bring(goals(wire(sessions=[link_wire(f"s-{n}") for n in range(199)])))
    goal = yield Link("g-1", link("last"))
    assert len(goal.sessions) == 200
    with over("sessions", 201, 200):
        yield Link("g-1", link("one more"))


def notes() -> Script:
    yield Bring(goals(wire(notes=["n"] * 1999, sessions=[link_wire("s-1", "verified", "p"), link_wire("s-2")])))
    yield Note("g-1", "the last")
    for step in (Note("g-1", "one more"), Update("g-1", update("s-1", note="one more"))):
        with over("notes", 2001, 2000):
            yield step
    # Reasons and outcomes are not counted, so a full goal can still be put right and closed.
    yield Unlink("g-1", "s-2", "mistyped")
    yield SetStatus("g-1", GoalStatus.BLOCKED, "waits")
    yield Update("g-1", update("s-1", evidence="more"))
    goal = yield SetStatus("g-1", GoalStatus.DONE, "merged")
    assert goal.notes[-4:] == ("the last", "mistyped", "waits", "merged")


def a_whole_goal() -> Script:
    step: Any
    evidence = "e" * (256 * KIB)
    wide = [link_wire(f"s-{n}", "verified", evidence) for n in range(31)]
    (full,) = goals(wire(sessions=[*wide, link_wire("s-31", "verified", "p")], notes=["n" * 16 * KIB] * 15))
    room = 8 * KIB * KIB - len(full.to_text().encode())
    assert 0 < room < 16 * KIB
    yield Bring([full])
    big = 8 * KIB * KIB + 16 * KIB - room + len(',""')
    # A time that has a fraction takes seven characters more.
    fraction = len(".000001")
    with over("goal", big + fraction, 8 * KIB * KIB):
        yield Note("g-1", "n" * 16 * KIB)
    with pytest.raises(InvalidInput) as caught:
        yield Update("g-1", update("s-31", evidence=evidence))
    assert caught.value.field == "goal"
    for step in (
        Link("g-1", link("s-32", "verified", evidence)),
        Edit("g-1", acceptance=("c" * 2000,) * 100),
        Unlink("g-1", "s-31", "r" * 16 * KIB),
    ):
        with pytest.raises(InvalidInput) as caught:
            yield step
        assert caught.value.field == "goal"
    goal = yield SetStatus("g-1", GoalStatus.DONE, "o" * 16 * KIB)
    assert len(goal.to_text().encode()) > 8 * KIB * KIB
    # Less is always allowed.
    yield SetStatus("g-1", GoalStatus.BLOCKED)
    yield Update("g-1", update("s-0", evidence="short"))
    # And so is what it was before.
    assert len((yield Revert("g-1", 2, 4)).to_text()) > 8 * KIB * KIB


def controls_and_surrogates() -> Script:
    step: Any
    goal = yield Create("d")
    yield Link(goal.id, link("s-1"))
    controls = [chr(code) for code in (*range(9), *range(0xE, 0x20), *range(0x7F, 0x85), *range(0x86, 0xA0))]
    for bad in (*controls, "\ud800", "\udfff"):
        broken = f"a{bad}b"
        for step, field in (
            (Create(broken), "description"),
            (Edit(goal.id, acceptance=(broken,)), "acceptance.0"),
            (Link(goal.id, SessionLink.launched(broken, "t")), "session_id"),
            (Link(goal.id, SessionLink.launched("s-2", broken)), "task"),
        ):
            with refused(InvalidInput, field=field):
                yield step
    for bad in ("\ud800", "a\udfffb"):
        for step, field in (
            (Note(goal.id, bad + "."), "note"),
            (Unlink(goal.id, "s-1", bad + "."), "reason"),
            (SetStatus(goal.id, GoalStatus.ABANDONED, bad + "."), "reason"),
            (Update(goal.id, update("s-1", evidence=bad)), "evidence"),
            (Update(goal.id, update("s-1", note=bad + ".")), "note"),
            (Link(goal.id, link("s-2", evidence=bad)), "evidence"),
        ):
            with refused(InvalidInput, field=field):
                yield step
    # Captured output keeps the rest, white space in ids and all.
    raw = "".join(controls) + "\u202e\ufeff\U000e0001"
    goal = yield Update(goal.id, update("s-1", evidence=raw, note=raw + "."))
    assert (goal.sessions[0].evidence, goal.notes) == (raw, (raw + ".",))
    goal = yield Link(goal.id, link("a\tb", "failed", raw))
    assert (goal.sessions[1].session_id, goal.sessions[1].evidence) == ("a\tb", raw)


@every(lines, bytes_of_utf8, sessions, notes, a_whole_goal, controls_and_surrogates)
def test_blocking(script, tmp_path: Path):
    run(script, tmp_path)


@every(lines, bytes_of_utf8, sessions, notes)
async def test_on_an_event_loop(script, tmp_path: Path):
    await run_async(script, tmp_path)


def with_link(**fields: Any) -> dict[str, Any]:
    return wire(sessions=[link_wire("s-0"), link_wire("s-1") | fields])


LIMITED: tuple[tuple[str, Callable[[str], dict[str, Any]], int], ...] = (
    ("description", lambda long: wire(description=long), 2000),
    ("acceptance.1", lambda long: wire(acceptance=["a", long]), 2000),
    ("sessions.1.session_id", lambda long: with_link(session_id=long), 200),
    ("sessions.1.task", lambda long: with_link(task=long), 2000),
    ("sessions.1.evidence", lambda long: with_link(evidence=long), 256 * KIB),
    ("notes.2", lambda long: wire(notes=["a", "b", long]), 16 * KIB),
)
COUNTED = (
    ("acceptance", lambda count: wire(acceptance=["c"] * count), 100),
    ("sessions", lambda count: wire(sessions=[link_wire(f"s-{n}") for n in range(count)]), 200),
    ("notes", lambda count: wire(notes=["n"] * count), 2000),
)


@pytest.mark.parametrize("field, make, limit", [*LIMITED, *COUNTED])
def test_import_has_the_same_limits(field: str, make: Callable[[Any], dict[str, Any]], limit: int, tmp_path: Path):
    counted = any(field == name for name, *_ in COUNTED)
    at_limit, above = (limit, limit + 1) if counted else ("." * limit, "." * (limit + 1))
    with SyncStore.open(tmp_path) as store:
        with over(f"entry 2 (g-1): {field}", limit + 1, limit):
            store.import_goals(goals(wire("g-0"), make(above)))
        assert list(store.all()) == []
        store.import_goals(goals(make(at_limit)))


@pytest.mark.parametrize("field, make, limit", LIMITED)
def test_import_refuses_what_is_no_text(field: str, make: Callable[[str], dict[str, Any]], limit: int, tmp_path: Path):
    lenient = field.startswith("notes") or field.endswith("evidence")
    with SyncStore.open(tmp_path) as store:
        for bad in ("\ud800.", *(() if lenient else ("\x1b.", "\x9b."))):
            with refused(InvalidInput, field=f"entry 1 (g-1): {field}"):
                store.import_goals(goals(make(bad)))
        store.import_goals(goals(make("\t\r\n.") if not lenient else make("\x1b\x00\x9b")))


@pytest.mark.parametrize("bad", [5, b"bytes", ["list"], ["."], {"t": "e"}])
def test_only_text_is_text(bad: Any):
    with refused(InvalidInput, field="anything"):
        check_text("anything", bad)
    for make, field in (
        (lambda: SessionLink.launched(bad, "t"), "session_id"),
        (lambda: SessionLink.launched("s-1", bad), "task"),
        (lambda: link(evidence=bad), "evidence"),
        (lambda: update(bad), "session_id"),
        (lambda: update("s-1", evidence=bad), "evidence"),
        (lambda: update("s-1", note=bad), "note"),
    ):
        with refused(InvalidInput, field=field):
            make()


def test_an_argument_that_is_none_is_refused():
    """Misspelt, it would change nothing and say nothing."""
    fields: dict[str, Any] = {"session_id": "s-1", "stat": "verified"}
    with refused(InvalidInput, field="stat"):
        SessionUpdate(**fields)


def test_import_has_the_limit_of_a_whole_goal(tmp_path: Path):
    wide = [link_wire(f"s-{n}", "verified", "e" * 256 * KIB) for n in range(31)]

    def whole(length: int) -> list[Goal]:
        return goals(wire(sessions=[*wide, link_wire("s-31", "verified", "e" * length)]))

    limit = 8 * KIB * KIB
    room = limit - len(whole(0)[0].to_text().encode())
    with SyncStore.open(tmp_path) as store:
        with over("entry 1 (g-1): goal", limit + 1, limit):
            store.import_goals(whole(room + 1))
        store.import_goals(whole(room))


def test_adopting_checks_the_shape_alone(tmp_path: Path):
    """What is over a limit is kept; the goal is not stuck, it only can't grow."""
    write_cache(
        tmp_path,
        wire(
            "g-1",
            description="\x1b[31m" + "d" * 3000,
            sessions=[link_wire(f"s-{n}") for n in range(200)] + [link_wire("\ud800")],
        ),
        wire("g-2", description=" ", notes=["\ud800" + "n" * 17 * KIB] + ["n"] * 2000, acceptance=["c"] * 101),
    )
    kept = cached(tmp_path)
    with SyncStore.open(tmp_path) as store:
        assert list(store.all()) == kept
        with over("sessions", 202, 200):
            store.apply(Link("g-1", link("one more")))
        goal = store.apply(Unlink("g-1", "s-0", "too many"))
        assert len(goal.sessions) == 200
        store.apply(Edit("g-1", "short"))
        with pytest.raises(InvalidInput):
            store.apply(Note("g-2", "n"))
        assert store.apply(SetStatus("g-2", GoalStatus.ABANDONED, "too much")).notes[-1] == "too much"
