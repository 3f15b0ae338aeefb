"""What a goal rests on: its criteria, its sessions, and the evidence of one of them in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from store import SessionTaskState
from tui.cells import cell_len, clip, fit
from tui.format import SESSION_GLYPHS, safe, session_name, size
from tui.hints import key
from tui.verdict import TONES, by_urgency, failed, given_by, named, superseded
from tui.widgets.pick import PickList
from tui.widgets.reader import Reader

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from store import Goal, SessionLink
    from tui.widgets.pick import Line


class ProofPane(Vertical):
    """Criteria and sessions, and below the evidence of the session under the cursor."""

    DEFAULT_CSS = """
    ProofPane #criteria-box { width: 2fr; }
    ProofPane #sessions-box { width: 3fr; }
    ProofPane #sessions { height: 1fr; }
    ProofPane #evidence-box { height: 3fr; }
    """

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.wanted: str | None = None
        """The session to put the cursor on when the goal is shown next."""
        self._goal: Goal | None = None
        self._read: str | None = None

    class Unlinked(Message):
        """The session that was under the cursor is not linked any more."""

        def __init__(self, session_id: str) -> None:
            super().__init__()
            self.session_id = session_id

    def compose(self) -> ComposeResult:
        with Horizontal(id="upper"):
            with Vertical(classes="box", id="criteria-box"):
                yield Static(classes="head", id="criteria-head")
                yield Reader(id="criteria")
            with Vertical(classes="box", id="sessions-box"):
                yield Static(Content("Sessions"), classes="head", id="sessions-head")
                yield PickList(id="sessions")
        with Vertical(classes="box", id="evidence-box"):
            yield Static(classes="head", id="evidence-head")
            yield Reader(id="evidence")

    @property
    def session(self) -> SessionLink | None:
        """The session under the cursor."""
        goal, picked = self._goal, self.query_one("#sessions", PickList).picked
        if goal is None or picked is None:
            return None
        return next((link for link in goal.sessions if link.session_id == picked), None)

    def show(self, goal: Goal, why: str | None) -> None:
        """Show what a goal rests on; ``why`` is the note that came with its newest failure, where one did."""
        self._goal = goal
        criteria = [f"{at} {text}" for at, text in enumerate(goal.acceptance, 1)]
        self.query_one("#criteria", Reader).show(
            "\n".join(criteria) or f"none: {key('goal.edit')} adds them", top=False
        )
        self.query_one("#criteria-head", Static).update(Content(f"Criteria {len(criteria) or ''}"))
        picker = self.query_one("#sessions", PickList)
        picked, linked = picker.picked, {link.session_id for link in goal.sessions}
        if picked is not None and picked not in linked and self.wanted is None:
            self.post_message(self.Unlinked(picked))
        if self.wanted is None and picker.picked is None and goal.sessions:
            self.wanted = by_urgency(goal)[0].session_id
        picker.show([(link.session_id, _line(goal, link, why)) for link in goal.sessions], self.wanted)
        self.wanted = None
        self.query_one("#sessions-head", Static).update(
            Content(
                f"Sessions {len(goal.sessions)}"
                if goal.sessions
                else f"Sessions: none yet, {key('goal.link')} links one"
            )
        )
        # The evidence gets the lines that lists and criteria leave.
        criteria_width = self.app.size.width * 2 // 5 - 4
        rows = max(len(goal.sessions), self.query_one("#criteria", Reader).height_at(criteria_width), 2) + 3
        narrow = self.screen.has_class("-narrow")
        self.query_one("#upper").styles.height = "auto" if narrow else min(rows, self.app.size.height * 2 // 5)
        self._evidence()

    @on(PickList.Moved, "#sessions")
    def _evidence(self) -> None:
        link = self.session
        reader = self.query_one("#evidence", Reader)
        if link is None:
            reader.show(f"no session is linked yet: {key('goal.link')} links the one that does the work", top=False)
        else:
            # The end of a log says why it failed.
            evidence = link.evidence or f"none yet: {key('goal.update')} gives it"
            reader.show(evidence, top=self._read != link.session_id, end=link.state is SessionTaskState.FAILED)
            self._read = link.session_id
        self._evidence_head()

    @on(Reader.Looked, "#evidence")
    def _evidence_head(self) -> None:
        link, head = self.session, self.query_one("#evidence-head", Static)
        if link is None:
            head.update(Content("Evidence"))
            return
        reader = self.query_one("#evidence", Reader)
        first, last, total = reader.view
        text = link.evidence or ""
        told = f"{total:,} {'line' if total == 1 else 'lines'}, {size(len(text))} characters" if text else "none"
        view = f"  {first:,}–{last:,} of {total:,} " if (first, last) != (1, total) else ""
        if not view and (reader.scroll_y or reader.passed < 100):
            view = f"  {reader.passed} % "
        which = ", which failed" if link.state is SessionTaskState.FAILED else ""
        name, width = f"Evidence of {session_name(link.session_id)}{which}: {told}{given_by(link)}", head.size.width - 2
        head.update(Content(fit(name, width - len(view)) + view if width > 0 else name))


def _line(goal: Goal, link: SessionLink, why: str | None) -> Line:
    name = min(24, max(cell_len(session_name(other.session_id)) for other in goal.sessions))
    head = f"{SESSION_GLYPHS[link.state]} {named(link, name)} {fit(link.state.value, 8)} "
    if goal.is_superseded(link):
        return [(head, "$text-muted"), (f"{superseded(link)}  {safe(link.task)}", "$text-muted")]
    shown = "" if link.has_evidence else "no evidence  "
    # Of several that failed it is not told here which one the note came with.
    if why and failed(goal) == [link]:
        shown = f'"{clip(why, 40)}"  '
    return [(head, TONES[link.state]), (shown, "$text-muted"), (safe(link.task), "$text")]
