"""Marks, later, what changed since it was seen, how long goals wait: by keys, on the board."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import pytest
from textual.widgets import Input

from store import GoalStatus, GoalStore, SessionLink, SessionTaskState, SessionUpdate
from tests.store.helpers import say_again
from tests.tui.helpers import FAILED, fill, operator
from tui.widgets.goal_list import GoalList


@pytest.fixture
async def root(tmp_path):
    await fill(tmp_path)
    return tmp_path


async def ready_goals(root, *names):
    async with GoalStore.open(root, actor="agent") as store:
        made = [await store.create(name) for name in names]
        for goal in made:
            await store.link(
                goal.id, SessionLink(session_id=goal.id, task="t", state=SessionTaskState.VERIFIED, evidence="e")
            )
    return [goal.id for goal in made]


async def test_one_close_for_all_that_are_marked(root):
    first, second = await ready_goals(root, "first of two", "second of two")
    async with operator(root) as me:
        await me.at(first)
        await me.press("space")
        await me.at(second)
        await me.press("space")
        await me.at(FAILED)
        await me.press("space")
        await me.sees("3 goals marked")
        await me.press("c")
        await me.sees("Close 3 marked goals")
        await me.type("shipped")
        await me.press("ctrl+s")
        await me.until(lambda: me.goal(second).status is GoalStatus.DONE)
        await me.sees("2 closed, 1 refused and still marked")
        # The operator knows what they did.
        assert not me.screen.count("• ● done")
        assert me.goal(first).notes[-1] == "shipped"
        assert not me.goal(FAILED).closed
        await me.sees("1 of 3 goals not closed, and still marked", FAILED)
        await me.press("escape")
        await me.back()
        await me.press("escape")
        await me.sees("no mark")


async def test_a_note_and_a_status_for_all_that_are_marked(root):
    ids = await ready_goals(root, "first of two", "second of two")
    async with operator(root) as me:
        for goal_id in ids:
            await me.at(goal_id)
            await me.press("space")
        await me.press("m")
        await me.sees("Note on 2 marked goals")
        await me.type("looked at")
        await me.press("ctrl+s")
        await me.until(lambda: me.goal(ids[1]).notes == ("looked at",))
        for goal_id in ids:
            await me.at(goal_id)
            await me.press("space")
        await me.press("t")
        # What they are, so that whoever only writes the reason changes nothing else.
        await me.sees("Set the status of 2 marked goals", "(•) inProgress")
        await me.press("right", "ctrl+s")
        await me.until(lambda: {me.goal(goal_id).status for goal_id in ids} == {GoalStatus.BLOCKED})


async def test_later_until_it_changes(root):
    async with operator(root) as me:
        goals = me.board.goals
        await me.at(FAILED)
        await me.press("x")
        await me.until(lambda: goals.order.row(FAILED) is None)
        await me.sees("later, until it changes", "1 Needs you 4", "0 All 47")
    # It is still put off the next time, and is back once somebody changes it.
    async with operator(root) as me, GoalStore.open(root, actor="agent") as other:
        goals = me.board.goals
        assert goals.order.row(FAILED) is None
        # A session that says again what it said before changes nothing, however often.
        for at in range(3):
            say_again(root, FAILED, "agent")
            await me.until(lambda at=at: me.store.revision(FAILED) >= 2 + at, "the update")  # type: ignore[misc]
            await me.pilot.pause(0.2)
            assert goals.order.row(FAILED) is None
            assert FAILED not in me.board.triage.fresh  # type: ignore[union-attr]
        await other.note(FAILED, "news")
        await me.until(lambda: goals.order.row(FAILED) is not None)
        await me.at(FAILED)
        await me.press("x")
        await me.until(lambda: goals.order.row(FAILED) is None)
        await me.press("0")
        await me.at(FAILED)
        await me.press("x")
        await me.sees("taken up")


async def test_what_changed_since_it_was_seen(root):
    async with operator(root):
        pass
    ids = await ready_goals(root, "while you were away")
    async with GoalStore.open(root, actor="agent") as other:
        await other.close(ids[0])
        await other.note(FAILED, "news")
    async with operator(root) as me, GoalStore.open(root, actor="agent") as other:
        await me.sees("since you left: 1 closed, 1 changed")
        blocked = next(goal.id for goal in me.store.all() if goal.status is GoalStatus.BLOCKED)
        await other.note(blocked, "news")
        await me.until(partial(me.board.goals.order.row, blocked))
        await me.sees("•")
        await me.at(blocked)
        await me.until(lambda: "•" not in me.screen.split("nothing needed")[0])


async def test_what_was_not_looked_at_is_still_to_be_seen_the_next_time(root, monkeypatch):
    monkeypatch.setattr(GoalList, "LOOK", 0.001)
    async with operator(root):
        pass
    async with GoalStore.open(root, actor="agent") as other:
        ids = await ready_goals(root, "one", "two", "three")
        await other.close(ids[2])
    async with operator(root) as me:
        await me.sees("since you left: ")
        await me.at(ids[0])
        await me.at(FAILED)
        await me.until(lambda: me.board.triage.fresh == {ids[1], ids[2]}, "one of three to be seen")  # type: ignore[union-attr]
    async with operator(root) as me:
        # Nothing happened meanwhile, of which to tell.
        await me.until(lambda: me.board.triage.fresh == {ids[1], ids[2]}, "the other two")  # type: ignore[union-attr]
        assert "since you left" not in me.screen
        await me.press("4")
        await me.sees("•")


async def test_n_goes_through_what_changed_and_is_not_seen(root):
    async with operator(root):
        pass
    ids = await ready_goals(root, "one", "two", "three")
    async with GoalStore.open(root, actor="agent") as other:
        await other.close(ids[2])
    async with operator(root) as me:
        await me.sees("since you left: ", "n goes through them")
        there = [goal_id for goal_id in me.rows if goal_id in ids]
        assert set(there) == {ids[0], ids[1]}
        await me.press("g")

        async def goes_to(key, goal_id):
            await me.press(key)
            await me.until(lambda: me.board.goals.goal_id == goal_id, "the one that changed")

        await goes_to("n", there[0])
        await goes_to("n", there[1])
        await goes_to("N", there[0])
        # Where the cursor rests, they are seen.
        await me.until(lambda: me.board.goals.fresh == 2, "one to be seen")
        await goes_to("n", there[1])
        await me.until(lambda: me.board.goals.fresh == 1, "the other one")
        await me.press("n")
        await me.sees("1 goal elsewhere did: 0 shows all")


async def test_what_another_console_looked_at_is_seen(root, monkeypatch):
    monkeypatch.setattr(GoalList, "LOOK", 0.001)
    async with operator(root):
        pass
    ids = await ready_goals(root, "one", "two", "three")
    async with operator(root) as me, GoalStore.open(root, actor="agent") as agent:
        await me.sees("since you left: ")
        async with operator(root) as other:
            await other.sees("since you left: ")
            await other.at(ids[0])
            await other.at(FAILED)
            await other.until(lambda: ids[0] not in other.board.triage.fresh, "one to be seen there")  # type: ignore[union-attr]
        await me.at(ids[1])
        await me.at(FAILED)
        await me.until(lambda: me.board.triage.fresh == {ids[0], ids[2]}, "another to be seen here")  # type: ignore[union-attr]
        # What changes after the other one was left was not seen there.
        late = await agent.create("late")
        await me.until(lambda: late.id in me.board.triage.fresh, "it to be new")  # type: ignore[union-attr]
    async with operator(root) as me:
        await me.until(lambda: me.board.triage.fresh == {ids[2], late.id}, "what neither has seen")  # type: ignore[union-attr]


async def test_a_goal_that_the_cursor_only_passes_was_not_looked_at(root):
    async with operator(root):
        pass
    ids = await ready_goals(root, *(f"new {at}" for at in range(6)))
    async with operator(root) as me:
        await me.sees("since you left: ")
        await me.press("g", *"jjjjjj")
        fresh = me.board.triage.fresh  # type: ignore[union-attr]
        assert fresh == set(ids)
        here = me.board.goals.goal_id
        await me.until(lambda: fresh == set(ids) - {here}, "the one that it rests on to be seen")
        await me.press("j")
        await me.pilot.pause(0.1)
        assert here in ids


async def test_the_cursor_is_on_the_screen_in_a_longer_view(tmp_path):
    async with GoalStore.open(tmp_path) as store:
        for at in range(3):
            await store.create(f"pending {at}")
        for at in range(60):
            goal = await store.create(f"running {at}")
            await store.link(goal.id, SessionLink.launched(f"s-{at}", "t"))
    async with operator(tmp_path, (80, 24)) as me:
        for view, key in (("3", "0"), ("2", "0"), ("3", "1"), ("2", "1")):
            await me.press(view, "G")
            here = me.board.goals.goal_id
            await me.press(key)
            await me.until(lambda: any(line.startswith(">") for line in me.screen.splitlines()), "the cursor")
            assert me.board.goals.goal_id == here
            await me.press("g", "1")


async def test_how_long_it_waits_is_not_how_long_ago_it_changed(root):
    async with GoalStore.open(root, actor="agent", clock=lambda: datetime(2026, 9, 21, 14, 0, tzinfo=UTC)) as other:
        goal = await other.create("waits long")
        await other.link(goal.id, SessionLink.launched("s-9", "t"))
        await other.update(goal.id, SessionUpdate(session_id="s-9", state=SessionTaskState.FAILED))
    async with GoalStore.open(root, actor="agent", clock=lambda: datetime(2026, 10, 1, 14, 0, tzinfo=UTC)) as other:
        await other.note(goal.id, "still")
    async with operator(root) as me:
        await me.until(lambda: any("waits long" in line and " 10d " in line for line in me.screen.splitlines()))


async def test_filter_by_facts_and_by_text_in_the_palace(root):
    async with operator(root) as me:
        order = me.board.goals.order
        await me.press("0", "slash")
        await me.type("text:adversarial review")
        await me.until(lambda: len(me.board.goals.order) == 1, "the goal with that evidence")
        assert me.board.goals.order.at(0) == "g-004c03bcd696aeb8"
        await me.sees("1 goal with adversarial review in evidence or notes", "/ text:adversarial review  1 here")
        me.board.query_one("#filter", Input).value = "status:abandoned"
        await me.until(lambda: len(me.board.goals.order) == 9)
        await me.sees("/ status:abandoned  9 here")
        # It was about something else.
        await me.until(lambda: "adversarial" not in me.screen, "the answer to go")
        me.board.query_one("#filter", Input).value = "state:failed need:failed"
        await me.until(lambda: len(me.board.goals.order) == 1)
        me.board.query_one("#filter", Input).value = "actor:nobody"
        await me.until(lambda: not len(me.board.goals.order))
        assert order is me.board.goals.order
        await me.press("escape")
        await me.until(lambda: len(me.board.goals.order) == 47)


async def test_who_was_put_off_has_a_sign_where_it_is_shown(root):
    async with operator(root) as me:
        await me.at(FAILED)
        await me.press("x", "0")
        await me.sees("–✗ FAILED")
        await me.press("4", "x")
        await me.sees("the goal is closed, and needs nobody")


async def test_a_blocked_goal_that_is_ready_says_both(tmp_path):
    (goal_id,) = await ready_goals(tmp_path, "waits for paint")
    async with operator(tmp_path) as me:
        await me.store.set_status(goal_id, GoalStatus.BLOCKED, "the paint is wet")
        await me.sees("✓ READY", "close: c   though it is blocked")
        # Undo is there for what was closed just now, though the cursor has nothing to stand on.
        await me.press("c", "ctrl+s")
        await me.until(lambda: me.goal(goal_id).closed)
        await me.press("r")
        await me.sees("No goal is open: nothing needs you.")
        await me.press("z")
        await me.sees("Undo the goal's last change?", "blocked -> done")


@pytest.mark.parametrize("keys", ["j", "enter escape", "m escape", "space", "x"])
async def test_where_the_console_put_the_cursor_nobody_has_looked_yet(root, keys):
    async with operator(root):
        pass
    async with GoalStore.open(root, actor="agent") as other:
        await other.note(FAILED, "news")
    async with operator(root) as me, GoalStore.open(root, actor="agent") as other:
        await me.sees("since you left: 1 changed")
        assert me.board.goals.goal_id == FAILED
        await me.sees(">•✗ FAILED")
        # Neither another's change nor time passes for a look.
        await other.note(me.board.goals.order.at(5), "elsewhere")
        await me.pilot.pause(0.2)
        assert ">•✗ FAILED" in me.screen
        await me.press(*keys.split(), "0")
        await me.until(lambda: "✗ FAILED" in me.screen and "•✗" not in me.screen, f"{keys} to be a look")


async def test_what_one_does_oneself_is_no_news(root):
    async with operator(root):
        pass
    async with GoalStore.open(root, actor="agent") as other:
        await other.note(FAILED, "news")
    async with operator(root) as me:
        await me.sees(">•✗ FAILED")
        await me.store.note(FAILED, "seen it")
        await me.sees("> ✗ FAILED")


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 12)])
async def test_what_was_put_off_is_counted_where_it_was(tmp_path, size):
    async with operator(tmp_path, size) as me:
        for at in range(3):
            await me.store.create(f"Goal {at}")
        await me.until(lambda: len(me.rows) == 3, "the goals")
        await me.press("x")
        await me.sees("─── 1 put off until it changes: 0 ─")
        await me.press("x")
        await me.sees("─── 2 put off until they change: 0 ─")
        await me.press("x")
        await me.sees("Nothing else needs you.", "0    shows what was put off: 3 goals")
        await me.press("0")
        await me.until(lambda: len(me.rows) == 3, "all goals")
        assert "put off until" not in me.screen
        await me.press("x", "1")
        await me.sees("─── 2 put off until they change: 0 ─")
        await me.store.note(next(goal.id for goal in me.store.all() if goal.id not in me.rows), "news")
        await me.sees("─── 1 put off until it changes: 0 ─")


async def test_until_a_key_was_pressed_the_cursor_is_on_the_first_goal(tmp_path):
    async with GoalStore.open(tmp_path, actor="agent") as other, operator(tmp_path) as me:
        first = await other.create("Ship the parser")
        await me.until(lambda: me.rows == [first.id], "the goal")
        assert me.board.goals.cursor == first.id
        # One that needs the operator comes above it, and later another changes its place.
        failed = await other.create("Mend the gate")
        await other.set_status(failed.id, GoalStatus.BLOCKED, "waits for Anna")
        await me.until(lambda: me.rows == [failed.id, first.id], "the order")
        await me.until(lambda: me.board.goals.cursor == failed.id, "the cursor on the first row")
        await other.set_status(failed.id, GoalStatus.PENDING)
        await other.set_status(first.id, GoalStatus.BLOCKED, "waits for Anna")
        await me.until(lambda: me.rows == [first.id, failed.id], "the other order")
        await me.until(lambda: me.board.goals.cursor == first.id, "the cursor on the first row")
        await me.press("j")
        assert me.board.goals.cursor == failed.id
