"""The thumb of a scrollbar, moved at the cost of the cells that differ, not of the whole bar."""

from __future__ import annotations

from math import ceil

from textual.geometry import Region
from textual.scrollbar import ScrollBar

_PARTS = 8
"""Of a cell, in any of which a thumb begins or ends."""


def move_thumb(bar: ScrollBar, position: float) -> None:
    """Move the thumb of a vertical bar to a line.

    Textual's way draws every cell anew, each by all of its styles: a third of what a page key costs.
    """
    position = bar.validate_position(position)
    before, now = _thumb(bar, bar.position), _thumb(bar, position)
    bar.set_reactive(ScrollBar.position, position)
    if before != now:
        # Those between too, where nothing looks different: a click on them goes the other way now.
        first, last = min(before.start, now.start) // _PARTS, ceil(max(before.stop, now.stop) / _PARTS)
        bar.refresh(Region(0, first, bar.thickness, last - first + 1))


def _thumb(bar: ScrollBar, position: float) -> range:
    """Return the parts of cells that the thumb covers: as `textual.scrollbar.ScrollBarRender` has them."""
    lines, window, cells = ceil(bar.window_virtual_size), ceil(bar.window_size), bar.size.height
    size = max(1.0, window * cells / max(1, lines))
    start = int((cells - size) * position / max(1, lines - window) * _PARTS)
    return range(start, start + ceil(size * _PARTS))
