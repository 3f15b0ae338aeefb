"""Drives the console as an operator does: by keys, reading what is on the screen."""

from __future__ import annotations

import io
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console as Terminal
from textual import events

from store import GoalStore, parse_goals
from tui.app import Console
from tui.screens.board import Board
from tui.widgets.lines import Banner

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from textual.pilot import Pilot

    from store import Goal
    from tui.settings import Config

SAMPLES = Path(__file__).parents[1] / "data" / "goals-public.json"
NOON = datetime(2026, 10, 1, 14, 32, tzinfo=UTC)
FAILED = "g-ef59e256cd81ac6c"


async def fill(root: Path) -> None:
    """Import the sample goals."""
    async with GoalStore.open(root, actor="import") as store:
        await store.import_goals(parse_goals(SAMPLES.read_bytes()))


def console(root: Path, config: Config | None = None) -> Console:
    """Return a console whose clock stands still."""
    return Console(root, actor="tester", clock=lambda: NOON, config=config)


def text(app: Console) -> str:
    """Return what is on the screen."""
    width, height = app.size
    terminal = Terminal(
        width=width, height=height, file=io.StringIO(), force_terminal=True, record=True, legacy_windows=False
    )
    terminal.print(app.screen._compositor.render_update(full=True))
    return terminal.export_text(styles=False)


class Operator:
    """Somebody at the console."""

    def __init__(self, app: Console, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def store(self) -> GoalStore:
        assert self.app.store is not None
        return self.app.store

    def goal(self, goal_id: str) -> Goal:
        goal = self.store.get(goal_id)
        assert goal is not None
        return goal

    @property
    def screen(self) -> str:
        return text(self.app)

    @property
    def board(self) -> Board:
        return self.app.board

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def type(self, words: str) -> None:
        """Write into the field that has the focus, all at once (as a terminal pastes), since keys take their time."""
        self.app.post_message(events.Paste(words))
        await self.pilot.pause()

    async def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Wait for a condition; the limit is for a machine that hangs, not for one that is slow."""
        end = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < end, f"waited in vain for {what}\n{self.screen}"
            await self.pilot.pause(0.01)

    async def sees(self, *words: str) -> None:
        """Wait until all these words are on the screen."""
        for word in words:
            await self.until(lambda word=word: word in self.screen, repr(word))  # type: ignore[misc]

    async def at(self, goal_id: str) -> None:
        """Put the board's cursor on a goal."""
        await self.until(lambda: self.store.get(goal_id), goal_id)
        self.board.point_at(goal_id)
        await self.pilot.pause()

    async def new(self, description: str, *sessions: str) -> Goal:
        """Add a goal with sessions, and put the cursor on it."""
        from store import SessionLink

        goal = await self.store.create(description)
        for session in sessions:
            goal = await self.store.link(goal.id, SessionLink.launched(session, f"work of {session}"))
        await self.at(goal.id)
        return goal


async def ready(pilot: Pilot[None]) -> Operator:
    """Wait for the palace to be open and its goals to be on the screen."""
    app = pilot.app
    assert isinstance(app, Console)
    operator = Operator(app, pilot)
    await operator.until(lambda: (app.store is not None and "live" in operator.screen) or app.size.width < 50, "live")
    await operator.until(lambda: app.store is not None, "the store")
    await pilot.pause()
    return operator


@asynccontextmanager
async def operator(
    root: Path, size: tuple[int, int] = (120, 40), config: Config | None = None
) -> AsyncIterator[Operator]:
    """Open the console, and see at the end that nothing went wrong inside."""
    app = console(root, config)
    async with app.run_test(size=size) as pilot:
        somebody = await ready(pilot)
        yield somebody
        assert not app.board.query_one(Banner).text
