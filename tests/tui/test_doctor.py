"""Doctor: what is wrong with this palace, said by kind, with the goal to go to."""

import json
from dataclasses import replace

import anyio
import pytest

from store import Finding, GoalStatus, GoalStore, SessionLink
from tests.store.helpers import SAMPLES, cache_file, link_wire, wire, write_cache
from tests.tui.helpers import FAILED, away, operator
from tests.tui.story import BROKEN, EVIL, TAMED, tell, tell_ill
from tui.findings import report
from tui.screens.doctor import DoctorScreen
from tui.widgets.finding_list import FindingList

WELL = [
    "every drawer can be read: 47 goals",
    "the palace is sound, and a change can be written",
    "every revision says what was committed",
    "no goal is done against the gate",
    "no session is linked twice, or to two open goals",
    "every goal is within the limits",
    "no goal is ahead of the clock",
    "goals.json says what the palace says",
    "no other user can write here",
]


@pytest.fixture
def ill(tmp_path):
    """A palace in which a doctor finds something."""
    anyio.run(tell_ill, tmp_path)
    return tmp_path


async def open_doctor(me) -> FindingList:
    """Press the key, and wait until it has looked."""
    await me.press("D")
    await me.until(lambda: isinstance(me.app.screen, DoctorScreen) and me.app.screen.is_mounted, "the screen")
    screen = me.app.screen
    await me.until(lambda: screen._report is not None and not screen._looking, "the report")
    await me.until(lambda: screen.findings.picked is None or screen.findings.picked.sentence[:30] in me.screen)
    return screen.findings


def _about(findings):
    return findings.picked.about if findings.picked else ""


async def to_row(me, findings, about):
    """Put the cursor on the finding that is about something."""
    for _ in range(findings.rows):
        if about in findings.picked.about + findings.picked.problem:
            return
        row = findings.row_of(findings.cursor)
        await me.press("j")
        await me.until(lambda row=row: findings.row_of(findings.cursor) != row, "the next row")
    raise AssertionError(about)


async def test_all_is_well_said_plainly(root):
    async with operator(root) as me:
        await open_doctor(me)
        await me.sees("all is well at 14:32", "All is well:", *(f"✓ {text}" for text in WELL))
        await me.press("enter", "h")
        await me.sees("there is no goal under the cursor")
        await me.press("escape")
        await me.back()


async def test_what_is_wrong_by_kind_and_in_words(ill):
    async with operator(ill) as me:
        await open_doctor(me)
        await me.sees(
            "4 things wrong at 14:32",
            "Unreadable drawers 1  left untouched on the disk",
            f"✗ {BROKEN}",
            "it does not match its checksum",
            "Done against the gate 1  they came so from elsewhere",
            "! Announce the release",
            "done against the gate: 0 of 1 session verified with evidence",
            "Sessions linked too often",
            "! Port the installer",
            "! Move environment variable",
            "session 'uv-pr-15001' works on several open goals",
            "The rest is well:",
            "✓ goals.json says what the palace says",
        )
        assert "every drawer can be read" not in me.screen


async def test_enter_goes_to_the_goal_and_keys_act_on_it(ill):
    async with operator(ill) as me:
        findings = await open_doctor(me)
        # There is nothing to open where the drawer can't be read.
        await me.press("enter")
        await me.sees("can't be read: there is nothing to open")
        assert len(me.app.screen_stack) == 2
        await to_row(me, findings, "Announce the release")
        await me.sees("g-00000000000000aa  enter opens it", "t reopens one")
        await me.press("enter")
        await me.sees("Sessions 1", "pr-9001")
        await me.press("escape")
        await me.sees("4 things wrong")
        # What helps, helps here: the list follows, and the cursor stays among what is left.
        await me.press("t")
        await me.sees("Set the status")
        await me.press("left", "left", "enter")
        await me.type("it is not done")
        await me.press("enter")
        await me.sees("3 things wrong")
        assert me.goal("g-00000000000000aa").status is not GoalStatus.DONE
        await to_row(me, findings, "Port the installer")
        await me.press("minus")
        await me.sees("Unlink a session")
        await me.type("it works on the other one")
        await me.press("enter")
        await me.sees("1 thing wrong", "✓ no session is linked twice")
        # Nothing of the drawer that can't be read was touched.
        await me.sees(f"✗ {BROKEN}")


async def test_looks_again_by_itself_and_by_r(root):
    async with operator(root) as me, GoalStore.open(root, actor="import") as other:
        findings = await open_doctor(me)
        await me.sees("all is well")
        failed = me.goal(FAILED)
        lie = replace(failed, id="g-00000000000000aa", status=GoalStatus.DONE, description="Too good")
        await other.import_goals([lie])
        await me.sees("1 thing wrong", "! Too good", "7 of 12 sessions verified with evidence")
        await me.until(lambda: _about(findings) == "Too good")
        # What no change tells of.
        cache_file(root).write_text("[]\n")
        await me.press("r")
        await me.sees("2 things wrong", "The cache, goals.json 1", "no goal is lost")
        assert _about(findings) == "Too good"
        root.chmod(0o777)
        await me.press("r")
        await me.sees("3 things wrong", "Who can write here 1", "can be written by others (mode 777)")


async def test_waits_for_r_where_looking_takes_long(root, monkeypatch):
    monkeypatch.setattr("tui.screens.doctor.AUTO", 10)
    async with operator(root) as me:
        await open_doctor(me)
        await me.store.note(FAILED, "something")
        await me.sees("all is well at 14:32   changed since: r looks again")
        await me.press("r")
        await me.until(lambda: "changed since" not in me.screen)
        await me.sees("r looks again")


async def test_the_keys_act_while_it_looks(root, monkeypatch):
    looking, go_on = anyio.Event(), anyio.Event()
    examine = GoalStore.examine

    async def slowly(self, progress, folders):
        progress(250, 1_000)
        looking.set()
        await go_on.wait()
        return await examine(self, progress, folders)

    monkeypatch.setattr(GoalStore, "examine", slowly)
    async with operator(root) as me:
        await me.press("D")
        with anyio.fail_after(30):
            await looking.wait()
        await me.sees("Looking at every goal", "looking  █████░░░░░░░░░░░░░░░  250 of 1,000 goals")
        await me.press("question_mark")
        await me.sees("The job")
        await me.press("escape")
        await me.press("escape")
        await me.back()
        go_on.set()
        await me.press("D")
        await me.sees("All is well")


async def test_degraded_is_a_finding_and_heals(root):
    async with operator(root) as me:
        await open_doctor(me)
        with away(root):
            await me.sees("1 thing wrong", "The palace 1", "unavailable")
            assert "can be read" not in me.screen
            # Nothing is said about what could not be compared.
            assert "goals.json says" not in me.screen
        await me.sees("all is well", "goals.json says")
        await me.healed()


async def test_what_can_not_be_kept_for_the_operator(root, tmp_path, monkeypatch):
    # Not by its mode, which binds no root user.
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "goalgate").write_text("a file in its place")
    async with operator(root) as me:
        await open_doctor(me)
        await me.sees("1 thing wrong", "What is kept for you 1", "nothing can be kept in", "is not a folder")


async def test_what_the_store_said_is_there_to_read(tmp_path):
    write_cache(tmp_path, *json.loads(SAMPLES.read_bytes()))
    async with operator(tmp_path) as me:
        await open_doctor(me)
        await me.sees("all is well", "Said since the console opened 2", "47 goals were taken over from")
        await me.press("enter")
        await me.sees("there is none to open")


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 20), (40, 12)])
async def test_hostile_text_is_literal(tmp_path, size):
    twice = [link_wire(f"{EVIL}, g-1: g-2", "running") | {"task": EVIL}] * 2
    states = {"g-1": "done", "g-2": "inProgress", "g-3": "inProgress"}
    write_cache(tmp_path, *(wire(key, description=EVIL, status=to, sessions=twice) for key, to in states.items()))
    async with operator(tmp_path, size) as me:
        findings = await open_doctor(me)
        assert findings.rows >= 6
        for _ in range(findings.rows):
            me.fits()
            await me.press("j")
        if size == (120, 40):
            await me.press("g")
            await me.sees(TAMED, "! [/] [unclosed ␛[31mred", "Over a limit", "Sessions linked too often 5")


async def test_moving_skips_what_is_no_finding(ill):
    async with operator(ill, (80, 24)) as me:
        findings = await open_doctor(me)
        seen = []
        for _ in range(findings.rows):
            seen.append(findings.picked)
            await me.press("j")
            await me.pilot.pause()
        assert len(set(seen)) == findings.rows
        await me.press("G")
        await me.until(lambda: findings.row_of(findings.cursor) == findings.rows - 1)
        await me.press("g")
        await me.until(lambda: findings.row_of(findings.cursor) == 0)
        # The title above the first is seen with it.
        await me.sees("Unreadable drawers 1")
        await me.pilot.click(FindingList, offset=(10, 0))
        assert findings.row_of(findings.cursor) == 0
        await me.pilot.click(FindingList, offset=(10, 4))
        await me.until(lambda: findings.row_of(findings.cursor) == 1)


def test_report_is_pure_and_knows_every_kind():
    kinds = [
        "palace",
        "unreadable",
        "history",
        "gate",
        "evidence",
        "session",
        "superseded",
        "limit",
        "clock",
        "cache",
        "root",
        "state",
    ]
    found = [Finding(kind, None, f"{kind} trouble") for kind in kinds]
    made = report(found, lambda _: None, 3, cache_problem="the disk is full", notices=["set aside", "set aside"])
    assert [group.rows[0].kind for group in made.groups] == [*kinds, "said"]
    assert made.wrong == 13
    assert made.well == ()
    (*_, cache, _, _, said) = made.groups
    assert [row.problem for row in cache.rows] == [
        "it can't be written now, which is tried again: the disk is full",
        "cache trouble",
    ]
    assert len(said.rows) == 1
    assert all(group.title and group.meaning for group in made.groups)
    # A newer store may know more kinds.
    assert report([Finding("moon", None, "full")], lambda _: None, 0).groups[0].rows[0].problem == "full"


async def test_problems_are_told_of_the_goal_and_not_of_its_id(tmp_path):
    async with GoalStore.open(tmp_path) as store:
        goal = await store.create("Ship the parser")
        goal = await store.link(goal.id, SessionLink.launched("s: 1", "write it"))
        other = await store.create("Ship the lexer")
        shared = f"session 's: 1' works on several open goals: {goal.id}, {other.id}"
        made = report(
            [
                Finding("gate", goal.id, f"goal {goal.id} is done against the gate: 0 of 1"),
                Finding("limit", goal.id, f"goal {goal.id}: description: has 3000 characters"),
                Finding("session", None, shared),
                Finding("session", goal.id, f"goal {goal.id} has session 's: 1' 2 times"),
                Finding("unreadable", "g-x", "the drawer of goal g-x can't be read: it is torn"),
            ],
            store.get,
            2,
        )
    told = [(row.kind, row.goal_id, row.about, row.problem) for group in made.groups for row in group.rows]
    assert told == [
        ("unreadable", "g-x", "g-x", "it is torn"),
        ("gate", goal.id, "Ship the parser", "done against the gate: 0 of 1"),
        ("session", goal.id, "Ship the parser", "session 's: 1' works on several open goals"),
        ("session", other.id, "Ship the lexer", "session 's: 1' works on several open goals"),
        ("session", goal.id, "Ship the parser", "has session 's: 1' 2 times"),
        ("limit", goal.id, "Ship the parser", "description: has 3000 characters"),
    ]
    assert made.groups[2].rows[0].sentence == shared


PICTURES = {
    "doctor-120x40": (
        (120, 40),
        tell_ill,
        ["4 things wrong at 14:32", "✗ g-e59156d25b42fa2b", "Done against the gate 1", "t reopens one", "✓ goals.json"],
    ),
    "doctor-80x24": (
        (80, 24),
        tell_ill,
        ["4 things wrong", "not match its checksum", "0 of 1 session", "? keys"],
    ),
    "doctor-well-120x40": ((120, 40), tell, ["all is well at 14:32", *WELL]),
}


@pytest.mark.parametrize("name", PICTURES)
def test_picture(name, tmp_path, pictured):
    size, story, words = PICTURES[name]
    anyio.run(story, tmp_path)

    async def look(me):
        findings = await open_doctor(me)
        await me.until(lambda: findings.has_focus)

    assert pictured(tmp_path, size, look, words)
