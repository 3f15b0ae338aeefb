"""The folder of what was set aside: copies, of each palace its own, and nothing of anybody else is touched."""

from __future__ import annotations

import json
import os
import shutil
import socket
from pathlib import Path

import pytest

from store import Create, Note, SyncStore, examine
from tests.store.helpers import cache_file, cached, fresh, goals, palace_file, set_aside, wire, write_cache


def aside(root: Path) -> list[Path]:
    return sorted((root / "set-aside").iterdir())


def put_another(store: SyncStore, root: Path, number: int, *, palace: str = "session-manager") -> None:
    """Put a cache there that no keeper wrote, with nothing in it that the palace lacks."""
    content = json.dumps([goal.wire() for goal in store.all()], indent=number)
    cache_file(root, palace).write_text(content)
    store.apply(Create("so that it is written"))
    store.leave()
    assert cached(root, palace) == store.all()


def test_of_those_that_hold_nothing_else_the_last_ten_stay_for_each_palace(tmp_path: Path):
    with SyncStore.open(tmp_path) as store, SyncStore.open(tmp_path, palace="other") as other:
        for one in (store, other):
            one.apply(Create("d"))
            one.leave()
        for number in range(13):
            put_another(store, tmp_path, number)
        kept = aside(tmp_path)
        assert [len(ids) for ids in set_aside(tmp_path)] == list(range(4, 14))
        for number in range(13):
            put_another(other, tmp_path, number, palace="other")
        assert [path for path in aside(tmp_path) if "-session-manager-" in path.name] == kept
        assert len([path for path in aside(tmp_path) if "-other-" in path.name]) == 10
        assert examine(store) == []


def test_those_that_hold_what_the_palace_lacks_stay_until_it_is_imported(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        store.apply(Create("d"))
        store.leave()
        for number in range(13):
            write_cache(tmp_path, wire(f"g-{number:02}"))
            store.apply(Create("d"))
            store.leave()
        assert set_aside(tmp_path) == [[f"g-{number:02}"] for number in range(13)]
        assert len(findings := [found for found in examine(store) if found.kind == "aside"]) == 13
        assert all("it holds what the palace lacks: g-" in found.problem for found in findings)
        store.import_goals(goals(*(wire(f"g-{number:02}") for number in range(13))))
        store.apply(Note("g-00", "it has come further, and was what the file says"))
        assert [found for found in examine(store) if found.kind == "aside"] == []
        put_another(store, tmp_path, 1)
        assert len(aside(tmp_path)) == 10


@pytest.mark.parametrize("content", [b"{", b"[", b"\xff\xfe[\x00]\x00", b""])
def test_what_cannot_be_read_may_be_anything_and_stays(content: bytes, tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        store.apply(Create("d"))
        store.leave()
        cache_file(tmp_path).write_bytes(content)
        store.apply(Create("d"))
        store.leave()
        (kept,) = aside(tmp_path)
        for number in range(12):
            put_another(store, tmp_path, number)
        assert kept.read_bytes() == content
        assert [found.kind for found in examine(store)] == ["aside"]


def test_what_goalgate_did_not_put_there_is_not_touched(tmp_path: Path):
    foreign = ["0-my-own-backup.json", "20260101T000000.000000Z-session-manager-x.json", "notes.txt"]
    foreign += ["20260101T000000.000000Z-session-manager-2-0123456789abcdef0123456789abcdef.json"]
    (tmp_path / "set-aside").mkdir()
    for name in foreign:
        (tmp_path / "set-aside" / name).write_text("[]")
    with SyncStore.open(tmp_path) as store:
        store.apply(Create("d"))
        store.leave()
        for number in range(13):
            put_another(store, tmp_path, number)
        assert {path.name for path in aside(tmp_path)} > set(foreign)
        assert len(aside(tmp_path)) == 10 + len(foreign)
        assert examine(store) == []


def test_nothing_is_removed_through_a_link(tmp_path: Path):
    """The folder may be that of another root, of the same palace's name."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    root = tmp_path / "root"
    root.mkdir()
    (root / "set-aside").symlink_to(elsewhere)
    with SyncStore.open(root) as store:
        store.apply(Create("d"))
        store.leave()
        for number in range(13):
            put_another(store, root, number)
    assert len([*elsewhere.iterdir()]) == 13


def test_the_newest_stays_whatever_the_clock_says(tmp_path: Path):
    """Files of a time when the clock was ahead sort behind it."""
    with SyncStore.open(tmp_path) as store:
        store.apply(Create("d"))
        store.leave()
        for number in range(10):
            put_another(store, tmp_path, number)
        for path in aside(tmp_path):
            path.rename(path.with_name("2099" + path.name[4:]))
        before = aside(tmp_path)
        put_another(store, tmp_path, 11)
        assert len(set(aside(tmp_path)) - set(before)) == 1
        assert len(aside(tmp_path)) == 10


def test_the_same_content_is_kept_once(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        for _ in range(3):
            write_cache(tmp_path, wire("g-1"))
            store.apply(Create("d"))
            store.leave()
        assert set_aside(tmp_path) == [["g-1"]]
        # A copy that somebody changed is none.
        aside(tmp_path)[0].write_text("[]")
        write_cache(tmp_path, wire("g-1"))
        store.apply(Create("d"))
        store.leave()
    assert set_aside(tmp_path) == [[], ["g-1"]]


def test_a_copy_and_no_second_name(tmp_path: Path):
    """What is written into the file afterwards, by whoever has it open, does not change the copy."""
    with SyncStore.open(tmp_path) as store:
        store.apply(Create("d"))
        store.leave()
        path = write_cache(tmp_path, wire("g-1"))
        with path.open("r+") as writer:
            store.apply(Create("d"))
            store.leave()
            writer.write("overwritten")
        assert set_aside(tmp_path) == [["g-1"]]
        assert aside(tmp_path)[0].stat().st_nlink == 1


def test_a_link_into_a_checkout_is_replaced_and_its_content_kept(tmp_path: Path):
    checkout = tmp_path / "checkout.json"
    checkout.write_text(json.dumps([wire("g-1")]))
    root = tmp_path / "root"
    (root / "sm").mkdir(parents=True)
    cache_file(root).symlink_to(checkout)
    with SyncStore.open(root) as store:
        assert [goal.id for goal in store.all()] == ["g-1"]
        for _ in range(2):
            store.apply(Create("d"))
            store.leave()
        said = [notice for notice in store.notices if str(checkout) in notice]
        assert said == [f"{cache_file(root)} was a link to {checkout}, which is not written any more: it is a file now"]
    assert json.loads(checkout.read_text()) == [wire("g-1")]
    assert not cache_file(root).is_symlink()
    (kept,) = aside(root)
    assert not kept.is_symlink()
    checkout.write_text("[]")
    assert set_aside(root) == [["g-1"]]
    with SyncStore.open(root) as store:
        store.apply(Create("d"))
        store.leave()
        assert list(store.notices) == []


@pytest.mark.parametrize("made", ["link to nowhere", "named pipe", "link to a named pipe", "socket"])
def test_what_holds_no_goal_is_replaced_and_said(made: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = write_cache(tmp_path)
    path.unlink()
    if "link" in made:
        path.symlink_to(tmp_path / "elsewhere")
    if "pipe" in made:
        os.mkfifo(tmp_path / "elsewhere" if "link" in made else path)
    if made == "socket":
        monkeypatch.chdir(path.parent)
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(path.name)
    with SyncStore.open(tmp_path) as store:
        store.apply(Create("d"))
        store.leave()
        assert store.cache_problem is None
        (said,) = [notice for notice in store.notices if "it is a file now" in notice]
        assert made.split(maxsplit=1)[0] in said
    assert cached(tmp_path) == fresh(tmp_path)
    assert not (tmp_path / "set-aside").exists()


def test_what_is_written_while_the_cache_is_made_is_kept_too(tmp_path: Path):
    """Writing many goals takes a while, in which somebody else may put a file there."""
    with SyncStore.open(tmp_path) as store:
        store.apply(Create("d"))
        store.leave()
        texts = store.book.texts

        def interrupted():
            version, rest = texts()

            def pieces():
                yield from rest
                write_cache(tmp_path, wire("g-1"))

            return version, pieces()

        store.book.texts = interrupted  # type: ignore[method-assign]
        store.apply(Create("e"))
        store.leave()
    assert set_aside(tmp_path) == [["g-1"]]


def test_left_overs_of_killed_processes_are_removed(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        store.apply(Create("d"))
        store.leave()
    write_cache(tmp_path, wire("g-1"))
    with SyncStore.open(tmp_path) as store:
        store.leave()
    folder, sm, aside = palace_file(tmp_path).parent, cache_file(tmp_path).parent, tmp_path / "set-aside"
    left = [folder / ".new-0123456789abcdef", sm / ".new-0123456789abcdef"]
    left += [aside / ".new-session-manager-0123456789abcdef"]
    others = [
        folder / ".new-mine",
        sm / ".newer",
        aside / ".new-other-0123456789abcdef",
        folder / "new-0123456789abcdef",
    ]
    for path in (*left, *others):
        path.write_text("half")
    link = folder / ".new-fedcba9876543210"
    link.symlink_to(others[0])
    (folder / ".new-0000000000000000").mkdir()
    with SyncStore.open(tmp_path) as store:
        # A reader is no keeper.
        assert all(path.exists() for path in left)
        store.leave()
    assert [path for path in left if path.exists()] == []
    assert all(path.read_text() == "half" for path in others)
    assert link.is_symlink()
    assert (folder / ".new-0000000000000000").is_dir()


def test_two_keepers_of_one_cache_are_none_for_long(tmp_path: Path):
    """The palace's folder was put back from a copy under a store that is open: somebody else has the new lock."""
    with SyncStore.open(tmp_path) as one:
        one.apply(Create("d"))
        one.keep()
        folder = palace_file(tmp_path).parent
        shutil.copytree(folder, tmp_path / "copy")
        folder.rename(tmp_path / "away")
        (tmp_path / "copy").rename(folder)
        with SyncStore.open(tmp_path) as two:
            assert two._keeper.acquire()
            assert not one._keeper.acquire()
            two._keeper.release()
            assert one._keeper.acquire()
