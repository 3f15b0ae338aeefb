"""One goal: is this really done? The verdict in words, then what it rests on: proof, notes, history."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from store import SessionTaskState
from tui.cells import cell_len, clip, fit
from tui.format import SESSION_GLYPHS, STATUS_GLYPHS, age, first_line, safe, size, stripped, urls
from tui.reading import Reading
from tui.screens.base import Beside, GoalsChanged, ReasonsKnown, is_there, leave
from tui.verdict import TONES, by_urgency, failed, named, verdict
from tui.widgets.filter import Filter
from tui.widgets.history import HistoryPane
from tui.widgets.lines import KeyFooter, Notice
from tui.widgets.notes import NotesPane
from tui.widgets.pick import PickList
from tui.widgets.reader import Reader
from tui.widgets.tabs import PageTabs

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from store import Goal, SessionLink
    from tui.past import Past
    from tui.widgets.pick import Line

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
    GoalScreen #criteria-box { width: 2fr; }
    GoalScreen #sessions-box { width: 3fr; }
    GoalScreen #sessions { height: 1fr; }
    GoalScreen #evidence-box { height: 3fr; }
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

    def __init__(self, goal_id: str, session_id: str | None = None, tab: int = PROOF) -> None:
        """Show a goal, the cursor on one of its sessions."""
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal")]
        self.VERTICAL_BREAKPOINTS = [(0, "-flat"), (18, "-mid"), (24, "-tall")]
        self._goal_id = goal_id
        self._wanted = session_id
        self._tab = tab
        self._read: str | None = None
        self._reading = Reading(goal_id, self._wants_older, self._tell_past)

    def compose(self) -> ComposeResult:
        yield Static(id="name")
        yield Static(id="verdict")
        yield PageTabs()
        with Vertical(id="proof"):
            with Horizontal(id="upper"):
                with Vertical(classes="box", id="criteria-box"):
                    yield Static(classes="head", id="criteria-head")
                    yield Reader(id="criteria", prose=True)
                with Vertical(classes="box", id="sessions-box"):
                    yield Static(Content("Sessions"), classes="head", id="sessions-head")
                    yield PickList(id="sessions")
            with Vertical(classes="box", id="evidence-box"):
                yield Static(classes="head", id="evidence-head")
                yield Reader(id="evidence")
        yield NotesPane(id="notes-page")
        yield HistoryPane(id="history")
        yield Filter("words to find in what you read")
        yield Notice()
        yield KeyFooter()

    def on_mount(self) -> None:
        self.action_tab(self._tab)
        self.set_interval(15, self._head)

    def on_resize(self) -> None:
        self.call_after_refresh(self.repaint)

    # The goal and its session

    def target(self) -> Goal | None:
        return self.goal(self._goal_id)

    def target_session(self) -> SessionLink | None:
        goal, picked = self.target(), self.query_one("#sessions", PickList).picked
        if goal is None or picked is None:
            return None
        return next((link for link in goal.sessions if link.session_id == picked), None)

    @on(GoalsChanged)
    def _changed(self, event: GoalsChanged) -> None:
        if self._goal_id in event.goal_ids or not event.goal_ids:
            self.repaint()

    @on(ReasonsKnown)
    def _reasons_known(self, event: ReasonsKnown) -> None:
        if self._goal_id in event.goal_ids and is_there(self):
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
                self._proof(goal)
            else:
                self._show_past()
        self._say_tabs()
        self.refresh_bindings()

    def _head(self) -> None:
        goal = self.target()
        if goal is None:
            self.query_one("#name", Static).update(Content(f" {safe(self._goal_id)}"))
            self.query_one("#verdict", Static).update(Content("This goal can't be read as it is now: D says why"))
            return
        passed = f"  {STATUS_GLYPHS[goal.status]} {goal.status} · {age(self.host.now() - goal.updated)} "
        name = f" {goal.id}  {safe(goal.description)}"
        line = Content.assemble((fit(name, self.size.width - cell_len(passed)), "bold"), (passed, "$text-muted"))
        self.query_one("#name", Static).update(line)
        self.query_one("#verdict", Static).update(verdict(goal, self.host.why(goal)))

    def _proof(self, goal: Goal) -> None:
        criteria = [f"{at} {text}" for at, text in enumerate(goal.acceptance, 1)]
        self.query_one("#criteria", Reader).show("\n".join(criteria) or "none: e adds them", top=False)
        self.query_one("#criteria-head", Static).update(Content(f"Criteria {len(criteria) or ''}"))
        picker = self.query_one("#sessions", PickList)
        if self._wanted is None and picker.picked is None and goal.sessions:
            self._wanted = by_urgency(goal)[0].session_id
        why = self.host.why(goal)
        picker.show([(link.session_id, _session(goal, link, why)) for link in goal.sessions], self._wanted)
        self._wanted = None
        self.query_one("#sessions-head", Static).update(
            Content(f"Sessions {len(goal.sessions)}" if goal.sessions else "Sessions: none yet, l links one")
        )
        # The evidence gets the lines that lists and criteria leave.
        upper, criteria_width = self.query_one("#upper"), self.app.size.width * 2 // 5 - 4
        rows = max(len(goal.sessions), self.query_one("#criteria", Reader).height_at(criteria_width), 2) + 3
        upper.styles.height = "auto" if self.has_class("-narrow") else min(rows, 14, self.size.height * 2 // 5)
        self._evidence()

    @on(PickList.Moved, "#sessions")
    def _evidence(self) -> None:
        link = self.target_session()
        reader = self.query_one("#evidence", Reader)
        if link is None:
            reader.show("no session is linked yet: l links the one that does the work", top=False)
        else:
            reader.show(link.evidence or "none yet: u gives it", top=self._read != link.session_id)
            self._read = link.session_id
        self._evidence_head()

    @on(Reader.Looked, "#evidence")
    def _evidence_head(self) -> None:
        link, head = self.target_session(), self.query_one("#evidence-head", Static)
        if link is None:
            head.update(Content("Evidence"))
            return
        first, last, total = self.query_one("#evidence", Reader).view
        text = link.evidence or ""
        told = f"{total:,} {'line' if total == 1 else 'lines'}, {size(len(text))} characters" if text else "none"
        view = f"  {first:,}–{last:,} of {total:,} " if (first, last) != (1, total) else ""
        which = ", which failed" if link.state is SessionTaskState.FAILED else ""
        name, width = f"Evidence of {safe(link.session_id)}{which}: {told}", head.size.width - 2
        head.update(Content(fit(name, width - len(view)) + view if width > 0 else name))

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
        picked = self.query_one(HistoryPane).picked
        return picked is not None and past.near_end(picked.number)

    @on(PickList.Moved, "#revisions")
    @on(Reader.Looked, "#notes")
    def _read_on(self) -> None:
        store = self.host.store
        there = self._tab != PROOF and is_there(self)
        if store is not None and not store.degraded and there and self._reading.wanted(store):
            self.host.work(self._reading.read(store, lambda: is_there(self)))

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
        revisions = store.revision(self._goal_id) if store is not None else 0
        titles = ("Proof", f"Notes {len(goal.notes)}" if goal else "Notes", f"History {revisions or ''}".strip())
        words = self.query_one(Filter).words
        at, found = self._reader.matches
        if not words:
            remark, tone = "/ search", "$text-muted"
        elif found:
            remark, tone = f"/ {safe(words)}   {at:,} of {found:,}   n N", "bold $text-accent"
        else:
            remark, tone = f"/ {safe(words)}   not in {_SEARCHED[self._tab]}", "bold $text-warning"
        self.query_one(PageTabs).show(titles, self._tab, remark, tone)

    # Keys

    def why_not(self, action: str) -> str | None:
        if action == "match" and not self.query_one(Filter).words:
            return "nothing is searched for: / does"
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
            self.say("this is the text already: / searches in it")
        self.set_focus(self._reader)

    def action_search(self) -> None:
        self.query_one(Filter).begin()

    @on(Filter.Changed)
    def _searched(self) -> None:
        self._reader.find(self.query_one(Filter).words)
        self._say_tabs()

    @on(Filter.Submitted)
    def _search_done(self) -> None:
        # What is looked for stands beside the tabs.
        self.query_one(Filter).display = False
        self.set_focus(self._reader)

    def action_match(self, by: int) -> None:
        if (why := self.why_not("match")) is not None:
            self.say(why, bad=True)
        elif not self._reader.matches[1]:
            self.say(f"not in {_SEARCHED[self._tab]}: {self.query_one(Filter).words}", bad=True)
        elif self._reader.go_to_match(by):
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

            self.show(RevertDialog(goal, change.revision, top))

    def action_copy(self) -> None:
        text = stripped(self._reader.text).strip()
        if self._tab == PROOF or not text:
            super().action_copy()
        else:
            self.app.copy_to_clipboard(text)
            self.say(f"copied {'the notes' if self._tab == NOTES else 'the differences'}: {first_line(text)}")

    def _addresses(self, goal: Goal) -> list[str]:
        # The one that is in view, or next below: a log may hold hundreds.
        found = urls(self._reader.text)
        return found and [found[self._reader.nearest(found)]]


def _session(goal: Goal, link: SessionLink, why: str) -> Line:
    name = min(24, max(cell_len(safe(other.session_id)) for other in goal.sessions))
    head = f"{SESSION_GLYPHS[link.state]} {named(link, name)} {fit(link.state.value, 8)} "
    shown = "" if (link.evidence or "").strip() else "no evidence  "
    # Of several that failed it is not told here which one the note came with.
    if why and failed(goal) == [link]:
        shown = f'"{clip(why, 40)}"  '
    return [(head, TONES[link.state]), (shown, "$text-muted"), (safe(link.task), "$text")]
