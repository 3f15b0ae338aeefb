"""The map in memory: every goal as the bytes that the palace holds, read into models when asked for."""

from __future__ import annotations

import threading
from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from store.errors import GoalNotFound, InvalidInput
from store.model import Goal, parse_goal
from store.palace import Batch, StoredRevision


class Leaf(NamedTuple):
    """A goal's newest revision."""

    number: int
    """The revision's number; 0 where the goal comes from the cache and not from the palace."""
    text: bytes


class Book:
    """What a store knows at this moment. Changed under its lock; reading needs none, every step being one lookup."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.seen = 0
        """The palace's sequence number up to which everything is in here."""
        self.version = 0
        """Grows with every change, so that a copy can tell whether it is stale."""
        self._leaves: dict[str, Leaf] = {}
        self._ids: list[str] = []
        self._unreadable: dict[str, str] = {}
        self._lock = threading.Lock()

    def rebuild(self, batch: Batch) -> frozenset[str]:
        """Take ``batch`` for the whole truth and return the ids of what is different now."""
        before = self._leaves | {goal_id: Leaf(-1, b"") for goal_id in self._unreadable}
        with self._lock:
            self._unreadable = {row.drawer: row.fault for row in batch.revisions if row.fault}
            self._leaves = {row.drawer: Leaf(row.number, row.text) for row in batch.revisions if not row.fault}
            self._ids = sorted(self._leaves)
            self.seen = batch.seq
            self.version += 1
            after = self._leaves | {goal_id: Leaf(-1, b"") for goal_id in self._unreadable}
        return frozenset(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))

    def absorb(self, batch: Batch) -> frozenset[str]:
        """Take in what is newer and return the ids that it touched."""
        with self._lock:
            changed = frozenset(self._take(row) for row in batch.revisions if row.seq > self.seen)
            self.seen = max(self.seen, batch.seq)
            self.version += bool(changed)
        return changed

    def fill(self, goals: Iterable[Goal]) -> None:
        """Hold goals that come from the cache, because there is no palace to ask."""
        with self._lock:
            self._leaves = {goal.id: Leaf(0, goal.to_text().encode()) for goal in goals}
            self._ids = sorted(self._leaves)
            self.version += 1

    def get(self, goal_id: str) -> Goal | None:
        """Return a goal, or ``None``."""
        leaf = self._leaves.get(goal_id)
        if leaf is None:
            return None
        try:
            return parse_goal(leaf.text)
        except InvalidInput as error:
            # Its checksum is right, so whoever wrote it meant it: a newer goalgate, or no goalgate at all.
            with self._lock:
                self._quarantine(goal_id, f"it is no goal: {error.message}")
            return None

    def all(self) -> list[Goal]:
        """Return every goal, by id."""
        return [goal for goal_id in self.ids() if (goal := self.get(goal_id)) is not None]

    def ids(self) -> list[str]:
        """Return every id, sorted."""
        return self._ids.copy()

    def number(self, goal_id: str) -> int:
        """Return the newest revision's number; 0 for a goal that is not there."""
        leaf = self._leaves.get(goal_id)
        return leaf.number if leaf else 0

    def texts(self) -> tuple[int, list[bytes]]:
        """Return the version, and every goal's wire text by id."""
        with self._lock:
            return self.version, [self._leaves[goal_id].text for goal_id in self._ids]

    def resolve(self, prefix: str) -> str:
        """Return the one id that ``prefix`` means: itself, or the only one that begins with it.

        Raises:
            GoalNotFound: none does, or several do; it is empty.

        """
        ids = self._ids
        if prefix in self._leaves or prefix in self._unreadable:
            return prefix
        start = bisect_left(ids, prefix)
        found = [goal_id for goal_id in ids[start : start + 9] if goal_id.startswith(prefix)]
        if len(found) != 1 or not prefix:
            raise GoalNotFound(prefix, found if prefix else ())
        return found[0]

    @property
    def unreadable(self) -> Mapping[str, str]:
        """The drawers that can't be read, with the reason."""
        return MappingProxyType(self._unreadable)

    def _take(self, row: StoredRevision) -> str:
        if row.fault:
            self._quarantine(row.drawer, row.fault)
            return row.drawer
        self._unreadable.pop(row.drawer, None)
        if row.drawer not in self._leaves:
            insort(self._ids, row.drawer)
        self._leaves[row.drawer] = Leaf(row.number, row.text)
        return row.drawer

    def _quarantine(self, goal_id: str, reason: str) -> None:
        if self._leaves.pop(goal_id, None) is not None:
            self._ids = [other for other in self._ids if other != goal_id]
        self._unreadable = {**self._unreadable, goal_id: reason}
        self.version += 1
