import io
import json
from functools import cache

import pytest

from tests.cli.helpers import Result
from tests.store.helpers import SAMPLES, wire
from tests.store.helpers import link_wire as link
from tui.cli import main
from tui.parser import build_parser

# It is the same each time, and takes longer to make than most verbs take to run.
PARSER = cache(build_parser)
PROVEN = ("verified", "12 passed")


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A root that does not exist yet, and an environment that knows no other."""
    for name in ("GOALGATE_PALACE", "GOALGATE_ROOT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GOALGATE_ACTOR", "tester")
    # Nothing may be written there: not palaces, not crash files.
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    path = tmp_path / "root"
    monkeypatch.setenv("GOALGATE_ROOT", str(path))
    return path


@pytest.fixture
def cli(root, capsysbinary, monkeypatch):
    """Run goalgate in this process."""

    def run(*arguments: str, stdin: bytes = b"") -> Result:
        monkeypatch.setattr("tui.cli.build_parser", PARSER)
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        try:
            code = main(arguments)
        except SystemExit as left:
            code = int(left.code or 0)
        written = capsysbinary.readouterr()
        return Result(code, written.out.decode(), written.err.decode()).harmless(
            json="--json" in arguments or arguments == ("export",)
        )

    return run


@pytest.fixture
def ok(cli):
    """Run goalgate, expect success, and return what it printed as JSON."""

    def run(*arguments: str, stdin: bytes = b""):
        done = cli(*arguments, "--json", stdin=stdin)
        assert done.code == 0, done.err
        return done.json

    return run


@pytest.fixture
def few(ok, tmp_path):
    """A palace with a goal of each kind, under ids that can be typed."""
    file = tmp_path / "few.json"
    file.write_text(
        json.dumps(
            [
                wire("g-empty"),
                wire("g-half", status="inProgress", sessions=[link("s-run", "running"), link("s-ok", *PROVEN)]),
                wire("g-ready", status="inProgress", sessions=[link("s-ready", *PROVEN)]),
                wire("g-done", status="done", sessions=[link("s-done", *PROVEN)]),
                wire("g-gone", status="abandoned", sessions=[link("s-gone", "failed")]),
                wire("g", status="blocked", notes=["waits"]),
            ]
        )
    )
    ok("import", str(file))


@pytest.fixture
def samples(ok):
    """The 47 real goals."""
    return ok("import", str(SAMPLES))
