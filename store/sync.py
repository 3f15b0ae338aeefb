"""The store without an event loop: what one-shot verbs call, and what `store.goals.GoalStore` runs in threads."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from store.cache import GoalCache
from store.commit import Commit, Imported
from store.errors import CacheError, PalaceUnavailable
from store.goals_json.set_aside import SetAside
from store.keeper import Keeper
from store.model import Goal
from store.palace import DEFAULT_PALACE, Hurried, Palace, StoredRevision, Transaction
from store.reading import Reading
from store.revisions import Revision, read_revisions
from store.sqlite import SqlitePalace
from store.text import check_not_blank, check_text
from store.transfer import check_import, name_entries, say_taken_over
from store.transitions import Intent
from store.watch import Watch

T = TypeVar("T")

MAX_ACTOR = 200
"""Characters of an actor's name."""
_RETRY = 0.5
"""Seconds between two attempts to heal."""


def utc_now() -> datetime:
    """Return the time; the clock that a store has unless it is given another."""
    return datetime.now(UTC)


class SyncStore(Reading):
    """One palace with its cache and its map in memory. Safe to call from several threads."""

    def __init__(
        self,
        root: Path,
        *,
        palace: str | Palace = DEFAULT_PALACE,
        clock: Callable[[], datetime] = utc_now,
        actor: str = "unknown",
    ) -> None:
        """Name everything; nothing is opened or made before `start`.

        Raises:
            InvalidInput: the palace's name or the actor's is none.

        """
        check_not_blank("actor", actor)
        check_text("actor", actor, chars=MAX_ACTOR)
        self.root = root
        self.clock = clock
        super().__init__(SqlitePalace(root, palace) if isinstance(palace, str) else palace)
        self.cache = GoalCache(root, self.palace.name)
        self.whole = True
        """Whether all goals are known: with `start` in a hurry, only those that sessions work on are at first."""
        self.notices: deque[str] = deque(maxlen=20)
        """What a person should know and no operation failed over, oldest first."""
        self.made: deque[tuple[str, datetime]] = deque(maxlen=1_000)
        """The changes last made through this store: which goal, and its time since."""
        self.on_change: Callable[[frozenset[str]], None] = lambda _: None
        """Told which goals changed, from any thread; an empty set says that the store's own condition did."""
        self.on_whole: Callable[[], None] = lambda: None
        """Told when all goals are known that were not, from any thread."""
        self._commit = Commit(self.palace.name, actor, clock)
        self.set_aside = SetAside(root, self.palace.name)
        self._keeper = Keeper(
            self.palace.folder, self.cache, self.set_aside, say=self._say, has=self._has, lacks=self.lacks
        )
        self._palace_id = self._first_id = ""
        self._to_make = False
        """Whether there was no palace at the start, and none could be made."""
        self._next_heal = 0.0
        self._catching_up = threading.RLock()
        self._keeping = threading.Lock()

    @classmethod
    @contextmanager
    def open(
        cls,
        root: Path,
        *,
        palace: str | Palace = DEFAULT_PALACE,
        clock: Callable[[], datetime] = utc_now,
        actor: str = "unknown",
        create: bool = True,
    ) -> Iterator[Self]:
        """Open a store for as long as the block lasts; see `start` for ``create`` and for what is raised."""
        with cls(root, palace=palace, clock=clock, actor=actor) as store:
            store.start(create=create)
            yield store

    def start(self, *, create: bool = True, hurry: bool = False) -> None:
        """Read the palace, or the cache where the palace can't be read; with ``create`` there is a palace afterwards.

        Without ``create`` nothing is made or changed: a palace that isn't there is an empty one, or what its cache
        holds. In a ``hurry`` a large palace is read only in part, and `complete` reads the rest: see `whole`.

        Raises:
            CacheError: the palace can't be read, and the cache neither.

        """
        try:
            self._there = self._asked(lambda: self.palace.open(create=create))
            if self._there and not (hurry and self._peek()):
                self._rebuild()
            if create and self.book.seen == 0:
                self._adopt()
        except PalaceUnavailable as error:
            self.degraded = error.reason
            self._to_make = create and self._is_absent()
        if self.degraded or self.book.seen == 0:
            self._fill_from_cache(needed=self.degraded is not None or not create)
            if self.degraded is None and not self._there and self.book.ids():
                said = f"there is no palace {self.palace.name!r}: these are the goals that {self.cache.path} last held"
                self.notices.append(said)

    def complete(self) -> None:
        """Read what `start` left out in its hurry. Never raises a store error; what can't be read now, healing will."""
        try:
            # Nobody may take in what is newer while an older view of everything is on its way.
            with self._catching_up:
                if not self.whole:
                    known = set(self.book.ids())
                    if changed := self._rebuild() & known:
                        self.on_change(changed)
        except PalaceUnavailable as error:
            self._degrade(error.reason)

    def exists(self) -> bool:
        """Return whether there is something of this palace on the disk, if only its cache."""
        return self.palace.folder.exists() or self.cache.path.exists()

    def __enter__(self) -> Self:
        """Return the store itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Let go of the palace, and of the cache if this is its keeper; `leave` first brings it up to date."""
        self._keeper.release()
        self.palace.close()

    @property
    def replaced(self) -> bool:
        """Whether another palace is by now where the one was that was opened."""
        return self._palace_id != self._first_id

    @property
    def cache_problem(self) -> str | None:
        """Why the cache can't be written at this moment."""
        return self._keeper.problem

    # Changes

    def apply(self, intent: Intent, request_id: str | None = None) -> Goal:
        """Carry out an operation and return the goal as committed; durable when it returns.

        Raises:
            GoalStoreError: what the operation refuses; `PalaceUnavailable` where the palace can't take it.

        """
        return self._transact(lambda tx: self._commit.apply(tx, intent, request_id))

    def import_goals(self, goals: Sequence[Goal], request_id: str | None = None) -> Imported:
        """Take in goals from elsewhere, all or nothing, as they are; the same ones again are skipped.

        Raises:
            InvalidInput: one is over a limit, or its id is there with other content; entry and field are named.
            PalaceUnavailable: the palace can't take it.

        """
        check_import(goals)
        return self._transact(lambda tx: self._commit.take_in(tx, goals, request_id))

    # Keeping up

    def catch_up(self) -> list[StoredRevision]:
        """Take in what was committed since, by anyone, tell of it, and return it in order.

        Raises:
            PalaceUnavailable: the palace can't be read; the map is as it was.

        """
        # One at a time, so that what is told is told in the order in which it was committed.
        with self._catching_up:
            batch = self._asked(lambda: self.palace.since(self.book.seen))
            if batch.seq < self.book.seen:
                # Somebody put back an older copy of the palace in place.
                self.on_change(self._rebuild())
                return []
            changed = self.book.absorb(batch)
            if changed:
                self.on_change(changed)
            return [row for row in batch.revisions if row.drawer in changed]

    def keep(self) -> None:
        """Bring the cache up to date, if nobody else keeps it; may take as long as writing all goals does."""
        # Two threads that wrote it at once would each take the other's for a stranger's.
        with self._keeping:
            if not self.must_keep:
                return
            problem = self.cache_problem
            try:
                if self._keeper.acquire():
                    self._keeper.tend(self.book, self._palace_id)
            except PalaceUnavailable as error:
                # Whether the file may be written over can't be asked.
                self._degrade(error.reason)
            if self.cache_problem != problem:
                self.on_change(frozenset())

    @property
    def must_keep(self) -> bool:
        """Whether `keep` may have something to do."""
        return self.whole and self.degraded is None and self._keeper.is_due(self.book)

    def follow(self) -> Iterator[list[Revision]]:
        """Yield what is committed from now on, in order, often nothing; goes on while the palace is unavailable."""
        for _ in Watch(self.palace.folder):
            yield read_revisions(self.look())

    def look(self) -> list[StoredRevision]:
        """Catch up, or heal where that is due, and return what was committed since. Never raises a store error."""
        try:
            if self._there and self.degraded is None:
                return self.catch_up()
            if time.monotonic() >= self._next_heal:
                return self._heal()
        except PalaceUnavailable as error:
            self._degrade(error.reason)
        return []

    def leave(self) -> None:
        """Before leaving: see to it that the cache is what was committed, here or by whoever keeps it."""
        self.complete()
        try:
            while self._there and self.degraded is None and self._keeper.acquire():
                try:
                    self.catch_up()
                    self._keeper.tend(self.book, self._palace_id, last=True)
                finally:
                    self._keeper.release()
                # Whoever committed while we held the lock left the cache to us.
                if self._keeper.problem or not (self.catch_up() or self._keeper.is_behind(self.book)):
                    return
        except PalaceUnavailable as error:
            self._degrade(error.reason)

    def _transact(self, change: Callable[[Transaction], T]) -> T:
        self._require_palace()
        making: list[tuple[str, datetime]] = []

        def noted(tx: Transaction) -> T:
            result = change(tx)
            # Before the commit, which others may tell of at once.
            if isinstance(result, Goal):
                making.append((result.id, result.updated))
                self.made.append(making[-1])
            return result

        try:
            result = self._asked(lambda: self.palace.transact(noted))
        except PalaceUnavailable:
            for one in making:
                with suppress(ValueError):
                    self.made.remove(one)
            self._examine()
            raise
        try:
            self.catch_up()
        except PalaceUnavailable as error:
            # It is durable all the same: refusing now would make the caller do it twice.
            self._degrade(error.reason)
        return result

    def _examine(self) -> None:
        """After a failed change: was it that change, or can the palace take none?"""
        try:
            self._asked(self.palace.require_writable)
        except PalaceUnavailable as error:
            self._degrade(error.reason)

    def _degrade(self, reason: str) -> None:
        self._next_heal = time.monotonic() + _RETRY
        if reason != self.degraded:
            self.degraded = reason
            self.on_change(frozenset())

    def _heal(self) -> list[StoredRevision]:
        """Try to go on with the palace that is there now, and return what it has that is new."""
        self._next_heal = time.monotonic() + _RETRY
        if not self._asked(lambda: self.palace.open(create=self._to_make)):
            if self._there:
                self._degrade("the palace is gone")
            return []
        self._asked(self.palace.require_writable)
        seen, known = self.book.seen, self._palace_id
        if self._to_make:
            self._adopt()
            self._to_make = False
        changed = self._rebuild()
        self._there, self.degraded = True, None
        another = known not in ("", self._palace_id)
        if another:
            said = "another one than before: if that was not meant, put the old files back"
            said = said if self.replaced else "the one again that it was at first"
            self.notices.append(f"palace {self.palace.name!r} is {said}")
        # Goals from the cache had no revisions, those of another palace others.
        self.on_change(changed if known == self._palace_id else frozenset(self.book.ids()))
        if another:
            return []
        return self._asked(lambda: self.palace.since(seen)).revisions

    def _rebuild(self) -> frozenset[str]:
        """Take the palace for the whole truth, and return the ids of what is different now."""
        self._identify()
        changed = self.book.rebuild(self._asked(self.palace.newest))
        if not self.whole:
            self.whole = True
            self.on_whole()
        return changed

    def _peek(self) -> bool:
        """Know the goals that sessions work on, where reading all takes a while; return whether it is so."""
        batch = self._asked(self.palace.at_work) if isinstance(self.palace, Hurried) else None
        if batch is None or not batch.revisions:
            return False
        self._identify()
        _ = self.book.rebuild(batch)
        self.whole = False
        return True

    def _identify(self) -> None:
        self._palace_id = self._asked(self.palace.identity)
        self._first_id = self._first_id or self._palace_id

    def _is_absent(self) -> bool:
        # One that can't be read is not absent, nor when it is taken away later: somebody may be putting a copy there.
        in_the_way = os.path.lexists(self.palace.folder) and not self.palace.folder.is_dir()
        try:
            return not in_the_way and not self._asked(lambda: self.palace.open(create=False))
        except PalaceUnavailable:
            return False

    def _say(self, notice: str) -> None:
        self.notices.append(notice)
        self.on_change(frozenset())

    def _has(self, seq: int, committed: str) -> bool:
        rows = self._asked(lambda: self.palace.recent(limit=1, before=seq + 1))
        return [(row.seq, row.committed) for row in rows] == [(seq, committed)]

    def _adopt(self) -> None:
        try:
            found = self.cache.read()
        except CacheError as error:
            self.notices.append(f"goals.json is not taken over: {error.reason}; it will be set aside: {error.path}")
            return
        taken = True
        if found.goals:
            taken = self._asked(lambda: self.palace.transact(lambda tx: self._commit.adopt(tx, found.goals)))
            self.catch_up()
        if taken:
            self.notices.extend(say_taken_over(found, self.cache.path))

    def _fill_from_cache(self, *, needed: bool) -> None:
        try:
            contents = self.cache.read()
        except CacheError as error:
            if needed and self.degraded:
                because = f"it is needed because palace {self.palace.name!r} can't be used: {self.degraded}"
                raise CacheError(error.path, f"{error.reason}; {because}", error.next) from error
            if needed:
                raise
            return
        unreadable = {goal_id: f"{self.cache.path}, {entry}" for goal_id, entry in contents.by_id().items()}
        self.book.fill(contents.goals, unreadable)
        if rest := [entry for entry in contents.bad if entry.goal_id not in unreadable]:
            self.notices.append(f"{self.cache.path} holds what can't be read: {name_entries(rest)}")
