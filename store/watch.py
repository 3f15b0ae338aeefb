"""Wakes the store when another process may have committed."""

from __future__ import annotations

import sys
import threading
from contextlib import suppress
from functools import partial
from os.path import samestat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TICK_MS = 200
"""The longest time between two ticks, where it has to be asked whether there are events, or the folder is gone."""
QUIET_MS = 1000
"""The same where the kernel tells of them: an event can come before the commit is readable, or not at all."""
_HEAD_START_MS = 50
_STEP_MS = 20
"""How often `watchfiles` looks whether events came, which an idle machine pays for: half as often costs half."""
_SOON_MS = 1
"""After an event it is looked at once, then after this long, then after twice as long again, and so on."""
_BUSY_MS = 5
"""Where events come without end they are gathered for so long."""


class Watch:
    """Ticks when a file in a folder changes, a few times more right after it, and now and then without.

    Goes on ticking while the folder is gone, and watches it again when it is back.
    """

    def __init__(self, folder: Path) -> None:
        """Watch ``folder`` for whoever iterates over this, once, in any thread."""
        self._folder = folder
        self._stopped = threading.Event()
        self._wake: Callable[[], object] = bool

    def stop(self) -> None:
        """End the ticks, at once where the kernel tells of events; from any thread."""
        self._stopped.set()
        # The folder, or what told of it, may be gone.
        with suppress(OSError, ValueError):
            self._wake()

    def __iter__(self) -> Iterator[None]:
        """Yield at each tick, until it is stopped."""
        # A moment later, so that whoever opened the store gets on first.
        if self._stopped.wait(_HEAD_START_MS / 1000):
            return
        yield
        # Asked here, so that type checkers read both on every system.
        linux = sys.platform == "linux"
        while not self._stopped.is_set():
            watched = None
            with suppress(OSError):
                watched = self._folder.stat()
            try:
                for _ in self._told() if linux else self._stepping():
                    if self._stopped.is_set():
                        return
                    yield
                    # Another folder in its place is not told of by what watches the old one.
                    if watched is None or not samestat(watched, self._folder.stat()):
                        break
            except (OSError, RuntimeError):
                pass
            if not self._stopped.wait(TICK_MS / 1000):
                yield

    def _told(self) -> Iterator[None]:
        """Sleep until the kernel tells of an event.

        Not `watchfiles`, which wakes fifty times a second to see whether there is one, and then waits for the next
        step to see whether that was all.
        """
        # Only long-lived stores watch; the others should not pay for it.
        from inotify_simple import INotify, flags

        # Closing too: a process that dies, and its palace's log with it, may have kept the cache.
        written = flags.MODIFY | flags.CREATE | flags.DELETE | flags.MOVED_TO | flags.CLOSE_WRITE
        with INotify() as inotify:
            watched = inotify.add_watch(self._folder, written | flags.MOVE_SELF)
            # To stop watching is an event too.
            self._wake = partial(inotify.rm_watch, watched)
            wait, busy = QUIET_MS, False
            while not self._stopped.is_set():
                busy = bool(inotify.read(timeout=wait, read_delay=_BUSY_MS if busy else None))
                # Writing to the log is told of; that what was written is committed by now, is not.
                wait = _SOON_MS if busy else min(2 * wait, QUIET_MS)
                yield

    def _stepping(self) -> Iterator[None]:
        """Look for events in steps, where there is no better way."""
        from watchfiles import watch

        # Stopped at a tick, not at each step by ``stop_event``, which would cost as much again.
        for _ in watch(
            self._folder,
            watch_filter=None,
            step=_STEP_MS,
            debounce=_STEP_MS,
            rust_timeout=TICK_MS,
            yield_on_timeout=True,
            recursive=False,
        ):
            yield
