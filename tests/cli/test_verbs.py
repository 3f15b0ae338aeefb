"""Every verb as an agent uses it, by JSON, and as a person reads it."""

import json
import re
from pathlib import Path

import pytest

from store import Edit, GoalStatus, GoalStoreError, SessionTaskState, SqlitePalace, SyncStore
from tests.cli.helpers import PROJECT, VERBS, shell
from tests.store.helpers import SAMPLES, cache_file, palace_file, wire
from tui import parser

ID = re.compile(r"g-[0-9a-f]{16}")


def test_an_agents_way_to_a_closed_goal(cli, ok):
    goal = cli("create", "Ship\n the  parser", "--accept", "tests pass").out.strip()
    assert ID.fullmatch(goal)
    assert ok("show", goal)["description"] == "Ship the parser"
    assert ok("link", goal, "s-1", "write it")["status"] == "inProgress"
    assert ok("link", goal, "s-2", "review it")["progress"] == 0
    assert ok("update", goal, "s-1", "--state", "running")["sessions"][0]["state"] == "running"
    output = "12 passed \U0001faa2 解析器\r\n\x1b[32mgreen\x1b[0m\n".encode()
    verified = ok("update", goal, "s-1", "--state", "verified", "--evidence", "-", stdin=output)
    assert verified["sessions"][0]["evidence"].encode() == output
    assert verified["progress"] == 50

    assert cli("close", goal).code == 3
    said = cli("close", goal, "--json").error
    assert [link["session_id"] for link in said["holding"]] == ["s-2"]
    assert "s-2" in said["message"]

    ok("unlink", goal, "s-2", "--reason", "nobody reviews")
    done = ok("close", goal, "--outcome", "merged")
    assert (done["status"], done["progress"], done["notes"]) == ("done", 100, ["nobody reviews", "merged"])
    assert ok("note", goal, "a note on a closed goal")["status"] == "done"
    assert ok("status", goal, "inProgress", "--reason", "not quite")["notes"][-1] == "not quite"

    revisions = ok("history", goal)
    assert [revision["revision"] for revision in revisions] == list(range(1, 10))
    assert {revision["actor"] for revision in revisions} == {"tester"}
    assert all(revision["at"] == revision["goal"]["updated"] for revision in revisions)
    assert revisions[-1]["goal"] == ok("show", goal)
    # Reopened, it rests on evidence from before; nothing is wrong with that until it is closed again.
    assert cli("doctor").code == 0
    assert "the evidence of session 's-1' is older than" in cli("doctor").out
    ok("close", goal)
    assert cli("doctor").code == 1


def test_a_person_reads_the_same(cli, few):
    assert cli("list").out.splitlines() == [
        "g                   blocked         0/0  goal g",
        "g-done              done            1/1  goal g-done",
        "g-empty             pending         0/0  goal g-empty",
        "g-gone              abandoned       0/1  goal g-gone",
        "g-half              inProgress      1/2  goal g-half",
        "g-ready             inProgress      1/1  goal g-ready",
    ]
    shown = cli("show", "g-half").out
    assert "gate: 1 of 2 sessions verified with evidence\n    session s-run is still running: " in shown
    assert "session s-ok  verified  work\n  evidence imported:\n    12 passed\n" in shown
    cli("unlink", "g-half", "s-ok", "--reason", "not ours")
    assert "gate: 0 of 1 session verified with evidence\n    session s-run" in cli("show", "g-half").out
    assert "gate: would pass" in cli("show", "g-ready").out
    assert "gate: passed" in cli("show", "g-done").out
    assert re.search(r"note 1 imported by tester, 20\S+ \S+Z:\n    waits", cli("show", "g").out)
    told = cli("close", "g-ready", "--outcome", "merged")
    assert told.out == "g-ready             done            1/1  goal g-ready\n"
    first, second = cli("history", "g-ready").out.splitlines()
    assert re.fullmatch(r" +1  20\S+ \S+Z  tester  imported as inProgress; s-ready linked, .*", first)
    assert re.fullmatch(r" +2  20\S+ \S+Z  tester  status inProgress -> done; note: merged", second)


@pytest.mark.parametrize(
    "asked, found",
    [
        ([], ["g", "g-done", "g-empty", "g-gone", "g-half", "g-ready"]),
        (["--status", "done"], ["g-done"]),
        (["--status", "pending", "--status", "inProgress"], ["g-empty", "g-half", "g-ready"]),
    ],
)
def test_list_by_status(ok, few, asked, found):
    assert [goal["id"] for goal in ok("list", *asked)] == found


def test_that_no_goal_has_a_status_is_told_from_an_empty_palace(cli, few, root):
    none = cli("list", "--status", "done", "--status", "abandoned", "--palace", "b")
    assert (none.code, none.out, none.err) == (
        0,
        "",
        f"goalgate: no palace 'b' in {root} yet; goalgate create or import begins it; found there: session-manager\n",
    )
    cli("--palace", "b", "import", "-", stdin=b"[]")
    assert "palace b in" in cli("--palace", "b", "list", "--status", "done").err
    cli("--palace", "b", "create", "x")
    none = cli("--palace", "b", "list", "--status", "done", "--status", "blocked", "--status", "done")
    assert (none.code, none.out, none.err) == (0, "", "goalgate: none of 1 goal is done or blocked\n")
    assert cli("--palace", "b", "list", "--status", "done", "--json") == (0, "[]\n", "")


def test_a_goal_by_the_beginning_of_its_id(ok, few):
    assert ok("show", "g-h")["id"] == "g-half"
    # An exact id beats the others that begin with it.
    assert ok("show", "g")["id"] == "g"
    assert ok("note", "g-e", "x")["id"] == "g-empty"


def test_edit_replaces_what_is_given(ok, few):
    assert ok("edit", "g-half", "--accept", "a", "--accept", "b")["acceptance"] == ["a", "b"]
    edited = ok("edit", "g-half", "--description", "another")
    assert (edited["description"], edited["acceptance"]) == ("another", ["a", "b"])


def test_nothing_given_writes_nothing_and_says_so(cli, ok, few):
    for arguments, options in (
        (["edit", "g-half"], "--description or --accept"),
        (["update", "g-half", "s-run"], "--state, --evidence or --note"),
        (["update", "g-half", "s-run", "--note", " "], "--state, --evidence or --note"),
    ):
        told = cli(*arguments)
        assert (told.code, told.err) == (0, f"goalgate: nothing is changed: give {options}\n")
    assert len(ok("history", "g-half")) == 1


def test_leaving_verified_clears_the_evidence(ok, few):
    assert ok("update", "g-half", "s-ok", "--state", "running")["sessions"][1]["evidence"] is None


def test_revert_is_a_new_revision(ok, few):
    ok("edit", "g-half", "--description", "other")
    assert ok("revert", "g-half", "1", "--if-current", "2")["description"] == "goal g-half"
    assert [revision["goal"]["description"] for revision in ok("history", "g-half")] == [
        "goal g-half",
        "other",
        "goal g-half",
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ["create", "d", "--accept", "a"],
        ["edit", "g-ha", "--description", "other"],
        ["link", "g-ha", "s-new", "t"],
        ["unlink", "g-ha", "s-run", "--reason", "r"],
        ["update", "g-ha", "s-run", "--note", "n", "--evidence", "-"],
        ["note", "g-ha", "n"],
        ["status", "g-ha", "blocked"],
        ["close", "g-rea"],
        ["supersede", "g-ha", "s-run", "--by", "s-ok"],
        ["revert", "g-ha", "1"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_retry_gives_the_first_answer_and_writes_nothing(ok, few, arguments):
    ok("edit", "g-half", "--accept", "makes revision 2, so that there is something to revert")
    first = ok(*arguments, "--request-id", "r-1", stdin=b"output")
    ok("note", first["id"], "something in between")
    # The beginning of its id may be that of others by now.
    more = [wire("g-hard"), wire("g-hat"), wire("g-real")]
    ok("import", "-", stdin=json.dumps(more).encode())
    before = ok("history", first["id"])
    assert ok(*arguments, "--request-id", "r-1", stdin=b"output") == first
    assert ok("history", first["id"]) == before


def test_what_was_never_carried_out_is_no_retry(cli, ok, few):
    """Where a beginning means several goals, a request tells which one only if it was about one of those."""
    ok("note", "g-ready", "n", "--request-id", "r-1")
    ok("import", "-", "--request-id", "r-2", stdin=json.dumps([wire("g-hard")]).encode())
    for request in ("r-1", "r-2", "r-3"):
        asked = cli("note", "g-ha", "n", "--request-id", request)
        assert (asked.code, "ambiguous" in asked.err) == (4, True)
    ok("note", "g-half", "n", "--request-id", "r-3")
    asked = cli("note", "g-ha", "m", "--request-id", "r-3")
    assert (asked.code, "stands for another request" in asked.err) == (2, True)
    assert cli("note", "", "n", "--request-id", "r-3").code == 4
    assert cli("note", "g-ha", "n", "--request-id", " ").code == 2


def test_a_retry_says_that_the_goal_has_changed_since(cli, few):
    close = ("close", "g-ready", "--request-id", "R")
    assert [cli(*close).err, cli(*close).err] == ["", ""]
    cli("status", "g-ready", "inProgress")
    again = cli(*close)
    assert (again.code, again.out.split()[1]) == (0, "done")
    assert again.err == (
        "goalgate: goal g-ready has changed since request 'R' was carried out, and is inProgress now:"
        " the answer is the one of then\n"
    )


def test_sessions_that_look_alike_are_told_apart(cli, few):
    for session in ("s-look", "s-look ", "s\u2010look", "s-lo\u3164ok", "s-look\u00ad", "解析-1"):
        assert cli("link", "g-half", session, "t").code == 0
    shown = [line.removeprefix("session ").split("  ")[0] for line in cli("show", "g-half").out.splitlines()]
    alike = ["s-look", "'s-look '", "s<U+2010>look", "s-lo<U+3164>ok", "s-look<U+00AD>", "解析-1"]
    assert [name for name in shown if name in alike] == alike
    assert all(f"\n    session {name} was launched" in cli("show", "g-half").out for name in alike)


def test_a_retried_import_gives_the_first_answer(ok, samples):
    assert len(samples["imported"]) == 47
    assert ok("import", str(SAMPLES)) == {"imported": [], "skipped": samples["imported"]}
    first = ok("--palace", "other", "import", str(SAMPLES), "--request-id", "r")
    assert ok("--palace", "other", "import", "-", "--request-id", "r", stdin=SAMPLES.read_bytes()) == first


def test_what_is_exported_can_be_imported_and_is_the_same(cli, ok, samples, tmp_path, monkeypatch):
    file = tmp_path / "export.json"
    assert cli("export", str(file)).out == f"47 goals exported to {file}\n"
    document = file.read_text()
    assert cli("export").out == cli("export", "--json").out == document
    # The same values as the file that was imported, but for digits past the microsecond and the offset of times.
    strip = [{**goal, "created": 0, "updated": 0} for goal in json.loads(document)]
    assert strip == [{**goal, "created": 0, "updated": 0} for goal in json.loads(SAMPLES.read_text())]
    assert len(ok("--palace", "b", "import", str(file))["imported"]) == 47
    assert cli("--palace", "b", "export").out == document
    monkeypatch.chdir(tmp_path)
    assert cli("--palace", "b", "export", "-").out == document
    assert not (tmp_path / "-").exists()


def test_export_never_overwrites_without_force(cli, few, tmp_path):
    file = tmp_path / "export.json"
    file.write_text("mine")
    refused = cli("export", str(file))
    assert (refused.code, file.read_text()) == (2, "mine")
    assert "--force" in refused.err
    assert cli("export", str(file), "--force", "--json").json["file"] == str(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.glob("*export*")] == [file.name]
    # A link is not followed, not even with force.
    link = tmp_path / "link.json"
    link.symlink_to(tmp_path / "target.json")
    assert cli("export", str(link), "--force").code == 2
    assert not (tmp_path / "target.json").exists()
    assert cli("export", "/dev/null", "--force").code == 0


def test_show_reads_no_more_of_the_past_than_says_who_wrote_the_notes(cli, few, root, monkeypatch):
    read: list[int] = []
    history = SqlitePalace.history

    def counted(self, drawer, **asked):
        rows = history(self, drawer, **asked)
        read.extend(row.number for row in rows)
        return rows

    def edit(times):
        with SyncStore.open(root, actor="editor") as store:
            for at in range(times):
                store.apply(Edit("g-half", f"{times} {at}", None))

    edit(100)
    cli("--actor", "ann", "note", "g-half", "old")
    edit(100)
    cli("--actor", "bob", "note", "g-half", "new")
    monkeypatch.setattr(SqlitePalace, "history", counted)
    shown = cli("show", "g-half").out
    assert re.findall(r"^note (\d) by (\w+), ", shown, re.MULTILINE) == [("1", "ann"), ("2", "bob")]
    assert sorted(read) == list(range(min(read), 204))
    assert 60 < min(read) <= 102
    read.clear()
    assert "note 1 imported by tester" in cli("show", "g").out
    assert read == [1]


def test_an_export_that_fails_leaves_all_as_it_was(cli, few, tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(16, "Device or resource busy")

    file = tmp_path / "export.json"
    file.write_text("mine")
    # As where something is mounted on the file.
    monkeypatch.setattr(Path, "replace", refuse)
    refused = cli("export", str(file), "--force")
    assert (refused.code, "FILE: " in refused.err, "busy" in refused.err) == (2, True, True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["export.json", "few.json", "root"]
    assert file.read_text() == "mine"


def test_values_that_begin_with_a_dash(cli, ok, few):
    assert ok("note", "g-half", "- an item")["notes"] == ["- an item"]
    assert cli("note", "g-half", "--json", "--", "--force").json["notes"][-1] == "--force"
    assert cli("note", "g-half", "--json", "--", "-h").json["notes"][-1] == "-h"
    assert ok("update", "g-half", "s-run", "--evidence=-v", "--note=--x")["sessions"][0]["evidence"] == "-v"
    assert ID.fullmatch(cli("create", "--", "--json").out.strip())


def test_options_before_the_verb_and_behind_it(cli, ok):
    goal = cli("--json", "--palace", "p", "create", "x", "--actor", "mcp:me").json["id"]
    assert ok("list") == []
    (revision,) = ok("--palace", "p", "history", goal)
    assert revision["actor"] == "mcp:me"


def test_the_environment_and_what_beats_it(ok, root, monkeypatch, tmp_path):
    monkeypatch.setenv("GOALGATE_PALACE", "from-env")
    ok("create", "x")
    assert palace_file(root, "from-env").exists()
    # Empty is as good as not given.
    assert len(ok("--palace", "", "list")) == 1
    assert ok("--palace", "session-manager", "list") == []
    other = tmp_path / "other"
    ok("--root", str(other), "create", "y")
    assert cache_file(other, "from-env").exists()
    for name in ("GOALGATE_ACTOR", "LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    assert ok("history", ok("create", "z")["id"])[0]["actor"]


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_help_says_how_in_the_width_of_a_terminal(cli, monkeypatch, verb):
    monkeypatch.setenv("COLUMNS", "80")
    said = cli(*verb.split(), "--help")
    assert (said.code, said.err) == (0, "")
    assert all(len(line) < 80 for line in said.out.splitlines())
    assert f"goalgate {verb}".strip() in said.out
    assert "\nexit status: 0 " in said.out
    assert re.search(rf"^(example: |  )goalgate {verb}", said.out, re.MULTILINE)
    assert cli(*verb.split(), "-h") == said


def test_the_words_of_the_options_are_those_on_the_wire():
    assert tuple(GoalStatus) == parser.STATUSES
    assert tuple(SessionTaskState) == parser.STATES


def test_version(cli):
    assert re.fullmatch(r"goalgate \d+\.\d+\.\d+\S*\n", cli("--version").out)


README = (PROJECT / "README.md").read_text()


def kinds_of(kind):
    """Every error of ours that is one of a kind."""
    below = [kind for kind in kind.__subclasses__() if kind.__module__.startswith(("store.", "tui."))]
    return [kind, *(one for kind in below for one in kinds_of(kind))]


@pytest.mark.parametrize(
    "verb, arguments",
    [("history", ["g-half"]), ("import", ["-"]), ("export", ["new.json"]), ("doctor", [])],
)
def test_help_tells_what_the_json_of_a_verb_holds(cli, ok, few, tmp_path, monkeypatch, verb, arguments):
    monkeypatch.chdir(tmp_path)
    said = ok(verb, *arguments, stdin=b"[]")
    (told,) = re.findall(r"^With --json.*:\n(.*)", cli(verb, "--help").out, re.MULTILINE)
    assert re.findall('"(\\w+)"', told)[: len(keys := list(said[0] if verb == "history" else said))] == keys


def test_what_the_readme_tells_agents_works_as_it_stands(root):
    (script,) = re.findall(r"## For agents.*?```sh\n(.*?)```", README, re.DOTALL)
    folder, temporary = root.parent / "checkout", root.parent / "tmp"
    folder.mkdir()
    temporary.mkdir()
    done = shell(root, f"cd {folder}; export TMPDIR={temporary}; set -e\n{script}")
    assert done.code == 0, done.err
    assert "refused with exit status 3\n" in done.out
    assert json.loads(done.err)["error"]["holding"][0]["session_id"] == "s-1"
    assert json.loads(done.out.splitlines()[-1])["status"] == "done"
    assert not root.exists()
    assert not list(folder.iterdir())


def test_what_the_help_tells_agents_leaves_nothing_where_it_is_run(cli, root):
    script = cli("--help").out.partition("as an agent would:\n")[2].partition("\n\n")[0]
    folder, temporary = root.parent / "checkout", root.parent / "tmp"
    folder.mkdir()
    temporary.mkdir()
    make = "make() { echo 12 passed; }"
    done = shell(root, f"cd {folder}; export TMPDIR={temporary}; {make}; set -e\n{script}")
    assert done.code == 0, done.err
    assert " done " in done.out.splitlines()[-1]
    assert not list(folder.iterdir())


def test_the_readme_lists_every_verb():
    table = README.partition("## Verbs")[2].partition("| exit status |")[0]
    assert re.findall(r"^\| `(\w+)", table, re.MULTILINE) == VERBS


def test_every_exit_status_is_told_in_the_readme_and_in_the_help(cli):
    ends = ["0", "1", "2", "3", "4", "5", "70", "130"]
    table = README.partition("| exit status |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| (\d+) ", table, re.MULTILINE) == ends
    # The console has some of its own, which never reach a verb.
    known = {(kind.exit_code, kind.code) for kind in kinds_of(GoalStoreError)[1:] if "code" in vars(kind)}
    rows = [row.split("|") for row in table.splitlines()[2:]]
    told = {(int(row[1]), code) for row in rows for code in re.findall("`(\\w+)`", row[3])}
    assert told == known | {(70, "internal_error")}
    assert re.findall(r"\d+(?= \w)", cli("--help").out.partition("exit status: ")[2]) == ends
