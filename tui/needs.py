"""Which goal needs the operator, and why: pure, goal -> need.

The order of the kinds is the order of the board. ASKING, CLAIMS and SILENT have their ranks in CONSOLE.md;
nothing tells them yet, so nothing here says them.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from store import GoalStatus, SessionTaskState, judge
from tui.format import first_line, last_words, session_name
from tui.hints import key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from store import Goal, SessionLink


_LEAST = 10
"""Characters of a note that say something."""
_NAME = 12
"""Characters of a session's name before a note."""


class Kind(IntEnum):
    """What a goal wants, by rank: the smaller, the sooner."""

    # 1 is ASKING's, 4 is CLAIMS', 6 is SILENT's.
    FAILED = 2
    """Open, and a session failed."""
    READY = 3
    """Open, and the gate would pass."""
    BLOCKED = 5
    """Somebody said that it is blocked."""
    RUNNING = 7
    PENDING = 8
    CLOSED = 9

    @property
    def needs_you(self) -> bool:
        """Whether it waits for the operator."""
        return self < Kind.RUNNING


class Need(NamedTuple):
    """What a goal wants, and why."""

    kind: Kind
    why: tuple[str, ...]
    """The reason and the key that helps, in words: the same thing, ever shorter, for ever less room."""


def kind_of(goal: Goal) -> Kind:
    """Return what ``goal`` wants: the first that applies."""
    if goal.closed:
        return Kind.CLOSED
    if any(link.state is SessionTaskState.FAILED for link in goal.counted):
        return Kind.FAILED
    if judge(goal).passes:
        return Kind.READY
    if goal.status is GoalStatus.BLOCKED:
        return Kind.BLOCKED
    return Kind.PENDING if goal.status is GoalStatus.PENDING else Kind.RUNNING


def assess(goal: Goal, note: str | None = None, asked_at: datetime | None = None) -> Need:
    """Return what ``goal`` wants, and why; the words are safe to print.

    Args:
        goal: the goal.
        note: the one that it was blocked with, or that came with its newest failure: one line, safe already, empty
            where there is none, ``None`` where that is not known. Its history tells, see `tui.since`.
        asked_at: when it last changed what the goal asks for, see `store.judge`.

    """
    kind = kind_of(goal)
    match kind:
        case Kind.FAILED:
            why = _failed(goal, note)
        case Kind.READY:
            said, close = judge(goal, asked_at), key("goal.close")
            # What the work is worth outweighs that somebody once waited for something; but it is said.
            why = (f"close: {close}   {said.verified} of {said.total} verified", f"close: {close}")
            if said.outdated:
                # The verdict says older than what.
                why = (f"close: {close}   evidence older than criteria", f"close: {close}   old evidence", *why[1:])
            if goal.status is GoalStatus.BLOCKED:
                why = (f"close: {close}   though it is blocked", f"close: {close}   blocked", f"close: {close}")
        case Kind.BLOCKED:
            told, note_key = blocked_with(goal, note), key("goal.note")
            why = (f'"{told}"',) if told else (f"no note says why: {note_key} note", f"no reason: {note_key}")
        case Kind.RUNNING | Kind.PENDING:
            why = _under_way(goal)
        case _:
            why = _closed(goal)
    return Need(kind, why)


def blocked_with(goal: Goal, note: str | None) -> str:
    """Return why a goal is blocked, in one safe line: the ``note`` that came with it, or the last where none is known.

    Empty where nobody said why.
    """
    if note is None:
        # Its history can't be read, or not yet.
        return _last_note(goal) if goal.notes else ""
    return note


def _last_note(goal: Goal) -> str:
    return first_line(goal.notes[-1])


def _failed(goal: Goal, note: str | None) -> tuple[str, ...]:
    failed = [link for link in goal.counted if link.state is SessionTaskState.FAILED]
    names, u = [session_name(link.session_id) for link in failed], key("goal.update")
    told: tuple[str, ...] = (f"{names[0]} failed: {u} update", f"{names[0]} failed: {u}", f"1 failed: {u}")
    who, brief = f"{names[0]} failed", _short(names[0])
    if len(names) > 1:
        shorter = (f"{', '.join(names[:shown])} +{len(names) - shown}" for shown in range(len(names) - 1, 0, -1))
        some = (", ".join(names), *shorter)
        who, brief = f"{len(names)} failed, the last", f"last of {len(names)}"
        told = (*(f"{len(names)} failed: {named}: {u}" for named in some[-8:]), f"{len(names)} failed: {u}")
    if not note:
        # Nobody said why with it: what the session showed may.
        shown = ((session_name(link.session_id), last_words(link.evidence or "")) for link in reversed(failed))
        name, note = next(((name, words) for name, words in shown if words), ("", ""))
        if not note:
            return told
        if len(names) > 1:
            who, brief = f"{len(names)} failed, {name}", _short(name)
    # The board says beside it that it failed, and below who did: where there is no room for all, why is worth more.
    room = len(brief) + 2 + _LEAST
    quotes = (f'{who}: "{note}": {u}', *_quotes(f"{brief}: ", note, 160), *_quotes("", note, room))
    return (*quotes, *(words for words in told if len(words) < len(quotes[-1])))


def _short(name: str) -> str:
    """Return a session's name with its middle left out, where it is long: the ends tell it from others."""
    return name if len(name) <= _NAME else f"{name[: _NAME // 2]}…{name[1 - _NAME // 2 :]}".replace("\u200d", "")


def _quotes(before: str, note: str, most: int) -> Iterator[str]:
    """Yield the note in quotes between some words and the key that helps: whole, then in ever fewer characters."""
    u = key("goal.update")
    if before or _LEAST <= len(note) <= most:
        yield f'{before}"{note}": {u}'
    length = min(len(note), most) - 1
    while length >= _LEAST:
        # What joins two pictures should not stand alone.
        cut = note[:length].rstrip(" \u200d")
        yield f'{before}"{cut}…": {u}'
        length -= 1 + length // 20


def _under_way(goal: Goal) -> tuple[str, ...]:
    if not goal.sessions:
        link = key("goal.link")
        return (f"no session yet: {link} link", f"no session: {link}")
    holding = [hold.link for hold in judge(goal).holding]
    parts = [
        _said("running", [link for link in holding if link.state is SessionTaskState.RUNNING]),
        _said("launched", [link for link in holding if link.state is SessionTaskState.LAUNCHED]),
        # Only a goal from elsewhere holds such a link, and nobody else will put it right.
        _said(
            f"without evidence: {key('goal.update')}",
            [link for link in holding if link.state is SessionTaskState.VERIFIED],
        ),
    ]
    return (", ".join(filter(None, parts)), f"{len(holding)} to verify")


def _said(what: str, links: Sequence[SessionLink]) -> str:
    if not links:
        return ""
    return f"{session_name(links[0].session_id) if len(links) == 1 else len(links)} {what}"


def _closed(goal: Goal) -> tuple[str, ...]:
    verdict = judge(goal)
    if goal.status is GoalStatus.DONE and not verdict.passes:
        return (
            f"done against the gate: {verdict.verified} of {verdict.total} verified",
            f"done, {verdict.verified}/{verdict.total} verified",
        )
    return (f'"{_last_note(goal)}"',) if goal.notes else ("no note",)
