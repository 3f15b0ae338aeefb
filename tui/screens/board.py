"""The board: which goal needs me?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding
from textual.containers import Container
from textual.widgets import Input

from tui.format import count, safe
from tui.screens.base import GoalKeys, GoalsChanged
from tui.widgets.fields import SafeInput
from tui.widgets.goal_list import GoalList
from tui.widgets.lines import Banner, KeyFooter, Notice, StatusLine, ViewTabs
from tui.widgets.order import View
from tui.widgets.pane import Pane

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from store import Goal

FIRST_STEPS: tuple[str, ...] = (
    "No goals yet. A goal is something to be done, and closes only on evidence.",
    "",
    "a    adds the first one: what is to be done, and how one can tell that it is",
    "l    links a session that works on it;  u  sets its state, with the evidence",
    "c    closes it, once every session is verified with evidence",
    "?    shows all keys",
    "",
    "Or, from a shell:  goalgate import FILE    (a goals.json, ours or trusty-mpm's)",
)


class Board(GoalKeys):
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
    Board #filter { display: none; height: 1; border: none; padding: 0 1; background: $panel; }
    Board #filter.-shown { display: block; }
    """

    FOLLOW: ClassVar[float] = 0.03
    """Seconds after which pane and keys follow the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "filter", key_display="/", show=False, id="board.filter",
                tooltip="Filter by words of id, text, session, task"),
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
        self._trouble = ""
        self._following = False

    def compose(self) -> ComposeResult:
        host = self.host
        yield StatusLine(self._palace, lambda: host.now().strftime("%H:%M"))
        yield Banner()
        yield ViewTabs()
        with Container(id="body"):
            yield GoalList(self.goal, host.now, id="goals")
            yield Pane()
        yield SafeInput(placeholder="words in id, description, session or task", id="filter", compact=True)
        yield Notice()
        yield KeyFooter()

    @property
    def goals(self) -> GoalList:
        """The list."""
        return self.query_one(GoalList)

    def on_mount(self) -> None:
        self.goals.focus()
        self.condition()
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
            self.goals.load(store)
        self.condition()

    def condition(self, trouble: str = "") -> None:
        """Show how the store is; ``trouble`` where there is none."""
        store = self.host.store
        self._trouble = trouble
        status, banner = self.query_one(StatusLine), self.query_one(Banner)
        if store is None:
            status.show("closed" if trouble else "opening", "")
            banner.show(trouble)
            self._say_empty()
            return
        ill = f"{count(len(store.unreadable), 'unreadable drawer')}" if store.unreadable else ""
        status.show("degraded" if store.degraded else "stopped" if trouble else "live", ill)
        banner.show(f"degraded, changes are refused: {store.degraded}" if store.degraded else trouble)
        self._say_empty()
        self.refresh_bindings()

    @on(GoalsChanged)
    def _changed(self, event: GoalsChanged) -> None:
        if event.goal_ids:
            self.goals.changed(event.goal_ids)
        else:
            self.condition()

    def point_at(self, goal_id: str) -> None:
        """Put the cursor on a goal; in a view that shows it."""
        self.goals.changed([goal_id])
        if self.goals.go_to(goal_id):
            return
        self.query_one("#filter", Input).value = ""
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

    @on(GoalList.Counted)
    def _counted(self) -> None:
        order = self.goals.order
        self.query_one(ViewTabs).show(self._view, {view: order.count(view) for view in View}, self._words)
        self.query_one(Notice).moved(len(order.moved))
        self._say_empty()

    @on(GoalList.Opened)
    def _opened(self) -> None:
        if self.goals.goal_id:
            self.host.open_goal(self.goals.goal_id)
        else:
            self.say("there is no goal under the cursor", bad=True)

    def _say_empty(self) -> None:
        goals = self.goals
        said: tuple[str, ...]
        if self.host.store is None:
            said = ("The palace could not be opened.", "", "q    quits") if self._trouble else ("Opening …",)
        elif not goals.order.total:
            said = FIRST_STEPS
        elif self._words:
            said = (
                f"No goal here has the words: {safe(self._words)}",
                "",
                "esc  clears the filter",
                "0    looks in all goals",
            )
        else:
            said = (f"No goal is in this view ({self._view.title}).", "", "0    shows all goals")
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

    @property
    def _words(self) -> str:
        return self.query_one("#filter", Input).value.strip()

    def action_view(self, digit: str) -> None:
        self._view = next(view for view in View if view.digit == digit)
        self.goals.show(self._view, self._words)

    @on(ViewTabs.Chosen)
    def _view_chosen(self, event: ViewTabs.Chosen) -> None:
        self.action_view(event.view.digit)

    def action_filter(self) -> None:
        field = self.query_one("#filter", Input)
        field.add_class("-shown")
        field.focus()

    @on(Input.Changed, "#filter")
    def _filtered(self) -> None:
        self.goals.show(self._view, self._words)

    @on(Input.Submitted, "#filter")
    def _filter_done(self) -> None:
        self.goals.focus()
        if not self._words:
            self.query_one("#filter").remove_class("-shown")

    def action_back(self) -> None:
        field = self.query_one("#filter", Input)
        if field.value or field.has_class("-shown"):
            field.value = ""
            field.remove_class("-shown")
            self.goals.focus()
        elif self._view is not View.NEEDS:
            self.action_view(View.NEEDS.digit)
        else:
            self.say("q quits")

    def action_help(self) -> None:
        from tui.screens.help import HelpScreen

        self.show(HelpScreen(self))

    def action_leave(self) -> None:
        self.app.exit()
