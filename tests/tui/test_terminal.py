"""What stands on a real terminal: lines that it moved itself are where they would be if they had been drawn."""

from __future__ import annotations

import random
import re
import shutil
import sys
import time

import pytest

from store import Create, SyncStore
from tests.bench.terminal import Terminal

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")

MOVED = re.compile(rb"\x1b\[\d+;\d+r\x1b\[\d+;1H\x1b\[\d+([ML])")
KEYS = ("j", "k", "C-d", "C-u", "NPage", "PPage", "g", "G", "Space", "x")
OFTEN = (12, 10, 3, 3, 1, 1, 1, 1, 2, 1)


class Seen(Terminal):
    """A terminal that says what is on it."""

    def screen(self) -> list[str]:
        """Return the lines with their colours, but for those whose words come and go: the clock, what is said."""
        lines = self.run("capture-pane", "-e", "-p").split("\n")
        return lines[1 : self._size[1] - 2]

    def rests(self) -> list[str]:
        """Return the same once nothing changes any more."""
        before: list[str] = []
        end = time.monotonic() + 60
        while (now := self.screen()) != before:
            assert time.monotonic() < end, "the screen never rests"
            before = now
            self.settle(0.3)
        return now


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
def test_lines_that_the_terminal_moved_are_what_would_be_drawn(root, tmp_path, size):
    chance = random.Random(7)
    moved: list[bytes] = []
    environment = {"COLORTERM": "truecolor", "TERM": "tmux-256color"}
    with Seen(tmp_path / "tmux", size, environment) as terminal, SyncStore.open(root) as store:
        terminal.start(sys.executable, "-m", "tui.cli", "--root", str(root), "--actor", "me")
        terminal.wait_for(rb"All \d")
        terminal.keys("0")
        terminal.rests()
        for step in range(12):
            if step % 3 == 0:
                store.apply(Create(f"new {step}"))
                # One that comes after the r would move to its row by itself, some seconds later.
                while f" All {len(store.book.ids())} " not in terminal.screen()[0]:
                    terminal.settle(0.1)
                terminal.keys("r")
            terminal.seen = b""
            for key in chance.choices(KEYS, OFTEN, k=8):
                terminal.keys(key)
                # Some come in a burst, some alone.
                if chance.random() < 0.7:
                    terminal.settle(0.05)
            drawn = terminal.rests()
            moved += MOVED.findall(terminal.seen)
            # Another screen and back: all is drawn anew.
            terminal.keys("?")
            assert terminal.rests() != drawn
            terminal.keys("Escape")
            anew = terminal.rests()
            assert [(one, two) for one, two in zip(drawn, anew, strict=True) if one != two] == [], f"step {step}"
    assert {*moved} == {b"M", b"L"}


def test_what_follows_emoji_and_vowel_signs_stays_on_its_line(tmp_path):
    """However many cells this tmux gives them."""
    texts = ("👍🏽 👩🏽\u200d💻 " * 20, "की " * 40, "\U0001faea❤\ufe0f1\ufe0f\u20e3☰", "e\u0301" * 80, "plain")
    with SyncStore.open(tmp_path / "root") as store:
        for text in texts:
            store.apply(Create(text))
    environment = {"TERM": "tmux-256color", "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    with Seen(tmp_path / "tmux", (120, 40), environment) as terminal:
        terminal.start(sys.executable, "-m", "tui.cli", "--root", str(tmp_path / "root"), "--actor", "me")
        terminal.wait_for(rb"All \d")
        terminal.keys("0")
        terminal.rests()
        lines = terminal.run("capture-pane", "-p").split("\n")
        rows = [line for line in lines if "pending " in line]
        assert len(rows) == len(texts)
        assert [row for row in rows if not row.rstrip().endswith("now no session yet: l link")] == []
