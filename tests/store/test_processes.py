"""Several processes on one palace: nothing is lost, nothing slips between two of them."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import anyio
import pytest

from store import Create, GoalStatus, GoalStore, Link, Note, SyncStore, examine, judge
from tests.store.helpers import cache_file, cached, fresh, hear, link, palace_file, wait_until, wire, write_cache
from tests.store.peer import Peer


def lock_is_held(root: Path) -> bool:
    """Whether somebody keeps the cache."""
    fd = os.open(palace_file(root).with_name("keeper.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def test_two_processes_lose_no_change_to_one_goal(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"))
        with Peer(tmp_path) as one, Peer(tmp_path) as two:
            for peer in (one, two):
                peer.tell("notes", goal.id, 200)
            for peer in (one, two):
                assert peer.answer() == [None, goal.id]
        revisions = store.history(goal.id)
        assert [revision.number for revision in revisions] == list(range(1, 402))
        # Each was applied to the one before it: no note is lost, and those of each process are in their order.
        for before, after in pairwise(revisions):
            assert after.goal.notes[:-1] == before.goal.notes
            assert after.at > before.at
        assert sorted(revisions[-1].goal.notes, key=int) == [str(n) for n in range(200) for _ in range(2)]
        store.catch_up()
        assert store.get(goal.id) == revisions[-1].goal


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path):
    """``kill -9`` in the middle of commits and of writing the cache, again and again on the same palace."""
    acknowledged: list[tuple[str, int]] = []
    for answers in (1, 2, 20, 41, 7):
        with Peer(tmp_path) as peer:
            peer.tell("hammer")
            acknowledged += [tuple(peer.answer()[1]) for _ in range(answers)]
            acknowledged += [tuple(result) for _, result in peer.kill()]
        # Whatever moment it was: the cache can be read, and is of some moment.
        if cache_file(tmp_path).exists():
            assert {goal.id for goal in cached(tmp_path)} <= {goal.id for goal in fresh(tmp_path)}
        with SyncStore.open(tmp_path) as store:
            histories = {goal.id: store.history(goal.id) for goal in store.all()}
            for goal_id, number in acknowledged:
                (revision,) = (one for one in histories[goal_id] if one.number == number)
                assert len(revision.goal.notes) == number - 1
            found = sum(len(revisions) for revisions in histories.values())
            assert len(acknowledged) <= found
            assert not store.unreadable
            store.leave()
            assert examine(store) == []
            # Our own file is no stranger to us after a crash.
            assert list(store.notices) == []
            assert examine(store) == []
    assert not (tmp_path / "set-aside").exists()


def test_a_close_and_a_link_race_and_the_gate_holds(tmp_path: Path):
    with Peer(tmp_path) as closer, Peer(tmp_path) as linker, SyncStore.open(tmp_path) as store:
        for turn in range(60):
            goal = store.apply(Create("d"))
            store.apply(Link(goal.id, link(f"good-{turn}", "verified", "proof")))
            first, second = (closer, linker) if turn % 2 else (linker, closer)
            for peer in (first, second):
                peer.tell(*(("close", goal.id) if peer is closer else ("link", goal.id, f"new-{turn}", "running")))
            closed, linked = closer.answer(), linker.answer()
            store.catch_up()
            now = store.get(goal.id)
            assert now is not None
            if closed[0] is None:
                assert (now.status, linked[0]) == (GoalStatus.DONE, "GoalClosed")
                assert judge(now).passes
            else:
                assert (closed[0], linked[0]) == ("VerificationGateError", None)
                assert (now.status, len(now.sessions)) == (GoalStatus.IN_PROGRESS, 2)


def test_a_session_is_raced_onto_two_goals_and_lands_on_one(tmp_path: Path):
    with Peer(tmp_path) as one, Peer(tmp_path) as two, SyncStore.open(tmp_path) as store:
        for turn in range(40):
            wanted = [store.apply(Create("d")).id for _ in range(2)]
            for peer, goal_id in zip((one, two), wanted, strict=True):
                peer.tell("link", goal_id, f"s-{turn}", "running")
            assert sorted(str(peer.answer()[0]) for peer in (one, two)) == ["None", "SessionAlreadyLinked"]
            store.catch_up()
            assert sum(len(goal.sessions) for goal in store.all() if goal.id in wanted) == 1


def test_a_request_raced_by_two_is_done_once(tmp_path: Path):
    with Peer(tmp_path) as one, Peer(tmp_path) as two:
        for turn in range(20):
            for peer in (one, two):
                peer.tell("create", f"r-{turn}")
            assert one.answer() == two.answer()
    assert len(fresh(tmp_path)) == 20


def test_a_palace_is_made_once_by_many(tmp_path: Path):
    """Several processes come to an empty root that holds a cache: one palace, one adoption, nobody fails."""
    root = tmp_path / "new" / "root"
    write_cache(root, *(wire(f"g-{n}") for n in range(5)))
    with ExitStack() as open_peers:
        peers = [open_peers.enter_context(Peer(root)) for _ in range(4)]
        for peer in peers:
            peer.tell("create")
        made = {peer.answer()[1] for peer in peers}
    with SyncStore.open(root) as store:
        assert {goal.id for goal in store.all()} == made | {f"g-{n}" for n in range(5)}
        assert all(len(store.history(goal.id)) == 1 for goal in store.all())


async def test_a_store_learns_of_anothers_change(tmp_path: Path):
    async with GoalStore.open(tmp_path) as store:
        goal = await store.create("d")
        changes = store.changes()
        with Peer(tmp_path) as peer:
            for number in range(1, 4):
                await anyio.to_thread.run_sync(peer.ask, "note", goal.id, f"note {number}")
                await hear(changes, goal.id)
                now = store.get(goal.id)
                assert now is not None
                assert now.notes[-1] == f"note {number}"
            made = await anyio.to_thread.run_sync(peer.ask, "create")
            await hear(changes, made)
            assert store.get(made) is not None


async def test_the_cache_is_kept_on_when_its_keeper_is_killed(tmp_path: Path):
    with Peer(tmp_path) as keeper:
        first = keeper.ask("create")
        keeper.ask("tick")
        assert [goal.id for goal in cached(tmp_path)] == [first]
        async with GoalStore.open(tmp_path) as heir:
            await heir.create("while the other keeps the cache")
            # The keeper rests after a write that took long, so one tick may do nothing.
            wait_until(lambda: keeper.ask("tick") or cached(tmp_path) == list(heir.all()), "the keeper writes")
            assert lock_is_held(tmp_path)
            await heir.note(first, "the last that the keeper sees")
            keeper.kill()
            with anyio.fail_after(60):
                while cached(tmp_path) != list(heir.all()):  # noqa: ASYNC110
                    await anyio.sleep(0.01)
            assert lock_is_held(tmp_path)
            await heir.note(first, "the last of all")
        assert not lock_is_held(tmp_path)
    assert cached(tmp_path) == fresh(tmp_path)
    assert not (tmp_path / "set-aside").exists()


def test_one_shots_leave_the_cache_to_a_keeper_that_is_there(tmp_path: Path):
    with Peer(tmp_path) as keeper, SyncStore.open(tmp_path) as store:
        keeper.ask("create")
        keeper.ask("tick")
        before = cache_file(tmp_path).stat().st_ino
        store.apply(Create("d"))
        store.leave()
        assert cache_file(tmp_path).stat().st_ino == before
        # And if it leaves, it does not go without having looked.
        keeper.ask("leave")
        assert cached(tmp_path) == list(store.all())


def test_verbs_that_race_leave_the_cache_equal_to_the_palace(tmp_path: Path):
    goalgate = [sys.executable, "-m", "tui.cli", "--root", str(tmp_path)]

    def run_all(*lines: list[str]) -> list[str]:
        running = [subprocess.Popen([*goalgate, *line], stdout=subprocess.PIPE, text=True) for line in lines]
        said = [process.communicate()[0] for process in running]
        assert [process.returncode for process in running] == [0] * len(lines)
        return said

    ids = [said.strip() for said in run_all(*[["create", f"goal {n}"] for n in range(4)])]
    assert cached(tmp_path) == fresh(tmp_path)
    run_all(*[["note", goal_id, "n"] for goal_id in ids])
    assert cached(tmp_path) == fresh(tmp_path)
    assert [len(goal.notes) for goal in fresh(tmp_path)] == [1] * 4
    assert not (tmp_path / "set-aside").exists()


def test_hand_over_between_stores_that_leave_at_once(tmp_path: Path):
    """The same as with verbs, many times and closer together."""
    with Peer(tmp_path) as one, Peer(tmp_path) as two:
        for _ in range(60):
            for peer in (one, two):
                peer.tell("create")
                peer.tell("leave")
            for _ in range(2):
                assert (one.answer()[0], two.answer()[0]) == (None, None)
            assert cached(tmp_path) == fresh(tmp_path)


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="only Linux tells who holds a lock")
def test_doctor_names_a_keeper_that_was_stopped(tmp_path: Path):
    with Peer(tmp_path) as keeper, SyncStore.open(tmp_path) as store:
        goal_id = keeper.ask("create")
        keeper.ask("tick")
        keeper.stop()
        store.apply(Note(goal_id, "n"))
        store.leave()
        (finding,) = examine(store, wait=lambda _: False)
    assert finding.kind == "cache"
    assert f"process {keeper.pid} (python" in finding.problem
    assert "which is stopped, keeps it, and does not write" in finding.problem
