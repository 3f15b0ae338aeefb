"""What changed between two revisions of a goal, in words."""

from __future__ import annotations

from collections.abc import Iterator

from store.model import Goal, SessionLink


def what_changed(before: Goal | None, after: Goal) -> list[str]:
    """Return what is different in ``after``, a phrase each; ``before`` is ``None`` for a first revision.

    Texts stand in it as they are stored, long ones cut: whoever prints it makes it safe.
    """
    if before is None:
        return [f"created as {after.status}", *_sessions((), after.sessions), *_notes((), after.notes)]
    said = []
    if before.status != after.status:
        said.append(f"status {before.status} -> {after.status}")
    if before.description != after.description:
        said.append(f"description: {_short(after.description)}")
    if before.acceptance != after.acceptance:
        said.append(f"criteria {len(before.acceptance)} -> {len(after.acceptance)}")
    said += _sessions(before.sessions, after.sessions)
    said += _notes(before.notes, after.notes)
    return said


def _sessions(before: tuple[SessionLink, ...], after: tuple[SessionLink, ...]) -> Iterator[str]:
    had = {link.session_id: link for link in before}
    has = {link.session_id: link for link in after}
    for name in had.keys() - has.keys():
        yield f"{name} unlinked"
    for name, link in has.items():
        old = had.get(name)
        if old is None:
            yield f"{name} linked, {link.state}: {_short(link.task)}"
            continue
        if old.state != link.state:
            yield f"{name} {old.state} -> {link.state}"
        if old.evidence != link.evidence:
            yield f"{name} evidence: {_short(link.evidence)}" if link.evidence else f"{name} evidence cleared"


def _notes(before: tuple[str, ...], after: tuple[str, ...]) -> Iterator[str]:
    if after[: len(before)] == before:
        for note in after[len(before) :]:
            yield f"note: {_short(note)}"
    elif before != after:
        yield f"notes {len(before)} -> {len(after)}"


def _short(text: str, limit: int = 80) -> str:
    line = " ".join(text[: limit * 4].split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
