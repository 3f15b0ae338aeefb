"""What was written and not sent: there again for the same, offered where that can't be, and never put elsewhere."""

from __future__ import annotations

from textual.widgets import Input, TextArea

from store import GoalStore
from tests.store.helpers import update
from tests.tui.helpers import operator


def evidence(me) -> str:
    return me.app.screen.query_one(TextArea).text


def line(me) -> str:
    return me.app.screen.query_one(Input).value


async def test_each_session_has_its_own(tmp_path):
    async with operator(tmp_path) as me:
        goal = await me.new("Ship the parser", "s-1", "s-2")
        await me.store.update(goal.id, update("s-1", "failed", "boom"))
        await me.press("u", "j", "v")
        await me.type("12 passed in s-2")
        await me.press("escape")
        await me.back()
        await me.press("u")
        await me.sees("Update a session: s-1", "What you wrote for s-2 is kept: pick it")
        assert not evidence(me)
        await me.press("j")
        await me.sees("Update a session: s-2", "This is as you left it", "(•) verified")
        assert evidence(me) == "12 passed in s-2"
        # It does not come along to the other one.
        await me.press("k")
        await me.sees("Update a session: s-1", "(•) keep")
        assert not evidence(me)
        await me.press("j", "ctrl+s")
        await me.sees("updated s-2: verified")
        assert [link.evidence for link in me.goal(goal.id).sessions] == ["boom", "12 passed in s-2"]
        await me.press("u")
        await me.sees("Update a session: s-1")
        assert "is kept: pick it" not in me.screen


async def marked(me, *goals):
    await me.press("escape")
    for goal in goals:
        await me.at(goal.id)
        await me.press("space")


async def test_what_was_written_for_other_goals_is_only_offered(tmp_path):
    async with operator(tmp_path) as me:
        goals = [await me.new(f"Goal {number}", f"s-{number}") for number in range(4)]
        await marked(me, *goals[:2])
        await me.press("m")
        await me.type("precious")
        await me.press("escape")
        await me.back()
        await marked(me, *goals[2:])
        await me.press("m")
        await me.sees("Note on 2 marked goals", 'For other goals you wrote "precious": ctrl+r writes it here')
        assert not line(me)
        await me.type("mine")
        # Nothing is written over.
        await me.press("ctrl+r")
        await me.sees("For other goals you wrote", "nothing is written over it")
        assert line(me) == "mine"
        await me.press("escape")
        await me.back()
        await marked(me, *goals[1::-1])
        await me.press("m")
        await me.sees("This is as you left it")
        assert line(me) == "precious"


async def test_the_outcome_is_there_again_for_those_that_were_refused(tmp_path):
    async with operator(tmp_path) as me:
        passes, held = await me.new("Passes", "s-1"), await me.new("Held", "s-2")
        await me.store.update(passes.id, update("s-1", "verified", "ok"))
        await marked(me, passes, held)
        await me.press("c")
        await me.type("released as 1.2")
        await me.press("ctrl+s")
        await me.sees("1 closed, 1 refused and still marked")
        await me.press("escape")
        await me.back()
        await me.store.update(held.id, update("s-2", "verified", "ok"))
        await me.press("c")
        await me.sees("This is as you left it")
        await me.press("ctrl+s")
        await me.until(lambda: me.goal(held.id).closed, "the other one to be closed")
        assert me.goal(held.id).notes == me.goal(passes.id).notes == ("released as 1.2",)


async def test_that_one_of_several_goals_changed_is_said_before_anything_is_sent(tmp_path):
    async with operator(tmp_path) as me, GoalStore.open(tmp_path, actor="agent") as agent:
        goals = [await me.new(f"Goal {number}", f"s-{number}") for number in range(2)]
        for goal in goals:
            await me.store.update(goal.id, update(goal.sessions[0].session_id, "verified", "ok"))
        await marked(me, *goals)
        await me.press("c")
        await me.type("done")
        await agent.update(goals[1].id, update("s-1", "failed", "late crash"))
        await me.sees("1 goal changed meanwhile:", "Goal 1: s-1 verified -> failed; s-1 evidence: late crash")
        assert line(me) == "done"
        await me.press("ctrl+s")
        await me.sees("1 closed, 1 refused")
