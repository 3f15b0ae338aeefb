"""What people do without thinking: it does what they mean, or says why not; nothing is lost."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from store import GoalStatus, GoalStore, SessionLink
from tests.store.helpers import update
from tests.tui.helpers import operator
from tests.tui.test_clicks import click
from tui.screens.base import Palette


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
        await me.sees("2 marked goals later, until they change")
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


@pytest.mark.parametrize(
    "key, text, slips",
    [
        ("r", "unning it again", True),
        ("f", "rom the log", True),
        ("v", "412 passed", False),
        ("v", "see the log", False),
        ("v", "https://one.example/1", False),
    ],
)
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


async def test_a_key_of_the_board_says_on_another_screen_where_it_acts(tmp_path):
    async with operator(tmp_path) as me:
        await me.new("Ship the parser", "s-1")
        for way in (["enter"], ["A"]):
            await me.press(*way)
            await me.press("x")
            await me.sees("x (later) acts on the board: esc goes back to it")
            await me.press("escape")


async def test_a_session_that_goes_from_under_the_cursor_is_named(tmp_path):
    async with operator(tmp_path) as me, GoalStore.open(tmp_path, actor="agent") as agent:
        goal = await me.new("Ship the parser", "s-1", "s-2")
        await me.press("enter", "j")
        await me.sees("Evidence of s-2")
        await agent.unlink(goal.id, "s-2", "typo")
        await me.sees("s-2 was unlinked by agent: the cursor is on s-1")


async def test_each_view_has_its_own_cursor(tmp_path):
    async with operator(tmp_path) as me:
        goals = [await me.new(f"Goal {number}", f"s-{number}") for number in range(4)]
        for goal in goals[2:]:
            await me.store.set_status(goal.id, GoalStatus.ABANDONED)
        await me.at(goals[1].id)
        await me.press("4")
        await me.until(lambda: len(me.rows) == 2, "the closed ones")
        await me.sees("order: changed, newest first", " AGO ")
        await me.press("s")
        await me.sees("closed goals have one order: the newest first")
        await me.at(goals[2].id)
        await me.press("1")
        await me.until(lambda: me.board.goals.goal_id == goals[1].id, "where it was")
        await me.press("4")
        await me.until(lambda: me.board.goals.goal_id == goals[2].id, "where it was among the closed")


async def test_what_enter_does_is_said_no_more_when_it_did(tmp_path):
    async with operator(tmp_path) as me:
        await me.new("Ship the parser", "s-1")
        await me.press("slash")
        await me.type("ship")
        await me.sees("enter keeps the filter")
        await me.press("enter")
        await me.until(lambda: "enter keeps the filter" not in me.screen, "the hint to go")


async def test_criteria_are_added_at_their_end(tmp_path):
    async with operator(tmp_path) as me:
        goal = await me.store.create("Ship the parser", ["it parses", "it is fast"])
        await me.press("e", "tab", "enter")
        await me.type("it is small")
        await me.press("ctrl+s")
        await me.until(lambda: me.goal(goal.id).acceptance == ("it parses", "it is fast", "it is small"), "a third one")


async def test_the_palette_finds_what_a_key_does(tmp_path):
    async with operator(tmp_path) as me:
        await me.press("ctrl+p")
        await me.type("write down")
        await me.sees("add (a)  Write down a new goal")


async def test_without_colours_the_pane_and_the_field_that_have_the_focus_are_told(tmp_path, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    async with operator(tmp_path) as me:
        await me.new("Ship the parser", "s-1")
        await me.press("l")
        await me.sees("Link a session")
        first, second = me.app.screen.query(Input)
        # Where nothing is written in it, an edge says that there is a field.
        assert (first.styles.border_left[0], second.styles.border_left[0]) == ("heavy", "solid")
        await me.press("escape", "enter", "tab")
        await me.sees("Evidence of s-1")
        heads = {head.id: bool(head.styles.text_style.reverse) for head in me.app.screen.query("#proof .head")}
        assert heads == {"criteria-head": False, "sessions-head": False, "evidence-head": True}


async def test_the_palette_may_be_asked_for_while_it_goes(tmp_path):
    async with operator(tmp_path) as me:
        await me.press("ctrl+p")
        await me.sees("activity (A)")
        # Left, and opened again before it is gone.
        palette = me.app.screen
        _ = me.app.pop_screen()
        me.app.action_command_palette()
        await me.until(lambda: isinstance(me.app.screen, Palette) and me.app.screen is not palette, "another one")
        await me.sees("activity (A)")
