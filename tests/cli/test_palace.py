"""Where goals are: a root that is not there, two palaces side by side, one that is garbage, what doctor says."""

import json
from pathlib import Path

import pytest

from store import Note, SyncStore
from tests.cli.helpers import shell, watching
from tests.store.helpers import cache_file, cached, damage, palace_file, rewrite, wire, write_cache
from tests.store.helpers import link_wire as link
from tests.store.peer import Peer

READING = (["list"], ["export"], ["show", "g-half"])
CHANGING = (
    ["create", "x"],
    ["edit", "g-half", "--description", "x"],
    ["link", "g-half", "s-new", "t"],
    ["unlink", "g-half", "s-run", "--reason", "r"],
    ["update", "g-half", "s-run", "--state", "failed"],
    ["note", "g-half", "n"],
    ["status", "g-half", "blocked"],
    ["close", "g-ready"],
    ["revert", "g-half", "1"],
    ["import", "-"],
    # Nobody can know whether it is there.
    ["note", "nope", "n"],
)


def files(root):
    return {path.relative_to(root): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.mark.parametrize(
    "arguments", [["list"], ["export"], ["doctor"], ["show", "g"], ["history", "g"], ["note", "g", "x"]]
)
def test_a_root_that_does_not_exist_stays_so(cli, root, tmp_path, arguments):
    assert cli(*arguments).code == (0 if len(arguments) == 1 else 4)
    assert not root.exists()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments, out",
    [
        (["list"], ""),
        (["list", "--status", "done"], ""),
        (["list", "--json"], "[]\n"),
        (["export"], "[]\n"),
        (["doctor"], None),
        (["show", "g"], ""),
        (["history", "g"], ""),
        (["note", "g", "x"], ""),
    ],
    ids=str,
)
def test_a_palace_that_is_not_there_is_said_to_be_so(cli, ok, root, arguments, out):
    missing = f"goalgate: no palace 'mistyped' in {root} yet; goalgate create or import begins it"
    told = cli("--palace", "mistyped", *arguments)
    assert told.err.splitlines()[0] == missing
    assert told.out == out or out is None
    for name in ("b", "a"):
        ok("--palace", name, "create", "x")
    odd = palace_file(root, "a\x1b]0;pwn\x07")
    odd.parent.mkdir()
    odd.touch()
    told = cli("--palace", "mistyped", *arguments)
    assert told.err.splitlines()[0] == f"{missing}; found there: a, a␛]0;pwn␇, b"
    if told.code:
        said = cli("--palace", "mistyped", *arguments, "--json").error
        assert said["warnings"] == [told.err.splitlines()[0].removeprefix("goalgate: ")]


def test_watch_says_at_once_that_there_is_no_palace(root):
    with watching(root) as watcher:
        assert watcher.stderr is not None
        assert f"no palace 'session-manager' in {root} yet" in watcher.stderr.readline()


def test_a_root_that_can_not_be_looked_at_is_unavailable(cli, tmp_path):
    for arguments in (["list"], ["note", "g", "x"]):
        assert cli("--root", str(tmp_path / ("x" * 300)), *arguments).code == 5


def test_an_empty_palace_says_where_it_is_and_what_to_do(cli, ok, root):
    ok("import", "-", stdin=b"[]")
    told = cli("list")
    assert (told.code, told.out) == (0, "")
    assert str(root) in told.err
    assert "goalgate create" in told.err


@pytest.mark.parametrize("arguments", [["create", " "], ["create", "x", "--accept", ""], ["import", "-"]], ids=" ".join)
def test_what_is_refused_makes_no_palace(cli, root, arguments):
    assert cli(*arguments, stdin=b"{}").code == 2
    assert not root.exists()


def test_what_is_made_is_private(root, few):
    assert {path.stat().st_mode & 0o777 for path in (root, *root.rglob("*")) if path.is_dir()} == {0o700}
    assert {path.stat().st_mode & 0o777 for path in root.rglob("*") if path.is_file()} == {0o600}


def test_palaces_never_mix(cli, ok, root):
    a, b = ok("--palace", "a", "create", "in a")["id"], ok("--palace", "b", "create", "in b")["id"]
    assert [goal["id"] for goal in ok("--palace", "a", "list")] == [a]
    assert [goal["id"] for goal in ok("--palace", "b", "list")] == [b]
    assert cli("--palace", "a", "show", b).code == 4
    # The same session works in both: a session works on one goal of a palace.
    ok("--palace", "a", "link", a, "s", "t")
    ok("--palace", "b", "link", b, "s", "t")
    assert [goal.id for goal in cached(root, "a")] == [a]
    assert not (root / "sm").exists()


@pytest.mark.parametrize("garbage", [b"garbage " * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_garbage_is_read_around_and_never_written_to(cli, ok, root, few, garbage):
    goals = ok("list")
    palace = palace_file(root)
    palace.write_bytes(garbage)
    before = files(root)
    for arguments in READING:
        for mode in ([], ["--json"]):
            done = cli(*arguments, *mode)
            assert done.code == 0
            assert "unavailable" in done.err
            assert len(done.err.splitlines()) == 1
    assert ok("list") == goals
    # What was committed when, only the palace knows.
    for arguments in (*CHANGING, ["history", "g-half"]):
        done = cli(*arguments, "--json", stdin=b"[]")
        assert (done.code, done.error["code"]) == (5, "palace_unavailable")
        assert str(palace.parent) in done.error["next"]
    assert cli("doctor").code == 1
    assert findings(cli) == [("palace", None)]
    # A goal that is not known may be there all the same: that is told with the refusal.
    assert "unavailable" in cli("show", "nope", "--json").error["warnings"][0]
    assert files(root) == before


def findings(cli):
    return [(finding["kind"], finding["goal"]) for finding in cli("doctor", "--json").json["findings"]]


def test_neither_palace_nor_cache(cli, root, few):
    palace_file(root).write_bytes(b"garbage")
    cache_file(root).write_bytes(b"[{]")
    for arguments in (["list"], ["note", "g-half", "x"], ["doctor"]):
        done = cli(*arguments, "--json")
        assert (done.code, done.error["code"]) == (5, "cache_error")
        assert done.error["path"] == str(cache_file(root))


def test_one_unreadable_goal_hides_no_other(cli, ok, root, few):
    """Whether its text was damaged, or is none that this version understands."""
    damage(root, "g-half")
    newer = json.dumps(wire("g-ready", status="paused"))
    rewrite(root, "g-ready", newer)
    for arguments in (["list"], ["list", "--json"], ["export"]):
        told = cli(*arguments)
        assert told.code == 0
        assert [line.split("goal ")[1].split()[0] for line in told.err.splitlines()] == ["g-half", "g-ready"]
        assert ("g-done" in told.out, "g-half" in told.out, "g-ready" in told.out) == (True, False, False)
    for arguments in (["show", "g-half"], ["note", "g-ready", "x"]):
        refused = cli(*arguments, "--json")
        assert (refused.code, refused.error["code"]) == (5, "palace_unavailable")
        assert arguments[1] in refused.error["message"]
    assert ok("note", "g-done", "x")["notes"] == ["x"]
    assert {("unreadable", "g-half"), ("unreadable", "g-ready")} <= set(findings(cli))
    assert cli("doctor").err == ""


def test_a_palace_that_came_back_is_used_again(cli, ok, root, few):
    palace = palace_file(root)
    kept = palace.read_bytes()
    palace.write_bytes(b"garbage")
    assert cli("note", "g-half", "x").code == 5
    palace.write_bytes(kept)
    assert ok("note", "g-half", "x")["notes"] == ["x"]
    assert cli("doctor").code == 0


def test_a_cache_from_elsewhere_is_adopted_and_said_so(cli, ok, root):
    write_cache(root, wire("g-theirs"))
    assert [goal["id"] for goal in ok("list")] == ["g-theirs"]
    told = cli("note", "g-theirs", "x")
    assert (told.code, "taken over" in told.err) == (0, True)
    assert ok("show", "g-theirs")["notes"] == ["x"]


def test_a_cache_that_can_not_be_written_fails_no_change(cli, ok, root, few):
    cache = cache_file(root)
    cache.unlink()
    cache.mkdir()
    told = cli("note", "g-half", "x")
    assert told.code == 0
    assert "the cache can't be written" in told.err
    assert ok("show", "g-half")["notes"] == ["x"]


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="only Linux tells who holds a lock")
def test_a_change_says_that_whoever_keeps_the_cache_was_stopped(cli, ok, root, few):
    """As a console is by ctrl+z; one that runs is left to it without a word."""
    with Peer(root) as keeper:
        keeper.ask("tick")
        assert cli("note", "g-half", "x").err == ""
        keeper.stop()
        told = cli("note", "g-half", "y")
        assert told.code == 0
        assert f"process {keeper.pid} (python" in told.err
        assert f"which is stopped, keeps {cache_file(root)}" in told.err
        assert cli("show", "g-half").err == ""
    assert cli("note", "g-half", "z").err == ""
    assert {goal.id: goal for goal in cached(root)}["g-half"].notes == ("x", "y", "z")


def test_doctor_names_what_came_in_against_the_rules(cli, few, tmp_path):
    assert cli("doctor", "--json").json["ok"] is True
    assert "all is well" in cli("doctor").out
    file = tmp_path / "odd.json"
    odd = [
        wire("g-lie", status="done", sessions=[link("s-lie", "failed")]),
        wire("g-twice", status="inProgress", sessions=[link("s-twice"), link("s-twice")]),
        wire("g-other", status="inProgress", sessions=[link("s-run")]),
    ]
    file.write_text(json.dumps(odd))
    assert cli("import", str(file)).code == 0
    said = cli("doctor", "--json")
    assert (said.code, said.err) == (1, "")
    assert said.json["ok"] is False
    assert findings(cli) == [("gate", "g-lie"), ("session", "g-twice"), ("session", None)]
    told = cli("doctor")
    assert told.code == 1
    assert all(name in told.out for name in ("g-lie", "g-twice", "s-run", "3 findings"))
    assert "done against it" in cli("show", "g-lie").out


def test_doctor_sees_a_cache_that_differs_and_damage(cli, root, few):
    cache = cache_file(root)
    cache.write_text(cache.read_text().replace("goal g-half", "goal h-half"))
    assert findings(cli) == [("cache", None)]
    root.chmod(0o770)
    assert findings(cli) == [("cache", None), ("root", None)]


def test_doctor_finds_no_fault_with_a_cache_that_is_about_to_be_written(cli, root, few, monkeypatch):
    with SyncStore.open(root) as keeper, SyncStore.open(root) as agent:
        keeper.keep()

        def commit(*_: object) -> None:
            agent.apply(Note("g-half", "n"))

        commit()
        monkeypatch.setattr("time.sleep", lambda _: keeper.leave())
        assert cli("doctor").code == 0
        # An agent that writes all the time leaves it no moment in which it is up to date.
        commit()

        def keep_and_commit(_: object) -> None:
            keeper.leave()
            commit()

        monkeypatch.setattr("time.sleep", keep_and_commit)
        assert cli("doctor").code == 0
        # Whoever should write it has stopped.
        monkeypatch.setattr("time.sleep", commit)
        assert findings(cli) == [("cache", None)]
        monkeypatch.setattr("time.sleep", lambda _: None)
        assert findings(cli) == [("cache", None)]


def test_a_root_below_a_folder_that_is_gone(root, tmp_path):
    (tmp_path / "gone").mkdir()
    told = shell(root, f"cd {tmp_path}/gone && rmdir {tmp_path}/gone && goalgate --root x list").harmless()
    assert told.code == 2


def test_goals_read_from_the_cache_alone_are_said_to_be_so(cli, root, few):
    folder = palace_file(root).parent
    folder.rename(root / "away")
    said = f"there is no palace 'session-manager': these are the goals that {root}/sm/goals.json last held"
    for arguments in (["list"], ["show", "g-half"], ["export"]):
        told = cli(*arguments)
        assert (told.code, told.err.splitlines()) == (0, [f"goalgate: {said}"])
        assert not folder.exists()
    (root / "away").rename(folder)
    assert not cli("list").err


def test_doctor_tells_of_each_drawer_that_cannot_be_read_once(cli, root, few):
    damage(root, "g-half")
    told = cli("doctor")
    assert told.code == 1
    assert (told.out + told.err).count("the drawer of goal g-half can't be read") == 1
