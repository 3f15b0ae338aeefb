"""What the long trials share: how much of each is run, a process that works hard, figures."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, Final

from store import Goal, SyncStore, examine
from tests.cli.helpers import GOALGATE, environment
from tests.store.helpers import cache_file, cached
from tests.store.peer import Peer

SCALE: Final = float(os.environ.get("SOAK_SCALE", "1"))
SEED: Final = int(os.environ.get("SOAK_SEED", "0")) or Random().randrange(1_000_000)


def some(number: int) -> int:
    """Return how many of so many are done."""
    return max(1, round(number * SCALE))


def tell(what: str, **figures: object) -> None:
    """Print what a trial found."""
    told = ", ".join(f"{value} {name.replace('_', ' ')}" for name, value in figures.items())
    print(f"\n{what}: {told}", flush=True)


def waits(seconds: list[float]) -> str:
    """Return the usual, the long and the longest of some waits."""
    ordered = sorted(seconds)
    usual, long, longest = (ordered[min(len(ordered) - 1, int(len(ordered) * part))] for part in (0.5, 0.99, 1))
    return f"p50 {usual * 1000:.0f}, p99 {long * 1000:.0f}, max {longest * 1000:.0f} ms"


class Worker(Peer):
    """A process that does in a loop what `worker` knows."""

    script = str(Path(__file__).with_name("worker.py"))


def start(root: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """Begin a verb."""
    return subprocess.Popen(
        [*GOALGATE, *arguments], env=environment(root), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def kill(process: subprocess.Popen[bytes], after: float) -> tuple[int, str]:
    """Let a verb run so long and no longer; return how it ended and what it had printed."""
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    out, _ = process.communicate()
    return process.returncode, out.decode()


def seconds_of(root: Path, *arguments: str) -> float:
    """Return how long a verb takes."""
    begin = time.monotonic()
    with start(root, *arguments) as process:
        out, err = process.communicate()
        assert process.returncode == 0, (out, err)
    return time.monotonic() - begin


def whole(root: Path) -> None:
    """See that goals.json can be read from its beginning to its end."""
    if cache_file(root).exists():
        _ = cached(root)


@contextmanager
def well(root: Path) -> Iterator[SyncStore]:
    """Open a palace in which nothing is wrong, and see that nothing is when it is left."""
    with SyncStore.open(root) as store:
        assert store.degraded is None
        assert not store.unreadable
        yield store
        store.leave()
        assert examine(store) == []


def by_id(store: SyncStore) -> dict[str, Goal]:
    """Return every goal under its id."""
    return {goal.id: goal for goal in store.all()}


def entry(number: int, **more: Any) -> dict[str, Any]:
    """Return a goal on the wire, one of many."""
    at = "2026-06-16T12:00:00Z"
    made = {"id": f"g-{number:016x}", "description": f"goal {number}", "status": "pending"}
    return {**made, "created": at, "updated": at, **more}
