"""What people do without thinking: it does what they mean, or says why not; nothing is lost."""

from __future__ import annotations

import pytest

from store import GoalStatus, SessionLink
from tests.store.helpers import update
from tests.tui.helpers import operator
from tests.tui.test_clicks import click


async def test_a_number_is_not_looked_for_inside_of_ids(tmp_path):
    async with operator(tmp_path) as me:
        goals = [await me.store.create(f"Goal number {number}") for number in range(40)]
        await me.press("slash")
        await me.type("number 7")
        await me.until(lambda: len(me.rows) < 40, "fewer rows")
        assert {me.goal(goal_id).description for goal_id in me.rows} == {
            goal.description for goal in goals if "7" in goal.description or goal.id.startswith("g-7")
        }
        # The beginning of an id is what anybody means by one.
        await me.press("escape", "slash")
        await me.type(goals[3].id.removeprefix("g-")[:10])
        await me.until(lambda: me.rows == [goals[3].id], "that goal alone")
        await me.press("escape", "slash")
        await me.type(goals[4].id)
        await me.until(lambda: me.rows == [goals[4].id], "the other goal alone")


async def test_words_that_stand_in_no_goal_may_stand_in_its_notes(tmp_path):
    async with operator(tmp_path) as me:
        goal = await me.new("Ship the parser")
        await me.store.set_status(goal.id, GoalStatus.BLOCKED, "waiting for Anna")
        await me.press("slash")
        await me.type("anna")
        await me.sees("No goal has the words: anna", "text:anna    looks in evidence and notes")
        await me.press("escape", "slash")
        await me.type("text:anna")
        await me.until(lambda: me.rows == [goal.id], "the goal")


async def test_x_puts_off_all_that_are_marked(tmp_path):
    async with operator(tmp_path) as me:
        goals = [await me.store.create(f"Goal {number}") for number in range(4)]
        await me.until(lambda: len(me.rows) == 4, "the goals")
        await me.press("g", "space", "space")
        marked = set(me.board.triage.marked)  # type: ignore[union-attr]
        assert len(marked) == 2
        await me.press("x")
        await me.sees("2 goals later, until they change")
        await me.until(lambda: set(me.rows) == {goal.id for goal in goals} - marked, "the others alone")
        await me.press("x")
        await me.sees("later, until it changes: Goal")
        # Nobody marked them but the operator, so nothing of it is in the palace.
        assert all(me.store.revision(goal.id) == 1 for goal in goals)


@pytest.mark.parametrize("sessions", [["s-1"], ["s-1", "s-2"]])
async def test_evidence_typed_at_once_is_written_whole(tmp_path, sessions):
    async with operator(tmp_path) as me:
        goal = await me.new("Ship the parser", *sessions)
        await me.press("u", *"12", "space", *"passed", "ctrl+s")
        await me.sees("evidence given to s-1")
        link = me.goal(goal.id).sessions[0]
        assert (link.evidence, link.state) == ("12 passed", "launched")
        await me.press("u", "v", *"https", "ctrl+s")
        await me.sees("s-1: verified")
        assert me.goal(goal.id).sessions[0].evidence == "https"


async def test_closing_a_blocked_goal_says_that_it_is_blocked_and_why(tmp_path):
    async with operator(tmp_path) as me:
        goal = await me.new("Ship the parser")
        await me.store.link(goal.id, SessionLink.launched("s-1", "write it"))
        await me.store.update(goal.id, update("s-1", "verified", "12 passed"))
        await me.store.set_status(goal.id, GoalStatus.BLOCKED, "the release waits for Anna")
        await me.sees("though it is blocked")
        await me.press("c")
        await me.sees("The gate lets it pass", 'It is blocked: "the release waits for Anna"')
        await me.press("escape")
        await me.store.set_status(goal.id, GoalStatus.IN_PROGRESS)
        await me.back()
        await me.press("c")
        await me.sees("The gate lets it pass")
        assert "It is blocked" not in me.screen


async def test_the_words_that_name_the_filter_can_be_clicked_on(root):
    async with operator(root) as me:
        await click(me, "/ filter")
        await me.sees("words · status:")
        await me.type("need:ready")
        await me.press("enter")
        await click(me, "/ need:ready")
        await me.until(lambda: me.board.filter.has_focus, "the filter")


async def test_first_and_last_line_of_the_help(root):
    async with operator(root, (80, 24)) as me:
        await me.press("question_mark")
        await me.sees("The job")
        await me.press("G")
        await me.sees("put off until it changes")
        await me.press("g")
        await me.sees("The job")


async def test_a_stray_key_takes_no_description_away(tmp_path):
    async with operator(tmp_path) as me:
        goal = await me.new("Ship the parser")
        await me.press("e")
        await me.sees("Edit the goal")
        await me.type("s")
        await me.press("ctrl+s")
        await me.until(lambda: me.goal(goal.id).description == "Ship the parsers", "the rest of the description")


@pytest.mark.parametrize("key, text, slips", [("r", "unning it again", True), ("v", "412 passed", False)])
async def test_a_letter_that_chose_may_have_been_meant_for_the_text(tmp_path, key, text, slips):
    async with operator(tmp_path) as me:
        await me.new("Ship the parser", "s-1")
        await me.press("u", key)
        await me.type(text)
        await me.sees(text)
        assert ("if it begins this text" in me.screen) is slips
        # Once it is said, it is the operator's to know.
        await me.press("tab")
        await me.type("hm")
        await me.until(lambda: "if it begins this text" not in me.screen)


async def test_blocked_is_said_to_stand_behind_a_failure(tmp_path):
    async with operator(tmp_path) as me:
        goal = await me.new("Ship the parser", "s-1")
        await me.store.update(goal.id, update("s-1", "failed"))
        await me.press("t", "b")
        await me.type("Waits for paint")
        await me.press("ctrl+s")
        await me.sees("is blocked now; the board says FAILED, which comes first")
