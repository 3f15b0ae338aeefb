"""The wire format of a goal (CONTRACT 1): what is read, what is written, and that nothing is lost between."""

from __future__ import annotations

import json
import re
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store import (
    Goal,
    GoalCache,
    GoalStatus,
    InvalidInput,
    SessionLink,
    SessionTaskState,
    SyncStore,
    parse_goals,
    shape,
    to_document,
    to_json,
)
from tests.store.helpers import SAMPLES, cache_file, goals, link_wire, refused, wire

KEYS = ["id", "description", "status", "acceptance", "sessions", "progress", "created", "updated", "notes"]
LINK_KEYS = ["session_id", "task", "state", "evidence"]

# What may drive a terminal, or is no text: never bare in any output.
UNPRINTED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
DANGEROUS = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), 0x61C, 0x200E, 0x200F)]
DANGEROUS += [chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xD800, 0xDBFF, 0xDC00, 0xDFFF)]


def read(**fields: Any) -> Goal:
    return Goal.from_wire(wire(**fields))


def again(goal: Goal) -> Goal:
    """The goal as it is when it was written and read."""
    (found,) = parse_goals(to_document([goal]).encode())
    assert Goal.from_wire(json.loads(goal.to_text())) == found
    return found


def test_keys_in_order():
    goal = read(x=1, sessions=[{"z": 1, "a": 2} | link_wire()], notes=["n"], acceptance=["a"], b=2)
    assert [*json.loads(goal.to_text())] == [*KEYS, "b", "x"]
    assert [*json.loads(goal.to_text())["sessions"][0]] == [*LINK_KEYS, "a", "z"]
    assert goal.to_text().startswith('{"id":"g-1","description":"goal g-1","status":"pending","acceptance":["a"],')
    (entry,) = json.loads(to_document([goal]))
    assert [*entry] == [*KEYS, "b", "x"]


def test_defaults_are_filled_in():
    goal = read(sessions=[{"session_id": "s", "task": "t", "state": "running"}])
    assert (goal.acceptance, goal.notes, goal.sessions[0].evidence) == ((), (), None)
    data = json.loads(read().to_text())
    assert (data["acceptance"], data["sessions"], data["notes"], data["progress"]) == ([], [], [], 0)
    assert json.loads(goal.to_text())["sessions"][0]["evidence"] is None


def test_a_document_is_an_array_by_id_indented_by_two():
    text = to_document(goals(wire("b"), wire("a"), wire("B")))
    assert [entry["id"] for entry in json.loads(text)] == ["B", "a", "b"]
    assert text.startswith('[\n  {\n    "id": "B",\n    "description": "goal B",\n')
    assert '    "acceptance": [],\n    "sessions": [],\n' in text
    assert to_document([]) == "[]\n"


@pytest.mark.parametrize("name", [status.name for status in GoalStatus])
def test_statuses(name: str):
    values = {"PENDING": "pending", "IN_PROGRESS": "inProgress", "BLOCKED": "blocked", "DONE": "done"}
    value = (values | {"ABANDONED": "abandoned"})[name]
    assert read(status=value).status is GoalStatus[name]
    assert json.loads(read(status=value).to_text())["status"] == value


def test_states():
    states = ["launched", "running", "verified", "failed"]
    goal = read(sessions=[link_wire(state, state) for state in states])
    assert [link.state for link in goal.sessions] == [SessionTaskState[state.upper()] for state in states]
    assert [link["state"] for link in json.loads(goal.to_text())["sessions"]] == states


WEIRD = ("unknown", "copy", "self", "data", "cls", "wire", "model_config", "progress ", "", " ", "\ud800", "\x1b[31m")
VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1.5,
    1e300,
    10**40,
    "",
    "\ud800\x9b",
    [],
    {},
    {"unknown": {"copy": [{"": None}]}},
)


@pytest.mark.parametrize("key", WEIRD)
def test_unknown_keys_are_kept(key: str):
    for value in VALUES:
        goal = read(**{key: value}, sessions=[link_wire() | {key: value}])
        data = json.loads(again(goal).to_text())
        assert data[key] == value
        assert data["sessions"][0][key] == value
        assert type(data[key]) is type(value)
        assert again(goal) == goal
        assert UNPRINTED.search(goal.to_text()) is None


def test_unknown_keys_stay_with_what_they_stand_on():
    goal = read(x=1, sessions=[link_wire("s-1") | {"x": 2}, link_wire("s-2")])
    goal = replace(goal, sessions=goal.sessions[::-1], description="d")
    data = json.loads(goal.to_text())
    assert (data["x"], data["sessions"][1]["x"], "x" in data["sessions"][0]) == (1, 2, False)


def test_the_order_of_unknown_keys_is_no_difference():
    one, other = read(a=1, b={"c": 1, "d": 2}), read(b={"c": 1, "d": 2}, a=1)
    assert one == other
    assert hash(one) == hash(other)
    assert read(a=1) != read(a=2)


def test_known_keys_of_another_model_are_unknown_here():
    goal = read(session_id="s", evidence=None)
    assert json.loads(goal.to_text())["session_id"] == "s"


@pytest.mark.parametrize(
    "given_time, written",
    [
        ("2026-06-16T12:00:00Z", "2026-06-16T12:00:00Z"),
        ("2026-06-16t12:00:00z", "2026-06-16T12:00:00Z"),
        ("2026-06-16 12:00:00Z", "2026-06-16T12:00:00Z"),
        ("2026-06-16T12:00:00+00:00", "2026-06-16T12:00:00Z"),
        ("2026-06-16T12:00:00-00:00", "2026-06-16T12:00:00Z"),
        ("2026-06-16T14:30:00+02:30", "2026-06-16T12:00:00Z"),
        ("2026-06-16T00:30:00-11:30", "2026-06-16T12:00:00Z"),
        ("2026-06-16T12:00:00.5Z", "2026-06-16T12:00:00.500000Z"),
        ("2026-06-16T12:00:00.000Z", "2026-06-16T12:00:00Z"),
        ("2026-06-16T12:00:00.123456789Z", "2026-06-16T12:00:00.123456Z"),
        ("2026-06-16T12:00:00.9999999999999Z", "2026-06-16T12:00:00.999999Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
        ("2024-02-29T23:59:59+23:59", "2024-02-29T00:00:59Z"),
    ],
)
def test_times(given_time: str, written: str):
    goal = read(created=given_time, updated=given_time)
    assert goal.created.utcoffset() == timedelta(0)
    data = json.loads(goal.to_text())
    assert (data["created"], data["updated"]) == (written, written)
    assert again(goal) == goal


@pytest.mark.parametrize(
    "bad",
    [
        "2026-06-16T12:00:00",
        "2026-06-16",
        "",
        "now",
        "2026-06-16T12:00Z",
        "2026-06-16T12:00:00.Z",
        "2026-06-16T12:00:00+0200",
        "2026-06-16T12:00:00+02",
        "2026-06-16T12:00:00+24:00",
        "2026-13-16T12:00:00Z",
        "2025-02-29T12:00:00Z",
        "2026-06-16T25:00:00Z",
        "\u0662026-06-16T12:00:00Z",
        "2026-06-16T12:00:00Z\n",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        0,
        1750075200,
        None,
        ["2026-06-16T12:00:00Z"],
    ],
)
@pytest.mark.parametrize("field", ["created", "updated"])
def test_what_is_no_time(bad: object, field: str):
    with refused(InvalidInput, field=field):
        read(**{field: bad})


@pytest.mark.parametrize("bad", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"])
def test_a_time_that_is_none_in_utc_is_told_apart(bad: str):
    with pytest.raises(InvalidInput, match="outside the years 1 to 9999"):
        read(updated=bad)


def test_a_time_given_in_python_needs_a_zone_too():
    fields: dict[str, Any] = {"id": "g-1", "description": "d", "status": GoalStatus.PENDING}
    now = datetime(2026, 6, 16, 12, tzinfo=UTC)
    assert Goal(**fields, created=now, updated=now).created == now
    with refused(InvalidInput, field="updated"):
        Goal(**fields, created=now, updated=now.replace(tzinfo=None))


@pytest.mark.parametrize("total, verified", [(total, verified) for total in range(8) for verified in range(total + 1)])
def test_progress_is_derived(total: int, verified: int):
    """By the contract's formula, of states alone; what is stored loses, whatever it is."""
    links = [link_wire(f"s-{n}", "verified" if n < verified else "failed") for n in range(total)]
    expected = (100 * verified + total // 2) // total if total else 0
    for stored in (0, 55, 100, -3, 1e9, "much", None, [1], {"a": 1}):
        goal = read(sessions=links, progress=stored)
        assert goal.progress == json.loads(goal.to_text())["progress"] == expected
        assert goal == read(sessions=links)
        assert goal.verified_count == 0


@pytest.mark.parametrize("char", DANGEROUS)
def test_nothing_that_drives_a_terminal_is_written_bare(char: str, tmp_path: Path):
    text = f"a{char}b"
    goal = read(
        description=text, acceptance=[text], notes=[text], sessions=[link_wire(text, evidence=text)], **{text: text}
    )
    cache = GoalCache(tmp_path)
    cache.save([goal])
    escaped = f"a\\u{ord(char):04x}b"
    for output in (goal.to_text(), to_document([goal]), cache.path.read_text(encoding="utf-8")):
        assert UNPRINTED.search(output) is None
        # JSON has short names for a few, which are as harmless.
        assert output.count(escaped) == 7 or char in "\b\t\n\f\r"
        (found,) = parse_goals(output if output.startswith("[") else f"[{output}]")
        assert found == goal


def test_other_text_is_written_as_it_is():
    text = 'Größe 漢字 \u05d0\u0628 \U0001f469\u200d\U0001f4bb e\u0301 \u200b " \\ /'
    goal = read(description=text)
    for output in (goal.to_text(), to_document([goal])):
        assert json.dumps(text, ensure_ascii=False) in output


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_what_json_has_no_number_for_is_never_written(number: float):
    with refused(InvalidInput, field="goal"):
        read(x=[number])
    for indent in (None, 2):
        with pytest.raises(ValueError, match="JSON"):
            to_json(number, indent=indent)


@pytest.mark.parametrize("good", ["g-0123456789abcdef", "a", "A.b_c-d", "0", "x" * 64])
def test_ids(good: str):
    assert read(goal_id=good).id == good


@pytest.mark.parametrize("bad", ["", "-a", ".a", "_a", "x" * 65, "a b", "a/b", "é", "a\n", "a\x00", "\ud800", 5, None])
def test_what_is_no_id(bad: object):
    with refused(InvalidInput, field="id"):
        Goal.from_wire(wire() | {"id": bad})


@pytest.mark.parametrize(
    "fields, field",
    [
        ({"status": "finished"}, "status"),
        ({"status": "Done"}, "status"),
        ({"status": None}, "status"),
        ({"status": "\ud800"}, "status"),
        ({"description": 5}, "description"),
        ({"description": None}, "description"),
        ({"acceptance": "text"}, "acceptance"),
        ({"acceptance": [1]}, "acceptance.0"),
        ({"acceptance": {"a": "b"}}, "acceptance"),
        ({"notes": [None]}, "notes.0"),
        ({"sessions": {}}, "sessions"),
        ({"sessions": ["s-1"]}, "sessions.0"),
        ({"sessions": [link_wire(), link_wire() | {"state": "Verified"}]}, "sessions.1.state"),
        ({"sessions": [link_wire() | {"evidence": 5}]}, "sessions.0.evidence"),
        ({"sessions": [{"session_id": "s", "state": "running"}]}, "sessions.0.task"),
        ({"sessions": [{"task": "t", "state": "running"}]}, "sessions.0.session_id"),
    ],
)
def test_the_wrong_shape_is_refused_by_field(fields: dict[str, Any], field: str):
    with refused(InvalidInput, field=field):
        read(**fields)


@pytest.mark.parametrize("missing", ["id", "description", "status", "created", "updated"])
def test_what_must_be_there(missing: str):
    with refused(InvalidInput, field=missing):
        Goal.from_wire({key: value for key, value in wire().items() if key != missing})


@pytest.mark.parametrize("nothing", [None, [], "goal", 5, True])
def test_what_is_no_object(nothing: object):
    with pytest.raises(InvalidInput):
        Goal.from_wire(nothing)


def test_models_are_immutable():
    goal = read(sessions=[link_wire()])
    for model, field in ((goal, "status"), (goal, "notes"), (goal.sessions[0], "state")):
        with pytest.raises(FrozenInstanceError):
            setattr(model, field, getattr(model, field))
    assert isinstance(goal.sessions, tuple)


def test_the_public_goals_go_through_unchanged(tmp_path: Path):
    document = SAMPLES.read_bytes()
    expected = json.loads(document)
    assert len(expected) == 47
    for entry in expected:
        # The only values that change: digits past the microsecond.
        for key in ("created", "updated"):
            entry[key] = re.sub(r"(\.\d{6})\d+Z", r"\1Z", entry[key]).replace(".000000Z", "Z")
    read_goals = list(parse_goals(document))
    assert json.loads(to_document(read_goals)) == expected
    with SyncStore.open(tmp_path) as store:
        store.import_goals(read_goals)
        assert json.loads(to_document(store.all())) == expected
        store.leave()
    assert json.loads(cache_file(tmp_path).read_bytes()) == expected
    assert list(GoalCache(tmp_path).load()) == read_goals


TEXT = st.text(st.characters(exclude_categories=()), max_size=20)
# Two halves of a pair that stand side by side are the one character, once they were written.
SOUND = TEXT.map(lambda text: re.sub("[\ud800-\udbff](?=[\udc00-\udfff])", "", text))
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | SOUND,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SOUND, inner, max_size=3),
    max_leaves=6,
)
TIMES = st.datetimes(timezones=st.just(UTC)).map(lambda at: at.isoformat())
LINKS = st.builds(
    lambda extra, known: extra | known,
    st.dictionaries(SOUND.filter(lambda key: key not in SessionLink.wire_keys), ANY, max_size=2),
    st.fixed_dictionaries(
        {"session_id": SOUND, "task": SOUND, "state": st.sampled_from([*SessionTaskState])},
        optional={"evidence": st.none() | SOUND},
    ),
)
WIRES = st.builds(
    lambda extra, known: extra | known,
    st.dictionaries(SOUND.filter(lambda key: key not in Goal.wire_keys), ANY, max_size=3),
    st.fixed_dictionaries(
        {
            "id": st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True),
            "description": SOUND,
            "status": st.sampled_from([*GoalStatus]),
            "created": TIMES,
            "updated": TIMES,
        },
        optional={
            "acceptance": st.lists(SOUND, max_size=3),
            "sessions": st.lists(LINKS, max_size=3),
            "progress": ANY,
            "notes": st.lists(SOUND, max_size=3),
        },
    ),
)


@given(st.lists(WIRES, max_size=3, unique_by=lambda entry: entry["id"]))
@settings(deadline=None, max_examples=60, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_any_goals_go_through_unchanged(found: list[dict[str, Any]]):
    """What is written has the same JSON values but for defaults, times in UTC and progress; and stays as it is then."""
    read_goals = parse_goals(json.dumps(found))
    document = to_document(read_goals)
    assert UNPRINTED.search(document) is None
    assert to_document(parse_goals(document)) == document
    assert parse_goals(document.encode()) == tuple(sorted(read_goals, key=lambda goal: goal.id))
    for entry in (*found, *json.loads(document)):
        assert Goal.from_wire(entry) == shape.judge(Goal, entry)
    by_id = {entry["id"]: entry for entry in json.loads(document)}
    filled: dict[str, Any] = {"acceptance": [], "notes": []}
    for entry in found:
        written = by_id[entry["id"]]
        for key, value in (filled | entry).items():
            if key not in ("created", "updated", "progress", "sessions"):
                assert written[key] == value
        links = [{"evidence": None} | link for link in entry.get("sessions", [])]
        assert written["sessions"] == links
        for key in ("created", "updated"):
            assert datetime.fromisoformat(written[key]) == datetime.fromisoformat(entry[key])
