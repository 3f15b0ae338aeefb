"""What the palace's rows say: revisions of goals, and what happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Self

from store.errors import InvalidInput
from store.model import Goal, SessionLink, parse_goal
from store.palace import RevisionKind, StoredRevision


class _Committed(NamedTuple):
    number: int
    """Its place in the goal's history, from 1."""
    at: datetime
    """``goal.updated``, UTC."""
    actor: str
    """By whom, as they called themselves."""
    goal: Goal
    """The goal as it was then."""


class Revision(_Committed):
    """A committed revision of a goal: number, time, actor, goal, as it unpacks (CONTRACT 2); and how it came to be."""

    kind: RevisionKind
    """An operation, an import or an adoption; an imported or adopted goal keeps its own times."""
    committed: datetime | None
    """When it was committed, UTC, by the clock of whoever did; ``None`` where that can't be read."""

    def __new__(
        cls,
        number: int,
        at: datetime,
        actor: str,
        goal: Goal,
        kind: RevisionKind = "change",
        committed: datetime | None = None,
    ) -> Self:
        """Return the revision; whoever makes one by hand means an operation."""
        self = super().__new__(cls, number, at, actor, goal)
        self.kind, self.committed = kind, committed
        return self

    @property
    def came_at(self) -> datetime:
        """When it came into this palace: a goal that was imported or adopted keeps its own times."""
        return self.at if self.kind == "change" else self.committed or self.at

    def brought(self, link: SessionLink) -> bool:
        """Return whether a link's evidence came with this import or adoption, whoever is said to have given it."""

        def given(one: SessionLink) -> tuple[object, ...]:
            return one.session_id, one.evidence, one.evidence_by, one.evidence_at

        return self.kind != "change" and any(given(one) == given(link) for one in self.goal.sessions)


class Event(NamedTuple):
    """Something that happened in the palace."""

    seq: int
    """Its place among all revisions of the palace."""
    committed: datetime
    """When it was committed, UTC; an imported goal keeps its own times, so this may be long after."""
    revision: Revision
    before: Goal | None
    """The goal just before, or ``None`` where this is its first revision."""


def holds(goal: Goal, text: str) -> bool:
    """Return whether ``text``, case-folded, stands in a goal's notes or evidence in any case: what a search finds."""
    texts = (*goal.notes, *(link.evidence for link in goal.sessions if link.evidence is not None))
    return any(text in said.casefold() for said in texts)


def read_revisions(rows: Sequence[StoredRevision]) -> list[Revision]:
    """Return the revisions that can be read, in their order."""
    found = []
    for row in rows:
        if row.fault is None:
            try:
                goal = parse_goal(row.text)
            except InvalidInput:
                continue
            found.append(Revision(row.number, goal.updated, row.actor, goal, row.kind, row.committed_at()))
    return found
