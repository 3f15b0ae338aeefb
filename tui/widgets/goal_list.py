"""The list of goals: draws the rows on the screen and no others, and keeps its own cursor, by goal."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.cells import clip, fit
from tui.widgets.order import Order, View
from tui.widgets.row import Columns, heading, pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from textual import events
    from textual.binding import BindingType

    from store import Goal


class GoalList(ScrollView, can_focus=True):
    """Rows of goals in the order of need.

    The cursor belongs to a goal, not to a row: it stays on its goal whatever moves. While the operator is
    at the keys rows stay where they are; `HOLD` seconds after the last key, or by ``r``, they move.
    """

    HOLD: float = 5.0
    """Seconds."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "open", id="list.open", tooltip="Open the goal"),
        Binding("j,down", "move(1)", "down", show=False, id="list.down", tooltip="To the next goal"),
        Binding("k,up", "move(-1)", "up", show=False, id="list.up", tooltip="To the goal before"),
        Binding("g,home", "move(-1_000_000_000)", "first", show=False, id="list.first", tooltip="To the first goal"),
        Binding("G,end", "move(1_000_000_000)", "last", show=False, id="list.last", tooltip="To the last goal"),
        Binding("ctrl+d", "page(0.5)", "half down", show=False, id="list.half_down", tooltip="Half a page down"),
        Binding("ctrl+u", "page(-0.5)", "half up", show=False, id="list.half_up", tooltip="Half a page up"),
        Binding("pagedown", "page(1)", "page down", show=False, id="list.page_down", tooltip="A page down"),
        Binding("pageup", "page(-1)", "page up", show=False, id="list.page_up", tooltip="A page up"),
        Binding("r", "take", "take in", show=False, id="list.take", tooltip="Let goals that moved go to their rows"),
    ]

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "goal-list--cursor", "goal-list--heading", "goal-list--rule", "goal-list--goal", "goal-list--quiet",
        "goal-list--bar", "goal-list--full", "goal-list--track", "goal-list--failed", "goal-list--ready",
        "goal-list--blocked", "goal-list--running", "goal-list--pending", "goal-list--closed",
    }  # fmt: skip

    DEFAULT_CSS = """
    GoalList {
        background: $background; color: $foreground; overflow-x: hidden; scrollbar-size-vertical: 1;
        & .goal-list--cursor { background: $surface-lighten-2; }
        &:focus .goal-list--cursor { background: $primary 35%; text-style: bold; }
        & .goal-list--heading { color: $text-muted; }
        & .goal-list--rule { color: $text-muted; }
        & .goal-list--goal { color: $foreground; }
        & .goal-list--quiet { color: $text-muted; }
        & .goal-list--bar { color: $primary; }
        & .goal-list--full { color: $success; }
        & .goal-list--track { color: $text-disabled; }
        & .goal-list--failed { color: $text-error; text-style: bold; }
        & .goal-list--ready { color: $text-success; text-style: bold; }
        & .goal-list--blocked { color: $text-warning; text-style: bold; }
        & .goal-list--running { color: $text-primary; }
        & .goal-list--pending { color: $text-muted; }
        & .goal-list--closed { color: $text-muted; }
    }
    """

    class Highlighted(Message):
        """The cursor is on another goal, or its goal changed."""

        def __init__(self, goal_id: str | None) -> None:
            super().__init__()
            self.goal_id = goal_id

        def can_replace(self, message: Message) -> bool:
            """Let a burst of them fold into the last."""
            return isinstance(message, GoalList.Highlighted)

    class Opened(Message):
        """The operator wants to see a goal; no id where there is none."""

        def __init__(self, goal_id: str) -> None:
            super().__init__()
            self.goal_id = goal_id

    class Counted(Message):
        """The numbers on the tabs, or of the rows that wait to move, may have changed."""

        def can_replace(self, message: Message) -> bool:
            """Let a burst of them fold into the last."""
            return isinstance(message, GoalList.Counted)

    def __init__(self, look: Callable[[str], Goal | None], now: Callable[[], datetime], id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.order = Order(look)
        self.cursor: str | None = None
        self.empty: tuple[str, ...] = ()
        """What to say where there is no row."""
        self._look = look
        self._now = now
        self._head = 0
        self._touched = float("-inf")
        self._waiting = False

    # What the screen asks for

    def load(self, goals: Iterable[Goal]) -> None:
        """Show these goals."""
        self.order.load(goals)
        self._settle(0)

    def show(self, view: View, words: str) -> None:
        """Show a view, filtered by words."""
        row = self.order.row(self.cursor) or 0
        self.order.show(view, words)
        self._settle(row)

    def changed(self, goal_ids: Iterable[str]) -> None:
        """Take in that goals changed: repaint their rows, and move them unless the operator is at the keys."""
        hold = time.monotonic() - self._touched < self.HOLD
        row, top = self.order.row(self.cursor), self._line_of(self.cursor)
        moved = False
        for goal_id in goal_ids:
            moved = self.order.change(goal_id, hold=hold) or moved
            if not moved and (line := self._line_of(goal_id)) is not None:
                self.refresh(Region(0, line - round(self.scroll_y) + self._head, self.size.width, 1))
            if goal_id == self.cursor:
                self.post_message(self.Highlighted(goal_id))
        if moved:
            self._settle(row or 0, top)
        if self.order.moved and not self._waiting:
            self._waiting = True
            self.set_timer(self.HOLD, self._idle)
        self.post_message(self.Counted())

    def go_to(self, goal_id: str) -> bool:
        """Put the cursor on a goal, wherever it belongs by now; false if this view does not show it."""
        self.order.take([goal_id])
        if self.order.row(goal_id) is None:
            return False
        self.cursor = goal_id
        self._settle(0)
        return True

    # Keys and mouse

    def on_key(self) -> None:
        self.touch()

    def touch(self) -> None:
        """Keep rows where they are for the next seconds."""
        self._touched = time.monotonic()

    def action_open(self) -> None:
        self.post_message(self.Opened(self.cursor or ""))

    def action_move(self, rows: int) -> None:
        if len(self.order):
            row = self.order.row(self.cursor) or 0
            self._point(min(max(row + rows, 0), len(self.order) - 1))

    def action_page(self, pages: float) -> None:
        self.action_move(round(pages * max(self._page - 1, 2)))

    def action_take(self) -> None:
        row, top = self.order.row(self.cursor) or 0, self._line_of(self.cursor)
        self.order.take()
        self._settle(row, top)

    def on_click(self, event: events.Click) -> None:
        self.touch()
        if (row := self._row_at(event.y - self._head + round(self.scroll_y))) is not None:
            self._point(row)
            if event.chain == 2:
                self.action_open()

    # Drawing

    def on_resize(self, event: events.Resize) -> None:
        line = self._line_of(self.cursor)
        self._head = 1 if event.size.width >= 100 else 0
        self._settle(0, line)

    def render_line(self, y: int) -> Strip:
        # Without the scrollbar, which comes and goes.
        width = self.scrollable_content_region.width
        if y < self._head:
            return self._strip([(fit(heading(Columns.of(width)), width), "heading")], width)
        line = y - self._head + round(self.scroll_y)
        if not len(self.order):
            text = self.empty[line - 1] if 0 < line <= len(self.empty) else ""
            return self._strip([("  " + clip(text, width - 2), "goal" if line == 1 else "quiet")], width)
        if line == self._rule:
            said = "─── nothing needed from you " if line else "─── nothing needs you "
            return self._strip([(said + "─" * max(0, width - len(said)), "rule")], width)
        row = self._row_at(line)
        goal = None if row is None else self._look(self.order.at(row))
        if goal is None:
            return Strip.blank(width, self._style())
        here = goal.id == self.cursor
        return self._strip(
            [("> " if here else "  ", "goal"), *pieces(goal, Columns.of(width), self._now())], width, here
        )

    def _strip(self, parts: list[tuple[str, str]], width: int, cursor: bool = False) -> Strip:
        segments = [Segment(text, self._style(name, cursor=cursor)) for text, name in parts if text]
        return Strip(segments).adjust_cell_length(width, self._style(cursor=cursor))

    def _style(self, name: str = "", *, cursor: bool = False) -> Style:
        tone = self.get_component_rich_style(f"goal-list--{name}") if name else self.rich_style
        if not cursor:
            return tone
        line = self.get_component_rich_style("goal-list--cursor")
        return line + Style(color=tone.color, bold=tone.bold) if name else line

    # Where things are. A line is counted from the first row, under the heading.

    @property
    def _page(self) -> int:
        return max(1, self.size.height - self._head)

    @property
    def _rule(self) -> int | None:
        """The line that parts what needs the operator from what doesn't."""
        needed = self.order.needed
        return needed if self.order.view is View.NEEDS and needed < len(self.order) else None

    def _row_at(self, line: int) -> int | None:
        rule = self._rule
        if line == rule:
            return None
        row = line - 1 if rule is not None and line > rule else line
        return row if 0 <= row < len(self.order) else None

    def _line_of(self, goal_id: str | None) -> int | None:
        row = self.order.row(goal_id)
        if row is None:
            return None
        rule = self._rule
        return row + 1 if rule is not None and row >= rule else row

    def _point(self, row: int) -> None:
        self.cursor = self.order.at(row)
        self._follow()
        self.refresh()
        self.post_message(self.Highlighted(self.cursor))

    def _settle(self, row: int, line: int | None = None) -> None:
        """Put things right after rows moved: cursor, size, scroll.

        Args:
            row: where the cursor goes if its goal is gone.
            line: where the cursor's goal was, to keep it at its height on the screen.

        """
        if self.order.row(self.cursor) is None:
            self.cursor = self.order.at(min(row, len(self.order) - 1)) if len(self.order) else None
        self.virtual_size = Size(self.size.width, len(self.order) + (self._rule is not None) + self._head)
        now = self._line_of(self.cursor)
        if line is not None and now is not None and now != line and self.scroll_y:
            self.scroll_to(y=self.scroll_y + now - line, animate=False, immediate=True)
        self._follow()
        self.refresh()
        self.post_message(self.Highlighted(self.cursor))
        self.post_message(self.Counted())

    def _follow(self) -> None:
        line = self._line_of(self.cursor)
        if line is None:
            return
        if line == 1 and self._rule == 0:
            line = 0
        top = round(self.scroll_y)
        if line < top:
            self.scroll_to(y=line, animate=False, immediate=True)
        elif line >= top + self._page:
            self.scroll_to(y=line - self._page + 1, animate=False, immediate=True)

    def _idle(self) -> None:
        self._waiting = False
        if not self.order.moved:
            return
        rest = self.HOLD - (time.monotonic() - self._touched)
        if rest > 0:
            self._waiting = True
            self.set_timer(rest, self._idle)
        else:
            self.action_take()
