"""The machine that every test finds, whoever runs it, and wherever.

It is made here, before a test or anything of ours is imported: the environment, the programs on the PATH, the folders
of the user, zone, umask, signals and the number of files that may be open. No test reads what the user has set, and
none reaches the user's desktop, terminal or settings. What Python itself reads as it starts, `make test` takes away.
"""

from __future__ import annotations

import gc
import os
import resource
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import Final

import pytest

PROGRAMS: Final = (
    *("bash", "sh", "zsh", "tmux", "git", "env", "setpriv", "mount", "umount", "stty", "timeout", "sqlite3"),
    *("cat", "chmod", "cp", "cut", "date", "dirname", "echo", "false", "grep", "head", "kill", "ln", "ls", "mkdir"),
    *("mkfifo", "mktemp", "mv", "printf", "ps", "pwd", "rm", "rmdir", "sed", "sleep", "sort", "tail", "tee", "test"),
    *("touch", "tr", "true", "wc", "xargs", "yes"),
)
"""What a test may start by name, where the machine has it. No browser: `webbrowser` starts each that it finds."""
KEPT: Final = (
    *("COVERAGE_", "COV_CORE_", "PYTEST_", "TEXTUAL_SNAPSHOT_"),
    *("GOALGATE_EXAMPLES", "MONKEY_", "SOAK_", "TMPDIR"),
)
"""What whoever runs the tests may set, by how its name begins."""
OPEN_FILES: Final = 1024


def _machine(folder: Path) -> dict[str, str]:
    """Make the folders that a user has, and return the environment that names them."""
    home, programs = folder / "home", folder / "bin"
    home.mkdir()
    programs.mkdir()
    for name in PROGRAMS:
        if found := shutil.which(name):
            (programs / name).symlink_to(found)
    folders = ("CONFIG_HOME", "DATA_HOME", "STATE_HOME", "CACHE_HOME", "RUNTIME_DIR")
    return {
        "PATH": str(programs),
        "HOME": str(home),
        **{f"XDG_{name}": str(home) for name in folders},
        # Of this user alone, who need not be in any list of users.
        "LOGNAME": f"tester-{os.getuid()}",
        "USER": f"tester-{os.getuid()}",
        "SHELL": "/bin/sh",
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "TZ": "UTC",
    }


def _take_over() -> Path:
    """Give this process, and all that it will start, the same machine everywhere; return the folder that holds it."""
    folder = Path(tempfile.mkdtemp(prefix="goalgate-"))
    machine = _machine(folder)
    for name in [name for name in os.environ if not name.startswith(KEPT)]:
        del os.environ[name]
    os.environ.update(machine)
    time.tzset()
    os.umask(0o022)
    # A job that was begun in the background, or under nohup, hands on what it ignores.
    for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM, signal.SIGTSTP, signal.SIGCHLD, signal.SIGUSR1):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < OPEN_FILES:
        most = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return folder


_FOLDER: Final = _take_over()
# Every console that was open is garbage in circles, and each look for it goes through all that the tests have loaded:
# by Python's own measure a seventh of the time.
gc.set_threshold(20_000, 10, 10)


def pytest_unconfigure() -> None:
    shutil.rmtree(_FOLDER, ignore_errors=True)


@pytest.fixture(autouse=True)
def _own_home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Give each test folders of its own: what one test's console keeps, the next one's does not find."""
    home = str(tmp_path_factory.mktemp("home"))
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, home)
