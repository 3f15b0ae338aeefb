"""The history of a goal: its revisions, page by page, what each changed, and the way back to one."""

from datetime import timedelta

from store import GoalStore
from tests.store.helpers import goals, sql, update, wire
from tests.tui.helpers import NOON, operator
from tui.format import age, ago, to_second
from tui.screens.goal import GoalScreen
from tui.widgets.pick import PickList


async def test_history_steps_back_page_by_page_and_reverts(tmp_path):
    async with operator(tmp_path) as me, GoalStore.open(tmp_path, actor="agent") as other:
        goal = await me.new("Ship the parser", "s-1")
        await other.update(goal.id, update("s-1", "verified", "11 passed\nall green"))
        await other.update(goal.id, update("s-1", "verified", "12 passed\nall green"))
        for number in range(150):
            await me.store.note(goal.id, f"note {number}")
        await me.press("h")
        await me.sees("Revisions 154, newest first · 59 read", "revisions 96–154", "which is how it is now")
        picker = me.app.screen.query_one("#revisions", PickList)
        await me.press("pagedown", "pagedown")
        await me.sees("Revision 138 by tester")

        # The cursor stays on its revision when there is a newer one.
        await other.note(goal.id, "from elsewhere")
        await me.sees("3 History 155", "155  now  agent")
        assert picker.picked == "138"
        await me.press("G")
        await me.sees("Revisions 155, newest first")
        await me.until(lambda: (picker.virtual_size.height or 0) > 70)
        while picker.picked != "1":
            await me.press("G")
        await me.sees("Revision 1 by tester", "created as pending", "verified 0→1 of 1 linked", "revisions 1–155")
        await me.press("k", "k")
        await me.sees("Revision 3 by agent", "s-1 launched -> verified", "+ 11 passed")
        await me.press("k")
        await me.sees("Revision 4 by agent", "- 11 passed", "+ 12 passed", "all green", "z makes it that again")

        await me.press("j", "z")
        await me.sees(
            "Make the goal what it was at revision 3?", "Back to revision 3, by agent", "s-1 evidence: 11 passed"
        )
        await me.press("enter")
        await me.sees("nothing was changed back")
        assert me.store.revision(goal.id) == 155
        await me.press("z", "right", "enter")
        await me.sees("is as it was at revision 3", "3 History 156")
        assert me.goal(goal.id).sessions[0].evidence == "11 passed\nall green"
        assert not me.goal(goal.id).notes
        assert picker.picked == "3"
        # Where it is that by now, and on the newest, it is the undo of everywhere.
        await me.press("z")
        await me.sees("Undo the goal's last change?", "revision 156, by tester")
        await me.press("escape")
        await me.press("g", "z")
        await me.sees("Undo the goal's last change?")


async def test_history_says_why_it_cannot_be_read_and_heals(tmp_path, monkeypatch):
    async with operator(tmp_path) as me:
        await me.new("Ship the parser", "s-1")
        await me.press("h")
        await me.sees("Revision 2 by tester")
        monkeypatch.setattr(GoalStore, "degraded", property(lambda _: "palace [b]gone[/]"))
        me.store._tell(frozenset())
        await me.sees("can't be read now: palace [b]gone[/]")
        monkeypatch.undo()
        me.store._tell(frozenset())
        await me.sees("Revisions 2, newest first", "s-1 linked, launched")
        assert "can't be read now" not in me.screen


async def test_ages_grow_in_the_lists_of_a_page_too(tmp_path, monkeypatch):
    monkeypatch.setattr(GoalScreen, "TICK", 0.2)
    async with operator(tmp_path) as me:
        await me.new("Ship the parser", "s-1")
        await me.press("enter", "3")
        await me.sees("Revisions 2, newest first")
        later = NOON + timedelta(hours=3)
        monkeypatch.setattr(me.app, "_clock", lambda: later.replace(year=later.year + 1))
        await me.until(lambda: me.screen.count(" 12mo  tester") == 2, "the ages to grow")


async def test_what_came_by_import_is_of_the_moment_when_it_was_imported(tmp_path):
    """A goal from elsewhere keeps its own times, which nobody here saw."""
    async with operator(tmp_path) as me, GoalStore.open(tmp_path, actor="agent") as other:
        await other.import_goals(goals(wire("g-1", updated="2020-01-01T00:00:00Z", notes=["it was decided"])))
        committed = (await other.history("g-1"))[0].committed
        assert committed is not None
        passed = NOON - committed
        await me.at("g-1")
        await me.press("enter", "2")
        await me.sees(f"note 1 · imported by agent · {ago(passed)}", "it was decided")
        await me.press("3")
        await me.sees(f"1  {age(passed)}  agent", f"Revision 1 by agent, {to_second(committed)}")


async def test_revisions_that_cannot_be_read_are_counted(tmp_path):
    async with operator(tmp_path) as me:
        goal = await me.new("Ship the parser", "s-1")
        for note in ("one", "two"):
            await me.store.note(goal.id, note)
        sql(tmp_path, "UPDATE revisions SET crc = crc + 1 WHERE number = 3")
        await me.press("h")
        await me.sees("Revisions 4, newest first · 1 can't be read")
