"""The first line of a screen: what it shows, and how that is at this moment."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from tui.cells import cell_len, clip


class Headline(Widget):
    """A name and what it means on the left, the state on the right; the meaning gives way first."""

    DEFAULT_CSS = "Headline { height: 1; background: $panel; }"

    def __init__(self, name: str, meaning: str) -> None:
        super().__init__(id="headline")
        self._name = name
        self._meaning = meaning
        self._state = ""
        self._tone = ""

    def show(self, state: str, tone: str = "$text-muted") -> None:
        """Set the state, safe to print, and its colour."""
        if (state, tone) != (self._state, self._tone):
            self._state, self._tone = state, tone
            self.refresh()

    def render(self) -> Content:
        width = self.size.width
        name = f" {self._name}  "
        state = clip(self._state, max(0, width - cell_len(name) - 1))
        room = width - cell_len(name) - cell_len(state) - 3
        meaning = self._meaning if cell_len(self._meaning) <= room else ""
        gap = " " * max(0, width - sum(map(cell_len, (name, meaning, state))) - 1)
        return Content.assemble((name, "bold $text-primary"), (meaning, "$text-muted"), gap, (state, self._tone), " ")
