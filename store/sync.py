"""The store without an event loop: what one-shot verbs call, and what `store.goals.GoalStore` runs in threads."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from store.cache import GoalCache
from store.commit import Commit, Imported
from store.errors import CacheError, GoalNotFound, InvalidInput, PalaceUnavailable
from store.goals_json.set_aside import SetAside
from store.health import Health
from store.keeper import Keeper
from store.model import Goal
from store.palace import DEFAULT_PALACE, Palace, Transaction
from store.revisions import Revision, read_revisions
from store.sqlite import SqlitePalace
from store.text import check_not_blank, check_text, check_type
from store.transfer import check_import, list_goals, name_entries, say_taken_over
from store.transitions import Intent
from store.watch import Watch

T = TypeVar("T")

MAX_ACTOR = 200
"""Characters of an actor's name."""


def utc_now() -> datetime:
    """Return the time; the clock that a store has unless it is given another."""
    return datetime.now(UTC)


class SyncStore(Health):
    """One palace with its cache and its map in memory. Safe to call from several threads."""

    def __init__(
        self,
        root: Path,
        *,
        palace: str | Palace = DEFAULT_PALACE,
        clock: Callable[[], datetime] = utc_now,
        actor: str = "unknown",
        shared_root: bool = False,
    ) -> None:
        """Name everything; nothing is opened or made before `start`. See `SqlitePalace` for ``shared_root``.

        Raises:
            InvalidInput: the palace's name or the actor's is none, or an argument is of the wrong type.

        """
        check_type("root", root, Path, "a Path")
        check_type("palace", palace, str | Palace, "a palace, nor the name of one")
        if not callable(clock):
            raise InvalidInput("clock", f"is {type(clock).__name__}, not a function", "give one that tells the time")
        check_not_blank("actor", actor)
        check_text("actor", actor, chars=MAX_ACTOR)
        self.root = root
        self.clock = clock
        super().__init__(SqlitePalace(root, palace, shared_root=shared_root) if isinstance(palace, str) else palace)
        if isinstance(self.palace, SqlitePalace):
            self.palace.say = self._say
        self.cache = GoalCache(root, self.palace.name)
        self.made: deque[tuple[str, datetime]] = deque(maxlen=1_000)
        """The changes last made through this store: which goal, and its time since."""
        self._commit = Commit(self.palace.name, actor, clock)
        self.set_aside = SetAside(root, self.palace.name)
        self._keeper = Keeper(
            self.palace.folder, self.cache, self.set_aside, say=self._say, has=self._has, lacks=self.lacks
        )
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
        shared_root: bool = False,
    ) -> Iterator[Self]:
        """Open a store for as long as the block lasts; see `start` for ``create`` and for what is raised."""
        with cls(root, palace=palace, clock=clock, actor=actor, shared_root=shared_root) as store:
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
            self._writes = create
            self._there = self._asked(lambda: self.palace.open(create=create))
            if self._there and not (hurry and self._peek()):
                self._rebuild()
            refusal = self._refusal()
            if refusal is not None:
                self.degraded, self.read_only = refusal, True
            elif create and self.book.seen == 0:
                self._adopt()
        except PalaceUnavailable as error:
            self.degraded = error.reason
            self._to_make = create and self._is_absent()
        if (self.degraded and not self.read_only) or self.book.seen == 0:
            self._fill_from_cache(needed=self.degraded is not None or not create)
            if self.degraded is None and not self._there and self.book.ids():
                said = f"there is no palace {self.palace.name!r}: these are the goals that {self.cache.path} last held"
                self.notices.append(said)

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
    def cache_problem(self) -> str | None:
        """Why the cache can't be written at this moment."""
        return self._keeper.problem

    # Changes

    def resolve(self, prefix: str, request_id: str | None = None) -> str:
        """Return the one id that ``prefix`` means, or meant when this request was carried out: it may be sent again.

        Raises:
            GoalNotFound: none begins with it, or several do; it is empty.
            InvalidInput: ``request_id`` is none.
            PalaceUnavailable: the palace can't say whether it was carried out.

        """
        try:
            return super().resolve(prefix)
        except GoalNotFound as error:
            if request_id is not None and error.candidates:
                goal_id = self._transact(lambda tx: self._commit.answered_about(tx, request_id))
                if goal_id is not None and goal_id.startswith(prefix):
                    return goal_id
            raise

    def apply(self, intent: Intent, request_id: str | None = None) -> Goal:
        """Carry out an operation and return the goal as committed; durable when it returns.

        Raises:
            GoalStoreError: what the operation refuses; `PalaceUnavailable` where the palace can't take it.

        """
        return self._transact(lambda tx: self._commit.apply(tx, intent, request_id))

    def import_goals(self, goals: Iterable[Goal], request_id: str | None = None) -> Imported:
        """Take in goals from elsewhere, all or nothing, as they are; the same ones again are skipped.

        Raises:
            InvalidInput: one is over a limit, or its id is there with other content; entry and field are named.
            PalaceUnavailable: the palace can't take it.

        """
        # Any iterable, which may be gone through once.
        listed = list_goals(goals)
        check_import(listed)
        return self._transact(lambda tx: self._commit.take_in(tx, listed, request_id))

    # Keeping up

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
        self._require_palace(to_write=True)
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

    def _say(self, notice: str) -> None:
        self.notices.append(notice)
        self.on_change(frozenset())

    def _adopt(self) -> None:
        try:
            found = self.cache.read()
        except CacheError as error:
            self.notices.append(f"goals.json was not taken over: {error.reason}: {error.path}")
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
