"""The one-line field. What is typed or pasted into it is drawn safely."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.widgets import Input

from tui.cells import steady_in_place
from tui.format import safe_in_place

if TYPE_CHECKING:
    from textual import events


def drawn(text: str) -> str:
    """Return ``text`` for an editor, `safe` and `steady`, but one character for one, so that its cursor stays true."""
    return steady_in_place(safe_in_place(text))


class SafeInput(Input):
    """An `Input` that draws no control character that was pasted into it, and does not blink."""

    def on_mount(self) -> None:
        self.cursor_blink = False

    def on_paste(self, event: events.Paste) -> None:
        # Textual keeps the first line, and says nothing of the others.
        event.text = " ".join(event.text.splitlines())

    @property
    def _value(self) -> Text:
        return Text(drawn(self.value), no_wrap=True, overflow="ignore", end="")
