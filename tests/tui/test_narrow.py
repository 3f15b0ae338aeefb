"""A pane may be made as narrow as a column: that ends nothing."""

import pytest

from tests.tui.helpers import FAILED, operator


@pytest.mark.parametrize("tab", ["1", "2", "3"])
async def test_a_goal_that_is_open_in_a_pane_of_a_few_columns(root, tab):
    async with operator(root) as me:
        await me.at(FAILED)
        await me.press("enter", tab)
        await me.sees("Proof")
        for width in (12, 6, 3, 2, 1):
            await me.pilot.resize_terminal(width, 20)
            await me.pilot.pause()
        await me.pilot.resize_terminal(120, 40)
        await me.sees("Proof")
