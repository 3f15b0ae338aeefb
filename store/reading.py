"""What a store knows, and what it asks the palace: the half of it that changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import TypeVar

from store.book import Book
from store.errors import GoalNotFound, InvalidInput, PalaceUnavailable
from store.model import Goal
from store.palace import Palace, unavailable
from store.revisions import Event, Revision, holds, read_revisions
from store.text import check_type, to_json
from store.transfer import name_entries, read_goals

T = TypeVar("T")

_NAMED = 5
"""Goals that a sentence names."""
_PAGE = 50
"""Revisions that are looked through at a time."""


class Reading:
    """The goals of one palace as they are now, and as they were."""

    def __init__(self, palace: Palace) -> None:
        """Know nothing of the palace yet, and ask it nothing."""
        self.palace = palace
        self.book = Book()
        self.degraded: str | None = None
        """Why the palace can't be used, while it can't: the goals are then what was known last."""
        self.read_only = False
        """Whether it can be read all the same: the goals are those in it, and only changes are refused."""
        self._there = False

    def get(self, goal_id: str) -> Goal | None:
        """Return a goal, or ``None``; `InvalidInput` for what is no text."""
        _check_goal(goal_id)
        return self.book.get(goal_id)

    def asked_at(self, goal_id: str) -> datetime | None:
        """Return when it last changed what a goal asks for, see `store.gate.asked_at`; ``None`` also if not known."""
        _check_goal(goal_id)
        return self.book.asked_at(goal_id)

    def all(self) -> list[Goal]:
        """Return every goal, by id."""
        return self.book.all()

    def resolve(self, prefix: str) -> str:
        """Return the id that an unambiguous prefix means, or raise `GoalNotFound`."""
        _check_goal(prefix)
        return self.book.resolve(prefix)

    @property
    def unreadable(self) -> Mapping[str, str]:
        """The drawers that can't be read, with the reason."""
        return self.book.unreadable

    def history(self, goal_id: str, limit: int | None = None, before: int | None = None) -> list[Revision]:
        """Return a goal's revisions, oldest first: those numbered below ``before``, the newest ``limit`` of them.

        A revision that can't be read is left out; its number is missing.

        Raises:
            GoalNotFound: there is no such goal.
            InvalidInput: an argument is of the wrong type.
            PalaceUnavailable: the palace can't be read.

        """
        _check_goal(goal_id)
        _check_page(limit, before)
        self._require_palace()
        rows = self._asked(lambda: self.palace.history(goal_id, limit=limit, before=before))
        if not rows and self.book.number(goal_id) == 0:
            raise GoalNotFound(goal_id)
        return read_revisions(rows)

    def activity(self, limit: int, before: int | None = None) -> list[Event]:
        """Return what happened in the palace, newest first: at most ``limit`` events with a seq below ``before``.

        What can't be read is left out.

        Raises:
            PalaceUnavailable: the palace can't be read.

        """
        _check_page(limit, before)
        self._require_palace()
        rows = self._asked(lambda: self.palace.recent(limit=limit, before=before)) if self._there else []
        events = []
        for row in rows:
            revisions = read_revisions([row])
            earlier = read_revisions(self._asked(partial(self.palace.history, row.drawer, limit=1, before=row.number)))
            if (at := row.committed_at()) is not None:
                events += [Event(row.seq, at, one, earlier[0].goal if earlier else None) for one in revisions]
        return events

    def search(self, text: str, among: Sequence[str]) -> list[str]:
        """Return which of some goals, whose ids follow each other, hold ``text`` in evidence or notes, in any case.

        Raises:
            PalaceUnavailable: the palace can't be read.

        """
        check_type("text", text, str, "text")
        self._require_palace()
        if not self._there or not among:
            return []
        needle = text.casefold()
        rows = self._asked(lambda: self.palace.containing(needle, first=among[0], last=among[-1]))
        goals = {goal.id: goal for _, _, _, goal in read_revisions(rows)}
        # The palace knows no letter that folds to several or to ASCII's, such as ß.
        letters = [to_json(needle)[1:-1]]
        maybe = (key for key in among if self.book.may_fold(key) and self.book.may_mention(key, letters))
        goals |= {key: goal for key in maybe if (goal := self.get(key))}
        return sorted(goal_id for goal_id, goal in goals.items() if holds(goal, needle))

    def holds(self, goal_id: str, text: str) -> bool:
        """Return whether a goal, as it is known, holds ``text`` where `search` looks for it."""
        check_type("text", text, str, "text")
        goal = self.get(goal_id)
        return goal is not None and holds(goal, text.casefold())

    def lacks(self, document: bytes) -> str | None:
        """Return what a file of goals holds that the palace does not, in a few words; ``None`` where there is nothing.

        What stands in a goal's history is in the palace, and what can't be read in a file may be anything.

        Raises:
            PalaceUnavailable: the palace can't be read.

        """
        try:
            goals, bad = read_goals(document)
        except InvalidInput as error:
            return f"it {error.problem}"
        if bad:
            return name_entries(bad)
        lacking = (goal.id for goal in goals if not self._has_held(goal))
        if not (named := list(islice(lacking, _NAMED + 1))):
            return None
        others = " and others" if len(named) > _NAMED else ""
        return f"it holds what the palace lacks: {', '.join(named[:_NAMED])}{others}"

    def _has_held(self, goal: Goal) -> bool:
        ours = self.get(goal.id)
        is_here = ours is not None and ours.says_all_of(goal)
        if is_here or not self._there:
            return is_here
        before: int | None = None
        while rows := self._asked(partial(self.palace.history, goal.id, limit=_PAGE, before=before)):
            revisions = read_revisions(rows)
            if any(revision.goal.says_all_of(goal) for revision in revisions):
                return True
            # A goal's time moves forward with each of its revisions.
            if revisions and revisions[0].goal.updated < goal.updated:
                break
            before = rows[0].number
        return False

    def _require_palace(self, *, to_write: bool = False) -> None:
        if self.degraded is None or (self.read_only and not to_write):
            return
        shown = "those in it" if self.read_only else "those last known"
        raise PalaceUnavailable(
            self.palace.name, self.degraded, f"the goals shown are {shown}; it is tried again by itself"
        )

    def _asked(self, question: Callable[[], T]) -> T:
        """Ask the palace; whatever the operating system says of it is the palace's error."""
        try:
            return question()
        except OSError as error:
            raise unavailable(self.palace, error) from error


def _check_goal(goal_id: str) -> None:
    check_type("goal_id", goal_id, str, "text")


def _check_page(limit: int | None, before: int | None) -> None:
    for name, number in (("limit", limit), ("before", before)):
        if number is not None and type(number) is not int:
            raise InvalidInput(name, f"is {type(number).__name__}", "give a whole number")
    if limit is not None and limit < 0:
        raise InvalidInput("limit", f"is {limit}", "give 0 or more")
