"""The threads of one store share its palace: none takes what another does for somebody's tampering."""

from __future__ import annotations

import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from store import Create, Note, SyncStore
from tests.store.helpers import palace_file


@pytest.fixture
def often() -> Iterator[None]:
    """Threads take turns as often as Python lets them."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("often")
def test_looking_while_changes_and_checkpoints_go_on(tmp_path: Path):
    degraded: set[str] = set()
    ended = threading.Event()
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"))

        def look() -> None:
            while not ended.is_set():
                store.look()
                degraded.update(filter(None, [store.degraded]))

        def checkpoint() -> None:
            with closing(sqlite3.connect(palace_file(tmp_path), timeout=1)) as db:
                while not ended.wait(0.005):
                    with suppress(sqlite3.Error):
                        db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

        works: list[Callable[[], None]] = [look, look, checkpoint]
        threads = [threading.Thread(target=work) for work in works]
        for thread in threads:
            thread.start()
        try:
            for number in range(200):
                store.apply(Note(goal.id, str(number)))
        finally:
            ended.set()
            for thread in threads:
                thread.join()
        assert len(store.history(goal.id)) == 201
    assert degraded == set()
