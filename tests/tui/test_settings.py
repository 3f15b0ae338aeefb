"""The operator's own file, and how the console looks: colours, none, ASCII alone."""

import ast
import json
import os
import re
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.color import Color

from store import GoalStore, SessionLink
from tests.store.helpers import palace_file, update
from tests.tui.helpers import FAILED, operator, ready
from tui.app import Console
from tui.format import ASCII
from tui.hints import DEFAULTS, give
from tui.keys import bindings, remap
from tui.look import CONTRAST, contrast, remembered_theme, state_path
from tui.settings import Config, config_path, read_config

SOURCES = Path(__file__).parents[2] / "tui"
WRITTEN = {
    "": Config(),
    'theme = "nord"\nascii = true': Config("nord", {}, True),
    '[keys]\n"goal.close" = "ctrl+w,c"\ngoal.add = "n"': Config(None, {"goal.close": "ctrl+w,c", "goal.add": "n"}),
    "theme = 3": Config(problems=("theme must be a text",)),
    "ascii = 'yes'\ncolour = 1": Config(problems=("ascii must be true or false", "colour is not known here")),
    "keys = 'q'": Config(problems=("keys must be a table, [keys]",)),
    "[keys]\ngoal.add = 3": Config(problems=("goal.add in [keys] must be a text",)),
}


@pytest.mark.parametrize("text", WRITTEN)
def test_what_the_file_says(tmp_path, text):
    path = tmp_path / "config.toml"
    path.write_text(text)
    assert read_config(path) == WRITTEN[text]


def test_a_file_that_cannot_be_read_is_a_problem_and_no_crash(tmp_path):
    path = tmp_path / "config.toml"
    assert read_config(path) == Config()
    for data, words in ((b"[[[", "is not TOML"), (b"\xff", "is not UTF-8"), (b"#" * 2_000_000, "is larger")):
        path.write_bytes(data)
        (problem,) = read_config(path).problems
        assert words in problem
    path.unlink()
    os.mkfifo(path)
    assert read_config(path).problems == ("can't be read: is a named pipe, not a file: move it away",)


def test_the_file_is_in_the_users_own_folder():
    assert config_path().parts[-2:] == ("goalgate", "config.toml")


async def test_keys_of_ones_own_act_and_are_shown_everywhere(root):
    keys = {"goal.close": "ctrl+w,w", "goal.add": "b", "board.filter": "f"}
    async with operator(root, config=Config(keys=keys)) as me:
        await me.at(FAILED)
        await me.sees("b add", "ctrl+w close")
        # Where they stood before, though their keys are new.
        footer = me.screen.splitlines()[-1]
        assert footer.index("b add") < footer.index("l link") < footer.index("ctrl+w close")
        await me.press("a", "c", "slash")
        assert me.app.screen is me.board
        await me.press("ctrl+w")
        await me.sees("Close: Move environment")
        await me.press("escape", "question_mark")
        await me.sees("w ctrl+w", "Write down a new goal")
        await me.press("escape", "ctrl+p")
        await me.sees("add (b)")
        await me.press("escape", "f", "q")
        await me.sees("/ q")


async def test_what_is_wrong_is_said_and_listed_and_the_rest_holds(root):
    keys = {
        "goal.nothing": "x",
        "goal.copy": "bogus",
        "goal.note": "ctrl+i",
        "app.quit": "x",
        "goal.add": "l",
        "goal.edit": "j",
        "goal.undo": "ctrl+g",
    }
    async with operator(root, (200, 60), Config("plaid", keys, problems=("colour is not known here",))) as me:
        await me.sees("config.toml: colour is not known here; and 7 more: D")
        await me.press("D")
        await me.sees(
            "Your config.toml 8",
            "these lines have no effect: mend the file",
            "theme: there is no plaid; ctrl+p, colours lists them",
            "goal.nothing is no key's name",
            "goal.copy: bogus is no key",
            "goal.note: ctrl+i does not arrive in a terminal",
            "app.quit: x writes, and this key acts in fields too",
            "goal.add: l is the key of goal.link",
            "goal.edit: j is the key of list.down",
        )
        assert not any("goal.undo" in said for said in me.app.complaints)
        await me.press("escape")
        await me.at(FAILED)
        await me.press("ctrl+g")
        await me.sees("there is nothing to undo")
        await me.press("a")
        await me.sees("Add a goal")


async def test_colours_are_remembered_and_the_file_goes_before(root):
    async with operator(root) as me:
        await me.press("ctrl+p")
        await me.type("colours")
        await me.sees("Choose the colours")
        await me.press("enter")
        await me.sees("nord")
        await me.type("textual-light")
        await me.press("enter")
        await me.until(lambda: me.app.theme == "textual-light")
        await me.sees("textual-light from now on")
    assert state_path().stat().st_mode & 0o777 == 0o600
    async with operator(root) as me:
        assert me.app.theme == "textual-light"
    async with operator(root, config=Config("nord")) as me:
        assert me.app.theme == "nord"
        await me.pilot.pause(0.1)
        assert remembered_theme() == "textual-light"
        me.app.theme = "gruvbox"
        await me.sees("gruvbox until you quit: config.toml says nord")


async def test_a_demo_remembers_no_colours(tmp_path):
    async with Console(tmp_path, demo=True).run_test(size=(120, 40)) as pilot:
        me = await ready(pilot)
        me.app.theme = "gruvbox"
        await me.sees("gruvbox until you quit")
    assert not state_path().exists()


def test_what_is_remembered_may_be_garbage():
    path = state_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    for text in ("", "[]", '{"theme": 3}', "\x00"):
        path.write_text(text)
        assert remembered_theme() is None
    path.write_text(json.dumps({"theme": "no such theme"}))
    assert remembered_theme() == "no such theme"


async def test_a_theme_that_is_gone_is_no_trouble(root):
    path = state_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"theme": "no such theme"}))
    async with operator(root) as me:
        assert me.app.theme == "textual-dark"


SCREENS = (
    (("4",), "4 Closed"),
    (("1",), "FAILED"),
    (("enter",), " verified with evidence"),
    (("h",), "Revisions"),
    (("question_mark",), "The job"),
    (("c", "enter"), "Not closed"),
    (("u",), "Update a session"),
    (("D",), "Doctor"),
    (("A",), "Activity"),
    (("ctrl+p",), "close (c)"),
)
"""How to come to a screen from the board, and what is on it."""


def weak(app):
    """The texts on the uppermost screen that are hard to read."""
    inside = app.screen.children[0].region if app.screen.is_modal else app.screen.region
    found = []
    for y, strip in enumerate(app.screen._compositor.render_strips()):
        x = 0
        for segment in strip:
            style = segment.style
            here = inside.contains(x, y) and style and style.color and style.bgcolor
            x += segment.cell_length
            if not here or not any(char.isalnum() for char in segment.text):
                continue
            ink, paper = (Color.from_rich_color(color) for color in (style.color, style.bgcolor))
            if contrast(ink, paper) < CONTRAST:
                found.append((segment.text.strip(), round(contrast(ink, paper), 2), ink.hex, paper.hex))
    return found


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light"])
async def test_everything_can_be_read_in_dark_and_light(root, theme):
    async with operator(root, config=Config(theme)) as me:
        await me.at(FAILED)
        me.board.say("refused", bad=True)
        me.board.condition("broken", live=True)
        await me.sees("7/12", "broken")
        assert not weak(me.app)
        me.board.condition()
        for keys, words in (*SCREENS, (("a", "ctrl+s"), "Add a goal")):
            await me.home()
            await me.press(*keys)
            await me.sees(words)
            assert not weak(me.app), keys


async def test_without_colour_the_cursor_and_the_field_are_told_by_reversing(root, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")

    def reversed_(app):
        strips = app.screen._compositor.render_strips()
        return "".join(part.text for strip in strips for part in strip if part.style and part.style.reverse)

    async with operator(root) as me:
        await me.press("j")
        await me.until(lambda: "READY" in reversed_(me.app))
        assert "FAILED" not in reversed_(me.app)
        for strip in me.app.screen._compositor.render_strips():
            for part in strip:
                assert not part.style or not part.style.color or part.style.color.is_default
        await me.press("m")
        await me.type("typed")
        await me.sees("typed")
        # The place where one writes.
        assert " " in reversed_(me.app)


def test_one_plain_character_for_one_glyph():
    from rich.cells import cell_len

    for code, plain in ASCII.items():
        assert cell_len(chr(code)) == len(plain)
        assert plain.isascii()
    written = {char for path in SOURCES.rglob("*.py") for char in path.read_text() if not char.isascii()}
    assert {char for char in written if ord(char) not in ASCII} == set()


async def test_ascii_alone_on_every_screen(tmp_path):
    async with operator(tmp_path, config=Config(ascii=True)) as me:
        await me.new("Plain words", "s-1", "s-2")
        await me.store.update(me.store.all()[0].id, update("s-1", "failed"))
        await me.sees("x FAILED", "1o 1x")
        for keys, words in SCREENS:
            await me.home()
            await me.press(*keys)
            await me.sees(words)
            assert me.screen.isascii(), [line for line in me.screen.splitlines() if not line.isascii()]


async def test_a_bell_when_another_makes_a_goal_need_the_operator(root, monkeypatch):
    rung = []
    async with operator(root) as me, GoalStore.open(root, actor="tester") as other:
        monkeypatch.setattr(me.app, "bell", lambda: rung.append(1))
        goal = await me.new("Watch me", "s-1")

        attention = me.app._attention
        assert attention is not None

        async def listened():
            await me.until(lambda: not attention.listening, "the bell to be free")

        failed = update("s-1", "failed")
        running = update("s-1", "running")
        # What is done here rings nothing, nor what needs nobody.
        await me.store.update(goal.id, failed)
        await me.until(lambda: attention.listening, "somebody to listen")
        await listened()
        await other.update(goal.id, running)
        await me.until(lambda: me.goal(goal.id).sessions[0].state == "running")
        await me.pilot.pause(0.3)
        assert not rung
        await other.update(goal.id, failed)
        await me.until(lambda: rung, "the bell")
        # It needs the operator still: once is enough.
        await listened()
        await other.note(goal.id, "again")
        await me.until(lambda: attention.listening, "somebody to listen")
        await listened()
        # Many at once ring once.
        for number in range(5):
            new = await other.create(f"new {number}")
            await other.link(new.id, SessionLink.launched(f"n-{number}", "x"))
            await other.update(new.id, update(f"n-{number}", "failed"))
        await me.until(lambda: len(rung) == 2, "the second bell")
        # Whoever reads another goal meanwhile is told which.
        await listened()
        await me.press("enter")
        await me.sees("1 Proof")
        await other.update(goal.id, running)
        await me.until(lambda: me.goal(goal.id).sessions[0].state == "running")
        await me.pilot.pause(0.3)
        await listened()
        await other.update(goal.id, failed)
        await me.sees("needs you: FAILED Watch me")
        await listened()
        assert len(rung) <= 3
        # Until somebody saw to it.
        await other.note(goal.id, "I do")
        await me.until(lambda: me.goal(goal.id).notes[-1] == "I do")
        await me.sees("needs you: FAILED Watch me")
        await other.update(goal.id, running)
        await me.until(lambda: "needs you: " not in me.screen, "the news to go")


async def light(me):
    await me.sees("nothing needed from you")


async def degraded(me):
    palace_file(me.app._root).write_bytes(b"no palace at all " * 5000)
    await me.sees("the file is not a palace")
    await me.press("c")


PICTURES = {
    "board-light-120x40": ((120, 40), light, ["✗ FAILED", "✓ READY", "close: c"], Config("textual-light")),
    "board-degraded-120x40": (
        (120, 40),
        degraded,
        ["○ degraded", "the file is not a palace", "What to do", "nothing can be changed now", "✗ FAILED"],
    ),
    "board-ascii-80x24": ((80, 24), light, ["x FAILED", "v READY", "= BLOCKED", "@ live", "7/12"], Config(ascii=True)),
}


@pytest.mark.parametrize("name", PICTURES)
def test_picture(name, root, pictured):
    assert pictured(root, *PICTURES[name])


def test_the_readme_names_every_key():
    text = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    named = set()
    for line in re.findall(r"^- (`[a-z]+\.[a-z_]+`.*)$", text, re.MULTILINE):
        for group in line.split("; "):
            first, *others = re.findall(r"`([a-z_.]+)`", group)
            named |= {first, *(f"{first.partition('.')[0]}.{other}" for other in others)}
    assert named == set(bindings())


def test_keys_may_change_places_in_whatever_order_they_are_written():
    swap = {"goal.copy": "o", "goal.browse": "y"}
    for keys in (swap, dict(reversed(swap.items()))):
        assert remap(keys) == (swap, [])
    # One that can't have its new key keeps its own, which nobody else may have then.
    chain = {"goal.copy": "o", "goal.browse": "l"}
    for keys in (chain, dict(reversed(chain.items()))):
        kept, problems = remap(keys)
        assert kept == {}
        assert sorted(problems) == ["goal.browse: l is the key of goal.link", "goal.copy: o is the key of goal.browse"]


def test_sentences_name_the_keys_that_bindings_have(root):
    display, known = Console(root).get_key_display, bindings()
    for id_, name in DEFAULTS.items():
        assert name in {display(Binding(key, "")) for key in known[id_].keys}, id_


def test_no_sentence_names_a_key_by_itself():
    """Keys are named by `tui.hints`, which knows the operator's own; those of the palette and ctrl+c are Textual's.

    What the verbs say of the shell's ctrl+d, the console never shows.
    """
    named = re.compile(r"\b(esc|ctrl\+[abd-oq-z])\b")
    modules = [module for module in SOURCES.rglob("*.py") if module.name not in ("hints.py", "keys.py", "given.py")]
    for module in modules:
        nodes = list(ast.walk(ast.parse(module.read_text())))
        docs = [node for node in nodes if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)]
        made = [node for node in nodes if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Binding"]
        quiet = {id(part) for node in [*docs, *made] for part in ast.walk(node)}
        for node in nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in quiet:
                # What the key is called at all stands alone.
                assert node.value == "esc" or not named.search(node.value), f"{module}:{node.lineno}"
    assert len(modules) > 50


async def test_sentences_name_the_operator_s_own_keys(root, request):
    request.addfinalizer(lambda: give({}))
    keys = {"goal.update": "ctrl+w", "goal.close": "w", "goal.link": "i", "board.filter": "v", "goal.status": "p"}
    async with operator(root, config=Config(keys=keys)) as me:
        await me.sees('…": ctrl+w', "close: w", "no session yet: i link", "longest first   v filter")
        await me.press("v")
        await me.type("native")
        await me.press("enter")
        await me.sees("/ native  1 here")
        await me.press("escape", "4", "ctrl+w")
        await me.sees("takes notes only: p reopens it")
        await me.press("1", "g", "w", "ctrl+s")
        await me.sees("Not closed", "u update   - unlink")


async def test_dialogs_and_pages_name_the_operator_s_own_keys(root, request):
    request.addfinalizer(lambda: give({}))
    keys = {"dialog.send": "f2", "dialog.cancel": "f12", "board.quit": "Q", "page.search": "f", "page.match": "f3"}
    keys |= {"app.quit": "ctrl+x", "page.back": "f4", "board.back": "f5"}
    async with operator(root, config=Config(keys=keys)) as me:
        await me.press("m")
        await me.sees("note f2", "cancel f12")
        await me.type("decided")
        await me.press("f2")
        await me.back()
        await me.press("f5")
        await me.sees("Q quits")
        await me.press("enter")
        await me.sees("f search")
        await me.press("f")
        await me.sees("f3 N step through", "f4 clears them")
        await me.press("f4", "q")
        await me.sees("f4 goes back; Q quits on the board, ctrl+x from anywhere")
