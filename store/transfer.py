"""Files of goals: ``goals.json``, ours and trusty-mpm's, for import and export."""

from __future__ import annotations

from collections.abc import Iterable

from store.errors import InvalidInput
from store.limits import check_limits
from store.model import Goal
from store.text import from_json, to_json


def parse_goals(document: bytes | str) -> tuple[Goal, ...]:
    """Return the goals of a JSON document, in its order, shape checked and nothing else.

    Raises:
        InvalidInput: not UTF-8, not JSON, not an array, or an entry is no goal; the entry (from 1) and the field
            are named. Also where one id stands there twice with different content.

    """
    try:
        data = from_json(document.decode("utf-8-sig") if isinstance(document, bytes) else document)
    except UnicodeDecodeError as error:
        raise InvalidInput("file", f"is not UTF-8 at byte {error.start}") from None
    except ValueError as error:
        raise InvalidInput("file", f"is not JSON: {error}") from None
    if not isinstance(data, list):
        raise InvalidInput("file", "is not an array of goals")
    goals: dict[str, Goal] = {}
    for index, entry in enumerate(data, 1):
        try:
            goal = Goal.from_wire(entry)
        except InvalidInput as error:
            raise _at(index, entry, error) from None
        if goals.setdefault(goal.id, goal) != goal:
            raise InvalidInput(f"entry {index} ({goal.id})", "the file holds this id twice, with different content")
    return tuple(goals.values())


def check_import(goals: Iterable[Goal]) -> None:
    """Refuse goals over a limit with `InvalidInput` that names entry (from 1) and field."""
    for index, goal in enumerate(goals, 1):
        try:
            check_limits(goal)
        except InvalidInput as error:
            raise _at(index, {"id": goal.id}, error) from None


def to_document(goals: Iterable[Goal]) -> str:
    """Return the goals as a JSON array sorted by id, indented by two spaces, with a line break at its end."""
    return to_json([goal.wire() for goal in sorted(goals, key=lambda goal: goal.id)], indent=2) + "\n"


def _at(index: int, entry: object, error: InvalidInput) -> InvalidInput:
    name = entry.get("id") if isinstance(entry, dict) else None
    where = f"entry {index} ({name})" if isinstance(name, str) else f"entry {index}"
    return InvalidInput(f"{where}: {error.field}", error.problem, error.next)
