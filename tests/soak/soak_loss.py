"""A console whose palace goes and comes back, and is locked by others: it heals, and keeps nothing of it."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

import pytest

from store import Create, SyncStore
from tests.bench.terminal import Terminal
from tests.soak.helpers import some, tell
from tests.store.helpers import fresh, locked, wait_until
from tests.tui.helpers import away

pytestmark = pytest.mark.skipif(
    shutil.which("tmux") is None or not Path("/proc/self/fd").exists(), reason="needs tmux, and Linux's /proc"
)


def holds(pid: str) -> tuple[int, int, float]:
    """Return the descriptors, the threads and the MB of a process."""
    process = Path("/proc") / pid
    status = (process / "status").read_text()
    kilobytes = int(status.partition("VmRSS:")[2].split()[0])
    return len([*(process / "fd").iterdir()]), len([*(process / "task").iterdir()]), kilobytes / 1024


def notes(root: Path) -> list[str]:
    """Return the notes of all goals."""
    return [note for goal in fresh(root) for note in goal.notes]


def soak_losses(tmp_path: Path):
    root = tmp_path / "root"
    with SyncStore.open(root) as store:
        for number in range(20):
            store.apply(Create(f"goal {number}"))
        store.leave()
    cycles, locks = max(6, some(70)), max(2, some(20))
    with Terminal(tmp_path / "tmux") as terminal:
        terminal.start("exec", sys.executable, "-m", "tui.cli", "--root", str(root), "--actor", "me")

        def is_live() -> bool:
            terminal.settle(0.01)
            return "● live" in terminal.run("capture-pane", "-p")

        wait_until(is_live, "the console opens")
        pid = terminal.ask("#{pane_pid}")
        before = holds(pid)
        for cycle in range(cycles):
            with away(root):
                wait_until(lambda: not is_live(), "it notices")
            wait_until(is_live, "it heals")
            if cycle == 4:
                # What is loaded with the first of them stays.
                before = holds(pid)
        for number in range(locks):
            with locked(root):
                terminal.keys("m")
                terminal.keys("-l", f"note {number}")
                terminal.keys("C-s")
                time.sleep(0.3)

            def is_sent(note: str = f"note {number}") -> bool:
                terminal.settle(0.01)
                # Keys that come while a note is being sent are not taken.
                return notes(root)[-1:] == [note] and "esc" not in terminal.run("capture-pane", "-p")

            wait_until(is_sent, f"note {number}, that was sent while another process held the lock")
            assert is_live()
        terminal.settle(2)
        after = holds(pid)
    assert notes(root) == [f"note {number}" for number in range(locks)]
    told = [f"{was:.0f} to {now:.0f}" for was, now in zip(before, after, strict=True)]
    tell(f"{cycles} losses, {locks} locks", notes_lost=0, descriptors=told[0], threads=told[1], MB=told[2])
    assert after[0] <= before[0] + 4
    assert after[1] <= before[1] + 2
    assert after[2] < before[2] + 20
