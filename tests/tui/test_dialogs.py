"""The dialogs: nothing typed is lost, what changes underneath is shown, what can't be sent says why."""

import pytest
from textual.widgets import Button

from store import GoalStatus, GoalStore, SessionTaskState, SessionUpdate
from tests.tui.helpers import operator
from tui.screens.dialogs.base import Dialog

pytestmark = pytest.mark.anyio
VERIFIED = SessionTaskState.VERIFIED


def send(me):
    return me.app.screen.query_one("#send", Button)


async def closed(me):
    await me.until(lambda: me.app.screen is me.board)


async def test_what_was_typed_is_there_again(tmp_path):
    async with operator(tmp_path) as me:
        goal = await me.new("Keep it", "s-1")
        await me.press("m")
        await me.type("half a thought\nof two lines")
        await me.pilot.resize_terminal(70, 20)
        await me.sees("half a thought")
        await me.pilot.resize_terminal(120, 40)
        await me.press("escape")
        await closed(me)
        await me.sees("not sent, and kept")
        await me.press("m")
        await me.sees("This is as you left it", "of two lines")
        await me.press("ctrl+s")
        await me.sees("noted on")
        assert me.goal(goal.id).notes == ("half a thought\nof two lines",)
        # What was sent is not kept, and an untouched dialog keeps nothing.
        await me.press("m")
        await me.sees("A decision, a blocker")
        assert "as you left it" not in me.screen
        await me.press("escape")
        await closed(me)

        # A refused close keeps its outcome, the way to the holder and back included.
        await me.press("c")
        await me.type("merged")
        await me.press("enter")
        await me.sees("Not closed", 'kept: "merged"')
        await me.press("enter")
        await me.sees("Evidence of s-1")
        await me.store.update(goal.id, SessionUpdate(session_id="s-1", state=VERIFIED, evidence="ok"))
        await me.press("c")
        await me.sees("The gate lets it pass", "This is as you left it", "merged")
        await me.press("enter")
        await me.sees("closed g-", "DONE")
        assert me.goal(goal.id).notes[-1] == "merged"


async def test_a_change_underneath_is_shown_before_anything_is_sent(tmp_path):
    async with operator(tmp_path) as me, GoalStore.open(tmp_path, actor="agent") as other:
        goal = await me.new("Shared", "s-1", "s-2")
        await me.press("e", "end")
        await me.type(" work")
        await other.edit(goal.id, "Shared by all", ["it runs"])
        await me.sees("The goal changed meanwhile:", "description: Shared by all", "criterion added: it runs")
        # The field that was touched is as it was typed; the other follows.
        await me.sees("Shared work")
        await me.press("ctrl+s")
        await me.sees("edited g-")
        assert me.goal(goal.id).description == "Shared work"
        assert me.goal(goal.id).acceptance == ("it runs",)

        # At the very moment of sending.
        await me.press("m")
        await me.type("me")
        await me.store.note(goal.id, "them [/]")
        dialog = me.app.screen
        assert isinstance(dialog, Dialog)
        dialog.action_send()
        await me.sees("changed at this moment", "note: them [/]")
        assert me.goal(goal.id).notes == ("them [/]",)
        await me.press("ctrl+s")
        await me.sees("noted on")
        assert me.goal(goal.id).notes == ("them [/]", "me")

        # The session that was picked is gone: no other takes its place.
        await me.press("u", "tab", "right", "right", "right", "tab")
        await me.type("12 passed")
        await other.unlink(goal.id, "s-1", "wrong goal")
        await me.sees("s-1 unlinked", "not now: s-1 is not linked any more: pick another", "12 passed")
        assert send(me).disabled
        await me.press("ctrl+s")
        await me.sees("Not sent, and kept here.")
        await me.press("escape")
        await closed(me)

        # Closed meanwhile: it takes no more updates.
        await me.press("u")
        await other.set_status(goal.id, GoalStatus.ABANDONED)
        await me.sees("status inProgress -> abandoned", "not now: the goal is closed (abandoned)")
        assert send(me).disabled
        await other.set_status(goal.id, GoalStatus.IN_PROGRESS)
        await me.until(lambda: not send(me).disabled)


async def test_a_palace_that_is_away_keeps_the_text_until_it_is_back(tmp_path, monkeypatch):
    async with operator(tmp_path) as me:
        goal = await me.new("Wait", "s-1")
        await me.press("m")
        await me.type("written down")
        monkeypatch.setattr(GoalStore, "degraded", property(lambda _: "palace [bold]gone[/]"))
        me.store._tell(frozenset())
        await me.sees("not now: the palace is away: palace [bold]gone[/]", "written down")
        assert send(me).disabled
        await me.press("ctrl+s")
        await me.sees("Not sent, and kept here")
        monkeypatch.undo()
        me.store._tell(frozenset())
        await me.until(lambda: not send(me).disabled)
        await me.press("ctrl+s")
        await me.sees("noted on")
        assert me.goal(goal.id).notes == ("written down",)


async def test_by_mouse(tmp_path):
    async with operator(tmp_path) as me:
        goal = await me.new("Click", "s-1", "s-2")
        await me.press("u")
        await me.sees("Update a session")
        await me.pilot.click("#picker", offset=(4, 1))
        await me.pilot.click("Choice", offset=(46, 0))
        await me.sees("(•) verified")
        await me.pilot.click("#send")
        await me.sees("give evidence")
        await me.pilot.click("SafeTextArea")
        await me.type("seen")
        await me.pilot.click("#send")
        await me.sees("updated s-2: verified")
        assert [link.state.value for link in me.goal(goal.id).sessions] == ["launched", "verified"]
        await me.press("u")
        await me.sees("Update a session")
        await me.pilot.click("#cancel")
        await closed(me)
        await me.press("c", "enter")
        await me.sees("Not closed", "was launched and has not reported")
        await me.pilot.click("#holders", offset=(4, 0), times=2)
        await me.sees("Evidence of s-1")
