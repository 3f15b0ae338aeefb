"""A long text to read: evidence, notes, differences. Folds it to its width, and draws the lines on the screen alone."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.binding import Binding
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.cells import fold, steady
from tui.format import safe, urls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType


_COLOURS = re.compile(r"␛\[(?:[0-9;:?]+[A-Za-z]|[mKHJ])")
"""Terminal codes of captured output, as `safe` makes them visible: literal, and dim, so that the words stand out."""


class Piece(NamedTuple):
    """Some lines, as they are stored, and the style to draw them in."""

    text: str
    tone: str = ""


class Reader(ScrollView, can_focus=True):
    """Text in full, literal, however long it is; words can be looked for in it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll(1)", "down", show=False, id="read.down", tooltip="A line down"),
        Binding("k,up", "scroll(-1)", "up", show=False, id="read.up", tooltip="A line up"),
        Binding("ctrl+d,pagedown", "page(1)", "page down", show=False, id="read.page_down", tooltip="A page down"),
        Binding("ctrl+u,pageup", "page(-1)", "page up", show=False, id="read.page_up", tooltip="A page up"),
        Binding("g,home", "scroll(-1_000_000_000)", "top", show=False, id="read.top", tooltip="To the beginning"),
        Binding("G,end", "scroll(1_000_000_000)", "end", show=False, id="read.end", tooltip="To the end"),
    ]

    COMPONENT_CLASSES: ClassVar[set[str]] = {"reader--match", "reader--here"}

    DEFAULT_CSS = """
    Reader {
        overflow-x: hidden; background: $background; scrollbar-size-vertical: 1; padding: 0 1;
        & .reader--match { background: $warning 35%; text-style: underline; }
        & .reader--here { background: $warning; color: $background; text-style: bold reverse; }
    }
    """

    class Looked(Message):
        """Other lines are in view, or other matches."""

        def __init__(self, reader: Reader) -> None:
            super().__init__()
            self.reader = reader

        @property
        def control(self) -> Reader:
            """The reader."""
            return self.reader

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, Reader.Looked) and message.reader is self.reader

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._pieces: tuple[Piece, ...] = ()
        self._text = ""
        self._tones: list[tuple[int, str]] = [(0, "")]
        self._breaks: list[int] = []
        self._rows: list[tuple[int, int]] = []
        self._folded = 0
        self._words = ""
        self._found: list[tuple[int, int]] = []
        self._here = 0
        self._end = False

    # What is read

    @property
    def text(self) -> str:
        """The text as it is stored."""
        return "\n".join(piece.text for piece in self._pieces)

    def show(self, text: str | Sequence[Piece], *, top: bool, end: bool = False) -> None:
        """Show a text (made safe here), from its beginning if ``top``, else where the reader is.

        With ``end`` it begins with the last lines, and stays with them until somebody moves.
        """
        self._end = end and (top or self._end)
        pieces = (Piece(text),) if isinstance(text, str) else tuple(text)
        if pieces != self._pieces:
            self._pieces = pieces
            self._take(pieces)
            self._folded = 0
            self._fold(0 if top else round(self.scroll_y))
            self._look()
        elif top:
            self.scroll_to(y=0, animate=False)

    def _take(self, pieces: Sequence[Piece]) -> None:
        shown, self._tones, at = [], [(0, "")], 0
        for piece in pieces:
            text = steady(safe(piece.text, multiline=True).expandtabs(8))
            self._tones.append((at, piece.tone))
            at += len(text) + 1
            shown.append(text)
        # What ends with a line break has no further line.
        self._text = "\n".join(shown).removesuffix("\n")
        self._breaks = [found.start() for found in re.finditer("\n", self._text)]

    def height_at(self, width: int) -> int:
        """Return how many rows the text takes in so many cells."""
        return sum(1 for _ in fold(self._text, width))

    def on_resize(self) -> None:
        self._fold_anew()

    def watch_show_vertical_scrollbar(self) -> None:
        # It takes a column, of which no resize tells.
        self._fold_anew()

    def _fold_anew(self) -> None:
        width = self.scrollable_content_region.width
        if width and width != self._folded:
            # What was at the top stays there, on whatever row that is now.
            top = self._rows[min(round(self.scroll_y), len(self._rows) - 1)][0] if self._rows and self._folded else 0
            self._fold()
            self.scroll_to(y=self._row(top) if top else 0, animate=False)
        self.virtual_size = Size(width, len(self._rows))
        self._stay_at_end()
        self._tell()

    def _stay_at_end(self) -> None:
        if self._end:
            self.scroll_to(y=len(self._rows), animate=False)

    def _fold(self, row: int | None = None) -> None:
        width = self.scrollable_content_region.width
        if width and width != self._folded:
            self._fold_to(width)
            self.virtual_size = Size(width, len(self._rows))
            if row is not None:
                self.scroll_to(y=row, animate=False)
            # Once it is known how many rows there is room for.
            self.call_after_refresh(self._stay_at_end)
        self.refresh(layout=True)

    def _fold_to(self, width: int) -> None:
        self._folded = width
        self._rows = list(fold(self._text, width))

    def _row(self, offset: int) -> int:
        """Return the row that shows a place in the text."""
        return max(0, bisect_right(self._rows, (offset, len(self._text) + 1)) - 1)

    @property
    def view(self) -> tuple[int, int, int]:
        """The first and the last line in view, and how many there are; from 1, as they were written."""
        top = round(self.scroll_y)
        total = len(self._breaks) + 1
        if not self._rows:
            return 1, total, total
        bottom = min(top + max(1, self.scrollable_content_region.height), len(self._rows)) - 1
        first, last = self._rows[min(top, len(self._rows) - 1)][0], self._rows[bottom][0]
        return bisect_left(self._breaks, first) + 1, bisect_left(self._breaks, last) + 1, total

    @property
    def passed(self) -> int:
        """How many percent of the rows are above the end of the view: a single line may take thousands."""
        bottom = round(self.scroll_y) + max(1, self.scrollable_content_region.height)
        return min(100, bottom * 100 // max(1, len(self._rows)))

    def nearest(self, addresses: Sequence[str]) -> str | None:
        """Return which of these addresses stands next, from the match or the first line in view on."""
        top = self._rows[min(round(self.scroll_y), len(self._rows) - 1)][0] if self._rows else 0
        if self._found and top <= self._found[self._here][0]:
            # The match may stand inside the address that is meant.
            top = self._text.rfind("\n", 0, self._found[self._here][0]) + 1
        known = set(addresses)
        return next((address for address in urls(self._text[top:]) if address in known), None)

    # Looking for words

    @property
    def matches(self) -> tuple[int, int]:
        """The number of the match that is pointed at, from 1, and how many there are."""
        return (self._here + 1 if self._found else 0), len(self._found)

    def find(self, words: str) -> None:
        """Mark where words stand, in any case, and go to the first place that is not above the view."""
        if words != self._words:
            self._words = words
            self._look(point=True)

    def go_to_match(self, by: int) -> bool:
        """Go on by so many matches, around the end; return whether the end was passed."""
        if not self._found:
            return False
        at = self._here + by
        self._here = at % len(self._found)
        self._point()
        return at != self._here

    def go_to_end(self, by: int) -> None:
        """Go to the first match if ``by`` is positive, else to the last; nowhere, where there is none."""
        if self._found:
            self._here = 0 if by > 0 else len(self._found) - 1
            self._point()

    def _look(self, *, point: bool = False) -> None:
        words = steady(safe(self._words))
        was = self._found[self._here][0] if self._found else 0
        found = re.finditer(re.escape(words), self._text, re.IGNORECASE) if words else ()
        self._found = [match.span() for match in found]
        if self._found:
            if point:
                was = self._rows[min(round(self.scroll_y), len(self._rows) - 1)][0] if self._rows else 0
            self._here = bisect_left(self._found, (was, 0)) % len(self._found)
            if point:
                self._point()
        self.refresh()
        self._tell()

    def _point(self) -> None:
        self._end = False
        row, height, top = self._row(self._found[self._here][0]), self.size.height, round(self.scroll_y)
        if not top <= row < top + height:
            self.scroll_to(y=max(0, row - height // 3), animate=False)
        self.refresh()
        self._tell()

    def _tell(self) -> None:
        # Textual lets a message go no further than the one in whose turn it was made: here that may be a pane.
        self.post_message(self.Looked(self).set_sender(self))

    # Drawing

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        if not self._folded:
            # Asked before the widget has a size: the first picture of it should be the right one.
            self._fold_to(width)
        return max(1, len(self._rows))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._tell()

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        if not self._folded:
            self._fold_to(width)
        # At the end it is from the first picture on, though it can't be scrolled there yet.
        row = y + (max(0, len(self._rows) - self.size.height) if self._end else round(self.scroll_y))
        if not 0 <= row < len(self._rows):
            return Strip.blank(width, self.visual_style.rich_style)
        start, stop = self._rows[row]
        line = Content(self._text[start:stop])
        if tone := self._tones[bisect_right(self._tones, (start, "\U0010ffff")) - 1][1]:
            line = line.stylize(tone)
        for found in _COLOURS.finditer(line.plain):
            line = line.stylize("$text-disabled", *found.span())
        # A match may have begun on the row above.
        at = max(0, bisect_left(self._found, (start, 0)) - 1)
        while at < len(self._found) and self._found[at][0] < stop:
            begin, end = (min(max(place - start, 0), stop - start) for place in self._found[at])
            if begin < end:
                mark = "reader--here" if at == self._here else "reader--match"
                line = line.stylize(self.get_visual_style(mark), begin, end)
            at += 1
        segments = line.render_segments(self.visual_style)
        return Strip(segments).adjust_cell_length(width, self.visual_style.rich_style)

    def action_scroll(self, lines: int) -> None:
        self._end = False
        self.scroll_to(y=self.scroll_y + lines, animate=False)

    def on_mouse_scroll_up(self) -> None:
        self._end = False

    def action_page(self, pages: int) -> None:
        self.action_scroll(pages * max(1, self.size.height - 1))
