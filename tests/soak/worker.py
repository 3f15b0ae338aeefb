"""A process that works hard on a palace: run as a script, it obeys as `tests.store.peer` does."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import suppress
from itertools import count
from random import Random
from typing import Any

from store import (
    Goal,
    GoalStatus,
    GoalStoreError,
    Link,
    Note,
    Revert,
    SessionLink,
    SessionTaskState,
    SessionUpdate,
    SetStatus,
    Supersede,
    SyncStore,
    Unlink,
    Update,
)
from store.transitions import Intent
from tests.soak.helpers import entry
from tests.store.peer import main, say

SESSIONS = [f"s-{number}" for number in range(40)]
PROOFS = ("12 passed", "12 passed", "12 passed", "", " \u200b", None)
TEXTS = ("n", "", None)


def obey(store: SyncStore, operation: str, *args: Any) -> object:
    match operation:
        case "notes":
            return _notes(store, *args)
        case "keep":
            _keep(store, args[0])
        case "race":
            return _race(store, *args)
        case "ready":
            return len(store.all())
        case _:
            raise AssertionError(operation)
    return None


def _notes(store: SyncStore, goal_id: str, name: str, times: int) -> list[float]:
    """Note each number once, and return how long each took."""
    taken = []
    for number in range(times):
        begin = time.monotonic()
        store.apply(Note(goal_id, f"{name} {number}"))
        taken.append(time.monotonic() - begin)
    return taken


def _keep(store: SyncStore, seed: int) -> None:
    """Change goals and rewrite the cache, for ever; acknowledge each change."""
    chance, ids = Random(seed), [goal.id for goal in store.all()]
    for number in count():
        goal = store.apply(Note(chance.choice(ids), f"{seed} {number}"))
        say(None, [goal.id, goal.notes[-1]])
        store.look()
        store.keep()


def _race(store: SyncStore, seconds: float, seed: int, imports: int) -> dict[str, int]:
    """Do at random what may slip a goal past the gate, and count it by how it ended."""
    chance, ends = Random(seed), Counter[str]()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        step = chance.choice(
            (_link, _link, _update, _update, _verify, _close, _close, _status, _revert, _unlink, _supersede)
        )
        try:
            if chance.random() < 0.002:
                _import(store, chance, imports)
            else:
                store.apply(step(store, chance, chance.choice(store.all())))
            ends["changes"] += 1
        except GoalStoreError as error:
            ends[type(error).__name__] += 1
        if chance.random() < 0.5:
            store.catch_up()
    return ends


def _session(chance: Random, goal: Goal) -> str:
    linked = [link.session_id for link in goal.sessions]
    return chance.choice(linked) if linked and chance.random() < 0.9 else chance.choice(SESSIONS)


def _link(_store: SyncStore, chance: Random, goal: Goal) -> Intent:
    state = chance.choice([*SessionTaskState])
    made = SessionLink(session_id=chance.choice(SESSIONS), task="t", state=state, evidence=chance.choice(PROOFS))
    return Link(goal.id, made)


def _update(_store: SyncStore, chance: Random, goal: Goal) -> Intent:
    state = chance.choice((None, *SessionTaskState, SessionTaskState.VERIFIED))
    evidence, note = chance.choice(PROOFS), chance.choice(TEXTS)
    return Update(goal.id, SessionUpdate(session_id=_session(chance, goal), state=state, evidence=evidence, note=note))


def _verify(store: SyncStore, _chance: Random, goal: Goal) -> Intent:
    """All of its sessions, so that some closes succeed."""
    for link in goal.sessions:
        with suppress(GoalStoreError):
            proof = SessionUpdate(session_id=link.session_id, state=SessionTaskState.VERIFIED, evidence="all passed")
            store.apply(Update(goal.id, proof))
    return SetStatus(goal.id, GoalStatus.DONE)


def _unlink(_store: SyncStore, chance: Random, goal: Goal) -> Intent:
    return Unlink(goal.id, _session(chance, goal), "mistaken")


def _supersede(_store: SyncStore, chance: Random, goal: Goal) -> Intent:
    return Supersede(goal.id, _session(chance, goal), chance.choice((_session(chance, goal), None)))


def _close(_store: SyncStore, _chance: Random, goal: Goal) -> Intent:
    return SetStatus(goal.id, GoalStatus.DONE, "merged")


def _status(_store: SyncStore, chance: Random, goal: Goal) -> Intent:
    return SetStatus(goal.id, chance.choice([*GoalStatus]), chance.choice(TEXTS))


def _revert(store: SyncStore, chance: Random, goal: Goal) -> Intent:
    newest = store.book.number(goal.id)
    return Revert(goal.id, chance.randint(1, max(1, newest)), newest)


def _import(store: SyncStore, chance: Random, imports: int) -> None:
    """One that was kept as it is, perhaps done against the gate."""
    links = [
        {"session_id": name, "task": "t", "state": chance.choice(("verified", "failed")), "evidence": None}
        for name in chance.sample(SESSIONS, 2)
    ]
    status = chance.choice(("done", "inProgress", "pending"))
    store.import_goals([Goal.from_wire(entry(chance.randrange(imports), status=status, sessions=links))])


if __name__ == "__main__":
    main(obey)
