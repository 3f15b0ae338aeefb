"""JSON whose faults have a place, so that one bad entry of a file hides no other."""

from __future__ import annotations

import json
from collections import Counter
from typing import NamedTuple

from store.text import exact_number


class Fault(NamedTuple):
    """Something in a value that no strict reader of JSON takes."""

    path: str
    """The way to it, such as ``sessions.0.state``; empty where it is the value itself."""
    problem: str


class _NoValue:
    """Stands where a number was that JSON has not."""

    def __init__(self, problem: str) -> None:
        self.problem = problem


class _Object(dict[str, object]):
    """An object that had a key more than once."""

    twice = ""


def decode(document: str) -> tuple[object, bool]:
    """Return what a JSON document holds, and whether `find_fault` will find something in it.

    Raises:
        ValueError: it is no JSON, or nested too deep.

    """
    faulty = False

    def refuse(problem: str) -> _NoValue:
        nonlocal faulty
        faulty = True
        return _NoValue(problem)

    def number(digits: str) -> object:
        try:
            return exact_number(digits)
        except ValueError as error:
            return refuse(str(error))

    def integer(digits: str) -> object:
        try:
            return int(digits)
        except ValueError:
            return refuse(f"is a number of {len(digits.lstrip('-'))} digits, which is too long")

    def object_of(pairs: list[tuple[str, object]]) -> dict[str, object]:
        nonlocal faulty
        made = dict(pairs)
        if len(made) == len(pairs):
            return made
        faulty = True
        doubled = _Object(made)
        doubled.twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        return doubled

    decoder = json.JSONDecoder(
        parse_float=number,
        parse_int=integer,
        parse_constant=lambda name: refuse(f"{name} is not a JSON number"),
        object_pairs_hook=object_of,
    )
    try:
        return decoder.decode(document), faulty
    except RecursionError:
        msg = "nested too deep"
        raise ValueError(msg) from None


def find_fault(value: object) -> Fault | None:
    """Return the first thing in a value of `decode` that JSON has not, or ``None``."""
    left: list[tuple[str, object]] = [("", value)]
    while left:
        path, value = left.pop()
        if isinstance(value, _NoValue):
            return Fault(path, value.problem)
        if isinstance(value, _Object):
            return Fault(_join(path, value.twice), "stands there twice")
        if isinstance(value, dict | list):
            inner = value.items() if isinstance(value, dict) else enumerate(value)
            left += reversed([(_join(path, key), item) for key, item in inner])
    return None


def _join(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)
