"""A monkey at the console: random keys, mouse, pastes and sizes, while another actor changes the palace under it."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing, suppress
from random import Random
from typing import TYPE_CHECKING, Final

from textual import events
from textual.command import CommandPalette
from textual.widgets import Input, TextArea

from store import GoalStatus, GoalStoreError, SessionLink, SessionTaskState, SessionUpdate
from tests.store.helpers import palace_file
from tests.tui.helpers import away
from tui.screens.dialogs import LeaveDialog
from tui.widgets.lines import character

if TYPE_CHECKING:
    from pathlib import Path

    from store import GoalStore
    from tests.tui.helpers import Operator

SIZES: Final = ((200, 60), (160, 40), (120, 40), (100, 30), (80, 24), (60, 20), (40, 12), (20, 5))
PLAIN: Final = ("q", "y", "n", "r", "x", "s", "U", "C", "X", " ", "/", "?", ":", "-", "0", "5", "ä", "漢")
MOVES: Final = (
    *("up", "down", "left", "right", "enter", "escape", "tab", "shift+tab", "ctrl+s", "ctrl+p", "space"),
    *("pageup", "pagedown", "home", "end", "backspace", "delete", "ctrl+c", "ctrl+z", "f1"),
)
TEXTS: Final = (
    "plain words", "s-1", "g-", "https://example.org/run/1 12 passed", "two\nlines\n", "", "   ", "[/] [b]bold[/b]",
    "漢字かな交じり文", "e\u0301" * 40, "\x1b[31mred\x1b[0m\x07\x9b2J", "abc\u202edef\u202c", "a\u200db\u00adc",
    "👩‍👩‍👧‍👦 ❤️ 🇺🇳", "שלום عليكم", "x" * 6000, "z\u0300\u0301\u0302" * 300, "\t\r\v", "\\x1b {} %s $HOME",
)  # fmt: skip
QUERIES: Final = (
    "s", "e\u0301", "status:blocked", "state:failed", "need:ready", "status:p need:pend", "actor:agent", "text:passed",
)  # fmt: skip
LEAVES: Final = ("q", "ctrl+q")


def burst(me: Operator, *keys: str) -> None:
    """Send keys without waiting for what they do."""
    for key in keys:
        me.app.post_message(events.Key(key, character(key) or None))


class Monkey:
    """What it does in a step follows from the seed, the step's number and the screen."""

    def __init__(self, me: Operator, other: GoalStore, root: Path, seed: int) -> None:
        self.me = me
        self.seed = seed
        self.trail: list[str] = []
        self.left: list[str] = []
        self._may_leave = 0
        self._other = other
        self._root = root
        self._dice = Random()
        # Neither leaves the console nor starts a browser: what would have is written down.
        me.app.exit = lambda *_args, **_more: self.left.append(self.trail[-1])  # type: ignore[method-assign]
        me.app.open_url = lambda *_args, **_more: None  # type: ignore[method-assign]

    async def step(self) -> None:
        """Do one thing."""
        self._dice = Random(f"{self.seed}/{len(self.trail)}")
        does = {
            self._bound: 30, self._burst: 12, self._moves: 12, self._plain: 5, self._send: 6, self._paste: 7,
            self._query: 2, self._click: 7, self._wheel: 3, self._resize: 3, self._outside: 20, self._lock: 1,
            self._away: 1,
        }  # fmt: skip
        (do,) = self._dice.choices(list(does), list(does.values()))
        self._note(do.__name__.strip("_"))
        left = len(self.left)
        await do()
        self._may_leave -= 1
        if isinstance(self.me.app.screen, CommandPalette):
            self._may_leave = max(self._may_leave, 3)
        assert len(self.left) == left or self._may_leave > 0, f"left by {self.left[-1]}"

    # Keys and mouse

    async def _bound(self) -> None:
        await self._press(self._any_bound())

    async def _burst(self) -> None:
        """Keys as a terminal sends them that was held up: all in one go."""
        for _ in range(self._dice.randint(2, 6)):
            key = self._any_bound() if self._dice.random() < 0.7 else self._dice.choice(MOVES)
            self._say(key)
            burst(self.me, key)
        if self._dice.random() < 0.5:
            await self.me.pilot.pause()

    async def _moves(self) -> None:
        await self._press(*(self._dice.choice(MOVES) for _ in range(self._dice.randint(1, 3))))

    async def _plain(self) -> None:
        await self._press(self._dice.choice(PLAIN))

    async def _send(self) -> None:
        """Go through the fields of a dialog, and send it."""
        focused = self.me.app.focused
        if isinstance(focused, Input | TextArea):
            await self._type(self._dice.choice(TEXTS[:5]))
        await self._press(*self._dice.choice((["ctrl+s"], ["tab", "ctrl+s"], ["right", "ctrl+s"], ["v", "enter"])))

    async def _paste(self) -> None:
        await self._type(self._dice.choice(TEXTS))

    async def _query(self) -> None:
        await self._press("/")
        await self._type(self._dice.choice(QUERIES))
        await self._press("enter")

    async def _click(self) -> None:
        width, height = self.me.app.size
        at = self._dice.randrange(width), self._dice.randrange(height)
        times = self._dice.choice((1, 1, 2))
        self._say(f"{at} x{times}")
        self._may_leave = max(self._may_leave, 1 + isinstance(self.me.app.screen, CommandPalette))
        await self.me.pilot.click(offset=at, times=times)

    async def _wheel(self) -> None:
        width, height = self.me.app.size
        at = self._dice.randrange(width), self._dice.randrange(height)
        kind = self._dice.choice((events.MouseScrollDown, events.MouseScrollUp))
        self._say(f"{kind.__name__} {at}")
        await self.me.pilot._post_mouse_events([kind] * self._dice.randint(1, 5), offset=at)

    async def _resize(self) -> None:
        size = self._dice.choice(SIZES)
        self._say(str(size))
        await self.me.pilot.resize_terminal(*size)

    async def _press(self, *keys: str) -> None:
        for key in keys:
            self._say(key)
            await self.me.press(key)

    async def _type(self, words: str) -> None:
        self._say(ascii(words[:20]))
        await self.me.type(words)

    def _any_bound(self) -> str:
        return self._dice.choice(sorted(self.me.app.screen.active_bindings) or ["escape"])

    # What others do

    async def _outside(self) -> None:
        """Change the palace as another actor; what the rules refuse is refused."""
        ids = self._other.ids()
        here = self.me.board.goals.goal_id
        # Mostly where something can happen, and often under the operator's hand.
        some = self._dice.choice(sorted(self._other.open_ids()) or ids)
        goal_id = self._dice.choice((some, some, here or some, self._dice.choice(ids)))
        what = self._dice.choice(list(_CHANGES))
        self._say(f"{what} {goal_id}")
        with suppress(GoalStoreError):
            await _CHANGES[what](self._other, goal_id, self._dice)

    async def _lock(self) -> None:
        """Another process writes for a moment, and nobody else can."""
        with closing(sqlite3.connect(palace_file(self._root), timeout=1, isolation_level=None)) as other:
            with suppress(sqlite3.OperationalError):
                other.execute("BEGIN EXCLUSIVE")
            await self._unready()

    async def _away(self) -> None:
        """The palace is not there for a moment."""
        with away(self._root):
            await self._unready()

    async def _unready(self) -> None:
        for _ in range(self._dice.randint(1, 4)):
            await self._bound()
        await asyncio.sleep(self._dice.choice((0, 0, 0.1, 0.5)))

    # What was done

    def _note(self, what: str) -> None:
        screen = type(self.me.app.screen).__name__
        self.trail.append(f"{len(self.trail)} {screen}: {what}")
        if isinstance(self.me.app.screen, LeaveDialog):
            # It asks whether to leave, by key or by mouse.
            self._may_leave = 10

    def _say(self, detail: str) -> None:
        self.trail[-1] += f" {detail}"
        if detail in LEAVES or (detail == "enter" and isinstance(self.me.app.screen, CommandPalette)):
            # What it does may come some steps later, where keys come in a burst.
            self._may_leave = 10


async def _create(store: GoalStore, _goal_id: str, dice: Random) -> None:
    goal = await store.create(dice.choice(TEXTS), [dice.choice(TEXTS)] if dice.random() < 0.5 else [])
    if dice.random() < 0.7:
        await store.link(goal.id, SessionLink.launched(f"s-{dice.randrange(30)}", dice.choice(TEXTS[:5])))


async def _link(store: GoalStore, goal_id: str, dice: Random) -> None:
    await store.link(goal_id, SessionLink.launched(f"s-{dice.randrange(30)}", dice.choice(TEXTS)))


async def _update(store: GoalStore, goal_id: str, dice: Random) -> None:
    session_id = _session(store, goal_id, dice)
    state = dice.choice((None, *SessionTaskState, SessionTaskState.VERIFIED))
    await store.update(
        goal_id, SessionUpdate(session_id=session_id, state=state, evidence=dice.choice((None, *TEXTS[3:])))
    )


async def _verify(store: GoalStore, goal_id: str, _dice: Random) -> None:
    goal = store.get(goal_id)
    for link in goal.sessions if goal is not None else ():
        update = SessionUpdate(session_id=link.session_id, state=SessionTaskState.VERIFIED, evidence="all passed")
        await store.update(goal_id, update)


async def _unlink(store: GoalStore, goal_id: str, dice: Random) -> None:
    await store.unlink(goal_id, _session(store, goal_id, dice), dice.choice(TEXTS))


async def _note(store: GoalStore, goal_id: str, dice: Random) -> None:
    await store.note(goal_id, dice.choice(TEXTS))


async def _edit(store: GoalStore, goal_id: str, dice: Random) -> None:
    await store.edit(goal_id, dice.choice((None, *TEXTS)), dice.choice((None, [], [dice.choice(TEXTS)])))


async def _status(store: GoalStore, goal_id: str, dice: Random) -> None:
    await store.set_status(goal_id, dice.choice(list(GoalStatus)), dice.choice((None, *TEXTS)))


async def _close(store: GoalStore, goal_id: str, dice: Random) -> None:
    await store.close(goal_id, dice.choice((None, *TEXTS)))


async def _revert(store: GoalStore, goal_id: str, dice: Random) -> None:
    newest = store.revision(goal_id)
    await store.revert(goal_id, dice.randint(1, max(1, newest)), newest)


def _session(store: GoalStore, goal_id: str, dice: Random) -> str:
    goal = store.get(goal_id)
    links = goal.sessions if goal is not None else ()
    return dice.choice(links).session_id if links else "none"


_CHANGES: Final = {
    change.__name__.strip("_"): change
    for change in (_create, _link, _update, _update, _verify, _unlink, _note, _edit, _status, _close, _revert)
}
