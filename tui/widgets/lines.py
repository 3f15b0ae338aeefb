"""The single lines of a screen: what palace this is, which views there are, what was answered, which keys act."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol, cast

from textual.content import Content
from textual.keys import KEY_NAME_REPLACEMENTS, key_to_character
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from tui.cells import cell_len, clip, fold
from tui.format import safe
from tui.hints import key
from tui.widgets.order import Sort, View

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual import events
    from textual.app import App
    from textual.binding import Binding
    from textual.timer import Timer


class StatusLine(Widget):
    """Palace, whether the screen is live, what the store suffers from, the gate, the time."""

    DEFAULT_CSS = "StatusLine { height: 1; background: $panel; }"

    def __init__(self, palace: str, clock: Callable[[], str]) -> None:
        super().__init__(id="status")
        self._palace = safe(palace)
        self._clock = clock
        self._live = "opening"
        self._ill = ""

    def show(self, live: str, ill: str) -> None:
        """Set whether changes come in (``live``, ``opening``, ``degraded``, ``stopped``) and what is wrong."""
        self._live, self._ill = live, ill
        self.refresh()

    def render(self) -> Content:
        width = self.size.width
        well = self._live == "live"
        name = " goalgate  " if width >= 100 else " "
        live = f"  {'●' if well else '○'} {self._live}"
        right = f"{self._ill}  gate: evidence  {self._clock()} " if self._ill else f"gate: evidence  {self._clock()} "
        room = width - len(name) - len(live) - 2
        if cell_len(self._palace) + cell_len(right) > room:
            right = f"{self._ill}  " if self._ill else f"{self._clock()} "
        palace = clip(self._palace, max(4, room - cell_len(right)))
        gap = " " * max(2, width - sum(map(cell_len, (name, palace, live, right))))
        return Content.assemble(
            (name, "bold $text-primary"),
            (palace, "bold"),
            (live, "$text-success" if well else "bold $text-warning"),
            gap,
            (right, "bold $text-warning" if self._ill else "$text-muted"),
        )


class Banner(Static):
    """Across the screen, what must not be overlooked; not there while it is empty."""

    ROWS: ClassVar[int] = 5
    """Lines that it takes at most."""
    LOW: ClassVar[int] = 16
    """Lines of a screen that can spare so many; a lower one spares two."""

    DEFAULT_CSS = """
    Banner { height: auto; padding: 0 1; background: $error 30%; color: $text; text-style: bold; display: none; }
    Banner.-shown { display: block; }
    """

    def __init__(self) -> None:
        super().__init__(id="banner")
        self.text = ""

    def show(self, text: str) -> None:
        """Show a text, or nothing."""
        self.text = safe(text)
        self.set_class(bool(text), "-shown")
        self.fit()

    def fit(self) -> None:
        """Take as many lines as the screen can spare; what is cut off ends with a sign."""
        width, text = max(2, self.app.size.width - 2), f"‖ {self.text}"
        rows = self.ROWS if self.app.size.height >= self.LOW else 2
        places = list(fold(text, width))
        lines = [text[start:stop] for start, stop in places[:rows]]
        if len(places) > rows:
            lines[-1] = clip(text[places[rows - 1][0] :], width)
        self.update(Content("\n".join(lines)))


_NEWS = 44
"""Cells of what is told beside an answer."""


class Notice(Widget):
    """The answer to the last key: stays until the next one that has an answer, or until it is old."""

    STAYS: ClassVar[float] = 10.0
    """Seconds after which an answer goes: by then it is about a screen that is not there any more."""
    BAD_STAYS: ClassVar[float] = 30.0
    """Seconds after which a refusal does."""
    NEWS_STAYS: ClassVar[float] = 120.0
    """Seconds after which news goes: somebody may have seen to it."""

    DEFAULT_CSS = """
    Notice { height: 1; color: $text-muted; }
    Notice.-bad { color: $text-warning; text-style: bold; }
    """

    def __init__(self) -> None:
        super().__init__(id="notice")
        self.text = ""
        self._moved = 0, 0
        self._marked = 0
        self._news = ""
        self._latest = ""
        self._going: Timer | None = None
        self._news_going: Timer | None = None

    def say(self, text: str, *, bad: bool = False, stays: bool = False) -> None:
        """Show an answer; ``bad`` where something could not be done, ``stays`` where no key was before it.

        What stays may not have been read yet when more of it comes, which then stands before it.
        """
        latest, self._latest = self._latest, safe(text) if stays else ""
        if latest and stays:
            text = f"{text}; {latest}"
        if self._going is not None:
            self._going.stop()
        self._going = None
        if text and not stays:
            self._going = self.set_timer(self.BAD_STAYS if bad else self.STAYS, lambda: self.say(""))
        self.text = safe(text)
        self.set_class(bad, "-bad")
        self.tooltip = Content(self.text) if bad else None
        self.refresh()

    def tell(self, news: str) -> None:
        """Show beside the answer, which may not have been read yet, what nobody asked for."""
        if self._news_going is not None:
            self._news_going.stop()
        self._news_going = self.set_timer(self.NEWS_STAYS, lambda: self.tell("")) if news else None
        self._news = clip(safe(news), _NEWS)
        self.refresh()

    def moved(self, number: int, calling: int) -> None:
        """Say how many rows wait to move, and how many of them need the operator."""
        if (number, calling) != self._moved:
            self._moved = number, calling
            self.refresh()

    def marked(self, number: int) -> None:
        """Say how many goals are marked: what keys act on, also where no row shows it."""
        if number != self._marked:
            self._marked = number
            self.refresh()

    def render(self) -> Content:
        width = self.size.width
        number, calling = self._moved
        needs = f"{calling} need{'s' if calling == 1 else ''} you: " if calling else ""
        moved = f" {needs}{number} moved, {key('list.take')} " if number else f" {self._news} " if self._news else ""
        if self._marked:
            moved = f" {self._marked} marked {moved}"
        text = clip(f" {self.text}", width - cell_len(moved))
        gap = " " * (width - cell_len(text) - cell_len(moved))
        return Content.assemble(text, gap, (moved, "bold $text-accent"))


class ViewTabs(Widget):
    """The views with their numbers, and the filter."""

    DEFAULT_CSS = "ViewTabs { height: 1; }"

    class Chosen(Message):
        """The operator clicked on a view."""

        def __init__(self, view: View) -> None:
            super().__init__()
            self.view = view

    def __init__(self) -> None:
        super().__init__(id="tabs")
        self._view = View.NEEDS
        self._counts: dict[View, int] = {}
        self._filter = ""
        self._hits = 0
        self._sort = Sort.NEED
        self._ends: list[tuple[int, View]] = []
        self._order_from = self._filter_from = 0

    def show(self, view: View, counts: dict[View, int], words: str, hits: int, sort: Sort) -> None:
        """Set what is shown; no counts where nobody knows them yet, and how many rows the words leave."""
        self._view, self._counts, self._filter, self._hits, self._sort = view, counts, safe(words), hits, sort
        self.refresh()

    def render(self) -> Content:
        parts: list[tuple[str, str]] = []
        self._ends = []
        used = 0
        short = self.size.width < 70
        for view in View:
            title = view.title.split()[0] if short else view.title
            text = f" {view.digit} {title} {self._counts.get(view, '')} ".replace("  ", " ")
            parts.append((text, "bold $text reverse" if view is self._view else "$text-muted"))
            used += cell_len(text)
            self._ends.append((used, view))
        room = self.size.width - used
        sort = Sort.CHANGED if self._view is View.CLOSED else self._sort
        slash, order = key("board.filter"), "" if self._sort is Sort.NEED else f"by {sort.value.split(',')[0]}  "
        if self._filter:
            shown = f"  {self._hits} here "
            slash = "/"
            right = clip(f" {order}/ {self._filter}", room - len(shown)) + shown
        else:
            said = (f"order: {sort.value}   {slash} filter ", f"{order}{slash} filter ", order)
            right = next((text for text in said if cell_len(text) < room), "")
        before, there, _ = right.partition(f"{slash} ")
        self._order_from = self.size.width - cell_len(right)
        self._filter_from = self._order_from + cell_len(before) if there else self.size.width
        parts.append((" " * max(0, room - cell_len(right)), ""))
        parts.append((right, "bold $text-accent" if self._filter else "$text-muted"))
        return Content.assemble(*parts)

    def on_click(self, event: events.Click) -> None:
        for end, view in self._ends:
            if event.x < end:
                self.post_message(self.Chosen(view))
                return
        if event.x >= self._order_from:
            action = "screen.filter" if event.x >= self._filter_from else "screen.sort"
            _ = self.app.call_later(self.app.run_action, action)


_LONG_NAMES = {short: long for long, short in KEY_NAME_REPLACEMENTS.items()}


def character(key: str) -> str:
    """Return what a key, by its name, writes into a field; nothing where it writes nothing."""
    written = key_to_character(_LONG_NAMES.get(key, key)) or ""
    return written if written.isprintable() else ""


def press(app: App[Any], key: str) -> None:
    """Press a key for the operator, who clicked on it: it takes its turn behind those that were typed before."""
    # In the app's name: a key goes up no further than to who sent it, and bindings are looked up above all screens.
    _ = app.call_later(app.simulate_key, key)


class Reasoned(Protocol):
    """A screen that can say why a key can't act now."""

    def why_not(self, action: str) -> str | None:
        """Return the reason, or ``None`` where the key acts."""
        ...

    def offers(self, action: str) -> bool:
        """Return whether it is worth saying that there is this key."""
        ...


class _Entry(NamedTuple):
    """A key of the footer."""

    shown: str
    word: str
    acts: bool
    key: str
    """What a terminal calls it."""

    @property
    def width(self) -> int:
        """How many cells it takes."""
        return cell_len(self.shown) + cell_len(self.word) + 3

    @property
    def parts(self) -> list[tuple[str, str]]:
        """What is drawn of it."""
        if self.acts:
            return [(self.shown, "bold $text-accent"), (f" {self.word}  ", "$text")]
        return [(f"{self.shown} {self.word}  ", "$text-disabled")]


class KeyFooter(Widget):
    """The keys that act here, from the bindings; dim where they can't act now. What does not fit is in help.

    A click on one is as good as its key: where it can't act, it says why.
    """

    DEFAULT_CSS = "KeyFooter { height: 1; background: $panel; }"
    LAST: ClassVar[tuple[str, ...]] = ("back", "help", "command_palette")
    """On the right, the last only where there is room: how one leaves, and where the other keys are."""

    def __init__(self) -> None:
        super().__init__()
        self._places: list[tuple[int, _Entry]] = []
        self._drawn: list[tuple[str, str]] = []

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self._renew())

    def _renew(self) -> None:
        # It is asked after each key, and hardly ever says anything else.
        if self.screen.is_mounted and self._drawn != self._parts():
            self.refresh()

    def render(self) -> Content:
        self._drawn = self._parts() if self.screen.is_mounted else []
        return Content.assemble(" ", *self._drawn) if self._drawn else Content()

    def _parts(self) -> list[tuple[str, str]]:
        """Return what is drawn, and remember where each key stands."""
        screen = cast("Reasoned", self.screen)
        first: list[_Entry] = []
        last: dict[str, _Entry] = {}
        seen: set[str] = set()
        writing = isinstance(self.screen.focused, Input)
        for binding in self._bindings_in_order():
            # A field takes every key that writes something.
            if writing and character(binding.key):
                continue
            if binding.action in seen or not (binding.show or binding.action in self.LAST[1:]):
                continue
            if not screen.offers(binding.action):
                continue
            seen.add(binding.action)
            acts = screen.why_not(binding.action) is None
            entry = _Entry(self._key(binding), binding.description, acts, binding.key)
            if binding.action in self.LAST:
                last[binding.action] = entry
            else:
                first.append(entry)
        width = self.size.width
        tail = [last[action] for action in self.LAST[: None if width >= 110 else -1] if action in last]
        right = sum(entry.width for entry in tail)
        parts: list[tuple[str, str]] = []
        used = 1
        self._places = []
        for entry in first:
            if used + entry.width + right > width:
                break
            self._places.append((used, entry))
            used += entry.width
            parts += entry.parts
        parts.append((" " * (gap := max(0, width - used - right)), ""))
        used += gap
        for entry in tail:
            self._places.append((used, entry))
            used += entry.width
            parts += entry.parts
        return parts

    def on_click(self, event: events.Click) -> None:
        for begin, entry in self._places:
            # Not the two cells between one and the next.
            if begin <= event.x < begin + entry.width - 2:
                press(self.app, entry.key)

    def _bindings_in_order(self) -> list[Binding]:
        """Return the keys that act here, in the order in which they were written down."""
        found = [active.binding for active in self.screen.active_bindings.values()]
        nodes = (self.screen.focused or self.screen).ancestors_with_self
        written = (binding.id for node in nodes for _, binding in node._bindings)
        order = {id_: at for at, id_ in reversed(list(enumerate(written)))}
        # A key of the operator's own would come last.
        return sorted(found, key=lambda binding: order.get(binding.id, len(order)))

    def _key(self, binding: Binding) -> str:
        return self.app.get_key_display(binding)
