"""Files of goals from elsewhere: what is read, refused whole, skipped, and kept as it is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from store import (
    Create,
    GoalStatus,
    InvalidInput,
    Link,
    Note,
    PalaceUnavailable,
    SessionAlreadyLinked,
    SetStatus,
    SyncStore,
    parse_goals,
    to_document,
)
from tests.store.helpers import SAMPLES, damage, fresh, goals, link, link_wire, refused, wire, written

PUBLIC = SAMPLES.read_bytes()


def document(*wires: dict[str, Any]) -> bytes:
    return json.dumps(wires).encode()


def test_import_export_import(tmp_path: Path):
    read = list(parse_goals(PUBLIC))
    with SyncStore.open(tmp_path, actor="ann") as store:
        assert store.import_goals(read) == (tuple(goal.id for goal in read), ())
        assert list(store.all()) == read
        exported = to_document(store.all())
        assert {store.history(goal.id)[0].actor for goal in read} == {"ann"}
    with SyncStore.open(tmp_path / "other") as other:
        other.import_goals(parse_goals(exported))
        assert to_document(other.all()) == exported


def test_again_is_skipped_and_writes_nothing(tmp_path: Path):
    read = list(parse_goals(PUBLIC))
    with SyncStore.open(tmp_path) as store:
        store.import_goals(read[:10])
        before = written(tmp_path)
        assert store.import_goals(read[:10]) == ((), tuple(goal.id for goal in read[:10]))
        assert written(tmp_path) == before
        done = store.import_goals([*read[5:12], *read[:2]])
        assert done.imported == tuple(goal.id for goal in read[10:12])
        assert done.skipped == tuple(goal.id for goal in [*read[5:10], *read[:2]])


def test_the_same_content_is_the_same_values(tmp_path: Path):
    """Defaults, zones, order of keys and a stored progress are no difference."""
    one = wire("g-1", x=1, y=2)
    other = {"y": 2, "x": 1} | one | {"notes": [], "progress": 77, "created": "2026-06-16T14:00:00.000+02:00"}
    with SyncStore.open(tmp_path) as store:
        store.import_goals(goals(one))
        assert store.import_goals(goals(other)).skipped == ("g-1",)


@pytest.mark.parametrize(
    "change",
    [
        {"description": "other"},
        {"status": "done"},
        {"notes": ["n"]},
        {"acceptance": ["a"]},
        {"sessions": [link_wire()]},
        {"created": "2026-06-16T12:00:01Z"},
        {"updated": "2026-06-16T12:00:00.000001Z"},
        {"x-new": 1},
    ],
)
def test_other_content_is_refused_and_named(change: dict[str, Any], tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        store.import_goals(goals(wire("g-1"), wire("g-2")))
        before = list(store.all()), written(tmp_path)
        with pytest.raises(InvalidInput) as caught:
            store.import_goals(goals(wire("g-3"), wire("g-2") | change, wire("g-4")))
        assert "g-2" in str(caught.value)
        assert next(iter(change)) in str(caught.value)
        assert (list(store.all()), written(tmp_path)) == before
        assert fresh(tmp_path) == before[0]


def test_all_or_nothing(tmp_path: Path):
    """The last of many is over a limit: none of them comes in, and no session is taken."""
    many = [wire(f"g-{n}", sessions=[link_wire(f"s-{n}")]) for n in range(50)]
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"))
        with refused(InvalidInput, field="entry 51 (bad): notes.1"):
            store.import_goals(goals(*many, wire("bad", notes=["fine", "n" * 16385])))
        assert list(store.all()) == [goal]
        store.apply(Link(goal.id, link("s-0")))


def test_it_never_rewrites_text(tmp_path: Path):
    """Blank, of several lines, with white space around: as it came."""
    came = wire("g-1", description=" two\n lines ", acceptance=["", "\t"], notes=["", " "])
    came |= {"sessions": [link_wire(" s ") | {"task": "\n"}, link_wire("")]}
    with SyncStore.open(tmp_path) as store:
        store.import_goals(goals(came))
    assert json.loads(fresh(tmp_path)[0].to_text()) == came | {"progress": 0}


def test_what_the_rules_would_refuse_is_kept(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        mine = store.apply(Create("mine"))
        store.apply(Link(mine.id, link("s-1")))
        store.import_goals(
            goals(
                wire("g-1", status="done"),
                wire("g-2", sessions=[link_wire("s-1"), link_wire("s-1"), link_wire("s-2", "verified")]),
                wire("g-3", sessions=[link_wire("s-1"), link_wire("s-3")], status="done"),
            )
        )
        assert store.get("g-1") == goals(wire("g-1", status="done"))[0]
        # From here on the rules hold: the sessions work where they stand on open goals.
        other = store.apply(Create("other"))
        for session in ("s-1", "s-2"):
            with pytest.raises(SessionAlreadyLinked):
                store.apply(Link(other.id, link(session)))
        store.apply(Link(other.id, link("s-3")))
        with pytest.raises(SessionAlreadyLinked):
            store.apply(SetStatus("g-3", GoalStatus.PENDING))


@pytest.mark.parametrize(
    "content, field",
    [
        (b"", "file"),
        (b"{}", "file"),
        (b"null", "file"),
        (b"[", "file"),
        (b"[] []", "file"),
        (b"\xff\xfe[\x00]\x00", "file"),
        (b"[NaN]", "entry 1: goal"),
        (b"[Infinity]", "entry 1: goal"),
        (b"[1e999]", "entry 1: goal"),
        (b"[" * 50_000, "file"),
        (b"[" + b"9" * 5000 + b"]", "entry 1: goal"),
        (b"[5]", "entry 1: goal"),
        (b"[[]]", "entry 1: goal"),
        (document(wire(), {}), "entry 2: id"),
        (document(wire(), wire("a b")), "entry 2 (a b): id"),
        (document(wire("a"), wire("b"), wire("c", status="finished")), "entry 3 (c): status"),
        (document(wire("a", created="yesterday")), "entry 1 (a): created"),
        (document(wire("a", created="9999-12-31T23:59:59-01:00")), "entry 1 (a): created"),
        (document(wire("a", updated="0001-01-01T00:00:00+01:00")), "entry 1 (a): updated"),
        (document(wire("a", sessions=[link_wire(), link_wire("s", "gone")])), "entry 1 (a): sessions.1.state"),
        (document(wire("a", notes=["n", 5])), "entry 1 (a): notes.1"),
        (document(wire("a"), wire("b"), wire("a", notes=["n"])), "entry 3 (a)"),
    ],
    ids=range(22),
)
def test_a_file_that_is_refused(content: bytes, field: str):
    """Always as `InvalidInput` that names the entry, counted from 1, and the field."""
    with pytest.raises(InvalidInput) as caught:
        parse_goals(content)
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{field}: ")


def nested(depth: int) -> bytes:
    """A file with a goal one of whose keys nests so deep."""
    return document(wire("a", x=0)).replace(b'"x": 0', b'"x": ' + b"[" * depth + b"]" * depth)


def test_a_key_that_nests_too_deep_is_refused_and_not_a_crash():
    # The object around it is a level too.
    (goal,) = parse_goals(nested(63))
    assert json.loads(goal.to_text())["x"] == json.loads(b"[" * 63 + b"]" * 63)
    for depth in (64, 900):
        with pytest.raises(InvalidInput, match=re.escape("entry 1 (a)")):
            parse_goals(nested(depth))


def test_what_is_read_all_the_same():
    assert list(parse_goals(b"[]")) == []
    assert [goal.id for goal in parse_goals("\ufeff".encode() + document(wire("a")))] == ["a"]
    assert [goal.id for goal in parse_goals(document(wire("b"), wire("a"), wire("b")).decode())] == ["b", "a"]


def test_a_goal_whose_drawer_is_damaged_is_not_overwritten(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        store.import_goals(goals(wire("g-1")))
        store.apply(Note("g-1", "n"))
    damage(tmp_path, "g-1")
    with SyncStore.open(tmp_path) as store:
        with pytest.raises(PalaceUnavailable, match="g-1"):
            store.import_goals(goals(wire("g-1"), wire("g-2")))
        assert list(store.all()) == []
