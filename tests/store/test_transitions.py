"""What each operation does, and what it refuses with which facts: the table of CONTRACT 2, row by row."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from store import (
    Create,
    Edit,
    EvidenceRequired,
    GoalClosed,
    GoalNotFound,
    GoalStatus,
    InvalidInput,
    Link,
    Note,
    Revert,
    SessionAlreadyLinked,
    SessionLink,
    SessionNotFound,
    SetStatus,
    Unlink,
    Update,
)
from tests.store.helpers import BLANKS, NOT_BLANK, T0, goals, link, link_wire, plain, refused, update, wire
from tests.store.scripts import Asked, Bring, History, Script, every, run, run_async

PENDING, IN_PROGRESS, BLOCKED, DONE, ABANDONED = GoalStatus
NOBODY = "g-0000000000000000"


def creates() -> Script:
    goal = yield Create(" Ship\n\tthe\u2003parser ", ("tests \n pass", "no\x85warnings"))
    assert re.fullmatch(r"g-[0-9a-f]{16}", goal.id)
    assert (goal.status, goal.progress, goal.sessions, goal.notes) == (PENDING, 0, (), ())
    assert (goal.description, goal.acceptance) == ("Ship the parser", ("tests pass", "no warnings"))
    assert goal.created == goal.updated == T0
    (first,) = yield History(goal.id)
    assert (first.number, first.at, first.actor, first.goal) == (1, goal.updated, "ann", goal)
    other = yield Create("Ship the parser")
    assert other.id != goal.id


def create_refuses_blank() -> Script:
    for blank in BLANKS:
        with refused(InvalidInput, field="description"):
            yield Create(blank)
        with refused(InvalidInput, field="acceptance.1"):
            yield Create("d", ("fine", blank))


def lines_are_one_line() -> Script:
    """Each run of white space, of all that Unicode calls so, is one space, and none at the ends."""
    spaces = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
    whites = (*spaces, spaces)
    goal = yield Create("d", tuple(f"{white}a{white}{white}b{white}" for white in whites))
    assert goal.acceptance == ("a b",) * len(whites)


def create_takes_what_is_not_blank() -> Script:
    for text in NOT_BLANK:
        goal = yield Create(text, (text,))
        assert (goal.description, goal.acceptance) == (text, (text,))


def edits() -> Script:
    goal = yield Create("one", ("a", "b"))
    goal = yield Edit(goal.id, description="two\n lines")
    assert (goal.description, goal.acceptance) == ("two lines", ("a", "b"))
    goal = yield Edit(goal.id, acceptance=("c",))
    assert (goal.description, goal.acceptance) == ("two lines", ("c",))
    goal = yield Edit(goal.id, "three", ())
    assert (goal.description, goal.acceptance) == ("three", ())
    same = yield Edit(goal.id)
    assert same == goal
    assert len((yield History(goal.id))) == 4


def edit_refuses() -> Script:
    with refused(GoalNotFound, goal_id=NOBODY):
        yield Edit(NOBODY, "d")
    goal = yield Create("d")
    for blank in BLANKS:
        with refused(InvalidInput, field="description"):
            yield Edit(goal.id, blank)
        with refused(InvalidInput, field="acceptance.0"):
            yield Edit(goal.id, acceptance=(blank,))
    yield SetStatus(goal.id, ABANDONED)
    with refused(GoalClosed, goal_id=goal.id, status="abandoned"):
        yield Edit(goal.id, "")


def links() -> Script:
    goal = yield Create("d")
    goal = yield Link(goal.id, SessionLink.launched("s-1", " write\n it "))
    assert goal.status is IN_PROGRESS
    assert goal.sessions == (SessionLink(session_id="s-1", task="write it"),)
    yield SetStatus(goal.id, BLOCKED)
    goal = yield Link(goal.id, link("s-2", "verified", "42 passed"))
    assert (goal.status, goal.progress) == (BLOCKED, 50)
    assert [one.session_id for one in goal.sessions] == ["s-1", "s-2"]
    # What a session of a closed goal did is over: it may go on elsewhere.
    yield SetStatus(goal.id, ABANDONED)
    other = yield Create("other")
    other = yield Link(other.id, link("s-1"))
    assert other.sessions[0].session_id == "s-1"


def link_refuses() -> Script:
    with refused(GoalNotFound, goal_id=NOBODY):
        yield Link(NOBODY, link(" "))
    one = yield Create("one")
    two = yield Create("two")
    yield Link(one.id, link("s-1"))
    with refused(SessionAlreadyLinked, session_id="s-1", goal_id=one.id, holder=one.id):
        yield Link(one.id, link("s-1", task=" "))
    with refused(SessionAlreadyLinked, session_id="s-1", goal_id=two.id, holder=one.id):
        yield Link(two.id, link("s-1", task=" "))
    for blank in BLANKS:
        with refused(InvalidInput, field="session_id"):
            yield Link(two.id, link(blank, "verified"))
        with refused(InvalidInput, field="task"):
            yield Link(two.id, link("s-2", "verified", task=blank))
        with refused(EvidenceRequired, goal_id=two.id, session_id="s-2"):
            yield Link(two.id, link("s-2", "verified", blank))
    with refused(EvidenceRequired, goal_id=two.id, session_id="s-2"):
        yield Link(two.id, link("s-2", "verified"))
    yield Bring(goals(wire(sessions=[link_wire("")])))
    for goal_id in ("g-1", two.id):
        with refused(SessionAlreadyLinked, session_id="", goal_id=goal_id, holder="g-1"):
            yield Link(goal_id, link(""))
    for status in (ABANDONED, DONE):
        yield Bring(goals(wire(f"c-{status}", status=status, sessions=[link_wire("s-1")])))
        with refused(GoalClosed, goal_id=f"c-{status}", status=status.value):
            yield Link(f"c-{status}", link("s-1"))


def unlinks() -> Script:
    goal = yield Create("d")
    yield Link(goal.id, link("s-1", "running"))
    yield Link(goal.id, link("s-2"))
    goal = yield Unlink(goal.id, "s-1", "mistyped")
    assert [one.session_id for one in goal.sessions] == ["s-2"]
    assert (goal.notes, goal.status) == (("mistyped",), IN_PROGRESS)
    other = yield Create("other")
    yield Link(other.id, link("s-1"))


def unlink_refuses() -> Script:
    with refused(GoalNotFound, goal_id=NOBODY):
        yield Unlink(NOBODY, "s-1", "")
    goal = yield Create("d")
    yield Link(goal.id, link("s-1"))
    with refused(SessionNotFound, goal_id=goal.id, session_id="s-2", linked=("s-1",)):
        yield Unlink(goal.id, "s-2", "")
    for blank in BLANKS:
        with refused(InvalidInput, field="reason"):
            yield Unlink(goal.id, "s-1", blank)
    yield SetStatus(goal.id, ABANDONED)
    with refused(SessionNotFound, goal_id=goal.id, session_id="s-2"):
        yield Unlink(goal.id, "s-2", "")
    with refused(GoalClosed, goal_id=goal.id, status="abandoned"):
        yield Unlink(goal.id, "s-1", "")


def updates() -> Script:
    goal = yield Create("d")
    yield Link(goal.id, link("s-1"))
    yield Link(goal.id, link("s-2"))
    goal = yield Update(goal.id, update("s-1", "running"))
    assert goal.sessions == (link("s-1", "running"), link("s-2"))
    goal = yield Update(goal.id, update("s-1", evidence="so far so good", note=" half way\n"))
    so_far = link("s-1", "running", "so far so good")
    assert goal.sessions[0] == replace(so_far, evidence_by="ann", evidence_at=goal.updated)
    assert goal.notes == (" half way\n",)
    goal = yield Update(goal.id, update("s-1", "verified"))
    assert (plain(goal.sessions)[0], goal.progress) == (link("s-1", "verified", "so far so good"), 50)
    goal = yield Update(goal.id, update("s-1", "verified", "\x1b[32m12 passed\x1b[0m"))
    assert goal.sessions[0].evidence == "\x1b[32m12 passed\x1b[0m"
    # A note alone leaves a link that is verified as it is.
    goal = yield Update(goal.id, update("s-1", note="by hand"))
    assert (goal.sessions[0].proven, goal.notes[1:]) == (True, ("by hand",))
    count = len((yield History(goal.id)))
    again = update("s-1", "verified", "\x1b[32m12 passed\x1b[0m")
    for nothing in (update("s-2"), update("s-2", note=" \n"), update("s-1", note=""), update("s-2", "launched"), again):
        assert (yield Update(goal.id, nothing)) == goal
    assert len((yield History(goal.id))) == count


def leaving_verified_clears_the_evidence() -> Script:
    for state in ("launched", "running", "failed"):
        goal = yield Create(state)
        yield Link(goal.id, link(state, "verified", "last week's proof"))
        goal = yield Update(goal.id, update(state, state))
        assert goal.sessions[0] == link(state, state, None)
        with refused(EvidenceRequired, goal_id=goal.id, session_id=state):
            yield Update(goal.id, update(state, "verified"))
        yield Update(goal.id, update(state, "verified", "new proof"))
        goal = yield Update(goal.id, update(state, state, "what it says now"))
        assert plain(goal.sessions)[0] == link(state, state, "what it says now")
        revisions = yield History(goal.id)
        assert revisions[1].goal.sessions[0].evidence == "last week's proof"


def leaving_failed_clears_the_evidence() -> Script:
    goal = yield Create("d")
    yield Link(goal.id, link("s-1"))
    failed = update("s-1", "failed", "3 failed")
    yield Update(goal.id, failed)
    # The log of a failure is no proof of success.
    with refused(EvidenceRequired, goal_id=goal.id, session_id="s-1"):
        yield Update(goal.id, update("s-1", "verified"))
    for state in ("launched", "running"):
        goal = yield Update(goal.id, update("s-1", state))
        assert goal.sessions[0] == link("s-1", state)
        yield Update(goal.id, failed)
    goal = yield Update(goal.id, update("s-1", note="still failing"))
    assert goal.sessions[0].evidence == "3 failed"
    goal = yield Update(goal.id, update("s-1", "verified", "12 passed"))
    assert goal.sessions[0].evidence == "12 passed"


def update_refuses() -> Script:
    with refused(GoalNotFound, goal_id=NOBODY):
        yield Update(NOBODY, update("s-1"))
    goal = yield Create("d")
    yield Link(goal.id, link("s-1"))
    with refused(SessionNotFound, goal_id=goal.id, session_id="s-2", linked=("s-1",)):
        yield Update(goal.id, update("s-2", "verified"))
    for blank in (None, *BLANKS):
        with refused(EvidenceRequired, goal_id=goal.id, session_id="s-1"):
            yield Update(goal.id, update("s-1", "verified", blank, note="n"))
    yield Update(goal.id, update("s-1", "verified", "proof"))
    for blank in BLANKS:
        with refused(EvidenceRequired, goal_id=goal.id, session_id="s-1"):
            yield Update(goal.id, update("s-1", evidence=blank))
    yield SetStatus(goal.id, DONE)
    with refused(SessionNotFound, goal_id=goal.id, session_id="s-2"):
        yield Update(goal.id, update("s-2", "verified"))
    with refused(GoalClosed, goal_id=goal.id, status="done"):
        yield Update(goal.id, update("s-1", "verified", ""))
    with refused(GoalClosed, goal_id=goal.id, status="done"):
        yield Update(goal.id, update("s-1", note="a note has its own operation"))


def update_of_an_imported_link_without_evidence() -> Script:
    yield Bring(goals(wire(sessions=[link_wire("s-1", "verified"), link_wire("s-2", "verified", "\u200b")])))
    for session in ("s-1", "s-2"):
        with refused(EvidenceRequired, goal_id="g-1", session_id=session):
            yield Update("g-1", update(session, note="a note alone"))
        yield Update("g-1", update(session, evidence="found it", note="n"))
    (*_, newest) = yield History("g-1")
    assert newest.goal.all_verified


def update_of_a_session_linked_twice() -> Script:
    yield Bring(goals(wire(sessions=[link_wire("s-1"), link_wire("s-2"), link_wire("s-1", "failed", "log")])))
    goal = yield Update("g-1", update("s-1", "verified", "proof"))
    assert plain(goal.sessions) == (link("s-1", "verified", "proof"), link("s-2"), link("s-1", "verified", "proof"))
    goal = yield Unlink("g-1", "s-1", "once was enough")
    assert goal.sessions == (link("s-2"),)


def notes() -> Script:
    goal = yield Create("d")
    yield SetStatus(goal.id, ABANDONED)
    goal = yield Note(goal.id, " two\nlines\x1b ")
    assert (goal.notes, goal.status) == ((" two\nlines\x1b ",), ABANDONED)
    with refused(GoalNotFound, goal_id=NOBODY):
        yield Note(NOBODY, "")
    for blank in BLANKS:
        with refused(InvalidInput, field="note"):
            yield Note(goal.id, blank)


def status_goes_anywhere_but_to_done() -> Script:
    goal = yield Create("d")
    for status in (BLOCKED, PENDING, ABANDONED, IN_PROGRESS, ABANDONED, BLOCKED, IN_PROGRESS, PENDING):
        goal = yield SetStatus(goal.id, status)
        assert (goal.status, goal.notes) == (status, ())
    goal = yield SetStatus(goal.id, PENDING, "for a reason")
    goal = yield SetStatus(goal.id, BLOCKED, "another")
    assert goal.notes == ("for a reason", "another")
    count = len((yield History(goal.id)))
    for blank in (None, *BLANKS):
        assert (yield SetStatus(goal.id, BLOCKED, blank)) == goal
    assert len((yield History(goal.id))) == count
    with refused(GoalNotFound, goal_id=NOBODY):
        yield SetStatus(NOBODY, DONE)
    with refused(InvalidInput, field="status"):
        yield SetStatus(goal.id, "finished")  # type: ignore[arg-type]


def history_pages() -> Script:
    goal = yield Create("d")
    for number in range(2, 8):
        yield Note(goal.id, f"note {number}")
    for limit, before, numbers in (
        (None, None, [1, 2, 3, 4, 5, 6, 7]),
        (3, None, [5, 6, 7]),
        (3, 5, [2, 3, 4]),
        (3, 2, [1]),
        (0, None, []),
        (None, 1, []),
        (9, 99, [1, 2, 3, 4, 5, 6, 7]),
        (1 << 70, 1 << 70, [1, 2, 3, 4, 5, 6, 7]),
        (None, -(1 << 70), []),
    ):
        revisions = yield History(goal.id, limit, before)
        assert [revision.number for revision in revisions] == numbers
        assert all(revision.at == revision.goal.updated for revision in revisions)
    for nobody in (NOBODY, "", "\ud800", goal.id[:-1]):
        with refused(GoalNotFound, goal_id=nobody):
            yield History(nobody)


def unknown_goals() -> Script:
    for nobody in ("", "g", "\ud800", "a\x00b", "x" * 70):
        for intent in (Note(nobody, "n"), SetStatus(nobody, BLOCKED), Revert(nobody, 1, 1), Edit(nobody, "d")):
            with refused(GoalNotFound, goal_id=nobody):
                yield intent


def what_is_no_text() -> Script:
    goal = yield Create("d")
    yield Link(goal.id, link("s-1"))
    steps: tuple[tuple[Callable[[Any], object], str], ...] = (
        (Create, "description"),
        (lambda bad: Create("d", (bad,)), "acceptance.0"),
        (lambda bad: Edit(goal.id, bad), "description"),
        (lambda bad: Edit(goal.id, acceptance=("a", bad)), "acceptance.1"),
        (lambda bad: Note(goal.id, bad), "note"),
        (lambda bad: Unlink(goal.id, "s-1", bad), "reason"),
        (lambda bad: SetStatus(goal.id, BLOCKED, bad), "reason"),
        (lambda bad: Asked(Create("d"), bad), "request_id"),
    )
    for make, field in steps:
        for bad in (5, b"bytes", ["list"]):
            with refused(InvalidInput, field=field):
                yield make(bad)


SCRIPTS = every(
    what_is_no_text,
    creates,
    create_refuses_blank,
    lines_are_one_line,
    create_takes_what_is_not_blank,
    edits,
    edit_refuses,
    links,
    link_refuses,
    unlinks,
    unlink_refuses,
    updates,
    leaving_verified_clears_the_evidence,
    leaving_failed_clears_the_evidence,
    update_refuses,
    update_of_an_imported_link_without_evidence,
    update_of_a_session_linked_twice,
    notes,
    status_goes_anywhere_but_to_done,
    history_pages,
    unknown_goals,
)


@SCRIPTS
def test_blocking(script, tmp_path: Path):
    run(script, tmp_path)


@SCRIPTS
async def test_on_an_event_loop(script, tmp_path: Path):
    await run_async(script, tmp_path)
