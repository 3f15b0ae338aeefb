"""``o``: the browser is a program of its own, whatever it does with a terminal, and keys don't wait for it."""

from __future__ import annotations

import pytest

from tests.store.helpers import update
from tests.tui.helpers import operator
from tui import browse
from tui.widgets.lines import Notice

ADDRESS = "https://github.com/a/b/pull/1"


@pytest.fixture
def browser(tmp_path_factory, monkeypatch):
    """Make the browser a script, which begins by writing down what it is to open; return that file."""
    folder = tmp_path_factory.mktemp("browser")
    opened = folder / "opened"

    def make(then):
        script = folder / "browser"
        script.write_text(f'#!/bin/sh\necho "$1" >> {opened}\n{then}\n')
        script.chmod(0o755)
        monkeypatch.setenv("BROWSER", str(script))
        return opened

    return make


async def linked(me):
    goal = await me.new("Ship the parser", "s-1")
    await me.store.update(goal.id, update("s-1", evidence=ADDRESS))
    await me.press("o")


async def test_the_address_reaches_the_browser(tmp_path, browser):
    opened = browser("exit 0")
    async with operator(tmp_path) as me:
        await linked(me)
        await me.until(opened.exists, "the browser")
        assert opened.read_text() == f"{ADDRESS}\n"
        await me.until(lambda: len(me.app.workers) == 1, "no worker but the one that follows the palace")
        assert "opening github.com" in me.screen


@pytest.mark.parametrize("then", ["exit 1", "read key < /dev/tty"], ids=["fails", "asks for a terminal"])
async def test_one_that_shows_nothing_is_no_success(tmp_path, browser, then, monkeypatch):
    monkeypatch.setattr(browse, "_PATIENCE", 60)
    _ = browser(then)
    async with operator(tmp_path) as me:
        await linked(me)
        await me.sees(f"no browser opens it here: {ADDRESS}")


async def test_what_is_said_of_a_browser_that_failed_goes_as_any_answer_does(tmp_path, browser, monkeypatch):
    monkeypatch.setattr(Notice, "BAD_STAYS", 0.5)
    _ = browser("exit 1")
    async with operator(tmp_path) as me:
        await linked(me)
        await me.sees(f"no browser opens it here: {ADDRESS}")
        await me.until(lambda: "no browser" not in me.screen, "the answer to go")
        await me.press("question_mark")
        await me.sees("All keys")


async def test_no_key_waits_for_one_that_stays(tmp_path, browser, monkeypatch):
    monkeypatch.setattr(browse, "_PATIENCE", 0.3)
    # Until the test took its file away.
    opened = browser('while test -e "$(dirname "$0")/opened"; do sleep 0.05; done')
    async with operator(tmp_path) as me:
        await linked(me)
        await me.until(opened.exists, "the browser")
        await me.press("question_mark")
        await me.sees("All keys")
        await me.press("escape")
        await me.until(lambda: len(me.app.workers) == 1, "no worker but the one that follows the palace")
        assert "no browser" not in me.screen
        opened.unlink()
