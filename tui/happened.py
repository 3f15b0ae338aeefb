"""What happened in a palace, as rows: pure, event -> row, which rows a filter takes, and which page comes next."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final, NamedTuple

from store import GoalStatus, SessionTaskState, what_changed
from tui.format import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from store import Event, Goal

PAGE: Final = 100
"""Events that are read at once."""

KINDS: Final = (
    "imported", "created", "abandoned", "closed", "reopened", "failed", "verified", "blocked", "running", "launched",
    "linked", "unlinked", "superseded", "evidence", "note", "edited", "status",
)  # fmt: skip
"""The kinds of change, the most telling first; a change may be of several."""


class Happening(NamedTuple):
    """One change of one goal; every text in it is safe to print."""

    seq: int
    """Its place among all changes in the palace."""
    at: datetime
    """When it was committed."""
    goal_id: str
    number: int
    """Its place in the goal's history."""
    goal: str
    """The goal's description, as it was then."""
    actor: str
    said: tuple[str, ...]
    """What changed, a phrase each."""
    kinds: frozenset[str]
    """What kinds of change it is, out of `KINDS`."""
    words: str
    """All of it as the filter sees it."""
    since: datetime
    """The goal's own time, which an import keeps, and its history goes by."""

    @property
    def kind(self) -> str:
        """The most telling of its kinds."""
        return next((kind for kind in KINDS if kind in self.kinds), "")


def happening(event: Event) -> Happening:
    """Return the row of an event."""
    revision = event.revision
    goal = revision.goal
    kinds = frozenset(kinds_of(event.before, goal))
    if revision.kind != "change":
        kinds |= {"imported"}
    said = tuple(map(safe, what_changed(event.before, goal, revision.kind))) or ("the same again",)
    if "status" in kinds and kinds.isdisjoint(("closed", "reopened", "blocked")):
        # It comes with what was done (the first link begins a goal), and stands first there.
        said = said[1:] + said[:1]
    name, actor = safe(goal.description), safe(revision.actor)
    words = "\n".join((goal.id, name, actor, *kinds, *said)).casefold()
    return Happening(event.seq, event.committed, goal.id, revision.number, name, actor, said, kinds, words, revision.at)


def kinds_of(before: Goal | None, after: Goal) -> Iterator[str]:
    """Yield of which kinds a change is; ``before`` is ``None`` for a goal's first revision."""
    if before is None:
        # Whatever it comes with: an import of closed goals closes none.
        yield "created"
    elif before.status is not after.status:
        yield "status"
        if after.closed != before.closed:
            yield "closed" if after.closed else "reopened"
        if after.status in (GoalStatus.BLOCKED, GoalStatus.ABANDONED):
            yield after.status.value
    had = {link.session_id: link for link in before.sessions} if before else {}
    has = {link.session_id: link for link in after.sessions}
    if has.keys() - had.keys():
        yield "linked"
    if had.keys() - has.keys():
        yield "unlinked"
    for name, link in has.items():
        old = had.get(name)
        if (old.state if old else SessionTaskState.LAUNCHED) is not link.state:
            yield link.state.value
        if (old.evidence if old else None) != link.evidence:
            yield "evidence"
        if old and old.superseded_by != link.superseded_by:
            yield "superseded"
    if (before.notes if before else ()) != after.notes:
        yield "note"
    if before and (before.description, before.acceptance) != (after.description, after.acceptance):
        yield "edited"


class Wanted:
    """A filter: words that must all stand in a change, and ``actor:``, ``goal:``, ``kind:`` for one part of it."""

    def __init__(self, words: str = "") -> None:
        """Read what was typed."""
        self._words: list[str] = []
        self._parts: list[tuple[str, str]] = []
        for word in words.casefold().split():
            part, colon, rest = word.partition(":")
            if colon and part in ("actor", "goal", "kind"):
                self._parts.append((part, rest))
            else:
                self._words.append(word)

    def __contains__(self, row: Happening) -> bool:
        return all(word in row.words for word in self._words) and all(
            self._has(row, part, wanted) for part, wanted in self._parts
        )

    @property
    def unknown(self) -> str:
        """A kind that is asked for and that no change is of, or nothing."""
        asked = (wanted for part, wanted in self._parts if part == "kind")
        return next((kind for kind in asked if not any(known.startswith(kind) for known in KINDS)), "")

    @staticmethod
    def _has(row: Happening, part: str, wanted: str) -> bool:
        if part == "actor":
            return wanted in row.actor.casefold()
        if part == "goal":
            return wanted in row.goal_id or wanted in row.goal.casefold()
        # By its beginning, so that the list narrows while it is typed.
        return any(kind.startswith(wanted) for kind in row.kinds)


class Feed:
    """The changes that are known, newest first, those of them that a filter takes, and what to ask for next."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.shown: list[Happening] = []
        self._known: list[Happening] = []
        self._wanted = Wanted()
        # Everything from _floor to _top was asked for. While newer changes are read page by page, everything below
        # _next and above _top is still to come, and _goal is what _top will be.
        self._top = 0
        self._floor: int | None = None
        self._next: int | None = None
        self._goal = 0

    @property
    def total(self) -> int:
        """How many changes are known, whether the filter takes them or not."""
        return len(self._known)

    @property
    def newest(self) -> Happening | None:
        """The newest change that is known."""
        return self._known[0] if self._known else None

    @property
    def begun(self) -> bool:
        """Whether anything was read."""
        return self._floor is not None

    @property
    def whole(self) -> bool:
        """Whether all is known, back to the first change in the palace."""
        return self._floor is not None and self._floor <= 1

    def wants(self, newest: int, *, older: bool) -> int | None:
        """Return below which seq the next page is to be read, or ``None`` if there is nothing to read.

        Args:
            newest: the newest seq in the palace.
            older: whether, when all that is new is known, older changes are of use.

        """
        if self._next is None and newest > self._top:
            self._next, self._goal = newest + 1, newest
        if self._next is not None:
            return self._next
        return self._floor if older and not self.whole else None

    def take(self, below: int, events: Sequence[Event]) -> None:
        """Take in the page of `PAGE` events that was read for what `wants` returned."""
        # An empty page is one of which nothing could be read, or the end.
        lowest = min(event.seq for event in events) if events else max(0, below - PAGE)
        if self._next == below:
            self._place([happening(event) for event in events if event.seq > self._top])
            if self._floor is None:
                self._floor = lowest
            elif lowest > self._top + 1:
                self._next = lowest
                return
            self._next, self._top = None, self._goal
        elif self._floor == below:
            self._place([happening(event) for event in events])
            self._floor = lowest

    def show(self, words: str) -> None:
        """Change the filter."""
        self._wanted = Wanted(words)
        self.shown = [row for row in self._known if row in self._wanted]

    def row(self, seq: int) -> int:
        """Return the first shown row that is not newer than ``seq``; where there is none, the number of rows."""
        return bisect_left(self.shown, -seq, key=lambda row: -row.seq)

    def _place(self, rows: list[Happening]) -> None:
        """Put in a page, which lies as a whole above, between or below what is there."""
        for there, page in ((self._known, rows), (self.shown, [row for row in rows if row in self._wanted])):
            if page:
                at = bisect_left(there, -page[0].seq, key=lambda row: -row.seq)
                there[at:at] = page
