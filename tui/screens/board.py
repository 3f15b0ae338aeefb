"""The board: which goal needs me?"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding
from textual.containers import Container

from store import GoalStoreError
from tui.cells import clip
from tui.format import bar, count, safe
from tui.screens.base import GoalsChanged, ReasonsKnown, is_there
from tui.screens.empty import words_for_empty
from tui.screens.finding import Finding
from tui.triage import Triage, likely_first
from tui.trouble import condition_of
from tui.widgets.filter import Filter
from tui.widgets.goal_list import GoalList
from tui.widgets.lines import Banner, KeyFooter, Notice, StatusLine, ViewTabs
from tui.widgets.order import View
from tui.widgets.pane import Pane

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from store import Goal, GoalStore


class Board(Finding):
    """The goals in the order of need, and the one under the cursor."""

    DEFAULT_CSS = """
    Board { layout: vertical; }
    Board #body { height: 1fr; layout: vertical; }
    Board GoalList { height: 1fr; width: 1fr; }
    Board Pane { height: 5; }
    Board.-high Pane { height: 9; }
    Board.-low Pane, Board.-flat Pane, Board.-tiny Pane { display: none; }
    Board.-flat StatusLine, Board.-flat ViewTabs { display: none; }
    Board.-tiny StatusLine, Board.-tiny ViewTabs { display: none; }
    Board.-wide #body { layout: horizontal; }
    Board.-wide Pane { height: 1fr; width: 2fr; border-left: solid $panel-lighten-2; padding: 0 0 0 1; display: block; }
    Board.-wide GoalList { width: 3fr; }
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
        Binding("space", "mark", "mark", id="board.mark", tooltip="Mark and go on; c m t x z act on all"),
        Binding("x", "later", "later", show=False, id="board.later", tooltip="Put off until it changes, or take up"),
        Binding("q", "leave", "quit", show=False, id="board.quit", tooltip="Quit the console"),
    ]  # fmt: skip

    def __init__(self, palace: str) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (50, "-narrow"), (160, "-wide")]
        self.VERTICAL_BREAKPOINTS = [(0, "-flat"), (16, "-low"), (23, "-mid"), (30, "-high")]
        self._palace = palace
        self._view = View.NEEDS
        self._trouble = ""
        self._following = False
        self._triage: Triage | None = None
        self._offered = ("", 0)

    def compose(self) -> ComposeResult:
        host = self.host
        yield StatusLine(self._palace, lambda: host.now().strftime("%H:%M"))
        yield Banner()
        yield ViewTabs()
        with Container(id="body"):
            yield GoalList(self.goal, host.now, id="goals")
            yield Pane()
        yield Filter("words · status: state: need: actor: · text: in evidence and notes")
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
            self._triage = triage = Triage(store, self.host.memory)
            self.goals.load(store, triage)
            goal_ids = likely_first(store)
            self._meet(triage, goal_ids[: self.SLICE])
            # At once, so that nothing else is ever on the screen.
            self._counted()
            self._follow()
            # What is not known yet can't be kept as seen.
            self.host.at_end(lambda: triage.leave() if store.is_whole else None)
            self.host.work(self._read(store, triage, goal_ids[self.SLICE :]))
        self.condition()

    def _meet(self, triage: Triage, goal_ids: Sequence[str]) -> None:
        if is_there(self):
            triage.meet(goal_ids)
            self.goals.come(goal_ids)

    async def _read(self, store: GoalStore, triage: Triage, goal_ids: Sequence[str]) -> None:
        """Take in the other goals while the first ones are on the screen and the keys act."""
        await self._meet_slowly(triage, goal_ids)
        if not store.is_whole:
            await store.whole()
            if not is_there(self):
                return
            self.goals.load_closed(store)
            knows = self.goals.order.knows
            await self._meet_slowly(triage, [goal_id for goal_id in likely_first(store) if not knows(goal_id)])
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
                self.say(said, stays=True)

    def _learn(self) -> None:
        if self._triage is not None:
            self.host.work(self._triage.learn(self._learned))

    def _learned(self, goal_ids: frozenset[str]) -> None:
        if is_there(self):
            self.goals.changed(goal_ids)
            for screen in self.app.screen_stack[1:]:
                screen.post_message(ReasonsKnown(goal_ids))

    def why(self, goal: Goal) -> str:
        """Return the note that says why a goal needs the operator, in one safe line, where it is known."""
        return self._triage.why(goal) if self._triage is not None else ""

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
        ill = f"{count(len(store.unreadable), 'unreadable drawer')}: D" if store.unreadable else ""
        status.show("degraded" if store.degraded else "stopped" if trouble and not live else "live", ill)
        banner.show(trouble or condition_of(store))
        self.say_empty()
        self.refresh_bindings()

    @on(GoalsChanged)
    def _changed(self, event: GoalsChanged) -> None:
        if event.goal_ids:
            if self._triage is not None:
                self._triage.changed(event.goal_ids, self.goals.goal_id)
            self.goals.changed(event.goal_ids)
            self._learn()
            self.look_for(self.goals.order.text, anew=True)
        else:
            self.condition()

    def point_at(self, goal_id: str) -> None:
        """Put the cursor on a goal; in a view that shows it."""
        self.goals.changed([goal_id])
        if self.goals.go_to(goal_id):
            return
        self.filter.value = ""
        for view in (self._view, View.NEEDS, View.ALL):
            self.action_view(view.digit)
            if self.goals.go_to(goal_id):
                return

    # What the list tells

    @on(GoalList.Moved)
    def _moved(self) -> None:
        # A moment later, so that a key held down moves the cursor and not all that follows it.
        if not self._following:
            self._following = True
            self.set_timer(self.FOLLOW, self._follow)

    def _follow(self) -> None:
        self._following = False
        self.query_one(Pane).show(self.target())
        self.refresh_bindings()
        self.goals.warm()

    @on(GoalList.Counted)
    def _counted(self) -> None:
        order = self.goals.order
        store = self.host.store
        counts = {view: order.count(view) for view in View} if store is not None and store.is_whole else {}
        self.query_one(ViewTabs).show(self._view, counts, self.words, order.sort)
        self.query_one(Notice).moved(len(order.moved), order.calling)
        self.look_for(order.text)
        self.count_elsewhere()
        self.say_empty()

    @on(GoalList.Opened)
    def _opened(self) -> None:
        if self.goals.goal_id:
            self.goals.saw(self.goals.goal_id)
            self.host.open_goal(self.goals.goal_id)
        else:
            self.say("there is no goal under the cursor", bad=True)

    def say_empty(self) -> None:
        goals = self.goals
        opened = self.host.store is not None
        said = words_for_empty(goals.order, self.words, self.elsewhere, opened=opened, trouble=bool(self._trouble))
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

    def _ready(self, action: str) -> Goal | None:
        goal = super()._ready(action)
        if goal is not None:
            self.goals.saw(goal.id)
        return goal

    def action_view(self, digit: str) -> None:
        self._view = next(view for view in View if view.digit == digit)
        self.goals.show(self._view, self.words)

    @on(ViewTabs.Chosen)
    def _view_chosen(self, event: ViewTabs.Chosen) -> None:
        self.action_view(event.view.digit)

    def action_mark(self) -> None:
        if self._triage is not None and (goal := self._ready("mark")) is not None:
            self._triage.toggle_mark(goal.id)
            self.goals.refresh()
            self.goals.action_move(1)
            marked = count(len(self._triage.marked), "goal")
            keys = "c close, m note, t status, x later, z undo; esc forgets"
            self.say(f"{marked} marked: {keys}" if self._triage.marked else "no mark")

    def action_later(self) -> None:
        if self._triage is None or (goal := self._ready("later")) is None:
            return
        if put_off := self._triage.put_off_marked():
            self.action_view(self._view.digit)
            self.say(f"{count(put_off, 'goal')} later, until they change; 0 shows them, there x takes one up")
            return
        if goal.closed:
            self.say("the goal is closed, and needs nobody", bad=True)
            return
        later = self._triage.put_off(goal.id)
        self._triage.marked.discard(goal.id)
        self.action_view(self._view.digit)
        name = clip(safe(goal.description), 40)
        self.say(f"later, until it changes: {name}; 0 shows it, there x takes it up" if later else f"taken up: {name}")

    def action_close(self) -> None:
        self._several("CloseSeveral", super().action_close)

    def action_note(self) -> None:
        self._several("NoteSeveral", super().action_note)

    def action_status(self) -> None:
        self._several("StatusSeveral", super().action_status)

    def _several(self, dialog: str, one: Callable[[], None]) -> None:
        """Act on the goals that are marked, or on the one under the cursor where none is."""
        triage = self._triage
        marked = sorted(triage.marked) if triage is not None else []
        goals = [goal for goal_id in marked if (goal := self.goal(goal_id)) is not None]
        if triage is None or not goals:
            one()
            return
        from tui.screens import dialogs

        kind: type[dialogs.SeveralDialog] = getattr(dialogs, dialog)
        self.show(kind(goals, self._together(triage)))

    def _together(self, triage: Triage) -> Callable[[str, int], None]:
        tell = triage.together()

        def did(goal_id: str, before: int) -> None:
            tell(goal_id, before)
            # Its mark is gone, of which the row may have been drawn too early to know.
            self.goals.refresh()

        return did

    def action_undo(self) -> None:
        triage = self._triage
        numbers = triage.to_undo() if triage is not None else {}
        if triage is None or not numbers:
            super().action_undo()
        elif (why := self.why_not("add")) is not None:
            self.say(why, bad=True)
        else:
            self.host.work(self._undo_several(triage, numbers))

    def _to_undo(self) -> Goal | None:
        # What was done last, where the goal went from sight with that; offered once, and then the cursor is meant.
        store = self.host.store
        goal = self.goal(store.last_made) if store is not None else None
        if store is None or goal is None or not store.is_own(goal) or self.goals.row_of(goal.id) is not None:
            return super()._to_undo()
        return goal if self._offered != (goal.id, store.revision(goal.id)) else super()._to_undo()

    async def _undo(self, goal_id: str) -> None:
        store = self.host.store
        self._offered = (goal_id, store.revision(goal_id) if store is not None else 0)
        await super()._undo(goal_id)

    async def _undo_several(self, triage: Triage, numbers: dict[str, int]) -> None:
        store = self.host.store
        assert store is not None  # noqa: S101 - there are goals to undo
        from tui.screens.dialogs import UndoSeveral

        goals = [goal for goal_id in numbers if (goal := self.goal(goal_id)) is not None]
        marked = triage.marked.issuperset(numbers)
        dialog = UndoSeveral(goals, self._together(triage), numbers, marked=marked, no=triage.forget)
        try:
            await dialog.read(store)
        except GoalStoreError as error:
            self.say(str(error), bad=True)
        else:
            self.show(dialog)

    def action_take(self) -> None:
        if not self.goals.order.moved:
            self.say("all goals are in their rows")
        self.goals.take()

    def action_back(self) -> None:
        if self.end_go() or self.filter.clear_first():
            return
        if self._triage is not None and self._triage.marked:
            self._triage.marked.clear()
            self.goals.refresh()
            self.say("no mark")
        elif self._trouble and self.host.store is not None:
            self.condition()
        elif self._view is not View.NEEDS:
            self.action_view(View.NEEDS.digit)
        else:
            self.say("q quits")

    async def action_leave(self) -> None:
        await self.app.action_quit()
