"""Whatever an agent writes is shown literally and moves nothing."""

import re

import anyio
import pytest

from store import GoalStore, SessionLink
from tests.store.helpers import link_wire, update, wire, write_cache
from tests.tui.helpers import drawn, operator
from tui.cells import steady
from tui.format import safe
from tui.widgets.reader import Reader

HOSTILE = [
    "[bold red]x[/]",
    "[/] [unclosed",
    "[@click=app.quit]quit[/]",
    "\x1b]0;pwn\x07",
    "\x1b[2J\x1b[H",
    "\x9b31mC1",
    "\u202egnol",
    "\u2066\u2067iso\u2069",
    "zero\u200bwidth\ufeff",
    "tag\U000e0041",
    "中文字符和日本語",
    "שלום عالم",
    "⚠️ ❤️ 👩🏽\u200d💻 👨\u200d👩\u200d👧",
    "e\u0301\u0302\u0303\u0304 zalgo",
    "look\xad\u2060\u3164 alike\u115f",
    "Z" + "\u0301" * 10,
    "$boost $error [$primary]",
]
FORBIDDEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b\u200c\u200e\u200f\ufeff\U000e0000-\U000e007f"
    "\xad\u2060-\u2065\u115f\u3164]|\u0301{9}"
)


def harmless(screen):
    assert not FORBIDDEN.search(screen)


def hostile(number, text):
    """A goal that holds the text wherever one can stand; in ids and descriptions too, as an adopted file may."""
    failed = link_wire(f"s{number} {text}", "failed", "\n".join(HOSTILE)) | {"task": text}
    running = link_wire(f"t{number}", "running") | {"task": text}
    made = wire(f"g-{number:016x}", status="inProgress", sessions=[failed, running])
    return made | {"description": text, "acceptance": [text, "second"], "notes": [text]}


@pytest.fixture
def hostile_root(tmp_path):
    """A palace that adopted a file of hostile goals: what import refuses, a cache may still hold."""
    write_cache(tmp_path, *(hostile(number, text) for number, text in enumerate(HOSTILE, 1)))

    async def adopt():
        async with GoalStore.open(tmp_path) as store:
            assert len(store.all()) == len(HOSTILE)

    anyio.run(adopt)
    return tmp_path


@pytest.mark.parametrize("size", [(120, 40), (80, 24)], ids=["120x40", "80x24"])
async def test_literal_and_harmless_on_every_screen(hostile_root, size):
    async with operator(hostile_root, size) as me:
        shown = me.screen
        assert all(safe(text)[:18] in shown for text in HOSTILE[:10])
        harmless(shown)
        await me.press("enter", "tab")
        await me.sees("FAILED  ")
        lines = drawn(me.app.screen.query_one("#evidence", Reader))
        assert [line for line in lines if line] == [steady(safe(text)) for text in HOSTILE]
        harmless(me.screen)
        await me.press("escape")
        # The second breaks markup, the fourth is obeyed by terminals, the seventh turns the direction.
        for number in (2, 4, 7) if size[0] > 80 else (7,):
            me.board.point_at(f"g-{number:016x}")
            text = safe(HOSTILE[number - 1])[:9]
            for key, word in (("u", "Update a session"), ("e", "Edit the goal"), ("c", "Close: ")):
                await me.press(key)
                await me.sees(word, text)
                harmless(me.screen)
                await me.press("escape")
            await me.press("c", "ctrl+s")
            await me.sees("Not closed", text)
            harmless(me.screen)
            await me.press("escape", "h")
            await me.sees("taken over from goals.json", text)
            harmless(me.screen)
            await me.press("escape")


async def test_sessions_whose_ids_look_alike_are_told_apart(root):
    async with operator(root) as me:
        await me.new("Alike", "s-look", "s-look ", "s\u2010look", "s-look\xad", "s-look\n")
        apart = ["s-look  ", "'s-look '", "s<U+2010>look", "s-look<U+00AD>", "s-look␊"]
        await me.sees(*apart)
        await me.press("enter")
        await me.sees(*apart)
        await me.press("c", "enter")
        await me.sees("Not closed", *apart)


async def test_rows_of_every_script_are_aligned(hostile_root):
    async with operator(hostile_root) as me:
        lines = me.board.goals
        for y in range(lines.size.height):
            assert lines.render_line(y).cell_length == lines.size.width


async def test_the_colours_of_captured_output_are_literal_and_dim_beside_its_words(root):
    log = "\x1b[31mFAILED\x1b[0m tests/test_parser.py\x1b[K\n\x1b[broken 3 \x1b[1;38;5;9mfailed\x1b[m"
    async with GoalStore.open(root) as store:
        goal = await store.create("coloured")
        await store.link(goal.id, SessionLink.launched("s-1", "write it"))
        await store.update(goal.id, update("s-1", "failed", log))
    async with operator(root) as me:
        me.board.point_at(goal.id)
        await me.press("enter")
        await me.sees("FAILED␛[0m tests/test_parser.py")
        reader = me.app.screen.query_one("#evidence", Reader)
        assert drawn(reader)[:2] == safe(log, multiline=True).split("\n")
        plain = reader.visual_style.rich_style.color
        rows = [
            [(part.text, part.style is None or part.style.color == plain) for part in reader.render_line(row)]
            for row in (0, 1)
        ]
        words = ["".join(text for text, bright in row if bright).strip() for row in rows]
        assert words == ["FAILED tests/test_parser.py", "␛[broken 3 failed"]


async def test_what_is_pasted_is_drawn_safely_and_kept(root):
    async with operator(root) as me:
        goal = await me.new("Pasted", "s-1")
        await me.press("u", "right", "right", "right", "tab")
        await me.type("\x1b[32mok\x1b[0m \u202e[/]")
        await me.sees("␛[32mok␛[0m")
        harmless(me.screen)
        await me.press("ctrl+s")
        await me.sees("updated s-1")
        assert me.goal(goal.id).sessions[0].evidence == "\x1b[32mok\x1b[0m \u202e[/]"
        await me.press("e")
        await me.type("\x07\u202e-x")
        harmless(me.screen)
        await me.press("ctrl+s")
        await me.sees("control character")
        harmless(me.screen)


async def test_an_edit_that_touches_nothing_sends_nothing(hostile_root):
    async with operator(hostile_root) as me:
        goal_id = "g-0000000000000007"
        me.board.point_at(goal_id)
        await me.press("e")
        await me.sees("Edit the goal", "<U+202E>gnol")
        await me.press("ctrl+s")
        await me.sees("nothing changed")
        assert me.goal(goal_id).description == "\u202egnol"


async def test_refusals_and_answers_are_literal(root):
    async with operator(root) as me:
        evil = "s [bold]x[/] \u202e[/"
        await me.store.link((await me.store.create("Holder")).id, SessionLink.launched(evil, "x"))
        other = await me.new("Other")
        await me.press("l")
        await me.type(evil)
        await me.press("enter")
        await me.type("t")
        await me.press("enter")
        await me.sees("already linked", "[bold]x[/]")
        harmless(me.screen)
        await me.press("escape", "escape")
        await me.store.link(other.id, SessionLink.launched("[/] [unclosed", "x"))
        await me.store.update(other.id, update("[/] [unclosed", "running"))
        await me.press("c", "enter")
        await me.sees("Not closed", "[/] [unclosed")
        await me.press("u")
        await me.type("ok \x1b]0;pwn\x07")
        await me.press("ctrl+s")
        await me.sees("updated [/] [unclosed: verified")
        harmless(me.screen)
