"""A pane may be made as narrow as a column: that ends nothing."""

from tests.tui.helpers import FAILED, operator
from tests.tui.test_bindings import PLACES, arrive

ALIKE = {"edit", "link", "note", "status", "revert", "note several", "status several", "undo several"}
"""Dialogs of which another one has all the parts."""


async def test_every_screen_may_be_opened_in_a_narrow_pane_and_made_narrower(root):
    async with operator(root, (12, 24)) as me:
        for place in sorted(PLACES.keys() - ALIKE):
            await arrive(me, FAILED, PLACES[place])
            screen = me.app.screen
            for size in ((2, 3), (1, 1), (12, 24)):
                await me.pilot.resize_terminal(*size)
                assert me.app.screen is screen, f"{place} at {size}"


async def test_the_palette_in_a_pane_of_a_few_columns(root):
    async with operator(root) as me:
        for opened_at in (120, 4):
            await me.pilot.resize_terminal(opened_at, 24)
            await me.press("ctrl+p", "g")
            palette = me.app.screen
            for size in ((12, 24), (9, 24), (7, 24), (6, 3), (4, 24), (2, 24), (1, 1)):
                await me.pilot.resize_terminal(*size)
                assert me.app.screen is palette, f"{size}"
            await me.press("escape")
            await me.back()
