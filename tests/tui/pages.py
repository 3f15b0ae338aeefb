"""Opens the activity, and filters it."""

from tui.screens.activity import ActivityScreen
from tui.widgets.event_list import EventList
from tui.widgets.filter import Filter


def here(me) -> ActivityScreen:
    screen = me.app.screen
    assert isinstance(screen, ActivityScreen)
    return screen


async def open_activity(me) -> EventList:
    """Press the key, and wait for the first page."""
    await me.press("A")
    await me.until(lambda: isinstance(me.app.screen, ActivityScreen) and me.app.screen.is_mounted, "the screen")
    await me.until(lambda: here(me).events.rows or me.store.seq == 0, "the first page")
    return here(me).events


async def filter_by(me, words):
    await me.press("slash")
    field = here(me).query_one(Filter)
    await me.until(lambda: field.has_focus, "the filter")
    field.value = ""
    await me.type(words)
    await me.until(lambda: field.words == words, words)
