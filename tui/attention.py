"""The bell: something that another did came to need the operator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

from store import GoalStoreError
from tui.needs import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

    from store import Event, Goal, GoalStore

_MOST: Final = 100
"""Events that are looked at for one bell."""


class Ringer(Protocol):
    """What the app does for it."""

    def bell(self) -> None:
        """Ring."""
        ...

    def work(self, job: Coroutine[Any, Any, None]) -> None:
        """Run a job."""
        ...

    def set_timer(self, delay: float, callback: Callable[[], None]) -> object:
        """Call something after some seconds."""
        ...


class Attention:
    """Listens to what changes, from when it is made, rings, and says what for."""

    AFTER: ClassVar[float] = 0.2
    """Seconds after a change before it listens, so that what was done here is known to be."""
    RINGS: ClassVar[float] = 1.0
    """Seconds between two bells."""

    def __init__(self, store: GoalStore, app: Ringer, tell: Callable[[str], None]) -> None:
        """Begin to listen; ``tell`` is given the news for screens that don't show it, and nothing when it is old."""
        self.listening = False
        """Whether it looks into a change, or has just rung."""
        self._store = store
        self._app = app
        self._tell = tell
        self._heard = store.seq
        self._told: str | None = None

    def changed(self, goal_ids: Iterable[str]) -> None:
        """Take in that goals changed."""
        ids = set(goal_ids)
        if self._told in ids and not self._needs_you(self._told):
            self._told = None
            self._tell("")
        if not self.listening and any(map(self._needs_you, ids)):
            self.listening = True
            self._app.set_timer(self.AFTER, lambda: self._app.work(self._listen()))

    def _needs_you(self, goal_id: str) -> bool:
        goal = self._store.get(goal_id)
        return goal is not None and kind_of(goal).needs_you

    async def _listen(self) -> None:
        """Ring if a goal came to need the operator, and listen no more for a moment."""
        goal = await self._news()
        if goal is None:
            self.listening = False
            return
        self._app.bell()
        self._told = goal.id
        self._tell(f"needs you: {kind_of(goal).name} {goal.description}")
        self._app.set_timer(self.RINGS, self._listen_again)

    def _listen_again(self) -> None:
        self.listening = False

    async def _news(self) -> Goal | None:
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
