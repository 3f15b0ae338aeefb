"""The keys that sentences name: those of the bindings, where the operator has not given them others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULTS: Final[Mapping[str, str]] = {
    "goal.add": "a",
    "goal.link": "l",
    "goal.update": "u",
    "goal.close": "c",
    "goal.note": "m",
    "goal.status": "t",
    "goal.edit": "e",
    "goal.unlink": "-",
    "goal.undo": "z",
    "goal.history": "h",
    "goal.browse": "o",
    "goal.doctor": "D",
    "dialog.send": "ctrl+s",
    "dialog.cancel": "esc",
    "dialog.on": "enter",
    "dialog.restore": "ctrl+r",
    "board.filter": "/",
    "board.next": "n",
    "board.later": "x",
    "board.all": "0",
    "board.closed": "4",
    "board.back": "esc",
    "board.help": "?",
    "board.quit": "q",
    "app.quit": "ctrl+q",
    "choice.done": "enter",
    "list.open": "enter",
    "list.take": "r",
    "page.filter": "/",
    "page.look": "r",
    "page.search": "/",
    "page.match": "n",
    "page.match_before": "N",
    "page.back": "esc",
    "pick.down": "j",
    "pick.up": "k",
    "refused.back": "esc",
    "refused.close": "c",
    "refused.go": "enter",
    "refused.link": "l",
    "refused.unlink": "-",
    "refused.update": "u",
}
"""What they are called, by the binding's id."""
_given: dict[str, str] = {}


def key(id_: str) -> str:
    """Return what the first key of a binding is called, in the words of the footer."""
    return _given.get(id_, DEFAULTS[id_])


def give(keys: Mapping[str, str]) -> None:
    """Take on what the operator's own keys are called, by the binding's id, in place of all given before."""
    _given.clear()
    _given.update(keys)
