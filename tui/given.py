"""What a verb is given beside its words: files and standard input, read and judged before the palace is opened."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from store import Create, InvalidInput, is_blank, parse_goals

if TYPE_CHECKING:
    from argparse import Namespace

_SHAPE = (
    "nothing was imported; a goals.json is an array of goals, as goalgate export writes it, with at least this: "
    '[{"id": "g-1", "description": "what you want", "status": "pending",'
    ' "created": "2026-06-16T12:00:00Z", "updated": "2026-06-16T12:00:00Z"}]'
)

_MOST = 1 << 22
"""Bytes of evidence that are read: far more than may be kept, and far fewer than fill the memory."""


def take_in(args: Namespace) -> None:
    """Read what ``args`` names, into them, and refuse what no palace needs to be opened for."""
    match args.verb:
        case "create":
            _judge_new(args)
        case "update":
            _read_evidence(args)
        case "import":
            _read_goals(args)


def _judge_new(args: Namespace) -> None:
    """Refuse what can be no goal, so that no palace is made for it."""
    nowhere: Any = SimpleNamespace(new_id=lambda: "g-0")
    Create(args.description, tuple(args.accept or ())).apply(nowhere, datetime.now(UTC))


def _read_evidence(args: Namespace) -> None:
    """Read the evidence to its end, so that the palace is not open for as long as a test run takes."""
    if args.evidence == "-":
        # Captured output is whatever a program printed: what is not UTF-8 is replaced, and the rest kept.
        args.evidence = _standard_input("evidence", _MOST).decode("utf-8", "replace")
        if is_blank(args.evidence) and args.state != "verified":
            help_ = 'pipe the output in; --evidence "" takes away what is there'
            raise InvalidInput("evidence", f"nothing{' visible' if args.evidence else ''} was on standard input", help_)


def _read_goals(args: Namespace) -> None:
    if args.file == "-":
        document = _standard_input("file")
    else:
        try:
            document = Path(args.file).read_bytes()
        except (OSError, ValueError) as error:
            raise bad_file(args.file, error, "name a goals.json that can be read") from error
    name = "standard input" if args.file == "-" else args.file
    if not document.strip():
        raise InvalidInput("file", f"{name} is empty", _SHAPE)
    try:
        args.goals = parse_goals(document)
    except InvalidInput as error:
        problem = f"{name} {error.problem}" if error.field == "file" else error.problem
        raise InvalidInput(error.field, problem, _SHAPE) from None


def _standard_input(field: str, most: int = -1) -> bytes:
    try:
        # None where it was closed from the start.
        return sys.stdin.buffer.read(most)
    except (AttributeError, OSError) as error:
        why = f"can't be read: {error.strerror or error}" if isinstance(error, OSError) else "is closed"
        raise InvalidInput(field, f"standard input {why}", "give - only with something piped in") from error


def bad_file(name: str, error: Exception, help_: str) -> InvalidInput:
    """Return the refusal of a file that can't be read or written."""
    return InvalidInput("file", f"{name}: {getattr(error, 'strerror', None) or error}", help_)
