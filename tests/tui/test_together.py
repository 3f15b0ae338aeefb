"""Undo of what was done to several goals at once: by keys, on the board."""

from __future__ import annotations

import pytest

from store import GoalStatus, GoalStore
from tests.store.helpers import link, say_again, update
from tests.tui.helpers import operator

BLOCKED = ("left",) * 5 + ("right", "right")
"""From whatever status the dialog begins with to this one."""


async def three(root, evidence=None):
    """Goals that somebody else made, each with one session."""
    async with GoalStore.open(root, actor="agent") as other:
        made = [await other.create(f"goal {name}") for name in ("one", "two", "three")]
        for goal in made:
            await other.link(goal.id, link(f"s-{goal.id}", "running"))
            if evidence:
                await other.update(goal.id, update(f"s-{goal.id}", "verified", evidence))
    return [goal.id for goal in made]


async def mark(me, *goal_ids):
    for goal_id in goal_ids:
        await me.at(goal_id)
        await me.press("space")


async def block(me, *goal_ids):
    """Set a status on several goals at once."""
    await mark(me, *goal_ids)
    await me.press("t")
    await me.sees(f"Set the status of {len(goal_ids)} marked goals")
    await me.press(*BLOCKED, "tab")
    await me.type("waits for paint")
    await me.press("ctrl+s")
    await me.sees(f"{len(goal_ids)} set")


def statuses(me, goal_ids):
    return [me.goal(goal_id).status for goal_id in goal_ids]


async def test_what_was_done_at_once_is_undone_at_once_and_that_too(tmp_path):
    ids = await three(tmp_path, "ok")
    async with operator(tmp_path) as me:
        await mark(me, *ids)
        await me.press("c")
        await me.type("shipped")
        await me.press("ctrl+s")
        await me.sees("3 closed", "No goal is open")
        await me.press("z")
        await me.sees("Undo what you did to 3 goals at once?", "goal one", "goal two", "goal three", "(•) no")
        assert me.screen.count("status inProgress -> done; n") == 3
        await me.press("y", "enter")
        await me.sees("3 taken back; z makes it so again")
        assert set(statuses(me, ids)) == {GoalStatus.IN_PROGRESS}
        assert not any(me.goal(goal_id).notes for goal_id in ids)
        await me.press("z")
        await me.sees("Undo what you did to 3 goals at once?", "status done -> inProg")
        await me.press("y", "enter")
        await me.until(lambda: set(statuses(me, ids)) == {GoalStatus.DONE}, "the close again")


async def test_it_asks_and_no_is_the_answer_until_another_is_given(tmp_path):
    ids = await three(tmp_path)
    async with operator(tmp_path) as me:
        await block(me, *ids)
        numbers = [me.store.revision(goal_id) for goal_id in ids]
        await me.press("z")
        await me.sees("Undo what you did to 3 goals at once?")
        await me.press("escape")
        await me.back()
        await me.press("z")
        await me.sees("Undo what you did to 3 goals at once?")
        await me.press("ctrl+s")
        await me.sees("nothing was changed back")
        assert [me.store.revision(goal_id) for goal_id in ids] == numbers
        # From then on it is about the goal under the cursor.
        await me.press("z")
        await me.sees("Undo the goal's last change?")


async def test_who_was_changed_by_somebody_else_meanwhile_stays_as_it_is(tmp_path):
    ids = await three(tmp_path)
    async with operator(tmp_path, (200, 40)) as me, GoalStore.open(tmp_path, actor="agent") as other:
        await block(me, *ids)
        # The last of them, by which it is told that nothing else was done here since.
        last = max(ids)
        await other.note(last, "the paint is dry")
        await me.until(lambda: me.goal(last).notes[-1] == "the paint is dry")
        await me.press("z")
        await me.sees("Undo what you did to 3 goals at once?", "changed since: stays as it is")
        # And one while it is asked.
        first = min(ids)
        await other.note(first, "and here")
        await me.until(lambda: me.screen.count("changed since: stays") == 2)
        await me.press("y", "enter")
        await me.sees("1 taken back, 2 refused: goal g-", "it changed meanwhile", "taken back: g-")
        assert [me.goal(goal_id).notes[-1:] for goal_id in (first, last)] == [("and here",), ("the paint is dry",)]
        assert sorted(statuses(me, ids)) == sorted([GoalStatus.BLOCKED, GoalStatus.BLOCKED, GoalStatus.IN_PROGRESS])


async def test_where_all_are_refused_nothing_is_lost(tmp_path):
    ids = await three(tmp_path)
    async with operator(tmp_path) as me, GoalStore.open(tmp_path, actor="agent") as other:
        await block(me, *ids)
        await me.press("z")
        await me.sees("Undo what you did to 3 goals at once?")
        for goal_id in ids:
            await other.note(goal_id, "no")
        await me.press("y", "enter")
        await me.sees("None was taken back")
        for goal_id in sorted(ids):
            await me.sees(f"goal {goal_id} is at revision 4, not 3: it changed meanwhile")
            await me.press("j")
        assert set(statuses(me, ids)) == {GoalStatus.BLOCKED}


async def test_after_something_else_from_here_it_is_about_one_goal(tmp_path):
    ids = await three(tmp_path)
    async with operator(tmp_path) as me:
        for goal_id in (min(ids), max(ids)):
            await block(me, *ids)
            await me.at(goal_id)
            await me.press("m")
            await me.type("another thing")
            await me.press("ctrl+s")
            await me.sees("noted on")
            await me.press("z")
            await me.sees("Undo the goal's last change?", "note: another thing")
            await me.press("escape")
            await me.back()


async def test_on_the_screen_of_a_goal_it_is_about_that_goal(tmp_path):
    ids = await three(tmp_path)
    async with operator(tmp_path) as me:
        await block(me, *ids)
        await me.at(ids[1])
        await me.press("enter", "z")
        await me.sees("Undo the goal's last change?", ids[1])


async def test_the_last_change_of_those_that_are_marked(tmp_path):
    ids = await three(tmp_path)
    async with operator(tmp_path) as me, GoalStore.open(tmp_path, actor="agent") as other:
        bare = await other.create("goal four")
        await me.until(lambda: me.store.get(bare.id))
        await me.store.note(ids[0], "mine")
        await mark(me, ids[0], ids[1], bare.id)
        await me.press("z")
        await me.sees("Undo the last change of 3 marked goals?", "note: mine", "agent: status pending -", "has never")
        await me.press("y", "enter")
        await me.sees("2 taken back, 1 refused and still marked: goal g-", "has never changed")
        assert me.goal(ids[0]).notes == ()
        assert me.goal(ids[1]).sessions == ()
        assert len(me.goal(ids[2]).sessions) == 1
        assert me.board.triage is not None
        assert me.board.triage.marked == {bare.id}


@pytest.mark.parametrize("marked_since", [False, True])
async def test_marks_that_a_refusal_left_are_not_what_is_meant(tmp_path, marked_since):
    ids = await three(tmp_path, "ok")
    async with operator(tmp_path) as me:
        await me.store.update(ids[0], update(f"s-{ids[0]}", "running"))
        await mark(me, *ids)
        await me.press("c", "ctrl+s")
        await me.sees("2 closed, 1 refused and still marked")
        await me.press("escape")
        await me.back()
        if marked_since:
            await mark(me, ids[0])
            await me.sees("no mark")
            await mark(me, ids[0])
        await me.press("z")
        said = "the last change of 1 marked goal?" if marked_since else "what you did to 2 goals at once?"
        await me.sees(f"Undo {said}")


async def test_who_was_left_as_it_was_is_not_undone(tmp_path):
    ids = await three(tmp_path)
    async with operator(tmp_path) as me, GoalStore.open(tmp_path, actor="agent") as other:
        await other.set_status(max(ids), GoalStatus.BLOCKED, "by somebody else")
        await me.until(lambda: me.goal(max(ids)).status is GoalStatus.BLOCKED)
        await mark(me, *ids)
        await me.press("t", *BLOCKED, "ctrl+s")
        await me.sees("3 set")
        await me.press("z")
        await me.sees("Undo what you did to 2 goals at once?")
        await me.press("y", "enter")
        await me.sees("2 taken back")
        assert me.goal(max(ids)).notes == ("by somebody else",)
        assert me.goal(max(ids)).status is GoalStatus.BLOCKED


async def test_undo_passes_over_what_only_said_the_same_again(tmp_path):
    async with operator(tmp_path) as me, GoalStore.open(tmp_path, actor="agent") as other:
        goal = await me.new("Twice", "s-1")
        await me.press("z")
        await me.sees("s-1 linked")
        await me.press("escape")
        await other.update(goal.id, update("s-1", "verified", "ok"))
        say_again(tmp_path, goal.id, "agent")
        await me.until(lambda: me.store.revision(goal.id) == 4, "what the agent said twice")
        await me.press("z")
        await me.sees("Undo the goal's last change?", "revision 3, by agent", "s-1 launched -> verified")
        await me.press("y", "enter")
        await me.sees("is as it was at revision 2")
        assert me.goal(goal.id).sessions[0].state.value == "launched"
        # Of several that are marked too, however often it was said.
        await other.update(goal.id, update("s-1", evidence="half of it"))
        for _ in range(19):
            say_again(tmp_path, goal.id, "agent")
        await me.until(lambda: me.store.revision(goal.id) == 25, "what the agent said often")
        await mark(me, goal.id)
        await me.press("z")
        await me.sees("Undo the last change of 1 marked goal?", "s-1 evidence: half of it")
        await me.press("y", "enter")
        await me.sees("1 taken back")
        assert me.goal(goal.id).sessions[0].evidence is None


async def test_undo_is_of_what_was_just_done_though_its_goal_went_from_sight(tmp_path):
    ids = await three(tmp_path, "ok")
    async with operator(tmp_path) as me:
        await me.at(ids[1])
        await me.press("c", "ctrl+s")
        await me.sees("the gate let it pass")
        await me.press("r")
        await me.until(lambda: ids[1] not in me.rows)
        await me.press("z")
        await me.sees("goal two", "inProgress -> done")
        await me.press("escape")
        # Offered once; then the goal under the cursor is meant.
        await me.press("z")
        await me.sees("by agent", "running -> verified")
        assert me.goal(ids[1]).status is GoalStatus.DONE
