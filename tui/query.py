"""What the operator looks for: words, and ``status:``, ``state:``, ``need:``, ``actor:``, ``text:``. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from store import to_json

if TYPE_CHECKING:
    from store import Goal
    from tui.needs import Kind

TOKENS: Final = ("status", "state", "need", "actor", "text")
"""What a word may begin with; several of one kind: any of them. Everything asked for must hold."""
_TEXT: Final = re.compile(r"(?<!\S)text:")


@dataclass(frozen=True, slots=True)
class Query:
    """A filter as it was typed, taken apart; all of it case-folded."""

    words: tuple[str, ...] = ()
    """Each must stand in description, session or task, or be how the id begins."""
    status: tuple[str, ...] = ()
    """Beginnings of a status."""
    state: tuple[str, ...] = ()
    """Beginnings of the state of a session."""
    need: tuple[str, ...] = ()
    """Beginnings of what the goal needs."""
    actor: tuple[str, ...] = ()
    """What stands in the name of whoever changed the goal last."""
    text: str = ""
    """What must stand in evidence or notes; the palace looks for it."""
    written: tuple[str, ...] = ()
    """The words as they stand in JSON."""

    def __bool__(self) -> bool:
        """Whether anything is asked for."""
        # Asked of each goal: another query to compare with would take longer to make than the goal to look at.
        return bool(self.words or self.status or self.state or self.need or self.actor or self.text)

    def narrows(self, other: Query) -> bool:
        """Return whether whatever this finds, another finds too: for one, a letter or a word was added to it."""
        # A word may be how an id begins: what is written before it makes that another beginning.
        longer = all(any(word.startswith(old) for word in self.words) for old in other.words)
        return longer and self._others == other._others

    @property
    def _others(self) -> tuple[object, ...]:
        return self.status, self.state, self.need, self.actor, self.text

    def takes(self, goal: Goal, kind: Kind) -> bool:
        """Return whether a goal is in the status, the state and the need that are asked for."""
        return (
            _any(self.status, [goal.status.casefold()])
            and _any(self.need, [kind.name.casefold()])
            and _any(self.state, [link.state.casefold() for link in goal.sessions])
        )

    def takes_actor(self, actor: str) -> bool:
        """Return whether the goal was last changed by somebody who is asked for."""
        return not self.actor or any(name in actor.casefold() for name in self.actor)


def parse(typed: str) -> Query:
    """Return what was typed as a query. ``text:`` takes the rest of the line, blanks and all."""
    folded = typed.casefold()
    head, *rest = _TEXT.split(folded, maxsplit=1)
    tokens: dict[str, list[str]] = {name: [] for name in TOKENS}
    words = []
    for word in head.split():
        name, colon, value = word.partition(":")
        if colon and name in TOKENS and name != "text":
            # Nothing after the colon yet: it is still being typed.
            tokens[name] += [value] if value else []
        else:
            words.append(word)
    return Query(
        words=tuple(words),
        status=tuple(tokens["status"]),
        state=tuple(tokens["state"]),
        need=tuple(tokens["need"]),
        actor=tuple(tokens["actor"]),
        text=_unquoted(rest[0].strip()) if rest else "",
        written=tuple(to_json(word)[1:-1] for word in words),
    )


def _unquoted(text: str) -> str:
    """Return a text without the quotes that somebody put around it, as one does elsewhere."""
    return text[1:-1] if len(text) > 2 and text[0] == text[-1] == '"' else text


def _any(beginnings: tuple[str, ...], values: list[str]) -> bool:
    return not beginnings or any(value.startswith(beginnings) for value in values)
