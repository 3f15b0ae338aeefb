"""A keeper that is killed in the middle of its write: no reader sees a part, and its next keeper leaves nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from store import SyncStore, examine
from tests.store.helpers import cached, goals, palace_file, wait_until, wire

GOALS = 600
KEEP = f"""
import sys
from itertools import count
from pathlib import Path
from store import Note, SyncStore
with SyncStore.open(Path(sys.argv[1])) as store:
    for number in count():
        store.apply(Note(f"g-{{number % {GOALS}:04}}", "n"))
        store.leave()
"""


def test_kills_in_the_middle_of_writing_the_cache(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        store.import_goals(goals(*(wire(f"g-{number:04}", notes=["n" * 3000]) for number in range(GOALS))))
        store.leave()
    folder, seen = palace_file(tmp_path).parent, 0
    for _ in range(12):
        with subprocess.Popen([sys.executable, "-c", KEEP, str(tmp_path)]) as keeper:
            wait_until(lambda: [*folder.glob(".new-*")], "it writes")
            keeper.kill()
        seen += bool([*folder.glob(".new-*")])
        assert len(cached(tmp_path)) == GOALS
        with SyncStore.open(tmp_path) as store:
            store.leave()
            assert (list(store.notices), store.cache_problem) == ([], None)
            assert cached(tmp_path) == store.all()
        assert [*tmp_path.rglob(".new-*")] == []
    assert seen, "no kill came in the middle of a write"
    assert not (tmp_path / "set-aside").exists()
    with SyncStore.open(tmp_path) as store:
        assert examine(store) == []
