"""Everything the store refuses, as one tree.

::

    GoalStoreError
    ├── GoalNotFound            no such goal
    ├── SessionNotFound         the session is not linked to that goal
    ├── VerificationGateError   the gate refuses ``done``
    ├── EvidenceRequired        ``verified`` without evidence
    ├── GoalClosed              a change to a goal that is done or abandoned
    ├── SessionAlreadyLinked    the session works on another goal, or on this one already
    ├── GoalChanged             ``revert`` found a newer revision
    ├── InvalidInput            blank, too long, malformed; also a ``ValueError``
    ├── PalaceUnavailable       the palace can't be opened, read or written
    └── CacheError              the cache is needed and can't be read

Each error builds its own message from its fields: ``message`` says what was refused, which id and why,
``next`` what would make it work, and ``str()`` both. ``code`` and ``exit_code`` are those of the contract,
``facts()`` the fields by name. Messages hold stored text as it is: whoever prints one makes it safe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from store.gate import Verdict
    from store.model import SessionLink


class GoalStoreError(Exception):
    """The base of everything the store raises on purpose."""

    code: ClassVar[str] = "goal_store"
    """The error's name on the wire."""
    exit_code: ClassVar[int] = 1
    """The exit status of the command line."""

    def __init__(self, message: str, next_step: str) -> None:
        """Keep what was refused and what would make it work."""
        super().__init__(message, next_step)
        self.message = message
        self.next = next_step

    def __str__(self) -> str:
        """Return the refusal and the way out, in one line."""
        return f"{self.message}; {self.next}"

    def facts(self) -> Mapping[str, object]:
        """Return the error's own fields by name, without ``message`` and ``next``."""
        return {key: value for key, value in vars(self).items() if key not in ("message", "next")}


class GoalNotFound(GoalStoreError):
    """No goal has this id; on the command line also: several begin with it (``candidates``)."""

    code = "not_found"
    exit_code = 4

    def __init__(self, goal_id: str, candidates: Sequence[str] = (), rest: int = 0) -> None:
        """Name the id as it was given, some goals that it could mean, and how many it could mean besides."""
        self.goal_id = goal_id
        self.candidates = tuple(candidates)
        if self.candidates:
            more = f" or {rest} more" if rest else ""
            super().__init__(
                f"goal {goal_id!r} is ambiguous: it could be {', '.join(self.candidates)}{more}",
                "give more characters of the id",
            )
        elif goal_id:
            super().__init__(f"there is no goal {goal_id!r}", "list the goals to see their ids")
        else:
            super().__init__("no goal is named: its id is empty", "give a goal's id, or the beginning of one")


class SessionNotFound(GoalStoreError):
    """The session is not linked to that goal."""

    code = "not_found"
    exit_code = 4

    def __init__(self, goal_id: str, session_id: str, linked: Sequence[str]) -> None:
        """Name both, and the sessions that are linked."""
        self.goal_id = goal_id
        self.session_id = session_id
        self.linked = tuple(linked)
        known = f"it has {', '.join(map(repr, self.linked))}" if self.linked else "it has no session"
        super().__init__(
            f"session {session_id!r} is not linked to goal {goal_id}: {known}",
            "name one of its sessions, or link this one first",
        )


class VerificationGateError(GoalStoreError):
    """The gate refuses to let a goal be done (CONTRACT 3)."""

    code = "verification_gate"
    exit_code = 3

    def __init__(self, goal_id: str, verdict: Verdict) -> None:
        """Take the facts from the verdict on the goal as it stands in the palace."""
        self.goal_id = goal_id
        self.verified = verdict.verified
        """How many of its sessions are verified with evidence."""
        self.total = verdict.total
        """How many sessions it has."""
        self.holding: tuple[SessionLink, ...] = tuple(hold.link for hold in verdict.holding)
        """The links that hold it back, in the goal's order."""
        self.lacks: tuple[str, ...] = verdict.lacks
        """What the palace's policy asks and the goal lacks."""
        held = ", ".join(f"session {hold.link.session_id!r} {hold.why}" for hold in verdict.holding)
        super().__init__(
            f"goal {goal_id} is not done: {self.verified} of {self.total} session{'s' * (self.total != 1)}"
            " verified with evidence" + (f"; {held}" if held else ""),
            "; ".join([*(f"{hold.link.session_id!r}: {hold.help}" for hold in verdict.holding), *self.lacks]),
        )


class EvidenceRequired(GoalStoreError):
    """A session can't be, or stay, verified without evidence."""

    code = "evidence_required"
    exit_code = 3

    def __init__(self, goal_id: str, session_id: str, *, withdrawn_by: str | None = None) -> None:
        """Name the goal and the session, and who withdrew its evidence where that was about to come back."""
        self.goal_id = goal_id
        self.session_id = session_id
        if withdrawn_by is None:
            said = f"session {session_id!r} of goal {goal_id} can't be verified without evidence"
            way_out = "give evidence: a pull request's URL, or the output of its tests"
        else:
            self.withdrawn_by = withdrawn_by
            said = f"the evidence of session {session_id!r} of goal {goal_id} was withdrawn by {withdrawn_by!r} since"
            way_out = "give evidence anew: run what shows that its task is done"
        super().__init__(said, way_out)


class GoalClosed(GoalStoreError):
    """A change to a goal that is done or abandoned."""

    code = "goal_closed"
    exit_code = 3

    def __init__(self, goal_id: str, status: str) -> None:
        """Name the goal and how it is closed."""
        self.goal_id = goal_id
        self.status = status
        super().__init__(
            f"goal {goal_id} is closed ({status}) and takes notes only",
            "reopen it first by setting its status to inProgress",
        )


class SessionAlreadyLinked(GoalStoreError):
    """A session works on one open goal at a time, once."""

    code = "session_already_linked"
    exit_code = 3

    def __init__(self, session_id: str, goal_id: str, holder: str) -> None:
        """Name the session, the goal that wants it, and the goal that has it (``holder``)."""
        self.session_id = session_id
        self.goal_id = goal_id
        self.holder = holder
        whose = "this goal" if holder == goal_id else f"goal {holder}, which is open"
        super().__init__(
            f"session {session_id!r} is already linked to {whose}, so goal {goal_id} can't take it",
            "update the link that exists"
            if holder == goal_id
            else f"close or abandon goal {holder}, or unlink the session there, first",
        )


class GoalChanged(GoalStoreError):
    """A goal changed between being read and being reverted."""

    code = "goal_changed"
    exit_code = 3

    def __init__(self, goal_id: str, expected: int, current: int) -> None:
        """Name the revision that the caller took for the newest, and the newest."""
        self.goal_id = goal_id
        self.expected = expected
        self.current = current
        super().__init__(
            f"goal {goal_id} is at revision {current}, not {expected}: it changed meanwhile",
            "look at its history and decide again",
        )


class InvalidInput(GoalStoreError, ValueError):
    """Input that no state of the palace would make acceptable."""

    code = "invalid_input"
    exit_code = 2

    def __init__(self, field: str, problem: str, next_step: str = "correct it and try again") -> None:
        """Name the field (or the entry of a file) and what is wrong with it."""
        self.field = field
        self.problem = problem
        super().__init__(f"{field}: {problem}", next_step)


class PalaceUnavailable(GoalStoreError):
    """The palace can't be opened, read or written; nothing was changed."""

    code = "palace_unavailable"
    exit_code = 5

    def __init__(self, palace: str, reason: str, next_step: str = "nothing was changed; try again") -> None:
        """Name the palace and the reason."""
        self.palace = palace
        self.reason = reason
        super().__init__(f"palace {palace!r} is unavailable: {reason}", next_step)


class CacheError(GoalStoreError):
    """The cache is needed, because the palace can't be read, and is unreadable or malformed."""

    code = "cache_error"
    exit_code = 5

    def __init__(
        self, path: str, reason: str, next_step: str = "mend the file, or move it away and keep it, and try again"
    ) -> None:
        """Name the file and the reason."""
        self.path = path
        self.reason = reason
        super().__init__(f"cache {path} can't be used: {reason}", next_step)
