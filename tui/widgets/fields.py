"""The fields of the dialogs: label, editor, and the error beside it. What is typed or pasted is drawn safely."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar, Final

from rich.text import Text
from textual import on
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from tui.cells import cell_len
from tui.format import safe
from tui.widgets.inputs import LIMITS, LINE, PasteRefused, SafeInput, drawn, refuse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType


CHOOSES: Final = "left, right; a first letter chooses and goes on"
"""How one chooses, beside the label of a `Choice`."""


class SafeTextArea(TextArea):
    """A `TextArea` that draws no control character that was pasted into it; the text keeps them."""

    limit = LINE
    """What it takes by a paste."""

    def on_mount(self) -> None:
        self.cursor_blink = False
        self._entered = False

    def on_unmount(self) -> None:
        # Textual would keep it, and all that was typed and drawn, until the colours change.
        watchers = getattr(self.app, "__watchers", {}).get("theme", [])
        watchers[:] = [watcher for watcher in watchers if watcher[0] is not self]

    def on_paste(self, event: events.Paste) -> None:
        start, end = sorted(self.selection)
        before = self.document.get_text_range(self.document.start, start)
        after = self.document.get_text_range(end, self.document.end)
        if said := self.limit.refusal(before + event.text + after, event.text):
            refuse(self, event, said)

    def on_focus(self) -> None:
        # One goes on writing where the text ends.
        if not self._entered:
            self._entered = True
            self.move_cursor(self.document.end)

    def _recompute_cursor_offset(self) -> None:
        # Undoing takes lines away, and the scrollbar with them, before the cursor: Textual broke off there.
        with suppress(ValueError):
            super()._recompute_cursor_offset()  # type: ignore[no-untyped-call]

    def get_line(self, line_index: int) -> Text:
        line = super().get_line(line_index)
        return Text(drawn(line.plain.replace("\t", " ")), end="", no_wrap=True)


class Choice(Widget, can_focus=True):
    """One of a few words, side by side; left and right move, and a word's first letter chooses it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,down", "move(1)", "next", show=False, id="choice.next", tooltip="The next choice"),
        Binding("left,up", "move(-1)", "previous", show=False, id="choice.previous", tooltip="The choice before"),
        Binding("enter", "done", "on", show=False, id="choice.done", tooltip="On to the next field"),
    ]

    DEFAULT_CSS = """
    Choice { height: 1; padding: 0 1; }
    Choice:focus { background: $surface-lighten-1; }
    """

    class Done(Message):
        """The operator goes on: to the next field, or, with enter on the last one, to send."""

        def __init__(self, *, send: bool) -> None:
            super().__init__()
            self.send = send

    class Changed(Message):
        """Another word is chosen."""

    def __init__(self, words: Sequence[str], chosen: str) -> None:
        """Offer these words, of which one is ``chosen``, or none yet where that is empty."""
        super().__init__()
        self._words = tuple(words)
        self.value = chosen
        self.by = ""
        """The letter that chose it, which somebody may have meant for the next field's first."""

    def choose(self, word: str, by: str = "") -> None:
        """Choose a word, as if somebody had pointed at it, or typed a letter."""
        self.value, self.by = word, by
        self.refresh()
        self.post_message(self.Changed())

    def take(self, character: str | None) -> bool:
        """Choose the word that begins with a character; return whether there is one."""
        found = next((word for word in self._words if word[0] == character), None)
        if found is not None:
            self.choose(found, found[0])
        return found is not None

    def on_key(self, event: events.Key) -> None:
        if self.take(event.character):
            event.stop()
            event.prevent_default()
            # Whoever goes on typing writes the next field: here each letter would choose another word.
            self.post_message(self.Done(send=False))

    def action_move(self, by: int) -> None:
        at = self._words.index(self.value) if self.value else -1 if by > 0 else len(self._words)
        self.choose(self._words[max(0, min(at + by, len(self._words) - 1))])

    def action_done(self) -> None:
        self.post_message(self.Done(send=True))

    def on_click(self, event: events.Click) -> None:
        end = 0
        for word in self._words:
            end += cell_len(word) + 5
            if event.x < end:
                self.choose(word)
                return

    def render(self) -> Content:
        parts: list[tuple[str, str]] = []
        if sum(cell_len(word) + 5 for word in self._words) > self.size.width:
            style = "bold reverse" if self.has_focus else "bold"
            at = self._words.index(self.value) if self.value else -1
            return Content.assemble(
                "‹ " if at > 0 else "  ", (self.value or "none yet", style), " ›" if at + 1 < len(self._words) else ""
            )
        for word in self._words:
            here = word == self.value
            style = "bold reverse" if here and self.has_focus else "bold" if here else "$text-muted"
            mark = "(•)" if here else "( )"
            parts += [(f"{mark} ", style), (word[0], f"{style} underline"), (word[1:], style), (" ", "")]
        return Content.assemble(*parts)


class Field(Vertical):
    """A label, an editor, what comes of what stands in it, and what is wrong with it."""

    DEFAULT_CSS = """
    Field { height: auto; margin: 0 0 1 0; }
    Field > .label { color: $text-muted; height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    Field > .hint { color: $text-accent; padding: 0 1; height: auto; display: none; }
    Field > .hint.-shown { display: block; }
    Field > .hint.-warns { color: $text-warning; }
    Field > .wrong { color: $text-error; text-style: bold; height: auto; display: none; }
    Field.-wrong > .wrong { display: block; }
    Field > Input, Field > TextArea { border: none; padding: 0 1; background: $boost; }
    Field > Input { height: 1; }
    Field > TextArea { height: 5; }
    Field > Input:focus, Field > TextArea:focus { background: $primary 25%; border: none; }
    Field.-wrong > Input, Field.-wrong > TextArea { background: $error 25%; }
    """

    def __init__(self, name: str, label: str, editor: Widget) -> None:
        super().__init__()
        self.field = name
        """What the store calls it in its refusals."""
        self.editor = editor
        if isinstance(editor, SafeInput | SafeTextArea):
            editor.limit = LIMITS.get(name, LINE)
        self._label = label
        self._first = self.value

    def compose(self) -> ComposeResult:
        yield Static(Content(self._label), classes="label")
        yield self.editor
        yield Static(classes="hint")
        yield Static(classes="wrong")

    @property
    def value(self) -> str:
        """What stands in it."""
        if isinstance(self.editor, Input | Choice):
            return self.editor.value
        return self.editor.text if isinstance(self.editor, TextArea) else ""

    def put(self, value: str) -> None:
        """Write a value into it, as if somebody had typed it."""
        if isinstance(self.editor, TextArea):
            self.editor.text = value
            self.editor.move_cursor(self.editor.document.end)
        elif isinstance(self.editor, Input | Choice):
            self.editor.value = value
            self.editor.refresh()

    def begin(self, draft: str | None) -> None:
        """Begin anew, with what was written before, where something was."""
        value = self._first if draft is None else draft
        if value != self.value:
            self.put(value)

    def renew(self, value: str) -> None:
        """Let it begin with another value; what somebody typed stays."""
        if not self.changed:
            self.put(value)
        self._first = value

    @property
    def changed(self) -> bool:
        """Whether somebody changed it."""
        return self.value != self._first

    def hint(self, text: str, *, warns: bool = False) -> None:
        """Say what comes of what stands in it; ``warns`` where that may not be what somebody wants."""
        line = self.query_one(".hint", Static)
        line.update(Content(safe(text)))
        line.set_class(bool(text), "-shown").set_class(warns, "-warns")

    @on(PasteRefused)
    def _paste_refused(self, event: PasteRefused) -> None:
        event.stop()
        self.wrong(event.said)

    def wrong(self, text: str) -> None:
        """Say what is wrong with it, or that nothing is known to be."""
        self.set_class(bool(text), "-wrong")
        self.query_one(".wrong", Static).update(Content(safe(text)))
