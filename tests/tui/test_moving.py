"""Finding a goal on the board: sort, go to an id, step through what the filter shows, and keys that come in a burst."""

from __future__ import annotations

import pytest
from textual import events
from textual.screen import Screen

from store import GoalStore, SessionLink
from tests.store.helpers import update
from tests.tui.helpers import FAILED, away, operator
from tui.screens.board import Board
from tui.triage import likely_first
from tui.widgets.filter import Filter

BLOCKED = "g-44d48a72674e5fae"


def burst(me, *keys: str) -> None:
    for key in keys:
        name = "slash" if key == "/" else key
        me.app.post_message(events.Key(name, key if len(key) == 1 else None))


async def test_s_sorts_by_what_changed_last_and_back(root):
    async with operator(root) as me:
        by_need = me.rows
        await me.press("s")
        await me.sees("order: changed, newest first")
        times = [me.goal(goal_id).updated for goal_id in me.rows]
        assert times == sorted(times, reverse=True)
        assert set(me.rows) == set(by_need)
        assert "nothing needed from you" not in me.screen
        await me.store.note(by_need[-1], "just now")
        await me.press("r")
        await me.until(lambda: me.rows[0] == by_need[-1], "the goal that changed last on top")
        # How long ago it changed, which is what it is sorted by, and not for how long it waits.
        heading, first = me.screen.splitlines()[2:4]
        assert " AGO " in heading
        assert " now " in first
        await me.press("s")
        await me.sees("order: need, longest first", "nothing needed from you", " FOR ")
        assert me.rows == by_need


async def test_colon_goes_to_a_goal_in_whatever_view_it_is(root):
    async with operator(root) as me:
        closed = next(goal.id for goal in me.store.all() if goal.closed)
        await me.press("colon", *"44d48a", "enter")
        await me.until(lambda: me.board.goals.goal_id == BLOCKED, BLOCKED)
        await me.press("g", "colon", *"g-44d48a", "enter")
        await me.until(lambda: me.board.goals.goal_id == BLOCKED, BLOCKED)
        assert "go to a goal" not in me.screen
        await me.press("colon")
        await me.type(closed)
        await me.press("enter")
        await me.until(lambda: me.board.goals.goal_id == closed, closed)


@pytest.mark.parametrize("typed, said", [("g-", "47 goals begin with g-"), ("nix", "no goal's id begins with nix")])
async def test_colon_says_what_is_wrong_with_an_id(root, typed, said):
    async with operator(root) as me:
        before = me.board.goals.goal_id
        await me.press("colon")
        await me.type(typed)
        await me.press("enter")
        await me.sees(said)
        # What was typed is still there, to be mended.
        assert me.board.query_one("#go", Filter).value == typed
        await me.press("escape", "j", "k")
        assert me.board.goals.goal_id == before


async def test_n_steps_through_what_the_filter_shows_and_around(root):
    async with operator(root) as me:
        await me.press("n")
        await me.sees("no goal here changed since you saw it; and there is no filter: / sets one")
        await me.press("slash")
        await me.type("status:blocked")
        await me.press("enter", "g")
        rows = me.rows
        seen = [me.board.goals.goal_id]
        for _ in rows:
            await me.press("n")
            seen.append(me.board.goals.goal_id)
        assert seen == [*rows, rows[0]]
        await me.press("N")
        assert me.board.goals.goal_id == rows[-1]


async def test_keys_right_behind_the_one_that_opens_something_are_typed_into_it(root):
    async with operator(root) as me:
        # As a terminal sends them that was held up: all in one go.
        burst(me, "a", "q", "j", "c", "tab", "z")
        await me.sees("Add a goal")
        me.app.post_message(events.Paste(" and pasted"))
        await me.sees("qjc", "z and pasted")
        await me.press("escape")
        burst(me, "/", "u", "v")
        me.app.post_message(events.Paste(" add"))
        await me.until(lambda: me.board.filter.value == "uv add", "uv add in the filter")


async def test_a_goal_that_calls_while_the_rows_are_held_is_counted_beside_r(root):
    async with operator(root) as me, GoalStore.open(root, actor="agent") as other:
        me.board.goals.HOLD = 600
        await me.press("j")
        goal = await other.create("calls")
        await other.link(goal.id, SessionLink.launched("s-77", "calls"))
        await other.update(goal.id, update("s-77", "failed"))
        await other.note(BLOCKED, "only words")
        await me.sees("1 needs you: 1 moved, r", "nothing needed from you but 1 that moved: r ─")


async def test_many_goals_come_a_few_at_a_time_and_the_failed_ones_first(root, monkeypatch):
    monkeypatch.setattr(Board, "SLICE", 1)
    async with operator(root) as me:
        assert likely_first(me.store)[0] == FAILED
        await me.until(lambda: len(me.rows) == len(me.store.open_ids()), "all of them")
        slowly = me.rows
        await me.sees("Needs you 5", "Running 1", "Pending 2")
    monkeypatch.undo()
    async with operator(root) as me:
        assert me.rows == slowly


async def test_text_says_what_was_found_in_evidence_and_notes(root):
    async with operator(root) as me:
        await me.press("0", "slash")
        await me.type("text:EXIT=0")
        await me.sees("2 goals with exit=0 in evidence or notes", "Observe native subagent dispatches")


async def test_it_is_said_how_far_many_goals_are_read(root, monkeypatch):
    monkeypatch.setattr(Board, "SLICE", 1)
    monkeypatch.setattr(Board, "MANY", 2)
    said = []
    monkeypatch.setattr(Board, "say", lambda _board, text, **_: said.append(text))
    async with operator(root) as me:
        await me.until(lambda: len(me.rows) == len(me.store.open_ids()), "all of them")
    assert "reading  ██░░░░░░░░░░░░░░░░░░  1 of 7 open goals" in said


async def test_text_that_cannot_be_looked_for(root):
    async with operator(root) as me:
        with away(root):
            await me.sees("○ degraded")
            await me.press("slash")
            await me.type("text:EXIT=0")
            await me.sees("palace 'session-manager' is unavailable")
        await me.sees("● live")


async def test_a_filter_that_finds_nothing_says_what_there_is_to_look_for(root):
    async with operator(root) as me:
        await me.press("slash")
        await me.sees("enter keeps the filter, esc clears it")
        await me.type("need:foo")
        await me.sees(" is: need:foo", "need:    failed, ready, blocked")
        await me.press("escape", "slash")
        await me.type("need:running")
        await me.sees("nothing needs you among these")


async def test_what_is_typed_onto_a_button_goes_into_the_last_field(root):
    async with operator(root) as me:
        goal = me.goal(me.rows[0])
        # The letter went on to the reason, and the tab past it.
        await me.press("t", "b", "tab", *"waits", "ctrl+s")
        await me.sees("is blocked now")
        assert me.goal(goal.id).notes[-1] == "waits"
        await me.press("z", "tab", "x")
        await me.sees("a button takes no text")


@pytest.mark.parametrize("size", [(160, 50), (120, 40), (80, 24), (60, 20)])
async def test_the_first_picture_of_a_screen_is_the_right_one(tmp_path, monkeypatch, size):
    drawn = []

    def draw(screen):
        if screen is not screen.app.screen_stack[0]:
            drawn.append([widget.region for widget in screen.query("*") if widget.focusable])
        refresh(screen)

    refresh = Screen._compositor_refresh
    async with operator(tmp_path, size) as me:
        goal = await me.new("Ship the parser", "s-1", "s-2")
        await me.store.edit(goal.id, acceptance=[f"criterion {at}: {'words ' * 4 * at}" for at in range(5)])
        monkeypatch.setattr(Screen, "_compositor_refresh", draw)
        for key, words in (("enter", "none yet: u"), ("u", "Update a"), ("t", "Set the"), ("question_mark", "The job")):
            drawn.clear()
            await me.press(key)
            await me.sees(words)
            # If it were to be laid out anew, it would within this.
            await me.pilot.pause(0.3)
            assert drawn
            assert all(places == drawn[0] for places in drawn), key
            await me.press("escape")
            await me.back()
