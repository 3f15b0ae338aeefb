"""Whether a goal is done, in words: the verdict, who holds it back, and what each session showed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from store import GoalStatus, SessionTaskState, judge
from tui.cells import cell_len, clip, clip_middle, fit
from tui.format import SESSION_GLYPHS, first_line, last_words, safe, session_name, size, verified
from tui.hints import key
from tui.needs import Kind, blocked_with, kind_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from store import Goal, Hold, SessionLink, Verdict

TONES = {
    "verified": "$text-success",
    "running": "$text-primary",
    "launched": "$text-muted",
    "failed": "bold $text-error",
}
"""The colour of a session's state."""

_URGENT = ("failed", "running", "verified", "launched")
"""The states of sessions that hold a goal back, the most urgent first: what there is to do."""

_NAMED = 3
"""Sessions that the verdict names; the rest are counted."""
_NAME = 24
"""Cells of a session's name in it."""
_QUOTED = 100
"""Cells of a note in it."""

Line = list[tuple[str, str]]


def by_urgency(goal: Goal) -> list[SessionLink]:
    """Return a goal's sessions: those that hold it back, the most urgent first, then the others.

    Of those that failed, the first is the one that `tui.needs.assess` quotes where nobody said why.
    """

    def rank(numbered: tuple[int, SessionLink]) -> tuple[bool, int, bool, int]:
        at, link = numbered
        failed = link.state is SessionTaskState.FAILED
        silent = failed and not last_words(link.evidence or "")
        return link.proven or goal.is_superseded(link), _URGENT.index(link.state), silent, -at if failed else at

    return [link for _, link in sorted(enumerate(goal.sessions), key=rank)]


def holders(verdict: Verdict) -> Sequence[Hold]:
    """Return what holds a goal back, the most urgent first."""
    return sorted(verdict.holding, key=lambda hold: _URGENT.index(hold.link.state))


def named(link: SessionLink, width: int) -> str:
    """Return a session's name in ``width`` cells."""
    return fit(clip_middle(session_name(link.session_id), width), width)


def quoted(link: SessionLink) -> str:
    """Return what a session showed, in one safe line: its first, or what came of it where it failed."""
    # Of a failure, why: what it begins with is a pull request's address, as everywhere.
    words = last_words(link.evidence or "") if link.state is SessionTaskState.FAILED else ""
    return words or first_line(link.evidence or "")


def session_line(goal: Goal, link: SessionLink, width: int, name: int = 12, pad: str = " ") -> Line:
    """Return a session in one line: state, name, what it showed, what it is to do; or who took that over."""
    tone = TONES[link.state]
    head = f"{pad}{SESSION_GLYPHS[link.state]} {named(link, name)} {fit(link.state.value, 8)} "
    room = width - cell_len(head)
    task = safe(link.task)
    if goal.is_superseded(link):
        return [(head, "$text-muted"), (clip(f"{superseded(link)}  {task}", room), "$text-muted")]
    if not link.has_evidence or link.evidence is None:
        said = f"no evidence  {task}"
    else:
        long = f" ({size(len(link.evidence))})" if "\n" in link.evidence.strip() else ""
        said = f'"{quoted(link)}"{long}  {task}'
    return [(head, tone), (clip(said, room), "$text" if link.proven else "$text-muted")]


def superseded(link: SessionLink) -> str:
    """Return in safe words who took a session's work over."""
    return f"superseded by {session_name(link.superseded_by or '')}"


def given_by(link: SessionLink) -> str:
    """Return who gave a session's evidence, in safe words to go on with; nothing where there is none."""
    if not link.has_evidence:
        return ""
    return ", imported" if link.evidence_by is None else f", by {safe(link.evidence_by)}"


def failed(goal: Goal) -> list[SessionLink]:
    """Return the sessions that failed, without those that are superseded."""
    return [link for link in goal.counted if link.state is SessionTaskState.FAILED]


def old_evidence(said: Verdict) -> str:
    """Return in safe words whose evidence is older than what the goal asks for; nothing where none is."""
    names = [_name(link) for link in said.outdated]
    if not names:
        return ""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"evidence of {', '.join(names[:_NAMED])}{more} is older than the criteria or the reopening"


def verdict(goal: Goal, note: str | None = None, asked_at: datetime | None = None) -> Content:
    """Return in words whether the goal is done, and why (not); by the rule that the board goes by, `kind_of`.

    Args:
        goal: the goal.
        note: the one that it was blocked with, or that came with its newest failure, see `tui.needs.assess`.
        asked_at: when it last changed what the goal asks for, see `store.judge`.

    """
    said, kind = judge(goal, asked_at), kind_of(goal)
    proof = verified(said.verified, said.total)
    if old := old_evidence(said):
        proof = f"{proof} · {old}"
    blocked = goal.status is GoalStatus.BLOCKED
    if goal.status is GoalStatus.DONE:
        if said.passes:
            return Content.assemble(("DONE  ", "bold $text-success"), proof)
        return Content.assemble(("DONE, AGAINST THE GATE  ", "bold $text-error"), proof)
    if goal.status is GoalStatus.ABANDONED:
        return Content.assemble(("ABANDONED  ", "bold $text-muted"), proof)
    if kind is Kind.READY:
        though = " · though it is blocked" if blocked else ""
        return Content.assemble(
            ("READY TO CLOSE  ", "bold $text-success"), f"{proof} · {key('goal.close')} closes it{though}"
        )
    names = [f"{_name(hold.link)} {hold.why}" for hold in holders(said) if hold.link not in failed(goal)]
    rest = [f"{len(names) - _NAMED} more hold it back"] if len(names) > _NAMED else []
    why = [*names[:_NAMED], *rest, *said.lacks]
    if kind is Kind.FAILED:
        parts = [proof, *_failures(goal, note), *(["it is blocked too"] if blocked else []), *why]
        return Content.assemble(("FAILED  ", "bold $text-error"), " · ".join(parts))
    if kind is Kind.BLOCKED:
        told = blocked_with(goal, note)
        parts = [proof, _quoted(told) if told else "no note says why", *why]
        return Content.assemble(("BLOCKED  ", "bold $text-warning"), " · ".join(parts))
    return Content.assemble(("NOT DONE  ", "bold $text-warning"), " · ".join([proof, *why]))


def _failures(goal: Goal, note: str | None) -> list[str]:
    """Return who failed, and what was said of the last of them."""
    names = [_name(link) for link in failed(goal)]
    if len(names) == 1:
        return [f"{names[0]} failed: {_quoted(note)}" if note else f"{names[0]} failed"]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    told = f"{len(names)} failed: {', '.join(names[:_NAMED])}{more}"
    return [told, f"the last: {_quoted(note)}"] if note else [told]


def _name(link: SessionLink) -> str:
    return clip_middle(session_name(link.session_id), _NAME)


def _quoted(note: str) -> str:
    return f'"{clip(note, _QUOTED)}"'
