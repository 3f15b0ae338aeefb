"""Revisions page by page, the differences between two of them, and the burn-up."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import Goal, Revision
from tests.store.helpers import link_wire, wire
from tests.tui.helpers import NOON
from tui.cells import cell_len, fold, steady, wrap
from tui.past import PAGE, Past, burn_up, differences, name_gaps, portrait, rise


def goal(linked=0, verified=0, **more):
    links = [link_wire(f"s-{at}", "verified" if at < verified else "running", "ok") for at in range(linked)]
    return Goal.from_wire(wire(description="It", sessions=links) | more)


def revisions(*goals):
    return [Revision(at, NOON + timedelta(minutes=at), "me", one) for at, one in enumerate(goals, 1)]


def read(past, history, newest, *, older=False):
    """Read as the screen does, from the oldest-first history of a palace."""
    while (step := past.wants(newest, older=older)) is not None:
        limit, below = step
        past.take(limit, below, [one for one in history if below - limit <= one.number < below])


def test_pages_join_without_a_gap_whatever_comes_meanwhile():
    history = revisions(*(goal(notes=[str(at)] * (at % 3)) for at in range(3 * PAGE)))
    past = Past()
    read(past, history, PAGE + 20)
    assert (past.top, past.floor) == (PAGE + 20, 21)
    assert [change.number for change in past.shown] == list(range(PAGE + 20, 21, -1))
    assert past.near_end(30)
    assert not past.near_end(PAGE)
    read(past, history, 3 * PAGE)
    read(past, history, 3 * PAGE, older=True)
    assert past.whole
    assert [change.number for change in past.shown] == list(range(3 * PAGE, 0, -1))
    assert past.shown[-1].said == ("created as pending",)
    assert all(change.before == history[change.number - 2].goal for change in past.shown[:-1])


def test_an_unreadable_revision_is_passed_over():
    history = revisions(*(goal(description=str(at)) for at in range(5)))
    del history[2]
    past = Past()
    read(past, history, 5)
    assert [change.number for change in past.shown] == [5, 4, 2, 1]
    assert past.shown[1].before == history[1].goal


@given(st.lists(st.lists(st.sampled_from("ab"), max_size=4), min_size=1, max_size=12))
def test_a_note_is_whose_revision_it_came_in_last(notes):
    history = revisions(*(goal(notes=some) for some in notes))
    past = Past()
    read(past, history, len(history))
    now, expected = history[-1].goal.notes, {}
    for at in range(1, len(now) + 1):
        # Back to where it was not yet there with all that stands before it.
        for revision in reversed(history):
            if revision.goal.notes[:at] != now[:at]:
                break
            expected[at] = revision
    assert past.brought(now) == expected


def test_the_notes_of_a_revision_that_cannot_be_read_are_not_given_to_the_next_one():
    history = revisions(goal(), goal(notes=["a"]), goal(notes=["a", "b"]), goal(notes=["a", "b", "c"]))
    history.append(Revision(5, NOON, "me", goal(notes=["a", "b", "c", "d"])))
    del history[2]
    past = Past()
    read(past, history, 5)
    # The third note may be of the one that is missing, too.
    assert past.brought(["a", "b", "c", "d"]) == {1: history[1], 4: history[3]}
    assert past.gaps == 1


@pytest.mark.parametrize(
    "numbers, newest, said",
    [([1, 2], 2, ""), ([1, 4, 5, 7], 9, "2 to 3, 6, 8 to 9"), ([], 3, "1 to 3"), ([], 0, ""), ([2], 2, "1")],
)
def test_revisions_that_are_not_there_are_named_by_runs(numbers, newest, said):
    assert name_gaps(numbers, newest) == said


def test_of_a_note_newer_than_what_is_read_nothing_is_said():
    history = revisions(goal(), goal(notes=["a"]), goal(notes=["a", "b"]))
    past = Past()
    assert past.brought(["a"]) == {}
    read(past, history, 2)
    assert past.brought(["a", "b"]) == {1: history[1]}
    assert past.brought(["c", "b"]) == {}


def test_old_and_new_words_are_told_apart():
    before = goal(acceptance=["a", "b"], notes=["one"])
    log = [f"line {at}" for at in range(20)]
    before = replace(before, sessions=goal(1).sessions)
    old = [replace(before.sessions[0], evidence="\n".join(log))]
    new = [replace(before.sessions[0], evidence="\n".join([*log[:10], "LINE", *log[11:]]))]
    changes = differences(
        replace(before, sessions=tuple(old)),
        replace(goal(acceptance=["a", "c"], notes=["one", "two\nlines"]), sessions=tuple(new)),
    )
    assert list(changes) == [
        ("criteria", "head"),
        ("  a", ""),
        ("- b", "gone"),
        ("+ c", "new"),
        ("evidence of s-0", "head"),
        ("  … 8 lines as before", ""),
        ("  line 8\n  line 9", ""),
        ("- line 10", "gone"),
        ("+ LINE", "new"),
        ("  line 11\n  line 12", ""),
        ("  … 7 lines as before", ""),
        ("note 2", "head"),
        ("+ two\n+ lines", "new"),
    ]
    assert list(differences(before, before)) == []


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abc")))
def test_what_is_shown_of_a_difference_is_true(old, new):
    before, after = goal(notes=["\n".join(old)]), goal(notes=["\n".join(new)])
    lines = [line for text, kind in differences(before, after) if kind != "head" for line in text.split("\n")]
    assert sum(line.startswith("+") for line in lines) - sum(line.startswith("-") for line in lines) == len(new) - len(
        old
    )


def test_a_great_difference_is_shown_at_once():
    before, after = (goal(notes=["\n".join(f"{word} {at}" for at in range(50_000))]) for word in ("old", "new"))
    lines = list(differences(before, after))
    assert [kind for _, kind in lines] == ["head", "gone", "new"]


@pytest.mark.parametrize("width, blocks", [(9, "▁▁▃▃▅█▃"), (3, "▁▃▃")])
def test_burn_up_shows_how_far_the_work_was(width, blocks):
    states = [(0, 0), (3, 0), (3, 1), (3, 1), (3, 2), (3, 3), (3, 1)]
    past = Past()
    read(past, revisions(*(goal(*state) for state in states)), len(states))
    shown, at = burn_up(past.shown, 7, width)
    assert shown == blocks
    assert at == len(blocks) - 1
    assert burn_up(past.shown, 1, width)[1] == 0
    assert rise(past.shown) == "verified 0→1 of 3 linked"


def test_a_portrait_says_what_the_goal_was():
    lines = [text for text, _ in portrait(goal(2, 1, acceptance=["tests pass"], notes=["a", "b"]))]
    assert lines == [
        "pending · 1 of 2 sessions verified",
        "It",
        "  1 tests pass",
        '✓ s-0 verified  "ok" (2)  work',
        '▸ s-1 running  "ok" (2)  work',
        "2 notes, the last: b",
    ]


@given(st.text(st.sampled_from("ab 検é\u0301\n👩🏽"), max_size=60), st.integers(2, 12))
def test_folding_loses_nothing_but_a_space_and_fits(text, width):
    # Folded is what is drawn: a skin tone alone is shown as its number.
    text = steady(text)
    spans = list(fold(text, width))
    assert all(cell_len(text[start:stop]) <= width for start, stop in spans)
    left = [text[stop:start] for (_, stop), (start, _) in pairwise(spans)]
    assert set(left) <= {"", "\n", " "}
    assert (spans[0][0], spans[-1][1]) == (0, len(text))
    assert wrap(text, width) == [text[start:stop] for start, stop in spans]
