"""What the terminal sends, read as keys, mouse and pastes: where Textual takes a part of one for another."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Final

from textual import events
from textual._xterm_parser import XTermParser
from textual.message import Message

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

_ESC: Final = "\x1b"
_START: Final = f"{_ESC}[200~"
_END: Final = f"{_ESC}[201~"
_QUIET_S: Final = 0.03
"""Seconds without a character after which a paste is over: what comes at once behind its end may belong to it."""
_REST_S: Final = 2.0
"""Seconds for which a code that has begun waits for its rest, as on a line that stalls."""
_BEGUN: Final = re.compile(r"\x1b\[(?:<|\d)[\d;:]*")
"""The beginning of a code that no keyboard sends alone: a mouse's, or a key's with numbers."""
_CUT_OFF: Final = re.compile(r"\[(?:<|[\d;:]+[A-Za-z~]|[A-DFHIOPQRSZ])")
"""How a code goes on whose ESC came too long before it."""
MOST: Final = 1 << 22
"""Characters that are kept of a paste: more than any field takes."""
_TELL_EACH: Final = 1 << 18
"""Characters of a paste after which it is told again how much has come."""


class Pasting(Message):
    """A long text is being pasted; ``size`` characters have come so far."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size


class PasteParser(XTermParser):
    """Textual's parser, which is never handed the text of a bracketed paste: it took an ESC in it for a key.

    Textual also takes a code whose parts come more than a tenth of a second apart for letters that were typed.
    """

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._before = ""
        """The last characters outside of a paste: a start may come in pieces."""
        self._tail = ""
        """The code that has begun, from its ESC."""
        self._last = 0.0
        """When something came last."""
        self._escaped_at: float | None = None
        self._paste: list[str] | None = None
        self._size = self._told = 0
        self._rest = ""
        """The last characters of a paste that may be the beginning of its end."""
        self._after: str | None = None
        """What came right behind a paste's end; nothing before there was one."""

    @property
    def waits(self) -> float:
        """Seconds for which nothing need come before `tick` has something to do."""
        return _QUIET_S if self._after is not None else 0.1

    def feed(self, data: str) -> Iterator[Message]:
        """Take in what the terminal sent, in whatever pieces, and yield what it means."""
        if not data:
            yield from self._over()
            yield from super().feed(data)
            return
        self._last = time.monotonic()
        if self._escaped_at is not None:
            # The ESC was taken for the key, which can't be undone; its rest is no text all the same.
            if self._last - self._escaped_at < _REST_S and _CUT_OFF.match(data):
                data = _ESC + data
            self._escaped_at = None
        yield from self._read(data)

    def tick(self) -> Iterator[Message]:
        """Yield what is certain because nothing more came for a while."""
        passed = time.monotonic() - self._last
        if self._after is not None and passed >= _QUIET_S:
            yield from self._over()
        if self._timeout_time is None or (passed < _REST_S and _BEGUN.fullmatch(self._tail)):
            return
        for message in super().tick():
            if self._tail == _ESC:
                self._escaped_at = time.monotonic()
            yield message

    def _read(self, data: str) -> Iterator[Message]:
        while data:
            if self._after is not None:
                self._after += data
                data = yield from self._behind()
            elif self._paste is not None:
                text, end, data = (self._rest + data).partition(_END)
                # Perhaps its end comes in pieces.
                held = 0 if end else next((n for n in range(len(_END) - 1, 0, -1) if text.endswith(_END[:n])), 0)
                text, self._rest = text[: len(text) - held], text[len(text) - held :]
                yield from self._take(text)
                if end:
                    self._after = ""
            else:
                # Nothing is held back here: an ESC alone is a key.
                seen = self._before + data
                at = seen.find(_START)
                stop = len(data) if at < 0 else at + len(_START) - len(self._before)
                self._before = "" if at >= 0 else seen[1 - len(_START) :]
                part, data = data[:stop], data[stop:]
                self._tail = (self._tail + part)[-64:]
                self._tail = self._tail[max(self._tail.rfind(_ESC), 0) :]
                yield from super().feed(part)
                if at >= 0:
                    self._paste, self._size, self._told = [], 0, 0

    def _take(self, text: str) -> Iterator[Message]:
        assert self._paste is not None  # noqa: S101 - called inside a paste only
        if self._size < MOST:
            self._paste.append(text)
        self._size += len(text)
        if self._size - self._told >= _TELL_EACH:
            self._told = self._size
            yield Pasting(self._size)

    def _behind(self) -> Generator[Message, None, str]:
        """Yield what is certain of what came right behind a paste's end; return what is to be read anew.

        Some terminals (tmux) send an end that stands in the text itself as it is. Another end without a start before
        it tells: all up to there was pasted, and no key.
        """
        after = self._after or ""
        start, end = after.find(_START), after.find(_END)
        if end >= 0 and not 0 <= start < end:
            yield from self._take(_END + after[:end])
            self._after = after[end + len(_END) :]
        elif start >= 0 or len(after) > MOST:
            self._after = ""
            yield from self._over()
            return after
        return ""

    def _over(self) -> Iterator[Message]:
        """Yield the paste that has ended, and what was typed right behind it."""
        if self._after is None or self._paste is None:
            return
        text, after = "".join(self._paste), self._after
        self._paste = self._after = None
        for message in super().feed(_END):
            # Textual's own, which is empty: it saw the start and the end, and nothing in between.
            yield events.Paste(text.replace("\x00", "")) if isinstance(message, events.Paste) else message
        yield from self._read(after)
