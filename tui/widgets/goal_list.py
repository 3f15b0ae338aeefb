"""The list of goals, in the order of need."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar

from textual.message import Message

from tui.format import FRESH, LATER, MARKED
from tui.hints import key
from tui.widgets.order import Facts, Order, Sort, View
from tui.widgets.row import Columns, heading, pieces
from tui.widgets.rows import Piece, Place, RowList

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable
    from datetime import datetime

    from store import Goal, GoalStore
    from tui.triage import Triage


class GoalList(RowList):
    """Rows of goals in the order of need.

    While the operator is at the keys rows stay where they are; `HOLD` seconds after the last key, or by ``r``, they
    move.
    """

    HOLD: float = 5.0
    """Seconds."""
    FEW: ClassVar[int] = 4
    """Lines that are made ready at a time, some 2 ms of work, so that no key waits for it."""
    PAUSE: ClassVar[float] = 0.01
    """Seconds between that, and between the goals that the filter is asked about at a time."""
    LOOK: ClassVar[float] = 0.3
    """Seconds that the cursor rests on a goal which was looked at: one that it only passes was not."""
    AT_ONCE: ClassVar[float] = 0.04
    """Seconds for which it is asked when a letter was typed: some thousands of goals."""
    AT_A_TIME: ClassVar[float] = 0.015
    """Seconds for which it is asked after that, again and again."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"row-list--bar", "row-list--full", "row-list--track"}

    DEFAULT_CSS = """
    GoalList {
        & .row-list--bar { color: $primary; }
        & .row-list--full { color: $success; }
        & .row-list--track { color: $text-disabled; }
    }
    """

    class Counted(Message):
        """The numbers on the tabs, or of the rows that wait to move, may have changed."""

        def can_replace(self, message: Message) -> bool:
            """Let a burst of them fold into the last."""
            return isinstance(message, GoalList.Counted)

    def __init__(self, look: Callable[[str], Goal | None], now: Callable[[], datetime], id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.order = Order(look)
        self._look = look
        self._now = now
        self._touched = float("-inf")
        self._arrived = float("-inf")
        self._looking = False
        self._waiting = False
        self._filling = False
        # Whether the operator has been at the keys yet, or was brought to a goal.
        self._chosen = False
        # Lines to have ready, the next one last.
        self._ahead: list[int] = []
        self._triage: Triage | None = None
        self._drawn: dict[str, tuple[Goal, tuple[int, int, str | None, datetime | None], list[Piece]]] = {}
        self._more = ""

    # What the list is made of

    @property
    def goal_id(self) -> str | None:
        """The goal under the cursor."""
        return None if self.cursor is None else str(self.cursor)

    @property
    def rows(self) -> int:
        return len(self.order)

    def key_of(self, row: int) -> str:
        return self.order.at(row)

    def row_of(self, key: Hashable) -> int | None:
        return self.order.row(str(key))

    def pieces(self, row: int, width: int) -> list[Piece]:
        goal = self._look(self.order.at(row))
        if goal is None:
            return []
        triage = self._triage
        by_need = triage is not None and self.order.sort is Sort.NEED
        waits = self._now() - (triage.since(goal) if triage is not None and by_need else goal.updated)
        note = triage.why(goal) if triage is not None else None
        asked_at = triage.asked_at(goal.id) if triage is not None else None
        drawn_for = width, int(waits.total_seconds()) // 60, note, asked_at
        known = self._drawn.get(goal.id)
        # The same object is the same goal: models don't change.
        if known is not None and known[0] is goal and known[1] == drawn_for:
            return known[2]
        if len(self._drawn) > self.DRAWN:
            self._drawn.clear()
        parts = pieces(goal, Columns.of(width + 2), waits, note, asked_at)
        self._drawn[goal.id] = (goal, drawn_for, parts)
        return parts

    def flags(self, row: int, *, here: bool) -> str:
        goal_id, triage = self.order.at(row), self._triage
        fresh = triage is not None and goal_id in triage.fresh
        marked = triage is not None and goal_id in triage.marked
        later = not marked and triage is not None and triage.is_later(goal_id)
        news = FRESH if fresh else " "
        # Where the cursor stands first, and the operator has not been, it stands beside it.
        return f"{'>' if here else news}{MARKED if marked else LATER if later else news if here else ' '}"

    def heading(self, width: int) -> str:
        return heading(Columns.of(width), by_change=Sort.CHANGED is self.order.sort or self.order.view is View.CLOSED)

    @property
    def lines(self) -> int:
        # Where there is no row, what is said instead of rows says it too.
        return self.rows + (self._rule is not None) + bool(self._more and self.rows)

    def line_of(self, row: int) -> int:
        rule = self._rule
        return row + 1 if rule is not None and row >= rule else row

    def row_at(self, line: int) -> int | None:
        rule = self._rule
        if line == rule:
            return None
        return super().row_at(line - 1 if rule is not None and line > rule else line)

    def between(self, line: int, width: int) -> list[Piece]:
        if line != self._rule:
            return [(f"─── {self._more} ".ljust(width, "─"), "quiet")]
        among = "among these " if self.order.filtered else ""
        # Rows that wait to move say below this line that they need somebody.
        calls = f"but {waiting} that moved: {key('list.take')} " if (waiting := self.order.calling) else ""
        said = f"─── nothing {'needed from' if line else 'needs'} you {among}{calls}"
        return [(said + "─" * max(0, width - len(said)), "quiet")]

    @property
    def _rule(self) -> int | None:
        """The line that parts what needs the operator from what doesn't."""
        needed = self.order.needed
        parted = self.order.view is View.NEEDS and self.order.sort is Sort.NEED
        return needed if parted and needed < len(self.order) else None

    # What the screen asks for

    def load(self, store: GoalStore, triage: Triage) -> None:
        """Start anew with a store's closed goals, as one operator knows them; those that are open are to `come`."""
        self._triage = triage
        facts = Facts(
            store.updated,
            store.may_mention,
            store.names,
            triage.since,
            triage.is_later,
            triage.later,
            store.actor,
        )
        self.order = Order(self._look, facts)
        self.load_closed(store)

    def load_closed(self, store: GoalStore) -> None:
        """Show the closed goals of a store too."""
        open_ids = store.open_ids()
        with self.moving():
            closed = (goal_id for goal_id in store.ids() if goal_id not in open_ids)
            self.order.add_closed(closed, self.goal_id, self.AT_ONCE)
        self._filled()

    def come(self, goal_ids: Iterable[str]) -> None:
        """Show these goals too."""
        with self.moving():
            for goal_id in goal_ids:
                self.order.change(goal_id)
        self.post_message(self.Counted())

    def show(self, view: View, words: str) -> None:
        """Show a view, filtered by words: what is found at once, and then the rest, so that typing never waits."""
        with self.moving():
            self.order.show(view, words, self.goal_id, self.AT_ONCE)
        self._filled()

    def _fill(self) -> None:
        self._filling = False
        with self.moving():
            self.order.more(self.AT_A_TIME)
        self._filled()

    def _filled(self) -> None:
        self.post_message(self.Counted())
        if self.order.filling and not self._filling:
            self._filling = True
            self.set_timer(self.PAUSE, self._fill)

    def say_more(self, text: str) -> None:
        """Say below the last row what there is besides; nothing for no such line."""
        if text != self._more:
            with self.moving():
                self._more = text

    def sort_by(self, sort: Sort) -> None:
        """Change the order."""
        with self.moving():
            self.order.sort_by(sort, self.goal_id, self.AT_ONCE)
        self._filled()

    def changed(self, goal_ids: Iterable[str]) -> None:
        """Take in that goals changed: repaint their rows, and move them unless the operator is at the keys."""
        # Where there is no row, none can jump.
        hold = self.rows > 0 and time.monotonic() - self._touched < self.HOLD
        ids = list(goal_ids)
        place = self.place()
        moved = [self.order.change(goal_id, hold=hold) for goal_id in ids]
        if any(moved):
            self.settle(place)
        else:
            for row in map(self.order.row, ids):
                if row is not None:
                    self.repaint(row)
            if (rule := self._rule) is not None:
                self.repaint_line(rule)
            self.post_message(self.Moved())
        if self.order.moved and not self._waiting:
            self._waiting = True
            self.set_timer(self.HOLD, self._idle)
        self.post_message(self.Counted())

    def found(self, goal_ids: Iterable[str]) -> None:
        """Show these goals too: what the filter has the palace look for stands in them."""
        with self.moving():
            self.order.find(goal_ids)
        self.post_message(self.Counted())

    def lost(self, goal_ids: Iterable[str]) -> None:
        """Take it that what the filter has the palace look for stands in these goals no more."""
        if lost := self.order.lose(goal_ids):
            self.changed(lost)

    def go_to(self, goal_id: str) -> bool:
        """Put the cursor on a goal, wherever it belongs by now; false if this view does not show it."""
        with self.moving():
            self.order.take([goal_id])
        row = self.order.row(goal_id)
        if row is None:
            return False
        self.point_at(row)
        return True

    def settle(self, place: Place) -> None:
        if not self._chosen:
            # Nobody chose the goal that it is on: it is on the first, whichever that comes to be.
            self.cursor, place = None, place._replace(row=0)
        super().settle(place)

    def point_at(self, row: int) -> None:
        self._chosen = True
        # Wherever the operator rests they have been, also where the console put them, once they leave it.
        now = time.monotonic()
        if now - self._arrived >= self.LOOK:
            self.saw(self.goal_id)
        super().point_at(row)
        self._arrived = now
        if not self._looking:
            self._looking = True
            self.set_timer(self.LOOK, self._look_on)

    def _look_on(self) -> None:
        if (rest := self._arrived + self.LOOK - time.monotonic()) > 0:
            self.set_timer(rest, self._look_on)
            return
        self._looking = False
        self.saw(self.goal_id)

    @property
    def fresh(self) -> int:
        """How many goals changed since they were seen, in whatever view."""
        return len(self._triage.fresh) if self._triage is not None else 0

    def fresh_row(self, by: int) -> int | None:
        """Return the next row, or by -1 the one before, of a goal that changed since it was seen; round the end."""
        order, fresh = self.order, self._triage.fresh if self._triage is not None else ()
        here = order.row(self.goal_id) or 0
        rows = sorted(row for goal_id in fresh if (row := order.row(goal_id)) is not None)
        ahead = [row for row in rows if (row > here if by > 0 else row < here)]
        found = ahead or rows
        return None if not found else found[0] if by > 0 else found[-1]

    def saw(self, goal_id: str | None) -> None:
        """Take it that the operator has seen a goal as it is now."""
        if self._triage is not None and goal_id in self._triage.fresh:
            self._triage.fresh.discard(goal_id)
            if (row := self.row_of(goal_id)) is not None:
                self.repaint(row)

    def warm(self) -> None:
        """Have ready what a page key would bring: it would take longer to work out than to draw."""
        top, page, waits = self.top, self.page, bool(self._ahead)
        self._ahead = [*range(max(0, top - page), top), *reversed(range(top + page, min(top + 2 * page, self.lines)))]
        if self._ahead and not waits:
            self.set_timer(self.PAUSE, self._warm_some)

    def _warm_some(self) -> None:
        if not self.scrollable_content_region.width:
            self._ahead.clear()
        some = [self._ahead.pop() for _ in range(min(self.FEW, len(self._ahead)))]
        for _ in self._draw(line - self.top + self._head for line in some if line < self.lines):
            pass
        if self._ahead:
            self.set_timer(self.PAUSE, self._warm_some)

    # Keys and mouse

    def pressed(self) -> None:
        super().pressed()
        self.touch()

    def on_mouse_down(self) -> None:
        self.touch()

    def touch(self) -> None:
        """Keep rows where they are for the next seconds."""
        self._chosen = True
        self._touched = time.monotonic()

    def action_open(self) -> None:
        # The screen says why it can't, where there is no goal.
        self.post_message(self.Opened())

    def take(self) -> None:
        """Let the goals that moved go to their rows."""
        with self.moving():
            self.order.take()
        self.post_message(self.Counted())

    def _idle(self) -> None:
        self._waiting = False
        if not self.order.moved:
            return
        rest = self.HOLD - (time.monotonic() - self._touched)
        if rest > 0:
            self._waiting = True
            self.set_timer(rest, self._idle)
        else:
            self.take()
