"""Random keys and random outside changes: no crash, and never a screen that disagrees with the palace.

In the suite a few fixed seeds take some steps each. For minutes, with seeds that are new each time:

    MONKEY_SECONDS=600 .venv/bin/python -m pytest tests/tui/test_monkey.py -k minutes -s

`MONKEY_SEED=7` begins with that seed (what a step does follows from the seed, its number and the screen, and how fast
things happen does not follow from it: the same seed may need a few runs). On failure the seed and the last 30 steps
are told.
"""

from __future__ import annotations

import os
import re
import time
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count, pairwise
from random import SystemRandom
from typing import TYPE_CHECKING, Final

import pytest
from textual.worker import Worker

from store import GoalStatus, GoalStore, SessionTaskState, is_blank
from tests.tui.helpers import NOON, Operator, fill, operator, ready
from tests.tui.monkey import Monkey, burst
from tui.app import Console
from tui.cells import clip
from tui.format import safe
from tui.screens.board import Board
from tui.screens.goal import GoalScreen
from tui.trouble import folder
from tui.widgets.lines import Banner
from tui.widgets.pick import PickList

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from store import Goal, Revision

STEPS: Final = 50
LOOK: Final = 25
"""Steps after which screen and palace are compared."""
SECONDS: Final = float(os.environ.get("MONKEY_SECONDS", "0"))
KINDS: Final = ("failed", "ready", "blocked", "running", "pending", "closed")
VIEWS: Final = {"1": KINDS[:5], "2": ("running",), "3": ("pending",), "4": ("closed",), "0": KINDS}
TITLES: Final = {"1": "Needs you", "2": "Running", "3": "Pending", "4": "Closed", "0": "All"}
COUNTED: Final = {**VIEWS, "1": KINDS[:3]}
STATES: Final = {"verified": "✓", "running": "▸", "launched": "○", "failed": "✗"}


# What the contract's words make of the palace


def proven(goal: Goal) -> int:
    return sum(link.state is SessionTaskState.VERIFIED and not is_blank(link.evidence) for link in goal.sessions)


def passes(goal: Goal) -> bool:
    return bool(goal.sessions) and proven(goal) == len(goal.sessions)


def kind(goal: Goal) -> str:
    if goal.status in (GoalStatus.DONE, GoalStatus.ABANDONED):
        return "closed"
    if any(link.state is SessionTaskState.FAILED for link in goal.sessions):
        return "failed"
    if passes(goal):
        return "ready"
    return {GoalStatus.BLOCKED: "blocked", GoalStatus.PENDING: "pending"}.get(goal.status, "running")


def since(goal: Goal, past: list[Revision]) -> float:
    """Return since when an open goal wants what it wants: the first of the newest revisions that all say the same."""
    first = goal
    for revision in reversed(past):
        if kind(revision.goal) != kind(goal):
            break
        first = revision.goal
    return first.updated.timestamp()


def matches(goal: Goal, words: str, actor: str) -> bool:
    head, text = [*re.split(r"(?<!\S)text:", words.casefold(), maxsplit=1), ""][:2]
    texts = [goal.description, *(word for link in goal.sessions for word in (link.session_id, link.task))]
    body = "\n".join(texts).casefold()
    said = [*goal.notes, *(link.evidence or "" for link in goal.sessions)]
    if text.strip() and not any(text.strip() in part.casefold() for part in said):
        return False
    for word in head.split():
        name, colon, value = word.partition(":")
        has = {
            "status": [goal.status.casefold()],
            "need": [kind(goal)],
            "state": [link.state.casefold() for link in goal.sessions],
        }
        if colon and name in has:
            if value and not any(one.startswith(value) for one in has[name]):
                return False
        elif colon and name == "actor":
            if value not in actor.casefold():
                return False
        elif word not in body and not goal.id.startswith((word, f"g-{word}")):
            return False
    return True


async def rows(me: Operator, palace: GoalStore, digit: str, words: str, *, by_change: bool) -> list[Goal]:
    """Return the goals that a view shows, in their order."""
    seen = me.app.memory.load()
    keyed = []
    for goal in palace.all():
        put_off = digit == "1" and seen.hides(goal.id, palace.revision(goal.id))
        if kind(goal) not in VIEWS[digit] or put_off or not matches(goal, words, palace.actor(goal.id)):
            continue
        if by_change:
            key = (0, -goal.updated.timestamp(), goal.id)
        elif kind(goal) == "closed":
            key = (KINDS.index("closed"), -goal.updated.timestamp(), goal.id)
        else:
            past = await palace.history(goal.id)
            key = (KINDS.index(kind(goal)), since(goal, past), goal.id)
        keyed.append((key, goal))
    return [goal for _, goal in sorted(keyed, key=lambda row: row[0])]


# What is on the screen


def ratio(goal: Goal) -> str:
    return f"{proven(goal)}/{len(goal.sessions)}" if goal.sessions else "·"


async def board_disagrees(me: Operator, palace: GoalStore) -> str:
    """Return in what the board disagrees with the palace, or nothing."""
    board, goals = me.board, me.board.goals
    order = goals.order
    digit, by_change = order.view.digit, order.sort.name == "CHANGED"
    expected = await rows(me, palace, digit, board.filter.words, by_change=by_change)
    if me.rows != [goal.id for goal in expected]:
        return f"rows of view {digit}, filter {board.filter.words!r}:\n{me.rows}\nnot\n{[g.id for g in expected]}"
    screen = me.screen.split("\n")
    if goals.region.bottom > len(screen):
        return "the screen is of another size, and not laid out yet"
    lines: list[Goal | None] = list(expected)
    need = sum(kind(goal) in KINDS[:3] for goal in expected)
    if digit == "1" and not by_change and need < len(expected):
        lines.insert(need, None)
    head, width = goals.region.height - goals.page, goals.region.width
    for at, goal in enumerate(lines[goals.top : goals.top + goals.page]):
        line = screen[goals.region.y + head + at]
        if goal is None:
            wrong = "nothing need" not in line
        else:
            name = clip(safe(goal.description), width // 4).removesuffix("…") if width >= 40 else ""
            told = rf"{re.escape(name)}.* {re.escape(ratio(goal))}(?!\d)"
            wrong = re.search(told, line) is None
        if wrong:
            return f"line {line!r}\nfor {goal!r}"
    if me.app.size.width >= 70 and me.app.size.height >= 16:
        seen = me.app.memory.load()
        for tab, title in TITLES.items():
            counted = [goal for goal in palace.all() if kind(goal) in COUNTED[tab]]
            number = sum(not (tab == "1" and seen.hides(goal.id, palace.revision(goal.id))) for goal in counted)
            if f" {tab} {title} {number} " not in me.screen:
                return f"the tab {title} does not say {number}"
        if "● live" not in me.screen:
            return "it does not say that it is live"
    return f"banner: {board.query_one(Banner).text}" if board.query_one(Banner).text else ""


def goal_disagrees(me: Operator, palace: GoalStore) -> str:
    """Return in what the screen of a goal disagrees with the palace, or nothing."""
    screen = me.app.screen
    assert isinstance(screen, GoalScreen)
    goal, (width, height) = palace.get(screen.goal_id), me.app.size
    assert goal is not None
    if width < 80 or height < 24:
        return ""
    said = me.screen
    verdict = "READY TO CLOSE" if passes(goal) else "BLOCKED" if goal.status is GoalStatus.BLOCKED else "NOT DONE"
    if any(link.state is SessionTaskState.FAILED for link in goal.sessions):
        verdict = "FAILED  "
    if goal.status is GoalStatus.DONE:
        verdict = "DONE  " if passes(goal) else "DONE, AGAINST THE GATE"
    elif goal.status is GoalStatus.ABANDONED:
        verdict = "ABANDONED"
    number = f"{proven(goal)} of {len(goal.sessions)} session"
    for words in (goal.id, verdict, number, f" 2 Notes {len(goal.notes)} ", f" 3 History {palace.revision(goal.id)} "):
        if words not in said:
            return f"{words!r} is not on the screen of {goal!r}"
    picker = screen.query_one("#sessions", PickList)
    if not picker.is_on_screen:
        return ""
    top = round(picker.scroll_y)
    for at, link in enumerate(goal.sessions[top : top + picker.region.height]):
        line = said.split("\n")[picker.region.y + at]
        name = clip(safe(link.session_id), 6).removesuffix("…")
        if not all(word in line for word in (f"{STATES[link.state]} {name}", link.state.value)):
            return f"line {line!r}\nfor {link!r}"
    return ""


async def compare(me: Operator, root: Path) -> None:
    """Let it settle, and find out whether screen and palace agree."""
    store = me.store
    async with GoalStore.open(root, actor="oracle") as palace:
        await me.until(
            lambda: store.degraded is palace.degraded is None and store.seq == palace.seq, "both to know the same"
        )
        assert store.all() == palace.all()
        await agree(me, palace)
        await home(me)
        await agree(me, palace)
        if me.board.goals.goal_id is not None and me.app.size.height > 5:
            await me.press("enter")
            await me.until(lambda: isinstance(me.app.screen, GoalScreen), "the goal's screen")
            await agree(me, palace)
        for goal in palace.all():
            is_legal(await palace.history(goal.id))


async def agree(me: Operator, palace: GoalStore) -> None:
    end = time.monotonic() + 60
    while True:
        screen, wrong = me.app.screen, ""
        if isinstance(screen, Board):
            if me.board.goals.order.moved and me.board.goals.has_focus:
                await me.press("r")
            wrong = await board_disagrees(me, palace)
        elif isinstance(screen, GoalScreen):
            wrong = goal_disagrees(me, palace)
        if not wrong:
            return
        assert time.monotonic() < end, f"{wrong}\n{me.screen}"
        await me.pilot.pause(0.02)


async def home(me: Operator) -> None:
    """Leave whatever there is, as an operator does, until the board's list can be moved through."""
    for _ in range(20):
        await me.pilot.pause()
        focused = me.app.focused
        if me.app.screen is me.board and focused is me.board.goals:
            await me.press("r")
            return
        # Enter keeps a filter; an id that no goal has stays until escape.
        await me.press("enter" if focused is me.board.filter else "escape")
    msg = f"esc does not lead to the board\n{me.app.screen_stack} {me.app.focused}\n{me.screen}"
    raise AssertionError(msg)


def is_legal(past: list[Revision]) -> None:
    """What the console made of a goal: done through the gate, closed goals closed, no note lost."""
    assert [revision.number for revision in past] == list(range(1, len(past) + 1))
    for before, revision in pairwise(past):
        was, goal = before.goal, revision.goal
        assert goal.updated > was.updated
        if revision.actor != "tester":
            continue
        work = [(one.description, one.acceptance, one.sessions) for one in (was, goal)]
        if goal.status is GoalStatus.DONE and (was.status, was.sessions) != (goal.status, goal.sessions):
            assert passes(goal), f"done against the gate: {revision!r}"
        assert not (was.closed and goal.closed) or work[0] == work[1], f"changed though closed: {revision!r}"
        reverted = any(goal.notes == old.goal.notes for old in past[: before.number])
        assert reverted or goal.notes[: len(was.notes)] == was.notes, f"lost a note: {revision!r}"


# The runs


@pytest.fixture
def broken(monkeypatch):
    """What broke in a worker, whoever looks at it."""
    errors: list[BaseException] = []

    class Error:
        def __set__(self, worker: Worker[object], error: BaseException | None) -> None:
            vars(worker)["error itself"] = error
            if isinstance(error, Exception):
                errors.append(error)

        def __get__(self, worker: Worker[object], _: object = None) -> BaseException | None:
            return vars(worker).get("error itself")

    monkeypatch.setattr(Worker, "_error", Error(), raising=False)
    return errors


def is_well(app: Console, broken: list[BaseException]) -> None:
    if broken:
        raise broken[0]
    if app._exception is not None:
        raise app._exception
    crashes = [path.read_text() for path in folder().glob("crash-*.txt")]
    assert not crashes, crashes[0]
    assert app.return_code is None
    assert app.is_running


@asynccontextmanager
async def monkey(root: Path, seed: int, broken: list[BaseException]) -> AsyncIterator[Monkey]:
    """Open a console on the sample goals, with another actor beside it, and tell what was done where it goes wrong."""
    ticks = count()

    def clock():
        return NOON + timedelta(seconds=next(ticks))

    await fill(root)
    app = Console(root, actor="tester", clock=clock)
    ape: Monkey | None = None
    try:
        async with app.run_test(size=(120, 40)) as pilot, GoalStore.open(root, actor="agent", clock=clock) as other:
            ape = Monkey(await ready(pilot), other, root, seed)
            yield ape
            is_well(app, broken)
    except BaseException as error:
        trail = "\n".join(ape.trail[-30:]) if ape is not None else "nothing"
        error.add_note(f"seed {seed}, and last of all:\n{trail}")
        raise


async def run(root: Path, seed: int, broken: list[BaseException], steps: int, look: int) -> None:
    async with monkey(root, seed, broken) as ape:
        for step in range(1, steps + 1):
            await ape.step()
            is_well(ape.me.app, broken)
            if step % look == 0 or step == steps:
                await compare(ape.me, root)
                is_well(ape.me.app, broken)


@pytest.mark.parametrize("seed", [1, 2])
async def test_random_keys_and_changes(tmp_path, seed, broken):
    await run(tmp_path, seed, broken, STEPS, LOOK)


@pytest.mark.skipif(not SECONDS, reason="MONKEY_SECONDS says for how long")
async def test_for_minutes(tmp_path, broken):
    end = time.monotonic() + SECONDS
    seed = int(os.environ.get("MONKEY_SEED", "0")) or SystemRandom().randrange(1_000_000)
    while time.monotonic() < end:
        print(f"seed {seed}", flush=True)
        await run(tmp_path / str(seed), seed, broken, 400, LOOK)
        seed = SystemRandom().randrange(1_000_000)


# What it found


async def test_a_page_key_right_behind_the_palettes_own(root):
    async with operator(root) as me:
        burst(me, "ctrl+p", "pageup", "pagedown")
        await me.sees("add (a)")


async def test_no_number_is_cut_however_narrow(root):
    async with operator(root, (20, 5)) as me:
        await me.sees("✗ FAILED", "7/12")


@pytest.mark.parametrize("size", [(80, 24), (80, 18), (60, 20)])
async def test_the_session_under_the_cursor_is_on_the_screen(root, size):
    async with operator(root, size) as me:
        await me.press("enter", "G")
        await me.until(lambda: "> ✗ uv-pr-21175" in me.screen, "the last of the sessions")
