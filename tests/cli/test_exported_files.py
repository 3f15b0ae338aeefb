"""Files that export writes: whole or not there, and nothing is left of a process that was killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time

from store import DEFAULT_PALACE, SyncStore
from tests.cli.helpers import GOALGATE, environment
from tests.store.helpers import cache_file, damage, goals, palace_file, wire


def large(root):
    with SyncStore.open(root) as store:
        store.import_goals(goals(*(wire(f"g-{number:04}", notes=["n" * 16_000]) for number in range(1500))))


def test_an_export_is_whole_or_not_there(tmp_path):
    """Whoever waits for the file to come finds all of it, and a kill at that moment leaves nothing half."""
    large(tmp_path / "root")
    file = tmp_path / "out" / "backup.json"
    file.parent.mkdir()
    command = [*GOALGATE, "export", str(file)]
    with subprocess.Popen(command, env=environment(tmp_path / "root")) as exporting:
        while not file.exists():
            assert exporting.poll() is None
            time.sleep(0)
        exporting.send_signal(signal.SIGKILL)
    assert file.stat().st_size > 1500 * 16_000


def test_an_export_takes_no_name_that_is_taken(cli, tmp_path):
    file = tmp_path / "backup.json"
    file.write_text("mine")
    refused = cli("export", str(file))
    assert (refused.code, "is there already" in refused.err) == (2, True)
    assert file.read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".goalgate")] == []


def test_a_backup_is_not_overwritten_with_nothing_where_there_is_no_palace(cli, root, tmp_path):
    """A root that was mistyped: no goals are known there, and the backup holds some."""
    file = tmp_path / "backup.json"
    file.write_text(json.dumps([wire()]))
    before = file.read_text()
    refused = cli("export", str(file), "--force", "--json")
    assert (refused.code, refused.error["code"], refused.error["palace"]) == (5, "palace_unavailable", DEFAULT_PALACE)
    assert str(root) in refused.error["message"]
    assert file.read_text() == before
    assert not root.exists()
    # Nothing is lost where nothing is overwritten.
    assert cli("export").out == "[]\n"
    assert cli("export", str(tmp_path / "new.json"), "--force").code == 0


def test_a_backup_is_not_overwritten_with_nothing_where_no_goal_can_be_read(cli, ok, root, tmp_path):
    file = tmp_path / "backup.json"
    goal = ok("create", "It")["id"]
    assert cli("export", str(file)).code == 0
    before = file.read_text()
    damage(root, goal)
    assert cli("export", str(file), "--force").code == 5
    cache_file(root).unlink()
    palace_file(root).write_bytes(b"no palace at all " * 5000)
    assert cli("export", str(file), "--force").code == 5
    assert file.read_text() == before


def test_a_palace_without_goals_is_exported_over_a_file(cli, tmp_path):
    file = tmp_path / "backup.json"
    file.write_text("mine")
    assert cli("import", "-", stdin=b"[]").code == 0
    assert cli("export", str(file), "--force").code == 0
    assert file.read_text() == "[]\n"


def test_what_a_killed_export_left_is_removed(cli, ok, tmp_path):
    ok("create", "It")
    folder = tmp_path / "out"
    folder.mkdir()
    old, new, other = (folder / f".goalgate-{name}" for name in ("0123456789abcdef", "fedcba9876543210", "mine"))
    link = folder / ".goalgate-0000000000000000"
    link.symlink_to(other)
    for path in (old, new, other):
        path.write_text("half")
    for path in (old, other):
        os.utime(path, (1, 1))
    for option in ((), ("--force",)):
        assert cli("export", str(folder / "backup.json"), *option).code == 0
        assert sorted(path.name for path in folder.iterdir()) == sorted(
            [new.name, other.name, link.name, "backup.json"]
        )


def test_the_year_one_has_four_digits(cli):
    created = wire("g-old", created="0001-01-01T00:00:00Z", updated="0001-01-01T00:00:00Z")
    assert cli("import", "-", stdin=json.dumps([created]).encode()).code == 0
    assert "created 0001-01-01 00:00:00Z" in cli("show", "g-old").out
