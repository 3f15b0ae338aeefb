"""Textual's driver for a Unix terminal, which takes the terminal over once and gives it back as it was found.

Replaced of Textual 8.2.8:

- At each SIGCONT, also where it was never suspended, it began again: a second thread read the keys, and the raw
  settings of the terminal were kept as those from before. Keys came in another order, and at the end the shell had no
  echo.
- A suspension wrote to the terminal from inside a signal handler, which stands still for ever where the main thread
  is writing just then.
- It draws on standard error, so that `2>log` left the screen empty.
- `PasteParser` says what its own parser mistakes; bytes that are no UTF-8 ended its thread.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import termios
from codecs import getincrementaldecoder
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, cast

from textual.drivers.linux_driver import (
    KITTY_DISAMBIGUATE_ESCAPE_CODES,
    KITTY_REPORT_ALL_KEYS,
    KITTY_REPORT_ASSOCIATED_TEXT,
    LinuxDriver,
)

from tui.paste import PasteParser

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import App

_KITTY = KITTY_DISAMBIGUATE_ESCAPE_CODES | KITTY_REPORT_ALL_KEYS | KITTY_REPORT_ASSOCIATED_TEXT


class Leaves(Protocol):
    """An app that may have been told by a signal to end."""

    leaving: int
    """The number of that signal; 0 where there was none."""


class ConsoleDriver(LinuxDriver):
    """Textual's driver, with the terminal in its care from the first start to the last stop."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        """Draw on standard output."""
        super().__init__(app, **options)
        self._file = sys.__stdout__
        self._first_attributes: list[Any] | None = None
        self._raw: list[Any] | None = None
        self._active = False
        self._continued = False

    # Signals: nothing is done in the handlers themselves, which may have interrupted what they would do

    def _sigtstp_application(self, *_: object) -> None:
        self._soon(self._stopped_from_outside)

    def _sigcont_application(self, *_: object) -> None:
        self._continued = True
        self._soon(self._again)

    def _soon(self, job: Callable[[], object]) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(job)

    def _stopped_from_outside(self) -> None:
        if self._auto_restart:
            self._give_away(lambda: os.kill(os.getpid(), signal.SIGSTOP))

    def suspend(self) -> bool:
        """Stop this process and those of its job, as a shell's ctrl+z does; return once it goes on.

        Returns:
            Whether it was stopped. Where no shell could bring it back, the system does not stop it.

        """
        return self._give_away(lambda: os.killpg(0, signal.SIGTSTP))

    def lend(self, command: Sequence[str]) -> int:
        """Let another program have the terminal until it ends, then draw everything anew.

        Returns:
            Its exit status; of one that signal N ended, -N.

        Raises:
            OSError: it can't be started.

        """
        status = 0

        def use() -> None:
            nonlocal status
            status = self._run(command)

        with self.no_automatic_restart():
            try:
                self._give_away(use)
            finally:
                # Whatever the program left behind is taken back at the end, also where that has come by now.
                if not self._active and not self._in_background():
                    self.start_application_mode()
                self._app.screen.refresh(layout=True)
        return status

    def _run(self, command: Sequence[str]) -> int:
        # ctrl+c is for the program. Were it ignored, the program would ignore it, too.
        kept = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGQUIT)}
        try:
            with subprocess.Popen(command, stdin=self.fileno, stdout=self._file) as program:
                ends = iter((program.terminate, program.kill))
                while True:
                    with suppress(subprocess.TimeoutExpired):
                        return program.wait(0.2)
                    if cast("Leaves", self._app).leaving:
                        next(ends, program.kill)()
        finally:
            for number, handler in kept.items():
                signal.signal(number, handler)
            if self._first_attributes is not None:
                self._set(self._first_attributes)

    def _give_away(self, use: Callable[[], object]) -> bool:
        self.suspend_application_mode()
        handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        self._continued = False
        try:
            use()
        finally:
            signal.signal(signal.SIGTSTP, handler)
            self._come_back()
        return self._continued

    def _come_back(self) -> None:
        # Where it was told to end meanwhile, perhaps by the shell that has the terminal now, there is nothing to draw.
        if not self._active and not cast("Leaves", self._app).leaving:
            self.start_application_mode()

    def _again(self) -> None:
        """Draw everything anew after a SIGCONT: a shell may have had the terminal meanwhile."""
        if not self._auto_restart or self._in_background():
            return
        self._come_back()
        if not self._active:
            return
        if self._raw is not None:
            self._set(self._raw)
        # Set, not pushed: it is taken back once.
        self.write(f"\x1b[?1049h\x1b[?25l\x1b[?1004h\x1b[={_KITTY};1u")
        self._enable_mouse_support()
        self._enable_bracketed_paste()
        self._disable_line_wrap()
        self._app.screen.refresh(layout=True)

    # The terminal's modes

    def _in_background(self) -> bool:
        """Return whether a shell has the terminal, and another job may change its settings."""
        try:
            return os.tcgetpgrp(self.fileno) != os.getpgrp()
        except OSError:
            return False

    def _set(self, attributes: list[Any]) -> None:
        try:
            termios.tcsetattr(self.fileno, termios.TCSANOW, attributes)
        except termios.error:
            # The terminal is gone, which the console is told otherwise.
            return

    def start_application_mode(self) -> None:
        if self._active:
            return
        super().start_application_mode()  # type: ignore[no-untyped-call]
        # In the background it was stopped instead, and starts when it is continued.
        self._active = self._key_thread is not None and self._key_thread.is_alive()
        if self._first_attributes is None:
            self._first_attributes = self.attrs_before
        self.attrs_before = self._first_attributes
        try:
            self._raw = termios.tcgetattr(self.fileno)
        except termios.error:
            self._raw = None

    def stop_application_mode(self) -> None:
        if not self._active:
            return
        self._active = False
        if self._in_background():
            # A shell is at work with settings of its own. It must not be stopped for clearing its keys.
            signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            self.attrs_before = None
        super().stop_application_mode()

    def disable_input(self) -> None:
        if self._in_background():
            signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        super().disable_input()

    def close(self) -> None:
        if self._writer_thread is not None and self._writer_thread.is_alive():
            super().close()

    # Reading

    def run_input_thread(self) -> None:
        parser = PasteParser(self._debug)
        # What is no UTF-8, in a paste or a log, ends nothing.
        decode = getincrementaldecoder("utf-8")("replace").decode
        with selectors.DefaultSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(parser.waits):
                    try:
                        data = os.read(self.fileno, 4096)
                    except OSError:
                        data = b""
                    if not data:
                        # The terminal is gone, and the console is about to be told.
                        _ = self.exit_event.wait(0.1)
                    for message in parser.feed(text) if (text := decode(data)) else ():
                        self.process_message(message)
                for message in parser.tick():
                    self.process_message(message)
