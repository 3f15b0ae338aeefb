"""Opens the console: the only module of the command line that loads Textual."""

from __future__ import annotations

import gc
import os
import select
import shutil
import signal
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tui.settings import Settings


def open_console(chosen: Settings, *, demo: bool, ascii_alone: bool = False) -> int:
    """Run the console until the operator leaves, and return the exit status.

    With ``demo`` it runs on the sample goals, in a palace that is gone afterwards; with ``ascii_alone`` it draws
    nothing but ASCII.

    Raises:
        InvalidInput: the palace or the actor can't have that name.

    """
    from store import SyncStore

    # Nothing is opened or made by this: it refuses names, while there is still a terminal to say it on.
    _ = SyncStore(chosen.root, palace=chosen.palace, actor=chosen.actor)
    with _in_order():
        return (_demo if demo else _run)(chosen, ascii_alone=ascii_alone)


@contextmanager
def _in_order() -> Iterator[None]:
    """Let a signal that ends the process end it by the way on which everything is put in order."""
    from tui.trouble import ENDING

    def told(number: int, _frame: object) -> None:
        sys.exit(128 + number)

    before = {number: signal.signal(number, told) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _demo(chosen: Settings, *, ascii_alone: bool) -> int:
    from importlib.resources import files

    from store import DEFAULT_PALACE, SyncStore, parse_goals

    folder = Path(tempfile.mkdtemp(prefix="goalgate-demo-"))
    try:
        samples = parse_goals(files("tui").joinpath("sample-goals.json").read_bytes())
        with SyncStore.open(folder, actor="demo") as store:
            store.import_goals(samples)
        return _run(chosen._replace(root=folder, palace=DEFAULT_PALACE), demo=True, ascii_alone=ascii_alone)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(chosen: Settings, *, ascii_alone: bool, demo: bool = False) -> int:
    from tui import out
    from tui.app import Console
    from tui.settings import read_config
    from tui.trouble import screen_of_its_own, start_log

    if not demo:
        start_log()
    config = read_config()
    config = config._replace(ascii=config.ascii or ascii_alone)
    _watch_terminal()
    with screen_of_its_own():
        console = Console(
            chosen.root,
            palace=chosen.palace,
            actor=chosen.actor,
            shared_root=chosen.shared_root,
            config=config,
            demo=demo,
            ready=_keep_for_good,
        )
        console.run()
    if console.memory.trouble and not console.memory.told:
        # It was to be kept when the operator left.
        out.warn(f"what you saw is forgotten: {console.memory.trouble}")
    return console.return_code or 0


def _watch_terminal() -> None:
    """Tell the console when its terminal is gone, of which only the first process of a session hears: a shell, make."""

    def watch() -> None:
        hangs = select.poll()
        hangs.register(0, 0)
        if any(what & select.POLLHUP for _, what in hangs.poll()):
            os.kill(os.getpid(), signal.SIGHUP)

    threading.Thread(target=watch, name="goalgate-terminal", daemon=True).start()


def _keep_for_good() -> None:
    """Have the garbage collector pass over what is there by now: at each look it would stop the keys for a moment."""
    gc.freeze()
    gc.enable()
