"""Waking when something happens in a folder, by whichever way the system has."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager

import pytest

from store import Create, SyncStore, watch
from tests.store.helpers import wait_until

WAYS = [
    pytest.param(watch.Watch._told, marks=pytest.mark.skipif(sys.platform != "linux", reason="only Linux has inotify")),
    watch.Watch._stepping,
]


@pytest.fixture(autouse=True)
def _nothing_but_events(monkeypatch):
    """Without an event, a tick would take longer than any test may."""
    monkeypatch.setattr(watch, "TICK_MS", 3_600_000)
    monkeypatch.setattr(watch, "QUIET_MS", 3_600_000)


@contextmanager
def written(log):
    """Have somebody append to a file, again and again, for the length of the block."""
    enough = threading.Event()

    def write():
        while not enough.wait(0.05):
            with log.open("ab") as file:
                file.write(b"2")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        enough.set()
        writer.join()


@pytest.mark.parametrize("way", WAYS)
def test_an_event_is_a_tick(tmp_path, way):
    log = tmp_path / "palace.db-wal"
    log.write_bytes(b"1")
    ticks = way(watch.Watch(tmp_path))
    with written(log):
        next(ticks)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has inotify")
def test_what_is_not_readable_at_the_event_is_looked_for_again_soon(tmp_path):
    ticks = watch.Watch(tmp_path)._told()
    timer = threading.Timer(0.1, (tmp_path / "file").touch)
    timer.start()
    # The first is the event; the others would take an hour each if nobody looked again.
    for _ in range(6):
        next(ticks)


def test_no_tick_after_the_end(tmp_path):
    watching = watch.Watch(tmp_path)
    watching.stop()
    assert list(watching) == []


def test_goes_on_when_the_folder_comes_back(tmp_path, monkeypatch):
    monkeypatch.setattr(watch, "TICK_MS", 20)
    folder = tmp_path / "palace"
    ticks = iter(watch.Watch(folder))
    for _ in range(3):
        next(ticks)
    folder.mkdir()
    with written(folder / "file"):
        # One more may be of looking for the folder.
        for _ in range(4):
            next(ticks)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has inotify")
def test_stopping_wakes_who_waits_for_an_event(tmp_path):
    watching = watch.Watch(tmp_path)
    ticking = threading.Thread(target=list, args=(watching,), daemon=True)
    ticking.start()
    # Wherever it is by then: the head start, before its first event, or asleep.
    ticking.join(0.3)
    assert ticking.is_alive()
    watching.stop()
    ticking.join(60)
    assert not ticking.is_alive()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has inotify")
def test_a_folder_that_is_moved_away_is_told_of(tmp_path, monkeypatch):
    folder = tmp_path / "palace"
    folder.mkdir()
    ticks = iter(watching := watch.Watch(folder))
    next(ticks)
    monkeypatch.setattr(watch, "TICK_MS", 20)
    timer = threading.Timer(0.2, folder.rename, (tmp_path / "elsewhere",))
    timer.start()
    # The event; those after it are of looking for the folder again.
    for _ in range(5):
        next(ticks)
    watching.stop()
    assert not list(ticks)


def replaced(folder):
    """Another folder in its place, as when a copy is put back."""
    other = folder.with_name("new")
    other.mkdir()
    folder.rename(folder.with_name("old"))
    other.rename(folder)


def with_all_above(folder):
    other = folder.parent.with_name("new")
    (other / folder.name).mkdir(parents=True)
    folder.parent.rename(folder.parent.with_name("old"))
    other.rename(folder.parent)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has inotify")
@pytest.mark.parametrize("change", [replaced, with_all_above])
def test_the_folder_that_is_there_now_is_watched(change, tmp_path, monkeypatch):
    monkeypatch.setattr(watch, "TICK_MS", 20)
    # Nobody tells of what happens further up.
    monkeypatch.setattr(watch, "QUIET_MS", 3_000 if change is with_all_above else 3_600_000)
    folder = tmp_path / "palaces" / "palace"
    folder.mkdir(parents=True)
    watching = watch.Watch(folder)
    ticks: list[None] = []
    ticking = threading.Thread(target=lambda: ticks.extend(watching), daemon=True)
    ticking.start()
    with written(folder / "file"):
        wait_until(lambda: len(ticks) > 5, "it is watched")
    change(folder)
    before = len(ticks)
    with written(folder / "file"):
        # Without events there would be a tick after twice as long each time.
        wait_until(lambda: len(ticks) > before + 60, "the new one is watched")
    watching.stop()
    ticking.join(60)
    assert not ticking.is_alive()


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel")
def test_who_only_asks_for_the_cache_wakes_nobody(tmp_path):
    """Two consoles that woke each other, by the lock that one of them could not have, took a tenth of a core each."""
    from inotify_simple import INotify, flags

    with SyncStore.open(tmp_path) as keeper, SyncStore.open(tmp_path) as other, INotify() as inotify:
        keeper.apply(Create("Ship the parser"))
        keeper.keep()
        other.catch_up()
        inotify.add_watch(other.palace.folder, flags.MODIFY | flags.CREATE | flags.DELETE | flags.CLOSE_WRITE)
        for _ in range(3):
            assert other.must_keep
            other.keep()
        assert inotify.read(timeout=300) == []
