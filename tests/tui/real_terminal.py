"""The console in a terminal of its own, a pseudo-terminal that the test reads and writes."""

import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from contextlib import suppress
from pathlib import Path


class Terminal:
    """A console in a terminal of its own."""

    def __init__(self, home: Path, script: str = "", *options: str, **environment: str) -> None:
        self.screen, self._line = pty.openpty()
        termios.tcsetwinsize(self._line, (24, 80))
        self.before = termios.tcgetattr(self._line)
        program = ["-c", script] if script else ["-m", "tui.cli"]
        self.process = subprocess.Popen(
            [sys.executable, *program, "--root", str(home / "root"), *options],
            stdin=self._line,
            stdout=self._line,
            stderr=self._line,
            start_new_session=True,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "HOME": str(home), "XDG_STATE_HOME": str(home), "TERM": "xterm-256color", **environment},
        )
        self.seen = ""

    def read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self.screen], [], [], seconds)
        if ready:
            with suppress(OSError):
                self.seen += os.read(self.screen, 65536).decode(errors="replace")
        return bool(ready)

    def sees(self, words: str) -> None:
        end = time.monotonic() + 60
        while words not in self.seen:
            assert time.monotonic() < end, f"waited in vain for {words}: {self.seen!r}"
            self.read(0.1)

    def press(self, keys: str) -> None:
        os.write(self.screen, keys.encode())

    def wait(self) -> int:
        """Wait for its end, and see that the terminal's settings are what they were."""
        end = time.monotonic() + 60
        while self.process.poll() is None:
            assert time.monotonic() < end, f"does not end: {self.seen!r}"
            self.read(0.05)
        while self.read(0.1):
            pass
        assert termios.tcgetattr(self._line) == self.before
        return self.process.returncode

    def end(self) -> int:
        """Wait for its end, and see that the terminal is what it was."""
        status = self.wait()
        last = dict(re.findall(r"\x1b\[\?(\d+)([hl])", self.seen))
        # The other screen, mouse, pasting are off; the cursor is there.
        assert {mode for mode, switch in last.items() if switch == "h"} <= {"25", "7"}, last
        assert last["1049"] == "l"
        assert last["25"] == "h"
        return status

    @property
    def left(self) -> str:
        """What stands on the terminal afterwards."""
        return re.sub(r"\x1b(\[[0-9;?<>=]*[A-Za-z]|[=>])", "", self.seen.rpartition("\x1b[?1049l")[2]).strip()

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.screen)
        os.close(self._line)
