"""A disk without room: nothing changes, nothing is damaged, and it goes on when there is room again."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from store import Create, Note, PalaceUnavailable, SyncStore, examine
from tests.store.helpers import cached, fresh, heal, palace_file, tick, tick_until
from tests.store.peer import Peer


def test_no_room_for_the_palace(tmp_path: Path):
    """In another process, whose files may not grow."""
    with Peer(tmp_path) as peer:
        goal_id = peer.ask("create")
        before = peer.ask("all")
        peer.ask("room", max(path.stat().st_size for path in palace_file(tmp_path).parent.iterdir()))
        for _ in range(3):
            peer.tell("note", goal_id, "n" * 16_000)
            refusal, message = peer.answer()
            assert refusal == "PalaceUnavailable", message
            assert peer.ask("all") == before
            peer.ask("tick")
        peer.ask("room", None)
        # If it took the palace for gone meanwhile, it finds it again by itself.
        while peer.ask("degraded"):
            peer.ask("tick")
        peer.ask("note", goal_id, "n" * 16_000)
        assert len(peer.ask("all")[0]["notes"]) == 1
    with SyncStore.open(tmp_path) as store:
        assert [revision.number for revision in store.history(goal_id)] == [1, 2]
        store.leave()
        assert examine(store) == []


def test_doctor_finds_that_there_is_no_room(tmp_path: Path):
    """Though nothing was refused yet: what is only begun reaches no disk."""
    with Peer(tmp_path) as peer:
        peer.ask("create")
        peer.ask("leave")
        assert peer.ask("examine") == []
        peer.ask("room", 0)
        (problem,) = peer.ask("examine")
        assert "no change can be written: File too large" in problem
        peer.ask("room", None)
        assert peer.ask("examine") == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with little room, where this user may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    try:
        made = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except OSError:
        made = False
    if not made:
        pytest.skip("mounting a small file system takes root; a limit on the size of files stands in for it above")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def fill(disk: Path) -> Path:
    """Leave no room at all."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        size = 65536
        while size:
            try:
                # A part may fit: then it is the rest that does not.
                if file.write(bytes(size)) < size:
                    raise OSError
            except OSError:
                size //= 2
        os.fsync(file.fileno())
    return filler


def test_a_full_disk(small_disk: Path):
    root = small_disk / "root"
    with SyncStore.open(root) as store:
        goal = store.apply(Create("d"))
        tick(store)
        filler = fill(small_disk)
        # What room there still is in files that are there is soon used up.
        with suppress(PalaceUnavailable):
            for _ in range(200):
                goal = store.apply(Note(goal.id, "n" * 10_000))
        heal(store)
        with pytest.raises(PalaceUnavailable, match="full"):
            store.apply(Note(goal.id, "n" * 10_000))
        assert list(store.all()) == [goal]
        filler.unlink()
        heal(store)
        goal = store.apply(Note(goal.id, "after"))
        store.leave()
        assert fresh(root) == cached(root) == [goal]
        assert examine(store) == []


def test_a_full_disk_for_the_cache_alone(small_disk: Path):
    root = small_disk / "root"
    with SyncStore.open(root) as store:
        goal = store.apply(Create("d"))
        for _ in range(5):
            goal = store.apply(Note(goal.id, "n" * 10_000))
        filler = fill(small_disk)
        tick(store)
        assert store.cache_problem
        assert store.degraded is None
        filler.unlink()
        tick_until(store, lambda: store.cache_problem is None, "the cache is written")
        assert cached(root) == [goal]
        assert [*palace_file(root).parent.glob(".new*")] == []


def test_doctor_finds_a_full_disk(small_disk: Path):
    with SyncStore.open(small_disk / "root") as store:
        store.apply(Create("d"))
        store.leave()
        filler = fill(small_disk)
        (finding,) = examine(store)
        assert finding.problem == "no change can be written: the disk is full"
        filler.unlink()
        assert examine(store) == []


def test_no_room_to_begin_with(small_disk: Path):
    filler = fill(small_disk)
    with SyncStore.open(small_disk / "root") as store:
        assert store.degraded
        assert list(store.all()) == []
        with pytest.raises(PalaceUnavailable):
            store.apply(Create("d"))
        store.leave()
    filler.unlink()
    with SyncStore.open(small_disk / "root") as store:
        store.apply(Create("d"))
        store.leave()
