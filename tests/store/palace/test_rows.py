"""Damage of a row, a name or the index costs no other drawer, and ends nothing with an error of Python's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from store import Create, Note, SyncStore, examine
from tests.store.helpers import palace_file, sql


@pytest.fixture
def three(tmp_path: Path) -> list[str]:
    """The ids of three goals in a palace, each with two revisions."""
    with SyncStore.open(tmp_path) as store:
        made = sorted(store.apply(Create(f"goal {at}")).id for at in range(3))
        for goal_id in made:
            store.apply(Note(goal_id, "n"))
        store.leave()
    return made


def test_a_drawer_whose_name_is_no_text(three: list[str], tmp_path: Path):
    sql(tmp_path, "UPDATE revisions SET drawer = CAST(x'672dff65' AS TEXT) WHERE drawer = ?", three[1])
    with SyncStore.open(tmp_path) as store:
        assert [goal.id for goal in store.all()] == [three[0], three[2]]
        assert dict(store.unreadable) == {"g-\\xffe": "it does not match its checksum"}
        named = [finding.goal for finding in examine(store, wait=lambda _: False) if finding.kind == "unreadable"]
        assert named == ["g-\\xffe"]
        assert len(store.activity(10)) == 4
        store.apply(Note(three[0], "after"))


@pytest.mark.parametrize("value", ["CAST(x'ff' AS TEXT)", "x'ff'", "5"])
def test_a_palace_whose_id_is_no_text(value: str, three: list[str], tmp_path: Path):
    sql(tmp_path, f"UPDATE palace SET value = {value}")
    with SyncStore.open(tmp_path) as store:
        assert [goal.id for goal in store.all()] == three
        store.apply(Note(three[0], "after"))
        store.leave()
        assert store.cache_problem is None


def test_an_index_that_knows_what_the_table_does_not(three: list[str], tmp_path: Path):
    """The drawer is named, where the index of revisions leads to a row that is not there, or to another."""
    content = palace_file(tmp_path).read_bytes()
    entry = b"sm-goal" + three[0].encode()
    at = content.index(entry + b"\x02") + len(entry) + 1
    for seq in (77, 5):
        palace_file(tmp_path).write_bytes(content[:at] + bytes([seq]) + content[at + 1 :])
        with SyncStore.open(tmp_path, create=False) as store:
            assert [*store.unreadable] == three[:1]
            assert [goal.id for goal in store.all()] == three[1:]
            assert [revision.number for revision in store.history(three[0])] == [1]
            # It would be looked for in the history, which has to come to an end.
            goal = store.book.text(three[1]).decode().replace(three[1], three[0])
            assert store.lacks(json.dumps([json.loads(goal) | {"notes": ["other"]}]).encode())
