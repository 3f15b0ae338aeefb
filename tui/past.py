"""A goal's revisions: which are known, what each changed, and how far the work was. Pure.

Nothing here is made safe: it goes to a `Reader`, or through `safe`.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final, NamedTuple

from store import what_changed
from tui.format import SESSION_GLYPHS, count, size

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from store import Goal, Revision

PAGE: Final = 60
"""Revisions that are read at once."""
_COMPARED: Final = 300
"""Lines of old and new text up to which single lines are told apart; more are all old, then all new."""
_AROUND: Final = 2
"""Lines beside a difference that are shown with it."""
_BLOCKS: Final = "▁▂▃▄▅▆▇█"

Line = tuple[str, str]
"""Some text, and what it is: ``head``, ``gone``, ``new``, or nothing for what stayed."""


_CAME: Final = {"change": "by", "import": "imported by", "adoption": "taken over by"}


def came_by(revision: Revision, actor: str) -> str:
    """Return how something came with a revision, and by whom; ``actor`` is the name as it is to be written."""
    return f"{_CAME[revision.kind]} {actor}"


def name_gaps(numbers: Collection[int], newest: int) -> str:
    """Return the numbers from 1 to ``newest`` that are not there, runs of them as ``4 to 6``; nothing where none is."""
    last, gaps = 0, []
    for number in [*sorted(numbers), newest + 1]:
        if number > last + 1:
            gaps.append(f"{last + 1}" if number == last + 2 else f"{last + 1} to {number - 1}")
        last = max(last, number)
    return ", ".join(gaps)


class Change(NamedTuple):
    """A revision, and what it changed in the one before."""

    revision: Revision
    before: Goal | None
    """The goal just before; ``None`` for the first revision, or where the one before could not be read."""
    said: tuple[str, ...]
    """What changed, a phrase each."""
    kept: int
    """How many notes, from the first, were there before, word for word."""

    @property
    def number(self) -> int:
        """The revision's number."""
        return self.revision.number


class Past:
    """The changes that are known, newest first, without a gap: the newest page, and as many older ones as asked for."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.changes: list[Change] = []
        self.top = 0
        """The newest revision that was asked for."""
        self.floor = 0
        """The oldest revision that was asked for; 0 where none was."""

    @property
    def shown(self) -> list[Change]:
        """The changes of which it is known what they changed: not the oldest, where the one before is not read."""
        return self.changes if self.whole else self.changes[:-1]

    @property
    def whole(self) -> bool:
        """Whether all is known, back to the first revision."""
        return self.floor == 1

    def wants(self, newest: int, *, older: bool) -> tuple[int, int] | None:
        """Return how many revisions to read below which number, or ``None`` if there is nothing to read."""
        if newest > self.top:
            return (newest - self.top if self.top else PAGE), newest + 1
        return (PAGE, self.floor) if older and self.floor > 1 else None

    def take(self, limit: int, below: int, page: Sequence[Revision]) -> None:
        """Take in what was read for what `wants` returned: oldest first, as the store gives it."""
        if below > self.top:
            self.changes[:0] = reversed(_changes(self.changes[0].revision if self.changes else None, page))
            self.floor = self.floor or max(1, below - limit)
            self.top = below - 1
        else:
            self.floor = max(1, below - limit)
            again = [*page, self.changes.pop().revision] if self.changes else page
            self.changes += reversed(_changes(None, again))

    def brought(self, notes: Sequence[str]) -> dict[int, Revision]:
        """Return the revision that brought each of the goal's notes, by the note's number; as far back as is known.

        Where a note was gone and came again, that is the one in which it came last.
        """
        found: dict[int, Revision] = {}
        left = _alike(notes, self.changes[0].revision.goal.notes) if self.changes else 0
        for change, older in zip(self.shown, [*self.changes[1:], None], strict=False):
            if change.before is None and change.number > 1:
                break
            # Where the one before is missing or can't be read, it may have brought them.
            if older is None or older.number == change.number - 1:
                found |= dict.fromkeys(range(change.kept + 1, left + 1), change.revision)
            left = min(left, change.kept)
        return found

    @property
    def gaps(self) -> int:
        """How many of the revisions that were asked for are missing or can't be read."""
        return self.top - self.floor + 1 - len(self.changes) if self.floor else 0

    def near_end(self, number: int) -> bool:
        """Whether a revision is so near the oldest known one that older ones should be read."""
        return not self.whole and number < self.floor + PAGE // 3


def _changes(last: Revision | None, page: Sequence[Revision]) -> list[Change]:
    made = []
    for revision in page:
        before = last.goal if last else None
        said = tuple(what_changed(before, revision.goal, revision.kind)) or ("the same again",)
        made.append(Change(revision, before, said, _alike(before.notes if before else (), revision.goal.notes)))
        last = revision
    return made


def _alike(some: Sequence[str], others: Sequence[str]) -> int:
    """Return how many texts, from the first, are the same in both."""
    pairs = enumerate(zip(some, others, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(some), len(others)))


# What a change did to the texts of a goal


def differences(before: Goal | None, after: Goal) -> Iterator[Line]:
    """Yield the old and the new words of each text that changed."""
    old = _texts(before) if before else {}
    new = _texts(after)
    for name in [*(name for name in old if name not in new), *new]:
        was, now = old.get(name, ""), new.get(name, "")
        if was != now:
            yield name, "head"
            yield from _told_apart(was.split("\n") if was else [], now.split("\n") if now else [])


def _texts(goal: Goal) -> dict[str, str]:
    texts = {"description": goal.description, "criteria": "\n".join(goal.acceptance)}
    texts |= {f"task of {link.session_id}": link.task for link in goal.sessions}
    texts |= {f"evidence of {link.session_id}": link.evidence or "" for link in goal.sessions}
    return texts | {f"note {at}": note for at, note in enumerate(goal.notes, 1)}


def _told_apart(old: Sequence[str], new: Sequence[str]) -> Iterator[Line]:
    same = 0
    while same < min(len(old), len(new)) and old[same] == new[same]:
        same += 1
    last = 0
    while last < min(len(old), len(new)) - same and old[-1 - last] == new[-1 - last]:
        last += 1
    yield from _kept(old[:same], tail=True)
    was, now = old[same : len(old) - last], new[same : len(new) - last]
    if max(len(was), len(now)) > _COMPARED:
        yield from (*_marked("-", was, "gone"), *_marked("+", now, "new"))
    else:
        for kind, start, stop, begin, end in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
            if kind == "equal":
                yield from _kept(was[start:stop], head=True, tail=True)
            else:
                yield from (*_marked("-", was[start:stop], "gone"), *_marked("+", now[begin:end], "new"))
    yield from _kept(old[len(old) - last :], head=True)


def _marked(sign: str, lines: Sequence[str], kind: str) -> Iterator[Line]:
    if lines:
        # At once: there may be thousands.
        yield "\n".join(f"{sign} {line}" for line in lines), kind


def _kept(lines: Sequence[str], *, head: bool = False, tail: bool = False) -> Iterator[Line]:
    first, last = (_AROUND if head else 0), (_AROUND if tail else 0)
    if len(lines) <= first + last + 1:
        yield from _marked(" ", lines, "")
        return
    yield from _marked(" ", lines[:first], "")
    yield f"  … {count(len(lines) - first - last, 'line')} as before", ""
    yield from _marked(" ", lines[len(lines) - last :], "")


def portrait(goal: Goal) -> Iterator[Line]:
    """Yield the goal as it was at a revision, evidence and notes by their first lines."""
    yield f"{goal.status} · {goal.verified_count} of {count(len(goal.counted), 'session')} verified", "head"
    yield goal.description, ""
    yield from ((f"  {at} {text}", "") for at, text in enumerate(goal.acceptance, 1))
    for link in goal.sessions:
        shown = f'"{_first(link.evidence)}" ({size(len(link.evidence))})' if link.evidence else "no evidence"
        by = f"  superseded by {link.superseded_by}" if goal.is_superseded(link) else ""
        yield f"{SESSION_GLYPHS[link.state]} {link.session_id} {link.state}{by}  {shown}  {link.task}", ""
    if goal.notes:
        yield f"{count(len(goal.notes), 'note')}, the last: {_first(goal.notes[-1])}", ""


def _first(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


# How far the work was


def burn_up(changes: Sequence[Change], picked: int, width: int) -> tuple[str, int]:
    """Return how many sessions were verified, revision by revision, as blocks; and the block of the picked one.

    The highest block is all that were ever linked. Where there are more revisions than ``width``, a block stands for
    the last of several; ``changes`` are newest first, and not none.
    """
    goals = [change.revision.goal for change in reversed(changes)]
    most = max(1, *(len(goal.sessions) for goal in goals))
    shown = min(len(goals), width)
    ends = [(at + 1) * len(goals) // shown for at in range(shown)]
    blocks = "".join(_BLOCKS[(len(_BLOCKS) - 1) * goals[end - 1].verified_count // most] for end in ends)
    index = next(at for at, change in enumerate(reversed(changes)) if change.number == picked)
    return blocks, next(at for at, end in enumerate(ends) if index < end)


def rise(changes: Sequence[Change]) -> str:
    """Return what the burn-up of revisions (newest first) shows, in words."""
    oldest, newest = changes[-1], changes[0].revision.goal
    # An import begins with what was verified elsewhere.
    begun = (oldest.before or oldest.revision.goal).verified_count
    return f"verified {begun}→{newest.verified_count} of {len(newest.sessions)} linked"
