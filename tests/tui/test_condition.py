"""What the console shows when the store is not well, and when there is none."""

import pytest

from store import GoalStore
from tests.tui.helpers import Operator, console, operator, text

pytestmark = pytest.mark.anyio


async def test_degraded_shows_why_and_refuses_until_it_heals(root, monkeypatch):
    async with operator(root) as me:
        reason = "palace [bold]broken[/]"
        monkeypatch.setattr(GoalStore, "degraded", property(lambda _: reason))
        monkeypatch.setattr(GoalStore, "unreadable", property(lambda _: {"g-1": "bad"}))
        me.store._tell(frozenset())
        await me.sees("degraded, changes are refused: palace [bold]broken[/]", "○ degraded", "1 unreadable drawer")
        await me.press("a")
        await me.sees("nothing can be changed now")
        assert len(me.app.screen_stack) == 1
        monkeypatch.undo()
        me.store._tell(frozenset())
        await me.sees("● live")
        assert "degraded, changes" not in me.screen


async def test_a_palace_that_cannot_be_opened_says_so(tmp_path):
    (tmp_path / "palaces").write_text("in the way")
    (tmp_path / "sm").mkdir()
    (tmp_path / "sm" / "goals.json").write_text("{")
    app = console(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        me = Operator(app, pilot)
        await me.sees("could not be opened")
        await me.press("a")
        await me.sees("the palace is not open")
        await me.press("q")
        await me.until(lambda: not app.is_running)


async def test_an_error_inside_is_shown_and_not_swallowed(root):
    app = console(root)
    async with app.run_test(size=(120, 40)) as pilot:
        me = Operator(app, pilot)
        await me.sees("● live")

        async def break_down():
            msg = "[/] oops\x1b"
            raise RuntimeError(msg)

        app.work(break_down())
        await me.sees("RuntimeError: [/] oops␛")
        assert "Traceback" not in text(app)
