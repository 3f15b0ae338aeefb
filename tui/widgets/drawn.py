"""Lines that are kept as they were drawn, and moved on the terminal itself where they only scroll."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar, Self, cast

from textual.geometry import Region
from textual.screen import UPDATE_PERIOD
from textual.scroll_view import ScrollView

from tui.keyboard import KeysAlone
from tui.painting import Painter
from tui.widgets.thumb import Bar, move_thumb, thumb

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from textual.scrollbar import ScrollBar
    from textual.strip import Strip


class DrawnLines(KeysAlone, ScrollView):
    """A list of lines with a heading that does not scroll, drawn where something is new and nowhere else."""

    TURN: ClassVar[float] = 0.0001
    """Seconds, of which a key gains ten times as much."""

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        # By the line of the widget; what is not in it is stale.
        self._painted: dict[int, Strip] = {}
        self._painted_for: object = None
        self._shown = 0.0
        # Since the key was pressed: how far it scrolled, where the thumb was, whether the terminal showed what is kept.
        self._slid = 0
        self._thumb_was = range(0)
        self._in_step = False

    # What a subclass says

    @property
    def _head(self) -> int:
        """How many lines the heading takes."""
        raise NotImplementedError

    def _draw(self, ys: Iterable[int]) -> Iterator[Strip]:
        """Yield lines of the widget, which may be some that are not on the screen."""
        raise NotImplementedError

    def _drawn_otherwise(self) -> None:
        """Hear that the lines are of another size, or in other colours, than those before."""

    # Drawing

    @property
    def vertical_scrollbar(self) -> ScrollBar:
        """The scrollbar, made where there is none yet."""
        if self._vertical_scrollbar is None:
            self._vertical_scrollbar = bar = Bar(name="vertical", thickness=self.scrollbar_size_vertical)
            bar.display = False
            self.app._start_widget(self, bar)
        return self._vertical_scrollbar

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Draw these regions anew, or everything."""
        if not regions:
            self._painted.clear()
        for region in regions:
            for y in region.line_range:
                self._painted.pop(y, None)
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the lines in ``crop``, those that are not stale as they were drawn last.

        Textual asks for all of them whenever anything on the screen changes, and its own way works out borders and
        padding, of which a list has none, for each anew.
        """
        # All that says how a line looks, but for what `refresh` is told.
        if self._painted_for != (of := (self.region.size, self.background_colors, self.get_line_filters())):
            self._painted_for = of
            self._painted.clear()
            self._drawn_otherwise()
        if stale := [y for y in crop.line_range if y not in self._painted]:
            self._painted |= zip(stale, self._draw(stale), strict=True)
        drawn = [self._painted[y] for y in crop.line_range]
        if crop.column_span != (0, of[0].width):
            return [strip.crop(*crop.column_span) for strip in drawn]
        return drawn

    def render_line(self, y: int) -> Strip:
        return next(iter(self._draw([y])))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        if self.show_vertical_scrollbar:
            move_thumb(self.vertical_scrollbar, new_value)
        if lines := round(new_value) - round(old_value):
            # What was drawn is drawn elsewhere, but for the heading.
            head, bottom = self._head, self.size.height
            kept = {y - lines: strip for y, strip in self._painted.items() if head <= y - lines < bottom and y >= head}
            self._painted = {y: strip for y, strip in self._painted.items() if y < head} | kept
            self._slid += lines
            super().refresh(Region(0, 0, self.scrollable_content_region.width, bottom))

    # Keys

    def pressed(self) -> None:
        self._slid = 0
        self._thumb_was = self._thumb
        self._in_step = not self._repaint_regions

    def show_now(self) -> None:
        # Of this key alone: what is drawn next may not be by one.
        in_step, self._in_step = self._in_step, False
        # Textual would draw it when this and the screen have nothing left to do, some steps of the loop later.
        if not (self._repaint_required and self.is_attached and self.screen.is_current):
            return
        # A key held down or a burst of them is drawn as often as Textual would.
        if (now := time.monotonic()) - self._shown < UPDATE_PERIOD:
            return
        self._shown = now
        painter = cast("Painter", self.screen._compositor)
        slides = in_step and self._slide(painter)
        self.screen._dirty_widgets |= {self, self.vertical_scrollbar} if self.show_vertical_scrollbar else {self}
        self.screen._on_timer_update()
        # Lets go of the interpreter: the thread that writes to the terminal would wait for all that follows here.
        time.sleep(self.TURN)
        if slides and not painter.has_slid():
            self.refresh()

    def _slide(self, painter: Painter) -> bool:
        """Have the terminal move the lines that it shows, where it can and that is less than to draw them anew."""
        lines, head, size = self._slid, self._head, self.region.size
        if not 0 < abs(lines) < (size.height - head) // 2:
            return False
        if not painter.slides(self, Region(0, self.region.y + head, size.width, size.height - head), lines):
            return False
        # In place of all of them: those that nobody has drawn.
        self._exchange_repaint_regions()
        super().refresh(*(Region(0, y, size.width, 1) for y in range(size.height) if y not in self._painted))
        # The thumb moved with the lines.
        rows = {row - lines for row in self._thumb_was} | {*self._thumb}
        if rows := rows & {*range(head, size.height)}:
            self.vertical_scrollbar.refresh(*(Region(0, row, size.width, 1) for row in rows))
        return True

    @property
    def _thumb(self) -> range:
        """The lines beside which the scrollbar's thumb is."""
        # Not made before it is needed: one that is made by a key does not come to the screen with it.
        return thumb(self.vertical_scrollbar) if self.show_vertical_scrollbar else range(0)
