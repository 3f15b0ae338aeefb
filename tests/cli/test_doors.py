"""What holds for the source: one way out, nothing loaded that is not needed, completion that costs nothing."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.helpers import HANGS, PROJECT, VERBS, environment, process

SOURCES = sorted(path for package in ("store", "tui") for path in (PROJECT / package).rglob("*.py"))
OUT = PROJECT / "tui" / "out.py"


def where(path):
    return str(path.relative_to(PROJECT))


def names(path):
    """Yield every dotted name that a source file uses or imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute | ast.Name):
            yield ast.unparse(node)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


STREAMS = {"sys.stdout", "sys.stderr", "sys.__stdout__", "sys.__stderr__"}
DOORS = {*STREAMS, "print", "pprint", "os.write", "os.writev"}
# Who may name one all the same, and why.
EXCEPT = {
    # Looks whether there is a terminal.
    "tui/cli.py": {"sys.stdout"},
    # Keeps the terminal for the console, by putting other streams in their place.
    "tui/trouble.py": STREAMS,
    # Draws the console on it.
    "tui/textual_ext/driver.py": {"sys.__stdout__"},
    # Writes to files that it has opened itself.
    "store/files.py": {"os.write"},
}


@pytest.mark.parametrize("path", [path for path in SOURCES if path != OUT], ids=where)
def test_only_one_module_writes_to_the_terminal(path):
    found = {name for name in names(path) if name in DOORS}
    assert found <= EXCEPT.get(where(path), set())
    # What is done with a stream where one may be named.
    done = {name for name in names(path) if name.rpartition(".")[0] in STREAMS}
    assert done <= {"sys.stdout.isatty"}


def test_the_one_door_makes_everything_safe():
    """Whatever is written in `tui.out` has come from `safe` or from the store's JSON in the same expression."""
    tree = ast.parse(OUT.read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "_write"]
    written = {ast.unparse(call.args[1]) for call in calls}
    # `document` is what the store wrote, escaped as it is.
    assert written == {
        "safe(text, multiline=True) + '\\n'",
        "to_json(value) + '\\n'",
        "document",
        "safe(f'goalgate: {text}', multiline=True) + '\\n'",
    }
    writers = [
        function.name
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute) and node.attr in {"write", "writelines", "write_bytes", "write_text"}
    ]
    assert sorted(writers) == ["_write", "put_file"]
    callers = {
        ast.unparse(node)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"out.put_document", "out.put_file"}
    }
    assert callers == {
        "out.put_document(document)",
        "out.put_file(Path(args.file), document, over=args.force, as_json=args.json)",
    }


def loaded(root, arguments):
    """Return the modules that a command loads, and the packages that they are in."""
    script = (
        # Whatever measures or traces the tests has loaded libraries of its own by now.
        "import sys; before = {*sys.modules}; from tui.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "found = {*sys.modules} - before\n"
        "sys.stderr.write(' '.join(found | {name.partition('.')[0] for name in found}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], env=environment(root), capture_output=True, check=True
    )
    return set(done.stderr.decode().splitlines()[-1].split())


# pydantic judges what is not of our own shape, and on a healthy palace nothing is.
HEAVY = {"textual", "rich", "anyio", "asyncio", "watchfiles", "logging", "shtab", "pydantic", "pydantic_core"}


def test_no_verb_loads_what_only_the_console_needs(root):
    """One process for all verbs but watch, which never ends: what any of them loads, this one has loaded."""
    goal = process(root, "create", "x").out.strip()
    script = f"""
import sys
before = {{*sys.modules}}
from tui.cli import main
for arguments in (
    ["list"], ["list", "--json"], ["show", "{goal}"],
    ["create", "y", "--accept", "a", "--request-id", "r"], ["edit", "{goal}", "--description", "z"],
    ["link", "{goal}", "s", "t"], ["update", "{goal}", "s", "--state", "verified", "--evidence", "e"],
    ["note", "{goal}", "n"], ["status", "{goal}", "blocked"], ["close", "{goal}"],
    ["revert", "{goal}", "1"], ["history", "{goal}"],
    ["unlink", "{goal}", "s", "--reason", "r"], ["export"], ["import", "/nope"], ["doctor"], ["nope"],
):
    main(arguments)
    found = {HEAVY!r} & {{name.partition(".")[0] for name in {{*sys.modules}} - before}}
    assert not found, (arguments, found)
"""
    done = subprocess.run([sys.executable, "-c", script], env=environment(root), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["update", "--help"], ["list", "--nope"], ["nope"]])
def test_help_and_wrong_usage_do_not_wait_for_the_store(root, arguments):
    assert not {"sqlite3", "platformdirs", "store.transfer", *HEAVY} & loaded(root, arguments)


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_completion_is_a_script_that_knows_the_verbs(cli, shell):
    script = cli("--print-completion", shell).out
    assert all(verb in script for verb in VERBS)
    assert " list 2>/dev/null |" in script
    assert str(Path.home()) not in script


def test_completion_completes(root):
    goal, other = (process(root, "create", "x", "--palace", palace).out.strip() for palace in ("session-manager", "b"))
    spaced = process(root, "create", "x", "--root", f"{root}/no such").out.strip()
    script = f"""
    PATH="{Path(sys.executable).parent}:$PATH"
    eval "$(goalgate --print-completion bash)"
    complete_() {{ COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
        _shtab_goalgate; echo "${{COMPREPLY[@]}}"; }}
    complete_ goalgate up
    complete_ goalgate show g-
    complete_ goalgate update {goal} s --state v
    complete_ goalgate --palace b show g-
    complete_ goalgate --palace = b show g-
    complete_ goalgate --palace '"$OTHER"' show g-
    complete_ goalgate --root '~/no\\ such' show g-
    complete_ goalgate --palace nope show g-
    complete_ goalgate --palace '$(touch {root}/run)' show g-
    """
    more = {"OTHER": "b"}
    done = subprocess.run(["bash", "-c", script], env=environment(root) | more, capture_output=True, check=False)
    completed = ["update", goal, "verified", *[other] * 3, spaced, "", ""]
    assert done.stdout.decode().splitlines() == completed, done.stderr.decode()
    assert not (root / "run").exists()


@pytest.mark.skipif(shutil.which("zsh") is None, reason="there is no zsh")
def test_completion_completes_in_zsh(root, tmp_path):
    """In a terminal of its own, and anew each time: a goal is there as soon as it is made."""
    folder = tmp_path / "functions"
    folder.mkdir()
    (folder / "_goalgate").write_text(process(root, "--print-completion", "zsh").out)
    script = rf"""
    zmodload zsh/zpty
    zpty shell env TERM=dumb zsh -f -i
    type_() {{ zpty -n -w shell "$1"; zpty -r -m shell out "*$2*" || exit 1; print -r -- "$2" }}
    type_ $'fpath=({folder} $fpath); autoload -U compinit; compinit -u -D; echo re""ady\n' ready
    goal=$(goalgate create 'a: [b] $(c) \d')
    elsewhere=$(goalgate --palace b create x)
    type_ $'goalgate sho\tg-\t' $goal
    type_ $'\C-ugoalgate update '$goal$' s --state v\t' verified
    other=$(goalgate create another)
    type_ $'\C-ugoalgate show '${{other[1,-2]}}$'\t' $other
    type_ $'\C-ugoalgate close \t\t' 'a: ?b? ??c? ?d'
    type_ $'\C-ugoalgate --palace "b" show g-\t' $elsewhere
    """
    env = environment(root) | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(["zsh", "-f", "-c", script], env=env, capture_output=True, check=False, timeout=HANGS)
    assert (done.returncode, len(done.stdout.decode().splitlines())) == (0, 6), done.stdout.decode()
