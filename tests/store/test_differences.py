"""What a revision changed, in words."""

import pytest

from store import what_changed
from tests.store.helpers import goals, link_wire, wire

LONG = "x" * 300


def goal(**fields):
    return goals(wire(**fields))[0]


@pytest.mark.parametrize(
    "before, after, said",
    [
        ({"description": "It"}, {"description": "That"}, ["description: That"]),
        ({"status": "pending"}, {"status": "blocked"}, ["status pending -> blocked"]),
        ({"acceptance": ["a", "b"]}, {"acceptance": ["b", "a"]}, ["criteria in another order"]),
        ({"acceptance": ["a"]}, {"acceptance": ["b"]}, ["criterion removed: a", "criterion added: b"]),
        ({"acceptance": []}, {"acceptance": ["b"]}, ["criteria 0 -> 1", "criterion added: b"]),
        ({"notes": ["a"]}, {"notes": ["a", "b\n c"]}, ["note: b c"]),
        ({"notes": ["a", "b"]}, {"notes": ["a"]}, ["note removed: b"]),
        ({"notes": ["a", "b"]}, {"notes": ["c"]}, ["notes 2 -> 1"]),
        ({"notes": ["a"]}, {"notes": ["c"]}, ["notes: other words"]),
        ({"notes": []}, {"notes": [LONG]}, [f"note: {'x' * 79}… (300 characters)"]),
        ({"x-new": 1}, {"x-new": 2}, ["keys that this version does not know"]),
        ({}, {}, []),
    ],
)
def test_each_difference_is_named(before, after, said):
    assert what_changed(goal(**before), goal(**after)) == said


def test_sessions_are_named_in_their_order():
    before = goal(sessions=[link_wire("s-3"), link_wire("s-1"), link_wire("s-2"), link_wire("s-4", "verified", "ok")])
    links = [link_wire("s-1", "verified", "12 passed"), link_wire("s-4"), link_wire("s-5")]
    links[1]["task"] = "another"
    assert what_changed(before, goal(sessions=links)) == [
        "s-3 unlinked",
        "s-2 unlinked",
        "s-1 launched -> verified",
        "s-1 evidence: 12 passed",
        "s-4 verified -> launched",
        "s-4 task: another",
        "s-4 evidence cleared",
        f"s-5 linked, launched: {links[2]['task']}",
    ]


def test_a_first_revision_is_created_with_all_it_has():
    assert what_changed(None, goal(status="blocked", notes=["why"])) == ["created as blocked", "note: why"]
