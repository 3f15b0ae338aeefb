"""What the palace answers late, because another process holds it: whoever went on meanwhile loses nothing by it."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager

import pytest

from store import GoalStatus
from tests.store.helpers import palace_file, update
from tests.tui.helpers import operator
from tests.tui.monkey import burst
from tui import keyboard
from tui.keyboard import Sends
from tui.screens.base import GoalKeys, Palette
from tui.screens.dialogs import LinkDialog, NoteDialog, UndoDialog
from tui.screens.dialogs.base import Dialog
from tui.screens.dialogs.drafts import all_kept
from tui.screens.refused import RefusedPanel
from tui.widgets.lines import Notice


@contextmanager
def held(root):
    """While this lasts, another process is about to commit."""
    with closing(sqlite3.connect(palace_file(root), isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        yield
        db.execute("ROLLBACK")


async def opens(me, key, kind):
    await me.press(key)
    await me.until(lambda: isinstance(me.app.screen, kind), kind.__name__)


async def sending(me):
    await me.until(lambda: isinstance(me.app.screen, Sends) and me.app.screen.sending, "it to be sent")


async def sends_and_leaves(me):
    """Send, and leave before there is an answer."""
    await me.press("ctrl+s")
    await sending(me)
    await me.press("escape")
    await me.back()


async def test_a_question_comes_over_no_other(tmp_path, monkeypatch):
    async with operator(tmp_path) as me:
        goal = await me.new("Ship it", "s-1")
        asked = []
        monkeypatch.setattr(GoalKeys, "ask", lambda screen, dialog: asked.append((screen, dialog)))
        await me.press("z")
        await me.until(lambda: asked, "the question")
        monkeypatch.undo()
        await opens(me, "m", NoteDialog)
        screen, dialog = asked[0]
        assert isinstance(dialog, UndoDialog)
        screen.ask(dialog)
        await me.pilot.pause()
        assert isinstance(me.app.screen, NoteDialog)
        assert "ask again" in me.board.query_one(Notice).text
        await me.press(*"you said", "escape")
        await me.back()
        assert me.store.revision(goal.id) == 2


@pytest.mark.parametrize("keys, status", [(["c"], GoalStatus.DONE), (["t", "b"], GoalStatus.BLOCKED)])
async def test_all_marked_goals_get_what_was_written_though_it_was_left(tmp_path, keys, status):
    async with operator(tmp_path) as me:
        goals = [await me.new(f"Goal {at}", f"s-{at}") for at in range(3)]
        for at, goal in enumerate(goals):
            await me.store.update(goal.id, update(f"s-{at}", "verified", "12 passed"))
        await me.press("g", "space", "space", "space")
        await opens(me, keys[0], Dialog)
        await me.press(*keys[1:])
        await me.type("released as 1.2")
        with held(tmp_path):
            await sends_and_leaves(me)
        await me.until(lambda: all(me.goal(goal.id).status is status for goal in goals), f"all to be {status}")
        assert [me.goal(goal.id).notes for goal in goals] == [("released as 1.2",)] * 3


async def test_what_is_sent_goes_though_the_palette_lies_over_it(tmp_path):
    async with operator(tmp_path) as me:
        goal = await me.new("Ship it")
        await opens(me, "m", NoteDialog)
        await me.type("decided")
        with held(tmp_path):
            await me.press("ctrl+s")
            await sending(me)
            await opens(me, "ctrl+p", Palette)
        await me.until(lambda: me.goal(goal.id).notes == ("decided",), "the note")
        await me.press("escape")
        await me.back()


async def test_nothing_is_typed_into_what_is_sent_already_nor_on_the_screen_that_comes_next(tmp_path):
    async with operator(tmp_path) as me:
        goal = await me.new("Ship it")
        await opens(me, "m", NoteDialog)
        await me.type("decided")
        with held(tmp_path):
            await me.press("ctrl+s")
            await sending(me)
            await me.sees("sending…")
            burst(me, *" to x-t0 later")
            await me.sees("It is being sent, and takes nothing more: esc leaves it")
            assert "decided to" not in me.screen
            # By now it is known to be slow: nothing is kept for the board.
            burst(me, "x", "q")
            await me.pilot.pause(0.1)
        await me.until(lambda: me.goal(goal.id).notes == ("decided",), "the note")
        await me.back()
        await me.sees("noted on", "what you typed while it was being sent was not taken")
        await me.pilot.pause(0.2)
        assert not me.board.triage.is_later(goal.id)  # type: ignore[union-attr]
        assert me.app.is_running
        assert me.board.goals.order.view.digit == "1"


async def test_a_text_whose_beginning_was_not_taken_does_nothing_on_the_screen_that_comes_next(tmp_path, monkeypatch):
    async with operator(tmp_path) as me:
        goal = await me.new("Ship it", "s-1")
        await opens(me, "m", NoteDialog)
        await me.type("decided")
        with held(tmp_path):
            await me.press("ctrl+s")
            await sending(me)
            await me.sees("sending…")
            burst(me, *"to s")
            await me.sees("takes nothing more")
            # However slow the machine is.
            monkeypatch.setattr(keyboard, "_PAUSE", 60)
        await me.back()
        burst(me, *"top it x", "ctrl+s")
        await me.pilot.pause()
        assert me.app.screen is me.board
        # What is typed after a pause acts.
        monkeypatch.setattr(keyboard, "_PAUSE", 0)
        await opens(me, "m", NoteDialog)
    assert me.goal(goal.id).notes == ("decided",)


async def test_it_is_said_when_the_key_that_leaves_came_behind_what_was_not_taken(tmp_path):
    async with operator(tmp_path) as me:
        goal = await me.new("Ship it")
        await opens(me, "m", NoteDialog)
        await me.type("decided")
        with held(tmp_path):
            await me.press("ctrl+s")
            await sending(me)
            burst(me, *" to wait", "escape")
            await me.back()
        await me.until(lambda: me.goal(goal.id).notes == ("decided",), "the note")
        await me.sees("noted on", "what you typed while it was being sent was not taken")


async def test_what_was_said_while_it_was_sent_is_not_said_beside_the_refusal(tmp_path):
    async with operator(tmp_path) as me:
        goal = await me.new("Ship it")
        await opens(me, "l", LinkDialog)
        await me.type("s-9")
        with held(tmp_path):
            await me.press("ctrl+s")
            await sending(me)
            burst(me, *" and more")
            await me.sees("sending…", "takes nothing more")
        await me.sees("is blank", "link ctrl+s")
        assert "takes nothing more" not in me.screen
        assert "what you typed while it was being sent was not taken" in me.screen
        # The field that it is about has the focus, and takes text again.
        burst(me, *"write", "ctrl+s")
        await me.until(lambda: me.goal(goal.id).sessions, "the link")
        assert me.goal(goal.id).sessions[0].task == "write"


async def test_keys_right_behind_one_that_sends_are_meant_for_what_comes_then(tmp_path, monkeypatch):
    # However slow the machine is.
    monkeypatch.setattr(keyboard, "_PATIENCE", 60)
    async with operator(tmp_path) as me:
        goal = await me.new("Ship it", "s-1")
        burst(me, *"mone", "ctrl+s", *"mtwo", "ctrl+s", *"ur", "ctrl+s", *"zy", "enter", *"mthree", "ctrl+s", "A")
        await me.until(lambda: me.goal(goal.id).notes == ("one", "two", "three"), "the notes")
        await me.sees("Activity")
        assert me.goal(goal.id).sessions[0].state == "launched"


async def test_an_outcome_is_kept_though_the_refusal_comes_late(tmp_path):
    async with operator(tmp_path) as me:
        await me.new("Ship it", "s-1")
        await opens(me, "c", Dialog)
        await me.type("released as 1.2")
        with held(tmp_path):
            await sends_and_leaves(me)
        await me.sees("0 of 1")
        assert me.app.screen is me.board
        assert [dict(fields) for _, fields in all_kept(me.app).values()] == [{"outcome": "released as 1.2"}]


async def test_the_panel_may_be_left_while_it_asks_again(tmp_path):
    async with operator(tmp_path) as me:
        await me.new("Ship it", "s-1")
        await opens(me, "c", Dialog)
        await me.press("ctrl+s")
        await me.until(lambda: isinstance(me.app.screen, RefusedPanel), "the panel")
        with held(tmp_path):
            await me.press("c")
            await me.until(lambda: getattr(me.app.screen, "_busy", False), "it to be sent")
            await me.press("escape")
            await me.back()
        await me.sees("still not: 0 of 1 verified")


@pytest.mark.parametrize("marked", [False, True])
async def test_what_was_closed_from_the_panel_is_not_unsent_nor_marked(tmp_path, marked):
    async with operator(tmp_path) as me:
        goal = await me.new("Ship it", "s-1")
        await me.new("Ship more")
        await me.at(goal.id)
        await me.press(*["space"] * marked)
        await opens(me, "c", Dialog)
        await me.type("released")
        await me.press("ctrl+s")
        await me.until(lambda: isinstance(me.app.screen, RefusedPanel), "the panel")
        await me.store.update(goal.id, update("s-1", "verified", "12 passed"))
        await me.sees("May be closed now")
        await me.press("c")
        await me.back()
        assert me.goal(goal.id).notes == ("released",)
        assert not all_kept(me.app)
        assert me.board.triage is not None
        assert not me.board.triage.marked
