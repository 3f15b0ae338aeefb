"""The bell: something that another did came to need the operator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from store import GoalStoreError
from tui.needs import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from store import Event, Goal, GoalStore

_MOST: Final = 100
"""Events that are looked at for one bell."""


class Attention:
    """Knows up to where it has listened, and so what is news."""

    def __init__(self, store: GoalStore) -> None:
        """Begin to listen."""
        self._store = store
        self._heard = store.seq

    def may_be_news(self, goal_ids: Iterable[str]) -> bool:
        """Return whether it is worth listening: one of these goals needs the operator now."""
        goals = map(self._store.get, goal_ids)
        return any(goal is not None and kind_of(goal).needs_you for goal in goals)

    async def news(self) -> Goal | None:
        """Return the goal that came to need the operator last since this was asked, through another's change."""
        heard, self._heard = self._heard, self._store.seq
        try:
            events = await self._store.activity(_MOST, self._heard + 1)
        except GoalStoreError:
            # The palace is gone; the banner says so, and what happens meanwhile is told when it is back.
            self._heard = heard
            return None
        came = [event for event in events if event.seq > heard and self._came_to_need(event)]
        return max(came, key=lambda event: event.seq).revision.goal if came else None

    def _came_to_need(self, event: Event) -> bool:
        if event.before is not None and kind_of(event.before).needs_you:
            return False
        return kind_of(event.revision.goal).needs_you and not self._store.is_own(event.revision.goal)
