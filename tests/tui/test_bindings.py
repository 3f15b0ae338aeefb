"""Every key of every screen does something that can be seen, or says why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from textual._context import visible_screen_stack
from textual.widgets import Input, TextArea

from store import SessionLink, SessionTaskState, SessionUpdate
from tests.tui.helpers import Operator, operator
from tui.screens.board import Board
from tui.screens.goal import HISTORY, NOTES, PROOF, GoalScreen
from tui.widgets.filter import Filter

if TYPE_CHECKING:
    from pathlib import Path

    from textual.widget import Widget

SIZE: Final = (100, 24)
"""Small enough that everything can be scrolled."""
PLACES: Final[dict[str, tuple[str, ...]]] = {
    "board": (),
    "goal": ("enter",),
    "notes": ("enter", "2"),
    "history": ("h",),
    "activity": ("A",),
    "doctor": ("D",),
    "help": ("question_mark",),
    "refused": ("c", "ctrl+s"),
    "add": ("a",),
    "edit": ("e",),
    "link": ("l",),
    "unlink": ("minus",),
    "update": ("u",),
    "note": ("m",),
    "status": ("t",),
    "close": ("c",),
    "undo": ("z",),
    "leave": ("m", "w", "ctrl+q"),
    "revert": ("h", "j", "j", "z"),
    "note several": ("space", "m"),
    "status several": ("space", "t"),
    "close several": ("space", "c"),
    "undo several": ("space", "z"),
    "refusals": ("space", "k", "k", "space", "c", "ctrl+s"),
}
"""How one gets from the board to each screen."""
PANES: Final[dict[str, tuple[str, ...]]] = {
    "criteria": ("enter", "shift+tab"),
    "evidence": ("enter", "enter"),
    "then": ("h", "tab"),
    "differences": ("h", "enter"),
    "event": ("A", "tab"),
}
"""How one gets to the other panes of a screen, where only the pane's own keys are tried."""
LIKE: Final = (
    *("edit", "link", "unlink", "close", "revert", "undo"),
    *("note several", "close several", "undo several", "status several"),
    *("evidence", "then", "differences"),
)
"""Places with the same keys as another one: tests/soak tries them."""
BEFORE: Final = ((), ("home",), ("end",), ("down",), ("left",), ("tab",))
"""What is pressed first, where a key has nothing to do: at the top there is nothing above."""
NOTHING: Final = {
    "board": {"board.all"},
    "goal": {"page.proof"},
    "notes": {"page.notes", "page.next", "page.previous"},
    "history": {"page.history"},
    "doctor": {"page.next"},
}
"""What has nothing to do: the view is there already, or there is no other pane."""
WHOLE: Final = ("board", "goal", "activity")
"""Where the keys of the job are tried too, which are the same on every screen."""


def look(me: Operator) -> object:
    """Return all that an operator notices: what is drawn, with colours, and what left the console."""
    # As the console itself draws it, with what stands behind a dialog.
    visible_screen_stack.set(me.app._background_screens)
    drawn = me.app.screen._compositor.render_strips()
    return drawn, len(me.app.screen_stack), me.app.clipboard, me.app.return_code


async def settled(me: Operator) -> object:
    """Wait until nothing moves any more, and return what is there then."""
    before: object = None
    while before != (before := look(me)):
        await me.pilot.pause(0.05)
    return before


async def acts(me: Operator, key: str) -> bool:
    before = await settled(me)
    await me.press(key)
    for _ in range(20):
        if look(me) != before:
            return True
        await me.pilot.pause(0.02)
    return False


async def prepare(me: Operator) -> str:
    """Add a goal in which every key finds something, and return its id."""
    lines = "\n".join(f"line {number} of the proof https://example.org/{number}" for number in range(60))
    goal = await me.store.create("Everything at hand", [f"criterion {number}" for number in range(20)])
    for number in range(3):
        link = SessionLink.launched(f"s-{number}-{goal.id}", f"work of {number}")
        goal = await me.store.link(goal.id, link)
    first = goal.sessions[0].session_id
    update = SessionUpdate(session_id=first, state=SessionTaskState.FAILED, evidence=lines, note=lines)
    await me.store.update(goal.id, update)
    return goal.id


async def arrive(me: Operator, goal_id: str, keys: tuple[str, ...]) -> None:
    """Go where the keys are tried, from the board, as it was at first."""
    while me.app.screen is not me.board:
        _ = me.app.pop_screen()
    board = me.board
    assert board.triage is not None
    board.triage.marked.clear()
    board.filter.value = ""
    board.action_view("1")
    board.action_back()
    board.goals.focus()
    await me.at(goal_id)
    me.app.copy_to_clipboard("")
    for key in keys:
        await me.press(key)
    for field in me.app.screen.query("Input, TextArea"):
        assert isinstance(field, Input | TextArea)
        field.cursor_blink = False
    me.app.answer("")


def back(me: Operator, way: tuple[str, ...], focused: Widget | None) -> None:
    """Make good what the key before has done to the screen itself."""
    screen = me.app.screen
    for field in screen.query(Filter):
        field.clear_first()
    if isinstance(screen, Board):
        screen.action_view("0")
        screen.goals.point_at(len(screen.goals.order) // 2)
    if isinstance(screen, GoalScreen):
        screen.action_tab(HISTORY if "h" in way else NOTES if "2" in way else PROOF)
    screen.set_focus(focused)


def tried(me: Operator, place: str) -> dict[str, str]:
    """Return the bindings that are ours (help and palette list them), each with one of its keys."""
    screen = me.app.screen
    keys: dict[str, str] = {}
    for key, (node, binding, *_) in screen.active_bindings.items():
        foreign = (place in PANES and node is not screen.focused) or (
            place not in WHOLE and (binding.id or "").startswith("goal.")
        )
        # Nothing is wrong with the sample goals' palace, so the doctor lists nothing to move through.
        foreign = foreign or (place == "doctor" and (binding.id or "").startswith("list."))
        if binding.id and binding.tooltip and not foreign:
            keys.setdefault(binding.id, key)
    return keys


@pytest.mark.parametrize("place", [place for place in (*PLACES, *PANES) if place not in LIKE])
async def test_no_key_is_silent(root: Path, place: str):
    await try_keys(root, place)


async def try_keys(root: Path, place: str) -> None:
    """See that each key of a place does something, or says why not."""
    way = (PLACES | PANES)[place]
    async with operator(root, SIZE) as me:
        # What would leave the console, or the screen, can be seen too.
        me.app.exit = lambda *_args, **_more: me.app.answer("left")  # type: ignore[method-assign]
        me.app.open_url = lambda *_args, **_more: me.app.answer("opened")  # type: ignore[method-assign]
        goal_id = await prepare(me)
        number = me.store.revision(goal_id)
        await arrive(me, goal_id, way)
        screen, focused, silent = me.app.screen, me.app.focused, []
        kind = type(screen)
        keys = tried(me, place)
        assert keys
        for binding, key in keys.items():
            for first in BEFORE:
                while screen in me.app.screen_stack and me.app.screen is not screen:
                    _ = me.app.pop_screen()
                if me.app.screen is not screen or me.store.revision(goal_id) != number:
                    goal_id = await prepare(me)
                    await arrive(me, goal_id, way)
                    screen, focused = me.app.screen, me.app.focused
                    assert type(screen) is kind, me.screen
                back(me, way, focused)
                me.app.answer("")
                await me.press(*first)
                if await acts(me, key):
                    break
            else:
                silent.append(binding)
        assert set(silent) <= NOTHING.get(place, set())
