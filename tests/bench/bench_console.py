"""The console in a real tmux, against the least that a terminal program can cost, measured in the same run.

Keys and changes by two clocks. The goals are for what somebody sees who looks at tmux from outside (``send-keys``,
``capture-pane``), floor and console alike. The other one stops at the first byte that tmux hears: its floor is some
1 ms, of which no program that takes 2 ms a key can stay within the double; it shows best whether a change cost time.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from store import Create, Edit, SyncStore
from tests.bench.palaces import make_palace
from tests.bench.terminal import Terminal, percentile

BARE = Path(__file__).with_name("bare.py")
STARTS = 7
KEYS = 60
CHANGES = 40
FILTERS = 10
PAGES = 6
RARE = "ꙮ"
FIRST_BYTE, OUTSIDE = ", to the first byte", ", seen from outside"
FULL_SCREEN = rb"\A(?=.*palette)(?=.*(?:FAILED|READY))"
ALL_IS_READ = rb"All \d"
ENVIRONMENT = {"COLORTERM": "truecolor", "TERM": "tmux-256color"}


@pytest.fixture(scope="module", params=[1_000, 10_000, 100_000])
def root(request, tmp_path_factory):
    return make_palace(tmp_path_factory.mktemp("palace"), request.param), request.param


@pytest.fixture
def terminal(tmp_path):
    with Terminal(tmp_path / "tmux", environment=ENVIRONMENT) as terminal:
        yield terminal


def open_console(terminal: Terminal, root: Path) -> None:
    terminal.start(sys.executable, "-m", "tui.cli", "--root", str(root), "--actor", "bench")
    terminal.wait_for(FULL_SCREEN)
    terminal.wait_for(ALL_IS_READ)
    terminal.settle(1.0)


def first_screen(terminal: Terminal, pattern: bytes, *command: str) -> float:
    return -terminal.start(*command) + terminal.wait_for(pattern)


def report(figure: str, value: float, floor: float, goal: float | None) -> None:
    ratio = value / floor
    verdict = "no goal" if goal is None else f"goal {goal}, {'met' if ratio <= goal else 'MISSED'}"
    print(f"\n{figure}: {value * 1e3:.1f} ms, floor {floor * 1e3:.1f} ms, ratio {ratio:.2f} ({verdict})")


def bench_first_screen(terminal, root):
    path, count = root
    bare, ours = [], []
    console = (sys.executable, "-m", "tui.cli", "--root", str(path))
    for _ in range(STARTS):
        bare.append(first_screen(terminal, rb"bare-app-is-here", sys.executable, str(BARE)))
        ours.append(first_screen(terminal, FULL_SCREEN, *console))
    goal = {1_000: 1.6, 10_000: 1.8, 100_000: 2.5}[count]
    report(f"first full screen, {count} goals", min(ours), min(bare), goal)


def bench_keys(terminal, root):
    path, count = root
    terminal.start("cat")
    terminal.settle()
    clocks = {FIRST_BYTE: terminal.answer_to, OUTSIDE: terminal.screen_after}
    floor = {name: percentile([clock("j") for _ in range(KEYS)]) for name, clock in clocks.items()}
    open_console(terminal, path)
    for key, times, figure, goal in (("j", KEYS, "cursor down", 2), ("NPage", PAGES, "page down", 3.5)):
        for name, clock in clocks.items():
            terminal.keys("g")
            terminal.settle(0.5)
            ours = percentile([clock(key) for _ in range(times)])
            report(f"{figure}, p95, {count} goals{name}", ours, floor[name], goal if name == OUTSIDE else None)


def bench_change_elsewhere(terminal, root):
    path, count = root
    terminal.start("cat")
    terminal.settle()
    tty = Path(terminal.ask("#{pane_tty}"))
    clocks = {
        FIRST_BYTE: lambda text, begin: terminal.wait_for(text.encode()) - begin,
        OUTSIDE: terminal.screen_with,
    }
    floor = {}
    for at, (name, clock) in enumerate(clocks.items()):
        took = []
        for number in range(CHANGES):
            terminal.settle(0.05)
            begin = time.perf_counter()
            tty.write_text(f"seen-{at}{number}-here\n")
            took.append(clock(f"seen-{at}{number}-here", begin))
        floor[name] = percentile(took)
    open_console(terminal, path)
    with SyncStore.open(path) as store:
        # One that is on the first screen.
        goal_id = next(goal.id for goal in store.all() if not goal.closed and "Move env" in goal.description)
        for at, (name, clock) in enumerate(clocks.items()):
            took = []
            for number in range(CHANGES):
                terminal.settle(0.05)
                store.apply(Edit(goal_id, description=f"Move env-{at}{number}-here"))
                begin = time.perf_counter()
                took.append(clock(f"env-{at}{number}-here", begin))
            goal = 8 if name == OUTSIDE else None
            report(f"a change elsewhere, p95, {count} goals{name}", percentile(took), floor[name], goal)


def bench_filter(terminal, root):
    path, count = root
    with SyncStore.open(path) as store:
        # What no other goal has, so that its row on the screen is the result.
        store.apply(Create(f"{RARE} crossing"))
    open_console(terminal, path)
    for view, name in (("1", "open"), ("0", "all")):
        terminal.keys(view, "/")
        took = []
        for _ in range(FILTERS):
            terminal.settle(0.5)
            terminal.seen = b""
            begin = time.perf_counter()
            terminal.keys(RARE)
            took.append(terminal.wait_for(rb" crossing") - begin)
            terminal.settle(0.3)
            terminal.keys("BSpace")
        terminal.keys("Escape")
        # An escape right before a key is alt with it.
        terminal.settle(0.5)
        worst, first = max(took[1:]) * 1e3, took[0] * 1e3
        print(f"\nfilter keystroke, {name} of {count} goals: {worst:.0f} ms, the first {first:.0f} (goal 100)")


def bench_memory_and_idleness(terminal, root):
    path, count = root
    open_console(terminal, path)
    pid = terminal.ask("#{pane_pid}")
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    print(f"\nmemory, {count} goals: {int(status['VmRSS'].split()[0]) / 1024:.0f} MiB resident")
    before, begin = cpu_seconds(pid), time.perf_counter()
    time.sleep(10)
    used = (cpu_seconds(pid) - before) / (time.perf_counter() - begin)
    print(f"idle, {count} goals: {used:.2%} of one core")


def cpu_seconds(pid: str) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100
