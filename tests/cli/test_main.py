"""How a command begins and ends where its surroundings are poor."""

import subprocess
import sys

import pytest

from tests.cli.helpers import environment

# Without a home folder, under a number that has no name.
_NOBODY = """
import os, pwd, sys
def nobody(_): raise KeyError(f"getpwuid(): uid not found")
pwd.getpwuid = pwd.getpwnam = nobody
if sys.argv[1] == "crash":
    import tui.cli
    tui.cli.settings.choose = lambda *_: 1 / 0
from tui.cli import main
sys.exit(main(sys.argv[2:]))
"""


@pytest.fixture
def nobody(root):
    """Run goalgate as a container may: nobody says who it is, or where its home folder would be."""
    kept = environment(root)
    for name in ("HOME", "GOALGATE_ROOT", "GOALGATE_ACTOR", "LOGNAME", "USER", "LNAME", "USERNAME", "LANG"):
        kept.pop(name, None)
    kept = {name: value for name, value in kept.items() if not name.startswith("XDG_")}

    def run(*arguments: str) -> tuple[int, list[str], list[str]]:
        command = [sys.executable, "-c", _NOBODY, *arguments]
        done = subprocess.run(command, env=kept, cwd=root.parent, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout.splitlines(), done.stderr.splitlines()

    return run


def test_without_a_home_folder_a_root_has_to_be_named(nobody, root):
    code, out, err = nobody("run", "list")
    assert (code, out, len(err)) == (2, [], 2)
    assert err[0] == "goalgate: GOALGATE_ROOT: there is no home folder"
    assert "--root" in err[1]
    code, (goal,), err = nobody("run", "--root", str(root), "create", "x")
    assert (code, err) == (0, [])
    assert "  uid-" in nobody("run", "--root", str(root), "history", goal)[1][0]


def test_without_a_home_folder_a_crash_is_one_line(nobody):
    code, out, err = nobody("crash", "list")
    assert (code, out, len(err)) == (70, [], 1)
    assert err[0].startswith("goalgate: an error of goalgate's own: ZeroDivisionError")
    assert "it could not be written down" in err[0]
