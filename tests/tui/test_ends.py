"""How the console ends: by a crash, by a signal, by itself. In a real terminal, which must be usable afterwards."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from contextlib import suppress
from pathlib import Path

import pytest

CRASH = """
import sys
from tui.app import Console
from tui.cli import main

def on_key(self, event):
    password = "hunter2"
    if event.key == "exclamation_mark":
        raise RuntimeError(f"[/] boom \\x1b[31m")

Console.on_key = on_key
sys.exit(main())
"""
NOISE = """
import os, sys, warnings, subprocess
from tui.app import Console
from tui.cli import main

def on_key(self, event):
    warnings.warn("a library's warning")
    print("a library's print", flush=True)
    os.write(1, b"a library's bytes")
    subprocess.run(["sh", "-c", "echo a program >&2"])

Console.on_key = on_key
sys.exit(main())
"""


class Terminal:
    """A console in a terminal of its own."""

    def __init__(self, home: Path, script: str = "", *options: str, **environment: str) -> None:
        self.screen, self._line = pty.openpty()
        termios.tcsetwinsize(self._line, (24, 80))
        self.before = termios.tcgetattr(self._line)
        program = ["-c", script] if script else ["-m", "tui.cli"]
        self.process = subprocess.Popen(
            [sys.executable, *program, "--root", str(home / "root"), *options],
            stdin=self._line,
            stdout=self._line,
            stderr=self._line,
            start_new_session=True,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "HOME": str(home), "XDG_STATE_HOME": str(home), "TERM": "xterm-256color", **environment},
        )
        self.seen = ""

    def read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self.screen], [], [], seconds)
        if ready:
            with suppress(OSError):
                self.seen += os.read(self.screen, 65536).decode(errors="replace")
        return bool(ready)

    def sees(self, words: str) -> None:
        end = time.monotonic() + 60
        while words not in self.seen:
            assert time.monotonic() < end, f"waited in vain for {words}: {self.seen!r}"
            self.read(0.1)

    def press(self, keys: str) -> None:
        os.write(self.screen, keys.encode())

    def end(self) -> int:
        """Wait for its end, and see that the terminal is what it was."""
        end = time.monotonic() + 60
        while self.process.poll() is None:
            assert time.monotonic() < end, f"does not end: {self.seen!r}"
            self.read(0.05)
        while self.read(0.1):
            pass
        assert termios.tcgetattr(self._line) == self.before
        last = dict(re.findall(r"\x1b\[\?(\d+)([hl])", self.seen))
        # The other screen, mouse, pasting are off; the cursor is there.
        assert {mode for mode, switch in last.items() if switch == "h"} <= {"25", "7"}, last
        assert last["1049"] == "l"
        assert last["25"] == "h"
        return self.process.returncode

    @property
    def left(self) -> str:
        """What stands on the terminal afterwards."""
        return re.sub(r"\x1b(\[[0-9;?<>=]*[A-Za-z]|[=>])", "", self.seen.rpartition("\x1b[?1049l")[2]).strip()

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.screen)
        os.close(self._line)


@pytest.fixture
def terminal(tmp_path):
    opened: list[Terminal] = []

    def start(script: str = "", *options: str, **environment: str) -> Terminal:
        opened.append(Terminal(tmp_path, script, *options, **environment))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


def test_a_crash_leaves_one_line_and_a_private_file(terminal, tmp_path):
    console = terminal(CRASH)
    console.sees("live")
    console.press("!")
    assert console.end() == 1
    reason = "an error of goalgate's own: RuntimeError: [/] boom ␛[31m"
    words = " ".join(console.left.split())
    assert reason in words
    assert "hunter2" not in console.seen
    assert "Traceback" not in console.seen
    (file,) = tmp_path.rglob("crash-*.txt")
    assert str(file) in console.left.replace("\r\n", "")
    assert file.stat().st_mode & 0o777 == 0o600
    told = file.read_text()
    assert "on_key" in told
    assert "hunter2" not in told
    (log,) = tmp_path.rglob("goalgate.log")
    assert reason in log.read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_and_leaves_the_terminal(terminal, number):
    console = terminal()
    console.sees("live")
    console.process.send_signal(number)
    assert console.end() == 0
    assert console.left == ""


def test_it_ends_when_its_terminal_is_gone(terminal, tmp_path):
    console = terminal()
    console.sees("live")
    # The window is closed: what reads from it reads its end over and over, what writes to it fails.
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, console.screen)
    os.dup2(null, console._line)
    os.close(null)
    # Nobody sends it a signal: it is not the first of its session that a shell or make has begun.
    assert console.process.wait(60) == 0
    # It is no error of goalgate's own.
    assert not [*tmp_path.rglob("crash-*.txt")]


def test_nothing_else_is_on_the_screen(terminal):
    console = terminal(NOISE)
    console.sees("live")
    console.press("x")
    console.press("?")
    console.sees("The job")
    console.press("\x1b")
    time.sleep(0.3)
    console.press("q")
    assert console.end() == 0
    assert "a library" not in console.seen
    assert "a program" not in console.seen


def test_ascii_alone_and_without_colour(terminal):
    console = terminal("", "--ascii", NO_COLOR="1")
    console.sees("live")
    console.press("?")
    console.sees("The job")
    assert console.seen.isascii()
    colours = [code for codes in re.findall(r"\x1b\[([0-9;]*)m", console.seen) for code in codes.split(";")]
    assert {code for code in colours if code} <= {"0", "1", "2", "3", "4", "7", "39", "49"}
    console.press("\x11")
    assert console.end() == 0


def test_what_is_no_utf8_ends_nothing(terminal):
    """A log in another encoding, pasted or typed."""
    console = terminal()
    console.sees("live")
    os.write(console.screen, b"j\xff\xe9k\x1b[200~caf\xe9\xff\x1b[201~")
    console.press("?")
    console.sees("The job")
