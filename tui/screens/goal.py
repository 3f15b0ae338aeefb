"""One goal: is this really done? The verdict in words, then what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from store import GoalStatus, judge
from tui.cells import cell_len, clip, fit
from tui.format import SESSION_GLYPHS, STATUS_GLYPHS, age, count, safe, size
from tui.screens.base import GoalKeys, GoalsChanged, leave
from tui.widgets.lines import KeyFooter, Notice
from tui.widgets.pane import TONES, named
from tui.widgets.pick import PickList
from tui.widgets.reader import Reader

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from store import Goal, SessionLink
    from tui.widgets.pick import Line


class GoalScreen(GoalKeys):
    """A goal with its criteria, its sessions, the evidence in full, and its notes."""

    DEFAULT_CSS = """
    GoalScreen #name { height: 1; background: $panel; }
    GoalScreen #verdict { height: auto; max-height: 3; padding: 0 1; }
    GoalScreen #upper { height: 2fr; min-height: 4; max-height: 14; }
    GoalScreen .box { border: round $foreground 25%; height: 1fr; padding: 0; }
    GoalScreen .box:focus-within { border: round $border; }
    GoalScreen .head { height: 1; color: $text-muted; padding: 0 1; }
    GoalScreen #criteria-box { width: 2fr; }
    GoalScreen #sessions-box { width: 3fr; }
    GoalScreen #sessions { height: 1fr; }
    GoalScreen #lower { height: 3fr; }
    GoalScreen #evidence-box { width: 3fr; }
    GoalScreen #notes-box { width: 2fr; }
    GoalScreen Reader { height: 1fr; }
    GoalScreen.-narrow #upper { layout: vertical; height: auto; max-height: 60%; min-height: 0; }
    GoalScreen.-narrow #lower { layout: vertical; height: 1fr; }
    GoalScreen.-narrow .box, GoalScreen.-narrow .box:focus-within { border: none; width: 100%; height: auto; }
    GoalScreen.-narrow .head { background: $boost; }
    GoalScreen.-narrow #criteria { height: auto; max-height: 4; }
    GoalScreen.-narrow #sessions { height: auto; max-height: 6; }
    GoalScreen.-narrow #evidence-box, GoalScreen.-narrow #evidence-box:focus-within { height: 1fr; }
    GoalScreen.-narrow #notes { height: auto; max-height: 4; }
    GoalScreen.-flat #criteria-box, GoalScreen.-flat #notes-box { display: none; }
    GoalScreen.-flat #verdict { max-height: 1; }
    GoalScreen.-flat #sessions { max-height: 3; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "back", id="page.back", tooltip="Back to the board"),
        Binding("tab", "app.focus_next", "next pane", id="page.next", tooltip="To the next pane"),
        Binding("shift+tab", "app.focus_previous", "back", show=False, id="page.previous", tooltip="A pane back"),
        Binding("question_mark", "help", "keys", key_display="?", id="page.help", tooltip="All keys of this screen"),
    ]  # fmt: skip

    def __init__(self, goal_id: str, session_id: str | None) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal")]
        self.VERTICAL_BREAKPOINTS = [(0, "-flat"), (18, "-tall")]
        self._goal_id = goal_id
        self._wanted = session_id
        self._read: str | None = None

    def compose(self) -> ComposeResult:
        yield Static(id="name")
        yield Static(id="verdict")
        with Horizontal(id="upper"):
            with Vertical(classes="box", id="criteria-box"):
                yield Static(Content("Criteria"), classes="head")
                yield Reader(id="criteria", prose=True)
            with Vertical(classes="box", id="sessions-box"):
                yield Static(Content("Sessions"), classes="head", id="sessions-head")
                yield PickList(id="sessions")
        with Horizontal(id="lower"):
            with Vertical(classes="box", id="evidence-box"):
                yield Static(classes="head", id="evidence-head")
                yield Reader(id="evidence")
            with Vertical(classes="box", id="notes-box"):
                yield Static(classes="head", id="notes-head")
                yield Reader(id="notes", prose=True)
        yield Notice()
        yield KeyFooter()

    def on_mount(self) -> None:
        self.query_one(PickList).focus()
        self.repaint()
        self.call_after_refresh(self.repaint)
        self.set_interval(15, self.repaint)

    def on_resize(self) -> None:
        self.call_after_refresh(self.repaint)

    # The goal and its session

    def target(self) -> Goal | None:
        return self.goal(self._goal_id)

    def target_session(self) -> SessionLink | None:
        goal, picked = self.target(), self.query_one(PickList).picked
        if goal is None or picked is None:
            return None
        return next((link for link in goal.sessions if link.session_id == picked), None)

    @on(GoalsChanged)
    def _changed(self, event: GoalsChanged) -> None:
        if self._goal_id in event.goal_ids or not event.goal_ids:
            self.repaint()

    def repaint(self) -> None:
        """Show the goal as it is now."""
        goal = self.target()
        if goal is None:
            return
        self._head(goal)
        lines = [f"{at} {text}" for at, text in enumerate(goal.acceptance, 1)]
        self.query_one("#criteria", Reader).show("\n".join(lines) or "none: e adds them", top=False)
        picker = self.query_one(PickList)
        width = max(20, picker.size.width - 3)
        picker.show([(link.session_id, self._session(goal, link, width)) for link in goal.sessions], self._wanted)
        self._wanted = None
        self.query_one("#sessions-head", Static).update(
            Content(f"Sessions {len(goal.sessions)}" if goal.sessions else "Sessions: none yet, l links one")
        )
        notes = self.query_one("#notes", Reader)
        self.query_one("#notes-head", Static).update(Content(f"Notes {len(goal.notes)}, newest first"))
        notes.show("\n\n".join(f"{at}  {goal.notes[at - 1]}" for at in range(len(goal.notes), 0, -1)), top=False)
        self._evidence()
        self.refresh_bindings()

    def _head(self, goal: Goal) -> None:
        width = self.size.width
        passed = f"  {STATUS_GLYPHS[goal.status]} {goal.status} · {age(self.host.now() - goal.updated)} "
        name = f" {goal.id}  {safe(goal.description)}"
        line = Content.assemble((fit(name, width - cell_len(passed)), "bold"), (passed, "$text-muted"))
        self.query_one("#name", Static).update(line)
        self.query_one("#verdict", Static).update(verdict(goal))

    @staticmethod
    def _session(goal: Goal, link: SessionLink, width: int) -> Line:
        name = min(24, max(cell_len(safe(other.session_id)) for other in goal.sessions))
        head = f"{SESSION_GLYPHS[link.state]} {named(link, name)} {fit(link.state.value, 8)} "
        shown = "" if (link.evidence or "").strip() else "no evidence  "
        task = clip(safe(link.task), width - cell_len(head) - len(shown))
        return [(head, TONES[link.state]), (shown, "$text-muted"), (task, "$text")]

    @on(PickList.Moved)
    def _evidence(self) -> None:
        link = self.target_session()
        reader, head = self.query_one("#evidence", Reader), self.query_one("#evidence-head", Static)
        if link is None:
            head.update(Content("Evidence"))
            reader.show("no session is linked yet: l links the one that does the work", top=False)
            return
        text = link.evidence or ""
        lines = f"{count(text.count(chr(10)) + 1, 'line')}, {size(len(text))} characters" if text else "none"
        head.update(Content(clip(f"Evidence of {safe(link.session_id)}: {lines}", max(20, head.size.width - 2))))
        reader.show(text or "none yet: u gives it", top=self._read != link.session_id)
        self._read = link.session_id

    # Keys

    def action_back(self) -> None:
        leave(self)

    def action_help(self) -> None:
        from tui.screens.help import HelpScreen

        self.show(HelpScreen(self))


def verdict(goal: Goal) -> Content:
    """Return in words whether the goal is done, and why (not)."""
    said = judge(goal)
    proof = f"{said.verified} of {count(said.total, 'session')} verified with evidence"
    if goal.status is GoalStatus.DONE:
        if said.passes:
            return Content.assemble(("DONE  ", "bold $text-success"), proof)
        return Content.assemble(("DONE, AGAINST THE GATE  ", "bold $text-error"), proof)
    if goal.status is GoalStatus.ABANDONED:
        return Content.assemble(("ABANDONED  ", "bold $text-muted"), proof)
    if said.passes:
        return Content.assemble(("READY TO CLOSE  ", "bold $text-success"), f"{proof} · c closes it")
    holders = [f"{safe(hold.link.session_id)} {hold.why}" for hold in said.holding]
    held = [*holders[:3], *([f"{len(holders) - 3} more hold it back"] if len(holders) > 3 else []), *said.lacks]
    blocked = "BLOCKED  " if goal.status is GoalStatus.BLOCKED else "NOT DONE  "
    return Content.assemble((blocked, "bold $text-warning"), " · ".join([proof, *held]))
