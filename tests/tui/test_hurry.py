"""A large palace on the board: what sessions work on at once, the rest a moment later, and no number that is not so."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest

from store import SqlitePalace
from tests.tui.helpers import operator
from tui.screens import board
from tui.screens.board import Board
from tui.triage import likely_first
from tui.widgets.lines import ViewTabs


@pytest.fixture
def may_read(monkeypatch):
    """A disk that gives what is not asked for first only when it may."""
    gate, newest = threading.Event(), SqlitePalace.newest

    def slowly(palace):
        assert gate.wait(60)
        return newest(palace)

    monkeypatch.setattr(SqlitePalace, "MANY", 1)
    monkeypatch.setattr(SqlitePalace, "newest", slowly)
    yield gate
    gate.set()


async def test_the_first_rows_are_there_before_all_is_read(told, may_read):
    async with operator(told) as me:
        assert not me.store.is_whole
        await me.sees("FAILED", "READY", "1 Needs you ")
        early = me.rows
        assert "0 All 5" not in me.screen
        await me.press("j", "space")
        marked, cursor = set(me.board.triage.marked), me.board.goals.cursor  # type: ignore[union-attr]
        may_read.set()
        await me.until(lambda: me.store.is_whole, "all goals")
        await me.sees(f"0 All {len(me.store.all())}", f"4 Closed {sum(goal.closed for goal in me.store.all())}")
        await me.until(lambda: set(me.rows) == set(me.store.open_ids()), "every open goal")
        assert [goal_id for goal_id in me.rows if goal_id in early] == early
        assert (me.board.goals.cursor, me.board.triage.marked) == (cursor, marked)  # type: ignore[union-attr]
        # What was only not read yet is nothing new.
        assert not me.board.triage.fresh  # type: ignore[union-attr]


async def test_the_closed_view_fills_when_they_are_read(told, may_read):
    async with operator(told) as me:
        await me.press("4")
        may_read.set()
        closed = {goal.id for goal in me.store.all() if goal.closed}
        await me.until(lambda: me.store.is_whole, "all goals")
        closed = {goal.id for goal in me.store.all() if goal.closed}
        await me.until(lambda: set(me.rows) == closed, "all closed goals")


async def test_a_goal_that_is_closed_meanwhile_is_counted_once(told, may_read):
    async with operator(told) as me:
        ready = next(goal.id for goal in me.store.all() if goal.all_verified)
        await me.at(ready)
        await me.press("c", "ctrl+s")
        await me.pilot.pause(0.2)
        may_read.set()
        await me.until(lambda: me.store.is_whole and me.goal(ready).closed, "the goal to be closed")
        await me.sees(f"4 Closed {sum(goal.closed for goal in me.store.all())}")
        await me.sees(f"0 All {len(me.store.all())}")


async def test_nothing_is_missed_where_the_rest_is_read_before_the_first_goals_are_met(told, may_read, monkeypatch):
    meet_slowly, looked = Board._meet_slowly, []

    async def meet_some(self, triage, goal_ids):
        await meet_slowly(self, triage, goal_ids)
        may_read.set()
        await self.host.store.whole()
        # All is known, and not on the board yet.
        self._counted()
        looked.append("0 All 5" in str(self.query_one(ViewTabs).render()))

    monkeypatch.setattr(Board, "SLICE", 1)
    monkeypatch.setattr(Board, "_meet_slowly", meet_some)
    async with operator(told) as me:
        await me.until(lambda: set(me.rows) == set(me.store.open_ids()), "every open goal")
        await me.sees(f"0 All {len(me.store.all())}", f"4 Closed {sum(goal.closed for goal in me.store.all())}")
    assert looked == [False, False]


@pytest.mark.parametrize("pause", [0.0, 0.002, 0.005, 0.01, 0.03, 0.1])
async def test_whoever_leaves_while_the_rest_comes_in_leaves_in_peace(told, may_read, pause):
    async with operator(told):
        may_read.set()
        await asyncio.sleep(pause)
    assert not list(Path(os.environ["HOME"]).rglob("crash-*"))


async def test_the_cursor_is_on_the_first_goal_whatever_comes_in_above_it(told, monkeypatch):
    monkeypatch.setattr(Board, "SLICE", 1)
    monkeypatch.setattr(board, "likely_first", lambda store: likely_first(store)[::-1])
    async with operator(told) as me:
        await me.until(lambda: set(me.rows) == set(me.store.open_ids()), "every open goal")
        await me.until(lambda: me.board.goals.cursor == me.rows[0], "the cursor on the first")
        assert me.board.goals.top == 0
