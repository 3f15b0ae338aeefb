"""What changed between two revisions of a goal, in words."""

from __future__ import annotations

from collections.abc import Iterator

from store.model import Goal, SessionLink
from store.palace import RevisionKind

_BEGINNINGS = {"change": "created", "import": "imported", "adoption": "taken over from goals.json"}


def what_changed(before: Goal | None, after: Goal, kind: RevisionKind = "change") -> list[str]:
    """Return the differences between two revisions of a goal, a phrase each.

    Texts stand in it as they are stored, long ones cut: whoever prints it makes it safe.

    Args:
        before: the goal before, or ``None`` for a first revision.
        after: the goal after.
        kind: how a first revision came to be.

    """
    if before is None:
        return [f"{_BEGINNINGS[kind]} as {after.status}", *_sessions((), after.sessions), *_notes((), after.notes)]
    said = []
    if before.status != after.status:
        said.append(f"status {before.status} -> {after.status}")
    if before.description != after.description:
        said.append(f"description: {_short(after.description)}")
    said += _criteria(before.acceptance, after.acceptance)
    said += _sessions(before.sessions, after.sessions)
    said += _notes(before.notes, after.notes)
    if before.unknown != after.unknown:
        said.append("keys that this version does not know")
    return said


def _criteria(before: tuple[str, ...], after: tuple[str, ...]) -> Iterator[str]:
    if len(before) != len(after):
        yield f"criteria {len(before)} -> {len(after)}"
    elif before != after and sorted(before) == sorted(after):
        yield "criteria in another order"
    yield from (f"criterion removed: {_short(text)}" for text in before if text not in after)
    yield from (f"criterion added: {_short(text)}" for text in after if text not in before)


def _sessions(before: tuple[SessionLink, ...], after: tuple[SessionLink, ...]) -> Iterator[str]:
    had = {link.session_id: link for link in before}
    has = {link.session_id: link for link in after}
    yield from (f"{name} unlinked" for name in had if name not in has)
    for name, link in has.items():
        old = had.get(name)
        if old is None:
            yield f"{name} linked, {link.state}: {_short(link.task)}"
            continue
        if old.state != link.state:
            yield f"{name} {old.state} -> {link.state}"
        if old.task != link.task:
            yield f"{name} task: {_short(link.task)}"
        if old.evidence != link.evidence:
            yield f"{name} evidence: {_short(link.evidence)}" if link.evidence else f"{name} evidence cleared"
        elif link.has_evidence and old.evidence_at != link.evidence_at:
            yield f"{name} evidence given again"
        if old.superseded_by != link.superseded_by:
            by = link.superseded_by
            yield f"{name} superseded by {by}" if by is not None else f"{name} no longer superseded"
        if old.unknown != link.unknown:
            yield f"{name}: keys that this version does not know"


def _notes(before: tuple[str, ...], after: tuple[str, ...]) -> Iterator[str]:
    kept = min(len(before), len(after))
    if before[:kept] == after[:kept]:
        yield from (f"note removed: {_short(note)}" for note in before[kept:])
        yield from (f"note: {_short(note)}" for note in after[kept:])
    elif len(before) != len(after):
        yield f"notes {len(before)} -> {len(after)}"
    else:
        yield "notes: other words"


def _short(text: str, limit: int = 80) -> str:
    """Return the beginning of a text in one line, and how long it is where that is not all of it."""
    line = " ".join(text[: limit * 4].split())
    if len(line) <= limit and len(text) <= limit * 4:
        return line
    return f"{line[: limit - 1]}… ({len(text):,} characters)"
