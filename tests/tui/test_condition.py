"""What the console shows when the store is not well, and when there is none: with palaces that really are broken."""

import os
import threading

import pytest

from store import GoalStore
from tests.store.helpers import cache_file, damage, locked, palace_file, write_cache
from tests.tui.helpers import FAILED, Operator, away, garbage, opened, operator
from tests.tui.story import PENDING
from tui.widgets.lines import Banner

CHANGES = ("a", "l", "u", "c", "m", "t", "e", "minus", "z")


async def is_refused(me: Operator, reason: str) -> None:
    """The banner says why, every key that changes something says so too, and what is known stays on the screen."""
    await me.sees("○ degraded", "degraded, changes are refused", reason, "What to do", "✗ FAILED")
    for key in CHANGES:
        me.board.say("")
        await me.press(key)
        await me.sees("nothing can be changed now")
        assert len(me.app.screen_stack) == 1, key


async def is_well(me: Operator) -> None:
    """The palace takes changes again."""
    await me.sees("● live")
    assert "degraded" not in me.screen
    await me.press("m")
    await me.sees("A decision")
    await me.type("and on it goes")
    await me.press("ctrl+s")
    await me.sees("noted on")


async def test_garbage_in_place_of_the_palace(root):
    async with operator(root) as me:
        await me.at(FAILED)
        before = me.store.all()
        with garbage(root):
            await is_refused(me, "not a palace")
            assert me.store.all() == before
            assert palace_file(root).read_bytes().startswith(b"no palace")
        await is_well(me)


async def test_the_palace_is_deleted_and_put_back(root):
    async with operator(root) as me:
        await me.at(FAILED)
        with away(root):
            await is_refused(me, "gone")
            await me.press("enter")
            # On every screen, where its keys are.
            await me.sees("FAILED  7 of 12", "degraded, changes are refused")
            await me.press("h")
            await me.sees("degraded, changes are refused")
        await me.until(lambda: "degraded" not in me.screen, "the banner to go")
        await me.press("escape", "escape")
        await is_well(me)


async def test_the_palace_cannot_be_opened(root):
    async with operator(root) as me:
        await me.at(FAILED)
        palace = palace_file(root)
        palace.rename(root / "away.db")
        palace.mkdir()
        await me.sees("○ degraded", "changes are refused")
        await me.press("a")
        await me.sees("nothing can be changed now")
        palace.rmdir()
        (root / "away.db").rename(palace)
        await is_well(me)


async def test_the_palace_cannot_be_written(root):
    async with operator(root) as me:
        await me.at(FAILED)
        palace = palace_file(root)
        palace.chmod(0o400)
        if os.access(palace, os.W_OK):
            pytest.skip("nothing is read-only to root; setpriv --bounding-set=-all --inh-caps=-all makes it so")
        await me.press("m")
        await me.type("kept")
        await me.press("ctrl+s")
        await me.sees("can't be written")
        palace.chmod(0o600)
        await me.until(lambda: me.store.degraded is None, "healing")
        await me.press("ctrl+s")
        await me.sees("noted on")


async def test_locked_by_another_while_a_dialog_is_sent(root):
    async with operator(root) as me:
        await me.at(FAILED)
        await me.press("m")
        await me.type("written while it was locked")
        with locked(root):
            await me.press("ctrl+s")
            # The store waits five seconds for it.
            await me.sees("locked by another process", "written while it was locked")
            await me.sees("end what holds it")
        await me.until(lambda: me.store.degraded is None, "healing")
        await me.press("ctrl+s")
        await me.sees("noted on", "● live")
        assert me.goal(FAILED).notes.count("written while it was locked") == 1


async def test_a_cache_that_cannot_be_written_holds_up_nothing(root):
    async with operator(root) as me:
        await me.at(FAILED)
        cache = cache_file(root)
        await me.until(cache.exists, "the cache")
        cache.unlink()
        cache.mkdir()
        await me.store.note(FAILED, "kept all the same")
        await me.sees("goals.json can't be written", "● live")
        # It may be folded anywhere, as long as the path is.
        assert "Nothing is lost" in me.board.query_one(Banner).text
        assert me.goal(FAILED).notes[-1] == "kept all the same"
        cache.rmdir()
        await me.until(lambda: cache.is_file() and "kept all the same" in cache.read_text(), "the cache")
        await me.until(lambda: "can't be written" not in me.screen, "the banner to go")


async def test_an_unreadable_drawer_is_counted_and_named(root):
    damage(root, PENDING)
    async with operator(root) as me:
        await me.sees("1 unreadable drawer: D", "● live", "0 All 46")
        assert me.store.get(PENDING) is None
        await me.press("D")
        await me.sees(PENDING)
        await me.press("escape")
        await me.at(FAILED)
        await is_well(me)


async def test_a_palace_that_cannot_be_opened_says_so(tmp_path):
    (tmp_path / "palaces").write_text("in the way")
    write_cache(tmp_path).write_text("{")
    async with opened(tmp_path) as me:
        await me.sees("could not be opened")
        await me.press("a")
        await me.sees("the palace is not open")
        await me.press("A")
        await me.sees("The palace is not open.", "○ not open")
        await me.press("D")
        await me.sees("the palace is not open")
        await me.press("escape", "escape")
        await me.sees("could not be opened")
        await me.press("q")
        await me.until(lambda: not me.app.is_running)


async def test_opened_from_the_cache_it_shows_the_goals_and_heals(root):
    async with GoalStore.open(root) as store:
        goal = store.all()[0]
    folder = palace_file(root).parent
    folder.rename(root / "away")
    folder.write_text("in the way")
    async with opened(root) as me:
        await is_refused(me, "is not a folder")
        assert me.goal(goal.id) == goal
        folder.unlink()
        (root / "away").rename(folder)
        await me.at(FAILED)
        await is_well(me)


async def test_an_error_inside_is_shown_and_the_console_goes_on(root):
    async with opened(root) as me:
        await me.sees("● live")

        async def break_down():
            msg = "[/] oops\x1b"
            raise RuntimeError(msg)

        me.app.work(break_down())
        await me.sees("RuntimeError: [/] oops␛", "● live")
        # Where its lines end depends on where the file is.
        assert "The console goes on" in me.board.query_one(Banner).text
        assert "Traceback" not in me.screen
        await me.press("escape")
        await me.until(lambda: "oops" not in me.screen, "the banner to go")
        await me.at(FAILED)
        await is_well(me)


async def test_a_thread_that_breaks_off_is_shown(root):
    async with opened(root) as me:
        await me.sees("● live")

        def break_down():
            msg = "the tender"
            raise RuntimeError(msg)

        threading.Thread(target=break_down).start()
        await me.sees("RuntimeError: the tender", "○ stopped")
        assert "quit and start again" in me.board.query_one(Banner).text


async def test_a_palace_that_is_back_as_it_was_is_no_news(root):
    async with operator(root) as me:
        with away(root):
            await me.until(lambda: me.store.degraded, "the palace to be missed")
        await me.healed()
        assert "•" not in me.screen


async def test_news_that_nobody_has_read_is_not_lost_to_more_of_it(root):
    async with operator(root) as me:
        me.app.answer("one thing was set aside", bad=True, stays=True)
        me.app.answer("another palace", bad=True, stays=True)
        await me.sees("another palace; one thing was set aside")
        await me.press("r")
        await me.sees("all goals are in their rows")
        me.app.answer("and more", stays=True)
        await me.sees(" and more ")
        assert "another palace" not in me.screen


@pytest.mark.parametrize("size, rows", [((120, 40), 2), ((80, 24), 3), ((40, 12), 2), ((20, 5), 2)])
async def test_the_banner_leaves_a_small_screen_its_rows_and_says_where_it_is_cut(root, size, rows):
    async with operator(root, size) as me:
        with garbage(root):
            await me.until(lambda: me.board.query_one(Banner).text, "the banner")
            await me.until(lambda: me.board.query_one(Banner).region.height == rows, "its lines")
            cut = me.board.query_one(Banner).render().plain.endswith("…")  # type: ignore[union-attr]
            assert cut is (size[1] < 16)
            # By its height alone too.
            await me.pilot.resize_terminal(size[0], 12)
            await me.until(lambda: me.board.query_one(Banner).region.height == 2, "fewer lines")
            await me.pilot.resize_terminal(*size)
        await me.until(lambda: not me.board.query_one(Banner).text, "the palace")
