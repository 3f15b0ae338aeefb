"""The terminal is given back as it was found: by every key and every signal that ends the console, continued or not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak.helpers import tell
from tests.tui.real_terminal import Terminal
from tests.tui.textual_ext.test_driver import THREADS, continued, ended_by
from tui.trouble import ENDING

ENDS = ("q", "\x11", "!", *ENDING)


@pytest.mark.parametrize("times", [0, 1, 3])
def soak_ends(tmp_path: Path, times: int):
    for number, end in enumerate(ENDS):
        home = tmp_path / str(number)
        home.mkdir()
        console = Terminal(home, THREADS)
        try:
            console.sees("live")
            continued(console, times)
            status = ended_by(console, end)
            assert console.end() == status, end
        finally:
            console.close()
    tell(f"{len(ENDS)} ends, {times} times continued", terminals_given_back=len(ENDS))


def soak_demos(tmp_path: Path):
    for number in ENDING:
        home = tmp_path / str(number)
        folder = home / "temporary"
        folder.mkdir(parents=True)
        console = Terminal(home, "", "--demo", TMPDIR=str(folder))
        try:
            console.sees("live")
            assert list(folder.iterdir())
            console.process.send_signal(number)
            assert console.end() == 128 + number
            assert not list(folder.iterdir()), number
        finally:
            console.close()
    tell("demos ended", signals=len(ENDING), folders_left=0)
