"""What a board without a row says: why there is none, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.format import count, safe
from tui.hints import key
from tui.query import TOKENS
from tui.widgets.order import View

if TYPE_CHECKING:
    from tui.widgets.order import Order


def many(number: int | None) -> str:
    """Return a number of goals that were counted up to a hundred."""
    return "99+" if number is not None and number > 99 else str(number or 0)


def words_for_empty(
    order: Order, words: str, elsewhere: int | None, *, to_all: str, opened: bool, trouble: bool
) -> tuple[str, ...]:
    """Return the lines: for a palace that is not ``opened`` (yet, or for the ``trouble``), a filter, a view.

    ``elsewhere`` is how many goals in other views the filter finds, where that is known, and ``to_all`` the keys that
    show them.
    """
    if not opened:
        return ("The palace could not be opened.", "", f"{key('board.quit'):4} quits") if trouble else ("Opening …",)
    if not order.total:
        return _first_steps()
    if order.filling:
        return ("Looking …",)
    others = "looks in all goals" if elsewhere is None else f"shows {many(elsewhere)} that it finds among all goals"
    more = [f"{to_all}    {others}"] if order.view is not View.ALL and elsewhere != 0 else []
    here, clears = "here " if more else "", f"{key('board.back'):4} clears the filter"
    if words and ":" in words:
        asked = (name for name, colon, _ in (word.partition(":") for word in words.split()) if colon)
        unknown = next((name for name in asked if name.casefold() not in TOKENS), "")
        return (
            f"No goal {here}is: {safe(words)}",
            *([f"{safe(unknown)}: means nothing here, and is looked for as a word"] if unknown else []),
            "",
            "need:    failed, ready, blocked, running, pending, closed",
            "status:  pending, inProgress, blocked, done, abandoned",
            "state:   launched, running, verified, failed (of a session)",
            "",
            clears,
            *more,
        )
    if words:
        elsewhere_in = f"text:{safe(words)}    looks in evidence and notes"
        return (f"No goal {here}has the words: {safe(words)}", "", clears, *more, elsewhere_in)
    closed = order.count(View.CLOSED)
    every = f"{key('board.all'):4}"
    if order.hidden:
        return ("Nothing else needs you.", "", f"{every} shows what was put off: {count(order.hidden, 'goal')}")
    if order.view is View.NEEDS and closed:
        ended = f"{key('board.closed'):4} shows the {count(closed, 'closed goal')}"
        return ("No goal is open: nothing needs you.", "", ended)
    return (f"No goal is in this view ({order.view.title}).", "", f"{every} shows all goals")


def _first_steps() -> tuple[str, ...]:
    add, link, update, close = (f"{key(f'goal.{name}'):4}" for name in ("add", "link", "update", "close"))
    return (
        "No goals yet. A goal is something to be done, and closes only on evidence.",
        "",
        f"{add} adds the first one: what is to be done, and how one can tell that it is",
        f"{link} links a session that works on it;  {update.strip()}  sets its state, with the evidence",
        f"{close} closes it, once every session is verified with evidence",
        f"{key('board.help'):4} shows all keys",
        "",
        "Or, from a shell:  goalgate import FILE    (a goals.json, ours or trusty-mpm's)",
    )
