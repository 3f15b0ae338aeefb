"""Every refusal of the contract's section 5, from the command line: exit status, JSON facts, and the same in words."""

import json
import shlex
import subprocess
import sys

import pytest

from store import SqlitePalace
from tests.cli.helpers import environment

pytestmark = pytest.mark.usefixtures("few")

VERIFY = ("update", "g-half", "s-run", "--state", "verified")
# What is refused, its exit status and code, and the facts that its error carries.
REFUSED: dict[str, tuple[list[str], int, str, dict[str, object]]] = {
    "no such goal": (["show", "nope"], 4, "not_found", {"goal_id": "nope", "candidates": []}),
    "an empty id": (["show", ""], 4, "not_found", {"goal_id": "", "candidates": []}),
    "a change to no such goal": (["note", "nope", "x"], 4, "not_found", {"goal_id": "nope"}),
    "an ambiguous id": (["show", "g-"], 4, "not_found", {"goal_id": "g-"}),
    "no such session": (
        ["update", "g-half", "s-x", "--state", "running"],
        4,
        "not_found",
        {"goal_id": "g-half", "session_id": "s-x", "linked": ["s-run", "s-ok"]},
    ),
    "unlinking no such session": (["unlink", "g-half", "s-x", "--reason", "r"], 4, "not_found", {"session_id": "s-x"}),
    "the gate": (
        ["close", "g-half"],
        3,
        "verification_gate",
        {
            "goal_id": "g-half",
            "verified": 1,
            "total": 2,
            "holding": [{"session_id": "s-run", "task": "work", "state": "running", "evidence": None}],
        },
    ),
    "the gate, by status": (["status", "g-half", "done"], 3, "verification_gate", {"verified": 1, "total": 2}),
    "the gate without a session": (["close", "g-empty"], 3, "verification_gate", {"total": 0, "holding": []}),
    "verified without evidence": (
        [*VERIFY],
        3,
        "evidence_required",
        {"goal_id": "g-half", "session_id": "s-run"},
    ),
    "verified with blank evidence": ([*VERIFY, "--evidence", " \u200b\n"], 3, "evidence_required", {}),
    "a link to a closed goal": (
        ["link", "g-done", "s-x", "t"],
        3,
        "goal_closed",
        {"goal_id": "g-done", "status": "done"},
    ),
    "an update of an abandoned goal": (
        ["update", "g-gone", "s-gone", "--state", "running"],
        3,
        "goal_closed",
        {"status": "abandoned"},
    ),
    "an edit of a closed goal": (["edit", "g-done", "--description", "x"], 3, "goal_closed", {}),
    "unlinking from a closed goal": (["unlink", "g-done", "s-done", "--reason", "r"], 3, "goal_closed", {}),
    "a session linked twice": (
        ["link", "g-half", "s-run", "t"],
        3,
        "session_already_linked",
        {"session_id": "s-run", "goal_id": "g-half", "holder": "g-half"},
    ),
    "a session of another open goal": (
        ["link", "g-empty", "s-run", "t"],
        3,
        "session_already_linked",
        {"holder": "g-half"},
    ),
    "a revert after a change": (
        ["revert", "g-half", "1", "--if-current", "7"],
        3,
        "goal_changed",
        {"goal_id": "g-half", "expected": 7, "current": 1},
    ),
    "a blank description": (["create", " \u3164"], 2, "invalid_input", {"field": "description"}),
    "a long description": (["create", "x" * 2001], 2, "invalid_input", {"field": "description"}),
    "a blank note": (["note", "g-half", "\u2800"], 2, "invalid_input", {"field": "note"}),
    "a blank criterion": (["create", "x", "--accept", "y", "--accept", ""], 2, "invalid_input", {}),
    "a blank reason": (["unlink", "g-half", "s-run", "--reason", ""], 2, "invalid_input", {"field": "reason"}),
    "a blank session": (["link", "g-half", " ", "t"], 2, "invalid_input", {"field": "session_id"}),
    "a control character": (["create", "a\x1bb"], 2, "invalid_input", {"field": "description"}),
    "a revision that is not there": (["revert", "g-half", "9"], 2, "invalid_input", {"field": "revision"}),
    "a request id for something else": (["note", "g", "other", "--request-id", "r"], 2, "invalid_input", {}),
    "a bad palace": (["--palace", "../x", "list"], 2, "invalid_input", {"field": "palace"}),
    "a blank actor": (["--actor", " ", "list"], 2, "invalid_input", {"field": "actor"}),
    "a file that is not there": (["import", "/nope/goals.json"], 2, "invalid_input", {"field": "file"}),
    "a folder as a file": (["import", "/"], 2, "invalid_input", {"field": "file"}),
    "no folder to export to": (["export", "/nope/goals.json"], 2, "invalid_input", {"field": "file"}),
    "a root that is a file": (["--root", __file__, "list"], 2, "invalid_input", {"field": "root"}),
    "a root in nobody's home": (["--root", "~nobody-has-this-name/x", "list"], 2, "invalid_input", {"field": "root"}),
    "the console without a terminal": ([], 2, "invalid_input", {"field": "console"}),
    "the console and a verb": (["--demo", "list"], 2, "invalid_input", {"field": "usage"}),
}
USAGE = {
    "an unknown verb": ["frobnicate"],
    "an unknown option": ["list", "--frobnicate"],
    "an abbreviated option": ["create", "x", "--acc", "y"],
    "no goal": ["show"],
    "no reason": ["unlink", "g-half", "s-run"],
    "an unknown status": ["status", "g-half", "finished"],
    "a status in other letters": ["list", "--status", "inprogress"],
    "an unknown state": ["update", "g-half", "s-run", "--state", "VERIFIED"],
    "a word too many": ["note", "g-half", "two", "words"],
    "a value like an option": ["note", "g-half", "-x"],
    "a value like a cry for help": ["note", "g-half", "-hello"],
    "no number": ["revert", "g-half", "first"],
    "a shell that is unknown": ["--print-completion", "cmd.exe"],
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_says_what_why_and_what_next(cli, case):
    arguments, code, name, facts = REFUSED[case]
    cli("note", "g", "text", "--request-id", "r")
    before = cli("export").out

    said = cli(*arguments, "--json")
    assert (said.code, said.out) == (code, "")
    assert said.error["code"] == name
    assert said.error["message"]
    assert said.error["next"]
    assert {key: said.error[key] for key in facts} == facts

    told = cli(*arguments)
    assert (told.code, told.out) == (code, "")
    first, second = told.err.splitlines()
    assert first.startswith("goalgate: ")
    assert second.startswith("goalgate:   ")
    assert cli("export").out == before


# What is refused, how it begins, the field that it is on the wire.
TYPED = (
    (["create", ""], "DESCRIPTION: is blank", "description"),
    (["create", "x", "--accept", ""], "--accept: is blank", "acceptance.0"),
    (["create", "x", "--accept", "", "--accept", "y"], "--accept (the 1st): is blank", "acceptance.0"),
    (["edit", "g-half", *["--accept", "y"] * 11, "--accept", ""], "--accept (the 12th): is blank", "acceptance.11"),
    (["edit", "g-half", *["--accept", "y"] * 101], "--accept: has 101 entries", "acceptance"),
    (["edit", "g-half", "--description", ""], "--description: is blank", "description"),
    (["link", "g-half", "", "t"], "SESSION: is blank", "session_id"),
    (["link", "g-half", "s", ""], "TASK: is blank", "task"),
    (["unlink", "g-half", "s-run", "--reason", ""], "--reason: is blank", "reason"),
    (["update", "g-half", "s-run", "--evidence", "x" * 262145], "--evidence: has 262145 bytes", "evidence"),
    (["update", "g-half", "s-run", "--note", "x" * 20000], "--note: has 20000 bytes", "note"),
    (["note", "g-half", ""], "TEXT: is blank", "note"),
    (["note", "g-half", "x", "--request-id", ""], "--request-id: is blank", "request_id"),
    (["close", "g-ready", "--outcome", "x" * 20000], "--outcome: has 20000 bytes", "reason"),
    (["status", "g-ready", "blocked", "--reason", "x" * 20000], "--reason: has 20000 bytes", "reason"),
    (["revert", "g-half", "9"], "REVISION: goal g-half has no revision 9", "revision"),
    (["import", "/nope"], "FILE: /nope: No such file", "file"),
    (["--root", "~nobody-has-this-name/x", "list"], "--root: ~nobody-has-this-name/x: there is no such home", "root"),
    (["import", ""], "FILE: no file is named", "file"),
    (["export", ""], "FILE: no file is named", "file"),
    (["export", "a\0b"], "FILE: holds byte 00", "file"),
    (["--root", "a\0b", "list"], "--root: holds byte 00", "root"),
    (["list", "--json=yes"], "usage: argument --json: takes no value", "usage"),
    (["--palace", "../x", "list"], "--palace: '../x' is", "palace"),
)


@pytest.mark.parametrize("arguments, begins, field", TYPED, ids=[begins for _, begins, _ in TYPED])
def test_a_refusal_names_what_was_typed(cli, arguments, begins, field):
    assert cli(*arguments).err.startswith(f"goalgate: {begins}")
    assert cli(*arguments, "--json").error["field"] == field


def test_a_refusal_names_the_variable_that_was_set(cli, monkeypatch):
    monkeypatch.setenv("GOALGATE_PALACE", "../x")
    assert cli("list").err.startswith("goalgate: GOALGATE_PALACE: ")
    monkeypatch.delenv("GOALGATE_PALACE")
    monkeypatch.setenv("GOALGATE_ACTOR", "a\x1bb")
    assert cli("list").err.startswith("goalgate: GOALGATE_ACTOR: ")
    monkeypatch.delenv("GOALGATE_ACTOR")
    monkeypatch.setenv("LOGNAME", "a\x1bb")
    assert cli("list").err.startswith("goalgate: LOGNAME: holds a control character")
    monkeypatch.setenv("LOGNAME", "")
    monkeypatch.setenv("USER", "a\x1bb")
    assert cli("list").err.startswith("goalgate: USER: holds a control character")
    assert cli("--actor", "me", "list").code == 0


@pytest.mark.parametrize(
    "arguments, command",
    [
        (["show", ""], "is a variable of your script empty? (goalgate list)"),
        (["show", "nope"], "(goalgate list)"),
        (["update", "g-half", "s-x"], "(goalgate show g-half)"),
        (["link", "g-done", "s", "t"], "(goalgate status g-done inProgress)"),
        (["revert", "g-half", "1", "--if-current", "7"], "(goalgate history g-half)"),
        ([*VERIFY], "(--evidence TEXT; --evidence - reads standard input)"),
        (["link", "g-half", "s-run", "t"], "(goalgate show g-half)"),
        (["close", "g-empty"], "(goalgate link g-empty SESSION TASK)"),
        (["close", "g-half"], "(goalgate update g-half s-run --state verified --evidence - <OUTPUT)"),
    ],
)
def test_the_next_step_is_a_command(cli, arguments, command):
    assert cli(*arguments).err.endswith(f"{command}\n")
    assert cli(*arguments, "--json").error["next"].endswith(command)


def test_an_empty_id_is_said_to_be_empty(cli):
    told = cli("show", "").err
    assert "no goal is named" in told
    assert "the beginning of one" in told
    assert "''" not in told


def test_the_next_step_is_work_and_never_a_word(cli, ok):
    """That some text is there proves nothing: an agent that does what stands there has to show something."""
    for session, state in (("s 1", "running"), ("s-2", "launched"), ("s-3", "failed")):
        goal = ok("create", "x")["id"]
        ok("link", goal, session, "t")
        ok("update", goal, session, "--state", state, "--evidence", "3 failed, 9 passed")
        said = cli("close", goal, "--json").error["next"]
        assert said.startswith(f"{session!r}: {'mend' if state == 'failed' else 'run'} what ")
        assert "set it verified" not in said + cli("show", goal).out
        command, _, source = said.partition("(goalgate ")[2].rstrip(")").partition(" <")
        assert source == "OUTPUT"
        # Without an output it is refused, and with one it closes.
        assert cli(*shlex.split(command), stdin=b"").code == 3
        ok(*shlex.split(command), stdin=b"12 passed")
        ok("close", goal)
    # Blank evidence is none.
    ok("update", "g-half", "s-run", "--evidence", " ")
    assert cli("close", "g-half").err.endswith("s-run --state verified --evidence - <OUTPUT)\n")
    # Where several hold it back, one command says it of all.
    ok("link", "g-half", "s-more", "t")
    assert "goalgate update g-half SESSION --state verified --evidence - " in cli("close", "g-half").err


@pytest.mark.parametrize("case", USAGE)
def test_wrong_usage_is_invalid_input(cli, case):
    said = cli(*USAGE[case], "--json")
    assert (said.code, said.out) == (2, "")
    assert (said.error["code"], said.error["field"]) == ("invalid_input", "usage")
    assert "--help" in said.error["next"]
    told = cli(*USAGE[case])
    assert (told.code, told.out, len(told.err.splitlines())) == (2, "", 2)


@pytest.mark.parametrize(
    "arguments, refused, form",
    [
        (["update", "g-half", "s", "running"], "too many arguments: running", "update GOAL SESSION [--state STATE] ["),
        (["close", "g-half", "x"], "too many arguments: x", "close GOAL [--outcome TEXT]; "),
        (["unlink", "g-half", "s"], "required: --reason", "unlink GOAL SESSION --reason TEXT; "),
        (["link", "g-half", "s"], "required: TASK", "link GOAL SESSION TASK; "),
        (["create", "x", "--nope", "y"], "there is no option --nope", "create DESCRIPTION [--accept TEXT]; "),
        (["export", "a", "b"], "too many arguments: b", "export [FILE] [--force]; "),
    ],
)
def test_wrong_usage_shows_how_the_verb_is_written(cli, arguments, refused, form):
    first, second = cli(*arguments).err.splitlines()
    assert first.endswith(refused)
    assert second.startswith(f"goalgate:   write goalgate {form}")


def test_an_ambiguous_id_names_what_it_could_mean(cli):
    assert cli("show", "g-", "--json").error["candidates"] == ["g-done", "g-empty", "g-gone", "g-half", "g-ready"]
    assert "give more characters" in cli("show", "g-").err


def test_an_ambiguous_id_names_some_and_counts_the_rest(cli, ok, samples):
    told = cli("show", "g-", "--json").error
    assert len(told["candidates"]) == 9
    rest = len([goal for goal in ok("list") if goal["id"].startswith("g-")]) - 9
    assert f"{told['candidates'][-1]} or {rest} more" in told["message"]


def test_a_limit_names_the_field_and_both_numbers(cli):
    said = cli(*VERIFY, "--evidence", "-", "--json", stdin=b"x" * (1 << 20)).error
    assert (said["field"], "1048576" in said["problem"], "262144" in said["problem"]) == ("evidence", True, True)


@pytest.mark.parametrize("document, what", [(b"", "nothing"), (b" \n", "nothing visible")])
def test_a_pipe_that_brings_nothing_is_said_to_be_empty(cli, ok, document, what):
    """Empty evidence would take away what is there, and whoever piped something in meant no such thing."""
    ok("update", "g-half", "s-run", "--evidence", "12 passed")
    told = cli("update", "g-half", "s-run", "--note", "n", "--evidence", "-", stdin=document)
    assert (told.code, told.err.splitlines()[0]) == (2, f"goalgate: --evidence: {what} was on standard input")
    assert cli("import", "-", stdin=document).err.startswith("goalgate: FILE: standard input is empty\n")
    # The contract has a code of its own for that.
    refused = cli(*VERIFY, "--evidence", "-", stdin=document)
    assert (refused.code, "without evidence, and what was given is blank\n" in refused.err) == (3, True)
    assert ok("show", "g-half")["sessions"][0]["evidence"] == "12 passed"
    assert ok("update", "g-half", "s-run", "--evidence", "")["sessions"][0]["evidence"] == ""


def test_a_file_that_is_no_goals_json_is_refused_whole_and_by_entry(cli, tmp_path):
    file = tmp_path / "x.json"
    good = cli("show", "g-empty", "--json").json | {"id": "g-new"}
    for content, where in (
        ([good, good | {"id": "g-2", "status": "finished"}], "entry 2 (g-2): status"),
        ([good, good | {"id": "../x"}], "entry 2 (../x): id"),
        ([good, good | {"id": "g-half"}], "g-half"),
        ([good, good | {"id": "g-2", "description": "x" * 2001}], "entry 2 (g-2): description"),
        ([good, "\x1b]0;pwn\x07"], "entry 2"),
        ({"g": good}, "file"),
    ):
        file.write_text(json.dumps(content))
        said = cli("import", str(file), "--json")
        assert (said.code, said.error["code"]) == (2, "invalid_input")
        assert said.error["field"].startswith(where)
    file.write_bytes(b'["\xff"]')
    assert "not UTF-8" in cli("import", str(file)).err
    assert cli("show", "g-new").code == 4
    file.write_text('[\n  {"id" "g"}]')
    assert f"FILE: {file} is not JSON: Expecting ':' delimiter: line 2 column 9 " in cli("import", str(file)).err
    assert "FILE: standard input is not an array" in cli("import", "-", stdin=b"{}").err


@pytest.mark.parametrize("document", [b"", b"{", b"{}", b"[1]", b'[{"id": "g-1"}]'], ids=str)
def test_what_can_not_be_imported_is_told_what_can(cli, document):
    """The example in the refusal is one that is taken."""
    refused = cli("import", "-", "--json", stdin=document).error["next"]
    assert "goalgate export" in refused
    example = refused[refused.index("[") :]
    assert cli("import", "-", "--json", stdin=example.encode()).json == {"imported": ["g-1"], "skipped": []}


def test_a_palace_that_fails_in_the_middle_of_a_verb_is_unavailable(cli, monkeypatch):
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(SqlitePalace, "transact", fail)
    said = cli("note", "g-half", "x", "--json")
    assert (said.code, said.error["code"]) == (5, "palace_unavailable")
    assert "No space left" in said.error["reason"]


def test_what_nobody_foresaw_is_one_line_and_no_traceback(cli, monkeypatch):
    def fail(*_: object) -> None:
        msg = "oops \x1b]0;pwn\x07"
        raise RuntimeError(msg)

    monkeypatch.setattr("tui.verbs._find", fail)
    told = cli("show", "g-half")
    assert told.code == 70
    assert "oops ␛]0;pwn␇" in told.err
    assert len(told.err.splitlines()) == 1
    said = cli("show", "g-half", "--json")
    assert (said.code, said.out, said.error["code"]) == (70, "", "internal_error")
    assert "oops" in said.error["message"]
    assert said.error["next"]


@pytest.mark.parametrize("mode", [[], ["--json"]])
def test_nothing_else_is_said_of_it_in_a_process_of_its_own(root, mode):
    """Where nobody has set up logging, Python writes what is logged to standard error as it is."""
    fail = "import sys, tui.cli; tui.cli.settings.choose = lambda *_: 1 / 0; sys.exit(tui.cli.main())"
    done = subprocess.run(
        [sys.executable, "-c", fail, "list", *mode], env=environment(root), capture_output=True, check=False
    )
    (line,) = done.stderr.decode().splitlines()
    assert done.returncode == 70
    assert line.startswith('{"error":' if mode else "goalgate: an error of goalgate's own: ZeroDivisionError")
