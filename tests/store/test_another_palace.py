"""Another palace can be written against the protocol and handed in; one that fails leaves everything as it was."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from store import (
    Create,
    GoalStatus,
    GoalStore,
    InvalidInput,
    Link,
    Note,
    Palace,
    PalaceUnavailable,
    Revert,
    SessionAlreadyLinked,
    SetStatus,
    SyncStore,
    Update,
    VerificationGateError,
)
from tests.store.helpers import cached, goals, heal, hear_until, link, refused, tick, update, wire, write_cache
from tests.store.memory import MemoryPalace


@pytest.fixture
def palace(tmp_path: Path) -> MemoryPalace:
    return MemoryPalace(tmp_path / "palaces" / "memory")


def test_it_is_a_palace(palace: MemoryPalace):
    assert isinstance(palace, Palace)


def test_the_rules_hold_in_it(palace: MemoryPalace, tmp_path: Path):
    with SyncStore.open(tmp_path, palace=palace) as store, SyncStore.open(tmp_path, palace=palace) as other:
        goal = store.apply(Create("d"), "r-1")
        assert other.apply(Create("d"), "r-1") == goal
        with pytest.raises(InvalidInput):
            other.apply(Create("e"), "r-1")
        store.apply(Link(goal.id, link("s-1")))
        with pytest.raises(SessionAlreadyLinked):
            other.apply(Link(goal.id, link("s-1")))
        with pytest.raises(VerificationGateError):
            other.apply(SetStatus(goal.id, GoalStatus.DONE))
        other.apply(Update(goal.id, update("s-1", "verified", "proof")))
        done = other.apply(SetStatus(goal.id, GoalStatus.DONE))
        tick(store)
        assert store.get(goal.id) == done
        assert [revision.number for revision in store.history(goal.id)] == [1, 2, 3, 4]
        assert store.apply(Revert(goal.id, 3, 4)).status is GoalStatus.IN_PROGRESS
        other.leave()
        store.leave()
    assert cached(tmp_path, "memory") == list(store.all())


def test_it_adopts_its_cache(palace: MemoryPalace, tmp_path: Path):
    write_cache(tmp_path, wire("g-1"), palace="memory")
    with SyncStore.open(tmp_path, palace=palace) as store:
        assert [goal.id for goal in store.all()] == ["g-1"]


def test_one_that_fails_leaves_the_map_as_it_was(palace: MemoryPalace, tmp_path: Path):
    with SyncStore.open(tmp_path, palace=palace) as store:
        goal = store.apply(Create("d"))
        palace.error = OSError(errno.EIO, "Input/output error")
        for _ in range(2):
            with refused(PalaceUnavailable, palace="memory", reason="Input/output error"):
                store.apply(Note(goal.id, "n"))
            with refused(PalaceUnavailable, palace="memory", reason="Input/output error"):
                store.import_goals(goals(wire("g-1")))
            assert list(store.all()) == [goal]
            assert store.degraded == "Input/output error"
        palace.error = None
        heal(store)
        assert store.apply(Note(goal.id, "n")).notes == ("n",)


def test_one_that_fails_at_opening(palace: MemoryPalace, tmp_path: Path):
    write_cache(tmp_path, wire("g-1"), palace="memory")
    palace.error = OSError(errno.EACCES, "Permission denied")
    with SyncStore.open(tmp_path, palace=palace) as store:
        assert ([goal.id for goal in store.all()], store.degraded) == (["g-1"], "Permission denied")


async def test_on_an_event_loop(palace: MemoryPalace, tmp_path: Path):
    async with GoalStore.open(tmp_path, palace=palace) as store:
        goal = await store.create("d")
        changes = store.changes()
        palace.error = PermissionError(errno.EACCES, "Permission denied")
        await hear_until(changes, lambda: store.degraded)
        with pytest.raises(PalaceUnavailable, match="Permission denied"):
            await store.note(goal.id, "n")
        palace.error = None
        await hear_until(changes, lambda: not store.degraded)
        assert (await store.note(goal.id, "n")).notes == ("n",)
