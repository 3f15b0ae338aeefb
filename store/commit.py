"""One operation inside the palace's transaction: request ids, the rules on the newest revision, the append."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, NamedTuple

from store import gate
from store.errors import GoalNotFound, InvalidInput, PalaceUnavailable
from store.limits import check_size
from store.model import Goal, GoalStatus, SessionLink, SessionUpdate, parse_goal
from store.palace import Request, RevisionKind, StoredRevision, Transaction
from store.text import check_not_blank, check_text
from store.times import format_time
from store.transitions import OPERATIONS, Intent

MAX_REQUEST_ID = 200
"""Characters of a request id."""


class Imported(NamedTuple):
    """What an import did, ids in the order of the file."""

    imported: tuple[str, ...]
    skipped: tuple[str, ...]
    """Those that the palace held already, with the same content."""


class Commit:
    """The operations of one actor, each to be run in a transaction of the palace."""

    def __init__(self, palace: str, actor: str, clock: Callable[[], datetime]) -> None:
        """Name the palace for messages, and say who acts and what time it is."""
        self._palace = palace
        self._actor = actor
        self._clock = clock

    def apply(self, tx: Transaction, intent: Intent, request_id: str | None) -> Goal:
        """Run an intent on the newest revision, append what it returns, and return that.

        Raises:
            GoalStoreError: what the intent refuses; `InvalidInput` for a request id that stands for something else.

        """
        if type(intent) not in OPERATIONS:
            raise InvalidInput("intent", f"is {type(intent).__name__}, no operation of the store", "use one of its own")
        fingerprint = _fingerprint(intent, request_id)
        facts = _Facts(tx, self._palace, self._actor)
        match self._answered(tx, request_id, fingerprint):
            case None:
                pass
            case [str(goal_id), int(number)]:
                return facts.revision(goal_id, number)
            case _:
                raise self._damaged_answer(request_id)
        goal = intent.apply(facts, self._now())
        before = facts.seen.get(goal.id)
        if goal.status is GoalStatus.DONE and (
            before is None or (before.status, before.sessions) != (goal.status, goal.sessions)
        ):
            # Whatever asked for it, and whatever it asked itself.
            gate.require_pass(goal)
        number = self._append(tx, before, goal, may_outgrow=intent.may_outgrow, asked_at=facts.asked_at(goal.id))
        if request_id is not None:
            tx.remember(request_id, Request(fingerprint, json.dumps([goal.id, number or facts.number(goal.id)])))
        return goal

    def answered_about(self, tx: Transaction, request_id: str) -> str | None:
        """Return the goal that a request was carried out on, or ``None`` where it is new, or brought goals in.

        Raises:
            InvalidInput: it is no request id.

        """
        _check_request_id(request_id)
        done = tx.request(request_id)
        match done and self._answer(request_id, done):
            case [str(goal_id), int()]:
                return goal_id
        return None

    def take_in(self, tx: Transaction, goals: Sequence[Goal], request_id: str | None) -> Imported:
        """Append goals from elsewhere as they are; those that are there with the same content are skipped.

        Raises:
            InvalidInput: an id is there with other content; nothing is taken in.

        """
        fingerprint = _fingerprint(goals, request_id)
        match self._answered(tx, request_id, fingerprint):
            case None:
                pass
            case [[*imported], [*skipped]]:
                return Imported(tuple(imported), tuple(skipped))
            case _:
                raise self._damaged_answer(request_id)
        facts = _Facts(tx, self._palace, self._actor)
        imported, skipped = [], []
        for goal in goals:
            there = facts.find(goal.id)
            if there is None:
                self._append(tx, None, goal, may_outgrow=True, kind="import")
                imported.append(goal.id)
            elif there.says_all_of(goal):
                skipped.append(goal.id)
            else:
                raise InvalidInput(
                    goal.id,
                    f"the palace holds this goal with other content ({_differences(there, goal)})",
                    "take it out of the file, or import into another palace",
                )
        result = Imported(tuple(imported), tuple(skipped))
        if request_id is not None:
            tx.remember(request_id, Request(fingerprint, json.dumps(result)))
        return result

    def adopt(self, tx: Transaction, goals: Iterable[Goal]) -> bool:
        """Take in what a cache holds, if the palace has still never held anything; return whether that is so."""
        if not tx.is_empty():
            return False
        for goal in goals:
            self._append(tx, None, goal, may_outgrow=True, kind="adoption")
        return True

    def _append(
        self,
        tx: Transaction,
        before: Goal | None,
        goal: Goal,
        *,
        may_outgrow: bool,
        kind: RevisionKind = "change",
        asked_at: datetime | None = None,
    ) -> int:
        """Append ``goal`` unless it is what is there; return the revision's number, 0 where nothing is written."""
        if goal is before:
            return 0
        text = goal.to_text().encode()
        if not may_outgrow and (before is None or len(text) > len(before.to_text().encode())):
            check_size(text)
        had, has = _workers(before), _workers(goal)
        asked = gate.asked_at(before, goal, asked_at)
        return tx.append(
            goal.id,
            text,
            actor=self._actor,
            kind=kind,
            asked_at="" if asked is None else format_time(asked),
            took=has - had,
            left=had - has,
        )

    def _answered(self, tx: Transaction, request_id: str | None, fingerprint: str) -> Any:
        """Return the earlier answer to a request; ``None`` for a new one, and for a change without an id."""
        if request_id is None:
            return None
        _check_request_id(request_id)
        done = tx.request(request_id)
        if done is None:
            return None
        if done.fingerprint != fingerprint:
            raise InvalidInput("request_id", f"{request_id!r} stands for another request", "use a new one")
        return self._answer(request_id, done)

    def _answer(self, request_id: str, done: Request) -> Any:
        try:
            # Nothing is an answer that is damaged, and no new request.
            return json.loads(done.result) or ()
        except (TypeError, ValueError):
            raise self._damaged_answer(request_id) from None

    def _damaged_answer(self, request_id: str | None) -> PalaceUnavailable:
        return PalaceUnavailable(
            self._palace,
            f"the answer to request {request_id!r} is damaged",
            "look whether the change is there before you make it again, with another request id",
        )

    def _now(self) -> datetime:
        try:
            return self._clock().astimezone(UTC)
        except (AttributeError, OverflowError, ValueError) as error:
            raise InvalidInput("clock", f"tells no time of the years 1 to 9999: {error}", "set it right") from None


class _Facts:
    """What the rules may ask, answered from inside the transaction."""

    def __init__(self, tx: Transaction, palace: str, actor: str) -> None:
        self.actor = actor
        self._tx = tx
        self._palace = palace
        self._asked: dict[str, datetime | None] = {}
        self.seen: dict[str, Goal] = {}
        """The newest revisions that were asked for."""

    def find(self, goal_id: str) -> Goal | None:
        stored = self._tx.newest(goal_id)
        if stored is None:
            return None
        self._asked[goal_id] = stored.asked()
        return self._read(stored)

    def goal(self, goal_id: str) -> Goal:
        goal = self.find(goal_id)
        if goal is None:
            raise GoalNotFound(goal_id)
        self.seen[goal_id] = goal
        return goal

    def number(self, goal_id: str) -> int:
        stored = self._tx.newest(goal_id)
        return stored.number if stored else 0

    def revision(self, goal_id: str, number: int) -> Goal:
        stored = self._tx.revision(goal_id, number)
        if stored is None:
            newest = self.number(goal_id)
            raise InvalidInput("revision", f"goal {goal_id} has no revision {number}", f"it has 1 to {newest}")
        return self._read(stored)

    def asked_at(self, goal_id: str) -> datetime | None:
        return self._asked.get(goal_id)

    def since(self, goal_id: str, number: int) -> list[tuple[str, Goal]]:
        rows = (self._tx.revision(goal_id, at) for at in range(number, self.number(goal_id) + 1))
        return [(stored.actor, self._read(stored)) for stored in rows if stored is not None]

    def holder(self, session_id: str, besides: str) -> str | None:
        return next((drawer for drawer in self._tx.workplaces(session_id) if drawer != besides), None)

    def new_id(self) -> str:
        while True:
            goal_id = f"g-{os.urandom(8).hex()}"
            if self._tx.newest(goal_id) is None:
                return goal_id

    def _read(self, stored: StoredRevision) -> Goal:
        fault = stored.fault
        if fault is None:
            try:
                return parse_goal(stored.text)
            except InvalidInput as error:
                fault = f"it is no goal: {error.message}"
        is_newest = stored.number == self.number(stored.drawer)
        revision = f"revision {stored.number} of goal {stored.drawer}"
        which = f"the drawer of goal {stored.drawer}" if is_newest else revision
        way_out = "work on other goals" if is_newest else "name another revision"
        raise PalaceUnavailable(
            self._palace,
            f"{which} can't be read: {fault}",
            f"it is left untouched; restore the palace from a copy, or {way_out}",
        )


def _workers(goal: Goal | None) -> frozenset[str]:
    """Return the sessions that work on a goal: none on a closed one."""
    if goal is None or goal.closed:
        return frozenset()
    return frozenset(link.session_id for link in goal.sessions)


def _check_request_id(request_id: str) -> None:
    check_not_blank("request_id", request_id)
    check_text("request_id", request_id, chars=MAX_REQUEST_ID)


def _fingerprint(asked: Intent | Sequence[Goal], request_id: str | None) -> str:
    """Return what tells an operation and its arguments from any other; nothing where nobody will ask."""
    if request_id is None:
        return ""
    # Few requests have an id, and this is slow to load.
    from hashlib import sha256

    if isinstance(asked, Sequence):
        plain: object = ["Import", *asked]
    else:
        plain = [type(asked).__name__, *(getattr(asked, field.name) for field in fields(asked))]
    try:
        document = json.dumps(plain, default=_plain)
    except (TypeError, ValueError):
        # What is no argument at all is for the rules to refuse.
        document = repr(plain)
    return sha256(document.encode()).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, Goal | SessionLink | SessionUpdate):
        return value.wire()
    raise TypeError(type(value).__name__)


def _differences(one: Goal, other: Goal) -> str:
    a, b = one.wire(), other.wire()
    return ", ".join(key for key in sorted(a.keys() | b.keys()) if a.get(key) != b.get(key))
