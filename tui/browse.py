"""Opens an address outside of the console, whose terminal no browser may take."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from contextlib import suppress
from contextvars import copy_context
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_PATIENCE: Final = 5.0
"""Seconds after which a browser that is still there is one that shows the page."""


def browse(address: str, failed: Callable[[], object]) -> None:
    """Have a browser open an address, and go on; ``failed`` is called on the event loop where none took it.

    Which browser, the standard library's ``webbrowser`` says: the desktop's, or what ``BROWSER`` names.
    """
    # A thread has no context of its own, and without the app in it timers break off.
    loop, context = asyncio.get_running_loop(), copy_context()

    def tell() -> None:
        with suppress(RuntimeError):  # it has ended
            loop.call_soon_threadsafe(failed, context=context)

    # Nobody waits for it: some browsers go on until they are closed.
    threading.Thread(target=_browse, args=(address, tell), name="goalgate-browser", daemon=True).start()


def _browse(address: str, failed: Callable[[], object]) -> None:
    # In a process and a session of its own: some ask for a terminal.
    code = "import sys, webbrowser; sys.exit(not webbrowser.open(sys.argv[1]))"
    with (
        subprocess.Popen(
            [sys.executable, "-I", "-c", code, address],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process,
        suppress(subprocess.TimeoutExpired),
    ):
        if process.wait(_PATIENCE):
            failed()
