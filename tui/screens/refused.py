"""A close that the gate refused: who holds the goal back, why, and the key that helps."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from store import GoalStoreError, SessionTaskState, VerificationGateError, judge
from tui.cells import cell_len, clip, fit
from tui.format import safe, session_name
from tui.hints import key
from tui.keyboard import Answers
from tui.screens.base import GoalsChanged, host_of, is_there, know_size, leave
from tui.screens.dialogs import LinkDialog, UnlinkDialog, UpdateDialog
from tui.screens.dialogs.words import hold_line, key_that_helps, plain
from tui.verdict import holders
from tui.widgets.pick import PickList

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from store import Goal, GoalStore, Hold
    from tui.screens.base import Host
    from tui.screens.dialogs.base import Dialog
    from tui.widgets.pick import Line

_GAP = "   "
"""Between two keys."""


class RefusedPanel(Answers, ModalScreen[None]):
    """Stays until it is dismissed, and follows what happens to the goal meanwhile."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("u", "update", "update", id="refused.update", tooltip="Set this session's state, with its evidence"),
        Binding("minus", "unlink", "unlink", key_display="-", id="refused.unlink", tooltip="Remove this link"),
        Binding("l", "link", "link", id="refused.link", tooltip="Link a session"),
        Binding("c", "close", "try again", id="refused.close", tooltip="Try again to close the goal"),
        Binding("enter", "go", "go there", id="refused.go", tooltip="Open the goal at this session"),
        Binding("escape", "back", "back", id="refused.back", tooltip="Leave the goal open"),
    ]

    DEFAULT_CSS = """
    RefusedPanel { align: center middle; background: $background 60%; }
    RefusedPanel > Vertical {
        width: 100; max-width: 98%; height: auto; max-height: 96%; padding: 0 1;
        background: $surface; border: round $warning;
    }
    RefusedPanel.-under > Vertical { visibility: hidden; }
    RefusedPanel.-passes > Vertical { border: round $success; }
    RefusedPanel Static { height: auto; }
    RefusedPanel.-low #holders { max-height: 3; margin: 0; }
    RefusedPanel.-low #title, RefusedPanel.-low #kept { margin: 0; }
    RefusedPanel #title { text-style: bold; color: $text-warning; margin: 0 0 1 0; }
    RefusedPanel.-passes #title { color: $text-success; }
    RefusedPanel PickList { max-height: 14; margin: 0 0 1 0; }
    RefusedPanel #kept { color: $text-muted; margin: 0 0 1 0; }
    RefusedPanel #answer { color: $text-error; text-style: bold; display: none; }
    RefusedPanel #answer.-shown { display: block; }
    """

    def __init__(self, goal_id: str, outcome: str, closed: Callable[[int], None]) -> None:
        """Say what holds a goal back; ``closed`` is told when it was closed from here, with the revision before."""
        super().__init__()
        self.VERTICAL_BREAKPOINTS = [(0, "-low"), (16, "-tall")]
        self.goal_id = goal_id
        self._outcome = outcome
        self._tell_closed = closed
        self._busy = False
        self._words: list[tuple[str, str]] = []

    def compose(self) -> ComposeResult:
        know_size(self)
        with Vertical():
            yield Static(id="title")
            yield Static(id="what")
            yield PickList(id="holders")
            yield Static(id="kept")
            yield Static(id="answer")
            yield Static(id="keys")

    def on_mount(self) -> None:
        self.query_one(PickList).focus()
        self.call_after_refresh(self.repaint)
        self.repaint()

    def on_resize(self) -> None:
        self.repaint()

    @property
    def host(self) -> Host:
        """The app."""
        return host_of(self.app)

    @property
    def goal(self) -> Goal | None:
        """The goal as it is now."""
        store = self.host.store
        return store.get(self.goal_id) if store is not None else None

    @on(GoalsChanged)
    def _changed(self, event: GoalsChanged) -> None:
        if self.goal_id in event.goal_ids or not event.goal_ids:
            store = self.host.store
            self.say(f"nothing can be changed now: {store.degraded}" if store and store.degraded else "")
            self.repaint()

    def repaint(self) -> None:
        """Show the gate's verdict on the goal as it is now."""
        goal = self.goal
        if goal is None:
            return
        verdict = judge(goal)
        passes = verdict.passes or goal.closed
        self.set_class(passes, "-passes")
        width = max(24, self.query_one("#title").size.width or min(96, self.app.size.width - 6))
        state = f"closed meanwhile ({goal.status})" if goal.closed else "May be closed now" if passes else "Not closed"
        told = f" {verdict.verified} of {verdict.total} verified"
        title = f"{state}: {safe(goal.description)}"
        self.query_one("#title", Static).update(Content(fit(title, width - cell_len(told)) + told))
        what = (
            f"{key('refused.back')} goes back"
            if goal.closed
            else f"The gate lets it pass now: {key('refused.close')} closes it"
            if passes
            else "Held back by"
            if verdict.holding
            else "Held back, because " + "; ".join(verdict.lacks)
        )
        self.query_one("#what", Static).update(Content(safe(what)))
        name = max([8, *(cell_len(session_name(hold.link.session_id)) for hold in verdict.holding)])
        held = [(hold.link.session_id, self._line(hold, min(name, 24), width - 3)) for hold in holders(verdict)]
        picker = self.query_one(PickList)
        picker.show(held)
        picker.display = bool(held)
        kept = f'Your outcome text is kept: "{safe(self._outcome)}"' if self._outcome else ""
        line = self.query_one("#kept", Static)
        line.update(Content(clip(kept, width)))
        line.display = bool(kept)
        self._words = self._keys(bool(held), bool(goal.sessions), goal.closed)
        self.query_one("#keys", Static).update(
            Content(_GAP.join(words for _, words in self._words)).stylize("$text-muted")
        )

    @staticmethod
    def _line(hold: Hold, name: int, width: int) -> Line:
        helps = key_that_helps(hold)
        helps = f"  {helps if width >= 60 else helps.split()[0]}"
        return [*hold_line(hold, name, width - cell_len(helps)), (helps, "$text-accent")]

    @staticmethod
    def _keys(holders: bool, sessions: bool, closed: bool) -> list[tuple[str, str]]:
        words = [] if closed else [_act("close", "try again (live)" if holders or not sessions else "close")]
        if holders:
            words = [_act("update", "update"), _act("unlink", "unlink"), _act("go", "go there"), *words]
        elif not sessions and not closed:
            words = [_act("link", "link"), *words]
        return [*words, _act("back", "back")]

    def on_click(self, event: events.Click) -> None:
        widget, place = self.get_widget_and_offset_at(*event.screen_offset)
        if place is None or widget is not self.query_one("#keys"):
            return
        end = 0
        for action, words in self._words:
            end += len(words) + len(_GAP)
            if place.x < end:
                self.app.call_later(self.run_action, action)
                return

    def say(self, text: str) -> None:
        """Answer the operator."""
        line = self.query_one("#answer", Static)
        line.update(Content(safe(text)))
        line.set_class(bool(text), "-shown")

    def answer_input(self, text: str) -> None:
        self.say(text)

    def _answer(self, text: str) -> None:
        if is_there(self):
            self.repaint()
            self.say(text)
        else:
            self.host.answer(text, bad=True)

    # Keys

    def _held(self) -> tuple[Goal, str] | None:
        goal, session = self.goal, self.query_one(PickList).picked
        if goal is None or session is None or not self.query_one(PickList).display:
            self.say("no session holds it back")
            return None
        return goal, session

    def _put_over(self, dialog: Dialog) -> None:
        """Show a dialog, and no remains of this panel around it."""
        self.add_class("-under")
        _ = self.app.push_screen(dialog)

    @on(events.ScreenResume)
    def _uncovered(self) -> None:
        if self.has_class("-under"):
            self.remove_class("-under")
            self.call_after_refresh(self.repaint)

    def action_update(self) -> None:
        if held := self._held():
            goal, session_id = held
            link = next((link for link in goal.sessions if link.session_id == session_id), None)
            failed = link is not None and link.state is SessionTaskState.FAILED
            # What a failure showed proves nothing: nobody is led to verify with it.
            self._put_over(UpdateDialog(*held, state=None if failed else SessionTaskState.VERIFIED))

    def action_unlink(self) -> None:
        if held := self._held():
            self._put_over(UnlinkDialog(*held))

    def action_link(self) -> None:
        goal = self.goal
        if goal is not None and not goal.closed:
            self._put_over(LinkDialog(goal))

    @on(PickList.Picked)
    def action_go(self) -> None:
        if held := self._held():
            leave(self)
            self.host.open_goal(self.goal_id, held[1])

    def action_back(self) -> None:
        leave(self)

    def action_close(self) -> None:
        store = self.host.store
        if store is not None and not self._busy:
            self._busy = True
            self.host.work(self._close(store), keys_wait=True)

    async def _close(self, store: GoalStore) -> None:
        number = store.revision(self.goal_id)
        try:
            await store.close(self.goal_id, self._outcome or None)
        except VerificationGateError as error:
            self._answer(f"still not: {error.verified} of {error.total} verified with evidence")
        except GoalStoreError as error:
            self._answer(f"{plain(error)}; {error.next}")
        else:
            self._tell_closed(number)
            leave(self)
            self.host.answer(f"closed {self.goal_id}: the gate let it pass")
        finally:
            self._busy = False


def _act(name: str, words: str) -> tuple[str, str]:
    """Return an action with its key and what it does, as it is offered."""
    return name, f"{key(f'refused.{name}')} {words}"
