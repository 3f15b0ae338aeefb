"""Which goals a view shows and in which order: pure, and the work is in proportion to what changed."""

from __future__ import annotations

import time
from bisect import bisect_left, insort
from collections import Counter
from enum import Enum
from math import inf
from typing import TYPE_CHECKING, NamedTuple

from tui.needs import Kind, kind_of
from tui.query import Query, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from store import Goal

Key = tuple[int, float, str]
"""Kind, time (what has waited longest first), id; for `Sort.CHANGED` 0, time (the newest first), id."""


class View(Enum):
    """A view of the board: its digit, its name, and the kinds of goals in it."""

    NEEDS = ("1", "Needs you", frozenset(Kind) - {Kind.CLOSED})
    RUNNING = ("2", "Running", frozenset({Kind.RUNNING}))
    PENDING = ("3", "Pending", frozenset({Kind.PENDING}))
    CLOSED = ("4", "Closed", frozenset({Kind.CLOSED}))
    ALL = ("0", "All", frozenset(Kind))

    def __init__(self, digit: str, title: str, kinds: frozenset[Kind]) -> None:
        self.digit = digit
        self.title = title
        self.kinds = kinds

    @property
    def counted(self) -> frozenset[Kind]:
        """The kinds that its number counts: those who need nobody are listed under "needs you", not counted."""
        return frozenset(kind for kind in Kind if kind.needs_you) if self is View.NEEDS else self.kinds


class Sort(Enum):
    """In which order the goals of a view are."""

    NEED = "need, longest first"
    CHANGED = "changed, newest first"

    @property
    def next(self) -> Sort:
        """The one after it."""
        return Sort.CHANGED if self is Sort.NEED else Sort.NEED


class Facts(NamedTuple):
    """What the order asks about a goal without reading it whole: nearly all are closed, and nobody looks at them."""

    updated: Callable[[str], datetime | None] = lambda _: None
    """When it last changed; ``None`` if it must be read for that."""
    may_mention: Callable[[str, Sequence[str]], bool] = lambda _id, _words: True
    """Whether all words, as they stand in JSON, may stand somewhere in it."""
    names: Callable[[str], str] = lambda _: ""
    """What the filter's words are looked for in."""
    since: Callable[[Goal], datetime] = lambda goal: goal.updated
    """Since when an open goal wants what it wants."""
    is_later: Callable[[str], bool] = lambda _: False
    """Whether the operator put it off."""
    later: Callable[[], Iterable[str]] = tuple
    """Those that the operator ever put off, of which `is_later` is to be asked."""
    actor: Callable[[str], str] = lambda _: ""
    """Who changed it last."""


class Order:
    """The rows of the board: ids in order, for a view and a filter.

    A change is taken in at once, or held back so that rows stay where they are (``hold``); what is held back
    is in ``moved`` until `take`.
    """

    def __init__(self, look: Callable[[str], Goal | None], facts: Facts | None = None) -> None:
        """Order the goals that ``look`` finds by their ids."""
        self._look = look
        self._facts = facts or Facts()
        self._kinds: dict[str, Kind] = {}
        # Kept beside the kinds, so that another view or filter reads no goal again.
        self._since: dict[str, float] = {}
        self._texts: dict[str, str] = {}
        self._shown: dict[str, Key] = {}
        self._keys: list[Key] = []
        # Of all goals of the view, whatever the filter; nothing where goals changed since.
        self._base: list[Key] | None = None
        # Those that the filter has not been asked about yet.
        self._rest: Iterator[Key] = iter(())
        self.filling = False
        """Whether there are some of those: `more` brings them."""
        self._typed = ""
        self._query = Query()
        self._found: set[str] = set()
        self.view = View.NEEDS
        self.sort = Sort.NEED
        self.counts: Counter[Kind] = Counter()
        self.moved: set[str] = set()

    def __len__(self) -> int:
        return len(self._keys)

    def knows(self, goal_id: str) -> bool:
        """Return whether there is this goal, in whatever view."""
        return goal_id in self._kinds

    @property
    def total(self) -> int:
        """How many goals there are, in whatever view."""
        return len(self._kinds)

    def count(self, view: View) -> int:
        """Return the number on a view's tab; who was put off needs nobody."""
        number = sum(self.counts[kind] for kind in view.counted)
        return number - self._put_off(view.counted) if view is View.NEEDS else number

    @property
    def hidden(self) -> int:
        """How many goals the view would show, had they not been put off."""
        return self._put_off(self.view.kinds) if self.view is View.NEEDS else 0

    def _put_off(self, kinds: frozenset[Kind]) -> int:
        return sum(self._kinds.get(key) in kinds and self._facts.is_later(key) for key in self._facts.later())

    def load(self, goals: Iterable[Goal]) -> None:
        """Start anew with these goals."""
        self._kinds = {}
        self._since.clear()
        self._texts.clear()
        for goal in goals:
            self._learn(goal)
        self.counts = Counter(self._kinds.values())
        self._arrange()

    def add_closed(self, goal_ids: Iterable[str], first: str | None = None, seconds: float = inf) -> None:
        """Take in that there are these goals too, which are closed; those that are known are left as they are.

        The filter is asked as in `show`.
        """
        strange = [goal_id for goal_id in goal_ids if goal_id not in self._kinds]
        self._kinds |= dict.fromkeys(strange, Kind.CLOSED)
        self.counts[Kind.CLOSED] += len(strange)
        if Kind.CLOSED in self.view.kinds:
            self._arrange(first, seconds)

    def show(self, view: View, typed: str, first: str | None = None, seconds: float = inf) -> None:
        """Change the view, and the filter, which `tui.query` takes apart; ``text:`` shows what `find` is told.

        The filter is asked about the ``first`` goal, and about others for so many ``seconds``; `more` goes on with it.
        """
        query, before = parse(typed), self._query
        if query.text != before.text:
            self._found.clear()
        if view is not self.view or typed == self._typed:
            # Perhaps some were put off.
            self._base = None
        # Goals that did not stand in the filter before don't stand in a narrower one.
        narrower = self._base is not None and not self.moved and not self.filling and query.narrows(before)
        self.view, self._query, self._typed = view, query, typed
        self._begin(self._keys if narrower else None, first)
        self.more(seconds)

    def more(self, seconds: float = inf) -> None:
        """Ask the filter about more goals, in the order of their rows, for so long."""
        end = time.monotonic() + seconds
        for _, _, goal_id in self._rest:
            if goal_id not in self._shown and goal_id not in self.moved and (key := self._key(goal_id)) is not None:
                if not self._keys or self._keys[-1] < key:
                    self._keys.append(key)
                else:
                    insort(self._keys, key)
                self._shown[goal_id] = key
            if time.monotonic() > end:
                return
        self.filling = False

    def sort_by(self, sort: Sort, first: str | None = None, seconds: float = inf) -> None:
        """Change the order; the filter is asked as in `show`."""
        self.sort = sort
        self._arrange(first, seconds)

    @property
    def calling(self) -> int:
        """How many of the goals in ``moved`` need the operator by now, and are not where those stand."""
        shown = ((goal_id, self._shown.get(goal_id)) for goal_id in self.moved)
        return sum(
            self._kinds[goal_id].needs_you and (key is None or key[0] >= Kind.RUNNING)
            for goal_id, key in shown
            if goal_id in self._kinds
        )

    def change(self, goal_id: str, *, hold: bool = False) -> bool:
        """Take in that a goal changed, came or went; return whether rows moved."""
        goal = self._look(goal_id)
        self._base = None
        if (old_kind := self._kinds.pop(goal_id, None)) is not None:
            self.counts[old_kind] -= 1
        if goal is None:
            self._since.pop(goal_id, None)
            self._texts.pop(goal_id, None)
        else:
            self.counts[self._learn(goal)] += 1
        old, new = self._shown.get(goal_id), self._key(goal_id)
        self.moved.discard(goal_id)
        if old == new:
            return False
        if old is not None and new is not None and self._stays(old, new):
            self._keys[bisect_left(self._keys, old)] = new
            self._shown[goal_id] = new
            return False
        # One that the filter has not been asked about yet moves nowhere: it comes in as the others do.
        if hold and not (old is None and self.filling):
            self.moved.add(goal_id)
            return False
        self._place(goal_id, old, new)
        return True

    @property
    def text(self) -> str:
        """What the palace is to look for."""
        return self._query.text

    @property
    def filtered(self) -> bool:
        """Whether there is a filter."""
        return bool(self._query)

    def find(self, goal_ids: Iterable[str]) -> None:
        """Show these goals too: what the palace looked for stands in them."""
        for goal_id in goal_ids:
            self._found.add(goal_id)
            self._place(goal_id, self._shown.get(goal_id), self._key(goal_id))

    def lose(self, goal_ids: Iterable[str]) -> list[str]:
        """Take it that what the palace looked for stands in these goals no more; return those in which it stood."""
        lost = [goal_id for goal_id in goal_ids if goal_id in self._found]
        self._found.difference_update(lost)
        return lost

    @property
    def found(self) -> frozenset[str]:
        """The goals in which the palace found what it looked for."""
        return frozenset(self._found)

    def elsewhere(self) -> Iterator[bool]:
        """Yield for each goal that is not shown whether the filter finds it; what changes meanwhile may be missed.

        Of a goal that is closed it is asked first whether the words may stand in it: nearly all are not read.
        """
        for goal_id, kind in tuple(self._kinds.items()):
            if goal_id not in self._shown:
                yield self._matches(goal_id, self._kinds.get(goal_id, kind))

    def take(self, goal_ids: Iterable[str] | None = None) -> None:
        """Take in what was held back; all of it, or these goals."""
        for goal_id in self.moved & set(goal_ids) if goal_ids is not None else set(self.moved):
            self._place(goal_id, self._shown.get(goal_id), self._key(goal_id))
            self.moved.discard(goal_id)

    def row(self, goal_id: str | None) -> int | None:
        """Return the index of a goal's row, or nothing if it is not shown."""
        key = self._shown.get(goal_id or "")
        return None if key is None else bisect_left(self._keys, key)

    def at(self, row: int) -> str:
        """Return the id of the goal in a row."""
        return self._keys[row][2]

    @property
    def needed(self) -> int:
        """How many rows, from the top, wait for the operator."""
        return bisect_left(self._keys, (Kind.RUNNING, float("-inf"), ""))

    def _arrange(self, first: str | None = None, seconds: float = inf) -> None:
        self._base = None
        self._begin(None, first)
        self.more(seconds)

    def _begin(self, among: list[Key] | None = None, first: str | None = None) -> None:
        """Start anew with the rows, ``among`` these alone where that is known to be enough."""
        self.moved.clear()
        if self._base is None:
            # Nearly all are closed, and not in the view.
            keys = (self._place_of(goal_id, kind) for goal_id, kind in self._kinds.items() if kind in self.view.kinds)
            self._base = sorted(key for key in keys if key is not None)
        if not self._query:
            self._keys = self._base.copy()
            self._shown = {key[2]: key for key in self._keys}
            self._rest, self.filling = iter(()), False
            return
        self._rest, self.filling = iter(self._base if among is None else among), True
        self._keys, self._shown = [], {}
        if first is not None:
            self._place(first, None, self._key(first))

    def _learn(self, goal: Goal) -> Kind:
        self._kinds[goal.id] = kind = kind_of(goal)
        self._since[goal.id] = (goal.updated if kind is Kind.CLOSED else self._facts.since(goal)).timestamp()
        self._texts.pop(goal.id, None)
        return kind

    def _key(self, goal_id: str) -> Key | None:
        kind = self._kinds.get(goal_id)
        if kind is None or kind not in self.view.kinds or not self._matches(goal_id, kind):
            return None
        return self._place_of(goal_id, kind)

    def _place_of(self, goal_id: str, kind: Kind) -> Key | None:
        """Return where a goal of the view is without a filter."""
        if self.view is View.NEEDS and self._facts.is_later(goal_id):
            return None
        if self.sort is Sort.CHANGED:
            return (0, -self._updated(goal_id), goal_id)
        since = self._since.get(goal_id) or self._find_since(goal_id)
        return (kind, -since if kind is Kind.CLOSED else since, goal_id)

    def _matches(self, goal_id: str, kind: Kind) -> bool:
        query = self._query
        if not query:
            return True
        if query.text and goal_id not in self._found:
            return False
        if query.actor and not query.takes_actor(self._facts.actor(goal_id)):
            return False
        # What can be told without reading a goal whole is asked first.
        if query.words and goal_id not in self._texts and not self._facts.may_mention(goal_id, query.written):
            return False
        if query.status or query.state or query.need:
            goal = self._look(goal_id)
            if goal is None or not query.takes(goal, kind):
                return False
        return not query.words or all(word in self._text(goal_id) or _begins(goal_id, word) for word in query.words)

    def _text(self, goal_id: str) -> str:
        text = self._texts.get(goal_id)
        if text is None:
            text = self._texts[goal_id] = self._facts.names(goal_id).casefold()
        return text

    def _find_since(self, goal_id: str) -> float:
        self._since[goal_id] = since = self._updated(goal_id)
        return since

    def _updated(self, goal_id: str) -> float:
        updated = self._facts.updated(goal_id)
        if updated is None and (goal := self._look(goal_id)) is not None:
            updated = goal.updated
        return updated.timestamp() if updated is not None else 0.0

    def _stays(self, old: Key, new: Key) -> bool:
        row = bisect_left(self._keys, old)
        below = self._keys[row - 1] if row else None
        above = self._keys[row + 1] if row + 1 < len(self._keys) else None
        return (below is None or below < new) and (above is None or new < above) and old[0] == new[0]

    def _place(self, goal_id: str, old: Key | None, new: Key | None) -> None:
        if old is not None:
            del self._keys[bisect_left(self._keys, old)]
            del self._shown[goal_id]
        if new is not None:
            insort(self._keys, new)
            self._shown[goal_id] = new


def _begins(goal_id: str, word: str) -> bool:
    """Return whether an id begins with a word; a number somewhere in its digits is nothing that anybody looks for."""
    # The ids that are minted here all begin alike.
    return goal_id.casefold().startswith((word, f"g-{word}"))
