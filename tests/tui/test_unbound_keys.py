"""A key that does nothing says so, where nobody is writing: most often the keyboard's layout is another one."""

from textual.containers import VerticalScroll
from textual.widgets import Static, TextArea

from tests.tui.helpers import FAILED, operator
from tests.tui.test_bindings import PLACES, arrive, prepare
from tui.screens.help import HelpScreen
from tui.widgets.fields import Choice

LAYOUT = "does nothing here: keys are Latin letters, switch the layout"
LISTS = "does nothing here: ? lists the keys"


async def test_every_list_says_that_a_key_does_nothing_there(root):
    async with operator(root) as me:
        for place in ("board", "goal", "notes", "history", "activity", "doctor"):
            await arrive(me, FAILED, PLACES[place])
            for key, says in (
                ("ф", LAYOUT),
                ("U", LISTS),
                ("ㅊ", LAYOUT),
                ("ü", LISTS),
                ("f9", LISTS),
                ("שׁ"[0], LAYOUT),
            ):
                me.app.answer("")
                await me.press(key)
                await me.sees(f"{key} {says}")


async def test_so_do_panels(root):
    async with operator(root) as me:
        await arrive(me, FAILED, PLACES["refused"])
        await me.press("f9")
        await me.sees("f9 does nothing here: ctrl+p lists the keys")
        await me.press("с")
        await me.sees(f"с {LAYOUT}")
        await arrive(me, FAILED, PLACES["refusals"])
        await me.press("г")
        await me.sees(f"г {LAYOUT}")
        await arrive(me, FAILED, PLACES["help"])
        await me.press("г")
        assert isinstance(me.app.screen, HelpScreen)
        assert LAYOUT in str(me.app.screen.query_one(VerticalScroll).border_subtitle)


async def test_a_question_says_which_letters_answer_it(root):
    async with operator(root) as me:
        await arrive(me, await prepare(me), PLACES["undo"])
        why = me.app.screen.query_one("#why", Static)
        for letter in "нтj":
            await me.press(letter)
            await me.sees(f"{letter} does nothing here", "; y or n")
        assert str(why.content).startswith("j does nothing here; y or n")
        await me.press("f9")
        await me.sees("f9 does nothing here: ctrl+p lists the keys")
        await me.press("y")
        await me.until(lambda: me.app.screen.query_one(Choice).value == "yes", "the answer")


async def test_where_somebody_writes_nothing_is_said(root):
    async with operator(root) as me:
        await arrive(me, FAILED, PLACES["note"])
        why = me.app.screen.query_one("#why", Static)
        await me.press("ф", "f9")
        await me.until(lambda: me.app.screen.query_one(TextArea).text == "ф", "the letter")
        assert not why.display
        await arrive(me, FAILED, PLACES["update"])
        # From the list, or from the state, it is written where text goes.
        await me.press("ф")
        await me.until(lambda: me.app.screen.query_one(TextArea).text == "ф", "the letter")
        assert not me.app.screen.query_one("#why", Static).display


async def test_what_has_another_answer_keeps_it(root):
    async with operator(root) as me:
        await arrive(me, FAILED, PLACES["goal"])
        await me.press("x")
        await me.sees("acts on the board")
        # A terminal may tell of a shift that is held down.
        await me.press("left_shift", "right")
        await me.sees("acts on the board")
