"""Since when a goal wants what it wants, and why: from its history, in the background, one goal at a time."""

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

    def __init__(self, sure: _Known | None = None) -> None:
        """Know nothing yet but what is ``sure`` of an older revision; where there is no history, that stays so."""
        self._sure = sure
        self._number = 0
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

    def of(self, known: _Known) -> _Known | None:
        """Return what is ``known`` of the goal as it is sure of the newest revision that was taken, if there is one."""
        if self.kind is None or self.since is None:
            return None
        return known._replace(kind=self.kind, number=self._number, since=self.since)

    def take(self, page: Sequence[Revision]) -> bool:
        """Take in revisions older than all before, oldest first; return whether older ones are of use."""
        for revision in reversed(page):
            self._step(revision)
        if page and page[0].number > 1:
            return self._lasts or self._seeks
        oldest, newest = self._oldest, self._newest
        if not self._seeks or oldest is None or newest is None:
            return False
        if _hangs_on(oldest.goal)[0] and not _hangs_on(newest)[1]:
            # It has been blocked from the first, with all that was noted then.
            self.note = _brief(oldest.goal.notes)
        return False

    def _step(self, revision: Revision) -> None:
        before, later, newest = revision.goal, self._oldest, self._newest
        self._oldest = revision
        if later is None or newest is None:
            self._newest, self._number, self.since = before, revision.number, revision.at
            self._seeks = any(_hangs_on(before))
            return
        self._lasts = self._lasts and kind_of(before) is kind_of(newest)
        if self._lasts and self._sure is not None and revision.number <= self._sure.number:
            self.since, self._lasts = self._sure.since, False
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
    failed = (link.session_id for link in goal.counted if link.state is SessionTaskState.FAILED)
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
    """Since when each open goal has wanted what it wants, and why. Goals that are closed cost nothing.

    What a single change did to the time is known at once; where several went by unseen (when the console opens,
    after a burst), and for a new reason, `learn` asks the history, as far back as it is not known yet. Until then
    what was known before a burst stands for it, or else a goal's last change.
    """

    def __init__(self, store: GoalStore) -> None:
        """Know nothing yet; `changed` with every open goal is how it begins."""
        self._store = store
        self._known: dict[str, _Known] = {}
        # In the order in which they were asked for; those that need nobody can wait for the others.
        self._wanted: dict[str, None] = {}
        self._idly: dict[str, None] = {}
        # What was known of them before they were wanted: agents may have said a lot since then, and far more before.
        self._sure: dict[str, _Known] = {}
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
        # The goal may have been blocked at this moment: what was known says nothing of that.
        return None if known is None or known.hangs_on != _hangs_on(goal) else known.note

    @property
    def unknown(self) -> int:
        """How many goals wait for `learn`."""
        return len(self._wanted) + len(self._idly)

    def changed(self, goal_ids: Iterable[str]) -> None:
        """Take in that goals changed, came or went."""
        for goal_id in goal_ids:
            goal = self._store.get(goal_id)
            kind = None if goal is None else kind_of(goal)
            known = self._known.get(goal_id)
            if goal is None or kind is None or kind is Kind.CLOSED:
                self._known.pop(goal_id, None)
                self._settle(goal_id)
                continue
            number, hangs_on = self._store.revision(goal_id), _hangs_on(goal)
            if known is not None and known.number > number:
                # Another palace is in the place of the one that this was known of.
                known = None
                self._sure.pop(goal_id, None)
            since, step, same, only_blocked = goal.updated, False, False, hangs_on == _ONLY_BLOCKED
            note = "" if not only_blocked else _brief(goal.notes) if number == 1 else None
            if known is not None:
                step, same = number - known.number in (0, 1), hangs_on == known.hangs_on
                since = known.since if kind is known.kind else since
                note = known.note if same else note
                if step and note == "" and only_blocked and len(goal.notes) > known.notes:
                    note = _brief(goal.notes)
            if number > 1 and not (step and same):
                self._want(goal_id, known, urgent=kind.needs_you)
            self._known[goal_id] = _Known(kind, hangs_on, number, since, note, len(goal.notes))

    def _want(self, goal_id: str, known: _Known | None, *, urgent: bool) -> None:
        waits = goal_id in self._wanted or goal_id in self._idly
        if known is not None and not waits:
            self._sure[goal_id] = known
        self._idly.pop(goal_id, None)
        (self._wanted if urgent or goal_id in self._wanted else self._idly)[goal_id] = None

    def _settle(self, goal_id: str) -> None:
        for waiting in (self._wanted, self._idly, self._sure):
            waiting.pop(goal_id, None)

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
            while wanted := self._wanted or self._idly:
                goal_id = next(iter(wanted))
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
        asked, begun, before = self._known[goal_id], Begun(self._sure.get(goal_id)), None
        try:
            while begun.take(page := await self._store.history(goal_id, limit=_PAGE, before=before)):
                before = page[0].number
        except GoalNotFound:
            begun = Begun()
        if (known := self._known.get(goal_id)) is not asked:
            # It changed meanwhile; if it is still wanted, it is asked again, from where it was learned about: a goal
            # that changes more often than its history can be read would never be done with.
            if known is not None and (sure := begun.of(asked)) is not None:
                self._sure[goal_id] = sure
            return False
        self._settle(goal_id)
        if begun.since is None or begun.kind is not asked.kind:
            return False
        self._known[goal_id] = known = asked._replace(since=begun.since, note=begun.note)
        return known != asked
