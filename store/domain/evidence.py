"""Whether evidence shows anything at all: nothing counts as proof that nobody could see (CONTRACT 3)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from store.domain.unicode_14 import has_visible

# ECMA-48, its eight-bit forms too. Strings (a title, a link, an image) reach to their end, or to the line's where that
# is missing.
_STRING = re.compile("(?:\x1b[\\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\\\|\x9c)?")
_SEQUENCE = re.compile(
    "(?:\x1b\\[|\x9b)(?P<arguments>[0-?]*)[ -/]*(?P<final>[@-~]|$)"  # control sequences
    "|\x1b[ -/]*(?P<escape>[0-~]?)"
)
# Final characters of control sequences that move the cursor or erase.
_MOVES = "ABCDEFGHdf"
_ERASES = "JKXP"
_ERASER = re.compile("[\b\r]|(?:\x1b\\[|\x9b)[0-?]*[ABCDEFGHdfJKXP]|\x1bc")
# Without any of these a text shows what stands in it.
_CONTROL = re.compile("[\b\r\x1b\x90\x98\x9b\x9d-\x9f]")
# Further away than any text here reaches; a number may be of any length.
_FAR = 1 << 30


@lru_cache(maxsize=256)
def shows_something(text: str | None) -> bool:
    """Return whether a terminal that printed ``text`` would show something afterwards.

    Escape sequences show nothing, nor does what backspaces, returns and erasing sequences take away; marks without a
    letter and characters that only stand for another count as nothing.
    """
    if text is None or not isinstance(text, str):
        return False
    if _CONTROL.search(text) is None:
        return has_visible(text, marks=False)
    text = _STRING.sub("", text).replace("\r\n", "\n")
    erased_to = max((found.end() for found in _ERASER.finditer(text)), default=0)
    if has_visible(_SEQUENCE.sub("", text[erased_to:]), marks=False):
        # What is printed after the last erasing stays.
        return True
    return erased_to > 0 and has_visible(_printed(text), marks=False)


def _printed(text: str) -> str:
    """Print ``text`` on an endless screen, and return the characters that stay."""
    screen = _Screen()
    at = 0
    for found in _SEQUENCE.finditer(text):
        screen.print(text[at : found.start()])
        at = found.end()
        if found["escape"] == "c":
            screen.clear()
        elif found["final"]:
            screen.obey(found["final"], _numbers(found["arguments"]))
    screen.print(text[at:])
    return "\n".join("".join(cells.values()) for cells in screen.rows.values())


def _numbers(arguments: str) -> list[int]:
    return [
        min(int(digits[:12]), _FAR) if digits.isdecimal() and digits.isascii() else 0 for digits in arguments.split(";")
    ]


class _Screen:
    """Cells that were printed to, by row and column."""

    def __init__(self) -> None:
        self.rows: dict[int, dict[int, str]] = {}
        self._row = self._column = 0

    def print(self, text: str) -> None:
        for char in text:
            match char:
                case "\n":
                    self._row, self._column = self._row + 1, 0
                case "\r":
                    self._column = 0
                case "\b":
                    # A backspace is meant to take a character away; what is typed over it stands in its place.
                    self._column = max(0, self._column - 1)
                    self._cells().pop(self._column, None)
                case _:
                    self._cells()[self._column] = char
                    self._column += 1

    def clear(self) -> None:
        self.rows.clear()
        self._row = self._column = 0

    def obey(self, final: str, numbers: list[int]) -> None:
        first = numbers[0]
        if final in _MOVES:
            self._move(final, max(1, first), max(1, numbers[1]) if len(numbers) > 1 else 1)
        elif final == "J":
            self._erase_rows(first)
        elif final == "K":
            self._erase_cells(first)
        elif final in _ERASES:
            self._keep(lambda column: not self._column <= column < self._column + max(1, first))

    def _move(self, final: str, count: int, second: int) -> None:
        match final:
            case "A" | "F":
                self._row -= count
            case "B" | "E":
                self._row += count
            case "C":
                self._column += count
            case "D":
                self._column -= count
            case "G":
                self._column = count - 1
            case "d":
                self._row = count - 1
            case _:
                self._row, self._column = count - 1, second - 1
        if final in "EF":
            self._column = 0
        self._row, self._column = max(0, self._row), max(0, self._column)

    def _erase_rows(self, how: int) -> None:
        if how < 2:
            self._erase_cells(how)
        first, last = {0: (0, self._row), 1: (self._row, _FAR)}.get(how, (0, -1))
        self.rows = {row: cells for row, cells in self.rows.items() if first <= row <= last}

    def _erase_cells(self, how: int) -> None:
        first, last = {0: (0, self._column - 1), 1: (self._column + 1, _FAR)}.get(how, (0, -1))
        self._keep(lambda column: first <= column <= last)

    def _keep(self, stays: Callable[[int], bool]) -> None:
        self.rows[self._row] = {column: char for column, char in self._cells().items() if stays(column)}

    def _cells(self) -> dict[int, str]:
        return self.rows.setdefault(self._row, {})
