"""What changes underneath a dialog is shown there before anything is sent, and costs nothing that was typed."""

from textual.widgets import Button, TextArea

from store import GoalStore, SessionLink
from tests.store.helpers import update
from tests.tui.helpers import operator
from tui.screens.dialogs.base import Dialog


def send(me):
    return me.app.screen.query_one("#send", Button)


async def test_a_change_underneath_is_shown_before_anything_is_sent(tmp_path, monkeypatch):
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

        # At the very moment of sending, before the dialog hears of it.
        await me.press("m")
        await me.type("me")
        dialog = me.app.screen
        assert isinstance(dialog, Dialog)
        with monkeypatch.context() as deaf:
            deaf.setattr(me.app, "_hand_down", lambda: None)
            await me.store.note(goal.id, "them [/]")
            dialog.action_send()
        me.app._hand_down()
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
        await me.back()
        # What was written for it is not out of reach with it.
        await me.press("u")
        await me.sees("For s-1, which is not linked any more, you wrote", "Update a session: s-2", "(•) keep")
        # But it is no evidence of another, unless the operator says so.
        assert not me.app.screen.query_one(TextArea).text
        await me.press("ctrl+r")
        await me.until(lambda: me.app.screen.query_one(TextArea).text == "12 passed", "the evidence")
        assert "For s-1" not in me.screen
        await me.press("escape")
        await me.back()
        await me.press("u")
        await me.sees("This is as you left it", "12 passed")
        await me.press("escape")
        await me.back()


async def test_a_goal_that_somebody_else_closed_is_not_said_to_be_closed_from_here(tmp_path):
    async with GoalStore.open(tmp_path, actor="agent-3") as other, operator(tmp_path) as me:
        goal = await me.new("Ship the parser", "s-1")
        await me.store.update(goal.id, update("s-1", "verified", "12 passed"))
        await me.press("c")
        await me.type("mine")
        await other.close(goal.id, "theirs")
        await me.sees("not now: the goal is done already, by agent-3; m notes an outcome on it")
        await me.press("ctrl+s")
        await me.sees("Not sent, and kept here.")
        assert me.goal(goal.id).notes == ("theirs",)
        await me.press("escape")


async def test_a_session_that_took_the_place_of_the_only_one_can_be_picked(tmp_path):
    async with operator(tmp_path) as me:
        goal = await me.new("Ship the parser", "s-1")
        await me.press("u")
        await me.sees("Update a session: s-1")
        assert "up, down" not in me.screen
        await me.store.link(goal.id, SessionLink.launched("s-2", "the same"))
        await me.sees("Session (2 sessions; up, down, enter)")
        await me.store.unlink(goal.id, "s-1", "a typing error")
        await me.sees("Session (1 session; up, down, enter)", "not now: s-1 is not linked any more: pick another")
        await me.press("shift+tab", "enter", "r", "ctrl+s")
        await me.until(lambda: me.goal(goal.id).sessions[0].state == "running", "the update")
        await me.press("u")
        await me.sees("Update a session: s-2")
        await me.store.unlink(goal.id, "s-2", "this one too")
        await me.sees("not now: s-2 is not linked any more: and no other is")
        await me.press("escape")


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
