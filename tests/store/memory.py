"""Another palace than the embedded one, written from the protocol alone: dictionaries, for as long as they live."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, TypeVar

from store.palace import Batch, Process, Request, RevisionKind, StoredRevision, Transaction

T = TypeVar("T")


class _State(NamedTuple):
    rows: list[StoredRevision]
    requests: dict[str, Request]
    sessions: set[tuple[str, str]]


class _Work:
    """The palace inside a transaction: a copy, which takes its place if all goes well."""

    def __init__(self, state: _State) -> None:
        self.state = state

    def newest(self, drawer: str) -> StoredRevision | None:
        return next((row for row in reversed(self.state.rows) if row.drawer == drawer), None)

    def revision(self, drawer: str, number: int) -> StoredRevision | None:
        return next((row for row in self.state.rows if (row.drawer, row.number) == (drawer, number)), None)

    def workplaces(self, session_id: str) -> list[str]:
        return sorted(drawer for session, drawer in self.state.sessions if session == session_id)

    def append(
        self,
        drawer: str,
        text: bytes,
        *,
        actor: str,
        kind: RevisionKind,
        asked_at: str,
        took: Collection[str],
        left: Collection[str],
    ) -> int:
        number = sum(row.drawer == drawer for row in self.state.rows) + 1
        now = datetime.now(UTC).isoformat()
        seq = len(self.state.rows) + 1
        self.state.rows.append(StoredRevision(seq, drawer, number, now, actor, text, None, kind, asked_at))
        self.state.sessions.difference_update((session, drawer) for session in left)
        self.state.sessions.update((session, drawer) for session in took)
        return number

    def request(self, request_id: str) -> Request | None:
        return self.state.requests.get(request_id)

    def remember(self, request_id: str, request: Request) -> None:
        self.state.requests[request_id] = request

    def is_empty(self) -> bool:
        return not self.state.rows


class _Audit:
    """The palace as it was when this was made."""

    def __init__(self, state: _State) -> None:
        self._state = state

    def structure(self) -> Iterator[str]:
        yield from ()

    def revisions(self) -> Iterator[StoredRevision]:
        yield from sorted(self._state.rows, key=lambda row: (row.drawer, row.number))

    def gone(self, most: int) -> tuple[int, list[tuple[int, int]]]:
        assert most > 0
        return 0, []

    def workplaces(self) -> Iterator[tuple[str, str]]:
        yield from sorted(self._state.sessions)

    def requests(self) -> Iterator[tuple[str, Request]]:
        yield from self._state.requests.items()

    def number(self, drawer: str) -> int:
        return max((row.number for row in self._state.rows if row.drawer == drawer), default=0)

    def writers(self) -> list[Process]:
        return []


class MemoryPalace:
    """A list of rows."""

    def __init__(self, folder: Path, name: str = "memory") -> None:
        self.name = name
        self.folder = folder
        self.error: OSError | None = None
        """What every question is answered with, while there is something."""
        self._lock = threading.RLock()
        self._state = _State([], {}, set())

    def open(self, *, create: bool) -> bool:
        self._check()
        if create:
            self.folder.mkdir(parents=True, exist_ok=True)
        return True

    def close(self) -> None:
        pass

    def identity(self) -> str:
        self._check()
        return "memory"

    def newest(self) -> Batch:
        self._check()
        return Batch(list({row.drawer: row for row in self._state.rows}.values()), len(self._state.rows))

    def since(self, seq: int) -> Batch:
        self._check()
        return Batch(self._state.rows[seq:], len(self._state.rows))

    def history(self, drawer: str, *, limit: int | None, before: int | None) -> list[StoredRevision]:
        self._check()
        rows = [row for row in self._state.rows if row.drawer == drawer and (before is None or row.number < before)]
        return rows if limit is None else rows[len(rows) - min(limit, len(rows)) :]

    def recent(self, *, limit: int, before: int | None) -> list[StoredRevision]:
        self._check()
        return [row for row in reversed(self._state.rows) if before is None or row.seq < before][:limit]

    def containing(self, text: str, *, first: str, last: str) -> list[StoredRevision]:
        assert text
        return [row for row in self.newest().revisions if first <= row.drawer <= last]

    def transact(self, change: Callable[[Transaction], T]) -> T:
        with self._lock:
            self._check()
            work = _Work(deepcopy(self._state))
            result = change(work)
            self._state = work.state
            return result

    def require_writable(self) -> None:
        self._check()

    def try_writing(self, size: int) -> None:
        assert size > 0
        self._check()

    @contextmanager
    def audit(self) -> Iterator[_Audit]:
        self._check()
        yield _Audit(self._state)

    def _check(self) -> None:
        if self.error is not None:
            raise self.error
