"""What the dialogs share: fields, sending, refusals beside the field, word of changes underneath."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, Final

from textual import events, on
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Static, TextArea

from store import GoalStoreError, VerificationGateError, what_changed
from tui.cells import clip
from tui.format import safe
from tui.hints import key
from tui.keyboard import Sends, does_nothing
from tui.screens.base import GoalsChanged, host_of, is_there, know_size, leave
from tui.screens.dialogs.drafts import Drafting
from tui.screens.dialogs.words import begins_a_word, in_dialog, plain
from tui.widgets.fields import Choice, Field
from tui.widgets.pick import PickList

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.widget import Widget

    from store import Goal, GoalStore
    from tui.screens.base import Host


_SOON: Final = 0.3
"""Seconds of sending after which it is said that it is being done: nearly always it is done by then."""
_UNTAKEN: Final = "what you typed while it was being sent was not taken"


class Dialog(Sends, Drafting):
    """A form that changes a goal. Stays open until it is sent or left; what was typed is there when it is back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "send", "send", id="dialog.send", tooltip="Send what is in the fields"),
        # With priority, so that what is typed right after it goes to the next field, however fast.
        Binding(
            "tab", "app.focus_next", "next", show=False, priority=True, id="dialog.next", tooltip="To the next field"
        ),
        Binding(
            "shift+tab",
            "app.focus_previous",
            "previous",
            show=False,
            priority=True,
            id="dialog.previous",
            tooltip="To the field before",
        ),
        Binding("escape", "give_up", "cancel", id="dialog.cancel", tooltip="Leave; what was typed is kept"),
    ]

    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background 60%; }
    Dialog > #form {
        max-width: 96%; height: auto; max-height: 96%; padding: 1 2 0 2; scrollbar-size-vertical: 1;
        background: $surface; border: round $primary;
    }
    Dialog #title { text-style: bold; color: $text-primary; height: 1; dock: top; }
    Dialog #about { color: $text-muted; height: auto; margin: 0 0 1 0; }
    Dialog #fields { height: auto; }
    Dialog #kept, Dialog #meanwhile, Dialog #refusal, Dialog #why { height: auto; display: none; }
    Dialog #kept, Dialog #meanwhile, Dialog #refusal { margin: 0 0 1 0; }
    Dialog #kept.-shown, Dialog #meanwhile.-shown, Dialog #refusal.-shown, Dialog #why.-shown { display: block; }
    Dialog #kept { color: $text-accent; }
    Dialog #meanwhile { color: $text-warning; }
    Dialog #refusal { color: $text-error; text-style: bold; }
    Dialog #buttons { height: 1; margin: 0 0 1 0; }
    Dialog #buttons Button { margin: 0 2 0 0; }
    Dialog #why { color: $text-warning; text-style: bold; }
    Dialog.-low > #form { padding: 0 1; }
    Dialog.-low #about, Dialog.-low Field, Dialog.-low #buttons { margin: 0; }
    Dialog.-low Field > TextArea { height: 3; }
    """

    TITLE_TEXT: ClassVar[str] = ""
    SEND: ClassVar[str] = "save"
    ON_OPEN: ClassVar[bool] = False
    """Whether it is for goals only that are not closed."""
    WIDTH: ClassVar[int] = 84
    """Cells, where there are so many."""

    def __init__(self, goal: Goal | None) -> None:
        super().__init__()
        self.VERTICAL_BREAKPOINTS = [(0, "-low"), (34, "-tall")]
        self.goal_id = goal.id if goal else ""
        self._first = goal
        self._shown = goal
        self._sent: dict[str, str] = {}
        self._is_untaken = False
        """Whether something was typed while it was being sent."""

    def compose(self) -> ComposeResult:
        know_size(self)
        with VerticalScroll(id="form", can_focus=False) as form:
            form.styles.width = self.WIDTH
            yield Static(Content(self.title_text()), id="title")
            yield Static(self.about(), id="about")
            yield Static(id="kept")
            with Vertical(id="fields"):
                yield from self.fields()
            yield Static(id="meanwhile")
            yield Static(id="refusal")
            yield Static(id="why")
            with Horizontal(id="buttons"):
                yield Button(Content(self._send_label), id="send", compact=True, variant="primary")
                yield Button(Content(f"cancel {key('dialog.cancel')}"), id="cancel", compact=True)

    @property
    def _send_label(self) -> str:
        return f"{self.SEND} {key('dialog.send')}"

    @on(events.Resize)
    def _resized(self) -> None:
        # Where there is less room now, what is being written stays on the screen.
        if (field := self.focused) is not None:
            self.call_after_refresh(field.scroll_visible, animate=False)

    def on_mount(self) -> None:
        self.load()
        self.first().focus()
        self.look()

    # What each dialog says and does

    def title_text(self) -> str:
        """Return what it does."""
        return self.TITLE_TEXT

    def about(self) -> Content:
        """Return the goal, in one or two lines."""
        goal = self._first
        return Content(self.in_line(goal)) if goal else Content()

    @property
    def room(self) -> int:
        """How many cells of a line there are to write in, before anything is laid out."""
        return max(20, min(self.WIDTH, self.app.size.width * 96 // 100) - 8)

    def in_line(self, goal: Goal) -> str:
        """Return a goal in one line."""
        return clip(f"{goal.id}  {safe(goal.description)}", self.room)

    def fields(self) -> Iterable[Field | Static]:
        """Yield the fields."""
        raise NotImplementedError

    def first(self) -> Widget:
        """Return the editor to begin with."""
        return self.query(Field).first().editor

    async def change(self, store: GoalStore) -> str:
        """Make the change, and return what to tell the operator."""
        raise NotImplementedError

    def blocked(self) -> str | None:
        """Return why it can't be sent as things are, or ``None``."""
        store, goal = self.host.store, self.current()
        if store is None or store.degraded:
            return f"the palace is away: {store.degraded}" if store else "the palace is not open"
        if self.goal_id and goal is None:
            return "the goal can't be read now"
        if goal is not None and goal.closed and self.ON_OPEN:
            return f"the goal is closed ({goal.status}) and takes notes only"
        return None

    def hints(self) -> None:
        """Say beside the fields what would come of them, where that is not plain."""

    def refused(self, error: VerificationGateError) -> None:
        """Show a refusal of the gate."""
        self._say("#refusal", str(error))

    def sent(self) -> None:
        """Go on, after the change was made and the dialog is gone."""

    # The rest is the same for all

    @property
    def host(self) -> Host:
        """The app."""
        return host_of(self.app)

    def current(self) -> Goal | None:
        """Return the goal as it is now."""
        return self.goal_of(self.goal_id)

    def goal_of(self, goal_id: str) -> Goal | None:
        """Return a goal as it is now."""
        store = self.host.store
        return store.get(goal_id) if store is not None else None

    def value(self, name: str) -> str:
        """Return what stands in a field; once it is sent, what was."""
        return (self._sent if self.sending else self._written()).get(name, "")

    def _written(self) -> dict[str, str]:
        return {field.field: field.value for field in self.query(Field)}

    def action_send(self) -> None:
        store = self.host.store
        # The palette may have sent for it, and have been followed by what left it.
        if self.sending or not is_there(self):
            return
        if self.look():
            self._say("#refusal", "The goal changed at this moment, as you see: send again if it still holds.")
            return
        if store is None or self.blocked() is not None:
            # Why stands beside the button.
            self._say("#refusal", "Not sent, and kept here." if self.KEEPS else "Not sent.")
            return
        # While it is sent, it may be left: its fields go with it.
        self._sent = self._written()
        self._is_untaken = False
        self.sending = time.monotonic()
        self.set_timer(_SOON, lambda: self.progress("sending…") if self.sending else None)
        self._say("#refusal", "")
        for field in self.query(Field):
            field.wrong("")
        self.host.work(self._send(store))

    async def _send(self, store: GoalStore) -> None:
        try:
            told = await self.change(store)
        except VerificationGateError as error:
            self._take_back()
            self.refused(error)
        except GoalStoreError as error:
            self._take_back()
            self._refuse(error)
            if is_there(self):
                # What somebody else did in that moment was not shown while this was being sent.
                _ = self.look()
        else:
            self.forget()
            leave(self)
            self.host.answer(f"{told}; {_UNTAKEN}" if self._is_untaken else told)
            self.sent()
        finally:
            self.sending = None

    def _take_back(self) -> None:
        """Let go of what was said while it was sent."""
        if is_there(self):
            self.progress(self._send_label)
            self._say("#refusal", "")
            if self._is_untaken:
                self.host.answer(_UNTAKEN, bad=True)

    def progress(self, text: str) -> None:
        """Say on the button how far it is."""
        if is_there(self):
            button = self.query_one("#send", Button)
            button.label = Content(text)
            button.refresh(layout=True)

    def acts(self, key: str) -> bool:
        active = self.active_bindings.get(key)
        return active is not None and active.binding.action == "give_up"

    def takes_nothing(self) -> None:
        self._is_untaken = True
        leave_key = key("dialog.cancel")
        self._say("#refusal", f"It is being sent, and takes nothing more: {leave_key} leaves it to go on by itself.")

    def _refuse(self, error: GoalStoreError) -> None:
        if not is_there(self):
            self.host.answer(f"{plain(error)}; {error.next}", bad=True)
            return
        fields = {field.field: field for field in self.query(Field)}
        name, text = in_dialog(error, fields, self.goal_of)
        if name is None:
            self._say("#refusal", text)
        else:
            fields[name].wrong(text)
            fields[name].editor.focus()

    def draft_key(self) -> tuple[str, ...]:
        return *super().draft_key(), self.goal_id

    def draft_name(self) -> str:
        goal = self._first
        return f"{self.title_text()}, {clip(safe(goal.description), 30)}" if goal else self.title_text()

    def action_give_up(self) -> None:
        if self.keep_draft():
            self.host.answer("not sent, and kept: it is there again when you come back to it")
        leave(self)

    @on(GoalsChanged)
    def _changed(self, event: GoalsChanged) -> None:
        if not self.sending and (self.goal_id in event.goal_ids or not event.goal_ids):
            _ = self.look()

    def look(self) -> bool:
        """Show how things are; return whether the goal changed since that was last shown."""
        goal, first = self.current(), self._first
        news = goal is not None and first is not None and goal != self._shown
        if news and goal is not None:
            self._shown = goal
            said = what_changed(first, goal)
            more = [f"and {len(said) - 6} more"] if len(said) > 6 else []
            lines = [f"  {safe(line)}" for line in [*said[:6], *more]]
            self._say("#meanwhile", "\n".join(["The goal changed meanwhile:", *lines]) if said else "")
            self.renew(goal)
        why = self.blocked()
        send = self.query_one("#send", Button)
        send.disabled = why is not None
        send.tooltip = Content(safe(why)) if why else None
        self._say("#why", f"not now: {why}" if why else "")
        self.hints()
        return news

    def renew(self, goal: Goal) -> None:
        """Show what the goal is by now, where the dialog shows it."""

    def on_key(self, event: events.Key) -> None:
        """See to it that nothing vanishes in silence that is typed where nothing can be written."""
        if not event.is_printable or event.character in {None, " "}:
            return
        texts = [field.editor for field in self.query(Field) if not isinstance(field.editor, Choice)]
        if isinstance(self.focused, Button) and texts:
            # A text that went one field too far, by a letter that chose and a tab: the last one is meant.
            self._write(texts[-1], event.character or "")
        elif isinstance(self.focused, Button):
            self._say("#why", "a button takes no text")
        elif isinstance(self.focused, Choice) and not texts:
            self._say("#why", f"{does_nothing(event.character or '')}; y or n")
        elif isinstance(self.focused, Choice | PickList) and event.key not in self.active_bindings:
            # Somebody writes the evidence at once, without going to its field.
            self.on_paste(events.Paste(event.character or ""))
        else:
            return
        event.stop()

    @on(Choice.Changed)
    @on(Input.Changed)
    @on(TextArea.Changed)
    def _typed(self) -> None:
        for field in self.query(Field):
            if field.editor is self.focused:
                field.wrong("")
        if not self.sending:
            self.touched()
        self._ask_about_letters()
        self.hints()

    def _ask_about_letters(self) -> None:
        """Say it where a letter chose a word that may have been meant as the first of the text that follows."""
        fields = list(self.query(Field))
        for chooses, follows in pairwise(fields):
            if isinstance(choice := chooses.editor, Choice):
                text = follows.value if follows.editor is self.focused and choice.by else ""
                said = f"{choice.by} chose {choice.value}; if it begins this text, write it here too, and choose again"
                follows.hint(said if begins_a_word(choice.by, text) else "", warns=True)

    @on(events.DescendantFocus)
    def _focused(self) -> None:
        self.hints()

    @on(Input.Submitted)
    @on(Choice.Done)
    def _on(self, event: Input.Submitted | Choice.Done) -> None:
        """Go on to the next field, and send from the last."""
        event.stop()
        if self.focused is not list(self.query(Field))[-1].editor:
            self.focus_next()
        elif not isinstance(event, Choice.Done) or event.send:
            self.action_send()

    def on_paste(self, event: events.Paste) -> None:
        """Write what was pasted where nothing can be written into the next field: it would be lost."""
        editors = [field.editor for field in self.query(Field)]
        if self.focused in editors and not isinstance(self.focused, Choice):
            return
        later = editors[editors.index(self.focused) + 1 :] if self.focused in editors else editors
        for editor in later:
            if not isinstance(editor, Choice):
                event.stop()
                self._write(editor, event.text)
                return

    def _write(self, editor: Widget, text: str) -> None:
        self.set_focus(editor)
        editor.post_message(events.Paste(text))

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "send":
            self.action_send()
        else:
            self.action_give_up()
