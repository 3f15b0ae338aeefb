"""Which process holds a lock on a file, where the kernel tells (Linux)."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_LOCKS = Path("/proc/locks")


class Process(NamedTuple):
    """A process that holds a lock."""

    pid: int
    """0 for one that can't be seen from here: in another container."""
    command: str
    """Its name, without arguments, which may be nobody's business; empty where it is not known."""
    stopped: bool
    """Whether it was stopped, as by ctrl+z, and does nothing until it is continued."""

    def __str__(self) -> str:
        """Return it in words."""
        if self.pid <= 0:
            return "a process that can't be seen from here"
        named = f"process {self.pid}" + (f" ({self.command})" if self.command else "")
        return f"{named}, which is stopped," if self.stopped else named


def lock_holders(path: Path, *bytes_of_it: range) -> list[Process]:
    """Return the processes that hold a lock for writing on a file, or on one of these ranges of bytes of it."""
    try:
        inode = path.stat().st_ino
        lines = _LOCKS.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    pids: dict[int, None] = {}
    for line in lines:
        # 1: POSIX  ADVISORY  WRITE 1234 fe:00:567 120 120; "->" before the kind where one waits for it.
        match line.split():
            case [_, "POSIX" | "FLOCK" | "OFDLCK", _, "WRITE", pid, where, start, end]:
                # By the inode alone: of some file systems the kernel tells another device here than to stat.
                if where.rpartition(":")[2] != str(inode):
                    continue
                held = range(int(start), int(end) + 1) if end != "EOF" else range(int(start), 1 << 62)
                if not bytes_of_it or any(held.start < one.stop and one.start < held.stop for one in bytes_of_it):
                    pids[int(pid)] = None
            case _:
                pass
    return [_process(pid) for pid in pids]


def _process(pid: int) -> Process:
    command, stopped = "", False
    with suppress(OSError):
        # 1234 (a name (of any kind)) T 1 …
        head, _, rest = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")
        command, stopped = head.partition("(")[2], rest.split()[:1] in (["T"], ["t"])
    return Process(pid, command, stopped)
