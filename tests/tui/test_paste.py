"""Text that is pasted arrives as it was copied, escape sequences and all, in whatever pieces the terminal sends it."""

import pytest
from textual import events

from tests.tui.helpers import operator
from tui.paste import PasteParser

START, END = "\x1b[200~", "\x1b[201~"
LOGS = [
    "alpha \x1b[31mRED\x1b[0m omega",
    "\x1b",
    "\x1b[2",
    "no escape at all\n\ttwo lines",
    "\x1b]0;title\x07 \x1b\x1b[200~ x",
]


def read(*pieces):
    parser = PasteParser()
    told = [message for piece in pieces for message in parser.feed(piece)]
    return [m.text if isinstance(m, events.Paste) else m.key for m in told if isinstance(m, events.Paste | events.Key)]


@pytest.mark.parametrize("log", LOGS)
@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 4096])
def test_a_paste_arrives_as_it_was_copied(log, size):
    sent = f"a{START}{log}{END}b\x1b[A{START}again{END}c"
    # Until the next key nobody can know that a paste is over.
    assert read(*(sent[at : at + size] for at in range(0, len(sent), size))) == ["a", log, "b", "up", "again", "c"]


def test_keys_are_what_they_were():
    assert read("j", "\x1b[B", "\x1b[", "A", "\x1bOP", "ü") == ["j", "down", "up", "f1", "ü"]
    parser = PasteParser()
    assert not list(parser.feed("\x1b"))
    parser._timeout_time = 0
    assert [message.key for message in parser.tick() if isinstance(message, events.Key)] == ["escape"]
    assert not list(parser.feed(""))


async def test_of_a_paste_into_one_line_every_line_is_kept(tmp_path):
    async with operator(tmp_path) as me:
        await me.press("a")
        await me.type("fix the lexer\nand the parser\r\nand the rest\n")
        await me.press("ctrl+s")
        await me.until(lambda: [goal.description for goal in me.store.all()], "the goal")
        assert [goal.description for goal in me.store.all()] == ["fix the lexer and the parser and the rest"]
