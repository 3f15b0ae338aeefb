"""What is drawn of a part of the screen is what Textual itself would draw of it."""

from __future__ import annotations

import random
import re
import unicodedata
from itertools import pairwise

import pytest
from textual._compositor import Compositor
from textual.geometry import Offset, Region
from textual.widgets import Static

from tests.tui.helpers import operator
from tui.cells import cell_len
from tui.keyboard import KeysAlone
from tui.painting import Painter


def parts(painter: Painter, drawn, region: Region) -> list[tuple[int, int, str]]:
    """Return what stands where on the lines of a region, in the parts of them that it touches."""
    chops = drawn(painter, region, lambda y: y in region.line_range)
    return [
        (y, x, chops[y][x].text)
        for y in region.line_range
        for x, end in pairwise(painter.cuts[y])
        if x < region.right and end > region.x
    ]


async def cover(me) -> None:
    """Have something lie over a part of the screen, as a toast does."""
    over = Static("over\nit", markup=False)
    over.styles.overlay, over.styles.width, over.absolute_offset = "screen", 9, Offset(12, 6)
    await me.app.screen.mount(over)
    await me.until(lambda: over in me.app.screen._compositor.visible_widgets, "something above the rest")
    assert over.region.size == (9, 2)


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (160, 50)])
async def test_a_part_of_any_screen_is_drawn_as_textual_draws_it(told, size):
    chance = random.Random(4)
    async with operator(told, size) as me:
        for keys in ([], ["slash", "x", "x"], ["escape"], ["enter"], ["2"], ["h"], ["escape"], ["A"], ["escape"]):
            await me.press(*keys)
            await me.pilot.pause(0.1)
            await cover(me)
            painter = me.app.screen._compositor
            assert isinstance(painter, Painter)
            for _ in range(40):
                x, y = chance.randrange(size[0]), chance.randrange(size[1])
                region = Region(x, y, chance.randint(1, size[0] - x), chance.randint(1, size[1] - y))
                expected = parts(painter, Compositor._render_chops, region)
                assert parts(painter, Painter._render_chops, region) == expected


CODE = re.compile(r"\x1b\[([0-9;]*)([A-Za-z])|\x1b\][^\x1b]*\x1b\\\\|(.)", re.DOTALL)


def on_terminal(written: str, size: tuple[int, int], cells_of) -> list[list[str]]:
    """Return the text in each cell of a terminal that has its own mind of the cells a character takes."""
    columns, lines = size
    screen = [["?"] * columns for _ in range(lines)]
    x = y = 0
    for numbers, code, char in CODE.findall(written):
        if code == "H":
            y, x = (int(number) - 1 for number in numbers.split(";"))
        elif code == "G":
            x = int(numbers) - 1
        elif char == "\n":
            y += 1
        elif char:
            cells = cells_of(char)
            for at in range(x, min(x + cells, columns)):
                screen[y][at] = char if at == x else ""
            x += cells
    return screen


@pytest.mark.parametrize(
    "cells_of",
    [
        # As in tmux and xterm.
        lambda char: cell_len(char) or int(unicodedata.category(char) == "Mc"),
        # As in the console of Linux.
        lambda _char: 1,
    ],
    ids=["a vowel sign takes a cell", "each takes one"],
)
async def test_what_follows_text_of_another_width_keeps_its_place(root, cells_of):
    size = (120, 40)
    async with operator(root, size) as me:
        for number, text in enumerate(("की " * 18, "🔥" * 30, "Z\u0301\u0302\u0303" * 9)):
            await me.new(text, f"odd-{number}")
        await me.press("0")
        await me.sees("odd-0", "odd-1", "odd-2")
        painter, console = me.app.screen._compositor, me.app.console
        full = painter.render_full_update().render_segments(console)
        here, there = on_terminal(full, size, cell_len), on_terminal(full, size, cells_of)
        rows = [y for y, line in enumerate(here) if re.search("odd-. launched *$", "".join(line))]
        assert len(rows) == 3
        assert [here[y] for y in rows] != [there[y] for y in rows]
        for y in rows:
            at = here[y].index("░")
            assert here[y][at:] == there[y][at:]
        painter._dirty_regions.add(Region(0, 0, 70, 40))
        part = painter.render_partial_update()
        assert part is not None
        assert on_terminal(full + part.render_segments(console), size, cells_of) == there


async def test_a_line_that_is_covered_is_not_asked_for(root, monkeypatch):
    async with operator(root) as me:
        asked: list[Region] = []
        body = me.board.query_one("#body")
        monkeypatch.setattr(body, "render_lines", asked.append)
        await me.press("j", "k", "G", "g")
        await me.pilot.pause(0.2)
        assert not asked


async def test_a_row_that_changed_is_drawn_without_the_scrollbar_beside_it(root, monkeypatch):
    async with operator(root, (120, 24)) as me:
        await me.press("0", "j")
        assert me.board.goals.show_vertical_scrollbar
        await me.pilot.pause(0.2)
        asked: list[Region] = []
        monkeypatch.setattr(me.board.goals.vertical_scrollbar, "render_lines", asked.append)
        await me.press("j", "j", "k")
        assert me.board.goals.top == 0
        assert not asked


async def test_a_list_that_scrolled_shows_what_it_would_if_it_were_drawn_anew(root):
    async with operator(root, (120, 24)) as me:
        await me.press("0")
        goals = me.board.goals
        chance = random.Random(5)
        for step in range(60):
            await me.press(*chance.choices(("j", "k", "pagedown", "ctrl+u", "G", "g", "space"), (9, 6, 2, 2, 1, 1, 1)))
            if step % 10 == 0:
                await me.new(f"new {step}")
            whole = Region(0, 0, *goals.region.size)
            # Colours too: where the cursor was, the line is another.
            kept = [list(strip.simplify()) for strip in goals.render_lines(whole)]
            goals._painted.clear()
            goals._strips.clear()
            assert kept == [list(strip.simplify()) for strip in goals.render_lines(whole)]
        assert goals.top > 0 or goals.row_of(goals.cursor) == 0


def cells(bar) -> list[object]:
    """Return what each cell of a scrollbar shows, and what a click on it does."""
    strips = bar.render_lines(Region(0, 0, *bar.region.size))
    return [(segment.text, segment.style.color, segment.style.bgcolor, segment.style.meta)
            for strip in strips for segment in strip]  # fmt: skip


async def test_a_thumb_that_moved_is_what_it_would_be_if_it_were_drawn_anew(root):
    async with operator(root, (120, 24)) as me:
        await me.press("0")
        bar = me.board.goals.vertical_scrollbar
        chance, seen = random.Random(6), set()
        for _ in range(60):
            await me.press(*chance.choices(("j", "k", "pagedown", "ctrl+u", "G", "g"), (9, 6, 2, 2, 1, 1)))
            kept = cells(bar)
            bar.refresh()
            assert kept == cells(bar)
            seen.add(str(kept))
        assert len(seen) > 5


async def test_a_key_in_the_list_is_on_the_screen_before_the_next_step_of_the_loop(root):
    async with operator(root) as me:
        goals = me.board.goals
        assert isinstance(goals, KeysAlone)
        await me.pilot.pause(0.1)
        shown = []
        me.app.post_display_hook = lambda: shown.append(goals.cursor)  # type: ignore[method-assign]
        assert not await me.app._check_bindings("y" * 9, priority=True)
        assert await me.app._check_bindings("j", priority=True)
        assert shown == [goals.cursor]


async def test_what_a_page_key_brings_is_ready_before(root, monkeypatch):
    async with operator(root, (120, 20)) as me:
        await me.press("0", "j")
        goals = me.board.goals
        await me.until(lambda: len(goals._drawn) >= 2 * goals.page, "the page below")
        drawn = set()

        def draw(goal, *_):
            drawn.add(goal.id)
            return []

        monkeypatch.setattr("tui.widgets.goal_list.pieces", draw)
        await me.press("pagedown")
        await me.pilot.pause()
        assert goals.top > 0
        # Those that are drawn by now are for the key after this one.
        assert not drawn & {goals.key_of(row) for line in goals._screen if (row := goals.row_at(line)) is not None}


async def test_the_terminal_moves_nothing_while_lines_wait_to_be_drawn_or_something_covers_them(root, monkeypatch):
    async with operator(root, (120, 24)) as me:
        await me.press("0")
        goals = me.board.goals
        slid: list[bool] = []

        def drawn(painter: Painter) -> bool:
            slid.append(True)
            return painter._slide is None

        monkeypatch.setattr(Painter, "has_slid", drawn)

        async def slides(*, wait: bool = False) -> bool:
            await me.press("g")
            goals.point_at(goals.page - 1)
            await me.pilot.pause(0.1)
            slid.clear()
            if wait:
                goals.repaint(3)
            assert await me.app._check_bindings("j", priority=True)
            return bool(slid)

        assert await slides()
        assert not await slides(wait=True)
        await cover(me)
        assert not await slides()
