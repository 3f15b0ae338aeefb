"""The palace as it comes and goes: what was committed is taken in, and what can't be used is waited for."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable

from store.errors import PalaceUnavailable
from store.palace import Hurried, Palace, Restricted, StoredRevision
from store.reading import Reading

_RETRY = 0.5
"""Seconds between two attempts to heal."""


class Health(Reading):
    """A map of goals that follows its palace, and goes on by itself when the palace is back."""

    def __init__(self, palace: Palace) -> None:
        """Know nothing of the palace yet."""
        super().__init__(palace)
        self.whole = True
        """Whether all goals are known: opened in a hurry, only those that sessions work on are at first."""
        self.notices: deque[str] = deque(maxlen=20)
        """What a person should know and no operation failed over, oldest first."""
        self.on_change: Callable[[frozenset[str]], None] = lambda _: None
        """Told which goals changed, from any thread; an empty set says that the store's own condition did."""
        self.on_whole: Callable[[], None] = lambda: None
        """Told when all goals are known that were not, from any thread."""
        self._palace_id = self._first_id = ""
        self._writes = True
        """Whether it was opened for changes, too."""
        self._to_make = False
        """Whether there was no palace at the start, and none could be made."""
        self._next_heal = 0.0
        self._catching_up = threading.RLock()

    def complete(self) -> None:
        """Read what `start` left out in its hurry. Never raises a store error; what can't be read now, healing will."""
        try:
            # Nobody may take in what is newer while an older view of everything is on its way.
            with self._catching_up:
                if not self.whole:
                    known = set(self.book.ids())
                    if changed := self._rebuild() & known:
                        self.on_change(changed)
        except PalaceUnavailable as error:
            self._degrade(error.reason)

    @property
    def replaced(self) -> bool:
        """Whether another palace is by now where the one was that was opened."""
        return self._palace_id != self._first_id

    def catch_up(self) -> list[StoredRevision]:
        """Take in what was committed since, by anyone, tell of it, and return it in order.

        Raises:
            PalaceUnavailable: the palace can't be read; the map is as it was.

        """
        # One at a time, so that what is told is told in the order in which it was committed.
        with self._catching_up:
            batch = self._asked(lambda: self.palace.since(self.book.seen))
            if batch.seq < self.book.seen:
                # Somebody put back an older copy of the palace in place.
                seen, committed = self.book.newest
                self.on_change(self._rebuild())
                self._note_loss(seen, committed)
                return []
            changed = self.book.absorb(batch)
            if changed:
                self.on_change(changed)
            return [row for row in batch.revisions if row.drawer in changed]

    def look(self) -> list[StoredRevision]:
        """Catch up, or heal where that is due, and return what was committed since. Never raises a store error."""
        try:
            if self._there and (self.degraded is None or self.read_only):
                revisions = self.catch_up()
                if self.degraded is not None and time.monotonic() >= self._next_heal:
                    self._ask_again()
                return revisions
            if time.monotonic() >= self._next_heal:
                return self._heal()
        except PalaceUnavailable as error:
            self._degrade(error.reason)
        return []

    def _examine(self) -> None:
        """After a failed change: was it that change, or can the palace take none?"""
        try:
            self._asked(self.palace.require_writable)
        except PalaceUnavailable as error:
            self._degrade(error.reason)

    def _degrade(self, reason: str, *, read_only: bool = False) -> None:
        # At once at first: every moment counts where somebody took a file away under an open palace.
        self._next_heal = time.monotonic() + (_RETRY if self.degraded is not None or read_only else 0)
        if (reason, read_only) != (self.degraded, self.read_only):
            self.degraded, self.read_only = reason, read_only
            self.on_change(frozenset())

    def _refusal(self) -> str | None:
        """Return why the palace takes no change, though it can be read; nothing where none is meant to be made."""
        return self.palace.read_only if self._writes and isinstance(self.palace, Restricted) else None

    def _ask_again(self) -> None:
        """Go on with a palace that could only be read, if it can be written by now."""
        self._next_heal = time.monotonic() + _RETRY
        reason = self._asked(self.palace.obstacle) if isinstance(self.palace, Restricted) else None
        if reason is None:
            _ = self._heal()
        else:
            self._degrade(reason, read_only=True)

    def _heal(self) -> list[StoredRevision]:
        """Try to go on with the palace that is there now, and return what it has that is new."""
        self._next_heal = time.monotonic() + _RETRY
        if not self._asked(lambda: self.palace.open(create=self._to_make)):
            if self._there:
                self._degrade("the palace is gone")
            return []
        refusal = self._refusal()
        if refusal is None:
            self._asked(self.palace.require_writable)
        (seen, committed), known = self.book.newest, self._palace_id
        if self._to_make:
            self._adopt()
            self._to_make = False
        changed = self._rebuild()
        self._there = True
        self.degraded, self.read_only = refusal, refusal is not None
        another = known not in ("", self._palace_id)
        if another:
            said = "another one than before: if that was not meant, put the old files back"
            said = said if self.replaced else "the one again that it was at first"
            self.notices.append(f"palace {self.palace.name!r} is {said}")
        elif known:
            self._note_loss(seen, committed)
        # Goals from the cache had no revisions, those of another palace others.
        self.on_change(changed if known == self._palace_id else frozenset(self.book.ids()))
        # In another palace all is new that was committed since.
        rows = self._asked(lambda: self.palace.since(0 if another else seen)).revisions
        return [row for row in rows if row.committed > committed] if another else rows

    def _note_loss(self, seq: int, committed: str) -> None:
        """Say so where a palace came back without the newest change that was known here."""
        if seq and not self._has(seq, committed):
            self.notices.append(
                f"palace {self.palace.name!r} lacks changes that were seen here, the last of them of {committed}: an"
                " older copy is in its place, or its log was taken away; what goals.json held is kept in set-aside"
            )

    def _has(self, seq: int, committed: str) -> bool:
        rows = self._asked(lambda: self.palace.recent(limit=1, before=seq + 1))
        return [(row.seq, row.committed) for row in rows] == [(seq, committed)]

    def _adopt(self) -> None:
        """Take over what there was before the palace; nothing where there is no cache."""

    def _rebuild(self) -> frozenset[str]:
        """Take the palace for the whole truth, and return the ids of what is different now."""
        self._identify()
        changed = self.book.rebuild(self._asked(self.palace.newest))
        if not self.whole:
            self.whole = True
            self.on_whole()
        return changed

    def _peek(self) -> bool:
        """Know the goals that sessions work on, where reading all takes a while; return whether it is so."""
        batch = self._asked(self.palace.at_work) if isinstance(self.palace, Hurried) else None
        if batch is None or not batch.revisions:
            return False
        self._identify()
        _ = self.book.rebuild(batch)
        self.whole = False
        return True

    def _identify(self) -> None:
        self._palace_id = self._asked(self.palace.identity)
        self._first_id = self._first_id or self._palace_id

    def _is_absent(self) -> bool:
        # One that can't be read is not absent, nor when it is taken away later: somebody may be putting a copy there.
        in_the_way = os.path.lexists(self.palace.folder) and not self.palace.folder.is_dir()
        try:
            return not in_the_way and not self._asked(lambda: self.palace.open(create=False))
        except PalaceUnavailable:
            return False
