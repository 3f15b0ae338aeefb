"""Activity: what happened in this palace?"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from store import GoalStoreError
from tui.cells import clip
from tui.format import count, safe, to_second
from tui.happened import KINDS, PAGE, Wanted, happening
from tui.hints import key
from tui.screens.base import GoalsChanged, is_there, leave
from tui.screens.page import Page
from tui.widgets.event_list import EventList
from tui.widgets.filter import Filter
from tui.widgets.headline import Headline
from tui.widgets.lines import KeyFooter, Notice
from tui.widgets.reader import Reader
from tui.widgets.rows import RowList

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from store import Goal, GoalStore

_APART: Final = timedelta(minutes=1)
"""More than that before its commit, a revision's time is that of the goal which an import brought."""
RETRY: Final = 1.0
"""Seconds after which it is tried again where something could not be read."""


class ActivityScreen(Page):
    """Every change of every goal, newest first, live; the keys act on the goal of the one under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "filter", key_display="/", id="page.filter",
                tooltip="Filter by words, actor: goal: kind:"),
        Binding("escape", "back", "back", id="page.back", tooltip="Clear the filter, then back"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._reading = False
        self._trouble = ""
        self._doubt = False
        self._told: int | None = None

    def compose(self) -> ComposeResult:
        yield Headline("Activity", "every change in this palace, newest first")
        yield EventList(self.host.now, id="events")
        with Vertical(classes="under"):
            yield Static(id="event-head", classes="under-head")
            yield Reader(id="event")
        yield Filter("words · actor:  goal:  kind: failed, closed, verified, linked, note …")
        yield Notice()
        yield KeyFooter()

    @property
    def events(self) -> EventList:
        """The list."""
        return self.query_one(EventList)

    def on_mount(self) -> None:
        self.events.focus()
        self.repaint()
        self._read_on()
        # Ages.
        self.set_interval(15, self.events.refresh)

    def on_resize(self) -> None:
        self.call_after_refresh(self.repaint)

    # Reading: what is new, then older pages as far as the screen, or the filter, wants them

    @on(GoalsChanged)
    def _changed(self) -> None:
        store = self.host.store
        self._doubt = self._doubt or (store is not None and store.degraded is not None)
        self._read_on()
        self.refresh_bindings()

    def _read_on(self) -> None:
        if not self._reading and is_there(self):
            self._reading = True
            self.host.work(self._read())

    async def _read(self) -> None:
        trouble = ""
        try:
            while (store := self.host.store) is not None and is_there(self) and store.degraded is None:
                if self._doubt:
                    await self._reassure(store)
                    if not is_there(self):
                        break
                feed = self.events.feed
                below = feed.wants(store.seq, older=self.events.short)
                if below is None:
                    break
                page = await store.activity(PAGE, below)
                if is_there(self) and feed is self.events.feed:
                    self.events.take(below, page)
                    self.repaint()
        except GoalStoreError as error:
            trouble, self._doubt = safe(error.message), True
        finally:
            self._reading, self._trouble = False, trouble
        if is_there(self):
            self.repaint()
            if trouble or self.host.store is None:
                self.set_timer(RETRY, self._read_on)

    async def _reassure(self, store: GoalStore) -> None:
        """After trouble: is this still the palace whose changes are listed?"""
        newest = self.events.feed.newest
        if newest is not None:
            page = await store.activity(1, newest.seq + 1)
            if is_there(self) and [happening(event) for event in page] != [newest]:
                self.events.start_anew()
        self._doubt = False

    # Showing

    def repaint(self) -> None:
        """Show how things are, and the change under the cursor."""
        self._say_state()
        self._say_empty()
        self._describe()

    @property
    def _ill(self) -> str:
        """Why nothing can be read now."""
        store = self.host.store
        return safe(f"degraded: {store.degraded}") if store is not None and store.degraded else self._trouble

    def _say_state(self) -> None:
        events, feed, headline = self.events, self.events.feed, self.query_one(Headline)
        if trouble := self._ill:
            headline.show(f"‖ {trouble}", "bold $text-warning")
        elif self.host.store is None:
            headline.show("○ not open", "bold $text-warning")
        elif events.newer:
            headline.show(f"{events.newer} newer above: g", "bold $text-accent")
        elif self._words:
            looked = f"{'of all' if feed.whole else 'of the newest'} {feed.total:,}"
            more = " · looking further" if self._reading and events.short and not feed.whole else ""
            headline.show(f"/ {safe(self._words)}   {events.rows:,} {looked}{more}", "bold $text-accent")
        else:
            headline.show(f"● live   {key('page.filter')} filter", "$text-success")

    def _say_empty(self) -> None:
        events, feed, store = self.events, self.events.feed, self.host.store
        if events.rows:
            return
        if self._ill:
            said: tuple[str, ...] = ("What happened can't be read now.", "", "It goes on by itself as soon as it can.")
        elif store is None:
            said = ("The palace is not open.",)
        elif not feed.begun and store.seq:
            said = ("Reading …",)
        elif not feed.total:
            said = _nothing_yet()
        elif unknown := Wanted(self._words).unknown:
            said = (f"There is no kind of change called {safe(unknown)}.", "", f"kind:  {'  '.join(KINDS)}")
        elif not feed.whole:
            said = (f"Not among the newest {count(feed.total, 'change')}, looking further back …",)
        else:
            said = (f"No change here has the words: {safe(self._words)}", "", f"{key('page.back'):4} clears the filter")
        if events.empty != said:
            events.empty = said
            events.refresh()

    def _describe(self) -> None:
        event = self.events.picked
        if self._told == (event.seq if event else None):
            return
        self._told = event.seq if event else None
        head, lines = "", []
        if event is not None:
            head = f"{event.goal_id}  revision {event.number} by {event.actor}, {to_second(event.at)} UTC"
            if event.at - event.since > _APART:
                head += f"; the goal is as of {to_second(event.since)} UTC"
            lines = [event.goal, *event.said]
        self.query_one("#event-head", Static).update(Content(clip(head, self.size.width - 2)))
        self.query_one("#event", Reader).show("\n".join(lines), top=True)

    def follow(self) -> None:
        self.repaint()
        if self.events.short and not self.events.feed.whole and not self._trouble:
            self._read_on()

    # Keys

    def target(self) -> Goal | None:
        event = self.events.picked
        return self.goal(event.goal_id) if event else None

    @on(RowList.Opened)
    def _opened(self) -> None:
        event = self.events.picked
        if event is not None and self.goal(event.goal_id) is None:
            self.say(f"{event.goal_id} can't be read as it is now: {key('goal.doctor')} says why", bad=True)
        elif event is not None:
            self.host.open_goal(event.goal_id)

    def action_history(self) -> None:
        if self._ready("history") is not None and (event := self.events.picked) is not None:
            from tui.screens.goal import HISTORY, GoalScreen

            # At the change that the cursor is on.
            self.show(GoalScreen(event.goal_id, tab=HISTORY, revision=event.number))

    @property
    def _words(self) -> str:
        return self.query_one(Filter).words

    def action_filter(self) -> None:
        self.query_one(Filter).begin()

    @on(Filter.Changed)
    def _filtered(self) -> None:
        self.events.show(self._words)

    @on(Filter.Submitted)
    def _filter_done(self) -> None:
        self.query_one(Filter).done()
        self.set_focus(self.events)

    def action_back(self) -> None:
        if self.query_one(Filter).clear_first():
            self.set_focus(self.events)
        else:
            leave(self)


def _nothing_yet() -> tuple[str, ...]:
    return (
        "Nothing has happened here yet.",
        "",
        "Every change of every goal is kept, and told here as it comes, newest first:",
        "who linked, verified, noted or closed what. Yours, other terminals' and agents' alike.",
        "",
        f"{key('goal.add'):4} adds the first goal",
        f"{key('page.back'):4} goes back",
    )
