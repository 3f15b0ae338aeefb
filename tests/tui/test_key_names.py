"""The names of keys in ``config.toml``: read as the key arrives, and refused where it does not in every terminal."""

import pytest
from textual import events

from tests.tui.helpers import FAILED, operator
from tui.hints import give
from tui.keys import remap
from tui.paste import PasteParser
from tui.settings import Config

READ = {
    "shift+b": "B",
    "B": "B",
    "shift+ö": "Ö",
    "ш": "ш",
    "+": "plus",
    "reverse_solidus": "backslash",
    "latin_small_letter_b": "b",
    "ctrl+]": "ctrl+right_square_bracket",
    "ctrl+at": "ctrl+@",
    "ctrl+alt+left": "alt+ctrl+left",
    "shift+ctrl+f5": "ctrl+shift+f5",
    "alt+b": None,
    "alt+g": "alt+g",
    "alt+G": "alt+shift+g",
    "shift+alt+g": "alt+shift+g",
    "shift+1": None,
    "shift+ß": None,
    "shift+space": None,
    "shift+enter": None,
    "ctrl+B": None,
    "ctrl+ш": None,
    "ctrl+ö": None,
    "ctrl++": None,
    "ctrl+plus": None,
    "ctrl+/": None,
    "ctrl+shift+a": None,
    "ctrl+shift+1": None,
    "ctrl+enter": None,
    "ctrl+[": None,
    "alt+slash": None,
    "super+g": None,
    "super+left": None,
    "return": None,
    "f13": None,
    "ctrl+f13": None,
    "<any>": None,
    "<scroll-up>": None,
    "ctrl-at": None,
}
"""What may be written -> the name of the key that arrives; ``None`` where it does not in every terminal."""


@pytest.mark.parametrize("written", READ)
def test_what_may_be_written(written):
    name = READ[written]
    problems = [f"app.suspend: {written} does not arrive in a terminal"] if name is None else []
    # An action whose key none of these is.
    assert remap({"app.suspend": f"f9,{written}"}) == ({} if name is None else {"app.suspend": f"f9,{name}"}, problems)


SENT = [
    *(chr(code) for code in range(128) if code not in b"\x08\t\n\r\x1b"),
    *(f"\x1b[{bits}{end}" for bits in ("1;2", "1;3", "1;5", "1;8") for end in "ABCDFHPQS"),
    *(f"\x1b[{number};{bits}~" for number in (2, 3, 5, 6, 15, 17, 24) for bits in (2, 3, 5, 8)),
    *("\x1bOP", "\x1b[A", "\x1b[3~", "\x1b[Z", "\t", "\r"),
]
"""What any terminal sends for a key."""


def test_every_key_that_a_terminal_sends_can_be_had():
    for sent in SENT:
        (event,) = PasteParser(False).feed(sent)
        assert isinstance(event, events.Key)
        _, problems = remap({"goal.close": event.key})
        assert not any("arrive" in problem or "no key" in problem for problem in problems), (sent, problems)


async def test_a_key_with_shift_acts_and_is_named_as_the_capital(root, request):
    request.addfinalizer(lambda: give({}))
    async with operator(root, config=Config(keys={"goal.close": "shift+c"})) as me:
        await me.at(FAILED)
        await me.sees("C close")
        await me.press("C")
        await me.sees("Close: ")
