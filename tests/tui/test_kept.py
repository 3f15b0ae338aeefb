"""What was typed and not sent outlives the console, however it ends; what was sent does not come back."""

import json
import signal
import time

import pytest
from textual.widgets import TextArea

from tests.tui.helpers import operator
from tui.operator_state.drafts import Drafts

TEXT = "precious words"


def _files(home):
    return list(home.rglob("*.drafts.json"))


def _writes_a_note(console):
    console.sees("live")
    console.press("a")
    console.sees("Add a goal")
    console.press("Sweep the yard\x13")
    console.sees("added")
    console.press("m")
    console.sees("A decision, a blocker, an outcome")
    console.press(TEXT)
    console.sees(TEXT)


def _kept(console, home):
    end = time.monotonic() + 60
    while not any(TEXT in file.read_text() for file in _files(home)):
        assert time.monotonic() < end, "the text is never kept"
        console.read(0.1)


def _offered(terminal):
    again = terminal()
    again.sees("Sweep the yard")
    again.press("m")
    again.sees("This is as you left it, and was not sent.")
    again.sees(TEXT)
    return again


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_loses_nothing_that_was_typed(terminal, tmp_path, number):
    console = terminal()
    _writes_a_note(console)
    console.process.send_signal(number)
    assert console.end() == 128 + number
    _offered(terminal)
    (file,) = _files(tmp_path)
    assert file.stat().st_mode & 0o777 == 0o600


def test_nor_does_a_kill_once_it_was_on_the_screen_for_a_moment(terminal, tmp_path):
    console = terminal()
    _writes_a_note(console)
    _kept(console, tmp_path)
    console.process.kill()
    console.process.wait()
    again = _offered(terminal)
    again.press("\x13")
    again.sees("noted on")
    # What was sent is kept no more.
    assert not _files(tmp_path)


def test_nor_does_a_crash(terminal):
    console = terminal("""
import sys
from tui.app import Console
from tui.cli import main

def on_key(self, event):
    if event.key == "f9":
        raise RuntimeError("boom")

Console.on_key = on_key
sys.exit(main())
""")
    _writes_a_note(console)
    console.press("\x1b[20~")
    console.end()
    _offered(terminal)


async def test_the_last_letter_before_a_signal_is_kept_too(tmp_path):
    async with operator(tmp_path) as me:
        await me.new("Sweep the yard")
        await me.press("m")
        await me.type(TEXT)
        kept = me.app.memory.path.with_suffix(".drafts.json")
        await me.until(kept.is_file, "the draft")
        # As it is a moment after the key, before anybody was told of it.
        me.app.screen.query_one(TextArea).insert("!")
        me.app.end(128 + signal.SIGTERM)
        await me.until(lambda: not me.app.is_running, "the end")
    assert json.loads(kept.read_text())[0]["fields"] == {"note": f"{TEXT}!"}


async def test_quitting_says_that_it_is_kept_and_does_not_ask_about_it_again(tmp_path):
    async with operator(tmp_path) as me:
        await me.new("Sweep the yard")
        await me.press("m")
        await me.type(TEXT)
        await me.press("escape")
        await me.back()
        await me.press("q")
        await me.sees("1 text not sent yet, and kept for the next time when you quit")
        await me.press("y", "enter")
        await me.until(lambda: not me.app.is_running, "the end")
    async with operator(tmp_path) as me:
        await me.press("m")
        await me.sees("This is as you left it", TEXT)
        await me.press("escape")
        await me.back()
        await me.press("q")
        await me.until(lambda: not me.app.is_running, "the end")


async def test_what_was_taken_out_again_is_kept_no_more(tmp_path):
    async with operator(tmp_path) as me:
        path = me.app.memory.path.with_suffix(".drafts.json")
        await me.press("a")
        await me.type("x")
        await me.until(path.is_file, "the draft")
        await me.press("backspace")
        await me.until(lambda: not path.exists(), "the draft to be gone")


def test_two_consoles_keep_both_theirs(tmp_path):
    path = tmp_path / "state" / "p.drafts.json"
    one, other = Drafts(path), Drafts(path)
    one.keep(("NoteDialog", "g-1"), {"note": "\udcff one"}, "Note")
    other.keep(("NoteDialog", "g-2"), {"note": "two"}, "Note")
    assert [text["note"] for _, text in Drafts(path).all.values()] == ["\udcff one", "two"]
    one.keep(("NoteDialog", "g-1"), {})
    assert list(Drafts(path).all) == [("NoteDialog", "g-2")]
    assert not Drafts(path).of_this_run
    assert other.of_this_run


@pytest.mark.parametrize(
    "garbage",
    [b"", b"\xff", b"7", b"[7]", b'[{"dialog": 7}]', b'[{"dialog": [{}], "name": "", "fields": {}}]', b"[" * 100_000],
)
def test_garbage_is_no_draft(tmp_path, garbage):
    path = tmp_path / "p.drafts.json"
    path.write_bytes(garbage)
    drafts = Drafts(path)
    assert not drafts.all
    drafts.keep(("NoteDialog", "g-1"), {"note": "x"}, "Note")
    assert Drafts(path)["NoteDialog", "g-1"] == {"note": "x"}


def test_where_it_cannot_be_written_it_is_kept_for_this_run(tmp_path):
    path = tmp_path / "p.drafts.json"
    path.mkdir()
    drafts = Drafts(path)
    drafts.keep(("NoteDialog", "g-1"), {"note": "x"}, "Note")
    assert drafts["NoteDialog", "g-1"] == {"note": "x"}
    drafts.keep(("NoteDialog", "g-1"), {})
    assert not drafts.all
