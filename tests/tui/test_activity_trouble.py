"""Activity when things are not well: no palace, another palace, hostile text, little room; and its keys."""

import anyio
import pytest
from textual.binding import Binding

from store import GoalStore, PalaceUnavailable, SessionTaskState, SessionUpdate
from tests.tui.helpers import FAILED, operator
from tests.tui.pages import filter_by, open_activity
from tests.tui.story import EVIL, TAMED, hand, tell
from tui.screens.activity import ActivityScreen
from tui.screens.base import GoalKeys
from tui.screens.doctor import DoctorScreen
from tui.widgets.lines import Banner
from tui.widgets.rows import RowList

pytestmark = pytest.mark.anyio


@pytest.fixture
def told(tmp_path):
    """A palace where a morning has passed."""
    anyio.run(tell, tmp_path)
    return tmp_path


async def healed(me):
    await me.until(lambda: not me.board.query_one(Banner).text, "the board to take its banner down")


async def test_goes_on_when_the_palace_is_back(told):
    palace = told / "palaces" / "session-manager"
    async with operator(told) as me:
        events = await open_activity(me)
        await me.press("j")
        await me.until(lambda: events.row_of(events.cursor) == 1)
        under = events.cursor
        palace.rename(told / "away")
        await me.sees("‖ degraded")
        assert events.rows == 56
        await me.press("m")
        await me.sees("nothing can be changed now")
        (told / "away").rename(palace)
        await me.sees("● live")
        assert events.cursor == under
        await me.store.note(FAILED, "back again")
        await me.sees("note: back again")
        assert events.rows == 57
        await healed(me)


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
    palace = told / "palaces" / "session-manager"
    async with operator(told) as me:
        events = await open_activity(me)
        await me.store.note(FAILED, "only here")
        await me.sees("only here")
        palace.rename(told / "away")
        await me.sees("‖ degraded")
        (elsewhere / "palaces" / "session-manager").rename(palace)
        await me.sees("● live", "elsewhere 2")
        await me.until(lambda: events.rows == 59)
        assert "only here" not in me.screen
        await healed(me)


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 20), (40, 12)])
async def test_hostile_text_is_literal(told, size):
    actor = EVIL.replace("\x1b", "").replace("\x9b", "")
    async with hand(told, actor, 0) as store:
        goal = await store.create(actor, [actor])
        update = SessionUpdate(session_id="uv-pr-15001", state=SessionTaskState.RUNNING, evidence=EVIL, note=EVIL)
        await store.update(FAILED, update)
        await store.note(goal.id, EVIL)
    async with operator(told, size) as me:
        events = await open_activity(me)
        await me.sees("> ", "[/] [un" if size[0] > 60 else "[/]")
        for _ in range(3):
            assert all(char.isprintable() or char == "\n" for char in me.screen)
            for line in me.screen.splitlines():
                assert len(line) <= size[0]
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
        assert all(len(line) <= size[0] for line in me.screen.splitlines())
        await me.pilot.resize_terminal(120, 40)
        await me.sees("mcp:uv-pr-15001", "WHAT CHANGED")


@pytest.mark.parametrize("owner", [ActivityScreen, DoctorScreen, RowList])
def test_every_key_has_an_id_and_says_what_it_does(owner):
    for binding in owner.BINDINGS:
        assert binding.id
        assert binding.tooltip
        assert not binding.priority
        assert not {"ctrl+h", "ctrl+i", "ctrl+m", "U", "X", "C"} & set(binding.key.split(","))


@pytest.mark.parametrize("key", ["A", "D"])
async def test_help_lists_every_key_of_the_screen(told, key):
    async with operator(told) as me:
        await me.press(key)
        await me.until(lambda: isinstance(me.app.screen, ActivityScreen | DoctorScreen))
        await me.sees("● live" if key == "A" else "all is well")
        owner = type(me.app.screen)
        await me.press("question_mark")
        await me.sees("The job")
        shown = "\n".join(str(widget.render()) for widget in me.app.screen.query("Static"))
        for binding in (*owner.BINDINGS, *RowList.BINDINGS, *GoalKeys.BINDINGS):
            assert isinstance(binding, Binding)
            assert binding.tooltip in shown
