"""The one-line field. What is typed or pasted into it is drawn safely."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from rich.text import Text
from textual.message import Message
from textual.widgets import Input

from store import MAX_CRITERIA, MAX_EVIDENCE, MAX_LINE, MAX_NOTE, MAX_SESSION_ID
from tui.cells import steady_in_place
from tui.format import safe_in_place
from tui.paste import MOST

if TYPE_CHECKING:
    from textual import events
    from textual.widget import Widget


def drawn(text: str) -> str:
    """Return ``text`` for an editor, `safe` and `steady`, but one character for one, so that its cursor stays true."""
    return steady_in_place(safe_in_place(text))


class Limit(NamedTuple):
    """How much the store takes of a text."""

    most: int
    unit: str

    def refusal(self, text: str, pasted: str) -> str:
        """Return why a field takes no paste that would make it hold ``text``; nothing where it takes it."""
        # The store makes one space of each run of them in what has its limit in characters.
        size = len(text.encode(errors="surrogatepass") if self.unit == "bytes" else " ".join(text.split()))
        # The end of what is longer than any limit was not even kept.
        size_shown = f"more than {MOST}" if len(pasted) >= MOST else size
        over = size > self.most
        return f"not pasted: it would have {size_shown} {self.unit}, the limit is {self.most}" if over else ""


LINE: Final = Limit(MAX_LINE, "characters")
_NOTE: Final = Limit(MAX_NOTE, "bytes")
LIMITS: Final = {
    "acceptance": Limit(MAX_CRITERIA * MAX_LINE, "characters"),
    "evidence": Limit(MAX_EVIDENCE, "bytes"),
    "note": _NOTE,
    "outcome": _NOTE,
    "reason": _NOTE,
    "session_id": Limit(MAX_SESSION_ID, "characters"),
}
"""Of each field that has another limit than `LINE`, by what the store calls it."""


class PasteRefused(Message):
    """A field did not take what was pasted, and holds what it held."""

    def __init__(self, said: str) -> None:
        super().__init__()
        self.said = said


def refuse(field: Widget, event: events.Paste, said: str) -> None:
    """Leave a field as it is, and tell why."""
    event.stop()
    event.prevent_default()
    field.post_message(PasteRefused(said))


class SafeInput(Input):
    """An `Input` that draws no control character that was pasted into it, and does not blink."""

    limit = LINE
    """What it takes by a paste."""

    def on_mount(self) -> None:
        self.cursor_blink = False

    def on_paste(self, event: events.Paste) -> None:
        # Textual keeps the first line, and says nothing of the others.
        event.text = " ".join(event.text.splitlines())
        start, end = sorted(self.selection)
        if said := self.limit.refusal(self.value[:start] + event.text + self.value[end:], event.text):
            refuse(self, event, said)

    @property
    def _value(self) -> Text:
        return Text(drawn(self.value), no_wrap=True, overflow="ignore", end="")
