"""The filter asked about some goals at a time finds what it finds of all at once, whatever comes in between."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from store import Create, SyncStore, parse_goals
from tests.store.helpers import SAMPLES, names
from tests.tui.helpers import operator
from tui.widgets.goal_list import GoalList
from tui.widgets.order import Facts, Order, Sort, View

TYPED = [
    "",
    "t",
    "tu",
    "tui",
    "tui e",
    "tui en",
    "e",
    "s",
    "st",
    "status:b",
    "status:bl s",
    "state:v",
    "need:r t",
    "zzz",
]


@pytest.mark.parametrize("seed", range(8))
def test_what_is_found_by_and_by_is_what_is_found_at_once(seed):
    chance = random.Random(seed)
    goals = {goal.id: goal for goal in parse_goals(SAMPLES.read_bytes())}
    facts = Facts(names=lambda goal_id: names(goals[goal_id]))
    order = Order(goals.get, facts)
    order.load(goals.values())
    for _ in range(60):
        view, typed = chance.choice([*View]), chance.choice(TYPED)
        first = chance.choice([None, *goals])
        order.show(view, typed, first, 0)
        if chance.random() < 0.2:
            order.sort_by(chance.choice([*Sort]), first, 0)
        for _ in range(chance.choice((0, 0, 5, 100))):
            order.more(0)
            if not order.filling:
                break
            if chance.random() < 0.2:
                goal = chance.choice([*goals.values()])
                goals[goal.id] = replace(goal, description=goal.description + chance.choice((" tui", " st", "")))
                # Held or not, one that was not asked about yet comes in with the others.
                held = goal.id not in order._shown and chance.random() < 0.5
                order.change(goal.id, hold=held)
                assert not order.moved
        if chance.random() < 0.7:
            order.more()
            assert not order.filling
            anew = Order(goals.get, facts)
            anew.load(goals.values())
            anew.sort_by(order.sort)
            anew.show(view, typed)
            assert [order.at(row) for row in range(len(order))] == [anew.at(row) for row in range(len(anew))]


async def test_typing_goes_on_while_goals_are_looked_at(tmp_path, monkeypatch):
    monkeypatch.setattr(GoalList, "AT_ONCE", 0)
    monkeypatch.setattr(GoalList, "AT_A_TIME", 0)
    monkeypatch.setattr(GoalList, "PAUSE", 0.05)
    with SyncStore.open(tmp_path) as store:
        for number in range(60):
            store.apply(Create(f"goal {number:02} {'odd' if number % 2 else 'even'}"))
    async with operator(tmp_path) as me:
        await me.until(lambda: len(me.rows) == 60, "all goals")
        chosen = me.rows[41]
        me.board.goals.go_to(chosen)
        await me.press("slash")
        await me.type("od")
        assert me.board.goals.order.filling
        await me.press("d")
        await me.until(lambda: len(me.rows) == 30, "the odd ones")
        # What is under the cursor stays there, however late it comes in its row.
        assert me.board.goals.goal_id == chosen
        assert "Looking" not in me.screen
        await me.type("x")
        await me.sees("No goal has the words: oddx")
