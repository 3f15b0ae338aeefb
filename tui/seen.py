"""What this operator has seen of a palace, and put off: kept beside no palace, and never in it.

One small file for each palace, private to its user. It is no loss if it is gone or garbage, and nothing that
happens to it ever fails the console.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from tui.needs import Kind, kind_of
from tui.private import keep, platform_folder, read_small

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from store import Event, GoalStore

_SIZE: Final = 1 << 22
"""Bytes that the file has at most; a larger one is none of ours."""
_PAGE: Final = 100
"""Events that are read at once."""


class Seen(NamedTuple):
    """What one operator has seen of one palace."""

    seq: int | None = None
    """Up to which of the palace's changes the operator was told; ``None`` where the palace was never left."""
    later: Mapping[str, int] = {}
    """Goals that were put off, each with the number of the revision that it had: hidden until it changes."""
    unseen: frozenset[str] = frozenset()
    """Goals that had changed before the palace was left, and were not looked at."""

    def hides(self, goal_id: str, number: int) -> bool:
        """Return whether a goal was put off and has not changed since; ``number`` is that of its newest revision."""
        return self.later.get(goal_id) == number

    def put_off(self, goal_id: str, number: int) -> Seen:
        """Return this with the goal hidden as long as ``number`` is its newest revision."""
        return self._replace(later={**self.later, goal_id: number})

    def taken_up(self, goal_id: str) -> Seen:
        """Return this with the goal hidden no more."""
        return self._replace(later={key: number for key, number in self.later.items() if key != goal_id})

    def left(self, seq: int, number_of: Callable[[str], int], unseen: Iterable[str]) -> Seen:
        """Return this as it is when the operator leaves: told of all up to ``seq``, what changed is not hidden."""
        later = {key: number for key, number in self.later.items() if number_of(key) == number}
        return Seen(seq, later, frozenset(unseen))


class Memory:
    """The file that keeps a `Seen`. Another console of the same user may write it too: every change reads it first."""

    def __init__(self, root: Path, palace: str, folder: Path | None = None) -> None:
        """Name the palace by its root and its name; nothing is opened or made."""
        with suppress(OSError, RuntimeError):
            root = root.resolve()
        name = sha256(os.fsencode(root) + b"\0" + os.fsencode(palace)).hexdigest()[:32]
        self.path = (folder or platform_folder("state")) / f"{name}.json"
        self.trouble = ""
        """Why the last change could not be kept, with the folder; nothing where it was kept."""
        self.told = False
        """Whether the operator knows of such a trouble."""

    def load(self) -> Seen:
        """Return what is kept; nothing where that is missing, garbage or can't be read."""
        try:
            return _read(json.loads(read_small(self.path, _SIZE)))
        except (OSError, ValueError, RecursionError):
            return Seen()

    def change(self, how: Callable[[Seen], Seen]) -> Seen:
        """Keep what ``how`` makes of what is kept, whole or not at all, and return it, kept or not."""
        seen = how(self.load())
        document = {"seq": seen.seq, "later": dict(seen.later), "unseen": sorted(seen.unseen)}
        try:
            keep(self.path, json.dumps(document))
            self.trouble = ""
        except OSError as error:
            self.trouble = f"nothing can be kept in {self.path.parent}: {error.strerror or error}"
        return seen


def _read(document: object) -> Seen:
    if not isinstance(document, dict):
        return Seen()
    seq, later, unseen = document.get("seq"), document.get("later"), document.get("unseen")
    kept = later.items() if isinstance(later, dict) else ()
    missed = unseen if isinstance(unseen, list) else ()
    return Seen(
        seq if _is_number(seq) else None,
        {goal_id: number for goal_id, number in kept if _is_number(number)},
        frozenset(goal_id for goal_id in missed if isinstance(goal_id, str)),
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


class _Then(NamedTuple):
    now: Kind
    """What the goal wants now."""
    was: Kind | None
    """What it wanted when the operator left, or at first; ``None`` for a new goal that was not closed at first."""
    new: bool


class Away:
    """What happened while the operator was away: fed with events, the newest first."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._goals: dict[str, _Then] = {}

    def take(self, events: Iterable[Event]) -> None:
        """Take in events that are older than all before."""
        for event in events:
            goal = event.revision.goal
            later = self._goals.get(goal.id)
            now = kind_of(goal) if later is None else later.now
            if event.before is not None:
                was: Kind | None = kind_of(event.before)
            else:
                # One that came closed, by an import, was closed by nobody.
                was = Kind.CLOSED if goal.closed else None
            self._goals[goal.id] = _Then(now, was, event.before is None)

    @property
    def changed(self) -> frozenset[str]:
        """The goals that changed, whoever changed them."""
        return frozenset(self._goals)

    @property
    def sentence(self) -> str:
        """What became of them: ``since you left: 4 closed, 2 failed, 1 ready``; nothing if nothing happened."""
        counted = Counter(_became(then) for then in self._goals.values())
        told = ", ".join(f"{counted[word]} {word}" for word in _WORDS if counted[word])
        return f"since you left: {told}" if told else ""


_WORDS: Final = ("closed", "failed", "ready", "blocked", "new", "changed")


def _became(goal: _Then) -> str:
    if goal.now is not goal.was and goal.now in (Kind.CLOSED, Kind.FAILED, Kind.READY, Kind.BLOCKED):
        return goal.now.name.lower()
    return "new" if goal.new else "changed"


async def look_back(store: GoalStore, seen: Seen) -> Away:
    """Return what happened since the operator left, read page by page; nothing where that was never.

    Raises:
        PalaceUnavailable: the palace can't be read.

    """
    away = Away()
    # Another palace in its place, or an older copy of it, may have come less far: then there is nothing to tell.
    below, floor = store.seq + 1, seen.seq if seen.seq is not None else store.seq
    while below > floor + 1:
        events = await store.activity(_PAGE, below)
        away.take(event for event in events if event.seq > floor)
        below = min(event.seq for event in events) if events else below - _PAGE
    return away
