"""Events as rows, the filter over them, and the pages in which they come."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import (
    Create,
    Edit,
    Event,
    Goal,
    GoalStatus,
    Link,
    Note,
    Revision,
    SessionLink,
    SetStatus,
    Supersede,
    SyncStore,
    Unlink,
    Update,
    parse_goals,
)
from tests.store.helpers import SAMPLES, link, update
from tests.tui.helpers import NOON
from tests.tui.story import EVIL, TAMED
from tui.happened import KINDS, Feed, Wanted, happening


def _update(session_id, *what, **more):
    return lambda goal_id: Update(goal_id, update(session_id, *what, **more))


# What is done, one thing after another, and of which kinds that is.
DEEDS = [
    (lambda goal_id: Link(goal_id, SessionLink.launched("s-1", "write it")), "linked status"),
    (_update("s-1", "running"), "running"),
    (_update("s-1", evidence="half of it"), "evidence"),
    (_update("s-1", "failed", note="no luck"), "failed note"),
    (_update("s-1", "verified", "12 passed"), "verified evidence"),
    (lambda goal_id: Link(goal_id, SessionLink.launched("s-2", "a mistake")), "linked"),
    (lambda goal_id: Supersede(goal_id, "s-2", "s-1"), "superseded"),
    (lambda goal_id: Unlink(goal_id, "s-2", "wrong goal"), "unlinked note"),
    (lambda goal_id: Edit(goal_id, "Ship the lexer", None), "edited"),
    (lambda goal_id: SetStatus(goal_id, GoalStatus.BLOCKED, None), "status blocked"),
    (lambda goal_id: SetStatus(goal_id, GoalStatus.DONE, "merged"), "status closed note"),
    (lambda goal_id: Note(goal_id, "by the way"), "note"),
    (lambda goal_id: SetStatus(goal_id, GoalStatus.ABANDONED, None), "status abandoned"),
    (lambda goal_id: SetStatus(goal_id, GoalStatus.IN_PROGRESS, None), "status reopened"),
]


def test_each_change_is_of_the_kinds_that_were_done(tmp_path):
    with SyncStore.open(tmp_path, actor="daniel") as store:
        goal_id = store.apply(Create("Ship the parser", ())).id
        for deed, _ in DEEDS:
            store.apply(deed(goal_id))
        events = store.activity(100)
    rows = [happening(event) for event in events]
    assert [row.kinds for row in reversed(rows)] == [{"created"}, *({*kinds.split()} for _, kinds in DEEDS)]
    assert {kind for row in rows for kind in row.kinds} == set(KINDS) - {"launched", "imported"}
    assert [row.kind for row in rows[:4]] == ["reopened", "abandoned", "note", "closed"]
    # What was done comes before what came of it by itself.
    assert rows[-2].said == ("s-1 linked, launched: write it", "status pending -> inProgress")
    assert rows[3].said == ("status blocked -> done", "note: merged")


def test_an_import_creates_and_closes_nothing(tmp_path):
    with SyncStore.open(tmp_path, actor="import") as store:
        store.import_goals(parse_goals(SAMPLES.read_bytes()))
        rows = [happening(event) for event in store.activity(100)]
    assert len(rows) == 47
    assert {row.kind for row in rows} == {"imported"}
    assert all("created" in row.kinds for row in rows)
    assert not any(row.kinds & {"closed", "status", "edited"} for row in rows)


def _goal(description="Ship the parser", **more):
    return Goal(id="g-1", description=description, status=GoalStatus.PENDING, created=NOON, updated=NOON, **more)


def _event(seq, goal=None, before=None, actor="daniel"):
    goal = goal or _goal()
    return Event(seq, NOON + timedelta(minutes=seq), Revision(seq, goal.updated, actor, goal), before)


def test_rows_are_safe_and_literal():
    row = happening(_event(1, _goal(EVIL, notes=(EVIL,)), _goal(EVIL), actor=EVIL))
    assert row.goal == row.actor == TAMED
    assert row.said == (f"note: {TAMED}",)
    assert all(text.isprintable() for text in (row.goal, row.actor, *row.said))


ROW = happening(
    _event(
        7,
        _goal(sessions=(link("s-1", "failed", "exit 101", "t"),)),
        _goal(sessions=(SessionLink.launched("s-1", "t"),)),
        "mcp:claude",
    )
)


@pytest.mark.parametrize(
    "words,taken",
    [
        ("", True),
        ("PARSER", True),
        ("parser exit 101", True),
        ("parser lexer", False),
        ("failed", True),
        ("kind:failed", True),
        ("kind:fai", True),
        ("kind:", True),
        ("kind:verified", False),
        ("kind:led", False),
        ("actor:CLAUDE", True),
        ("actor:daniel", False),
        ("actor:parser", False),
        ("goal:g-1", True),
        ("goal:parser goal:ship", True),
        ("goal:claude", False),
        ("actor:mcp kind:failed exit", True),
        ("actor:mcp kind:failed lexer", False),
        ("other:x", False),
    ],
)
def test_filter(words, taken):
    assert (ROW in Wanted(words)) is taken


def test_filter_knows_which_kinds_there_are():
    assert Wanted("kind:close").unknown == ""
    assert Wanted("kind:").unknown == ""
    assert Wanted("actor:x kind:finished").unknown == "finished"


@given(st.data())
def test_pages_make_one_list_without_gap_or_repetition(data):
    """Whatever comes in between two pages, and wherever drawers can't be read."""
    page = data.draw(st.integers(1, 5))
    newest = data.draw(st.integers(0, 12))
    unreadable = data.draw(st.sets(st.integers(1, 30)))
    feed, words = Feed(), ""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tui.happened.PAGE", page)
        for _ in range(data.draw(st.integers(0, 20))):
            # Something may be committed between two pages.
            newest += data.draw(st.sampled_from([0, 0, 1, 2, 7]))
            if data.draw(st.booleans()):
                words = data.draw(st.sampled_from(["", "parser", "nothing"]))
                feed.show(words)
            below = feed.wants(newest, older=data.draw(st.booleans()))
            if below is not None:
                _read(feed, below, page, unreadable)
        while (below := feed.wants(newest, older=True)) is not None:
            _read(feed, below, page, unreadable)
    wanted = [seq for seq in range(newest, 0, -1) if seq not in unreadable]
    assert feed.total == len(wanted)
    assert [row.seq for row in feed.shown] == ([] if words == "nothing" else wanted)
    feed.show("")
    assert [row.seq for row in feed.shown] == wanted
    assert feed.whole or newest == 0
    assert (feed.newest.seq if feed.newest else None) == next(iter(wanted), None)
    for seq in range(newest + 2):
        assert feed.row(seq) == sum(other > seq for other in wanted)


def _read(feed, below, page, unreadable):
    seqs = range(below - 1, max(0, below - 1 - page), -1)
    feed.take(below, [_event(seq) for seq in seqs if seq not in unreadable])
