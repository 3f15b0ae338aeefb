"""Rows with a cursor: draws those on the screen and no others. What the rows are is the subclass's affair."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from tui.cells import clip, fit
from tui.painting import finish
from tui.widgets.drawn import DrawnLines

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from textual import events
    from textual.binding import BindingType

Piece = tuple[str, str]
"""Text, safe already, and the name of its style: a part of ``COMPONENT_CLASSES``."""


class Place(NamedTuple):
    """Where the cursor is, and which row is to stay at its height on the screen."""

    row: int
    visible: bool
    anchor: Hashable
    line: int


class RowList(DrawnLines, can_focus=True):
    """A list whose cursor belongs to a row's key, not to its place, so it stays on its row whatever comes or goes.

    A *row* can be pointed at; a *line* is what is drawn, counted from the first under the heading. They are the
    same unless a subclass draws lines between the rows.
    """

    DRAWN: ClassVar[int] = 500
    """Lines that are kept as they were drawn: some screens full."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "open", id="list.open", tooltip="Open the goal"),
        Binding("j,down", "move(1)", "down", show=False, id="list.down", tooltip="To the next line"),
        Binding("k,up", "move(-1)", "up", show=False, id="list.up", tooltip="To the line before"),
        Binding("g,home", "move(-1_000_000_000)", "first", show=False, id="list.first", tooltip="To the first line"),
        Binding("G,end", "move(1_000_000_000)", "last", show=False, id="list.last", tooltip="To the last line"),
        Binding("ctrl+d", "page(0.5)", "half down", show=False, id="list.half_down", tooltip="Half a page down"),
        Binding("ctrl+u", "page(-0.5)", "half up", show=False, id="list.half_up", tooltip="Half a page up"),
        Binding("pagedown", "page(1)", "page down", show=False, id="list.page_down", tooltip="A page down"),
        Binding("pageup", "page(-1)", "page up", show=False, id="list.page_up", tooltip="A page up"),
    ]

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "row-list--cursor", "row-list--heading", "row-list--title", "row-list--text", "row-list--quiet",
        "row-list--bad", "row-list--good", "row-list--warn", "row-list--busy",
    }  # fmt: skip

    DEFAULT_CSS = """
    RowList {
        background: $background; color: $foreground; overflow-x: hidden; scrollbar-size-vertical: 1;
        & .row-list--cursor { background: $surface-lighten-2; }
        &:focus .row-list--cursor { background: $primary 35%; text-style: bold; }
        & .row-list--heading { color: $text-muted; }
        & .row-list--title { color: $foreground; text-style: bold; }
        & .row-list--text { color: $foreground; }
        & .row-list--quiet { color: $text-muted; }
        & .row-list--bad { color: $text-error; text-style: bold; }
        & .row-list--good { color: $text-success; text-style: bold; }
        & .row-list--warn { color: $text-warning; text-style: bold; }
        & .row-list--busy { color: $text-primary; }
    }
    """

    class Moved(Message):
        """The cursor is on another row, or the rows, or what of them is on the screen, changed."""

        def can_replace(self, message: Message) -> bool:
            """Let a burst of them fold into the last."""
            return isinstance(message, RowList.Moved)

    class Opened(Message):
        """The operator wants to see what the row under the cursor is about."""

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.cursor: Hashable = None
        """The key of the row that the cursor is on; ``None`` where there is no row."""
        self.empty: tuple[str, ...] = ()
        """What to say where there is no row."""
        self._headed = (0, 0)
        self._tones: dict[tuple[str, bool], Style] = {}
        self._strips: dict[tuple[tuple[Piece, ...], bool, int], Strip] = {}
        # Lines that there was room for, before the widget changes its size.
        self._room = 0

    # What a subclass says

    @property
    def rows(self) -> int:
        """How many rows there are."""
        raise NotImplementedError

    def key_of(self, row: int) -> Hashable:
        """Return the key of a row."""
        raise NotImplementedError

    def row_of(self, key: Hashable) -> int | None:
        """Return the row that has a key, or nothing."""
        raise NotImplementedError

    def pieces(self, row: int, width: int) -> list[Piece]:
        """Return what is drawn of a row in ``width`` cells."""
        raise NotImplementedError

    def flags(self, row: int, *, here: bool) -> str:
        """Return the two cells before a row; ``here`` where the cursor is on it."""
        return "> " if here else "  "

    def heading(self, width: int) -> str:
        """Return the line above the rows, which does not scroll; nothing for no such line."""
        return ""

    @property
    def lines(self) -> int:
        """How many lines are drawn."""
        return self.rows

    def line_of(self, row: int) -> int:
        """Return the line on which a row is drawn."""
        return row

    def row_at(self, line: int) -> int | None:
        """Return the row that is drawn on a line, or nothing where there is another line or none."""
        return line if 0 <= line < self.rows else None

    def between(self, line: int, width: int) -> list[Piece]:
        """Return what is drawn on a line that is no row."""
        return []

    # What a subclass, or the screen, asks for

    @property
    def page(self) -> int:
        """How many lines there is room for."""
        return max(1, self.size.height - self._head)

    @property
    def top(self) -> int:
        """The first line on the screen."""
        return round(self.scroll_y)

    @contextmanager
    def moving(self) -> Iterator[None]:
        """Change the rows in this block: the cursor stays on its row, and what is on the screen at its height.

        At the top it stays at the top, so that what comes in there is seen.
        """
        place = self.place()
        yield
        self.settle(place)

    def place(self) -> Place:
        """Return where things are, for `settle`."""
        row = self._row
        visible = row is None or self._on_screen(self.line_of(row))
        anchor = row if visible else next((at for line in self._screen if (at := self.row_at(line)) is not None), None)
        if anchor is None:
            return Place(row or 0, visible, None, 0)
        return Place(row or 0, visible, self.key_of(anchor), self.line_of(anchor))

    def settle(self, place: Place) -> None:
        """Put things right after rows moved: what `moving` does at its end."""
        if self._row is None:
            self.cursor = self.key_of(min(place.row, self.rows - 1)) if self.rows else None
        self.virtual_size = Size(self.size.width, self.lines + self._head)
        now = None if place.anchor is None else self.row_of(place.anchor)
        if now is not None and self.top:
            self._scroll(self.top + self.line_of(now) - place.line)
        if place.visible:
            self._follow()
        self.refresh()
        self.post_message(self.Moved())

    def repaint(self, row: int) -> None:
        """Draw one row anew, if it is on the screen."""
        self.repaint_line(self.line_of(row))

    def repaint_line(self, line: int) -> None:
        """Draw one line anew, if it is on the screen."""
        if self._on_screen(line):
            # Without the scrollbar, which would be drawn too.
            width = self.scrollable_content_region.width
            self.refresh(Region(0, line - self.top + self._head, width, 1))

    def point_at(self, row: int) -> None:
        """Put the cursor on a row."""
        before = self._row
        self.cursor = self.key_of(row)
        self._follow()
        # Two lines instead of all: this is what holding a key down costs.
        for changed in {row, row if before is None else before}:
            self.repaint(changed)
        self.post_message(self.Moved())

    # Keys and mouse

    def action_open(self) -> None:
        if self.cursor is not None:
            self.post_message(self.Opened())

    def action_move(self, rows: int) -> None:
        if self.rows:
            self.point_at(min(max((self._row or 0) + rows, 0), self.rows - 1))

    def action_page(self, pages: float) -> None:
        self.action_move(round(pages * max(self.page - 1, 2)))

    def on_click(self, event: events.Click) -> None:
        if event.y >= self._head and (row := self.row_at(event.y - self._head + self.top)) is not None:
            self.point_at(row)
            if event.chain == 2:
                self.action_open()

    # Drawing

    def on_resize(self, event: events.Resize) -> None:
        place, row = self.place(), self._row
        # What was on the screen stays there, also where there is less room now.
        seen = row is not None and self.top <= self.line_of(row) < self.top + self._room
        self._room = self.page
        self.settle(place._replace(visible=place.visible or seen))
        # Once more when all around it has its size too: until then it can't scroll that far, or was scrolled back.
        self.call_after_refresh(self._follow)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self.post_message(self.Moved())

    def _drawn_otherwise(self) -> None:
        self._strips.clear()

    def _draw(self, ys: Iterable[int]) -> Iterator[Strip]:
        # What is worked out once for all of them costs more than one of them does.
        head, row, size = self._head, self._row, self.region.size
        # Without the scrollbar, which comes and goes.
        room = self.scrollable_content_region.width
        finished = finish(self)
        for y in ys:
            yield finished(self._strip(*self._parts(y, room, head, row), size.width))

    def _parts(self, y: int, width: int, head: int, cursor: int | None) -> tuple[tuple[Piece, ...], bool]:
        """Return what is drawn on a line of the widget, and whether the cursor is there."""
        if y < head:
            return ((fit(self.heading(width), width), "heading"),), False
        line = y - head + self.top
        if not self.lines:
            text = self.empty[line - 1] if 0 < line <= len(self.empty) else ""
            return (("  " + clip(text, width - 2), "text" if line == 1 else "quiet"),), False
        row = self.row_at(line)
        if row is None:
            return tuple(self.between(line, width)) if line < self.lines else (), False
        here = row == cursor
        return ((self.flags(row, here=here), "text"), *self.pieces(row, width - 2)), here

    def _strip(self, parts: tuple[Piece, ...], cursor: bool, width: int) -> Strip:
        # Kept, because most lines are on the screen again after the list scrolled.
        strip = self._strips.get((parts, cursor, width))
        if strip is None:
            segments = [Segment(text, self._style(name, cursor=cursor)) for text, name in parts if text]
            strip = Strip(segments).adjust_cell_length(width, self._style(cursor=cursor))
            if len(self._strips) >= self.DRAWN:
                self._strips.clear()
            self._strips[parts, cursor, width] = strip
        return strip

    def _style(self, name: str = "", *, cursor: bool = False) -> Style:
        # Textual works these out anew from all ancestors at each call, which is most of what a line costs.
        known = self._tones.get((name, cursor))
        if known is None:
            known = self._tones[name, cursor] = self._find_style(name, cursor=cursor)
        return known

    def _find_style(self, name: str, *, cursor: bool) -> Style:
        tone = self.get_component_rich_style(f"row-list--{name}") if name else self.rich_style
        if not cursor:
            return tone
        line = self.get_component_rich_style("row-list--cursor")
        return line + Style(color=tone.color, bold=tone.bold) if name else line

    def notify_style_update(self) -> None:
        self._tones.clear()
        self._strips.clear()
        self._painted.clear()
        super().notify_style_update()

    # Where things are

    @property
    def _head(self) -> int:
        """How many lines the heading takes."""
        width = self.size.width
        if self._headed[0] != width:
            self._headed = width, int(width >= 100 and self.heading(width) != "")
        return self._headed[1]

    @property
    def _row(self) -> int | None:
        """The row that the cursor is on."""
        return None if self.cursor is None else self.row_of(self.cursor)

    @property
    def _screen(self) -> range:
        """The lines that are on the screen."""
        return range(self.top, min(self.top + self.page, self.lines))

    def _on_screen(self, line: int) -> bool:
        return self.top <= line < self.top + self.page

    def _follow(self) -> None:
        """Scroll to where the cursor is."""
        row = self._row
        if row is None:
            return
        line = self.line_of(row)
        # The lines above the first row are seen with it.
        if row == 0 and line < self.page:
            self._scroll(0)
        elif line < self.top:
            self._scroll(line)
        elif line >= self.top + self.page:
            self._scroll(line - self.page + 1)

    def _scroll(self, line: int) -> None:
        if line != self.top:
            # Though there be no scrollbar yet, without which Textual scrolls nowhere.
            self.scroll_to(y=line, animate=False, immediate=True, force=True)
