"""Checks of everything that a palace holds, its older revisions as well: read once, from one snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Final

from store.errors import InvalidInput, PalaceUnavailable
from store.findings import Examination, Finding
from store.model import Goal, parse_goal
from store.palace import Audit, Request, StoredRevision
from store.text import from_json
from store.times import parse_time

AHEAD: Final = timedelta(minutes=5)
"""How far a time may be ahead of the clock: two machines never agree to the second."""
_NAMED: Final = 5
"""How many of something are named, where there may be any number."""


def check_whole(look: Examination) -> Iterator[Finding]:
    """Yield what is wrong with the palace's structure, its revisions, its index of sessions and its requests."""
    if not look.can_ask:
        return
    with look.store.palace.audit() as audit:
        walk = _Walk(look)
        checks: tuple[tuple[str, Callable[[Audit], Iterator[Finding]]], ...] = (
            ("its structure", _structure),
            ("every revision", walk.revisions),
            ("the order of its revisions", walk.gone),
            ("the index of sessions", walk.sessions),
            ("the requests", _requests),
        )
        for about, check in checks:
            try:
                yield from check(audit)
            except PalaceUnavailable as error:
                yield Finding("palace", None, f"{about} can't be looked at to the end: {error.reason}")


def _structure(audit: Audit) -> Iterator[Finding]:
    for problem in audit.structure():
        yield Finding("palace", None, problem)


class _Walk:
    """All revisions, drawer by drawer, and what is learnt on the way."""

    def __init__(self, look: Examination) -> None:
        self._look = look
        self._missing = 0
        self._working: set[tuple[str, str]] = set()
        """Which session works on which drawer, by the newest revisions."""
        self._as_known: set[str] = set()
        """The drawers whose newest revision is the goal that was looked at already."""
        self._unknown: set[str] = set()
        """The drawers of which it can't be known who works on them."""
        self._ended = False

    def revisions(self, audit: Audit) -> Iterator[Finding]:
        """Yield what is wrong with single drawers."""
        of = len(self._look.store.book.ids())
        for done, (drawer, rows) in enumerate(groupby(audit.revisions(), key=lambda row: row.drawer)):
            if done % 250 == 0:
                self._look.progress(min(of + done, 2 * of) // 2, of)
            yield from self._drawer(drawer, rows)
        self._ended = True

    def gone(self, audit: Audit) -> Iterator[Finding]:
        """Yield whether revisions are gone of which the drawers know nothing: the newest ones, or a whole drawer."""
        count, runs = audit.gone(_NAMED)
        if count > self._missing:
            where = ", ".join(f"{first} to {last}" if last > first else f"{first}" for first, last in runs)
            more = count - self._missing
            are = "revision is" if more == 1 else "revisions are"
            problem = f"{more} {are} gone from the end of a goal's history: the sequence lacks {where}"
            yield Finding("history", None, problem)

    def sessions(self, audit: Audit) -> Iterator[Finding]:
        """Yield where the index of sessions is not what the newest revisions say: what may be linked depends on it."""
        if not self._ended:
            yield Finding("palace", None, "the index of sessions can't be compared with the revisions")
            return
        told = {True: 0, False: 0}
        for session_id, ids in self._look.working.items():
            self._working.update((session_id, goal_id) for goal_id in ids if goal_id in self._as_known)
        for session_id, drawer in sorted(set(audit.workplaces()) ^ self._working):
            if drawer in self._unknown:
                continue
            indexed = (session_id, drawer) not in self._working
            told[indexed] += 1
            if told[indexed] > _NAMED:
                continue
            if indexed:
                problem = f"session {session_id!r} does not work on goal {drawer}, and the index of sessions says so"
            else:
                problem = f"session {session_id!r} works on goal {drawer}, and the index of sessions does not know"
            yield Finding("palace", drawer, problem)
        if (more := sum(max(0, count - _NAMED) for count in told.values())) > 0:
            yield Finding("palace", None, f"the index of sessions is wrong about {more} more")

    def _drawer(self, drawer: str, rows: Iterable[StoredRevision]) -> Iterator[Finding]:
        faults: dict[str, list[int]] = {}
        missing: list[tuple[int, int]] = []
        early: list[int] = []
        ahead: list[tuple[int, str]] = []
        before, goal, newest = StoredRevision(0, drawer, 0, "", "", b"", None), None, None
        known = self._look.store.book.text(drawer)
        latest = datetime.now(UTC) + AHEAD
        for row in rows:
            if row.number > before.number + 1:
                missing.append((before.number + 1, row.number - 1))
            if row.seq <= before.seq:
                early.append(row.number)
            goal, fault = _read(row, known)
            if fault is not None:
                faults.setdefault(fault, []).append(row.number)
            elif parse_time(row.committed) > latest:
                ahead.append((row.number, row.committed))
            before, newest = row, fault
        if newest is not None:
            self._unknown.add(drawer)
            faults[newest].pop()
            yield Finding("unreadable", drawer, f"the drawer of goal {drawer} can't be read: {newest}")
        elif goal is None:
            self._as_known.add(drawer)
        elif not goal.closed:
            self._working |= {(link.session_id, drawer) for link in goal.sessions}
        for fault, numbers in faults.items():
            if numbers:
                problem = f"{_revisions(numbers)} of goal {drawer} can't be read: {fault}"
                yield Finding("history", drawer, problem, revision=numbers[0])
        if missing:
            self._missing += sum(last - first + 1 for first, last in missing)
            yield Finding(
                "history",
                drawer,
                f"{_named(missing)} of goal {drawer} {'is' if _is_one(missing) else 'are'} missing",
                revision=missing[0][0],
            )
        if early:
            follows = "the one that it follows" if len(early) == 1 else "those that they follow"
            problem = f"{_revisions(early)} of goal {drawer} stood in the palace before {follows}"
            yield Finding("history", drawer, problem, revision=early[0])
        if ahead:
            numbers, first = [number for number, _ in ahead], ahead[0][1]
            were = f"w{'as' if len(ahead) == 1 else 'ere'} committed ahead of this machine's clock"
            problem = f"{_revisions(numbers)} of goal {drawer} {were}: {first}"
            yield Finding("clock", drawer, problem, revision=numbers[0])


def _read(row: StoredRevision, known: bytes) -> tuple[Goal | None, str | None]:
    """Return the goal of a revision, or why there is none; neither where it is the one that is ``known``."""
    if row.fault is not None:
        return None, row.fault
    try:
        _ = parse_time(row.committed)
        # To read each again takes a third of the time, where most goals have few revisions.
        if row.text == known and row.text.startswith(b'{"id":"%s"' % row.drawer.encode()):
            return None, None
        goal = parse_goal(row.text)
    except InvalidInput as error:
        return None, f"it is no goal: {error.message}"
    except ValueError as error:
        return None, f"when it was committed is {error}"
    return (goal, None) if goal.id == row.drawer else (None, f"it calls itself {goal.id}")


def _requests(audit: Audit) -> Iterator[Finding]:
    wrong = [request_id for request_id, request in audit.requests() if not _is_answer(audit, request)]
    for request_id in wrong[:_NAMED]:
        yield Finding("palace", None, f"request {request_id!r} was answered with what the palace does not hold")
    if (more := len(wrong) - _NAMED) > 0:
        yield Finding("palace", None, f"so w{'as' if more == 1 else 'ere'} {more} more request{'s' * (more > 1)}")


def _is_answer(audit: Audit, request: Request) -> bool:
    """Whether the palace holds what a request was answered with."""
    try:
        match from_json(request.result):
            case [str(goal_id), int(number)]:
                return 0 < number <= audit.number(goal_id)
            case [[*imported], [*skipped]]:
                return all(isinstance(goal_id, str) and audit.number(goal_id) for goal_id in (*imported, *skipped))
    except ValueError:
        pass
    return False


def _revisions(numbers: Iterable[int]) -> str:
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = runs[-1][0], number
        else:
            runs.append((number, number))
    return _named(runs)


def _named(runs: list[tuple[int, int]]) -> str:
    """Name revisions by the runs of their numbers."""
    said = [f"{first} to {last}" if last > first else f"{first}" for first, last in runs[:_NAMED]]
    more = sum(last - first + 1 for first, last in runs[_NAMED:])
    return f"revision{'' if _is_one(runs) else 's'} " + ", ".join(said) + (f" and {more} more" if more else "")


def _is_one(runs: list[tuple[int, int]]) -> bool:
    return len(runs) == 1 and runs[0][0] == runs[0][1]
