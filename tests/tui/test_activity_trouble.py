"""Activity when things are not well: no palace, another palace, hostile text, little room."""

import pytest

from store import GoalStore, PalaceUnavailable
from tests.store.helpers import palace_file, update
from tests.tui.helpers import FAILED, away, operator
from tests.tui.pages import filter_by, open_activity
from tests.tui.story import EVIL, TAMED, hand, tell


async def test_goes_on_when_the_palace_is_back(told):
    async with operator(told) as me:
        events = await open_activity(me)
        await me.press("j")
        await me.until(lambda: events.row_of(events.cursor) == 1)
        under = events.cursor
        with away(told):
            await me.sees("‖ degraded")
            assert events.rows == 56
            await me.press("m")
            await me.sees("nothing can be changed now")
        await me.sees("● live")
        assert events.cursor == under
        await me.store.note(FAILED, "back again")
        await me.sees("note: back again")
        assert events.rows == 57
        await me.healed()


async def test_says_why_where_it_cannot_be_read_and_tries_again(told, monkeypatch):
    activity, broken = GoalStore.activity, True

    async def sometimes(self, limit, before=None):
        if broken:
            raise PalaceUnavailable("session-manager", "locked by [/] somebody", "wait")
        return await activity(self, limit, before)

    monkeypatch.setattr(GoalStore, "activity", sometimes)
    async with operator(told) as me:
        await me.press("A")
        await me.sees("locked by [/] somebody", "What happened can't be read now.")
        broken = False
        await me.sees("● live", "hook:ci")


async def test_another_palace_in_its_place_is_read_anew(told, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    await tell(elsewhere)
    async with hand(elsewhere, "stranger", 1) as store:
        for number in range(3):
            await store.note(FAILED, f"elsewhere {number}")
    palace = palace_file(told).parent
    async with operator(told) as me:
        events = await open_activity(me)
        await me.store.note(FAILED, "only here")
        await me.sees("only here")
        palace.rename(told / "away")
        await me.sees("‖ degraded")
        palace_file(elsewhere).parent.rename(palace)
        await me.sees("● live", "elsewhere 2")
        await me.until(lambda: events.rows == 59)
        assert "only here" not in me.screen
        await me.sees("is another one than before: if that was not meant, put the old files back")
        # Which must not be overlooked, as long as it is so.
        await me.sees("‖ another palace is in the place of the one that was opened")
        palace.rename(palace_file(elsewhere).parent)
        await me.sees("‖ degraded")
        (told / "away").rename(palace)
        await me.sees("only here", "is the one again that it was at first")
        await me.until(lambda: "another palace" not in me.screen, "the banner to go")
        await me.healed()


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 20), (40, 12)])
async def test_hostile_text_is_literal(told, size):
    actor = EVIL.replace("\x1b", "").replace("\x9b", "")
    async with hand(told, actor, 0) as store:
        goal = await store.create(actor, [actor])
        await store.update(FAILED, update("uv-pr-15001", "running", EVIL, EVIL))
        await store.note(goal.id, EVIL)
    async with operator(told, size) as me:
        events = await open_activity(me)
        await me.sees("> ", "[/] [un" if size[0] > 60 else "[/]")
        for _ in range(3):
            me.fits()
            await me.press("j")
        if size == (120, 40):
            await me.press("g")
            await me.sees(f"note: {TAMED}", "by [/] [unclosed [31mred <U+202E>back 検証 [b]bold[/b] 2J")
            await filter_by(me, "[/] \u202e")
            await me.until(lambda: events.feed.whole)
            await me.sees("/ [/] <U+202E>")


@pytest.mark.parametrize("size", [(200, 60), (160, 50), (100, 30), (80, 24), (60, 20), (40, 12), (30, 8)])
async def test_fits_every_size(told, size):
    async with operator(told) as me:
        events = await open_activity(me)
        await me.press(*"jjjjj")
        await me.until(lambda: events.row_of(events.cursor) == 5)
        under = events.cursor
        await me.pilot.resize_terminal(*size)
        await me.until(lambda: me.app.size == size)
        await me.sees("> ✗", "Move env" if size[0] >= 40 else "Move")
        assert events.cursor == under
        me.fits()
        await me.pilot.resize_terminal(120, 40)
        await me.sees("mcp:uv-pr-15001", "WHAT CHANGED")
