"""`GoalStore`: the store for asyncio and trio, a thin shell around `store.sync` (CONTRACT 6)."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast
from weakref import WeakSet

import anyio
import anyio.lowlevel
import anyio.to_thread

from store.commit import Imported
from store.model import Goal, GoalStatus, SessionLink, SessionUpdate
from store.palace import DEFAULT_PALACE, Palace
from store.revisions import Event, Revision
from store.sync import SyncStore, utc_now
from store.transitions import Create, Edit, Intent, Link, Note, Revert, SetStatus, Supersede, Unlink, Update
from store.watch import Watch

if TYPE_CHECKING:
    from store.findings import Finding

T = TypeVar("T")

_PAGE = 2_000
"""Goals that one step of a search looks at."""


class Changes:
    """A subscription: which goals changed, whoever changed them. Ends when the store is closed.

    What happens between two steps comes in one set. An empty set says that the store's own condition changed:
    `GoalStore.degraded`, `GoalStore.unreadable`, `GoalStore.cache_problem`.
    """

    def __init__(self) -> None:
        """Begin to listen."""
        self._ids: set[str] = set()
        self._told = False
        self._ended = False
        self._event = anyio.Event()

    def tell(self, ids: frozenset[str], *, end: bool = False) -> None:
        """Add to what the next step returns; only on the event loop."""
        self._ids |= ids
        self._told = self._told or not end
        self._ended = self._ended or end
        self._event.set()

    def __aiter__(self) -> Self:
        """Return the subscription itself."""
        return self

    async def __anext__(self) -> frozenset[str]:
        """Return the ids that changed since the last step; waits until there are some."""
        await anyio.lowlevel.checkpoint()
        while not self._told:
            if self._ended:
                raise StopAsyncIteration
            await self._event.wait()
            self._event = anyio.Event()
        ids, self._ids, self._told = frozenset(self._ids), set(), False
        return ids


class GoalStore:
    """The goals of one palace: read from memory, changed by way of the palace's gate."""

    def __init__(self, store: SyncStore) -> None:
        """Use `open`, which also closes."""
        self._store = store
        self._subscribers: WeakSet[Changes] = WeakSet()
        # One at a time, in the order of the calls; the palace has one writer anyway.
        self._turn = anyio.CapacityLimiter(1)
        self._closed = False
        self._ending = threading.Event()
        self._whole = anyio.Event()
        self._post = _poster()

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        root: Path,
        *,
        palace: str | Palace = DEFAULT_PALACE,
        clock: Callable[[], datetime] = utc_now,
        actor: str = "unknown",
        hurry: bool = False,
        shared_root: bool = False,
    ) -> AsyncGenerator[Self]:
        """Open the store of a palace below ``root``, made if it is not there, for as long as the block lasts.

        Args:
            root: the folder that holds palaces and caches.
            palace: a name, or another palace than the embedded one.
            clock: what time it is; any zone.
            actor: who is making the changes.
            hurry: not to wait for all goals of a large palace, but only for those that sessions work on; `whole`
                waits for the rest.
            shared_root: to write it though another side could, too; see `SqlitePalace`.

        Raises:
            InvalidInput: the palace's name or the actor's is none, or an argument is of the wrong type.
            CacheError: the palace can't be read, and the cache neither.

        """
        sync = SyncStore(root, palace=palace, clock=clock, actor=actor, shared_root=shared_root)
        store = cls(sync)
        sync.on_change = lambda ids: store._post(partial(store._tell, ids))
        sync.on_whole = lambda: store._post(store._whole.set)
        watch = Watch(sync.palace.folder)
        # A plain thread, not a task: what the block raises comes out bare, and another task may close the store.
        tender = threading.Thread(target=_tend, args=(sync, watch), name="goalgate-tender", daemon=True)
        try:
            await anyio.to_thread.run_sync(partial(sync.start, hurry=hurry))
            if sync.whole:
                store._whole.set()
            tender.start()
            yield store
        finally:
            store._ending.set()
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(_stop, sync, tender, watch, limiter=store._turn)
            store._closed = True
            store._tell(frozenset(), end=True)

    @property
    def is_whole(self) -> bool:
        """Whether all goals are known, and not only those that sessions work on; see `open`."""
        return self._whole.is_set()

    async def whole(self) -> None:
        """Wait until all goals are known. What is new with that is not told as a change."""
        await self._whole.wait()

    @property
    def degraded(self) -> str | None:
        """Why the palace can't be used, or ``None``: the goals are then those last known, and changes are refused."""
        return self._store.degraded

    @property
    def read_only(self) -> bool:
        """Whether it can be read though it is degraded: the goals are those in it, and only changes are refused."""
        return self._store.read_only

    @property
    def replaced(self) -> bool:
        """Whether another palace is by now in the place of the one that was opened, with histories of its own."""
        return self._store.replaced

    @property
    def unreadable(self) -> Mapping[str, str]:
        """The drawers that can't be read, with the reason; they are left untouched."""
        return self._store.unreadable

    @property
    def cache_problem(self) -> str | None:
        """Why the cache can't be written at this moment, or ``None``; it is tried again by itself."""
        return self._store.cache_problem

    @property
    def notices(self) -> Sequence[str]:
        """What a person should know and no operation failed over (a cache taken over or set aside), oldest first."""
        return tuple(self._store.notices)

    def get(self, goal_id: str) -> Goal | None:
        """Return a goal, or ``None``."""
        return self._store.get(goal_id)

    def all(self) -> list[Goal]:
        """Return every goal, by id."""
        return self._store.all()

    def open_ids(self) -> frozenset[str]:
        """Return the ids of the goals that are not closed."""
        return self._store.book.open_ids()

    def ids(self) -> list[str]:
        """Return every goal's id, sorted."""
        return self._store.book.ids()

    def actor(self, goal_id: str) -> str:
        """Return who made a goal's newest revision; empty where that is not known (it comes from the cache)."""
        return self._store.book.actor(goal_id)

    def asked_at(self, goal_id: str) -> datetime | None:
        """Return when it last changed what a goal asks for; ``None`` where it never did. See `store.judge`."""
        return self._store.asked_at(goal_id)

    def updated(self, goal_id: str) -> datetime | None:
        """Return when a goal last changed, without parsing it: nearly all goals are closed and folded away."""
        return self._store.book.updated(goal_id)

    def may_have_failed(self, goal_id: str) -> bool:
        """Return whether a session of a goal may have failed, without parsing it."""
        return self._store.book.may_have_failed(goal_id)

    def may_mention(self, goal_id: str, words: Sequence[str]) -> bool:
        """Return whether every word may stand somewhere in a goal, without parsing it; see `Book.may_mention`."""
        return self._store.book.may_mention(goal_id, words)

    def names(self, goal_id: str) -> str:
        """Return a goal's description, and its sessions' ids and tasks, a line each, without parsing it."""
        return self._store.book.names(goal_id)

    @property
    def seq(self) -> int:
        """The palace's sequence number up to which everything is known; see `Event.seq`."""
        return self._store.book.seen

    def revision(self, goal_id: str) -> int:
        """Return the number of a goal's newest revision, which `revert` wants; 0 if there is no such goal."""
        return self._store.book.number(goal_id)

    def is_own(self, goal: Goal) -> bool:
        """Return whether a goal was made what it is through this very store, by one of the last thousand changes."""
        return (goal.id, goal.updated) in self._store.made

    @property
    def last_made(self) -> str | None:
        """The goal that was changed last through this very store, if one was."""
        return self._store.made[-1][0] if self._store.made else None

    def changes(self) -> Changes:
        """Subscribe, from this moment, to which goals change; see `Changes`."""
        subscriber = Changes()
        if self._closed:
            subscriber.tell(frozenset(), end=True)
        self._subscribers.add(subscriber)
        return subscriber

    async def history(self, goal_id: str, limit: int | None = None, before: int | None = None) -> list[Revision]:
        """Return a goal's revisions, oldest first: those numbered below ``before``, the newest ``limit`` of them.

        Raises:
            GoalNotFound: there is no such goal.
            PalaceUnavailable: the palace can't be read.

        """
        return await self._run(self._store.history, goal_id, limit, before)

    async def activity(self, limit: int, before: int | None = None) -> list[Event]:
        """Return what happened in the palace, newest first: at most ``limit`` events with a seq below ``before``.

        Raises:
            PalaceUnavailable: the palace can't be read.

        """
        return await self._run(self._store.activity, limit, before)

    async def search(self, text: str) -> AsyncGenerator[list[str]]:
        """Yield the ids of goals that hold ``text`` in evidence or notes, in any case, as they are found.

        Raises:
            PalaceUnavailable: the palace can't be read.

        """
        if self.degraded is None:
            await self.whole()
        ids = self._store.book.ids()
        for start in range(0, len(ids), _PAGE):
            # Each page takes its turn, so that a change never waits for a long search.
            yield await self._run(self._store.search, text, ids[start : start + _PAGE])

    def holds(self, goal_id: str, text: str) -> bool:
        """Return whether a goal, as it is known, holds ``text`` where `search` looks for it: for one that changed."""
        return self._store.holds(goal_id, text)

    async def examine(
        self, progress: Callable[[int, int], None] = lambda _done, _of: None, folders: Sequence[Path] = ()
    ) -> list[Finding]:
        """Return what is wrong with the palace; see `store.doctor.examine`, which reads everything.

        Args:
            progress: is told now and then, on the event loop, how many goals were looked at, of how many.
            folders: where the operator's own files are kept: looked at as well.

        """
        # Out of turn, since it only reads and takes its time: no change waits for it, and neither does the end.
        # Only then, because the console opens sooner without.
        from store.doctor import examine

        def tell(done: int, of: int) -> None:
            self._post(partial(progress, done, of))

        asked = partial(examine, self._store, tell, self._ending.wait, folders)
        return await anyio.to_thread.run_sync(asked, abandon_on_cancel=True)

    async def create(self, description: str, acceptance: Sequence[str] = (), *, request_id: str | None = None) -> Goal:
        """Create a pending goal; see `store.transitions.Create` for what is refused."""
        return await self._apply(Create(description, _criteria(acceptance)), request_id)

    async def edit(
        self,
        goal_id: str,
        description: str | None = None,
        acceptance: Sequence[str] | None = None,
        *,
        request_id: str | None = None,
    ) -> Goal:
        """Replace the description or the criteria; see `store.transitions.Edit` for what is refused."""
        criteria = None if acceptance is None else _criteria(acceptance)
        return await self._apply(Edit(goal_id, description, criteria), request_id)

    async def link(self, goal_id: str, link: SessionLink, *, request_id: str | None = None) -> Goal:
        """Link a session; see `store.transitions.Link` for what is refused."""
        return await self._apply(Link(goal_id, link), request_id)

    async def unlink(self, goal_id: str, session_id: str, reason: str, *, request_id: str | None = None) -> Goal:
        """Remove a link that was a mistake; see `store.transitions.Unlink` for what is refused."""
        return await self._apply(Unlink(goal_id, session_id, reason), request_id)

    async def update(self, goal_id: str, update: SessionUpdate, *, request_id: str | None = None) -> Goal:
        """Set a session's state or evidence, or add a note; see `store.transitions.Update` for what is refused."""
        return await self._apply(Update(goal_id, update), request_id)

    async def supersede(self, goal_id: str, session_id: str, by: str | None, *, request_id: str | None = None) -> Goal:
        """Leave a session to the one that took its work over; see `store.transitions.Supersede` for what is refused."""
        return await self._apply(Supersede(goal_id, session_id, by), request_id)

    async def note(self, goal_id: str, text: str, *, request_id: str | None = None) -> Goal:
        """Append a note, to closed goals too; see `store.transitions.Note` for what is refused."""
        return await self._apply(Note(goal_id, text), request_id)

    async def set_status(
        self, goal_id: str, status: GoalStatus, reason: str | None = None, *, request_id: str | None = None
    ) -> Goal:
        """Set any status; ``done`` through the gate. See `store.transitions.SetStatus` for what is refused."""
        return await self._apply(SetStatus(goal_id, status, reason), request_id)

    async def close(self, goal_id: str, outcome: str | None = None, *, request_id: str | None = None) -> Goal:
        """Say that a goal is finished: ``set_status(done, outcome)``, so `VerificationGateError` unless it is."""
        return await self.set_status(goal_id, GoalStatus.DONE, outcome, request_id=request_id)

    async def revert(self, goal_id: str, revision: int, if_current: int, *, request_id: str | None = None) -> Goal:
        """Make the goal what it was at a revision; see `store.transitions.Revert` for what is refused."""
        return await self._apply(Revert(goal_id, revision, if_current), request_id)

    async def import_goals(self, goals: Iterable[Goal], *, request_id: str | None = None) -> Imported:
        """Take in goals from elsewhere (`store.parse_goals`), all or nothing.

        Raises:
            InvalidInput: one is over a limit, or its id is there with other content; entry and field are named.
            PalaceUnavailable: the palace can't take it.

        """
        return await self._run(partial(self._store.import_goals, goals, request_id))

    async def _apply(self, intent: Intent, request_id: str | None) -> Goal:
        return await self._run(self._store.apply, intent, request_id)

    async def _run(self, function: Callable[..., T], *args: Any) -> T:
        # Can be cancelled while it waits for its turn, so a loop of changes can; what has begun is waited for, so that
        # nobody is told that a change was cancelled which then happens.
        return await anyio.to_thread.run_sync(function, *args, limiter=self._turn)

    def _tell(self, ids: frozenset[str], *, end: bool = False) -> None:
        for subscriber in tuple(self._subscribers):
            subscriber.tell(ids, end=end)


def _criteria(given: Sequence[str]) -> tuple[str, ...]:
    # Left as it is where it is no list of texts, so that the intent refuses it.
    listed: object = given
    several = isinstance(listed, Iterable) and not isinstance(listed, str | bytes)
    return tuple(given) if several else cast("tuple[str, ...]", given)


def _tend(store: SyncStore, watch: Watch) -> None:
    """Follow the palace and keep its cache until the watch is stopped."""
    store.complete()
    # The cache in a thread of its own: changes should not wait until thousands of goals are written.
    with ThreadPoolExecutor(1, "goalgate-keeper") as pool:
        keeping: Future[None] | None = None
        for _ in watch:
            store.look()
            if keeping is None or keeping.done():
                if keeping is not None:
                    keeping.result()
                keeping = pool.submit(store.keep) if store.must_keep else None


def _stop(store: SyncStore, tender: threading.Thread, watch: Watch) -> None:
    watch.stop()
    if tender.ident is not None:
        tender.join()
        store.leave()
    store.close()


def _poster() -> Callable[[Callable[[], None]], None]:
    """Return what runs a function on the event loop that is running now, from any thread, without waiting."""
    native: Any = anyio.lowlevel.current_token().native_token
    post = getattr(native, "run_sync_soon", None) or native.call_soon_threadsafe

    def safely(function: Callable[[], None]) -> None:
        # The loop may be gone by now (trio says so with a RuntimeError of its own): then nobody is listening either.
        with suppress(RuntimeError):
            post(function)

    return safely
