"""The verification gate: may this goal be called done? Pure; CONTRACT 3.

A goal may when it has at least one session and every linked session is verified with evidence that is not
blank. The rule stands here alone; `store.transitions` asks it inside the transaction that commits.
"""

from __future__ import annotations

from typing import NamedTuple

from store.errors import VerificationGateError
from store.model import Goal, SessionLink, SessionTaskState

_WHY = {
    SessionTaskState.LAUNCHED: (
        "was launched and has not reported",
        "verify it with evidence once it is done, or unlink it if the link was a mistake",
    ),
    SessionTaskState.RUNNING: ("is still running", "verify it with evidence once it is done"),
    SessionTaskState.FAILED: ("failed", "verify it with new evidence, or unlink it if the link was a mistake"),
    SessionTaskState.VERIFIED: ("says verified, without evidence", "supply the evidence"),
}
# Whoever gave the evidence may well think that this was all.
_WHY_WITH_EVIDENCE = {
    SessionTaskState.LAUNCHED: ("was launched, and has evidence", "it has evidence, set it verified"),
    SessionTaskState.RUNNING: ("is still running, and has evidence", "it has evidence, set it verified"),
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
    """How many sessions are verified with evidence."""
    total: int
    """How many sessions are linked."""
    holding: tuple[Hold, ...]
    """The sessions that hold the goal back, in its order."""
    lacks: tuple[str, ...]
    """What else is missing, each a sentence for the operator."""

    @property
    def passes(self) -> bool:
        """Whether the goal may be done."""
        return not self.holding and not self.lacks


def judge(goal: Goal) -> Verdict:
    """Return the verdict on ``goal``, whatever its status is now."""
    holding = tuple(_hold(link) for link in goal.sessions if not link.proven)
    lacks = () if goal.sessions else ("no session is linked: link the session that does the work, and verify it",)
    return Verdict(len(goal.sessions) - len(holding), len(goal.sessions), holding, lacks)


def _hold(link: SessionLink) -> Hold:
    known = _WHY_WITH_EVIDENCE if link.has_evidence else {}
    return Hold(link, *known.get(link.state, _WHY[link.state]))


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
