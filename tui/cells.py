"""Text measured in the cells of a terminal: wide characters take two, combining marks none.

Measures with the tables that Textual itself draws by, so that what is cut here fits there.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size, split_graphemes

from store import is_unassigned
from tui.format import ELLIPSIS, PICTURE, number

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "cell_len",
    "clip",
    "clip_middle",
    "fit",
    "fit_right",
    "fold",
    "may_shift",
    "steady",
    "steady_in_place",
    "wrap",
]

# Selectors that ask for a picture or for text, and the joiner, of which `safe` leaves those between pictures.
_ASIDE = re.compile("[\ufe0e\ufe0f\u200d]")
_IS_PICTURE = re.compile(PICTURE).match
_TONE = "[\U0001f3fb-\U0001f3ff]"
_SKIN = re.compile(f"(?<={PICTURE})(?<!{_TONE}){_TONE}+")
# Signs of the Book of Changes and counting rods, which Unicode made wide in 2024; numbers on black squares and Hangul
# tone marks, of which each terminal's author thought something else; skin tones alone.
_NARROW_OR_WIDE = re.compile(
    "[\u2630-\u2637\u268a-\u268f\u302e\u302f\u3248-\u324f\u4dc0-\u4dff\U0001d300-\U0001d356\U0001d360-\U0001d376]"
    f"|{_TONE}"
)
# Takes no cell, anywhere: the combining grapheme joiner, which joins nothing.
_UNSEEN = "\u034f"


def steady(text: str) -> str:
    """Return ``text`` without all that terminals draw in different numbers of cells: one too many moves a whole row.

    A picture keeps its first form: it loses its selector and its skin tone, and joined ones stand side by side.
    Characters that Unicode 14 does not know, or that are narrow here and wide there, become their numbers.
    """
    if text.isascii() or not any(map(_is_unsteady, set(text))):
        return text
    text = _SKIN.sub("", _ASIDE.sub("", text))
    return text.translate({ord(char): number(char) for char in set(text) if _is_unsteady(char)})


def steady_in_place(text: str) -> str:
    """Return ``text`` as `steady`, but one character for one: for editors, which count them."""
    if text.isascii() or not any(map(_is_unsteady, set(text))):
        return text
    text = _SKIN.sub(lambda found: _UNSEEN * len(found[0]), text)
    stand_in = {
        ord(char): _UNSEEN if _ASIDE.match(char) else "〓" if cell_len(char) == 2 else "\ufffd"
        for char in set(text)
        if _is_unsteady(char)
    }
    return text.translate(stand_in)


@lru_cache(maxsize=4096)
def may_shift(text: str) -> bool:
    """Return whether some terminal draws ``text`` in other cells than it has here: marks, vowel signs, emoji."""
    return not text.isascii() and any(map(_may_shift, set(text)))


@lru_cache(maxsize=4096)
def _may_shift(char: str) -> bool:
    cells = cell_len(char)
    return cells == 0 or (cells == 2 and _IS_PICTURE(char) is not None) or _is_unsteady(char)


@lru_cache(maxsize=4096)
def _is_unsteady(char: str) -> bool:
    return bool(_ASIDE.match(char) or _NARROW_OR_WIDE.match(char)) or is_unassigned(char)


def clip(text: str, width: int) -> str:
    """Return ``text`` in at most ``width`` cells, an ellipsis in place of what was cut off."""
    text = steady(text)
    if width <= 0:
        return ""
    if cell_len(text) <= width:
        return text
    used = end = 0
    for _, stop, cells in split_graphemes(text[: width * 8])[0]:
        if used + cells > width - 1:
            break
        used += cells
        end = stop
    return text[:end].rstrip(" ") + ELLIPSIS


def clip_middle(text: str, width: int) -> str:
    """Return ``text`` in at most ``width`` cells, its middle left out: names often differ in their ends."""
    text = steady(text)
    if cell_len(text) <= width or width < 5:
        return clip(text, width)
    head = clip(text, width // 2 + 1).removesuffix(ELLIPSIS)
    spans = split_graphemes(text[-width * 8 :])[0]
    tail, used = "", cell_len(head) + 1
    for start, stop, cells in reversed(spans):
        if used + cells > width:
            break
        tail = text[-width * 8 :][start:stop] + tail
        used += cells
    return head + ELLIPSIS + tail


def fit(text: str, width: int) -> str:
    """Return ``text`` in exactly ``width`` cells, cut or filled up on the right."""
    return set_cell_size(clip(text, width), width) if width > 0 else ""


def fit_right(text: str, width: int) -> str:
    """Return ``text`` in exactly ``width`` cells, cut or filled up on the left."""
    text = clip(text, width)
    return " " * (width - cell_len(text)) + text


def wrap(text: str, width: int) -> list[str]:
    """Return the lines of ``text``, each folded to ``width`` cells, after a word where one ends.

    Every character is kept but the space at which a line is folded.
    """
    text = steady(text.expandtabs(8))
    return [text[start:stop] for start, stop in fold(text, width)]


def fold(text: str, width: int) -> Iterator[tuple[int, int]]:
    """Yield where each line that `wrap` returns begins and ends; ``text`` is steady and holds no tabs."""
    width = max(width, 2)
    start = 0
    for line in text.split("\n"):
        stop = start + len(line)
        begin = start
        while begin < stop and (end := _end(text, begin, stop, width)) < stop:
            # Before a wide character a line may be folded anywhere: Chinese and Japanese have no spaces.
            space = text.rfind(" ", begin, end + 1) if cell_len(text[end]) < 2 else -1
            # What is indented and too long is not folded after its indent.
            after_word = space > begin and not text[begin:space].isspace()
            yield begin, space if after_word else end
            begin = space + 1 if after_word else end
        yield begin, stop
        start = stop + 1


def _end(text: str, begin: int, stop: int, width: int) -> int:
    """Return the index up to ``stop`` where ``text``, from ``begin`` on, has filled ``width`` cells."""
    reach = width
    while True:
        head = text[begin : min(stop, begin + reach)]
        if len(head) == width and head.isascii():
            return begin + width
        if begin + len(head) == stop and cell_len(head) <= width:
            return stop
        used = 0
        for start, _, cells in split_graphemes(head)[0]:
            if used + cells > width:
                return begin + start
            used += cells
        # Marks that take no cell: there is more to come before the line is full.
        reach *= 2
