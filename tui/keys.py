"""The operator's own keys: which bindings there are, and whether what is asked for can be."""

from __future__ import annotations

import importlib
import pkgutil
import re
from difflib import get_close_matches
from functools import cache
from itertools import combinations
from string import ascii_letters, digits
from typing import TYPE_CHECKING, Final, NamedTuple

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import Keys, _character_to_key

from tui.widgets.lines import character

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DEAD: Final = frozenset(
    {"ctrl+h", "ctrl+i", "ctrl+m", "ctrl+j"}
    | {f"{with_}+{digit}" for with_ in ("ctrl", "ctrl+shift") for digit in range(10)}
)
"""Terminals send another key for these: backspace, tab, enter, a digit."""
_ALONE: Final = {"dialog": "dialog", "choice": "dialog", "undo": "dialog", "refused": "refused", "help": "help"}
"""What of a binding's id says that it acts where the screens' own bindings don't, and where that is."""
_FOCUSED: Final = frozenset({"list", "pick", "read"})
"""What of a binding's id says that it acts in one pane, while that has the focus."""
_NAMES: Final = frozenset(key.value for key in Keys)
_MODIFIERS: Final = ("alt", "ctrl", "shift")
"""Those that a terminal tells, in the order in which Textual names them."""
_MOVES: Final = ("up", "down", "left", "right", "home", "end", "insert", "delete", "pageup", "pagedown")


class _Known(NamedTuple):
    keys: frozenset[str]
    priority: bool


def remap(given: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the keys that can be had, by the binding's id, and what is wrong with the others, a line each."""
    known = bindings()
    problems: list[str] = []
    wanted: dict[str, str] = {}
    for id_, text in given.items():
        keys = [key if len(key) == 1 else key.strip() for key in text.split(",")]
        if id_ not in known:
            alike = [name for name in known if name.rpartition(".")[2] == id_.rpartition(".")[2]]
            like = get_close_matches(id_, alike, 1, cutoff=0) or get_close_matches(id_, known, 1)
            problems.append(f"{id_} is no key's name{f': is it {like[0]}?' if like else ''}")
        elif (wrong := _wrong(keys, known[id_])) is not None:
            problems.append(f"{id_}: {wrong}")
        else:
            wanted[id_] = ",".join(filter(None, map(_as_it_arrives, keys)))
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
        name = _as_it_arrives(key)
        if name is None:
            return f"{key} does not arrive in a terminal"
        if binding.priority and character(name):
            return f"{key} writes, and this key acts in fields too"
    return None


def _is_key(key: str) -> bool:
    _, name = _parts(key)
    return len(name) == 1 or key in _NAMES or name in _NAMES or bool(character(name))


def _as_it_arrives(key: str) -> str | None:
    """Return the name that a key has when it comes from any terminal; ``None`` where only some, or none, send it."""
    modifiers, name = _parts(key)
    written = character(name)
    if written and modifiers <= {"shift"}:
        if not modifiers:
            return _character_to_key(written)
        # Which sign is above another is the keyboard's affair.
        large = written.upper()
        return large if written.isalpha() and large != written.lower() and len(large) == 1 else None
    if written.isupper():
        modifiers, written = modifiers | {"shift"}, written.lower()
    return _arriving().get((modifiers, _character_to_key(written) if written else name))


def _parts(key: str) -> tuple[frozenset[str], str]:
    """Return a key's modifiers, and what is pressed with them."""
    *modifiers, name = re.split(r"(?<=[a-z])\+(?=.)", key)
    return frozenset(modifiers), _character_to_key(name) if len(name) == 1 else name


@cache
def _arriving() -> dict[tuple[frozenset[str], str], str]:
    """Return the keys that any terminal sends, by their parts, but for those that only write."""
    names = {keys[0].value for keys in ANSI_SEQUENCES_KEYS.values() if isinstance(keys, tuple) and len(keys) == 1}
    for key in (*_MOVES, *(f"f{number}" for number in range(1, 13))):
        for count in range(len(_MODIFIERS) + 1):
            names |= {"+".join((*some, key)) for some in combinations(_MODIFIERS, count)}
    for char in ascii_letters + digits:
        # Some mean a key of its own, and O begins one.
        if f"\x1b{char}" not in ANSI_SEQUENCES_KEYS and char != "O":
            names.add(f"alt+shift+{char.lower()}" if char.isupper() else f"alt+{char}")
    arriving = {}
    for name in names - _DEAD:
        modifiers, pressed = _parts(name)
        # Terminals send f13 to f24 for f1 to f12 with shift, which Textual tells as that.
        if not re.match(r"<|f1[3-9]|f2\d", pressed):
            arriving[modifiers, pressed] = name
    return arriving


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
