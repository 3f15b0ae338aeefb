"""The board: which goal needs me?"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding
from textual.containers import Container

from store import GoalStoreError
from tui.format import bar, count
from tui.hints import key
from tui.screens.base import GoalsChanged, ReasonsKnown, is_there
from tui.screens.empty import words_for_empty
from tui.screens.marking import Marking
from tui.triage import Triage, likely_first
from tui.trouble import condition_of
from tui.widgets.filter import Filter
from tui.widgets.goal_list import GoalList
from tui.widgets.lines import Banner, KeyFooter, Notice, StatusLine, ViewTabs
from tui.widgets.order import View
from tui.widgets.pane import Pane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from store import Goal, GoalStore


class Board(Marking):
    """The goals in the order of need, and the one under the cursor."""

    DEFAULT_CSS = """
    Board { layout: vertical; }
    Board #body { height: 1fr; layout: vertical; }
    Board GoalList { height: 1fr; width: 1fr; }
    Board Pane { height: 5; }
    Board.-high Pane { height: 9; }
    Board.-low Pane { height: 2; }
    Board.-flat Pane, Board.-tiny Pane { display: none; }
    Board.-flat StatusLine, Board.-flat ViewTabs { display: none; }
    Board.-tiny StatusLine, Board.-tiny ViewTabs { display: none; }
    Board.-wide #body { layout: horizontal; }
    Board.-wide Pane { height: 1fr; width: 1fr; border-left: solid $panel-lighten-2; padding: 0 0 0 1; display: block; }
    Board.-wide GoalList { width: 2fr; }
    """

    SLICE: ClassVar[int] = 100
    """Goals that are read at a time when the console opens: more than are on a screen, and 20 ms of work."""
    MANY: ClassVar[int] = 4_000
    """Goals that take so long to read that it is said how far that is."""
    FOLLOW: ClassVar[float] = 0.03
    """Seconds after which pane and keys follow the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "take", "take in", show=False, id="list.take", tooltip="Let goals that moved go to their rows"),
        Binding("1", "view('1')", "needs you", show=False, id="board.needs", tooltip="What needs you, then the rest"),
        Binding("2", "view('2')", "running", show=False, id="board.running", tooltip="In progress, and needs nobody"),
        Binding("3", "view('3')", "pending", show=False, id="board.pending", tooltip="Goals not begun"),
        Binding("4", "view('4')", "closed", show=False, id="board.closed", tooltip="Goals done or abandoned"),
        Binding("0", "view('0')", "all", show=False, id="board.all", tooltip="All goals"),
        Binding("escape", "back", "back", show=False, id="board.back", tooltip="Clear the filter, then the view"),
        Binding("question_mark", "help", "keys", key_display="?", id="board.help", tooltip="All keys of this screen"),
        Binding("q", "leave", "quit", show=False, id="board.quit", tooltip="Quit the console"),
    ]  # fmt: skip

    def __init__(self, palace: str) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (50, "-narrow"), (160, "-wide")]
        self.VERTICAL_BREAKPOINTS = [(0, "-flat"), (16, "-low"), (23, "-mid"), (30, "-high")]
        self._palace = palace
        self._view = View.NEEDS
        # Where the cursor was in each view.
        self._left: dict[View, str | None] = {}
        self._trouble = ""
        self._following = False
        # Whether all goals are in the list: before that no number is one.
        self._met = False

    def compose(self) -> ComposeResult:
        host = self.host
        yield StatusLine(self._palace, lambda: host.now().strftime("%H:%M"))
        yield Banner()
        yield ViewTabs()
        with Container(id="body"):
            yield GoalList(self.goal, host.now, id="goals")
            yield Pane()
        yield Filter("words · status: state: need: actor: · text: and all after it in evidence and notes")
        yield Filter("go to a goal: its id, or how it begins", id="go")
        yield Notice()
        yield KeyFooter()

    def on_mount(self) -> None:
        self.goals.focus()
        self.condition(self._trouble)
        # Ages and the clock.
        self.set_interval(15, self._tick)

    def _tick(self) -> None:
        self.goals.refresh()
        self.query_one(StatusLine).refresh()

    # What the app tells

    def opened(self) -> None:
        """Show the goals: the palace is open."""
        store = self.host.store
        if store is not None:
            self.triage = triage = Triage(store, self.host.memory)
            # Asked before anything is taken of it: the rest may be there after any wait.
            partly = not store.is_whole
            self.goals.load(store, triage)
            goal_ids = likely_first(store)
            self._met = not partly and len(goal_ids) <= self.SLICE
            self._meet(triage, goal_ids[: self.SLICE])
            # At once, so that nothing else is ever on the screen.
            self._counted()
            self._follow()
            # What is not known yet can't be kept as seen.
            self.host.at_end(lambda: triage.leave() if store.is_whole else None)
            self.host.work(self._read(store, triage, goal_ids[self.SLICE :], partly=partly))
        self.condition()

    def _meet(self, triage: Triage, goal_ids: Sequence[str]) -> None:
        if is_there(self):
            triage.meet(goal_ids)
            self.goals.come(goal_ids)

    async def _read(self, store: GoalStore, triage: Triage, goal_ids: Sequence[str], *, partly: bool) -> None:
        """Take in the other goals while the first ones are on the screen and the keys act.

        Where the store knew them ``partly``, that is all but the ones that no session works on.
        """
        await self._meet_slowly(triage, goal_ids)
        if partly:
            await store.whole()
            if not is_there(self):
                return
            self.goals.load_closed(store)
            knows = self.goals.order.knows
            await self._meet_slowly(triage, [goal_id for goal_id in likely_first(store) if not knows(goal_id)])
        self._met = True
        if is_there(self):
            self._counted()
        self._learn()
        await self._look_back(triage)

    async def _meet_slowly(self, triage: Triage, goal_ids: Sequence[str]) -> None:
        many = len(goal_ids)
        for start in range(0, many, self.SLICE):
            await asyncio.sleep(0.005)
            self._meet(triage, goal_ids[start : start + self.SLICE])
            if many > self.MANY:
                self.say(f"reading  {bar(start, many, 20)}  {start} of {many} open goals")
        if many > self.MANY:
            self.say("")

    async def _look_back(self, triage: Triage) -> None:
        said = ""
        with suppress(GoalStoreError):  # the banner says it already
            said = await triage.look_back()
        if is_there(self):
            self.goals.refresh()
            if said:
                # Whoever opened the console may be away until it is read.
                self.say(f"{said}   {key('board.next')} goes through them", stays=True)

    def _learn(self) -> None:
        if self.triage is not None:
            self.host.work(self.triage.learn(self._learned))

    def _learned(self, goal_ids: frozenset[str]) -> None:
        if is_there(self):
            self.goals.changed(goal_ids)
            for screen in self.app.screen_stack[1:]:
                screen.post_message(ReasonsKnown(goal_ids))

    def why(self, goal: Goal) -> str | None:
        """Return the note that says why a goal needs the operator, in one safe line, where it is known."""
        return self.triage.why(goal) if self.triage is not None else None

    def condition(self, trouble: str = "", *, live: bool = False) -> None:
        """Show how the store is, and the ``trouble`` where there is some; ``live`` if changes come in all the same."""
        store = self.host.store
        self._trouble = trouble
        # A palace may fail to open before the board is there to say so: then `on_mount` does.
        if not self.query(StatusLine):
            return
        status, banner = self.query_one(StatusLine), self.query_one(Banner)
        if store is None:
            status.show("closed" if trouble else "opening", "")
            banner.show(trouble)
            self.say_empty()
            return
        ill = f"{count(len(store.unreadable), 'unreadable drawer')}: {key('goal.doctor')}" if store.unreadable else ""
        status.show("degraded" if store.degraded else "stopped" if trouble and not live else "live", ill)
        banner.show(trouble or condition_of(store))
        self.say_empty()
        self.refresh_bindings()

    @on(GoalsChanged)
    def _changed(self, event: GoalsChanged) -> None:
        if event.goal_ids:
            if self.triage is not None:
                self.triage.changed(event.goal_ids, self.goals.goal_id)
            self.goals.changed(event.goal_ids)
            self._learn()
            self.look_again(event.goal_ids)
        else:
            self.condition()

    def point_at(self, goal_id: str) -> bool:
        self.goals.changed([goal_id])
        was, here = self._view, self.goals.goal_id
        for view in (was, View.NEEDS, View.ALL):
            if view is not self._view:
                self.action_view(view.digit)
            if self.goals.go_to(goal_id):
                return True
        self.action_view(was.digit)
        if here is not None:
            _ = self.goals.go_to(here)
        return False

    # What the list tells

    @on(GoalList.Moved)
    def _moved(self) -> None:
        # A moment later, so that a key held down moves the cursor and not all that follows it.
        if not self._following:
            self._following = True
            self.set_timer(self.FOLLOW, self._follow)

    def _follow(self) -> None:
        self._following = False
        goal = self.target()
        self.query_one(Pane).show(goal, self.why(goal) if goal is not None else "")
        self.refresh_bindings()
        self.goals.warm()

    @on(GoalList.Counted)
    def _counted(self) -> None:
        order = self.goals.order
        counts = {view: order.count(view) for view in View} if self._met else {}
        self.query_one(ViewTabs).show(self._view, counts, self.words, len(order), order.sort)
        self.query_one(Notice).moved(len(order.moved), order.calling)
        self.count_marks()
        self.look_for(order.text)
        self.count_elsewhere()

    @on(GoalList.Opened)
    def _opened(self) -> None:
        if self.goals.goal_id:
            self.goals.saw(self.goals.goal_id)
            self.host.open_goal(self.goals.goal_id, words=self.goals.order.text)
        else:
            self.say("there is no goal under the cursor", bad=True)

    def say_empty(self) -> None:
        goals = self.goals
        opened = self.host.store is not None
        said = words_for_empty(
            goals.order, self.words, self.elsewhere, to_all=self.to_all, opened=opened, trouble=bool(self._trouble)
        )
        if goals.empty != said:
            goals.empty = said
            goals.refresh()

    # Keys

    def target(self) -> Goal | None:
        return self.goal(self.goals.goal_id)

    def why_not(self, action: str) -> str | None:
        if action == "open" and self.target() is None:
            return "there is no goal under the cursor"
        return super().why_not(action)

    def action_view(self, digit: str) -> None:
        goals, here = self.goals, self.goals.goal_id
        self._left[self._view] = here
        self._view = next(view for view in View if view.digit == digit)
        goals.show(self._view, self.words)
        back = self._left.get(self._view)
        # Where the goal that was looked at is not among these, the cursor is where it was in this view.
        if goals.order.row(here) is None and back != goals.goal_id and (row := goals.order.row(back)) is not None:
            goals.point_at(row)

    @on(ViewTabs.Chosen)
    def _view_chosen(self, event: ViewTabs.Chosen) -> None:
        self.action_view(event.view.digit)

    def action_take(self) -> None:
        if not self.goals.order.moved:
            self.say("all goals are in their rows")
        self.goals.take()

    def action_back(self) -> None:
        if self.end_go():
            return
        if self.filter.clear_first():
            self.say("")
            return
        if self.forget_marks():
            return
        if self._trouble and self.host.store is not None:
            self.condition()
        elif self._view is not View.NEEDS:
            self.action_view(View.NEEDS.digit)
        else:
            self.say(f"{key('board.quit')} quits")

    async def action_leave(self) -> None:
        await self.app.action_quit()
