"""The goal screen by its keys: proof to read and search, and notes."""

import pytest
from textual.screen import Screen

from store import GoalStore, SessionLink
from tests.store.helpers import update
from tests.tui.helpers import FAILED, drawn, operator
from tests.tui.story import EVIL, TAMED
from tui.format import safe
from tui.screens.goal import GoalScreen
from tui.widgets.pick import PickList
from tui.widgets.reader import Reader

# Close to the limit of 256 KiB.
LOG = "\n".join(f"case_{at} ... {'FAILED' if at % 1000 == 500 else 'ok'} \x1b[0min {at:05} ms" for at in range(7000))
LINKS = "see https://one.example/a\n" + "\n" * 60 + "and https://user@evil.example/x https://two.example/b."


def reader(me, name="evidence"):
    return me.app.screen.query_one(f"#{name}", Reader)


async def test_evidence_is_read_searched_opened_and_copied(tmp_path, monkeypatch):
    async with operator(tmp_path) as me:
        opened: list[str] = []
        monkeypatch.setattr(me.app, "open_url", opened.append)
        goal = await me.new("Ship the parser", "s-1", "s-2")
        await me.store.update(goal.id, update("s-1", "verified", LOG))
        await me.store.update(goal.id, update("s-2", "verified", LINKS))
        await me.press("enter")
        await me.sees("READY TO CLOSE", "Evidence of s-1: 7,000 lines", "case_0 ... ok ␛[0min 00000 ms")
        await me.press("enter", "G")
        await me.sees("case_6999 ...", "of 7,000")
        await me.press("g", "pagedown", "ctrl+d", "j", "k", "ctrl+u")
        await me.until(lambda: 0 < reader(me).scroll_y < 60)
        # What is drawn is what is in view.
        drawn: list[int] = []
        draw = Reader.render_line

        def count(self, y):
            drawn.append(y)
            return draw(self, y)

        monkeypatch.setattr(Reader, "render_line", count)
        await me.press("pagedown")
        await me.until(lambda: drawn)
        assert max(drawn) < 40
        assert len(drawn) < 200
        await me.press("home", "n")
        await me.sees("nothing is searched for")

        await me.press("slash", *"failed", "enter")
        await me.sees("/ failed   1 of 7   n N", "case_500 ... FAILED")
        await me.press("n")
        await me.sees("2 of 7", "case_1500 ... FAILED")
        await me.press("N", "N")
        await me.sees("7 of 7", "case_6500 ... FAILED", "from the end again")
        await me.press("n")
        await me.sees("1 of 7", "from the beginning again")
        await me.press("y")
        assert me.app.clipboard.startswith("case_0 ... ok [0min 00000 ms\n")
        assert "\x1b" not in me.app.clipboard
        await me.press("o")
        await me.sees("no address")

        # The next session: searched as well, and the address in view is opened.
        await me.press("shift+tab", "j")
        await me.sees("Evidence of s-2", "/ failed   not in this evidence: n goes on")
        await me.press("n")
        await me.sees("Evidence of s-1", "in this evidence: failed", "1 of 7   n N", "case_500 ")
        await me.press("N", "n")
        await me.sees("1 of 7", "from the beginning again")
        await me.press("shift+tab", "j")
        await me.sees("Evidence of s-2")
        await me.press("o")
        await me.until(lambda: opened == ["https://one.example/a"], "the address in view")
        await me.press("enter", "G", "o")
        await me.until(lambda: opened[1:] == ["https://two.example/b"], "the address in view")
        await me.press("escape")
        await me.sees("/ search", "Evidence of s-2")
        await me.press("escape")
        await me.back()


async def test_what_is_copied_says_how_many_lines_it_has(tmp_path):
    async with operator(tmp_path) as me:
        goal = await me.new("Ship the parser", "s-1")
        await me.press("enter")
        for evidence, copied, said in (
            ("rm -rf ~\ncurl x | sh\n", "rm -rf ~\ncurl x | sh\n", ", 2 lines: rm -rf ~ …"),
            ("\n\nls\n\nrm -rf ~", "\n\nls\n\nrm -rf ~", ", 5 lines: ls …"),
            ("ls\rrm -rf ~", "lsrm -rf ~", ": lsrm -rf ~ "),
            ("12 passed\n", "12 passed\n", ": 12 passed "),
            ("x\n" * 7000, "x\n" * 7000, ", 7,000 lines: x …"),
        ):
            await me.store.update(goal.id, update("s-1", evidence=evidence))
            await me.press("y")
            await me.sees(f"copied the evidence of s-1{said}")
            assert me.app.clipboard == copied


async def test_notes_newest_first_and_tabs_by_key_and_mouse(tmp_path):
    async with operator(tmp_path) as me:
        goal = await me.new("Ship the parser", "s-1")
        await me.press("enter", "2")
        await me.sees("Notes: none yet, m writes one")
        for note in ("first [b]", EVIL, "third"):
            await me.store.note(goal.id, note)
        await me.sees("Notes 3, newest first", "2 Notes 3", "first [b]", TAMED)
        said = "· by tester · just now"
        await me.sees(f"note 3 {said}", f"note 1 {said}")
        assert drawn(reader(me, "notes"))[:4] == [f"note 3 {said}", "third", "", f"note 2 {said}"]
        await me.press("slash", *"[/]", "enter")
        await me.sees("/ [/]   1 of 1")
        await me.press("y")
        await me.sees("copied the notes, 8 lines: note 3 · by tester · just now …")
        assert me.app.clipboard.startswith("note 3 · by tester · just now\nthird\n")
        await me.pilot.click("#tabs", offset=(3, 0))
        await me.sees("Sessions 1", "/ [/]   not in this evidence")
        await me.press("3")
        await me.sees("Revision 5 by tester", "note: third")
        await me.press("1", "tab", "tab")
        await me.sees("Criteria")
        await me.until(lambda: me.app.focused is reader(me, "criteria"))
        await me.press("h", "question_mark")
        await me.sees("The revisions, newest first", "Search in what you read", "The match before")


async def test_whose_a_note_is_is_read_as_far_back_as_one_looks(tmp_path):
    async with operator(tmp_path) as me, GoalStore.open(tmp_path, actor="agent") as other:
        goal = await me.new("Ship the parser", "s-1")
        await other.note(goal.id, "the first")
        for at in range(150):
            await me.store.note(goal.id, f"and {at}")
        await me.press("enter", "2")
        await me.sees("note 151 · by tester · just now")
        # As for the history, a page at a time.
        page = me.app.screen
        assert isinstance(page, GoalScreen)
        await me.until(lambda: not page._reading._busy, "the first page")
        assert 90 < page._reading.past.floor < 100
        assert drawn(reader(me, "notes"))[-2:] == ["note 1", "the first"]
        await me.press("G")
        await me.sees("note 1 · by agent · just now", "the first")
        # Seldom noted, and often changed: it is found all the same, and no key is waited for.
        goal = await me.store.create("Sweep the yard")
        await other.note(goal.id, "long ago")
        for at in range(100):
            await me.store.edit(goal.id, f"Sweep the yard {at}")
        await me.press("escape")
        await me.at(goal.id)
        await me.press("enter", "2")
        await me.sees("note 1 · by agent · just now", "long ago")
        # Both tabs know what one of them read.
        await me.press("3")
        await me.sees("Revisions 102, newest first", "revisions 1–102")


async def test_whose_notes_are_while_the_palace_is_away(tmp_path, monkeypatch):
    async with operator(tmp_path) as me:
        goal = await me.new("Ship the parser")
        await me.store.note(goal.id, "read this")
        monkeypatch.setattr(GoalStore, "degraded", property(lambda _: "palace gone"))
        await me.press("enter", "2")
        await me.sees("read this")
        assert "note 1 ·" not in me.screen
        monkeypatch.undo()
        me.store._tell(frozenset())
        await me.sees("note 1 · by tester · just now")


async def test_the_screen_follows_and_keeps_its_place(tmp_path):
    async with operator(tmp_path) as me, GoalStore.open(tmp_path, actor="agent") as other:
        goal = await me.new("Ship the parser", "s-1", "s-2")
        await other.update(goal.id, update("s-2", "verified", LOG))
        await me.press("enter", "j", "enter", "slash", *"failed", "enter", "n")
        await me.sees("2 of 7")
        place = reader(me).scroll_y
        await other.link(goal.id, SessionLink.launched("s-3", "more"))
        await other.update(goal.id, update("s-2", "verified", LOG + "\ncase_7000 ... FAILED"))
        await me.sees("Sessions 3", "1 of 3 sessions", "2 of 8", "Evidence of s-2: 7,001 lines")
        assert reader(me).scroll_y == place
        assert me.app.focused is reader(me)
        # A narrower screen folds anew, and shows the same lines.
        await me.pilot.resize_terminal(60, 30)
        await me.sees("case_1500 ... FAILED")
        await me.press("3")
        await me.sees("Revision 6 by agent")
        await other.unlink(goal.id, "s-2", "wrong goal")
        await me.sees("3 History 7", "7  now  agent")
        assert me.app.screen.query_one("#revisions", PickList).picked == "6"


@pytest.mark.parametrize("size", [(200, 60), (120, 40), (99, 30), (80, 24), (60, 20), (40, 12)])
async def test_nothing_is_wider_than_the_screen(root, size):
    async with operator(root, size) as me:
        await me.at(FAILED)
        await me.press("enter")
        for tab in "123":
            await me.press(tab)
            await me.pilot.pause()
            shown = me.app.screen._compositor.visible_widgets
            assert [(widget, region) for widget, (region, _) in shown.items() if region.right > size[0]] == []


async def test_a_search_goes_on_through_the_whole_goal_and_comes_with_what_the_board_found(tmp_path):
    async with operator(tmp_path) as me:
        goal = await me.new("Ship the parser", "s-1", "s-2", "s-3")
        await me.store.update(goal.id, update("s-2", "verified", f"{LOG}\nthe \x1b needle"))
        await me.store.update(goal.id, update("s-3", "verified", "NEEDLE and needle"))
        await me.store.note(goal.id, "a needle too")
        await me.store.note(goal.id, "nothing")
        await me.press("slash", *"text:needle")
        await me.sees("1 goal with needle in evidence or notes")
        await me.press("enter", "enter")
        # At the line itself, below seven thousand others.
        await me.sees("Evidence of s-2", "/ needle   1 of 1", "the ␛ needle")
        await me.press("n")
        await me.sees("Evidence of s-3", "/ needle   1 of 2")
        await me.press("n")
        await me.sees("2 of 2")
        await me.press("n")
        await me.sees("in the notes: needle", "Notes 2", "1 of 1")
        await me.press("n")
        await me.sees("Evidence of s-2")
        await me.press("N")
        await me.sees("Notes 2,")
        await me.press("N")
        await me.sees("Evidence of s-3", "/ needle   2 of 2")
        # Revisions are read as far as one looks, and searched one by one.
        await me.press("h", "n")
        await me.sees("not in this change: needle")
        await me.press("escape", "escape")
        await me.back()
        assert me.board.words == "text:needle"


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 20)])
async def test_evidence_and_notes_are_there_to_the_last_letter_beside_a_scrollbar_too(root, size):
    async with operator(root, size) as me:
        bars = 0
        await me.press("0")
        for goal in me.store.all():
            if all(len(link.evidence or "") < 400 for link in goal.sessions):
                continue
            await me.at(goal.id)
            await me.press("enter")
            page = me.app.screen
            assert isinstance(page, GoalScreen)
            await me.until(lambda: reader(me, "evidence").region.height and reader(me, "evidence").text, "a layout")
            session = page.target_session()
            assert session is not None
            for tab, name, texts in (("1", "evidence", [session.evidence or ""]), ("2", "notes", goal.notes)):
                await me.press(tab)
                await me.pilot.pause(0.1)
                text = reader(me, name)
                bars += text.show_vertical_scrollbar
                said = "".join("".join(drawn(text)).split())
                for stored in texts:
                    assert "".join(safe(stored, multiline=True).split()) in said
            await me.home()
        assert bars


async def test_which_lines_are_in_view_is_said_after_any_change_of_size(tmp_path):
    async with operator(tmp_path) as me:
        goal = await me.new("Ship the parser", "s-1")
        lines = "".join(f"line {at} {'x' * at}\n" for at in range(1, 25))
        await me.store.update(goal.id, update("s-1", "verified", lines))
        await me.press("enter")
        # What ends with a line break has no line behind it.
        await me.sees("Evidence of s-1: 24 lines")
        for size in [(80, 24), (160, 50), (100, 30), (60, 20), (200, 60), (120, 40), (100, 30), (160, 50)]:
            await me.pilot.resize_terminal(*size)
            await me.until(lambda size=size: me.app.screen.size == size, "the size")  # type: ignore[misc]
            await me.pilot.pause(0.1)

            def said() -> bool:
                first, last, total = reader(me).view
                return ("–" in me.screen) == ((first, last) != (1, total)) and (
                    f" {first}–{last} of 24" in me.screen or (first, last) == (1, 24)
                )

            await me.until(said, "what is in view")


async def test_how_far_one_is_in_a_single_line_that_takes_many_rows_is_said(tmp_path):
    async with operator(tmp_path) as me:
        goal = await me.new("Ship the parser", "s-1")
        await me.store.update(goal.id, update("s-1", "verified", "one_word_" * 4_000))
        await me.press("enter", "enter")
        await me.sees("Evidence of s-1: 1 line, 36K characters", " 8 % ")
        await me.press("pagedown")
        await me.sees(" 16 % ")
        await me.press("G")
        await me.sees(" 100 % ")
        await me.store.update(goal.id, update("s-1", "verified", "one line"))
        await me.sees("Evidence of s-1: 1 line, 8 characters")
        assert "%" not in me.screen


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (40, 12)])
async def test_a_verdict_that_is_cut_says_so(tmp_path, size):
    async with operator(tmp_path, size) as me:
        names = [f"session-with-a-long-name-{at}" for at in range(8)]
        goal = await me.new("Ship the parser", *names)
        for name in names[:6]:
            await me.store.update(goal.id, update(name, "failed", "12 failed"))
        await me.press("enter")
        await me.sees("FAILED  0 of 8")
        lines = me.screen.splitlines()
        tabs = next(at for at, line in enumerate(lines) if line.startswith(" 1 Proof"))
        assert lines[tabs - 1].rstrip().endswith("…")
        me.fits()


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 20), (40, 12)])
async def test_the_log_of_a_failure_is_read_from_its_end(tmp_path, monkeypatch, size):
    first: list[str] = []

    def draw(screen):
        refresh(screen)
        if not first and screen.query("#evidence"):
            strips = (screen.query_one("#evidence", Reader).render_line(y) for y in range(3))
            first.extend(strip.text for strip in strips)

    def log(lines):
        return "\n".join([*(f"test_{at} passed" for at in range(lines)), f"E  broke after {lines}"])

    refresh = Screen._compositor_refresh
    async with operator(tmp_path, size) as me, GoalStore.open(tmp_path, actor="agent") as agent:
        goal = await me.new("Ship the parser", "s-1", "s-2")
        await me.store.update(goal.id, update("s-1", "failed", log(60)))
        monkeypatch.setattr(Screen, "_compositor_refresh", draw)
        await me.press("enter")
        await me.sees("E  broke after 60")
        # Not its beginning first, and its end a moment later.
        assert first
        assert "test_0 passed" not in first[0]
        await agent.update(goal.id, update("s-1", "failed", log(80)))
        await me.sees("E  broke after 80")
        await me.pilot.resize_terminal(size[0] + 10, size[1] + 2)
        await me.sees("E  broke after 80")
        # Whoever reads elsewhere stays there.
        evidence = reader(me)
        evidence.focus()
        await me.press("g")
        await me.sees("test_0 passed")
        await agent.update(goal.id, update("s-1", "failed", log(90)))
        await me.until(lambda: evidence.text == log(90), "the longer log")
        await me.sees("test_0 passed")
        # What is verified begins with its beginning.
        await agent.update(goal.id, update("s-2", "verified", log(70)))
        await me.until(lambda: me.goal(goal.id).sessions[1].evidence == log(70))
        me.app.screen.query_one("#sessions").focus()
        await me.press("j")
        await me.until(lambda: evidence.text == log(70), "the other evidence")
        await me.sees("test_0 passed")
