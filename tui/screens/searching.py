"""Finding a goal on the board: the filter, what it has the palace look for, an id, another order."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, ClassVar, Final

from textual import events, on
from textual.binding import Binding

from store import GoalStoreError
from tui.format import count
from tui.hints import key
from tui.screens.base import GoalKeys, is_there
from tui.screens.empty import many
from tui.widgets.filter import Filter
from tui.widgets.goal_list import GoalList
from tui.widgets.order import View

if TYPE_CHECKING:
    from collections.abc import Collection

    from textual.binding import BindingType


_REST: Final = 0.15
"""Seconds without a key after which it is worth looking further than what is on the screen."""
_SLICE: Final = 0.004
"""Seconds for which goals are looked at before the keys get their turn."""
_MANY: Final = 99
"""Goals in other views that are counted; more are many."""
_FEW: Final = 100
"""Goals that changed at once which are looked through here."""


class Searching(GoalKeys):
    """A screen with a list of goals, and two fields that are there while they are wanted."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "filter", key_display="/", show=False, id="board.filter",
                tooltip="Filter: words, status: need: actor: text:"),
        Binding("n", "match(1)", "next match", show=False, id="board.next",
                tooltip="Next goal found, or changed since seen"),
        Binding("N", "match(-1)", "match before", show=False, id="board.previous", tooltip="The one before"),
        Binding("colon", "go", "go to", key_display=":", show=False, id="board.go", tooltip="Go to a goal by its id"),
        Binding("s", "sort", "sort", show=False, id="board.sort", tooltip="By need, or by what changed last"),
    ]  # fmt: skip

    _looked_for = ""
    _counted_for: tuple[View, str] = (View.ALL, "")
    _counting = False
    _stale = False
    elsewhere: int | None = None
    """How many goals in other views the filter finds, as far as they are counted; ``None`` where nobody knows."""

    @property
    def goals(self) -> GoalList:
        """The list."""
        return self.query_one(GoalList)

    @property
    def filter(self) -> Filter:
        """The filter."""
        return self.query_one("#filter", Filter)

    def point_at(self, goal_id: str) -> bool:
        """Put the cursor on a goal, in a view that shows it; return whether that can be, with the filter there is."""
        raise NotImplementedError

    def look_for(self, text: str, *, anew: bool = False) -> None:
        """Have the palace look for a text, unless it has looked already; what is found comes in as it is found."""
        if text == self._looked_for and not (anew and text):
            return
        if self._looked_for and not text:
            # What was found of it is of no use any more.
            self.say("")
        self._looked_for = text
        if text:
            # The app's, which shows it when a worker breaks off.
            self.app.run_worker(self._search(text, anew=anew), group="search", exclusive=True, exit_on_error=False)
        else:
            self.app.workers.cancel_group(self.app, "search")

    def look_again(self, goal_ids: Collection[str]) -> None:
        """Look for the same in goals that changed."""
        text, store = self.goals.order.text, self.host.store
        if text and len(goal_ids) > _FEW:
            self.look_for(text, anew=True)
        # Without the palace: somebody may write all the time, and no search would come to its end.
        elif text and store:
            found = {goal_id for goal_id in goal_ids if store.holds(goal_id, text)}
            self.goals.lost(set(goal_ids) - found)
            if found:
                self.goals.found(found)

    async def _search(self, text: str, *, anew: bool) -> None:
        # A word that is still being typed is not worth a look through the palace.
        await asyncio.sleep(_REST)
        store = self.host.store
        if store is None:
            return
        found: set[str] = set()
        try:
            async for goal_ids in store.search(text):
                self.goals.found(goal_ids)
                found.update(goal_ids)
                if not anew:
                    self.say(f"looking for {text} in evidence and notes: {count(len(found), 'goal')} so far")
        except GoalStoreError as error:
            self.say(str(error), bad=True)
            return
        # What changed while it was looked for may hold it by now.
        self.goals.lost([one for one in self.goals.order.found - found if not store.holds(one, text)])
        if not anew:
            self.say(f"{count(len(found), 'goal')} with {text} in evidence or notes")

    def count_elsewhere(self) -> None:
        """Count what the filter finds in other views, where this one shows little; in the background."""
        goals = self.goals
        asked = (goals.order.view, self.words)
        if asked != self._counted_for:
            self._counted_for, self.elsewhere = asked, None
        self._say_elsewhere()
        settled = bool(self.words) and not goals.order.filling
        self._stale = settled and goals.order.view is not View.ALL and len(goals.order) < goals.page
        if self._stale and not self._counting:
            self._counting = True
            self.host.work(self._count_elsewhere())

    async def _count_elsewhere(self) -> None:
        try:
            while self._stale:
                asked = None
                # A word that is still being typed is not worth a look at every goal.
                while asked != self._counted_for:
                    asked = self._counted_for
                    await asyncio.sleep(_REST)
                # The filter may be gone by now.
                if not (is_there(self) and self.words):
                    return
                self._stale, number, began = False, 0, time.monotonic()
                for found in self.goals.order.elsewhere():
                    number += found
                    if number > _MANY or asked != self._counted_for:
                        break
                    if time.monotonic() - began > _SLICE:
                        await asyncio.sleep(_SLICE)
                        began = time.monotonic()
                if asked == self._counted_for and is_there(self):
                    self._know_elsewhere(number if len(self.goals.order) < self.goals.page else None)
        finally:
            self._counting = False

    def _know_elsewhere(self, number: int | None) -> None:
        self.elsewhere = number
        self._say_elsewhere()

    @property
    def to_all(self) -> str:
        """The keys that show all goals: in the field a digit is written."""
        every = key("board.all")
        return f"enter, then {every}" if self.focused is self.filter else every

    @on(events.DescendantFocus)
    def _say_elsewhere(self) -> None:
        more = f"{many(self.elsewhere)} more among all: {self.to_all}" if self.elsewhere else ""
        if not self.words and (hidden := self.goals.order.hidden):
            more = f"{hidden} put off until {'it changes' if hidden == 1 else 'they change'}: {self.to_all}"
        self.goals.say_more(more)
        self.say_empty()

    def say_empty(self) -> None:
        """Say why there is no row, where there is none."""
        raise NotImplementedError

    @property
    def words(self) -> str:
        """What the filter holds."""
        return self.filter.words

    def action_filter(self) -> None:
        self.filter.begin()
        self.say(f"enter keeps the filter, {key('board.back')} clears it")

    @on(Filter.Changed, "#filter")
    def _filtered(self) -> None:
        self.goals.show(self.goals.order.view, self.words)
        self.goals.show_now()

    @on(Filter.Submitted, "#filter")
    def _filter_done(self) -> None:
        self.goals.focus()
        self.filter.done()
        # What enter does from now on is another thing.
        self.say("")

    def action_match(self, rows: int) -> None:
        goals = self.goals
        row = goals.order.row(goals.goal_id)
        if self.words and row is not None:
            goals.point_at((row + rows) % len(goals.order))
        elif not self.words and (fresh := goals.fresh_row(rows)) is not None:
            goals.point_at(fresh)
        elif not self.words:
            others = f"{count(goals.fresh, 'goal')} elsewhere did: {key('board.all')} shows all" if goals.fresh else ""
            none = f"and there is no filter: {key('board.filter')} sets one"
            self.say(f"no goal here changed since you saw it; {others or none}")

    def action_go(self) -> None:
        self.query_one("#go", Filter).begin()
        self.say(f"enter goes to the goal whose id begins like that; {key('board.back')} stays here")

    @on(Filter.Submitted, "#go")
    def _go_to(self, event: Filter.Submitted) -> None:
        prefix = event.value.strip()
        if not prefix:
            self.end_go()
            return
        ids = self.host.store.ids() if self.host.store else []
        # The ids that are minted here all begin alike.
        found = [goal_id for goal_id in ids if goal_id.startswith((prefix, f"g-{prefix}"))]
        # What was typed stays where it leads nowhere: a letter of it may be wrong.
        if prefix in found or len(found) == 1:
            self.end_go()
            self._go_there(prefix if prefix in found else found[0])
        elif found:
            self.say(f"{count(len(found), 'goal')} begin with {prefix}: give more of the id", bad=True)
        else:
            words = f"{key('board.back')}, then {key('board.filter')} looks in the words"
            self.say(f"no goal's id begins with {prefix}; {words}", bad=True)

    def _go_there(self, goal_id: str) -> None:
        if not self.point_at(goal_id) and self.words:
            # Whoever names a goal wants to see it.
            words, self.filter.value = self.words, ""
            _ = self.point_at(goal_id)
            self.say(f"the filter is gone: {words} hid this goal")

    def end_go(self) -> bool:
        """Take the field for an id away; return whether it was there."""
        self.goals.focus()
        if went := self.query_one("#go", Filter).clear_first():
            self.say("")
        return went

    def action_sort(self) -> None:
        if self.goals.order.view is View.CLOSED:
            self.say("closed goals have one order: the newest first")
            return
        self.goals.sort_by(self.goals.order.sort.next)
        self.say(f"order: {self.goals.order.sort.value}")
