"""What happens to the palace's file while stores have it open, and drawers that can't be read (CONTRACT 4)."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import anyio
import pytest

from store import (
    Create,
    Edit,
    Goal,
    GoalStatus,
    GoalStore,
    Link,
    Note,
    Palace,
    PalaceUnavailable,
    Revert,
    SetStatus,
    SqlitePalace,
    SyncStore,
    Update,
    examine,
)
from store.palace.checksum import checksum
from store.schema import ONE, RECENT, SINCE
from tests.store.helpers import (
    cached,
    damage,
    fresh,
    goals,
    heal,
    hear,
    link,
    link_wire,
    locked,
    palace_file,
    refused,
    rewrite,
    set_aside,
    sql,
    tick,
    tick_until,
    update,
    wire,
)


def notice(store: SyncStore) -> str:
    """Let a store do what it does by itself, until it knows that something is wrong."""
    tick_until(store, lambda: store.degraded is not None, "the store notices")
    assert store.degraded is not None
    return store.degraded


def test_sqlite_is_a_palace(tmp_path: Path):
    palace = SqlitePalace(tmp_path, "mine")
    assert isinstance(palace, Palace)
    with SyncStore.open(tmp_path, palace=palace) as store:
        goal = store.apply(Create("d"))
    assert fresh(tmp_path, "mine") == [goal]


def test_it_is_a_write_ahead_log_and_nothing_is_rewritten(tmp_path: Path):
    with SyncStore.open(tmp_path, actor="ann") as store:
        goal = store.apply(Create("d"))
        store.apply(Note(goal.id, "n"))
        assert sql(tmp_path, "PRAGMA journal_mode") == [("wal",)]
        rows = sql(tmp_path, "SELECT tag, drawer, number, actor FROM revisions ORDER BY seq")
        assert rows == [("sm-goal", goal.id, number, "ann") for number in (1, 2)]


def test_many_goals_are_all_there(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        store.import_goals(goals(*(wire(f"g-{n:05}") for n in range(5000))))
        assert len(store.all()) == 5000
    assert [goal.id for goal in fresh(tmp_path)] == [f"g-{n:05}" for n in range(5000)]


def test_a_palace_that_is_deleted_while_open(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"))
        shutil.copy(palace_file(tmp_path), tmp_path / "old")
        palace_file(tmp_path).rename(tmp_path / "away")
        with pytest.raises(PalaceUnavailable):
            store.apply(Note(goal.id, "n"))
        assert store.degraded
        assert list(store.all()) == [goal]
        store.leave()
        (tmp_path / "away").rename(palace_file(tmp_path))
        heal(store)
        goal = store.apply(Note(goal.id, "n"))
        assert goal.notes == ("n",)
    assert fresh(tmp_path) == [goal]


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("in_log", [True, False])
def test_a_palace_that_becomes_garbage_while_open(whole: bool, in_log: bool, tmp_path: Path):
    """In its place or written over, all of it or what the log does not hold; noticed by itself, and its end too."""
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"))
    with SyncStore.open(tmp_path) as store:
        if in_log:
            goal = store.apply(Note(goal.id, "in the log alone"))
        tick(store)
        shutil.copy(palace_file(tmp_path), tmp_path / "copy")
        if whole:
            (tmp_path / "garbage").write_bytes(b"garbage " * 10000)
            (tmp_path / "garbage").replace(palace_file(tmp_path))
        else:
            palace_file(tmp_path).write_bytes(b"garbage " * 10000)
        reason = notice(store)
        with refused(PalaceUnavailable, palace="session-manager", reason=reason):
            store.apply(Note(goal.id, "n"))
        assert list(store.all()) == [goal]
        shutil.copy(tmp_path / "copy", palace_file(tmp_path))
        heal(store)
        assert list(store.all()) == [goal]
        goal = store.apply(Note(goal.id, "n"))
        store.leave()
        assert fresh(tmp_path) == cached(tmp_path) == [goal]


def test_a_palace_that_is_replaced_while_open(tmp_path: Path):
    """The other palace's goals are the truth then; what only the cache knows is set aside."""
    with SyncStore.open(tmp_path / "other") as other:
        brought = other.apply(Create("in the other"))
    with SyncStore.open(tmp_path) as store:
        store.apply(Create("in the first"))
        tick(store)
        heard: list[frozenset[str]] = []
        store.on_change = heard.append
        for left in ("-wal", "-shm"):
            Path(f"{palace_file(tmp_path)}{left}").unlink()
        shutil.copy(palace_file(tmp_path / "other"), tmp_path / "copy")
        (tmp_path / "copy").replace(palace_file(tmp_path))
        tick_until(store, lambda: list(store.all()) == [brought], "the store knows the other palace")
        heal(store)
        assert brought.id in frozenset[str]().union(*heard)
        assert any("is another one than before" in notice for notice in store.notices)
        store.leave()
        assert cached(tmp_path) == [brought]
        assert len(set_aside(tmp_path)) == 1


def test_an_older_copy_that_is_put_back_while_open(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        old = store.apply(Create("old"))
    shutil.copy(palace_file(tmp_path), tmp_path / "copy")
    with SyncStore.open(tmp_path) as store:
        store.apply(Note(old.id, "lost with the copy"))
        new = store.apply(Create("lost too"))
        tick(store)
    with SyncStore.open(tmp_path) as store:
        assert store.get(new.id) == new
        shutil.copy(tmp_path / "copy", palace_file(tmp_path))
        tick_until(store, lambda: list(store.all()) == [old], "the older copy is seen")
        assert store.get(old.id) == old
        store.leave()
        assert fresh(tmp_path) == cached(tmp_path) == [old]
        assert set_aside(tmp_path) == [sorted([old.id, new.id])]


def test_a_palace_that_is_locked(tmp_path: Path):
    """Reading goes on; a change waits its time, is refused, and works when the other is through."""
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"))
        with locked(tmp_path):
            with pytest.raises(PalaceUnavailable, match="locked"):
                store.apply(Note(goal.id, "n"))
            assert store.degraded
            assert "locked" in store.degraded
            tick(store)
            assert list(store.all()) == [goal]
        heal(store)
        assert store.apply(Note(goal.id, "n")).notes == ("n",)


def test_a_short_lock_is_waited_for(tmp_path: Path):
    with SyncStore.open(tmp_path) as store, anyio.from_thread.start_blocking_portal() as portal:
        goal = store.apply(Create("d"))
        with locked(tmp_path):
            waiting = portal.start_task_soon(anyio.to_thread.run_sync, partial(store.apply, Note(goal.id, "n")))
            assert not waiting.done()
        assert waiting.result().notes == ("n",)


def test_nothing_escapes_when_the_palace_goes_before_leaving(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        store.apply(Create("d"))
        palace_file(tmp_path).unlink()
        store.leave()


async def test_closing_after_the_palace_went(tmp_path: Path):
    async with GoalStore.open(tmp_path) as store:
        await store.create("d")
        shutil.rmtree(palace_file(tmp_path).parent)


# One drawer that can't be read


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """Three goals, the newest revision of the second damaged."""
    with SyncStore.open(tmp_path) as store:
        store.import_goals(goals(*(wire(f"g-{n}", sessions=[link_wire(f"s-{n}")]) for n in (1, 2, 3))))
        store.apply(Note("g-2", "n"))
        store.leave()
    damage(tmp_path, "g-2")
    return tmp_path


def test_one_damaged_drawer_hides_no_other(damaged: Path):
    before = sql(damaged, "SELECT * FROM revisions")
    with SyncStore.open(damaged) as store:
        assert store.degraded is None
        assert [goal.id for goal in store.all()] == ["g-1", "g-3"]
        assert store.get("g-2") is None
        assert [*store.unreadable] == ["g-2"]
        assert store.unreadable["g-2"]
        # What its history still says can be read.
        assert [revision.number for revision in store.history("g-2")] == [1]
        for intent in (
            Edit("g-2", "d"),
            Link("g-2", link("s-9")),
            Update("g-2", update("s-2", note="n")),
            Note("g-2", "n"),
            SetStatus("g-2", GoalStatus.ABANDONED),
            Revert("g-2", 1, 2),
        ):
            with pytest.raises(PalaceUnavailable, match="g-2"):
                store.apply(intent)
        with pytest.raises(PalaceUnavailable, match="g-2"):
            store.import_goals(goals(wire("g-2")))
        # The others go on, and the palace as a whole is well.
        assert store.degraded is None
        store.apply(Note("g-1", "n"))
        goal = store.apply(Create("d"))
        store.leave()
        assert [*store.unreadable] == ["g-2"]
        assert any(finding.kind == "unreadable" and finding.goal == "g-2" for finding in examine(store))
    after = sql(damaged, "SELECT * FROM revisions")
    assert after[: len(before)] == before
    assert [goal.id for goal in cached(damaged)] == sorted(["g-1", "g-3", goal.id])
    # The cache was the only place that still had it.
    assert set_aside(damaged) == [["g-1", "g-2", "g-3"]]


def test_an_older_revision_that_is_damaged_is_missing_from_the_history(damaged: Path):
    sql(damaged, "UPDATE revisions SET text = '{}' WHERE drawer = 'g-3'")
    with SyncStore.open(damaged) as store:
        assert [*store.unreadable] == ["g-2", "g-3"]
        assert store.history("g-3") == []
        store.apply(Note("g-1", "n"))
        store.apply(Note("g-1", "m"))
        sql(damaged, "UPDATE revisions SET text = 'x' WHERE drawer = 'g-1' AND number = 2")
        assert [revision.number for revision in store.history("g-1")] == [1, 3]
        with pytest.raises(PalaceUnavailable, match="g-1"):
            store.apply(Revert("g-1", 2, 3))


@pytest.mark.parametrize("text", ["", "x", "{}", "\x00", b"\xff\xfe", b"", 5, "{" * 100_000])
def test_whatever_stands_in_a_drawer(text: str | bytes | int, damaged: Path):
    sql(damaged, "UPDATE revisions SET text = ? WHERE drawer = 'g-2' AND number = 2", text)
    with SyncStore.open(damaged) as store:
        assert ([goal.id for goal in store.all()], [*store.unreadable]) == (["g-1", "g-3"], ["g-2"])


GOOD = Goal.from_wire(wire("g-2")).to_text()
NO_GOALS = (
    *('{"id":"g-2","description":"from the future"}', "no JSON", "", "[]", "null", "NaN", "[" * 100_000),
    *(GOOD.replace("2026-06-16T12:00:00Z", t) for t in ("9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00")),
)


@pytest.mark.parametrize("text", NO_GOALS, ids=range(len(NO_GOALS)))
def test_text_that_is_no_goal_with_a_checksum_that_is_right(text: str, damaged: Path):
    """Somebody meant it: a newer goalgate, or none at all. Unreadable all the same."""
    rewrite(damaged, "g-2", text)
    with SyncStore.open(damaged) as store:
        assert store.book.updated("g-2") is None
        assert [goal.id for goal in store.all()] == ["g-1", "g-3"]
        assert [*store.unreadable] == ["g-2"]
        assert store.unreadable["g-2"].startswith("it is no goal: ")
        assert store.history("g-2") == []
        for intent in (Note("g-2", "n"), Revert("g-2", 1, 2)):
            with pytest.raises(PalaceUnavailable, match="g-2"):
                store.apply(intent)
        store.apply(Note("g-1", "n"))
        store.leave()
        assert [goal.id for goal in cached(damaged)] == ["g-1", "g-3"]


def test_an_actors_name_that_is_no_text(damaged: Path):
    sql(damaged, "UPDATE revisions SET actor = CAST(x'ff' AS TEXT) WHERE drawer = 'g-3'")
    with SyncStore.open(damaged) as store:
        assert [goal.id for goal in store.all()] == ["g-1"]
        assert sorted(store.unreadable) == ["g-2", "g-3"]


async def test_drawers_that_become_unreadable_and_readable_are_told(damaged: Path):
    (text,) = sql(damaged, "SELECT text FROM revisions WHERE drawer = 'g-2' AND number = 1")[0]
    async with GoalStore.open(damaged) as store:
        assert [*store.unreadable] == ["g-2"]
        changes = store.changes()
        good = Goal.from_wire(wire("g-2")).to_text()
        assert text != good
        # Somebody who can repair it appends a revision that can be read.
        committed, actor, kind = sql(damaged, "SELECT committed, actor, kind FROM revisions WHERE drawer = 'g-2'")[0]
        crc = checksum("g-2", 3, committed, actor, kind, "", text.encode())
        row = ("sm-goal", "g-2", 3, committed, actor, text, crc, kind, "")
        sql(damaged, "INSERT INTO revisions VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)", *row)
        await hear(changes, "g-2")
        assert store.get("g-2") is not None
        assert dict(store.unreadable) == {}


@pytest.mark.parametrize("question, values", [(SINCE, (9,)), (RECENT, (9, 9)), (ONE, (9,))])
def test_what_is_newer_is_found_at_the_end_whatever_the_palace_holds(
    question: str, values: tuple[int, ...], tmp_path: Path
):
    """The work is in proportion to what changed (CONTRACT 4): never a look at each revision there is."""
    with SyncStore.open(tmp_path) as store:
        store.apply(Create("d"))
    plan = [row[3] for row in sql(tmp_path, f"EXPLAIN QUERY PLAN {question}", *values)]
    assert len(plan) == 1
    assert "USING INTEGER PRIMARY KEY" in plan[0]


@pytest.mark.parametrize("where", ["a leaf of the table", "a text's further pages"])
def test_a_damaged_page_takes_along_only_what_is_on_it(where: str, tmp_path: Path):
    """From what happened and from what is newer, as from the goals."""
    with SyncStore.open(tmp_path) as store:
        store.import_goals(goals(*(wire(f"g-{n}", notes=[str(n) * 9000]) for n in range(6))))
        seq = store.book.seen
        made = [store.apply(Note(f"g-{n}", str(n) * 9000)) for n in range(6)]
    sql(tmp_path, "PRAGMA wal_checkpoint(TRUNCATE)")
    ((size,),) = sql(tmp_path, "PRAGMA page_size")
    content = bytearray(palace_file(tmp_path).read_bytes())
    # Each text needs several pages; those after the first begin with the next one's number.
    page = next(at for at in range(0, len(content), size) if content[at + 4 : at + size] == b"4" * (size - 4))
    if where == "a leaf of the table":
        page = next(at for at in range(0, len(content), size) if b'"id":"g-4"' in content[at : at + size])
    content[page : page + 4] = b"\xff\xff\xff\xf0"
    palace_file(tmp_path).write_bytes(content)
    with SyncStore.open(tmp_path, create=False) as store:
        assert store.degraded is None
        events = store.activity(20)
        read = {(event.revision.goal.id, event.revision.number) for event in events}
        assert read >= {(f"g-{n}", number) for n in (0, 1) for number in (1, 2)}
        assert len(read) < 12
        assert [event.seq for event in events] == sorted((event.seq for event in events), reverse=True)
        assert store.activity(2, before=events[0].seq) == events[1:3]
        newer = store.palace.since(seq)
        assert [row.seq for row in newer.revisions] == list(range(seq + 1, seq + 7))
        assert [row.text for row in newer.revisions if row.drawer == "g-0"] == [made[0].to_text().encode()]
        assert {f"g-{n}" for n in (0, 1)} <= {*store.search("000", ["g-0"]), *store.search("111", store.book.ids())}
