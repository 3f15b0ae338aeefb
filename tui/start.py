"""Opens the console: the only module of the command line that loads Textual."""

from __future__ import annotations

import shutil
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from store import DEFAULT_PALACE, SyncStore, parse_goals

if TYPE_CHECKING:
    from tui.settings import Settings


def open_console(chosen: Settings, *, demo: bool) -> int:
    """Run the console until the operator leaves, and return the exit status.

    With ``demo`` it runs on the sample goals, in a palace that is gone afterwards.
    """
    if not demo:
        return _run(chosen)
    folder = Path(tempfile.mkdtemp(prefix="goalgate-demo-"))
    try:
        samples = parse_goals(files("tui").joinpath("sample-goals.json").read_bytes())
        with SyncStore.open(folder, actor="demo") as store:
            store.import_goals(samples)
        return _run(chosen._replace(root=folder, palace=DEFAULT_PALACE))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(chosen: Settings) -> int:
    from tui.app import Console
    from tui.trouble import start_log

    start_log()
    console = Console(chosen.root, palace=chosen.palace, actor=chosen.actor)
    console.run()
    return console.return_code or 0
