"""Many processes that write at once: every change is kept, once, and none waits for ever."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import pytest

from store import Create, SyncStore, examine
from tests.cli.helpers import process
from tests.soak.helpers import SEED, Worker, some, tell, waits, well
from tests.store.reference import Wire, passes


@pytest.mark.parametrize("writers, notes, goals", [(8, 200, 1), (8, 200, 8), (16, 100, 16), (32, 50, 32)])
def soak_notes(tmp_path: Path, writers: int, notes: int, goals: int):
    notes = some(notes)
    with SyncStore.open(tmp_path) as store:
        ids = [store.apply(Create(f"goal {number}")).id for number in range(goals)]
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker(tmp_path)) for _ in range(writers)]
        for worker in workers:
            worker.ask("ready")
        begin = time.monotonic()
        for number, worker in enumerate(workers):
            worker.tell("notes", ids[number % goals], f"writer-{number}", notes)
        answers = [worker.answer() for worker in workers]
        taken = time.monotonic() - begin
    assert [refusal for refusal, _ in answers] == [None] * writers
    with well(tmp_path) as store:
        found = Counter(note for goal in store.all() for note in goal.notes)
    assert found == {f"writer-{writer} {number}": 1 for writer in range(writers) for number in range(notes)}
    told = waits([one for _, times in answers for one in times])
    rate = f"{writers * notes / taken:.0f}"
    tell(f"{writers} processes, {notes} notes each, {goals} goals", lost=0, kept_twice=0, a_second=rate, waits=told)


def soak_verbs_at_once(tmp_path: Path):
    each = some(25)
    with SyncStore.open(tmp_path) as store:
        goal_id = store.apply(Create("d")).id
        store.leave()

    def write(writer: int) -> list[float]:
        taken = []
        for number in range(each):
            begin = time.monotonic()
            done = process(tmp_path, "note", goal_id, f"{writer} {number}")
            assert done.code == 0, done.err
            taken.append(time.monotonic() - begin)
        return taken

    with ThreadPoolExecutor(8) as pool:
        taken = [one for times in pool.map(write, range(8)) for one in times]
    with well(tmp_path) as store:
        (goal,) = store.all()
    assert sorted(goal.notes) == sorted(f"{writer} {number}" for writer in range(8) for number in range(each))
    tell(f"8 times {each} verbs at once", lost=0, waits=waits(taken))


def soak_the_gate_is_raced(tmp_path: Path):
    """Judged by the contract's words and by what stands in the history, not by the store's own gate."""
    seconds = max(5.0, 25 * min(1, 4 * some(25) / 25))
    with SyncStore.open(tmp_path) as store:
        for number in range(12):
            store.apply(Create(f"goal {number}"))
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker(tmp_path)) for _ in range(8)]
        for worker in workers:
            worker.ask("ready")
        for number, worker in enumerate(workers):
            worker.tell("race", seconds, SEED + number, 9)
        ends: Counter[str] = Counter()
        for worker in workers:
            refusal, counted = worker.answer()
            assert refusal is None, counted
            ends.update(counted)
    revisions = done = 0
    with SyncStore.open(tmp_path) as store:
        store.leave()
        # What was imported may be against the rules, and evidence older than a reopening; nothing else is wrong.
        assert {finding.kind for finding in examine(store)} <= {"gate", "session", "evidence"}
        goals = list(store.all())
        for goal in goals:
            past = store.history(goal.id)
            assert [revision.number for revision in past] == list(range(1, len(past) + 1))
            assert past[-1].goal == goal
            revisions += len(past)
            for before, after in pairwise(past):
                was, now = before.goal.wire(), after.goal.wire()
                assert after.goal.updated > before.goal.updated
                if now["status"] == "done" and work(now) != work(was):
                    assert passes(now), f"done against the gate: {after!r}"
                    done += 1
                if {was["status"], now["status"]} <= {"done", "abandoned"}:
                    assert was["sessions"] == now["sessions"], f"changed though closed: {after!r}"
    assert done
    refused = sum(ends.values()) - ends["changes"]
    tell(
        f"the gate raced by 8 processes for {seconds:.0f} s on {len(goals)} goals",
        revisions=revisions, refusals=refused, transitions_to_done=done, against_the_gate=0,
    )  # fmt: skip
    assert len(goals) <= 21


def work(goal: Wire) -> object:
    """Return what a goal that is done stands on."""
    return goal["status"], goal["sessions"]
