"""Pictures of the states that a screen can be in, each of which must answer its question in words."""

from datetime import timedelta

import anyio
import pytest

from store import GoalStatus, GoalStore, SessionLink, SessionTaskState, SessionUpdate
from tests.store.helpers import palace_file, sign, sql
from tests.tui.helpers import FAILED, NOON, console, operator, ready
from tests.tui.story import PENDING, READY, RUNNING, hand, tell_ill
from tui.settings import Config

WIDE = (120, 40)


async def left_and_back(root):
    """The operator looks, and goes; then the morning passes."""
    async with operator(root):
        pass
    async with hand(root, "mcp:pr-8102", 41) as store:
        await store.link(PENDING, SessionLink.launched("pr-8102", "let the manager take bounded routine actions"))
        verified = SessionUpdate(session_id="pr-8102", state=SessionTaskState.VERIFIED, evidence="41 passed in 12.4s")
        await store.update(PENDING, verified)
    async with hand(root, "daniel", 22) as store:
        await store.close(READY, "every dispatch is on record")
        await store.set_status(RUNNING, GoalStatus.BLOCKED, "waiting for the terminal library")


async def as_it_is(root):
    """Nothing happens before."""


async def imported_yesterday(root):
    """When the goals were committed is told by the machine's clock, and that of the picture stands still."""
    sql(root, "UPDATE revisions SET committed = ?", (NOON - timedelta(days=1)).isoformat())
    sign(root, "true")


async def look(me):
    await me.pilot.pause()


async def mark(me):
    await me.at(READY)
    await me.press("space", "space")
    await me.sees("2 goals marked")


async def several(me):
    await mark(me)
    await me.press("c")
    await me.sees("Close 2 marked goals")
    await me.type("shipped in 1.6.6")


async def several_refused(me):
    for goal_id in (FAILED, READY, RUNNING, PENDING):
        await me.at(goal_id)
        await me.press("space")
    await me.press("c")
    await me.sees("Close 4 marked goals", "held: 7 of 12 verified", "held: no session")
    await me.press("ctrl+s")


async def find_on_page(me):
    await me.press("slash")
    await me.type("text:adversarial review")
    await me.sees("1 goal with adversarial review")
    await me.press("enter", "0", "enter")


async def undo_several(me):
    await mark(me)
    await me.press("m")
    await me.type("looked at")
    await me.press("ctrl+s")
    await me.sees("2 noted")
    await me.press("z")


async def hold(me):
    me.board.goals.HOLD = 600
    await me.press("j")
    async with GoalStore.open(me.app._root, actor="mcp:pr-1311") as other:
        goal = await other.create("Keep the context over a restart")
        await other.link(goal.id, SessionLink.launched("pr-1311", "context store"))
        await other.update(goal.id, SessionUpdate(session_id="pr-1311", state=SessionTaskState.FAILED))


async def put_off(me):
    await me.at(FAILED)
    await me.press("x")


async def by_change(me):
    await me.press("s")


async def go(me):
    await me.press("colon")
    await me.type("g-44d4")


async def edit(me):
    await me.press("e")
    await me.sees("Edit")


async def at_ready(me):
    await me.at(READY)
    await me.press("enter")


async def at_closed(me):
    closed = next(goal for goal in me.store.all() if goal.status is GoalStatus.DONE and len(goal.sessions) > 8)
    await me.press("4")
    await me.at(closed.id)
    await me.press("enter")


async def in_detail(me):
    await me.at(FAILED)
    await me.press("enter")


async def activity(me):
    await me.press("A")


async def several_noted(me):
    await mark(me)
    await me.press("m")
    await me.type("looked at with the release")


async def several_set(me):
    await mark(me)
    await me.at(PENDING)
    await me.press("space", "t")
    await me.sees("Set the status of 3 marked goals")


async def revert(me):
    await me.store.note(FAILED, "One variable a pull request.")
    await me.press("h")
    await me.sees("Revisions 2")
    await me.press("j", "z")


async def quit_unsent(me):
    await me.press("m")
    await me.type("One variable a pull request.")
    await me.press("escape")
    await me.back()
    await me.press("q")


async def palette(me):
    await me.press("ctrl+p")
    await me.type("clo")


async def themes(me):
    await me.press("ctrl+p")
    await me.type("colours")
    await me.sees("Choose the colours")
    await me.press("enter")


async def meanwhile(me):
    await me.at(READY)
    await me.press("c")
    await me.type("every dispatch is on record")
    async with GoalStore.open(me.app._root, actor="mcp:pr-1311") as other:
        session = other.get(READY).sessions[0].session_id  # type: ignore[union-attr]
        await other.update(READY, SessionUpdate(session_id=session, state=SessionTaskState.FAILED))


async def draft_offered(me):
    await me.at(FAILED)
    await me.press("u", "tab", "tab")
    await me.type("412 passed in 3 s")
    await me.press("escape")
    await me.back()
    await me.store.unlink(FAILED, "uv-pr-21175", "another goal's")
    await me.press("u")


async def away_while_writing(me):
    await me.press("m")
    await me.type("One variable a pull request.")
    palace_file(me.app._root).write_bytes(b"no palace at all " * 5000)


async def may_be_closed(me):
    async with GoalStore.open(me.app._root, actor="mcp:pr-1311") as other:
        await me.at(PENDING)
        await other.link(PENDING, SessionLink.launched("pr-1311", "the routine actions"))
        await me.sees("pr-1311 launched")
        await me.press("c", "ctrl+s")
        await me.sees("Not closed")
        verified = SessionUpdate(session_id="pr-1311", state=SessionTaskState.VERIFIED, evidence="41 passed in 12.4s")
        await other.update(PENDING, verified)


async def replaced(me):
    folder = palace_file(me.app._root).parent
    folder.rename(me.app._root / "away")
    await me.sees("degraded")
    async with GoalStore.open(me.app._root, actor="agent") as other:
        assert other.all()
    await me.sees("● live")


STATES = {
    "several-noted-120x40": (as_it_is, several_noted, WIDE, ["Note on 2 marked goals", "looked at with", "2 marked"]),
    "several-set-120x40": (
        as_it_is, several_set, WIDE, ["Set the status of 3 marked goals", "is inProgress", "is pending", "( ) blocked"]
    ),
    "revert-120x40": (
        imported_yesterday, revert, WIDE, ["Make the goal what it was at revision 1?", "Make it so?", "(•) no"]
    ),
    "quit-unsent-120x40": (
        as_it_is, quit_unsent, WIDE, ["1 text not sent yet", "One variable", "Quit all the same?", "(•) no"]
    ),
    "palette-120x40": (as_it_is, palette, WIDE, ["close (c)", "Close the goal, if the gate lets it pass"]),
    "themes-120x40": (as_it_is, themes, WIDE, ["textual-light", "nord"]),
    "meanwhile-120x40": (
        as_it_is, meanwhile, WIDE, ["The goal changed meanwhile:", "verified -> failed", "The gate holds it"]
    ),
    "draft-offered-120x40": (as_it_is, draft_offered, WIDE, ["For uv-pr-21175, which is not linked any more, you"]),
    "away-while-writing-120x40": (
        as_it_is, away_while_writing, WIDE, ["not now: the palace is away", "One variable a pull request.", "degraded"]
    ),
    "refused-passes-120x40": (as_it_is, may_be_closed, WIDE, ["May be closed now", "The gate lets it pass now: c"]),
    "board-replaced-120x40": (as_it_is, replaced, WIDE, ["another palace"]),
    "board-back-120x40": (left_and_back, look, WIDE, ["since you left: 1 closed, 1 ready, 1 blocked", "• ✓ READY"]),
    "board-marked-120x40": (as_it_is, mark, WIDE, ["*✓ READY", "2 goals marked: c close, m note, t status"]),
    "several-120x40": (as_it_is, several, WIDE, ["Close 2 marked goals", READY, "shipped in 1.6.6", "close ctrl+s"]),
    "several-refused-120x40": (
        as_it_is, several_refused, WIDE, ["3 of 4 goals not closed", "7 of 12 verified, uv-pr-15001 is running"]
    ),
    "goal-found-120x40": (as_it_is, find_on_page, WIDE, ["/ adversarial review   1 of 1", "Notes"]),
    "undo-several-120x40": (as_it_is, undo_several, WIDE, ["what you did to 2 goals", "note: looked at", "(•) no"]),
    "board-held-120x40": (as_it_is, hold, WIDE, ["Needs you 6", "1 needs you: 1 moved, r"]),
    "board-later-120x40": (as_it_is, put_off, WIDE, ["later, until it changes: Move env", "x takes it up"]),
    "board-by-change-120x40": (as_it_is, by_change, WIDE, ["order: changed, newest first"]),
    "board-go-120x40": (as_it_is, go, WIDE, ["g-44d4", "✗ FAILED", "enter goes to the goal whose id begins like that"]),
    "board-unreadable-120x40": (tell_ill, look, WIDE, ["1 unreadable drawer: D", "● live"]),
    "edit-120x40": (as_it_is, edit, WIDE, ["Edit", "Move environment variable parsing", "UV_HTTP_RETRIES"]),
    "goal-ready-120x40": (as_it_is, at_ready, WIDE, ["READY TO CLOSE", "c closes it"]),
    "goal-closed-120x40": (as_it_is, at_closed, WIDE, ["DONE", "Sessions"]),
    "goal-light-120x40": (as_it_is, in_detail, WIDE, ["FAILED  7 of 12 sessions verified", "Criteria"]),
    "activity-light-120x40": (tell_ill, activity, WIDE, ["daniel", "mcp:pr-8102", "note: bounded actions"]),
}  # fmt: skip


@pytest.mark.parametrize("name", STATES)
def test_picture(name, root, tmp_path, snap_compare):
    before, steps, size, words = STATES[name]
    if before is tell_ill:
        root = tmp_path / "told"
    anyio.run(before, root)

    async def run(pilot):
        me = await ready(pilot)
        await steps(me)
        await me.sees(*words)

    config = Config("textual-light") if "-light-" in name else Config()
    assert snap_compare(console(root, config), terminal_size=size, run_before=run)
