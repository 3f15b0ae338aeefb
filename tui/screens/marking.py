"""Acting on goals of a list: those that are marked at once, or the one under the cursor; putting off, and undoing."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding

from store import GoalStoreError
from tui.cells import clip
from tui.format import count, safe
from tui.hints import key
from tui.screens.searching import Searching
from tui.widgets.lines import Notice

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from textual.binding import BindingType

    from store import Goal
    from tui.triage import Triage


class Marking(Searching):
    """A list whose goals can be marked, put off and undone together."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", "mark", id="board.mark", tooltip="Mark, go on; keys act on all marked"),
        Binding("asterisk", "mark_all", "mark all", key_display="*", show=False, id="board.mark_all",
                tooltip="Mark all goals that are shown, or none"),
        Binding("x", "later", "later", show=False, id="board.later", tooltip="Put off until it changes, or take up"),
    ]  # fmt: skip

    triage: Triage | None = None
    """What the operator knows of the goals beside the palace, once that is open."""
    _offered = ("", 0)

    def action_view(self, digit: str) -> None:
        """Show a view of the goals."""
        raise NotImplementedError

    def show_marks(self) -> None:
        """Show which goals are marked, and how many, for as long as there are some."""
        self.goals.refresh()
        self.count_marks()

    def count_marks(self) -> None:
        """Say how many goals are marked."""
        self.query_one(Notice).marked(len(self.triage.marked) if self.triage is not None else 0)

    def forget_marks(self) -> bool:
        """Take all marks away; return whether there were any."""
        if self.triage is None or not self.triage.marked:
            return False
        self.triage.marked.clear()
        self.show_marks()
        self.say("no mark")
        return True

    def why_not(self, action: str) -> str | None:
        marked = action == "later" and self.triage is not None and self.triage.marked
        if action in ("mark", "mark_all", "later") and self.target() is None and not marked:
            return "there is no goal under the cursor"
        return super().why_not(action)

    def _ready(self, action: str) -> Goal | None:
        goal = super()._ready(action)
        if goal is not None:
            self.goals.saw(goal.id)
        return goal

    def action_mark(self) -> None:
        if self.triage is not None and (goal := self._ready("mark")) is not None:
            self.triage.toggle_mark(goal.id)
            self.goals.action_move(1)
            self._say_marks(self.triage.marked)

    def action_mark_all(self) -> None:
        if self.triage is not None and self._ready("mark_all") is not None:
            order = self.goals.order
            self.triage.toggle_marks([order.at(row) for row in range(len(order))])
            self._say_marks(self.triage.marked)

    def _say_marks(self, marked: Collection[str]) -> None:
        self.show_marks()
        ids = ("goal.close", "goal.note", "goal.status", "board.later", "goal.undo")
        acts = ", ".join(f"{key(id_)} {id_.partition('.')[2]}" for id_ in ids)
        told = f"{count(len(marked), 'goal')} marked: {acts}; {key('board.back')} forgets"
        self.say(told if marked else "no mark")

    def action_later(self) -> None:
        goal = self._ready("later")
        if self.triage is None:
            return
        if put_off := self.triage.put_off_marked():
            self.action_view(self.goals.order.view.digit)
            shown, change = ("it", "it changes") if put_off == 1 else ("them", "they change")
            there = f"{key('board.all')} shows {shown}, there {key('board.later')} takes one up"
            self._say_later(f"{count(put_off, 'marked goal')} later, until ", change, f"; {there}")
            self.show_marks()
            return
        if goal is None:
            return
        if goal.closed:
            self.say("the goal is closed, and needs nobody", bad=True)
            return
        later = self.triage.put_off(goal.id)
        self.triage.marked.discard(goal.id)
        self.action_view(self.goals.order.view.digit)
        name = clip(safe(goal.description), 40)
        shown = f"{key('board.all')} shows it, there {key('board.later')} takes it up"
        if later:
            self._say_later("later, until ", "it changes", f": {name}; {shown}")
        else:
            self._say_later(f"taken up: {name}")

    def _say_later(self, text: str, until: str = "", rest: str = "") -> None:
        """Say what was put off, or taken up; and, once, why it can't be kept over the end of the console."""
        memory = self.host.memory
        if memory.trouble and not memory.told:
            memory.told = True
            self.say(f"this holds until you quit: {safe(memory.trouble)}", bad=True)
        else:
            self.say(text + (until if not memory.trouble else until and "you quit") + rest)

    def action_close(self) -> None:
        self._several("CloseSeveral", super().action_close)

    def action_note(self) -> None:
        self._several("NoteSeveral", super().action_note)

    def action_status(self) -> None:
        self._several("StatusSeveral", super().action_status)

    def _several(self, dialog: str, one: Callable[[], None]) -> None:
        """Act on the goals that are marked, or on the one under the cursor where none is."""
        triage = self.triage
        marked = sorted(triage.marked) if triage is not None else []
        goals = [goal for goal_id in marked if (goal := self.goal(goal_id)) is not None]
        if triage is None or not goals:
            one()
            return
        from tui.screens import dialogs

        kind: type[dialogs.SeveralDialog] = getattr(dialogs, dialog)
        self.show(kind(goals, self._together(triage)))

    def _together(self, triage: Triage) -> Callable[[str, int], None]:
        tell = triage.together()

        def did(goal_id: str, before: int) -> None:
            tell(goal_id, before)
            # Its mark is gone, of which the row may have been drawn too early to know.
            self.show_marks()

        return did

    def action_undo(self) -> None:
        triage = self.triage
        numbers = triage.to_undo() if triage is not None else {}
        if triage is None or not numbers:
            super().action_undo()
        elif (why := self.why_not("add")) is not None:
            self.say(why, bad=True)
        elif len(numbers) == 1 and not triage.marked.issuperset(numbers):
            # Of several, one was changed: it is asked about as a change to one.
            self.host.work(self._undo(*numbers), keys_wait=True)
        else:
            self.host.work(self._undo_several(triage, numbers), keys_wait=True)

    def _to_undo(self) -> Goal | None:
        # What was done last, where the goal went from sight with that; offered once, and then the cursor is meant.
        store = self.host.store
        goal = self.goal(store.last_made) if store is not None else None
        if store is None or goal is None or not store.is_own(goal) or self.goals.row_of(goal.id) is not None:
            return super()._to_undo()
        return goal if self._offered != (goal.id, store.revision(goal.id)) else super()._to_undo()

    async def _undo(self, goal_id: str) -> None:
        store = self.host.store
        self._offered = (goal_id, store.revision(goal_id) if store is not None else 0)
        await super()._undo(goal_id)

    async def _undo_several(self, triage: Triage, numbers: dict[str, int]) -> None:
        store = self.host.store
        assert store is not None  # noqa: S101 - there are goals to undo
        from tui.screens.dialogs import UndoSeveral

        goals = [goal for goal_id in numbers if (goal := self.goal(goal_id)) is not None]
        marked = triage.marked.issuperset(numbers)
        dialog = UndoSeveral(goals, self._together(triage), numbers, marked=marked, no=triage.forget)
        try:
            await dialog.read(store)
        except GoalStoreError as error:
            self.say(str(error), bad=True)
        else:
            self.ask(dialog)
