"""The goal, its links and their wire format (CONTRACT 1). Everything here is immutable.

The models take any shape that the wire allows and check no rule: what an operation refuses is judged in
`store.transitions`, so that goals from elsewhere are kept as they are.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    InstanceOf,
    ValidationError,
    model_serializer,
    model_validator,
)

from store.errors import InvalidInput
from store.text import from_json, is_blank, is_shallow, to_json

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MAX_DEPTH = 64
_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)")


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


def parse_time(value: object) -> datetime:
    """Return an RFC 3339 text, or a datetime with a zone, as UTC; digits past the microsecond are dropped.

    Raises:
        ValueError: no such time, no zone, or outside the years 1 to 9999 in UTC.

    """
    if isinstance(value, str):
        if not (found := _RFC3339.fullmatch(value)):
            msg = "not a time like 2026-06-16T12:00:00Z (a zone is needed)"
            raise ValueError(msg)
        day, clock, digits, zone = found.groups()
        value = datetime.fromisoformat(f"{day}T{clock}.{(digits or '')[:6]:0<6}{zone.upper()}")
    if not isinstance(value, datetime) or value.utcoffset() is None:
        msg = "not a time with a zone"
        raise ValueError(msg)
    try:
        return value.astimezone(UTC)
    except OverflowError:
        msg = "outside the years 1 to 9999"
        raise ValueError(msg) from None


def format_time(moment: datetime) -> str:
    """Return a UTC moment as RFC 3339 with ``Z``, and six digits of fraction where it has one."""
    return moment.replace(tzinfo=None).isoformat() + "Z"


# Not `str`: pydantic's refuses lone surrogates in its own words before the store can in the contract's.
Text = InstanceOf[str]
Id = Annotated[Text, AfterValidator(parse_id)]
Time = Annotated[datetime, BeforeValidator(parse_time)]


class _Record(BaseModel):
    """What all models share: immutable, and a wrong shape is the store's error, not pydantic's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def __init__(self, **data: Any) -> None:
        """Build one from its fields; `InvalidInput` where the shape is wrong."""
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise InvalidInput(*first_problem(error)) from None

    # pydantic's own mark on its own __init__: without it, validating a goal calls ours for each link.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]


class _Wire(_Record):
    """What goal and link share: keys that this version does not know are kept."""

    unknown: Text = ""
    """The keys that this version does not know, as the inside of a JSON object; sorted, so that equal is equal."""

    wire_keys: ClassVar[frozenset[str]] = frozenset()
    """The keys that this version knows."""

    @model_validator(mode="before")
    @classmethod
    def _set_unknown_keys_aside(cls, data: object) -> object:
        if not isinstance(data, dict):
            return data
        if not (strange := data.keys() - cls.wire_keys):
            known = data.copy()
        else:
            known = {key: value for key, value in data.items() if key not in strange}
            rest = {key: data[key] for key in sorted(strange)}
            if not is_shallow(rest, _MAX_DEPTH):
                msg = f"an unknown key nests more than {_MAX_DEPTH} levels deep"
                raise ValueError(msg)
            known["unknown"] = to_json(rest)[1:-1]
        # Derived, so whatever is stored loses, even where it is not a number.
        known.pop("progress", None)
        return known

    @model_serializer(mode="plain")
    def wire(self) -> dict[str, Any]:
        """Return the wire object: known keys in the contract's order, then the unknown ones."""
        known = {key: getattr(self, key) for key in self._order()}
        if self.unknown and isinstance(rest := from_json("{" + self.unknown + "}"), dict):
            known |= rest
        return known

    def _order(self) -> tuple[str, ...]:
        raise NotImplementedError


class SessionLink(_Wire):
    """One session's work on a goal."""

    wire_keys = frozenset({"session_id", "task", "state", "evidence"})

    session_id: Text
    """The session, as its launcher names it."""
    task: Text
    """What it is to do, one line."""
    state: SessionTaskState = SessionTaskState.LAUNCHED
    """How far it is."""
    evidence: Text | None = None
    """What shows that the task is done: a URL, captured output. Anything may stand in it."""

    @classmethod
    def launched(cls, session_id: str, task: str) -> Self:
        """Return a link as it is when a session is started: launched, without evidence."""
        return cls(session_id=session_id, task=task)

    @property
    def proven(self) -> bool:
        """Whether the gate counts it: verified, with evidence that is not blank."""
        return self.state is SessionTaskState.VERIFIED and not is_blank(self.evidence)

    def _order(self) -> tuple[str, ...]:
        return ("session_id", "task", "state", "evidence")


class SessionUpdate(_Record):
    """What to change on a link; what is ``None`` stays as it is."""

    session_id: Text
    state: SessionTaskState | None = None
    evidence: Text | None = None
    note: Text | None = None
    """A note on the goal; blank is as good as none."""


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

    @property
    def progress(self) -> int:
        """Percent of the links whose state is ``verified``, rounded half up; 0 without links (CONTRACT 1)."""
        total = len(self.sessions)
        verified = sum(link.state is SessionTaskState.VERIFIED for link in self.sessions)
        return (100 * verified + total // 2) // total if total else 0

    @property
    def verified_count(self) -> int:
        """How many links are verified with evidence, which is what the gate counts."""
        return sum(link.proven for link in self.sessions)

    @property
    def all_verified(self) -> bool:
        """Whether there is a session and every one is verified with evidence."""
        return bool(self.sessions) and self.verified_count == len(self.sessions)

    @property
    def closed(self) -> bool:
        """Whether it is done or abandoned."""
        return self.status.closed

    @classmethod
    def from_wire(cls, data: object) -> Self:
        """Return the goal that a wire object holds.

        Raises:
            InvalidInput: it is not of the wire's shape; the field is named.

        """
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise InvalidInput(*first_problem(error)) from None

    def to_text(self) -> str:
        """Return the goal as one line of JSON in the contract's order, always valid UTF-8 and without U+0000."""
        return to_json(self.wire())

    @model_serializer(mode="plain")
    def wire(self) -> dict[str, Any]:
        """Return the wire object, times as text, links as objects."""
        return super().wire() | {
            "acceptance": list(self.acceptance),
            "sessions": [link.wire() for link in self.sessions],
            "created": format_time(self.created),
            "updated": format_time(self.updated),
            "notes": list(self.notes),
        }

    def _order(self) -> tuple[str, ...]:
        return ("id", "description", "status", "acceptance", "sessions", "progress", "created", "updated", "notes")


def is_closed_text(text: bytes) -> bool:
    """Return whether `Goal.to_text` wrote this of a closed goal, without parsing it: nearly all goals are closed.

    Inside a JSON string a quote is escaped, so the first place where this stands is the status itself.
    """
    return text.startswith(_CLOSED, text.find(_STATUS) + len(_STATUS))


def updated_in_text(text: bytes) -> datetime | None:
    """Return when a goal last changed, from what `Goal.to_text` wrote, without parsing it; good enough to sort by."""
    found = _UPDATED.search(text)
    # An unknown key of a link may hold what looks like it, with anything in it.
    with suppress(ValueError):
        return parse_time(datetime.fromisoformat(found[1].decode())) if found else None
    return None


def may_have_failed(text: bytes) -> bool:
    """Return whether a session may have failed in what `Goal.to_text` wrote, without parsing it."""
    return _FAILED in text


_UPDATED = re.compile(rb',"progress":\d+,"created":"[^"]*","updated":"([^"]*)"')
_STATUS = b'","status":"'
_FAILED = b'"state":"failed"'
_CLOSED = (b'done"', b'abandoned"')


def first_problem(error: ValidationError) -> tuple[str, str]:
    """Return the path of the first field that is wrong (``sessions.0.state``), and what is wrong with it."""
    detail = error.errors(include_url=False, include_input=False)[0]
    return ".".join(map(str, detail["loc"])) or "goal", detail["msg"].removeprefix("Value error, ")


# Bounded, because only what is on screen or just changed is asked for again and again.
@lru_cache(maxsize=4096)
def parse_goal(text: bytes) -> Goal:
    """Return the goal that `Goal.to_text` wrote, from its UTF-8.

    Raises:
        InvalidInput: it is no JSON, or not of the wire's shape.

    """
    try:
        data = from_json(text.decode())
    except ValueError as error:
        raise InvalidInput("goal", f"not JSON: {error}") from None
    return Goal.from_wire(data)
