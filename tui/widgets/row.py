"""A goal as one line of the board: columns by width, and what stands in them."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from tui.cells import cell_len, clip, fit, fit_right
from tui.format import NOTHING, SESSION_GLYPHS, STATUS_GLYPHS, age, bar, ratio, safe
from tui.needs import Kind, assess
from tui.widgets.rows import Piece

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from store import Goal

GLYPHS = {
    Kind.FAILED: SESSION_GLYPHS["failed"],
    Kind.READY: SESSION_GLYPHS["verified"],
    Kind.BLOCKED: STATUS_GLYPHS["blocked"],
    Kind.RUNNING: STATUS_GLYPHS["inProgress"],
    Kind.PENDING: STATUS_GLYPHS["pending"],
}
"""A need in one cell; a closed goal has its status's."""

TONES = {Kind.FAILED: "bad", Kind.READY: "good", Kind.BLOCKED: "warn", Kind.RUNNING: "busy"}
"""The style of a need; whatever else there is is quiet."""


class Columns(NamedTuple):
    """How many cells each column has; 0 leaves it out."""

    need: int
    goal: int
    bar: int
    ratio: int
    sessions: int
    age: int
    why: int

    @classmethod
    @lru_cache(maxsize=8)
    def of(cls, width: int) -> Columns:
        """Divide ``width`` cells."""
        # Before the first column stand the cursor and a space, between two columns one space.
        room = width - 2
        # Where there is hardly any room the need gives way: half a number would be a wrong one.
        need, ratio_, age_ = (11 if width >= 60 else min(10, width - 10)), 6, (5 if width >= 50 else 0)
        # Of 100 cells a scrollbar may take one: that changes no columns.
        wide = width >= 98
        sessions = 12 if wide else 0
        bar_ = 5 if wide else 0
        fixed = sum(cells + 1 for cells in (need, ratio_, age_, sessions, bar_) if cells)
        room -= fixed
        why = 0 if width < 70 else room * 9 // 20 if wide else room * 2 // 5
        return cls(need, room - why - (1 if why else 0), bar_, ratio_, sessions, age_, why)


def heading(columns: Columns, *, by_change: bool = False) -> str:
    """Return the line above the rows; ``by_change`` where the time is that since the last change."""
    verified = fit("VERIFIED", columns.bar + 1 + columns.ratio) if columns.bar else fit_right("OK", columns.ratio)
    cells = [fit("  NEED", columns.need), fit("GOAL", columns.goal), verified]
    if columns.sessions:
        cells.append(fit("SESSIONS", columns.sessions))
    if columns.age:
        cells.append(fit_right("AGO" if by_change else "FOR", columns.age))
    if columns.why:
        cells.append(fit("WHY", columns.why))
    return "  " + " ".join(cells)


def pieces(
    goal: Goal, columns: Columns, waits: timedelta, note: str | None = None, asked_at: datetime | None = None
) -> list[Piece]:
    """Return a goal's line, without the cursor before it; every text is safe.

    ``waits`` is the time that stands in it, ``note`` says why, ``asked_at`` since when it asks what it asks: see
    `assess` for both.
    """
    need = assess(goal, note, asked_at)
    kind = need.kind
    tone = TONES.get(kind, "quiet")
    glyph, word = GLYPHS.get(kind, STATUS_GLYPHS[goal.status]), _word(goal, kind)
    done, total = goal.verified_count, len(goal.counted)
    quiet = "" if kind.needs_you else "quiet"
    line: list[Piece] = [
        (fit(f"{glyph} {word}", columns.need) + " ", tone),
        (fit(safe(goal.description), columns.goal) + " ", "quiet" if kind is Kind.CLOSED else "text"),
    ]
    if columns.bar and not total:
        line.append((fit(NOTHING, columns.bar + 1 + columns.ratio) + " ", "quiet"))
    elif columns.bar:
        full = bar(done, total, columns.bar)
        line += [(full.replace("░", ""), "full" if done == total else "bar"), (full.lstrip("█") + " ", "track")]
        line.append((fit(ratio(done, total), columns.ratio) + " ", quiet))
    else:
        line.append((fit_right(ratio(done, total), columns.ratio) + " ", quiet))
    if columns.sessions:
        line.append((fit(sessions(goal), columns.sessions) + " ", quiet))
    if columns.age:
        line.append((fit_right(age(waits), columns.age) + " ", "quiet"))
    if columns.why:
        line.append((fit(fitting(need.why, columns.why), columns.why), quiet))
    return line


def fitting(phrases: tuple[str, ...], width: int) -> str:
    """Return the longest phrase that fits, or the shortest cut; each is shorter than the one before."""
    # There may be a hundred, and a screen full of rows: to measure each would take longer than to draw them.
    at = bisect_left(phrases, -width, key=lambda phrase: -cell_len(phrase))
    return next((phrase for phrase in phrases[at:] if cell_len(phrase) <= width), None) or clip(phrases[-1], width)


def sessions(goal: Goal) -> str:
    """Return how many of the sessions that count are in which state: ``2✓ 1▸ 2○``."""
    states = Counter(link.state for link in goal.counted)
    counted = [f"{states[state]}{glyph}" for state, glyph in SESSION_GLYPHS.items() if states[state]]  # type: ignore[index]
    return " ".join(counted) or NOTHING


def _word(goal: Goal, kind: Kind) -> str:
    if kind is Kind.CLOSED:
        return goal.status.value
    return kind.name if kind.needs_you else kind.name.lower()
