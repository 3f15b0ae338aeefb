"""Dialogs about a goal's sessions: link, unlink, update."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.binding import Binding
from textual.content import Content
from textual.widgets import Static

from store import SessionLink, SessionTaskState, SessionUpdate, is_blank
from tui.cells import clip
from tui.format import count, safe, session_name, size
from tui.hints import key
from tui.screens.dialogs.base import Dialog
from tui.screens.dialogs.drafts import all_kept
from tui.screens.dialogs.words import update_comes_to, updated
from tui.verdict import by_urgency, quoted, session_line
from tui.widgets.fields import CHOOSES, Choice, Field, SafeTextArea
from tui.widgets.inputs import SafeInput
from tui.widgets.pick import PickList

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from textual.binding import BindingType
    from textual.widget import Widget

    from store import Goal, GoalStore

KEEP = "keep"


class LinkDialog(Dialog):
    """A session starts to work on the goal."""

    TITLE_TEXT = "Link a session"
    SEND = "link"
    ON_OPEN = True

    def fields(self) -> Iterable[Field]:
        yield Field("session_id", "Session, as its launcher names it", SafeInput())
        yield Field("task", "What it is to do, in one line", SafeInput())

    async def change(self, store: GoalStore) -> str:
        session = self.value("session_id").strip()
        await store.link(self.goal_id, SessionLink.launched(session, self.value("task")))
        return f"linked {session} to {self.goal_id}; {key('goal.update')} sets its state, with the evidence"


class SessionDialog(Dialog):
    """A dialog about one session of the goal, which is picked in it."""

    ON_OPEN = True

    BINDINGS: ClassVar[list[BindingType]] = [
        # Fields and buttons have an enter of their own: this is the list's.
        Binding("enter", "on", "on", show=False, id="dialog.on", tooltip="From the session to the fields"),
    ]

    DEFAULT_CSS = """
    SessionDialog PickList { max-height: 6; margin: 0 0 1 0; }
    SessionDialog.-tall PickList { max-height: 12; }
    SessionDialog.-low PickList { max-height: 3; margin: 0; }
    SessionDialog.-low #session { margin: 0; }
    SessionDialog #session { color: $text-muted; height: auto; margin: 0 0 1 0; }
    """

    def __init__(self, goal: Goal, session_id: str | None) -> None:
        super().__init__(goal)
        self._goal = goal
        self._chosen = session_id is not None
        # The one that the board most probably speaks of.
        urgent = by_urgency(goal)[0]
        self.session_id = session_id or urgent.session_id
        """The session that is picked; it stays so when its link is gone."""

    def title_text(self) -> str:
        # Where there is little room, the list of sessions is above what is seen.
        return clip(f"{self.TITLE_TEXT}: {session_name(self.session_id)}", self.room)

    def draft_key(self) -> tuple[str, ...]:
        return *super().draft_key(), self.session_id

    def elsewhere(self) -> Iterator[tuple[tuple[str, ...], str]]:
        linked, mine = {link.session_id for link in self._goal.sessions}, self.draft_key()[:2]
        for name in all_kept(self.app):
            if name[:2] == mine and name[2] not in linked:
                yield name, f"{name[2]}, which is not linked any more,"

    def offer(self) -> str:
        if said := super().offer():
            return said
        others = [name[2] for name in all_kept(self.app) if name[:2] == self.draft_key()[:2]]
        return f"What you wrote for {', '.join(others)} is kept: pick it" if others else ""

    def blocked(self) -> str | None:
        if self._link is None:
            other = "pick another" if self._goal.sessions else "and no other is"
            return f"{session_name(self.session_id)} is not linked any more: {other}"
        return super().blocked()

    @property
    def _link(self) -> SessionLink | None:
        return next((link for link in self._goal.sessions if link.session_id == self.session_id), None)

    def fields(self) -> Iterable[Field | Static]:
        yield Static(classes="label", id="sessions")
        yield PickList(id="picker")  # type: ignore[misc]
        yield Static(self.session_text(), id="session")

    def on_mount(self) -> None:
        self._list(self.session_id)
        # Textual mounts a `Dialog` after that: each class has its own say.
        self._describe()

    def on_resize(self) -> None:
        self.call_after_refresh(self.renew, self._goal)

    def first(self) -> Widget:
        picker = self.query_one(PickList)
        return picker if picker.display and not self._chosen else super().first()

    def renew(self, goal: Goal) -> None:
        self._goal = goal
        self._list()
        self._describe()

    def _list(self, picked: str | None = None) -> None:
        """Show the sessions, where there is another to pick."""
        sessions, picker = self._goal.sessions, self.query_one(PickList)
        others = any(link.session_id != self.session_id for link in sessions)
        head = f"Session ({count(len(sessions), 'session')}; up, down, {key('dialog.on')})"
        self.query_one("#sessions", Static).update(Content(head))
        for part in (picker, self.query_one("#sessions")):
            part.display = others
        picker.show(self._rows(self._goal), picked)

    def session_text(self) -> Content:
        """Return the picked session in words."""
        link = self._link
        if link is None:
            return Content(f"{session_name(self.session_id)} is not linked any more")
        shown = ""
        if link.evidence and link.has_evidence:
            shown = clip(f'evidence now, {size(len(link.evidence))} long: "{quoted(link)}"', self.room)
        head = f"{session_name(link.session_id)}  {link.state}  {safe(link.task)}\n"
        return Content((head if len(self._goal.sessions) < 2 else "") + (shown or "no evidence yet"))

    def _rows(self, goal: Goal) -> list[tuple[str, list[tuple[str, str]]]]:
        width = max(20, self.query_one(PickList).size.width - 3)
        return [
            (link.session_id, session_line(goal, link, width, 22 if width >= 70 else 14, pad=""))
            for link in goal.sessions
        ]

    @on(PickList.Moved)
    def _picked(self, event: PickList.Moved) -> None:
        self.session_id = event.picker.picked or self.session_id
        self._describe()
        # What was written for one session is never taken along to another, unless it was written on.
        if self.typed() == self._loaded:
            self.load()
        _ = self.look()

    def action_on(self) -> None:
        picker = self.query_one(PickList)
        if picker.picked != self.session_id:
            # That one is not linked any more.
            self._picked(PickList.Moved(picker))
        self.focus_next()

    def _describe(self) -> None:
        self.query_one("#title", Static).update(Content(self.title_text()))
        self.query_one("#session", Static).update(self.session_text())


class UnlinkDialog(SessionDialog):
    """A link was a mistake."""

    TITLE_TEXT = "Unlink a session that was linked by mistake"
    SEND = "unlink"

    def fields(self) -> Iterable[Field | Static]:
        yield from super().fields()
        yield Field("reason", "Reason, kept as a note", SafeInput())

    async def change(self, store: GoalStore) -> str:
        session = self.session_id
        await store.unlink(self.goal_id, session, self.value("reason"))
        return f"unlinked {session} from {self.goal_id}"


class UpdateDialog(SessionDialog):
    """What a session has come to, and what shows it."""

    TITLE_TEXT = "Update a session"
    SEND = "update"

    def __init__(self, goal: Goal, session_id: str | None, state: SessionTaskState | None = None) -> None:
        super().__init__(goal, session_id)
        self._state = KEEP if state is None else state.value

    def fields(self) -> Iterable[Field | Static]:
        yield from super().fields()
        words = [KEEP, *(state.value for state in SessionTaskState)]
        yield Field("state", f"State ({CHOOSES})", Choice(words, self._state))
        yield Field("evidence", "Evidence: a URL, the output of a test; empty keeps what is there", SafeTextArea())
        yield Field("note", "Note on the goal (may be empty)", SafeInput())

    def first(self) -> Widget:
        # From the panel of a refused close the state is suggested; the same keys mean the same there.
        return super().first() if self._state == KEEP else self._state_field.editor

    @property
    def _state_field(self) -> Field:
        return next(field for field in self.query(Field) if field.field == "state")

    def hints(self) -> None:
        if (link := self._link) is None:
            self._state_field.hint("")
            return
        at_hand = isinstance(self.focused, Choice | PickList)
        text, warns = update_comes_to(link, self._chosen_state(), self.value("evidence"), at_hand=at_hand)
        self._state_field.hint(text, warns=warns)

    def on_key(self, event: events.Key) -> None:
        # From the list too, where it has no use for the letter itself: nobody need go to the field first.
        choice = self._state_field.editor
        in_list = isinstance(self.focused, PickList) and event.key not in self.active_bindings
        # Then on to the evidence, as from the state itself.
        if in_list and isinstance(choice, Choice) and choice.take(event.character):
            event.stop()
            event.prevent_default()
            self.set_focus(choice)
            self.focus_next()

    def _chosen_state(self) -> SessionTaskState | None:
        state = self.value("state")
        return None if state == KEEP else SessionTaskState(state)

    async def change(self, store: GoalStore) -> str:
        # What is blank would take the place of evidence that is there, and show nothing.
        given = {name: None if is_blank(text := self.value(name)) else text for name in ("evidence", "note")}
        state = self._chosen_state()
        if state is None and not any(given.values()):
            return "nothing was given, so nothing was changed"
        session, before = self.session_id, self._link
        goal = await store.update(self.goal_id, SessionUpdate(session_id=session, state=state, **given))
        after = next(link for link in goal.sessions if link.session_id == session)
        return updated(before, after, evidence=given["evidence"] is not None, state=state is not None)
