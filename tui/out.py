"""The command line's only way out: everything goes through `safe`, or is JSON, which the store escapes.

A pipe that nobody reads any more is quiet: what is written to it afterwards goes nowhere, and a verb ends as it
would have ended, with its own exit status.
"""

from __future__ import annotations

import errno
import os
import select
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

from store import GoalStatus, GoalStoreError, judge, to_json
from tui import private
from tui.format import safe, session_name, show_bytes, to_second, verified

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from store import Goal, Revision, SessionLink

_dead: list[TextIO] = []


class OutputError(GoalStoreError):
    """Standard output can't be written; whatever the verb did is done."""

    code = "output_error"

    def __init__(self, reason: str) -> None:
        """Name the reason."""
        self.reason = reason
        super().__init__(
            f"standard output can't be written: {reason}",
            "what the verb changed stays changed; ask for it again with goalgate list, show or history",
        )


def prepare() -> None:
    """Make both streams UTF-8, whatever the locale says: JSON is, and goals are written in every script."""
    _dead.clear()
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # Closed by whoever started us: no file that is opened from now on may take its place.
            os.open(os.devnull, os.O_RDWR)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")


def is_read() -> bool:
    """Return whether somebody still reads standard output: asks the system, since a pipe's reader may just leave."""
    if sys.stdout is None or sys.stdout in _dead:
        return False
    poll = select.poll()
    with suppress(OSError, ValueError):
        poll.register(sys.stdout, 0)
    # Asked for nothing, the system still tells of these.
    return not any(events & (select.POLLERR | select.POLLHUP) for _, events in poll.poll(0))


def require_output() -> None:
    """Raise `OutputError` where standard output was closed from the start, so that nothing can be written to it."""
    if sys.stdout is None:
        raise OutputError("it is closed")


def put(text: str = "") -> None:
    """Write a line, or several, to standard output."""
    require_output()
    _write(sys.stdout, safe(text, multiline=True) + "\n")


def put_json(value: object) -> None:
    """Write a JSON value on one line to standard output."""
    require_output()
    _write(sys.stdout, to_json(value) + "\n")


def put_document(document: str) -> None:
    """Write a JSON document, as the store made it, to standard output."""
    require_output()
    _write(sys.stdout, document)


def put_file(path: Path, document: str, *, over: bool, as_json: bool = False) -> None:
    """Write a JSON document, as the store made it, to a file, whole or not at all; what is there only with ``over``.

    Raises:
        FileExistsError: the file is there, and ``over`` was not asked for.
        OSError: it can't be written, or it is a link, which is never followed.

    """
    data = document.encode()
    if path.is_dir() or path.is_symlink():
        raise OSError(errno.EINVAL, "is a folder" if path.is_dir() else "is a link")
    if not over:
        private.put_new(path, data)
    elif path.is_file() or not path.exists():
        private.replace(path, data)
    else:
        # A device or a named pipe: something to write to, nothing to put another file in the place of.
        with os.fdopen(_open_to_write(path, as_json=as_json), "wb") as file:
            file.write(data)


def _open_to_write(path: Path, *, as_json: bool) -> int:
    """Open a device, or a named pipe, which is waited for where nobody reads it yet."""
    try:
        fd = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno != errno.ENXIO or not path.is_fifo():
            raise
        wait(f"waiting for somebody to read {show_bytes(str(path))}, a named pipe", as_json=as_json)
        return os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    os.set_blocking(fd, True)
    return fd


def warn(text: str) -> None:
    """Write a line to standard error."""
    _write(sys.stderr, safe(f"goalgate: {text}", multiline=True) + "\n")


def wait(text: str, *, as_json: bool) -> None:
    """Write what is waited for to standard error. Beside JSON nothing else may stand there, but for a person to see."""
    if not as_json or (sys.stderr is not None and sys.stderr.isatty()):
        warn(text)


def warn_json(value: object) -> None:
    """Write a JSON value on one line to standard error."""
    _write(sys.stderr, to_json(value) + "\n")


def summary(goal: Goal) -> str:
    """Return a goal in one line: id, status, how many of how many sessions are verified, description."""
    counted = f"{goal.verified_count}/{len(goal.counted)}"
    return f"{goal.id:<18}  {goal.status:<10}  {counted:>7}  {safe(goal.description)}"


def verdict(goal: Goal, asked_at: datetime | None) -> str:
    """Return what the gate says: a line for each session that holds the goal back, or stands on old evidence.

    ``asked_at`` tells when it last changed what the goal asks for, see `store.judge`.
    """
    said = judge(goal, asked_at)
    held = [f"session {session_name(hold.link.session_id)} {hold.why}: {hold.help}" for hold in said.holding]
    old = [
        f"session {session_name(link.session_id)} is verified on evidence older than the newest change of the "
        "description, the criteria, or a reopening"
        for link in said.outdated
    ]
    if goal.status is GoalStatus.DONE:
        head = "passed" if said.passes else f"done against it, {verified(said.verified, said.total)}"
        return "\n    ".join([f"gate: {head}", *old])
    head = "would pass" if said.passes else verified(said.verified, said.total)
    return "\n    ".join([f"gate: {head}", *held, *map(safe, said.lacks), *old])


def closed(goal: Goal, asked_at: datetime | None) -> str | None:
    """Return the line to say of a goal that somebody made done: that it was so already against the gate, or on what.

    ``asked_at`` as for `verdict`.
    """
    said = judge(goal, asked_at)
    if not said.passes:
        held = [f"session {session_name(hold.link.session_id)} {hold.why}" for hold in said.holding]
        why = "; ".join([verified(said.verified, said.total), *held, *map(safe, said.lacks)])
        return f"goal {goal.id} was done already, and the gate would refuse it: {why}"
    if said.outdated:
        sessions = ", ".join(session_name(link.session_id) for link in said.outdated)
        older = "evidence older than the newest change of the description, the criteria, or a reopening"
        return f"goal {goal.id} is done on {older}: {sessions}"
    return None


def revision_line(revision: Revision, before: Goal | None) -> str:
    """Return a revision in one line: number, when, by whom, what changed since ``before``.

    An imported goal keeps its own times, so there it is the time at which it was committed.
    """
    from store import what_changed

    changes = "; ".join(safe(change) for change in what_changed(before, revision.goal, revision.kind))
    return f"{revision.number:>4}  {moment(revision.came_at)}  {safe(revision.actor)}  {changes or 'the same again'}"


def moment(at: datetime) -> str:
    """Return a time, UTC, to the second."""
    return f"{to_second(at)}Z"


def wire_time(at: datetime | None) -> str | None:
    """Return a time, UTC, as JSON has it."""
    return None if at is None else at.replace(tzinfo=None).isoformat() + "Z"


def given(link: SessionLink, first: Revision | None) -> str:
    """Return who gave a link's evidence and when; that it came from elsewhere where nobody here did.

    ``first`` is the goal's first revision, where it is known.
    """
    if link.evidence_by is None:
        return "imported"
    when = f", {moment(link.evidence_at)}" if link.evidence_at is not None else ""
    said = "imported, said to be " if first is not None and first.brought(link) else ""
    return f"{said}by {safe(link.evidence_by)}{when}"


def indented(text: str) -> str:
    """Return text over several lines, each set in."""
    return "\n".join(f"    {safe(line)}" for line in text.rstrip("\n").split("\n"))


def _write(stream: TextIO | None, text: str) -> None:
    # A stream that was closed from the start is None.
    if stream is None or stream in _dead:
        return
    try:
        stream.write(text)
        # A watcher's line is of use when it comes, and a pipe that closed should be noticed now.
        stream.flush()
    except OSError as error:
        _hush(stream)
        if stream is sys.stdout and not isinstance(error, BrokenPipeError):
            raise OutputError(error.strerror or str(error)) from error


def _hush(stream: TextIO) -> None:
    """Let what is written to a stream from now on, and what it still holds, go nowhere."""
    _dead.append(stream)
    with suppress(OSError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, stream.fileno())
        os.close(nothing)
