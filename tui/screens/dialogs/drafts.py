"""What was typed into a dialog and not sent: kept for as long as the console runs, since nothing typed is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

from textual.binding import Binding
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.cells import clip
from tui.format import first_line, safe
from tui.hints import key
from tui.widgets.fields import Choice, Field

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from textual.app import App
    from textual.binding import BindingType

Draft = tuple[str, "Mapping[str, str]"]
"""What it is, in safe words, and what stands in its fields."""

_DRAFTS: WeakKeyDictionary[App[Any], dict[tuple[str, ...], Draft]] = WeakKeyDictionary()


def keep(app: App[Any], key: tuple[str, ...], fields: Mapping[str, str], name: str = "") -> None:
    """Keep what stands in the fields of a dialog; no field at all: there is nothing to keep any more."""
    drafts = _DRAFTS.setdefault(app, {})
    if fields:
        drafts[key] = (name, dict(fields))
    else:
        drafts.pop(key, None)


def kept(app: App[Any], key: tuple[str, ...]) -> Mapping[str, str]:
    """Return what was kept."""
    return _DRAFTS.get(app, {}).get(key, ("", {}))[1]


def all_kept(app: App[Any]) -> dict[tuple[str, ...], Draft]:
    """Return all that is kept."""
    return dict(_DRAFTS.get(app, {}))


class Drafting(ModalScreen[None]):
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
        self._opened_as = self.draft_key()
        draft = kept(self.app, self._opened_as)
        for field in self.query(Field):
            field.begin(draft.get(field.field))
        self._loaded = self.typed()
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

    def typed(self) -> dict[str, str]:
        """Return what somebody wrote or chose in it and would miss, by field."""
        return {field.field: field.value for field in self.query(Field) if field.changed and self.KEEPS}

    def keep_draft(self) -> bool:
        """Keep what stands in it, and return whether there was anything to keep."""
        typed = self.typed()
        # It may be another's by now: another session may have been picked.
        keep(self.app, self._opened_as, {})
        keep(self.app, self.draft_key(), typed, self.draft_name())
        return bool(typed)
