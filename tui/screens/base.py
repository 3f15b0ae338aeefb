"""What every screen shares: the way to the store, and the keys that act on a goal."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar, cast

from textual import events, on
from textual.binding import Binding
from textual.command import CommandPalette
from textual.message import Message
from textual.screen import Screen

from store import GoalStatus, GoalStoreError
from tui.format import lines_of, session_name, stripped, urls, with_ascii_host
from tui.hints import key
from tui.keyboard import Answers
from tui.painting import Painter
from tui.trouble import condition_of
from tui.widgets.inputs import PasteRefused
from tui.widgets.lines import Banner, Notice

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from datetime import datetime

    from textual.app import App
    from textual.binding import BindingType

    from store import Goal, GoalStore, SessionLink
    from tui.seen import Memory

T = TypeVar("T")


class GoalsChanged(Message, bubble=False):
    """Goals changed, whoever changed them; no id at all: the store's own condition did."""

    def __init__(self, goal_ids: frozenset[str]) -> None:
        super().__init__()
        self.goal_ids = goal_ids


class ReasonsKnown(Message, bubble=False):
    """Why these goals need the operator may be known by now, see `Host.why`."""

    def __init__(self, goal_ids: frozenset[str]) -> None:
        super().__init__()
        self.goal_ids = goal_ids


class Host(Protocol):
    """What a screen asks of the app."""

    store: GoalStore | None
    """The palace's goals, once it is open."""

    memory: Memory
    """What this operator has seen of the palace."""

    demo: bool
    """Whether nothing is kept for the next run."""

    complaints: Sequence[str]
    """What is wrong with the operator's settings."""

    def now(self) -> datetime:
        """Return the time."""
        ...

    def at_end(self, job: Callable[[], None]) -> None:
        """Do something when the console ends, before the palace is closed."""
        ...

    def work(self, job: Coroutine[Any, Any, None], *, keys_wait: bool = False) -> None:
        """Run a job that outlives the screen that began it; keys may wait for a moment for what comes of it."""
        ...

    def answer(self, text: str, *, bad: bool = False) -> None:
        """Tell the operator how a job ended, on whatever screen is there then."""
        ...

    def why(self, goal: Goal) -> str | None:
        """Return the note that says why a goal needs the operator, in one safe line, where it is known."""
        ...

    def open_goal(self, goal_id: str, session_id: str | None = None, words: str = "") -> None:
        """Show a goal, its session under the cursor, or where some words stand in it."""
        ...

    def point_at(self, goal_id: str) -> bool:
        """Put the board's cursor on a goal; return whether that can be, with the filter that there is."""
        ...


def host_of(app: App[Any]) -> Host:
    """Return the app as the screens know it."""
    return cast("Host", app)


def is_there(screen: Screen[Any]) -> bool:
    """Return whether a screen can be drawn: it is not being taken away, in which its widgets go first."""
    return screen.is_attached and screen.display


def know_size(screen: Screen[Any]) -> None:
    """Give a screen the classes for its size, as Textual does, but before it is drawn for the first time."""
    for cells, points in zip(
        screen.app.size, (screen.HORIZONTAL_BREAKPOINTS, screen.VERTICAL_BREAKPOINTS), strict=True
    ):
        fitting = [name for least, name in sorted(points or ()) if least <= cells]
        screen.set_class(bool(fitting), *fitting[-1:])


def leave(screen: Screen[Any]) -> None:
    """Take a screen away; as soon as it is uncovered, where another (the palette) lies over it."""
    if screen.is_active:
        _ = screen.dismiss()
    elif screen.is_attached:
        screen.set_timer(0.1, lambda: leave(screen))


class Palette(CommandPalette):
    """Textual's, which breaks off where a page key comes before its list was drawn, and where that has no width."""

    # Less than what stands beside a line, and no line can be folded.
    DEFAULT_CSS = "Palette CommandList { min-width: 12; }"

    def _action_command_list(self, action: str) -> None:
        with suppress(KeyError):
            super()._action_command_list(action)


class ConsoleScreen(Answers, Screen[T]):
    """A screen with an answer line that can say why a key does not act."""

    def __init__(self) -> None:
        super().__init__()
        self._compositor = Painter()

    @property
    def host(self) -> Host:
        """The app."""
        return host_of(self.app)

    def goal(self, goal_id: str | None) -> Goal | None:
        """Return a goal as it is now."""
        store = self.host.store
        return store.get(goal_id) if store is not None and goal_id is not None else None

    def show(self, screen: Screen[Any]) -> None:
        """Put another screen over this one."""
        _ = self.app.push_screen(screen)

    def ask(self, question: Screen[Any]) -> None:
        """Put a question over this screen that took a while: not over another one, which is being answered by now."""
        if self.is_active:
            self.show(question)
        else:
            self.host.answer("it took a while, and you went on: ask again", bad=True)

    def say(self, text: str, *, bad: bool = False, stays: bool = False) -> None:
        """Answer the operator; ``stays`` until there is another answer, however long nobody is at the keys."""
        for notice in self.query(Notice):
            notice.say(text, bad=bad, stays=stays)

    def answer_input(self, text: str) -> None:
        self.say(text, bad=True)

    @on(PasteRefused)
    def _paste_refused(self, event: PasteRefused) -> None:
        self.answer_input(event.said)

    def why_not(self, action: str) -> str | None:
        """Return why an action's key can't act now, or ``None``."""
        return None

    def offers(self, action: str) -> bool:
        """Return whether the last line should name an action's key."""
        return True

    @on(events.Compose)
    def _know_size(self) -> None:
        know_size(self)

    @on(events.Mount)
    def _show_condition(self) -> None:
        """Show what must not be overlooked of the store's condition, above all else."""
        store = self.host.store
        text = condition_of(store) if store is not None else ""
        for banner in self.query(Banner):
            banner.show(text)
            return
        if text:
            _ = self.mount(banner := Banner(), before=0)
            banner.show(text)

    @on(events.Resize)
    def _fit_banner(self) -> None:
        for banner in self.query(Banner):
            banner.fit()

    @on(GoalsChanged)
    def _condition_changed(self, event: GoalsChanged) -> None:
        if not event.goal_ids:
            self._show_condition()
            self.refresh_bindings()


class GoalKeys(ConsoleScreen[None]):
    """A screen with a goal under the cursor, and the keys that act on it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "add", "add", id="goal.add", tooltip="Write down a new goal"),
        Binding("l", "link", "link", id="goal.link", tooltip="Link a session that works on the goal"),
        Binding("u", "update", "update", id="goal.update", tooltip="Set a session's state, with its evidence"),
        Binding("c", "close", "close", id="goal.close", tooltip="Close the goal, if the gate lets it pass"),
        Binding("m", "note", "note", id="goal.note", tooltip="Note a decision, a blocker, an outcome"),
        Binding("t", "status", "status", id="goal.status", tooltip="Set the goal's status, with the reason"),
        Binding("e", "edit", "edit", id="goal.edit", tooltip="Change the description or the criteria"),
        Binding("minus", "unlink", "unlink", key_display="-", id="goal.unlink", tooltip="Remove a mistaken link"),
        Binding("h", "history", "history", show=False, id="goal.history", tooltip="Who changed what, and when"),
        Binding("z", "undo", "undo", show=False, id="goal.undo", tooltip="Undo the last change, or a revision"),
        Binding("o", "browse", "open URL", show=False, id="goal.browse", tooltip="Open the address in the evidence"),
        Binding("y", "copy", "copy", show=False, id="goal.copy", tooltip="Copy what you read, or the goal's id"),
        Binding("A", "activity", "activity", show=False, id="goal.activity", tooltip="What happened in this palace"),
        Binding("D", "doctor", "doctor", show=False, id="goal.doctor", tooltip="What is wrong with this palace"),
    ]  # fmt: skip

    WRITES: ClassVar[frozenset[str]] = frozenset(
        {"add", "link", "update", "close", "note", "status", "edit", "unlink", "undo"}
    )

    def target(self) -> Goal | None:
        """Return the goal that a key acts on."""
        raise NotImplementedError

    def action_help(self) -> None:
        from tui.screens.help import HelpScreen

        self.show(HelpScreen(self))

    def target_session(self) -> SessionLink | None:
        """Return the session that a key acts on, where one is under a cursor."""
        return None

    def why_not(self, action: str) -> str | None:
        store = self.host.store
        if action in self.WRITES and (store is None or store.degraded):
            return f"nothing can be changed now: {store.degraded}" if store else "the palace is not open"
        if action not in {*self.WRITES, "browse", "copy", "history"} or action == "add":
            return None
        goal = self._to_undo() if action == "undo" else self.target()
        if goal is None:
            return f"there is no goal under the cursor: {key('goal.add')} adds one"
        if goal.closed and action in ("edit", "link", "unlink", "update"):
            return f"closed ({goal.status}), takes notes only: {key('goal.status')} reopens it"
        if action in ("unlink", "update") and not goal.sessions:
            return f"no session is linked yet: {key('goal.link')} links one"
        if action == "close" and goal.status is GoalStatus.DONE:
            return "the goal is done already"
        if action == "browse" and not self._addresses(goal):
            return "no address (http, https) in the evidence or the notes"
        return None

    def _ready(self, action: str) -> Goal | None:
        """Return the goal to act on, or answer why the key can't act."""
        if (why := self.why_not(action)) is not None:
            self.say(why, bad=True)
            return None
        return self.target()

    def action_add(self) -> None:
        if (why := self.why_not("add")) is not None:
            self.say(why, bad=True)
            return
        from tui.screens.dialogs import AddDialog

        self.show(AddDialog())

    def action_edit(self) -> None:
        if goal := self._ready("edit"):
            from tui.screens.dialogs import EditDialog

            self.show(EditDialog(goal))

    def action_link(self) -> None:
        if goal := self._ready("link"):
            from tui.screens.dialogs import LinkDialog

            self.show(LinkDialog(goal))

    def action_unlink(self) -> None:
        if goal := self._ready("unlink"):
            from tui.screens.dialogs import UnlinkDialog

            self.show(UnlinkDialog(goal, self._session_id()))

    def action_update(self) -> None:
        if goal := self._ready("update"):
            from tui.screens.dialogs import UpdateDialog

            self.show(UpdateDialog(goal, self._session_id()))

    def action_note(self) -> None:
        if goal := self._ready("note"):
            from tui.screens.dialogs import NoteDialog

            self.show(NoteDialog(goal))

    def action_status(self) -> None:
        if goal := self._ready("status"):
            from tui.screens.dialogs import StatusDialog

            self.show(StatusDialog(goal))

    def action_close(self) -> None:
        if goal := self._ready("close"):
            from tui.screens.dialogs import CloseDialog

            self.show(CloseDialog(goal))

    def action_history(self) -> None:
        if goal := self._ready("history"):
            from tui.screens.goal import HISTORY, GoalScreen

            self.show(GoalScreen(goal.id, tab=HISTORY))

    def action_undo(self) -> None:
        if (why := self.why_not("undo")) is not None:
            self.say(why, bad=True)
        elif goal := self._to_undo():
            self.host.work(self._undo(goal.id), keys_wait=True)

    def _to_undo(self) -> Goal | None:
        """Return the goal under the cursor; where there is none, because it was closed just now, that one."""
        store = self.host.store
        return self.target() or (self.goal(store.last_made) if store is not None else None)

    async def _undo(self, goal_id: str) -> None:
        store = self.host.store
        assert store is not None  # noqa: S101 - why_not("undo") saw to it
        from tui.screens.dialogs import UndoDialog, last_change

        goal, newest = store.get(goal_id), store.revision(goal_id)
        try:
            found = await last_change(store, goal_id, newest)
        except GoalStoreError as error:
            self.say(str(error), bad=True)
            return
        if goal is None or found is None:
            self.say("this goal has never changed: there is nothing to undo", bad=True)
        else:
            then, change = found
            self.ask(UndoDialog(goal, then, newest, change))

    def action_browse(self) -> None:
        goal = self._ready("browse")
        if goal is None:
            return
        addresses = self._addresses(goal)
        if len(addresses) > 1:
            steps = f"{key('list.open')}, choose the session, then {key('goal.browse')}"
            self.say(f"{len(addresses)} addresses: {steps}", bad=True)
            return
        self.app.open_url(with_ascii_host(addresses[0]))

    def action_copy(self) -> None:
        goal, session = self._ready("copy"), self.target_session()
        if goal is not None and session is not None and session.evidence and session.has_evidence:
            self.copy(f"the evidence of {session_name(session.session_id)}", session.evidence)
        elif goal is not None:
            self.app.copy_to_clipboard(goal.id)
            self.say(f"copied {goal.id}")

    def copy(self, what: str, text: str) -> None:
        """Copy ``text``, and say how it begins and how many lines it has: none may be pasted that nobody knows of."""
        text = stripped(text)
        self.app.copy_to_clipboard(text)
        self.say(f"copied {what}{lines_of(text)}")

    def action_activity(self) -> None:
        from tui.screens.activity import ActivityScreen

        self._go(ActivityScreen)

    def action_doctor(self) -> None:
        from tui.screens.doctor import DoctorScreen

        self._go(DoctorScreen)

    def _go(self, kind: type[GoalKeys]) -> None:
        """Show a screen of which there is one: where it lies below, those above it go."""
        if not any(isinstance(screen, kind) for screen in self.app.screen_stack):
            self.show(kind())
            return
        if isinstance(self, kind):
            self.say(f"you are there already: {key('page.back')} goes back")
        while not isinstance(self.app.screen, kind):
            _ = self.app.pop_screen()

    def _session_id(self) -> str | None:
        return session.session_id if (session := self.target_session()) is not None else None

    def _addresses(self, goal: Goal) -> list[str]:
        session = self.target_session()
        if session is not None:
            return urls(session.evidence or "")[:1]
        texts = [link.evidence or "" for link in goal.sessions] or list(goal.notes)
        return list(dict.fromkeys(url for text in texts for url in urls(text)))
