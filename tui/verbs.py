"""The verbs of the command line (CONTRACT 7): each takes the open store and the parsed arguments."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from store import (
    Create,
    Edit,
    Goal,
    GoalNotFound,
    GoalStatus,
    InvalidInput,
    Link,
    Note,
    PalaceUnavailable,
    Revert,
    SessionLink,
    SessionTaskState,
    SessionUpdate,
    SetStatus,
    Supersede,
    Unlink,
    Update,
    examine,
    is_blank,
    remarks,
    to_document,
    way_out,
)
from tui import out
from tui.format import count, safe, session_name, show_bytes
from tui.given import bad_file, take_in

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from store import Intent, Revision, SyncStore


def carry_out(store: SyncStore, args: Namespace, say: Callable[[str], None]) -> int:
    """Open the store as the verb needs it, run it, and return the exit status.

    ``args`` says by ``mutates`` whether the verb changes the palace, and by ``founds`` whether it makes one where
    there is none. ``say`` takes what a person should know and the verb does not fail over; it is safe to print.

    Raises:
        GoalStoreError: what the store refuses.

    """
    take_in(args, say, lambda text: out.wait(show_bytes(text), as_json=args.json))
    store.start(create=args.founds or (args.mutates and is_there(store)))
    if args.mutates:
        _require_palace(store, "nothing was changed; ")
    try:
        return _VERBS[args.verb](store, args) or 0
    finally:
        if args.mutates:
            _see_to_cache(store, say)
        elif args.verb not in ("watch", "doctor"):
            # Afterwards, since that a goal can't be read is found out when it is asked for.
            _tell_condition(store, say)
        for notice in store.notices:
            say(safe(notice))


def is_there(store: SyncStore) -> bool:
    """Return whether there is something of the palace; what can't be looked at is, and `carry_out` says why not."""
    try:
        return store.exists()
    except OSError:
        return True


def _require_palace(store: SyncStore, said: str = "") -> None:
    if store.degraded is not None:
        raise PalaceUnavailable(
            store.palace.name,
            store.degraded,
            f"{said}{way_out(store.degraded) or 'see to it and try again'} ({store.palace.folder});"
            f" list, show and export still give {'what stands in it' if store.read_only else 'what was last known'}",
        )


def _tell_condition(store: SyncStore, say: Callable[[str], None]) -> None:
    if store.degraded and store.read_only:
        say(f"the palace can only be read: {safe(store.degraded)}")
    elif store.degraded:
        say(f"the palace is unavailable: {safe(store.degraded)}; these are the goals last known")
    for goal_id, reason in store.unreadable.items():
        say(f"the drawer of goal {safe(goal_id)} can't be read and is left untouched: {safe(reason)}")


def _see_to_cache(store: SyncStore, say: Callable[[str], None]) -> None:
    """Bring the cache up to date, or say why not; what was committed stands in any case."""
    problem = None
    try:
        store.leave()
    except PalaceUnavailable as error:
        problem = error.reason
    if problem := problem or store.cache_problem:
        say(f"the cache can't be written now, and the palace is not harmed by that: {safe(problem)}")


# Reading


def _list(store: SyncStore, args: Namespace) -> None:
    wanted = set(args.status or GoalStatus)
    goals = [goal for goal in store.all() if goal.status in wanted]
    if args.json:
        out.put_json([goal.wire() for goal in goals])
        return
    if goals:
        # At once: a flush for each line is slow where there are many.
        out.put("\n".join(map(out.summary, goals)))
    elif is_there(store):
        _say_none(store, args)


def _say_none(store: SyncStore, args: Namespace) -> None:
    """Say why no goal is listed: there is none, or none of those that there are is of the statuses asked for."""
    if there := len(store.book.ids()):
        out.warn(f"none of {count(there, 'goal')} is {' or '.join(dict.fromkeys(args.status))}")
    elif not store.unreadable and not store.degraded:
        out.warn(
            f"palace {safe(store.palace.name)} in {safe(show_bytes(str(store.root)))} has no goals yet;"
            ' goalgate create "what you want" makes the first'
        )


def _show(store: SyncStore, args: Namespace) -> None:
    from tui.past import came_by

    goal = _find(store, args.goal)
    if args.json:
        out.put_json(goal.wire())
        return
    out.put(out.summary(goal))
    out.put(f"created {out.moment(goal.created)}, updated {out.moment(goal.updated)}, progress {goal.progress} %")
    out.put(out.verdict(goal, store.asked_at(goal.id)))
    for number, criterion in enumerate(goal.acceptance, 1):
        out.put(f"criterion {number}: {safe(criterion)}")
    first = _first(store, goal)
    for link in goal.sessions:
        over = f"  superseded by {session_name(link.superseded_by or '')}" if goal.is_superseded(link) else ""
        out.put(f"session {session_name(link.session_id)}  {link.state}{over}  {safe(link.task)}")
        if link.evidence is not None:
            if link.has_evidence:
                out.put(f"  evidence {out.given(link, first)}:")
            out.put(out.indented(link.evidence))
    brought = _brought(store, goal)
    for number, note in enumerate(goal.notes, 1):
        came = brought.get(number)
        by = f" {came_by(came, safe(came.actor))}, {out.moment(came.came_at)}" if came is not None else ""
        out.put(f"note {number}{by}:")
        out.put(out.indented(note))


def _first(store: SyncStore, goal: Goal) -> Revision | None:
    """Return a goal's first revision, where its evidence may have come with that; none where it can't be read."""
    if all(link.evidence_by is None for link in goal.sessions):
        return None
    with suppress(PalaceUnavailable, GoalNotFound):
        return next(iter(store.history(goal.id, 1, 2)), None)
    return None


def _brought(store: SyncStore, goal: Goal) -> dict[int, Revision]:
    """Return the revision that brought each note, by its number; none where there is no palace to ask."""
    from tui.past import Past

    past, newest = Past(), store.book.number(goal.id)
    with suppress(PalaceUnavailable, GoalNotFound):
        while len(past.brought(goal.notes)) < len(goal.notes) and (step := past.wants(newest, older=True)):
            # As many again as are known, since all of them are looked through each time.
            limit, below = max(step[0], len(past.changes)), step[1]
            past.take(limit, below, store.history(goal.id, limit, below))
    return past.brought(goal.notes)


def _history(store: SyncStore, args: Namespace) -> None:
    _require_palace(store)
    from tui.past import name_gaps

    goal_id = store.resolve(args.goal)
    revisions = store.history(goal_id)
    numbers = [revision.number for revision in revisions]
    if gaps := name_gaps(numbers, max([store.book.number(goal_id), *numbers])):
        out.warn(f"of goal {goal_id} these revisions are missing or can't be read: {gaps}; goalgate doctor says why")
    if args.json:
        out.put_json([_revision_wire(revision) for revision in revisions])
        return
    before: Goal | None = None
    for revision in revisions:
        out.put(out.revision_line(revision, before))
        before = revision.goal


def _export(store: SyncStore, args: Namespace) -> None:
    goals = store.all()
    document = to_document(goals)
    if args.file in (None, "-"):
        out.put_document(document)
        return
    if args.force and not goals and (store.degraded or store.unreadable or not is_there(store)):
        _require_known(store, args.file)
    try:
        out.put_file(Path(args.file), document, over=args.force, as_json=args.json)
    except FileExistsError:
        raise InvalidInput("file", f"{args.file} is there already", "name another file, or add --force") from None
    except (OSError, ValueError) as error:
        raise bad_file(args.file, error, "name a file that can be written") from error
    if args.json:
        out.put_json({"exported": [goal.id for goal in goals], "file": show_bytes(args.file)})
    else:
        out.put(f"{count(len(goals), 'goal')} exported to {safe(show_bytes(args.file))}")


def _require_known(store: SyncStore, name: str) -> None:
    """Raise `PalaceUnavailable` rather than write over a file with no goals, where none are known to be there."""
    if os.path.lexists(name):
        reason = store.degraded or f"there is none in {show_bytes(str(store.root))}"
        if store.unreadable:
            reason = "none of its goals can be read"
        raise PalaceUnavailable(
            store.palace.name, reason, f"{show_bytes(name)} was left as it is; see to the palace, or name another file"
        )


def _watch(store: SyncStore, args: Namespace) -> None:
    out.require_output()
    known = {goal_id: store.get(goal_id) for goal_id in store.book.ids()}
    hidden = store.degraded is not None or not store.palace.folder.exists()
    unread, begun = hidden and store.book.seen == 0, datetime.now(UTC)
    _tell_condition(store, out.warn)
    reported = store.degraded
    for revisions in store.follow():
        if store.degraded != reported:
            reported = store.degraded
            out.warn(f"the palace is unavailable: {safe(reported)}" if reported else "the palace is back")
        while store.notices:
            out.warn(safe(store.notices.popleft()))
        # All that a palace ever held comes at once where it could not be read before.
        new = _since(store, begun) if unread and revisions else None
        unread = unread and not revisions
        for revision in revisions:
            goal_id, before = revision.goal.id, known.get(revision.goal.id)
            if new is None or (goal_id, revision.number) in new:
                if args.json:
                    out.put_json(_revision_wire(revision))
                else:
                    out.put(f"{goal_id}  {out.revision_line(revision, before)}")
            known[goal_id] = revision.goal
        if not out.is_read():
            return


def _since(store: SyncStore, begun: datetime) -> set[tuple[str, int]]:
    """Return what was committed since, by goal and number: an imported goal's own times may be of any age."""
    found: set[tuple[str, int]] = set()
    before = None
    with suppress(PalaceUnavailable):
        while events := store.activity(60, before):
            for event in events:
                if event.committed < begun:
                    return found
                found.add((event.revision.goal.id, event.revision.number))
            before = events[-1].seq
    return found


def _doctor(store: SyncStore, args: Namespace) -> int:
    findings = examine(store)
    goals = len(store.book.ids())
    if args.json:
        out.put_json(
            {
                "ok": not findings,
                "palace": store.palace.name,
                "root": show_bytes(str(store.root)),
                "goals": goals,
                "remarks": remarks(store),
                "findings": [finding._asdict() for finding in findings],
            }
        )
    else:
        for finding in findings:
            out.put(f"{finding.kind}: {safe(finding.problem)}")
        for remark in remarks(store):
            out.put(f"to know: {safe(remark)}")
        found = count(len(findings), "finding") if findings else "all is well"
        where = f"palace {safe(store.palace.name)} in {safe(show_bytes(str(store.root)))}"
        out.put(f"{count(goals, 'goal')} in {where}: {found}")
    return 1 if findings else 0


# Changing


def _apply(store: SyncStore, args: Namespace, intent: Intent) -> Goal:
    """Carry out a change, and say so where its request was answered before and the goal has changed since."""
    goal = store.apply(intent, args.request_id)
    newest = store.get(goal.id)
    if args.request_id is not None and newest is not None and newest != goal:
        out.warn(
            f"goal {goal.id} has changed since request {args.request_id!r} was carried out, and is"
            f" {newest.status} now: the answer is the one of then"
        )
    return goal


def _goal_id(store: SyncStore, args: Namespace) -> str:
    return store.resolve(args.goal, args.request_id)


def _create(store: SyncStore, args: Namespace) -> None:
    goal = _apply(store, args, Create(args.description, tuple(args.accept or ())))
    if args.json:
        out.put_json(goal.wire())
    else:
        out.put(goal.id)


def _edit(store: SyncStore, args: Namespace) -> None:
    criteria = None if args.accept is None else tuple(args.accept)
    _tell(_apply(store, args, Edit(_goal_id(store, args), args.description, criteria)), args)
    _note_idle(args, "description", "accept")


def _link(store: SyncStore, args: Namespace) -> None:
    link = SessionLink.launched(args.session, args.task)
    _tell(_apply(store, args, Link(_goal_id(store, args), link)), args)


def _unlink(store: SyncStore, args: Namespace) -> None:
    _tell(_apply(store, args, Unlink(_goal_id(store, args), args.session, args.reason)), args)


def _update(store: SyncStore, args: Namespace) -> None:
    if is_blank(args.note):
        args.note = None
    update = SessionUpdate(
        session_id=args.session,
        state=None if args.state is None else SessionTaskState(args.state),
        evidence=args.evidence,
        note=args.note,
    )
    _tell(_apply(store, args, Update(_goal_id(store, args), update)), args)
    _note_idle(args, "state", "evidence", "note")


def _supersede(store: SyncStore, args: Namespace) -> None:
    _tell(_apply(store, args, Supersede(_goal_id(store, args), args.session, args.by)), args)


def _note(store: SyncStore, args: Namespace) -> None:
    _tell(_apply(store, args, Note(_goal_id(store, args), args.text)), args)


def _status(store: SyncStore, args: Namespace) -> None:
    intent = SetStatus(_goal_id(store, args), GoalStatus(args.status), args.reason)
    _tell_closed(store, _apply(store, args, intent), args)


def _close(store: SyncStore, args: Namespace) -> None:
    _tell_closed(store, _apply(store, args, SetStatus(_goal_id(store, args), GoalStatus.DONE, args.outcome)), args)


def _revert(store: SyncStore, args: Namespace) -> None:
    intent = Revert(_goal_id(store, args), args.revision, args.if_current)
    _tell_closed(store, _apply(store, args, intent), args)


def _import(store: SyncStore, args: Namespace) -> None:
    result = store.import_goals(args.goals, args.request_id)
    if args.json:
        out.put_json({"imported": list(result.imported), "skipped": list(result.skipped)})
    else:
        out.put(f"{count(len(result.imported), 'goal')} imported, {len(result.skipped)} already there")


_VERBS: dict[str, Callable[[SyncStore, Namespace], int | None]] = {
    "list": _list,
    "show": _show,
    "create": _create,
    "edit": _edit,
    "link": _link,
    "unlink": _unlink,
    "update": _update,
    "supersede": _supersede,
    "note": _note,
    "status": _status,
    "close": _close,
    "history": _history,
    "revert": _revert,
    "import": _import,
    "export": _export,
    "watch": _watch,
    "doctor": _doctor,
}


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


def _note_idle(args: Namespace, *options: str) -> None:
    """Say so where none of the options is given: nothing is changed then, and somebody expects that something is."""
    if all(getattr(args, option) is None for option in options):
        *others, last = (f"--{option}" for option in options)
        out.warn(f"nothing is changed: give {', '.join(others)} or {last}")


def _tell(goal: Goal, args: Namespace) -> None:
    if args.json:
        out.put_json(goal.wire())
    else:
        out.put(out.summary(goal))


def _tell_closed(store: SyncStore, goal: Goal, args: Namespace) -> None:
    """Tell of a goal whose status was asked for; where it is done now, what it rests on as well."""
    _tell(goal, args)
    # A request that is sent again is answered with what was then.
    is_done = goal.status is GoalStatus.DONE and goal == store.get(goal.id)
    if is_done and (said := out.closed(goal, store.asked_at(goal.id))):
        out.warn(said)


def _revision_wire(revision: Revision) -> dict[str, object]:
    wire = revision.goal.wire()
    said = {"revision": revision.number, "at": wire["updated"], "actor": revision.actor, "goal": wire}
    if revision.kind != "change":
        # A goal from elsewhere keeps its own times.
        said |= {"kind": revision.kind, "committed": out.wire_time(revision.committed)}
    return said
