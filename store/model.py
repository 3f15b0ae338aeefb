"""The goal, its links and their wire format (CONTRACT 1). Everything here is immutable.

The models take any shape that the wire allows and check no rule: what an operation refuses is judged in
`store.transitions`, so that goals from elsewhere are kept as they are. What is of our own shape is taken here, at
once; anything else is judged by `store.shape`, which has to load pydantic for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Self

from store import shape
from store.domain.evidence import shows_something
from store.errors import InvalidInput
from store.text import KIB, from_json, is_shallow, to_json
from store.times import format_time, parse_time

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MAX_DEPTH = 64


class GoalStatus(StrEnum):
    """Where a goal is in its life; the values are those on the wire."""

    PENDING = "pending"
    IN_PROGRESS = "inProgress"
    BLOCKED = "blocked"
    DONE = "done"
    ABANDONED = "abandoned"

    @property
    def closed(self) -> bool:
        """Whether a goal with this status takes no more work."""
        return self in (GoalStatus.DONE, GoalStatus.ABANDONED)


class SessionTaskState(StrEnum):
    """How far a session is with its task; the values are those on the wire."""

    LAUNCHED = "launched"
    RUNNING = "running"
    VERIFIED = "verified"
    FAILED = "failed"


def parse_id(value: str) -> str:
    """Return a goal's id as it was given.

    Raises:
        ValueError: not 1 to 64 of ``[A-Za-z0-9._-]``, the first a letter or digit.

    """
    if not _ID.fullmatch(value):
        msg = "not 1 to 64 of A-Z a-z 0-9 . _ -, the first a letter or digit"
        raise ValueError(msg)
    return value


Text = Annotated[str, shape.Kept()]
Id = Annotated[str, shape.Kept(parse_id)]
Time = Annotated[datetime, shape.Made(parse_time)]
OptionalTime = Annotated[datetime | None, shape.Made(lambda value: None if value is None else parse_time(value))]


class _Kind(type):
    """Makes the models: at once where each field is just what it must be, else by way of `store.shape`."""

    def __call__(cls, /, **values: Any) -> Any:
        """Return one of these fields, or of what can be taken for them; `InvalidInput` where the shape is wrong."""
        try:
            made = super().__call__(**values)
            if made.is_sound():
                return made
        except TypeError:
            # A field is missing, or is none of these.
            pass
        # `replace` hands on what `unknown` is; in an object of the wire it would be one more unknown key.
        return shape.judge_call(cls, values) if "unknown" in values else shape.judge(cls, values)


class _Record(metaclass=_Kind):
    """What all models share."""

    __slots__ = ()
    # Misspelt, an argument would change nothing and say nothing.
    __pydantic_config__: ClassVar = {"extra": "forbid"}

    def is_sound(self) -> bool:
        """Return whether each field is of just the type that it must be of."""
        raise NotImplementedError


class _Wire(_Record):
    """What goal and link share: keys that this version does not know are kept."""

    __slots__ = ()

    unknown: str

    wire_keys: ClassVar[frozenset[str]] = frozenset()
    """The keys that this version knows."""

    @classmethod
    def unknown_in(cls, data: dict[str, object]) -> str:
        """Return what `unknown` is for an object of the wire; `ValueError` where it can't be kept."""
        if data.keys() <= cls.wire_keys:
            return ""
        rest = {key: data[key] for key in sorted(data.keys() - cls.wire_keys)}
        if not is_shallow(rest, _MAX_DEPTH):
            msg = f"an unknown key nests more than {_MAX_DEPTH} levels deep"
            raise ValueError(msg)
        return to_json(rest)[1:-1]

    @classmethod
    def _set_unknown_keys_aside(cls, data: object) -> object:
        if not isinstance(data, dict):
            return data
        known = {key: value for key, value in data.items() if key in cls.wire_keys}
        # Derived, so whatever is stored loses, even where it is not a number.
        known.pop("progress", None)
        return known | {"unknown": cls.unknown_in(data)}

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: Callable[[object], object]) -> object:
        """Tell pydantic, if it is ever asked: it reads the fields, once what it does not know is out of the way."""
        return shape.first(cls._set_unknown_keys_aside, handler(source))

    def _with_unknown(self, known: dict[str, Any]) -> dict[str, Any]:
        return known | self._unknown_keys() if self.unknown else known

    def _unknown_keys(self) -> dict[str, Any]:
        """Return the keys that this version does not know, with their values."""
        try:
            rest = from_json("{" + self.unknown + "}")
        except ValueError:
            rest = None
        return rest if isinstance(rest, dict) else {}

    def without(self, keys: Collection[str]) -> str:
        """Return what `unknown` is without some keys."""
        return self.unknown_in({key: value for key, value in self._unknown_keys().items() if key not in keys})

    def _require_unknown(self) -> None:
        """Refuse with `InvalidInput` what `unknown_in` would not have made: it could overrule the known keys."""
        if type(self.unknown) is not str:
            raise InvalidInput("unknown", f"is {type(self.unknown).__name__}, not text")
        if self.unknown:
            rest = self._unknown_keys()
            if not rest or rest.keys() & self.wire_keys or self.unknown_in(rest) != self.unknown:
                raise InvalidInput("unknown", "holds no keys that this version does not know, as JSON, sorted")


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionLink(_Wire):
    """One session's work on a goal."""

    wire_keys = frozenset({"session_id", "task", "state", "evidence", "evidence_by", "evidence_at", "superseded_by"})

    session_id: Text
    """The session, as its launcher names it."""
    task: Text
    """What it is to do, one line."""
    state: SessionTaskState = SessionTaskState.LAUNCHED
    """How far it is."""
    evidence: Text | None = None
    """What shows that the task is done: a URL, captured output. Anything may stand in it."""
    evidence_by: Text | None = None
    """Who gave the evidence, as they called themselves; ``None`` where it came from elsewhere and brought no name."""
    evidence_at: OptionalTime = None
    """When the evidence was given, UTC: ``updated`` of the change that brought it."""
    superseded_by: Text | None = None
    """The session that took this one's work over; see `Goal.is_superseded`."""
    unknown: Text = ""
    """The keys that this version does not know, as the inside of a JSON object; sorted, so that equal is equal."""

    @classmethod
    def launched(cls, session_id: str, task: str) -> Self:
        """Return a link as it is when a session is started: launched, without evidence."""
        return cls(session_id=session_id, task=task)

    @property
    def has_evidence(self) -> bool:
        """Whether the evidence shows anything: escape sequences alone and the like are none."""
        return shows_something(self.evidence)

    @property
    def proven(self) -> bool:
        """Whether the gate counts it: verified, with evidence."""
        return self.state is SessionTaskState.VERIFIED and self.has_evidence

    def wire(self) -> dict[str, Any]:
        """Return the wire object: known keys in the contract's order, then the unknown ones."""
        known: dict[str, Any] = {
            "session_id": self.session_id,
            "task": self.task,
            "state": self.state,
            "evidence": self.evidence,
        }
        # Ours, which trusty-mpm doesn't know: written only where they hold something.
        if self.evidence_by is not None:
            known["evidence_by"] = self.evidence_by
        if self.evidence_at is not None:
            known["evidence_at"] = format_time(self.evidence_at)
        if self.superseded_by is not None:
            known["superseded_by"] = self.superseded_by
        return self._with_unknown(known)

    def is_sound(self) -> bool:
        """Return whether each field is of just the type that it must be of; `InvalidInput` for wrong unknown keys."""
        self._require_unknown()
        return (
            type(self.session_id) is type(self.task) is str
            and type(self.state) is SessionTaskState
            and (self.evidence is None or type(self.evidence) is str)
            and (self.evidence_by is None or type(self.evidence_by) is str)
            and (self.evidence_at is None or (type(self.evidence_at) is datetime and self.evidence_at.tzinfo is UTC))
            and (self.superseded_by is None or type(self.superseded_by) is str)
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionUpdate(_Record):
    """What to change on a link; what is ``None`` stays as it is."""

    session_id: Text
    state: SessionTaskState | None = None
    evidence: Text | None = None
    note: Text | None = None
    """A note on the goal; blank is as good as none."""

    def wire(self) -> dict[str, Any]:
        """Return the fields by name; nothing reads them back."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def is_sound(self) -> bool:
        """Return whether each field is of just the type that it must be of."""
        return (
            type(self.session_id) is str
            and (self.state is None or type(self.state) is SessionTaskState)
            and (self.evidence is None or type(self.evidence) is str)
            and (self.note is None or type(self.note) is str)
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Goal(_Wire):
    """What the operator wants, with the sessions that work on it."""

    wire_keys = frozenset(
        {"id", "description", "status", "acceptance", "sessions", "progress", "created", "updated", "notes"}
    )

    id: Id
    """``g-`` and 16 hex digits where it was minted here."""
    description: Text
    """The intent, one line."""
    status: GoalStatus
    acceptance: tuple[Text, ...] = ()
    """Testable criteria, each one line."""
    sessions: tuple[SessionLink, ...] = ()
    created: Time
    """When it was created, UTC."""
    updated: Time
    """When it last changed, UTC; moves forward on each change."""
    notes: tuple[Text, ...] = ()
    """Decisions, blockers, outcomes, oldest first."""
    unknown: Text = ""
    """The keys that this version does not know, as the inside of a JSON object; sorted, so that equal is equal."""

    def is_superseded(self, link: SessionLink) -> bool:
        """Return whether another session of this goal took the link's work over, so that the gate leaves it out.

        A session that is not linked here (a file from elsewhere may name one) took nothing over.
        """
        by = link.superseded_by
        return by is not None and by != link.session_id and any(other.session_id == by for other in self.sessions)

    @property
    def counted(self) -> tuple[SessionLink, ...]:
        """The links that count, for the gate and for progress: those that are not superseded."""
        if all(link.superseded_by is None for link in self.sessions):
            return self.sessions
        return tuple(link for link in self.sessions if not self.is_superseded(link))

    @property
    def progress(self) -> int:
        """Percent of the counted links whose state is ``verified``, rounded half up; 0 without any (CONTRACT 1)."""
        counted = self.counted
        total = len(counted)
        verified = sum(link.state is SessionTaskState.VERIFIED for link in counted)
        return (100 * verified + total // 2) // total if total else 0

    @property
    def verified_count(self) -> int:
        """How many of the counted links are verified with evidence."""
        return sum(link.proven for link in self.counted)

    @property
    def all_verified(self) -> bool:
        """Whether some link counts, and every one that does is verified with evidence."""
        counted = self.counted
        return bool(counted) and all(link.proven for link in counted)

    @property
    def closed(self) -> bool:
        """Whether it is done or abandoned."""
        return self.status.closed

    def says_all_of(self, other: Goal) -> bool:
        """Return whether this is the other goal, but for who gave evidence where the other does not say.

        Files that were written before evidence said so, or by others, hold the same goal without it.
        """
        if len(self.sessions) != len(other.sessions):
            return False
        links = tuple(
            replace(ours, evidence_by=None, evidence_at=None)
            if theirs.evidence_by is None and theirs.evidence_at is None
            else ours
            for ours, theirs in zip(self.sessions, other.sessions, strict=True)
        )
        return replace(self, sessions=links) == other

    @classmethod
    def from_wire(cls, data: object) -> Goal:
        """Return the goal that a wire object holds.

        Raises:
            InvalidInput: it is not of the wire's shape; the field is named.

        """
        try:
            return _read(data)
        except (AttributeError, KeyError, TypeError, ValueError):
            # Not of our own making, which is no error yet.
            goal: Goal = shape.judge(Goal, data)
            return goal

    def to_text(self) -> str:
        """Return the goal as one line of JSON in the contract's order, always valid UTF-8 and without U+0000."""
        return to_json(self.wire())

    def wire(self) -> dict[str, Any]:
        """Return the wire object: known keys in the contract's order, then the unknown ones.

        Times are text, links objects.
        """
        return self._with_unknown(
            {
                "id": self.id,
                "description": self.description,
                "status": self.status,
                "acceptance": list(self.acceptance),
                "sessions": [link.wire() for link in self.sessions],
                "progress": self.progress,
                "created": format_time(self.created),
                "updated": format_time(self.updated),
                "notes": list(self.notes),
            }
        )

    def is_sound(self) -> bool:
        """Return whether each field is of just the type that it must be of, times are UTC, and the id is one.

        `InvalidInput` for wrong unknown keys.
        """
        self._require_unknown()
        return (
            type(self.id) is type(self.description) is str
            and _ID.fullmatch(self.id) is not None
            and type(self.status) is GoalStatus
            and type(self.acceptance) is tuple
            and type(self.sessions) is tuple
            and type(self.notes) is tuple
            and _TEXT.issuperset(map(type, self.acceptance))
            and _LINK.issuperset(map(type, self.sessions))
            and _TEXT.issuperset(map(type, self.notes))
            and type(self.created) is type(self.updated) is datetime
            and self.created.tzinfo is self.updated.tzinfo is UTC
        )


_TEXT = frozenset({str})
_LINK = frozenset({SessionLink})
_STATUSES = {status.value: status for status in GoalStatus}
_STATES = {state.value: state for state in SessionTaskState}
# Makes one and judges nothing: whether it is sound is then for `_read` to ask.
_make = type.__call__


def _read(data: Any) -> Goal:
    """Return the goal that `Goal.wire` made this of; some error of Python's where something else did."""
    goal: Goal = _make(
        Goal,
        id=data["id"],
        description=data["description"],
        status=_STATUSES[data["status"]],
        acceptance=tuple(_array(data["acceptance"])),
        sessions=tuple(map(_read_link, _array(data["sessions"]))),
        created=parse_time(data["created"]),
        updated=parse_time(data["updated"]),
        notes=tuple(_array(data["notes"])),
        unknown=Goal.unknown_in(data),
    )
    if not goal.is_sound():
        raise TypeError
    return goal


def _read_link(data: Any) -> SessionLink:
    link: SessionLink = _make(
        SessionLink,
        session_id=data["session_id"],
        task=data["task"],
        state=_STATES[data["state"]],
        evidence=data["evidence"],
        evidence_by=data.get("evidence_by"),
        evidence_at=None if (at := data.get("evidence_at")) is None else parse_time(at),
        superseded_by=data.get("superseded_by"),
        unknown=SessionLink.unknown_in(data),
    )
    if not link.is_sound():
        raise TypeError
    return link


def _array(value: object) -> list[Any]:
    # Not whatever can be walked through: a text and an object can.
    if type(value) is not list:
        raise TypeError
    return value


def parse_goal(text: bytes) -> Goal:
    """Return the goal that `Goal.to_text` wrote, from its UTF-8.

    Raises:
        InvalidInput: it is no JSON, or not of the wire's shape.

    """
    size = len(text)
    return (_parse_small if size <= 16 * KIB else _parse_large if size <= 1024 * KIB else _parse_huge)(text)


def _parse(text: bytes) -> Goal:
    try:
        data = from_json(text.decode())
    except ValueError as error:
        raise InvalidInput("goal", f"not JSON: {error}") from None
    return Goal.from_wire(data)


# Bounded, because only what is on the screen or just changed is asked for again and again; by what it takes too, since
# thousands of large goals would fill the memory: at most 64 MiB of text each, but for the huge ones.
_parse_small = lru_cache(maxsize=4096)(_parse)
_parse_large = lru_cache(maxsize=64)(_parse)
_parse_huge = lru_cache(maxsize=4)(_parse)
