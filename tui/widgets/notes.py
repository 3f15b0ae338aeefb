"""The notes of a goal, the newest first, with who wrote each, and when."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from tui.cells import clip
from tui.format import ago
from tui.past import came_by
from tui.widgets.reader import Piece, Reader

if TYPE_CHECKING:
    from datetime import datetime

    from textual.app import ComposeResult

    from store import Goal, Revision
    from tui.past import Past

_ACTOR = 40
"""Cells of the name of whoever wrote a note."""


class NotesPane(Vertical):
    """The notes in full. Whose they are comes in as the goal's past is read."""

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        # The lines on which the notes begin, and how many of the oldest nobody is known to have written.
        self._begins: list[int] = []
        self._unknown = 0

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Static(classes="head", id="notes-head")
            yield Reader(id="notes")

    def show(self, goal: Goal, past: Past, now: datetime) -> None:
        """Show a goal's notes, and of each, where its past tells, who wrote it and when."""
        head = f"Notes {len(goal.notes)}, newest first" if goal.notes else "Notes: none yet, m writes one"
        self.query_one("#notes-head", Static).update(Content(head))
        brought = past.brought(goal.notes)
        self._unknown = len(goal.notes) - len(brought)
        pieces: list[Piece] = []
        self._begins, line = [], 1
        for at in range(len(goal.notes), 0, -1):
            note = goal.notes[at - 1]
            pieces += [Piece(_heading(at, brought.get(at), now), "bold $text-accent"), Piece(note), Piece("")]
            self._begins.append(line)
            line += note.count("\n") + 3
        self.query_one("#notes", Reader).show(pieces, top=False)

    def wants_older(self) -> bool:
        """Return whether a note is in view of which it is not known who wrote it."""
        reader = self.query_one("#notes", Reader)
        # Before it has a size nothing is in view; it tells when it has one.
        _, last, _ = reader.view if reader.size else (0, 0, 0)
        return len(self._begins) - bisect_right(self._begins, last) < self._unknown


def _heading(at: int, brought: Revision | None, now: datetime) -> str:
    # Made safe where it is drawn, like all that a reader shows.
    if brought is None:
        return f"note {at}"
    return f"note {at} · {came_by(brought, clip(brought.actor, _ACTOR))} · {ago(now - brought.came_at)}"
