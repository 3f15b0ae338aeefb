"""The store against bare SQLite, measured in the same run."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time

import pytest

from store import Note, SyncStore
from tests.bench.palaces import make_palace

COMMITS = 300


@pytest.fixture(scope="module", params=[10, 10_000])
def root(request, tmp_path_factory):
    return make_palace(tmp_path_factory.mktemp("palace"), request.param), request.param


def timed(function) -> float:
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin


def bench_commit(root, tmp_path):
    path, count = root
    db = sqlite3.connect(tmp_path / "floor.db", isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)")

    def bare():
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT INTO t (b) VALUES (?)", ("x" * 900,))
        db.execute("COMMIT")

    with SyncStore.open(path) as store:
        ids = store.book.ids()[:10]
        pairs = [(timed(bare), timed(lambda n=n: store.apply(Note(ids[n % 10], f"note {n}")))) for n in range(COMMITS)]
    db.close()
    floor, ours = (sorted(values)[COMMITS // 2] for values in zip(*pairs, strict=True))
    print(f"\ncommit, {count} goals: {ours * 1e6:.0f} µs, bare commit {floor * 1e6:.0f} µs, ratio {ours / floor:.1f}")


def bench_open(root):
    path, count = root

    def read():
        db = sqlite3.connect(path / "palaces" / "session-manager" / "palace.db")
        db.execute("SELECT text FROM revisions").fetchall()
        db.close()

    def ours():
        with SyncStore.open(path, create=False):
            pass

    floor, value = (min(timed(function) for _ in range(5)) for function in (read, ours))
    print(
        f"\nopen, {count} goals: {value * 1e3:.1f} ms, reading the text {floor * 1e3:.1f} ms, ratio {value / floor:.1f}"
    )


def bench_verbs(root):
    path, count = root
    python = [sys.executable]

    def run(*arguments):
        return lambda: subprocess.run([*python, *arguments], check=True, capture_output=True)

    goal_id = f"g-{1:016x}"
    verb = ("-m", "tui.cli", "--root", str(path))
    floor = min(timed(run("-c", "import dataclasses, sqlite3, argparse")) for _ in range(7))
    for name, arguments in {"list --json": ("list", "--json"), "note": ("note", goal_id, "said")}.items():
        value = min(timed(run(*verb, *arguments)) for _ in range(7))
        print(f"\n{name}, {count} goals: {value * 1e3:.0f} ms, imports alone {floor * 1e3:.0f} ms, {value / floor:.1f}")
