"""Marks: how many there are is always said, and what is done to several goals is what was chosen for them."""

from __future__ import annotations

import pytest

from store import GoalStatus
from tests.store.helpers import goals, update, wire
from tests.tui.helpers import operator
from tests.tui.test_late import held
from tui.widgets.lines import Notice


async def test_marks_are_counted_as_long_as_there_are_some(tmp_path):
    async with operator(tmp_path) as me:
        for name in ("one", "two", "three"):
            await me.new(name)
        await me.press("g", "space", "space")
        await me.sees("2 goals marked", " 2 marked ")
        # Another answer takes the first away, and another view the rows.
        await me.press("s", "4")
        await me.sees("No goal is in this view", " 2 marked ")
        await me.press("x")
        await me.sees("2 marked goals later, until they change")
        await me.until(lambda: " 2 marked " not in me.screen, "no mark")
        await me.press("1", "s", "g", "space")
        await me.sees(" 1 marked ")
        await me.press("x")
        await me.sees("1 marked goal later, until it changes", "takes one up")


async def test_all_that_the_filter_shows_are_marked_at_once_and_again_none(tmp_path):
    async with operator(tmp_path) as me:
        made = [await me.new(name) for name in ("parser one", "parser two", "lexer")]
        await me.at(made[2].id)
        await me.press("space", "slash")
        await me.type("parser")
        await me.press("enter", "asterisk")
        await me.sees("3 goals marked", " 3 marked ")
        await me.press("asterisk")
        await me.sees("1 goal marked")
        await me.press("asterisk", "escape", "m")
        await me.type("decided")
        await me.press("ctrl+s")
        await me.sees("3 noted")
        assert all(me.goal(goal.id).notes == ("decided",) for goal in made)


async def test_of_goals_of_several_statuses_none_gets_one_that_nobody_chose(tmp_path):
    async with operator(tmp_path) as me:
        running, pending = await me.new("running", "s-1"), await me.new("pending")
        for goal in (running, pending):
            await me.at(goal.id)
            await me.press("space")
        await me.press("t")
        await me.sees("Set the status of 2 marked goals", "is inProgress", "is pending")
        assert "(•)" not in me.screen
        await me.press("tab")
        await me.type("waits for paint")
        await me.press("ctrl+s")
        await me.sees("is not chosen")
        assert [me.goal(goal.id).status for goal in (running, pending)] == ["inProgress", "pending"]
        await me.press("d")
        await me.sees("held: 0 of 1 verified", "held: no session")
        await me.press("shift+tab", "b")
        await me.press("ctrl+s")
        await me.until(lambda: all(me.goal(goal.id).status == "blocked" for goal in (running, pending)), "both")


async def test_a_goal_that_is_done_is_not_closed_again(tmp_path):
    async with operator(tmp_path) as me:
        goals = [await me.new(f"Goal {at}", f"s-{at}") for at in range(2)]
        for at, goal in enumerate(goals):
            await me.store.update(goal.id, update(f"s-{at}", "verified", "12 passed"))
        done = await me.store.close(goals[0].id, "released")
        await me.press("0")
        for goal in goals:
            await me.at(goal.id)
            await me.press("space")
        await me.press("c")
        await me.sees("Close 2 marked goals", "done already")
        await me.type("again")
        await me.press("ctrl+s")
        await me.sees("1 of 2 goals not closed", "done already")
        assert me.goal(done.id) == done
        assert me.goal(goals[1].id).status is GoalStatus.DONE


@pytest.mark.parametrize("letter, there", [("a", False), ("d", False), ("b", True)])
async def test_what_ends_a_goal_is_not_chosen_already_when_one_comes_back(tmp_path, letter, there):
    async with operator(tmp_path) as me:
        goal = await me.new("Ship it")
        await me.press("t", letter)
        await me.type("nobody wants it")
        await me.press("escape")
        await me.back()
        await me.press("t")
        await me.sees("This is as you left it", "nobody wants it")
        assert ("(•) pending" not in me.screen) is there
        await me.press("escape")
        await me.back()
        assert me.goal(goal.id).status == "pending"


async def test_the_filter_stays_when_a_goal_is_added_and_says_so_when_it_must_go(tmp_path):
    async with operator(tmp_path) as me:
        first = await me.new("parser")
        await me.press("slash")
        await me.type("parser")
        await me.press("enter", "a")
        await me.type("lexer")
        await me.press("ctrl+s")
        await me.sees("the filter hides it: esc clears it", "/ parser")
        assert me.rows == [first.id]
        assert me.board.goals.goal_id == first.id
        added = next(goal for goal in me.store.all() if goal.description == "lexer")
        await me.press("colon")
        await me.type(added.id)
        await me.press("enter")
        await me.sees("the filter is gone: parser hid this goal")
        assert me.board.goals.goal_id == added.id


async def test_it_is_said_how_far_a_long_action_is(tmp_path):
    async with operator(tmp_path) as me:
        await me.store.import_goals(goals(*(wire(id=f"g-{at}") for at in range(150))))
        await me.until(lambda: len(me.rows) == 150, "all goals")
        me.board.triage.marked.update(me.rows)  # type: ignore[union-attr]
        await me.press("m")
        await me.sees("Note on 150 marked goals")
        await me.type("decided")
        await me.press("ctrl+s")
        await me.until(lambda: sum(bool(goal.notes) for goal in me.store.all()) > 10, "some of them")
        with held(tmp_path):
            await me.sees(" of 150", "█")
        await me.sees("150 noted")
        assert " marked" not in me.board.query_one(Notice).render().plain
