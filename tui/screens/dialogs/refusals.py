"""What was refused of a change to several goals: each of them, with its own reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.cells import clip
from tui.format import safe
from tui.screens.base import know_size, leave
from tui.screens.dialogs.words import plain
from tui.widgets.reader import Piece, Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from store import Goal, GoalStoreError


class RefusalsPanel(ModalScreen[None]):
    """Stays until it is dismissed; scrolls where there is more than there is room for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "back", id="refused.back", tooltip="Back to where you were"),
    ]

    DEFAULT_CSS = """
    RefusalsPanel { align: center middle; background: $background 60%; }
    RefusalsPanel > Vertical {
        width: 100; max-width: 98%; height: auto; max-height: 96%; padding: 0 1;
        background: $surface; border: round $warning;
    }
    RefusalsPanel #title { text-style: bold; color: $text-warning; margin: 0 0 1 0; }
    RefusalsPanel Reader { height: auto; background: $surface; padding: 0; }
    RefusalsPanel #keys { color: $text-muted; margin: 1 0 0 0; }
    RefusalsPanel.-low #title, RefusalsPanel.-low #keys { margin: 0; }
    """

    def __init__(self, title: str, refused: Sequence[tuple[Goal, GoalStoreError]]) -> None:
        """Show these goals, and why each was refused."""
        super().__init__()
        self.VERTICAL_BREAKPOINTS = [(0, "-low"), (16, "-tall")]
        self._title = title
        self._refused = refused

    def compose(self) -> ComposeResult:
        know_size(self)
        with Vertical():
            yield Static(Content(safe(self._title)), id="title")
            yield Reader(id="reasons", prose=True)
            yield Static(Content("j k scroll   esc back"), id="keys")

    @on(events.Mount)
    @on(events.Resize)
    def _fit(self) -> None:
        """Leave room for the lines above and below what scrolls."""
        rest = 4 if self.has_class("-low") else 7
        self.query_one(Reader).styles.max_height = max(2, self.app.size.height * 96 // 100 - rest)

    def on_mount(self) -> None:
        # Made safe where it is drawn, like all that a reader shows.
        pieces: list[Piece] = []
        for goal, error in self._refused:
            pieces += [
                Piece(clip(f"{goal.id}  {safe(goal.description)}", 90), "bold"),
                Piece(f"{plain(error)}; {error.next}"),
                Piece(""),
            ]
        reader = self.query_one(Reader)
        reader.show(pieces[:-1], top=True)
        reader.focus()

    def action_back(self) -> None:
        leave(self)
