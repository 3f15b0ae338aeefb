"""Drives the console as an operator does: by keys, reading what is on the screen."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from textual import events
from textual._context import visible_screen_stack

from store import GoalStore, parse_goals
from tests.store.helpers import SAMPLES, palace_file
from tui.app import Console
from tui.screens.board import Board
from tui.widgets.lines import Banner

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from textual.pilot import Pilot

    from store import Goal
    from tui.settings import Config
    from tui.widgets.reader import Reader
    from tui.widgets.rows import RowList

NOON = datetime(2026, 10, 1, 14, 32, tzinfo=UTC)
FAILED = "g-ef59e256cd81ac6c"


async def fill(root: Path) -> None:
    """Import the sample goals."""
    async with GoalStore.open(root, actor="import") as store:
        await store.import_goals(parse_goals(SAMPLES.read_bytes()))


def drawn(reader: Reader) -> list[str]:
    """Return every line of a text, as it is drawn or would be."""
    above = round(reader.scroll_y)
    return [reader.render_line(row - above).text.rstrip() for row in range(reader.virtual_size.height)]


def console(root: Path, config: Config | None = None) -> Console:
    """Return a console whose clock stands still."""
    return Console(root, actor="tester", clock=lambda: NOON, config=config)


@contextmanager
def away(root: Path) -> Iterator[None]:
    """While this lasts, the palace is not where it was."""
    folder = palace_file(root).parent
    folder.rename(root / "away")
    yield
    (root / "away").rename(folder)


@contextmanager
def garbage(root: Path) -> Iterator[None]:
    """While this lasts, something else stands in the palace's file."""
    palace = palace_file(root)
    good = palace.read_bytes()
    palace.write_bytes(b"no palace at all " * 5000)
    yield
    # Its log of late changes is gone with the garbage.
    palace.write_bytes(good)


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
        """What is on the screen."""
        # As the console itself draws it, with what stands behind a dialog.
        visible_screen_stack.set(self.app._background_screens)
        return "".join(f"{line.text}\n" for line in self.app.screen._compositor.render_strips())

    @property
    def board(self) -> Board:
        return self.app.board

    @property
    def rows(self) -> list[str]:
        """The goals on the board, from above."""
        order = self.board.goals.order
        return [order.at(row) for row in range(len(order))]

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def type(self, words: str) -> None:
        """Write into the field that has the focus, all at once (as a terminal pastes), since keys take their time."""
        self.app.post_message(events.Paste(words))
        await self.pilot.pause()

    async def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Wait for a condition; the limit is for a machine that hangs, not for one that is slow."""
        end = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < end, f"waited in vain for {what}\n{self.screen}"
            await self.pilot.pause(0.01)

    async def sees(self, *words: str) -> None:
        """Wait until all these words are on the screen."""
        for word in words:
            await self.until(lambda word=word: word in self.screen, repr(word))  # type: ignore[misc]

    async def back(self) -> None:
        """Wait until nothing stands before the board any more."""
        await self.until(lambda: self.app.screen is self.board, "the board")

    async def healed(self) -> None:
        """Wait until the board has nothing in its banner any more."""
        await self.until(lambda: not self.board.query_one(Banner).text, "the board to take its banner down")

    async def home(self) -> None:
        """Go back to the board."""
        while (screen := self.app.screen) is not self.board:
            await self.press("escape")
            await self.until(lambda screen=screen: self.app.screen is not screen, "esc to lead back")  # type: ignore[misc]

    def fits(self) -> None:
        """See that nothing on the screen is wider than it, and that all of it can be printed."""
        shown = self.screen
        assert all(char.isprintable() or char == "\n" for char in shown)
        assert all(len(line) <= self.app.size.width for line in shown.splitlines())

    async def moves(self, rows: RowList, *, last: int, half: int, page: int) -> None:
        """Press every key that moves through a list, from its first row."""
        for keys, row in (
            (["j"], 1),
            (["down", "down"], 3),
            (["k"], 2),
            (["up"], 1),
            (["G"], last),
            (["j"], last),
            (["g"], 0),
            (["end"], last),
            (["home"], 0),
            (["k"], 0),
            (["ctrl+d"], half),
            (["ctrl+u"], 0),
            (["pagedown"], page),
            (["pageup"], 0),
        ):
            await self.press(*keys)
            await self.until(lambda row=row: rows.row_of(rows.cursor) == row, f"{keys} to {row}")  # type: ignore[misc]
            await self.until(lambda: any(line.startswith("> ") for line in self.screen.splitlines()), "the cursor")

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
async def opened(
    root: Path, size: tuple[int, int] = (120, 40), config: Config | None = None
) -> AsyncIterator[Operator]:
    """Open the console, whatever comes of it."""
    app = console(root, config)
    async with app.run_test(size=size) as pilot:
        yield Operator(app, pilot)


@asynccontextmanager
async def operator(
    root: Path, size: tuple[int, int] = (120, 40), config: Config | None = None
) -> AsyncIterator[Operator]:
    """Open the console, and see at the end that nothing went wrong inside."""
    async with opened(root, size, config) as somebody:
        await ready(somebody.pilot)
        yield somebody
        assert not somebody.board.query_one(Banner).text
