"""Wakes the store when another process may have committed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

TICK_MS = 200
"""The longest time between two ticks: an event can come before the commit is readable, or not at all."""
_HEAD_START_MS = 50
_STEP_MS = 20
"""How often it is looked whether events came, which an idle machine pays for: half as often costs half."""


def ticks(folder: Path, stop: threading.Event) -> Iterator[None]:
    """Yield when a file in ``folder`` changes, and at least every `TICK_MS`, until ``stop`` is set.

    Goes on ticking while the folder is gone, and watches it again when it is back.
    """
    # A moment later, so that whoever opened the store gets on first.
    if stop.wait(_HEAD_START_MS / 1000):
        return
    yield
    # Only long-lived stores watch; the others should not pay for it.
    from watchfiles import watch

    while not stop.is_set():
        try:
            for _ in watch(
                folder,
                watch_filter=None,
                step=_STEP_MS,
                debounce=_STEP_MS,
                rust_timeout=TICK_MS,
                yield_on_timeout=True,
                recursive=False,
            ):
                # Asked at each tick, not at each step by ``stop_event``, which would cost as much again.
                if stop.is_set():
                    return
                yield
                if not folder.is_dir():
                    break
        except (OSError, RuntimeError):
            pass
        if not stop.wait(TICK_MS / 1000):
            yield
