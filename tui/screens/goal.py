"""One goal: is this really done? The verdict in words, then what it rests on: proof, notes, history."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding
from textual.content import Content
from textual.widgets import Static

from store import what_changed
from tui.cells import cell_len, fit
from tui.format import STATUS_GLYPHS, age, safe, session_name, urls
from tui.hints import key
from tui.reading import Reading
from tui.screens.base import GoalsChanged, ReasonsKnown, is_there, leave
from tui.screens.beside import Beside
from tui.verdict import verdict
from tui.widgets.filter import Filter
from tui.widgets.history import HistoryPane
from tui.widgets.lines import KeyFooter, Notice
from tui.widgets.notes import NotesPane
from tui.widgets.pick import PickList
from tui.widgets.proof import ProofPane
from tui.widgets.reader import Reader
from tui.widgets.tabs import PageTabs

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from store import Goal, SessionLink
    from tui.past import Past

PROOF, NOTES, HISTORY = range(3)
"""The tabs."""
_PAGES = ("proof", "notes-page", "history")
_READERS = ("evidence", "notes", "differences")
_SEARCHED = ("this evidence", "the notes", "this change")
"""What a search looks through, by tab: the text alone, not the lists beside it."""
_FIRST = ("sessions", "notes", "revisions")


class GoalScreen(Beside):
    """A goal with its verdict; its sessions and their evidence in full, its notes, or its revisions."""

    DEFAULT_CSS = """
    GoalScreen #name { height: 1; background: $panel; }
    GoalScreen #verdict { height: auto; max-height: 3; padding: 0 1; }
    GoalScreen #proof, GoalScreen #notes-page, GoalScreen #history { height: 1fr; }
    GoalScreen .box { border: round $foreground 25%; height: 1fr; padding: 0; }
    GoalScreen .box:focus-within { border: round $border; }
    GoalScreen .head { height: 1; color: $text-muted; padding: 0 1; }
    GoalScreen Reader { height: 1fr; }
    GoalScreen.-narrow #upper { layout: vertical; height: auto; max-height: 75%; }
    GoalScreen.-narrow .box, GoalScreen.-narrow .box:focus-within { border: none; width: 100%; height: auto; }
    GoalScreen.-narrow #upper > .box, GoalScreen.-narrow #revisions-box { width: 100%; }
    GoalScreen.-narrow .head { background: $boost; }
    GoalScreen.-narrow .box:focus-within > .head { background: $primary 35%; }
    GoalScreen.-narrow #criteria { height: auto; max-height: 4; }
    GoalScreen.-narrow #sessions { height: auto; max-height: 6; }
    GoalScreen.-narrow.-mid #criteria { max-height: 2; }
    GoalScreen.-narrow.-mid #sessions { max-height: 4; }
    GoalScreen.-narrow #evidence-box, GoalScreen.-narrow #evidence-box:focus-within { height: 1fr; }
    GoalScreen.-narrow #notes-page .box, GoalScreen.-narrow #notes-page .box:focus-within { height: 1fr; }
    GoalScreen.-narrow #history Horizontal { layout: vertical; }
    GoalScreen.-narrow #revisions-box, GoalScreen.-narrow #revisions-box:focus-within { height: 1fr; }
    GoalScreen.-narrow #beside { width: 100%; height: 2fr; }
    GoalScreen.-narrow #beside .box, GoalScreen.-narrow #beside .box:focus-within { height: 1fr; }
    GoalScreen.-flat #criteria-box, GoalScreen.-flat #then-box, GoalScreen.-flat #burn-up { display: none; }
    GoalScreen.-flat #verdict { max-height: 1; }
    GoalScreen.-flat #sessions { max-height: 3; }
    """

    TICK: ClassVar[float] = 15.0
    """Seconds after which ages are told anew."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "back", id="page.back", tooltip="Clear the search, then back"),
        Binding("enter", "read", "read", show=False, id="page.read", tooltip="Into the text beside the list"),
        Binding("tab", "app.focus_next", "next pane", id="page.next", tooltip="To the next pane"),
        Binding("shift+tab", "app.focus_previous", "back", show=False, id="page.previous", tooltip="A pane back"),
        Binding("1", "tab(0)", "proof", show=False, id="page.proof", tooltip="Criteria, sessions, evidence"),
        Binding("2", "tab(1)", "notes", show=False, id="page.notes", tooltip="All notes, newest first"),
        Binding("3", "tab(2)", "history", show=False, id="page.history", tooltip="The revisions, newest first"),
        Binding("slash", "search", "search", key_display="/", id="page.search", tooltip="Search in what you read"),
        Binding("n", "match(1)", "next match", show=False, id="page.match", tooltip="The next match"),
        Binding("N", "match(-1)", "match before", show=False, id="page.match_before", tooltip="The match before"),
    ]  # fmt: skip

    def __init__(
        self,
        goal_id: str,
        session_id: str | None = None,
        tab: int = PROOF,
        words: str = "",
        revision: int | None = None,
    ) -> None:
        """Show a goal, the cursor on a session or a revision; or where some words stand in evidence or notes."""
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal")]
        self.VERTICAL_BREAKPOINTS = [(0, "-flat"), (18, "-mid"), (24, "-tall")]
        self.goal_id = goal_id
        """Which goal it shows."""
        self._begin = session_id, words, revision
        self._looked_for: tuple[Goal, str] | None = None
        self._found: list[tuple[int, str | None]] = []
        self._tab = tab
        self._reading = Reading(goal_id, self._wants_older, self._tell_past)

    def compose(self) -> ComposeResult:
        yield Static(id="name")
        yield Static(id="verdict")
        yield PageTabs()
        yield ProofPane(id="proof")
        yield NotesPane(id="notes-page")
        yield HistoryPane(id="history")
        yield Filter("words to find in what you read")
        yield Notice()
        yield KeyFooter()

    def on_mount(self) -> None:
        session_id, words, self.query_one(HistoryPane).wanted = self._begin
        if session_id or words:
            self.look_at(session_id, words)
        else:
            self.action_tab(self._tab)
        self.set_interval(self.TICK, self._tick)

    def _tick(self) -> None:
        # Ages grow in the lists too.
        self._head()
        self._tell_past()

    def on_resize(self) -> None:
        self.call_after_refresh(self.repaint)

    # The goal and its session

    def target(self) -> Goal | None:
        return self.goal(self.goal_id)

    def target_session(self) -> SessionLink | None:
        return self.query_one(ProofPane).session if self.target() is not None else None

    @on(GoalsChanged)
    def _changed(self, event: GoalsChanged) -> None:
        if self.goal_id in event.goal_ids or not event.goal_ids:
            self.repaint()

    @on(ProofPane.Unlinked)
    def _unlinked(self, event: ProofPane.Unlinked) -> None:
        here, store = self.target_session(), self.host.store
        now = f": the cursor is on {session_name(here.session_id)}" if here is not None else ""
        by = f" by {store.actor(self.goal_id)}" if store is not None else ""
        self.say(f"{session_name(event.session_id)} was unlinked{by}{now}", bad=True, stays=True)

    @on(ReasonsKnown)
    def _reasons_known(self, event: ReasonsKnown) -> None:
        if self.goal_id in event.goal_ids and is_there(self):
            self.repaint()

    # Showing

    @property
    def _reader(self) -> Reader:
        """The text of the tab that is open."""
        return self.query_one(f"#{_READERS[self._tab]}", Reader)

    def repaint(self) -> None:
        """Show the goal as it is now."""
        self._head()
        goal = self.target()
        if goal is not None:
            if self._tab == PROOF:
                self.query_one(ProofPane).show(goal, self.host.why(goal))
            else:
                self._show_past()
        self._say_tabs()
        self.refresh_bindings()

    def _head(self) -> None:
        goal = self.target()
        if goal is None:
            self.query_one("#name", Static).update(Content(f" {safe(self.goal_id)}"))
            self.query_one("#verdict", Static).update(
                Content(f"This goal can't be read as it is now: {key('goal.doctor')} says why")
            )
            return
        passed = f"  {STATUS_GLYPHS[goal.status]} {goal.status} · {age(self.host.now() - goal.updated)} "
        # Where there is hardly any room, its words say which one it is.
        name = f" {goal.id}  {safe(goal.description)}" if self.size.width >= 60 else f" {safe(goal.description)}"
        line = Content.assemble((fit(name, self.size.width - cell_len(passed)), "bold"), (passed, "$text-muted"))
        self.query_one("#name", Static).update(line)
        # Narrower than its own margins it is laid out all the same.
        width, most = max(1, self.size.width - 2), 1 if self.has_class("-flat") else 3
        store = self.host.store
        asked_at = store.asked_at(goal.id) if store is not None else None
        said = verdict(goal, self.host.why(goal), asked_at).wrap(width)
        if len(said) > most:
            # What is left out has a sign: half of a list of sessions would be taken for all of them.
            said[most - 1 :] = [Content(" ").join(said[most - 1 :]).truncate(width, ellipsis=True)]
        self.query_one("#verdict", Static).update(Content("\n").join(said))

    # Notes and history: the past is read page by page, as far as somebody looks

    def _show_past(self) -> None:
        """Show what is known of the goal's past, and read on."""
        store, reading = self.host.store, self._reading
        if store is not None and (trouble := store.degraded):
            reading.forget(f"can't be read now: {trouble}")
        self._tell_past()
        self._read_on()

    def _tell_past(self) -> None:
        reading, now = self._reading, self.host.now()
        if self._tab == HISTORY:
            self.query_one(HistoryPane).show(reading.past, now, reading.trouble)
        elif self._tab == NOTES and (goal := self.target()) is not None:
            self.query_one(NotesPane).show(goal, reading.past, now)
        self._say_tabs()

    def _wants_older(self, past: Past) -> bool:
        if self._tab == NOTES:
            return self.query_one(NotesPane).wants_older()
        return self.query_one(HistoryPane).wants_older()

    @on(PickList.Moved, "#revisions")
    @on(Reader.Looked, "#notes")
    def _read_on(self) -> None:
        store = self.host.store
        there = self._tab != PROOF and is_there(self)
        if store is not None and not store.degraded and there and self._reading.wanted(store):
            self.host.work(self._reading.read(store, lambda: is_there(self)))

    def look_at(self, session_id: str | None, words: str = "") -> None:
        """Go to one of its sessions, or to where some words stand in evidence or notes."""
        if words:
            self.query_one(Filter).value = words
        places = self._places()
        self._go_to(*(places[0] if places and session_id is None else (PROOF, session_id)))

    def _go_to(self, tab: int, session_id: str | None, by: int = 1) -> None:
        self.query_one(ProofPane).wanted = session_id
        self.action_tab(tab)
        if self.query_one(Filter).words:
            self.set_focus(self._reader)
        # Once there are lines.
        self.call_after_refresh(lambda: self._reader.go_to_end(by))

    def _places(self) -> list[tuple[int, str | None]]:
        """Return where on this page the words that are looked for stand: tabs, and sessions in the first of them."""
        goal, words = self.target(), safe(self.query_one(Filter).words).casefold()
        if goal is None or not words:
            return []
        # It is asked whenever a text scrolls, and a goal may hold megabytes.
        if self._looked_for != (goal, words):
            proof = [link.session_id for link in goal.sessions if words in safe(link.evidence or "").casefold()]
            notes = any(words in safe(note).casefold() for note in goal.notes)
            self._found = [*((PROOF, session_id) for session_id in proof), *([(NOTES, None)] if notes else [])]
            self._looked_for = goal, words
        return self._found

    # Tabs

    def action_tab(self, tab: int) -> None:
        self._tab = tab
        for at, page in enumerate(_PAGES):
            self.query_one(f"#{page}").display = at == tab
        self.set_focus(self.query_one(f"#{_FIRST[tab]}"))
        self.repaint()
        self._reader.find(self.query_one(Filter).words)
        # Lines are cut to the width that the page has once it is there.
        self.call_after_refresh(self.repaint)

    @on(PageTabs.Chosen)
    def _chosen(self, event: PageTabs.Chosen) -> None:
        self.action_tab(event.at)

    @on(Reader.Looked)
    def _say_tabs(self) -> None:
        goal, store = self.target(), self.host.store
        revisions = store.revision(self.goal_id) if store is not None else 0
        titles = ("Proof", f"Notes {len(goal.notes)}" if goal else "Notes", f"History {revisions or ''}".strip())
        words = self.query_one(Filter).words
        at, found = self._reader.matches
        step = key("page.match")
        if not words:
            remark, tone = f"{key('page.search')} search", "$text-muted"
        elif found:
            steps = f"{step} {key('page.match_before')}"
            remark, tone = f"/ {safe(words)}   {at:,} of {found:,}   {steps}", "bold $text-accent"
        else:
            others = "" if self._tab == HISTORY or not self._places() else f": {step} goes on"
            remark, tone = f"/ {safe(words)}   not in {_SEARCHED[self._tab]}{others}", "bold $text-warning"
        self.query_one(PageTabs).show(titles, self._tab, remark, tone)

    # Keys

    def why_not(self, action: str) -> str | None:
        if action == "match" and not self.query_one(Filter).words:
            return f"nothing is searched for: {key('page.search')} does"
        return super().why_not(action)

    def action_back(self) -> None:
        field = self.query_one(Filter)
        if field.words or field.display:
            _ = field.clear_first()
            self.set_focus(self._reader)
        else:
            leave(self)

    def action_read(self) -> None:
        if self.focused is self._reader:
            self.say(f"this is the text already: {key('page.search')} searches in it")
        self.set_focus(self._reader)

    def action_search(self) -> None:
        self.query_one(Filter).begin()
        steps = f"{key('page.match')} {key('page.match_before')} step through where they stand"
        self.say(f"enter keeps the words, {steps}; {key('page.back')} clears them")

    @on(Filter.Changed)
    def _searched(self) -> None:
        self._reader.find(self.query_one(Filter).words)
        self._say_tabs()

    @on(Filter.Submitted)
    def _search_done(self) -> None:
        # What is looked for stands beside the tabs.
        self.query_one(Filter).display = False
        self.say("")
        self.set_focus(self._reader)

    def action_match(self, by: int) -> None:
        if (why := self.why_not("match")) is not None:
            self.say(why, bad=True)
            return
        reader, places = self._reader, [] if self._tab == HISTORY else self._places()
        session = self.target_session()
        here = (self._tab, session.session_id if session is not None and self._tab == PROOF else None)
        at, found = reader.matches
        last = at == (found if by > 0 else 1)
        if (last or not found) and any(place != here for place in places):
            # On in the next evidence that has it, and in the notes.
            step = places.index(here) + by if here in places else 0
            self._go_to(*places[step % len(places)], by)
            self.say(f"in {_SEARCHED[self._tab]}: {self.query_one(Filter).words}")
        elif not found:
            self.say(f"not in {_SEARCHED[self._tab]}: {self.query_one(Filter).words}", bad=True)
        elif reader.go_to_match(by):
            self.say("from the beginning again" if by > 0 else "from the end again")

    def action_history(self) -> None:
        self.action_tab(HISTORY)

    def action_undo(self) -> None:
        change = self.query_one(HistoryPane).picked
        top = self._reading.past.top
        if self._tab != HISTORY or change is None or change.number == top:
            super().action_undo()
        elif (goal := self._ready("undo")) is not None:
            from tui.screens.dialogs import RevertDialog

            # Where it is that again already, what made it so is meant.
            if what_changed(goal, change.revision.goal):
                self.show(RevertDialog(goal, change.revision, top))
            else:
                super().action_undo()

    def action_copy(self) -> None:
        text = self._reader.text.strip()
        if self._tab == PROOF or not text:
            super().action_copy()
        else:
            self.copy("the notes" if self._tab == NOTES else "the differences", text)

    def _addresses(self, goal: Goal) -> list[str]:
        # The one that is in view, or next below: a log may hold hundreds.
        found = urls(self._reader.text)
        return found and [self._reader.nearest(found) or found[0]]
