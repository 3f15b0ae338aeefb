"""A long text to read: evidence, notes. Folds it to its width, and draws the lines on the screen alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.binding import Binding
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.cells import wrap
from tui.format import safe

if TYPE_CHECKING:
    from textual import events
    from textual.binding import BindingType


class Reader(ScrollView, can_focus=True):
    """Text in full, literal, however long it is."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll(1)", "down", show=False, id="read.down", tooltip="A line down"),
        Binding("k,up", "scroll(-1)", "up", show=False, id="read.up", tooltip="A line up"),
        Binding("ctrl+d,pagedown", "page(1)", "page down", show=False, id="read.page_down", tooltip="A page down"),
        Binding("ctrl+u,pageup", "page(-1)", "page up", show=False, id="read.page_up", tooltip="A page up"),
        Binding("g,home", "scroll(-1_000_000_000)", "top", show=False, id="read.top", tooltip="To the beginning"),
        Binding("G,end", "scroll(1_000_000_000)", "end", show=False, id="read.end", tooltip="To the end"),
    ]

    DEFAULT_CSS = "Reader { overflow-x: hidden; background: $background; scrollbar-size-vertical: 1; padding: 0 1; }"

    def __init__(self, id: str, *, prose: bool = False) -> None:  # noqa: A002
        super().__init__(id=id)
        self._prose = prose
        self._text = ""
        self._lines: list[str] = []
        self._folded = 0

    def show(self, text: str, *, top: bool) -> None:
        """Show a text (made safe here), from its beginning if ``top``, else where the reader is."""
        if text == self._text and not top:
            return
        self._text = text
        self._folded = 0
        self._fold()
        if top:
            self.scroll_to(y=0, animate=False)

    def on_resize(self, event: events.Resize) -> None:
        self._fold()

    def _fold(self) -> None:
        width = self.scrollable_content_region.width
        if width and width != self._folded:
            self._folded = width
            self._lines = wrap(safe(self._text, multiline=True), width, words=self._prose)
            self.virtual_size = Size(width, len(self._lines))
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return max(1, len(self._lines))

    def render_line(self, y: int) -> Strip:
        row = y + round(self.scroll_y)
        text = self._lines[row] if 0 <= row < len(self._lines) else ""
        style = self.visual_style.rich_style
        return Strip([Segment(text, style)]).adjust_cell_length(self.scrollable_content_region.width, style)

    def action_scroll(self, lines: int) -> None:
        self.scroll_to(y=self.scroll_y + lines, animate=False)

    def action_page(self, pages: int) -> None:
        self.action_scroll(pages * max(1, self.size.height - 1))
