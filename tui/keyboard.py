"""Keys in their order: what is typed right behind a key that opens something is typed into that."""

from __future__ import annotations

import asyncio
from collections import deque

from textual import events, on
from textual.app import App
from textual.message import Message

_WAITS = 100
"""How many times, of 5 ms, it is waited for a screen to take the focus, which it may never do."""


class KeysAlone:
    """A widget that does with a key what bindings say, and nothing else: it need not be handed the key."""

    def pressed(self) -> None:
        """Hear that a key was pressed while this has the focus; before the key acts."""

    def show_now(self) -> None:
        """Hear that the key has acted."""


class _Acted(Message):
    """The key before this has done what it does."""


class Keyboard(App[None]):
    """An app that hands a key, or a text that is pasted, on only when the one before it has acted.

    Textual hands each to what has the focus when it arrives. Terminals that were held up send many at once.
    """

    def __init__(self) -> None:
        super().__init__()
        self._typed: deque[events.Key | events.Paste] = deque()
        self._typing = False
        self._acted = asyncio.Event()
        self._acted.set()
        self._typed_on: object = None

    async def on_event(self, event: events.Event) -> None:
        """Hand input on in its order, everything else at once."""
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
        elif self._typing or not self._takes_more():
            self._typed.append(event)
            if not self._typing:
                self._typing = True
                self.run_worker(self._type_on(), exit_on_error=False)
        else:
            await self._type(event)

    async def _type_on(self) -> None:
        try:
            while self._typed:
                for _ in range(_WAITS):
                    if self._takes_more():
                        break
                    await asyncio.sleep(0.005)
                await self._type(self._typed.popleft())
        finally:
            # Whatever breaks off, the keys go on.
            self._typing = False

    async def _type(self, event: events.Key | events.Paste) -> None:
        self._acted.clear()
        self._typed_on = self.screen
        target = self.focused or self.screen
        await super().on_event(event)
        # Comes back by the same way as the key, behind it: bindings are looked up where it ends.
        if not target.post_message(_Acted()):
            self._acted.set()

    async def _check_bindings(self, key: str, priority: bool = False) -> bool:
        # Asked with priority before a key is handed to what has the focus, from where it would go through the queues
        # of all that is above, only to come back here.
        if await super()._check_bindings(key, priority):
            return True
        focused: object = self.focused
        if not priority or not isinstance(focused, KeysAlone):
            return False
        focused.pressed()
        acted = await super()._check_bindings(key)
        focused.show_now()
        return acted

    @on(_Acted)
    def _has_acted(self) -> None:
        self._acted.set()

    def _takes_more(self) -> bool:
        """Whether the last key has acted, and the screen that it opened, if any, can be typed into."""
        screen = self.screen
        there = screen is self._typed_on or self.focused is not None or (screen.is_mounted and not screen.focus_chain)
        return there and self._acted.is_set()
