"""What the dialogs share: fields, sending, refusals beside the field, word of changes underneath."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from store import GoalStoreError, VerificationGateError, judge
from tui.cells import clip
from tui.format import count, safe
from tui.screens.base import GoalsChanged, host_of, leave
from tui.widgets.fields import Choice, Field

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.widget import Widget

    from store import Goal, GoalStore
    from tui.screens.base import Host


class Dialog(ModalScreen[None]):
    """A form that changes a goal. Stays open, with all that was typed, until it is sent or given up."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "send", "send", id="dialog.send", tooltip="Send what is in the fields"),
        Binding("escape", "give_up", "cancel", id="dialog.cancel", tooltip="Leave without a change"),
    ]

    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background 60%; }
    Dialog > #form {
        width: 84; max-width: 96%; height: auto; max-height: 96%; padding: 1 2 0 2; scrollbar-size-vertical: 1;
        background: $surface; border: round $primary;
    }
    Dialog #title { text-style: bold; color: $text-primary; height: 1; }
    Dialog #about { color: $text-muted; height: auto; margin: 0 0 1 0; }
    Dialog #fields { height: auto; }
    Dialog #meanwhile { color: $text-warning; height: auto; display: none; margin: 0 0 1 0; }
    Dialog #meanwhile.-shown { display: block; }
    Dialog #refusal { color: $text-error; text-style: bold; height: auto; display: none; margin: 0 0 1 0; }
    Dialog #refusal.-shown { display: block; }
    Dialog #buttons { height: 1; margin: 0 0 1 0; }
    Dialog #buttons Button { margin: 0 2 0 0; }
    Dialog.-low > #form { padding: 0 1; }
    Dialog.-low #about, Dialog.-low Field, Dialog.-low #buttons { margin: 0; }
    Dialog.-low Field > TextArea { height: 3; }
    """

    TITLE_TEXT: ClassVar[str] = ""
    SEND: ClassVar[str] = "save"

    def __init__(self, goal: Goal | None) -> None:
        super().__init__()
        self.VERTICAL_BREAKPOINTS = [(0, "-low"), (34, "-tall")]
        self.goal_id = goal.id if goal else ""
        self._seen = goal
        self._busy = False
        self._warned = False

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="form", can_focus=False):
            yield Static(Content(self.title_text()), id="title")
            yield Static(self.about(), id="about")
            with Vertical(id="fields"):
                yield from self.fields()
            yield Static(id="meanwhile")
            yield Static(id="refusal")
            with Horizontal(id="buttons"):
                yield Button(Content(f"{self.SEND} ctrl+s"), id="send", compact=True, variant="primary")
                yield Button(Content("cancel esc"), id="cancel", compact=True)

    def on_mount(self) -> None:
        self.first().focus()

    # What each dialog says and does

    def title_text(self) -> str:
        """Return what it does."""
        return self.TITLE_TEXT

    def about(self) -> Content:
        """Return the goal, in one or two lines."""
        goal = self._seen
        return Content(f"{goal.id}  {clip(safe(goal.description), 54)}") if goal else Content()

    def fields(self) -> Iterable[Field | Static]:
        """Yield the fields."""
        raise NotImplementedError

    def first(self) -> Widget:
        """Return the editor to begin with."""
        return self.query(Field).first().editor

    async def change(self, store: GoalStore) -> str:
        """Make the change, and return what to tell the operator."""
        raise NotImplementedError

    def refused(self, error: VerificationGateError) -> None:
        """Show a refusal of the gate."""
        self._say("#refusal", str(error))

    # The rest is the same for all

    @property
    def host(self) -> Host:
        """The app."""
        return host_of(self.app)

    def current(self) -> Goal | None:
        """Return the goal as it is now."""
        store = self.host.store
        return store.get(self.goal_id) if store is not None else None

    def value(self, name: str) -> str:
        """Return what stands in a field."""
        return next((field.value for field in self.query(Field) if field.field == name), "")

    def action_send(self) -> None:
        store = self.host.store
        if store is None or self._busy:
            return
        self._busy = True
        self._say("#refusal", "")
        for field in self.query(Field):
            field.wrong("")
        self.host.work(self._send(store))

    async def _send(self, store: GoalStore) -> None:
        try:
            told = await self.change(store)
        except VerificationGateError as error:
            self.refused(error)
        except GoalStoreError as error:
            self._refuse(error)
        else:
            leave(self)
            self.host.answer(told)
        finally:
            self._busy = False

    def _refuse(self, error: GoalStoreError) -> None:
        if not self.is_attached:
            self.host.answer(str(error), bad=True)
            return
        name = str(getattr(error, "field", "") or self.FIELD_OF.get(error.code, "")).split(".")[0]
        for field in self.query(Field):
            if field.field == name:
                text = getattr(error, "problem", self.BRIEF.get(error.code, error.message))
                field.wrong(f"{text}; {error.next}")
                field.editor.focus()
                return
        self._say("#refusal", str(error))

    FIELD_OF: ClassVar[dict[str, str]] = {
        "evidence_required": "evidence",
        "session_already_linked": "session_id",
    }
    """The field to blame for an error that names none."""

    BRIEF: ClassVar[dict[str, str]] = {"evidence_required": "a verified session has evidence"}
    """What to say beside a field, where the error's own words repeat what the dialog shows."""

    def _say(self, where: str, text: str) -> None:
        line = self.query_one(where, Static)
        line.update(Content(safe(text)))
        line.set_class(bool(text), "-shown")

    def action_give_up(self) -> None:
        if any(field.changed for field in self.query(Field)) and not self._warned:
            self._warned = True
            self._say("#refusal", "esc again gives up what was typed")
        else:
            leave(self)

    @on(GoalsChanged)
    def _changed(self, event: GoalsChanged) -> None:
        goal, seen = self.current(), self._seen
        if self._busy or self.goal_id not in event.goal_ids or goal is None or seen is None:
            return
        said = [] if goal.status is seen.status else [f"its status is {goal.status} now"]
        verdict = judge(goal)
        if goal.sessions != seen.sessions:
            said.append(f"{verdict.verified} of {count(verdict.total, 'session')} verified now")
        if (goal.description, goal.acceptance) != (seen.description, seen.acceptance):
            said.append("its description or criteria were edited")
        if len(goal.notes) != len(seen.notes):
            said.append("it has a new note")
        if said:
            self._say("#meanwhile", f"The goal changed meanwhile: {', '.join(said)}.")
        self.renew(goal)

    def renew(self, goal: Goal) -> None:
        """Show what the goal is by now, where the dialog shows it."""

    @on(Input.Submitted)
    @on(Choice.Done)
    def _on(self, event: Input.Submitted | Choice.Done) -> None:
        """Go on to the next field, and send from the last."""
        event.stop()
        if self.focused is list(self.query(Field))[-1].editor:
            self.action_send()
        else:
            self.focus_next()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "send":
            self.action_send()
        else:
            self.action_give_up()
