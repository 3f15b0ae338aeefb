"""Every refusal that a key of the console can meet: what is said, where, and that nothing is written or lost.

Sections 2, 3 and 5 of the contract, row by row: `REFUSALS` by what stands in the palace, `MOMENT` by what another
process committed in that very moment.

Elsewhere: a key that can't act at all says so (test_job); a palace that is locked, read-only or can't be opened, and
keys pressed while it is away (test_condition); text that some terminals obey (test_hostile).
No key meets these: `GoalNotFound`, since no goal is ever taken away, and an unreadable one can't be acted on; a blank
criterion, since blank lines are none; a status or a revision that there is not; a link that is verified already;
`request_id`, which the console does not send; `CacheError`, which only opening raises (test_condition).
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Static

from store import (
    GoalStatus,
    GoalStore,
    Note,
    SetStatus,
    SqlitePalace,
    SyncStore,
    Unlink,
)
from tests.store.helpers import update, written
from tests.tui.helpers import away, drawn, garbage, operator
from tests.tui.refusals import BLANK, KIB, NOTE, NOTE_TOO_LONG, REFUSALS, UNSEEN, Refusal, held, link, made, one, ready
from tui.format import count
from tui.screens.dialogs.base import Dialog
from tui.screens.dialogs.drafts import keep
from tui.screens.refused import RefusedPanel
from tui.widgets.fields import Choice, Field
from tui.widgets.lines import Banner
from tui.widgets.pick import PickList
from tui.widgets.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Callable

    from store import Goal
    from tests.tui.helpers import Operator


def dialog_of(me: Operator) -> Dialog:
    dialog = me.app.screen
    assert isinstance(dialog, Dialog)
    return dialog


def values(me: Operator) -> dict[str, str]:
    return {field.field: field.value for field in me.app.screen.query(Field)}


def said(me: Operator, where: str) -> str:
    """Return what is said beside a field, or elsewhere in the form."""
    for field in me.app.screen.query(Field):
        if field.field == where:
            return str(field.query_one(".wrong", Static).render()) if field.has_class("-wrong") else ""
    line = me.app.screen.query_one(f"#{where}", Static)
    return str(line.render()) if line.has_class("-shown") else ""


async def fill_in(me: Operator, typed: dict[str, str]) -> None:
    await me.until(lambda: isinstance(me.app.screen, Dialog) and me.app.focused, "the dialog")
    for field in list(me.app.screen.query(Field)):
        if field.field not in typed:
            continue
        while me.app.focused is not field.editor:
            await me.press("tab")
        if isinstance(field.editor, Choice):
            await me.press(typed[field.field][0])
        else:
            if field.value:
                await me.press("end", "ctrl+u")
            # A paste of so much would not be taken.
            if len(typed[field.field]) > 200:
                field.put(typed[field.field])
            elif typed[field.field]:
                await me.type(typed[field.field])
        await me.until(lambda field=field: field.value == typed[field.field], f"{field.field} to be written")  # type: ignore[misc]


async def all_reasons(me: Operator) -> str:
    """Go through the panel that names what was refused of several, and return each reason in full."""
    said, picker = "", me.app.screen.query_one(PickList)
    for _ in range(picker.virtual_size.height):
        said += " ".join(" ".join(drawn(me.app.screen.query_one(Reader))).split()) + "\n"
        await me.press("j")
        await me.pilot.pause(0.02)
    return said


async def is_said(me: Operator, where: str, says: str) -> None:
    """Wait until it is said there, on the screen, and nowhere else by its name in the store."""
    await me.until(lambda: says in said(me, where), f"{says!r} at {where}")
    await me.sees(says[:30])
    for name in ("acceptance", "session_id", "outcome:", "note:", "reason:"):
        assert name not in said(me, where)


def rows() -> list[list[Refusal]]:
    return [list(refusals) for _, refusals in groupby(REFUSALS, key=lambda refusal: refusal.row)]


@pytest.mark.parametrize("refusals", rows(), ids=lambda refusals: refusals[0].row)
async def test_refused_where_it_was_typed(tmp_path, refusals):
    async with operator(tmp_path) as me:
        goals: dict[object, Goal] = {}
        for refusal in refusals:
            if refusal.goal not in goals:
                goals[refusal.goal] = await refusal.goal(me.store)
            goal = me.goal(goals[refusal.goal].id)
            await me.at(goal.id)
            await me.press(*refusal.keys.split())
            await fill_in(me, refusal.typed)
            before, typed = written(tmp_path), values(me)
            dialog = dialog_of(me)
            await me.press("ctrl+s")
            if refusal.where == "panel":
                await me.until(lambda: isinstance(me.app.screen, RefusedPanel), "the panel")
                for words in refusal.says:
                    await me.until(lambda words=words: words in " ".join(me.screen.replace("│", "").split()), words)  # type: ignore[misc]
                await me.press("escape", *refusal.keys.split())
                await me.sees("This is as you left it")
            else:
                assert isinstance(refusal.says, str)
                await is_said(me, refusal.where, refusal.says)
                assert me.app.screen is dialog
            assert values(me) == typed
            assert written(tmp_path) == before
            assert me.goal(goal.id) == goal
            await me.home()
            # The next one is not to begin with it.
            keep(me.app, dialog.draft_key(), {})


MOMENT = [
    ("e", {"description": "Another"}, "abandoned", "is closed (abandoned) and takes notes only; reopen it first"),
    ("l", {"session_id": "s-2", "task": "t"}, "abandoned", "is closed (abandoned) and takes notes only"),
    ("minus", {"reason": "typo"}, "abandoned", "is closed (abandoned) and takes notes only"),
    ("u", {"state": "running"}, "abandoned", "is closed (abandoned) and takes notes only"),
    ("u", {"state": "verified", "evidence": "e"}, "unlinked", "session 's-1' is not linked to goal g-"),
    ("minus", {"reason": "typo"}, "unlinked", "session 's-1' is not linked to goal g-"),
    ("z", {"undo": "yes"}, "noted", "is at revision 3, not 2: it changed meanwhile; look at its history"),
]
CHANGES: dict[str, Callable[[str], SetStatus | Unlink | Note]] = {
    "abandoned": lambda goal_id: SetStatus(goal_id, GoalStatus.ABANDONED),
    "unlinked": lambda goal_id: Unlink(goal_id, "s-1", "wrong goal"),
    "noted": lambda goal_id: Note(goal_id, "me too"),
}
NOT_NOW = {
    "abandoned": "not now: the goal is closed (abandoned) and takes notes only",
    "unlinked": "not now: s-1 is not linked any more: and no other is",
    "noted": "not now: it changed meanwhile: esc, and look at it again",
}


async def test_refused_at_the_moment_of_sending(tmp_path):
    """Another process commits before this one hears of it: the store refuses, and then the dialog shows why."""
    async with operator(tmp_path) as me:
        with SyncStore.open(tmp_path, actor="agent") as other:
            for number, (key, typed, what, says) in enumerate(MOMENT):
                goal = await made(me.store, f"At once {number}", link("s-1"))
                await me.at(goal.id)
                await me.press(key)
                await fill_in(me, typed)
                there = values(me)
                dialog = dialog_of(me)
                # While this is held, the console can't hear of what others commit.
                with me.store._store._catching_up:
                    other.apply(CHANGES[what](goal.id))
                    dialog.action_send()
                    after, before = other.get(goal.id), written(tmp_path)
                    await is_said(me, "refusal", says)
                await is_said(me, "why", NOT_NOW[what])
                await me.press("ctrl+s")
                await is_said(me, "refusal", "Not sent, and kept here." if dialog.KEEPS else "Not sent.")
                assert values(me) == there
                assert written(tmp_path) == before
                assert me.goal(goal.id) == after
                if what == "abandoned":
                    other.apply(SetStatus(goal.id, GoalStatus.IN_PROGRESS))
                    await me.until(lambda: not said(me, "why"), "it to be open again")
                await me.home()
                if what != "unlinked":
                    await me.store.unlink(goal.id, "s-1", "for the next")


async def test_several_refused_are_each_named(tmp_path):
    async with operator(tmp_path) as me:
        goals = [await held(me.store), await one(me.store), await ready(me.store)]
        for goal in goals[:2]:
            await me.at(goal.id)
            await me.press("space")
        before = written(tmp_path)
        each = [
            f"goal {goal.id} is not done: {of}"
            for goal, of in zip(goals, ("1 of 5 sessions", "0 of 1 session "), strict=False)
        ]
        for key, typed in (("c", {"outcome": "merged"}), ("t", {"status": "done", "reason": "merged"})):
            await me.press(key)
            await fill_in(me, typed)
            await me.press("ctrl+s")
            await me.sees("None was", "esc back")
            reasons = await all_reasons(me)
            for words in (*each, "'s-new'", "'s-told'", "'s-bad'", "'s-liar'", "'s-1'"):
                assert words in reasons
            await me.press("escape")
            await is_said(me, "refusal", "None was")
            assert values(me) == typed
            assert written(tmp_path) == before
            await me.home()
        # What is wrong with the text is said beside it.
        for key, typed, says in (
            ("m", {"note": UNSEEN}, BLANK),
            ("t", {"status": "blocked", "reason": NOTE}, NOTE_TOO_LONG),
        ):
            await me.press(key)
            await fill_in(me, typed)
            await me.press("ctrl+s")
            await is_said(me, [*typed][-1], says)
            await me.home()
        assert written(tmp_path) == before
        await me.at(goals[2].id)
        await me.press("space", "c")
        await me.sees("Close 3 marked goals", "held: 1 of 5 verified")
        await me.press("ctrl+s")
        await me.sees("1 closed, 2 refused and still marked: goal g-0000000000000001")
        # And each for a reason of its own, in brief and in full; and the goal that needs a look is a key away.
        await me.sees(
            "2 of 3 goals not closed, and still marked", "1 of 5 verified, s-", "0 of 1 verified, s-1 is launched"
        )
        said = await all_reasons(me)
        assert all(words in said for words in each)
        await me.press("enter")
        await me.sees(goals[1].description, "NOT DONE", "Sessions 1")
        await me.press("escape")
        await me.back()


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 18)])
async def test_of_many_each_has_its_reason_and_the_text_is_kept(tmp_path, size):
    async with operator(tmp_path, size) as me:
        for at in range(12):
            goal = await me.new(f"Goal [b]{at:02}[/]", *(f"s-{at}-{number}" for number in range(at % 3)))
            await me.press("space")
        await me.press("c")
        await fill_in(me, {"outcome": "shipped"})
        await me.press("ctrl+s")
        await me.sees("None was closed", "esc back", "no session is linked", "0 of 2 verified, s-")
        said = await all_reasons(me)
        for goal in me.store.all():
            number = f"0 of {count(len(goal.sessions), 'session')} " if goal.sessions else "no session is linked"
            assert f"{goal.id} {goal.description} goal {goal.id} is not done: {number}" in said
        await me.sees(f"> {max(me.store.all(), key=lambda goal: goal.id).description}")
        await me.press("enter")
        await me.sees("NOT DONE", "1 Proof")
        await me.home()
        await me.press("c")
        await me.sees("This is as you left it")
        await me.press("ctrl+s")
        await me.sees("None was closed")
        await me.press("escape")
        await me.sees("Close 12 marked goals", "shipped", "None was closed; mend each")


async def test_one_that_is_marked_is_refused_as_one_under_the_cursor(tmp_path):
    async with operator(tmp_path) as me:
        goal = await me.new("Long story", "s-1")
        await me.new("Short story")
        await me.at(goal.id)
        await me.press("space", "c")
        await me.sees("Close 1 marked goal", "held: 0 of 1 verified")
        await fill_in(me, {"outcome": "shipped"})
        await me.press("ctrl+s")
        await me.sees("Not closed: Long story", "s-1", "Your outcome text is kept")


async def test_the_panel_is_refused_too(tmp_path):
    """The gate is asked before the length of the outcome: that is said when the gate lets it pass."""
    async with operator(tmp_path) as me:
        goal = await made(me.store, "Long story", link("s-1"))
        await me.at(goal.id)
        await me.press("c")
        await fill_in(me, {"outcome": NOTE})
        await me.press("ctrl+s")
        await me.sees("Not closed", "Your outcome text is kept")
        await me.store.update(goal.id, update("s-1", "verified", "e"))
        await me.sees("May be closed now")
        before = written(tmp_path)
        await me.press("c")
        await me.sees(f"what was given {NOTE_TOO_LONG}")
        assert written(tmp_path) == before
        await me.press("escape", "c")
        await me.until(lambda: isinstance(me.app.screen, Dialog) and values(me) == {"outcome": NOTE}, "the outcome")


@pytest.mark.parametrize("breaks, reason", [(away, "gone"), (garbage, "not a palace")])
async def test_the_palace_breaks_while_a_dialog_is_open(tmp_path, breaks, reason):
    # Closed again, so that all of it is in the one file.
    async with GoalStore.open(tmp_path) as store:
        goal = await made(store, "Wait", link("s-1"))
    async with operator(tmp_path) as me:
        await me.at(goal.id)
        await me.press("u")
        await fill_in(me, {"state": "verified", "evidence": "12 passed\n0 failed", "note": "n"})
        there = values(me)
        with breaks(tmp_path):
            await me.until(lambda: "the palace is away: " in said(me, "why") and reason in said(me, "why"), reason)
            assert reason in me.board.query_one(Banner).text
            await me.press("ctrl+s")
            await is_said(me, "refusal", "Not sent, and kept here.")
            assert values(me) == there
            assert me.goal(goal.id) == goal
        await me.until(lambda: not said(me, "why"), "the palace")
        await me.press("ctrl+s")
        await me.sees("updated s-1: verified", "● live")
        assert me.store.revision(goal.id) == 3


async def test_the_disk_is_full_when_a_dialog_is_sent(tmp_path):
    async with operator(tmp_path) as me:
        goal = await made(me.store, "Wait", link("s-1"))
        palace = me.store._store.palace
        assert isinstance(palace, SqlitePalace)
        writer = palace._files._writer
        assert writer is not None
        # No more pages than there are: SQLite itself says then that the disk is full.
        ((pages,),) = writer.execute("PRAGMA page_count")
        writer.execute(f"PRAGMA max_page_count = {pages}")
        await me.at(goal.id)
        await me.press("m")
        await fill_in(me, {"note": "n" * 12 * KIB})
        before = written(tmp_path)
        await me.press("ctrl+s")
        await is_said(me, "refusal", "palace 'session-manager' is unavailable: the disk is full")
        assert values(me) == {"note": "n" * 12 * KIB}
        assert written(tmp_path) == before
        await me.until(lambda: me.store.degraded is None, "healing")
        writer = palace._files._writer
        if writer is not None:
            writer.execute("PRAGMA max_page_count = 1000000")
        await me.press("ctrl+s")
        await me.sees("noted on", "● live")
