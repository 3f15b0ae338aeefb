"""Wakes the store when another process may have committed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

TICK_MS = 100
"""The longest time between two ticks: an event can come before the commit is readable, or not at all."""


def ticks(folder: Path, stop: threading.Event) -> Iterator[None]:
    """Yield when a file in ``folder`` changes, and at least every `TICK_MS`, until ``stop`` is set.

    Goes on ticking while the folder is gone, and watches it again when it is back.
    """
    # Only long-lived stores watch; the others should not pay for it.
    from watchfiles import watch

    while not stop.is_set():
        try:
            for _ in watch(
                folder,
                watch_filter=None,
                step=10,
                debounce=30,
                rust_timeout=TICK_MS,
                yield_on_timeout=True,
                recursive=False,
                stop_event=stop,
            ):
                yield
                if not folder.is_dir():
                    break
        except (OSError, RuntimeError):
            pass
        if not stop.wait(TICK_MS / 1000):
            yield
