"""What happened to a goal: who changed what, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from store import GoalStoreError
from tui.cells import clip, fit, fit_right
from tui.format import age, count, differences, safe
from tui.screens.base import ConsoleScreen, GoalsChanged, leave
from tui.widgets.lines import KeyFooter, Notice
from tui.widgets.pick import PickList
from tui.widgets.reader import Reader

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from store import Revision


class HistoryScreen(ConsoleScreen[None]):
    """The revisions of a goal, newest first, and what the one under the cursor changed."""

    DEFAULT_CSS = """
    HistoryScreen #name { height: 1; background: $panel; text-style: bold; }
    HistoryScreen #revisions { height: 1fr; }
    HistoryScreen #changes-box { height: 1fr; border: round $foreground 25%; }
    HistoryScreen .head { height: 1; color: $text-muted; padding: 0 1; }
    HistoryScreen Reader { height: 1fr; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "back", id="page.back", tooltip="Back"),
        Binding("tab", "app.focus_next", "next pane", id="page.next", tooltip="To the next pane"),
        Binding("question_mark", "help", "keys", key_display="?", id="page.help", tooltip="All keys of this screen"),
    ]

    def __init__(self, goal_id: str) -> None:
        super().__init__()
        self._goal_id = goal_id
        self._revisions: dict[int, Revision] = {}

    def compose(self) -> ComposeResult:
        yield Static(id="name")
        yield PickList(id="revisions")
        with Vertical(id="changes-box"):
            yield Static(classes="head", id="changes-head")
            yield Reader(id="changes", prose=True)
        yield Notice()
        yield KeyFooter()

    def on_mount(self) -> None:
        self.query_one(PickList).focus()
        self.host.work(self._load())

    def on_resize(self) -> None:
        self.call_after_refresh(self.repaint)

    @on(GoalsChanged)
    def _changed(self, event: GoalsChanged) -> None:
        if self._goal_id in event.goal_ids:
            self.host.work(self._load())

    async def _load(self) -> None:
        store = self.host.store
        if store is None:
            return
        try:
            revisions = await store.history(self._goal_id)
        except GoalStoreError as error:
            self.say(str(error), bad=True)
            return
        if self.is_attached:
            self._revisions = {revision.number: revision for revision in revisions}
            self.repaint()

    def repaint(self) -> None:
        """Show the revisions."""
        goal = self.goal(self._goal_id)
        if goal is None or not self._revisions:
            return
        name = f" {goal.id}  {safe(goal.description)}  {count(len(self._revisions), 'change')}"
        self.query_one("#name", Static).update(Content(clip(name, self.size.width)))
        picker = self.query_one(PickList)
        now = self.host.now()
        room = max(10, picker.size.width - 30)
        rows = []
        for number in sorted(self._revisions, reverse=True):
            revision = self._revisions[number]
            head = (
                f"{fit_right(str(number), 4)} {fit_right(age(now - revision.at), 5)}  {fit(safe(revision.actor), 14)} "
            )
            rows.append((str(number), [(head, "$text-muted"), (clip("; ".join(self._told(revision)), room), "$text")]))
        picker.show(rows)
        self._describe()

    def _told(self, revision: Revision) -> list[str]:
        before = self._revisions.get(revision.number - 1)
        return differences(before.goal if before else None, revision.goal)

    @on(PickList.Moved)
    def _describe(self) -> None:
        picked = self.query_one(PickList).picked
        revision = self._revisions.get(int(picked)) if picked else None
        if revision is not None:
            when = f"{revision.at:%Y-%m-%d %H:%M:%S} UTC"
            head = f"Change {revision.number} by {safe(revision.actor)}, {when}"
            self.query_one("#changes-head", Static).update(Content(head))
            self.query_one("#changes", Reader).show("\n".join(self._told(revision)), top=True)

    def action_back(self) -> None:
        leave(self)

    def action_help(self) -> None:
        from tui.screens.help import HelpScreen

        self.show(HelpScreen(self))
