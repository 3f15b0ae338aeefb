"""What is drawn of a screen when a part of it changes: that part. Textual has every widget below it drawn too."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual._compositor import Compositor
from textual.geometry import Region

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from textual.strip import Strip


class Painter(Compositor):
    """Textual's, which asks a widget only for lines that are to be drawn and that nothing above it covers.

    Its own asks each widget for all of its lines, those of the screen and its containers too, of which nothing is
    seen: more than half of what a key costs.
    """

    def _render_chops(self, crop: Region, is_rendered_line: Callable[[int], bool]) -> Sequence[Mapping[int, Strip]]:
        cuts = self.cuts
        chops: list[dict[int, Strip | None]] = [dict.fromkeys(line[:-1]) for line in cuts]
        # How many parts of a line nobody has drawn yet.
        missing = {y: len(chops[y]) for y in crop.line_range if is_rendered_line(y) and chops[y]}
        # The topmost widget first.
        for widget, (region, clip) in self.visible_widgets.items():
            seen = region.intersection(clip)
            lines = [y for y in seen.line_range if missing.get(y)] if seen and crop.overlaps(clip) else []
            if not lines:
                continue
            part = Region(seen.x, lines[0], seen.width, lines[-1] - lines[0] + 1)
            first, last = part.column_span
            for y, strip in zip(part.line_range, widget.render_lines(part.translate(-region.offset)), strict=False):
                if not missing.get(y):
                    continue
                own = [cut for cut in cuts[y] if first <= cut <= last]
                line = chops[y]
                for cut, piece in zip(own, strip.divide([cut - part.x for cut in own[1:]]), strict=False):
                    if line[cut] is None:
                        line[cut] = piece
                        missing[y] -= 1
        return cast("Sequence[Mapping[int, Strip]]", chops)
