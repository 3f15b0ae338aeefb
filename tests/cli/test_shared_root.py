"""Roots that may be written from two sides: named, read, and written only when told so."""

import os

from tests.store.helpers import palace_file, sql


def test_a_second_name_is_named_and_nothing_is_written(root, cli, ok, monkeypatch):
    goal = ok("create", "Ship the parser")
    os.link(palace_file(root), root / "backup.db")
    done = cli("note", goal["id"], "n", "--json")
    assert (done.code, done.error["code"]) == (5, "palace_unavailable")
    assert "has 2 names (hard links)" in done.error["message"]
    assert "GOALGATE_SHARED_ROOT=1" in done.error["next"]
    assert ok("show", goal["id"]) == goal
    assert len(ok("history", goal["id"])) == 1
    doctor = cli("doctor")
    assert doctor.code == 1
    assert "hard links" in doctor.out
    for value, code in (("0", 5), ("", 5), ("1", 0)):
        monkeypatch.setenv("GOALGATE_SHARED_ROOT", value)
        assert cli("note", goal["id"], "n").code == code


def test_a_newer_format_says_what_to_do(root, cli, ok):
    goal = ok("create", "Ship the parser")
    sql(root, "PRAGMA user_version = 99")
    done = cli("note", goal["id"], "n", "--json")
    assert "use the goalgate that wrote it, or a newer one" in done.error["next"]
    assert cli("history", goal["id"]).code == 0
    assert "can only be read: its format 99" in cli("list").err
