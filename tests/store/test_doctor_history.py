"""What the doctor finds below the newest revisions: damage, gaps, foreign parts of the schema, indexes that lie."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from store import Create, Finding, Link, Note, SyncStore, examine
from store.palace import DEFAULT_PALACE
from store.palace.checksum import checksum
from tests.store.helpers import Clock, damage, goals, link, sql, wire


@pytest.fixture
def story(tmp_path: Path) -> Path:
    """Two goals, g-1 with revisions 1 to 4 and one session, g-2 with two; seven in all, in turns."""
    with SyncStore.open(tmp_path, actor="agent") as store:
        store.import_goals(goals(wire("g-1"), wire("g-2")))
        store.apply(Link("g-1", link("s-1")), "request-1")
        store.apply(Note("g-1", "two"))
        store.apply(Note("g-2", "two"))
        store.apply(Note("g-1", "three"), "request-2")
        store.leave()
        assert look(tmp_path) == []
    return tmp_path


def look(root: Path) -> list[Finding]:
    """What a doctor finds who comes now."""
    with SyncStore.open(root, create=False) as store:
        return examine(store, wait=lambda _: False)


def told(root: Path) -> list[tuple[str, str | None, int | None]]:
    """The same, without the words; the cache may well differ from a palace that was changed."""
    found = look(root)
    assert len({finding.problem for finding in found}) == len(found)
    return [(one.kind, one.goal, one.revision) for one in found if one.kind != "cache"]


@pytest.mark.parametrize(
    "change",
    [
        "text = replace(text, 'two', 'zwei')",
        "text = CAST(text AS BLOB) || x'00'",
        "crc = crc + 1",
        "actor = 'mallory'",
        "committed = '2020-01-02T00:00:00+00:00'",
        "crc = 'none'",
    ],
)
def test_a_revision_in_the_middle_that_was_changed(change: str, story: Path):
    sql(story, f"UPDATE revisions SET {change} WHERE drawer = 'g-1' AND number = 3")
    assert told(story) == [("history", "g-1", 3)]


def test_damage_to_the_newest_and_to_older_ones_is_told_once_each(story: Path):
    damage(story, "g-1")
    sql(story, "UPDATE revisions SET crc = 0 WHERE drawer = 'g-1' AND number IN (1, 2)")
    assert told(story) == [("unreadable", "g-1", None), ("history", "g-1", 1)]
    assert any("revisions 1 to 2 of goal g-1 can't be read" in finding.problem for finding in look(story))


@pytest.mark.parametrize(
    "gone, found",
    [
        ("drawer = 'g-1' AND number = 3", [("history", "g-1", 3)]),
        ("drawer = 'g-1' AND number IN (1, 2)", [("history", "g-1", 1)]),
        # The newest of a goal, or all of them: only the sequence knows.
        ("drawer = 'g-2' AND number = 2", [("history", None, None)]),
        ("drawer = 'g-2'", [("history", None, None)]),
    ],
)
def test_revisions_that_were_deleted(gone: str, found: list[object], story: Path):
    sql(story, f"DELETE FROM revisions WHERE {gone}")
    assert told(story) == found


def test_a_request_that_was_answered_with_what_is_gone(story: Path):
    sql(story, "DELETE FROM revisions WHERE drawer = 'g-1' AND number = 4")
    assert told(story) == [("palace", None, None)]
    assert any("'request-2'" in finding.problem for finding in look(story))


@pytest.mark.parametrize("wrong, rest", [(6, "so was 1 more request"), (7, "so were 2 more requests")])
def test_several_requests_are_counted_in_the_words_for_one_and_for_many(wrong: int, rest: str, story: Path):
    for number in range(wrong):
        sql(story, "INSERT INTO requests VALUES (?, '', '[')", f"wrong-{number}")
    assert [finding.problem for finding in look(story)][-1] == rest


def test_an_answer_that_is_none(story: Path):
    sql(story, "UPDATE requests SET result = '[' WHERE request_id = 'request-1'")
    assert any("'request-1'" in finding.problem for finding in look(story))


def test_revisions_that_stand_in_another_order_than_they_were_written(story: Path):
    sql(story, "UPDATE revisions SET seq = 100 + seq WHERE drawer = 'g-1' AND number = 2")
    assert ("history", "g-1", 3) in told(story)
    assert "before the one that it follows" in look(story)[0].problem
    sql(story, "UPDATE revisions SET seq = 300 - seq WHERE drawer = 'g-1'")
    assert "before those that they follow" in look(story)[0].problem


@pytest.mark.parametrize(
    "statement, named",
    [
        (
            "CREATE TRIGGER sly AFTER INSERT ON revisions BEGIN UPDATE revisions SET actor = 'x'; END",
            "its trigger 'sly' is none of goalgate's",
        ),
        ("CREATE TABLE notes (x)", "its table 'notes' is none of goalgate's"),
        ("CREATE VIEW mine AS SELECT 1", "its view 'mine' is none of goalgate's"),
        ("CREATE INDEX actors ON revisions (actor)", "its index 'actors' is none of goalgate's"),
        ("DROP TABLE requests", "its table 'requests' is missing"),
        ("ALTER TABLE requests ADD COLUMN more", "its table 'requests' is not as goalgate made it"),
        ("PRAGMA journal_mode = DELETE", "its journal mode is delete"),
        ("DELETE FROM palace", "it has no id"),
        ("UPDATE revisions SET tag = 'other' WHERE drawer = 'g-2'", "'other'"),
    ],
)
def test_a_palace_that_is_not_as_it_was_made(statement: str, named: str, story: Path):
    sql(story, statement)
    assert any(finding.kind == "palace" and named in finding.problem for finding in look(story))


def test_the_statistics_of_sqlite_are_no_fault(story: Path):
    sql(story, "ANALYZE")
    assert look(story) == []


@pytest.mark.parametrize(
    "statement, words",
    [
        ("DELETE FROM sessions", "session 's-1' works on goal g-1, and the index of sessions does not know"),
        ("INSERT INTO sessions VALUES ('s-9', 'g-1')", "session 's-9' does not work on goal g-1"),
        ("INSERT INTO sessions VALUES ('s-1', 'g-9')", "session 's-1' does not work on goal g-9"),
    ],
)
def test_an_index_of_sessions_that_lies(statement: str, words: str, story: Path):
    sql(story, statement)
    (finding,) = look(story)
    assert finding.kind == "palace"
    assert words in finding.problem


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO sessions VALUES (x'ff', x'00')",
        "INSERT INTO requests VALUES (x'ff', x'00', x'ff')",
        "UPDATE revisions SET drawer = x'ff' WHERE drawer = 'g-2'",
        "UPDATE revisions SET number = 'two' WHERE drawer = 'g-2' AND number = 2",
        "UPDATE revisions SET actor = CAST(x'ff' AS TEXT) WHERE drawer = 'g-1' AND number = 2",
        "UPDATE revisions SET committed = 'never' WHERE drawer = 'g-1' AND number = 2",
    ],
)
def test_what_no_program_should_ever_write(statement: str, story: Path):
    sql(story, statement)
    assert told(story) != []


def test_many_lies_are_counted(story: Path):
    for at in range(12):
        sql(story, "INSERT INTO sessions VALUES (?, 'g-2')", f"s-{at + 10}")
    found = look(story)
    assert len(found) == 6
    assert "7 more" in found[-1].problem


def test_a_goal_that_calls_itself_another(story: Path):
    sql(story, "UPDATE revisions SET drawer = 'g-3' WHERE drawer = 'g-2'")
    assert ("unreadable", "g-3", None) in told(story)


def test_a_clock_that_was_ahead(tmp_path: Path):
    clock = Clock()
    with SyncStore.open(tmp_path, clock=clock) as store:
        early = store.apply(Create("before"))
        clock.now += timedelta(days=365 * 70)
        late = store.apply(Create("after"))
        clock.now -= timedelta(days=365 * 70)
        store.leave()
        (finding,) = examine(store)
        assert (finding.kind, finding.goal) == ("clock", late.id)
        assert "2096" in finding.problem
        assert early.id not in finding.problem
        # Clocks never agree to the second.
        clock.now += timedelta(days=365 * 70, minutes=-4)
        assert examine(store) == []


def test_the_last_moment_there_is(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        store.import_goals(goals(wire("g-1", updated="9999-12-31T23:59:59.999999Z")))
        store.leave()
        (finding,) = examine(store)
    assert "9999-12-31T23:59:59.999999Z, the last moment there is" in finding.problem


def test_a_walk_that_cannot_go_on_says_so_and_the_other_checks_go_on(story: Path):
    sql(story, "DROP INDEX newest")
    sql(story, "CREATE TABLE mine (x)")
    problems = [finding.problem for finding in look(story)]
    assert any("index 'newest' is missing" in problem for problem in problems)
    assert any("'mine'" in problem for problem in problems)
    assert any("can't be looked at to the end" in problem for problem in problems)


def test_it_changes_nothing(story: Path):
    folder = story / "palaces" / DEFAULT_PALACE

    def content() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.endswith("-shm")}

    with SyncStore.open(story, create=False) as store:
        before = content()
        assert examine(store) == []
        assert {name: data for name, data in content().items() if not name.endswith("-wal")} == {
            name: data for name, data in before.items() if not name.endswith("-wal")
        }


def test_what_is_committed_while_it_looks_is_no_fault(story: Path):
    with SyncStore.open(story) as agent, SyncStore.open(story) as store:
        at = 0

        def commit(_done: int, _of: int) -> None:
            nonlocal at
            at += 1
            agent.apply(Link("g-2", link(f"s-{at + 10}")))

        def keep(_seconds: float) -> bool:
            agent.leave()
            return False

        found = examine(store, commit, keep)
        assert at >= 2
    assert found == []


def test_a_time_that_is_ahead_in_the_palace_alone(tmp_path: Path):
    """By a clock of the machine that was wrong for a while: the goal has its own."""
    ahead = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    with SyncStore.open(tmp_path) as store:
        store.import_goals(goals(wire("g-1")))
        store.leave()
    recommit(tmp_path, ahead)
    (finding,) = look(tmp_path)
    assert (finding.kind, finding.goal, finding.revision) == ("clock", "g-1", 1)
    assert ahead in finding.problem


def recommit(root: Path, committed: str) -> None:
    """Give the only revision another time of its commit, as its writer would have."""
    columns = "drawer, number, actor, kind, asked_at, CAST(text AS BLOB)"
    ((drawer, number, actor, kind, asked_at, text),) = sql(root, f"SELECT {columns} FROM revisions")
    crc = checksum(drawer, number, committed, actor, kind, asked_at, text)
    sql(root, "UPDATE revisions SET committed = ?, crc = ?", committed, crc)
