"""The tabs of a screen in one line, with the digits that choose them, and what is looked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from tui.cells import cell_len, clip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events


class PageTabs(Widget):
    """Tabs on the left, a remark on the right."""

    DEFAULT_CSS = "PageTabs { height: 1; }"

    class Chosen(Message):
        """The operator clicked on a tab."""

        def __init__(self, at: int) -> None:
            super().__init__()
            self.at = at

    def __init__(self) -> None:
        super().__init__(id="tabs")
        self._titles: tuple[str, ...] = ()
        self._at = 0
        self._remark = ("", "")

    def show(self, titles: Sequence[str], at: int, remark: str, tone: str) -> None:
        """Set what is shown: titles, which one is open, and a remark (safe to print) with its colour."""
        if (tuple(titles), at, (remark, tone)) != (self._titles, self._at, self._remark):
            self._titles, self._at, self._remark = tuple(titles), at, (remark, tone)
            self.refresh()

    def render(self) -> Content:
        remark, tone = self._remark
        tabs = self._tabs()
        room = self.size.width - sum(map(cell_len, tabs)) - 1
        remark = clip(remark, room - 1)
        gap = " " * max(0, room - cell_len(remark))
        styles = ["bold $text reverse" if at == self._at else "$text-muted" for at in range(len(tabs))]
        return Content.assemble(*zip(tabs, styles, strict=True), gap, (remark, tone), " ")

    def _tabs(self) -> list[str]:
        return [f" {at} {title} " for at, title in enumerate(self._titles, 1)]

    def on_click(self, event: events.Click) -> None:
        end = 0
        for at, tab in enumerate(self._tabs()):
            end += cell_len(tab)
            if event.x < end:
                self.post_message(self.Chosen(at))
                return
