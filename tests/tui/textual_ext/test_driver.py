"""The terminal is taken over once, and given back as it was found, whatever signals come and however it ends."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from store import Create, SyncStore
from tests.bench.terminal import Terminal as Tmux

THREADS = """
import sys, threading
from pathlib import Path
from tui.app import Console
from tui.cli import main

def on_key(self, event):
    if event.key == "equals_sign":
        names = [thread.name for thread in threading.enumerate()]
        Path.home().joinpath("threads").write_text(" ".join(names) + " .")
    if event.key == "exclamation_mark":
        raise RuntimeError("boom")

Console.on_key = on_key
sys.exit(main())
"""


def continued(console, times):
    """Send SIGCONT, which stops and starts nothing here, and wait until all is drawn anew each time."""
    for _ in range(times):
        console.seen = ""
        console.process.send_signal(signal.SIGCONT)
        console.sees("\x1b[?1049h")
        console.sees("live")


def ended_by(console, end):
    if isinstance(end, signal.Signals):
        console.process.send_signal(end)
        return 128 + end
    console.press(end)
    return {"q": 0, "\x11": 0, "!": 70}[end]


@pytest.mark.parametrize("times", [0, 1])
@pytest.mark.parametrize("end", ["q", "!", signal.SIGTERM, signal.SIGHUP])
def test_the_terminal_is_given_back(terminal, times, end):
    """Every other end, and more than one SIGCONT: tests/soak."""
    console = terminal(THREADS)
    console.sees("live")
    continued(console, times)
    status = ended_by(console, end)
    assert console.end() == status


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_it_is_when_it_goes_on_at_its_end(terminal, number):
    """`timeout` sends a SIGCONT behind its SIGTERM, a shell behind its SIGHUP."""
    console = terminal()
    console.sees("live")
    console.process.send_signal(number)
    console.process.send_signal(signal.SIGCONT)
    assert console.end() == 128 + number


def test_one_thread_reads_and_one_writes(terminal, tmp_path):
    console = terminal(THREADS)
    console.sees("live")
    continued(console, 3)
    console.press("=")
    names = tmp_path / "threads"
    while not names.exists() or not names.read_text().endswith("."):
        console.read(0.05)
    threads = names.read_text().split()
    assert threads.count("textual-input") == threads.count("textual-output") == 1


@pytest.mark.parametrize("times", [0, 2])
def test_what_is_pasted_and_typed_keeps_its_order(terminal, tmp_path, times):
    with SyncStore.open(tmp_path / "root") as store:
        store.apply(Create("Ship the parser"))
    console = terminal()
    console.sees("Ship the parser")
    continued(console, times)
    console.press("m")
    console.sees("A decision")
    pasted = " ".join(map(str, range(400)))
    sent = f"\x1b[200~{pasted}\x1b[201~"
    for at in range(0, len(sent), 200):
        console.press(sent[at : at + 200])
        console.read(0.01)
    console.read(0.1)
    typed = "".join(f" {number:02}" for number in range(60))
    for char in typed:
        console.press(char)
        console.read(0.005)
    console.press("\x13")
    console.sees("noted")
    with SyncStore.open(tmp_path / "root") as store:
        (goal,) = store.all()
    assert goal.notes == (pasted + typed,)


def test_errors_may_go_elsewhere(terminal, tmp_path):
    log = tmp_path / "errors"
    console = terminal("import os, sys; os.dup2(os.open(sys.argv.pop(), os.O_CREAT | os.O_WRONLY, 0o600), 2);"
                       " from tui.cli import main; sys.exit(main())", str(log))  # fmt: skip
    console.sees("live")
    console.press("q")
    assert console.end() == 0
    assert log.read_bytes() == b""


@pytest.mark.parametrize("stream", [0, 1])
@pytest.mark.parametrize("instead", ["/dev/null", "-"])
def test_without_a_terminal_it_says_so(terminal, stream, instead):
    opened = f"os.dup2(os.open({instead!r}, os.O_RDWR), {stream})" if instead != "-" else f"os.close({stream})"
    console = terminal(f"import os; {opened}; os.execv({sys.executable!r}, [{sys.executable!r}, '-m', 'tui.cli'])")
    assert console.process.wait(60) == 2
    console.sees("needs a terminal")


@pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")
class TestInAShell:
    """With job control, as people use it."""

    @pytest.fixture
    def shell(self, tmp_path):
        with Tmux(tmp_path / "tmux", (100, 30), {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}) as shell:
            yield shell

    @staticmethod
    def console(tmp_path):
        return shlex.join([sys.executable, "-m", "tui.cli", "--root", str(tmp_path / "root")])

    @staticmethod
    def shows(shell, words):
        end = time.monotonic() + 60
        while words not in (screen := shell.run("capture-pane", "-p")):
            assert time.monotonic() < end, f"waited in vain for {words!r}:\n{screen}"
            shell.settle(0.05)

    @staticmethod
    def types(shell, line):
        shell.keys("-l", line)
        shell.keys("Enter")

    @staticmethod
    def back_in_the_shell(shell):
        """Wait for the prompt: what is typed before it goes with the console."""
        end = time.monotonic() + 60
        while shell.ask("#{pane_current_command}") != "bash":
            assert time.monotonic() < end, shell.run("capture-pane", "-p")
            shell.settle(0.05)

    def begin(self, shell, tmp_path):
        shell.start("bash", "--norc", "--noprofile", "-i")
        self.types(shell, f"PS1='$ '; cd {shlex.quote(str(Path.cwd()))}; stty -a >{tmp_path}/before")
        self.types(shell, self.console(tmp_path))
        self.shows(shell, "live")

    def end(self, shell, tmp_path):
        self.back_in_the_shell(shell)
        self.types(shell, f"stty -a >{tmp_path}/after; echo en''ded")
        self.shows(shell, "ended")
        assert (tmp_path / "after").read_text() == (tmp_path / "before").read_text()

    def test_ctrl_z_leads_to_the_shell_and_fg_back(self, shell, tmp_path):
        self.begin(shell, tmp_path)
        for _ in range(2):
            shell.keys("C-z")
            self.shows(shell, "Stopped")
            self.types(shell, "echo in the sh''ell")
            self.shows(shell, "in the shell")
            self.types(shell, "fg")
            self.shows(shell, "live")
            shell.keys("?")
            self.shows(shell, "The job")
            shell.keys("Escape")
            shell.settle(0.3)
        shell.keys("q")
        self.end(shell, tmp_path)

    def test_one_that_was_stopped_can_be_ended(self, shell, tmp_path):
        self.begin(shell, tmp_path)
        shell.keys("C-z")
        self.shows(shell, "Stopped")
        # Until the shell has seen it.
        gone = "while kill -0 $p 2>/dev/null; do sleep 0.1; done"
        self.types(shell, f"p=$(jobs -p %1); kill %1; {gone}")
        self.shows(shell, "Exit 143")
        self.end(shell, tmp_path)

    def test_where_no_shell_waits_it_says_so(self, shell, tmp_path):
        shell.start("sh", "-c", f"exec {self.console(tmp_path)}")
        self.shows(shell, "live")
        shell.keys("C-z")
        self.shows(shell, "no shell waits")
        shell.keys("?")
        self.shows(shell, "The job")


def test_ctrl_c_at_the_very_start_is_no_traceback(tmp_path):
    """Whatever Python is at just then, which a moment that is chosen by chance shows."""
    for pause in range(1, 25):
        process = subprocess.Popen(
            [sys.executable, "-c", "import sys; from tui.entry import main; sys.exit(main())", "--version"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "HOME": str(tmp_path)},
        )
        # Python itself is not meant, nor the few lines of the entry before it has said what ctrl+c does.
        time.sleep(0.03 + pause / 300)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        assert not re.search(rb"tui/(?!entry|__init__)", errors), errors


@pytest.mark.parametrize("end", ["q", signal.SIGTERM, signal.SIGALRM])
def test_a_demo_leaves_nothing(terminal, tmp_path, end):
    """Neither what was put off, nor what was typed, nor a log. Every other signal: tests/soak."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    console = terminal("", "--demo", TMPDIR=str(folder))
    console.sees("live")
    assert list(folder.iterdir())
    console.press("x")
    console.sees("later")
    console.press("m")
    console.sees("A decision, a blocker, an outcome")
    console.press("precious words")
    console.sees("precious words")
    if isinstance(end, signal.Signals):
        console.process.send_signal(end)
        status = 128 + end
    else:
        console.press("\x11")
        console.sees("1 text not sent yet, and gone when you quit")
        console.press("y\r")
        status = 0
    assert console.end() == status
    assert [*tmp_path.rglob("*")] == [folder]
