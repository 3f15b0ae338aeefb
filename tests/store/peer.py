"""Another process with a store on the same palace: run as a script it obeys lines of JSON on its standard input.

Each line is a list, ``[operation, *arguments]``; it answers with one line, ``[error or null, result]``.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from store import (
    Create,
    GoalStatus,
    GoalStoreError,
    Link,
    Note,
    SessionLink,
    SessionTaskState,
    SetStatus,
    SyncStore,
    examine,
)


class Peer:
    """The process as seen from the test; killed at the end of the block, unless it was before."""

    script = __file__

    def __init__(self, root: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, self.script, str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()

    def tell(self, *request: object) -> None:
        """Ask for something, and don't wait for it."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()

    def answer(self) -> Any:
        """Return the error's name, or ``None``, and the result."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the peer is gone"
        return json.loads(line)

    def ask(self, *request: object) -> Any:
        """Return what comes of a request that is not refused."""
        self.tell(*request)
        refusal, result = self.answer()
        assert refusal is None, (refusal, result)
        return result

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def stop(self) -> None:
        """Stop it, as ctrl+z does, and wait until it is."""
        self._process.send_signal(signal.SIGSTOP)
        _ = os.waitpid(self.pid, os.WUNTRACED)

    def kill(self) -> list[Any]:
        """End it by ``kill -9``, and return every answer that it had still given."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if self._process.stdout.closed:
            return []
        self._process.kill()
        rest = self._process.stdout.read().splitlines(keepends=True)
        self._process.stdout.close()
        self._process.stdin.close()
        self._process.wait()
        # The last line may have been cut: then nothing was acknowledged.
        return [json.loads(line) for line in rest if line.endswith("\n")]


_KEPT: list[sqlite3.Connection] = []
"""Connections that are left open."""


def say(refusal: str | None, result: object) -> None:
    """Answer."""
    sys.stdout.write(json.dumps([refusal, result]) + "\n")
    sys.stdout.flush()


def _tick(store: SyncStore) -> None:
    store.look()
    store.keep()


def _hammer(store: SyncStore) -> None:
    """Change things and keep the cache for ever, and acknowledge each change."""
    for number in count(1):
        goal = store.apply(Create(f"goal {number}"))
        say(None, [goal.id, 1])
        for revision in range(2, 5):
            store.apply(Note(goal.id, f"note {revision} " + "n" * 3000))
            say(None, [goal.id, revision])
            _tick(store)


def _obey(store: SyncStore, operation: str, *args: Any) -> object:
    match operation:
        case "create":
            return store.apply(Create("made by a peer"), *args).id
        case "note":
            return store.apply(Note(*args)).id
        case "notes":
            goal_id, times = args
            return [store.apply(Note(goal_id, str(number))).id for number in range(times)][-1]
        case "link":
            goal_id, session_id, state = args
            made = SessionLink(session_id=session_id, task="t", state=SessionTaskState(state), evidence="e")
            return store.apply(Link(goal_id, made)).status
        case "close":
            return store.apply(SetStatus(args[0], GoalStatus.DONE)).status
        case "room":
            # How large a file of this process may get: a disk that is full, without filling one.
            (size,) = args
            _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard if size is None else size, hard))
        case "all":
            return [goal.wire() for goal in store.all()]
        case "degraded":
            return store.degraded
        case "tick":
            _tick(store)
        case "leave":
            store.leave()
        case "examine":
            return [finding.problem for finding in examine(store)]
        case "lock":
            # For as long as it lives.
            db = sqlite3.connect(store.palace.folder / "palace.db", isolation_level=None)
            db.execute("BEGIN IMMEDIATE")
            _KEPT.append(db)
        case "hammer":
            _hammer(store)
        case _:
            raise AssertionError(operation)
    return None


def main(obey: Callable[..., object] = _obey) -> None:
    """Obey until the standard input ends."""
    with SyncStore.open(Path(sys.argv[1]), actor="peer") as store:
        for line in sys.stdin:
            try:
                say(None, obey(store, *json.loads(line)))
            except GoalStoreError as error:
                say(type(error).__name__, str(error))


if __name__ == "__main__":
    main()
