"""Text as the store takes it: blank, one line, within limits; and JSON as the store writes it."""

from __future__ import annotations

import json
import os
import re
from types import UnionType
from typing import TYPE_CHECKING, NoReturn

from store.domain.unicode_14 import has_visible
from store.errors import InvalidInput

if TYPE_CHECKING:
    from decimal import Decimal

# Unicode's White_Space property. Not str.split(), which also takes U+001C to U+001F: those are control characters.
_WHITE = re.compile("[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
# What JSON leaves bare and a terminal might obey: DEL, C1, bidirectional controls; and what UTF-8 can't hold.
_UNPRINTED = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

KIB = 1024


def is_blank(text: str | None) -> bool:
    """Return whether nothing visible is in ``text``; ``None`` is blank (CONTRACT 2, "Blank means")."""
    if not isinstance(text, str):
        # What is no text at all is for `check_text` to refuse.
        return text is None
    return not has_visible(text, marks=True)


def one_line(text: str) -> str:
    """Return ``text`` with each run of white space made one space, and none at its ends."""
    return _WHITE.sub(" ", text).strip(" ")


def check_text(field: str, text: object, *, chars: int = 0, size: int = 0, controls: bool = False) -> None:
    """Refuse text that is over a limit or holds what it must not (CONTRACT 8).

    Args:
        field: what the refusal names.
        text: what to check.
        chars: the most characters, or 0 for no such limit.
        size: the most bytes of UTF-8, or 0 for no such limit.
        controls: whether control characters other than white space may stand in it.

    Raises:
        InvalidInput: not a string, a lone surrogate, a control character, or too long (both numbers are named).

    """
    if not isinstance(text, str):
        raise InvalidInput(field, f"is {type(text).__name__}, not text")
    try:
        found_size = len(text.encode())
    except UnicodeEncodeError as error:
        code = ord(text[error.start])
        raise InvalidInput(field, f"holds a lone surrogate (U+{code:04X}), which is no text") from None
    if not controls and (found := _CONTROL.search(text)):
        raise InvalidInput(field, f"holds a control character (U+{ord(found[0]):04X})", "take it out")
    if chars and len(text) > chars:
        raise InvalidInput(field, f"has {len(text)} characters, the limit is {chars}", "make it shorter")
    if size and found_size > size:
        raise InvalidInput(field, f"has {found_size} bytes, the limit is {size}", "make it shorter")


def check_type(field: str, value: object, kind: type | UnionType, said: str) -> None:
    """Refuse an argument of another type than ``kind``, which is ``said`` in words, with `InvalidInput`."""
    if not isinstance(value, kind):
        raise InvalidInput(field, f"is {type(value).__name__}, not {said}")


def check_not_blank(field: str, text: object) -> None:
    """Refuse blank text, and what is no text, with `InvalidInput`."""
    if not isinstance(text, str) or is_blank(text):
        raise InvalidInput(field, "is blank", "give some text")


def escape(document: str) -> str:
    r"""Return a JSON document with every character that could drive a terminal written ``\u…`` (CONTRACT 1)."""
    return _UNPRINTED.sub(lambda found: f"\\u{ord(found[0]):04x}", document)


def to_json(value: object, *, indent: int | None = None) -> str:
    """Return ``value`` as JSON: non-ASCII text as it is, what could drive a terminal escaped.

    Raises:
        ValueError: a number that JSON has not (infinite, or not a number).

    """
    encoder = _COMPACT if indent is None else _encoder(indent=indent)
    text = escape(encoder.encode(value))
    return _DIGITS.sub(r"\1", text) if _MARK in text else text


def is_shallow(value: object, levels: int) -> bool:
    """Return whether a JSON value nests at most ``levels`` deep, so that writing it can't exhaust the stack."""
    if not isinstance(value, dict | list):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(is_shallow(item, levels - 1) for item in inner)


def from_json(document: str) -> object:
    """Return what a JSON document holds.

    Raises:
        ValueError: it is malformed, nested too deep, or holds a number that JSON has not.

    """
    try:
        return _DECODER.decode(document)
    except RecursionError:
        msg = "nested too deep"
        raise ValueError(msg) from None


def _no_number(name: str) -> NoReturn:
    msg = f"{name} is not a JSON number"
    raise ValueError(msg)


def exact_number(digits: str) -> float | Decimal:
    """Return the number that a JSON text with a fraction or an exponent is: all its digits, however many.

    Raises:
        ValueError: it is larger than a float can be, which other programs refuse, or nearer to zero than a decimal can.

    """
    number = float(digits)
    if repr(number) == digits:
        return number
    # Few goals hold such a number, and this takes a while to load.
    from decimal import Decimal, InvalidOperation

    try:
        exact = Decimal(digits)
    except InvalidOperation:
        exact = None
    if exact is None or number in (float("inf"), float("-inf")):
        msg = f"{digits[:40]} is out of range"
        raise ValueError(msg)
    return number if Decimal(repr(number)) == exact else exact


def _mark(value: object) -> str:
    from decimal import Decimal

    if isinstance(value, Decimal):
        return _MARK + str(value)
    msg = f"{type(value).__name__} is no JSON"
    raise TypeError(msg)


def _encoder(*, indent: int | None = None, separators: tuple[str, str] | None = None) -> json.JSONEncoder:
    return json.JSONEncoder(ensure_ascii=False, allow_nan=False, indent=indent, separators=separators, default=_mark)


# The encoder writes a number that is no float as a string only; this tells it from any that somebody else wrote.
_MARK = f"number {os.urandom(16).hex()} "
_DIGITS = re.compile(f'"{_MARK}([^"]*)"')
# Made once: json.loads and json.dumps make theirs anew at each call that has options.
_COMPACT = _encoder(separators=(",", ":"))
_DECODER = json.JSONDecoder(parse_constant=_no_number, parse_float=exact_number)
