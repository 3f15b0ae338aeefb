"""Whether a goal is done, in words: the verdict, who holds it back, and what each session showed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from store import GoalStatus, judge
from tui.cells import cell_len, clip, clip_middle, fit
from tui.format import SESSION_GLYPHS, count, first_line, safe, size

if TYPE_CHECKING:
    from collections.abc import Sequence

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

Line = list[tuple[str, str]]


def by_urgency(goal: Goal) -> list[SessionLink]:
    """Return a goal's sessions: those that hold it back, the most urgent first, then the others."""
    return sorted(goal.sessions, key=lambda link: (link.proven, _URGENT.index(link.state)))


def holders(verdict: Verdict) -> Sequence[Hold]:
    """Return what holds a goal back, the most urgent first."""
    return sorted(verdict.holding, key=lambda hold: _URGENT.index(hold.link.state))


def named(link: SessionLink, width: int) -> str:
    """Return a session's name in ``width`` cells."""
    return fit(clip_middle(safe(link.session_id), width), width)


def session_line(link: SessionLink, width: int, name: int = 12, pad: str = " ") -> Line:
    """Return a session in one line: state, name, what it showed, what it is to do."""
    tone = TONES[link.state]
    head = f"{pad}{SESSION_GLYPHS[link.state]} {named(link, name)} {fit(link.state.value, 8)} "
    room = width - cell_len(head)
    task = safe(link.task)
    if link.evidence is None or not link.evidence.strip():
        said = f"no evidence  {task}"
    else:
        long = f" ({size(len(link.evidence))})" if "\n" in link.evidence.strip() else ""
        said = f'"{first_line(link.evidence)}"{long}  {task}'
    return [(head, tone), (clip(said, room), "$text" if link.proven else "$text-muted")]


def verdict(goal: Goal) -> Content:
    """Return in words whether the goal is done, and why (not)."""
    said = judge(goal)
    proof = f"{said.verified} of {count(said.total, 'session')} verified with evidence"
    if goal.status is GoalStatus.DONE:
        if said.passes:
            return Content.assemble(("DONE  ", "bold $text-success"), proof)
        return Content.assemble(("DONE, AGAINST THE GATE  ", "bold $text-error"), proof)
    if goal.status is GoalStatus.ABANDONED:
        return Content.assemble(("ABANDONED  ", "bold $text-muted"), proof)
    if said.passes:
        return Content.assemble(("READY TO CLOSE  ", "bold $text-success"), f"{proof} · c closes it")
    names = [f"{safe(hold.link.session_id)} {hold.why}" for hold in holders(said)]
    held = [*names[:3], *([f"{len(names) - 3} more hold it back"] if len(names) > 3 else []), *said.lacks]
    blocked = "BLOCKED  " if goal.status is GoalStatus.BLOCKED else "NOT DONE  "
    return Content.assemble((blocked, "bold $text-warning"), " · ".join([proof, *held]))
