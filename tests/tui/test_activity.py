"""Activity: what happened in this palace, newest first, live, filtered."""

from functools import partial

import pytest

from store import GoalStatus, GoalStore
from tests.tui.helpers import FAILED, operator
from tests.tui.pages import filter_by, here, open_activity
from tests.tui.story import PENDING, READY, RUNNING, hand
from tui.widgets.event_list import EventList


def rows(screen):
    """The lines of the list and below, as far as they hold something; without the scrollbar."""
    return [line[:-2].rstrip() for line in screen.splitlines()[2:] if line.strip()]


async def test_newest_first_with_who_and_what(told):
    async with operator(told) as me:
        await open_activity(me)
        await me.sees("● live", "AGE", "WHAT CHANGED", "3m  Observe native")
        first = rows(me.screen)
        assert "hook:ci" in first[0]
        assert "criteria 2 -> 1" in first[1]
        assert "status inProgress -> blocked; note: waiting" in first[2]
        assert "● " in first[3]
        assert "status inProgress -> done" in first[3]
        assert "pr-8102 running -> verified" in first[4]
        assert "✗ " in first[5]
        assert "mcp:uv-pr-15001" in first[5]
        assert "pr-8102 linked, launched: let" in first[8]
        assert all("import" in line and "imported as" in line for line in first[9:20])
        # What does not fit into a row stands below, in full.
        await me.press(*"jjj")
        await me.sees(f"{PENDING}  revision 5 by daniel, 2026-10-01 13:54:00 UTC", "note: bounded actions are in")


async def test_what_comes_in_leaves_the_cursor_on_its_change(told):
    async with operator(told) as me, GoalStore.open(told, actor="mcp:agent") as other:
        events = await open_activity(me)
        await me.press(*"jjj")
        await me.until(lambda: events.row_of(events.cursor) == 3)
        under = events.cursor
        await other.note(FAILED, "from elsewhere")
        await me.sees("note: from elsewhere")
        assert events.cursor == under
        assert events.row_of(under) == 4
        assert "from elsewhere" in rows(me.screen)[0]
        assert here(me).target() == me.goal(PENDING)

        # Far down, nothing on the screen moves; it says that there is more above.
        await me.press("G")
        await me.until(lambda: events.top > 0 and events.row_of(events.cursor) == events.rows - 1)
        before = rows(me.screen)
        under = events.cursor
        for number in range(3):
            await other.note(FAILED, f"again {number}")
        await me.sees("3 newer above: g")
        assert events.cursor == under
        assert rows(me.screen) == before
        await me.press("g")
        await me.sees("again 2", "● live")


async def test_a_change_costs_the_rows_on_the_screen(told, monkeypatch):
    async with operator(told) as me, GoalStore.open(told, actor="mcp:agent") as other:
        events = await open_activity(me)
        await me.sees("● live")
        drawn = []
        pieces = EventList.pieces

        def noting(self, row, width):
            drawn.append(row)
            return pieces(self, row, width)

        monkeypatch.setattr(EventList, "pieces", noting)
        await other.note(FAILED, "one more")
        await me.until(lambda: events.rows == 57, "the change")
        await me.pilot.pause()
        assert drawn
        assert max(drawn) < events.page


def _more(events, known):
    return events.rows > known or events.feed.whole


async def test_reads_page_by_page_to_the_very_first_change(told):
    async with hand(told, "mcp:busy", 1) as store:
        for number in range(220):
            await store.note(RUNNING, f"step {number}")
    async with operator(told) as me:
        events = await open_activity(me)
        await me.sees("step 219")
        total = me.store.seq
        await me.until(lambda: not here(me)._reading)
        # Only what is near.
        assert events.rows == 100
        while not events.feed.whole:
            more = partial(_more, events, events.rows)
            await me.press("G")
            await me.until(more, "another page")
        assert events.rows == total == events.feed.total
        await me.press("G")
        await me.until(lambda: events.row_of(events.cursor) == total - 1)
        assert events.cursor == 1
        await me.sees("revision 1 by import")


@pytest.mark.parametrize(
    "words,there,gone",
    [
        ("kind:closed", ["status inProgress -> done"], ["imported as done", "criteria 2"]),
        ("kind:failed", ["uv-pr-15001 running -> failed"], ["verified; ", "status inProgress -> done"]),
        ("kind:linked actor:mcp", ["pr-8102 linked"], ["imported as"]),
        ("actor:daniel", ["criteria 2 -> 1", "as agreed on Tues"], ["hook:ci", "import"]),
        ("goal:environment tuesday", ["as agreed on Tues"], ["uv-pr-15001 running"]),
        (f"goal:{RUNNING} kind:status", ["status inProgress -> blocked"], ["imported as"]),
        ("bounded nightly", ["No change here has the words: bounded nightly"], ["let the manager"]),
    ],
)
async def test_filter_as_one_types(told, words, there, gone):
    async with operator(told) as me:
        events = await open_activity(me)
        await filter_by(me, words)
        await me.sees(f"/ {words}", *there)
        listed = "\n".join(rows(me.screen)[: events.rows])
        assert not [word for word in gone if word in listed]
        # Esc clears it, and only then leaves; the cursor's change is still under it.
        under = events.cursor
        await me.press("escape")
        await me.until(lambda: events.rows == 56)
        assert under in (events.cursor, None)
        await me.until(lambda: events.has_focus)
        await me.press("escape")
        await me.back()


async def test_the_filter_stays_and_takes_in_what_comes(told):
    async with operator(told) as me, GoalStore.open(told, actor="mcp:agent") as other:
        events = await open_activity(me)
        await filter_by(me, "kind:note actor:mcp:agent")
        await me.sees("No change here has the words")
        await me.press("enter")
        await me.until(lambda: events.has_focus)
        await other.note(FAILED, "told by an agent")
        await me.sees("note: told by an agent", "1 of all 57")
        await other.set_status(RUNNING, GoalStatus.IN_PROGRESS)
        await me.sees("1 of all 58")
        await me.press("enter")
        await me.sees("FAILED  ")
        await me.press("escape")
        await me.sees("1 of all 58", "told by an agent")
        await filter_by(me, "kind:finished")
        await me.sees("There is no kind of change called finished.", "reopened")


async def test_looks_further_back_for_what_is_rare(told):
    async with hand(told, "mcp:busy", 1) as store:
        for number in range(250):
            await store.note(RUNNING, f"step {number}")
    async with operator(told) as me:
        events = await open_activity(me)
        await filter_by(me, "actor:uv-pr-15001")
        await me.sees("uv-pr-15001 running -> failed")
        await me.until(lambda: events.feed.whole)
        await me.sees(f"1 of all {me.store.seq}")


async def test_enter_opens_the_goal_and_keys_act_on_it(told):
    async with operator(told) as me:
        events = await open_activity(me)
        await me.press("j", "j")
        await me.until(lambda: events.row_of(events.cursor) == 2)
        await me.press("m")
        await me.type("noted from the list")
        await me.press("ctrl+s")
        await me.sees("note: noted from the list")
        assert me.goal(RUNNING).notes[-1] == "noted from the list"
        await me.press("enter")
        await me.sees("BLOCKED", "7 of 8 sessions", RUNNING)
        await me.press("escape")
        await me.sees("● live")
        await me.press("h")
        await me.sees("2 by daniel")
        await me.press("escape")
        await me.sees("● live")
        # A click points, two open.
        await me.pilot.click(EventList, offset=(30, 5))
        await me.until(lambda: events.row_of(events.cursor) == 4)
        await me.pilot.click(EventList, offset=(30, 2), times=2)
        await me.sees(READY, "Criteria", "Observe native")


async def test_moving(told):
    async with operator(told) as me:
        events = await open_activity(me)
        page = events.page - 1
        await me.moves(events, last=55, half=round(page / 2), page=page)


async def test_from_screen_to_screen_there_is_one_of_each(told):
    async with operator(told) as me:
        await open_activity(me)
        await me.press("A")
        await me.press("D")
        await me.sees("all is well")
        await me.press("A")
        await me.sees("WHAT CHANGED")
        assert len(me.app.screen_stack) == 2
        await me.press("enter")
        await me.sees("Criteria")
        await me.press("A")
        await me.sees("WHAT CHANGED")
        await me.press("escape")
        await me.back()


async def test_empty_teaches(tmp_path):
    async with operator(tmp_path) as me:
        await open_activity(me)
        await me.sees("Nothing has happened here yet.", "a    adds the first goal")
        await me.press("enter", "h")
        await me.sees("there is no goal under the cursor")
        await me.press("a")
        await me.type("Ship the parser")
        await me.press("ctrl+s")
        await me.sees("Ship the parser", "created as pending")


async def all_of_it(me):
    events = await open_activity(me)
    await me.until(lambda: events.has_focus and not here(me)._reading)


async def filtered(me):
    events = await open_activity(me)
    await filter_by(me, "actor:mcp kind:verified")
    await me.press("enter")
    await me.until(lambda: events.has_focus and not here(me)._reading)


PICTURES = {
    "activity-120x40": (
        (120, 40),
        all_of_it,
        ["● live", "status inProgress -> done; note: bounded actions", "✗   1h", "hook:ci", "imported as done"],
    ),
    "activity-80x24": ((80, 24), all_of_it, ["● live", "✗   1h", "hook:ci", "revision 2 by hook:ci", "? keys"]),
    "activity-filtered-120x40": ((120, 40), filtered, ["/ actor:mcp kind:verified   1 of all 56", "41 passed"]),
}


@pytest.mark.parametrize("name", PICTURES)
def test_picture(name, told, pictured):
    assert pictured(told, *PICTURES[name])


async def test_h_goes_to_the_change_that_the_cursor_is_on(told):
    async with operator(told) as me:
        for number in range(60):
            await me.store.note(FAILED, f"note {number}")
        events = await open_activity(me)
        await me.press(*"j" * 40)
        at = events.picked
        assert at is not None
        await me.press("h")
        # Further back than a page of the history.
        await me.sees("Revisions", f"Revision {at.number} by ", "note: note 19")
        await me.press("j")
        await me.sees(f"Revision {at.number - 1} by ")
