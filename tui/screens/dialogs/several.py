"""One change to several goals: each is judged by itself, and what was refused is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.content import Content
from textual.widgets import Static

from store import GoalStatus, GoalStoreError, InvalidInput, judge
from tui.cells import cell_len, clip
from tui.format import count
from tui.screens.base import GoalsChanged
from tui.screens.dialogs.base import Dialog
from tui.screens.dialogs.words import plain
from tui.widgets.fields import Choice, Field
from tui.widgets.inputs import SafeInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from store import Goal, GoalStore

_NAMED = 6
"""Goals that are named; the rest are counted."""


class _AllRefused(GoalStoreError):
    """Not one of the goals was changed."""

    def __init__(self, done: str, refused: list[GoalStoreError]) -> None:
        more = [f"and {len(refused) - _NAMED} more"] if len(refused) > _NAMED else []
        lines = [f"None was {done}:", *(plain(error) for error in refused[:_NAMED]), *more]
        super().__init__("\n".join(lines), "mend each by itself: esc, and esc again, takes the marks off")


class SeveralDialog(Dialog):
    """A change to the goals that are marked."""

    DONE: ClassVar[str] = ""
    """What became of a goal, in a word."""

    def __init__(self, goals: list[Goal], done: Callable[[str], None]) -> None:
        """Change these goals; ``done`` is told of each that was."""
        super().__init__(None)
        self._goals = goals
        self._done = done

    def title_text(self) -> str:
        return f"{self.TITLE_TEXT} {count(len(self._goals), 'marked goal')}"

    def about(self) -> Content:
        lines = [self.line(self.goal_of(goal.id) or goal) for goal in self._goals[:_NAMED]]
        rest = len(self._goals) - len(lines)
        return Content("\n".join([*lines, *([f"and {rest} more"] if rest else [])]))

    def line(self, goal: Goal) -> str:
        """Return one of them, in a line."""
        return self.in_line(goal)

    @on(GoalsChanged)
    def _follow(self) -> None:
        self.query_one("#about", Static).update(self.about())

    def draft_key(self) -> tuple[str, ...]:
        return (type(self).__name__, *(goal.id for goal in self._goals))

    async def change(self, store: GoalStore) -> str:
        refused: list[GoalStoreError] = []
        for goal in self._goals:
            try:
                await self.change_one(store, goal.id)
            except GoalStoreError as error:
                refused.append(error)
            else:
                self._done(goal.id)
        changed = len(self._goals) - len(refused)
        if refused and not changed:
            # What is wrong with a field is wrong for each of them.
            one = len(refused) == 1 or isinstance(refused[0], InvalidInput)
            raise refused[0] if one else _AllRefused(self.DONE, refused)
        told = f"{changed} {self.DONE}"
        return f"{told}, {len(refused)} refused and still marked: {plain(refused[0])}" if refused else told

    async def change_one(self, store: GoalStore, goal_id: str) -> None:
        """Change one of them."""
        raise NotImplementedError


class CloseSeveral(SeveralDialog):
    """Done, each that the gate lets pass."""

    TITLE_TEXT = "Close"
    SEND = "close"
    DONE = "closed"

    def fields(self) -> Iterable[Field]:
        yield Field("outcome", "Outcome, kept as a note on each (may be empty)", SafeInput())

    def line(self, goal: Goal) -> str:
        verdict = judge(goal)
        if verdict.passes:
            return self.in_line(goal)
        says = f"  held: {verdict.verified} of {verdict.total} verified"
        return clip(self.in_line(goal), self.room - cell_len(says)) + says

    async def change_one(self, store: GoalStore, goal_id: str) -> None:
        await store.close(goal_id, self.value("outcome") or None)


class NoteSeveral(SeveralDialog):
    """The same note on each."""

    TITLE_TEXT = "Note on"
    SEND = "note"
    DONE = "noted"

    def fields(self) -> Iterable[Field]:
        yield Field("note", "A decision, a blocker, an outcome", SafeInput())

    async def change_one(self, store: GoalStore, goal_id: str) -> None:
        await store.note(goal_id, self.value("note"))


class StatusSeveral(SeveralDialog):
    """The same status for each, with the reason."""

    TITLE_TEXT = "Set the status of"
    SEND = "set"
    DONE = "set"

    def fields(self) -> Iterable[Field]:
        words = [status.value for status in GoalStatus]
        yield Field(
            "status",
            "Status (left and right, or its first letter); done goes through the gate",
            Choice(words, words[0]),
        )
        yield Field("reason", "Reason, kept as a note on each (may be empty)", SafeInput())

    async def change_one(self, store: GoalStore, goal_id: str) -> None:
        await store.set_status(goal_id, GoalStatus(self.value("status")), self.value("reason") or None)
