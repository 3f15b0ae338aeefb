"""A palace that can't be written is read, with its history, says why, and is left as it was found."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from store import Create, Note, PalaceUnavailable, SqlitePalace, SyncStore, examine
from tests.store.helpers import fresh, heal, palace_file, refused, sql, tick, wait_until
from tests.store.peer import Peer


@pytest.fixture
def used(tmp_path: Path) -> Path:
    """A root with one goal, which nobody has open."""
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"))
        store.apply(Note(goal.id, "n"))
        store.leave()
    return tmp_path


def require_rights(path: Path) -> None:
    if os.access(path, os.W_OK):
        pytest.skip("nothing is read-only to root; setpriv --bounding-set=-all --inh-caps=-all makes it so")


def files(root: Path) -> dict[str, int]:
    return {path.name: path.lstat().st_mode for path in palace_file(root).parent.iterdir()}


def is_read_and_not_written(root: Path, reason: str) -> None:
    """The goals and their history are there; every change is refused with the reason, and nothing is made."""
    before = files(root)
    with SyncStore.open(root, create=False) as store:
        assert store.degraded is None
        (goal,) = store.all()
        assert len(store.history(goal.id)) == 2
        (finding,) = examine(store)
        assert reason in finding.problem
    with SyncStore.open(root) as store:
        assert store.read_only
        assert reason in str(store.degraded)
        assert list(store.all()) == [goal]
        assert len(store.history(goal.id)) == 2
        with refused(PalaceUnavailable, palace="session-manager", reason=store.degraded):
            store.apply(Create("no"))
        tick(store)
        assert store.read_only
        store.leave()
    assert files(root) == before


def test_a_second_name(used: Path):
    """Whoever opened it by the other one would have a log of its own."""
    os.link(palace_file(used), used / "backup.db")
    is_read_and_not_written(used, "has 2 names (hard links)")
    with SyncStore.open(used) as store:
        (used / "backup.db").unlink()
        heal(store)
        store.apply(Create("yes"))
    os.link(palace_file(used), used / "backup.db")
    with SyncStore.open(used, shared_root=True) as store:
        store.apply(Create("told so"))
    assert len(fresh(used)) == 3


def test_a_second_name_that_comes_while_it_is_open(used: Path):
    with SyncStore.open(used) as store:
        store.apply(Create("before"))
        os.link(palace_file(used), used / "backup.db")
        with pytest.raises(PalaceUnavailable, match="hard links"):
            store.apply(Create("no"))
        tick(store)
        (used / "backup.db").unlink()
        heal(store)
        store.apply(Create("after"))


def test_a_newer_format(used: Path):
    sql(used, "PRAGMA user_version = 99")
    is_read_and_not_written(used, "its format 99 is newer")
    with SyncStore.open(used, create=False) as store:
        assert any("99" in said for said in store.notices)


@pytest.mark.parametrize(
    "change",
    ["ALTER TABLE revisions RENAME COLUMN actor TO who", "UPDATE revisions SET crc = crc + 1"],
)
def test_a_newer_format_that_holds_other_things(change: str, used: Path):
    """The goals come from the cache then."""
    sql(used, change)
    sql(used, "PRAGMA user_version = 99")
    with SyncStore.open(used) as store:
        assert "its format 99 is newer" in str(store.degraded)
        assert not store.read_only
        assert [goal.notes for goal in store.all()] == [("n",)]


@pytest.mark.parametrize("mode", [0o400, 0o444])
def test_a_moment_in_which_it_is_read_only(mode: int, used: Path):
    """What is read then leaves no file behind that nobody could write afterwards."""
    palace_file(used).chmod(mode)
    require_rights(palace_file(used))
    is_read_and_not_written(used, "palace.db can't be written: its mode is")
    palace_file(used).chmod(0o600)
    with SyncStore.open(used) as store:
        store.apply(Create("after"))
    assert len(fresh(used)) == 2


def test_what_such_a_moment_left_is_mended(used: Path):
    """By another program that read it, or an older goalgate."""
    with Peer(used) as peer:
        peer.ask("create")
    for name in ("palace.db-shm", "palace.db-wal"):
        palace_file(used).with_name(name).chmod(0o400)
    with SyncStore.open(used) as store:
        assert store.degraded is None
        store.apply(Create("after"))
    assert len(fresh(used)) == 3


def test_a_folder_that_is_read_only(used: Path):
    folder = palace_file(used).parent
    folder.chmod(0o500)
    try:
        require_rights(folder)
        is_read_and_not_written(used, f"{folder} can't be written: its mode is 0500")
    finally:
        folder.chmod(0o700)


def test_a_folder_that_is_read_only_while_somebody_writes(used: Path):
    """What stands in the log is read, too, where there is an index to read it by."""
    folder = palace_file(used).parent
    with Peer(used) as peer:
        peer.ask("create")
        palace_file(used).chmod(0o400)
        try:
            require_rights(palace_file(used))
            with SyncStore.open(used) as store:
                assert store.read_only
                assert len(store.all()) == 2
                peer.ask("create")
                tick(store)
                assert len(store.all()) == 3
        finally:
            palace_file(used).chmod(0o600)
    assert folder.exists()


def test_a_change_while_it_is_read_without_a_log(used: Path):
    folder = palace_file(used).parent
    palace_file(used).chmod(0o400)
    try:
        require_rights(palace_file(used))
        with SyncStore.open(used, create=False) as store:
            assert len(store.all()) == 1
            palace_file(used).chmod(0o600)
            with Peer(used) as peer:
                peer.ask("create")
                wait_until(lambda: store.look() or len(store.all()) == 2, "it is seen")
    finally:
        palace_file(used).chmod(0o600)
    assert folder.exists()


def another(root: Path) -> None:
    palace_file(root).unlink()
    sql(root, "CREATE TABLE notes (a)")


def emptied(root: Path) -> None:
    palace_file(root).write_bytes(b"")


def a_folder(root: Path) -> None:
    palace_file(root).unlink()
    palace_file(root).mkdir()


def a_link_to_nothing(root: Path) -> None:
    palace_file(root).unlink()
    palace_file(root).symlink_to(root / "nowhere.db")


@pytest.mark.parametrize(
    "make, reason",
    [
        (another, "it is another program's database, with the tables notes"),
        (emptied, "is empty, though there was a palace in it"),
        (a_folder, "palace.db is a folder"),
        (a_link_to_nothing, "nowhere.db, which is not there"),
    ],
)
def test_what_no_palace_is_made_in(make: Callable[[Path], None], reason: str, used: Path):
    make(used)
    before = files(used)
    content = palace_file(used).read_bytes() if palace_file(used).is_file() else b""
    with SyncStore.open(used) as store:
        assert reason in str(store.degraded)
        with pytest.raises(PalaceUnavailable):
            store.apply(Create("no"))
        store.leave()
    assert files(used).keys() == before.keys()
    assert not palace_file(used).is_file() or palace_file(used).read_bytes() == content
    assert not (used / "nowhere.db").exists()


def test_an_emptied_palace_is_named_where_nothing_is_made(used: Path):
    before = fresh(used)
    emptied(used)
    with SyncStore.open(used, create=False) as store:
        assert "is empty, though there was a palace in it" in str(store.degraded)
        # As they were last known.
        assert list(store.all()) == before
        found = [finding.problem for finding in examine(store)]
    assert any("palace.db is empty" in problem for problem in found)
    assert palace_file(used).read_bytes() == b""
    # Where it is gone, a new one may be made.
    palace_file(used).unlink()
    with SyncStore.open(used) as store:
        assert (store.degraded, list(store.all())) == (None, before)


def test_a_path_that_is_too_long_makes_nothing(tmp_path: Path):
    root = tmp_path
    for _ in range(5):
        root /= "d" * 100
    with SyncStore.open(root) as store:
        assert "bytes, and SQLite takes" in str(store.degraded)
        with pytest.raises(PalaceUnavailable, match="shorter root"):
            SqlitePalace(root).open(create=True)
    assert [*tmp_path.iterdir()] == []
