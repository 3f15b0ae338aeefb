"""Who else can write where goalgate's files are: of every folder and file, by itself."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from store import SyncStore, examine
from store.palace import DEFAULT_PALACE
from tests.store.helpers import goals, wire

FOLDER = f"palaces/{DEFAULT_PALACE}"
PLACES = [
    *("", "palaces", FOLDER, f"{FOLDER}/palace.db", f"{FOLDER}/palace.db-wal", f"{FOLDER}/palace.db-shm"),
    *(f"{FOLDER}/keeper.lock", f"{FOLDER}/cache.stamp", f"{FOLDER}/.new-1", "sm", "sm/goals.json"),
    *("set-aside", "set-aside/1.json"),
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A palace with everything that may lie in its folders, as private as goalgate makes it."""
    root = tmp_path / "root"
    with SyncStore.open(root) as store:
        store.import_goals(goals(wire("g-1")))
        store.leave()
    (root / "set-aside").mkdir(mode=0o700)
    for name in ("set-aside/1.json", f"{FOLDER}/.new-1"):
        (root / name).touch(mode=0o600)
    return root


def found(store: SyncStore) -> list[tuple[str, str | None]]:
    return [(finding.kind, finding.path) for finding in examine(store)]


@pytest.mark.parametrize("place", PLACES)
def test_each_place_that_others_can_write(place: str, root: Path):
    path = root / place
    with SyncStore.open(root, create=False) as store:
        assert found(store) == []
        mode = path.stat().st_mode & 0o777
        for more, well in ((0o055, True), (0o020, False), (0o002, False)):
            path.chmod(mode | more)
            assert found(store) == ([] if well else [("root", str(path))])


@pytest.mark.skipif(os.getuid() != 0, reason="giving a file to another user takes root")
# To its companions SQLite, as root, gives the owner of the database.
@pytest.mark.parametrize("place", [place for place in PLACES if not place.endswith(("palace.db", "-wal", "-shm"))])
def test_each_place_that_belongs_to_another_user(place: str, root: Path):
    with SyncStore.open(root, create=False) as store:
        os.chown(root / place, 12345, -1)
        (finding,) = examine(store)
    assert (finding.kind, finding.path) == ("root", str(root / place))
    assert "uid 12345" in finding.problem


@pytest.mark.parametrize("place", ["palaces", FOLDER, "set-aside", "set-aside/1.json", "sm/goals.json"])
def test_a_link_where_none_is_expected(place: str, root: Path, tmp_path: Path):
    path, target = root / place, tmp_path / "elsewhere"
    path.rename(target)
    path.symlink_to(target)
    with SyncStore.open(root, create=False) as store:
        (finding,) = examine(store)
        assert (finding.kind, finding.path) == ("root", str(path))
        assert f"is a link to {target}" in finding.problem
        target.chmod(0o777)
        assert found(store) == [("root", str(path))] * 2


def test_a_root_and_a_folder_of_the_cache_that_are_links(root: Path, tmp_path: Path):
    (root / "sm").rename(tmp_path / "checkout")
    (root / "sm").symlink_to(tmp_path / "checkout")
    (tmp_path / "goals").symlink_to(root)
    with SyncStore.open(tmp_path / "goals", create=False) as store:
        assert found(store) == []
        (tmp_path / "checkout").chmod(0o777)
        assert found(store) == [("root", str(tmp_path / "goals" / "sm"))]


def test_a_folder_above_in_which_everybody_can_put_another_root(root: Path):
    with SyncStore.open(root, create=False) as store:
        root.parent.chmod(0o1777)
        assert found(store) == []
        root.parent.chmod(0o777)
        assert found(store) == [("root", str(root.parent))]
        root.parent.chmod(0o700)


@pytest.mark.skipif(os.getuid() != 0, reason="giving a folder to another user takes root")
@pytest.mark.parametrize(
    "uid, gid, mode, said",
    [
        (12345, 0, 0o755, "belongs to another user (uid 12345)"),
        (12345, 0, 0o1777, "belongs to another user (uid 12345)"),
        (0, 12345, 0o775, "can be written by its group (gid 12345, mode 775)"),
        (0, 12345, 0o755, None),
        (0, 12345, 0o1775, None),
        # The group that is root's alone, as each user's of the same name.
        (0, 0, 0o775, None),
    ],
)
def test_a_folder_above_in_which_some_can_put_another_root(uid: int, gid: int, mode: int, said: str | None, root: Path):
    above = root.parent
    os.chown(above, uid, gid)
    above.chmod(mode)
    try:
        with SyncStore.open(root, create=False) as store:
            problems = [finding.problem for finding in examine(store)]
    finally:
        os.chown(above, 0, 0)
        above.chmod(0o700)
    assert problems == ([] if said is None else [f"{above} {said}: they can put another root in its place"])


def test_what_is_no_file(root: Path):
    os.mkfifo(root / "set-aside" / "2.json", 0o600)
    with SyncStore.open(root, create=False) as store:
        (finding,) = examine(store)
    assert "2.json is neither a file nor a folder" in finding.problem


def test_the_operators_own_folders(root: Path, tmp_path: Path):
    mine = tmp_path / "state"
    with SyncStore.open(root, create=False) as store:
        # It may still have to be made.
        assert examine(store, folders=[mine / "goalgate"]) == []
        mine.mkdir(mode=0o700)
        assert examine(store, folders=[mine]) == []
        mine.chmod(0o770)
        (finding,) = examine(store, folders=[mine])
        assert (finding.kind, finding.path) == ("root", str(mine))
        mine.rmdir()
        mine.touch(mode=0o600)
        (finding,) = examine(store, folders=[mine / "goalgate", mine / "goalgate" / "log"])
        assert (finding.kind, finding.path) == ("state", str(mine / "goalgate"))
