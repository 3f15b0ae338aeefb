"""Damage at random: whatever it changes of that which is printed, the doctor finds."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from store import Create, GoalStoreError, Link, Note, SetStatus, SyncStore, examine
from store import GoalStatus as Status
from tests.store.helpers import cache_file, link, palace_file

SEEDS = range(20)
"""More of them: tests/soak."""
PAGE = 4096


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """The files of a palace and its cache in which a day has passed, of some hundred pages."""
    root = tmp_path_factory.mktemp("sound")
    chance = random.Random(1)
    with SyncStore.open(root, actor="alice") as alice, SyncStore.open(root, actor="bob") as bob:
        made = [alice.apply(Create(f"goal {at}", (f"criterion {at}",))).id for at in range(30)]
        for at, goal_id in enumerate(made):
            evidence = f"{at} passed\n" * chance.randrange(1, 40)
            bob.apply(Link(goal_id, link(f"s-{at}", "verified", evidence)), f"r-{at}")
        for _ in range(90):
            chance.choice((alice, bob)).apply(Note(chance.choice(made), "n" * chance.randrange(1, 800)))
        for goal_id in made[::3]:
            alice.apply(SetStatus(goal_id, Status.DONE, "merged"))
        bob.look()
        bob.leave()
    return palace_file(root).read_bytes(), cache_file(root).read_bytes()


def lay_out(root: Path, palace: bytes, cache: bytes) -> None:
    """Put the files where a store finds them."""
    for path, content in ((palace_file(root), palace), (cache_file(root), cache)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o600)
        for folder in (path.parent, path.parent.parent):
            folder.chmod(0o700)
    root.chmod(0o700)


def printed(store: SyncStore) -> Iterator[object]:
    """Yield what list, show and history print."""
    for goal in store.all():
        yield goal
        yield store.history(goal.id)


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Damage a file as a bad disk, a bad cable or a bad program does."""
    spoilt = bytearray(content)
    at = chance.randrange(len(spoilt))
    match chance.choice(("byte", "bit", "zeros", "noise", "page", "swap", "word")):
        case "byte":
            spoilt[at] = chance.randrange(256)
        case "bit":
            spoilt[at] ^= 1 << chance.randrange(8)
        case "zeros":
            spoilt[at : at + 64] = bytes(len(spoilt[at : at + 64]))
        case "noise":
            spoilt[at : at + 16] = chance.randbytes(len(spoilt[at : at + 16]))
        case "page":
            start = at // PAGE * PAGE
            spoilt[start : start + PAGE] = bytes(PAGE)
        case "swap":
            one, other = (slice(start, start + PAGE) for start in chance.sample(range(0, len(spoilt), PAGE), 2))
            spoilt[one], spoilt[other] = spoilt[other], spoilt[one]
        case "word":
            old, new = chance.choice(((b"alice", b"malic"), (b"2026-", b"2025-"), (b"passed", b"failed")))
            start = spoilt.find(old, at)
            if start >= 0:
                spoilt[start : start + len(new)] = new
    return bytes(spoilt)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_doctor_finds_whatever_changes_anything_printed(seed: int, sound: tuple[bytes, bytes], tmp_path: Path):
    palace, cache = sound
    lay_out(tmp_path / "sound", palace, cache)
    with SyncStore.open(tmp_path / "sound", create=False) as store:
        expected = list(printed(store))
    lay_out(tmp_path / "spoilt", damaged(palace, random.Random(seed)), cache)
    with SyncStore.open(tmp_path / "spoilt", create=False) as store:
        try:
            same = list(printed(store)) == expected
        except GoalStoreError:
            same = False
        assert same or examine(store, wait=lambda _: False)


@pytest.mark.parametrize("name", [b"revisionsrevisions", b"requestsrequests", b"sessionssessions"])
def test_a_table_whose_name_is_no_text_is_damage(name: bytes, sound: tuple[bytes, bytes], tmp_path: Path):
    """SQLite quotes it in what it says."""
    palace, cache = sound
    assert name in palace
    lay_out(tmp_path, palace.replace(name, b"\xff\xfe" + name[2:]), cache)
    with SyncStore.open(tmp_path, create=False) as store:
        assert store.degraded == "the file is damaged: palace.db"
        assert len(store.all()) == 30
        assert any("the file is damaged: palace.db" in finding.problem for finding in examine(store))
