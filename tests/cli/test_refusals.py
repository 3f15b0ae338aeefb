"""Every refusal of the contract's section 5, from the command line: exit status, JSON facts, and the same in words."""

import json

import pytest

from store import SqlitePalace

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


@pytest.mark.parametrize("case", USAGE)
def test_wrong_usage_is_invalid_input(cli, case):
    said = cli(*USAGE[case], "--json")
    assert (said.code, said.out) == (2, "")
    assert (said.error["code"], said.error["field"]) == ("invalid_input", "usage")
    assert "--help" in said.error["next"]
    told = cli(*USAGE[case])
    assert (told.code, told.out, len(told.err.splitlines())) == (2, "", 2)


def test_an_ambiguous_id_names_what_it_could_mean(cli):
    assert cli("show", "g-", "--json").error["candidates"] == ["g-done", "g-empty", "g-gone", "g-half", "g-ready"]
    assert "give more characters" in cli("show", "g-").err


def test_a_limit_names_the_field_and_both_numbers(cli):
    said = cli(*VERIFY, "--evidence", "-", "--json", stdin=b"x" * (1 << 20)).error
    assert (said["field"], "1048576" in said["problem"], "262144" in said["problem"]) == ("evidence", True, True)


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

    monkeypatch.setattr("tui.verbs.judge", fail)
    told = cli("show", "g-half")
    assert told.code == 70
    assert "oops ␛]0;pwn␇" in told.err
    assert len(told.err.splitlines()) == 1
