"""The verbs of the command line (CONTRACT 7): each takes the open store and the parsed arguments."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from store import (
    Create,
    Edit,
    Goal,
    GoalStatus,
    GoalStoreError,
    InvalidInput,
    Link,
    Note,
    PalaceUnavailable,
    Revert,
    SessionLink,
    SessionTaskState,
    SessionUpdate,
    SetStatus,
    Unlink,
    Update,
    examine,
    parse_goals,
    to_document,
    what_changed,
)
from tui import out
from tui.format import safe

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from store import Revision, SyncStore


class Verb(NamedTuple):
    """A verb, and what it does to the palace."""

    run: Callable[[SyncStore, Namespace], int | None]
    """Returns the exit status where it is not 0."""
    mutates: bool = False
    founds: bool = False
    """Whether it makes a palace where there is none; other verbs have nothing to work on there."""


def _list(store: SyncStore, args: Namespace) -> None:
    wanted = set(args.status or GoalStatus)
    goals = [goal for goal in store.all() if goal.status in wanted]
    if args.json:
        out.put_json([goal.wire() for goal in goals])
        return
    for goal in goals:
        out.put(out.summary(goal))
    if not goals and not args.status and not store.unreadable:
        out.warn('no goals yet; goalgate create "what you want" makes the first')


def _show(store: SyncStore, args: Namespace) -> None:
    goal = _find(store, args.goal)
    if args.json:
        out.put_json(goal.wire())
        return
    out.put(out.summary(goal))
    out.put(f"created {_moment(goal.created)}, updated {_moment(goal.updated)}, progress {goal.progress} %")
    for number, criterion in enumerate(goal.acceptance, 1):
        out.put(f"criterion {number}: {safe(criterion)}")
    for link in goal.sessions:
        out.put(f"session {safe(link.session_id)}  {link.state}  {safe(link.task)}")
        if link.evidence is not None:
            out.put(_indented(link.evidence))
    for note in goal.notes:
        out.put("note:")
        out.put(_indented(note))


def _create(store: SyncStore, args: Namespace) -> None:
    goal = store.apply(Create(args.description, tuple(args.accept or ())), args.request_id)
    if args.json:
        out.put_json(goal.wire())
    else:
        out.put(goal.id)


def _edit(store: SyncStore, args: Namespace) -> None:
    if args.description is None and args.accept is None:
        raise InvalidInput("edit", "nothing is given", "give --description, --accept or both")
    criteria = None if args.accept is None else tuple(args.accept)
    _tell(store.apply(Edit(store.resolve(args.goal), args.description, criteria), args.request_id), args)


def _link(store: SyncStore, args: Namespace) -> None:
    link = SessionLink.launched(args.session, args.task)
    _tell(store.apply(Link(store.resolve(args.goal), link), args.request_id), args)


def _unlink(store: SyncStore, args: Namespace) -> None:
    _tell(store.apply(Unlink(store.resolve(args.goal), args.session, args.reason), args.request_id), args)


def _update(store: SyncStore, args: Namespace) -> None:
    evidence = args.evidence
    if evidence == "-":
        # Captured output is whatever a program printed: what is not UTF-8 is replaced, and the rest kept.
        evidence = sys.stdin.buffer.read().decode("utf-8", "replace")
    if args.state is None and evidence is None and args.note is None:
        raise InvalidInput("update", "nothing is given", "give --state, --evidence or --note")
    update = SessionUpdate(
        session_id=args.session,
        state=None if args.state is None else SessionTaskState(args.state),
        evidence=evidence,
        note=args.note,
    )
    _tell(store.apply(Update(store.resolve(args.goal), update), args.request_id), args)


def _note(store: SyncStore, args: Namespace) -> None:
    _tell(store.apply(Note(store.resolve(args.goal), args.text), args.request_id), args)


def _status(store: SyncStore, args: Namespace) -> None:
    intent = SetStatus(store.resolve(args.goal), GoalStatus(args.status), args.reason)
    _tell(store.apply(intent, args.request_id), args)


def _close(store: SyncStore, args: Namespace) -> None:
    _tell(store.apply(SetStatus(store.resolve(args.goal), GoalStatus.DONE, args.outcome), args.request_id), args)


def _revert(store: SyncStore, args: Namespace) -> None:
    goal_id = store.resolve(args.goal)
    intent = Revert(goal_id, args.revision, store.book.number(goal_id))
    _tell(store.apply(intent, args.request_id), args)


def _history(store: SyncStore, args: Namespace) -> None:
    revisions = store.history(store.resolve(args.goal))
    if args.json:
        out.put_json([_revision_wire(revision) for revision in revisions])
        return
    before: Goal | None = None
    for revision in revisions:
        out.put(_revision_line(revision, before))
        before = revision.goal


def _import(store: SyncStore, args: Namespace) -> None:
    path = Path(args.file)
    try:
        document = path.read_bytes()
    except OSError as error:
        raise InvalidInput(str(path), error.strerror or str(error), "name a goals.json that can be read") from error
    result = store.import_goals(parse_goals(document), args.request_id)
    if args.json:
        out.put_json({"imported": list(result.imported), "skipped": list(result.skipped)})
    else:
        out.put(f"{len(result.imported)} goals imported, {len(result.skipped)} already there")


def _export(store: SyncStore, args: Namespace) -> None:
    goals = store.all()
    document = to_document(goals)
    if args.file is None:
        out.put_document(document)
        return
    path = Path(args.file)
    try:
        with path.open("w" if args.force else "x", encoding="utf-8") as file:
            file.write(document)
    except FileExistsError:
        raise InvalidInput(str(path), "is there already", "name another file, or add --force") from None
    except OSError as error:
        raise InvalidInput(str(path), error.strerror or str(error), "name a file that can be written") from error
    if args.json:
        out.put_json({"exported": [goal.id for goal in goals], "file": str(path)})
    else:
        out.put(f"{len(goals)} goals exported to {safe(str(path))}")


def _watch(store: SyncStore, args: Namespace) -> None:
    known = {goal_id: store.get(goal_id) for goal_id in store.book.ids()}
    reported = store.degraded
    for revisions in store.follow():
        if store.degraded != reported:
            reported = store.degraded
            out.warn(f"the palace is unavailable: {safe(reported)}" if reported else "the palace is back")
        for revision in revisions:
            if args.json:
                out.put_json(_revision_wire(revision))
            else:
                line = _revision_line(revision, known.get(revision.goal.id))
                out.put(f"{revision.goal.id}  {line}")
            known[revision.goal.id] = revision.goal


def _doctor(store: SyncStore, args: Namespace) -> int:
    findings = examine(store)
    if args.json:
        out.put_json(
            {
                "ok": not findings,
                "palace": store.palace.name,
                "root": str(store.root),
                "goals": len(store.book.ids()),
                "findings": [finding._asdict() for finding in findings],
            }
        )
    else:
        for finding in findings:
            out.put(f"{finding.kind}: {safe(finding.problem)}")
        goals = len(store.book.ids())
        out.put(f"{goals} goals in palace {store.palace.name}: {len(findings) or 'no'} findings")
    return 1 if findings else 0


VERBS = {
    "list": Verb(_list),
    "show": Verb(_show),
    "create": Verb(_create, mutates=True, founds=True),
    "edit": Verb(_edit, mutates=True),
    "link": Verb(_link, mutates=True),
    "unlink": Verb(_unlink, mutates=True),
    "update": Verb(_update, mutates=True),
    "note": Verb(_note, mutates=True),
    "status": Verb(_status, mutates=True),
    "close": Verb(_close, mutates=True),
    "history": Verb(_history),
    "revert": Verb(_revert, mutates=True),
    "import": Verb(_import, mutates=True, founds=True),
    "export": Verb(_export),
    "watch": Verb(_watch),
    "doctor": Verb(_doctor),
}
"""Every verb by its name."""


def carry_out(verb: Verb, store: SyncStore, args: Namespace) -> int:
    """Open the store as the verb needs it, run it, say what a person should know, and return the exit status.

    Raises:
        GoalStoreError: what the store refuses.

    """
    store.start(create=verb.founds or (verb.mutates and store.exists()))
    if not verb.mutates:
        if store.degraded:
            out.warn(f"the palace is unavailable: {safe(store.degraded)}; these are the goals last known")
        for goal_id, reason in store.unreadable.items():
            out.warn(f"the drawer of goal {safe(goal_id)} can't be read and is left untouched: {safe(reason)}")
    try:
        status = verb.run(store, args)
    except GoalStoreError:
        _leave(verb, store)
        raise
    _leave(verb, store)
    return status or 0


def _leave(verb: Verb, store: SyncStore) -> None:
    if verb.mutates:
        store.leave()
    for notice in store.notices:
        out.warn(safe(notice))
    if store.cache_problem:
        out.warn(f"the change is safe in the palace, but the cache can't be written: {safe(store.cache_problem)}")


def _find(store: SyncStore, prefix: str) -> Goal:
    goal_id = store.resolve(prefix)
    goal = store.get(goal_id)
    if goal is None:
        raise PalaceUnavailable(
            store.palace.name,
            f"the drawer of goal {goal_id} can't be read: {store.unreadable.get(goal_id, '')}",
            "the drawer is left untouched; look at its history, or restore the palace from a copy",
        )
    return goal


def _tell(goal: Goal, args: Namespace) -> None:
    if args.json:
        out.put_json(goal.wire())
    else:
        out.put(out.summary(goal))


def _revision_wire(revision: Revision) -> dict[str, object]:
    wire = revision.goal.wire()
    return {"revision": revision.number, "at": wire["updated"], "actor": revision.actor, "goal": wire}


def _revision_line(revision: Revision, before: Goal | None) -> str:
    changes = "; ".join(safe(change) for change in what_changed(before, revision.goal))
    return f"{revision.number:>4}  {_moment(revision.at)}  {safe(revision.actor)}  {changes or 'the same again'}"


def _moment(at: object) -> str:
    return f"{at:%Y-%m-%d %H:%M:%SZ}"


def _indented(text: str) -> str:
    return "\n".join(f"    {safe(line)}" for line in text.split("\n"))
