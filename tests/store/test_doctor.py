"""What `examine` finds, each kind by itself; and nothing where all is well."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from store import Create, Edit, Finding, Link, Note, SetStatus, SyncStore, examine
from store import GoalStatus as Status
from tests.store.helpers import (
    cache_file,
    damage,
    goals,
    link,
    link_wire,
    locked,
    palace_file,
    sql,
    wire,
    write_cache,
)
from tests.store.peer import Peer


def bring(root: Path, *wires: dict[str, Any]) -> list[Finding]:
    with SyncStore.open(root) as store:
        store.import_goals(goals(*wires))
        store.leave()
        return examine(store)


def test_all_is_well(tmp_path: Path):
    tmp_path.chmod(0o700)
    with SyncStore.open(tmp_path) as store:
        store.leave()
        assert examine(store) == []
        goal = store.apply(Create("d"))
        store.apply(Link(goal.id, link("s-1", "verified", "proof")))
        store.apply(SetStatus(goal.id, Status.DONE))
        other = store.apply(Create("e"))
        store.apply(Link(other.id, link("s-1")))
        store.apply(SetStatus(other.id, Status.ABANDONED))
        store.leave()
        before = cache_file(tmp_path).stat(), sql(tmp_path, "SELECT * FROM revisions")
        assert examine(store) == []
        assert (cache_file(tmp_path).stat(), sql(tmp_path, "SELECT * FROM revisions")) == before


@pytest.mark.parametrize(
    "takers, found",
    [
        ({"s-1": "s-9"}, ["session 's-1' is superseded by 's-9', which is not linked to the goal"]),
        ({"s-1": "s-1"}, ["session 's-1' is superseded by 's-1', in a circle"]),
        (
            {"s-1": "s-2", "s-2": "s-1", "s-3": "s-1"},
            [f"session '{one}' is superseded by '{by}', in a circle" for one, by in (("s-1", "s-2"), ("s-2", "s-1"))],
        ),
        # As one after the other may take work over.
        ({"s-1": "s-2", "s-2": "s-3"}, []),
    ],
)
def test_sessions_that_nobody_took_over(takers: dict[str, str], found: list[str], tmp_path: Path):
    sessions = [
        link_wire(name) | ({"superseded_by": takers[name]} if name in takers else {}) for name in ("s-1", "s-2", "s-3")
    ]
    assert [(one.kind, one.problem) for one in bring(tmp_path, wire("g-1", sessions=sessions))] == [
        ("superseded", f"goal g-1: {problem}") for problem in found
    ]


@pytest.mark.parametrize(
    "sessions",
    [[], [link_wire("s-1")], [link_wire("s-1", "verified")], [link_wire("s-1", "verified", " "), link_wire("s-2")]],
)
def test_done_against_the_gate(sessions: list[Any], tmp_path: Path):
    (found,) = bring(tmp_path, wire("g-1", status="done", sessions=sessions), wire("g-2", sessions=[]))
    assert (found.kind, found.goal) == ("gate", "g-1")
    assert f"0 of {len(sessions)}" in found.problem


def test_evidence_older_than_what_the_goal_asks_for(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"))
        store.apply(Link(goal.id, link("s-1", "verified", "typo gone")))
        store.leave()
        assert examine(store) == []
        store.apply(Edit(goal.id, "Rewrite the payment system"))
        store.apply(SetStatus(goal.id, Status.DONE))
        store.leave()
        (found,) = examine(store)
        assert (found.kind, found.goal) == ("evidence", goal.id)
        assert "'s-1'" in found.problem


def test_sessions_linked_too_often(tmp_path: Path):
    found = bring(
        tmp_path,
        wire("g-1", sessions=[link_wire("twice"), link_wire("twice")]),
        wire("g-2", sessions=[link_wire("shared"), link_wire("fine")]),
        wire("g-3", sessions=[link_wire("shared")], status="blocked"),
        wire("g-4", sessions=[link_wire("fine")], status="abandoned"),
    )
    assert [(one.kind, one.goal) for one in found] == [("session", "g-1"), ("session", None)]
    assert "'twice'" in found[0].problem
    assert all(part in found[1].problem for part in ("'shared'", "g-2", "g-3"))


def test_what_is_over_a_limit(tmp_path: Path):
    write_cache(tmp_path, wire("g-1", description="d" * 2001), wire("g-2", notes=["\ud800"]))
    with SyncStore.open(tmp_path) as store:
        store.leave()
        found = examine(store)
    assert [(one.kind, one.goal) for one in found] == [("limit", "g-1"), ("limit", "g-2")]
    assert all(number in found[0].problem for number in ("2001", "2000"))


def test_a_drawer_that_cannot_be_read(tmp_path: Path):
    bring(tmp_path, wire("g-1"), wire("g-2"))
    damage(tmp_path, "g-2")
    with SyncStore.open(tmp_path) as store:
        found = examine(store)
    assert ("unreadable", "g-2") in [(one.kind, one.goal) for one in found]
    assert all("g-2" in one.problem for one in found)


def test_a_cache_that_is_another(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        store.import_goals(goals(wire("g-1"), wire("g-2")))
        # Not written yet: then it is not equal, and says so.
        assert [(one.kind, one.goal) for one in examine(store)] == [("cache", None)]
        store.leave()
        store.apply(Note("g-2", "n"))
        (found,) = examine(store)
        assert "g-2" in found.problem
        assert "g-1" not in found.problem
        cache_file(tmp_path).write_bytes(b"[")
        assert [(one.kind, one.goal) for one in examine(store)] == [("cache", None)]


def test_a_palace_that_cannot_be_read(tmp_path: Path):
    bring(tmp_path, wire("g-1"))
    palace_file(tmp_path).write_bytes(b"garbage" * 1000)
    with SyncStore.open(tmp_path) as store:
        (found,) = examine(store)
    assert (found.kind, found.goal) == ("palace", None)


def test_goals_that_are_all_that_is_left_of_a_palace(tmp_path: Path):
    write_cache(tmp_path, wire("g-1"))
    with SyncStore.open(tmp_path, create=False) as store:
        (finding,) = examine(store)
    assert (finding.kind, finding.goal) == ("palace", None)
    assert "there is none: these are the goals that" in finding.problem


def test_a_palace_whose_structure_is_damaged(tmp_path: Path):
    """Rows that the index does not know, as after a bad sector: SQLite's own check finds them."""
    bring(tmp_path, wire("g-1"), wire("g-2"))
    (page,) = sql(tmp_path, "SELECT rootpage FROM sqlite_master WHERE name = 'newest'")[0]
    (size,) = sql(tmp_path, "PRAGMA page_size")[0]
    content = bytearray(palace_file(tmp_path).read_bytes())
    # An empty leaf of an index: a page that is sound in itself, and wrong.
    content[(page - 1) * size : page * size] = bytes([0x0A, 0, 0, 0, 0, 0, 0, 0]).ljust(size, b"\0")
    palace_file(tmp_path).write_bytes(content)
    with SyncStore.open(tmp_path) as store:
        assert "palace" in {one.kind for one in examine(store)}


def test_a_lock_is_well_for_as_long_as_a_change_waits_for_it(tmp_path: Path):
    with SyncStore.open(tmp_path) as store, ExitStack() as writing:
        store.apply(Create("Ship the parser"))
        store.leave()

        def end(_seconds: float) -> bool:
            writing.close()
            return False

        writing.enter_context(locked(tmp_path))
        assert examine(store, wait=end) == []
        writing.enter_context(locked(tmp_path))
        (finding,) = examine(store, wait=lambda _: False)
        assert finding.kind == "palace"
        assert "locked for all of 5 s" in finding.problem
        # Whoever wants to leave does not wait for the end of it.
        assert examine(store, wait=lambda _: True) == []


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="only Linux tells who holds a lock")
def test_who_holds_a_lock_and_that_it_was_stopped(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        store.apply(Create("Ship the parser"))
        store.leave()
        with Peer(tmp_path) as writer:
            writer.ask("lock")
            (running,) = examine(store, wait=lambda _: False)
            assert f"by process {writer.pid} (python" in running.problem
            assert "stopped" not in running.problem
            writer.stop()
            (stopped,) = examine(store, wait=lambda _: False)
            assert f"by process {writer.pid} (python" in stopped.problem
            assert "which is stopped" in stopped.problem


def test_a_palace_that_cannot_be_written(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        store.apply(Create("Ship the parser"))
        store.leave()
    # A process that has opened it before can go on.
    palace_file(tmp_path).chmod(0o400)
    if os.access(palace_file(tmp_path), os.W_OK):
        pytest.skip("nothing is read-only to root; setpriv --bounding-set=-all --inh-caps=-all makes it so")
    with SyncStore.open(tmp_path, create=False) as store:
        (finding,) = examine(store)
        assert finding.kind == "palace"
        assert f"no change can be written: {palace_file(tmp_path)} can't be written" in finding.problem


def test_it_tells_how_far_it_is(tmp_path: Path):
    told: list[tuple[int, int]] = []
    with SyncStore.open(tmp_path) as store:
        store.import_goals(goals(*(wire(f"g-{at}") for at in range(501))))
        examine(store, lambda *how_far: told.append(how_far))
    assert told == [(done, 501) for done in (0, 125, 250, 250, 375, 500)]


@pytest.mark.parametrize("change", [lambda b: b[:-1], lambda b: b + b"\n", lambda b: b.replace(b"g-2", b"g-3")])
def test_the_cache_holds_what_it_holds(change: Any, tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        assert not store.cache.holds([])
        store.import_goals(goals(wire("g-1"), wire("g-2")))
        store.leave()
        texts = list(store.book.texts()[1])
        assert store.cache.holds(texts)
        assert not store.cache.holds(texts[:1])
        cache_file(tmp_path).write_bytes(change(cache_file(tmp_path).read_bytes()))
        assert not store.cache.holds(texts)
