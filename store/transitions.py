"""The operations on goals, as intents: what is asked, and what becomes of the goal. Pure; CONTRACT 2.

An intent is a frozen dataclass that holds the arguments of one operation. ``apply(facts, now)`` returns the
goal as it should be, or the goal unchanged where there is nothing to write, or raises the refusal. It is run
inside the palace's transaction on the newest revision, again for every retry: so it reads no clock and no disk,
and a refusal leaves nothing to undo.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from store import gate
from store.errors import (
    EvidenceRequired,
    GoalChanged,
    GoalClosed,
    InvalidInput,
    SessionAlreadyLinked,
    SessionNotFound,
)
from store.limits import (
    MAX_CRITERIA,
    MAX_EVIDENCE,
    MAX_LINE,
    MAX_NOTE,
    MAX_NOTES,
    MAX_SESSION_ID,
    MAX_SESSIONS,
    check_count,
)
from store.model import Goal, GoalStatus, SessionLink, SessionTaskState, SessionUpdate
from store.text import check_not_blank, check_text, is_blank, one_line

_OURS = frozenset({"cwd", "covers", "observed"})
"""Keys of a link that the contract reserves for the store: this version knows none of them, and takes none on trust."""


class Facts(Protocol):
    """What an intent may ask of the palace, as it is inside the transaction."""

    @property
    def actor(self) -> str:
        """Return who acts, as they call themselves."""
        ...

    def goal(self, goal_id: str) -> Goal:
        """Return the newest revision, or raise `GoalNotFound`."""
        ...

    def number(self, goal_id: str) -> int:
        """Return the newest revision's number."""
        ...

    def revision(self, goal_id: str, number: int) -> Goal:
        """Return the goal as it was, or raise `InvalidInput`."""
        ...

    def asked_at(self, goal_id: str) -> datetime | None:
        """Return when it last changed what the goal asks for, see `store.gate.asked_at`."""
        ...

    def since(self, goal_id: str, number: int) -> Sequence[tuple[str, Goal]]:
        """Return who made each revision from ``number`` on, and the goal as it was then, oldest first."""
        ...

    def holder(self, session_id: str, besides: str) -> str | None:
        """Return an open goal, other than ``besides``, that the session is linked to."""
        ...

    def new_id(self) -> str:
        """Return an id that no goal has."""
        ...


@dataclass(frozen=True, slots=True)
class Intent:
    """The base of every operation. Its arguments are judged here, once, whoever made them (CONTRACT 6)."""

    def __post_init__(self) -> None:
        """Refuse with `InvalidInput` an argument that is not of the type that its field says."""
        for argument in fields(self):
            name = argument.metadata.get("refused_as", argument.name)
            value = _of_type(str(argument.type), name, getattr(self, argument.name))
            object.__setattr__(self, argument.name, value)

    @property
    def may_outgrow(self) -> bool:
        """Whether the goal may pass the limit on its size by it: closing must always be possible."""
        return False

    def apply(self, facts: Facts, now: datetime) -> Goal:
        """Return the goal as it should be, or as it is where there is nothing to write."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Create(Intent):
    """A new pending goal."""

    description: str
    acceptance: tuple[str, ...] = ()

    def apply(self, facts: Facts, now: datetime) -> Goal:
        """Return the new goal; `InvalidInput` where the description or a criterion is blank or too long."""
        return Goal(
            id=facts.new_id(),
            description=_line("description", self.description),
            status=GoalStatus.PENDING,
            acceptance=_criteria(self.acceptance),
            created=now,
            updated=now,
        )


@dataclass(frozen=True, slots=True)
class Edit(Intent):
    """Another description or other criteria."""

    goal_id: str
    description: str | None = None
    acceptance: tuple[str, ...] | None = None

    def apply(self, facts: Facts, now: datetime) -> Goal:
        """Return the goal with what is given, or as it is where nothing differs.

        Raises:
            GoalNotFound, GoalClosed: there is no such goal, or it is closed.
            InvalidInput: blank or too long.

        """
        goal = _open(facts.goal(self.goal_id))
        changes: dict[str, object] = {}
        if self.description is not None:
            changes["description"] = _line("description", self.description)
        if self.acceptance is not None:
            changes["acceptance"] = _criteria(self.acceptance)
        return _changed(goal, now, **changes)


@dataclass(frozen=True, slots=True)
class Link(Intent):
    """A session starts to work on a goal."""

    goal_id: str
    link: SessionLink

    def apply(self, facts: Facts, now: datetime) -> Goal:
        """Return the goal with the link at its end; a pending goal is in progress from then on.

        Raises:
            GoalNotFound, GoalClosed: there is no such goal, or it is closed.
            SessionAlreadyLinked: the session works on this goal, or on another open one.
            InvalidInput: blank or over a limit.
            EvidenceRequired: the link says verified and brings no evidence.

        """
        goal = _open(facts.goal(self.goal_id))
        session_id = self.link.session_id
        if any(link.session_id == session_id for link in goal.sessions):
            raise SessionAlreadyLinked(session_id, goal.id, goal.id)
        _require_free(facts, goal, session_id)
        check_not_blank("session_id", session_id)
        check_text("session_id", session_id, chars=MAX_SESSION_ID)
        task = _line("task", self.link.task)
        if self.link.state is SessionTaskState.VERIFIED and not self.link.proven:
            raise EvidenceRequired(goal.id, session_id)
        if self.link.evidence is not None:
            check_text("evidence", self.link.evidence, size=MAX_EVIDENCE, controls=True)
        check_count("sessions", len(goal.sessions) + 1, MAX_SESSIONS)
        # Who gave evidence and who took work over is for the store to say, whatever the link claims.
        link = replace(self.link, task=task, superseded_by=None, unknown=self.link.without(_OURS))
        link = _with_evidence(link, link.evidence, facts.actor, _later(goal, now))
        return _changed(
            goal,
            now,
            status=GoalStatus.IN_PROGRESS if goal.status is GoalStatus.PENDING else goal.status,
            sessions=(*goal.sessions, link),
        )


@dataclass(frozen=True, slots=True)
class Unlink(Intent):
    """A link was a mistake: nobody should have to verify a lie to get rid of it."""

    goal_id: str
    session_id: str
    reason: str

    def apply(self, facts: Facts, now: datetime) -> Goal:
        """Return the goal without the link and with the reason as a note.

        Links that the session had superseded count again: nobody took their work over.

        Raises:
            GoalNotFound, SessionNotFound, GoalClosed: there is nothing to unlink, or the goal is closed.
            InvalidInput: the reason is blank or too long.

        """
        goal = facts.goal(self.goal_id)
        _require_linked(goal, self.session_id)
        _open(goal)
        check_not_blank("reason", self.reason)
        rest = tuple(
            replace(link, superseded_by=None) if link.superseded_by == self.session_id else link
            for link in goal.sessions
            if link.session_id != self.session_id
        )
        return _changed(goal, now, sessions=rest, notes=_with_reason(goal, "reason", self.reason))


@dataclass(frozen=True, slots=True)
class Update(Intent):
    """A session's state, its evidence, a note."""

    goal_id: str
    update: SessionUpdate

    def apply(self, facts: Facts, now: datetime) -> Goal:
        """Return the goal with the link changed, or as it is where nothing is given.

        A link that leaves verified or failed without new evidence loses the old: last week's proof proves nothing now,
        and the log of a failure is no proof of success.

        Raises:
            GoalNotFound, SessionNotFound, GoalClosed: there is nothing to update, or the goal is closed.
            EvidenceRequired: the link would be, or stay, verified without evidence.
            InvalidInput: over a limit.

        """
        goal, update = facts.goal(self.goal_id), self.update
        _require_linked(goal, update.session_id)
        _open(goal)
        # Imported goals may hold a session twice: an update applies to both.
        sessions = tuple(
            _updated(goal, link, update, facts, _later(goal, now)) if link.session_id == update.session_id else link
            for link in goal.sessions
        )
        if update.evidence is not None:
            check_text("evidence", update.evidence, size=MAX_EVIDENCE, controls=True)
        notes = goal.notes
        if update.note is not None and not is_blank(update.note):
            notes = _with_note(goal, update.note)
        return _changed(goal, now, sessions=sessions, notes=notes)


@dataclass(frozen=True, slots=True)
class Supersede(Intent):
    """Another session of the goal took a session's work over: nobody should have to verify what was overtaken."""

    goal_id: str
    session_id: str
    by: str | None

    def apply(self, facts: Facts, now: datetime) -> Goal:
        """Return the goal with the link superseded, or counting again where ``by`` is ``None``.

        Raises:
            GoalNotFound, SessionNotFound: there is no such goal, or it has no such session; ``by`` too must be one.
            GoalClosed: the goal is closed.
            InvalidInput: ``by`` is the session itself, or is superseded.

        """
        goal = facts.goal(self.goal_id)
        _require_linked(goal, self.session_id)
        _open(goal)
        if self.by is not None:
            _require_linked(goal, self.by)
            if self.by == self.session_id:
                raise InvalidInput("by", f"session {self.by!r} can't take its own work over", "name another session")
            if any(goal.is_superseded(link) for link in goal.sessions if link.session_id == self.by):
                raise InvalidInput(
                    "by", f"session {self.by!r} is superseded itself", "name the session that does the work now"
                )
        sessions = tuple(
            replace(link, superseded_by=self.by) if link.session_id == self.session_id else link
            for link in goal.sessions
        )
        return _changed(goal, now, sessions=sessions)


@dataclass(frozen=True, slots=True)
class Note(Intent):
    """A decision, a blocker, an outcome; on closed goals too."""

    goal_id: str
    text: str = field(metadata={"refused_as": "note"})

    def apply(self, facts: Facts, now: datetime) -> Goal:
        """Return the goal with the note at its end; `InvalidInput` where it is blank or over a limit."""
        goal = facts.goal(self.goal_id)
        check_not_blank("note", self.text)
        return _changed(goal, now, notes=_with_note(goal, self.text))


@dataclass(frozen=True, slots=True)
class SetStatus(Intent):
    """Any status to any other; ``done`` through the gate."""

    goal_id: str
    status: GoalStatus
    reason: str | None = None

    @property
    def may_outgrow(self) -> bool:
        """Whether it closes the goal, which a full goal must allow too, or is a word's difference."""
        return self.status.closed or is_blank(self.reason)

    def apply(self, facts: Facts, now: datetime) -> Goal:
        """Return the goal with the status, and with the reason as a note where one is given.

        Raises:
            GoalNotFound: there is no such goal.
            VerificationGateError: ``done``, and the gate does not pass.
            SessionAlreadyLinked: it would reopen a goal one of whose sessions works on another by now.
            InvalidInput: the reason is too long.

        """
        goal = facts.goal(self.goal_id)
        silent = is_blank(self.reason)
        if self.status is goal.status and silent:
            return goal
        if self.status is GoalStatus.DONE:
            gate.require_pass(goal)
        if goal.closed and not self.status.closed:
            for link in goal.sessions:
                _require_free(facts, goal, link.session_id)
        notes = goal.notes if silent else _with_reason(goal, "reason", self.reason or "")
        return _changed(goal, now, status=self.status, notes=notes)


@dataclass(frozen=True, slots=True)
class Revert(Intent):
    """The goal as it was at a revision, as a new revision: how undo works."""

    goal_id: str
    revision: int
    if_current: int | None = None

    @property
    def may_outgrow(self) -> bool:
        """Whether the goal may pass the limit on its size by it: as large as it was once it may always be."""
        return True

    def apply(self, facts: Facts, now: datetime) -> Goal:
        """Return the goal as it was, or as it is where that is the same; every rule and the gate hold now.

        Raises:
            GoalNotFound, InvalidInput: there is no such goal or revision.
            VerificationGateError, EvidenceRequired, GoalClosed, SessionAlreadyLinked: getting there by the
                other operations would be refused. EvidenceRequired too where somebody else than the actor withdrew
                evidence since that would come back.
            GoalChanged: ``if_current`` is given, and is not the newest revision any more.

        """
        goal = facts.goal(self.goal_id)
        target = facts.revision(goal.id, self.revision)
        if target.status is GoalStatus.DONE and (goal.status, goal.sessions) != (target.status, target.sessions):
            gate.require_pass(target)
        for link in target.sessions:
            # What came in by import and stands there now is not this change's doing.
            if link.state is SessionTaskState.VERIFIED and not link.proven and link not in goal.sessions:
                raise EvidenceRequired(goal.id, link.session_id)
        if goal.closed and target.closed and _work(goal) != _work(target):
            raise GoalClosed(goal.id, goal.status)
        if not target.closed:
            here = set() if goal.closed else {link.session_id for link in goal.sessions}
            for link in target.sessions:
                if link.session_id not in here:
                    _require_free(facts, goal, link.session_id)
        _require_not_withdrawn(facts, goal, target, self.revision)
        if self.if_current is not None and (current := facts.number(goal.id)) != self.if_current:
            raise GoalChanged(goal.id, self.if_current, current)
        if replace(target, updated=goal.updated) == goal:
            return goal
        return replace(target, updated=_later(goal, now))


OPERATIONS = (Create, Edit, Link, Unlink, Update, Supersede, Note, SetStatus, Revert)
"""Every intent that a palace takes: nothing else is an operation, whatever methods it has."""


def _changed(goal: Goal, now: datetime, **fields: Any) -> Goal:
    """Return the goal with other fields, or the goal itself where they are what they were."""
    changed = replace(goal, **fields)
    return goal if changed == goal else replace(changed, updated=_later(goal, now))


def _of_type(kind: str, name: str, value: Any) -> Any:
    """Return an argument as its type, by the name of that in the annotation; `InvalidInput` where it is of another."""
    kind, _, nothing = kind.partition(" | ")
    if value is None and nothing:
        return None
    match kind:
        case "str" if isinstance(value, str):
            # A subclass may answer otherwise than what is in it: just the text is kept.
            return str.__str__(value)
        case "int" if type(value) is int:
            return value
        case "tuple[str, ...]" if isinstance(value, list | tuple):
            return tuple(_of_type("str", f"{name}.{index}", text) for index, text in enumerate(value))
        case "GoalStatus":
            try:
                return GoalStatus(value)
            except ValueError:
                raise InvalidInput(name, f"{value!r} is none", f"use {', '.join(GoalStatus)}") from None
        case "SessionLink" if type(value) is SessionLink:
            return value
        case "SessionUpdate" if type(value) is SessionUpdate:
            return value
    wanted = {"str": "text", "int": "a whole number", "tuple[str, ...]": "a list of texts"}.get(kind, f"a {kind}")
    raise InvalidInput(name, f"is {type(value).__name__}, not {wanted}", f"give {wanted}")


def _later(goal: Goal, now: datetime) -> datetime:
    """``updated`` moves forward on each change, even when the clock goes back."""
    try:
        return max(now, goal.updated + timedelta(microseconds=1))
    except OverflowError:
        raise InvalidInput("updated", "is the last moment there is, so the goal can't change any more") from None


def _open(goal: Goal) -> Goal:
    if goal.closed:
        raise GoalClosed(goal.id, goal.status)
    return goal


def _work(goal: Goal) -> tuple[object, ...]:
    """Return what a closed goal does not let change."""
    return goal.description, goal.acceptance, goal.sessions


def _require_linked(goal: Goal, session_id: str) -> None:
    linked = [link.session_id for link in goal.sessions]
    if session_id not in linked:
        raise SessionNotFound(goal.id, session_id, linked)


def _require_free(facts: Facts, goal: Goal, session_id: str) -> None:
    if (holder := facts.holder(session_id, besides=goal.id)) is not None:
        raise SessionAlreadyLinked(session_id, goal.id, holder)


def _require_not_withdrawn(facts: Facts, goal: Goal, target: Goal, number: int) -> None:
    """Refuse to bring back evidence that somebody else than the actor took away since revision ``number``."""
    back = {(link.session_id, link.evidence) for link in target.sessions if link.has_evidence}
    back -= {(link.session_id, link.evidence) for link in goal.sessions}
    if not back:
        return
    before: Goal | None = None
    for actor, then in facts.since(goal.id, number):
        if before is not None and actor != facts.actor and (gone := _withdrawn(before, then) & back):
            raise EvidenceRequired(goal.id, min(gone)[0], withdrawn_by=actor)
        before = then


def _withdrawn(before: Goal, after: Goal) -> set[tuple[str, str | None]]:
    """Return which sessions' evidence a change took away; newer evidence for the same state only takes its place."""
    has = {link.session_id: link for link in after.sessions}
    return {
        (link.session_id, link.evidence)
        for link in before.sessions
        if (now := has.get(link.session_id)) is None
        or (now.evidence != link.evidence and (now.state is not link.state or not now.has_evidence))
    }


def _with_evidence(link: SessionLink, evidence: str | None, actor: str, at: datetime) -> SessionLink:
    """Return a link with evidence, and who gave it when; nobody gave what shows nothing."""
    link = replace(link, evidence=evidence, evidence_by=None, evidence_at=None)
    return replace(link, evidence_by=actor, evidence_at=at) if link.has_evidence else link


def _updated(goal: Goal, link: SessionLink, update: SessionUpdate, facts: Facts, at: datetime) -> SessionLink:
    after = link if update.state is None else replace(link, state=update.state)
    if update.evidence is not None:
        after = _with_evidence(after, update.evidence, facts.actor, at)
        if replace(after, evidence_at=link.evidence_at) == link and not gate.is_outdated(
            goal, link, facts.asked_at(goal.id)
        ):
            # An agent that says the same again and again should not fill the palace.
            return link
    elif link.state in (SessionTaskState.VERIFIED, SessionTaskState.FAILED) and after.state is not link.state:
        after = _with_evidence(after, None, facts.actor, at)
    if after.state is SessionTaskState.VERIFIED and not after.proven:
        raise EvidenceRequired(goal.id, link.session_id)
    return after


def _line(field: str, text: str) -> str:
    check_not_blank(field, text)
    line = one_line(text)
    check_text(field, line, chars=MAX_LINE)
    return line


def _criteria(criteria: tuple[str, ...]) -> tuple[str, ...]:
    check_count("acceptance", len(criteria), MAX_CRITERIA)
    return tuple(_line(f"acceptance.{index}", text) for index, text in enumerate(criteria))


def _with_note(goal: Goal, text: str) -> tuple[str, ...]:
    check_count("notes", len(goal.notes) + 1, MAX_NOTES)
    return _with_reason(goal, "note", text)


def _with_reason(goal: Goal, field: str, text: str) -> tuple[str, ...]:
    """Append without counting: reasons and outcomes are exempt, so that a full goal can still be closed."""
    check_text(field, text, size=MAX_NOTE, controls=True)
    return (*goal.notes, text)
