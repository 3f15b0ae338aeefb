"""A goal as text: untrusted text made safe, glyphs, ages, progress. Standard library only.

The command line and the console share it, so it imports no terminal library; what depends on the width of
cells is in `tui.cells`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime, timedelta

SESSION_GLYPHS: Final = {"verified": "✓", "running": "▸", "launched": "○", "failed": "✗"}
"""A session's state (as on the wire) in one cell."""

STATUS_GLYPHS: Final = {"pending": "○", "inProgress": "▸", "blocked": "‖", "done": "●", "abandoned": "×"}
"""A goal's status (as on the wire) in one cell."""

FRESH: Final = "•"
"""Before a goal that changed since the operator saw it."""
MARKED: Final = "*"
"""Before a goal that the next action is meant for."""
LATER: Final = "–"
"""Before a goal that the operator put off."""
ELLIPSIS: Final = "…"
NOTHING: Final = "·"
"""Stands where there is nothing to count yet."""

ASCII: Final = {
    **dict.fromkeys(range(9472, 9632), "+"),
    **dict.fromkeys(map(ord, "─━┄┅┈┉╌╍═╴╶╸╺╼╾▀▄▁▔"), "-"),
    **dict.fromkeys(map(ord, "│┃┆┇┊┋╎╏║╵╷╹╻╽╿▌▐▏▎▍▋▊▉▕▂▃▅▆▇"), "|"),
    **dict.fromkeys(map(ord, "□" + "".join(map(chr, range(0x2400, 0x2422))) + "\ufffd"), "?"),
    **{ord(glyph): plain for glyph, plain in zip("✓✗▸○‖●×…·█░▒▓•‹›→–—“”‘’", "vx>o=@/~-#..:^<>>--\"\"''", strict=True)},
    0x1F50E: "> ",
    0x3013: "==",
}
"""What stands, where only ASCII can be drawn, for each glyph of ours, line and border (`str.translate`).

As wide as what it stands for. Next to a word each time, so that it need not be told from the others.
"""

PICTURE: Final = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u27bf\u2900-\u297f\u2b00-\u2bff"
    "\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
)
"""A character of emoji: roughly Unicode's Extended_Pictographic, which the standard library does not know."""
_UNSEEN = (
    "\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u2d7f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001107f\U00013430-\U00013442\U00016fe4"
    "\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_HAN = "[\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
# Controls (C0, DEL, C1), what is invisible or turns the direction of writing, fillers, selectors, tags, surrogates, and
# what breaks a line without being a line feed.
_UNSAFE = re.compile(f"[{_UNSEEN}]")
# Of these what does its work: joiners between pictures, and selectors after what they select a form of.
_AT_WORK = re.compile(
    rf"(?:(?<={PICTURE})|(?<={PICTURE}\ufe0f))\u200d(?={PICTURE})"
    rf"|(?<={PICTURE})[\ufe0e\ufe0f]|(?<=[0-9#*])\ufe0f(?=\u20e3)"
    rf"|(?<={_HAN})[\ufe00-\ufe02\U000e0100-\U000e01ef]|(?<=[\u1820-\u18aa])[\u180b-\u180d\u180f]"
)
_MOST_MARKS: Final = 8
"""Combining marks that one character may bear: no script needs more, and a pile of them is drawn over other lines."""


def safe(text: str, *, multiline: bool = False) -> str:
    """Return ``text`` as it may be written to a terminal: the only door from stored text to one (CONTRACT 8).

    C0 controls and DEL become their pictures (``␛``). Everything else that could move, hide or turn what is on the
    screen, that nobody would see, or that is one mark too many on a character becomes its number (``<U+202E>``). Other
    text comes through as it is. Never raises.

    Args:
        text: what somebody wrote.
        multiline: whether line breaks and tabs may stay what they are.

    """
    if text.isascii():
        # Nearly all text is, and has no control characters.
        if (text.replace("\n", "").replace("\t", "") if multiline else text).isprintable():
            return text
        return _UNSAFE.sub(_visible_multiline if multiline else _visible, text)
    # Each character is judged once, however often it stands there and is drawn.
    chars = set(text).difference("\n\t" if multiline else "")
    if any(map(_is_unsafe, chars)):
        text = _UNSAFE.sub(_visible_multiline if multiline else _visible, text)
    marks = set(filter(_is_mark, chars))
    return _without_piles(text, marks) if marks else text


def safe_in_place(text: str) -> str:
    """Return ``text`` as `safe`, but one character for one: for editors, which count them."""
    return _UNSAFE.sub(lambda found: shown if len(shown := _visible(found)) == 1 else "\ufffd", text)


@lru_cache(maxsize=8192)
def _is_unsafe(char: str) -> bool:
    return _UNSAFE.match(char) is not None


@lru_cache(maxsize=8192)
def _is_mark(char: str) -> bool:
    return unicodedata.category(char)[0] == "M"


def _without_piles(text: str, marks: set[str]) -> str:
    shown, height = [], 0
    for char in text:
        height = height + 1 if char in marks else 0
        shown.append(number(char) if height > _MOST_MARKS else char)
    return "".join(shown)


def session_name(session_id: str) -> str:
    """Return a session's id, safe, and not to be taken for another: blanks and odd characters are visible."""
    shown = safe(session_id)
    if not shown.isascii():
        shown = "".join(number(char) if _is_odd(char) else char for char in shown)
    return shown if shown == shown.strip() else repr(shown)


@lru_cache(maxsize=1024)
def _is_odd(char: str) -> bool:
    """Return whether a character is blank, or a hyphen, a stop or the like that ASCII has another one for."""
    from store import is_blank

    return not char.isascii() and (is_blank(char) or unicodedata.category(char).startswith("P"))


_BYTES = re.compile("[\udc80-\udcff]+")


def show_bytes(text: str) -> str:
    r"""Return text that holds a file's name, or a word that was typed, in UTF-8: bytes that are none as ``\xe9``."""
    if text.isascii():
        return text
    named = _BYTES.sub(
        lambda found: found[0].encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"), text
    )
    return named.encode("utf-8", "backslashreplace").decode()


def number(char: str) -> str:
    """Return a character's number, to stand in its place: ``<U+202E>``."""
    return f"<U+{ord(char):04X}>"


def _visible(found: re.Match[str]) -> str:
    char = found[0]
    if char < " ":
        return chr(0x2400 + ord(char))
    if char > "\xff" and _AT_WORK.match(found.string, found.start()):
        return char
    return "␡" if char == "\x7f" else number(char)


def _visible_multiline(found: re.Match[str]) -> str:
    return found[0] if found[0] in "\n\t" else _visible(found)


_TAIL: Final = 2_000
"""Characters of captured output in which its last words are looked for."""


def first_line(text: str) -> str:
    """Return the first line of ``text`` that is not empty, safe to print."""
    for line in text.splitlines():
        if stripped := line.strip():
            return safe(stripped)
    return ""


def lines_of(text: str) -> str:
    """Return how many lines a text has and how it begins, to go on with: ``: 12 passed``, ``, 2 lines: rm -rf ~ …``."""
    lines = text.rstrip("\n").count("\n") + 1
    return f", {lines:,} lines: {first_line(text)} …" if lines > 1 else f": {first_line(text)}"


def last_words(text: str) -> str:
    """Return the last line of ``text`` that is neither empty nor an address alone, safe to print: what came of it."""
    for line in reversed(text[-_TAIL:].splitlines()):
        stripped = line.strip()
        if stripped and not (stripped.startswith(("http://", "https://")) and " " not in stripped):
            return safe(stripped)
    return ""


def age(passed: timedelta) -> str:
    """Return a span of time in at most four cells: ``now``, ``6m``, ``3h``, ``2d``, ``14mo``, ``3y``."""
    minutes = int(passed.total_seconds() // 60)
    if minutes < 1:
        return "now"
    if minutes < 60:
        return f"{minutes}m"
    hours = minutes // 60
    if hours < 24:
        return f"{hours}h"
    days = hours // 24
    if days < 100:
        return f"{days}d"
    if days < 730:
        return f"{days * 12 // 365}mo"
    return f"{days // 365}y"


def to_second(at: datetime) -> str:
    """Return a UTC time as ``2026-06-16 12:00:00``: the year with four digits, which ``%Y`` does not give it."""
    return at.replace(tzinfo=None).isoformat(" ", "seconds")


def ago(passed: timedelta) -> str:
    """Return how long ago something was: ``just now``, ``6m ago``."""
    return "just now" if age(passed) == "now" else f"{age(passed)} ago"


def ratio(part: int, total: int) -> str:
    """Return ``2/5``, or a dot where there is nothing to count."""
    return f"{part}/{total}" if total else NOTHING


def bar(part: int, total: int, width: int = 5) -> str:
    """Return a progress bar in ``width`` cells: full only when all is there, empty only when nothing is."""
    if not total:
        return " " * width
    filled = width * part // total
    if part and not filled:
        filled = 1
    return "█" * filled + "░" * (width - filled)


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Return ``1 session``, ``3 sessions``."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def verified(number: int, total: int) -> str:
    """Return ``0 of 1 session verified with evidence``, ``1 of 2 sessions …``: one way to say it, on every screen."""
    return f"{number} of {count(total, 'session')} verified with evidence"


def size(characters: int) -> str:
    """Return a length of text in few cells: ``850``, ``64K``, ``2.1M``."""
    if characters < 1000:
        return str(characters)
    if characters < 1_000_000:
        return f"{characters // 1000}K"
    return f"{characters / 1_000_000:.1f}M"


_URL = re.compile(r"https?://[^\s<>\"'`{}|\\^]+", re.IGNORECASE)
_DOTS = re.compile("[.\u3002]")
_NOT_IN_HOSTS = re.compile(r"[%#/:<>?@\[\\\]^|]")
_HOST_LENGTH: Final = 253


def urls(text: str) -> list[str]:
    """Return the addresses in ``text`` that may be opened, each once: http(s), a host, no user-info, nothing unsafe."""
    found = dict.fromkeys(match[0].rstrip(").,;:!?]…") for match in _URL.finditer(text))
    return [url for url in found if url.isprintable() and safe(url) == url and host(url) is not None]


def host(url: str) -> str | None:
    """Return the host that an address leads to, in ASCII: letters of other scripts look like those of ours.

    Nothing where the address hides it behind user-info, or where it holds what a browser would decode (``%61``) or
    nobody would see.
    """
    # Here, because only a key press needs it.
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        name, _ = parts.hostname or "", parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or "@" in parts.netloc or "%" in name:
        return None
    return (name if name.isascii() else _in_ascii(name)) or None


def with_ascii_host(url: str) -> str:
    """Return an address whose `host` is known, with that written in it, so that what is opened is what is said."""
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    port = "" if parts.port is None else f":{parts.port}"
    return url if parts.netloc.isascii() else url.replace(parts.netloc, f"{host(url)}{port}", 1)


def _in_ascii(name: str) -> str:
    """Return a host as it is asked for in the domain name system, or nothing where it can't be one."""
    from store import is_blank

    # As browsers do (UTS 46). Not Python's IDNA, an older one, which leads to another host where there is a sharp s.
    name = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).lower())
    if len(name) > _HOST_LENGTH or _NOT_IN_HOSTS.search(name) or any(map(is_blank, name)):
        return ""
    labels = _DOTS.split(name)
    return ".".join(label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in labels)


def stripped(text: str) -> str:
    """Return ``text`` as it may be copied: without what nobody would see of it, lines and tabs kept."""
    return _UNSAFE.sub(lambda found: found[0] if _visible_multiline(found) == found[0] else "", text)
