"""Refusals in the dialogs' own words: beside which field they stand, and who holds a goal back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store import (
    EvidenceRequired,
    GoalStatus,
    InvalidInput,
    SessionAlreadyLinked,
    SessionTaskState,
    VerificationGateError,
    is_blank,
    judge,
)
from tui.cells import cell_len, clip, fit
from tui.format import SESSION_GLYPHS, safe, session_name, size, verified
from tui.hints import key
from tui.verdict import TONES, named, old_evidence

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from store import Goal, GoalStoreError, Hold, SessionLink
    from tui.widgets.pick import Line

_OTHER_NAMES = {"reason": "outcome", "notes": "note"}
"""What a dialog may call a field that the store calls otherwise."""
_COUNTED = {"goal": "", "sessions": "sessions", "acceptance": "criteria", "notes": "notes"}
"""What of a goal has a limit, in words."""


def in_dialog(
    error: GoalStoreError, fields: Collection[str], goal_of: Callable[[str], Goal | None]
) -> tuple[str | None, str]:
    """Return the field to blame, of those that a dialog has, or ``None``; and the refusal with the way out."""
    name, text = "", plain(error)
    if isinstance(error, InvalidInput):
        name = error.field.partition(".")[0]
        name = name if name in fields else _OTHER_NAMES.get(name, name)
        # Its label stands above it.
        text = _said(error) if name in fields else text
    elif isinstance(error, EvidenceRequired) and "evidence" in fields:
        name, text = "evidence", "a verified session has evidence"
    elif isinstance(error, SessionAlreadyLinked):
        name = "session_id"
        if error.holder == error.goal_id:
            helps = f"{key('dialog.cancel')}, then {key('goal.update')} updates it"
            return name, f"session {error.session_id!r} is already linked to this goal; {helps}"
        if (holder := goal_of(error.holder)) is not None:
            what = clip(safe(holder.description), 40)
            text = f"session {error.session_id!r} is already linked to goal {error.holder} ({what}), which is open"
    return name if name in fields else None, f"{text}; {error.next}"


def plain(error: GoalStoreError) -> str:
    """Return what was refused, without the names that fields have in the store."""
    if isinstance(error, VerificationGateError) and not error.total:
        # No session holds it back, and what does is in the way out alone.
        return f"goal {error.goal_id} is not done: no session is linked"
    if not isinstance(error, InvalidInput):
        return error.message
    text = _said(error)
    return text if text is not error.problem else f"what was given {text}"


def _said(error: InvalidInput) -> str:
    name, _, index = error.field.partition(".")
    if index.isdigit():
        return f"criterion {int(index) + 1} {error.problem}"
    if name in _COUNTED and error.problem.startswith("has "):
        return f"the goal would have {error.problem.removeprefix('has ').replace('entries', _COUNTED[name])}"
    return error.problem


def key_that_helps(hold: Hold) -> str:
    """Return the key that helps where a session holds its goal back, with what it does."""
    state, u = hold.link.state, key("refused.update")
    if state is SessionTaskState.VERIFIED:
        return f"{u} give evidence"
    if state is SessionTaskState.FAILED:
        return f"{u} update"
    return f"{key('refused.unlink')} unlink" if state is SessionTaskState.LAUNCHED else f"{u} update"


def hold_line(hold: Hold, name: int, width: int) -> Line:
    """Return who holds a goal back and why, in one line; the name in ``name`` cells."""
    link = hold.link
    head = f"{SESSION_GLYPHS[link.state]} {named(link, name)} "
    return [
        (head, TONES[link.state]),
        (fit(f"{hold.why} · {safe(link.task)}", max(0, width - cell_len(head))), "$text"),
    ]


def gate_says(goal: Goal, asked_at: datetime | None = None) -> tuple[bool, str]:
    """Return whether the gate lets a goal pass, and that in words; ``asked_at`` as for `store.judge`."""
    verdict = judge(goal, asked_at)
    if not verdict.total:
        return False, "The gate holds it: " + "; ".join(verdict.lacks)
    told = verified(verdict.verified, verdict.total)
    old = old_evidence(verdict)
    return (
        verdict.passes,
        f"The gate {'lets it pass' if verdict.passes else 'holds it'}: {told}{f'; {old}' if old else ''}",
    )


def status_comes_to(goal: Goal, status: GoalStatus) -> tuple[str, bool]:
    """Return what another status would mean for a goal, and whether to warn of it."""
    if status is goal.status:
        return f"is {status} already", False
    if status is GoalStatus.DONE:
        passes, text = gate_says(goal)
        held = [f"{session_name(hold.link.session_id)} {hold.why}" for hold in judge(goal).holding]
        more = [f"{len(held) - 3} more"] if len(held) > 3 else []
        return "; ".join([text, *held[:3], *more]), not passes
    if status is GoalStatus.ABANDONED:
        return "closes it, whatever the gate says: then it takes notes only", False
    return ("reopens it" if goal.closed else ""), False


def update_comes_to(
    link: SessionLink, state: SessionTaskState | None, evidence: str, *, at_hand: bool
) -> tuple[str, bool]:
    """Return what an update would make of a session, and whether to warn of it; ``at_hand`` if a letter chooses now."""
    given, after = not is_blank(evidence), state or link.state
    verb = "stays" if after is link.state else "becomes"
    length = len(link.evidence or "")
    characters = f"{size(length)} character{'s' * (length != 1)}"
    instead = f", in place of {characters}" if link.has_evidence else ""
    if after is SessionTaskState.VERIFIED:
        if link.state is SessionTaskState.FAILED and link.has_evidence and not given:
            return "what evidence there is, is of its failure: write new below", True
        if given:
            return f"{verb} verified, with this evidence{instead}", False
        if link.has_evidence:
            return f"{verb} verified, with the evidence it has", False
        return "verified takes evidence: write it below", True
    leaves = link.state in (SessionTaskState.VERIFIED, SessionTaskState.FAILED) and after is not link.state
    if leaves and not given and link.has_evidence:
        return f"becomes {after}, and loses its evidence (history keeps it)", True
    if state is None:
        also = ", evidence alone does not verify it" if given else ""
        also = f"{also}; this takes the place of what it has" if given and link.has_evidence else also
        return f"stays {after}{also}; v {'' if at_hand else 'in State '}sets it verified", given
    return f"{verb} {after}{f', with this evidence{instead}' if given else ''}", False


def updated(before: SessionLink | None, after: SessionLink, *, evidence: bool, state: bool) -> str:
    """Return what an update made of a session."""
    name = after.session_id
    if before is not None and before.state is not after.state and before.has_evidence and not after.evidence:
        return f"updated {name}: {after.state}, and its old evidence is taken away (history keeps it)"
    if state:
        return f"updated {name}: {after.state}"
    return f"evidence given to {name}, still {after.state}" if evidence else f"noted; {name} is still {after.state}"


def yes_or_no(question: str) -> str:
    """Return a question with the keys that answer it."""
    return f"{question} (y or n, then {key('choice.done')})"


def begins_a_word(letter: str, text: str) -> bool:
    """Return whether a letter may have been meant as the first of a text: most words go on with a vowel (or fl, br).

    A guess, for a hint alone.
    """
    second = text[:1]
    if letter in "aeiou":
        return second.isalpha() and second.islower()
    return second in tuple("aeiouy") or (letter in "bdfkp" and second in tuple("lr"))
