"""The console: the store's lifetime, one channel of changes, and the keys that act everywhere."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.worker import Worker, WorkerState

from store import GoalStore, GoalStoreError
from tui.format import safe
from tui.screens.base import ConsoleScreen, GoalsChanged
from tui.screens.board import Board
from tui.trouble import log, record_crash

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from textual.binding import BindingType
    from textual.screen import Screen

DEFAULT_PALACE = "session-manager"


def local_time() -> datetime:
    """Return the time, in the zone of whoever looks at it."""
    return datetime.now(UTC).astimezone()


class Console(App[None]):
    """The console over the goals of one palace."""

    TITLE = "goalgate"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "quit", show=False, priority=True, id="app.quit", tooltip="Quit, from anywhere"),
    ]
    ENABLE_COMMAND_PALETTE: ClassVar[bool] = True
    FLUSH: ClassVar[float] = 0.02
    """Seconds in which changes are gathered before the screens hear of them."""

    def __init__(
        self,
        root: Path,
        *,
        palace: str = DEFAULT_PALACE,
        actor: str = "unknown",
        clock: Callable[[], datetime] = local_time,
    ) -> None:
        """Show the palace below ``root``; it is opened when the app starts, and closed when it ends."""
        super().__init__()
        self.store: GoalStore | None = None
        self._root = root
        self._palace = palace
        self._actor = actor
        self._clock = clock
        self._open = AsyncExitStack()
        self._changed: set[str] = set()
        self._told = False
        self._gathering = False

    # The store's lifetime

    def get_default_screen(self) -> Screen[None]:
        return Board(self._palace)

    def on_mount(self) -> None:
        self.work(self._serve())
        self._leave_when_told()

    def _leave_when_told(self) -> None:
        """Leave the terminal as it was when the system or the terminal's window says to stop."""
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGHUP):
                asyncio.get_running_loop().add_signal_handler(number, self.exit)

    def _fatal_error(self) -> None:
        # In place of Textual's own report, which prints the local variables of every frame.
        if self._exception is not None:
            self.panic(Text(record_crash(self._exception)))

    async def on_unmount(self) -> None:
        await self._open.aclose()

    async def _serve(self) -> None:
        """Open the palace and hand down what changes in it, until the app ends."""
        opening = GoalStore.open(self._root, palace=self._palace, actor=self._actor, clock=self._clock)
        try:
            self.store = await self._open.enter_async_context(opening)
        except GoalStoreError as error:
            self.board.condition(str(error))
            return
        changes = self.store.changes()
        self.board.opened()
        self._log_condition()
        async for goal_ids in changes:
            if not goal_ids:
                self._log_condition()
            self._changed |= goal_ids
            self._told = self._told or not goal_ids
            if not self._gathering:
                self._gathering = True
                self.set_timer(self.FLUSH, self._hand_down)

    def _log_condition(self) -> None:
        """Write down what the operator may ask about later: is the palace there, what was set aside."""
        store = self.store
        if store is not None:
            said = [store.degraded or "the palace is there", store.cache_problem, *store.notices, *store.unreadable]
            log.info("%s: %s", self._palace, safe("; ".join(filter(None, said))))

    def _hand_down(self) -> None:
        changed, told = frozenset(self._changed), self._told
        self._changed.clear()
        self._told = self._gathering = False
        for screen in self.screen_stack:
            if changed:
                screen.post_message(GoalsChanged(changed))
            if told:
                screen.post_message(GoalsChanged(frozenset()))

    # What the screens ask for

    @property
    def board(self) -> Board:
        """The board, which is always the lowest screen."""
        screen = self.screen_stack[0]
        assert isinstance(screen, Board)  # noqa: S101 - get_default_screen made it
        return screen

    def now(self) -> datetime:
        """Return the time."""
        return self._clock()

    def work(self, job: Coroutine[Any, Any, None]) -> None:
        """Run a job that outlives the screen that began it."""
        self.run_worker(job, exit_on_error=False)

    def answer(self, text: str, *, bad: bool = False) -> None:
        """Tell the operator how a job ended."""
        for screen in self.screen_stack:
            if isinstance(screen, ConsoleScreen):
                screen.say(text, bad=bad)

    def open_goal(self, goal_id: str, session_id: str | None = None) -> None:
        """Show a goal, its session under the cursor."""
        from tui.screens.goal import GoalScreen

        _ = self.push_screen(GoalScreen(goal_id, session_id))

    def point_at(self, goal_id: str) -> None:
        """Put the board's cursor on a goal."""
        self.board.point_at(goal_id)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Show what no screen expected: nothing fails in silence."""
        if event.state is WorkerState.ERROR and (error := event.worker.error) is not None:
            self.board.condition(record_crash(error))

    def get_key_display(self, binding: Binding) -> str:
        """Return a key in the words of the help: ``enter``, ``esc``, ``ctrl+p``."""
        if binding.key_display or len(binding.key) == 1:
            return binding.key_display or binding.key
        names = {
            "escape": "esc",
            "pagedown": "pgdn",
            "pageup": "pgup",
            "question_mark": "?",
            "slash": "/",
            "minus": "-",
        }
        return names.get(binding.key, binding.key)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Offer every key that acts here, then the themes."""
        seen: set[str] = set()
        for active in screen.active_bindings.values():
            binding = active.binding
            if binding.tooltip and binding.action not in seen:
                seen.add(binding.action)
                key = self.get_key_display(binding)
                yield SystemCommand(
                    f"{binding.description} ({key})",
                    binding.tooltip,
                    lambda action=binding.action, node=active.node: self.call_later(self.run_action, action, node),
                )
        yield SystemCommand("colours", "Choose the colours", self.action_change_theme)
