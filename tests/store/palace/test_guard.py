"""Files that change under an open palace are noticed before the next change is acknowledged, and nothing is lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from store import Create, Note, PalaceUnavailable, SyncStore
from store.palace.guard import close_untouched, state_of
from tests.store.helpers import cached, fresh, heal, locked, palace_file, set_aside, sql, tick, tick_until
from tests.store.peer import Peer


def log_of(root: Path) -> Path:
    return palace_file(root).with_name("palace.db-wal")


def index_of(root: Path) -> Path:
    return palace_file(root).with_name("palace.db-shm")


def index(root: Path) -> None:
    index_of(root).unlink()


def log_and_index(root: Path) -> None:
    log_of(root).unlink()
    index_of(root).unlink()


def log(root: Path) -> None:
    log_of(root).unlink()


def cut_index(root: Path) -> None:
    os.truncate(index_of(root), 0)


def another_index(root: Path) -> None:
    index_of(root).with_name("copy").write_bytes(index_of(root).read_bytes())
    index_of(root).with_name("copy").replace(index_of(root))


@pytest.mark.parametrize("taken", [index, log, log_and_index, cut_index, another_index])
@pytest.mark.parametrize("checkpointed", [True, False])
@pytest.mark.parametrize("noticed", [True, False])
def test_what_sqlite_keeps_beside_the_palace_is_taken_away(taken, checkpointed: bool, noticed: bool, tmp_path: Path):
    """By somebody who tidies up, say. What was acknowledged before and after, by anyone, is all there."""
    with SyncStore.open(tmp_path) as store:
        known = {store.apply(Create("before")).id}
        if checkpointed:
            with closing(sqlite3.connect(palace_file(tmp_path))) as db:
                db.execute("PRAGMA wal_checkpoint(FULL)")
            known.add(store.apply(Create("since")).id)
        taken(tmp_path)
        if noticed:
            # As the kernel's event makes it do at once.
            store.look()
            heal(store)
        with Peer(tmp_path) as peer:
            others = set()
            for _ in range(2):
                peer.tell("create")
                refusal, answer = peer.answer()
                others |= set() if refusal else {answer}
            # An index without its log is of no use to anybody.
            assert others or taken is log
        for _ in range(3):
            try:
                others.add(store.apply(Create("mine")).id)
            except PalaceUnavailable:
                tick(store)
        heal(store)
        others.add(store.apply(Create("after")).id)
        there = set(store.book.ids())
        assert others <= there
        # Two worlds are possible where nobody looked in between: then what was known here was kept, and that is said.
        if not known <= there:
            assert not noticed
            (copy,) = (tmp_path / "set-aside").glob("*-palace.db")
            with closing(sqlite3.connect(copy)) as db:
                assert {drawer for (drawer,) in db.execute("SELECT drawer FROM revisions")} == known
            assert any(copy.name in said for said in store.notices)
    with SyncStore.open(tmp_path, create=False) as store:
        assert set(store.book.ids()) == there
    assert sql(tmp_path, "PRAGMA integrity_check") == [("ok",)]


def test_a_log_without_a_name_is_written_into_the_palace(tmp_path: Path):
    """Nobody else has begun another log yet: nothing is lost, and nothing needs to be kept elsewhere."""
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"))
        log_and_index(tmp_path)
        with pytest.raises(PalaceUnavailable, match="-wal is gone"):
            store.apply(Note(goal.id, "n"))
        heal(store)
        assert list(store.all()) == fresh(tmp_path) == [goal]
        assert not (tmp_path / "set-aside").exists()


def test_two_stores_have_a_log_without_a_name(tmp_path: Path):
    """Neither is alone, and what the other committed is in that log, too."""
    with SyncStore.open(tmp_path) as store, Peer(tmp_path) as peer:
        goal = store.apply(Create("d"))
        peer.ask("tick")
        peer.ask("note", goal.id, "theirs")
        log_and_index(tmp_path)
        tick(store)
        heal(store)
        peer.tell("note", goal.id, "lost")
        assert peer.answer()[0] == "PalaceUnavailable"
        while peer.ask("degraded"):
            peer.ask("tick")
        peer.ask("note", goal.id, "again")
        store.apply(Note(goal.id, "mine"))
        assert store.all()[0].notes == ("theirs", "again", "mine")
        assert fresh(tmp_path) == list(store.all())


@pytest.mark.parametrize("leave", [True, False])
def test_whoever_only_quits_destroys_nothing(leave: bool, tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        store.apply(Create("before"))
        index(tmp_path)
        with Peer(tmp_path) as peer:
            peer.ask("create")
        if leave:
            store.leave()
    assert len(fresh(tmp_path)) == 2


def test_an_index_that_was_cut_is_not_touched_again(tmp_path: Path):
    """To read what is not there any more would end the process by SIGBUS."""
    with Peer(tmp_path) as peer:
        goal_id = peer.ask("create")
        cut_index(tmp_path)
        peer.tell("note", goal_id, "n")
        assert peer.answer()[0] == "PalaceUnavailable"
        while peer.ask("degraded"):
            peer.ask("tick")
        peer.ask("note", goal_id, "n")
    assert fresh(tmp_path)[0].notes == ("n",)


def written_over(root: Path, copy: Path) -> None:
    """As ``cp`` does it: the same file, with other content."""
    with palace_file(root).open("r+b") as file:
        file.write(copy.read_bytes())
        file.truncate()


@pytest.mark.parametrize("more", [10, 400])
def test_a_palace_that_was_written_over_is_noticed(more: int, tmp_path: Path):
    """The log that is left belongs to pages that are not there any more: nothing is acknowledged on top of that."""
    root, copy = tmp_path / "root", tmp_path / "copy"
    with SyncStore.open(root) as store:
        goal = store.apply(Create("old"))
        store.leave()
    shutil.copyfile(palace_file(root), copy)
    with SyncStore.open(root) as store:
        for number in range(more):
            store.apply(Note(goal.id, "n" * 4000 + str(number)))
            if number % 100 == 0:
                with closing(sqlite3.connect(palace_file(root))) as db:
                    db.execute("PRAGMA wal_checkpoint(RESTART)")
        tick(store)
        before = list(store.all())
        written_over(root, copy)
        for _ in range(3):
            with pytest.raises(PalaceUnavailable, match=r"written over|is not the database that its log"):
                store.apply(Note(goal.id, "lost"))
            tick(store)
        assert list(store.all()) == before
        # Nor does a process that begins now go on.
        with SyncStore.open(root) as other, pytest.raises(PalaceUnavailable, match="is not the database"):
            other.apply(Create("lost"))
        store.leave()
    # What the operator put there is as it was put there, and the newest state is in the cache.
    assert palace_file(root).read_bytes() == copy.read_bytes()
    assert cached(root) == before
    # As the reason says: with the log away it is the copy.
    log_and_index(root)
    with SyncStore.open(root) as store:
        assert [revision.number for revision in store.history(goal.id)] == [1]
        store.apply(Note(goal.id, "on it goes"))
        store.leave()
    assert set_aside(root) == [[goal.id]]


def test_a_log_that_a_kill_left_is_not_put_into_an_older_copy(tmp_path: Path):
    root, copy = tmp_path / "root", tmp_path / "copy"
    with SyncStore.open(root) as store:
        goal = store.apply(Create("old"))
    shutil.copyfile(palace_file(root), copy)
    with SyncStore.open(root) as store:
        store.apply(Note(goal.id, "in the palace"))
    with Peer(root) as peer:
        peer.ask("note", goal.id, "in the log")
    shutil.copyfile(copy, palace_file(root))
    with SyncStore.open(root) as store:
        assert store.degraded is not None
        assert "is not the database that its log" in store.degraded
    assert palace_file(root).read_bytes() == copy.read_bytes()


def test_all_files_written_over_together_are_an_older_palace(tmp_path: Path):
    root, copy = tmp_path / "root", tmp_path / "copy"
    with SyncStore.open(root) as store:
        goal = store.apply(Create("old"))
        shutil.copytree(palace_file(root).parent, copy)
        for number in range(5):
            store.apply(Note(goal.id, str(number)))
        tick(store)
        for name in ("palace.db", "palace.db-wal", "palace.db-shm"):
            (palace_file(root).parent / name).write_bytes((copy / name).read_bytes())
        with pytest.raises(PalaceUnavailable):
            store.apply(Note(goal.id, "lost"))
        heal(store)
        assert list(store.all()) == [goal]
        assert any("lacks changes that were seen here" in said for said in store.notices)
        store.apply(Note(goal.id, "after"))
        store.leave()
    assert fresh(root)[0].notes == ("after",)
    assert set_aside(root) == [[goal.id]]


@pytest.mark.parametrize("size", [0, 4096, 5000])
def test_a_palace_that_was_cut_short_takes_no_change(size: int, tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"))
        with closing(sqlite3.connect(palace_file(tmp_path))) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        store.apply(Note(goal.id, "n"))
        before = list(store.all())
        os.truncate(palace_file(tmp_path), size)
        for _ in range(3):
            with pytest.raises(PalaceUnavailable):
                store.apply(Note(goal.id, "lost"))
            tick(store)
        assert list(store.all()) == before
        assert store.degraded


def test_a_log_that_was_cut_short_is_noticed(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"))
        tick(store)
        with closing(sqlite3.connect(palace_file(tmp_path))) as db:
            db.execute("PRAGMA wal_checkpoint(FULL)")
        store.apply(Note(goal.id, "n"))
        tick(store)
        os.truncate(log_of(tmp_path), 0)
        with pytest.raises(PalaceUnavailable):
            store.apply(Note(goal.id, "lost"))
        heal(store)
        # What stood in it alone is in the cache's copy, and that is said.
        assert list(store.all()) == [goal]
        assert any("lacks changes" in said for said in store.notices)
        store.apply(Note(goal.id, "after"))
        store.leave()
    assert fresh(tmp_path)[0].notes == ("after",)


@pytest.mark.parametrize("how", ["PASSIVE", "FULL", "RESTART", "TRUNCATE"])
def test_checkpoints_by_others_are_nothing_new(how: str, tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"))
        for number in range(5):
            with closing(sqlite3.connect(palace_file(tmp_path))) as db:
                db.execute(f"PRAGMA wal_checkpoint({how})")
            store.apply(Note(goal.id, str(number)))
            tick(store)
            assert store.degraded is None
        assert not store.notices


def test_others_with_sqlite_are_nothing_new(tmp_path: Path):
    """A backup, a vacuum: the palace may be looked at closely, and is the same."""
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"))
        for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA optimize", "REINDEX"):
            with closing(sqlite3.connect(palace_file(tmp_path), isolation_level=None)) as db:
                db.execute(statement).fetchall()
            tick_until(store, lambda: store.degraded is None, "it is used")
            goal = store.apply(Note(goal.id, statement))
        assert list(store.all()) == [goal]
        assert not store.notices


def test_a_connection_is_closed_and_the_log_is_left(tmp_path: Path):
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("CREATE TABLE t (a)")
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("INSERT INTO t VALUES (1)")
    before = path.read_bytes()
    close_untouched(db, state_of(path))
    assert (path.read_bytes(), path.with_name("a.db-wal").stat().st_size > 0) == (before, True)
    # No lock is left either.
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as db:
        assert db.execute("SELECT a FROM t").fetchall() == [(1,)]
        db.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()
        db.execute("BEGIN EXCLUSIVE")


def test_files_that_are_taken_away_while_a_change_waits_for_its_turn(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        before = store.apply(Create("before"))
        refusals: list[PalaceUnavailable] = []

        def change() -> None:
            try:
                store.apply(Create("late"))
            except PalaceUnavailable as error:
                refusals.append(error)

        waiting = threading.Thread(target=change)
        with locked(tmp_path):
            waiting.start()
            waiting.join(0.3)
            index(tmp_path)
        waiting.join()
        assert "-shm is gone" in refusals[0].reason
        heal(store)
        assert list(store.all()) == [before]


def test_a_copy_in_the_place_of_the_palace_keeps_its_log(tmp_path: Path):
    """As an editor, or a tool that syncs folders, replaces a file by a copy of it."""
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"))
        with closing(sqlite3.connect(palace_file(tmp_path))) as db:
            db.execute("PRAGMA wal_checkpoint(FULL)")
        goal = store.apply(Note(goal.id, "in the log"))
        shutil.copyfile(palace_file(tmp_path), tmp_path / "copy")
        (tmp_path / "copy").replace(palace_file(tmp_path))
        with pytest.raises(PalaceUnavailable, match="was replaced"):
            store.apply(Note(goal.id, "lost"))
        heal(store)
        assert list(store.all()) == fresh(tmp_path) == [goal]
        assert not store.notices


@pytest.mark.parametrize("folder", [True, False])
def test_what_was_moved_away_has_all_that_was_acknowledged(folder: bool, tmp_path: Path):
    """Also where its log was deleted, since it did not look like one of the palace's files any more."""
    root, away = tmp_path / "root", tmp_path / "away"
    with SyncStore.open(root) as store:
        goal = store.apply(Create("d"))
        store.apply(Note(goal.id, "n"))
        away.mkdir()
        if folder:
            palace_file(root).parent.rename(away / "palaces")
        else:
            palace_file(root).rename(away / "palace.db")
            log_and_index(root)
        tick(store)
        assert store.degraded
    with closing(sqlite3.connect(next(away.rglob("palace.db")))) as db:
        assert db.execute("SELECT count(*) FROM revisions").fetchall() == [(2,)]


def linked(root: Path, name: str) -> None:
    """As somebody moves a file elsewhere and leaves a link in its place: the same file, by another path."""
    palace_file(root).rename(root / name)
    palace_file(root).symlink_to(root / name)


@pytest.mark.parametrize("noticed", [True, False])
def test_a_link_takes_the_place_of_the_palace(noticed: bool, tmp_path: Path):
    """SQLite keeps a log beside the file to which a link leads: whoever opens it now would not see the one in use."""
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"))
        goal = store.apply(Note(goal.id, "before"))
        linked(tmp_path, "real.db")
        if noticed:
            with pytest.raises(PalaceUnavailable, match=r"real\.db-wal is gone"):
                store.apply(Note(goal.id, "refused"))
            heal(store)
            assert list(store.all()) == fresh(tmp_path) == [goal]
        with Peer(tmp_path) as peer:
            theirs = peer.ask("create")
            assert peer.ask("degraded") is None
        if not noticed:
            with pytest.raises(PalaceUnavailable, match=r"real\.db-wal was replaced"):
                store.apply(Note(goal.id, "refused"))
        heal(store)
        mine = store.apply(Create("mine"))
        there = list(store.all())
        assert {theirs, mine.id} <= {one.id for one in there}
        # Two worlds began where nobody looked in between: then what was known here was kept, and that is said.
        if not noticed:
            (copy,) = (tmp_path / "set-aside").glob("*-palace.db")
            with closing(sqlite3.connect(copy)) as db:
                assert db.execute("SELECT drawer, count(*) FROM revisions GROUP BY drawer").fetchall() == [(goal.id, 2)]
            assert any(copy.name in said for said in store.notices)
    assert fresh(tmp_path) == there
    assert sql(tmp_path, "PRAGMA integrity_check") == [("ok",)]


def test_a_link_takes_the_place_of_the_palace_until_its_store_is_closed(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"))
        linked(tmp_path, "real.db")
    assert fresh(tmp_path) == [goal]
    assert not log_of(tmp_path).exists()


def test_a_palace_that_is_a_link_when_it_is_opened(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"))
    linked(tmp_path, "real.db")
    with SyncStore.open(tmp_path) as store, Peer(tmp_path) as peer:
        peer.ask("note", goal.id, "theirs")
        goal = store.apply(Note(goal.id, "mine"))
        assert goal.notes == ("theirs", "mine")
        tick(store)
        assert (store.degraded, list(store.notices)) == (None, [])


@pytest.mark.parametrize("where", ["root", "palaces", "palace.db"])
def test_a_link_leads_elsewhere_while_the_palace_is_open(where: str, tmp_path: Path):
    """As a link to the present version of something is put on the next."""
    root, real, other = tmp_path / "root", tmp_path / "real", tmp_path / "other"
    for folder in (real, other):
        with SyncStore.open(folder) as store:
            store.apply(Create(folder.name))
    link, within = {
        "root": (root, "."),
        "palaces": (root / "palaces", "palaces"),
        "palace.db": (palace_file(root), str(palace_file(real).relative_to(real))),
    }[where]
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(real / within)
    with SyncStore.open(root) as store:
        assert [goal.description for goal in store.all()] == ["real"]
        store.apply(Create("real too"))
        link.unlink()
        link.symlink_to(other / within)
        with pytest.raises(PalaceUnavailable, match="was replaced by another file"):
            store.apply(Create("refused"))
        heal(store)
        store.apply(Create("other too"))
    assert {goal.description for goal in fresh(other)} == {"other", "other too"}
    assert {goal.description for goal in fresh(real)} == {"real", "real too"}


def gone_two_ways(tmp_path: Path) -> tuple[Path, Path]:
    """A palace and a copy of it, of which each is to go on by itself."""
    root, other = tmp_path / "root", tmp_path / "other"
    with SyncStore.open(root) as store:
        store.apply(Create("both"))
    shutil.copytree(root, other)
    return root, other


def go_on(root: Path, count: int) -> None:
    with SyncStore.open(root) as store:
        for number in range(count):
            store.apply(Create(f"other {number}"))


@pytest.mark.parametrize("theirs, mine", [(20, 20), (25, 20), (20, 25)])
@pytest.mark.parametrize("how", ["no", "FULL", "RESTART", "TRUNCATE"])
def test_a_copy_that_went_its_own_way_is_written_over_the_palace(theirs: int, mine: int, how: str, tmp_path: Path):
    """Also where as much was changed in the one as in the other."""
    root, other = gone_two_ways(tmp_path)
    go_on(other, theirs)
    with SyncStore.open(root) as store:
        for number in range(mine):
            store.apply(Create(f"mine {number}"))
        if how != "no":
            with closing(sqlite3.connect(palace_file(root))) as db:
                db.execute(f"PRAGMA wal_checkpoint({how})")
        tick(store)
        before = list(store.all())
        written_over(root, palace_file(other))
        with pytest.raises(PalaceUnavailable):
            store.apply(Create("lost"))
        if how != "TRUNCATE":
            for _ in range(3):
                tick(store)
                with pytest.raises(PalaceUnavailable):
                    store.apply(Create("lost"))
            assert list(store.all()) == before
            assert palace_file(root).read_bytes() == palace_file(other).read_bytes()
        else:
            # There is no log that contradicts it: it is the palace now, and what it lacks is said.
            heal(store)
            assert any("lacks changes that were seen here" in said for said in store.notices)
            kept = store.apply(Create("kept"))
            assert kept in fresh(root)
        store.leave()
    if how != "TRUNCATE":
        log_and_index(root)
    with closing(sqlite3.connect(palace_file(root))) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize("theirs", [20, 25, 30])
def test_a_log_that_a_kill_left_is_not_put_into_a_copy_that_went_its_own_way(theirs: int, tmp_path: Path):
    root, other = gone_two_ways(tmp_path)
    go_on(other, theirs)
    with Peer(root) as peer:
        for _ in range(25):
            peer.ask("create")
    shutil.copyfile(palace_file(other), palace_file(root))
    with SyncStore.open(root) as store:
        assert "is not the database that its log" in str(store.degraded)
        with pytest.raises(PalaceUnavailable):
            store.apply(Create("lost"))
    assert palace_file(root).read_bytes() == palace_file(other).read_bytes()
    assert log_of(root).stat().st_size


def test_a_log_is_begun_anew_by_others_between_two_looks(tmp_path: Path):
    """More than a log holds was committed: nothing in it tells how it came to that, and nothing is wrong."""
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"))
        with Peer(tmp_path) as peer:
            for number in range(3):
                peer.ask("note", goal.id, "n" * 4000 + str(number))
                with closing(sqlite3.connect(palace_file(tmp_path))) as db:
                    db.execute("PRAGMA wal_checkpoint(RESTART)")
            peer.ask("note", goal.id, "last")
        goal = store.apply(Note(goal.id, "mine"))
        assert [note[-4:] for note in goal.notes] == ["nnn0", "nnn1", "nnn2", "last", "mine"]
        assert (store.degraded, list(store.notices)) == (None, [])
