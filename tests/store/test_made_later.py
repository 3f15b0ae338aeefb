"""A palace that could not be made when the store was opened (CONTRACT 4: it heals by itself)."""

from __future__ import annotations

from pathlib import Path

import pytest

from store import Create, GoalStore, Note, SqlitePalace, SyncStore
from tests.store.helpers import cached, fresh, heal, hear_until, palace_file, tick_until, wire, write_cache


class Watched(SqlitePalace):
    """Counts how often it was opened."""

    opened = 0

    def open(self, *, create: bool) -> bool:
        self.opened += 1
        return super().open(create=create)


def test_it_is_made_when_it_can_be(tmp_path: Path):
    blocked = tmp_path / "palaces"
    blocked.write_text("in the way")
    write_cache(tmp_path, wire("g-1"))
    with SyncStore.open(tmp_path) as store:
        assert store.degraded
        blocked.unlink()
        heal(store)
        # As at any start beside a cache that holds goals.
        assert [goal.id for goal in store.all()] == ["g-1"]
        goal = store.apply(Note("g-1", "n"))
        assert [revision.number for revision in store.history("g-1")] == [1, 2]
        store.leave()
        assert len(store.notices) == 2
    assert fresh(tmp_path) == cached(tmp_path) == [goal]


async def test_an_event_loop_sees_it_made(tmp_path: Path):
    (tmp_path / "palaces").write_text("in the way")
    async with GoalStore.open(tmp_path) as store:
        changes = store.changes()
        assert store.degraded
        (tmp_path / "palaces").unlink()
        await hear_until(changes, lambda: not store.degraded)
        goal = await store.create("d")
    assert fresh(tmp_path) == [goal]


def test_another_may_have_made_it_meanwhile(tmp_path: Path):
    (tmp_path / "palaces").write_text("in the way")
    write_cache(tmp_path, wire("g-1"))
    with SyncStore.open(tmp_path) as store:
        (tmp_path / "palaces").unlink()
        with SyncStore.open(tmp_path) as other:
            goal = other.apply(Create("d"))
        heal(store)
        assert {one.id for one in store.all()} == {goal.id, "g-1"}
        assert not any("taken over" in said for said in store.notices)


@pytest.mark.parametrize("create", [True, False])
@pytest.mark.parametrize("folder", [True, False])
def test_one_that_was_there_is_not_made_anew(create: bool, folder: bool, tmp_path: Path):
    """Whoever took it away is about to put a copy in its place, and would write over ours."""
    in_its_place = palace_file(tmp_path).parent if folder else palace_file(tmp_path)
    in_its_place.parent.mkdir(parents=True)
    in_its_place.write_bytes(b"garbage" * 1000)
    palace = Watched(tmp_path)
    with SyncStore.open(tmp_path, palace=palace, create=create) as store:
        in_its_place.unlink()
        before = palace.opened
        tick_until(store, lambda: palace.opened > before + 1, "it was tried twice")
        assert not in_its_place.exists()
