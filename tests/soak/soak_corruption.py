"""A palace's file that was changed at random: no traceback, no wrong goal shown as right, and doctor finds it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

from store import Create, Link, Note, SyncStore
from tests.cli.helpers import environment
from tests.soak.helpers import SEED, some, tell
from tests.store.helpers import link, palace_file

GOALS = 12
# All that a verb prints of each goal, by one process.
LOOK = """
import contextlib, io, json, sys
from tui.cli import main

ids = sys.argv[1:]
ended = []
for verb in (["list"], *(["show", one] for one in ids), *(["history", one] for one in ids), ["doctor"]):
    out, err = (io.TextIOWrapper(io.BytesIO()) for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([*verb, "--json"])
        out.flush(), err.flush()
    ended.append([code, *(stream.buffer.getvalue().decode() for stream in (out, err))])
print(json.dumps(ended))
"""


def look(root: Path, ids: list[str]) -> list[list[Any]]:
    """Return how list, show, history and doctor end, and what they print."""
    done = subprocess.run(
        [sys.executable, "-c", LOOK, *ids], env=environment(root), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    ended: list[list[Any]] = json.loads(done.stdout)
    assert all("Traceback" not in err and "internal_error" not in err for _, _, err in ended), ended
    return ended


def corrupt(data: bytearray, chance: Random) -> str:
    kind = chance.choice(("bit", "header", "noise", "cut"))
    match kind:
        case "bit":
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        case "header":
            data[chance.randrange(100)] = chance.randrange(256)
        case "noise":
            at = chance.randrange(len(data) - 500)
            data[at : at + 500] = chance.randbytes(500)
        case _:
            del data[chance.randrange(len(data)) :]
    return kind


def soak_corruptions(tmp_path: Path):
    good = tmp_path / "good"
    with SyncStore.open(good) as store:
        for number in range(GOALS):
            goal = store.apply(Create(f"goal {number}", ("tests pass",)))
            store.apply(Link(goal.id, link(f"s-{number}", "verified", f"{number} passed " * 20)))
            for note in range(3):
                store.apply(Note(goal.id, f"note {note} " * 50))
        ids = [goal.id for goal in store.all()]
        store.leave()
    before = look(good, ids)
    right = {goal["id"]: goal for goal in json.loads(before[0][1])}
    assert before[-1][0] == 0
    chance, ends, unseen = Random(SEED), Counter[str](), []
    for number in range(some(400)):
        root = tmp_path / "bad"
        shutil.copytree(good, root)
        data = bytearray(palace_file(root).read_bytes())
        kind = corrupt(data, chance)
        palace_file(root).write_bytes(data)
        after = look(root, ids)
        shown = [json.loads(out) for code, out, _ in after[: GOALS + 1] if code == 0]
        for goal in [goal for one in shown for goal in (one if isinstance(one, list) else [one])]:
            assert goal == right[goal["id"]], f"{kind}: a wrong goal is shown"
        changed = [one[:2] for one in after[:-1]] != [one[:2] for one in before[:-1]]
        found = after[-1][0] != 0
        ends[f"{'changed' if changed else 'unchanged'}_and_{'found' if found else 'not_found'}"] += 1
        if changed and not found:
            unseen.append(f"{kind}, number {number} of seed {SEED}")
        shutil.rmtree(root)
    tell(f"{some(400)} corruptions", **ends, tracebacks=0, wrong_goals=0)
    assert not unseen
