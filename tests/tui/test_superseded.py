"""Who took a session's work over, who gave evidence, and that it is older than what is asked: board, page, panel."""

from __future__ import annotations

from store import GoalStatus, GoalStore
from tests.store.helpers import goals, link, link_wire, update, wire
from tests.tui.helpers import operator


async def test_a_superseded_failure_needs_nobody(tmp_path):
    async with operator(tmp_path) as me:
        goal = await me.new("Ship the parser", "s-1", "s-2")
        await me.store.update(goal.id, update("s-1", "failed", "3 failed"))
        await me.sees("FAILED", "s-1")
        await me.store.supersede(goal.id, "s-1", "s-2")
        # Shown and not counted: on the board, in the pane below it, and on the page.
        await me.sees("▸ running", "0/1", "superseded by s-2")
        await me.press("c", "ctrl+s")
        await me.sees("Not closed", "0 of 1 verified", "s-2 ")
        assert "s-1 failed ·" not in me.screen
        await me.press("escape")
        await me.store.update(goal.id, update("s-2", "verified", "12 passed"))
        await me.sees("READY", "close: c   1 of 1 verified")
        await me.press("enter")
        await me.sees("READY TO CLOSE", "1 of 1 session verified", "✗ s-1 failed   superseded by s-2")
        await me.press("escape", "A")
        await me.sees("s-1 superseded by s-2")


async def test_the_page_says_who_gave_evidence(tmp_path):
    async with operator(tmp_path) as me:
        goal = await me.new("Ship the parser")
        await me.store.link(goal.id, link("s-1", "verified", "12 passed"))
        await me.store.import_goals(goals(wire("i-1", sessions=[link_wire("s-9", "verified", "proof")])))
        await me.at(goal.id)
        await me.press("enter")
        await me.sees("Evidence of s-1: 1 line, 9 characters, by tester")
        await me.press("escape")
        await me.at("i-1")
        await me.press("enter")
        await me.sees("Evidence of s-9: 1 line, 5 characters, imported")
        # Its times are those of its file, and its history begins when it was imported.
        await me.press("h")
        await me.sees("Revision 1 by tester", "imported as pending")
        assert "by tester, 2026-06-16" not in me.screen


async def test_evidence_older_than_what_is_asked_is_said(tmp_path):
    async with operator(tmp_path) as me, GoalStore.open(tmp_path, actor="agent") as other:
        goal = await me.new("Fix the typo")
        await me.store.link(goal.id, link("s-1", "verified", "typo gone"))
        await me.sees("READY", "1 of 1 verified")
        await other.edit(goal.id, "Rewrite the payment system")
        await me.sees("close: c   old evidence")
        await me.press("enter")
        await me.sees("READY TO CLOSE", "evidence of s-1 is older than the criteria or the reopening")
        await me.press("c")
        await me.sees("The gate lets it pass", "evidence of s-1 is older than the criteria")
        await me.press("escape")
        await other.update(goal.id, update("s-1", evidence="system rewritten"))
        await me.until(lambda: "is older than" not in me.screen)
        await other.set_status(goal.id, GoalStatus.DONE)
        await other.set_status(goal.id, GoalStatus.IN_PROGRESS)
        await me.sees("evidence of s-1 is older than the criteria or the reopening")
