"""Reading a goal's past in the background: page by page, and no further back than somebody looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store import GoalStoreError
from tui.past import Past

if TYPE_CHECKING:
    from collections.abc import Callable

    from store import GoalStore


class Reading:
    """What is known of a goal's past, for all that show some of it."""

    def __init__(self, goal_id: str, older: Callable[[Past], bool], tell: Callable[[], None]) -> None:
        """Know nothing yet.

        Args:
            goal_id: which goal.
            older: whether somebody looks at what older revisions tell about.
            tell: is told whenever more is known, or why it is not.

        """
        self.past = Past()
        self.trouble = ""
        """Why no more can be read; empty where it can."""
        self._goal_id = goal_id
        self._older = older
        self._tell = tell
        self._busy = False

    def forget(self, trouble: str) -> None:
        """Know nothing any more: what comes after this trouble may be another palace's."""
        self.past, self.trouble = Past(), trouble

    def wanted(self, store: GoalStore) -> bool:
        """Return whether `read` has anything to do."""
        return not self._busy and (bool(self.trouble) or self._step(store) is not None)

    def _step(self, store: GoalStore) -> tuple[int, int] | None:
        return self.past.wants(store.revision(self._goal_id), older=self._older(self.past))

    async def read(self, store: GoalStore, there: Callable[[], bool]) -> None:
        """Read on as far as is wanted, while somebody is ``there``; where it is read already, that goes on."""
        if self._busy:
            return
        self._busy, trouble = True, ""
        try:
            while there() and not store.degraded:
                if store.revision(self._goal_id) < self.past.top:
                    self.past = Past()
                past, step = self.past, self._step(store)
                if step is None:
                    break
                page = await store.history(self._goal_id, *step)
                if past is self.past and there():
                    past.take(*step, page)
                    self.trouble = ""
                    self._tell()
        except GoalStoreError as error:
            trouble = error.message
        finally:
            self._busy = False
        if trouble != self.trouble and there():
            self.trouble = trouble
            self._tell()
