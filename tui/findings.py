"""What the doctor found, as an operator reads it: pure, findings -> groups of rows, and what is well otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tui.format import count, safe
from tui.hints import key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from store import Finding, Goal

_TITLES: Final = {
    "palace": ("The palace", "the truth is hurt, or can't be changed: goalgate export saves what is left of it"),
    "unreadable": ("Unreadable drawers", "left untouched on the disk; the other goals are not affected"),
    "history": ("Hurt history", "older revisions are damaged or gone; the goals as they are now are not affected"),
    "gate": ("Done against the gate", "they came so from elsewhere and are kept as they are: {} reopens one"),
    "evidence": ("Evidence older than what is asked", "the goal was reworded or reopened since: {} gives new evidence"),
    "session": ("Sessions linked too often", "{} unlinks one from a goal, with the reason"),
    "superseded": (
        "Superseded by none",
        "they came so from elsewhere: goalgate supersede names who took the work over",
    ),
    "limit": ("Over a limit", "they came so from elsewhere and are kept as they are"),
    "clock": ("Ahead of the clock", "somebody's clock was wrong: each later change of the goal is dated after that"),
    "cache": ("The cache, goals.json", "made from the palace, and written anew with the next change: no goal is lost"),
    "aside": ("Set aside", "no other copy of it is left: goalgate import FILE takes it in, or move the file away"),
    "root": ("Who can write here", "another user could change any goal: chmod go-w takes that away"),
    "state": ("What is kept for you", "what you saw, put off and half wrote is forgotten when the console ends"),
    "settings": ("Your config.toml", "these lines have no effect: mend the file, and start the console again"),
    "said": ("Said since the console opened", "nothing to do, only to know"),
}
"""What each kind of finding is called, and what it means or what helps; in the order of urgency."""

_WELL: Final = {
    "palace": "the palace is sound, and a change can be written",
    "history": "every revision says what was committed",
    "gate": "no goal is done against the gate",
    "evidence": "no evidence is older than what its goal asks for",
    "session": "no session is linked twice, or to two open goals",
    "limit": "every goal is within the limits",
    "clock": "no goal is ahead of the clock",
    "cache": "goals.json says what the palace says",
    "root": "no other user can write here",
}
"""What is true where nothing of a kind was found."""


class Row(NamedTuple):
    """One thing that is wrong, or that should be known; every text in it is safe to print."""

    kind: str
    goal_id: str | None
    """The goal to go to."""
    about: str
    """That goal in words; its id where it can't be read."""
    problem: str
    """What is wrong with it, or, where it is about no goal, the whole sentence."""
    sentence: str
    """The whole of it."""

    @property
    def meaning(self) -> str:
        """What findings of its kind mean, or what helps."""
        return _helps(self.kind)


def _helps(kind: str) -> str:
    keys = {"gate": "goal.status", "evidence": "goal.update", "session": "goal.unlink"}
    means = _TITLES.get(kind, ("", ""))[1]
    return means.format(key(keys[kind])) if kind in keys else means


class Group(NamedTuple):
    """Findings of one kind."""

    title: str
    meaning: str
    """What it means, or what helps."""
    rows: tuple[Row, ...]


class Report(NamedTuple):
    """The state of a palace."""

    groups: tuple[Group, ...]
    well: tuple[str, ...]
    """What was looked at and found well."""

    @property
    def wrong(self) -> int:
        """How many things are wrong."""
        return sum(row.kind != "said" for group in self.groups for row in group.rows)


def report(
    findings: Iterable[Finding],
    look: Callable[[str], Goal | None],
    goals: int,
    *,
    degraded: bool = False,
    cache_problem: str | None = None,
    settings: Sequence[str] = (),
    notices: Sequence[str] = (),
) -> Report:
    """Return the findings by kind.

    Args:
        findings: what the store's `examine` returned.
        look: finds a goal by its id.
        goals: how many there are.
        degraded: whether the palace can't be read, so that nothing was compared with it.
        cache_problem: why the cache can't be written at this moment.
        settings: what is wrong with the operator's settings.
        notices: what the store wanted a person to know.

    """
    by_kind: dict[str, dict[Row, None]] = {kind: {} for kind in _TITLES}
    if cache_problem:
        sentence = safe(f"it can't be written now, which is tried again: {cache_problem}")
        by_kind["cache"][Row("cache", None, "", sentence, sentence)] = None
    for finding in findings:
        by_kind.setdefault(finding.kind, {}).update(dict.fromkeys(_rows(finding, look)))
    for kind, told in (("settings", settings), ("said", notices)):
        by_kind[kind].update(dict.fromkeys(Row(kind, None, "", text, text) for text in map(safe, told)))
    groups = [
        Group(_TITLES.get(kind, (kind, ""))[0], _helps(kind), tuple(rows)) for kind, rows in by_kind.items() if rows
    ]
    well = [text for kind, text in _WELL.items() if not by_kind[kind] and not (kind == "cache" and degraded)]
    if not by_kind["unreadable"] and not degraded:
        well.insert(0, f"every drawer can be read: {count(goals, 'goal')}")
    return Report(tuple(groups), tuple(well))


def _rows(finding: Finding, look: Callable[[str], Goal | None]) -> Iterator[Row]:
    sentence = safe(finding.problem)
    if finding.goal is None:
        # A session on several goals: each of them is a place to go to.
        named = [name for name in finding.problem.rpartition(": ")[2].split(", ") if look(name)]
        if finding.kind != "session" or not named:
            yield Row(finding.kind, None, "", sentence, sentence)
            return
        what = safe(finding.problem.rpartition(": ")[0])
        for goal_id in named:
            yield Row(finding.kind, goal_id, _about(goal_id, look), what, sentence)
        return
    problem = finding.problem
    if finding.kind == "unreadable":
        problem = problem.partition("can't be read: ")[2] or problem
    problem = problem.removeprefix(f"goal {finding.goal}").lstrip(": ").removeprefix("is ")
    yield Row(finding.kind, finding.goal, _about(finding.goal, look), safe(problem), sentence)


def _about(goal_id: str, look: Callable[[str], Goal | None]) -> str:
    goal = look(goal_id)
    return safe(goal.description if goal else goal_id)
