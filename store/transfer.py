"""Files of goals: ``goals.json``, ours and trusty-mpm's, for import and export."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from store.errors import InvalidInput
from store.goals_json.json_entries import decode, find_fault
from store.limits import check_limits
from store.model import Goal, parse_id
from store.shape import say_value
from store.text import check_type, to_json

_NAMED = 5
"""Bad entries that a sentence names; the others are counted."""


class BadEntry(NamedTuple):
    """An entry of a file that is no goal."""

    number: int
    """Its place in the file, from 1."""
    goal_id: str | None
    """The id that it has, if that is text."""
    field: str
    """What is wrong in it; empty for the entry as a whole."""
    problem: str

    @property
    def place(self) -> str:
        """The entry and the field."""
        said = f"entry {self.number}"
        if self.goal_id is not None:
            said += f" ({self.goal_id if len(self.goal_id) <= 64 else say_value(self.goal_id)})"
        return f"{said}: {self.field}" if self.field else said

    def __str__(self) -> str:
        """Return the place and the problem."""
        return f"{self.place}: {self.problem}"


class Contents(NamedTuple):
    """What a file of goals holds."""

    goals: tuple[Goal, ...]
    """The goals, in the file's order, each once."""
    bad: tuple[BadEntry, ...]
    """The entries that are none."""

    def by_id(self) -> dict[str, BadEntry]:
        """Return the bad entries that can be told by their id: it is one, and no goal's."""
        goals = {goal.id for goal in self.goals}
        found: dict[str, BadEntry] = {}
        for entry in self.bad:
            if entry.goal_id is not None and entry.goal_id not in goals:
                with suppress(ValueError):
                    found.setdefault(parse_id(entry.goal_id), entry)
        return found


def parse_goals(document: bytes | str) -> tuple[Goal, ...]:
    """Return the goals of a JSON document, in its order, shape checked and nothing else.

    Raises:
        InvalidInput: not UTF-8, not JSON, not an array, or an entry is no goal; the entry (from 1), the field and the
            value are named. Also where one id stands there twice with different content, or a key twice.

    """
    goals, bad = read_goals(document)
    if bad:
        raise refusal(bad)
    return goals


def read_goals(document: bytes | str) -> Contents:
    """Return the goals of a JSON document as `parse_goals` does, and beside them the entries that are none.

    Raises:
        InvalidInput: not UTF-8, not JSON, or not an array.

    """
    data, faulty = _decode(document)
    if not isinstance(data, list):
        raise InvalidInput("file", "is not an array of goals")
    goals: dict[str, Goal] = {}
    bad = []
    for number, entry in enumerate(data, 1):
        if faulty and (fault := find_fault(entry)):
            bad.append(_bad(number, entry, fault.path or "goal", fault.problem))
            continue
        try:
            goal = Goal.from_wire(entry)
        except InvalidInput as error:
            bad.append(_bad(number, entry, error.field, error.problem))
            continue
        if goals.setdefault(goal.id, goal) != goal:
            bad.append(_bad(number, entry, "", "the file holds this id twice, with different content"))
    return Contents(tuple(goals.values()), tuple(bad))


def list_goals(goals: Iterable[Goal]) -> tuple[Goal, ...]:
    """Return the goals of any iterable; `InvalidInput` where it is none, or holds anything else."""
    check_type("goals", goals, Iterable, "goals")
    listed = tuple(goals)
    for number, goal in enumerate(listed, 1):
        check_type(f"goals, entry {number}", goal, Goal, "a Goal")
    return listed


def check_import(goals: Sequence[Goal]) -> None:
    """Refuse goals over a limit with `InvalidInput` that names entry (from 1) and field."""
    bad = []
    for number, goal in enumerate(goals, 1):
        try:
            check_limits(goal)
        except InvalidInput as error:
            bad.append(BadEntry(number, goal.id, error.field, error.problem))
    if bad:
        raise refusal(bad)


def refusal(bad: Sequence[BadEntry]) -> InvalidInput:
    """Return the error for a file with bad entries: it names the first, and then some of the others."""
    return InvalidInput(bad[0].place, name_entries(bad).removeprefix(f"{bad[0].place}: "))


def name_entries(bad: Sequence[BadEntry]) -> str:
    """Return what is wrong with some bad entries, and how many there are besides."""
    rest = len(bad) - _NAMED
    said = "; ".join(map(str, bad[:_NAMED]))
    return f"{said}; and {rest} more bad entr{'y' if rest == 1 else 'ies'}" if rest > 0 else said


def say_taken_over(found: Contents, path: Path) -> list[str]:
    """Return what to tell of a cache whose goals became those of a palace: what was taken, and what was not."""
    goals, bad = found
    said = []
    if goals:
        closed = sum(goal.closed for goal in goals)
        unjudged = f", {closed} of them closed, which was not judged here" if closed else ""
        said.append(f"{len(goals)} goal{' was' if len(goals) == 1 else 's were'} taken over from {path}{unjudged}")
    if bad:
        count = f"{len(bad)} entr{'y was' if len(bad) == 1 else 'ies were'} not taken over"
        said.append(f"{count}: {name_entries(bad)}; the file will be set aside: {path}")
    return said


def to_document(goals: Iterable[Goal]) -> str:
    """Return the goals as a JSON array sorted by id, indented by two spaces, with a line break at its end."""
    return to_json([goal.wire() for goal in sorted(goals, key=lambda goal: goal.id)], indent=2) + "\n"


def _decode(document: bytes | str) -> tuple[object, bool]:
    check_type("document", document, bytes | str, "bytes or text")
    if isinstance(document, bytes):
        encoding = json.detect_encoding(document)
        if not encoding.startswith("utf-8"):
            raise InvalidInput("file", f"is {encoding[:6].upper()}, not UTF-8", "save it as UTF-8, and try again")
        try:
            document = document.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InvalidInput("file", f"is not UTF-8 at byte {error.start}") from None
    try:
        return decode(document)
    except ValueError as error:
        raise InvalidInput("file", f"is not JSON: {error}") from None


def _bad(number: int, entry: object, field: str, problem: str) -> BadEntry:
    name = entry.get("id") if isinstance(entry, dict) else None
    return BadEntry(number, name if isinstance(name, str) else None, field, problem)
