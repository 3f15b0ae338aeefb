"""What happened, newest first: a list that grows at both ends."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from tui.cells import fit, fit_right
from tui.format import NOTHING, SESSION_GLYPHS, STATUS_GLYPHS, age
from tui.happened import Feed
from tui.widgets.rows import Piece, RowList

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence
    from datetime import datetime

    from store import Event
    from tui.happened import Happening

SIGNS: Final = {
    "created": ("+", "busy"),
    "abandoned": (STATUS_GLYPHS["abandoned"], "quiet"),
    "closed": (STATUS_GLYPHS["done"], "good"),
    "reopened": (STATUS_GLYPHS["inProgress"], "warn"),
    "failed": (SESSION_GLYPHS["failed"], "bad"),
    "verified": (SESSION_GLYPHS["verified"], "good"),
    "blocked": (STATUS_GLYPHS["blocked"], "warn"),
    "running": (SESSION_GLYPHS["running"], "busy"),
    "linked": (SESSION_GLYPHS["launched"], "busy"),
    "unlinked": ("-", "quiet"),
}
"""A kind of change in one cell, and its tone; what is not here is a dot."""


class Columns(NamedTuple):
    """How many cells each column has; 0 leaves it out."""

    goal: int
    actor: int
    said: int

    @classmethod
    @lru_cache(maxsize=8)
    def of(cls, width: int) -> Columns:
        """Divide ``width`` cells, in which the sign and the age stand first."""
        actor = 16 if width >= 98 else 10 if width >= 70 else 0
        room = width - 8 - (actor + 2 if actor else 0)
        goal = room * 2 // 5 if actor else room // 2
        return cls(goal, actor, room - goal - 2)


class EventList(RowList):
    """The changes of a palace: those that are known, and that the filter takes."""

    def __init__(self, now: Callable[[], datetime], id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.feed = Feed()
        self._now = now
        # The newest change that was ever on the screen.
        self._met = 0

    @property
    def picked(self) -> Happening | None:
        """The change under the cursor."""
        row = self.row_of(self.cursor)
        return None if row is None else self.feed.shown[row]

    @property
    def short(self) -> bool:
        """Whether older changes would soon be on the screen if they were known."""
        return self.rows < self.top + 2 * self.page + 1

    @property
    def newer(self) -> int:
        """How many changes came in above what is on the screen, and were not seen yet."""
        return min(self.top, self.feed.row(self._met))

    def take(self, below: int, events: Sequence[Event]) -> None:
        """Take in a page that was read; see `Feed.take`."""
        with self.moving():
            self.feed.take(below, events)
        self._meet()

    def start_anew(self) -> None:
        """Forget what is known: it may be another palace."""
        with self.moving():
            self.feed = Feed()
        self._met = 0

    def show(self, words: str) -> None:
        """Change the filter; a cursor whose change it hides goes to the next older one."""
        with self.moving():
            self.feed.show(words)
            if isinstance(self.cursor, int) and self.row_of(self.cursor) is None and self.rows:
                self.cursor = self.key_of(min(self.feed.row(self.cursor), self.rows - 1))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._meet()

    def _meet(self) -> None:
        if self.top < self.rows:
            self._met = max(self._met, self.feed.shown[self.top].seq)

    # The rows

    @property
    def rows(self) -> int:
        return len(self.feed.shown)

    def key_of(self, row: int) -> int:
        return self.feed.shown[row].seq

    def row_of(self, key: Hashable) -> int | None:
        if not isinstance(key, int):
            return None
        row = self.feed.row(key)
        return row if row < self.rows and self.feed.shown[row].seq == key else None

    def heading(self, width: int) -> str:
        columns = Columns.of(width - 2)
        who = fit("BY", columns.actor) + "  " if columns.actor else ""
        return f"    {fit_right('AGE', 4)}  {fit('GOAL', columns.goal)}  {who}WHAT CHANGED"

    def pieces(self, row: int, width: int) -> list[Piece]:
        event = self.feed.shown[row]
        columns = Columns.of(width)
        glyph, tone = SIGNS.get(event.kind, (NOTHING, "quiet"))
        line: list[Piece] = [
            (f"{glyph} ", tone),
            (fit_right(age(self._now() - event.at), 4) + "  ", "quiet"),
            (fit(event.goal, columns.goal) + "  ", "text"),
        ]
        if columns.actor:
            line.append((fit(event.actor, columns.actor) + "  ", "quiet"))
        line.append((fit("; ".join(event.said), columns.said), "text"))
        return line
