"""What is wrong with a palace: everything that the store keeps as it is, and that somebody should look at.

One kind of fault is one small function: about the palace in `CHECKS`, about each goal by itself in `GOAL_CHECKS`.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from store.doctor_history import AHEAD, check_whole
from store.doctor_rights import check_rights, check_state
from store.errors import CacheError, InvalidInput, PalaceUnavailable
from store.findings import Examination, Finding
from store.gate import judge
from store.limits import check_limits
from store.model import Goal, GoalStatus
from store.palace import lock_holders
from store.schema import LOCKED, WAIT
from store.sync import SyncStore
from store.times import format_time
from store.transfer import name_entries

_STEP: Final = 250
"""Goals between two words of progress: a few dozen milliseconds."""
_LOOKS: Final = 10
"""How often the cache is looked at again, where changes go on."""
_TRIES: Final = 50
"""How often a change is tried in the time for which it would wait for a lock."""
_LAST: Final = datetime.max.replace(tzinfo=UTC)
_CHANGE: Final = 64 * 1024
"""Bytes that a change writes besides the goal itself, and more."""


def _pause(seconds: float) -> bool:
    time.sleep(seconds)
    return False


def examine(
    store: SyncStore,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
    wait: Callable[[float], bool] = _pause,
    folders: Sequence[Path] = (),
) -> list[Finding]:
    """Return what is wrong with the palace of an open store; nothing is changed.

    Reads everything: the palace's structure and every revision in it, whether a change could be written, whether the
    cache equals the palace, goals that are done against the gate, over a limit or ahead of the clock, sessions linked
    more often than they may be, and who else can write to its files. A check that fails is a finding, and the others
    go on.

    Args:
        store: which palace.
        progress: is told now and then how many goals were looked at, of how many.
        wait: lets some seconds pass, where something may be about to happen, and returns whether to give up.
        folders: where the operator's own files are kept: looked at as well.

    """
    store.complete()
    look = Examination(store, progress, wait, tuple(folders))
    # Before anything is said of the palace: a drawer may turn out to hold no goal.
    _read_goals(look)
    # No finding twice: two checks may meet the same damage.
    found: dict[Finding, None] = {}
    for check in CHECKS:
        try:
            for finding in check(look):
                found[finding] = None
        except PalaceUnavailable as error:
            found[Finding("palace", None, error.reason)] = None
    return list(found)


def _read_goals(look: Examination) -> None:
    """Look at each goal as it is now, which is half of the way; all that it was is the other."""
    store = look.store
    ids = store.book.ids()
    for done, goal_id in enumerate(ids):
        if done % _STEP == 0:
            look.progress(done // 2, len(ids))
        if (goal := store.get(goal_id)) is not None:
            text = store.book.text(goal_id)
            for check in GOAL_CHECKS:
                look.in_goals.extend(check(goal, text))
            if not goal.closed:
                for session_id in {link.session_id for link in goal.sessions}:
                    look.working[session_id].append(goal_id)


# About the palace


def _unavailable(look: Examination) -> Iterator[Finding]:
    store = look.store
    if store.degraded is not None:
        yield Finding("palace", None, f"unavailable: {store.degraded}")
    elif not store.book.seen and store.book.ids():
        yield Finding("palace", None, f"there is none: these are the goals that {store.cache.path} last held")


def _writable(look: Examination) -> Iterator[Finding]:
    """A change is really tried: a full disk lets one begin, and so does a lock that somebody never lets go of."""
    if not look.can_ask:
        return
    palace, size = look.store.palace, _CHANGE + max(map(len, look.store.book.texts()[1]), default=0)
    for _ in range(_TRIES):
        try:
            palace.try_writing(size)
        except PalaceUnavailable as error:
            if not error.reason.startswith(LOCKED):
                yield Finding("palace", None, f"no change can be written: {error.reason}")
                return
        else:
            return
        # Somebody may be writing at this moment, which is well.
        if look.wait(WAIT / _TRIES):
            return
    with palace.audit() as audit:
        held = ", ".join(map(str, audit.writers())) or "a process that is not known"
    yield Finding("palace", None, f"no change can be written: it was locked for all of {WAIT:g} s by {held}")


def _unreadable(look: Examination) -> Iterator[Finding]:
    for goal_id, reason in look.store.unreadable.items():
        yield Finding("unreadable", goal_id, f"the drawer of goal {goal_id} can't be read: {reason}")


def _cache(look: Examination) -> Iterator[Finding]:
    # Whoever keeps it is always a moment behind an agent that writes: wrong is what stays as it is, and differs.
    store, finding = look.store, None
    for _ in range(_LOOKS):
        file, version, finding = store.cache.signature, store.book.version, _difference(store)
        if finding is None:
            return
        # Longer than it takes to write, and whoever does it rests in between.
        if look.wait(1 + len(store.book.ids()) / 20_000):
            return
        _ = store.look()
        moved, written = store.book.version != version, store.cache.signature != file
        if moved and written:
            return
        if not moved and not written:
            break
    if finding is not None:
        # It may have been stopped, which nobody else sees.
        keepers = ", ".join(map(str, lock_holders(store.palace.folder / "keeper.lock")))
        yield finding._replace(
            problem=finding.problem + (f"; {keepers} keeps it, and does not write" if keepers else "")
        )


def _difference(store: SyncStore) -> Finding | None:
    path = str(store.cache.path)
    if store.degraded is None and store.cache.holds(store.book.texts()[1]):
        return None
    try:
        contents = store.cache.read()
    except CacheError as error:
        return Finding("cache", None, error.message, path)
    if contents.bad:
        return Finding("cache", None, f"{path}: {name_entries(contents.bad)}", path)
    goals, cached = store.all(), sorted(contents.goals, key=lambda goal: goal.id)
    if store.degraded is not None or cached == goals:
        return None
    there, here = {goal.id: goal for goal in cached}, {goal.id: goal for goal in goals}
    differing = sorted(key for key in there.keys() | here.keys() if there.get(key) != here.get(key))
    named = ", ".join(differing[:5]) + (" and others" if len(differing) > 5 else "")
    count = f"{len(differing)} goal{'s' * (len(differing) > 1)}"
    return Finding("cache", None, f"{path} differs from the palace in {count}: {named}", path)


def _aside(look: Examination) -> Iterator[Finding]:
    """Say which caches were set aside and hold what the palace lacks: nobody else knows it (CONTRACT 4)."""
    if look.store.degraded is None:
        for path in look.store.set_aside.files():
            if why := look.store.set_aside.why_kept(path, look.store.lacks):
                yield Finding("aside", None, f"{why}: {path} was set aside", str(path))


def _goals(look: Examination) -> Iterator[Finding]:
    yield from look.in_goals


def _outdated(look: Examination) -> Iterator[Finding]:
    """A goal that is done rests on its evidence; one that is open is still being worked on, see `remarks`."""
    for goal, problem in _old_evidence(look.store):
        if goal.status is GoalStatus.DONE:
            yield Finding("evidence", goal.id, problem)


def remarks(store: SyncStore) -> list[str]:
    """Return sentences about what is nothing wrong, but good to know: open goals with evidence older than they ask."""
    return [problem for goal, problem in _old_evidence(store) if not goal.closed]


def _old_evidence(store: SyncStore) -> Iterator[tuple[Goal, str]]:
    newer = "the newest change of what the goal asks for, or its reopening"
    for goal_id in store.book.ids():
        asked_at = store.asked_at(goal_id)
        if asked_at is None or (goal := store.get(goal_id)) is None:
            continue
        for link in judge(goal, asked_at).outdated:
            yield goal, f"goal {goal_id}: the evidence of session {link.session_id!r} is older than {newer}"


def _clock(look: Examination) -> Iterator[Finding]:
    """A change is always later than the one before, so one bad clock is a goal's time for good."""
    latest = look.store.clock().astimezone(UTC) + AHEAD
    for goal_id in look.store.book.ids():
        updated = look.store.book.updated(goal_id)
        if updated is not None and updated > latest:
            problem = f"goal {goal_id} was changed ahead of this machine's clock: {format_time(updated)}"
            if updated == _LAST:
                problem += ", the last moment there is: it can't be changed again"
            yield Finding("clock", goal_id, problem)


def _sessions(look: Examination) -> Iterator[Finding]:
    for session_id, ids in sorted(look.working.items()):
        if len(ids) > 1:
            yield Finding("session", None, f"session {session_id!r} works on several open goals: {', '.join(ids)}")


CHECKS: Final[tuple[Callable[[Examination], Iterator[Finding]], ...]] = (
    _unavailable,
    check_whole,
    _writable,
    _unreadable,
    _cache,
    _aside,
    _goals,
    _outdated,
    _clock,
    _sessions,
    check_rights,
    check_state,
)
"""Every check of the palace as a whole, in the order in which its findings are told."""


# About one goal


def _gate(goal: Goal, _text: bytes) -> Iterator[Finding]:
    verdict = judge(goal)
    if goal.status is GoalStatus.DONE and not verdict.passes:
        counted = f"{verdict.verified} of {verdict.total} session{'s' * (verdict.total != 1)} verified with evidence"
        yield Finding("gate", goal.id, f"goal {goal.id} is done against the gate: {counted}")


def _foreign(goal: Goal, text: bytes) -> Iterator[Finding]:
    if text != goal.to_text().encode():
        yield Finding("palace", goal.id, f"the drawer of goal {goal.id} was not written by goalgate")


def _limits(goal: Goal, _text: bytes) -> Iterator[Finding]:
    try:
        check_limits(goal)
    except InvalidInput as error:
        yield Finding("limit", goal.id, f"goal {goal.id}: {error.message}")


def _linked_twice(goal: Goal, _text: bytes) -> Iterator[Finding]:
    for session_id, count in Counter(link.session_id for link in goal.sessions).items():
        if count > 1:
            yield Finding("session", goal.id, f"goal {goal.id} has session {session_id!r} {count} times")


def _superseded(goal: Goal, _text: bytes) -> Iterator[Finding]:
    """A session that another one took over, which is not there, or handed on until it came back: no operation does."""
    takers = {link.session_id: link.superseded_by for link in goal.sessions if link.superseded_by is not None}
    linked = {link.session_id for link in goal.sessions}
    for session_id, taker in takers.items():
        passed, at = set(), session_id
        while at in takers and at not in passed:
            passed.add(at)
            at = takers[at]
        why = "which is not linked to the goal" if taker not in linked else "in a circle"
        if taker not in linked or at == session_id:
            problem = f"goal {goal.id}: session {session_id!r} is superseded by {taker!r}, {why}"
            yield Finding("superseded", goal.id, problem)


GOAL_CHECKS: Final[tuple[Callable[[Goal, bytes], Iterator[Finding]], ...]] = (
    _gate,
    _foreign,
    _limits,
    _linked_twice,
    _superseded,
)
"""Every check of a goal by itself, given with its wire text."""
