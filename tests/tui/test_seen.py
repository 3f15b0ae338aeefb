"""What the operator has seen and put off, and what happened while they were away."""

import json
import os
import stat

import anyio
import anyio.lowlevel
import pytest

from store import (
    GoalStatus,
    GoalStore,
    SessionLink,
    parse_goals,
)
from tests.store.helpers import SAMPLES, update
from tui.seen import Away, Memory, Seen, look_back


def _mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_keeps_what_was_seen_and_put_off(tmp_path):
    memory = Memory(tmp_path / "root", "session-manager", tmp_path / "state" / "goalgate")
    assert memory.load() == Seen(None, {})
    assert not memory.path.parent.exists()
    assert memory.change(lambda seen: seen.put_off("g-1", 3)) == Seen(None, {"g-1": 3})
    # Another console of the same user.
    other = Memory(tmp_path / "root", "session-manager", tmp_path / "state" / "goalgate")
    other.change(lambda seen: seen.put_off("g-2", 1))
    memory.change(lambda seen: seen._replace(seq=12))
    assert other.load() == Seen(12, {"g-1": 3, "g-2": 1})
    assert memory.change(lambda seen: seen.taken_up("g-1")) == Seen(12, {"g-2": 1})
    assert _mode(memory.path) == 0o600
    assert _mode(memory.path.parent) == 0o700
    assert [path.name for path in memory.path.parent.iterdir()] == [memory.path.name]


def test_each_palace_has_a_file_of_its_own(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "a")
    paths = {Memory(tmp_path / root, palace).path for root in ("a", "b") for palace in ("x", "y")}
    assert len(paths) == 4
    assert Memory(tmp_path / "link", "x").path == Memory(tmp_path / "a", "x").path
    # A name tells nothing, and none leads out of the folder.
    odd = Memory(tmp_path, "../../x \udc80").path
    assert odd.parent == next(iter(paths)).parent
    assert str(tmp_path) not in "".join(path.name for path in paths)


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\x00\xff\xfe",
        b"[]",
        b"null",
        b'"seq"',
        b"[" * 100_000,
        b"9" * 10_000,
        b'{"seq": "12", "later": []}',
        b'{"seq": true, "later": {"g-1": "x", "g-2": null, "g-3": true, "g-4": -1}}',
        b'{"seq": -1, "later": null}',
        b'{"seq": 1e300, "later": {"g-1": 2.5}}',
        b'{"seq": NaN}',
        b'{"unseen": "g-1"}',
        b'{"unseen": {"g-1": 1}}',
    ],
)
def test_garbage_is_nothing(tmp_path, garbage):
    memory = Memory(tmp_path, "p", tmp_path)
    memory.path.write_bytes(garbage)
    assert memory.load() == Seen(None, {})
    assert memory.change(lambda seen: seen.put_off("g-9", 1)).later == {"g-9": 1}
    assert memory.load().later == {"g-9": 1}


def test_what_is_readable_in_it_is_kept(tmp_path):
    memory = Memory(tmp_path, "p", tmp_path)
    document = {"seq": 7, "later": {"g-1": 2, "g-2": "x"}, "unseen": ["g-3", 4, None], "more": [1]}
    memory.path.write_text(json.dumps(document))
    assert memory.load() == Seen(7, {"g-1": 2}, frozenset({"g-3"}))


def test_nothing_that_stands_in_its_place_fails(tmp_path):
    memory = Memory(tmp_path, "p", tmp_path / "state")
    # Too large to be ours.
    memory.path.parent.mkdir()
    with memory.path.open("wb") as file:
        file.truncate(1 << 30)
    assert memory.load() == Seen(None, {})
    memory.path.unlink()
    # A pipe that nobody writes to, and a folder.
    os.mkfifo(memory.path)
    assert memory.load() == Seen(None, {})
    memory.path.unlink()
    memory.path.mkdir()
    assert memory.load() == Seen(None, {})
    assert memory.change(lambda seen: seen._replace(seq=3)) == Seen(3, {})
    assert list(memory.path.parent.iterdir()) == [memory.path]
    # A file where the folder should be.
    blocked = Memory(tmp_path, "p", memory.path.parent / "file")
    (memory.path.parent / "file").write_text("")
    assert blocked.change(lambda seen: seen._replace(seq=3)) == Seen(3, {})
    assert blocked.load() == Seen(None, {})


def test_a_link_is_replaced_and_not_followed(tmp_path):
    memory = Memory(tmp_path, "p", tmp_path / "state")
    memory.path.parent.mkdir()
    treasure = tmp_path / "treasure"
    treasure.write_text("gold")
    memory.path.symlink_to(treasure)
    memory.change(lambda seen: seen._replace(seq=3))
    assert treasure.read_text() == "gold"
    assert memory.load() == Seen(3, {})


def test_hidden_until_it_changes():
    seen = Seen().put_off("g-1", 3)
    assert seen.hides("g-1", 3)
    assert not seen.hides("g-1", 4)
    # Another palace in its place.
    assert not seen.hides("g-1", 1)
    assert not seen.hides("g-2", 0)
    seen = seen.put_off("g-2", 1)
    assert seen.left(9, {"g-1": 4, "g-2": 1}.__getitem__, ["g-3"]) == Seen(9, {"g-2": 1}, frozenset({"g-3"}))


async def _work(store, name, state, evidence=None):
    goal = await store.create(name)
    goal = await store.link(goal.id, SessionLink.launched(f"s-{name}", "do it"))
    return await store.update(goal.id, update(f"s-{name}", state, evidence))


async def test_tells_what_became_of_each_goal_while_away(tmp_path):
    async with GoalStore.open(tmp_path) as store:
        await store.import_goals(parse_goals(SAMPLES.read_bytes()))
        running = [await _work(store, f"old-{number}", "running") for number in range(8)]
        left = Seen(store.seq)
        away = await look_back(store, left)
        assert (away.sentence, away.changed) == ("", frozenset())

        for goal in running[:4]:
            await store.update(goal.id, update(goal.sessions[0].session_id, "verified", "ok"))
        for goal in running[:3]:
            await store.close(goal.id, "merged")
        # Closed and reopened: it is as it was, and changed all the same.
        await store.set_status(running[4].id, GoalStatus.ABANDONED)
        await store.set_status(running[4].id, GoalStatus.IN_PROGRESS)
        await store.update(running[5].id, update("s-old-5", "failed"))
        await store.note(running[5].id, "why?")
        await store.note(running[6].id, "hm")
        # New ones: one of them is there, one failed by now, one was begun and done.
        stuck = await store.create("stuck")
        await store.set_status(stuck.id, GoalStatus.BLOCKED, "waits for paint")
        new = await store.create("new")
        await _work(store, "new-failed", "failed")
        begun = await _work(store, "new-done", "verified", "ok")
        await store.close(begun.id)

        away = await look_back(store, left)
        assert away.sentence == "since you left: 4 closed, 2 failed, 1 ready, 1 blocked, 1 new, 2 changed"
        assert away.changed >= {new.id, begun.id, *(goal.id for goal in running[:7])}
        assert running[7].id not in away.changed
        assert len(away.changed) == 11


async def test_an_import_while_away_is_new_and_closes_nothing(tmp_path):
    async with GoalStore.open(tmp_path) as store:
        await store.create("first")
        left = Seen(store.seq)
        await store.import_goals(parse_goals(SAMPLES.read_bytes()))
        away = await look_back(store, left)
        assert away.sentence == "since you left: 1 failed, 2 ready, 2 blocked, 42 new"


async def test_says_nothing_where_there_is_nothing_to_say(tmp_path):
    async with GoalStore.open(tmp_path) as store:
        await store.create("first")
        # Never left before; or another palace stands there now, that has come less far.
        for seq in (None, store.seq, store.seq + 100):
            away = await look_back(store, Seen(seq))
            assert (away.sentence, away.changed) == ("", frozenset())
    assert Away().sentence == ""


async def test_reads_page_by_page_however_long_one_was_away(tmp_path):
    async with GoalStore.open(tmp_path) as store:
        goal = await store.create("first")
        left = Seen(store.seq)
        for number in range(250):
            await store.note(goal.id, f"note {number}")
        other = await store.create("last")
        steps = 0

        async def look():
            nonlocal steps
            while True:
                steps += 1
                await anyio.lowlevel.checkpoint()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(look)
            away = await look_back(store, left)
            tasks.cancel_scope.cancel()
        assert away.sentence == "since you left: 1 new, 1 changed"
        assert away.changed == {goal.id, other.id}
        assert steps >= 3
