"""Waking when something happens in a folder, by whichever way the system has."""

from __future__ import annotations

import sys
import threading

import pytest

from store import watch

WAYS = [
    pytest.param(watch._told, marks=pytest.mark.skipif(sys.platform != "linux", reason="only Linux has inotify")),
    watch._stepping,
]


@pytest.fixture(autouse=True)
def _nothing_but_events(monkeypatch):
    """Without an event, a tick would take longer than any test may."""
    monkeypatch.setattr(watch, "TICK_MS", 3_600_000)


@pytest.mark.parametrize("way", WAYS)
def test_an_event_is_a_tick(tmp_path, way):
    log = tmp_path / "palace.db-wal"
    log.write_bytes(b"1")
    ticks = way(tmp_path)
    told = threading.Event()

    def write():
        while not told.wait(0.05):
            with log.open("ab") as file:
                file.write(b"2")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        next(ticks)
    finally:
        told.set()
        writer.join()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has inotify")
def test_what_is_not_readable_at_the_event_is_looked_for_again_soon(tmp_path):
    ticks = watch._told(tmp_path)
    timer = threading.Timer(0.1, (tmp_path / "file").touch)
    timer.start()
    # The first is the event; the others would take an hour each if nobody looked again.
    for _ in range(6):
        next(ticks)


def test_no_tick_after_the_end(tmp_path):
    stop = threading.Event()
    stop.set()
    assert list(watch.ticks(tmp_path, stop)) == []


def test_goes_on_when_the_folder_comes_back(tmp_path, monkeypatch):
    monkeypatch.setattr(watch, "TICK_MS", 20)
    folder, stop = tmp_path / "palace", threading.Event()
    ticks = watch.ticks(folder, stop)
    for _ in range(3):
        next(ticks)
    folder.mkdir()
    for _ in range(3):
        next(ticks)
    monkeypatch.setattr(watch, "TICK_MS", 3_600_000)
    timer = threading.Timer(0.2, (folder / "file").touch)
    timer.start()
    for _ in range(4):
        next(ticks)
