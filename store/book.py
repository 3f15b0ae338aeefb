"""The map in memory: every goal as the bytes that the palace holds, read into models when asked for."""

from __future__ import annotations

import re
import sys
import threading
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from unicodedata import category

from store.errors import GoalNotFound, InvalidInput
from store.model import Goal, parse_goal
from store.palace import Batch, StoredRevision
from store.text import from_json
from store.times import parse_time

_UPDATED = re.compile(rb',"progress":\d+,"created":"[^"]*","updated":"([^"]*)"')
_STRING = rb'"([^"\\]*(?:\\.[^"\\]*)*)"'
_DESCRIPTION = re.compile(rb'\{"id":"[^"]*","description":' + _STRING)
_LINK = re.compile(rb'\{"session_id":' + _STRING + rb',"task":' + _STRING)
_FOLDS_TO_ASCII = "\u212aßİŉſǰẖẗẘẙẚẞﬀﬁﬂﬃﬄﬅﬆ"
"""The letters of other alphabets of which folding the case makes some of ASCII's; the first is the Kelvin sign."""
_KELVIN = _FOLDS_TO_ASCII[0].encode()
_BEGIN_SUCH = tuple({letter.encode()[:1] for letter in "ßİŉǰẖﬀ"})
"""The bytes that they begin with, but for the Kelvin sign's, which every arrow and ellipsis begins with."""
_PROGRESS = b',"progress":'
_STATUS = b'","status":"'
_FAILED = b'"state":"failed"'
_CLOSED = (b'done"', b'abandoned"')
_NAMED = 9
"""Ids that are named where several may be meant."""


class Book:
    """What a store knows at this moment. Changed under its lock; reading needs none, every step being one lookup."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.seen = 0
        """The palace's sequence number up to which everything is in here."""
        self.newest = (0, "")
        """The newest revision that is in here: its sequence number, and when it was committed."""
        self.version = 0
        """Grows with every change, so that a copy can tell whether it is stale."""
        # Not one dict of pairs: strings, bytes and integers are nothing that the garbage collector looks at.
        self._texts: dict[str, bytes] = {}
        self._numbers: dict[str, int] = {}
        self._actors: dict[str, str] = {}
        self._asked: dict[str, datetime] = {}
        self._open: set[str] = set()
        self._ids: list[str] = []
        self._unreadable: dict[str, str] = {}
        self._lock = threading.Lock()

    def rebuild(self, batch: Batch) -> frozenset[str]:
        """Take ``batch`` for the whole truth and return the ids of what is different now."""
        texts: dict[str, bytes] = {}
        numbers: dict[str, int] = {}
        actors: dict[str, str] = {}
        asked: dict[str, datetime] = {}
        unreadable: dict[str, str] = {}
        newest = (0, "")
        for row in batch.revisions:
            if row.seq > newest[0]:
                newest = (row.seq, row.committed)
            if row.fault is None:
                # Few people, many goals: one string each.
                actors[row.drawer] = sys.intern(row.actor)
                texts[row.drawer], numbers[row.drawer] = row.text, row.number
                if row.asked_at and (at := row.asked()) is not None:
                    asked[row.drawer] = at
            else:
                unreadable[row.drawer] = row.fault
        with self._lock:
            changed = self._texts.keys() ^ texts.keys() | self._unreadable.keys() ^ unreadable.keys()
            changed |= {key for key, text in self._texts.items() if texts.get(key) != text}
            self._texts, self._numbers, self._actors, self._unreadable = texts, numbers, actors, unreadable
            self._asked = asked
            self._open = {key for key, text in texts.items() if not _is_closed(text)}
            self._ids = sorted(texts)
            self.seen, self.newest = batch.seq, newest
            self.version += 1
        return frozenset(changed)

    def absorb(self, batch: Batch) -> frozenset[str]:
        """Take in what is newer and return the ids that it touched."""
        with self._lock:
            changed = frozenset(self._take(row) for row in batch.revisions if row.seq > self.seen)
            if changed:
                self.newest = batch.revisions[-1].seq, batch.revisions[-1].committed
            self.seen = max(self.seen, batch.seq)
            self.version += bool(changed)
        return changed

    def fill(self, goals: Iterable[Goal], unreadable: Mapping[str, str] = MappingProxyType({})) -> None:
        """Hold what comes from the cache, because there is no palace to ask: goals, and why others can't be read."""
        with self._lock:
            self._texts = {goal.id: goal.to_text().encode() for goal in goals}
            self._numbers = {}
            self._actors = {}
            self._asked = {}
            self._open = {key for key, text in self._texts.items() if not _is_closed(text)}
            self._ids = sorted(self._texts)
            self._unreadable = dict(unreadable)
            self.version += 1

    def get(self, goal_id: str) -> Goal | None:
        """Return a goal, or ``None``."""
        text = self._texts.get(goal_id)
        if text is None:
            return None
        try:
            return parse_goal(text)
        except InvalidInput as error:
            with self._lock:
                # Its checksum is right, so whoever wrote it meant it: a newer goalgate, or no goalgate at all.
                if still := self._texts.get(goal_id) is text:
                    self._quarantine(goal_id, f"it is no goal: {error.message}")
        # Another revision may have come meanwhile.
        return None if still else self.get(goal_id)

    def all(self) -> list[Goal]:
        """Return every goal, by id."""
        return [goal for goal_id in self.ids() if (goal := self.get(goal_id)) is not None]

    def ids(self) -> list[str]:
        """Return every id, sorted."""
        return self._ids.copy()

    def actor(self, goal_id: str) -> str:
        """Return who made a goal's newest revision; empty where that is not known."""
        return self._actors.get(goal_id, "")

    def asked_at(self, goal_id: str) -> datetime | None:
        """Return when it last changed what a goal asks for; ``None`` where it never did, or that is not known."""
        return self._asked.get(goal_id)

    def open_ids(self) -> frozenset[str]:
        """Return the ids of the goals that are not closed."""
        return frozenset(self._open)

    def updated(self, goal_id: str) -> datetime | None:
        """Return when a goal last changed, without parsing it."""
        return _updated(self.text(goal_id))

    def may_have_failed(self, goal_id: str) -> bool:
        """Return whether a session of a goal may have failed, without parsing it."""
        return _FAILED in self.text(goal_id)

    def may_mention(self, goal_id: str, words: Sequence[str]) -> bool:
        """Return whether every word may stand somewhere in a goal, in any case, without parsing it.

        Args:
            goal_id: which goal.
            words: case-folded, as `store.to_json` writes them between the quotes.

        """
        text = self._texts.get(goal_id, b"")
        lower = text.lower()
        for word in words:
            if word.encode() not in lower:
                break
        else:
            return True
        # To fold other letters takes twenty times as long, and there may be a hundred thousand goals.
        if not _may_fold_to_ascii(text) and all(map(_stands_as_it_is, words)):
            return False
        folded = text.decode().casefold()
        return all(word in folded for word in words)

    def may_fold(self, goal_id: str) -> bool:
        """Return whether a goal has a letter of other alphabets of which folding the case makes some of ASCII's."""
        return _may_fold_to_ascii(self.text(goal_id))

    def names(self, goal_id: str) -> str:
        """Return a goal's description, and its sessions' ids and tasks, a line each, without parsing it."""
        text = self.text(goal_id)
        if (found := _DESCRIPTION.match(text)) is None:
            # Whoever wrote it has another order of keys.
            if (goal := self.get(goal_id)) is None:
                return ""
            links = [name for link in goal.sessions for name in (link.session_id, link.task)]
            return "\n".join([goal.description, *links])
        # An unknown key may hold what looks like a link: it is a name then too.
        parts = [found[1], *(part for link in _LINK.findall(text) for part in link)]
        names = b"\n".join(parts).decode()
        if "\\" in names:
            names = str(from_json('"' + names.replace("\n", "\\n") + '"'))
        return names

    def number(self, goal_id: str) -> int:
        """Return the newest revision's number; 0 for a goal that is not there, or comes from the cache."""
        return self._numbers.get(goal_id, 0)

    def text(self, goal_id: str) -> bytes:
        """Return a goal's wire text; empty for a goal that is not there."""
        return self._texts.get(goal_id, b"")

    def texts(self) -> tuple[int, Iterator[bytes]]:
        """Return the version, and every goal's wire text by id, as they are now whatever comes meanwhile."""
        # Copied whole, a step for each goal being time in which nobody else gets on.
        with self._lock:
            return self.version, map(self._texts.copy().__getitem__, self._ids.copy())

    def resolve(self, prefix: str) -> str:
        """Return the one id that ``prefix`` means: itself, or the only one that begins with it.

        Raises:
            GoalNotFound: none does, or several do; it is empty.

        """
        ids = self._ids
        if prefix in self._texts or prefix in self._unreadable:
            return prefix
        start, end = bisect_left(ids, prefix), bisect_left(ids, f"{prefix}\U0010ffff")
        if end - start != 1 or not prefix:
            some = ids[start : min(end, start + _NAMED)] if prefix else []
            raise GoalNotFound(prefix, some, end - start - len(some))
        return ids[start]

    @property
    def unreadable(self) -> Mapping[str, str]:
        """The drawers that can't be read, with the reason."""
        return MappingProxyType(self._unreadable)

    def _take(self, row: StoredRevision) -> str:
        if row.fault:
            self._quarantine(row.drawer, row.fault)
            return row.drawer
        self._unreadable.pop(row.drawer, None)
        if row.drawer not in self._texts:
            insort(self._ids, row.drawer)
        self._texts[row.drawer], self._numbers[row.drawer] = row.text, row.number
        self._actors[row.drawer] = sys.intern(row.actor)
        if row.asked_at and (at := row.asked()) is not None:
            self._asked[row.drawer] = at
        (self._open.discard if _is_closed(row.text) else self._open.add)(row.drawer)
        return row.drawer

    def _quarantine(self, goal_id: str, reason: str) -> None:
        if self._texts.pop(goal_id, None) is not None:
            self._ids = [other for other in self._ids if other != goal_id]
            self._open.discard(goal_id)
        self._unreadable = {**self._unreadable, goal_id: reason}
        self.version += 1


@lru_cache(maxsize=64)
def _stands_as_it_is(word: str) -> bool:
    """Return whether all letters are ASCII's or of a script without case, of which folding makes none of another."""
    # Folding makes the modifiers among Latin's letters of U+0149 and U+1E9A.
    return all(char.isascii() or (char > "\u02ff" and category(char) in ("Lo", "Lm")) for char in word)


def _may_fold_to_ascii(text: bytes) -> bool:
    """Return whether a letter may stand in a text that is none of ASCII's and whose case folds to some of those."""
    if text.isascii():
        return False
    # A single byte is looked for in a tenth of the time.
    for begin in _BEGIN_SUCH:
        if begin in text:
            said = text.decode()
            return any(letter in said for letter in _FOLDS_TO_ASCII)
    return _KELVIN in text


def _is_closed(text: bytes) -> bool:
    """Return whether `Goal.to_text` wrote this of a closed goal, without parsing it: nearly all goals are closed.

    Inside a JSON string a quote is escaped, so the first place where this stands is the status itself.
    """
    return text.startswith(_CLOSED, text.find(_STATUS) + len(_STATUS))


def _updated(text: bytes) -> datetime | None:
    """Return when a goal last changed, from what `Goal.to_text` wrote, without parsing it; good enough to sort by."""
    # To look for it from the front takes five times as long, and there are thousands.
    at = text.find(_PROGRESS)
    found = (_UPDATED.match(text, at) if at >= 0 else None) or _UPDATED.search(text)
    # An unknown key of a link may hold what looks like it, with anything in it.
    with suppress(ValueError):
        return parse_time(datetime.fromisoformat(found[1].decode())) if found else None
    return None
