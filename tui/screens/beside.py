"""What the screens share that lie over the board."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding

from tui.hints import key
from tui.screens.base import GoalKeys

if TYPE_CHECKING:
    from textual import events
    from textual.binding import BindingType


class Beside(GoalKeys):
    """A screen that lies over the board."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "keys", key_display="?", id="page.help", tooltip="All keys of this screen"),
        Binding("q", "stay", "quit", show=False, id="page.quit", tooltip="Say how one quits"),
    ]

    def on_key(self, event: events.Key) -> None:
        """Say of a key that acts on the board alone that it does."""
        if event.key not in self.active_bindings and (there := self.app.screen_stack[0].active_bindings.get(event.key)):
            binding = there.binding
            if (binding.id or "").startswith("board.") and event.is_printable:
                name = f"{self.app.get_key_display(binding)} ({binding.description})"
                event.stop()
                self.say(f"{name} acts on the board: {key('page.back')} goes back to it", bad=True)

    def action_stay(self) -> None:
        quits = f"{key('board.quit')} quits on the board, {key('app.quit')} from anywhere"
        self.say(f"{key('page.back')} goes back; {quits}", bad=True)
