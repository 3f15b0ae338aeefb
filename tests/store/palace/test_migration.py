"""A palace of every format that was ever released is brought to today's, and says what it can about what it lacked."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from store import Create, Goal, InvalidInput, Note, PalaceUnavailable, Revision, SyncStore, examine, judge, to_document
from store.schema import MIGRATIONS
from tests.store.helpers import fresh, lay_out_format, palace_file, refused, sql

NEWEST = "SELECT text FROM (SELECT max(number), text FROM revisions GROUP BY drawer) ORDER BY text"
GOAL, OTHER, IMPORTED = "g-e5a07cf19d52559d", "g-b66e3f532e267d33", "g-004c03bcd696aeb8"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A root with a palace of format 1."""
    lay_out_format(1, tmp_path)
    return tmp_path


def history(root: Path, goal_id: str) -> list[Revision]:
    with SyncStore.open(root, create=False) as store:
        return store.history(goal_id)


def test_it_is_brought_to_the_newest_format(old: Path):
    before = sql(old, "SELECT seq, drawer, number, committed, actor FROM revisions ORDER BY seq")
    assert len(fresh(old)) == 5
    assert sql(old, "PRAGMA user_version") == [(len(MIGRATIONS),)]
    assert sql(old, "SELECT seq, drawer, number, committed, actor FROM revisions ORDER BY seq") == before
    with SyncStore.open(old, actor="ann") as store:
        assert dict(store.unreadable) == {}
        assert store.apply(Note(GOAL, "n")).notes[-1] == "n"


def test_evidence_gets_who_gave_it_from_its_history(old: Path):
    revisions = history(old, GOAL)
    given = [
        [(one.session_id, one.evidence, one.evidence_by, one.evidence_at) for one in revision.goal.sessions]
        for revision in revisions
    ]
    first = ("s-1", "12 passed", "agent-7", revisions[3].at)
    assert given[3] == [first, ("s-2", None, None, None)]
    assert given[4] == [first, ("s-2", "3 failed", "agent-7", revisions[4].at)]
    # What stays as it is keeps who gave it.
    assert given[-1] == [first, ("s-2", "https://example.org/pr/9", "ann", revisions[6].at)]
    (draft,) = history(old, OTHER)[-1].goal.sessions
    assert (draft.evidence_by, draft.evidence_at) == ("ann", history(old, OTHER)[1].at)


def test_what_came_from_a_file_is_said_to_be_imported(old: Path):
    (imported,) = history(old, IMPORTED)
    assert imported.kind == "import"
    assert imported.committed is not None
    assert imported.committed > imported.at
    assert all(one.evidence_by is None for one in imported.goal.sessions)
    assert [revision.kind for revision in history(old, GOAL)] == ["change"] * 9


def test_it_knows_since_when_a_goal_asks_what_it_asks(old: Path):
    with SyncStore.open(old, create=False) as store:
        goal = store.get(GOAL)
        assert goal is not None
        # Criteria were added after s-1 was verified, and the goal was reopened after both were.
        assert [one.session_id for one in judge(goal, store.asked_at(GOAL)).outdated] == ["s-1", "s-2"]
        assert store.asked_at(OTHER) is None


def test_what_was_exported_before_is_in_it(old: Path):
    """An export of the older version names no giver; it is the same goal all the same."""
    before = [Goal.from_wire(json.loads(text)) for (text,) in sql(old, NEWEST)]
    with SyncStore.open(old) as store:
        assert store.import_goals(before).skipped == tuple(goal.id for goal in before)
        assert store.lacks(to_document(before).encode()) is None
        other = replace(before[-1], sessions=(replace(before[-1].sessions[0], evidence="else"),))
        with refused(InvalidInput, field=other.id):
            store.import_goals([other])


def test_what_is_damaged_stays_so(old: Path):
    sql(old, "UPDATE revisions SET text = replace(text, 'draft', 'drift') WHERE drawer = ? AND number = 3", OTHER)
    with SyncStore.open(old, create=False) as store:
        assert [*store.unreadable] == [OTHER]
        assert [revision.number for revision in store.history(OTHER)] == [1, 2]


@pytest.mark.parametrize(
    "damage",
    [
        "actor = CAST(x'6dff65' AS TEXT)",
        "actor = x'6d65'",
        "committed = CAST(x'6dff65' AS TEXT)",
        "number = '2x'",
        "text = CAST(x'ff00fe' AS TEXT), crc = {crc}",
        "crc = 'x'",
    ],
)
def test_a_damaged_revision_is_migrated_as_it_is(damage: str, old: Path):
    """And hides no other one, whatever goalgate would never write its columns hold."""
    damage = damage.format(crc=zlib.crc32(b"\xff\x00\xfe"))
    sql(old, f"UPDATE revisions SET {damage} WHERE drawer = ? AND number = 2", GOAL)
    row = "CAST(drawer AS BLOB), number, CAST(committed AS BLOB), CAST(actor AS BLOB), CAST(text AS BLOB), crc"
    stands = f"SELECT {row} FROM revisions WHERE seq = 6"
    before = sql(old, stands)
    with SyncStore.open(old, actor="ann") as store:
        assert store.degraded is None
        is_newest = "number" in damage
        assert [*store.unreadable] == ([GOAL] if is_newest else [])
        assert len(store.all()) == 5 - is_newest
        assert 2 not in [revision.number for revision in store.history(GOAL)]
        found = examine(store, wait=lambda _: False)
        assert any(GOAL in finding.problem and "can't be read" in finding.problem for finding in found)
        store.apply(Note(OTHER, "n"))
    assert sql(old, stands) == before


def test_after_a_damaged_revision_nothing_is_made_up(old: Path):
    """Neither who gave evidence that may have come with it, nor that what follows it came from a file."""
    sql(old, "UPDATE revisions SET actor = CAST(x'ff' AS TEXT) WHERE drawer = ? AND number IN (1, 4)", GOAL)
    revisions = history(old, GOAL)
    assert [revision.number for revision in revisions] == [2, 3, 5, 6, 7, 8, 9]
    assert {revision.kind for revision in revisions} == {"change"}
    first, second = revisions[2].goal.sessions
    # Revision 4 is the one that gave it, by what the other tests say.
    assert (first.evidence, first.evidence_by, first.evidence_at) == ("12 passed", None, None)
    assert (second.evidence, second.evidence_by) == ("3 failed", None)
    assert revisions[4].goal.sessions[1].evidence_by == "ann"


def test_a_drawer_whose_name_is_no_text(old: Path):
    """It is named all the same."""
    sql(old, "UPDATE revisions SET drawer = CAST(x'672dff65' AS TEXT) WHERE drawer = ?", OTHER)
    with SyncStore.open(old, create=False) as store:
        assert [*store.unreadable] == ["g-\\xffe"]
        assert len(store.all()) == 4


def test_an_index_that_was_dropped_is_made_anew(old: Path):
    sql(old, "DROP INDEX newest")
    assert len(fresh(old)) == 5
    with SyncStore.open(old) as store:
        assert not any(finding.kind == "palace" for finding in examine(store, wait=lambda _: False))


@pytest.mark.parametrize("at, bit", [(33905, 32), (26920, 128)])
def test_an_index_that_knows_what_is_not_there(at: int, bit: int, old: Path):
    content = bytearray(palace_file(old).read_bytes())
    content[at] ^= bit
    palace_file(old).write_bytes(content)
    with SyncStore.open(old) as store:
        assert store.degraded is None
        assert len(store.all()) + len(store.unreadable) >= 5
        assert examine(store, wait=lambda _: False)


def test_no_change_is_acknowledged_that_can_not_be_read(old: Path):
    """A row of the table stands under another number, out of order: whatever follows it is not found any more."""
    content = bytearray(palace_file(old).read_bytes())
    content[33905] ^= 32
    palace_file(old).write_bytes(content)
    with SyncStore.open(old) as store:
        before = store.all()
        for change in (Note(GOAL, "n"), Create("d")):
            with refused(PalaceUnavailable, palace="session-manager"):
                store.apply(change)
        assert store.all() == before
        assert store.degraded is None
    assert fresh(old) == before


def test_killed_on_the_way_it_is_the_old_one_or_the_new(old: Path):
    """Whenever that is: the next one to open it has all of it."""
    many = (
        "INSERT INTO revisions SELECT NULL, tag, drawer || '-' || n, number, committed, actor, text, crc FROM revisions"
    )
    numbers = "(WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 200) SELECT n FROM t)"
    sql(old, f"{many} JOIN {numbers}")
    count = sql(old, "SELECT count(*) FROM revisions")
    for wait in (0.0, 0.02, 0.05, 0.1, 0.2):
        root = old / f"after-{wait}"
        palace_file(root).parent.mkdir(parents=True)
        shutil.copyfile(palace_file(old), palace_file(root))
        code = "import sys; from pathlib import Path; from store.sqlite import SqlitePalace; print(flush=True);"
        code += "SqlitePalace(Path(sys.argv[1])).open(create=False)"
        opening = subprocess.Popen([sys.executable, "-c", code, str(root)], stdout=subprocess.PIPE, text=True)
        assert opening.stdout is not None
        with opening.stdout:
            opening.stdout.readline()
        time.sleep(wait)
        os.kill(opening.pid, signal.SIGKILL)
        opening.wait()
        assert sql(root, "PRAGMA user_version")[0][0] in (1, len(MIGRATIONS))
        assert len(fresh(root)) == 5 * 201
        assert sql(root, "SELECT count(*) FROM revisions") == count
        assert sql(root, "PRAGMA user_version") == [(len(MIGRATIONS),)]
