"""Hostile text in every field: no byte of it drives the terminal, from any verb, or any key of the console."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from store import SyncStore
from tests.cli.helpers import CONTROLS, HIDDEN, process
from tests.soak.helpers import tell
from tests.store.helpers import link_wire, wire, write_cache
from tests.tui.real_terminal import Terminal
from tests.tui.test_hostile import HOSTILE

# A number in each of them that no console of ours would send by itself.
MARK = "4242"
TEXTS = [
    *HOSTILE,
    *(f"\x1b]{code};{MARK}\x07" for code in (0, 2, 8, 52)),
    *(
        f"\x1b[{MARK}m",
        f"\x1b[{MARK};1H",
        f"\x9b{MARK}J",
        f"\x1bP{MARK}q\x1b\\",
        f"\x1bPtmux;\x1b\x1b]0;{MARK}\x07\x1b\\",
    ),
    *(f"\x1b_{MARK}\x1b\\", f"\x1b^{MARK}\x9c", f"\x1b7\x1bc{MARK}", f"\x90{MARK}\x9c"),
]
KEYS = [
    *"jjkGg0123410snN xX*r?", "\x1b", *"/a\r", "\x1b", ":", "\x1b", "\r", *"123hjkjk\t", "\x1b", *"Ajjk\r", "\x1b",
    "\x1b",
    *"Djk", "\x1b", *"u", "\x1b", *"e", "\x1b", *"l", "\x1b", *"-", "\x1b", *"c", "\x13", "\x1b", "\x1b", *"m", "\x1b",
    *"t", "\x1b", *"z", "\x1b", "\x10", "\x1b", "G", "\r", *"\t\tjjG", "\x1b", *" j c", "\x1b", "\x1b", "h",
    "\r", "\x1b",
    *"jjjj\r", "\x1b", *"jjjj\r", "\x1b",
]  # fmt: skip
# Joiners inside emoji stay.
RAW = CONTROLS | HIDDEN - {0x200D}
# Colours, the cursor, modes, and the shape of the mouse's pointer.
ALLOWED = re.compile(r"\x1b\[[0-9;?<>=:]*[ $!]?[@-~]|\x1b[=>78]|\x1b\([B0]|\x1b\]22;[a-z-]+\x07|[\r\n\t\x0f]")


@pytest.fixture
def root(tmp_path: Path):
    """A palace that adopted a cache of such goals: what import refuses, a cache may hold."""
    made = tmp_path / "root"
    goals = [
        wire(f"g-{number:016x}", status="inProgress", description=text, acceptance=[text], notes=[text, text])
        | {"sessions": [link_wire(f"s{number} {text}", "failed", text) | {"task": text}]}
        for number, text in enumerate(TEXTS, 1)
    ]
    write_cache(made, *goals)
    with SyncStore.open(made) as store:
        assert len(store.all()) == len(TEXTS)
        store.leave()
    return made


def soak_verbs(root: Path):
    verbs: list[tuple[str, ...]] = [("list",), ("doctor",)]
    for number in range(1, len(TEXTS) + 1):
        verbs += [("show", f"g-{number:016x}"), ("history", f"g-{number:016x}"), ("close", f"g-{number:016x}")]
    for verb in verbs:
        for mode, unsafe in (([], RAW), (["--json"], CONTROLS)):
            done = process(root, *verb, *mode)
            assert not unsafe & {*map(ord, done.out + done.err)}, verb
    tell("hostile text, verbs", runs=2 * len(verbs), raw_bytes=0)


def soak_keys(root: Path, tmp_path: Path):
    console = Terminal(tmp_path)
    try:
        console.sees("live")
        for key in KEYS:
            console.press(key)
            while console.read(0.15):
                pass
        seen = console.seen
    finally:
        console.close()
    assert MARK in seen
    assert not re.search(rf"[\x1b\x90\x9b\x9d][^\x1b␛]{{0,3}}{MARK}", seen)
    rest = ALLOWED.sub("", seen)
    found = [rest[max(0, at - 20) : at + 20] for at, char in enumerate(rest) if ord(char) in RAW - {0x07}]
    assert not found
    tell("hostile text, console", keys=len(KEYS), bytes_printed=len(seen), raw_bytes=0)
    assert root.exists()
