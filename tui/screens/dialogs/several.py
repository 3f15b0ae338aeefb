"""One change to several goals: each is judged by itself, and what was refused is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.content import Content
from textual.widgets import Static

from store import GoalStatus, GoalStoreError, InvalidInput, judge, what_changed
from tui.cells import cell_len, clip, fit
from tui.format import bar, count, safe
from tui.hints import key
from tui.screens.base import GoalsChanged
from tui.screens.dialogs.base import Dialog
from tui.screens.dialogs.drafts import all_kept, keep
from tui.screens.dialogs.goals import ThroughGate, last_change
from tui.screens.dialogs.refusals import RefusalsPanel
from tui.screens.dialogs.words import plain, yes_or_no
from tui.widgets.fields import CHOOSES, Choice, Field
from tui.widgets.inputs import SafeInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from store import Goal, GoalStore, Revision

_NAMED = 6
"""Goals that are named at least; the rest are counted."""
_CHANGED = 4
"""Changes meanwhile that are told."""
_SAYS = 24
"""Cells of what the gate says of one."""
_TOLD = 5
"""Goals after which it is said how far it is."""
_BESIDE = 26
"""Lines of the screen that a dialog may need for everything else."""


class _AllRefused(GoalStoreError):
    """Not one of the goals was changed."""

    def __init__(self, done: str, then: str) -> None:
        super().__init__(f"None was {done}", then)


class _NeverChanged(GoalStoreError):
    """There is no change to undo."""


class _DoneAlready(GoalStoreError):
    """There is nothing to close."""


def _held(goal: Goal) -> str:
    """Return in brief what keeps a goal from being closed, or nothing."""
    verdict = judge(goal)
    if goal.status is GoalStatus.DONE:
        return "done already"
    if verdict.passes:
        return ""
    return f"held: {verdict.verified} of {verdict.total} verified" if verdict.total else "held: no session"


class SeveralDialog(Dialog):
    """A change to the goals that are marked."""

    WIDTH: ClassVar[int] = 108
    REASON: ClassVar[str] = "note"
    """The field that is a text."""
    DONE: ClassVar[str] = ""
    """What became of a goal, in a word."""

    def __init__(self, goals: list[Goal], done: Callable[[str, int], None]) -> None:
        """Change these goals; ``done`` is told of each that was, and of which revision it was before."""
        super().__init__(None)
        self._goals = goals
        self._done = done
        self._refused: list[tuple[Goal, GoalStoreError]] = []
        self._told = {goal.id: goal for goal in goals}

    def title_text(self) -> str:
        return f"{self.TITLE_TEXT} {count(len(self._goals), 'marked goal')}"

    def about(self) -> Content:
        goals = [self.goal_of(goal.id) or goal for goal in self._goals]
        room = max(_NAMED, self.app.size.height - _BESIDE)
        # Those that will be refused are not to be among the rest.
        lines = [self.line(goal) for goal in sorted(goals, key=self.goes)[:room]]
        rest = len(goals) - len(lines)
        return Content("\n".join([*lines, *([f"and {rest} more"] if rest else [])]))

    def goes(self, goal: Goal) -> bool:
        """Return whether it will be changed, as far as one can tell."""
        return True

    def line(self, goal: Goal) -> str:
        """Return one of them, in a line."""
        return self.in_line(goal)

    def beside(self, goal: Goal, says: str) -> str:
        """Return one of them, in a line, with something to say of it."""
        return f"{fit(self.in_line(goal), self.room - _SAYS - 2)}  {clip(says, _SAYS)}" if says else self.in_line(goal)

    @on(GoalsChanged)
    def _follow(self) -> None:
        if not self.sending:
            _ = self.look()

    def look(self) -> bool:
        lines, news = [], False
        for goal in self._goals:
            now = self.goal_of(goal.id)
            if now is None or not (said := what_changed(goal, now)):
                continue
            news = news or self._told[goal.id] != now
            self._told[goal.id] = now
            lines.append(f"  {clip(safe(goal.description), 30)}: {safe('; '.join(said))}")
        if news:
            self.query_one("#about", Static).update(self.about())
            more = [f"  and {len(lines) - _CHANGED} more"] if len(lines) > _CHANGED else []
            head = f"{count(len(lines), 'goal')} changed meanwhile:"
            self._say("#meanwhile", "\n".join([head, *(clip(line, self.room) for line in lines[:_CHANGED]), *more]))
        return super().look() or news

    def draft_key(self) -> tuple[str, ...]:
        return (type(self).__name__, *sorted(goal.id for goal in self._goals))

    def elsewhere(self) -> Iterator[tuple[tuple[str, ...], str]]:
        # With a mark more or less it could not be reached again.
        yield from ((name, "other goals") for name in all_kept(self.app) if name[0] == type(self).__name__)

    async def change(self, store: GoalStore) -> str:
        done: list[str] = []
        self._refused = []
        for at, goal in enumerate(self._goals):
            if at and at % _TOLD == 0:
                self.progress(f"{bar(at, len(self._goals), 10)} {at} of {len(self._goals)}")
            number = store.revision(goal.id)
            try:
                await self.change_one(store, goal.id)
            except GoalStoreError as error:
                self._refused.append((self.goal_of(goal.id) or goal, error))
            else:
                self._done(goal.id, number)
                done.append(goal.id)
        refused = [error for _, error in self._refused]
        if refused and not done:
            # What is wrong with a field is wrong for each of them.
            if len(refused) == 1 or isinstance(refused[0], InvalidInput):
                raise refused[0]
            # The dialog stays below, with what was written in it.
            _ = self.app.push_screen(RefusalsPanel(f"None was {self.DONE}", self._refused))
            raise _AllRefused(self.DONE, self.then())
        return self.told(done, refused)

    def sent(self) -> None:
        if self._refused:
            title = f"{len(self._refused)} of {count(len(self._goals), 'goal')} not {self.DONE}{self.still()}"
            if self.KEEPS and (text := self._sent.get(self.REASON)):
                # For those it was not of use yet, which alone are still marked.
                self._goals = [goal for goal, _ in self._refused]
                keep(self.app, self.draft_key(), {self.REASON: text}, self.draft_name())
            _ = self.app.push_screen(RefusalsPanel(title, self._refused))

    def still(self) -> str:
        """Return what is to be known of those that were refused."""
        return ", and still marked"

    def then(self) -> str:
        """Return what helps where every one was refused."""
        return f"mend each by itself: {key('dialog.cancel')}, and {key('board.back')}, takes the marks off"

    def told(self, done: list[str], refused: list[GoalStoreError]) -> str:
        """Return what became of all of them."""
        told = f"{len(done)} {self.DONE}"
        return f"{told}, {len(refused)} refused and still marked: {plain(refused[0])}" if refused else told

    async def change_one(self, store: GoalStore, goal_id: str) -> None:
        """Change one of them."""
        raise NotImplementedError


class _SeveralThroughGate(ThroughGate, SeveralDialog):
    """A change to several goals that the gate may refuse."""

    def closed(self, number: int) -> None:
        super().closed(number)
        # There is a panel only where one goal is marked.
        self._done(self._goals[0].id, number)


class CloseSeveral(_SeveralThroughGate):
    """Done, each that the gate lets pass."""

    TITLE_TEXT = "Close"
    SEND = "close"
    DONE = "closed"
    REASON = "outcome"

    def fields(self) -> Iterable[Field]:
        yield Field("outcome", "Outcome, kept as a note on each (may be empty)", SafeInput())

    def goes(self, goal: Goal) -> bool:
        return not _held(goal)

    def line(self, goal: Goal) -> str:
        return self.beside(goal, _held(goal))

    async def change_one(self, store: GoalStore, goal_id: str) -> None:
        goal = store.get(goal_id)
        if goal is not None and goal.status is GoalStatus.DONE:
            raise _DoneAlready(f"goal {goal_id} is done already", "there is nothing to close")
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


class StatusSeveral(_SeveralThroughGate):
    """The same status for each, with the reason."""

    TITLE_TEXT = "Set the status of"
    SEND = "set"
    DONE = "set"

    def fields(self) -> Iterable[Field]:
        words, there = [status.value for status in GoalStatus], {goal.status for goal in self._goals}
        # What they all are, or none: nobody sets by mistake what they did not choose.
        chosen = self._goals[0].status.value if len(there) == 1 else ""
        yield Field(
            "status",
            f"Status ({CHOOSES}); done goes through the gate",
            Choice(words, chosen),
        )
        yield Field("reason", "Reason, kept as a note on each (may be empty)", SafeInput())

    @property
    def _chosen(self) -> str:
        return self.value("status")

    def goes(self, goal: Goal) -> bool:
        return self._chosen != GoalStatus.DONE or not _held(goal)

    def line(self, goal: Goal) -> str:
        return self.beside(goal, (self._chosen == GoalStatus.DONE and _held(goal)) or f"is {goal.status}")

    def hints(self) -> None:
        self.query_one("#about", Static).update(self.about())

    async def change(self, store: GoalStore) -> str:
        if not self._chosen:
            raise InvalidInput("status", "is not chosen", "choose one")
        return await super().change(store)

    async def change_one(self, store: GoalStore, goal_id: str) -> None:
        await store.set_status(goal_id, GoalStatus(self.value("status")), self.value("reason") or None)


class UndoSeveral(SeveralDialog):
    """What was done last to each, taken back where that is still the last."""

    SEND = "go on"
    DONE = "taken back"
    KEEPS = False

    def __init__(
        self,
        goals: list[Goal],
        done: Callable[[str, int], None],
        numbers: Mapping[str, int],
        *,
        marked: bool,
        no: Callable[[], None],
    ) -> None:
        """Ask whether these revisions are to be taken back; ``marked`` if that is why these, ``no`` if they are not."""
        super().__init__(goals, done)
        self._numbers = numbers
        self._marked = marked
        self._no = no
        self._found: dict[str, tuple[Revision, Revision]] = {}

    async def read(self, store: GoalStore) -> None:
        """Find out what there is to take back, before it is shown.

        Raises:
            GoalStoreError: that can't be read.

        """
        for goal in self._goals:
            found = await last_change(store, goal.id, self._numbers[goal.id])
            if found is not None:
                self._found[goal.id] = found

    def title_text(self) -> str:
        if self._marked:
            return f"Undo the last change of {count(len(self._goals), 'marked goal')}?"
        return f"Undo what you did to {count(len(self._goals), 'goal')} at once?"

    def line(self, goal: Goal) -> str:
        store = self.host.store
        did = "has never changed"
        if store is not None and store.revision(goal.id) != self._numbers[goal.id]:
            did = "changed since: stays as it is"
        elif store is not None and goal.id in self._found:
            then, change = self._found[goal.id]
            by = "" if store.is_own(change.goal) else f"{change.actor}: "
            did = safe(by + "; ".join(what_changed(then.goal, change.goal)))
        name = fit(self.in_line(goal), self.room // 2)
        return f"{name}  {clip(did, self.room - cell_len(name) - 2)}"

    def fields(self) -> Iterable[Field]:
        yield Field("undo", yes_or_no("Take it back on each?"), Choice(["no", "yes"], "no"))

    async def change(self, store: GoalStore) -> str:
        if self.value("undo") == "yes":
            return await super().change(store)
        self._no()
        return "nothing was changed back"

    async def change_one(self, store: GoalStore, goal_id: str) -> None:
        if goal_id not in self._found:
            raise _NeverChanged(f"goal {goal_id} has never changed", "there is nothing to undo")
        await store.revert(goal_id, self._found[goal_id][0].number, self._numbers[goal_id])

    def still(self) -> str:
        return super().still() if self._marked else ""

    def then(self) -> str:
        return f"look at each by itself: {key('dialog.cancel')}, {key('list.open')}, {key('goal.history')}"

    def told(self, done: list[str], refused: list[GoalStoreError]) -> str:
        told = f"{len(done)} {self.DONE}"
        if not refused:
            return f"{told}; {key('goal.undo')} makes it so again" if len(done) > 1 else told
        still = " and still marked" if self._marked else ""
        why = "; ".join(map(plain, refused))
        return f"{told}, {len(refused)} refused{still}: {why}; {self.DONE}: {', '.join(done)}"
