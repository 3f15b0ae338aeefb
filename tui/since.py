"""Since when a goal needs the operator: from its history, asked for in the background, one goal at a time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NamedTuple

from store import GoalNotFound, GoalStoreError
from tui.needs import Kind, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from store import Goal, GoalStore, Revision

_PAGE: Final = 16
"""Revisions that are read at once; nearly every need began within the last few."""
_TELL: Final = 0.1
"""Seconds in which what was learned is gathered before anybody is told."""


def began(revisions: Sequence[Revision]) -> datetime:
    """Return when the goal came to want what it wants now: the newest unbroken run of revisions of the same kind.

    Args:
        revisions: at least one, oldest first.

    """
    return revisions[_start(revisions)].at


def _start(revisions: Sequence[Revision]) -> int:
    """Return the index where the newest run of the same kind begins."""
    kind, start = kind_of(revisions[-1].goal), len(revisions) - 1
    while start and kind_of(revisions[start - 1].goal) is kind:
        start -= 1
    return start


class _Known(NamedTuple):
    kind: Kind
    number: int
    """The revision that this was judged by."""
    since: datetime


class Since:
    """Since when each goal has needed the operator. Goals that need nobody cost nothing.

    What a single change did is known at once; where several went by unseen (when the console opens, after a
    burst), `learn` asks the history, and until then a goal's last change stands for it.
    """

    def __init__(self, store: GoalStore) -> None:
        """Know nothing yet; `changed` with every open goal is how it begins."""
        self._store = store
        self._known: dict[str, _Known] = {}
        # In the order in which they were asked for.
        self._wanted: dict[str, None] = {}
        self._learning = False

    def of(self, goal: Goal) -> datetime:
        """Return since when a goal has wanted what it wants; its last change where that is not known (yet)."""
        known = self._known.get(goal.id)
        return goal.updated if known is None else known.since

    @property
    def unknown(self) -> int:
        """How many goals wait for `learn`."""
        return len(self._wanted)

    def changed(self, goal_ids: Iterable[str]) -> None:
        """Take in that goals changed, came or went."""
        for goal_id in goal_ids:
            goal = self._store.get(goal_id)
            kind = None if goal is None else kind_of(goal)
            if goal is None or kind is None or not kind.needs_you:
                self._known.pop(goal_id, None)
                self._wanted.pop(goal_id, None)
                continue
            number, known = self._store.revision(goal_id), self._known.get(goal_id)
            if known is not None and number - known.number in (0, 1):
                same = kind is known.kind
                since = known.since if same else goal.updated
                if not same:
                    self._wanted.pop(goal_id, None)
            else:
                since = goal.updated
                if number > 1:
                    self._wanted[goal_id] = None
            self._known[goal_id] = _Known(kind, number, since)

    async def learn(self, tell: Callable[[frozenset[str]], None]) -> None:
        """Ask the history about every goal that is not known, one at a time; again and again does no harm.

        Where the palace can't be read it stops; the next call goes on.

        Args:
            tell: is told, some ten times a second, of which goals more is known now.

        """
        if self._learning:
            return
        self._learning = True
        learned: set[str] = set()
        told = time.monotonic()
        try:
            while self._wanted:
                goal_id = next(iter(self._wanted))
                if await self._ask(goal_id):
                    learned.add(goal_id)
                if learned and time.monotonic() - told >= _TELL:
                    tell(frozenset(learned))
                    learned.clear()
                    told = time.monotonic()
        except GoalStoreError:
            # The board says it in its own words.
            pass
        finally:
            self._learning = False
        if learned:
            tell(frozenset(learned))

    async def _ask(self, goal_id: str) -> bool:
        """Learn about one goal, and return whether that is something new."""
        asked = self._known[goal_id]
        try:
            revisions = await self._newest_run(goal_id)
        except GoalNotFound:
            revisions = []
        if self._known.get(goal_id) is not asked:
            # It changed meanwhile; if it is still wanted, it is asked again.
            return False
        self._wanted.pop(goal_id, None)
        if not revisions or kind_of(revisions[-1].goal) is not asked.kind:
            return False
        since = began(revisions)
        self._known[goal_id] = asked._replace(since=since)
        return since != asked.since

    async def _newest_run(self, goal_id: str) -> list[Revision]:
        """Return revisions from the beginning of the newest run, or before it, to the newest; inner ones left out."""
        revisions: list[Revision] = []
        before = None
        while True:
            page = await self._store.history(goal_id, limit=_PAGE, before=before)
            # What lies between the run's beginning and its end says nothing more.
            revisions = [*page, *(revisions[:1] + revisions[-1:])]
            if not page or page[0].number <= 1 or _start(revisions):
                return revisions
            before = page[0].number
