"""Since when a goal needs the operator, and why: from its history, in the background, one goal at a time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NamedTuple

from store import GoalNotFound, GoalStatus, GoalStoreError, SessionTaskState, what_changed
from tui.format import first_line
from tui.needs import Kind, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from store import Goal, GoalStore, Revision

_PAGE: Final = 16
"""Revisions that are read at once; nearly every need began within the last few."""
_TELL: Final = 0.1
"""Seconds in which what was learned is gathered before anybody is told."""
_BRIEF: Final = 400
"""Characters of a note that are looked at; no row is as long."""


class Begun:
    """Since when a goal has wanted what it wants, and the note that said why. Fed with its history, the newest first.

    A need lasts as long as the kind is the same. What a note may have said why to is told by `_hangs_on`: it is that
    of the revision in which the newest of the sessions that failed did, or else in which the goal was blocked. Where
    it was blocked without a word, the first one after that is. Where it only became again what it had been, as undo
    makes it, that is what is asked for the reason.
    """

    def __init__(self) -> None:
        """Know nothing yet; where there is no history at all, that stays so."""
        self.since: datetime | None = None
        self.note = ""
        self._next = ""
        # What it became without a word: by an undo, if the revision before the last but one was the same.
        self._silent: Goal | None = None
        self._newest: Goal | None = None
        self._oldest: Revision | None = None
        self._lasts = True
        self._seeks = False

    @property
    def kind(self) -> Kind | None:
        """What the goal wants in the newest revision that was taken."""
        return None if self._newest is None else kind_of(self._newest)

    def take(self, page: Sequence[Revision]) -> bool:
        """Take in revisions older than all before, oldest first; return whether older ones are of use."""
        for revision in reversed(page):
            self._step(revision)
        if page and page[0].number > 1:
            return self._lasts or self._seeks
        oldest, newest = self._oldest, self._newest
        if self._seeks and oldest is not None and newest is not None and not _hangs_on(newest)[1]:
            # It has been blocked from the first, with all that was noted then.
            self.note = _brief(oldest.goal.notes)
        return False

    def _step(self, revision: Revision) -> None:
        before, later, newest = revision.goal, self._oldest, self._newest
        self._oldest = revision
        if later is None or newest is None:
            self._newest, self.since = before, revision.at
            self._seeks = any(_hangs_on(before))
            return
        self._lasts = self._lasts and kind_of(before) is kind_of(newest)
        if self._lasts:
            self.since = revision.at
        if self._seeks:
            self._seek(before, later.goal, newest)

    def _seek(self, before: Goal, after: Goal, newest: Goal) -> None:
        """See whether the reason came in between two revisions, and go on or not."""
        silent, self._silent = self._silent, None
        if silent is not None:
            self._seeks = not what_changed(before, silent)
            return
        failed, had, has = (_hangs_on(goal)[1] for goal in (newest, before, after))
        came = failed & has - had if failed else not _hangs_on(before)[0]
        kept = len(before.notes)
        said = _brief(after.notes) if len(after.notes) > kept and after.notes[:kept] == before.notes else ""
        if came:
            self.note = said or ("" if failed else self._next)
            # Undo alone takes notes away. A session may fail as it did before; who blocks a goal anew says why.
            undone = not said and (len(after.notes) < kept or not failed)
            self._silent = after if undone else None
        self._next, self._seeks = said or self._next, not came or self._silent is not None


def _hangs_on(goal: Goal) -> tuple[bool, frozenset[str]]:
    """Return what the reason hangs on, which another note does not change: is it blocked, which sessions failed."""
    failed = (link.session_id for link in goal.sessions if link.state is SessionTaskState.FAILED)
    return goal.status is GoalStatus.BLOCKED, frozenset(failed)


_ONLY_BLOCKED: Final = (True, frozenset[str]())


def _brief(notes: Sequence[str]) -> str:
    """Return of the last note what a row may hold of it, safe to print: ten thousand of them are kept."""
    return first_line(notes[-1][:_BRIEF]) if notes else ""


class _Known(NamedTuple):
    kind: Kind
    hangs_on: tuple[bool, frozenset[str]]
    number: int
    """The revision that this was judged by."""
    since: datetime
    note: str | None
    """The one that said why, in one line; empty where none did, ``None`` where it is blocked and that is not known."""
    notes: int
    """How many there were."""


class Since:
    """Since when each goal has needed the operator, and why. Goals that need nobody cost nothing.

    What a single change did to the time is known at once; where several went by unseen (when the console opens,
    after a burst), and for a new reason, `learn` asks the history. Until then a goal's last change stands for it.
    """

    def __init__(self, store: GoalStore) -> None:
        """Know nothing yet; `changed` with every open goal is how it begins."""
        self._store = store
        self._known: dict[str, _Known] = {}
        # In the order in which they were asked for.
        self._wanted: dict[str, None] = {}
        self._learning = False

    def of(self, goal: Goal) -> datetime:
        """Return since when a goal has wanted what it wants; its last change where that is not known (yet)."""
        known = self._known.get(goal.id)
        return goal.updated if known is None else known.since

    def why(self, goal: Goal) -> str | None:
        """Return the note that a goal was blocked with, or that came with its newest failure, in one safe line.

        Empty where none did, ``None`` where it is blocked and that is not known (yet).
        """
        known = self._known.get(goal.id)
        return None if known is None else known.note

    @property
    def unknown(self) -> int:
        """How many goals wait for `learn`."""
        return len(self._wanted)

    def changed(self, goal_ids: Iterable[str]) -> None:
        """Take in that goals changed, came or went."""
        for goal_id in goal_ids:
            goal = self._store.get(goal_id)
            kind = None if goal is None else kind_of(goal)
            if goal is None or kind is None or not kind.needs_you:
                self._known.pop(goal_id, None)
                self._wanted.pop(goal_id, None)
                continue
            number, known, hangs_on = self._store.revision(goal_id), self._known.get(goal_id), _hangs_on(goal)
            since, step, same, only_blocked = goal.updated, False, False, hangs_on == _ONLY_BLOCKED
            note = "" if not only_blocked else _brief(goal.notes) if number == 1 else None
            if known is not None:
                step, same = number - known.number in (0, 1), hangs_on == known.hangs_on
                since = known.since if step and kind is known.kind else since
                note = known.note if same else note
                if step and note == "" and only_blocked and len(goal.notes) > known.notes:
                    note = _brief(goal.notes)
            if number > 1 and not (step and same):
                self._wanted[goal_id] = None
            self._known[goal_id] = _Known(kind, hangs_on, number, since, note, len(goal.notes))

    async def learn(self, tell: Callable[[frozenset[str]], None]) -> None:
        """Ask the history about every goal that is not known, one at a time; again and again does no harm.

        Where the palace can't be read it stops; the next call goes on.

        Args:
            tell: is told, some ten times a second, of which goals more is known now.

        """
        if self._learning:
            return
        self._learning = True
        learned: set[str] = set()
        told = time.monotonic()
        try:
            while self._wanted:
                goal_id = next(iter(self._wanted))
                if await self._ask(goal_id):
                    learned.add(goal_id)
                if learned and time.monotonic() - told >= _TELL:
                    tell(frozenset(learned))
                    learned.clear()
                    told = time.monotonic()
        except GoalStoreError:
            # The board says it in its own words.
            pass
        finally:
            self._learning = False
        if learned:
            tell(frozenset(learned))

    async def _ask(self, goal_id: str) -> bool:
        """Learn about one goal, and return whether that is something new."""
        asked, begun, before = self._known[goal_id], Begun(), None
        try:
            while begun.take(page := await self._store.history(goal_id, limit=_PAGE, before=before)):
                before = page[0].number
        except GoalNotFound:
            begun = Begun()
        if self._known.get(goal_id) is not asked:
            # It changed meanwhile; if it is still wanted, it is asked again.
            return False
        self._wanted.pop(goal_id, None)
        if begun.since is None or begun.kind is not asked.kind:
            return False
        self._known[goal_id] = known = asked._replace(since=begun.since, note=begun.note)
        return known != asked
