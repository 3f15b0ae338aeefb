"""A short list to pick a line from: sessions, holders, revisions. Keeps its cursor by key while lines change."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.cells import cell_len, clip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.binding import BindingType

Line = list[tuple[str, str]]
"""Pieces of text, safe already, with their styles."""


class PickList(ScrollView, can_focus=True):
    """Lines with a cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", "down", show=False, id="pick.down", tooltip="To the next line"),
        Binding("k,up", "move(-1)", "up", show=False, id="pick.up", tooltip="To the line before"),
        Binding("g,home", "move(-1_000_000)", "first", show=False, id="pick.first", tooltip="To the first line"),
        Binding("G,end", "move(1_000_000)", "last", show=False, id="pick.last", tooltip="To the last line"),
        Binding("ctrl+d,pagedown", "move(8)", "page down", show=False, id="pick.page_down", tooltip="Some lines down"),
        Binding("ctrl+u,pageup", "move(-8)", "page up", show=False, id="pick.page_up", tooltip="Some lines up"),
    ]

    COMPONENT_CLASSES: ClassVar[set[str]] = {"pick-list--cursor"}

    DEFAULT_CSS = """
    PickList {
        height: auto; overflow-x: hidden; background: transparent; scrollbar-size-vertical: 1;
        & .pick-list--cursor { background: $surface-lighten-2; }
        &:focus .pick-list--cursor { background: $primary 35%; text-style: bold; }
    }
    """

    class Moved(Message):
        """The cursor is on another line."""

        def __init__(self, picker: PickList) -> None:
            super().__init__()
            self.picker = picker

        @property
        def control(self) -> PickList:
            """The list."""
            return self.picker

    class Picked(Moved):
        """A line was double-clicked."""

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._rows: list[tuple[str, Line]] = []
        self._at = 0

    @property
    def picked(self) -> str | None:
        """The key of the line under the cursor."""
        return self._rows[self._at][0] if self._rows else None

    def show(self, rows: Sequence[tuple[str, Line]], picked: str | None = None) -> None:
        """Show these lines, the cursor where it was, or on ``picked``."""
        key = picked if picked is not None else self.picked
        before, self._rows = len(self._rows), list(rows)
        keys = [row[0] for row in self._rows]
        if key in keys and not (self._at < len(keys) and keys[self._at] == key):
            self._at = keys.index(key)
        self._at = max(0, min(self._at, len(keys) - 1))
        self.virtual_size = Size(self.size.width, len(keys))
        self._follow()
        self.refresh(layout=len(keys) != before)

    def action_move(self, lines: int) -> None:
        before = self._at
        self._at = max(0, min(self._at + lines, len(self._rows) - 1))
        # A click on the line of the cursor picks it, where what was picked is gone.
        if self._at != before or not lines:
            self._follow()
            self.refresh()
            self.post_message(self.Moved(self))

    def on_click(self, event: events.Click) -> None:
        self.action_move(event.y + round(self.scroll_y) - self._at)
        if event.chain == 2 and self._rows:
            self.post_message(self.Picked(self))

    def on_resize(self, event: events.Resize) -> None:
        self.virtual_size = Size(event.size.width, len(self._rows))
        self._follow()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        row = y + round(self.scroll_y)
        if not 0 <= row < len(self._rows):
            return Strip.blank(width, self.rich_style)
        here = row == self._at
        pieces, room = [("> " if here else "  ", "")], self.scrollable_content_region.width - 2
        for text, tone in self._rows[row][1]:
            pieces.append((clip(text, room), tone))
            room -= cell_len(pieces[-1][0])
        line = Content.assemble(*pieces)
        style = self.get_visual_style("pick-list--cursor") if here else self.visual_style
        segments = line.render_segments(style)
        return Strip(segments).adjust_cell_length(width, style.rich_style)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return max(1, len(self._rows))

    def _follow(self) -> None:
        height = self.size.height
        top = round(self.scroll_y)
        if height and not top <= self._at < top + height:
            self.scroll_to(y=max(0, self._at - height + 1) if self._at > top else self._at, animate=False)
