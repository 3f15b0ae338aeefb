"""What goes wrong is written down: a log, and a file for each crash. Private, and without local variables.

Textual's own report of a crash prints every frame's local variables, and those hold goals, evidence and whatever
stood in it. Ours says the reason in one line, and where the rest is.
"""

from __future__ import annotations

import logging
import os
import re
import signal
import sys
import traceback
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING

from store import append_private, private_folder, way_out, write_new
from tui import private
from tui.format import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from store import GoalStore

ENDING = tuple(
    getattr(signal, name)
    for name in ("SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGVTALRM", "SIGPROF")
)
"""The signals that end a process that does not say otherwise, but for those that a fault of its own brings."""
CRASHES = 10
"""Crash files that are kept, the newest."""
_CRASH = re.compile(r"crash-\d{8}T\d{6}\.\d{6}-\d+\.txt")
LOG_SIZE = 1 << 20
"""Bytes of a log file; one older one is kept."""
log = logging.getLogger("goalgate")
"""Where the console says what it saw: palace lost and back, cache set aside, crashes."""
# Python writes what is logged to standard error where there is no handler, as in a verb, which starts no log.
log.addHandler(logging.NullHandler())


def condition_of(store: GoalStore) -> str:
    """Return what must not be overlooked of a store's condition, and what to do; nothing where all is well."""
    if store.degraded:
        help_ = way_out(store.degraded) or "goalgate doctor says more"
        shown = (
            "What is shown is what stands in it; as soon as it can be written it goes on by itself."
            if store.read_only
            else "What is shown is what was known last; as soon as the palace is back it goes on by itself."
        )
        return f"degraded, changes are refused: {store.degraded}. What to do: {help_}. {shown}"
    if store.cache_problem:
        return (
            f"goals.json can't be written: {store.cache_problem}. Nothing is lost, the palace has every change; "
            "it is tried again by itself."
        )
    if store.replaced:
        return (
            "another palace is in the place of the one that was opened: its histories are others. If that was not "
            "meant, end all that use the palace, then put the old one's files back, all of them."
        )
    return ""


def folder() -> Path:
    """Return the folder of log and crash files, the platform's for logs of applications; nothing is made."""
    return private.platform_folder("log")


def start_log() -> None:
    """Write the log to its file from now on; without one where it can't be made."""
    log.propagate = False
    log.setLevel(logging.INFO)
    # Where nothing better can be had, nothing may go to the screen either.
    handler: logging.Handler = logging.NullHandler()
    with suppress(OSError):
        private_folder(folder())
        handler = _PrivateLog(folder() / "goalgate.log", maxBytes=LOG_SIZE, backupCount=1, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(message)s"))
    log.addHandler(handler)


class _PrivateLog(RotatingFileHandler):
    """A log that only its user can read, written through no link and into no named pipe."""

    def _open(self) -> TextIOWrapper:
        return os.fdopen(append_private(Path(self.baseFilename)), "a", encoding="utf-8", errors="backslashreplace")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - so it is called
        """Let a line go that can't be written, to a full disk, say: logging would tell so on the screen."""


@contextmanager
def screen_of_its_own() -> Iterator[None]:
    """Keep the terminal for the console: what else is written to it, by a library or a browser, goes nowhere."""
    before = sys.stdout, sys.__stdout__, sys.stderr, sys.__stderr__
    kept = os.dup(1), os.dup(2)
    ours = [_Terminal(os.fdopen(fd, "wb"), "utf-8", "backslashreplace", line_buffering=True) for fd in kept]
    nothing = os.open(os.devnull, os.O_WRONLY)
    try:
        for fd in (1, 2):
            os.dup2(nothing, fd)
        sys.stdout = sys.__stdout__ = ours[0]  # type: ignore[misc]
        sys.stderr = sys.__stderr__ = ours[1]  # type: ignore[misc]
        yield
    finally:
        sys.stdout, sys.__stdout__, sys.stderr, sys.__stderr__ = before  # type: ignore[misc]
        for fd, stream in enumerate(ours, 1):
            stream.flush()
            os.dup2(stream.fileno(), fd)
            with suppress(OSError):
                stream.close()
        os.close(nothing)


class _Terminal(TextIOWrapper):
    """A terminal that may be gone. What is written to it then goes nowhere; the console is told, and ends."""

    def write(self, text: str, /) -> int:
        with suppress(OSError):
            return super().write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            super().flush()


def record_crash(error: BaseException) -> str:
    """Keep where a crash happened, and return the reason, and the file's name, in one safe line."""
    reason = safe("".join(traceback.format_exception_only(error)).strip())[:500]
    line = f"an error of goalgate's own: {reason}"
    log.error(line)
    try:
        private_folder(folder())
        path = folder() / f"crash-{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{os.getpid()}.txt"
        write_new(path, [f"{reason}\n\n{_frames(error)}".encode(errors="backslashreplace")], durable=False)
    except OSError as trouble:
        return f"{line} (it could not be written down in {folder()}: {trouble.strerror})"
    _let_go_of_old_crashes()
    return f"{line}; the details are in {path}"


def _frames(error: BaseException) -> str:
    """Return the frames of an error and of what caused it: files, lines and names, and no values."""
    parts = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        parts.append(f"{type(current).__name__}\n" + "".join(traceback.format_tb(current.__traceback__)))
        current = current.__cause__ or current.__context__
    return "\nwhile handling\n".join(parts)


def _let_go_of_old_crashes() -> None:
    """Remove the crash files that are older than the newest ten."""
    with suppress(OSError):
        # Their names begin with the time.
        ours = sorted(path for path in folder().iterdir() if _CRASH.fullmatch(path.name))
        for path in ours[:-CRASHES]:
            path.unlink(missing_ok=True)
