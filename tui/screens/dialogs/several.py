"""One change to several goals: each is judged by itself, and what was refused is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.content import Content

from store import GoalStatus, GoalStoreError
from tui.cells import clip
from tui.format import count, safe
from tui.screens.dialogs.base import Dialog
from tui.widgets.fields import Choice, Field, SafeInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from store import Goal, GoalStore

_NAMED = 6
"""Goals that are named; the rest are counted."""


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
        lines = [f"{goal.id}  {clip(safe(goal.description), 54)}" for goal in self._goals[:_NAMED]]
        rest = len(self._goals) - len(lines)
        return Content("\n".join([*lines, *([f"and {rest} more"] if rest else [])]))

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
            raise refused[0]
        told = f"{changed} {self.DONE}"
        return f"{told}, {len(refused)} refused and still marked: {refused[0].message}" if refused else told

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
        yield Field("status", "Status (left, right); done goes through the gate", Choice(words, words[0]))
        yield Field("reason", "Reason, kept as a note on each (may be empty)", SafeInput())

    async def change_one(self, store: GoalStore, goal_id: str) -> None:
        await store.set_status(goal_id, GoalStatus(self.value("status")), self.value("reason") or None)
