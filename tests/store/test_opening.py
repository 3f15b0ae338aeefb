"""Opening: from the palace, from the cache where there is no palace to read, from nothing at all (CONTRACT 4)."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from store import (
    CacheError,
    Create,
    Edit,
    GoalStatus,
    GoalStore,
    GoalStoreError,
    InvalidInput,
    Link,
    Note,
    PalaceUnavailable,
    Revert,
    SetStatus,
    SyncStore,
    Unlink,
    Update,
    examine,
)
from tests.store.helpers import (
    cache_file,
    cached,
    fresh,
    goals,
    heal,
    hear_until,
    link,
    link_wire,
    palace_file,
    refused,
    sql,
    tick,
    update,
    wire,
    write_cache,
)


def garbage(root: Path) -> None:
    palace_file(root).write_bytes(b"this is no palace\n" * 1000)


def zeros(root: Path) -> None:
    palace_file(root).write_bytes(bytes(65536))


def half(root: Path) -> None:
    palace_file(root).write_bytes(palace_file(root).read_bytes()[:5000])


def folder(root: Path) -> None:
    palace_file(root).unlink()
    palace_file(root).mkdir()


def parent_is_a_file(root: Path) -> None:
    palace_file(root).unlink()
    for left in palace_file(root).parent.iterdir():
        left.unlink()
    palace_file(root).parent.rmdir()
    palace_file(root).parent.write_text("in the way")


def another_database(root: Path) -> None:
    palace_file(root).unlink()
    sql(root, "CREATE TABLE t (a)")
    sql(root, "PRAGMA user_version = 1")


BREAKAGES = (garbage, zeros, half, folder, parent_is_a_file, another_database)


@pytest.fixture
def used(tmp_path: Path) -> Path:
    """A root with two goals in palace and cache, and a copy of the palace to put back."""
    with SyncStore.open(tmp_path) as store:
        store.import_goals(goals(wire("g-1", sessions=[link_wire("s-1")], notes=["n"]), wire("g-2", status="done")))
        store.leave()
    palace_file(tmp_path).with_name("copy").write_bytes(palace_file(tmp_path).read_bytes())
    palace_file(tmp_path).with_name("copy").rename(tmp_path / "copy")
    return tmp_path


def put_back(root: Path) -> None:
    """What the operator does: the palace's file where it was, whatever is there now."""
    path = palace_file(root)
    if path.is_dir():
        path.rmdir()
    if path.parent.is_file():
        path.parent.unlink()
        path.parent.mkdir()
    (root / "copy").replace(path)


def mutations() -> tuple[Any, ...]:
    return (
        Create("d"),
        Edit("g-1", "d"),
        Link("g-1", link("s-2")),
        Unlink("g-1", "s-1", "r"),
        Update("g-1", update("s-1", "running")),
        Note("g-1", "n"),
        SetStatus("g-1", GoalStatus.BLOCKED),
        Revert("g-1", 1, 1),
    )


@pytest.mark.parametrize("broken", BREAKAGES)
def test_a_palace_that_cannot_be_read(broken: Callable[[Path], None], used: Path):
    """The goals come from the cache, everything else is refused with the reason, and it heals by itself."""
    expected, before = cached(used), cache_file(used).read_bytes()
    broken(used)
    with SyncStore.open(used) as store:
        assert store.degraded
        assert list(store.all()) == expected
        assert store.get("g-1") == expected[0]
        for intent in mutations():
            with refused(PalaceUnavailable, palace="session-manager", reason=store.degraded):
                store.apply(intent)
        with refused(PalaceUnavailable, palace="session-manager", reason=store.degraded):
            store.import_goals(goals(wire("g-3")))
        with refused(PalaceUnavailable, palace="session-manager", reason=store.degraded):
            store.history("g-1")
        assert list(store.all()) == expected
        store.leave()
        tick(store)
        assert cache_file(used).read_bytes() == before
        assert any(finding.kind == "palace" for finding in examine(store))

        put_back(used)
        heal(store)
        assert list(store.all()) == expected
        assert [revision.number for revision in store.history("g-1")] == [1]
        goal = store.apply(Note("g-1", "after"))
        store.leave()
        assert fresh(used) == cached(used) == [goal, expected[1]]
    # Without its stamp, which went with the folder, the cache is anybody's.
    assert (used / "set-aside").exists() is (broken is parent_is_a_file)


@pytest.mark.parametrize("broken", [garbage, folder])
async def test_an_event_loop_sees_it_heal(broken: Callable[[Path], None], used: Path):
    expected = cached(used)
    broken(used)
    async with GoalStore.open(used) as store:
        assert store.degraded
        assert list(store.all()) == expected
        with pytest.raises(PalaceUnavailable):
            await store.note("g-1", "n")
        with pytest.raises(PalaceUnavailable):
            await store.history("g-1")
        changes = store.changes()
        put_back(used)
        await hear_until(changes, lambda: not store.degraded)
        assert (await store.note("g-1", "after")).notes == ("n", "after")


def test_no_palace_and_no_cache_is_empty(tmp_path: Path):
    palace_file(tmp_path).parent.mkdir(parents=True)
    garbage(tmp_path)
    with SyncStore.open(tmp_path) as store:
        assert store.degraded
        assert list(store.all()) == []


MALFORMED = (
    b"",
    b"{",
    b'{"goals": []}',
    b"\xff\xfe[]",
    b"[]\x00",
    b"[" * 100_000,
    b"null",
    json.dumps([wire()]).encode("utf-16"),
)


@pytest.mark.parametrize("content", MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_cache_matters_where_it_is_needed(content: bytes, used: Path):
    expected = fresh(used)
    cache_file(used).write_bytes(content)
    with SyncStore.open(used) as store:
        assert (store.degraded, list(store.all())) == (None, expected)
    garbage(used)
    with pytest.raises(CacheError) as caught:
        SyncStore(used).start()
    assert caught.value.path == str(cache_file(used))
    assert caught.value.reason
    assert cache_file(used).read_bytes() == content


@pytest.mark.parametrize("content", MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_cache_beside_no_palace(content: bytes, tmp_path: Path):
    write_cache(tmp_path).write_bytes(content)
    with pytest.raises(CacheError):
        SyncStore(tmp_path).start(create=False)
    assert [*tmp_path.iterdir()] == [tmp_path / "sm"]
    # With a palace of its own it is not needed; it is the only copy of whatever it is, so it is kept.
    with SyncStore.open(tmp_path) as store:
        assert (store.degraded, list(store.all())) == (None, [])
        assert store.notices
        store.leave()
    assert [path.read_bytes() for path in (tmp_path / "set-aside").iterdir()] == [content]
    assert cached(tmp_path) == []


async def test_a_malformed_cache_comes_out_bare(used: Path):
    garbage(used)
    cache_file(used).write_bytes(b"{")
    with pytest.raises(CacheError):
        async with GoalStore.open(used):
            pytest.fail("never opened")


def test_reading_creates_nothing(tmp_path: Path):
    root = tmp_path / "not" / "there"
    with SyncStore.open(root, create=False) as store:
        assert (store.degraded, list(store.all()), dict(store.unreadable)) == (None, [], {})
        assert store.get("g-1") is None
        assert examine(store) == []
        tick(store)
        store.leave()
    assert [*tmp_path.iterdir()] == []


def test_reading_a_root_with_only_a_cache_creates_nothing(tmp_path: Path):
    write_cache(tmp_path, wire("g-1"))
    before = sorted(tmp_path.rglob("*"))
    with SyncStore.open(tmp_path, create=False) as store:
        assert [goal.id for goal in store.all()] == ["g-1"]
        tick(store)
        store.leave()
    assert sorted(tmp_path.rglob("*")) == before


def test_reading_changes_nothing(used: Path):
    with SyncStore.open(used, create=False) as store:
        assert [goal.id for goal in store.all()] == ["g-1", "g-2"]
    content = palace_file(used).read_bytes()
    with SyncStore.open(used, create=False) as store:
        list(store.all())
    assert palace_file(used).read_bytes() == content


def test_everything_is_private(tmp_path: Path):
    root = tmp_path / "a" / "b"
    with SyncStore.open(root) as store, SyncStore.open(root, palace="other") as other:
        for one in (store, other):
            one.apply(Create("d"))
            tick(one)
        found = {path.relative_to(root) for path in root.rglob("*")}
        assert {str(path) for path in found} >= {"sm/goals.json", "palaces/other/goals.json"}
        for path in (root.parent, root, *root.rglob("*")):
            assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_nothing_but_the_cache_is_in_sm(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        for _ in range(3):
            store.apply(Create("d"))
            tick(store)
            assert [path.name for path in (tmp_path / "sm").iterdir()] == ["goals.json"]
        store.leave()
    assert [path.name for path in (tmp_path / "sm").iterdir()] == ["goals.json"]


def test_palaces_never_mix(tmp_path: Path):
    with SyncStore.open(tmp_path, palace="a") as one, SyncStore.open(tmp_path, palace="b") as two:
        goal = one.apply(Create("in a"), "r-1")
        other = two.apply(Create("in b"), "r-1")
        one.apply(Link(goal.id, link("s-1")))
        two.apply(Link(other.id, link("s-1")))
        for store in (one, two):
            tick(store)
        assert fresh(tmp_path, "a") == cached(tmp_path, "a") == list(one.all())
        assert fresh(tmp_path, "b") == cached(tmp_path, "b") == list(two.all())
        assert {goal.id for goal in one.all()}.isdisjoint(goal.id for goal in two.all())
    assert not (tmp_path / "sm").exists()
    # A palace that can't be read falls back on its own cache.
    palace_file(tmp_path, "a").write_bytes(b"garbage" * 1000)
    with SyncStore.open(tmp_path, palace="a") as one, SyncStore.open(tmp_path, palace="b") as two:
        assert one.degraded
        assert (two.degraded, [goal.description for goal in one.all()]) == (None, ["in a"])


@pytest.mark.parametrize(
    "name", ["", ".", "..", ".a", "-a", "a/b", "a\\b", "../a", "x" * 65, "é", "a b", "a\x00", "\ud800"]
)
def test_what_is_no_palaces_name(name: str, tmp_path: Path):
    with refused(InvalidInput, field="palace"):
        SyncStore(tmp_path, palace=name)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("name", ["a", "0", "A.b_c-d", "session-manager", "x" * 64])
def test_palaces_names(name: str, tmp_path: Path):
    with SyncStore.open(tmp_path, palace=name) as store:
        store.apply(Create("d"))
    assert palace_file(tmp_path, name).is_file()


def test_a_root_that_is_a_file(tmp_path: Path):
    (tmp_path / "root").write_text("in the way")
    for create in (True, False):
        store = SyncStore(tmp_path / "root")
        with suppress(CacheError):
            store.start(create=create)
        with pytest.raises(GoalStoreError):
            store.apply(Create("d"))
        store.close()
    assert (tmp_path / "root").read_text() == "in the way"


def test_a_root_by_way_of_a_link_is_fine(tmp_path: Path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with SyncStore.open(tmp_path / "link") as store:
        store.apply(Create("d"))
        store.leave()
    assert fresh(tmp_path / "real") == cached(tmp_path / "link")


def test_no_file_is_made_through_a_link(used: Path):
    """Whoever puts a link where goalgate makes a file does not get another file written."""
    victim = used / "victim"
    victim.write_text("precious")
    folder = palace_file(used).parent
    for name in ("keeper.lock", "cache.stamp"):
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(victim)
    cache_file(used).unlink()
    cache_file(used).symlink_to(victim)
    with SyncStore.open(used) as store:
        store.apply(Create("d"))
        store.leave()
        assert "keeper.lock" in str(store.cache_problem)
        (folder / "keeper.lock").unlink()
        tick(store)
        assert store.cache_problem is None
        assert cached(used) == list(store.all())
    assert victim.read_text() == "precious"
    assert not cache_file(used).is_symlink()


def test_a_palace_is_not_made_through_a_link(tmp_path: Path):
    victim = tmp_path / "victim"
    palace_file(tmp_path).parent.mkdir(parents=True)
    palace_file(tmp_path).symlink_to(victim)
    with SyncStore.open(tmp_path) as store:
        assert store.degraded
    assert not victim.exists()


@pytest.mark.parametrize("count, said", [(1, "1 goal was taken over"), (2, "2 goals were taken over")])
def test_how_many_goals_were_taken_over_is_told_in_the_words_for_one_and_for_many(
    count: int, said: str, tmp_path: Path
):
    write_cache(tmp_path, *(wire(f"g-{number}") for number in range(count)))
    with SyncStore.open(tmp_path) as store:
        assert store.notices[0].startswith(said)
