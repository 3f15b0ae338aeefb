"""What the filter takes: pure."""

from __future__ import annotations

import pytest

from store import Goal
from tests.store.helpers import link_wire, wire
from tui.needs import kind_of
from tui.query import Query, parse

GOAL = Goal.from_wire(wire(status="inProgress", sessions=[link_wire("a", "failed"), link_wire("b", "running")]))


@pytest.mark.parametrize(
    "typed, query",
    [
        ("", Query()),
        ("  ", Query()),
        ("Ship IT", Query(words=("ship", "it"), written=("ship", "it"))),
        ("status:done state:failed", Query(status=("done",), state=("failed",))),
        ("status:", Query()),
        ("status:done status:aban", Query(status=("done", "aban"))),
        ("need:READY x", Query(need=("ready",), words=("x",), written=("x",))),
        ("text:12 passed", Query(text="12 passed")),
        ("parser text: 12 Passed ", Query(words=("parser",), written=("parser",), text="12 passed")),
        ("context:x", Query(words=("context:x",), written=("context:x",))),
        ("context:x text:12 text:a", Query(words=("context:x",), written=("context:x",), text="12 text:a")),
        ('say "x"', Query(words=("say", '"x"'), written=("say", '\\"x\\"'))),
        ("http://x", Query(words=("http://x",), written=("http://x",))),
    ],
)
def test_taken_apart(typed, query):
    assert parse(typed) == query
    assert bool(parse(typed)) is (query != Query())


@pytest.mark.parametrize(
    "typed, takes",
    [
        ("status:inp", True),
        ("status:done", False),
        ("status:done status:inprogress", True),
        ("state:failed", True),
        ("state:verified", False),
        ("need:failed", True),
        ("need:ready", False),
        ("need:failed state:launched", False),
    ],
)
def test_takes(typed, takes):
    assert parse(typed).takes(GOAL, kind_of(GOAL)) is takes


def test_takes_actor():
    assert parse("actor:Agent").takes_actor("agent-7")
    assert not parse("actor:agent").takes_actor("daniel")
    assert parse("x").takes_actor("")


@pytest.mark.parametrize(
    "before, after, narrows",
    [
        ("", "a", True),
        ("pars", "parse", True),
        ("pars", "parse status:done", False),
        ("fix", "fix parser", True),
        # The id of a goal may begin with 12, and not with a12: there it stands in the middle.
        ("12", "a12", False),
        ("fix parser", "fix", False),
        ("need:failed a", "need:failed ab", True),
    ],
)
def test_what_narrows(before, after, narrows):
    assert parse(after).narrows(parse(before)) is narrows
