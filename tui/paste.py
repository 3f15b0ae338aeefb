"""Text that is pasted, whatever stands in it: Textual takes an ESC in it for the beginning of a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual import events
from textual._xterm_parser import XTermParser

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from textual.message import Message

_ESC: Final = "\x1b"
_START: Final = f"{_ESC}[200~"
_END: Final = f"{_ESC}[201~"
_STAND_IN: Final = "\ufffe"
"""No character at all, so that nobody has pasted it."""


class PasteParser(XTermParser):
    """Textual's, with every ESC inside of a bracketed paste kept from it: captured output is full of them.

    It would send what follows as keys, and the rest of the paste behind them.
    """

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._pasting = False
        self._before = ""
        self._rest = ""

    def feed(self, data: str) -> Iterator[Message]:
        """Take in what the terminal sent, in whatever pieces, and yield what it means."""
        if not data:
            yield from super().feed(data)
        data, self._rest = self._rest + data, ""
        while data:
            if self._pasting:
                text, end, data = data.partition(_END)
                if not end:
                    # Perhaps its end comes in pieces.
                    held = next((size for size in range(len(_END) - 1, 0, -1) if text.endswith(_END[:size])), 0)
                    text, self._rest = text[: len(text) - held], text[len(text) - held :]
                yield from self._told(super().feed(text.replace(_ESC, _STAND_IN) + end) if text or end else ())
                self._pasting = not end
            else:
                # Nothing is held back here: an ESC alone is a key.
                seen = self._before + data
                at = seen.find(_START)
                stop = len(data) if at < 0 else at + len(_START) - len(self._before)
                self._before = "" if at >= 0 else seen[1 - len(_START) :]
                self._pasting = at >= 0
                part, data = data[:stop], data[stop:]
                yield from self._told(super().feed(part))

    @staticmethod
    def _told(messages: Iterable[Message]) -> Iterator[Message]:
        for message in messages:
            if isinstance(message, events.Paste):
                message.text = message.text.replace(_STAND_IN, _ESC)
            yield message
