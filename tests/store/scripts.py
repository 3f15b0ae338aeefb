"""Scripts of operations that run under the blocking store, and under `GoalStore` with asyncio and with trio.

A script is a generator. It yields operations and is sent what they return; what they raise is raised at the
``yield``, so ``with pytest.raises(...)`` around one means what it says. After each refusal the driver checks that
nothing was written anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from store import (
    Create,
    Edit,
    Goal,
    GoalStore,
    GoalStoreError,
    Imported,
    Link,
    Note,
    Revert,
    Revision,
    SetStatus,
    Supersede,
    SyncStore,
    Unlink,
    Update,
)
from tests.store.helpers import Clock, cache_file, fresh, written


class Bring(NamedTuple):
    """Import goals."""

    goals: Sequence[Goal]


class History(NamedTuple):
    """Read a goal's history."""

    goal_id: str
    limit: int | None = None
    before: int | None = None


class At(NamedTuple):
    """Set the clock."""

    now: datetime


class Asked(NamedTuple):
    """An operation with a request id."""

    step: Any
    request_id: str


Script = Generator[Any, Any, None]
Maker = Callable[[], Script]


def every(*makers: Maker) -> pytest.MarkDecorator:
    """Parametrise a test by scripts, each under its function's name."""
    return pytest.mark.parametrize("script", [pytest.param(maker, id=maker.__name__) for maker in makers])


def run(maker: Maker, root: Path) -> None:
    """Run a script with the blocking store; after each step what a fresh open reads is what this one knows."""
    clock = Clock()
    with SyncStore.open(root, clock=clock, actor="ann") as store:

        def state() -> object:
            store.leave()
            return list(store.all()), fresh(root), written(root), cache_file(root).read_bytes()

        script = maker()
        step = next(script, None)
        while step is not None:
            before = state()
            try:
                result = _sync(store, clock, step)
            except GoalStoreError as error:
                assert state() == before, "a refusal must leave everything as it was"
                step = _throw(script, error)
            else:
                assert fresh(root) == list(store.all())
                step = _send(script, result)


async def run_async(maker: Maker, root: Path) -> None:
    """Run a script with `GoalStore`."""
    clock = Clock()
    async with GoalStore.open(root, clock=clock, actor="ann") as store:
        script = maker()
        step = next(script, None)
        while step is not None:
            before = list(store.all()), written(root)
            try:
                result = await _async(store, clock, step)
            except GoalStoreError as error:
                assert (list(store.all()), written(root)) == before, "a refusal must leave everything as it was"
                step = _throw(script, error)
            else:
                step = _send(script, result)


def _send(script: Script, result: object) -> Any:
    try:
        return script.send(result)
    except StopIteration:
        return None


def _throw(script: Script, error: GoalStoreError) -> Any:
    try:
        return script.throw(error)
    except StopIteration:
        return None


def _sync(store: SyncStore, clock: Clock, step: Any) -> object:
    step, request_id = step if isinstance(step, Asked) else (step, None)
    match step:
        case Bring(goals):
            return store.import_goals(goals, request_id)
        case History():
            return store.history(*step)
        case At(now):
            clock.now = now
            return None
        case _:
            return store.apply(step, request_id)


async def _async(store: GoalStore, clock: Clock, step: Any) -> Goal | Imported | list[Revision] | None:
    step, key = step if isinstance(step, Asked) else (step, None)
    match step:
        case Bring(goals):
            return await store.import_goals(goals, request_id=key)
        case History():
            return await store.history(*step)
        case At(now):
            clock.now = now
            return None
        case Create(description, acceptance):
            return await store.create(description, acceptance, request_id=key)
        case Edit(goal_id, description, acceptance):
            return await store.edit(goal_id, description, acceptance, request_id=key)
        case Link(goal_id, made):
            return await store.link(goal_id, made, request_id=key)
        case Unlink(goal_id, session_id, reason):
            return await store.unlink(goal_id, session_id, reason, request_id=key)
        case Update(goal_id, update):
            return await store.update(goal_id, update, request_id=key)
        case Supersede(goal_id, session_id, by):
            return await store.supersede(goal_id, session_id, by, request_id=key)
        case Note(goal_id, text):
            return await store.note(goal_id, text, request_id=key)
        case SetStatus(goal_id, "done", outcome):
            return await store.close(goal_id, outcome, request_id=key)
        case SetStatus(goal_id, status, reason):
            return await store.set_status(goal_id, status, reason, request_id=key)
        case Revert(goal_id, revision, int(if_current)):
            return await store.revert(goal_id, revision, if_current, request_id=key)
        case _:
            raise AssertionError(step)
