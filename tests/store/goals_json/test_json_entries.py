"""Files of goals whose entries are at fault: each is named with its field and its value, and in words of JSON."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest

from store import Goal, InvalidInput, SyncStore, examine, parse_goals, to_document
from store.transfer import check_import, read_goals
from tests.store.helpers import fresh, goals, link_wire, wire, write_cache

WORDS_OF_PYTHON = re.compile(
    r"Input should|valid tuple|instance of|dictionary|Field required|timedelta|set_int_max|NoneType|\bstr\b|\bdict\b"
)


def said_of(*entries: object) -> str:
    with pytest.raises(InvalidInput) as caught:
        parse_goals(json.dumps(entries))
    assert not WORDS_OF_PYTHON.search(str(caught.value))
    return caught.value.message


def text_of(entry: dict[str, Any], old: str, new: str) -> bytes:
    """The file with this entry, in which a piece of its JSON is another."""
    before = json.dumps([entry])
    assert old in before
    return before.replace(old, new).encode()


@pytest.mark.parametrize(
    "old, new, key",
    [
        ('"status": "pending"', '"status": "pending", "status": "done"', "status"),
        ('"state": "failed"', '"state": "failed", "state": "verified"', "sessions.0.state"),
        ('"evidence": null', '"evidence": null, "evidence": "ok"', "sessions.0.evidence"),
        ('"x": {"y": 1}', '"x": {"y": 1, "y": 1}', "x.y"),
        ('"x": {"y": 1}', '"x": [0, {"z": {"y": 1, "\\u0079": 2}}]', "x.1.z.y"),
        ('"id": "g-1"', '"id": "g-1", "\\u0069d": "g-1"', "id"),
    ],
)
def test_a_key_that_stands_there_twice_is_refused(old, new, key):
    with pytest.raises(InvalidInput) as caught:
        parse_goals(text_of(wire(x={"y": 1}, sessions=[link_wire("s-1", "failed")]), old, new))
    assert (caught.value.field, caught.value.problem) == (f"entry 1 (g-1): {key}", "stands there twice")


@pytest.mark.parametrize(
    "field, value, said",
    [
        ("status", "verify", 'is "verify", none of pending, inProgress, blocked, done, abandoned'),
        ("status", 5, "is 5, none of pending, inProgress, blocked, done, abandoned"),
        ("acceptance", "tests pass", 'is "tests pass", not an array'),
        ("acceptance", {"a": 1}, "is an object, not an array"),
        ("notes", None, "is null, not an array"),
        ("sessions", [5], "is 5, not an object"),
        ("description", True, "is true, not text"),
        ("description", [1], "is an array, not text"),
        ("id", 7, "is 7, not text"),
        ("id", "a b", 'is "a b", not 1 to 64 of A-Z a-z 0-9 . _ -, the first a letter or digit'),
        ("created", "yesterday", 'is "yesterday", not a time like 2026-06-16T12:00:00Z (a zone is needed)'),
        ("created", 5, "is 5, not a time with a zone"),
        ("created", "2026-02-30T12:00:00Z", 'is "2026-02-30T12:00:00Z", a time that does not exist'),
        ("updated", "2026-06-16T12:00:00+24:00", 'is "2026-06-16T12:00:00+24:00", a time that does not exist'),
        ("updated", "0001-01-01T00:00:00+01:00", 'is "0001-01-01T00:00:00+01:00", outside the years 1 to 9999'),
    ],
)
def test_the_wrong_value_is_named(field, value, said):
    found = said_of(wire("g-1") | {field: value})
    place = "0: " if field == "sessions" else " "
    assert found.partition(f"{field}:")[2].strip() == said or found.endswith(f"{field}.{place}{said}")


def test_a_missing_key_and_a_missing_object_are_named():
    entry = wire("g-1")
    del entry["created"]
    assert said_of(entry) == "entry 1 (g-1): created: is missing"
    assert said_of(None) == "entry 1: goal: is null, not an object"
    assert said_of(["g-1"]) == "entry 1: goal: is an array, not an object"
    assert said_of(wire(sessions=[{"session_id": "s"}])) == "entry 1 (g-1): sessions.0.task: is missing"


def test_a_long_value_is_cut():
    assert said_of(wire(status="x" * 5000)).startswith(f'entry 1 (g-1): status: is "{"x" * 60}…", none of')
    assert len(said_of(wire("y" * 5000))) < 300


def test_several_bad_entries_are_named_and_the_rest_counted():
    bad = [wire(f"g-{number}", status="verify") for number in range(9)]
    said = said_of(wire("good"), *bad[:2])
    assert said.startswith('entry 2 (g-0): status: is "verify"')
    assert '; entry 3 (g-1): status: is "verify"' in said
    said = said_of(*bad)
    assert [f"(g-{number})" in said for number in range(9)] == [True] * 5 + [False] * 4
    assert said.endswith("; and 4 more bad entries")
    with pytest.raises(InvalidInput, match=r"entry 1 \(g-1\): notes.0: .*; entry 3 \(g-3\): notes.0: "):
        check_import(goals(wire("g-1", notes=["n" * 20_000]), wire("g-2"), wire("g-3", notes=["n" * 20_000])))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_another_encoding_is_named(encoding):
    with pytest.raises(InvalidInput) as caught:
        parse_goals(json.dumps([wire()]).encode(encoding))
    assert caught.value.problem == f"is {encoding[:6].upper()}, not UTF-8"
    assert "UTF-8" in caught.value.next


@pytest.mark.parametrize(
    "number, said",
    [
        ("9" * 5000, "is a number of 5000 digits, which is too long"),
        ("-" + "9" * 5000, "is a number of 5000 digits, which is too long"),
        ("1e999", "1e999 is out of range"),
        ("1e-99999999999999999999", "1e-99999999999999999999 is out of range"),
        ("NaN", "NaN is not a JSON number"),
        ("-Infinity", "-Infinity is not a JSON number"),
    ],
)
def test_a_number_that_json_has_not_is_refused_with_its_entry(number, said):
    document = b"[" + json.dumps(wire("g-0")).encode() + b"," + text_of(wire(x=[0]), "[0]", f"[0, {number}]")[1:]
    with pytest.raises(InvalidInput) as caught:
        parse_goals(document)
    assert caught.value.message == f"entry 2 (g-1): x.1: {said}"
    assert [goal.id for goal in read_goals(document).goals] == ["g-0"]


@pytest.mark.parametrize(
    "digits",
    [
        *("0.1234567890123456789", "3.141592653589793238462643383279", "-1.00000000000000000001", "1e-400"),
        *("123456789.5", "9" * 400, "9007199254740993.0", "1.5E+3"),
    ],
)
def test_a_number_in_an_unknown_key_comes_back_with_all_its_digits(digits, tmp_path):
    document = text_of(wire(x=0, sessions=[link_wire() | {"y": 1}]), '"x": 0', f'"x": {digits}')
    document = document.replace(b'"y": 1', f'"y": [{digits}]'.encode())
    with SyncStore.open(tmp_path) as store:
        store.import_goals(parse_goals(document))
        assert store.import_goals(parse_goals(document)).skipped == ("g-1",)
    exported = json.loads(to_document(fresh(tmp_path)), parse_float=str, parse_int=str)[0]
    assert Decimal(exported["x"]) == Decimal(exported["sessions"][0]["y"][0]) == Decimal(digits)
    # What looks like our way of writing one is text.
    hostile = wire(x="number 0123456789abcdef0123456789abcdef 5")
    assert json.loads(to_document(goals(hostile)))[0]["x"] == hostile["x"]


@pytest.mark.parametrize("held", [{"x": "\ud83d"}, {"x": [{"y": "a\udc00b"}]}, {"x": {"\ud83d": 1}}, {"\ud83d": 1}])
def test_a_lone_surrogate_in_an_unknown_key_is_refused(held, tmp_path):
    key = next(iter(held))
    for entry, field in (
        (wire() | held, f"entry 1 (g-1): {key}"),
        (wire(sessions=[link_wire() | held]), f"entry 1 (g-1): sessions.0.{key}"),
    ):
        with pytest.raises(InvalidInput) as caught, SyncStore.open(tmp_path) as store:
            store.import_goals(goals(entry))
        assert caught.value.field == field
        assert "lone surrogate" in caught.value.problem
    # A pair is a letter, and an escaped backslash no surrogate.
    check_import(goals(wire(x="\U0001f4bb", y="\\ud83d")))


def test_a_lone_surrogate_that_is_in_a_cache_already_is_kept_and_found(tmp_path):
    write_cache(tmp_path, wire("g-1") | {"x": "\ud83d"})
    with SyncStore.open(tmp_path) as store:
        kept: Goal = store.all()[0]
        assert json.loads(kept.to_text())["x"] == "\ud83d"
        (found,) = examine(store)
        assert (found.kind, found.goal) == ("limit", "g-1")
        assert "x: holds a lone surrogate (U+D83D)" in found.problem
