"""Runs goalgate as a person or an agent does: in this process where that is enough, otherwise in one of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from tui.parser import build_parser

GOALGATE = (sys.executable, "-m", "tui.cli")
PROJECT = Path(__file__).parents[2]
# Seconds after which something hangs: far more than the slowest machine takes for anything that is waited for.
HANGS = 300
VERBS: list[str] = next(list(action.choices or ()) for action in build_parser()._actions if action.dest == "verb")

# What must never reach a terminal as it is: controls but for line break and tab, and what turns text around.
CONTROLS = {
    *range(0x09),
    *range(0x0B, 0x20),
    *range(0x7F, 0xA0),
    *(0x061C, 0x200E, 0x200F),
    *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
    *range(0xD800, 0xE000),
}
# What is visible where it is text, and may stand in JSON as it is.
HIDDEN = {0x2028, 0x2029, 0x200B, 0x200C, 0x200D, 0xFEFF, *range(0xE0000, 0xE0080)}
# The joiner in it is part of one picture.
EMOJI = "\U0001f9d1\u200d\U0001f4bb"


class Result(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON value on standard output."""
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, Any]:
        """The error on standard error, which holds nothing else."""
        error: dict[str, Any] = json.loads(self.err)["error"]
        return error

    def harmless(self, *, json: bool = False) -> Result:
        """Fail if anything on either stream could drive a terminal, or if it looks like a traceback."""
        unsafe = CONTROLS if json else CONTROLS | HIDDEN
        found = {f"U+{ord(char):04X}" for char in (self.out + self.err).replace(EMOJI, "") if ord(char) in unsafe}
        assert not found
        assert "Traceback" not in self.err
        return self


def environment(root: Path) -> dict[str, str]:
    """The environment of a process that works in ``root`` and nowhere else."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("GOALGATE_", "LC_", "LANG"))}
    mine = {"GOALGATE_ROOT": str(root), "GOALGATE_ACTOR": "tester", "HOME": str(root), "PYTHONPATH": str(PROJECT)}
    return kept | mine


def process(
    root: Path, *arguments: str | bytes, stdin: bytes = b"", more: Mapping[str, str] = MappingProxyType({})
) -> Result:
    """Run goalgate in a process of its own; ``more`` is added to the environment."""
    command = [*GOALGATE, *arguments]
    done = subprocess.run(command, input=stdin, env={**environment(root), **more}, capture_output=True, check=False)
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def shell(root: Path, script: str) -> Result:
    """Run a bash script in which ``goalgate`` is ours, with exit statuses of pipes kept."""
    lines = f'goalgate() {{ "{sys.executable}" -m tui.cli "$@"; }}; set -o pipefail\n{script}'
    done = subprocess.run(["bash", "-c", lines], env=environment(root), capture_output=True, check=False)
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


@contextmanager
def watching(root: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A ``goalgate watch`` in the background, that has read the palace when this returns.

    It loads ctypes to ask the kernel for events: whatever is committed from now on, it tells.
    """
    with subprocess.Popen(
        [*GOALGATE, "watch", *arguments],
        env=environment(root),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Whoever runs the tests in the background may have had it ignored, for all that they start too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - takes no lock
    ) as watcher:
        try:
            deadline = time.monotonic() + HANGS
            while "_ctypes" not in Path(f"/proc/{watcher.pid}/maps").read_text():
                assert watcher.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.02)
            yield watcher
        finally:
            watcher.kill()


def interrupt(watcher: subprocess.Popen[str]) -> tuple[int, str]:
    """Press ctrl+c, and return the exit status and what stands on standard error."""
    watcher.send_signal(signal.SIGINT)
    code = watcher.wait(HANGS)
    assert watcher.stderr is not None
    return code, watcher.stderr.read()


def lines_of(watcher: subprocess.Popen[str], number: int) -> list[str]:
    """Return the next lines that it prints."""
    assert watcher.stdout is not None
    return [watcher.stdout.readline() for _ in range(number)]
