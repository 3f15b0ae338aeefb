"""What must hold whatever the terminal does: sizes that change, keys from the palette, a hand on ctrl+c."""

import pytest

from store import GoalStore
from tests.tui.helpers import FAILED, away, operator
from tui.widgets.lines import KeyFooter, Notice

SIZES = ((200, 60), (160, 50), (120, 40), (80, 24), (60, 20), (40, 12))


async def test_resizing_keeps_cursor_and_filter(root):
    async with operator(root) as me:
        await me.press("0", "slash")
        await me.type("the")
        await me.press("enter", "G", "k", "k")
        goals = me.board.goals
        under, rows = goals.cursor, len(goals.order)
        assert rows > 12
        for size in (*SIZES, SIZES[2]):
            await me.pilot.resize_terminal(*size)
            await me.until(lambda: any(line.startswith("> ") for line in me.screen.splitlines()), f"the cursor: {size}")
            assert goals.cursor == under
            assert len(goals.order) == rows
        await me.sees("/ the")


@pytest.mark.parametrize("key", ["m", "u"])
async def test_resizing_keeps_what_is_being_typed(root, key):
    async with operator(root) as me:
        await me.at(FAILED)
        await me.press(key)
        if key == "u":
            await me.press("tab", "tab", "tab")
        await me.type("half a sentence")
        for size in SIZES:
            await me.pilot.resize_terminal(*size)
            await me.sees("half a sentence")
        await me.type(", and the rest")
        await me.press("ctrl+s")
        await me.pilot.resize_terminal(120, 40)
        await me.until(lambda: "half a sentence, and the rest" in me.goal(FAILED).notes, "the note")


@pytest.mark.parametrize("size", SIZES)
async def test_no_word_of_the_frame_is_cut(root, size):
    async with operator(root, size) as me:
        await me.sees("FAILED")
        footer = me.app.screen.query_one(KeyFooter)
        assert "? keys" in str(footer.render())
        if size[0] >= 60:
            assert "1 Needs" in me.screen
            assert "gate: evidence" in me.screen


async def test_a_degraded_palace_is_told_at_every_size(root):
    async with operator(root) as me:
        await me.at(FAILED)
        with away(root):
            await me.sees("degraded, changes are refused")
            for size in SIZES:
                await me.pilot.resize_terminal(*size)
                await me.sees("degraded", "FAILED")
        await me.until(lambda: "degraded" not in me.screen, "healing")


async def test_every_entry_of_the_palette_has_something_that_does_it(root):
    async with operator(root) as me:
        for keys, some in (((), "filter (/)"), (("enter",), "close (c)"), (("A",), "filter (/)"), (("D",), "keys (?)")):
            await me.home()
            await me.at(FAILED)
            await me.press(*keys)
            await me.pilot.pause()
            screen = me.app.screen
            assert any(entry.title.startswith(f"{some}  ") for entry in me.app.get_system_commands(screen))
            for active in screen.active_bindings.values():
                if active.binding.tooltip:
                    owner, name, _ = me.app._parse_action(active.binding.action, active.node)
                    assert hasattr(owner, f"action_{name}"), active.binding


async def test_ctrl_c_says_how_to_leave(root):
    async with operator(root) as me:
        await me.press("ctrl+c")
        await me.sees("ctrl+q from anywhere")
        assert not me.app.screen.query("Toast")


async def test_an_old_answer_goes_and_a_refusal_later(tmp_path, monkeypatch):
    monkeypatch.setattr(Notice, "STAYS", 0.2)
    monkeypatch.setattr(Notice, "BAD_STAYS", 600)
    async with operator(tmp_path) as me:
        notice = me.board.query_one(Notice)
        await me.press("s")
        await me.sees("order: changed, newest first")
        await me.until(lambda: not notice.text, "the answer to go")
        await me.press("c")
        await me.sees("there is no goal under the cursor")
        await me.pilot.pause(0.5)
        assert notice.text
        # What is new is not taken for what was there before it.
        await me.press("s")
        monkeypatch.setattr(Notice, "STAYS", 600)
        await me.press("s")
        await me.pilot.pause(0.5)
        assert "newest first" in notice.text
        monkeypatch.setattr(Notice, "BAD_STAYS", 0.2)
        await me.press("c")
        await me.until(lambda: not notice.text, "the refusal to go")


async def test_what_happened_meanwhile_waits_to_be_read(tmp_path, monkeypatch):
    monkeypatch.setattr(Notice, "STAYS", 0.1)
    async with operator(tmp_path):
        pass
    async with GoalStore.open(tmp_path, actor="agent") as other:
        await other.create("Sweep the yard")
    async with operator(tmp_path) as me:
        await me.sees("since you left: ")
        await me.pilot.pause(0.5)
        assert "since you left: " in me.screen
