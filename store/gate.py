"""The verification gate: may this goal be called done? Pure; CONTRACT 3.

A goal may when at least one of its sessions is not superseded, and every such session is verified with evidence that
shows something. The rule stands here alone; `store.commit` asks it inside the transaction that commits.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from store.errors import VerificationGateError
from store.model import Goal, SessionLink, SessionTaskState

_PROVE = "run what shows that its task is done and give the output as evidence"
_MEND = "mend what failed, run it again and give the new output as evidence"
_LEAVE = "supersede it if another session of the goal took its work over"
_MISTAKE = "unlink it if the link was a mistake"
# Why a session holds its goal back, and what helps: work or a decision, never a word. Agents do what stands here, and
# that some text is there proves nothing.
_WHY = {
    SessionTaskState.LAUNCHED: ("was launched and has not reported", f"{_PROVE}; {_LEAVE}; {_MISTAKE}"),
    SessionTaskState.RUNNING: ("is still running", f"{_PROVE}; {_LEAVE}"),
    SessionTaskState.FAILED: ("failed", f"{_MEND}; {_LEAVE}; {_MISTAKE}"),
    SessionTaskState.VERIFIED: ("says verified, without evidence", _PROVE),
}


class Hold(NamedTuple):
    """A session that holds its goal back."""

    link: SessionLink
    why: str
    """A predicate: ``session X <why>``."""
    help: str
    """What would help."""


class Verdict(NamedTuple):
    """What the gate says of a goal."""

    verified: int
    """How many of the sessions that count are verified with evidence."""
    total: int
    """How many sessions count: those that are not superseded."""
    holding: tuple[Hold, ...]
    """The sessions that hold the goal back, in its order."""
    lacks: tuple[str, ...]
    """What else is missing, each a sentence for the operator."""
    outdated: tuple[SessionLink, ...] = ()
    """The sessions that count as verified on evidence older than what the goal asks for now; said, not refused."""

    @property
    def passes(self) -> bool:
        """Whether the goal may be done."""
        return not self.holding and not self.lacks


def judge(goal: Goal, asked_at: datetime | None = None) -> Verdict:
    """Return the verdict on ``goal``, whatever its status is now.

    Args:
        goal: the goal.
        asked_at: when it last changed what the goal asks for, see `asked_at`; ``None`` where it never did, or where
            that is not known.

    """
    counted = goal.counted
    holding = tuple(Hold(link, *_WHY[link.state]) for link in counted if not link.proven)
    outdated = tuple(link for link in counted if link.proven and is_outdated(goal, link, asked_at))
    return Verdict(len(counted) - len(holding), len(counted), holding, _lacks(goal, counted), outdated)


def _lacks(goal: Goal, counted: tuple[SessionLink, ...]) -> tuple[str, ...]:
    if counted:
        return ()
    if goal.sessions:
        return (
            "every session is superseded by another: take one of them back, or link the session that does the work",
        )
    return ("no session is linked: link the session that does the work",)


def asked_at(before: Goal | None, after: Goal, known: datetime | None) -> datetime | None:
    """Return when it last changed what a goal asks for: its description, its criteria, or that it was reopened.

    Args:
        before: the goal before the newest change, or ``None`` for its first revision.
        after: the goal after it.
        known: the answer for ``before``.

    Returns:
        A UTC time, or ``None`` where the goal asks for what it always did.

    """
    if before is None:
        return None
    reworded = (before.description, before.acceptance) != (after.description, after.acceptance)
    reopened = before.closed and not after.closed
    return after.updated if reworded or reopened else known


def is_outdated(goal: Goal, link: SessionLink, asked_at: datetime | None) -> bool:
    """Return whether the evidence of a goal's link is older than what the goal asks for.

    Evidence without a time came before it all, and so did evidence with a time after the goal's newest change: no
    change here gave it.
    """
    if asked_at is None or not link.has_evidence:
        return False
    return link.evidence_at is None or not asked_at <= link.evidence_at <= goal.updated


def require_pass(goal: Goal) -> None:
    """Raise `VerificationGateError` unless the gate passes ``goal``."""
    verdict = judge(goal)
    if not verdict.passes:
        refusal = VerificationGateError(goal.id, verdict)
        if goal.closed:
            refusal.next = (
                f"reopen the goal first, it is {goal.status} and its sessions stay as they are; then {refusal.next}"
            )
        raise refusal
