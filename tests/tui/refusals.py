"""What a key of the console can be refused, row by row of the contract, and the goals that get into such a state."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from store import Goal, GoalStatus, GoalStore, SessionLink, SessionTaskState, SessionUpdate
from tests.tui.helpers import NOON

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

LAUNCHED, RUNNING, VERIFIED, FAILED = SessionTaskState
KIB = 1024


# The goals that refusals are about


def taken_in(number: int, status: GoalStatus = GoalStatus.IN_PROGRESS, *links: SessionLink, notes: int = 0) -> Goal:
    return Goal(
        id=f"g-{number:016x}",
        description=f"From elsewhere {number}",
        status=status,
        sessions=links,
        created=NOON,
        updated=NOON,
        notes=("n",) * notes,
    )


def link(session_id: str, state: SessionTaskState = LAUNCHED, evidence: str | None = None) -> SessionLink:
    return SessionLink(session_id=session_id, task=f"work of {session_id}", state=state, evidence=evidence)


async def made(store: GoalStore, name: str, *links: SessionLink) -> Goal:
    goal = await store.create(name)
    for each in links:
        goal = await store.link(goal.id, each)
    return goal


async def imported(store: GoalStore, goal: Goal) -> Goal:
    await store.import_goals([goal])
    return goal


async def bare(store: GoalStore) -> Goal:
    return await made(store, "Bare")


async def one(store: GoalStore) -> Goal:
    await made(store, "The other hand", link("s-busy"))
    return await made(store, "One hand", link("s-1"))


async def ready(store: GoalStore) -> Goal:
    return await made(store, "Ready", link("s-3", VERIFIED, "e"))


async def held(store: GoalStore) -> Goal:
    """Held back by a session of each kind."""
    liar = link("s-liar", VERIFIED)
    links = (
        link("s-new"),
        link("s-told", RUNNING, "12 passed"),
        link("s-bad", FAILED),
        liar,
        link("s-ok", VERIFIED, "e"),
    )
    return await imported(store, taken_in(1, GoalStatus.IN_PROGRESS, *links))


async def crowded(store: GoalStore) -> Goal:
    links = [link(f"s-{number}") for number in range(200)]
    return await imported(store, taken_in(2, GoalStatus.IN_PROGRESS, *links, notes=2000))


async def large(store: GoalStore) -> Goal:
    links = [link(f"s-{number}", RUNNING, "e" * 255 * KIB) for number in range(32)]
    goal = await imported(store, taken_in(3, GoalStatus.IN_PROGRESS, *links))
    return await store.note(goal.id, "n" * 15 * KIB)


async def lent(store: GoalStore) -> Goal:
    """Closed, and its session works elsewhere by now."""
    goal = await made(store, "Lender", link("s-lent", VERIFIED, "e"))
    await store.close(goal.id)
    await made(store, "Borrower", link("s-lent"))
    return goal


async def moved(store: GoalStore) -> Goal:
    """Its session works elsewhere, and undo would take it back."""
    goal = await made(store, "Left", link("s-gone"))
    goal = await store.unlink(goal.id, "s-gone", "wrong goal")
    await made(store, "Arrived", link("s-gone"))
    return goal


async def done_before(store: GoalStore) -> Goal:
    """Done against the gate elsewhere, and reopened here."""
    goal = await imported(store, taken_in(4, GoalStatus.DONE, link("s-idle", RUNNING)))
    return await store.set_status(goal.id, GoalStatus.IN_PROGRESS)


async def verified_before(store: GoalStore) -> Goal:
    """Verified without evidence elsewhere, and set right here."""
    goal = await imported(store, taken_in(5, GoalStatus.IN_PROGRESS, link("s-lied", VERIFIED)))
    return await store.update(goal.id, SessionUpdate(session_id="s-lied", state=RUNNING))


async def closed_twice(store: GoalStore) -> Goal:
    goal = await made(store, "Closed twice")
    await store.set_status(goal.id, GoalStatus.ABANDONED)
    await store.set_status(goal.id, GoalStatus.IN_PROGRESS)
    await store.edit(goal.id, "Closed twice, once as this")
    return await store.set_status(goal.id, GoalStatus.ABANDONED)


# The refusals

BLANK = "is blank; give some text"
UNSEEN = "\u200b\u3164\u2800 "
LINE = "x" * 2001
TOO_LONG = "has 2001 characters, the limit is 2000; make it shorter"
NOTE = "é" * 8 * KIB + "x"
NOTE_TOO_LONG = "has 16385 bytes, the limit is 16384; make it shorter"
BELL = "holds a control character (U+0007); take it out"
ELSEWHERE = "session 's-busy' is already linked to goal g-"
FULL = "the goal would have 2001 notes, the limit is 2000; start another goal"
NO_SESSION = "Held back, because no session is linked: link the session that does the work"
HOLDERS = [
    "s-new was launched and has not reported · work of s-new - unlink",
    "s-told is still running · work of s-told u update",
    "s-bad failed · work of s-bad u update",
    "s-liar says verified, without evidence · work of s-liar u give evidence",
]


class Refusal(NamedTuple):
    row: str
    """The operation, as the contract names it."""
    goal: Callable[[GoalStore], Awaitable[Goal]]
    keys: str
    typed: dict[str, str]
    """What is written into which field."""
    where: str
    """The field beside which it is said; ``refusal`` at the form's end; ``panel`` of its own."""
    says: str | list[str]


REFUSALS = [
    Refusal("create", bare, "a", {"description": UNSEEN, "acceptance": "it runs"}, "description", BLANK),
    Refusal("create", bare, "a", {"description": LINE}, "description", TOO_LONG),
    Refusal("create", bare, "a", {"description": "a\x07"}, "description", BELL),
    Refusal("create", bare, "a", {"description": "a", "acceptance": f"b\n\n{LINE}"}, "acceptance",
            f"criterion 2 {TOO_LONG}"),
    Refusal("create", bare, "a", {"description": "a", "acceptance": "b\a"}, "acceptance", f"criterion 1 {BELL}"),
    Refusal("create", bare, "a", {"description": "a", "acceptance": "b\n" * 101}, "acceptance",
            "the goal would have 101 criteria, the limit is 100; start another goal"),
    Refusal("edit", bare, "e", {"description": ""}, "description", BLANK),
    Refusal("edit", bare, "e", {"description": LINE, "acceptance": "b"}, "description", TOO_LONG),
    Refusal("edit", bare, "e", {"acceptance": f"{LINE}\nb"}, "acceptance", f"criterion 1 {TOO_LONG}"),
    Refusal("link", one, "l", {"session_id": " ", "task": "t"}, "session_id", BLANK),
    Refusal("link", one, "l", {"session_id": "s-2", "task": UNSEEN}, "task", BLANK),
    Refusal("link", one, "l", {"session_id": "s" * 201, "task": "t"}, "session_id",
            "has 201 characters, the limit is 200; make it shorter"),
    Refusal("link", one, "l", {"session_id": "s\x07", "task": "t"}, "session_id", BELL),
    Refusal("link", one, "l", {"session_id": "s-2", "task": LINE}, "task", TOO_LONG),
    Refusal("link", one, "l", {"session_id": "s-2", "task": "t\x07"}, "task", BELL),
    Refusal("link", one, "l", {"session_id": "s-1", "task": "t"}, "session_id",
            "session 's-1' is already linked to this goal"),
    Refusal("link", one, "l", {"session_id": "s-busy", "task": "t"}, "session_id", ELSEWHERE),
    Refusal("link", crowded, "l", {"session_id": "s-200", "task": "t"}, "refusal",
            "the goal would have 201 sessions, the limit is 200; start another goal"),
    Refusal("unlink", one, "minus", {"reason": UNSEEN}, "reason", BLANK),
    Refusal("unlink", one, "minus", {"reason": NOTE}, "reason", NOTE_TOO_LONG),
    Refusal("update", one, "u", {"state": "verified", "evidence": UNSEEN, "note": "n"}, "evidence",
            "a verified session has evidence; give evidence: a pull request's URL, or the output of its tests"),
    Refusal("update", one, "u", {"evidence": ("e" * 63 + "\n") * 4096 + "e", "note": "n"}, "evidence",
            "has 262145 bytes, the limit is 262144; make it shorter"),
    Refusal("update", one, "u", {"state": "verified", "evidence": "e", "note": NOTE}, "note", NOTE_TOO_LONG),
    Refusal("update", crowded, "u", {"evidence": "e", "note": "n"}, "note", FULL),
    # A note alone on a link from elsewhere that says verified without evidence.
    Refusal("update", held, "enter g j j j u", {"note": "n"}, "evidence", "a verified session has evidence"),
    Refusal("note", bare, "m", {"note": UNSEEN}, "note", BLANK),
    Refusal("note", bare, "m", {"note": NOTE}, "note", NOTE_TOO_LONG),
    Refusal("note", crowded, "m", {"note": "one more"}, "note", FULL),
    Refusal("note", large, "m", {"note": "n" * 16 * KIB}, "refusal", "the goal would have 83"),
    Refusal("set_status", bare, "t", {"status": "blocked", "reason": NOTE}, "reason", NOTE_TOO_LONG),
    Refusal("set_status", bare, "t", {"status": "done", "reason": "because"}, "panel", [NO_SESSION, 'kept: "because"']),
    Refusal("set_status", held, "t", {"status": "done", "reason": "because"}, "panel", [*HOLDERS, 'kept: "because"']),
    Refusal("set_status", lent, "t", {"status": "inProgress", "reason": "again"}, "refusal",
            "session 's-lent' is already linked to goal g-"),
    Refusal("close", held, "c", {"outcome": "merged"}, "panel", ["1 of 5 verified", *HOLDERS, 'kept: "merged"']),
    Refusal("close", bare, "c", {"outcome": "merged"}, "panel", [NO_SESSION, "l link", 'kept: "merged"']),
    Refusal("close", ready, "c", {"outcome": NOTE}, "outcome", NOTE_TOO_LONG),
    Refusal("revert", moved, "z", {"undo": "yes"}, "refusal", "session 's-gone' is already linked to goal g-"),
    Refusal("revert", done_before, "z", {"undo": "yes"}, "refusal",
            "goal g-0000000000000004 is not done: 0 of 1 session verified with evidence; session 's-idle' is still"),
    Refusal("revert", verified_before, "z", {"undo": "yes"}, "refusal",
            "session 's-lied' of goal g-0000000000000005 can't be verified without evidence; give evidence"),
    Refusal("revert", closed_twice, "h j j j z", {"undo": "yes"}, "refusal", "goal g-"),
]  # fmt: skip
