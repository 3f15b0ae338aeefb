"""Fills what a newer format of the embedded palace adds, from what the older one holds."""

from __future__ import annotations

import re
import sqlite3
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from store import gate
from store.errors import InvalidInput
from store.model import Goal, GoalStatus, SessionLink, parse_goal
from store.palace.causes import name_of
from store.palace.checksum import checksum
from store.palace.protocol import RevisionKind
from store.times import format_time, parse_time

_MINTED = re.compile("g-[0-9a-f]{16}")
_AT_ONCE = timedelta(minutes=1)
"""A goal that was created here has its times from just before its commit: a change waits seconds for its turn."""
_EPOCH = datetime(1, 1, 1, tzinfo=UTC)


def derive_format_2(db: sqlite3.Connection) -> None:
    """Fill in for every revision of format 1: its kind, ``asked_at``, who gave evidence and when, the new checksum.

    A damaged revision stays as it is, and its checksum wrong: its text does not match it, a column holds what goalgate
    never writes, or its page can't be read.
    """
    by_drawer = "SELECT CAST(drawer AS BLOB), seq FROM revisions INDEXED BY newest ORDER BY tag, drawer, number"
    for _, known in groupby(db.execute(by_drawer).fetchall(), key=itemgetter(0)):
        history = _History()
        for _, seq in known:
            try:
                _derive_revision(db, seq, history)
            except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
                if not name_of(error).startswith("SQLITE_CORRUPT"):
                    raise


def _derive_revision(db: sqlite3.Connection, seq: int, history: _History) -> None:
    columns = "drawer, number, committed, actor, CAST(text AS BLOB), crc"
    row = db.execute(f"SELECT {columns} FROM revisions WHERE seq = ?", (seq,)).fetchone()  # noqa: S608 - constants
    match row:
        case (str(drawer), int(number), str(committed), str(actor), bytes(text), crc) if zlib.crc32(text) == crc:
            pass
        case _:
            return
    filled = history.take(text, number, actor, committed)
    asked_at = "" if filled.asked_at is None else format_time(filled.asked_at)
    crc = checksum(drawer, number, committed, actor, filled.kind, asked_at, filled.text)
    db.execute(
        "UPDATE revisions SET kind = ?, asked_at = ?, text = ?, crc = ? WHERE seq = ?",
        (filled.kind, asked_at, filled.text.decode(), crc, seq),
    )


class _Filled(NamedTuple):
    """A revision with what format 2 says of it."""

    text: bytes
    kind: RevisionKind
    asked_at: datetime | None


class _History:
    """One goal's revisions, taken in from the oldest on."""

    def __init__(self) -> None:
        self._before: Goal | None = None
        self._number = 0
        self._asked_at: datetime | None = None
        # By what they were without it, since going back to a revision gives no evidence anew.
        self._filled: dict[Goal, Goal] = {}

    def take(self, text: bytes, number: int, actor: str, committed: str) -> _Filled:
        """Return the revision filled in; as it is where its text is no goal."""
        try:
            goal = parse_goal(text)
        except InvalidInput:
            return _Filled(text, "change", self._asked_at)
        kind: RevisionKind = "import" if number == 1 and not _is_created(goal, committed) else "change"
        # What is new since one that can't be read may have come with that.
        giver = actor if number == self._number + 1 else None
        plain = replace(goal, updated=_EPOCH)
        known = self._filled.get(plain)
        if known is not None:
            filled = replace(known, updated=goal.updated)
        else:
            filled = goal if kind == "import" else self._with_givers(goal, giver)
            self._filled[plain] = filled
        self._asked_at = gate.asked_at(self._before, filled, self._asked_at)
        self._before, self._number = filled, number
        return _Filled(text if filled == goal else filled.to_text().encode(), kind, self._asked_at)

    def _with_givers(self, goal: Goal, giver: str | None) -> Goal:
        had = [] if self._before is None else self._before.sessions
        givers = {(link.session_id, link.evidence): (link.evidence_by, link.evidence_at) for link in had}

        def filled(link: SessionLink) -> SessionLink:
            if not link.has_evidence or link.evidence_by is not None or link.evidence_at is not None:
                return link
            unknown = (giver, None if giver is None else goal.updated)
            by, at = givers.get((link.session_id, link.evidence), unknown)
            return replace(link, evidence_by=by, evidence_at=at)

        return replace(goal, sessions=tuple(map(filled, goal.sessions)))


def _is_created(goal: Goal, committed: str) -> bool:
    """Return whether a first revision looks like one that was made here, and not like one from a file."""
    try:
        late = parse_time(committed) - goal.created
    except ValueError:
        return False
    empty = not goal.sessions and not goal.notes and goal.status is GoalStatus.PENDING
    return empty and goal.created == goal.updated and _MINTED.fullmatch(goal.id) is not None and abs(late) < _AT_ONCE
