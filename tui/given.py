"""What a verb is given: the words of the command line, files and standard input, judged before the palace is opened."""

from __future__ import annotations

import codecs
import os
import select
import stat
import sys
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from store import MAX_EVIDENCE, MAX_NOTE, Create, InvalidInput, is_blank, parse_goals
from tui.format import count

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

_SHAPE = (
    "nothing was imported; a goals.json is an array of goals, as goalgate export writes it, with at least this: "
    '[{"id": "g-1", "description": "what you want", "status": "pending",'
    ' "created": "2026-06-16T12:00:00Z", "updated": "2026-06-16T12:00:00Z"}]'
)

MAX_TEXT_READ = 1 << 22
"""Bytes of one text that are read: far more than may be kept, and far fewer than fill the memory."""
MAX_GOALS_READ = 1 << 28
"""Bytes of a goals.json that are read, 256 MiB: some 400,000 goals, and several times as much memory to read them."""
_PATIENCE_MS = 300
"""How long a named pipe may bring nothing before that is said."""

_FIELDS = {"accept": "acceptance", "goal": "goal_id", "session": "session_id", "text": "note", "outcome": "reason"}
"""The store's word for what was typed, where it is not the parser's."""
_PATHS = ("root", "file")
"""Arguments that name files. Those are bytes, in whatever encoding."""
_TEXTS = ("evidence", "note", "reason", "outcome", "text")
"""Arguments that may be ``-``: the text is on standard input then, and in no list of processes."""
_MARKS = (
    # The longer ones first: that of UTF-32 begins with one of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_words(args: Namespace) -> None:
    """Make the text in ``args`` what was typed, whatever the locale is; `InvalidInput` where it is not UTF-8."""
    for name, value in vars(args).items():
        if name in _PATHS:
            _judge_name(name, value)
        if name in _PATHS or not value:
            continue
        field = _FIELDS.get(name, name)
        if isinstance(value, str):
            setattr(args, name, in_utf8(field, value, captured=name in _TEXTS))
        elif isinstance(value, list):
            setattr(args, name, [in_utf8(f"{field}.{place}", word) for place, word in enumerate(value)])


def _judge_name(field: str, name: str | None) -> None:
    if name == "" and field == "file":
        raise InvalidInput(field, "no file is named: its name is empty", "is a variable of your script empty?")
    if name and "\0" in name:
        raise InvalidInput(field, "holds byte 00, as no file's name does", "take it out")


def in_utf8(field: str, word: str, *, captured: bool = False) -> str:
    """Return a word that the system gave as it was written: in UTF-8, although the locale may be another.

    Args:
        field: what a refusal names.
        word: the word.
        captured: whether it may come from standard input as well.

    Raises:
        InvalidInput: it holds a byte that is not UTF-8.

    """
    if word.isascii():
        return word
    try:
        data = os.fsencode(word)
    except UnicodeEncodeError:
        # No byte stands for it: it was not given by the system, but by a program that calls this one.
        data = word.encode("utf-8", "surrogatepass")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        if not any("\ud800" <= char <= "\udfff" for char in word):
            # The locale has an encoding of its own, and in that it is text.
            return word
        help_ = (
            "write it in UTF-8, or pipe it in (-), where such bytes are replaced" if captured else "write it in UTF-8"
        )
        raise InvalidInput(field, f"byte {data[error.start]:02X} is not UTF-8", help_) from None


def take_in(args: Namespace, say: Callable[[str], None], wait: Callable[[str], None]) -> None:
    """Read what ``args`` names, into them, and refuse what no palace needs to be opened for.

    ``say`` takes what a person should know of what was read; ``wait`` what is waited for, at once.
    """
    _read_text(args, say, wait)
    if args.verb == "create":
        _judge_new(args)
    elif args.verb == "import":
        _read_goals(args, wait)


def _judge_new(args: Namespace) -> None:
    """Refuse what can be no goal, so that no palace is made for it."""
    nowhere: Any = SimpleNamespace(new_id=lambda: "g-0")
    Create(args.description, tuple(args.accept or ())).apply(nowhere, datetime.now(UTC))


def _read_text(args: Namespace, say: Callable[[str], None], wait: Callable[[str], None]) -> None:
    """Read the text that is on standard input to its end, so that the palace is not open for as long as a test run."""
    piped = [name for name in _TEXTS if getattr(args, name, None) == "-"]
    if not piped:
        return
    name, *others = piped
    field, limit = _FIELDS.get(name, name), MAX_EVIDENCE if name == "evidence" else MAX_NOTE
    if others:
        raise InvalidInput(field, f"standard input is asked for by --{others[0]} too", "give - once")
    data = _standard_input(field, MAX_TEXT_READ + 1, wait)
    if len(data) > MAX_TEXT_READ:
        raise InvalidInput(field, f"has more than {MAX_TEXT_READ} bytes, the limit is {limit}", "make it shorter")
    text, encoding, wrong = _decoded(data)
    if name != "evidence":
        # As the shell does with what a command prints; evidence is kept as it was printed.
        text = text.rstrip("\r\n")
    stored = len(text.encode())
    if stored > max(limit, len(data)) or (stored > limit and encoding != "UTF-8"):
        problem = f"has {len(data)} bytes, which are {stored} in UTF-8, the limit is {limit}"
        raise InvalidInput(field, problem, "make it shorter")
    if is_blank(text) and not (name == "evidence" and args.state == "verified"):
        help_ = 'pipe the output in; --evidence "" takes away what is there' if name == "evidence" else "pipe it in"
        raise InvalidInput(field, f"nothing{' visible' if text else ''} was on standard input", help_)
    setattr(args, name, text)
    if wrong:
        be = "was" if wrong == 1 else "were"
        say(f"{count(wrong, 'byte')} on standard input {be} no {encoding}: kept as U+FFFD")


def _decoded(data: bytes) -> tuple[str, str, int]:
    """Return text, what it was encoded in by its byte order mark, and how many bytes of it were not.

    Captured output is whatever a program printed: what is not text is replaced by U+FFFD, and the rest kept.
    """
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    wrong = 0

    def replace(error: UnicodeError) -> tuple[str, int]:
        nonlocal wrong
        found = cast("UnicodeDecodeError", error)
        wrong += found.end - found.start
        return "\ufffd", found.end

    codecs.register_error("goalgate.replace", replace)
    return data.decode(encoding, "goalgate.replace"), encoding.removesuffix("-sig").upper(), wrong


def _read_goals(args: Namespace, wait: Callable[[str], None]) -> None:
    name = "standard input" if args.file == "-" else args.file
    if args.file == "-":
        document = _standard_input("file", MAX_GOALS_READ + 1, wait)
    else:
        try:
            with _open(args.file, wait) as stream:
                document = stream.read(MAX_GOALS_READ + 1)
        except (OSError, ValueError) as error:
            raise bad_file(args.file, error, "name a goals.json that can be read") from error
    if len(document) > MAX_GOALS_READ:
        problem = f"{name} has more than {MAX_GOALS_READ} bytes, the most that is read"
        raise InvalidInput("file", problem, "nothing was imported; import the goals in several files")
    if not document.strip():
        raise InvalidInput("file", f"{name} is empty", _SHAPE)
    try:
        args.goals = parse_goals(document)
    except InvalidInput as error:
        problem = f"{name} {error.problem}" if error.field == "file" else error.problem
        raise InvalidInput(error.field, problem, _SHAPE) from None


def _open(path: str, wait: Callable[[str], None]) -> BinaryIO:
    """Open a file to be read. A named pipe that nobody writes to yet is waited for, and that is said."""
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if stat.S_ISFIFO(os.fstat(fd).st_mode):
            poll = select.poll()
            poll.register(fd, select.POLLIN)
            # To what the shell writes as <(...) somebody does already.
            if not path.startswith(("/dev/fd/", "/proc/")) and not poll.poll(_PATIENCE_MS):
                wait(f"waiting for somebody to write to {path}, a named pipe")
            poll.poll()
        elif os.isatty(fd):
            wait(f"reading {path}, end with ctrl+d")
        os.set_blocking(fd, True)
        return os.fdopen(fd, "rb")
    except BaseException:
        os.close(fd)
        raise


def _standard_input(field: str, most: int, wait: Callable[[str], None]) -> bytes:
    try:
        if sys.stdin.isatty():
            wait("reading standard input, end with ctrl+d")
        return sys.stdin.buffer.read(most)
    except (AttributeError, OSError) as error:
        # None where it was closed from the start.
        why = f"can't be read: {error.strerror or error}" if isinstance(error, OSError) else "is closed"
        raise InvalidInput(field, f"standard input {why}", "give - only with something piped in") from error


def bad_file(name: str, error: Exception, help_: str) -> InvalidInput:
    """Return the refusal of a file that can't be read or written."""
    return InvalidInput("file", f"{name}: {getattr(error, 'strerror', None) or error}", help_)
