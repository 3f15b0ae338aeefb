"""``o``: one browser is a program beside the console, another has the terminal, and what is said of it is true.

Each is a script of the test's own, in a folder that is all of the PATH: none that is installed is ever started.
"""

from __future__ import annotations

import os
import signal
import sys

import pytest

from store import Create, Link, SessionLink, SyncStore, Update
from tests.store.helpers import update
from tests.tui.helpers import operator
from tui import browse
from tui.widgets.lines import Notice

ADDRESS = "https://github.com/a/b/pull/1"
# As w3m and lynx do where they have no terminal.
SHOWS = """
test -t 0 && test -t 1 || exit 0
echo "the page of $*"
read answer
test "$answer" = leave
"""


@pytest.fixture
def programs(tmp_path_factory, monkeypatch):
    """Return a folder that is all of the PATH; there is no desktop, and no browser is named."""
    folder = tmp_path_factory.mktemp("all programs")
    monkeypatch.setenv("PATH", str(folder))
    for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    return folder


def make(path, then):
    """Make a program, which begins by writing down what it is to open; return the file in which it does."""
    opened = path.with_name("opened")
    path.write_text(f'#!/bin/sh\necho "${{0##*/}} $*" >> "{opened}"\n{then}\n')
    path.chmod(0o755)
    return opened


@pytest.fixture
def browser(programs, monkeypatch):
    """Make the browser a script of no known name; return the file in which it writes down what it is to open."""
    monkeypatch.setenv("BROWSER", str(programs / "mine"))
    return lambda then: make(programs / "mine", then)


async def linked(me):
    goal = await me.new("Ship the parser", "s-1")
    await me.store.update(goal.id, update("s-1", evidence=ADDRESS))
    await me.press("o")


async def test_the_address_reaches_the_browser(tmp_path, browser):
    opened = browser("exit 0")
    async with operator(tmp_path) as me:
        await linked(me)
        await me.sees(f"opening github.com: {ADDRESS}")
        assert opened.read_text() == f"mine {ADDRESS}\n"
        await me.until(lambda: len(me.app.workers) == 1, "no worker but the one that follows the palace")


@pytest.mark.parametrize(
    "then, said",
    [("exit 3", "ended with 3"), ("kill -9 $$", "was ended by signal 9"), ("read key < /dev/tty || exit 4", "with 4")],
)
async def test_one_that_shows_nothing_is_no_success(tmp_path, browser, then, said, monkeypatch):
    monkeypatch.setattr(browse, "_PATIENCE", 60)
    _ = browser(then)
    async with operator(tmp_path) as me:
        await linked(me)
        await me.sees("not opened: mine", f"{said}: {ADDRESS}")


async def test_nothing_is_said_to_open_before_a_browser_took_it(tmp_path, browser, programs):
    os.mkfifo(programs / "go")
    opened = browser('read how < "${0%/*}/go"; exit $how')
    async with operator(tmp_path) as me:
        await linked(me)
        await me.until(opened.exists, "the browser")
        await me.sees(f"asking a browser for github.com: {ADDRESS}")
        (programs / "go").write_text("0\n")
        await me.sees("opening github.com")


async def test_what_is_said_of_a_browser_that_failed_goes_as_any_answer_does(tmp_path, browser, monkeypatch):
    monkeypatch.setattr(Notice, "BAD_STAYS", 0.5)
    _ = browser("exit 1")
    async with operator(tmp_path) as me:
        await linked(me)
        await me.sees("not opened: mine ended with 1")
        await me.until(lambda: "not opened" not in me.screen, "the answer to go")
        await me.press("question_mark")
        await me.sees("All keys")


async def test_no_key_waits_for_one_that_stays(tmp_path, browser, programs, monkeypatch):
    monkeypatch.setattr(browse, "_PATIENCE", 0.3)
    os.mkfifo(programs / "go")
    opened = browser('read how < "${0%/*}/go"; exit 1')
    async with operator(tmp_path) as me:
        await linked(me)
        await me.until(opened.exists, "the browser")
        await me.press("question_mark")
        await me.sees("All keys")
        await me.press("escape")
        await me.until(lambda: len(me.app.workers) == 1, "no worker but the one that follows the palace")
        await me.sees("opening github.com")
        (programs / "go").write_text("\n")


CHOICES = {
    # What is named, the desktop, the programs that there are, which of them are asked, what is said.
    "none but what is named": ("false", ":7", "false.1 firefox w3m", "false", "not opened: false ended with 1: h"),
    "one that is not there": ("nope:false", "", "false.1 w3m", "false", "there is no nope; false ended with 1"),
    "the next that is named": ("nope:false:good", "", "false.1 good w3m", "false good", "opening github.com"),
    "options": ("good --new %s", "", "good", "good", "opening github.com"),
    "options, and the address last": ("good --new", "", "good", "good", "opening github.com"),
    "as in a shell": ("good --new %s &", "", "good", "good", "opening github.com"),
    "no name at all": (" :'", ":7", "firefox", "", "not opened: there is no '"),
    "the desktop's": ("", ":7", "firefox w3m", "firefox", "opening github.com"),
    "another where that fails": ("", ":7", "xdg-open.1 firefox", "xdg-open firefox", "opening github.com"),
    "in text where the desktop has none": ("", ":7", "w3m", "", "not opened: the desktop has no browser that takes it"),
    "in text without a desktop": ("", "", "w3m", "", "w3m needs a terminal"),
    "in text by a program that chooses": ("sensible-browser", "", "sensible-browser", "", "sensible-browser needs a t"),
    "a program that chooses": ("xdg-open", ":7", "xdg-open", "xdg-open", "opening github.com"),
}


@pytest.mark.parametrize(
    "named, display, there, asked, said",
    [
        pytest.param(*case, id=name, marks=pytest.mark.skipif(
            sys.platform == "darwin" and not case[1], reason="there always is a desktop"))
        for name, case in CHOICES.items()
    ],
)  # fmt: skip
async def test_which_browser(tmp_path, programs, monkeypatch, named, display, there, asked, said):
    for name, value in (("BROWSER", named), ("DISPLAY", display)):
        if value:
            monkeypatch.setenv(name, value)
    opened = programs / "opened"
    for program in there.split():
        name, _, status = program.partition(".")
        make(programs / name, f"exit {status or 0}")
    async with operator(tmp_path) as me:
        await linked(me)
        await me.sees(said)
    took = opened.read_text().splitlines() if opened.exists() else []
    assert [line.split()[0] for line in took] == asked.split()
    assert all(line.endswith(ADDRESS) for line in took)
    assert ("--new" in named) == any("--new" in line for line in took)


# On a real terminal


@pytest.fixture
def console(terminal, tmp_path, programs):
    """Open the console on a goal with an address, and ask for that."""
    with SyncStore.open(tmp_path / "root") as store:
        goal = store.apply(Create("Ship the parser"))
        store.apply(Link(goal.id, SessionLink.launched("s-1", "work")))
        store.apply(Update(goal.id, update("s-1", evidence=ADDRESS)))

    def start(**environment):
        console = terminal(**environment)
        console.sees("live")
        console.press("o")
        return console

    return start


def left(console):
    """Quit, and see that the terminal is what it was."""
    console.press("\x11")
    assert console.end() == 0


@pytest.mark.parametrize("named", ["", "nope:w3m -T text/html %s", "{}/mine"])
def test_one_in_text_has_the_terminal_and_the_console_comes_back(console, programs, named):
    make(programs / "w3m", SHOWS)
    (programs / "mine").symlink_to("w3m")
    options = "-T text/html " if "-T" in named else ""
    named = named.format(programs)
    it = console(**({"BROWSER": named} if named else {}))
    it.sees(f"the page of {options}{ADDRESS}")
    before, _, shown = it.seen.rpartition("\x1b[?1049l")
    assert before
    assert "\x1b[?1049h" not in shown
    assert "opening github" not in it.seen
    it.seen = ""
    it.press("leave\r")
    it.sees("has shown github.com")
    # All of it is drawn anew.
    it.sees("Ship the parser")
    it.press("?")
    it.sees("The job")
    left(it)


@pytest.mark.parametrize("then, said", [("exit 3", "w3m ended with 3"), ("kill -9 $$", "w3m was ended by signal 9")])
def test_one_in_text_that_fails_is_no_success(console, programs, then, said):
    make(programs / "w3m", f"printf '\\033[?1000h'; {then}")
    it = console(BROWSER="w3m")
    it.sees(f"not opened: {said}")
    left(it)


def test_one_in_text_that_can_not_be_started(console, programs):
    (programs / "w3m").write_text("#!/nowhere/sh\n")
    (programs / "w3m").chmod(0o755)
    it = console(BROWSER="w3m")
    it.sees("not opened: w3m: No such file or directory")
    left(it)


def test_ctrl_c_is_for_the_browser(console, programs):
    make(programs / "w3m", SHOWS)
    it = console(BROWSER="w3m")
    it.sees("the page of")
    it.process.send_signal(signal.SIGINT)
    it.press("leave\r")
    it.sees("has shown github.com")
    left(it)


@pytest.mark.parametrize("then", ["", "trap '' TERM"])
def test_a_signal_ends_both(console, programs, then):
    pid = programs / "pid"
    make(programs / "w3m", f'echo $$ > "{pid}"; {then}\n{SHOWS}')
    it = console(BROWSER="w3m")
    it.sees("the page of")
    it.process.send_signal(signal.SIGTERM)
    assert it.end() == 128 + signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
