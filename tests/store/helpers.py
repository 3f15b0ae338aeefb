"""What the tests share: goals by hand, a clock that obeys, a look at the disk, waiting."""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

from store import (
    DEFAULT_PALACE,
    Goal,
    GoalStoreError,
    SessionLink,
    SessionTaskState,
    SessionUpdate,
    SyncStore,
    parse_goals,
)
from store.palace.checksum import checksum

SAMPLES = Path(__file__).parents[2] / "tui" / "sample-goals.json"
T0 = datetime(2026, 6, 16, 12, tzinfo=UTC)

# Everything that the contract calls blank, a class of characters each.
BLANKS = (
    *("", " ", "\t\r\n", "\u200b\u2060", "\x00\x1b", "\xad", "\u2028", "\u3000", "\u3164", "\u2800"),
    *("\ufe0f", "\u034f", "\u115f", "\ue000", "\U000e0041", "\u202e", " \u200d\u2800\n"),
)
# Looks empty to a careless test, and is not.
NOT_BLANK = (".", "0", "\u0301", "\u4e00", "\U0001faa2", "\u05d0", "\u200b.")


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = T0

    def __call__(self) -> datetime:
        return self.now


def wire(goal_id: str = "g-1", **fields: Any) -> dict[str, Any]:
    """A goal on the wire, pending and empty but for what is given."""
    made = {"id": goal_id, "description": f"goal {goal_id}", "status": "pending"}
    return made | {"created": "2026-06-16T12:00:00Z", "updated": "2026-06-16T12:00:00Z"} | fields


def link_wire(session_id: str = "s-1", state: str = "launched", evidence: str | None = None) -> dict[str, Any]:
    """A session link on the wire."""
    return {"session_id": session_id, "task": "work", "state": state, "evidence": evidence}


def goals(*wires: dict[str, Any]) -> list[Goal]:
    """The goals that wire objects hold."""
    return [Goal.from_wire(entry) for entry in wires]


def link(
    session_id: str = "s-1", state: str = "launched", evidence: str | None = None, task: str = "work"
) -> SessionLink:
    """A session link."""
    return SessionLink(session_id=session_id, task=task, state=SessionTaskState(state), evidence=evidence)


def plain(links: Iterable[SessionLink]) -> tuple[SessionLink, ...]:
    """Session links without who gave their evidence, and when."""
    return tuple(replace(one, evidence_by=None, evidence_at=None) for one in links)


def cache_file(root: Path, palace: str = DEFAULT_PALACE) -> Path:
    """Where the cache of a palace is."""
    return (root / "sm" if palace == DEFAULT_PALACE else root / "palaces" / palace) / "goals.json"


def update(
    session_id: str, state: str | None = None, evidence: str | None = None, note: str | None = None
) -> SessionUpdate:
    """What to change on a link, the state as it is on the wire."""
    known = None if state is None else SessionTaskState(state)
    return SessionUpdate(session_id=session_id, state=known, evidence=evidence, note=note)


def write_cache(root: Path, *wires: dict[str, Any], palace: str = DEFAULT_PALACE) -> Path:
    """Write a ``goals.json`` by hand, where that palace's is."""
    path = cache_file(root, palace)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(list(wires)))
    return path


def palace_file(root: Path, palace: str = DEFAULT_PALACE) -> Path:
    """Where a palace is."""
    return root / "palaces" / palace / "palace.db"


def lay_out_format(number: int, root: Path) -> None:
    """Put a palace of a format that was once released below ``root``."""
    path = palace_file(root)
    path.parent.mkdir(parents=True)
    shutil.copyfile(Path(__file__).parent / "palace" / "formats" / f"format-{number}.db", path)


def sql(root: Path, statement: str, *values: object, palace: str = DEFAULT_PALACE) -> list[tuple[Any, ...]]:
    """Run a statement on the palace's file, past the store, as somebody else with SQLite could."""
    with closing(sqlite3.connect(palace_file(root, palace), isolation_level=None, timeout=30)) as db:
        return db.execute(statement, values).fetchall()


def written(root: Path) -> tuple[int, int, int]:
    """How many revisions, requests and sessions the palace's file holds."""
    tables = ("revisions", "requests", "sessions")
    counts = [sql(root, f"SELECT count(*) FROM {table}")[0][0] for table in tables]
    return counts[0], counts[1], counts[2]


def sign(root: Path, condition: str, *values: object) -> None:
    """Give some revisions the checksums that go with what they say now, past the store."""
    columns = "seq, drawer, number, committed, actor, kind, asked_at, text"
    for at, *said, text in sql(root, f"SELECT {columns} FROM revisions WHERE {condition}", *values):
        drawer, number, committed, actor, kind, asked_at = said
        crc = checksum(drawer, number, committed, actor, kind, asked_at, text.encode())
        sql(root, "UPDATE revisions SET crc = ? WHERE seq = ?", crc, at)


def rewrite(root: Path, goal_id: str, text: str) -> None:
    """Give all revisions of a goal this text and the checksums that go with it, past the store."""
    sql(root, "UPDATE revisions SET text = ? WHERE drawer = ?", text, goal_id)
    sign(root, "drawer = ?", goal_id)


def say_again(root: Path, goal_id: str, actor: str) -> None:
    """Append a goal's newest revision once more, as the first version did for an update that changed nothing."""
    with SyncStore.open(root, actor=actor) as store:
        goal = store.get(goal_id)
        assert goal is not None
        text = replace(goal, updated=goal.updated + timedelta(microseconds=1)).to_text().encode()
        said = {"actor": actor, "kind": "change", "asked_at": ""}
        store.palace.transact(lambda tx: tx.append(goal_id, text, took=(), left=(), **said))  # type: ignore[arg-type]


def damage(root: Path, goal_id: str) -> None:
    """Change the text of a goal's newest revision behind its checksum's back."""
    newest = "(SELECT max(seq) FROM revisions WHERE drawer = ?)"
    known, other = '"description":"', '"description":"not '
    sql(root, f"UPDATE revisions SET text = replace(text, ?, ?) WHERE seq = {newest}", known, other, goal_id)


def set_aside(root: Path) -> list[list[str]]:
    """The ids in each file that was set aside, oldest first."""
    files = sorted((root / "set-aside").glob("*")) if (root / "set-aside").exists() else []
    return [[entry["id"] for entry in json.loads(path.read_bytes())] for path in files]


def tick(store: SyncStore) -> None:
    """Let a store do once what it does by itself."""
    store.look()
    store.keep()


def tick_until(store: SyncStore, condition: Callable[[], object], what: str) -> None:
    """Let a store do what it does by itself, until something has come of it."""

    def come() -> object:
        tick(store)
        return condition()

    wait_until(come, what)


def heal(store: SyncStore) -> None:
    """Let a store do what it does by itself, until its palace is back."""
    tick_until(store, lambda: store.degraded is None, "the store heals")


def fresh(root: Path, palace: str = DEFAULT_PALACE) -> list[Goal]:
    """What a store that is opened now reads."""
    with SyncStore.open(root, palace=palace, create=False) as store:
        assert store.degraded is None
        return list(store.all())


def cached(root: Path, palace: str = DEFAULT_PALACE) -> list[Goal]:
    """What the cache's file holds."""
    return list(parse_goals(cache_file(root, palace).read_bytes()))


def wait_until(condition: Callable[[], object], what: str, seconds: float = 60) -> None:
    """Wait for what must come; how long it takes on a loaded machine is not the test's business."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.01)


async def hear_until(changes: AsyncIterator[object], condition: Callable[[], object]) -> None:
    """Wait until a condition holds, looking whenever a subscriber is told something."""
    with anyio.fail_after(60):
        while not condition():
            await anext(changes)


async def hear(changes: AsyncIterator[frozenset[str]], *ids: str) -> None:
    """Wait until a subscriber was told of all of these goals."""
    left = set(ids)
    with anyio.fail_after(60):
        while left:
            left -= await anext(changes)


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Another process in the middle of a write that takes long."""
    with closing(sqlite3.connect(palace_file(root), isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def refused(kind: type[GoalStoreError], **facts: object) -> Iterator[None]:
    """Expect exactly this error, with these attributes, a message that names them and a way out."""
    with pytest.raises(GoalStoreError) as caught:
        yield
    error = caught.value
    assert type(error) is kind, repr(error)
    assert {name: getattr(error, name) for name in facts} == facts
    assert set(facts) <= error.facts().keys()
    for value in facts.values():
        if isinstance(value, str | int):
            assert str(value) in str(error) or repr(value) in str(error)
    assert error.next
    assert error.next in str(error)


def names(goal: Goal) -> str:
    """What names a goal and its sessions, a line each."""
    return "\n".join([goal.description, *(text for link in goal.sessions for text in (link.session_id, link.task))])
