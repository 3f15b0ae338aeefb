"""WHY on the board: what a goal was blocked with, what its newest failure came with."""

from __future__ import annotations

import pytest

from store import GoalStatus, GoalStore, parse_goals
from tests.store.helpers import SAMPLES, link, update
from tests.tui.helpers import operator
from tui.needs import Kind, kind_of
from tui.since import Since


def why(me, name: str) -> str:
    """The row of a goal."""
    return next((line for line in me.screen.splitlines() if name in line and "───" not in line), "")


async def told(me, name: str, *words: str) -> None:
    for word in words:
        await me.until(lambda word=word: word in why(me, name), f"{word} in the row of {name}")


async def made(store, name):
    goal = await store.create(name)
    return await store.link(goal.id, link(f"s-{name}", "running"))


@pytest.mark.parametrize("notes", [0, 1, 40])
async def test_the_reason_is_not_the_latest_note(tmp_path, notes):
    async with GoalStore.open(tmp_path, actor="agent") as other:
        stuck, broken = await made(other, "stuck"), await made(other, "broken")
        await other.note(stuck.id, "before")
        await other.set_status(stuck.id, GoalStatus.BLOCKED, "waits for paint")
        await other.update(broken.id, update("s-broken", "failed", note="the brush is gone"))
        for goal in (stuck, broken):
            for number in range(notes):
                await other.note(goal.id, f"by the way {number}")
    async with operator(tmp_path) as me:
        await told(me, "stuck", "BLOCKED", '"waits for paint"')
        await told(me, "broken", "FAILED", 's-broken: "the brush is gone": u')


async def test_it_is_learned_while_the_console_is_open(tmp_path):
    async with operator(tmp_path) as me, GoalStore.open(tmp_path, actor="agent") as other:
        goal = await made(other, "fence")
        await told(me, "fence", "running")
        await other.set_status(goal.id, GoalStatus.BLOCKED, "waits for paint")
        await told(me, "fence", "BLOCKED", '"waits for paint"')
        await other.note(goal.id, "it is green")
        await me.until(lambda: me.goal(goal.id).notes[-1] == "it is green")
        await me.pilot.pause(0.3)
        await told(me, "fence", '"waits for paint"')
        await other.update(goal.id, update("s-fence", "failed", note="the brush is gone"))
        await told(me, "fence", "FAILED", '"the brush is gone": u')
        await other.update(goal.id, update("s-fence", "running", note="another brush"))
        await told(me, "fence", "BLOCKED", '"waits for paint"')
        await other.set_status(goal.id, GoalStatus.IN_PROGRESS, "there is some")
        await told(me, "fence", "running")
        await other.set_status(goal.id, GoalStatus.BLOCKED)
        # Nothing was said this time, and what was said of something else is no reason.
        await told(me, "fence", "no note says why: m note")
        await me.press("m")
        await me.type("the brush is wet")
        await me.press("ctrl+s")
        await told(me, "fence", '"the brush is wet"')
        await other.note(goal.id, "by the way")
        await me.until(lambda: me.goal(goal.id).notes[-1] == "by the way")
        await me.pilot.pause(0.3)
        await told(me, "fence", '"the brush is wet"')


@pytest.mark.parametrize("width, said", [(120, 's-1: "the grammar is ambi'), (80, 's-1: "the gra'), (60, "FAILED")])
async def test_in_whatever_room_there_is(tmp_path, width, said):
    async with GoalStore.open(tmp_path, actor="agent") as other:
        goal = await other.create("parser")
        await other.link(goal.id, link("s-1", "running"))
        await other.update(goal.id, update("s-1", "failed", note="the grammar is ambiguous\nin two places"))
    async with operator(tmp_path, (width, 24)) as me:
        await told(me, "parser", said)
        assert width < 70 or why(me, "parser").rstrip().endswith(": u")


# From the history


async def _learned(store, goal_id):
    """Why a goal needs somebody, as a console that opens now learns it."""
    since = Since(store)
    since.changed([goal_id])
    await since.learn(lambda _: None)
    return since.why(_now(store, goal_id))


async def _set(store, goal_id, state, note=None, session="s-1"):
    return await store.update(goal_id, update(session, state, note=note))


async def _said(store, goal_id, times=1):
    for time in range(times):
        await store.note(goal_id, f"note {time}")


async def _goal(store):
    goal = await store.create("Ship the parser")
    return await store.link(goal.id, link("s-1", "running"))


def _now(store, goal_id):
    goal = store.get(goal_id)
    assert goal is not None
    return goal


@pytest.fixture
async def store(tmp_path):
    async with GoalStore.open(tmp_path) as store:
        yield store


@pytest.mark.parametrize("notes", [0, 1, 13, 14, 15, 16, 17, 40])
async def test_why_it_is_blocked_is_what_it_was_blocked_with(store, notes):
    goal = await _goal(store)
    await store.set_status(goal.id, GoalStatus.BLOCKED, "an old reason")
    await store.set_status(goal.id, GoalStatus.IN_PROGRESS, "not any more")
    await store.set_status(goal.id, GoalStatus.BLOCKED, "\nwaits for 3.14\nand then some")
    await _said(store, goal.id, notes)
    assert await _learned(store, goal.id) == "waits for 3.14"


async def test_why_it_is_blocked_outlives_that_a_session_failed_meanwhile(store):
    goal = await _goal(store)
    await store.set_status(goal.id, GoalStatus.BLOCKED, "waits for 3.14")
    await _set(store, goal.id, "failed", "exit 101")
    assert await _learned(store, goal.id) == "exit 101"
    await _set(store, goal.id, "running", "again")
    assert kind_of(_now(store, goal.id)) is Kind.BLOCKED
    assert await _learned(store, goal.id) == "waits for 3.14"


async def test_blocked_without_a_word_has_no_reason(store):
    goal = await _goal(store)
    await _said(store, goal.id)
    await store.set_status(goal.id, GoalStatus.BLOCKED)
    assert await _learned(store, goal.id) == ""
    # What is said next, the board asks for.
    await _said(store, goal.id, 20)
    assert await _learned(store, goal.id) == "note 0"


async def _undone(store, goal):
    number = store.revision(goal.id)
    await store.revert(goal.id, number - 1, number)


@pytest.mark.parametrize("notes", [[], ["waiting for legal"], ["waiting for legal", "by the way"]])
async def test_a_goal_whose_first_change_was_to_be_blocked_without_a_word(store, notes):
    goal = await store.create("Ship the parser")
    await store.set_status(goal.id, GoalStatus.BLOCKED)
    for note in notes:
        await store.note(goal.id, note)
    # The first note after that, for whoever opens the console then too.
    assert await _learned(store, goal.id) == (notes[0] if notes else "")


async def test_what_an_import_brought_is_no_reason_for_being_blocked_later(store):
    (goal,) = [one for one in parse_goals(SAMPLES.read_bytes()) if one.notes and one.status is GoalStatus.PENDING][:1]
    await store.import_goals([goal])
    await store.set_status(goal.id, GoalStatus.BLOCKED)
    assert await _learned(store, goal.id) == ""
    await store.note(goal.id, "waits for paint")
    assert await _learned(store, goal.id) == "waits for paint"


@pytest.mark.parametrize("reason", ["waits for 3.14", None])
@pytest.mark.parametrize("goes_on", ["goes on", None])
async def test_what_an_undo_made_so_again_has_the_reason_that_it_had(store, reason, goes_on):
    goal = await _goal(store)
    await store.set_status(goal.id, GoalStatus.BLOCKED, reason)
    await _said(store, goal.id)
    await store.set_status(goal.id, GoalStatus.IN_PROGRESS, goes_on)
    await _undone(store, goal)
    assert kind_of(_now(store, goal.id)) is Kind.BLOCKED
    assert await _learned(store, goal.id) == (reason or "note 0")
    await _set(store, goal.id, "failed", "exit 101")
    await _set(store, goal.id, "running", "goes on")
    await _undone(store, goal)
    assert await _learned(store, goal.id) == "exit 101"


async def test_blocked_anew_without_a_word_is_no_undo(store):
    goal = await _goal(store)
    await store.set_status(goal.id, GoalStatus.BLOCKED, "waits for 3.14")
    await store.set_status(goal.id, GoalStatus.IN_PROGRESS, "it is there")
    await store.set_status(goal.id, GoalStatus.BLOCKED)
    assert await _learned(store, goal.id) == ""


async def test_blocked_from_the_first_with_what_was_said_then(tmp_path):
    async with GoalStore.open(tmp_path) as store:
        blocked = [goal for goal in parse_goals(SAMPLES.read_bytes()) if goal.status is GoalStatus.BLOCKED]
        goal = next(goal for goal in blocked if goal.notes)
        await store.import_goals([goal])
        await _said(store, goal.id, 20)
        assert (await _learned(store, goal.id)) == goal.notes[-1].splitlines()[0][:400]


async def test_why_it_failed_is_what_came_with_the_newest_failure(store):
    goal = await _goal(store)
    await store.link(goal.id, link("s-2"))
    await _set(store, goal.id, "failed", "the grammar is ambiguous")
    await _said(store, goal.id, 20)
    assert await _learned(store, goal.id) == "the grammar is ambiguous"
    await _set(store, goal.id, "failed", "nobody reads it", session="s-2")
    await _said(store, goal.id)
    assert await _learned(store, goal.id) == "nobody reads it"
    # That one is mended, and the other one is what is left.
    await _set(store, goal.id, "running", "somebody does", session="s-2")
    assert await _learned(store, goal.id) == "the grammar is ambiguous"
    # Failed anew, and in silence: what was said about the failure before says nothing of this one.
    await _set(store, goal.id, "running")
    await _set(store, goal.id, "failed")
    await _said(store, goal.id)
    assert not await _learned(store, goal.id)


async def test_reopened_as_it_failed_is_no_new_failure(store):
    goal = await _goal(store)
    await _set(store, goal.id, "failed", "exit 101")
    await store.set_status(goal.id, GoalStatus.ABANDONED)
    await store.set_status(goal.id, GoalStatus.IN_PROGRESS, "once more")
    assert await _learned(store, goal.id) == "exit 101"


async def test_of_a_long_note_a_row_s_worth_is_kept(store):
    goal = await _goal(store)
    await store.set_status(goal.id, GoalStatus.BLOCKED, "so long " * 2_000)
    assert 100 < len(await _learned(store, goal.id)) <= 400


# On the page of a goal


def verdict(me) -> str:
    """The first words of the page, without the places where its lines were folded."""
    lines = me.screen.splitlines()
    end = next(at for at, line in enumerate(lines) if " 1 Proof" in line)
    return " ".join(" ".join(lines[1:end]).split())


async def test_the_page_says_who_failed_and_why(tmp_path):
    async with operator(tmp_path) as me, GoalStore.open(tmp_path, actor="agent") as other:
        goal = await made(other, "fence")
        await other.link(goal.id, link("s-gate", "running"))
        await me.at(goal.id)
        await me.press("enter")
        await me.sees("NOT DONE  0 of 2 sessions")
        # While one looks at it.
        await other.update(goal.id, update("s-fence", "failed", note="the brush is [b]gone[/]\x1b[0m"))
        said = 's-fence failed: "the brush is [b]gone[/]␛[0m" · s-gate is still running'
        await me.until(lambda: said in verdict(me), said)
        assert verdict(me).startswith("FAILED 0 of 2 sessions verified with evidence · s-fence failed")
        await me.sees('✗ s-fence failed   "the brush is', "Evidence of s-fence, which failed: none")
        await other.update(goal.id, update("s-gate", "failed", note="no hinges"))
        said = '2 failed: s-fence, s-gate · the last: "no hinges"'
        await me.until(lambda: said in verdict(me), said)


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (80, 16)])
async def test_a_page_that_is_opened_later_says_it_at_once(tmp_path, size):
    async with GoalStore.open(tmp_path, actor="agent") as other:
        stuck, broken = await made(other, "stuck"), await made(other, "broken")
        await other.set_status(stuck.id, GoalStatus.BLOCKED, "waits for paint")
        await other.update(broken.id, update("s-broken", "failed", note="the brush is gone"))
        for goal in (stuck, broken):
            await other.note(goal.id, "by the way")
    async with operator(tmp_path, size) as me:
        await me.until(lambda: me.board.why(me.goal(broken.id)), "the reason")
        await me.at(broken.id)
        await me.press("enter")
        await me.sees("FAILED  0 of 1 session ", "s-broken failed")
        await me.press("escape")
        await me.back()
        await me.at(stuck.id)
        await me.press("enter")
        await me.sees("BLOCKED  0 of 1 session ", '"waits for paint"')


async def test_board_and_page_are_of_one_mind(tmp_path):
    async with operator(tmp_path) as me, GoalStore.open(tmp_path, actor="agent") as other:
        goal = await made(other, "fence")
        await other.set_status(goal.id, GoalStatus.BLOCKED, "waits for paint")
        for state, evidence, board, page in (
            ("running", None, "BLOCKED", "BLOCKED"),
            ("failed", None, "FAILED", "FAILED"),
            ("verified", "painted", "READY", "READY TO CLOSE"),
        ):
            await other.update(goal.id, update("s-fence", state, evidence))
            await told(me, "fence", board)
            await me.at(goal.id)
            await me.press("enter")
            await me.sees(f"{page}  {int(state == 'verified')} of 1 session ")
            if state != "running":
                await me.sees("it is blocked")
            await me.press("escape")
            await me.back()
