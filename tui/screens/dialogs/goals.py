"""Dialogs about a goal itself: add, edit, note, status, close."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.content import Content

from store import GoalStatus, is_blank, judge
from tui.format import age, differences, safe
from tui.screens.base import leave
from tui.screens.dialogs.base import Dialog
from tui.widgets.fields import Choice, Field, SafeInput, SafeTextArea

if TYPE_CHECKING:
    from collections.abc import Iterable

    from store import Goal, GoalStore, Revision, VerificationGateError


def criteria_of(text: str) -> list[str]:
    """Return the criteria that a text holds, one a line."""
    return [line for line in text.splitlines() if not is_blank(line)]


class AddDialog(Dialog):
    """A new goal."""

    TITLE_TEXT = "Add a goal"
    SEND = "add"

    def __init__(self) -> None:
        super().__init__(None)

    def about(self) -> Content:
        return Content("It is pending until a session is linked, and closes on verified evidence alone.")

    def fields(self) -> Iterable[Field]:
        yield Field("description", "What is to be done, in one line", SafeInput())
        yield Field("acceptance", "How one can tell that it is: acceptance criteria, one a line", SafeTextArea())

    async def change(self, store: GoalStore) -> str:
        goal = await store.create(self.value("description"), criteria_of(self.value("acceptance")))
        self.host.point_at(goal.id)
        return f"added {goal.id}; l links the session that does it"


class EditDialog(Dialog):
    """Another description, other criteria."""

    TITLE_TEXT = "Edit the goal"

    def __init__(self, goal: Goal) -> None:
        super().__init__(goal)
        self._goal = goal

    def about(self) -> Content:
        return Content(self.goal_id)

    def fields(self) -> Iterable[Field]:
        criteria = "\n".join(safe(text) for text in self._goal.acceptance)
        yield Field("description", "What is to be done, in one line", SafeInput(safe(self._goal.description)))
        yield Field("acceptance", "Acceptance criteria, one a line", SafeTextArea(criteria))

    async def change(self, store: GoalStore) -> str:
        # What nobody touched is not sent: the fields show text made safe, which must not become the text.
        changed = {field.field for field in self.query(Field) if field.changed}
        if not changed:
            return f"nothing changed in {self.goal_id}"
        await store.edit(
            self.goal_id,
            self.value("description") if "description" in changed else None,
            criteria_of(self.value("acceptance")) if "acceptance" in changed else None,
        )
        return f"edited {self.goal_id}"


class NoteDialog(Dialog):
    """A note."""

    TITLE_TEXT = "Note"
    SEND = "note"

    def fields(self) -> Iterable[Field]:
        yield Field("note", "A decision, a blocker, an outcome", SafeTextArea())

    async def change(self, store: GoalStore) -> str:
        await store.note(self.goal_id, self.value("note"))
        return f"noted on {self.goal_id}"


class _ClosesThroughGate(Dialog):
    """A dialog that the gate may refuse: its text is handed on to the panel that says why."""

    REASON: ClassVar[str] = "reason"

    def refused(self, error: VerificationGateError) -> None:
        from tui.screens.refused import RefusedPanel

        leave(self)
        _ = self.app.push_screen(RefusedPanel(error.goal_id, self.value(self.REASON)))


class StatusDialog(_ClosesThroughGate):
    """Another status, with the reason."""

    TITLE_TEXT = "Set the status"
    SEND = "set"

    def __init__(self, goal: Goal) -> None:
        super().__init__(goal)
        self._status = goal.status

    def fields(self) -> Iterable[Field]:
        words = [status.value for status in GoalStatus]
        yield Field("status", "Status (left, right); done goes through the gate", Choice(words, self._status.value))
        yield Field("reason", "Reason, kept as a note (may be empty)", SafeInput())

    async def change(self, store: GoalStore) -> str:
        status = GoalStatus(self.value("status"))
        await store.set_status(self.goal_id, status, self.value("reason") or None)
        return f"{self.goal_id} is {status} now"


class CloseDialog(_ClosesThroughGate):
    """Done, if the gate lets it pass."""

    TITLE_TEXT = "Close the goal"
    SEND = "close"
    REASON = "outcome"

    def about(self) -> Content:
        goal = self.current()
        if goal is None:
            return super().about()
        verdict = judge(goal)
        told = f"{verdict.verified} of {verdict.total} sessions verified with evidence"
        says = (
            ("The gate lets it pass: ", "$text-success") if verdict.passes else ("The gate holds it: ", "$text-warning")
        )
        return Content("\n").join([super().about(), Content.assemble(says, told)])

    def renew(self, goal: Goal) -> None:
        from textual.widgets import Static

        self.query_one("#about", Static).update(self.about())

    def fields(self) -> Iterable[Field]:
        yield Field("outcome", "Outcome, kept as a note (may be empty)", SafeInput())

    async def change(self, store: GoalStore) -> str:
        await store.close(self.goal_id, self.value("outcome") or None)
        return f"closed {self.goal_id}: the gate let it pass"


class UndoDialog(Dialog):
    """The goal as it was before its last change, if that is still its last."""

    TITLE_TEXT = "Undo the goal's last change?"
    SEND = "go on"

    def __init__(self, before: Revision, last: Revision) -> None:
        super().__init__(last.goal)
        self._before = before
        self._last = last

    def about(self) -> Content:
        last = self._last
        when = f"change {last.number}, by {safe(last.actor)}, {age(self.host.now() - last.at)} ago"
        changes = [f"  {line}" for line in differences(self._before.goal, last.goal)]
        more = [f"  and {len(changes) - 6} more"] if len(changes) > 6 else []
        return Content("\n").join([super().about(), Content("\n".join([when, *changes[:6], *more]))])

    def fields(self) -> Iterable[Field]:
        yield Field("undo", "Take it back? (left, right, then enter)", Choice(["no", "yes"], "no"))

    async def change(self, store: GoalStore) -> str:
        if self.value("undo") != "yes":
            return "nothing was undone"
        await store.revert(self.goal_id, self._before.number, self._last.number)
        return f"{self.goal_id} is as it was at change {self._before.number}; z takes that back too"
