"""``kill -9`` at every moment of writing: nothing that was acknowledged is lost, nothing is done by half."""

from __future__ import annotations

import json
import time
from pathlib import Path
from random import Random

from store import Create, Link, SyncStore, parse_goals
from tests.cli.helpers import process
from tests.soak.helpers import SEED, Worker, by_id, entry, kill, seconds_of, some, start, tell, well, whole
from tests.store.helpers import cache_file, cached, fresh, link, palace_file, write_cache
from tests.store.peer import Peer

CHANCE = Random(SEED)


def temporary(root: Path) -> int:
    """Count what a write that was killed has left."""
    return len([path for path in root.rglob(".*") if path.is_file()])


def aside(root: Path) -> int:
    """Count the caches that were set aside: the one from elsewhere that was adopted, and none of our own."""
    return len([*root.glob("set-aside/*")])


def soak_writers_are_killed(tmp_path: Path):
    kills, acknowledged = some(120), 0
    for number in range(kills):
        root = tmp_path / str(number // 10)
        with Peer(root) as peer:
            peer.tell("hammer")
            time.sleep(CHANCE.uniform(0.1, 0.7))
            told = [tuple(result) for _, result in peer.kill()]
        whole(root)
        acknowledged += len(told)
        with well(root) as store:
            goals = by_id(store)
            for goal_id, revision in told:
                assert len(goals[goal_id].notes) >= revision - 1
                assert len(store.history(goal_id)) >= revision
            assert list(store.notices) == []
    tell("kill -9 of writers", kills=kills, changes_acknowledged=acknowledged, lost=0)


def soak_keepers_are_killed(tmp_path: Path):
    kills, acknowledged, looks = some(60), 0, 0
    write_cache(tmp_path, *(entry(number) for number in range(3600)))
    with SyncStore.open(tmp_path) as store:
        store.leave()
    for number in range(kills):
        with Worker(tmp_path) as keeper:
            keeper.ask("ready")
            keeper.tell("keep", number)
            end = time.monotonic() + CHANCE.uniform(0.05, 0.6)
            while time.monotonic() < end:
                assert len(cached(tmp_path)) == 3600
                looks += 1
            told = [result for _, result in keeper.kill()]
        assert len(cached(tmp_path)) == 3600
        goals = {goal.id: set(goal.notes) for goal in fresh(tmp_path)}
        assert all(note in goals[goal_id] for goal_id, note in told)
        acknowledged += len(told)
    with well(tmp_path) as store:
        assert list(store.notices) == []
    left = temporary(tmp_path)
    tell(
        "kill -9 of keepers", kills=kills, changes_acknowledged=acknowledged, looks_at_goals_json=looks, left_over=left
    )
    assert aside(tmp_path) == 1


def soak_verbs_are_killed(tmp_path: Path):
    tried = {"create": _create, "import": _import, "update": _update, "export": _export, "doctor": _doctor}
    kills, finished = some(30), 0
    for name, attempt in tried.items():
        root = tmp_path / name
        with SyncStore.open(root) as store:
            for number in range(20):
                store.apply(Create(f"goal {number}"))
            goal = store.apply(Create("worked on"))
            store.apply(Link(goal.id, link("s-1", "verified", "first")))
            store.leave()
        for number in range(kills):
            finished += attempt(root, number)
            whole(root)
            with well(root):
                pass
    tell("kill -9 of verbs", kills=kills * len(tried), of_them_too_late=finished, half_done=0, lost=0)


def _killed(root: Path, *arguments: str) -> tuple[bool, str]:
    """Kill a verb at some moment of its life; return whether it had ended well before, and what it printed."""
    # As long as one that only reads takes here and now: most of it is over by then.
    usual = seconds_of(root, "list")
    code, out = kill(start(root, *arguments), CHANCE.uniform(0.4 * usual, 1.5 * usual))
    return code == 0, out


def _create(root: Path, number: int) -> bool:
    before = {goal.id for goal in fresh(root)}
    ended, out = _killed(root, "create", f"made {number}")
    made = {goal.id for goal in fresh(root)} - before
    assert len(made) <= 1
    if ended or out.endswith("\n"):
        assert made == {out.strip()}
    return ended


def _import(root: Path, number: int) -> bool:
    file = root / f"in-{number}.json"
    file.write_text(json.dumps([entry(500 * number + one) for one in range(500)]))
    before = len(fresh(root))
    ended, out = _killed(root, "import", str(file))
    brought = len(fresh(root)) - before
    assert brought in {0, 500}
    if ended or out.endswith("\n"):
        assert brought == 500
    return ended


def _update(root: Path, number: int) -> bool:
    (goal,) = (goal for goal in fresh(root) if goal.sessions)
    ended, out = _killed(root, "update", goal.id, "s-1", "--evidence", f"run {number}", "--note", f"run {number}")
    (now,) = (goal for goal in fresh(root) if goal.sessions)
    done = now.sessions[0].evidence == f"run {number}"
    assert done == (now.notes[-1:] == (f"run {number}",))
    assert done or not (ended or out.endswith("\n"))
    return ended


def _export(root: Path, number: int) -> bool:
    file = root / f"out-{number}.json"
    ended, _ = _killed(root, "export", str(file))
    if file.exists():
        assert list(parse_goals(file.read_bytes())) == fresh(root)
    assert file.exists() or not ended
    return ended


def _doctor(root: Path, _number: int) -> bool:
    before = fresh(root)
    ended, _ = _killed(root, "doctor")
    assert fresh(root) == before
    return ended


def soak_making_and_adopting_are_killed(tmp_path: Path):
    kills, acknowledged = some(220), 0
    usual = seconds_of(tmp_path / "first", "create", "the first")
    for number in range(kills):
        root = tmp_path / str(number)
        adopted = {f"g-{one:016x}" for one in range(100 if number % 2 else 0)}
        if adopted:
            write_cache(root, *(entry(one) for one in range(100)))
        _, out = kill(start(root, "create", "made"), CHANCE.uniform(0.4 * usual, 1.2 * usual))
        whole(root)
        told = {out.strip()} if out.endswith("\n") else set()
        acknowledged += len(told)
        assert process(root, "create", "after").code == 0
        with well(root) as store:
            ids = {goal.id for goal in store.all()}
            assert adopted | told <= ids
            assert len(ids - adopted) in {1, 2}
            assert all(len(store.history(goal_id)) == 1 for goal_id in ids)
        assert aside(root) <= 1
        assert palace_file(root).exists()
        assert cache_file(root).exists()
    tell("kill -9 of making and adopting", kills=kills, creates_acknowledged=acknowledged, lost=0)
