"""A store's error as what a person, or an agent, reads. The console and the command line share it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tui.format import safe, show_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from store import GoalStoreError


def in_words(error: GoalStoreError) -> tuple[str, str]:
    """Return what was refused, and what would make it work; both safe to print, each one line."""
    return safe(show_bytes(error.message)), safe(show_bytes(error.next))


def as_json(error: GoalStoreError, warnings: Sequence[str] = ()) -> dict[str, Any]:
    """Return the error as the contract's JSON object: code, message, next, and the facts (CONTRACT 7).

    What else a person would have been told is one more fact, since nothing but JSON may stand beside JSON.
    """
    facts = {key: _plain(value) for key, value in error.facts().items()}
    if warnings:
        facts["warnings"] = list(warnings)
    said = {"code": error.code, "message": show_bytes(error.message), "next": show_bytes(error.next)}
    return {"error": said | facts}


def _plain(value: object) -> Any:
    """Return a fact as JSON that any program can read: there is no lone surrogate in it."""
    if isinstance(value, str):
        return show_bytes(value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {show_bytes(key): _plain(item) for key, item in value.items()}
    wire = getattr(value, "wire", None)
    return _plain(wire()) if wire is not None else value
