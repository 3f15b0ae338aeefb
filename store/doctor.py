"""What is wrong with a palace: everything that the store keeps as it is, and that somebody should look at."""

from __future__ import annotations

import os
import stat
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from store.errors import CacheError, InvalidInput, PalaceUnavailable
from store.gate import judge
from store.limits import check_limits
from store.model import Goal, GoalStatus
from store.schema import LOCKED
from store.sync import SyncStore

_STEP: Final = 250
"""Goals between two words of progress: a few dozen milliseconds."""
_LOOKS: Final = 10
"""How often the cache is looked at again, where changes go on."""


class Finding(NamedTuple):
    """One thing that is wrong."""

    kind: str
    """``palace``, ``unreadable``, ``cache``, ``gate``, ``session``, ``limit`` or ``root``."""
    goal: str | None
    """The goal that it is about, if it is about one."""
    problem: str
    """In a sentence."""


def _pause(seconds: float) -> bool:
    time.sleep(seconds)
    return False


def examine(
    store: SyncStore,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
    wait: Callable[[float], bool] = _pause,
) -> list[Finding]:
    """Return what is wrong with the palace of an open store; nothing is changed.

    Reads everything: integrity of the palace's structure, whether it can be written, drawers that can't be read,
    whether the cache equals the palace, goals that are done against the gate or over a limit, sessions linked more
    often than they may be, and who can write to the root.

    Args:
        store: which palace.
        progress: is told now and then how many goals were looked at, of how many.
        wait: lets some seconds pass, where the cache may be about to be written, and returns whether to give up.

    """
    store.complete()
    ids = store.book.ids()
    in_goals: list[Finding] = []
    homes: defaultdict[str, list[str]] = defaultdict(list)
    for done, goal_id in enumerate(ids):
        if done % _STEP == 0:
            progress(done, len(ids))
        if (goal := store.get(goal_id)) is not None:
            in_goals += _goal(goal, store.book.text(goal_id))
            if not goal.closed:
                for session_id in {link.session_id for link in goal.sessions}:
                    homes[session_id].append(goal_id)
    # The palace after the goals, some of which may have turned out to be none.
    return [*_palace(store), *_cache(store, wait), *in_goals, *_sessions(homes), *_root(store)]


def _palace(store: SyncStore) -> Iterator[Finding]:
    if store.degraded is not None:
        yield Finding("palace", None, f"unavailable: {store.degraded}")
    elif not store.book.seen and store.book.ids():
        yield Finding("palace", None, f"there is none: these are the goals that {store.cache.path} last held")
    elif store.book.seen:
        try:
            for problem in store.palace.integrity():
                yield Finding("palace", None, problem)
            store.palace.require_writable()
        except PalaceUnavailable as error:
            # At this moment somebody may be writing.
            if not error.reason.startswith(LOCKED):
                yield Finding("palace", None, error.reason)
    for goal_id, reason in store.unreadable.items():
        yield Finding("unreadable", goal_id, f"the drawer of goal {goal_id} can't be read: {reason}")


def _cache(store: SyncStore, wait: Callable[[float], bool]) -> Iterator[Finding]:
    # Whoever keeps it is always a moment behind an agent that writes: wrong is what stays as it is, and differs.
    finding = None
    for _ in range(_LOOKS):
        file, version, finding = store.cache.signature, store.book.version, _difference(store)
        if finding is None:
            return
        # Longer than it takes to write, and whoever does it rests in between.
        if wait(1 + len(store.book.ids()) / 20_000):
            return
        _ = store.look()
        moved, written = store.book.version != version, store.cache.signature != file
        if moved and written:
            return
        if not moved and not written:
            break
    if finding is not None:
        yield finding


def _difference(store: SyncStore) -> Finding | None:
    if store.degraded is None and store.cache.holds(store.book.texts()[1]):
        return None
    try:
        cached = store.cache.load()
    except CacheError as error:
        return Finding("cache", None, error.message)
    goals = store.all()
    if store.degraded is not None or cached == goals:
        return None
    there, here = {goal.id: goal for goal in cached}, {goal.id: goal for goal in goals}
    differing = sorted(key for key in there.keys() | here.keys() if there.get(key) != here.get(key))
    named = ", ".join(differing[:5]) + (" and others" if len(differing) > 5 else "")
    return Finding(
        "cache",
        None,
        f"{store.cache.path} differs from the palace in {len(differing)} goal{'s' * (len(differing) > 1)}: {named}",
    )


def _goal(goal: Goal, text: bytes) -> Iterator[Finding]:
    verdict = judge(goal)
    if goal.status is GoalStatus.DONE and not verdict.passes:
        counted = f"{verdict.verified} of {verdict.total} sessions verified with evidence"
        yield Finding("gate", goal.id, f"goal {goal.id} is done against the gate: {counted}")
    if text != goal.to_text().encode():
        yield Finding("palace", goal.id, f"the drawer of goal {goal.id} was not written by goalgate")
    try:
        check_limits(goal)
    except InvalidInput as error:
        yield Finding("limit", goal.id, f"goal {goal.id}: {error.message}")
    for session_id, count in Counter(link.session_id for link in goal.sessions).items():
        if count > 1:
            yield Finding("session", goal.id, f"goal {goal.id} has session {session_id!r} {count} times")


def _sessions(homes: Mapping[str, list[str]]) -> Iterator[Finding]:
    for session_id, ids in sorted(homes.items()):
        if len(ids) > 1:
            yield Finding("session", None, f"session {session_id!r} works on several open goals: {', '.join(ids)}")


def _root(store: SyncStore) -> Iterator[Finding]:
    """A process of another user that can write here could write anything (CONTRACT 9)."""
    try:
        status = store.root.stat()
    except OSError:
        return
    if status.st_uid != os.getuid():
        yield Finding("root", None, f"{store.root} belongs to another user (uid {status.st_uid})")
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        yield Finding("root", None, f"{store.root} can be written by others (mode {stat.S_IMODE(status.st_mode):o})")
