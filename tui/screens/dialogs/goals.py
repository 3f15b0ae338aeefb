"""Dialogs about a goal itself: add, edit, note, status, close."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.content import Content
from textual.widgets import Static

from store import GoalStatus, is_blank, judge, what_changed
from tui.cells import cell_len, clip
from tui.format import ago, safe, session_name
from tui.hints import key
from tui.needs import Kind, blocked_with, kind_of
from tui.screens.base import ReasonsKnown, is_there, leave
from tui.screens.dialogs.base import Dialog
from tui.screens.dialogs.words import gate_says, hold_line, plain, status_comes_to, yes_or_no
from tui.verdict import holders
from tui.widgets.fields import CHOOSES, Choice, Field, SafeTextArea
from tui.widgets.inputs import SafeInput

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
        shown = self.host.point_at(goal.id)
        then, hidden = f"{key('goal.link')} links the session", f"the filter hides it: {key('board.back')} clears it"
        return f"added {goal.id}; {f'{then} that does it' if shown else hidden}"


class EditDialog(Dialog):
    """Another description, other criteria."""

    TITLE_TEXT = "Edit the goal"
    ON_OPEN = True

    def __init__(self, goal: Goal) -> None:
        super().__init__(goal)
        self._goal = goal

    def about(self) -> Content:
        return Content(self.goal_id)

    def fields(self) -> Iterable[Field]:
        description, criteria = self._values(self._goal)
        yield Field("description", "What is to be done, in one line", SafeInput(description, select_on_focus=False))
        yield Field("acceptance", "Acceptance criteria, one a line", SafeTextArea(criteria))

    def renew(self, goal: Goal) -> None:
        for field, value in zip(self.query(Field), self._values(goal), strict=True):
            field.renew(value)

    @staticmethod
    def _values(goal: Goal) -> tuple[str, str]:
        return safe(goal.description), "\n".join(safe(text) for text in goal.acceptance)

    async def change(self, store: GoalStore) -> str:
        # What nobody touched is not sent: the fields show text made safe, which must not become the text.
        names = ("description", "acceptance")
        shown = zip(names, self._values(self._shown or self._goal), strict=True)
        changed = {name for name, value in shown if self.value(name) != value}
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


class ThroughGate(Dialog):
    """A dialog that the gate may refuse: its text is handed on to the panel that says why."""

    REASON: ClassVar[str] = "reason"

    def refused(self, error: VerificationGateError) -> None:
        from tui.screens.refused import RefusedPanel

        if not is_there(self):
            # Whoever left it kept what was written, and does something else by now.
            self.host.answer(f"{plain(error)}; {error.next}", bad=True)
            return
        _ = self.keep_draft()
        leave(self)
        _ = self.app.push_screen(RefusedPanel(error.goal_id, self.value(self.REASON), self.closed))

    def closed(self, number: int) -> None:
        """Take in that it was closed from the panel; ``number`` is the goal's revision before that."""
        self.forget()


class StatusDialog(ThroughGate):
    """Another status, with the reason."""

    TITLE_TEXT = "Set the status"
    SEND = "set"

    def __init__(self, goal: Goal) -> None:
        super().__init__(goal)
        self._status = goal.status

    def fields(self) -> Iterable[Field]:
        words = [status.value for status in GoalStatus]
        yield Field(
            "status",
            f"Status ({CHOOSES}); done goes through the gate",
            Choice(words, self._status.value),
        )
        yield Field("reason", "Reason, kept as a note (may be empty)", SafeInput())

    def to_keep(self) -> dict[str, str]:
        # What ends a goal is chosen anew when one comes back to it: nobody is to send it unread.
        ends = (GoalStatus.DONE, GoalStatus.ABANDONED)
        return {name: text for name, text in self.typed().items() if name != "status" or text not in ends}

    def action_give_up(self) -> None:
        for field in self.query(Field):
            if field.field not in self.to_keep():
                field.begin(None)
        super().action_give_up()

    def hints(self) -> None:
        goal = self.current()
        for field in self.query(Field):
            if field.field == "status" and goal is not None:
                text, warns = status_comes_to(goal, GoalStatus(field.value))
                field.hint(text if field.changed else "", warns=warns)

    async def change(self, store: GoalStore) -> str:
        status = GoalStatus(self.value("status"))
        goal = await store.set_status(self.goal_id, status, self.value("reason") or None)
        kind = kind_of(goal)
        if status is self._status is GoalStatus.BLOCKED:
            return f"noted; {self.goal_id} is blocked as before, and the board goes on saying with what it was"
        outranked = status is GoalStatus.BLOCKED and kind is not Kind.BLOCKED
        return f"{self.goal_id} is {status} now{f'; the board says {kind.name}, which comes first' * outranked}"


class CloseDialog(ThroughGate):
    """Done, if the gate lets it pass."""

    TITLE_TEXT = "Close"
    SEND = "close"
    REASON = "outcome"

    def title_text(self) -> str:
        # What is final names its goal, also where there is no room for more than that.
        goal = self._first
        return clip(f"{self.TITLE_TEXT}: {safe(goal.description)}", self.room) if goal else self.TITLE_TEXT

    def draft_name(self) -> str:
        return self.title_text()

    def about(self) -> Content:
        goal = self.current()
        if goal is None:
            return super().about()
        store = self.host.store
        passes, says = gate_says(goal, store.asked_at(goal.id) if store is not None else None)
        lines = [Content(goal.id), Content.assemble((says, "$text-success" if passes else "$text-warning"))]
        if goal.status is GoalStatus.BLOCKED:
            said = blocked_with(goal, self.host.why(goal))
            why = clip(f'It is blocked: "{said}"' if said else "It is blocked, and no note says why", self.room)
            lines.append(Content.styled(why, "$text-warning"))
        # Those that failed are not to be among the rest.
        holding = holders(judge(goal))
        # As much of the screen as the rest of the dialog leaves.
        shown = holding[: max(2, self.app.size.height - 15)]
        name = min(24, max([0, *(cell_len(session_name(hold.link.session_id)) for hold in shown)]))
        lines += [Content.assemble("  ", *hold_line(hold, name, self.room - 2)) for hold in shown]
        if rest := len(holding) - len(shown):
            lines.append(Content(f"  and {rest} more"))
        if not passes:
            lines.append(Content(f"{self.SEND} asks all the same, and shows what helps"))
        return Content("\n").join(lines)

    @on(events.Resize)
    @on(ReasonsKnown)
    def _redraw(self) -> None:
        self.query_one("#about", Static).update(self.about())

    def renew(self, goal: Goal) -> None:
        self._redraw()

    def blocked(self) -> str | None:
        goal, store = self.current(), self.host.store
        if goal is not None and store is not None and goal.status is GoalStatus.DONE:
            return f"the goal is done already, by {store.actor(goal.id)}; {key('goal.note')} notes an outcome on it"
        return super().blocked()

    def fields(self) -> Iterable[Field]:
        yield Field("outcome", "Outcome, kept as a note (may be empty)", SafeInput())

    async def change(self, store: GoalStore) -> str:
        await store.close(self.goal_id, self.value("outcome") or None)
        return f"closed {self.goal_id}: the gate let it pass"


async def last_change(store: GoalStore, goal_id: str, newest: int) -> tuple[Revision, Revision] | None:
    """Return a goal's last change, up to the revision ``newest``: the revision just before it, and the one it made.

    What only said the same again is no change that somebody could miss; ``None`` where there is no other.

    Raises:
        GoalStoreError: the history can't be read.

    """
    change: Revision | None = None
    goal, size = None, 2
    while page := await store.history(goal_id, limit=size, before=newest + 1):
        for revision in reversed(page):
            goal = goal or revision.goal
            if change is not None and what_changed(revision.goal, goal):
                return revision, change
            change = revision
        newest, size = page[0].number - 1, 16
    return None


class UndoDialog(Dialog):
    """The goal as it was before its last change, if that is still its last."""

    TITLE_TEXT = "Undo the goal's last change?"
    QUESTION: ClassVar[str] = "Take it back?"
    SEND = "go on"
    KEEPS = False

    def __init__(self, goal: Goal, target: Revision, newest: int, last: Revision | None = None) -> None:
        """Ask whether ``goal`` is to be what it was at ``target``, as long as ``newest`` is its newest revision."""
        super().__init__(goal)
        self._target = target
        self._newest = newest
        self._last = last

    def about(self) -> Content:
        then = self._target
        if (last := self._last) is not None:
            what = f"revision {last.number}, by {safe(last.actor)}, {ago(self.host.now() - last.came_at)}"
            said = what_changed(then.goal, last.goal)
        else:
            when = f"revision {then.number}, by {safe(then.actor)}, {ago(self.host.now() - then.came_at)}"
            what = f"Back to {when}. This is what changes:"
            said = what_changed(self._first, then.goal) or ["nothing: it is as it was then"]
        more = [f"  and {len(said) - 6} more"] if len(said) > 6 else []
        lines = [what, *(f"  {safe(line)}" for line in said[:6]), *more]
        return Content("\n").join([super().about(), Content("\n".join(lines))])

    def fields(self) -> Iterable[Field]:
        yield Field("undo", yes_or_no(self.QUESTION), Choice(["no", "yes"], "no"))

    def blocked(self) -> str | None:
        if self._shown != self._first:
            return f"it changed meanwhile: {key('dialog.cancel')}, and look at it again"
        return super().blocked()

    async def change(self, store: GoalStore) -> str:
        if self.value("undo") != "yes":
            return "nothing was changed back"
        await store.revert(self.goal_id, self._target.number, self._newest)
        return f"{self.goal_id} is as it was at revision {self._target.number}; {key('goal.undo')} takes that back too"


class RevertDialog(UndoDialog):
    """The goal as it was at a revision, however long ago."""

    QUESTION = "Make it so?"

    def title_text(self) -> str:
        return f"Make the goal what it was at revision {self._target.number}?"
