"""One bad entry of a cache hides no other: it is named, the others are shown, and the file is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from store import CacheError, Create, GoalCache, PalaceUnavailable, SyncStore, examine, parse_goals
from tests.store.helpers import cache_file, cached, fresh, palace_file, wire, write_cache

GOOD = [wire(f"g-{number:03}") for number in range(99)]
IDS = [entry["id"] for entry in GOOD]


def many(bad: object) -> str:
    """A file of a hundred, one of which is bad."""
    return json.dumps([*GOOD[:57], bad, *GOOD[57:]])


def doubled(goal_id: str) -> str:
    return many("HERE").replace('"HERE"', json.dumps(wire(goal_id)).replace('"status"', '"status": "done", "status"'))


# The file, and how the entry is named.
BAD = {
    "a wrong state": (many(wire("bad", status="verify")), 'entry 58 (bad): status: is "verify", none of pending'),
    "no object": (many(5), "entry 58: goal: is 5, not an object"),
    "no number": (many({"x": 0.5}).replace("0.5", "NaN"), "entry 58: x: NaN is not a JSON number"),
    "a key twice": (doubled("bad"), "entry 58 (bad): status: stands there twice"),
    "an id twice": (many(wire("g-000", status="done")), "entry 58 (g-000): the file holds this id twice"),
    "an id that is none": (many(wire("../bad")), 'entry 58 (../bad): id: is "../bad", not 1 to 64'),
}


@pytest.fixture(params=[*BAD.values()], ids=[*BAD])
def broken(request: Any, tmp_path: Path) -> tuple[Path, str]:
    """A root with a cache that has one bad entry, and how that is named."""
    content, said = request.param
    write_cache(tmp_path).write_text(content)
    return tmp_path, said


def test_the_others_are_adopted_and_the_file_is_kept(broken):
    root, said = broken
    content = cache_file(root).read_bytes()
    with SyncStore.open(root) as store:
        assert [goal.id for goal in store.all()] == IDS
        assert store.notices[0].startswith("99 goals were taken over from ")
        assert store.notices[1].startswith(f"1 entry was not taken over: {said}")
        store.apply(Create("another"))
        store.leave()
        # The cause comes first: a console has one line for it.
        assert store.notices[2].startswith(said)
        assert len(store.notices) == 3
    (kept,) = (root / "set-aside").iterdir()
    assert kept.read_bytes() == content
    assert len(cached(root)) == 100
    # It is said for as long as it lies there, and no other file pushes it out.
    with SyncStore.open(root) as store:
        for number in range(12):
            write_cache(root, *({**entry, "notes": [str(number)]} for entry in GOOD))
            store.leave()
        assert kept.read_bytes() == content
        (found,) = [found for found in examine(store) if str(kept) in found.problem]
        assert (found.kind, said in found.problem) == ("aside", True)
    kept.unlink()
    with SyncStore.open(root) as store:
        assert not [found for found in examine(store) if str(kept) in found.problem]


def test_the_others_are_shown_where_the_palace_is_away(broken):
    root, said = broken
    path = palace_file(root)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"garbage" * 1000)
    for create in (True, False):
        with SyncStore.open(root, create=create) as store:
            assert store.degraded
            assert [goal.id for goal in store.all()] == IDS
            assert said in " ".join([*store.notices, *store.unreadable.values()])
            assert set(store.unreadable) <= {"bad"}
            with pytest.raises(PalaceUnavailable):
                store.apply(Create("d"))
    path.unlink()
    with SyncStore.open(root, create=False) as store:
        assert (store.degraded, [goal.id for goal in store.all()]) == (None, IDS)
        assert said in " ".join([*store.notices, *store.unreadable.values()])


def test_what_could_not_be_read_is_over_with_the_palace(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"))
    content = palace_file(tmp_path).read_bytes()
    palace_file(tmp_path).write_bytes(b"garbage" * 1000)
    write_cache(tmp_path, wire("g-1"), wire("bad", status="verify"))
    with SyncStore.open(tmp_path) as store:
        assert set(store.unreadable) == {"bad"}
        palace_file(tmp_path).write_bytes(content)
        while store.degraded:
            store.look()
        assert (store.all(), dict(store.unreadable)) == ([goal], {})


def test_a_file_of_nothing_but_bad_entries_is_no_error(tmp_path: Path):
    path = write_cache(tmp_path)
    path.write_text('[5, {"id": "g-1"}]')
    with SyncStore.open(tmp_path, create=False) as store:
        assert store.all() == []
        assert set(store.unreadable) == {"g-1"}
        assert "entry 1: goal: is 5" in store.notices[0]
    with SyncStore.open(tmp_path) as store:
        assert "2 entries were not taken over: entry 1: goal" in store.notices[0]
        store.leave()
    assert [kept.read_text() for kept in (tmp_path / "set-aside").iterdir()] == ['[5, {"id": "g-1"}]']


def test_the_cache_by_itself_shows_the_others(tmp_path: Path):
    cache = GoalCache(tmp_path)
    write_cache(tmp_path, wire("g-2"), wire("bad", status="verify"), wire("g-1"))
    assert [goal.id for goal in cache.load()] == ["g-1", "g-2"]
    (bad,) = cache.read().bad
    assert str(bad).startswith('entry 2 (bad): status: is "verify"')
    cache.path.write_text("{}")
    with pytest.raises(CacheError, match="it is not an array of goals"):
        cache.load()


def test_doctor_finds_an_entry_that_is_no_goal(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"))
        store.leave()
        cache_file(tmp_path).write_text(json.dumps([goal.wire(), 5]))
        (found,) = examine(store, wait=lambda _: False)
        assert (found.kind, "entry 2: goal: is 5, not an object" in found.problem) == ("cache", True)


def test_files_of_other_programs_are_read(tmp_path: Path):
    """As Windows' programs write them: a mark at the beginning, and two characters at the end of each line."""
    content = json.dumps([wire("g-1"), wire("g-2")], indent=2).replace("\n", "\r\n")
    write_cache(tmp_path).write_bytes(b"\xef\xbb\xbf" + content.encode())
    with SyncStore.open(tmp_path) as store:
        assert [goal.id for goal in store.all()] == ["g-1", "g-2"]
        store.leave()
    assert list(parse_goals(cache_file(tmp_path).read_bytes())) == fresh(tmp_path)
