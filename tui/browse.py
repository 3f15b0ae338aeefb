"""Opens an address outside of the console, whose terminal no browser may take."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

_PATIENCE: Final = 5.0
"""Seconds after which a browser that is still there is one that shows the page."""


def opens(address: str) -> bool:
    """Return whether a browser took an address; may take some seconds.

    Which one, the standard library's ``webbrowser`` says: the desktop's, or what ``BROWSER`` names.
    """
    # In a process and a session of its own: some wait until they are closed, others ask for a terminal.
    code = "import sys, webbrowser; sys.exit(not webbrowser.open(sys.argv[1]))"
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", code, address],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return process.wait(_PATIENCE) == 0
    except subprocess.TimeoutExpired:
        # It ends with the browser, and nobody waits for it.
        process.returncode = 0
        return True
