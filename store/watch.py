"""Wakes the store when another process may have committed."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

TICK_MS = 200
"""The longest time between two ticks: an event can come before the commit is readable, or not at all."""
_HEAD_START_MS = 50
_STEP_MS = 20
"""How often `watchfiles` looks whether events came, which an idle machine pays for: half as often costs half."""
_SOON_MS = 1
"""After an event it is looked at once, then after this long, then after twice as long again, and so on."""
_BUSY_MS = 5
"""Where events come without end they are gathered for so long."""


def ticks(folder: Path, stop: threading.Event) -> Iterator[None]:
    """Yield when a file in ``folder`` changes, a few times more right after it, and at least every `TICK_MS`.

    Ends when ``stop`` is set. Goes on ticking while the folder is gone, and watches it again when it is back.
    """
    # A moment later, so that whoever opened the store gets on first.
    if stop.wait(_HEAD_START_MS / 1000):
        return
    yield
    # Asked here, so that type checkers read both on every system.
    linux = sys.platform == "linux"
    while not stop.is_set():
        try:
            for _ in _told(folder) if linux else _stepping(folder):
                if stop.is_set():
                    return
                yield
                if not folder.is_dir():
                    break
        except (OSError, RuntimeError):
            pass
        if not stop.wait(TICK_MS / 1000):
            yield


def _told(folder: Path) -> Iterator[None]:
    """Sleep until the kernel tells of an event.

    Not `watchfiles`, which wakes fifty times a second to see whether there is one, and then waits for the next step
    to see whether that was all.
    """
    # Only long-lived stores watch; the others should not pay for it.
    from inotify_simple import INotify, flags

    with INotify() as inotify:
        # Closing too: a process that dies may have kept the cache.
        inotify.add_watch(folder, flags.MODIFY | flags.CREATE | flags.DELETE | flags.MOVED_TO | flags.CLOSE_WRITE)
        wait, busy = TICK_MS, False
        while True:
            busy = bool(inotify.read(timeout=wait, read_delay=_BUSY_MS if busy else None))
            # Writing to the log is told of; that what was written is committed by now, is not.
            wait = _SOON_MS if busy else min(2 * wait, TICK_MS)
            yield


def _stepping(folder: Path) -> Iterator[None]:
    """Look for events in steps, where there is no better way."""
    from watchfiles import watch

    # Stopped at a tick, not at each step by ``stop_event``, which would cost as much again.
    for _ in watch(
        folder,
        watch_filter=None,
        step=_STEP_MS,
        debounce=_STEP_MS,
        rust_timeout=TICK_MS,
        yield_on_timeout=True,
        recursive=False,
    ):
        yield
