"""Keys in their order: what is typed right behind a key that opens something is typed into that."""

from __future__ import annotations

import asyncio
import time
import unicodedata
from collections import deque
from typing import TYPE_CHECKING, Any

from textual import events, on
from textual.app import App
from textual.binding import Binding
from textual.message import Message
from textual.widgets import Input, TextArea

from tui.paste import Pasting

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from textual.dom import DOMNode
    from textual.driver import Driver
    from textual.screen import Screen

_PATIENCE = 0.5
"""Seconds for which keys wait for what the one before them brings: a screen may never take the focus."""
_PAUSE = 0.5
"""Seconds without a key that end a text."""


class KeysAlone:
    """A widget that does with a key what bindings say, and nothing else: it need not be handed the key."""

    def pressed(self) -> None:
        """Hear that a key was pressed while this has the focus; before the key acts."""

    def show_now(self) -> None:
        """Hear that the key has acted."""


class Sends:
    """A screen that takes no text while what was written in it is being sent."""

    sending: float | None = None
    """Since when it is, by the monotonic clock."""

    def acts(self, key: str) -> bool:
        """Return whether a key does something all the same: one may leave it."""
        return False

    def takes_nothing(self) -> None:
        """Say that what was typed is not taken."""


class Answers:
    """A screen that can say what becomes of what is typed or pasted into it."""

    def answer_input(self, text: str) -> None:
        """Say it; or nothing any more, where the text is empty."""


def does_nothing(shown: str, helps: str = "") -> str:
    """Return that a key does nothing here, and what helps: another layout, where it is no Latin letter."""
    letter = len(shown) == 1 and unicodedata.category(shown)[0] in "LM"
    if letter and not unicodedata.name(shown, "").startswith("LATIN "):
        helps = "keys are Latin letters, switch the layout"
    return f"{shown} does nothing here: {helps}" if helps else f"{shown} does nothing here"


class _Acted(Message):
    """The key before this has done what it does."""

    def __init__(self, event: events.Event, target: DOMNode, *, again: bool) -> None:
        super().__init__()
        self.event = event
        self.target = target
        self.again = again


class Keyboard(App[None]):
    """An app that hands a key, or a text that is pasted, on only when the one before it has acted.

    Textual hands each to what has the focus when it arrives. Terminals that were held up send many at once.
    """

    def __init__(self, driver_class: type[Driver] | None = None) -> None:
        super().__init__(driver_class=driver_class)
        self._typed: deque[events.Key | events.Paste] = deque()
        self._typing = False
        # The key that has not acted yet.
        self._acting: events.Event | None = None
        self._typed_on: object = None
        self._held = 0
        self._pasting: Answers | None = None
        """The screen that says that a long text is being pasted."""
        # Where the last key was that was not taken, and when.
        self._untaken: tuple[Screen[Any], float] | None = None

    def holding(self, job: Coroutine[Any, Any, None]) -> Coroutine[Any, Any, None]:
        """Hold keys back from now on until a job is done, or for `_PATIENCE`: they are meant for what comes of it."""
        self._held += 1

        async def do() -> None:
            try:
                await job
            finally:
                self._held -= 1

        return do()

    async def on_event(self, event: events.Event) -> None:
        """Hand input on in its order, everything else at once."""
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
            return
        if isinstance(event, events.Paste) and self._pasting is not None:
            self._pasting.answer_input("")
            self._pasting = None
        if self._typing or not self._takes_more():
            self._typed.append(event)
            if not self._typing:
                self._typing = True
                # Not its coroutine: where the console is ending, nothing runs any more.
                self.run_worker(self._type_on, exit_on_error=False)  # type: ignore[arg-type]
        else:
            await self._type(event)

    @on(Pasting)
    def _tell_pasting(self, message: Pasting) -> None:
        if isinstance(screen := self.screen, Answers):
            self._pasting = screen
            screen.answer_input(f"pasting … {message.size / 1e6:.1f} MB")

    async def _type_on(self) -> None:
        try:
            while self._typed:
                await self._wait()
                screen = self.screen
                if isinstance(screen, Sends) and screen.sending is not None:
                    # It takes too long: on the screen that comes next they would do what nobody meant.
                    keys = (one for one in self._typed if isinstance(one, events.Key))
                    first = next((one for one in keys if screen.acts(one.key) or self._acts(one.key)), None)
                    if [*self._typed] != [first]:
                        screen.takes_nothing()
                    self._typed.clear()
                    self._untaken = (screen, time.monotonic()) if first is None else None
                    if first is None:
                        continue
                    self._typed.append(first)
                await self._type(self._typed.popleft())
        finally:
            # Whatever breaks off, the keys go on.
            self._typing = False

    def _acts(self, key: str) -> bool:
        """Return whether a key does the same on every screen."""
        return any(node is self and key in bindings.key_to_bindings for node, bindings in self.screen._binding_chain)

    async def _wait(self) -> None:
        """Wait until the next key may be handed on, but not for ever."""
        began = time.monotonic()
        while not self._takes_more():
            screen = self.screen
            since = screen.sending if isinstance(screen, Sends) and screen.sending is not None else began
            if time.monotonic() - since > _PATIENCE:
                return
            await asyncio.sleep(0.005)

    def _is_rest(self) -> bool:
        """Return whether a key goes on with a text whose beginning was not taken, on the screen that came next."""
        if self._untaken is None:
            return False
        screen, at = self._untaken
        is_rest = screen is not self.screen and time.monotonic() - at < _PAUSE
        self._untaken = (screen, time.monotonic()) if is_rest else None
        return is_rest

    async def _type(self, event: events.Key | events.Paste) -> None:
        if self._is_rest():
            return
        self._acting = event
        self._typed_on = self.screen
        target = self.focused or self.screen
        await super().on_event(event)
        # Comes back by the same way as the key, behind it: bindings are looked up where it ends. What those tell goes
        # that way too, so it goes it twice; a widget that leaves its keys to bindings tells nobody.
        if not target.post_message(_Acted(event, target, again=not isinstance(target, KeysAlone))):
            self._acting = None

    async def _check_bindings(self, key: str, priority: bool = False) -> bool:
        # Asked with priority before a key is handed to what has the focus, from where it would go through the queues
        # of all that is above, only to come back here.
        if await super()._check_bindings(key, priority):
            return True
        focused: object = self.focused
        if not priority:
            # Asked last, when nobody else wanted the key.
            self._answer_unbound(key)
            return False
        if not isinstance(focused, KeysAlone):
            return False
        focused.pressed()
        acted = await super()._check_bindings(key)
        focused.show_now()
        return acted

    def _answer_unbound(self, key: str) -> None:
        """Say that a key does nothing, if it is bound to nothing and nobody is writing."""
        screen, (held, plus, last) = self.screen, key.rpartition("+")
        bound = any(key in bindings.key_to_bindings for _, bindings in screen._modal_binding_chain)
        if bound or not isinstance(screen, Answers) or isinstance(self.focused, Input | TextArea):
            return
        shown = self.get_key_display(Binding(last, ""))
        if len(shown) > 1 and ("_" in shown or "<" in shown):
            # A shift or a volume key that some terminals tell of, or none at all.
            return
        everywhere = (each for _, bindings in screen._binding_chain for _, each in bindings)
        lists = next(each for each in everywhere if each.action in ("help", "command_palette"))
        helps = f"{self.get_key_display(lists)} lists the keys"
        screen.answer_input(does_nothing(f"{held}{plus}{shown}", helps))

    @on(_Acted)
    def _has_acted(self, message: _Acted) -> None:
        again = message.again and _Acted(message.event, message.target, again=False)
        if message.event is self._acting and not (again and message.target.post_message(again)):
            self._acting = None

    def _takes_more(self) -> bool:
        """Whether the last key has acted, and the screen that it opened, if any, can be typed into."""
        screen = self.screen
        # What mounting puts into its fields would wipe what was typed before.
        ready = screen.is_mounted and (self.focused is not None or not screen.focus_chain)
        there = screen is self._typed_on or ready
        # What went with the screen that it was typed on can't come back to say so.
        acted = self._acting is None or self._typed_on not in self.screen_stack
        sending = isinstance(screen, Sends) and screen.sending is not None
        return there and acted and not sending and not self._held
