"""All keys of a screen, from its bindings."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.cells import fit
from tui.keyboard import Answers
from tui.screens.base import know_size, leave

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.screen import Screen

GROUPS = {
    "goal": "The job",
    "list": "Move",
    "pick": "Move",
    "board": "Find, and screens",
    "page": "This screen",
    "read": "Move",
}
"""What the first part of a binding's id says, in the order of the help."""


_TWO = 110
"""Cells of a screen that has room for two columns."""


class HelpScreen(Answers, ModalScreen[None]):
    """The keys that act on the screen below, by what they are for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q,enter", "back", "back", id="help.back", tooltip="Back to the screen"),
        Binding("j", "scroll(1)", "down", show=False, id="help.down", tooltip="Down"),
        Binding("k", "scroll(-1)", "up", show=False, id="help.up", tooltip="Up"),
        Binding("g", "scroll(-1_000)", "first", show=False, id="help.first", tooltip="To the first line"),
        Binding("G", "scroll(1_000)", "last", show=False, id="help.last", tooltip="To the last line"),
    ]

    DEFAULT_CSS = """
    HelpScreen { align: center middle; background: $background 60%; }
    HelpScreen > VerticalScroll {
        width: 116; max-width: 98%; height: auto; max-height: 96%; padding: 0 2; scrollbar-size-vertical: 1;
        background: $surface; border: round $primary;
    }
    HelpScreen Horizontal { height: auto; }
    HelpScreen Static { width: 1fr; height: auto; }
    HelpScreen.-narrow > VerticalScroll { width: 66; }
    HelpScreen.-narrow Horizontal { layout: vertical; }
    HelpScreen.-narrow Static { width: 100%; }
    """

    def __init__(self, below: Screen[Any]) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (_TWO, "-normal")]
        self._below = below

    def compose(self) -> ComposeResult:
        know_size(self)
        with VerticalScroll(), Horizontal():
            for column in self._columns():
                yield Static(column)

    def on_resize(self) -> None:
        for static, column in zip(self.query(Static), self._columns(), strict=True):
            static.update(column)

    def _columns(self) -> tuple[Content, Content]:
        # Without border and padding; one column, on a small screen, needs its scrollbar too.
        screen = self.app.size.width
        width = screen * 98 // 100 - 6
        groups = self._groups(min(width, 110) // 2 if screen >= _TWO else min(width, 60) - 1)
        return Content("\n").join(groups[:2]), Content("\n").join(groups[2:])

    def _groups(self, width: int) -> list[Content]:
        keys: dict[str, dict[str, list[str]]] = {title: {} for title in (*GROUPS.values(), "Everywhere")}
        for active in self._below.active_bindings.values():
            binding = active.binding
            if binding.tooltip:
                title = GROUPS.get((binding.id or "").split(".")[0], "Everywhere")
                keys[title].setdefault(binding.tooltip, []).append(self.app.get_key_display(binding))
        groups = []
        for title, group in keys.items():
            lines = [Content.styled(title, "bold $text-primary")] if group else []
            for tooltip, shown in group.items():
                head = fit("  " + " ".join(sorted(dict.fromkeys(shown), key=len)), 14)
                first, *more = wrap(tooltip, max(10, width - 14))
                lines.append(Content.assemble((head, "bold $text-accent"), (first, "$text")))
                lines += [Content.styled(" " * 14 + words, "$text") for words in more]
            if lines:
                groups.append(Content("\n").join([*lines, Content()]))
        signs = "\n".join(
            [
                "  ✗ failed   ✓ ready, verified   ‖ blocked",
                "  ▸ running   ○ pending, launched",
                "  ● done   × abandoned   + new",
                "  • changed since you saw it   * marked",
                "  – put off until it changes",
            ]
        )
        groups.append(Content("\n").join([Content.styled("Signs", "bold $text-primary"), Content(signs)]))
        return groups

    def answer_input(self, text: str) -> None:
        self.query_one(VerticalScroll).border_subtitle = Content(text)

    def action_back(self) -> None:
        leave(self)

    def action_scroll(self, lines: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)
