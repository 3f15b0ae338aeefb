"""The field that narrows a list while one types in it. It stays visible while it acts."""

from __future__ import annotations

from tui.widgets.inputs import SafeInput


class Filter(SafeInput):
    """Not there until it is wanted; its ``Changed`` and ``Submitted`` are what the screen listens to."""

    DEFAULT_CSS = """
    Filter { height: 1; border: none; padding: 0 1; background: $panel; }
    Filter:focus { border: none; }
    """

    def __init__(self, placeholder: str, id: str = "filter") -> None:  # noqa: A002
        super().__init__(placeholder=placeholder, id=id, compact=True)
        self.display = False

    @property
    def words(self) -> str:
        """What was typed."""
        return self.value.strip()

    def begin(self) -> None:
        """Let the operator type; at once, so that no key that comes quickly is taken for another."""
        self.display = True
        self.screen.set_focus(self)

    def done(self) -> None:
        """Go, unless it holds something."""
        self.display = bool(self.words)

    def clear_first(self) -> bool:
        """Empty it and go; return whether there was anything to do."""
        was = self.display
        self.value = ""
        self.display = False
        return was
