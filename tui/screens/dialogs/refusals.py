"""What was refused of a change to several goals: each of them, with its own reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from store import VerificationGateError
from tui.cells import cell_len, fit
from tui.format import safe, session_name
from tui.hints import key
from tui.keyboard import Answers
from tui.screens.base import host_of, know_size, leave
from tui.screens.dialogs.base import Dialog
from tui.screens.dialogs.words import plain
from tui.widgets.pick import PickList
from tui.widgets.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from store import Goal, GoalStoreError
    from tui.widgets.pick import Line


class RefusalsPanel(Answers, ModalScreen[None]):
    """Stays until it is dismissed: the goals, a line each, and below why the one under the cursor was refused."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go", "go there", id="refused.go", tooltip="Open the goal"),
        Binding("escape", "back", "back", id="refused.back", tooltip="Back to where you were"),
    ]

    DEFAULT_CSS = """
    RefusalsPanel { align: center middle; background: $background 60%; }
    RefusalsPanel > Vertical {
        width: 100; max-width: 98%; height: auto; max-height: 96%; padding: 0 1;
        background: $surface; border: round $warning;
    }
    RefusalsPanel #title { text-style: bold; color: $text-warning; margin: 0 0 1 0; }
    RefusalsPanel Reader { background: $surface; padding: 0; height: 7; margin: 1 0 0 0; }
    RefusalsPanel #keys { color: $text-muted; margin: 1 0 0 0; }
    RefusalsPanel.-low #title, RefusalsPanel.-low #keys, RefusalsPanel.-low Reader { margin: 0; }
    RefusalsPanel.-low Reader { height: 5; }
    """

    def __init__(self, title: str, refused: Sequence[tuple[Goal, GoalStoreError]]) -> None:
        """Show these goals, and why each was refused."""
        super().__init__()
        self.VERTICAL_BREAKPOINTS = [(0, "-low"), (22, "-tall")]
        self._title = title
        self._refused = {goal.id: (goal, error) for goal, error in refused}

    def compose(self) -> ComposeResult:
        know_size(self)
        moves = f"{key('pick.down')} {key('pick.up')} next goal"
        keys = f"{moves}   {key('refused.go')} go there   {key('refused.back')} back"
        with Vertical():
            yield Static(Content(safe(self._title)), id="title")
            yield PickList(id="goals")
            yield Reader(id="reason")
            yield Static(Content(keys), id="keys")

    def on_mount(self) -> None:
        self.query_one("#goals").focus()
        self._show()

    @on(events.Resize)
    def _show(self) -> None:
        """Show a line for each goal, as many as there is room for above the reason of one of them."""
        low = self.has_class("-low")
        picker, width = self.query_one(PickList), min(100, self.app.size.width * 98 // 100) - 9
        picker.styles.max_height = max(2, self.app.size.height * 96 // 100 - (9 if low else 14))
        whys = {goal_id: _in_brief(error) for goal_id, (_, error) in self._refused.items()}
        name = max(12, width - min(width // 2, max(map(cell_len, whys.values())))) - 2
        lines: list[tuple[str, Line]] = []
        for goal, _ in self._refused.values():
            lines.append(
                (goal.id, [(f"{fit(safe(goal.description), name)}  ", "$text"), (whys[goal.id], "$text-muted")])
            )
        picker.show(lines)
        self._say()

    @on(PickList.Moved)
    def _say(self) -> None:
        if picked := self.query_one(PickList).picked:
            goal, error = self._refused[picked]
            # Made safe where it is drawn, like all that a reader shows.
            self.query_one(Reader).show(f"{goal.id}  {goal.description}\n{plain(error)}; {error.next}", top=True)

    @on(PickList.Picked)
    def action_go(self) -> None:
        if picked := self.query_one(PickList).picked:
            leave(self)
            if isinstance(below := self.app.screen, Dialog):
                below.action_give_up()
            host_of(self.app).open_goal(picked)

    def answer_input(self, text: str) -> None:
        self.query_one(Vertical).border_subtitle = Content(text)

    def action_back(self) -> None:
        leave(self)


def _in_brief(error: GoalStoreError) -> str:
    """Return why a goal was refused, in a few safe words."""
    if not isinstance(error, VerificationGateError):
        return safe(plain(error))
    if not error.total:
        return "no session is linked"
    held = [f"{session_name(link.session_id)} is {link.state}" for link in error.holding[:1]]
    more = [f"{len(error.holding) - 1} more"] if len(error.holding) > 1 else []
    return safe(", ".join([f"{error.verified} of {error.total} verified", *held, *more]))
