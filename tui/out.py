"""The command line's only way out: everything goes through `safe`, or is JSON, which the store escapes."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TextIO

from store import to_json
from tui.format import safe

if TYPE_CHECKING:
    from store import Goal


def prepare() -> None:
    """Make both streams UTF-8, whatever the locale says: JSON is, and goals are written in every script."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")


def put(text: str = "") -> None:
    """Write a line, or several, to standard output."""
    _write(sys.stdout, safe(text, multiline=True))


def put_json(value: object) -> None:
    """Write a JSON value on one line to standard output."""
    _write(sys.stdout, to_json(value))


def put_document(document: str) -> None:
    """Write a JSON document, as the store made it, to standard output."""
    sys.stdout.write(document)


def warn(text: str) -> None:
    """Write a line to standard error."""
    _write(sys.stderr, safe(f"goalgate: {text}", multiline=True))


def warn_json(value: object) -> None:
    """Write a JSON value on one line to standard error."""
    _write(sys.stderr, to_json(value))


def summary(goal: Goal) -> str:
    """Return a goal in one line: id, status, how many of how many sessions are verified, description."""
    counted = f"{goal.verified_count}/{len(goal.sessions)}"
    return f"{goal.id:<18}  {goal.status:<10}  {counted:>7}  {safe(goal.description)}"


def hush() -> None:
    """After a closed pipe: let nothing be written when Python flushes its streams on leaving."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    os.close(nothing)


def _write(stream: TextIO, line: str) -> None:
    stream.write(line + "\n")
    # A watcher's line is of use when it comes, and a pipe that closed should be noticed now.
    stream.flush()
