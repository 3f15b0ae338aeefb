"""How much goes into a goal (CONTRACT 8)."""

from __future__ import annotations

from collections.abc import Iterator

from store.errors import InvalidInput
from store.model import Goal
from store.text import KIB, check_text, from_json

MAX_LINE = 2_000
"""Characters of a description, a task or a criterion."""
MAX_NOTE = 16 * KIB
"""Bytes of a note, a reason or an outcome."""
MAX_EVIDENCE = 256 * KIB
MAX_SESSION_ID = 200
MAX_SESSIONS = 200
MAX_CRITERIA = 100
MAX_NOTES = 2_000
MAX_GOAL = 8 * KIB * KIB
"""Bytes of a goal on the wire."""


def check_limits(goal: Goal) -> None:
    """Refuse a goal from elsewhere that is over a limit or holds what it must not (CONTRACT 8).

    Raises:
        InvalidInput: the first field that is wrong, as a path (``sessions.0.task``).

    """
    check_text("description", goal.description, chars=MAX_LINE)
    check_count("acceptance", len(goal.acceptance), MAX_CRITERIA)
    for index, criterion in enumerate(goal.acceptance):
        check_text(f"acceptance.{index}", criterion, chars=MAX_LINE)
    check_count("sessions", len(goal.sessions), MAX_SESSIONS)
    for index, link in enumerate(goal.sessions):
        check_text(f"sessions.{index}.session_id", link.session_id, chars=MAX_SESSION_ID)
        check_text(f"sessions.{index}.task", link.task, chars=MAX_LINE)
        if link.evidence is not None:
            check_text(f"sessions.{index}.evidence", link.evidence, size=MAX_EVIDENCE, controls=True)
        _check_unknown(f"sessions.{index}.", link.unknown)
    check_count("notes", len(goal.notes), MAX_NOTES)
    for index, note in enumerate(goal.notes):
        check_text(f"notes.{index}", note, size=MAX_NOTE, controls=True)
    _check_unknown("", goal.unknown)
    check_size(goal.to_text().encode())


def _check_unknown(path: str, unknown: str) -> None:
    """Refuse a lone surrogate in keys that this version does not know: strict readers then refuse the whole file."""
    if "\\ud" in unknown and isinstance(keys := from_json("{" + unknown + "}"), dict):
        for key, value in keys.items():
            for text in (key, *_texts_in(value)):
                check_text(path + key, text, controls=True)


def _texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in (*value, *value.values()) if isinstance(value, dict) else value:
            yield from _texts_in(item)


def check_size(text: bytes) -> None:
    """Refuse a goal whose wire text is over `MAX_GOAL` with `InvalidInput`."""
    if len(text) > MAX_GOAL:
        raise InvalidInput("goal", f"has {len(text)} bytes, the limit is {MAX_GOAL}", "start another goal")


def check_count(field: str, count: int, limit: int) -> None:
    """Refuse more entries than ``limit`` with `InvalidInput`."""
    if count > limit:
        raise InvalidInput(field, f"has {count} entries, the limit is {limit}", "start another goal")
