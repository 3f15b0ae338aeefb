"""The operator's own keys: which bindings there are, and whether what is asked for can be."""

from __future__ import annotations

import importlib
import pkgutil
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final, NamedTuple

from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import Keys, _normalize_key_list

from tui.widgets.lines import character

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DEAD: Final = frozenset({"ctrl+h", "ctrl+i", "ctrl+m", "ctrl+j"} | {f"ctrl+{digit}" for digit in range(10)})
"""Terminals send another key for these: backspace, tab, enter, a digit."""
_ALONE: Final = {"dialog": "dialog", "choice": "dialog", "undo": "dialog", "refused": "refused", "help": "help"}
"""What of a binding's id says that it acts where the screens' own bindings don't, and where that is."""
_FOCUSED: Final = frozenset({"list", "pick", "read"})
"""What of a binding's id says that it acts in one pane, while that has the focus."""
_NAMES: Final = frozenset(key.value for key in Keys)


class _Known(NamedTuple):
    keys: frozenset[str]
    priority: bool


def remap(given: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the keys that can be had, by the binding's id, and what is wrong with the others, a line each."""
    known = bindings()
    problems: list[str] = []
    wanted: dict[str, str] = {}
    for id_, text in given.items():
        keys = _normalize_key_list(text)
        if id_ not in known:
            alike = [name for name in known if name.rpartition(".")[2] == id_.rpartition(".")[2]]
            like = get_close_matches(id_, alike, 1, cutoff=0) or get_close_matches(id_, known, 1)
            problems.append(f"{id_} is no key's name{f': is it {like[0]}?' if like else ''}")
        elif (wrong := _wrong(keys.split(","), known[id_])) is not None:
            problems.append(f"{id_}: {wrong}")
        else:
            wanted[id_] = keys
    # Again and again: one that has to keep its own key may be in the way of another that was given it.
    while taken := [(id_, *other) for id_ in wanted if (other := _taken(id_, wanted, known)) is not None]:
        id_, key, owner = taken[0]
        problems.append(f"{id_}: {key} is the key of {owner}")
        del wanted[id_]
    return wanted, problems


def _wrong(keys: list[str], binding: _Known) -> str | None:
    for key in keys:
        if not _is_key(key):
            return f"{key or 'nothing'} is no key"
        if key in _DEAD:
            return f"{key} does not arrive in a terminal"
        if binding.priority and character(key):
            return f"{key} writes, and this key acts in fields too"
    return None


def _is_key(key: str) -> bool:
    name = re.sub(r"^((ctrl|shift|alt|super)\+)+", "", key)
    return len(name) == 1 or key in _NAMES or name in _NAMES or bool(character(name))


def _taken(id_: str, wanted: Mapping[str, str], known: Mapping[str, _Known]) -> tuple[str, str] | None:
    """Return a key of this binding that another one has too, where both act, and which one that is."""
    mine = set(wanted[id_].split(","))
    for other, binding in known.items():
        theirs = set(wanted[other].split(",")) if other in wanted else binding.keys
        if other != id_ and (both := mine & theirs) and _meet(id_, other):
            return min(both), other
    return None


def _meet(one: str, other: str) -> bool:
    """Whether two bindings may act at the same time."""
    first, second = one.split(".", maxsplit=1)[0], other.split(".", maxsplit=1)[0]
    if first == second or "app" in (first, second):
        return True
    if {first, second} == {"board", "page"} or {first, second} <= _FOCUSED:
        return False
    places = {_ALONE.get(name, "screen") for name in (first, second) if name not in _FOCUSED - {"list"}}
    return len(places) == 1


def bindings() -> dict[str, _Known]:
    """Return every binding of ours, whether its screen was ever shown or not."""
    import tui.screens
    import tui.widgets

    for package in (tui.screens, tui.widgets):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(found.name)
    known: dict[str, _Known] = {}
    for owner in _heirs(DOMNode):
        for binding in Binding.make_bindings(owner.__dict__.get("BINDINGS", ())):
            if owner.__module__.startswith("tui.") and binding.id:
                keys = known[binding.id].keys if binding.id in known else frozenset()
                known[binding.id] = _Known(keys | {binding.key}, binding.priority)
    return known


def _heirs(owner: type[DOMNode]) -> Iterator[type[DOMNode]]:
    for heir in owner.__subclasses__():
        yield heir
        yield from _heirs(heir)
