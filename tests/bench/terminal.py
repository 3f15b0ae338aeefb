"""A program in a real tmux, driven and read in two ways: what is sent, and when its answer is seen.

Over tmux's control mode, which tells of the first byte a program prints, long before a screen would show it; and as
anybody outside does, who sends keys with one command and looks at the screen with another.
"""

from __future__ import annotations

import os
import re
import select
import shlex
import subprocess
import time
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_OCTAL = re.compile(rb"\\(\d{3})")
_OUTPUT = re.compile(rb"%output %\d+ (.*)")


class Terminal:
    """One tmux server with one pane, and what the pane has printed so far."""

    def __init__(self, socket: Path, size: tuple[int, int] = (120, 40), environment: dict[str, str] | None = None):
        self.seen = b""
        self._rest = b""
        self._size = size
        self._environment = os.environ | (environment or {})
        # A server that was killed may hold its socket for a moment more: each gets one of its own.
        self._sockets = (f"{socket}-{number}" for number in count())
        self._open()

    def _open(self) -> None:
        columns, rows = self._size
        self._tmux = ["tmux", "-S", next(self._sockets), "-f", "/dev/null"]
        self._client = subprocess.Popen(
            [*self._tmux, "-C", "new-session", "-x", str(columns), "-y", str(rows), "cat"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=self._environment,
        )
        assert self._client.stdin
        assert self._client.stdout
        self._input, self._output = self._client.stdin, self._client.stdout
        self._fresh = True
        self.command(f"refresh-client -C {columns}x{rows}")
        self.settle(0.3)

    def _close(self) -> None:
        subprocess.run([*self._tmux, "kill-server"], check=False, capture_output=True)
        self._client.communicate()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._close()

    def command(self, text: str) -> None:
        """Tell tmux something."""
        self._input.write(text.encode() + b"\n")
        self._input.flush()

    def run(self, *command: str) -> str:
        """Run one of tmux's commands from outside, and return what it prints."""
        return subprocess.run([*self._tmux, *command], check=True, capture_output=True, text=True).stdout

    def ask(self, form: str) -> str:
        """Return one of tmux's facts about the pane."""
        return self.run("display", "-p", form).strip()

    def start(self, *command: str) -> float:
        """Run another program in the pane, and return when it was asked for, by ``time.perf_counter``."""
        # tmux itself ends now and then when a program that draws is replaced while a control client listens.
        if not self._fresh:
            self._close()
            self._open()
        self._fresh = False
        self.seen = b""
        begin = time.perf_counter()
        self.command(f"respawn-pane -k {shlex.quote(shlex.join(command))}")
        return begin

    def keys(self, *keys: str) -> None:
        """Press keys, by tmux's names."""
        self.command(f"send-keys {shlex.join(keys)}")

    def wait_for(self, pattern: bytes, timeout: float = 60) -> float:
        """Return when the pane had printed what matches ``pattern``, by ``time.perf_counter``."""
        deadline = time.perf_counter() + timeout
        wanted = re.compile(pattern, re.DOTALL)
        while not wanted.search(self.seen):
            if not self._read(deadline - time.perf_counter()):
                message = f"{pattern!r} was not seen in {self.seen[-2000:]!r}"
                raise TimeoutError(message)
        return time.perf_counter()

    def settle(self, quiet: float = 0.3) -> None:
        """Wait until the pane has printed nothing for a while."""
        while self._read(quiet):
            pass

    def answer_to(self, *keys: str) -> float:
        """Return the seconds from pressing keys to the first thing that is printed after it."""
        self.settle(0.05)
        self.seen = b""
        begin = time.perf_counter()
        self.keys(*keys)
        return self.wait_for(rb".", 10) - begin

    def screen_after(self, *keys: str) -> float:
        """Return the seconds from pressing keys to another screen, both from outside."""
        self.settle(0.05)
        before = self.run("capture-pane", "-p", "-e")
        begin = time.perf_counter()
        self.run("send-keys", *keys)
        return self._look(lambda screen: screen != before, begin)

    def screen_with(self, text: str, begin: float) -> float:
        """Return the seconds from ``begin`` to a screen that shows a text, as seen from outside."""
        return self._look(lambda screen: text in screen, begin)

    def _look(self, found: Callable[[str], bool], begin: float) -> float:
        while not found(self.run("capture-pane", "-p", "-e")):
            if time.perf_counter() - begin > 10:
                message = "the screen stayed as it was"
                raise TimeoutError(message)
        return time.perf_counter() - begin

    def _read(self, timeout: float) -> bool:
        """Take in what comes within ``timeout`` seconds; return whether the pane printed anything."""
        deadline = time.perf_counter() + timeout
        while True:
            left = deadline - time.perf_counter()
            if left <= 0 or not select.select([self._output], [], [], left)[0]:
                return False
            *lines, self._rest = (self._rest + os.read(self._output.fileno(), 1 << 16)).split(b"\n")
            printed = b"".join(found[1] for line in lines if (found := _OUTPUT.match(line)))
            if printed:
                self.seen += _OCTAL.sub(lambda found: bytes([int(found[1], 8)]), printed)
                return True


def percentile(values: list[float], part: float = 0.95) -> float:
    """Return the value below which ``part`` of the values lie."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]
