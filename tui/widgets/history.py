"""The revisions of a goal: the list, what the one under the cursor changed, and the goal as it was then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from tui.cells import cell_len, clip, fit, fit_right
from tui.format import age, safe, to_second
from tui.hints import key
from tui.past import Past, burn_up, differences, portrait, rise
from tui.widgets.pick import PickList
from tui.widgets.reader import Piece, Reader

if TYPE_CHECKING:
    from datetime import datetime

    from textual.app import ComposeResult

    from tui.past import Change
    from tui.widgets.pick import Line

TONES = {"": "", "head": "bold $text-accent", "gone": "$text-error", "new": "$text-success"}


class HistoryPane(Vertical):
    """What happened to a goal, newest first."""

    DEFAULT_CSS = """
    HistoryPane #burn-up { height: 1; padding: 0 1; }
    HistoryPane #revisions-box { width: 5fr; }
    HistoryPane #revisions { height: 1fr; }
    HistoryPane #beside { width: 6fr; }
    HistoryPane #differences-box { height: 3fr; }
    HistoryPane #then-box { height: 2fr; }
    """

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._past = Past()
        self._told: Change | None = None
        self.wanted: int | None = None
        """The revision that is to be under the cursor as soon as it is read."""

    def compose(self) -> ComposeResult:
        yield Static(id="burn-up")
        with Horizontal():
            with Vertical(classes="box", id="revisions-box"):
                yield Static(classes="head", id="revisions-head")
                yield PickList(id="revisions")
            with Vertical(id="beside"):
                with Vertical(classes="box", id="differences-box"):
                    yield Static(classes="head", id="differences-head")
                    yield Reader(id="differences")
                with Vertical(classes="box", id="then-box"):
                    yield Static(classes="head", id="then-head")
                    yield Reader(id="then")

    @property
    def picked(self) -> Change | None:
        """The change under the cursor."""
        number = self.query_one("#revisions", PickList).picked
        return next((change for change in self._past.shown if str(change.number) == number), None)

    def wants_older(self) -> bool:
        """Return whether older revisions are of use."""
        picked = self.picked
        return self.wanted is not None or (picked is not None and self._past.near_end(picked.number))

    def show(self, past: Past, now: datetime, trouble: str) -> None:
        """Show what is known; ``trouble`` where no more can be read."""
        self._past = past
        picker = self.query_one("#revisions", PickList)
        width = picker.size.width - 3
        there = self.wanted is not None and any(change.number == self.wanted for change in past.shown)
        lines = [(str(change.number), self._line(change, now, width)) for change in past.shown]
        picker.show(lines, str(self.wanted) if there else None)
        if there or past.whole:
            self.wanted = None
        head = f"Revisions {past.top}, newest first" if past.top else "Revisions"
        if past.top and not past.whole:
            head += f" · {len(past.shown)} read, more below"
        if past.gaps:
            head += f" · {past.gaps} can't be read"
        style = "bold $text-warning" if trouble or past.gaps else ""
        self.query_one("#revisions-head", Static).update(Content.styled(safe(trouble) or head, style))
        self.describe()

    @staticmethod
    def _line(change: Change, now: datetime, width: int) -> Line:
        revision = change.revision
        actor = 10 if width < 60 else 16
        head = f"{fit_right(str(revision.number), 4)} {fit_right(age(now - revision.came_at), 4)}  "
        head += f"{fit(safe(revision.actor), actor)} "
        return [(head, "$text-muted"), (clip(safe("; ".join(change.said)), width - cell_len(head)), "$text")]

    @on(PickList.Moved, "#revisions")
    def describe(self) -> None:
        """Show the change under the cursor."""
        change = self.picked
        self._burn_up(change)
        if change is None or (self._told is not None and change == self._told):
            return
        top = self._told is None or change.number != self._told.number
        self._told = change
        revision = change.revision
        when = f"{to_second(revision.came_at)} UTC"
        head = f"Revision {revision.number} by {safe(revision.actor)}, {when}"
        self.query_one("#differences-head", Static).update(Content(head))
        pieces = [Piece(said, "bold") for said in change.said]
        pieces += [Piece(text, TONES[kind]) for text, kind in differences(change.before, revision.goal)]
        self.query_one("#differences", Reader).show(pieces, top=top)
        back = (
            f" · {key('goal.undo')} makes it that again"
            if revision.number != self._past.top
            else ", which is how it is now"
        )
        self.query_one("#then-head", Static).update(Content(f"The goal at revision {revision.number}{back}"))
        then = [Piece(text, TONES[kind]) for text, kind in portrait(revision.goal)]
        self.query_one("#then", Reader).show(then, top=top)

    def _burn_up(self, change: Change | None) -> None:
        past, line = self._past, self.query_one("#burn-up", Static)
        if change is None:
            line.update(Content())
            return
        words, span = rise(past.shown), f"revisions {past.shown[-1].number}–{past.top}"
        width = self.size.width - len(words) - len(span) - 6
        blocks, at = burn_up(past.shown, change.number, max(8, min(width, 60)))
        parts = [
            (blocks[:at], "$text-success"),
            (blocks[at], "bold underline $text-accent"),
            (blocks[at + 1 :], "$text-success"),
        ]
        line.update(Content.assemble((words, "bold"), "  ", *parts, "  ", (span, "$text-muted")))
