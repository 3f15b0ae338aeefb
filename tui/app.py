"""The console: the store's lifetime, one channel of changes, and the keys that act everywhere."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from contextvars import copy_context
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.app import SystemCommand
from textual.binding import Binding
from textual.theme import ThemeProvider
from textual.worker import Worker, WorkerState

from store import DEFAULT_PALACE, GoalStore, GoalStoreError
from tui import hints
from tui.attention import Attention
from tui.format import safe
from tui.keyboard import Keyboard
from tui.look import FEW_COLOURS, LOOK, filters, legible, remember_theme, remembered_theme, state_path
from tui.screens.base import ConsoleScreen, GoalsChanged, Palette
from tui.screens.board import Board
from tui.seen import Memory
from tui.settings import Config
from tui.textual_ext.driver import ConsoleDriver
from tui.trouble import ENDING, log, record_crash
from tui.widgets.lines import Notice, character

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from textual.binding import BindingType
    from textual.filter import LineFilter
    from textual.screen import Screen

    from store import Goal

_SERVING = "serving"
"""The worker that brings the palace's changes to the screen."""


def local_time() -> datetime:
    """Return the time, in the zone of whoever looks at it."""
    return datetime.now(UTC).astimezone()


class Console(Keyboard):
    """The console over the goals of one palace."""

    TITLE = "goalgate"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "quit", show=False, priority=True, id="app.quit", tooltip="Quit, from anywhere"),
        Binding("ctrl+z", "suspend_process", "suspend", show=False, id="app.suspend", tooltip="To the shell"),
    ]
    CSS = LOOK
    ENABLE_COMMAND_PALETTE: ClassVar[bool] = True
    FLUSH: ClassVar[float] = 0.02
    """Seconds in which changes are gathered after the screens heard of some."""
    GRACE: ClassVar[float] = 3.0
    """Seconds after a signal in which it may end in order; the palace takes no harm from the other way."""

    def __init__(
        self,
        root: Path,
        *,
        palace: str = DEFAULT_PALACE,
        actor: str = "unknown",
        shared_root: bool = False,
        clock: Callable[[], datetime] = local_time,
        config: Config | None = None,
        demo: bool = False,
        ready: Callable[[], None] = lambda: None,
    ) -> None:
        """Show the palace below ``root``; it is opened when the app starts, and closed when it ends.

        With ``demo`` nothing is kept for the operator but below ``root``, which is thrown away. ``ready`` is called
        once, when the goals are on the screen, or why there are none.
        """
        super().__init__(driver_class=ConsoleDriver)
        self.leaving = 0
        self.store: GoalStore | None = None
        self.demo = demo
        self.memory = Memory(root, palace, root if demo else None)
        self._config = config or Config()
        self._filters_of_ours = filters(ascii_alone=self._config.ascii, colours=not self.no_color)
        self._root = root
        self._palace = palace
        self._clock = clock
        self._opening = partial(
            GoalStore.open, root, palace=palace, actor=actor, clock=clock, hurry=True, shared_root=shared_root
        )
        self._when_ready = ready
        self._open = AsyncExitStack()
        self._changed: set[str] = set()
        self._told = False
        self._news: list[str] = []
        self._gathering = False
        self.complaints: Sequence[str] = ()
        self._worn = ""
        self._attention: Attention | None = None

    # The store's lifetime

    def get_default_screen(self) -> Screen[None]:
        return Board(self._palace)

    def on_mount(self) -> None:
        self.complaints = (*self._config.problems, *self._dress(), *self._take_keys())
        for complaint in self.complaints:
            log.warning("config.toml: %s", safe(complaint))
        self.run_worker(self._serve(), name=_SERVING, exit_on_error=False)
        self._leave_when_told()
        self._watch_threads()

    def _dress(self) -> list[str]:
        """Put on the operator's colours, and return what is wrong with what they asked for."""
        asked, kept = self._config.theme, remembered_theme()
        few = FEW_COLOURS if not self.is_headless and self.console.color_system in (None, "standard") else None
        for theme in (asked, kept, few):
            if theme in self.available_themes:
                self.theme = theme
                break
        self._worn = self.theme
        self.theme_changed_signal.subscribe(self, lambda theme: self._keep_theme(theme.name))
        if asked is None or asked in self.available_themes:
            return []
        return [f"theme: there is no {asked}; ctrl+p, colours lists them"]

    def _keep_theme(self, theme: str) -> None:
        if theme == self._worn:
            # What was put on at the start is told too.
            return
        self._worn = theme
        if self.demo:
            self.answer(f"{theme} until you quit")
            return
        try:
            remember_theme(theme)
        except OSError as error:
            self.answer(
                f"these colours hold until you quit: nothing can be kept in {state_path().parent}: {error.strerror}",
                bad=True,
            )
        else:
            first = self._config.theme
            other = first in self.available_themes and first != theme
            self.answer(f"{theme} from now on" if not other else f"{theme} until you quit: config.toml says {first}")

    def _take_keys(self) -> list[str]:
        """Take on the operator's keys, and return what is wrong with those that they asked for."""
        hints.give({})
        if not self._config.keys:
            return []
        # Loads every screen, which others should not wait for.
        from tui.keys import remap

        keys, problems = remap(self._config.keys)
        self.set_keymap(keys)
        hints.give({id_: self.get_key_display(Binding(key.split(",")[0], "")) for id_, key in keys.items()})
        return problems

    def get_css_variables(self) -> dict[str, str]:
        """Return the colours by name."""
        variables = legible(super().get_css_variables(), dark=self.current_theme.dark)
        self.theme_variables = variables
        return variables

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return what is done to every line before it is drawn."""
        return [*super().get_line_filters(), *self._filters_of_ours]

    def _leave_when_told(self) -> None:
        """Leave the terminal as it was when a signal says to stop; the exit status is the one by it."""
        if threading.current_thread() is threading.main_thread():
            loop = asyncio.get_running_loop()

            # Not the loop's own handler: where the terminal is gone, the loop waits for ever to write to it.
            def told(number: int, _frame: object) -> None:
                self.leaving = number
                loop.call_soon_threadsafe(self.end, 128 + number)
                last = threading.Timer(self.GRACE, os._exit, (128 + number,))
                last.daemon = True
                last.start()

            for number in ENDING:
                _ = self._open.callback(signal.signal, number, signal.signal(number, told))

    def end(self, status: int) -> None:
        """End without asking, with an exit status; what was typed and not sent is kept."""
        self._keep_typed()
        self.exit(return_code=status)

    def _keep_typed(self) -> None:
        """Keep what stands in the open dialogs, down to the last letter: nothing tells them of it in time any more."""
        from tui.screens.dialogs.drafts import Drafting

        for screen in self.screen_stack:
            if isinstance(screen, Drafting):
                screen.keep_typed()

    def _watch_threads(self) -> None:
        """Show it when a thread breaks off: the store follows the palace in one."""
        loop, before, context = asyncio.get_running_loop(), threading.excepthook, copy_context()

        def broke(args: threading.ExceptHookArgs) -> None:
            if args.exc_value is not None:
                loop.call_soon_threadsafe(partial(self._broke, args.exc_value, live=False), context=context)

        threading.excepthook = broke
        _ = self._open.callback(setattr, threading, "excepthook", before)

    def _fatal_error(self) -> None:
        # In place of Textual's own report, which prints the local variables of every frame.
        self._return_code = 70
        with suppress(Exception):
            self._keep_typed()
        if self._exception is not None:
            self.panic(Text(record_crash(self._exception)))

    async def on_unmount(self) -> None:
        await self._open.aclose()

    async def _serve(self) -> None:
        """Open the palace and hand down what changes in it, until the app ends."""
        try:
            self.store = await self._open.enter_async_context(self._opening())
        except GoalStoreError as error:
            self.board.condition(str(error))
            self._complain()
            self.call_after_refresh(self._when_ready)
            return
        changes = self.store.changes()
        self._attention = Attention(self.store, self, self._tell_elsewhere)
        self.board.opened()
        self._complain()
        self.call_after_refresh(self._when_ready)
        condition, noticed = self._condition(), tuple(self.store.notices)
        self._log_condition(noticed)
        async for goal_ids in changes:
            news = [notice for notice in self.store.notices if notice not in noticed]
            # It may come with goals: a palace that is back tells of them all.
            if condition != (condition := self._condition()) or not goal_ids:
                self._told = True
                self._log_condition(news)
            if news:
                noticed += tuple(news)
                if not self._news:
                    # After the answer to the key that may have led to it.
                    self.set_timer(1.0, self._tell_news)
                self._news += news
            self._changed |= goal_ids
            if not self._gathering:
                self._hand_down()

    def _tell_news(self) -> None:
        self.answer("; ".join(self._news), bad=True, stays=True)
        self._news.clear()

    def _complain(self) -> None:
        """Say what was wrong with the operator's settings."""
        if self.complaints:
            first, rest = self.complaints[0], len(self.complaints) - 1
            more = f"; and {rest} more: {hints.key('goal.doctor')}" if rest else ""
            self.board.say(f"config.toml: {first}{more}", bad=True, stays=True)

    def _condition(self) -> object:
        """Return what tells one condition of the store from another."""
        store = self.store
        return store and (store.degraded, dict(store.unreadable), store.cache_problem, store.replaced)

    def _log_condition(self, news: Sequence[str]) -> None:
        """Write down what the operator may ask about later: is the palace there, what was set aside."""
        store = self.store
        if store is not None:
            said = [store.degraded or "the palace is there", store.cache_problem, *news, *store.unreadable]
            log.info("%s: %s", self._palace, safe("; ".join(filter(None, said))))

    def _hand_down(self) -> None:
        """Tell the screens what changed, and gather what comes within the next moment."""
        changed, told = frozenset(self._changed), self._told
        self._gathering = bool(changed) or told
        if not self._gathering:
            return
        self.set_timer(self.FLUSH, self._hand_down)
        self._changed.clear()
        self._told = False
        for screen in self.screen_stack:
            if changed:
                screen.post_message(GoalsChanged(changed))
            if told:
                screen.post_message(GoalsChanged(frozenset()))
        if self._attention is not None:
            self._attention.changed(changed)

    def _tell_elsewhere(self, news: str) -> None:
        """Tell the operator what the board shows by itself, on the other screens."""
        for screen in self.screen_stack[1:]:
            for notice in screen.query(Notice):
                notice.tell(news)

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

    def at_end(self, job: Callable[[], None]) -> None:
        """Do something when the console ends, before the palace is closed."""
        _ = self._open.callback(job)

    def work(self, job: Coroutine[Any, Any, None], *, keys_wait: bool = False) -> None:
        """Run a job that outlives the screen that began it."""
        self.run_worker(self.holding(job) if keys_wait else job, exit_on_error=False)

    def answer(self, text: str, *, bad: bool = False, stays: bool = False) -> None:
        """Tell the operator how a job ended."""
        for screen in self.screen_stack:
            if isinstance(screen, ConsoleScreen):
                screen.say(text, bad=bad, stays=stays)

    def why(self, goal: Goal) -> str | None:
        """Return the note that says why a goal needs the operator, in one safe line, where it is known."""
        return self.board.why(goal)

    def open_goal(self, goal_id: str, session_id: str | None = None, words: str = "") -> None:
        """Show a goal, its session under the cursor, or where some words stand in it."""
        from tui.screens.goal import GoalScreen

        if isinstance(page := self.screen, GoalScreen) and page.goal_id == goal_id:
            page.look_at(session_id, words)
        else:
            _ = self.push_screen(GoalScreen(goal_id, session_id, words=words))

    def point_at(self, goal_id: str) -> bool:
        """Put the board's cursor on a goal; return whether that can be, with the filter that there is."""
        return self.board.point_at(goal_id)

    def open_url(self, url: str, *, new_tab: bool = True) -> None:
        # Textual waits for the browser, and some browsers wait for a terminal.
        from tui.browse import browse

        self.work(browse(url, self, self.answer))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Show what no screen expected: nothing fails in silence."""
        if event.state is WorkerState.ERROR and (error := event.worker.error) is not None:
            self._broke(error, live=event.worker.name != _SERVING)

    def _broke(self, error: BaseException, *, live: bool) -> None:
        """Show an error of our own, and whether the console goes on; ``live`` if changes still come in."""
        rest = (
            "The console goes on; what you asked for may not have been done: look, and do it again. "
            + hints.key("board.back")
            if live
            else "The screen no longer follows the palace: quit and start again. No goal is lost"
        )
        said = f"{record_crash(error)}. {rest}"
        # At the very end there is no screen any more to show it on.
        if self.screen_stack:
            self.board.condition(said, live=live)

    async def action_quit(self) -> None:
        """Quit; where something was written and not sent, ask first, and once."""
        from tui.screens.dialogs import LeaveDialog, unsent

        asked = [screen for screen in self.screen_stack if isinstance(screen, LeaveDialog)]
        if asked:
            asked[0].again()
        elif lost := unsent(self):
            _ = self.push_screen(LeaveDialog(lost))
        else:
            self.exit()

    def action_suspend_process(self) -> None:
        """Give the terminal to the shell that started the console, until ``fg``; say so where there is none."""
        if not (isinstance(self._driver, ConsoleDriver) and self._driver.suspend()):
            self.answer("no shell waits behind the console, and none could bring it back: it goes on", bad=True)

    def action_help_quit(self) -> None:
        """Say how one leaves, when somebody tries ``ctrl+c``."""
        self.answer(f"{hints.key('board.quit')} on the board quits, {hints.key('app.quit')} from anywhere")

    def get_key_display(self, binding: Binding) -> str:
        """Return a key in the words of the help: ``enter``, ``esc``, ``ctrl+p``."""
        names = {"escape": "esc", "pagedown": "pgdn", "pageup": "pgup", "space": "space"}
        return names.get(binding.key) or binding.key_display or character(binding.key) or binding.key

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Offer every key that acts here, then the themes."""
        seen: set[str] = set()
        for active in screen.active_bindings.values():
            binding = active.binding
            if binding.tooltip and binding.action not in seen:
                seen.add(binding.action)
                key = self.get_key_display(binding)
                yield SystemCommand(
                    # One looks for what it does, too.
                    f"{binding.description} ({key})  {binding.tooltip}",
                    "",
                    lambda action=binding.action, node=active.node: self.call_later(self.run_action, action, node),
                )
        yield SystemCommand("colours, theme  Choose the colours", "", self.action_change_theme)

    def action_command_palette(self) -> None:
        if not isinstance(self.screen, Palette):
            _ = self.push_screen(Palette())

    def search_themes(self) -> None:
        _ = self.push_screen(Palette([ThemeProvider], placeholder="Search for colours…"))
