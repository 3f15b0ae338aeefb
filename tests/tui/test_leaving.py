"""Quitting asks once where something was written and not sent, and names it."""

from __future__ import annotations

import pytest

from tests.tui.helpers import operator


async def ended(me):
    await me.until(lambda: not me.app.is_running, "the end")


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_what_stands_in_an_open_dialog_is_named_and_no_is_the_answer(tmp_path, size):
    async with operator(tmp_path, size) as me:
        await me.new("Ship the parser")
        await me.press("m")
        await me.type("as agreed\x1b[2J on Tuesday\nand more")
        await me.press("ctrl+q")
        await me.sees("Quit?", "1 text not sent yet", 'Note, Ship the parser: "as agreed␛[2J on Tuesday"', "(•) no")
        # It is asked once.
        await me.press("ctrl+q")
        await me.sees("y, then enter, quits; esc goes back")
        assert me.app.is_running
        await me.press("enter")
        await me.sees("A decision, a blocker, an outcome", "and more")
        await me.press("ctrl+q", "escape", "ctrl+s")
        await me.back()
        await me.until(lambda: me.store.all()[0].notes, "the note")
        # What is sent is not asked about.
        await me.press("ctrl+q")
        await ended(me)


@pytest.mark.parametrize("key", ["q", "ctrl+q"])
async def test_so_is_what_was_left_in_one(tmp_path, key):
    async with operator(tmp_path) as me:
        await me.new("Ship the parser")
        await me.press("m")
        await me.type("as agreed")
        await me.press("escape", "a")
        await me.type("Sweep the yard")
        await me.press("escape")
        await me.back()
        await me.press(key)
        await me.sees("2 texts not sent yet", 'Note, Ship the parser: "as agreed"', 'Add a goal: "Sweep the yard"')
        await me.press("y", "enter")
        await ended(me)


async def test_what_was_taken_out_again_is_not_asked_about(tmp_path):
    async with operator(tmp_path) as me:
        await me.press("a")
        await me.type("x")
        await me.press("escape", "a")
        await me.sees("This is as you left it")
        await me.press("backspace", "ctrl+q")
        await ended(me)


async def test_nothing_written_nothing_asked(tmp_path):
    async with operator(tmp_path) as me:
        await me.new("Ship the parser", "s-1")
        await me.press("c", "ctrl+s")
        await me.sees("Not closed")
        await me.press("ctrl+q")
        await ended(me)
