"""What stands in the last line can be clicked on: each key of it does what it does when it is pressed."""

from __future__ import annotations

import pytest

from store import GoalStatus
from tests.tui.helpers import FAILED, operator
from tui.screens.base import Palette
from tui.widgets.inputs import SafeInput
from tui.widgets.lines import KeyFooter


async def click(me, words: str) -> None:
    """Click in the middle of some words of the screen, the lowest that there are."""
    await me.sees(words)
    lines = me.screen.splitlines()
    y = next(at for at in range(len(lines) - 1, -1, -1) if words in lines[at])
    await me.pilot.click(offset=(lines[y].index(words) + len(words) // 2, y))


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_keys_of_the_board(root, size):
    async with operator(root, size) as me:
        for words, then in (("a add", "Add a goal"), ("l link", "Link a session"), ("? keys", "The job")):
            await click(me, words)
            await me.sees(then)
            await me.press("escape")
            await me.back()
        # Between two keys there is none.
        footer = me.board.query_one(KeyFooter).region
        line = me.screen.splitlines()[footer.y]
        await me.pilot.click(offset=(line.index("l link") - 1, footer.y))
        await click(me, "enter open")
        await me.sees(f"{FAILED}  Move", "FAILED  7 of 12")
        await click(me, "m note")
        await me.sees("A decision, a blocker, an outcome")
        await me.press("escape")
        await click(me, "esc back")
        await me.back()


async def test_one_that_cannot_act_says_why(tmp_path):
    async with operator(tmp_path) as me:
        await click(me, "c close")
        await me.sees("there is no goal under the cursor")
        goal = await me.new("Ship the parser")
        await me.press("enter")
        await click(me, "u update")
        await me.sees("no session is linked yet: l links one")
        await me.store.set_status(goal.id, GoalStatus.ABANDONED)
        await me.sees("ABANDONED")
        await click(me, "e edit")
        await me.sees("closed (abandoned), takes notes only")


async def test_on_the_other_screens_and_where_one_writes(root):
    async with operator(root) as me:
        for key in "AD":
            await me.press(key)
            await me.sees("esc back")
            await click(me, "esc back")
            await me.back()
        await click(me, "ctrl+p palette")
        await me.until(lambda: isinstance(me.app.screen, Palette), "the palette")
        await me.press("escape")
        await me.back()
        # What a field would take for text is not offered.
        await me.press("slash", "u", "v")
        await me.until(lambda: isinstance(me.app.focused, SafeInput))
        await me.until(lambda: "a add" not in me.screen)
        await click(me, "ctrl+p palette")
        await me.until(lambda: isinstance(me.app.screen, Palette), "the palette")


@pytest.mark.parametrize("size", [(120, 40), (60, 24)])
async def test_the_keys_of_a_refusal(tmp_path, size):
    async with operator(tmp_path, size) as me:
        await me.new("Ship the parser", "s-1")
        await me.press("c", "ctrl+s")
        for words, then in (("u update", "Update a session"), ("- unlink", "Unlink a session")):
            await click(me, f"{words}   ")
            await me.sees(then)
            await me.press("escape")
            await me.sees("Not closed")
        await click(me, "try again")
        await me.sees("still not: 0 of 1 verified")
        await click(me, "esc back")
        await me.back()


async def test_the_keys_of_a_dialog(tmp_path):
    async with operator(tmp_path) as me:
        await me.press("a")
        await me.type("Ship the parser")
        await click(me, "add ctrl+s")
        await me.sees("added g-")
        await me.press("m")
        await click(me, "cancel esc")
        await me.back()


async def test_the_order_is_changed_where_it_stands(root):
    async with operator(root) as me:
        await click(me, "order: need")
        await me.sees("order: changed, newest first   / filter")
        await click(me, "newest first   / filter")
        await me.sees("order: need, longest first")
        await click(me, "/ filter")
        await me.sees("words · status:")
