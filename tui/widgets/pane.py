"""The goal under the cursor: what it must meet, who works on it, and what they showed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget

from tui.cells import cell_len, clip, steady, wrap
from tui.format import count, safe, session_name
from tui.hints import key
from tui.needs import assess
from tui.verdict import Line, by_urgency, session_line
from tui.widgets.row import fitting

if TYPE_CHECKING:
    from collections.abc import Iterable

    from store import Goal

_BRIEF = 2
"""Lines in which it says why the goal needs the operator, and no more."""


class Pane(Widget):
    """The goal under the cursor, as much of it as there is room for."""

    DEFAULT_CSS = "Pane { background: $background; }"

    def __init__(self) -> None:
        super().__init__(id="pane")
        self._goal: Goal | None = None
        self._note: str | None = None

    def show(self, goal: Goal | None, note: str | None = None) -> None:
        """Show a goal, or nothing; ``note`` as for `tui.needs.assess`."""
        if goal is not self._goal or note != self._note:
            self._goal, self._note = goal, note
            self.refresh()

    def render(self) -> Content:
        goal, width, height = self._goal, self.size.width, self.size.height
        if goal is None or width < 20:
            return Content()
        beside = height >= 20
        title = f"─── {goal.id} " if beside else f"─── {goal.id} {steady(safe(goal.description))} "
        title = clip(title, width - 1) + " " if cell_len(title) > width else title
        lines: list[Line] = [[(title + "─" * max(0, width - cell_len(title)), "$text-muted")]]
        if beside:
            lines += [[(f" {line}", "bold")] for line in wrap(safe(goal.description), width - 1)]
        if width >= 100:
            left = width * 2 // 5
            pairs = zip_longest(_criteria(goal, left - 1, height - 1), _sessions(goal, width - left, height - 1))
            lines += [[*_filled(one, left), *other] for one, other in pairs]
        elif height >= 12:
            room = height - len(lines)
            # The criteria take half of it at most, and the sessions what is left.
            work = list(_sessions(goal, width, room - 1 - min(max(1, len(goal.acceptance)), room // 2)))
            lines += [*work, *([[]] if beside else []), *_criteria(goal, width, room - len(work) - 1)]
        elif height <= _BRIEF:
            # There the row has no room for why.
            lines.append([(f" {fitting(assess(goal, self._note).why, width - 1)}", "$text")])
        elif goal.sessions:
            lines += _sessions(goal, width, height - 1)
        else:
            lines += _criteria(goal, width, height - 1)
        return Content("\n").join(Content.assemble(*line) for line in lines[:height])


def zip_longest(left: list[Line], right: list[Line]) -> Iterable[tuple[Line, Line]]:
    """Pair lines, and give an empty one where a side has no more."""
    for row in range(max(len(left), len(right))):
        yield (left[row] if row < len(left) else []), (right[row] if row < len(right) else [])


def _sessions(goal: Goal, width: int, room: int) -> list[Line]:
    if not goal.sessions:
        return [[(clip(f" no session yet: {key('goal.link')} links the one that does the work", width), "$text-muted")]]
    name = min(24 if width >= 60 else 12, max(cell_len(session_name(link.session_id)) for link in goal.sessions))
    links = by_urgency(goal)
    shown = links if len(links) <= room else links[: max(1, room - 1)]
    lines = [session_line(goal, link, width, name) for link in shown]
    if rest := len(links) - len(shown):
        lines.append([(f"   and {count(rest, 'more session')}: {key('list.open')}", "$text-muted")])
    return lines


def _criteria(goal: Goal, width: int, room: int) -> list[Line]:
    if not goal.acceptance:
        return [[(clip(f" no acceptance criteria: {key('goal.edit')} adds them", width), "$text-muted")]]
    whole: list[str] = []
    for at, text in enumerate(goal.acceptance, 1):
        first, *others = wrap(f"{at} {safe(text)}", width - 4)
        whole += [first, *(f"  {line}" for line in others)]
    if len(whole) <= room:
        return [[(f" {line}", "$text")] for line in whole]
    shown = goal.acceptance if len(goal.acceptance) <= room else goal.acceptance[: max(1, room - 1)]
    lines: list[Line] = [[(clip(f" {at} {safe(text)}", width), "$text")] for at, text in enumerate(shown, 1)]
    if rest := len(goal.acceptance) - len(shown):
        lines.append([(f"   and {count(rest, 'more criterion', 'more criteria')}: {key('list.open')}", "$text-muted")])
    return lines


def _filled(line: Line, width: int) -> Line:
    used = sum(cell_len(text) for text, _ in line)
    return [*line, (" " * max(0, width - used), "")]
