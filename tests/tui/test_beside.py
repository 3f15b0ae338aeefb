"""The screens beside the board: how one leaves them, and which keys their last line names."""

import pytest

from store import GoalStore
from tests.tui.helpers import FAILED, operator
from tests.tui.story import tell_ill
from tui.screens.doctor import DoctorScreen


def offered(me) -> str:
    """The line that names the keys, which is the last."""
    return me.screen.rstrip("\n").splitlines()[-1]


async def looked(me):
    screen = me.app.screen
    assert isinstance(screen, DoctorScreen)
    await me.until(lambda: screen._report is not None and not screen._looking, "the report")
    await me.pilot.pause(0.1)


@pytest.mark.parametrize("key", ["enter", "A", "D"])
@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 20)])
async def test_the_way_back_is_always_named(root, key, size):
    async with operator(root, size) as me:
        await me.at(FAILED)
        assert "esc" not in offered(me)
        await me.press(key)
        await me.until(lambda: "esc back" in offered(me) and "? keys" in offered(me), "both")
        assert ("palette" in offered(me)) is (size[0] >= 110)


@pytest.mark.parametrize("key", ["enter", "h", "A", "D"])
async def test_q_says_how_one_leaves(root, key):
    async with operator(root) as me:
        await me.at(FAILED)
        await me.press(key)
        await me.until(lambda: me.app.screen is not me.board and me.app.screen.is_mounted)
        screen = me.app.screen
        await me.press("q")
        await me.sees("esc goes back; q quits on the board")
        assert me.app.screen is screen
        await me.press("escape")
        await me.back()
        await me.press("q")
        await me.until(lambda: me.app.return_code is not None or not me.app.is_running, "the end")


async def test_q_is_typed_into_a_field(root):
    async with operator(root) as me:
        await me.press("enter", "slash", *"qqq")
        await me.sees("/ qqq")


async def test_where_no_finding_is_no_key_acts_on_one(root):
    async with operator(root) as me:
        await me.press("D")
        await looked(me)
        words = offered(me)
        assert all(word in words for word in ("a add", "r look again", "esc back"))
        assert not any(word in words for word in ("open", "link", "update", "close", "note", "status", "edit"))


async def test_the_keys_follow_the_finding(tmp_path):
    await tell_ill(tmp_path)
    async with operator(tmp_path) as me:
        await me.press("D")
        await looked(me)
        # The first is of a goal that can't be read.
        await me.until(lambda: "c close" not in offered(me))
        await me.press("j")
        await me.until(lambda: "c close" in offered(me) and "enter open" in offered(me), "the keys")


async def test_where_nothing_happened_no_key_acts_on_it(tmp_path):
    async with operator(tmp_path) as me, GoalStore.open(tmp_path, actor="agent") as other:
        await me.press("A")
        await me.sees("Nothing has happened here yet.")
        assert "c close" not in offered(me)
        await other.create("the first")
        await me.until(lambda: "c close" in offered(me) and "enter open" in offered(me), "the keys")
