"""What a verb is given: bytes that are no text, text on standard input, input without end, pipes that nobody fills."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.helpers import GOALGATE, HANGS, environment, process, shell
from tests.store.helpers import wire
from tui.given import MAX_GOALS_READ, MAX_TEXT_READ

# The option, how what is typed is called, the field on the wire.
TEXTS = {
    "note": (["note", "g-half"], "TEXT", "note"),
    "note of an update": (["update", "g-half", "s-run", "--note"], "--note", "note"),
    "evidence": (["update", "g-half", "s-run", "--evidence"], "--evidence", "evidence"),
    "reason": (["status", "g-half", "blocked", "--reason"], "--reason", "reason"),
    "outcome": (["close", "g-ready", "--outcome"], "--outcome", "reason"),
    "reason to unlink": (["unlink", "g-half", "s-run", "--reason"], "--reason", "reason"),
}
LINES = {
    "description": (["create"], "DESCRIPTION", "description"),
    "criterion": (["create", "x", "--accept", "y", "--accept"], "--accept (the 2nd)", "acceptance.1"),
    "new description": (["edit", "g-half", "--description"], "--description", "description"),
    "goal": (["show"], "GOAL", "goal_id"),
    "session": (["link", "g-half"], "SESSION", "session_id"),
    "request": (["note", "g-half", "x", "--request-id"], "--request-id", "request_id"),
    "actor": (["list", "--actor"], "--actor", "actor"),
    "palace": (["list", "--palace"], "--palace", "palace"),
}


@pytest.mark.parametrize("case", TEXTS | LINES)
def test_a_word_that_is_not_utf_8_is_refused_with_the_byte(cli, few, case):
    arguments, name, field = (TEXTS | LINES)[case]
    more = ["task"] if case == "session" else []
    before = cli("export").out
    for typed, byte in ((b"caf\xe9", "E9"), (b"\xff", "FF"), (b"\xed\xa0\xbd", "ED")):
        told = cli(*arguments, os.fsdecode(typed), *more)
        assert (told.code, told.err.splitlines()[0]) == (2, f"goalgate: {name}: byte {byte} is not UTF-8")
    said = cli(*arguments, os.fsdecode(b"\xff"), *more, "--json").error
    assert (said["code"], said["field"]) == ("invalid_input", field)
    assert cli("export").out == before


def test_a_variable_that_is_not_utf_8_is_named(root, few):
    for name in ("GOALGATE_ACTOR", "GOALGATE_PALACE"):
        told = process(root, "list", more={name: os.fsdecode(b"a\xff")})
        assert (told.code, told.err.splitlines()[0]) == (2, f"goalgate: {name}: byte FF is not UTF-8")


@pytest.mark.parametrize(
    "typed", [["list", "--status", "\udcff"], ["import", "/\udcff"], ["list", "\udcff"], ["\udcff"]]
)
def test_a_refusal_shows_a_byte_that_is_not_utf_8_and_is_json_for_any_reader(cli, typed):
    assert "\\xff" in cli(*typed).err
    said = cli(*typed, "--json")
    assert (said.code, "\\xff" in said.error["message"]) == (2, True)
    assert "\\ud" not in said.err


def test_a_folder_whose_name_is_not_utf_8_is_used_and_shown(cli, tmp_path):
    root, file = (os.fsdecode(bytes(tmp_path / "x") + end) for end in (b"\xff", b"\xff.json"))
    try:
        Path(root).mkdir()
    except OSError:
        pytest.skip("this file system takes no such name")
    assert cli("--root", root, "create", "x").code == 0
    assert cli("--root", root, "doctor", "--json").json["root"] == f"{tmp_path}/x\\xff"
    assert f"{tmp_path}/x\\xff:" in cli("--root", root, "doctor").out
    assert cli("--root", root, "export", file, "--json").json["file"] == f"{tmp_path}/x\\xff.json"
    assert cli("import", file).code == 0


@pytest.mark.parametrize("locale", [{"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {"LC_ALL": "C"}])
def test_words_are_utf_8_in_any_locale(root, tmp_path, locale):
    goal = process(root, "create", "ü ✓", "--accept", "解析", more=locale).out.strip()
    process(root, "note", goal, "é", more=locale | {"GOALGATE_ACTOR": "Zoë"})
    shown = process(root, "show", goal, "--json").json
    assert (shown["description"], shown["acceptance"], shown["notes"]) == ("ü ✓", ["解析"], ["é"])
    assert process(root, "history", goal, "--json").json[-1]["actor"] == "Zoë"
    refused = process(root, "import", str(tmp_path / "ü.json"), "--json", more=locale).error
    assert refused["message"].startswith(f"FILE: {tmp_path}/ü.json: ")


@pytest.mark.parametrize("case", TEXTS)
def test_a_text_may_come_from_standard_input(cli, ok, few, case):
    arguments, name, _ = TEXTS[case]
    goal = ok(*arguments, "-", stdin="ein Grund: ü\n\n".encode())
    if case == "evidence":
        # It is the output of a program, and is kept to the last byte.
        assert goal["sessions"][0]["evidence"] == "ein Grund: ü\n\n"
    else:
        assert goal["notes"] == ["ein Grund: ü"]
    empty = cli(*arguments, "-", stdin=b"\n")
    assert (empty.code, empty.err.splitlines()[0].startswith(f"goalgate: {name}: nothing")) == (2, True)


def test_standard_input_can_be_read_once(cli, few):
    told = cli("update", "g-half", "s-run", "--evidence", "-", "--note", "-", stdin=b"x")
    assert (told.code, told.err.splitlines()[0]) == (
        2,
        "goalgate: --evidence: standard input is asked for by --note too",
    )


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be", "utf-8-sig", "utf-8"])
def test_a_byte_order_mark_says_how_to_read(cli, ok, few, encoding):
    text = "12 passed ✓\n"
    data = (("\ufeff" if encoding[-2:] in ("le", "be") else "") + text).encode(encoding)
    done = cli("update", "g-half", "s-run", "--state", "verified", "--evidence", "-", stdin=data)
    assert (done.code, done.err) == (0, "")
    assert ok("show", "g-half")["sessions"][0]["evidence"] == text


@pytest.mark.parametrize(
    "data, kept, said",
    [
        (b"a\xffb", "a\ufffdb", "1 byte on standard input was no UTF-8"),
        (b"\xe2\x9cx\xfe", "\ufffdx\ufffd", "3 bytes on standard input were no UTF-8"),
        ("a".encode("utf-16") + b"b", "a\ufffd", "1 byte on standard input was no UTF-16"),
    ],
)
def test_bytes_that_are_no_text_are_counted(cli, ok, few, data, kept, said):
    for arguments, mode in ((["update", "g-half", "s-run", "--evidence"], []), (["note", "g-half"], ["--json"])):
        done = cli(*arguments, "-", *mode, stdin=data)
        assert (done.code, done.err) == (0, f"goalgate: {said}: kept as U+FFFD\n")
    goal = ok("show", "g-half")
    assert (goal["sessions"][0]["evidence"], goal["notes"][-1]) == (kept, kept)


@pytest.mark.parametrize(
    "data, problem",
    [
        (b"x" * 262145, "has 262145 bytes, the limit is 262144"),
        (b"\xff" * 262144, "has 262144 bytes, which are 786432 in UTF-8, the limit is 262144"),
        ("x" * 262145, "has 524292 bytes, which are 262145 in UTF-8, the limit is 262144"),
        (b"x" * (MAX_TEXT_READ + 9), f"has more than {MAX_TEXT_READ} bytes, the limit is 262144"),
    ],
    ids=["plain", "no text", "utf-16", "more than is read"],
)
def test_a_size_is_told_in_the_bytes_that_were_given(cli, few, data, problem):
    data = data.encode("utf-16") if isinstance(data, str) else data
    told = cli("update", "g-half", "s-run", "--evidence", "-", stdin=data)
    assert (told.code, told.err.splitlines()[0]) == (2, f"goalgate: --evidence: {problem}")


def test_import_reads_no_file_without_end(root, tmp_path):
    large = tmp_path / "large.json"
    large.touch()
    os.truncate(large, MAX_GOALS_READ + 1)
    done = shell(root, f"goalgate import /dev/zero; goalgate import {large}; goalgate import - </dev/zero").harmless()
    problem = f"has more than {MAX_GOALS_READ} bytes, the most that is read"
    assert done.code == 2
    assert done.err.splitlines()[::2] == [
        f"goalgate: FILE: {name} {problem}" for name in ("/dev/zero", large, "standard input")
    ]
    assert not root.exists()


def test_a_named_pipe_that_nobody_fills_or_empties_is_waited_for_and_that_is_said(root, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    document = json.dumps([wire("g-new")])
    importing = subprocess.Popen(
        [*GOALGATE, "import", pipe], env=environment(root), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert importing.stderr is not None
    assert importing.stderr.readline() == f"goalgate: waiting for somebody to write to {pipe}, a named pipe\n"
    pipe.write_text(document)
    assert importing.communicate(timeout=HANGS) == ("1 goal imported, 0 already there\n", "")
    exporting = subprocess.Popen(
        [*GOALGATE, "export", pipe, "--force"],
        env=environment(root),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert exporting.stderr is not None
    assert exporting.stderr.readline() == f"goalgate: waiting for somebody to read {pipe}, a named pipe\n"
    assert json.loads(pipe.read_text())[0]["id"] == "g-new"
    assert exporting.communicate(timeout=HANGS) == (f"1 goal exported to {pipe}\n", "")
    assert shell(root, "goalgate import <(goalgate export)") == (0, "0 goals imported, 1 already there\n", "")


@pytest.mark.parametrize("arguments", [["import", "-"], ["note", "g", "-"], ["import", "/dev/tty"]])
def test_at_a_terminal_it_says_what_it_waits_for(root, arguments):
    ours, theirs = pty.openpty()
    try:
        with subprocess.Popen(
            # In a session of its own, so that the terminal is its own too.
            [sys.executable, "-c", _OF_ITS_OWN, *arguments],
            env=environment(root),
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as started:
            assert started.stderr is not None
            name = "/dev/tty" if "/dev/tty" in arguments else "standard input"
            assert started.stderr.readline() == f"goalgate: reading {name}, end with ctrl+d\n"
            os.write(ours, b"[]\n\x04")
            said = started.communicate(timeout=HANGS)
            assert (started.returncode, said[0]) in ((0, "0 goals imported, 0 already there\n"), (4, ""))
    finally:
        os.close(ours)
        os.close(theirs)


_OF_ITS_OWN = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from tui.cli import main
sys.exit(main())
"""


@pytest.mark.parametrize("typed", ["1_0", "٣", " 1 ", "9" * 5000, "0x1", "1.0", ""])
def test_what_is_no_number_is_refused_in_our_words(cli, few, typed):
    for arguments in (["revert", "g-half", typed], ["revert", "g-half", "1", "--if-current", typed]):
        told = cli(*arguments)
        assert (told.code, "is no revision's number" in told.err) == (2, True)
