"""The console's own files: private, through no link, and no matter what lies in their place."""

import os
import socket
from contextlib import closing
from pathlib import Path

import pytest

from store import Create, SyncStore, append_private
from tests.tui.helpers import FAILED, operator
from tui import trouble
from tui.look import remember_theme, remembered_theme, state_path
from tui.seen import Memory, Seen
from tui.settings import read_config

TARGET = '{"theme": "nord"}\n'


def put_folder(path, _target):
    path.mkdir()


def put_pipe(path, _target):
    os.mkfifo(path)


def put_socket(path, _target):
    # The path of a socket must be short.
    before = Path.cwd()
    os.chdir(path.parent)
    try:
        with closing(socket.socket(socket.AF_UNIX)) as one:
            one.bind(path.name)
    finally:
        os.chdir(before)


def put_link(path, target):
    path.symlink_to(target)


def put_dangling_link(path, target):
    path.symlink_to(target.with_name("nothing"))


PUT = [put_folder, put_pipe, put_socket, put_link, put_dangling_link]


@pytest.fixture
def target(tmp_path):
    """Somebody else's file, which others may read."""
    path = tmp_path / "target"
    path.write_text(TARGET)
    path.chmod(0o644)
    return path


def is_untouched(target):
    return (target.read_text(), target.stat().st_mode & 0o777) == (TARGET, 0o644) and not (
        target.with_name("nothing").exists()
    )


@pytest.mark.parametrize("put", PUT)
def test_the_console_opens_and_ends_whatever_lies_there(terminal, tmp_path, put, target):
    state, config = tmp_path / "goalgate", tmp_path / "config" / "goalgate"
    log = state / "log"
    log.mkdir(parents=True)
    config.mkdir(parents=True)
    memory = Memory(tmp_path / "root", "session-manager", state)
    for path in (log / "goalgate.log", state / "console.json", memory.path, config / "config.toml"):
        put(path, target)
    console = terminal(XDG_CONFIG_HOME=str(tmp_path / "config"))
    console.sees("live")
    console.press("q")
    assert console.end() == 0
    assert is_untouched(target)


@pytest.mark.parametrize("put", PUT)
def test_what_is_kept_replaces_no_more_than_a_name(tmp_path, put, target):
    memory = Memory(tmp_path / "root", "p", tmp_path / "state")
    for path in (memory.path, state_path()):
        path.parent.mkdir(parents=True, exist_ok=True)
        put(path, target)
    assert memory.load() == Seen()
    assert remembered_theme() == ("nord" if put is put_link else None)
    _ = memory.change(lambda seen: seen.put_off("g-1", 1))
    if put is put_folder:
        with pytest.raises(IsADirectoryError):
            remember_theme("textual-light")
    else:
        remember_theme("textual-light")
        assert remembered_theme() == "textual-light"
        assert memory.load() == Seen(later={"g-1": 1})
    assert is_untouched(target)


@pytest.mark.parametrize("put", PUT)
def test_nothing_is_appended_to_what_is_no_file(tmp_path, put, target):
    path = tmp_path / "log"
    put(path, target)
    # Somebody who reads from the pipe makes it no file.
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK) if put is put_pipe else None
    with pytest.raises(OSError, match=f"is a {'|'.join(['folder', 'named pipe', 'socket', 'link'])}"):
        append_private(path)
    if reader is not None:
        os.close(reader)
    assert is_untouched(target)


def test_the_config_may_be_behind_a_link_of_the_operator_s(tmp_path):
    (tmp_path / "dotfiles").write_text('theme = "nord"')
    (tmp_path / "config.toml").symlink_to("dotfiles")
    assert read_config(tmp_path / "config.toml").theme == "nord"


@pytest.fixture
def logs(tmp_path, monkeypatch):
    """The folder for logs, whose parents are missing."""
    folder = tmp_path / "a" / "b" / "log"
    monkeypatch.setattr(trouble, "folder", lambda: folder)
    handlers = list(trouble.log.handlers)
    yield folder
    for handler in trouble.log.handlers[:]:
        if handler not in handlers:
            trouble.log.removeHandler(handler)
            handler.close()


def modes(folder):
    return {path.stat().st_mode & 0o777 for path in (folder, *list(folder.parents)[:2])}


def test_the_log_and_every_folder_above_it_are_private(logs):
    trouble.start_log()
    trouble.log.info("café \udc80")
    assert modes(logs) == {0o700}
    (log,) = logs.iterdir()
    assert log.stat().st_mode & 0o777 == 0o600
    assert "café \\udc80" in log.read_text(encoding="utf-8")


def test_what_is_kept_has_private_folders_above_it(tmp_path):
    memory = Memory(tmp_path / "root", "p", tmp_path / "a" / "b" / "state")
    _ = memory.change(lambda seen: seen)
    assert modes(memory.path.parent) == {0o700}


def test_a_log_that_cannot_be_written_says_nothing_on_the_screen(logs, capfd):
    trouble.start_log()
    (handler,) = [one for one in trouble.log.handlers if hasattr(one, "stream")]
    handler.stream.close()
    handler.stream = open("/dev/full", "w")  # noqa: SIM115, PTH123 - the handler closes it
    trouble.log.info("lost")
    with pytest.raises(OSError, match="No space"):
        handler.stream.close()
    handler.stream = None
    assert capfd.readouterr() == ("", "")


def test_only_the_newest_ten_crash_files_are_kept(logs):
    logs.mkdir(parents=True)
    others = {"crash-notes.txt", "crash-20260101T000000.000000-1.txt.gz", "goalgate.log"}
    old = [f"crash-20260101T0000{second:02}.000000-{second}.txt" for second in range(12)]
    for name in (*others, *old):
        (logs / name).touch()
    said = trouble.record_crash(RuntimeError("boom"))
    kept = {path.name for path in logs.iterdir()}
    assert others < kept
    newest = kept - others
    assert len(newest) == trouble.CRASHES
    assert newest & set(old) == set(old[-9:])
    (new,) = newest - set(old)
    assert new in said


def test_where_a_crash_cannot_be_written_down_the_folder_is_named(logs):
    logs.parent.parent.touch()
    said = trouble.record_crash(RuntimeError("boom"))
    assert f"could not be written down in {logs}: " in said


@pytest.fixture
def _blocked(tmp_path, monkeypatch):
    """A file in the place of the folder for state: not its mode, which binds no root user."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "goalgate").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.mark.usefixtures("_blocked")
async def test_what_can_not_be_kept_is_said_once_with_the_folder(root, tmp_path):
    trouble = f"until you quit: nothing can be kept in {tmp_path / 'state' / 'goalgate'}: "
    async with operator(root, (240, 40)) as me:
        await me.at(FAILED)
        await me.press("x")
        await me.sees(f"this holds {trouble}")
        await me.press("j", "x")
        await me.sees("later, until you quit: ")
        await me.press("space", "x")
        await me.sees("1 marked goal later, until you quit; ")
        me.app.theme = "gruvbox"
        await me.sees(f"these colours hold {trouble}")
        await me.press("D")
        await me.sees("What is kept for you 1")


@pytest.mark.parametrize("told", [False, True])
def test_what_is_forgotten_is_said_at_the_end(terminal, tmp_path, told):
    (tmp_path / "goalgate").touch()
    with SyncStore.open(tmp_path / "root") as store:
        store.apply(Create("Ship the parser"))
    console = terminal()
    console.sees("Ship the parser")
    if told:
        console.press("x")
        console.sees("this holds until you quit")
    console.press("q")
    assert console.end() == 0
    said = f"goalgate: what you saw is forgotten: nothing can be kept in {tmp_path / 'goalgate'}: "
    assert console.left.startswith(said) is not told
