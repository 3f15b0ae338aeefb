"""Pipes that close, streams closed from the start, a full disk, other processes: the right words and exit status."""

import json
import subprocess
import sys

import pytest

import store
from tests.cli.helpers import GOALGATE, HANGS, environment, interrupt, lines_of, process, shell, watching
from tests.store.helpers import palace_file, wire

pytestmark = pytest.mark.usefixtures("samples")
GOAL = "g-0be0bb96999de61f"


def test_a_closed_pipe_is_quiet(root):
    done = shell(
        root,
        """
        goalgate list | head -1;          echo $?
        goalgate --help | true;           echo $?
        goalgate export | head -1;        echo $?
        goalgate create kept | true;      echo $?
        goalgate list --json | grep -o '"kept"'
        exec 3>&1
        { goalgate show nope; echo $? >&3; } 2>&1 | true
        """,
    )
    assert done.err == ""
    assert done.out.splitlines()[1:] == ["0", "0", "[", "0", "0", '"kept"', "4"]


def test_streams_that_are_closed_from_the_start(root):
    done = shell(
        root,
        """
        exec 3>&1
        goalgate list >&-;                          echo $? >&3
        goalgate create kept <&- >&- 2>&-;          echo $? >&3
        goalgate show nope 2>&-;                    echo $? >&3
        goalgate update g-0be x --evidence - <&-;   echo $? >&3
        goalgate <&- >&-;                           echo $? >&3
        goalgate list | grep -c kept
        goalgate doctor
        """,
    ).harmless()
    assert done.out.splitlines()[:-1] == ["1", "1", "4", "2", "2", "1"]
    assert "standard input is closed" in done.err
    assert done.code == 0


@pytest.mark.parametrize("arguments", ["list", "list --json", "export", "watch", "doctor", "create x", "--help"])
def test_output_that_nobody_can_be_given_is_said(root, arguments):
    done = shell(root, f"goalgate {arguments} >&-")
    assert (done.code, "standard output can't be written: it is closed" in done.err) == (1, True)


def test_nothing_to_write_needs_no_output(root):
    done = shell(root, "export GOALGATE_PALACE=b; goalgate create x; goalgate list --status done >&-").harmless()
    assert (done.code, done.err) == (0, "goalgate: none of 1 goal is done\n")


def test_evidence_without_end_is_refused_before_it_fills_the_memory(root):
    begin = "G=$(goalgate create x); goalgate link $G s t; ulimit -v 1000000"
    done = shell(root, f"{begin}; yes 2>&- | goalgate update $G s --evidence -")
    assert (done.code, "the limit is 262144" in done.err) == (2, True)


def test_standard_input_that_can_not_be_read_says_why(root):
    done = shell(root, f"goalgate update g-0be x --evidence - 0>{root}/x; goalgate import - <&-")
    assert done.err.splitlines()[::2] == [
        "goalgate: --evidence: standard input can't be read: Bad file descriptor",
        "goalgate: FILE: standard input is closed",
    ]


def test_no_file_takes_the_place_of_a_stream_that_is_closed(root):
    look = "import os; from tui import out; out.prepare(); out.warn(' '.join(map(os.readlink, PATHS)))"
    look = look.replace("PATHS", "('/proc/self/fd/0', '/proc/self/fd/1')")
    done = shell(root, f'"{sys.executable}" -c "{look}" <&- >&-')
    assert (done.code, done.err) == (0, "goalgate: /dev/null /dev/null\n")


def test_output_that_can_not_be_written_is_said(root):
    done = shell(root, "goalgate create kept >/dev/full; echo $?; goalgate list | grep -c kept").harmless()
    assert done.out.splitlines() == ["1", "1"]
    assert "No space left" in done.err
    assert "stays changed" in done.err


@pytest.mark.parametrize(
    "more", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}], ids=str
)
def test_what_is_written_is_utf_8_in_any_locale(root, more):
    assert "リリース" in process(root, "list", more=more).harmless().out


def test_watch_tells_what_other_processes_commit(root):
    with watching(root, "--json") as agent, watching(root) as person:
        writers = [
            subprocess.Popen([*GOALGATE, "note", GOAL, f"note {n}"], env=environment(root), stdout=subprocess.DEVNULL)
            for n in range(3)
        ]
        assert [writer.wait(HANGS) for writer in writers] == [0] * 3
        told, said = lines_of(agent, 3), lines_of(person, 3)
        assert [interrupt(watcher) for watcher in (agent, person)] == [(0, "")] * 2
    history = process(root, "history", GOAL, "--json").json
    assert list(map(json.loads, told)) == history[1:]
    assert [line.split()[:2] for line in said] == [[GOAL, "2"], [GOAL, "3"], [GOAL, "4"]]
    # Three processes wrote at once, and nothing was lost.
    assert sorted(line.split("note: ")[1] for line in said) == [f"note {n}\n" for n in range(3)]
    assert process(root, "doctor").code == 0


def test_watch_waits_for_a_palace_that_is_not_there_yet(root, cli):
    other = root / "other"
    with watching(other, "--json") as watcher:
        assert not other.exists()
        cli("--root", str(other), "create", "x")
        cli("--root", str(other), "create", "y")
        assert [json.loads(line)["goal"]["description"] for line in lines_of(watcher, 2)] == ["x", "y"]


def test_watch_says_when_the_palace_fails_and_when_it_is_back(root, ok):
    palace = palace_file(root)
    kept = palace.read_bytes()
    with watching(root) as watcher:
        assert watcher.stderr is not None
        palace.write_bytes(b"garbage")
        assert "the palace is unavailable: " in watcher.stderr.readline()
        palace.write_bytes(kept)
        # For a moment the file is empty, which may be said as well.
        assert any("the palace is back" in line for line in iter(watcher.stderr.readline, ""))
        ok("note", GOAL, "x")
        assert "note: x" in lines_of(watcher, 1)[0]


def test_watch_says_that_another_palace_is_there_and_tells_what_was_committed_to_it(root, ok):
    ok("create", "one")
    with watching(root) as watcher:
        folder = palace_file(root).parent
        folder.rename(root / "away")
        two = ok("create", "two")
        told: list[str] = []
        while not any(two["id"] in line for line in told):
            told += lines_of(watcher, 1)
        _, said = interrupt(watcher)
    assert "is another one than before" in said


def test_watch_that_began_without_a_palace_to_read_tells_what_is_new_alone(root, ok):
    palace = palace_file(root)
    kept = palace.read_bytes()
    palace.write_bytes(b"garbage")
    with watching(root, "--json") as watcher:
        assert watcher.stderr is not None
        assert "the palace is unavailable: " in watcher.stderr.readline()
        palace.write_bytes(kept)
        # For a moment the file is empty, which may be said as well.
        assert any("the palace is back" in line for line in iter(watcher.stderr.readline, ""))
        ok("note", GOAL, "x")
        assert json.loads(lines_of(watcher, 1)[0])["goal"]["notes"][-1:] == ["x"]


def test_watch_of_a_palace_that_is_put_in_place_tells_what_is_new_alone(root, ok):
    palace = palace_file(root)
    palace.parent.rename(root / "away")
    with watching(root, "--json") as watcher:
        (root / "away").rename(palace.parent)
        ok("import", "-", stdin=json.dumps([wire("g-old-times")]).encode())
        assert json.loads(lines_of(watcher, 1)[0])["goal"]["id"] == "g-old-times"


def test_watch_ends_when_nobody_reads_it(root, ok):
    with watching(root) as watcher:
        assert watcher.stdout is not None
        watcher.stdout.close()
        ok("note", GOAL, "x")
        assert watcher.wait(HANGS) == 0


def test_watch_ends_when_its_reader_goes_though_nothing_more_is_committed(root):
    with watching(root, "--json") as watcher:
        assert watcher.stdout is not None
        watcher.stdout.close()
        assert (watcher.wait(HANGS), watcher.stderr and watcher.stderr.read()) == (0, "")


@pytest.mark.parametrize("arguments, code", [(["watch"], 0), (["list"], 130), (["note", GOAL, "x"], 130)])
def test_a_verb_may_be_interrupted_before_it_has_begun(cli, monkeypatch, arguments, code):
    """While the store is still being loaded, which takes longest; there is no better moment to say it at."""

    def load(_: str) -> object:
        raise KeyboardInterrupt

    monkeypatch.delattr(store, "SyncStore", raising=False)
    monkeypatch.setattr(store, "__getattr__", load)
    assert cli(*arguments) == (code, "", "")
