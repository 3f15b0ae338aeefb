"""Doctor: what is wrong with this palace, and what helps?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from store import GoalStoreError
from tui.cells import clip
from tui.findings import report
from tui.format import bar, count, safe
from tui.hints import key
from tui.look import state_path
from tui.screens.base import GoalsChanged, is_there, leave
from tui.screens.page import Page
from tui.trouble import folder
from tui.widgets.finding_list import FindingList
from tui.widgets.headline import Headline
from tui.widgets.lines import KeyFooter, Notice
from tui.widgets.reader import Reader
from tui.widgets.rows import RowList

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from store import Goal
    from tui.findings import Report

AUTO: Final = 2_000
"""Up to how many goals it looks again by itself when something changed; where there are more, it waits for ``r``."""
PAUSE: Final = 0.5
"""Seconds after a change in which the cache is written, and no fault is found with it."""


class DoctorScreen(Page):
    """What the store keeps as it is, and somebody should look at; the keys act on the goal of a finding."""

    DEFAULT_CSS = "DoctorScreen.-high .under { height: 7; }"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "look", "look again", id="page.look", tooltip="Look at everything again"),
        Binding("escape", "back", "back", id="page.back", tooltip="Back"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._report: Report | None = None
        self._looked = ""
        self._looking = False
        self._how_far = " …"
        self._stale = False
        self._waiting = False

    def compose(self) -> ComposeResult:
        yield Headline("Doctor", "what is wrong with this palace, and what helps")
        yield FindingList(id="findings")
        with Vertical(id="finding-box", classes="under"):
            yield Static(id="finding-head", classes="under-head")
            yield Reader(id="finding")
        yield Notice()
        yield KeyFooter()

    @property
    def findings(self) -> FindingList:
        """The list."""
        return self.query_one(FindingList)

    def on_mount(self) -> None:
        self.findings.focus()
        self.findings.empty = ("Looking at every goal …",)
        self._look()

    def on_resize(self) -> None:
        self.call_after_refresh(self.follow)

    # Looking

    @on(GoalsChanged)
    def _changed(self, event: GoalsChanged) -> None:
        self._stale = True
        store = self.host.store
        few = store is not None and len(store.ids()) <= AUTO
        if (few or not event.goal_ids) and not self._waiting:
            self._waiting = True
            self.set_timer(PAUSE, self._look_soon)
        self._say_state()
        self.refresh_bindings()

    def _look_soon(self) -> None:
        self._waiting = False
        self._look()

    def _look(self) -> None:
        if self.host.store is None:
            # It may be about to be opened.
            self.set_timer(1, self._look)
        elif not self._looking:
            self._looking = True
            self.host.work(self._examine())
        self._say_state()

    async def _examine(self) -> None:
        try:
            while (store := self.host.store) is not None and is_there(self):
                self._stale = False
                found = await store.examine(self._progress, (state_path().parent, folder()))
                made = report(
                    found,
                    store.get,
                    len(store.ids()),
                    degraded=store.degraded is not None,
                    cache_problem=store.cache_problem,
                    settings=self.host.complaints,
                    notices=store.notices,
                )
                if is_there(self):
                    self._report, self._looked = made, f"{self.host.now():%H:%M}"
                    self.findings.show(made)
                if not self._stale or len(store.ids()) > AUTO:
                    break
        except GoalStoreError as error:
            self.say(str(error), bad=True)
        finally:
            self._looking = False
        if is_there(self):
            self._say_state()

    # Showing

    def _progress(self, done: int, of: int) -> None:
        # Fewer are looked at in no time.
        self._how_far = f"  {bar(done, of, 20)}  {done:,} of {of:,} goals" if done else " …"
        # It may still be told when the console is on its way out.
        if is_there(self) and self.query(Headline):
            self._say_state()

    def _say_state(self) -> None:
        headline = self.query_one(Headline)
        if self.host.store is None:
            headline.show("the palace is not open", "bold $text-warning")
        elif self._looking:
            headline.show(f"looking{self._how_far}", "$text-muted")
        elif self._report is not None:
            wrong = self._report.wrong
            said = f"{count(wrong, 'thing')} wrong" if wrong else "all is well"
            again = f"{'changed since: ' * self._stale}{key('page.look')} looks again"
            tone = "$text-success" if not wrong else "bold $text-warning"
            headline.show(f"{said} at {self._looked}   {again}", tone)

    def follow(self) -> None:
        row = self.findings.picked
        head, text = "", ""
        self.query_one("#finding-box").display = row is not None
        if row is not None:
            goal_id = safe(row.goal_id or "")
            head = f"{goal_id}  enter opens it" if self.goal(row.goal_id) else goal_id
            text = "\n".join(filter(None, ("" if row.about == goal_id else row.about, row.sentence, row.meaning)))
        self.query_one("#finding-head", Static).update(Content(clip(head, self.size.width - 2)))
        self.query_one("#finding", Reader).show(text, top=True)

    # Keys

    def target(self) -> Goal | None:
        row = self.findings.picked
        return self.goal(row.goal_id) if row else None

    @on(RowList.Opened)
    def _opened(self) -> None:
        row = self.findings.picked
        if row is None:
            return
        if row.goal_id is None:
            self.say("this is about no goal: there is none to open", bad=True)
        elif self.goal(row.goal_id) is None:
            self.say(f"{safe(row.goal_id)} can't be read: there is nothing to open, and nothing is changed", bad=True)
        else:
            self.host.open_goal(row.goal_id)

    def action_look(self) -> None:
        self.say("looking at everything again: above stands what is found")
        self._look()

    def action_back(self) -> None:
        leave(self)
