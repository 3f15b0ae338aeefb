"""A scrollbar that costs what of it is new: Textual's is two thirds of drawing a list that scrolled by a line."""

from __future__ import annotations

from math import ceil

from textual.geometry import Region
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.strip import Strip

from tui.painting import finish


class Bar(ScrollBar):
    """Textual's, drawn without asking the styles, the console and the borders about each of its cells."""

    def render_lines(self, crop: Region) -> list[Strip]:
        asked = self.render()
        if not isinstance(asked, ScrollBarRender) or not self.vertical or crop.width != self.region.width:
            return super().render_lines(crop)
        style = self.app.console.get_style(asked.style)
        assert style.color is not None  # noqa: S101 - those of its colours in the theme
        assert style.bgcolor is not None  # noqa: S101
        cells = asked.render_bar(
            size=self.region.height, window_size=asked.window_size, virtual_size=asked.virtual_size,
            position=asked.position, thickness=asked.thickness, back_color=style.bgcolor, bar_color=style.color,
        ).segments  # fmt: skip
        asked_for = cells[crop.y : crop.bottom]
        finished = finish(self)
        # Nearly all are alike.
        drawn = {cell: finished(Strip([cell], self.thickness)) for cell in {*asked_for}}
        return [drawn[cell] for cell in asked_for]


_PARTS = 8
"""Of a cell, in any of which a thumb begins or ends."""


def move_thumb(bar: ScrollBar, position: float) -> None:
    """Move the thumb of a vertical bar to a line, and have those cells drawn anew that it came from and went to.

    Textual's way has all of them drawn and sent to the terminal at each line that a list scrolls.
    """
    position = bar.validate_position(position)
    before, now = _thumb(bar, bar.position), _thumb(bar, position)
    bar.set_reactive(ScrollBar.position, position)
    if before != now:
        # Those between too, where nothing looks different: a click on them goes the other way now.
        rows = _cells(range(min(before.start, now.start), max(before.stop, now.stop)))
        bar.refresh(Region(0, rows.start, bar.thickness, len(rows)))


def thumb(bar: ScrollBar) -> range:
    """Return the cells of a vertical bar that its thumb covers, in part or whole."""
    return _cells(_thumb(bar, bar.position))


def _cells(parts: range) -> range:
    return range(parts.start // _PARTS, ceil(parts.stop / _PARTS))


def _thumb(bar: ScrollBar, position: float) -> range:
    """Return the parts of cells that the thumb covers: as `textual.scrollbar.ScrollBarRender` has them."""
    lines, window, cells = ceil(bar.window_virtual_size), ceil(bar.window_size), bar.size.height
    size = max(1.0, window * cells / max(1, lines))
    start = int((cells - size) * position / max(1, lines - window) * _PARTS)
    return range(start, start + ceil(size * _PARTS))
