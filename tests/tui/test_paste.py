"""Text that is pasted arrives as it was copied, escape sequences and all, in whatever pieces the terminal sends it."""

import pytest
from textual import events
from textual.message import Message

from tests.tui.helpers import FAILED, operator
from tests.tui.test_bindings import PLACES, arrive
from tui.paste import PasteParser, Pasting
from tui.widgets.fields import Field
from tui.widgets.filter import Filter

START, END = "\x1b[200~", "\x1b[201~"
LOGS = [
    "alpha \x1b[31mRED\x1b[0m omega",
    "\x1b",
    "\x1b[2",
    "no escape at all\n\ttwo lines",
    "\x1b]0;title\x07 \x1b\x1b[200~ x",
]


def read(*pieces, quiet=False):
    """Return what pieces mean that come right behind each other, or with a pause after each of them."""
    parser = PasteParser()
    told: list[Message] = []
    for piece in pieces:
        told += parser.feed(piece)
        told += after_a_pause(parser) if quiet else parser.tick()
    told += after_a_pause(parser)
    return [what(message) for message in told if not isinstance(message, Pasting)]


def after_a_pause(parser, seconds=0.5):
    parser._last -= seconds
    if parser._timeout_time is not None:
        parser._timeout_time -= seconds
    return list(parser.tick())


def what(message):
    if isinstance(message, events.MouseEvent):
        return type(message).__name__, message.x, message.y
    return message.text if isinstance(message, events.Paste) else message.key


@pytest.mark.parametrize("log", LOGS)
@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 4096])
def test_a_paste_arrives_as_it_was_copied(log, size):
    sent = f"a{START}{log}{END}b\x1b[A{START}again{END}c"
    assert read(*(sent[at : at + size] for at in range(0, len(sent), size))) == ["a", log, "b", "up", "again", "c"]


def test_keys_are_what_they_were():
    assert read("j", "\x1b[B", "\x1b[", "A", "\x1bOP", "ü", "\x1b") == ["j", "down", "up", "f1", "ü", "escape"]
    assert not list(PasteParser().feed(""))


@pytest.mark.parametrize("size", [1, 3, 6, 4096])
def test_an_end_inside_of_the_text_ends_no_paste(size):
    """As tmux sends it: what follows would be keys."""
    log = f"cat log{END}:q\r"
    sent = f"{START}{log}{END}"
    assert read(*(sent[at : at + size] for at in range(0, len(sent), size))) == [log]


def test_what_comes_a_moment_later_is_typed():
    assert read(f"{START}pasted{END}", "j", quiet=True) == ["pasted", "j"]
    assert read(f"{START}pasted{END}", "j", f"{START}again{END}") == ["pasted", "j", "again"]


@pytest.mark.parametrize("at", range(2, 10))
def test_a_code_that_came_in_two_parts_is_one(at):
    """The line stalled in the middle of it."""
    for code, meant in (("\x1b[<0;30;8M", ("MouseDown", 29, 7)), ("\x1b[1;5C", "ctrl+right")):
        # A bracket behind an ESC is a key of its own: alt and the bracket.
        if 3 <= at < len(code):
            assert read(code[:at], code[at:], "x", quiet=True) == [meant, "x"]


def test_a_code_whose_first_character_came_alone_is_no_text():
    # The key is told by then.
    assert read("\x1b", "[<0;30;8M", "x", quiet=True) == ["escape", ("MouseDown", 29, 7), "x"]
    assert read("\x1b", "[A", "[", "y", quiet=True) == ["escape", "up", "left_square_bracket", "y"]


def test_a_long_paste_is_told_of_while_it_comes():
    parser = PasteParser()
    told = [*parser.feed(START)]
    for _ in range(2000):
        told += parser.feed("x" * 4096)
    assert [message.size for message in told if isinstance(message, Pasting)] == [
        4096 * 64 * part for part in range(1, 32)
    ]
    told = [*parser.feed(END), *after_a_pause(parser)]
    # What no field takes is not kept, either.
    (paste,) = (message for message in told if isinstance(message, events.Paste))
    assert 4 << 20 <= len(paste.text) < 5 << 20


async def test_of_a_paste_into_one_line_every_line_is_kept(tmp_path):
    async with operator(tmp_path) as me:
        await me.press("a")
        await me.type("fix the lexer\nand the parser\r\nand the rest\n")
        await me.press("ctrl+s")
        await me.until(lambda: [goal.description for goal in me.store.all()], "the goal")
        assert [goal.description for goal in me.store.all()] == ["fix the lexer and the parser and the rest"]


async def test_a_field_takes_no_paste_that_is_over_its_limit_and_stays_as_it_was(root):
    async with operator(root) as me:
        for place, name, most, unit in (
            ("add", "description", 2_000, "characters"),
            ("add", "acceptance", 200_000, "characters"),
            ("link", "session_id", 200, "characters"),
            ("note", "note", 16_384, "bytes"),
            ("update", "evidence", 262_144, "bytes"),
            ("update", "note", 16_384, "bytes"),
            ("status", "reason", 16_384, "bytes"),
        ):
            await arrive(me, FAILED, PLACES[place])
            (field,) = (field for field in me.app.screen.query(Field) if field.field == name)
            field.editor.focus()
            await me.type("ab")
            await me.type("x" * (most - 1))
            await me.sees(f"not pasted: it would have {most + 1} {unit}, the limit is {most}")
            assert field.value == "ab"
            # What is selected gives way to what is pasted.
            await me.press("shift+left")
            await me.type("x" * (most - 1))
            whole = "a" + "x" * (most - 1)
            await me.until(lambda field=field, whole=whole: field.value == whole, "all of it")  # type: ignore[misc]
            assert not field.has_class("-wrong")


async def test_a_paste_into_the_filter_has_a_limit_too(root):
    async with operator(root) as me:
        await me.press("slash")
        await me.type("x" * 2001)
        await me.sees("not pasted: it would have 2001 characters, the limit is 2000")
        assert not me.board.query_one(Filter).value


async def test_a_paste_that_takes_long_is_shown_while_it_comes(root):
    async with operator(root) as me:
        for place in ("board", "note", "help"):
            await arrive(me, FAILED, PLACES[place])
            me.app.post_message(Pasting(1_200_000))
            await me.sees("pasting … 1.2 MB")
            me.app.post_message(Pasting(1_500_000))
            await me.sees("pasting … 1.5 MB")
            await me.type("x")
            await me.until(lambda: "pasting" not in me.screen, "it to be over")
