"""`GoalStore` on asyncio's and on trio's loop: subscriptions, opening and closing, cancelling, never blocking."""

from __future__ import annotations

import gc
import threading
from contextlib import AsyncExitStack
from pathlib import Path

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest

from store import (
    Create,
    GoalNotFound,
    GoalStatus,
    GoalStore,
    InvalidInput,
    Note,
    PalaceUnavailable,
    SessionLink,
    SessionTaskState,
    SessionUpdate,
    SyncStore,
    VerificationGateError,
)
from tests.store.helpers import T0, Clock, cached, fresh, goals, hear, locked, palace_file, tick, wire


async def test_the_contracts_example(tmp_path: Path):
    async with GoalStore.open(tmp_path) as store:
        goal = await store.create("Ship the parser", ["tests pass"])
        await store.link(goal.id, SessionLink.launched("s-1", "write it"))
        with pytest.raises(VerificationGateError):
            await store.close(goal.id)
        proof = SessionUpdate(session_id="s-1", state=SessionTaskState.VERIFIED, evidence="12 passed")
        await store.update(goal.id, proof)
        done = await store.close(goal.id, "merged")
        assert (done.status, done.progress, done.notes) == (GoalStatus.DONE, 100, ("merged",))
        assert store.get(goal.id) == done
        assert list(store.all()) == [done]
        assert [revision.number for revision in await store.history(goal.id)] == [1, 2, 3, 4]
        assert store.revision(goal.id) == 4
        assert (store.degraded, dict(store.unreadable), store.cache_problem) == (None, {}, None)
    assert fresh(tmp_path) == cached(tmp_path) == [done]


async def test_its_options(tmp_path: Path):
    async with GoalStore.open(tmp_path, palace="mine", clock=Clock(), actor="mcp:ann") as store:
        goal = await store.create("d")
        assert goal.created == T0
        assert (await store.history(goal.id))[0].actor == "mcp:ann"
        assert await store.import_goals(goals(wire("g-1"))) == (("g-1",), ())
    assert len(fresh(tmp_path, "mine")) == 2
    for options in ({"palace": "no/name"}, {"actor": " "}):
        with pytest.raises(InvalidInput):
            async with GoalStore.open(tmp_path, **options):  # type: ignore[arg-type]
                pytest.fail("never opened")


# Subscriptions


async def test_changes_subscribes_when_called(tmp_path: Path):
    """What happens between the call and the first step is told; what was before is not."""
    async with GoalStore.open(tmp_path) as store:
        before = await store.create("before")
        # Our own changes are told by the loop, which must have had its turn.
        for _ in range(5):
            await anyio.lowlevel.checkpoint()
        changes = store.changes()
        goal = await store.create("d")
        await store.note(goal.id, "n")
        heard = await anext(changes)
        assert isinstance(heard, frozenset)
        assert goal.id in heard
        assert before.id not in heard


async def test_changes_merge_for_a_slow_reader(tmp_path: Path):
    async with GoalStore.open(tmp_path) as store:
        changes, marks = store.changes(), store.changes()
        made = [(await store.create(f"goal {n}")).id for n in range(20)]
        await hear(marks, *made)
        assert await anext(changes) == frozenset(made)


async def test_each_subscriber_hears_everything(tmp_path: Path):
    async with GoalStore.open(tmp_path) as store:
        subscribers = [store.changes() for _ in range(3)]
        made = [(await store.create("d")).id for _ in range(3)]
        async with anyio.create_task_group() as tasks:
            for changes in subscribers:
                tasks.start_soon(hear, changes, *made)


async def test_changes_end_when_the_store_is_closed(tmp_path: Path):
    ended = []

    async def listen(changes) -> None:
        async for _ in changes:
            pass
        ended.append(changes)

    async with anyio.create_task_group() as tasks:
        async with GoalStore.open(tmp_path) as store:
            waiting, unread = store.changes(), store.changes()
            tasks.start_soon(listen, waiting)
            await anyio.lowlevel.checkpoint()
            await store.create("d")
        with anyio.fail_after(60):
            # Told before the end, and then the end, again and again.
            assert len(await anext(unread)) == 1
            for _ in range(2):
                with pytest.raises(StopAsyncIteration):
                    await anext(unread)
    assert ended == [waiting]


async def test_changes_of_a_closed_store_end_at_once(tmp_path: Path):
    async with GoalStore.open(tmp_path) as store:
        pass
    with anyio.fail_after(60), pytest.raises(StopAsyncIteration):
        await anext(store.changes())


async def test_a_subscriber_that_stops_waiting_loses_nothing(tmp_path: Path):
    async with GoalStore.open(tmp_path) as store:
        changes = store.changes()
        with anyio.move_on_after(0):
            await anext(changes)
        goal = await store.create("d")
        await hear(changes, goal.id)


async def test_a_subscriber_that_is_forgotten_costs_nothing(tmp_path: Path):
    async with GoalStore.open(tmp_path) as store:
        for _ in range(100):
            store.changes()
        gc.collect()
        changes = store.changes()
        await hear(changes, (await store.create("d")).id)
        assert list(store._subscribers) == [changes]


async def test_two_stores_hear_of_each_other(tmp_path: Path):
    async with GoalStore.open(tmp_path) as one, GoalStore.open(tmp_path) as two:
        for ours, other in ((one, two), (two, one)):
            changes = other.changes()
            goal = await ours.create("d")
            await hear(changes, goal.id)
            assert other.get(goal.id) == goal
        assert list(one.all()) == list(two.all())


async def test_a_blocking_store_is_heard_too(tmp_path: Path):
    async with GoalStore.open(tmp_path) as store:
        changes = store.changes()
        with SyncStore.open(tmp_path) as other:
            goal = other.apply(Create("d"))
            await hear(changes, goal.id)
            assert store.get(goal.id) == goal


# Opening and closing


async def test_opened_in_one_task_and_closed_in_another(tmp_path: Path):
    opened = anyio.Event()
    stack = AsyncExitStack()
    stores: list[GoalStore] = []

    async def open_it() -> None:
        stores.append(await stack.enter_async_context(GoalStore.open(tmp_path)))
        opened.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(open_it)
        await opened.wait()
        goal = await stores[0].create("d")
        tasks.start_soon(stack.aclose)
    assert fresh(tmp_path) == cached(tmp_path) == [goal]


@pytest.mark.parametrize("error", [ValueError, KeyError, KeyboardInterrupt, PalaceUnavailable])
async def test_what_the_body_raises_comes_out_bare(error: type[BaseException], tmp_path: Path):
    raised = PalaceUnavailable("other", "of another store") if error is PalaceUnavailable else error("mine")

    async def body() -> None:
        async with GoalStore.open(tmp_path) as store:
            await store.create("d")
            raise raised

    with pytest.raises(error) as caught:
        await body()
    assert caught.value is raised
    assert len(cached(tmp_path)) == 1


async def test_what_the_store_refuses_comes_out_bare(tmp_path: Path):
    with pytest.raises(GoalNotFound):
        async with GoalStore.open(tmp_path) as store:
            await store.note("g-none", "n")


async def test_closing_leaves_no_thread_and_no_file_open(tmp_path: Path):
    before = set(threading.enumerate())
    for _ in range(3):
        async with GoalStore.open(tmp_path) as store:
            await store.create("d")
    left = [thread for thread in set(threading.enumerate()) - before if "tender" in thread.name]
    assert left == []
    # A palace that nobody has open has no log beside it.
    assert not Path(f"{palace_file(tmp_path)}-wal").exists()


async def test_closing_in_a_cancelled_scope_still_leaves_the_cache_behind(tmp_path: Path):
    with anyio.CancelScope() as scope:
        async with GoalStore.open(tmp_path) as store:
            await store.create("d")
            scope.cancel()
            await anyio.sleep_forever()
    assert scope.cancelled_caught
    assert len(cached(tmp_path)) == 1


# Cancelling


async def test_a_loop_of_changes_can_be_cancelled(tmp_path: Path):
    async with GoalStore.open(tmp_path) as store:
        goal = await store.create("d")
        acknowledged = 0
        with anyio.CancelScope() as scope:
            while True:
                await store.note(goal.id, "n")
                acknowledged += 1
                if acknowledged == 20:
                    scope.cancel()
        assert scope.cancelled_caught
        # What was cancelled did not happen.
        assert len((await store.history(goal.id))[-1].goal.notes) == 20


async def test_a_change_that_has_begun_is_waited_for(tmp_path: Path):
    """Nobody is told that a change was cancelled which then happens."""
    async with GoalStore.open(tmp_path) as store:
        goal = await store.create("d")
        came: list[str] = []

        async def change(text: str) -> None:
            try:
                await store.note(goal.id, text)
            except anyio.get_cancelled_exc_class():
                came.append(f"{text} cancelled")
                raise
            came.append(f"{text} done")

        async with anyio.create_task_group() as tasks:
            with locked(tmp_path):
                tasks.start_soon(change, "first")
                await anyio.wait_all_tasks_blocked()
                tasks.start_soon(change, "second")
                await anyio.wait_all_tasks_blocked()
                tasks.cancel_scope.cancel()
                # The second waits for its turn and can be cancelled; the first waits for the palace and can't.
                with anyio.CancelScope(shield=True):
                    for _ in range(5):
                        await anyio.lowlevel.checkpoint()
        notes = (await store.history(goal.id))[-1].goal.notes
        assert sorted(notes) == sorted(said.split()[0] for said in came if said.endswith("done"))
        assert "second" not in notes
        assert "second cancelled" in came


# Never blocking


async def test_the_loop_goes_on_while_the_palace_is_locked(tmp_path: Path):
    """If a change blocked the loop, nobody would be there to free the palace, and it would be refused."""
    async with GoalStore.open(tmp_path) as store, anyio.create_task_group() as tasks:
        goal = await store.create("d")
        done = anyio.Event()

        async def change() -> None:
            await store.note(goal.id, "n")
            done.set()

        with locked(tmp_path):
            tasks.start_soon(change)
            for _ in range(20):
                await anyio.sleep(0.001)
                assert store.get(goal.id) == goal
            assert not done.is_set()
        with anyio.fail_after(60):
            await done.wait()
    assert len(fresh(tmp_path)[0].notes) == 1


async def test_many_tasks_at_once(tmp_path: Path):
    async with GoalStore.open(tmp_path) as store:
        goal = await store.create("d")
        async with anyio.create_task_group() as tasks:
            for number in range(50):
                tasks.start_soon(store.note, goal.id, str(number))
        revisions = await store.history(goal.id)
        assert [revision.number for revision in revisions] == list(range(1, 52))
        assert sorted(revisions[-1].goal.notes, key=int) == [str(number) for number in range(50)]


def test_a_blocking_store_in_many_threads(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"))
        threads = [threading.Thread(target=store.apply, args=(Note(goal.id, str(n)),)) for n in range(20)]
        threads += [threading.Thread(target=tick, args=(store,)) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        now = store.get(goal.id)
        assert now is not None
        assert sorted(now.notes, key=int) == [str(n) for n in range(20)]
        assert len(store.history(goal.id)) == 21
        # No thread takes the cache that another one wrote for somebody else's.
        assert not (tmp_path / "set-aside").exists()


async def test_one_text_is_no_list_of_criteria(tmp_path):
    async with GoalStore.open(tmp_path) as store:
        with pytest.raises(InvalidInput, match="not a list"):
            await store.create("Ship it", "tests pass")
        goal = await store.create("Ship it", ["tests pass"])
        with pytest.raises(InvalidInput, match="not a list"):
            await store.edit(goal.id, acceptance="tests pass")
