"""Goals and links of another shape than ours: taken for what they are meant to be, or refused by field."""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from dataclasses import replace
from datetime import UTC, timedelta, timezone
from typing import Any

from store import Goal, GoalStatus, InvalidInput, SessionLink, SessionTaskState, shape, to_json
from store.model import parse_goal
from tests.store.helpers import T0, goals, link_wire, refused, wire


def test_what_differs_from_our_own_shape_is_judged_the_same():
    """Read at once or by way of pydantic: one goal, or one refusal."""
    for entry in (
        wire(
            sessions=[link_wire("s-1", "verified", "e") | {"x": 1}], acceptance=["a"], notes=["n"], progress=3, y=[None]
        ),
        wire(unknown="u", sessions=[link_wire() | {"unknown": "v"}], acceptance=[], notes=[], progress=0),
    ):
        assert Goal.from_wire(entry) == shape.judge(Goal, entry)
        # As long as what is whole, with one key for another.
        less = {"z": 1} | {key: value for key, value in entry.items() if key != "progress"}
        assert json.loads(Goal.from_wire(less).to_text())["z"] == 1


def test_arguments_are_taken_as_they_are_on_the_wire_too():
    made: Any = SessionLink
    link = made(session_id="s-1", task="t", state="verified", x=1)
    assert (link.state, json.loads(to_json(link.wire()))["x"]) == (SessionTaskState.VERIFIED, 1)
    fields: dict[str, Any] = {"id": "g-1", "description": "d", "status": "blocked", "progress": 5}
    goal = Goal(**fields, created=T0, updated=T0.astimezone(timezone(timedelta(hours=2))), sessions=[link])  # type: ignore[arg-type]
    assert (goal.status, goal.sessions, goal.updated.tzinfo) == (GoalStatus.BLOCKED, (link,), UTC)
    with refused(InvalidInput, field="task"):
        made(session_id="s-1")
    with refused(InvalidInput, field="sessions.0.state"):
        Goal(**fields, created=T0, updated=T0, sessions=[link.wire() | {"state": "gone"}])  # type: ignore[arg-type]


def test_a_copy_keeps_what_is_not_replaced():
    (goal,) = goals(wire(sessions=[link_wire() | {"x": 1}], y=2))
    wrong: dict[str, Any] = {"notes": ["n"], "sessions": list(goal.sessions)}
    assert replace(goal, **wrong) == replace(goal, notes=("n",))
    assert json.loads(replace(goal, **wrong).to_text())["y"] == 2
    with refused(InvalidInput, field="notes.0"):
        replace(goal, notes=(5,))  # type: ignore[arg-type]
    with refused(InvalidInput, field="unknown"):
        replace(goal, unknown=5)  # type: ignore[arg-type]


def test_our_own_shape_is_read_without_pydantic():
    """Also of goals with keys that this version does not know; what other programs write may be judged."""
    script = """
import sys
from dataclasses import replace
from datetime import UTC, datetime
from store import Goal, GoalStatus, SessionLink, SessionUpdate
from store.model import parse_goal
now = datetime.now(UTC)
goal = Goal(id="g-1", description="d", status=GoalStatus.DONE, created=now, updated=now)
goal = replace(goal, sessions=(SessionLink.launched("s", "t"),), notes=("n",), unknown='"x":1')
assert parse_goal(goal.to_text().encode()) == goal
SessionUpdate(session_id="s", note="n")
assert "pydantic" not in sys.modules
# It is there where it is needed.
assert SessionLink(session_id="s", task="t", state="running").state == "running"
assert "pydantic" in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_only_a_few_large_goals_are_kept_as_they_were_read():
    """A palace may hold thousands, each of them of megabytes."""

    def text(number: int, length: int) -> bytes:
        (goal,) = goals(wire(f"g-{number}", notes=["n" * length]))
        return goal.to_text().encode()

    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(160):
            parse_goal(text(number, 300_000))
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 160 * 300_000
    # What is looked at again and again is not read again, whatever its size.
    for length in (10, 300_000):
        assert parse_goal(text(1, length)) is parse_goal(text(1, length))
