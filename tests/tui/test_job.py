"""The main job by keys alone, against the real store."""

import anyio
import pytest

from store import GoalStatus, GoalStore, SessionLink
from tests.store.helpers import update
from tests.tui.helpers import FAILED, operator


async def test_from_nothing_to_a_closed_goal_by_keys(tmp_path):
    async with operator(tmp_path) as me:
        await me.sees("No goals yet", "a    adds the first one", "goalgate import FILE")
        await me.press("a")
        await me.press(*"Ship the parser", "enter")
        await me.type("tests pass\ndocs")
        await me.press("ctrl+s")
        await me.sees("added g-", "Ship the parser", "no session yet")
        for session in ("s-1", "s-2"):
            await me.press("l")
            await me.type(session)
            await me.press("enter")
            await me.type(f"work of {session}")
            await me.press("enter")
            await me.sees(f"linked {session}")
        (goal,) = me.store.all()
        assert goal.acceptance == ("tests pass", "docs")
        assert goal.status is GoalStatus.IN_PROGRESS

        # Verify the first with evidence over two lines.
        await me.press("u", "tab", "right", "right", "right", "tab")
        await me.type("12 passed")
        await me.press("enter")
        await me.type("0 failed")
        await me.press("ctrl+s")
        await me.sees("updated s-1: verified")
        assert me.store.all()[0].sessions[0].evidence == "12 passed\n0 failed"

        # The close is refused, and the other named.
        await me.press("c")
        await me.sees("The gate holds it: 1 of 2 sessions verified")
        await me.type("merged")
        await me.press("enter")
        await me.sees("Not closed: Ship the parser", "1 of 2 verified", "s-2", 'kept: "merged"')
        assert me.store.all()[0].status is GoalStatus.IN_PROGRESS

        # Verified from the panel, and closed there.
        await me.press("u")
        await me.sees("Update a session")
        await me.type("all green")
        await me.press("ctrl+s")
        await me.sees("May be closed now")
        await me.press("c")
        await me.sees("closed g-")
        (goal,) = me.store.all()
        assert goal.status is GoalStatus.DONE
        assert goal.notes[-1] == "merged"


async def test_note_edit_unlink_and_status(root):
    async with operator(root) as me:
        goal = await me.new("Try it", "s-1", "s-2")
        await me.press("m")
        await me.type("first line")
        await me.press("enter")
        await me.type("second")
        await me.press("ctrl+s")
        await me.sees("noted on")
        assert me.goal(goal.id).notes == ("first line\nsecond",)

        await me.press("e", "end")
        await me.type(" twice")
        await me.press("tab")
        await me.type("it runs")
        await me.press("ctrl+s")
        await me.sees("edited g-")
        assert me.goal(goal.id).description == "Try it twice"
        assert me.goal(goal.id).acceptance == ("it runs",)

        await me.press("minus")
        await me.sees("Unlink a session")
        await me.press("down", "tab")
        await me.type("typo")
        await me.press("enter")
        await me.sees("unlinked s-2")
        assert [link.session_id for link in me.goal(goal.id).sessions] == ["s-1"]

        await me.press("t", "right", "enter")
        await me.type("waiting for CI")
        await me.press("enter")
        await me.sees("is blocked now", "BLOCKED")
        assert me.goal(goal.id).status is GoalStatus.BLOCKED


async def test_refused_panel_is_live_and_takes_to_the_holder(root):
    async with operator(root) as me, GoalStore.open(root, actor="agent") as other:
        goal = await me.new("Two hands", "s-1", "s-2")
        await me.press("c")
        await me.type("done")
        await me.press("enter")
        await me.sees("Not closed", "0 of 2 verified", "s-1", "s-2")
        for number, session in enumerate(("s-1", "s-2"), 1):
            await other.update(goal.id, update(session, "verified", "ok"))
            await me.sees(f"{number} of 2 verified")
        await me.sees("May be closed now")
        await other.update(goal.id, update("s-2", "failed"))
        await me.sees("Not closed", "s-2 failed")
        await me.press("enter")
        await me.sees("FAILED", "s-2 failed", "Sessions 2", "Evidence of s-2")


async def test_refused_panel_unlinks_and_links(root):
    async with operator(root) as me:
        goal = await me.new("One hand", "s-1")
        await me.press("c", "enter")
        await me.sees("Not closed")
        await me.press("minus")
        await me.sees("Unlink a session")
        await me.type("wrong goal")
        await me.press("enter")
        await me.sees("no session is linked")
        await me.press("l")
        await me.sees("Link a session")
        await me.type("s-9")
        await me.press("enter")
        await me.type("do it")
        await me.press("enter")
        await me.sees("0 of 1 verified", "s-9")
        await me.press("c")
        await me.sees("still not: 0 of 1")
        await me.press("escape")
        await me.back()
        assert me.goal(goal.id).status is GoalStatus.IN_PROGRESS


async def test_a_dialog_tells_that_the_goal_changed_underneath(root):
    async with operator(root) as me, GoalStore.open(root, actor="agent") as other:
        goal = await me.new("Shared", "s-1")
        await me.press("m")
        await me.type("half a th")
        await other.update(goal.id, update("s-1", "verified", "ok"))
        await me.sees("The goal changed meanwhile:", "s-1 launched -> verified", "s-1 evidence: ok", "half a th")


async def test_keys_that_cannot_act_say_why(root):
    async with operator(root) as me:
        await me.press("4")
        for key, reason in (("e", "takes notes only"), ("l", "takes notes only"), ("u", "t reopens it")):
            await me.press(key)
            await me.sees(reason)
        goal = await me.new("Bare")
        for key, reason in (("u", "no session is linked yet"), ("minus", "l links one"), ("o", "no address")):
            await me.press(key)
            await me.sees(reason)
        await me.press("y")
        await me.sees(f"copied {goal.id}")
        assert me.app.clipboard == goal.id
        assert len(me.app.screen_stack) == 1


async def test_open_takes_http_only(root, monkeypatch):
    async with operator(root) as me:
        opened: list[str] = []
        monkeypatch.setattr(me.app, "open_url", opened.append)
        goal = await me.new("Linked", "s-1")
        for evidence in ("file:///etc/passwd", "https://github.com@evil.example/x", "javascript:alert(1)"):
            await me.store.update(goal.id, update("s-1", evidence=evidence))
            await me.press("o")
            await me.sees("no address")
        await me.store.update(goal.id, update("s-1", evidence="see https://github.com/a/b/pull/1."))
        await me.press("o")
        await me.until(lambda: opened, "the address")
        assert opened == ["https://github.com/a/b/pull/1"]
        # Cyrillic letters that look like Latin ones.
        await me.store.update(goal.id, update("s-1", evidence="see https://www.аррӏе.com/x."))
        await me.press("o")
        await me.until(lambda: opened[1:] == ["https://www.xn--80ak6aa92e.com/x"], "the address")


async def test_another_process_changes_the_screen(root):
    async with operator(root) as me, GoalStore.open(root, actor="agent") as other:
        goal = await other.create("From elsewhere")
        await me.sees("From elsewhere")
        await other.link(goal.id, SessionLink.launched("s-7", "help"))
        await me.sees("s-7 launched")
        await other.update(goal.id, update("s-7", "verified", "ok"))
        await me.until(lambda: any("READY" in line and "From elsewhere" in line for line in me.screen.splitlines()))
        await other.close(goal.id)
        await me.sees("4 Closed 40")


async def test_rows_stay_under_the_hand_until_r(root):
    async with operator(root) as me, GoalStore.open(root, actor="agent") as other:
        # However slow the machine, the hand is still there.
        me.board.goals.HOLD = 600
        await me.press("j", "j", "j")
        before = me.rows
        under = me.board.goals.cursor
        await other.note(FAILED, "something")
        goal = await other.create("Late")
        await other.link(goal.id, SessionLink.launched("s-8", "help"))
        await other.update(goal.id, update("s-8", "failed"))
        # Only when all of it is in: what comes after `r` would wait for the next one.
        await me.sees("Needs you 6", "1 moved, r")
        assert me.rows == before
        assert me.board.goals.cursor == under
        await me.press("r")
        await me.sees("Late")
        await me.until(lambda: "moved, r" not in me.screen)
        assert me.board.goals.cursor == under


async def test_goal_screen_verdict_sessions_and_evidence(root):
    async with operator(root) as me:
        await me.at(FAILED)
        await me.press("enter")
        await me.sees("FAILED  7 of 12 sessions", "4 failed: uv-pr-18504, ", "and 1 more", "Notes 2")
        await me.sees("1 UV_HTTP_RETRIES")
        # The most urgent is what is looked at first.
        await me.sees("Evidence of uv-pr-21175")
        await me.press("g", "j", "j")
        await me.sees("Evidence of uv-pr-16031", "https://github.com/astral-sh/uv/pull/16031", "merged 2025-09-25")
        await me.press("y")
        await me.sees("copied the evidence of uv-pr-16031")
        assert me.app.clipboard.startswith("https://github.com/astral-sh/uv/pull/16031\n")
        await me.press("u")
        await me.sees("Update a session")
        await me.press("tab")
        await me.type("x")
        await me.press("ctrl+s")
        await me.sees("evidence given to uv-pr-16031, still verified", "Evidence of uv-pr-16031: 1 line")
        await me.press("escape")
        await me.back()


@pytest.mark.parametrize("sessions, said", [(("s-1",), "0 of 1 session "), (("s-1", "s-2"), "0 of 2 sessions ")])
async def test_it_counts_sessions_as_the_verbs_do(tmp_path, sessions, said):
    async with operator(tmp_path) as me:
        await me.new("Ship the parser", *sessions)
        await me.press("enter")
        await me.sees(f"NOT DONE  {said}verified with evidence")
        await me.press("c")
        await me.sees(f"The gate holds it: {said}verified with evidence")
        await me.press("escape", "t", "d")
        await me.sees(f"The gate holds it: {said}verified with evidence")


async def test_closes_the_store_when_it_ends(root):
    async with operator(root) as me:
        store = me.store
        changes = store.changes()
    with anyio.fail_after(10), pytest.raises(StopAsyncIteration):
        await anext(changes)
