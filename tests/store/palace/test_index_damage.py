"""A bit that is wrong in the index of revisions: nothing waits for ever, nothing is another's, nothing is hidden."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from store import Create, GoalStoreError, Note, SyncStore
from store.sqlite import SqlitePalace
from tests.store.helpers import fresh, palace_file, sql

PAGE = 4096


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A palace of six goals with twelve revisions, and where the page of its index begins."""
    root = tmp_path_factory.mktemp("sound")
    with SyncStore.open(root) as store:
        for goal in [store.apply(Create(f"goal {at}")) for at in range(6)]:
            store.apply(Note(goal.id, "n"))
        store.leave()
    ((page,),) = sql(root, "SELECT rootpage FROM sqlite_schema WHERE name = 'newest'")
    return root, (page - 1) * PAGE


def flipped(sound: tuple[Path, int], root: Path, count: int) -> Iterator[tuple[int, int]]:
    """Lay out the palace again and again, each time with another bit of its index flipped."""
    source, start = sound
    whole = palace_file(source).read_bytes()
    chance = random.Random(1)
    used = [at for at in range(start, start + PAGE) if whole[at]]
    palace_file(root).parent.mkdir(parents=True)
    for _ in range(count):
        at, bit = chance.choice(used), 1 << chance.randrange(8)
        spoilt = bytearray(whole)
        spoilt[at] ^= bit
        palace_file(root).write_bytes(spoilt)
        yield at, bit


def test_reading_on_page_by_page_ends(sound: tuple[Path, int], tmp_path: Path):
    """Each page is of what is older, and of the goal that was asked for."""
    known = [goal.id for goal in fresh(sound[0])]
    assert len(known) == 6
    for where in flipped(sound, tmp_path, 200):
        with closing(SqlitePalace(tmp_path)) as palace:
            try:
                palace.open(create=False)
                for goal_id in known:
                    before = 1000
                    while rows := palace.history(goal_id, limit=1, before=before):
                        assert rows[0].number < before, where
                        assert rows[0].drawer == goal_id, where
                        before = rows[0].number
                assert all(
                    row.fault or row.text.startswith(f'{{"id":"{row.drawer}"'.encode())
                    for row in palace.newest().revisions
                ), where
            except GoalStoreError:
                continue


def test_goals_that_the_index_hides_are_not_simply_gone(sound: tuple[Path, int], tmp_path: Path):
    hidden = 0
    for where in flipped(sound, tmp_path, 150):
        with SyncStore.open(tmp_path, create=False) as store:
            if store.degraded is None and len(store.all()) + len(store.unreadable) < 6:
                assert any("goals may be missing" in said for said in store.notices), where
                hidden += 1
    assert hidden
