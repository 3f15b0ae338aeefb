"""What is drawn of a screen when a part of it changes: that part. Textual has every widget below it drawn too.

And text that terminals draw in different numbers of cells is drawn so that nothing after it moves.
"""

from __future__ import annotations

from functools import reduce
from itertools import pairwise
from typing import TYPE_CHECKING, cast

from rich.segment import Segment
from textual._compositor import ChopsUpdate, Compositor, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from tui.cells import may_shift

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rich.console import Console
    from textual.widget import Widget


def finish(widget: Widget) -> Callable[[Strip], Strip]:
    """Return what does to a line of a widget what the app does to every line before it is drawn."""
    _, background = widget.background_colors
    filters = widget.get_line_filters()
    return lambda strip: reduce(lambda made, one: made.apply_filter(one, background), filters, strip)


class Placed(Strip):
    """A part of a line that may take more or fewer cells in a terminal than here: what follows it keeps its place."""

    def __init__(self, strip: Strip, x: int) -> None:
        """Place ``strip`` at column ``x`` of the screen, from 0."""
        super().__init__(strip, strip.cell_length)
        self._x = x

    def crop(self, start: int, end: int | None = None) -> Strip:
        return Placed(super().crop(start, end), self._x + max(0, start))

    def render(self, console: Console) -> str:
        shown, x = [], self._x
        for segment in self:
            text, cells = Strip([segment]).render(console), segment.cell_length
            if may_shift(segment.text):
                # Taking fewer cells, it leaves nothing of what was there before; taking more, it is drawn over.
                empty = Strip([Segment(" " * cells, segment.style)]).render(console)
                text = f"{empty}\x1b[{x + 1}G{text}\x1b[{x + cells + 1}G"
            shown.append(text)
            x += cells
        return "".join(shown)


def _placed(strip: Strip, x: int) -> Strip:
    return Placed(strip, x) if any(may_shift(segment.text) for segment in strip) else strip


class Slid(ChopsUpdate):
    """An update before which the terminal moves lines that it shows already: a fraction of drawing them all."""

    def __init__(self, update: ChopsUpdate, region: Region, lines: int) -> None:
        """Move the lines of ``region`` up, or down where ``lines`` is negative; what comes in is empty."""
        super().__init__(update.chops, update.spans, update.chop_ends)
        self._region = region
        self._lines = lines

    def render_segments(self, console: Console) -> str:
        first, last = self._region.y + 1, self._region.bottom
        # Margins (DECSTBM), to the first line of them, delete or insert lines there (DL, IL), no margins: what every
        # terminal since the VT102 knows, the Linux console too, which has no SU and SD.
        move = f"\x1b[{abs(self._lines)}{'M' if self._lines > 0 else 'L'}"
        return f"\x1b[{first};{last}r\x1b[{first};1H{move}\x1b[r{super().render_segments(console)}"


class Painter(Compositor):
    """Textual's, which asks a widget only for lines that are to be drawn and that nothing above it covers.

    Its own asks each widget for all of its lines, those of the screen and its containers too, of which nothing is
    seen: more than half of what a key costs.
    """

    def __init__(self) -> None:
        super().__init__()
        self._slide: tuple[Region, int] | None = None

    def slides(self, widget: Widget, region: Region, lines: int) -> bool:
        """Have the terminal move lines of the screen that a widget fills, up or else down, with the next update.

        Return whether it will: whole lines alone can be, and nothing else may be on them or wait to be drawn.
        """
        whole = region.column_span == self.size.region.column_span
        beside = (
            other
            for other, (place, clip) in self.visible_widgets.items()
            if place.intersection(clip).overlaps(region)
            and other is not widget
            and other not in widget.ancestors
            and other.parent is not widget
        )
        if not whole or self._dirty_regions or any(beside):
            return False
        self._slide = region, lines
        return True

    def has_slid(self) -> bool:
        """Return whether what `slides` said was done; if not, it is not going to be."""
        done, self._slide = self._slide is None, None
        return done

    def render_full_update(self, simplify: bool = False) -> LayoutUpdate:
        self._slide = None
        return super().render_full_update(simplify)

    def render_partial_update(self) -> ChopsUpdate | None:
        update = super().render_partial_update()
        if update is not None and self._slide is not None:
            update = Slid(update, *self._slide)
            self._slide = None
        return update

    def _render_chops(self, crop: Region, is_rendered_line: Callable[[int], bool]) -> Sequence[Mapping[int, Strip]]:
        cuts, (left, right) = self.cuts, crop.column_span
        chops: list[dict[int, Strip | None]] = [dict.fromkeys(line[:-1]) for line in cuts]
        # The parts of a line that nobody has drawn yet, of those that are asked for.
        missing = {
            y: {cut for cut, end in pairwise(cuts[y]) if cut < right and end > left}
            for y in crop.line_range
            if is_rendered_line(y)
        }
        # The topmost widget first.
        for widget, (region, clip) in self.visible_widgets.items():
            seen = region.intersection(clip)
            lines = [y for y in seen.line_range if missing.get(y)] if crop.overlaps(seen) else []
            if not lines:
                continue
            part = Region(seen.x, lines[0], seen.width, lines[-1] - lines[0] + 1)
            first, last = part.column_span
            for y, strip in zip(part.line_range, widget.render_lines(part.translate(-region.offset)), strict=False):
                own = [cut for cut in cuts[y] if first <= cut <= last]
                line, wanted = chops[y], missing.get(y, set())
                if not wanted:
                    continue
                for cut, piece in zip(own, strip.divide([cut - part.x for cut in own[1:]]), strict=False):
                    if cut in wanted:
                        line[cut] = _placed(piece, cut)
                        wanted.remove(cut)
        return cast("Sequence[Mapping[int, Strip]]", chops)
