"""One picture a screen, in screenshots/; each must also answer its screen's question in words."""

from datetime import timedelta

import anyio
import pytest

from store import SessionLink, SessionTaskState, SessionUpdate
from tests.store.helpers import sign, sql
from tests.tui.helpers import FAILED, NOON, console, fill, ready

RUNNING = "g-0be0bb96999de61f"


async def nothing(me):
    await me.sees("No goals yet")


async def look(me):
    await me.sees("nothing needed from you")


async def filtered(me):
    await me.press("0", "slash")
    await me.type("uv add")
    await me.sees("/ uv add", "Implement `uv add`")


async def closed(me):
    await me.press("4")
    await me.sees("● done", "× abandoned")


async def add(me):
    await me.press("a")
    await me.type("Ship the parser")
    await me.press("enter")
    await me.type("tests pass\nthe manual has a page on it")
    await me.sees("the manual has a page on it")


async def link(me):
    await me.at("g-b3bcbd6bde62c52b")
    await me.press("l")
    await me.type("pr-4301")
    await me.press("enter")
    await me.type("allow bounded routine actions")
    await me.sees("allow bounded")


async def update(me):
    await me.press("u", "down", "tab", "right", "right", "right", "tab")
    await me.type("https://github.com/astral-sh/uv/pull/15937\nmerged, 41 tests passed")
    await me.sees("41 tests passed")


async def unverified(me):
    await me.at(RUNNING)
    await me.press("u", "tab", "right", "right", "right", "ctrl+s")
    await me.sees("give evidence")


async def unlink(me):
    await me.press("minus", "tab")
    await me.type("linked to the wrong goal")
    await me.sees("linked to the wrong goal")


async def status(me):
    await me.press("t", "right", "tab")
    await me.type("waiting for the 0.9 release")
    await me.sees("waiting for the 0.9 release")


async def note(me):
    await me.press("m")
    await me.type("One variable a pull request, as agreed on Tuesday.")
    await me.sees("as agreed on Tuesday")


async def close(me):
    await me.press("c")
    await me.type("all variables moved")
    await me.sees("The gate holds it")


async def refused(me):
    await close(me)
    await me.press("enter")
    await me.sees("Not closed", "uv-pr-18504")


async def goal(me):
    (link,) = (link for link in me.goal(FAILED).sessions if link.session_id == "uv-pr-15937")
    log = [f"test it::settings::case_{at} ... {'FAILED' if at % 89 == 40 else 'ok'}" for at in range(1, 1213)]
    log += ["", "test result: FAILED. 1198 passed; 14 failed; see https://ci.example.org/runs/15937"]
    await me.store.update(FAILED, SessionUpdate(session_id=link.session_id, evidence="\n".join(log)))
    await me.press("enter")
    await me.sees("FAILED  7 of 12")
    await me.press("g", "j", "slash")
    await me.type("failed")
    await me.press("enter", "n", "n")
    await me.sees("case_218 ... FAILED", "3 of 16")


async def notes(me):
    await me.store.note(FAILED, "One variable a pull request, as agreed on Tuesday.\nThe timeouts come last.")
    await me.press("enter", "2")
    await me.sees("Notes 3, newest first")


async def undo(me):
    await me.store.note(FAILED, "One variable a pull request.")
    await me.press("z")
    await me.sees("Take it back?")


async def history(me):
    await me.at("g-b3bcbd6bde62c52b")
    for session, task in (("pr-1", "the routine actions"), ("pr-2", "the manual's page"), ("pr-3", "the bounds")):
        await me.store.link("g-b3bcbd6bde62c52b", SessionLink.launched(session, task))
    for session, state, evidence in (
        ("pr-1", "running", None),
        ("pr-1", "verified", "cargo test -p parser\n11 passed\n1 ignored"),
        ("pr-2", "verified", "the manual's page: https://example.org/manual/parser"),
        ("pr-1", "verified", "cargo test -p parser\n12 passed\n1 ignored"),
        ("pr-3", "failed", None),
    ):
        update = SessionUpdate(session_id=session, state=SessionTaskState(state), evidence=evidence)
        await me.store.update("g-b3bcbd6bde62c52b", update)
    await me.press("h")
    await me.sees("Revision 9 by tester")
    await me.press("j")
    await me.sees("Revision 8 by tester")


async def help_(me):
    await me.press("question_mark")
    await me.sees("The job")


WIDE, SMALL = (120, 40), (80, 24)
SCREENS = {
    "empty-120x40": (WIDE, nothing, ["adds the first one", "goalgate import FILE", "0 All 0"]),
    "board-120x40": (WIDE, look, ["1 Needs you 5", "✗ FAILED", "4 failed", "✓ READY", "close: c", "‖ BLOCKED"]),
    "board-80x24": (SMALL, look, ["1 Needs you 5", "✗ FAILED", "7/12", '"reviewer: parse…": u', "close: c", "? keys"]),
    "board-200x60": ((200, 60), look, ["✗ FAILED", "g-ef59e256cd81ac6c", "✗ uv-pr-18504 failed", "1 UV_HTTP_RETRIES"]),
    "board-160x50": ((160, 50), look, ["✗ FAILED", "g-ef59e256cd81ac6c", "✗ uv-pr-18504"]),
    "board-60x20": ((60, 20), look, ["✗ FAILED", "7/12", "✓ READY", "? keys"]),
    "board-40x12": ((40, 12), look, ["✗ FAILED", "7/12", "✓ READY", "? keys"]),
    "board-filtered-120x40": (WIDE, filtered, ["● done", "Implement `uv add`"]),
    "board-closed-120x40": (WIDE, closed, ["4 Closed 39", "v0.17.0におけるmacOSのXCFramework"]),
    "add-120x40": (WIDE, add, ["Add a goal", "Ship the parser", "one a line", "add ctrl+s", "cancel esc"]),
    "link-120x40": (WIDE, link, ["Link a session", "pr-4301", "What it is to do", "link ctrl+s"]),
    "update-120x40": (WIDE, update, ["Update a session", "(•) verified", "Evidence:", "update ctrl+s"]),
    "update-80x24": (SMALL, update, ["Update a session", "(•) verified", "Evidence:", "update ctrl+s"]),
    "update-refused-120x40": (WIDE, unverified, ["issue-1275", "(•) verified", "session has evidence"]),
    "unlink-120x40": (WIDE, unlink, ["Unlink a session", "Reason", "linked to the wrong goal"]),
    "status-120x40": (WIDE, status, ["Set the status", "(•) blocked", "Reason"]),
    "note-120x40": (WIDE, note, ["Note", "A decision, a blocker, an outcome"]),
    "close-120x40": (WIDE, close, ["Close: ", "7 of 12 sessions verified", "Outcome"]),
    "refused-120x40": (WIDE, refused, ["7 of 12 verified", "uv-pr-15001 is still", "u update", "all variables"]),
    "refused-80x24": (SMALL, refused, ["7 of 12 verified", "is still running", "u update", "c try again", "esc back"]),
    "goal-120x40": (WIDE, goal, ["FAILED  7 of 12 sessions", "Criteria", "Sessions 12", "/ failed   3 of 16"]),
    "goal-80x24": (SMALL, goal, ["FAILED  7 of 12 sessions", "Criteria", "Sessions 12", "/ failed   3 of 16"]),
    "notes-120x40": (WIDE, notes, ["note 3 · by tester", "as agreed on Tuesday", "note 1 · imported by import · 2d"]),
    "undo-120x40": (WIDE, undo, ["Undo the goal's last change?", "note: One variable", "(•) no", "by tester"]),
    "history-120x40": (WIDE, history, ["verified 0→2 of 3 linked", "- 11 passed", "+ 12 passed", "z makes it that"]),
    "help-120x40": (WIDE, help_, ["Link a session", "/ ", "Signs", "Move", "esc"]),
}  # fmt: skip


@pytest.mark.parametrize("name", SCREENS)
def test_picture(name, tmp_path, snap_compare):
    size, steps, words = SCREENS[name]
    if not name.startswith("empty"):
        anyio.run(fill, tmp_path)
    if name.startswith(("notes", "history")):
        # They tell when the goals were imported, which is by the machine's own clock.
        sql(tmp_path, "UPDATE revisions SET committed = ?", (NOON - timedelta(days=2)).isoformat())
        sign(tmp_path, "seq > 0")

    async def run(pilot):
        me = await ready(pilot)
        await steps(me)
        await me.sees(*words)

    assert snap_compare(console(tmp_path), terminal_size=size, run_before=run)
