"""How the console ends: by a crash, by a signal, by itself. In a real terminal, which must be usable afterwards."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest

from tui.trouble import ENDING

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


def test_a_crash_leaves_one_line_and_a_private_file(terminal, tmp_path):
    console = terminal(CRASH)
    console.sees("live")
    console.press("!")
    assert console.end() == 70
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


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_ends_it_and_leaves_the_terminal(terminal, number):
    console = terminal()
    console.sees("live")
    console.process.send_signal(number)
    assert console.end() == 128 + number
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
    assert console.process.wait(60) == 128 + signal.SIGHUP
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


REFUSED = {
    "a palace": (["--palace", "my palace"], {}),
    "a palace that is too long": (["--palace", "p" * 300], {}),
    "a palace of the environment": ([], {"GOALGATE_PALACE": ".x"}),
    "an actor": (["--actor", " "], {}),
    "an actor that is too long": (["--actor", "a" * 300], {}),
    "an actor of the environment": ([], {"GOALGATE_ACTOR": "a\x07b"}),
    "a login name": ([], {"LOGNAME": "a\x1b[?1049h"}),
    "a root": (["--root", __file__], {}),
    "in a demo, too": (["--demo", "--actor", " "], {}),
}


@pytest.mark.parametrize("options, environment", REFUSED.values(), ids=REFUSED)
def test_a_wrong_name_is_refused_before_the_screen_is_taken(terminal, tmp_path, options, environment):
    console = terminal("", *options, **environment)
    assert console.wait() == 2
    asked = [option for option in options if option != "--demo"]
    verb = subprocess.run(
        [sys.executable, "-m", "tui.cli", "--root", str(tmp_path / "root"), *asked, "list"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert verb.returncode == 2
    assert console.seen.replace("\r\n", "\n") == verb.stderr
    assert "\x1b" not in console.seen
    # No crash, no log, no palace.
    assert not [*tmp_path.iterdir()]
