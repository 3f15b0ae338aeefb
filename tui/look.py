"""How the console looks: its colours, which are remembered, and the plain characters where others can't be had."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter, NoColor

from tui.format import ASCII
from tui.private import keep, platform_folder, read_small

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_MOST: Final = 1 << 16


class PlainCharacters(LineFilter):
    """Draws every glyph of ours, and every line and border, with ASCII: one character for one."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments with other characters; what somebody wrote in another script stays as it is."""
        return [
            Segment(text if text.isascii() else text.translate(ASCII), style, control)
            for text, style, control in segments
        ]


def filters(*, ascii_alone: bool, colours: bool) -> list[LineFilter]:
    """Return what is done to every line before it is drawn."""
    return [*([] if colours else [NoColor()]), *([PlainCharacters()] if ascii_alone else [])]


LOOK: Final = """
RowList:nocolor:focus .row-list--cursor, RowList:ansi:focus .row-list--cursor,
PickList:nocolor:focus .pick-list--cursor, PickList:ansi:focus .pick-list--cursor {
    background: $background; text-style: bold reverse;
}
Input:nocolor > .input--cursor, Input:nocolor > .input--selection,
TextArea:nocolor > .text-area--cursor, TextArea:nocolor > .text-area--selection { text-style: reverse; }
RowList:light:focus .row-list--cursor,
PickList:light:focus .pick-list--cursor { background: $primary 20%; }
RowList .row-list--bar { color: $text-primary; }
RowList .row-list--full { color: $text-success; }
Input > .input--placeholder { color: $text-muted; }
Field > Input:nocolor, Field > TextArea:nocolor { border-left: solid $foreground; padding: 0 1 0 0; }
Field > Input:nocolor:focus, Field > TextArea:nocolor:focus { border-left: heavy $foreground; }
.box:nocolor:focus-within > .head, #under:nocolor:focus-within > .under-head { text-style: bold reverse; }
Button:nocolor:focus, Banner:nocolor { text-style: bold reverse; }
"""
"""What is told by colour is told without it too, where there is none (``NO_COLOR``); weak colours are made stronger."""

FEW_COLOURS: Final = "ansi-dark"
"""The theme for a terminal of 16 colours: its own, of which no shades are made."""
CONTRAST: Final = 4.5
"""Between a text and what it stands on, as WCAG 2 counts it (AA)."""
_TONES: Final = (
    "foreground",
    "text-primary",
    "text-secondary",
    "text-warning",
    "text-error",
    "text-success",
    "text-accent",
)


def contrast(one: Color, other: Color) -> float:
    """Return the contrast of two colours, from 1 to 21 (WCAG 2)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: Color) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in color.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def legible(variables: Mapping[str, str], *, dark: bool) -> dict[str, str]:
    """Return a theme's variables, its colours of text moved away from what they stand on as far as it takes."""
    made = dict(variables)
    grounds = [Color.parse(made[name]) for name in ("background", "surface", "panel")]
    if any(ground.ansi is not None for ground in grounds):
        # The terminal's own colours, whatever they are.
        return made
    background = grounds[0]
    grounds = [background + ground for ground in grounds]
    primary = Color.parse(made["primary"])
    grounds += [ground.blend(primary, 0.35 if dark else 0.2) for ground in grounds[:2]]
    away = Color(255, 255, 255) if dark else Color(0, 0, 0)
    for name in _TONES:
        tone = Color.parse(made[name])
        steps = (tone.blend(away, step / 20) for step in range(21))
        made[name] = next(
            (c.hex for c in steps if min(contrast(c, ground) for ground in grounds) >= CONTRAST), away.hex
        )
    inks = Color(255, 255, 255), Color(0, 0, 0)
    return made | {
        "text-muted": "auto 76%",
        "text-disabled": "auto 55%",
        "button-foreground": made["foreground"],
        "button-color-foreground": max(inks, key=lambda ink: contrast(ink, primary)).hex,
    }


def state_path() -> Path:
    """Return where the console keeps what it is to remember, in the platform's folder for that; nothing is made."""
    return platform_folder("state") / "console.json"


def remembered_theme() -> str | None:
    """Return the name of the colours that were chosen last; nothing where that is not known."""
    try:
        said = json.loads(read_small(state_path(), _MOST))
    except (OSError, ValueError, RecursionError):
        return None
    theme = said.get("theme") if isinstance(said, dict) else None
    return theme if isinstance(theme, str) else None


def remember_theme(theme: str) -> None:
    """Keep the name of the colours for the next time.

    Raises:
        OSError: it can't be kept.

    """
    keep(state_path(), json.dumps({"theme": theme}) + "\n")
