"""What is wrong with a palace, by kind; what is well stands below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tui.cells import cell_len, clip, fit
from tui.findings import Group
from tui.format import NOTHING, SESSION_GLYPHS
from tui.widgets.rows import Piece, RowList

if TYPE_CHECKING:
    from collections.abc import Hashable

    from tui.findings import Report, Row

_SIGNS: Final = {
    "palace": (SESSION_GLYPHS["failed"], "bad"),
    "unreadable": (SESSION_GLYPHS["failed"], "bad"),
    "said": (NOTHING, "quiet"),
}
"""A kind of finding in one cell, and its tone; what is not here is a warning."""


class FindingList(RowList):
    """The findings of a report, each kind under its title."""

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._rows: list[Row] = []
        self._row_of: dict[Hashable, int] = {}
        # Of each row its line; of each line its row, or what stands there instead.
        self._line_of: list[int] = []
        self._lines: list[int | Group | list[Piece]] = []

    @property
    def picked(self) -> Row | None:
        """The finding under the cursor."""
        row = self.row_of(self.cursor)
        return None if row is None else self._rows[row]

    def show(self, report: Report) -> None:
        """Show a report."""
        with self.moving():
            self._rows = [row for group in report.groups for row in group.rows]
            self._row_of = {row: at for at, row in enumerate(self._rows)}
            self._line_of, self._lines = [], []
            at = 0
            for group in report.groups:
                self._lines.append(group)
                for _ in group.rows:
                    self._line_of.append(len(self._lines))
                    self._lines.append(at)
                    at += 1
                self._lines.append([])
            said = ("The rest is well:", "quiet") if report.wrong else ("All is well:", "good")
            self._lines.append([("  ", ""), said])
            self._lines += [[("  ✓ ", "good"), (text, "quiet")] for text in report.well]

    # The rows

    @property
    def rows(self) -> int:
        return len(self._rows)

    def key_of(self, row: int) -> Row:
        return self._rows[row]

    def row_of(self, key: Hashable) -> int | None:
        return self._row_of.get(key)

    @property
    def lines(self) -> int:
        return len(self._lines)

    def line_of(self, row: int) -> int:
        return self._line_of[row]

    def row_at(self, line: int) -> int | None:
        what = self._lines[line] if 0 <= line < len(self._lines) else None
        return what if isinstance(what, int) else None

    def between(self, line: int, width: int) -> list[Piece]:
        what = self._lines[line]
        if isinstance(what, Group):
            title = clip(f"─── {what.title} {len(what.rows):,} ", width)
            room = width - cell_len(title)
            meaning = f" {what.meaning} " if cell_len(what.meaning) + 2 <= room else ""
            return [(title, "title"), (meaning, "quiet"), ("─" * (room - cell_len(meaning)), "quiet")]
        return [(clip(text, width - 4), tone) for text, tone in what] if isinstance(what, list) else []

    def pieces(self, row: int, width: int) -> list[Piece]:
        found = self._rows[row]
        glyph, tone = _SIGNS.get(found.kind, ("!", "warn"))
        room = width - 2
        if not found.about:
            return [(f"{glyph} ", tone), (fit(found.problem, room), "text")]
        about = room * 2 // 5
        return [
            (f"{glyph} ", tone),
            (fit(found.about, about) + "  ", "text"),
            (fit(found.problem, room - about - 2), "text"),
        ]
