"""The least that a Textual app can be: the floor for the console's start."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Header


class Bare(App[None]):
    """A header, and nothing under it."""

    TITLE = "bare-app-is-here"

    def compose(self) -> ComposeResult:
        yield Header()


Bare().run()
