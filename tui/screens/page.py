"""What the pages beside the board share: a list, and under it what the line under the cursor is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.binding import Binding

from tui.screens.beside import Beside
from tui.widgets.rows import RowList

if TYPE_CHECKING:
    from textual.binding import BindingType

FOLLOW: Final = 0.03
"""Seconds after which the lines below, and the keys, follow the cursor."""


class Page(Beside):
    """A headline, a list, and a box below it (``.under``) that gives way where the screen is low."""

    DEFAULT_CSS = """
    Page RowList { height: 1fr; }
    Page .under { height: 8; border-top: solid $foreground 25%; }
    Page .under-head { height: 1; color: $text-muted; padding: 0 1; }
    Page Reader { height: 1fr; }
    Page.-mid .under { height: 5; }
    Page.-low .under, Page.-flat .under { display: none; }
    Page.-flat Headline { display: none; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "app.focus_next", "next pane", show=False, id="page.next", tooltip="To the next pane"),
    ]

    FOR_GOALS: ClassVar[frozenset[str]] = (Beside.WRITES | {"open"}) - {"add"}

    def __init__(self) -> None:
        super().__init__()
        self.VERTICAL_BREAKPOINTS = [(0, "-flat"), (14, "-low"), (20, "-mid"), (30, "-high")]
        self._following = False

    def follow(self) -> None:
        """Show what the line under the cursor is about."""
        raise NotImplementedError

    @on(RowList.Moved)
    def _moved(self) -> None:
        # A moment later, so that a key held down moves the cursor and not all that follows it.
        if not self._following:
            self._following = True
            self.set_timer(FOLLOW, self._follow)

    def _follow(self) -> None:
        self._following = False
        self.follow()
        self.refresh_bindings()

    def offers(self, action: str) -> bool:
        # Where there is no goal, none of what is done with one.
        return action not in self.FOR_GOALS or self.target() is not None
