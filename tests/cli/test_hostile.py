"""What an agent writes is shown literally and moves nothing: in every verb, and in every message (CONTRACT 8)."""

import json
import os

import pytest

from tests.cli.helpers import EMOJI, VERBS, process
from tests.store.helpers import link_wire, wire

# Markup, a window's title, text that turns around, C1, tags, what breaks a line without being "\n", a lone surrogate.
HOSTILE = {
    "markup": "[bold red]x[/] [/] [unclosed %s {0} $(id) `id`",
    "controls": "\x1b]0;pwn\x07\x1b[2J\x9b2J\x00\x7f",
    "invisible": f"a\u202eb\u2066c\u061c d\u200b\ufeff\U000e0041e 解析器 {EMOJI} עברית e\u0301",
    "lines": "a\nb\r\nc\u2028d\x0be\x85",
    "surrogate": "a\udcffb",
}


@pytest.fixture(params=HOSTILE)
def text(request):
    return HOSTILE[request.param]


# The fixture `cli` fails where anything but line breaks and tabs could drive a terminal, on either stream.


def test_in_everything_that_a_verb_takes(cli, few, text):
    """Taken or refused, it is never obeyed."""
    for arguments in (
        *([verb, text] for verb in VERBS if verb not in {"export", "watch"}),
        [text],
        ["--" + text],
        ["list", "--status", text],
        ["list", "--" + text],
        ["create", text, "--accept", text, "--request-id", text],
        ["create", "x" + text, "--accept", "y" + text],
        ["edit", "g-half", "--description", text],
        ["link", "g-half", text, "t"],
        ["link", "g-half", "s" + text, "t" + text],
        ["update", "g-half", text, "--state", "running"],
        ["update", "g-half", "s-run", "--state", text],
        ["update", "g-half", "s-run", "--state", "verified", "--evidence", "e" + text, "--note", "n" + text],
        ["unlink", "g-half", text, "--reason", "r" + text],
        ["note", "g-half", "n" + text],
        ["status", "g-half", text],
        ["status", "g-half", "blocked", "--reason", "b" + text],
        ["close", "g-half", "--outcome", "o" + text],
        ["revert", "g-half", text],
        ["--palace", text, "list"],
        ["--actor", "me" + text, "note", "g-half", "n"],
        ["--print-completion", text],
        ["show", "g-half"],
        ["history", "g-half"],
        ["list"],
        ["doctor"],
        ["export"],
    ):
        for mode in ([], ["--json"]):
            done = cli(*mode, *arguments)
            assert done.code in {0, 1, 2, 3, 4}, done.err
            if mode and done.code > 1:
                assert done.error["message"]


def test_in_names_of_files(cli, few, text, tmp_path):
    if "\x00" not in text:
        cli("--root", str(tmp_path / text), "list")
        cli("--root", str(tmp_path / text), "create", "x")
    for verb in ("import", "export"):
        for mode in ([], ["--json"]):
            assert cli(verb, str(tmp_path / f"x{text}.json"), *mode).code in {0, 2}


def test_evidence_and_notes_are_kept_as_they_were_and_shown_literally(cli, ok):
    goal = ok("create", "x")["id"]
    ok("link", goal, "s", "t")
    kept = [text for name, text in HOSTILE.items() if name != "surrogate"]
    evidence = "\n".join(kept)
    update = ok("update", goal, "s", "--state", "verified", "--evidence", "-", stdin=evidence.encode())
    assert update["sessions"][0]["evidence"] == evidence
    for text in kept:
        assert ok("note", goal, text)["notes"][-1] == text
    shown = cli("show", goal).out
    assert HOSTILE["markup"] in shown
    assert "␛]0;pwn␇␛[2J<U+009B>2J␀␡" in shown
    assert f"a<U+202E>b<U+2066>c<U+061C> d<U+200B><U+FEFF><U+E0041>e 解析器 {EMOJI} עברית e\u0301" in shown


def test_a_file_from_elsewhere_can_not_either(cli, ok, text, tmp_path):
    """Import keeps what it takes and refuses the rest: of unknown keys, those that no strict reader takes."""
    file = tmp_path / "goals.json"
    goal = wire(status="done", sessions=[link_wire(evidence="e")])
    for changed in (
        {"description": text},
        {"status": text},
        {"id": text},
        {"created": text},
        {"acceptance": [text]},
        {"notes": [text]},
        {"sessions": [link_wire(text, evidence=text) | {"task": text}]},
        {"sessions": [link_wire(state=text)]},
        {"sessions": text},
    ):
        file.write_text(json.dumps([{**goal, **changed}]))
        assert cli("import", str(file)).code in {0, 2}
        assert cli("import", str(file), "--json").code in {0, 2}
        cli("--palace", "b", "import", str(file))
    cli("list")
    cli("doctor")
    file.write_text(json.dumps([{**goal, "id": "g-unknown", text: text}]))
    if text == HOSTILE["surrogate"]:
        assert cli("import", str(file)).code == 2
    else:
        ok("import", str(file))
        assert ok("show", "g-unknown")[text] == text


@pytest.mark.parametrize("more", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii", "LC_ALL": "C.UTF-8"}], ids=str)
def test_bytes_that_are_not_utf_8_are_refused_or_replaced(root, few, more):
    """In arguments and the environment as in what is piped in, whatever the locale is."""
    for arguments, env in (
        (("note", "g-half", b"x \xff", "--json"), more),
        (("list", "--json"), more | {"GOALGATE_ACTOR": os.fsdecode(b"\xff")}),
    ):
        done = process(root, *arguments, more=env).harmless()
        assert (done.code, done.error["code"]) == (2, "invalid_input")
    update = ("update", "g-half", "s-run", "--evidence", "-", "--note", "解析器", "--json")
    done = process(root, *update, stdin=b"a\xffb", more=more)
    assert (done.json["sessions"][0]["evidence"], done.json["notes"]) == ("a\ufffdb", ["解析器"])
    assert "解析器" in process(root, "show", "g-half", more=more).harmless().out


def test_a_mebibyte_of_text(cli, few):
    long = "x\n" * (1 << 19)
    assert cli("note", "g-half", long).code == 2
    assert cli("create", long).code == 2
    assert cli("show", long).code == 4
    assert cli("list", long).code == 2
