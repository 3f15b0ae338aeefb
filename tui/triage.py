"""What the operator knows of the goals beside the palace: since when they wait, what is new, put off, marked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from store import what_changed
from tui.seen import look_back
from tui.since import Since

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from store import Goal, GoalStore
    from tui.seen import Memory, Seen

_NEVER: Final = datetime.min.replace(tzinfo=UTC)


class Triage:
    """One operator's view of the goals of one store."""

    def __init__(self, store: GoalStore, memory: Memory) -> None:
        """Remember what was seen and put off; the rest begins empty, to be told of goals by `meet`."""
        self.fresh: set[str] = set()
        """Goals that changed since the operator saw them."""
        self.marked: set[str] = set()
        """Goals that the next action is meant for."""
        self._store = store
        self._memory = memory
        self._since = Since(store)
        # What one action did to several goals: the revision of each that came of it, and what it did last.
        self._together: dict[str, int] = {}
        self._last = ("", 0)
        self._seen = memory.load()
        self._opened_at = self._seen.seq
        # Those that are put off, as they were then.
        self._off: dict[str, Goal] = {}
        # The numbers of the revisions in which they only said the same again.
        self._again: dict[str, int] = {}
        # Up to where the palace was known when they changed; not those that had changed before.
        self._changed_at: dict[str, int] = {}

    def since(self, goal: Goal) -> datetime:
        """Return since when a goal has wanted what it wants."""
        return self._since.of(goal)

    def why(self, goal: Goal) -> str | None:
        """Return the note that says why it does, where one came with that, and is known."""
        return self._since.why(goal)

    def asked_at(self, goal_id: str) -> datetime | None:
        """Return when it last changed what a goal asks for; see `store.judge`."""
        return self._store.asked_at(goal_id)

    def meet(self, goal_ids: Iterable[str]) -> None:
        """Take in that there are these goals."""
        ids = list(goal_ids)
        self._since.changed(ids)
        self._off |= {goal_id: goal for goal_id in ids if self.is_later(goal_id) and (goal := self._store.get(goal_id))}

    def changed(self, goal_ids: Iterable[str], under: str | None) -> None:
        """Take in that goals changed; the one under the cursor is seen as it happens, and one's own work is known."""
        ids = set(goal_ids)
        self._since.changed(ids)
        own = {goal_id for goal_id in ids if (goal := self._store.get(goal_id)) and self._store.is_own(goal)}
        fresh = ids - {under} - self._still_off(ids)
        self.fresh |= fresh
        self._changed_at |= dict.fromkeys(fresh, self._store.seq)
        self.fresh -= own
        # In place: a dialog that acts on the marked goals takes their marks off one by one.
        self.marked -= {goal_id for goal_id in self.marked if not self._store.revision(goal_id)}

    def _still_off(self, ids: set[str]) -> set[str]:
        """Return those of the goals that changed that stay put off: a session said again what it had said before."""
        still = set()
        for goal_id in ids & self._off.keys():
            goal = self._store.get(goal_id)
            if goal is not None and not what_changed(self._off[goal_id], goal):
                still.add(goal_id)
                # Kept when the operator leaves: sessions may say it many times a second.
                self._again[goal_id] = self._store.revision(goal_id)
                self._seen = self._seen.put_off(goal_id, self._again[goal_id])
            else:
                self._let_go(goal_id)
        return still

    def is_later(self, goal_id: str) -> bool:
        """Return whether a goal was put off, and nothing of it is another since."""
        return self._seen.hides(goal_id, self._store.revision(goal_id))

    def later(self) -> Iterable[str]:
        """Return the goals that were put off, some of which may have changed since."""
        return self._seen.later

    def put_off(self, goal_id: str) -> bool:
        """Put a goal off, or take it up again; return whether it is put off now."""
        if self.is_later(goal_id):
            self._let_go(goal_id)
            self._change(lambda seen: seen.taken_up(goal_id))
            return False
        if (goal := self._store.get(goal_id)) is not None:
            self._put_off([goal])
        return True

    def _let_go(self, goal_id: str) -> None:
        # Another console may put it off anew, as it is by then.
        self._off.pop(goal_id, None)
        self._again.pop(goal_id, None)

    def _put_off(self, goals: Sequence[Goal]) -> None:
        numbers = {goal.id: self._store.revision(goal.id) for goal in goals}
        self._off |= {goal.id: goal for goal in goals}
        self._change(lambda seen: seen._replace(later={**seen.later, **numbers}))

    def _change(self, how: Callable[[Seen], Seen]) -> None:
        def change(seen: Seen) -> Seen:
            later = {key: max(number, self._again.get(key, 0)) for key, number in seen.later.items()}
            return how(seen._replace(later=later))

        self._seen = self._memory.change(change)

    def put_off_marked(self) -> int:
        """Put off the goals that are marked, and take their marks away; return how many, of which none was closed."""
        marked = [goal for goal_id in self.marked if (goal := self._store.get(goal_id)) and not goal.closed]
        self._put_off(marked)
        self.marked.clear()
        return len(marked)

    def toggle_mark(self, goal_id: str) -> None:
        """Mark a goal, or take the mark away."""
        self.marked ^= {goal_id}
        self.forget()

    def toggle_marks(self, goal_ids: Iterable[str]) -> None:
        """Mark these goals, or take their marks away where all of them have one."""
        ids = set(goal_ids)
        if ids <= self.marked:
            self.marked -= ids
        else:
            self.marked |= ids
        self.forget()

    def together(self) -> Callable[[str, int], None]:
        """Return what one action on the marked goals is to tell of each that it is done with, for `to_undo`.

        Which goal, and the number of the revision that it had before: it may be as it was.
        """
        done: dict[str, int] = {}

        def did(goal_id: str, before: int) -> None:
            self.marked.discard(goal_id)
            number, goal = self._store.revision(goal_id), self._store.get(goal_id)
            if number > before:
                # Where somebody was quicker to change it again, ours is one of those below, and none to undo.
                done[goal_id] = number if goal is not None and self._store.is_own(goal) else number - 1
            self._together, self._last = done, (goal_id, number)

        return did

    def to_undo(self) -> dict[str, int]:
        """Return the goals to undo at once, each with the revision to take back; none if one goal alone is meant.

        Those that were changed at once, if nothing was done from here since; otherwise those that are marked.
        """
        goal_id, number = self._last
        goal = self._store.get(goal_id)
        again = goal is not None and self._store.is_own(goal) and self._store.revision(goal_id) != number
        latest = self._store.last_made == goal_id and not again
        if latest and (len(self._together) > 1 or (self._together and self.marked)):
            return dict(self._together)
        return {goal_id: self._store.revision(goal_id) for goal_id in sorted(self.marked)}

    def forget(self) -> None:
        """Let go of what was done at once: the operator is at something else, or does not want it undone."""
        self._together = {}

    async def learn(self, tell: Callable[[frozenset[str]], None]) -> None:
        """Find out since when goals wait, and tell of those about whom more is known."""
        await self._since.learn(tell)

    async def look_back(self) -> str:
        """Find out what changed since the operator left; return it in a sentence, or nothing.

        Raises:
            PalaceUnavailable: the palace can't be read.

        """
        away = await look_back(self._store, self._seen)
        self.fresh |= away.changed | {goal_id for goal_id in self._seen.unseen if self._store.revision(goal_id)}
        return away.sentence

    def leave(self) -> None:
        """Keep up to where the operator was told, and what was not looked at."""
        seq = self._store.seq

        def left(seen: Seen) -> Seen:
            unseen = self.fresh
            if seen.seq is not None and seen.seq != self._opened_at:
                # Another console was left since this one was opened: what it had looked at by then is seen.
                unseen = {one for one in unseen if one in seen.unseen or self._changed_at.get(one, 0) > seen.seq}
            return seen.left(seq, self._store.revision, unseen)

        self._change(left)


def likely_first(store: GoalStore) -> list[str]:
    """Return the ids of the open goals, first those that will most likely be at the top of the board.

    A guess at a glance, for which no goal is read: the rules are in `tui.needs`.
    """

    def guess(goal_id: str) -> tuple[bool, datetime]:
        return not store.may_have_failed(goal_id), store.updated(goal_id) or _NEVER

    return sorted(store.open_ids(), key=guess)
