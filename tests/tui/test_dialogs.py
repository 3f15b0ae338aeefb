"""The dialogs: nothing typed is lost, and what would come of it is said beforehand."""

import gc
import weakref

import pytest
from textual import events

from store import GoalStatus, GoalStore
from tests.store.helpers import link, update
from tests.tui.helpers import FAILED, away, operator
from tui.widgets.fields import SafeTextArea


async def test_what_was_typed_is_there_again(tmp_path):
    async with operator(tmp_path) as me:
        goal = await me.new("Keep it", "s-1")
        await me.press("m")
        await me.type("half a thought\nof two lines")
        await me.pilot.resize_terminal(70, 20)
        await me.sees("half a thought")
        await me.pilot.resize_terminal(120, 40)
        await me.press("escape")
        await me.back()
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
        await me.back()

        # A refused close keeps its outcome, the way to the holder and back included.
        await me.press("c")
        await me.type("merged")
        await me.press("enter")
        await me.sees("Not closed", 'kept: "merged"')
        await me.press("enter")
        await me.sees("Evidence of s-1")
        await me.store.update(goal.id, update("s-1", "verified", "ok"))
        await me.press("c")
        await me.sees("The gate lets it pass", "This is as you left it", "merged")
        await me.press("enter")
        await me.sees("closed g-", "DONE")
        assert me.goal(goal.id).notes[-1] == "merged"


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
        assert [one.state.value for one in me.goal(goal.id).sessions] == ["launched", "verified"]
        await me.press("u")
        await me.sees("Update a session")
        await me.pilot.click("#cancel")
        await me.back()
        await me.press("c", "enter")
        await me.sees("Not closed", "was launched and has not reported")
        await me.pilot.click("#holders", offset=(4, 0), times=2)
        await me.sees("Evidence of s-1")


async def test_an_update_says_what_comes_of_it_before_and_after(tmp_path):
    async with operator(tmp_path) as me:
        goal = await me.new("Say it", "s-1")
        await me.store.update(goal.id, update("s-1", "running"))
        await me.press("u")
        await me.sees("stays running; v sets it verified")
        await me.press("v")
        await me.sees("(•) verified", "verified takes evidence: write it below")
        await me.press("shift+tab", "l")
        await me.sees("(•) launched", "becomes launched")
        # Evidence alone changes no state.
        await me.press("shift+tab", "k")
        await me.type("12 passed")
        await me.sees("(•) keep", "stays running, evidence alone does not verify it; v in State sets it")
        await me.press("ctrl+s")
        await me.sees("evidence given to s-1, still running")
        assert me.goal(goal.id).sessions[0].evidence == "12 passed"
        # What is blank takes the place of nothing.
        await me.press("u", "tab")
        await me.type(" \n ")
        await me.press("tab")
        await me.type("looked at it")
        await me.press("ctrl+s")
        await me.sees("noted; s-1 is still running")
        assert me.goal(goal.id).sessions[0].evidence == "12 passed"
        await me.press("u", "v")
        await me.sees("becomes verified, with the evidence it has")
        await me.press("ctrl+s")
        await me.sees("updated s-1: verified")
        await me.press("u", "f")
        await me.sees("becomes failed, and loses its evidence")
        await me.press("ctrl+s")
        await me.sees("updated s-1: failed, and its old evidence is taken away")
        assert me.goal(goal.id).sessions[0].evidence is None


async def test_what_is_typed_or_pasted_behind_a_choice_is_written(tmp_path):
    async with operator(tmp_path) as me:
        goal = await me.new("Say it", "s-1")
        await me.press("t", "b")
        # By keys, not pasted: each is a word's first letter, or none.
        await me.press(*"an_archive_is_down")
        await me.sees("(•) blocked", "an_archive_is_down")
        await me.press("ctrl+s")
        await me.until(lambda: me.goal(goal.id).notes == ("an_archive_is_down",))
        assert me.goal(goal.id).status is GoalStatus.BLOCKED


@pytest.mark.parametrize("keys", ["u", "enter u", "c ctrl+s u"])
@pytest.mark.parametrize("sessions", [["s-1"], ["s-1", "s-2"]], ids=len)
async def test_the_same_keys_verify_from_everywhere(tmp_path, keys, sessions):
    async with operator(tmp_path) as me:
        goal = await me.new("Say it", *sessions)
        await me.press(*keys.split())
        await me.sees("State (left, right")
        await me.press("v")
        await me.press(*"failed_none")
        await me.press("ctrl+s")
        await me.sees("updated s-1: verified")
        assert me.goal(goal.id).sessions[0].evidence == "failed_none"


async def test_what_is_pasted_onto_a_choice_is_evidence(tmp_path):
    async with operator(tmp_path) as me:
        goal = await me.new("Say it", "s-1", "s-2")
        await me.press("u")
        for keys in ((), ("tab",)):
            await me.press(*keys)
            me.app.post_message(events.Paste("left launched\nfailed"))
            await me.sees("left launched", "(•) keep")
            await me.press("shift+tab")
        await me.press("ctrl+s")
        await me.until(lambda: me.goal(goal.id).sessions[0].evidence)
        assert (me.goal(goal.id).sessions[0].evidence or "").count("left launched\nfailed") == 2


async def test_nobody_is_led_to_verify_with_what_a_failure_showed(tmp_path):
    async with operator(tmp_path) as me:
        goal = await me.new("Failed", "s-1")
        await me.store.update(goal.id, update("s-1", "failed", "exit 101"))
        await me.press("c", "ctrl+s")
        await me.sees("Not closed", "s-1 failed")
        await me.press("u")
        await me.sees("(•) keep", "stays failed")
        await me.press("ctrl+s")
        await me.sees("nothing was given")
        assert me.goal(goal.id).sessions[0].state.value == "failed"


async def test_an_update_begins_at_the_session_that_the_board_speaks_of(root):
    async with operator(root) as me:
        await me.at(FAILED)
        await me.sees('uv-pr-21175: "reviewer: pars…": u')
        await me.press("u")
        await me.sees("> ✗ uv-pr-21175", "stays failed; v sets it verified")
        # The list's own keys stay its own.
        await me.press("k", "k", "enter", "r")
        await me.sees("> ✓ uv-pr-18846", "(•) running", "becomes running, and loses its evidence")
        await me.press("shift+tab", "shift+tab", "j", "j")
        await me.sees("> ✗ uv-pr-21175")
        # A letter leads on to the evidence.
        await me.press("v")
        await me.sees("(•) verified", "what evidence there is, is of its failure: write new below")
        # Written into the wrong field, it would leave the session verified by what shows that it failed.
        await me.press("tab")
        await me.type("rerun: 0 failed")
        await me.press("ctrl+s")
        await me.sees("a verified session has evidence; give evidence")
        assert me.goal(FAILED).sessions[11].state.value == "failed"
        await me.type("rerun: 0 failed")
        await me.press("ctrl+s")
        await me.sees("updated uv-pr-21175: verified")
        assert me.goal(FAILED).notes[-1] == "rerun: 0 failed"
        assert me.goal(FAILED).sessions[11].evidence == "rerun: 0 failed"


async def test_a_close_names_who_holds_the_goal_before_it_is_sent(tmp_path):
    async with operator(tmp_path) as me, GoalStore.open(tmp_path, actor="agent") as other:
        goal = await me.new("Held", "s-1", *(f"t-{number}" for number in range(30)))
        await me.press("c")
        await me.sees("holds it: 0 of 31", "s-1 ", "was launched and has not reported · work of s-1", "  and 6 more")
        await me.pilot.resize_terminal(80, 24)
        await me.sees("s-1 ", "  and 22 more", "asks all the same, and shows what helps", "close ctrl+s")
        for number in range(30):
            await other.unlink(goal.id, f"t-{number}", "too many")
        await me.sees("The gate holds it: 0 of 1 session ")
        await other.update(goal.id, update("s-1", "verified", "ok"))
        await me.sees("The gate lets it pass: 1 of 1 session ")
        await other.unlink(goal.id, "s-1", "wrong goal")
        await me.sees("The gate holds it: no session is linked")


async def test_a_status_says_what_comes_of_it(tmp_path):
    async with operator(tmp_path) as me:
        goal = await me.new("Where to", "s-1", "s-2")
        await me.press("t", "d")
        await me.sees("(•) done", "The gate holds it: 0 of 2 sessions", "s-1 was launched")
        await me.press("shift+tab", "a")
        await me.sees("closes it, whatever the gate says")
        await me.press("ctrl+s")
        await me.sees("is abandoned now")
        await me.at(goal.id)
        await me.press("t", "i")
        await me.sees("reopens it")


async def test_the_panel_suggests_verified_for_who_is_still_at_work(tmp_path):
    async with operator(tmp_path) as me:
        goal = await me.new("Nearly", "s-1")
        await me.store.link(goal.id, link("s-2", "running", "12 passed"))
        await me.press("c", "ctrl+s")
        await me.sees("Not closed", "- unlink", "is still running", "u update")
        # The more urgent stands first.
        await me.press("u")
        await me.sees("(•) verified", "becomes verified, with the evidence it has")
        await me.press("ctrl+s")
        await me.sees("1 of 2 verified")
        assert me.goal(goal.id).sessions[1].evidence == "12 passed"


async def test_nothing_of_the_refusal_is_seen_around_a_dialog_over_it(root):
    async with operator(root) as me:
        await me.at(FAILED)
        await me.press("c", "enter")
        await me.sees("Not closed", "Held back by")
        for key in ("u", "minus"):
            await me.press("j", key)
            await me.sees("cancel esc")
            await me.until(lambda: "Held" not in me.screen and "verified ┐" not in me.screen, "the panel to hide")
            # Nor where there is less room than there was.
            await me.pilot.resize_terminal(90, 20)
            await me.pilot.pause()
            assert "Not cl" not in me.screen
            await me.press("escape")
            await me.sees("Not closed", "Held back by", "> ✗ uv-pr-18531", "esc back")
            # It takes keys as before.
            await me.press("k")
            await me.sees("> ✗ uv-pr-18504")
            await me.pilot.resize_terminal(120, 40)
        await me.press("u")
        await me.sees("cancel esc")
        await me.store.note(FAILED, "meanwhile")
        await me.pilot.pause(0.2)
        assert "Held back" not in me.screen


async def test_what_was_pasted_can_be_taken_back_with_the_scrollbar_that_it_brought(tmp_path):
    async with operator(tmp_path) as me:
        await me.new("Ship the parser", "s-1")
        await me.press("u", "tab")
        area = me.app.screen.query_one(SafeTextArea)
        for lines in (3, 30, 2):
            await me.type("\n".join(f"line {at}" for at in range(lines)))
            await me.until(lambda lines=lines: f"line {lines - 1}" in area.text, "the paste")  # type: ignore[misc]
        for _ in range(4):
            await me.press("ctrl+z")
        await me.until(lambda: not area.text, "nothing to be left")
        await me.type("x")
        await me.until(lambda: area.text == "x", "the next text")


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (40, 12)])
async def test_a_refusal_is_seen_also_where_the_dialog_is_longer_than_the_screen(root, size):
    async with operator(root, size) as me:
        await me.at(FAILED)
        await me.press("u")
        await me.sees("Update a session")
        with away(root):
            await me.until(lambda: me.store.degraded, "the palace to be gone")
            await me.press("ctrl+s")
            await me.sees("Not sent, and kept here.", "Update a session")
        await me.press("escape")
        await me.healed()


async def test_nothing_of_a_dialog_stays_in_memory_once_it_is_left(tmp_path):
    async with operator(tmp_path) as me:
        await me.new("Sweep the yard")
        await me.press("m")
        field = weakref.ref(me.app.screen.query_one(SafeTextArea))
        await me.type("a note")
        await me.press("ctrl+s")
        await me.sees("noted on")
        await me.back()
        # A second one takes the place of what the screen and the last event still hold.
        await me.press("e", "escape")
        await me.back()
        gc.collect()
        assert field() is None
