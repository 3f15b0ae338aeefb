"""Files of the cache that belong to somebody else, or are no files: replaced where that is ours to do, else named."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from store import Create, Note, SyncStore
from tests.store.helpers import cache_file, cached, fresh, palace_file

NOBODY = 65534
CREATE = """
import encodings.utf_8_sig, hashlib, os, sys
from pathlib import Path
import store
# That user may not be allowed to read Python and what is tested: all of it is loaded before.
for name in store.__all__:
    getattr(store, name)
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
with store.SyncStore.open(Path(sys.argv[1])) as opened:
    opened.apply(store.Create("d"))
    opened.leave()
    print(opened.cache_problem, *opened.notices, sep="\\n")
"""


@pytest.fixture
def root() -> Iterator[Path]:
    """A root of a user who is not root, whoever runs the tests."""
    folder = Path(tempfile.mkdtemp())
    try:
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        yield folder
    finally:
        shutil.rmtree(folder)


def as_user(root: Path) -> list[str]:
    """Make a goal as that user, in another process, and return what was wrong with the cache, and the notices."""
    made = subprocess.run([sys.executable, "-c", CREATE, str(root)], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    return made.stdout.splitlines()


LOOK = """
import os, sys
from pathlib import Path
import store
for name in store.__all__:
    getattr(store, name)
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
for create in (False, True):
    try:
        with store.SyncStore.open(Path(sys.argv[1]), create=create) as opened:
            print(opened.degraded, store.way_out(str(opened.degraded)), sep="; ")
    except store.CacheError as error:
        print(error)
"""


def look_as_user(root: Path) -> list[str]:
    """Read and then open a root as that user, in another process, and return what it says."""
    return subprocess.check_output([sys.executable, "-c", LOOK, str(root)], text=True).splitlines()


def take_away(path: Path) -> None:
    """Make a file nobody's but root's; where that is not ours to do, at least unreadable for its owner."""
    path.chmod(0)
    if os.geteuid() == 0:
        os.chown(path, 0, 0)


def test_a_cache_that_belongs_to_root_is_replaced(root):
    assert as_user(root) == ["None"]
    stamp = palace_file(root).with_name("cache.stamp")
    content = cache_file(root).read_bytes()
    take_away(cache_file(root))
    take_away(stamp)
    said = as_user(root)
    assert said[0] == "None"
    # It could not be read, so it could not be copied: it was moved.
    (kept,) = (root / "set-aside").iterdir()
    assert said[1:] == [f"{cache_file(root)} can't be read, and was kept as {kept}"]
    kept.chmod(0o600)
    assert kept.read_bytes() == content
    # From now on all is as it was.
    assert as_user(root) == ["None"]
    assert len(cached(root)) == 3
    stamp.chmod(0o600)
    take_away(stamp)
    assert as_user(root)[0] == "None"


@pytest.mark.skipif(os.geteuid() != 0, reason="takes root, who makes files in a user's folder")
def test_what_root_makes_in_a_users_folder_is_the_users(root):
    with SyncStore.open(root) as store:
        store.apply(Create("by root"))
        store.leave()
        cache_file(root).write_text("[]")
        store.apply(Create("by root"))
        store.leave()
    assert (root / "set-aside").is_dir()
    assert {path for path in root.rglob("*") if path.stat().st_uid != NOBODY} == set()
    assert as_user(root) == ["None"]
    assert len(cached(root)) == 3


def test_whose_a_root_is_that_may_not_be_read(root):
    assert as_user(root) == ["None"]
    own = root / "own"
    own.mkdir()
    shutil.move(root / "palaces", own)
    shutil.move(root / "sm", own)
    take_away(own)
    whose = "it belongs to root (mode 0000)" if os.geteuid() == 0 else "its mode is 0000"
    try:
        for said in look_as_user(own):
            assert f"{own} can't be looked into: {whose}" in said
            assert ("name a root of your own, by --root" in said) is (os.geteuid() == 0)
            assert "make it readable" not in said
    finally:
        own.chmod(0o700)


def test_a_root_that_can_not_be_made(root):
    parent = root / "parent"
    parent.mkdir()
    parent.chmod(0o555)
    try:
        said = look_as_user(parent / "root")[1]
        assert said.startswith(f"{parent}/root can't be made: Permission denied; ")
        assert "GOALGATE_ROOT" in said
    finally:
        parent.chmod(0o700)


def test_a_folder_that_may_not_be_written_is_named(root):
    assert as_user(root) == ["None"]
    sm = cache_file(root).parent
    sm.chmod(0o500)
    assert as_user(root)[0] == f"{cache_file(root)}: Permission denied: {sm} has the mode 500"
    sm.chmod(0o700)
    if os.geteuid() == 0:
        os.chown(sm, 0, 0)
        sm.chmod(0o755)
        assert as_user(root)[0] == f"{cache_file(root)}: Permission denied: {sm} belongs to root (uid 0)"
        os.chown(sm, NOBODY, NOBODY)
    assert as_user(root) == ["None"]
    assert [path.name for path in sm.iterdir()] == ["goals.json"]
    assert [*palace_file(root).parent.glob(".new*")] == []


def test_a_lock_of_another_user_is_named(root):
    assert as_user(root) == ["None"]
    lock = palace_file(root).with_name("keeper.lock")
    take_away(lock)
    said = as_user(root)[0]
    assert said.startswith(f"{lock}: Permission denied: ")
    assert ("belongs to root (uid 0)" in said) is (os.geteuid() == 0)


@pytest.mark.parametrize("made", ["named pipe", "folder", "link"])
@pytest.mark.parametrize("name", ["keeper.lock", "cache.stamp", "goals.json"])
def test_what_is_no_file_is_not_waited_for(made, name, tmp_path):
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"))
        store.leave()
    path = cache_file(tmp_path) if name == "goals.json" else palace_file(tmp_path).with_name(name)
    path.unlink()
    victim = tmp_path / "victim"
    victim.write_text("precious")
    match made:
        case "named pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case _:
            path.symlink_to(victim)
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Note(goal.id, "n"))
        store.leave()
        # A rename puts a file in the place of all but a folder; who keeps the cache is told by the lock alone.
        if name == "keeper.lock" or made == "folder":
            assert str(store.cache_problem).startswith(f"{path}: ")
            assert ("is a" in str(store.cache_problem)) or name != "keeper.lock"
            path.rmdir() if made == "folder" else path.unlink()
            store.leave()
        assert store.cache_problem is None
    assert fresh(tmp_path) == cached(tmp_path) == [goal]
    assert victim.read_text() == "precious"
