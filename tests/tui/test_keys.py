"""Keys, views, filter, help, sizes: each binding does what its tooltip says."""

from functools import partial

import pytest
from textual.binding import Binding
from textual.dom import DOMNode

from store import GoalStore, SessionLink
from tests.tui.helpers import FAILED, operator
from tui.screens.activity import ActivityScreen
from tui.screens.base import GoalKeys
from tui.screens.board import Board
from tui.screens.dialogs.base import Dialog
from tui.screens.doctor import DoctorScreen
from tui.screens.goal import GoalScreen
from tui.screens.refused import RefusedPanel
from tui.widgets.fields import Choice
from tui.widgets.goal_list import GoalList
from tui.widgets.pick import PickList
from tui.widgets.reader import Reader
from tui.widgets.rows import RowList

OWNERS: list[type[DOMNode]] = [
    Board,
    GoalKeys,
    GoalScreen,
    ActivityScreen,
    DoctorScreen,
    RefusedPanel,
    Dialog,
    RowList,
    GoalList,
    PickList,
    Reader,
    Choice,
]


def bindings(owner: type[DOMNode]) -> list[Binding]:
    found = [binding for binding in owner.BINDINGS if isinstance(binding, Binding)]
    assert len(found) == len(owner.BINDINGS)
    return found


def test_every_binding_has_an_id_and_a_tooltip_and_none_types():
    seen: dict[str, object] = {}
    for owner in OWNERS:
        for binding in bindings(owner):
            assert binding.id, binding
            assert binding.tooltip, binding
            # A printable key with priority could not be typed in a dialog.
            assert not binding.priority or (owner is Dialog and binding.key in ("tab", "shift+tab")), binding
            assert not {"ctrl+h", "ctrl+i", "ctrl+m", "U", "X", "C"} & set(binding.key.split(",")), binding
            holder = seen.setdefault(binding.id, owner)
            # Screens have panes, and the two lists are moved through alike.
            assert holder is owner or binding.id.startswith("page.") or {holder, owner} == {RowList, GoalList}, binding


async def test_moving(root):
    async with operator(root) as me:
        await me.press("0")
        goals = me.board.goals
        await me.moves(goals, last=len(goals.order) - 1, half=12, page=25)


async def test_views_and_escape(root):
    async with operator(root) as me:
        await me.sees("nothing needed from you")
        for digit, word in (
            ("2", "▸ running"),
            ("3", "○ pending"),
            ("4", "● done"),
            ("0", "✗ FAILED"),
            ("1", "needed from you"),
        ):
            await me.press(digit)
            await me.sees(word)
        await me.press("4", "escape")
        await me.sees("nothing needed from you")
        await me.press("escape")
        await me.sees("q quits")
        assert me.app.is_running


async def test_filter_as_you_type(root):
    async with operator(root) as me:
        # Keys that act elsewhere write here.
        await me.press("0", "slash", *"q-/?")
        await me.sees(" has the words: q-/?", "/ q-/?")
        await me.press("ctrl+u")
        await me.type("red_knot")
        await me.sees("red_knot")
        await me.until(lambda: len(me.board.goals.order) == 1)
        await me.press("enter", "enter")
        await me.sees("ABANDONED")
        await me.press("escape")
        await me.sees("/ red_knot")
        await me.press("escape")
        await me.until(lambda: len(me.board.goals.order) == 47)
        await me.press("slash")
        await me.type("uv-pr-18504")
        await me.press("enter")
        await me.until(lambda: me.board.goals.cursor == FAILED and len(me.board.goals.order) == 1)


@pytest.mark.parametrize(
    "key, there, title, owners",
    [
        ("1", "● live", "Find, and screens", (Board, GoalList)),
        ("A", "● live", "This screen", (ActivityScreen, RowList)),
        ("D", "all is well", "This screen", (DoctorScreen, RowList)),
    ],
)
async def test_help_lists_every_key_of_the_screen(root, key, there, title, owners):
    async with operator(root) as me:
        await me.press(key)
        await me.until(lambda: isinstance(me.app.screen, owners[0]), "the screen")
        await me.sees(there)
        await me.press("question_mark")
        await me.sees("The job", "Move", title, "Signs")
        shown = "\n".join(str(widget.render()) for widget in me.app.screen.query("Static"))
        for owner in (GoalKeys, *owners):
            for binding in bindings(owner):
                assert binding.tooltip in shown
        # A line that goes on in the next column's place would be read as that of the key beside it.
        columns = me.app.screen.query("Static")
        assert [column.size.height for column in columns] == [
            str(column.render()).count("\n") + 1 for column in columns
        ]
        await me.press("escape")
        await me.until(lambda: isinstance(me.app.screen, owners[0]), "the screen again")


async def test_the_palette_has_the_keys(root):
    async with operator(root) as me:
        await me.press("ctrl+p")
        await me.sees("add (a)")
        await me.type("status (t)")
        await me.sees("Set the goal's status")
        await me.press("enter")
        await me.sees("Set the status")


async def test_quit_on_the_board_only(root):
    async with operator(root) as me:
        await me.press("enter", "q")
        await me.sees("FAILED  7 of 12")
        assert me.app.is_running
        await me.press("escape", "q")
        await me.until(lambda: not me.app.is_running)


async def test_a_click_points_and_two_open(root):
    async with operator(root) as me:
        await me.pilot.click(GoalList, offset=(20, 2))
        await me.until(lambda: me.board.goals.row_of(me.board.goals.cursor) == 1)
        await me.pilot.click("#tabs", offset=(20, 0))
        await me.sees("▸ running")
        await me.pilot.click(GoalList, offset=(20, 1), times=2)
        await me.sees("NOT DONE")


async def test_cursor_and_scroll_survive_changes(root):
    async with operator(root) as me, GoalStore.open(root, actor="agent") as other:
        me.board.goals.HOLD = 0
        await me.press("0", "G", *["k"] * 3)
        goals = me.board.goals
        under = goals.cursor

        def height():
            return goals.line_of(goals.row_of(under) or 0) - goals.scroll_y

        before = height()
        for number in range(3):
            goal = await other.create(f"new {number}")
            await other.link(goal.id, SessionLink.launched(f"s-{number}", "x"))
            await me.until(partial(goals.order._shown.get, goal.id), goal.id)
        assert goals.cursor == under
        assert height() == before


async def test_the_rows_move_by_themselves_when_the_hand_is_away(root):
    async with operator(root) as me, GoalStore.open(root, actor="agent") as other:
        me.board.goals.HOLD = 0.5
        await me.press("j")
        await other.create("Sneaks in")
        await me.sees("Sneaks in")
        await me.until(lambda: "moved, r" not in me.screen, "no row to wait")


async def test_sizes_down_to_forty_columns(root):
    async with operator(root, (40, 12)) as me:
        await me.sees("✗ FAILED", "7/12", "? keys")
        for size in ((60, 20), (80, 24), (100, 30), (160, 50), (200, 60), (30, 8)):
            await me.pilot.resize_terminal(*size)
            await me.sees("FAILED")
            me.fits()
        await me.pilot.resize_terminal(120, 40)
        await me.sees("VERIFIED", "● live")


async def test_undo_asks_and_names_the_change(root):
    async with operator(root) as me:
        goal = await me.new("Undo me", "s-1")
        await me.press("z")
        await me.sees("Take it back?", "s-1 linked, launched: work of s-1", "by tester")
        await me.press("enter")
        await me.sees("nothing was changed back")
        assert len(me.goal(goal.id).sessions) == 1
        await me.press("z")
        await me.sees("Take it back?")
        await me.press("right", "enter")
        await me.sees("is as it was at revision 1")
        assert not me.goal(goal.id).sessions
        await me.press("h")
        await me.sees("Revisions 3", "s-1 unlinked", "created as pending")
        await me.press("j", "j")
        await me.sees("Revision 1 by tester")


async def test_undo_is_refused_when_the_goal_changed_meanwhile(root):
    async with operator(root) as me, GoalStore.open(root, actor="agent") as other:
        goal = await me.new("Race", "s-1")
        await me.press("z")
        await me.sees("Take it back?")
        await other.note(goal.id, "me too")
        await me.sees("The goal changed meanwhile:", "note: me too", "not now: it changed meanwhile")
        await me.press("right", "enter")
        await me.sees("Not sent.")
        assert len(me.goal(goal.id).sessions) == 1


async def test_nothing_to_undo(root):
    async with operator(root) as me:
        await me.new("Fresh")
        await me.press("z")
        await me.sees("there is nothing to undo")
