"""Quitting while something was written and not sent: asked once, since it may have been forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual import events, on
from textual.content import Content
from textual.screen import ModalScreen

from tui.cells import clip
from tui.format import count, first_line
from tui.hints import key
from tui.screens.base import leave
from tui.screens.dialogs.base import Dialog
from tui.screens.dialogs.drafts import drafts_of
from tui.screens.dialogs.words import yes_or_no
from tui.widgets.fields import Choice, Field

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.app import App

_NAMED = 8
"""What is named of what was not sent; the rest is counted."""


def unsent(app: App[Any]) -> list[str]:
    """Return what was written in this run and not sent, in drafts and in dialogs that are open: a safe line each."""
    drafts = drafts_of(app).of_this_run
    for screen in app.screen_stack:
        if isinstance(screen, Dialog):
            # What it was opened with stands in it, or was taken out of it.
            drafts = {key: draft for key, draft in drafts.items() if key not in screen.draft_keys()}
            if typed := screen.typed():
                drafts[screen.draft_key()] = (screen.draft_name(), typed)
    return [f'{name}: "{first_line(" ".join(filter(None, typed.values())))}"' for name, typed in drafts.values()]


class LeaveDialog(Dialog):
    """Whether to quit all the same."""

    # Over another dialog, whose frame would show around it, nothing shines through.
    DEFAULT_CSS = "LeaveDialog.-over { background: $background; }"

    TITLE_TEXT = "Quit?"
    SEND = "go on"
    KEEPS = False

    def __init__(self, lost: Sequence[str]) -> None:
        """Ask whether all this is to wait for another time."""
        super().__init__(None)
        self._lost = lost

    @on(events.Compose)
    def _hide_dialog(self) -> None:
        self.set_class(isinstance(self.app.screen_stack[-2], ModalScreen), "-over")

    def about(self) -> Content:
        rest = len(self._lost) - _NAMED
        becomes = "gone" if self.host.demo else "kept for the next time"
        lines = [f"{count(len(self._lost), 'text')} not sent yet, and {becomes} when you quit:"]
        lines += [f"  {clip(line, self.room - 2)}" for line in self._lost[:_NAMED]]
        return Content("\n".join([*lines, *([f"  and {rest} more"] if rest > 0 else [])]))

    def fields(self) -> Iterable[Field]:
        yield Field("quit", yes_or_no("Quit all the same?"), Choice(["no", "yes"], "no"))

    def blocked(self) -> str | None:
        # It changes no goal, so it does not matter how the palace is.
        return None

    def action_send(self) -> None:
        if self.value("quit") == "yes":
            self.app.exit()
            return
        leave(self)
        self.host.answer("not quit: what you wrote is kept where you left it")

    def again(self) -> None:
        """Say that it is asked already."""
        self._say("#why", f"y, then {key('choice.done')}, quits; {key('dialog.cancel')} goes back")
