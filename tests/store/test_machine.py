"""No sequence of operations, by two stores on one palace, gets past the rules.

Hypothesis makes up the sequence. Each outcome is held against `tests.store.reference`; what must hold whatever
happened is checked besides, on the palace's history alone.

GOALGATE_EXAMPLES=2000 looks longer, at other sequences each time; `make soak` does.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from store import (
    Create,
    Edit,
    Goal,
    GoalStatus,
    GoalStoreError,
    Link,
    Note,
    Revert,
    Revision,
    SessionTaskState,
    SetStatus,
    Supersede,
    SyncStore,
    Unlink,
    Update,
)
from tests.store.helpers import T0, Clock, goals, link, update, wire
from tests.store.reference import CLOSED, COLOUR, Reference, Refused, Wire, passes, progress, workers

STORES = st.sampled_from((0, 1))
GOALS = st.integers(0, 5)
NAMES = ("s-1", "s-2", "s-3")
ACTORS = ("ann", "bob")
SESSIONS = st.sampled_from(NAMES)
PICK = st.integers(0, 9)
STATES = st.sampled_from([state.value for state in SessionTaskState])
STATES_AFTER = (None, None, None, "failed", "verified")
STATUSES = st.sampled_from(list(GoalStatus))
# What is mostly accepted, so that a sequence gets somewhere, and now and then is not.
PROOFS = (*["proof"] * 5, "other proof", None, "", "\u200b\u2800", COLOUR)
TEXTS = (*["text"] * 6, "other", "other", "\n\u200b")
PROOF, TEXT = st.sampled_from(PROOFS), st.sampled_from(TEXTS)
EMPTY: Wire = {"acceptance": [], "notes": []}
LINKS = st.builds(lambda *one: link(*one).wire(), SESSIONS, STATES, PROOF)


class TwoStores(RuleBasedStateMachine):
    """Two stores, which learn of each other only when they act or are told to catch up."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        self.open = ExitStack()
        self.clock = Clock()
        self.stores = [
            self.open.enter_context(SyncStore.open(self.root, clock=self.clock, actor=actor)) for actor in ACTORS
        ]
        self.reference = Reference()
        self.imported: set[str] = set()
        self.numbers: dict[tuple[str, str], int] = {}
        self.acted = self.stores[0]
        self.refused = False
        self.looked_at: dict[str, int] = {}

    def teardown(self) -> None:
        self.open.close()
        shutil.rmtree(self.root)

    @initialize(status=st.just(GoalStatus.DONE) | STATUSES, sessions=st.lists(LINKS, max_size=3))
    def begin(self, status: GoalStatus, sessions: list[Wire]) -> None:
        self.create(0, "text")
        self.create(1, "text")
        self.bring(0, status, sessions)

    # What can be done

    @rule(store=STORES, text=TEXT)
    @precondition(lambda self: len(self.reference.revisions) < 3)
    def create(self, store: int, text: str) -> None:
        self.hold_against(store, Create(text), lambda made: self.reference.create(made, text))

    @rule(store=STORES, goal=GOALS, text=st.none() | TEXT)
    def edit(self, store: int, goal: int, text: str | None) -> None:
        name = self.name(goal)
        self.hold_against(store, Edit(name, text), lambda _: self.reference.edit(name, text))

    @rule(store=STORES, goal=GOALS, session=SESSIONS, state=STATES, proof=PROOF, task=TEXT)
    def link(self, store: int, goal: int, session: str, state: str, proof: str | None, task: str) -> None:
        name, made = self.name(goal), link(session, state, proof, task)
        self.hold_against(store, Link(name, made), lambda _: self.reference.link(name, made.wire()))

    @rule(store=STORES, goal=GOALS, session=SESSIONS)
    def link_verified(self, store: int, goal: int, session: str) -> None:
        self.link(store, goal, session, "verified", "proof", "text")

    @rule(store=STORES, goal=GOALS, pick=PICK, text=TEXT)
    def unlink(self, store: int, goal: int, pick: int, text: str) -> None:
        name, session = self.name(goal), self.session(goal, pick)
        self.hold_against(store, Unlink(name, session, text), lambda _: self.reference.unlink(name, session, text))

    @rule(store=STORES, goal=GOALS, pick=PICK, state=st.none() | STATES, proof=PROOF, text=st.none() | TEXT)
    def update(self, store: int, goal: int, pick: int, state: str | None, proof: str | None, text: str | None) -> None:
        name, session = self.name(goal), self.session(goal, pick)
        self.hold_against(
            store,
            Update(name, update(session, state, proof, text)),
            lambda _: self.reference.update(name, session, state, proof, text),
        )

    @rule(store=STORES, goal=GOALS, pick=PICK, proof=st.sampled_from((None, "", "\u200b\u2800")))
    def claim(self, store: int, goal: int, pick: int, proof: str | None) -> None:
        """What was shown before is gone if it was verified, and the session says verified again."""
        self.update(store, goal, pick, "failed", None, None)
        self.update(1 - store, goal, pick, "verified", proof, None)

    @rule(store=STORES, goal=GOALS, again=st.sampled_from(STATES_AFTER), back=st.booleans())
    def verify_all_and_close(self, store: int, goal: int, again: str | None, back: bool) -> None:
        """The way through the gate, which chance alone seldom finds, each step by the other store."""
        if back:
            self.set_status(store, goal, GoalStatus.BLOCKED, None)
        for pick in range(len(self.newest(self.name(goal))["sessions"])):
            self.update((store + pick) % 2, goal, pick, "verified", "proof", None)
        if again is not None:
            self.update(store, goal, 0, again, None, None)
        self.set_status(store, goal, GoalStatus.DONE, None)
        if back:
            self.revert(store, goal, 8, 0)

    @rule(store=STORES, goal=GOALS, other=GOALS, pick=PICK, leave=st.booleans(), back=st.booleans())
    def hand_over(self, store: int, goal: int, other: int, pick: int, leave: bool, back: bool) -> None:
        """A session goes to another goal, by way of closing the first or of unlinking, and then is wanted back."""
        session = self.session(goal, pick)
        if leave:
            self.unlink(store, goal, pick, "text")
        else:
            self.set_status(store, goal, GoalStatus.ABANDONED, None)
        if self.name(other) != self.name(goal):
            self.link(1 - store, other, session, "verified", "proof", "text")
        if back or leave:
            self.revert(store, goal, 1, 0)
        else:
            self.set_status(store, goal, GoalStatus.BLOCKED, None)

    @rule(store=STORES, goal=GOALS, closed=st.booleans(), back=PICK)
    def reopen_and_revert(self, store: int, goal: int, closed: bool, back: int) -> None:
        """What was closed is opened or closed otherwise, and then undone, or brought back to what it once was."""
        self.set_status(store, goal, GoalStatus.BLOCKED, None)
        self.edit(store, goal, "other")
        if closed:
            self.set_status(store, goal, GoalStatus.ABANDONED, None)
        self.revert(1 - store, goal, back, 0)

    @rule(store=STORES, goal=GOALS, pick=PICK, by=st.none() | PICK)
    def supersede(self, store: int, goal: int, pick: int, by: int | None) -> None:
        name, session = self.name(goal), self.session(goal, pick)
        other = None if by is None else self.session(goal, by)
        self.hold_against(
            store, Supersede(name, session, other), lambda _: self.reference.supersede(name, session, other)
        )

    @rule(store=STORES, goal=GOALS, back=st.booleans())
    def withdraw_and_revert(self, store: int, goal: int, back: bool) -> None:
        """One says that what the other showed proves nothing, and the other, or the one, goes back."""
        name = self.name(goal)
        self.update(store, goal, 0, "verified", "proof", None)
        shown = len(self.reference.revisions[name])
        self.update(1 - store, goal, 0, "failed", None, None)
        acting = 1 - store if back else store
        self.revert(acting, goal, shown - 1, 0)
        self.set_status(acting, goal, GoalStatus.DONE, None)

    @rule(store=STORES, goal=GOALS, text=TEXT)
    def note(self, store: int, goal: int, text: str) -> None:
        name = self.name(goal)
        self.hold_against(store, Note(name, text), lambda _: self.reference.note(name, text))

    @rule(store=STORES, goal=GOALS, status=STATUSES | st.just(GoalStatus.DONE), text=st.none() | TEXT)
    def set_status(self, store: int, goal: int, status: GoalStatus, text: str | None) -> None:
        name = self.name(goal)
        self.hold_against(
            store, SetStatus(name, status, text), lambda _: self.reference.set_status(name, status.value, text)
        )

    @rule(store=STORES, goal=GOALS, back=st.integers(0, 9), late=st.sampled_from((0, 0, 0, 0, 1)))
    def revert(self, store: int, goal: int, back: int, late: int) -> None:
        name = self.name(goal)
        count = len(self.reference.revisions[name])
        number, current = {9: 0, 8: 1}.get(back, count - back % count), count - late
        self.hold_against(store, Revert(name, number, current), lambda _: self.reference.revert(name, number, current))

    @rule(store=STORES, status=STATUSES, sessions=st.lists(LINKS, max_size=3))
    @precondition(lambda self: len(self.imported) < 2)
    def bring(self, store: int, status: GoalStatus, sessions: list[Wire]) -> None:
        """An import is kept as it is: done past the gate, sessions on several goals or twice on one."""
        made = wire(f"i-{len(self.imported)}", status=status.value, sessions=sessions)
        self.acted, self.refused = self.stores[store], False
        self.acted.import_goals(goals(made))
        self.imported.add(made["id"])
        self.reference.actor = ACTORS[store]
        self.reference.write(EMPTY | {key: made[key] for key in ("id", "description", "status", "sessions")})

    @rule(store=STORES)
    def catch_up(self, store: int) -> None:
        self.stores[store].catch_up()
        self.acted, self.refused = self.stores[store], False

    @rule(store=STORES)
    def open_again(self, store: int) -> None:
        self.stores[store].close()
        self.stores[store].start()
        self.looked_at.clear()
        self.acted, self.refused = self.stores[store], False

    @rule(microseconds=st.integers(-5, 5))
    def time_passes(self, microseconds: int) -> None:
        self.clock.now = T0 + timedelta(microseconds=microseconds)

    # How an outcome is judged

    def name(self, index: int) -> str:
        names = list(self.reference.revisions)  # in the order they came: ids are random
        return names[index % len(names)]

    def session(self, goal: int, pick: int) -> str:
        """One of the goal's sessions if it has so many, else any."""
        linked = [one["session_id"] for one in self.newest(self.name(goal))["sessions"]]
        return linked[pick % len(linked)] if linked and pick < 8 else NAMES[pick % 3]

    def newest(self, name: str) -> Wire:
        return self.reference.revisions[name][-1]

    def hold_against(self, store: int, intent: Any, expect: Callable[[str], Wire]) -> None:
        """Carry out an intent, and expect what the reference expects."""
        self.acted = acted = self.stores[store]
        self.reference.actor = ACTORS[store]
        known = list(acted.all())
        before = {name: workers(rows[-1]) for name, rows in self.reference.revisions.items()}
        try:
            goal: Goal | None = acted.apply(intent)
            came = ""
        except GoalStoreError as error:
            goal, came = None, type(error).__name__
        try:
            expected, refusal = expect(goal.id if goal else "g-refused"), ""
        except Refused as error:
            expected, refusal = {}, str(error)
        assert came == refusal
        self.refused = goal is None
        if goal is None:
            assert list(acted.all()) == known
            return
        self.numbers.setdefault((goal.id, goal.wire()["updated"]), len(self.reference.revisions[goal.id]))
        assert self.timeless(goal) == expected
        assert acted.get(goal.id) == goal
        for session in workers(goal.wire()) - before.get(goal.id, set()):
            assert not any(session in busy for name, busy in before.items() if name != goal.id)

    def timeless(self, goal: Goal) -> Wire:
        """A goal on the wire without its times; evidence has the number of the revision that brought it."""
        wire = {key: value for key, value in goal.wire().items() if key not in ("created", "updated")}
        for one in wire["sessions"]:
            if "evidence_at" in one:
                one["evidence_at"] = self.numbers[goal.id, one["evidence_at"]]
        return wire

    def fresh(self) -> list[Goal]:
        with SyncStore.open(self.root, create=False) as store:
            return list(store.all())

    # What holds whatever happened

    @invariant()
    def memory_is_what_a_fresh_open_reads(self) -> None:
        found = self.fresh()
        # A refusal leaves the map as it was, so it may be behind; so may be that of the store that did not act.
        if not self.refused:
            assert list(self.acted.all()) == found
        assert [self.timeless(goal) for goal in found] == [
            rows[-1] for _, rows in sorted(self.reference.revisions.items())
        ]

    @invariant()
    def history_is_sound(self) -> None:
        for name, rows in self.reference.revisions.items():
            # The others were looked at when they last changed, and are again when a store is opened.
            if len(rows) == self.looked_at.get(name):
                continue
            self.looked_at[name] = len(rows)
            revisions = self.acted.history(name)
            assert [revision.number for revision in revisions] == list(range(1, len(rows) + 1))
            assert [self.timeless(revision.goal) for revision in revisions] == rows
            assert [revision.actor for revision in revisions] == self.reference.actors[name]
            assert all(revision.goal.progress == progress(revision.goal.wire()) for revision in revisions)
            if name not in self.imported:
                assert_created(revisions[0])
            for before, after in pairwise(revisions):
                assert_lawful(before, after)


def assert_created(first: Revision) -> None:
    assert (first.goal.status, first.goal.sessions, first.goal.progress) == (GoalStatus.PENDING, (), 0)
    assert first.goal.created == first.goal.updated


def assert_lawful(before: Revision, after: Revision) -> None:
    """What one revision may make of the one before it, from the contract's sections 2 and 3."""
    was, now = before.goal, after.goal
    assert after.at == now.updated > was.updated == before.at
    assert now.created == was.created
    if now.status == "done" and (was.status, was.sessions) != (now.status, now.sessions):
        assert passes(now.wire()), "a goal became done that the gate refuses"
    if was.status in CLOSED and now.status in CLOSED:
        assert (was.description, was.acceptance, was.sessions) == (now.description, now.acceptance, now.sessions)


EXAMPLES = int(os.environ.get("GOALGATE_EXAMPLES", "0"))

TestTwoStores = TwoStores.TestCase
TestTwoStores.settings = settings(
    max_examples=EXAMPLES or 12,
    stateful_step_count=50,
    deadline=None,
    phases=(Phase.generate, Phase.shrink),
    # The same sequences each time unless more are asked for, so that a run means the same everywhere.
    derandomize=not EXAMPLES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


@pytest.mark.parametrize("seed", range(1, 1 + (EXAMPLES or 6)))
def test_a_walk_at_random(seed: int) -> None:
    """Longer than what Hypothesis makes up, each choice as likely as the others: deeper, and not shrunk."""
    choose = random.Random(seed).choice
    machine = TwoStores()

    def store() -> int:
        return choose((0, 1))

    def goal() -> int:
        return choose(range(4))

    def linked() -> list[Wire]:
        names, states = choose(((), NAMES[:1], NAMES[:2], NAMES, NAMES[:1] * 2)), [*SessionTaskState]
        return [link(name, choose(states).value, choose(PROOFS)).wire() for name in names]

    states = [None, *(state.value for state in SessionTaskState)]
    flags = (False, True)
    steps = (
        lambda: machine.edit(store(), goal(), choose(TEXTS)),
        lambda: machine.link(store(), goal(), choose(NAMES), choose(states[1:]), choose(PROOFS), choose(TEXTS)),
        lambda: machine.link_verified(store(), goal(), choose(NAMES)),
        lambda: machine.unlink(store(), goal(), choose(range(10)), choose(TEXTS)),
        lambda: machine.update(store(), goal(), choose(range(10)), choose(states), choose(PROOFS), choose(TEXTS)),
        lambda: machine.update(store(), goal(), choose(range(10)), choose(states), None, None),
        lambda: machine.supersede(store(), goal(), choose(range(10)), choose((None, *range(10)))),
        lambda: machine.withdraw_and_revert(store(), goal(), choose(flags)),
        lambda: machine.verify_all_and_close(store(), goal(), choose(STATES_AFTER), choose(flags)),
        lambda: machine.hand_over(store(), goal(), goal(), choose(range(10)), choose(flags), choose(flags)),
        lambda: machine.reopen_and_revert(store(), goal(), choose(flags), choose(range(10))),
        lambda: machine.note(store(), goal(), choose(TEXTS)),
        lambda: machine.set_status(store(), goal(), choose([*GoalStatus]), choose((None, *TEXTS))),
        lambda: machine.revert(store(), goal(), choose(range(10)), choose((0, 0, 0, 0, 1))),
        lambda: machine.catch_up(store()),
        lambda: machine.open_again(store()),
        lambda: machine.time_passes(choose(range(-5, 6))),
    )
    try:
        machine.begin(choose([GoalStatus.DONE, *GoalStatus]), linked())
        for _ in range(200):
            choose(steps)()
            machine.memory_is_what_a_fresh_open_reads()
            machine.history_is_sound()
    finally:
        machine.teardown()
