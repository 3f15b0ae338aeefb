"""Opens an address in a browser: one with windows beside the console, a text browser in its place on the terminal."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from tui.format import host, show_bytes
from tui.textual_ext.driver import ConsoleDriver

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import App

_PATIENCE: Final = 5.0
"""Seconds after which a browser that is still there is one that shows the page."""
_IN_TEXT: Final = (
    *("www-browser", "links", "elinks", "lynx", "w3m", "links2"),
    *("browsh", "carbonyl", "cha", "edbrowse", "netrik", "retawq"),
)
"""Browsers that draw on the terminal. Without one some of them end at once, and well, and nothing was seen."""
_WRAPPERS: Final = ("sensible-browser", "xdg-open")
"""Programs that start one of those where there is no desktop."""
_DESKTOP: Final = ""
"""Stands for whatever browser the desktop has."""
_ASK: Final = """
import os, sys, webbrowser
# Without a terminal's name no browser that draws on one is known.
os.environ.pop("TERM", None)
# What is started and not waited for is taken for one that failed where it ends at once, and well.
webbrowser.BackgroundBrowser.open = webbrowser.GenericBrowser.open
_, address, *named = sys.argv
sys.exit(not (webbrowser.get(*named) if named else webbrowser).open(address))
"""
"""Asks the desktop's browser, or one that has a name and no program: macOS knows some."""


class Answer(Protocol):
    """Tells the operator something."""

    def __call__(self, text: str, *, bad: bool = False) -> None: ...


async def browse(address: str, app: App[Any], answer: Answer) -> None:
    """Open an address, and answer which host is being opened once a browser took it, or else what failed.

    The browsers that ``BROWSER`` names are tried in their order, and no others; where it names none, the desktop's
    and then a text browser.
    """
    where, asked_on = host(address), app.screen
    answer(f"asking a browser for {where}: {address}")
    named = [entry for entry in os.environ.get("BROWSER", "").split(os.pathsep) if entry.strip()]
    failed: list[str] = []
    for entry in named or _found():
        command = _command(entry, address)
        opening = f"opening {where}: {address}"
        if not _is_in_text(command[0]):
            trouble = await _beside(entry, command, address)
        elif app.screen is not asked_on:
            trouble = f"{_name(command)} needs the terminal, and you went on"
        else:
            trouble = _instead(command, app)
            opening = f"{_name(command)} has shown {where}: {address}"
        if not trouble:
            answer(opening)
            return
        failed.append(trouble)
    hint = "" if named else "; BROWSER in the environment may name one"
    answer(f"not opened: {'; '.join(failed) or 'there is no browser here'}{hint}: {address}", bad=True)


def _found() -> list[str]:
    """Return the browsers to try where none is named."""
    in_text = next((name for name in _IN_TEXT if shutil.which(name)), None)
    return [*([_DESKTOP] if _has_desktop() else []), *([in_text] if in_text else [])]


def _has_desktop() -> bool:
    return sys.platform == "darwin" or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))


def _command(entry: str, address: str) -> list[str]:
    """Return the words of a command that opens an address, which stands at each ``%s``, or else at the end."""
    words = [entry]
    if not shutil.which(entry):
        # A quote that is left open is part of a name.
        with suppress(ValueError):
            words = shlex.split(entry) or words
    # As in a shell, which nobody waits in here.
    words = words[:-1] if words[-1] == "&" and len(words) > 1 else words
    if not any("%s" in word for word in words):
        words.append("%s")
    return [word.replace("%s", address) for word in words]


def _name(command: Sequence[str]) -> str:
    return show_bytes(Path(command[0]).name)


def _is_in_text(program: str) -> bool:
    path = shutil.which(program)
    names = {Path(program).name, Path(path).resolve().name if path else ""}
    return not names.isdisjoint(_IN_TEXT) or (not _has_desktop() and not names.isdisjoint(_WRAPPERS))


def _instead(command: Sequence[str], app: App[Any]) -> str:
    """Let a text browser have the terminal until it is left, and return what failed; nothing where nothing did."""
    driver, name = app._driver, _name(command)
    if not shutil.which(command[0]):
        return f"there is no {name}"
    if not isinstance(driver, ConsoleDriver):
        return f"{name} needs a terminal"
    try:
        return _failed(name, driver.lend(command))
    except OSError as error:
        return f"{name}: {error.strerror or error}"


async def _beside(entry: str, command: Sequence[str], address: str) -> str:
    """Hand an address to a browser that needs no terminal, and return what failed; nothing where it took it."""
    name, is_program = _name(command), bool(shutil.which(command[0]))
    try:
        process = _begin(command if is_program else [sys.executable, "-I", "-c", _ASK, address, *filter(None, [entry])])
    except OSError as error:
        return f"{name}: {error.strerror or error}"
    status = await _first_seconds(process)
    if is_program or not status:
        return _failed(name, status)
    return f"there is no {name}" if entry else "the desktop has no browser that takes it"


def _begin(command: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # Some ask for a terminal.
        start_new_session=True,
    )


async def _first_seconds(process: subprocess.Popen[bytes]) -> int:
    """Return a browser's exit status, or 0 as soon as it has been there for so long that it shows the page."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[int] = loop.create_future()

    def tell(status: int) -> None:
        if not ended.done():
            ended.set_result(status)

    def wait() -> None:
        with process:
            try:
                status = process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                status = 0
            with suppress(RuntimeError):  # the console has ended
                loop.call_soon_threadsafe(tell, status)

    # Nobody waits for its end: some browsers go on until they are closed.
    threading.Thread(target=wait, name="goalgate-browser", daemon=True).start()
    return await ended


def _failed(name: str, status: int) -> str:
    if status < 0:
        return f"{name} was ended by signal {-status}"
    return f"{name} ended with {status}" if status else ""
