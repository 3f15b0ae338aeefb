"""What was typed into a dialog and not sent: kept for as long as the console runs, since nothing typed is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import App

Draft = tuple[str, "Mapping[str, str]"]
"""What it is, in safe words, and what stands in its fields."""

_DRAFTS: WeakKeyDictionary[App[Any], dict[tuple[str, ...], Draft]] = WeakKeyDictionary()


def keep(app: App[Any], key: tuple[str, ...], fields: Mapping[str, str], name: str = "") -> None:
    """Keep what stands in the fields of a dialog; no field at all: there is nothing to keep any more."""
    drafts = _DRAFTS.setdefault(app, {})
    if fields:
        drafts[key] = (name, dict(fields))
    else:
        drafts.pop(key, None)


def kept(app: App[Any], key: tuple[str, ...]) -> Mapping[str, str]:
    """Return what was kept."""
    return _DRAFTS.get(app, {}).get(key, ("", {}))[1]


def all_kept(app: App[Any]) -> dict[tuple[str, ...], Draft]:
    """Return all that is kept."""
    return dict(_DRAFTS.get(app, {}))
