"""What the filter finds in other views: said where this one shows little of it, and counted out of the way."""

from __future__ import annotations

import asyncio

import pytest

from store import GoalStatus, GoalStore
from tests.store.helpers import update
from tests.tui.helpers import opened, operator
from tui.screens import searching
from tui.widgets.order import Facts, Order, View


async def many(store, number, *, status=GoalStatus.ABANDONED, name="fence"):
    for at in range(number):
        goal = await store.create(f"{name} {at}")
        await store.set_status(goal.id, status)


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 20), (40, 12)])
async def test_it_says_how_many_more_there_are_and_the_key_that_shows_them(tmp_path, size):
    async with operator(tmp_path, size) as me:
        await many(me.store, 3)
        await me.new("the gate of the fence")
        await me.press("slash")
        await me.type("fence")
        await me.sees("the gate of", "─── 3 more among all: enter, then 0 ─")
        await me.press("enter")
        await me.sees("─── 3 more among all: 0 ─")
        # It is no row.
        await me.press("G", "down", "j")
        assert me.board.goals.goal_id == me.rows[-1]
        await me.press("0")
        await me.until(lambda: len(me.rows) == 4, "the others")
        await me.until(lambda: "more among all" not in me.screen)
        await me.press("4")
        await me.sees("─── 1 more among all: 0 ─")
        # Somebody goes on meanwhile.
        await me.store.create("a dog behind the fence")
        await me.sees("─── 2 more among all: 0 ─")
        await me.press("escape")
        await me.until(lambda: "more among all" not in me.screen)


async def test_where_nothing_is_left_it_says_so_instead_of_rows(tmp_path):
    async with operator(tmp_path) as me:
        await many(me.store, 2)
        await me.new("paint")
        await me.press("slash")
        await me.type("fence")
        await me.sees("No goal here has the words: fence", "0    shows 2 that it finds among all goals")
        await me.type("s")
        await me.sees("No goal has the words: fences")
        assert "among all" not in me.screen
        # Put off: it needs nobody for now, and is there all the same.
        await me.press("escape")
        await me.at(me.rows[0])
        await me.press("x", "slash")
        await me.type("paint")
        await me.sees("No goal here has the words: paint", "0    shows 1 that it finds among all goals")


async def test_it_says_nothing_where_there_is_enough_to_look_at(tmp_path):
    async with operator(tmp_path, (80, 16)) as me:
        await many(me.store, 30, status=GoalStatus.IN_PROGRESS)
        await many(me.store, 2)
        await me.until(lambda: len(me.rows) == 30)
        await me.press("slash")
        await me.type("fence")
        await me.pilot.pause(0.5)
        await me.press("enter", "G")
        await me.pilot.pause(0.1)
        assert "more among all" not in me.screen
        assert me.board.elsewhere is None


async def test_past_a_hundred_it_says_so(tmp_path):
    async with operator(tmp_path) as me:
        await many(me.store, 103)
        await me.press("slash")
        await me.type("fence")
        await me.sees("0    shows 99+ that it finds among all goals")


async def test_keys_come_before_the_count(tmp_path, monkeypatch):
    # However long it takes: each goal takes as long as a slice may.
    slow = Order.elsewhere

    def elsewhere(self):
        for found in slow(self):
            end = asyncio.get_running_loop().time() + 0.005
            while asyncio.get_running_loop().time() < end:
                pass
            yield found

    monkeypatch.setattr(Order, "elsewhere", elsewhere)
    async with opened(tmp_path) as me:
        await me.sees("● live")
        await many(me.store, 120, name="gate")
        await me.press("slash")
        await me.type("gate")
        await me.until(lambda: me.board._counting and not me.board._stale, "the count to begin")
        await me.press("x")
        assert me.board._counting
        await me.sees("/ gatex", "No goal has the words: gatex")


def test_what_is_closed_is_not_read_unless_the_words_may_stand_in_it():
    read: list[str] = []

    def names(goal_id):
        read.append(goal_id)
        return "a gate"

    facts = Facts(may_mention=lambda goal_id, words: goal_id == "g-7" and words == ("fence",), names=names)
    order = Order(read.append, facts)
    order.add_closed(f"g-{at}" for at in range(1000))
    order.show(View.NEEDS, "fence")
    assert [*order.elsewhere()] == [False] * 1000
    assert read == ["g-7"]


async def test_it_counts_while_somebody_writes_all_the_time(tmp_path):
    async with operator(tmp_path) as me:
        await many(me.store, 3)
        goal = await me.new("the gate of the fence")
        writes = True

        async def write():
            while writes:
                await me.store.note(goal.id, "on and on")
                await asyncio.sleep(0.03)

        writer = asyncio.create_task(write())
        await me.press("slash")
        await me.type("fence")
        await me.sees("─── 3 more among all: enter, then 0 ─")
        # What is looked for in evidence and notes is found meanwhile, and where it only comes now.
        await me.press("escape", "slash")
        await me.type("text:on and")
        await me.sees("1 goal with on and in evidence or notes")
        await me.until(lambda: me.rows == [goal.id], "the goal that is written to")
        other = await me.store.create("a ditch")
        await me.store.note(other.id, "dug On and off")
        await me.until(lambda: set(me.rows) == {goal.id, other.id}, "the other one")
        writes = False
        await writer


@pytest.mark.parametrize("many_at_once", [False, True])
async def test_where_the_text_stands_no_more_the_goal_goes(tmp_path, monkeypatch, many_at_once):
    if many_at_once:
        # Then the palace is asked again.
        monkeypatch.setattr(searching, "_FEW", 0)
    async with operator(tmp_path) as me, GoalStore.open(tmp_path, actor="agent") as agent:
        one, other = await me.new("one", "s-1"), await me.new("other", "s-2")
        for goal in (one, other):
            await me.store.update(goal.id, update(goal.sessions[0].session_id, "running", "12 passed"))
        await me.press("slash")
        await me.type("text:passed")
        await me.press("enter")
        await me.until(lambda: set(me.rows) == {one.id, other.id}, "both")
        await agent.update(one.id, update("s-1", "running", "none"))
        await me.until(lambda: me.rows == [other.id], "the other one alone")
