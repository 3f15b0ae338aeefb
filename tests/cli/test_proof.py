"""What passes for proof on the command line, and what is said of it (CONTRACT 2, 3)."""

from __future__ import annotations

import json

from tests.store.helpers import link_wire, sql, wire


def begun(ok):
    goal = ok("create", "Ship the parser", "--accept", "the tests pass")["id"]
    ok("link", goal, "s-1", "write it")
    return goal


def test_the_log_of_a_failure_is_no_proof(cli, ok):
    goal = begun(ok)
    ok("update", goal, "s-1", "--state", "failed", "--evidence", "3 failed")
    refused = cli("update", goal, "s-1", "--state", "verified", "--json")
    assert (refused.code, refused.error["code"]) == (3, "evidence_required")
    assert cli("close", goal).code == 3


def test_what_a_reviewer_withdrew_is_not_brought_back(cli, ok):
    goal = begun(ok)
    ok("update", goal, "s-1", "--state", "verified", "--evidence", "ok")
    ok("--actor", "reviewer", "update", goal, "s-1", "--state", "failed", "--note", "proof was bogus")
    refused = cli("revert", goal, "3", "--json")
    assert (refused.code, refused.error["code"], refused.error["withdrawn_by"]) == (3, "evidence_required", "reviewer")
    assert "anew" in refused.error["next"]
    assert ok("show", goal)["notes"] == ["proof was bogus"]


def test_supersede(cli, ok):
    goal = begun(ok)
    ok("link", goal, "s-2", "write it again")
    ok("update", goal, "s-1", "--state", "failed", "--evidence", "3 failed")
    made = ok("supersede", goal, "s-1", "--by", "s-2")
    assert made["sessions"][0]["superseded_by"] == "s-2"
    assert "session s-1  failed  superseded by s-2  write it" in cli("show", goal).out
    assert cli("close", goal, "--json").error["holding"] == [made["sessions"][1]]
    assert "superseded_by" not in ok("supersede", goal, "s-1")["sessions"][0]
    assert cli("supersede", goal, "s-1", "--by", "s-1").code == 2
    assert cli("supersede", goal, "s-1", "--by", "s-9").code == 4
    ok("supersede", goal, "s-1", "--by", "s-2", "--request-id", "r-1")
    ok("update", goal, "s-2", "--state", "verified", "--evidence", "12 passed")
    assert ok("close", goal)["progress"] == 100
    assert cli("supersede", goal, "s-1").code == 3


def test_evidence_says_who_gave_it(cli, ok):
    goal = begun(ok)
    ok("--actor", "agent-7", "update", goal, "s-1", "--state", "verified", "--evidence", "12 passed")
    (link,) = ok("show", goal)["sessions"]
    assert list(link) == ["session_id", "task", "state", "evidence", "evidence_by", "evidence_at"]
    assert (link["evidence_by"], link["evidence_at"]) == ("agent-7", ok("show", goal)["updated"])
    assert "\n  evidence by agent-7, 20" in cli("show", goal).out


def test_evidence_older_than_what_is_asked_is_said(cli, ok):
    goal = begun(ok)
    ok("update", goal, "s-1", "--state", "verified", "--evidence", "ok")
    assert "older than" not in cli("show", goal).out
    ok("edit", goal, "--accept", "the tests pass", "--accept", "an audit passes")
    assert "gate: would pass\n    session s-1 is verified on evidence older than" in cli("show", goal).out
    assert "to know: " in cli("doctor").out
    ok("close", goal)
    assert "gate: passed\n    session s-1 is verified on evidence older than" in cli("show", goal).out
    assert cli("doctor").code == 1


def test_evidence_from_a_file_grows_old_whatever_its_time_says(cli, ok):
    """No change of the goal can have given what bears a later time than its newest one."""
    link = link_wire("s-x", "verified", "12 passed") | {"evidence_by": "boss", "evidence_at": "2099-01-01T00:00:00Z"}
    ok("import", "-", stdin=json.dumps([wire("g-x", status="inProgress", sessions=[link])]).encode())
    ok("edit", "g-x", "--accept", "an audit passes")
    assert "session s-x is verified on evidence older than" in cli("show", "g-x").out
    # Given anew, it is as young as that.
    ok("--actor", "boss", "update", "g-x", "s-x", "--evidence", "12 passed")
    assert "older than" not in cli("show", "g-x").out


def test_evidence_that_is_too_long_says_which_part_to_keep(cli, ok):
    goal = begun(ok)
    log = b"x" * 300_000
    refused = cli("update", goal, "s-1", "--evidence", "-", "--json", stdin=log)
    assert (refused.code, refused.error["field"]) == (2, "evidence")
    assert refused.error["next"].endswith("| tail -c 200000")
    assert "tail" in cli("update", goal, "s-1", "--evidence", "-", stdin=log * 20).err
    assert "tail" not in cli("note", goal, "-", stdin=log).err
    assert cli("update", goal, "s-1", "--evidence", "-", stdin=log[-200_000:]).code == 0


def test_to_close_on_old_evidence_names_the_sessions(cli, ok):
    goal = begun(ok)
    ok("update", goal, "s-1", "--state", "verified", "--evidence", "ok")
    ok("edit", goal, "--accept", "an audit passes")
    done = cli("close", goal, "--json")
    assert (done.code, done.json["status"]) == (0, "done")
    (said,) = done.err.splitlines()
    assert "is done on evidence older than" in said
    assert said.endswith(": s-1")
    # Taking it up again is another reason for new evidence.
    ok("status", goal, "inProgress", "--reason", "does not work")
    assert "older than" in cli("status", goal, "done").err
    ok("status", goal, "inProgress")
    assert "older than" in cli("revert", goal, "5").err
    ok("status", goal, "inProgress")
    ok("update", goal, "s-1", "--evidence", "ok again")
    assert cli("close", goal).err == ""


def test_to_close_what_is_done_against_the_gate_says_that_it_would_be_refused(cli, ok):
    imported = wire("g-x", status="done", sessions=[link_wire("s-x", "failed", "1 failed")])
    ok("import", "-", stdin=json.dumps([imported]).encode())
    for verb in (("close", "g-x"), ("status", "g-x", "done")):
        done = cli(*verb, "--json")
        assert (done.code, done.json["status"]) == (0, "done")
        (said,) = done.err.splitlines()
        assert "g-x was done already, and the gate would refuse it: 0 of 1 session verified with evidence" in said
        assert said.endswith("session s-x failed")
    assert len(ok("history", "g-x")) == 1
    assert cli("close", "g-x", "--outcome", "merged").code == 3


def test_what_came_from_a_file_says_so(cli, ok, tmp_path):
    path = tmp_path / "goals.json"
    path.write_text(json.dumps([wire("g-x", status="done", sessions=[link_wire("s-x", "verified", "0 findings")])]))
    ok("--actor", "alice", "import", str(path))
    (first,) = ok("history", "g-x")
    assert (first["actor"], first["kind"], first["at"]) == ("alice", "import", "2026-06-16T12:00:00Z")
    assert first["committed"] > "2026-06-17"
    said = cli("history", "g-x").out
    assert "imported as done" in said
    assert "2026-06-16" not in said
    ok("note", "g-x", "n")
    assert "kind" not in ok("history", "g-x")[1]


def test_notes_from_a_file_are_shown_as_imported(cli, ok):
    ok("--actor", "alice", "import", "-", stdin=json.dumps([wire("g-x", notes=["it was decided"])]).encode())
    ok("--actor", "bob", "note", "g-x", "and done")
    said = cli("show", "g-x").out
    committed = ok("history", "g-x")[0]["committed"]
    assert f"note 1 imported by alice, {committed[:10]} {committed[11:19]}Z:" in said
    assert "note 2 by bob, " in said


def test_evidence_from_a_file_is_no_evidence_that_was_given_here(cli, ok):
    """A file may say anything of who gave it: that is kept, and said to be of the file."""
    link = link_wire("s-x", "verified", "12 passed") | {"evidence_by": "boss", "evidence_at": "2026-06-16T12:00:00Z"}
    ok("import", "-", stdin=json.dumps([wire("g-x", status="inProgress", sessions=[link])]).encode())
    assert "evidence imported, said to be by boss, 2026-06-16 12:00:00Z:" in cli("show", "g-x").out
    ok("note", "g-x", "n")
    assert "evidence imported, said to be by boss" in cli("show", "g-x").out
    ok("--actor", "boss", "update", "g-x", "s-x", "--evidence", "13 passed")
    assert "evidence by boss, 20" in cli("show", "g-x").out
    assert ok("show", "g-x")["sessions"][0]["evidence_by"] == "boss"


def test_history_says_which_revisions_it_leaves_out(cli, ok, root):
    goal = begun(ok)
    for actor in ("alice", "bob", "carol", "dave"):
        ok("--actor", actor, "note", goal, f"of {actor}")
    sql(root, "DELETE FROM revisions WHERE number = 3")
    sql(root, "UPDATE revisions SET crc = crc + 1 WHERE number = 4")
    plain, done = cli("history", goal), cli("history", goal, "--json")
    assert (plain.code, plain.err, done.code) == (0, done.err, 0)
    said = f"of goal {goal} these revisions are missing or can't be read: 3 to 4"
    assert [said in line for line in done.err.splitlines()].count(True) == 1
    assert [revision["revision"] for revision in done.json] == [1, 2, 5, 6]
    # Whose the note of revision 3 was is not known, nor that the author of revision 5 wrote but one.
    shown = cli("show", goal).out
    assert "note 1:" in shown
    assert "note 2:" in shown
    assert "note 4 by dave" in shown


def test_an_adopted_cache_says_so(cli, ok, tmp_path, root):
    sm = root / "sm"
    sm.mkdir(parents=True, exist_ok=True)
    (sm / "goals.json").write_text(
        json.dumps([wire("g-x", status="done", sessions=[link_wire("s-x", "verified", "y")])])
    )
    ok("--palace", "session-manager", "--actor", "alice", "create", "other")
    (first,) = ok("history", "g-x")
    assert (first["actor"], first["kind"]) == ("alice", "adoption")
    assert "taken over from goals.json as done" in cli("history", "g-x").out


def test_the_same_again_writes_nothing(ok):
    goal = begun(ok)
    for _ in range(3):
        ok("update", goal, "s-1", "--state", "running", "--evidence", "a log")
        ok("edit", goal, "--description", "Ship the parser")
    assert len(ok("history", goal)) == 3
