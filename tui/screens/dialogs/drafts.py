"""What was typed into a dialog and not sent: kept for this run and the next ones, since nothing typed is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final
from weakref import WeakKeyDictionary

from textual.binding import Binding
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.cells import clip
from tui.format import first_line, safe
from tui.hints import key
from tui.keyboard import Answers
from tui.operator_state.drafts import Drafts
from tui.screens.base import GoalsChanged, host_of
from tui.widgets.fields import Choice, Field

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from textual.app import App
    from textual.binding import BindingType
    from textual.timer import Timer

    from tui.operator_state.drafts import Draft

_SOON: Final = 1.0
"""Seconds after which what was typed is kept, while the dialog stays open."""
_DRAFTS: WeakKeyDictionary[App[Any], Drafts] = WeakKeyDictionary()


def drafts_of(app: App[Any]) -> Drafts:
    """Return the drafts of the palace that an app shows, those of earlier runs too."""
    if app not in _DRAFTS:
        _DRAFTS[app] = Drafts(host_of(app).memory.path.with_suffix(".drafts.json"))
    return _DRAFTS[app]


def keep(app: App[Any], key: tuple[str, ...], fields: Mapping[str, str], name: str = "") -> None:
    """Keep what stands in the fields of a dialog; no field at all: there is nothing to keep any more."""
    drafts_of(app).keep(key, fields, name)


def kept(app: App[Any], key: tuple[str, ...]) -> Mapping[str, str]:
    """Return what was kept."""
    return drafts_of(app)[key]


def all_kept(app: App[Any]) -> dict[tuple[str, ...], Draft]:
    """Return all that is kept."""
    return drafts_of(app).all


class Drafting(Answers, ModalScreen[None]):
    """A form whose text is there again when it is opened for the same, and offered where that can't be."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "restore", "restore", show=False, id="dialog.restore", tooltip="Write what is offered here"),
    ]

    KEEPS: ClassVar[bool] = True
    """Whether what stands in it is kept when it is left."""

    def __init__(self) -> None:
        super().__init__()
        self._opened_as: tuple[str, ...] = ()
        self._loaded: dict[str, str] = {}
        self._offered: tuple[str, ...] = ()
        self._saved: dict[str, str] = {}
        self._saved_as: tuple[str, ...] = ()
        self._unsaved: tuple[tuple[str, ...], str, dict[str, str]] | None = None
        """What is to be kept where the console ends before it is left; its fields go before it does."""
        self._soon: Timer | None = None

    def draft_key(self) -> tuple[str, ...]:
        """Return under what name its draft is kept."""
        return (type(self).__name__,)

    def draft_name(self) -> str:
        """Return what its draft is, in words."""
        raise NotImplementedError

    def draft_keys(self) -> set[tuple[str, ...]]:
        """Return the names under which drafts were kept of which it holds what became of them."""
        return {self._opened_as, self.draft_key()}

    def elsewhere(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield the names of drafts that can't be reached again, and what each was written for."""
        yield from ()

    def load(self) -> None:
        """Put what was written for the same into its fields, and say so, or what else was written that may be of use.

        What was written for another is never put where it could be sent unread.
        """
        self._save()
        self._opened_as = self._saved_as = self.draft_key()
        draft = kept(self.app, self._opened_as)
        for field in self.query(Field):
            field.begin(draft.get(field.field))
        self._loaded = self.typed()
        self._saved = self.to_keep()
        self._say("#kept", "This is as you left it, and was not sent." if draft else self.offer())

    def offer(self) -> str:
        """Offer what was written for something else, where there is such a thing, and return the sentence."""
        self._offered = ()
        for name, written_for in self.elsewhere():
            if text := "; ".join(first_line(text) for text in self._texts(name).values()):
                self._offered = name
                return f'For {written_for} you wrote "{clip(text, 30)}": {key("dialog.restore")} writes it here'
        return ""

    def _texts(self, name: tuple[str, ...]) -> dict[str, str]:
        # What was chosen, was chosen for another.
        chosen = {field.field for field in self.query(Field) if isinstance(field.editor, Choice)}
        return {field: text for field, text in kept(self.app, name).items() if field not in chosen and text}

    def action_restore(self) -> None:
        texts = self._texts(self._offered)
        fields = [field for field in self.query(Field) if field.field in texts]
        if not texts:
            self._say("#refusal", "Nothing is offered here.")
        elif any(field.changed for field in fields):
            self._say("#refusal", "Something is written here already: nothing is written over it.")
        else:
            for field in fields:
                field.put(texts[field.field])
            keep(self.app, self._offered, {})
            self._say("#kept", "")

    def _say(self, where: str, text: str) -> None:
        line = self.query_one(where, Static)
        line.update(Content(safe(text, multiline=True)))
        line.set_class(bool(text), "-shown")
        if text and where == "#refusal":
            # Where the dialog is longer than the screen, an answer below what is seen is none.
            self.call_after_refresh(line.scroll_visible, animate=False)

    def answer_input(self, text: str) -> None:
        self._say("#why", text)
        if not text:
            # Otherwise why it can't be sent stands there.
            self.post_message(GoalsChanged(frozenset()))

    def typed(self) -> dict[str, str]:
        """Return what somebody wrote or chose in it and would miss, by field."""
        return {field.field: field.value for field in self.query(Field) if field.changed and self.KEEPS}

    def to_keep(self) -> dict[str, str]:
        """Return what of that is kept while it is open, for a console that is killed."""
        return self.typed()

    def touched(self) -> None:
        """Keep what stands in it a moment from now, since the console may be killed."""
        typed = self.to_keep()
        self._unsaved = (self.draft_key(), self.draft_name(), typed) if typed != self._saved else None
        if self._unsaved and self._soon is None:
            self._soon = self.set_timer(_SOON, self._save)

    def keep_typed(self) -> None:
        """Keep what stands in it now, since the console ends."""
        self.touched()
        self._save()

    def on_unmount(self) -> None:
        self._save()

    def _save(self) -> None:
        self._soon = None
        if self._unsaved is not None:
            self._keep(*self._unsaved)

    def _keep(self, key: tuple[str, ...], name: str, typed: dict[str, str]) -> None:
        # It may be another's by now: another session may have been picked.
        for before in {self._opened_as, self._saved_as} - {key}:
            keep(self.app, before, {})
        keep(self.app, key, typed, name)
        self._saved, self._saved_as, self._unsaved = typed, key, None

    def keep_draft(self) -> bool:
        """Keep what stands in it, and return whether there was anything to keep."""
        typed = self.typed()
        self._keep(self.draft_key(), self.draft_name(), typed)
        return bool(typed)

    def forget(self) -> None:
        """Keep nothing of it any more: it was sent."""
        self._keep(self._opened_as, "", {})
