"""What a store answers beside goals: prefixes, who and when, what happened, what is mentioned where."""

from __future__ import annotations

import re
import threading
import unicodedata
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import (
    Create,
    Goal,
    GoalNotFound,
    GoalStatus,
    GoalStore,
    InvalidInput,
    Note,
    PalaceUnavailable,
    SetStatus,
    SqlitePalace,
    SyncStore,
    parse_goals,
    to_json,
)
from store.book import Book
from store.palace import Batch, StoredRevision
from tests.store.helpers import (
    SAMPLES,
    T0,
    Clock,
    damage,
    goals,
    link_wire,
    names,
    palace_file,
    refused,
    sign,
    sql,
    wire,
)


def test_prefixes(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        store.import_goals(goals(wire("g-1"), wire("g-12"), wire("g-123"), wire("g-2"), wire("h")))
        # An exact id beats a prefix.
        for asked, meant in (("g-1", "g-1"), ("g-12", "g-12"), ("g-2", "g-2"), ("h", "h")):
            assert store.resolve(asked) == meant
        store.import_goals(goals(wire("xyz")))
        assert store.resolve("x") == store.resolve("xy") == "xyz"
        with pytest.raises(GoalNotFound) as caught:
            store.resolve("g")
        assert caught.value.candidates == ("g-1", "g-12", "g-123", "g-2")
        assert all(candidate in str(caught.value) for candidate in caught.value.candidates)
        for nobody in ("", "g-3", "xyz-", "\ud800"):
            with refused(GoalNotFound, goal_id=nobody, candidates=()):
                store.resolve(nobody)


def test_a_prefix_may_mean_a_drawer_that_cannot_be_read(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        store.import_goals(goals(wire("g-1"), wire("g-12")))
    damage(tmp_path, "g-1")
    with SyncStore.open(tmp_path) as store:
        assert store.resolve("g-1") == "g-1"


async def test_who_and_when_and_which(tmp_path: Path):
    clock = Clock()
    with SyncStore.open(tmp_path, actor="ann", clock=clock) as other:
        mine = other.apply(Create("mine"))
        other.import_goals(goals(wire("a", status="done", updated="2020-01-01T00:00:00.5Z")))
    async with GoalStore.open(tmp_path, actor="bob", clock=clock) as store:
        assert store.ids() == sorted([mine.id, "a"])
        assert store.open_ids() == {mine.id}
        assert (store.actor(mine.id), store.actor("a"), store.actor("nobody")) == ("ann", "ann", "")
        assert (store.updated(mine.id), store.updated("nobody")) == (T0, None)
        assert store.updated("a") == goals(wire("a", updated="2020-01-01T00:00:00.5Z"))[0].updated
        assert (store.revision(mine.id), store.revision("nobody")) == (1, 0)
        clock.now = T0 + timedelta(days=1)
        before = store.seq
        await store.set_status(mine.id, GoalStatus.ABANDONED)
        await store.set_status("a", GoalStatus.PENDING)
        assert store.open_ids() == {"a"}
        assert (store.actor(mine.id), store.updated(mine.id)) == ("bob", clock.now)
        assert store.seq == before + 2
        old, new = await store.history(mine.id)
        assert (store.is_own(old.goal), store.is_own(new.goal)) == (False, True)


def test_a_change_is_our_own_as_soon_as_anybody_can_see_it(tmp_path: Path):
    """Another thread may tell of it before the one that made it gets on."""

    class Slow(SqlitePalace):
        def transact(self, change):
            result = super().transact(change)
            other = threading.Thread(target=store.catch_up)
            other.start()
            other.join()
            return result

    with SyncStore.open(tmp_path, palace=Slow(tmp_path)) as store:
        told: list[bool] = []
        store.on_change = lambda ids: told.extend(
            (one.id, one.updated) in store.made for one in store.all() if one.id in ids
        )
        goal = store.apply(Create("d"))
        store.apply(Note(goal.id, "n"))
        assert told == [True, True]


def test_a_change_that_is_not_committed_was_not_made(tmp_path: Path):
    class Full(SqlitePalace):
        full = False

        def transact(self, change):
            def run(tx):
                result = change(tx)
                if self.full:
                    raise PalaceUnavailable(self.name, "no room for the commit")
                return result

            return super().transact(run)

    palace = Full(tmp_path)
    with SyncStore.open(tmp_path, palace=palace) as store:
        goal = store.apply(Create("d"))
        palace.full = True
        with pytest.raises(PalaceUnavailable):
            store.apply(Create("e"))
        assert list(store.made) == [(goal.id, goal.updated)]


def test_a_goal_is_not_unreadable_because_it_was():
    """A revision comes in that can be read, while the one before it turns out to be no goal."""

    class Late(bytes):
        def decode(self, *args):
            if book.seen == 1:
                book.absorb(Batch([StoredRevision(2, "g-1", 2, "", "a", goal.to_text().encode(), None)], 2))
            return super().decode(*args)

    (goal,) = goals(wire("g-1"))
    book = Book()
    book.rebuild(Batch([StoredRevision(1, "g-1", 1, "", "a", Late(b"{}"), None)], 1))
    assert book.get("g-1") == goal
    assert (book.ids(), dict(book.unreadable)) == (["g-1"], {})


@pytest.mark.parametrize("status", list(GoalStatus))
def test_open_and_updated_are_known_without_parsing(status: GoalStatus, tmp_path: Path):
    """Whatever text stands before and after what is looked for."""
    tricky = '","status":"done","progress":7,"created":"x","updated":"y"'
    nested = {"progress": 7, "created": "x", "updated": "y", "status": "done"}
    came = wire("g-1", status=status.value, description=tricky, notes=[tricky], acceptance=[tricky], x=nested)
    came |= {"sessions": [link_wire(tricky, evidence=tricky) | {"x": [{"a": 1} | nested]}]}
    with SyncStore.open(tmp_path) as store:
        store.import_goals(goals(came))
        assert ("g-1" in store.book.open_ids()) is (status.value not in ("done", "abandoned"))
        # Good enough to sort by, and never an error.
        assert store.book.updated("g-1") in (T0, None)


async def test_activity(tmp_path: Path):
    async with GoalStore.open(tmp_path, actor="ann") as store:
        assert await store.activity(5) == []
        one = await store.create("one")
        two = await store.create("two")
        noted = await store.note(one.id, "n")
        await store.import_goals(goals(wire("g-1")))
        events = await store.activity(10)
        assert [event.revision.goal.id for event in events] == ["g-1", one.id, two.id, one.id]
        assert [event.revision.number for event in events] == [1, 2, 1, 1]
        assert [event.before for event in events] == [None, one, None, None]
        assert events[1].revision.goal == noted
        assert [event.seq for event in events] == sorted((event.seq for event in events), reverse=True)
        # When it was committed is not when the goal says it changed.
        assert events[0].committed > events[0].revision.at
        assert await store.activity(2) == events[:2]
        assert await store.activity(2, before=events[1].seq) == events[2:]
        assert await store.activity(0) == []
        # Larger than SQLite's numbers.
        assert await store.activity(1 << 70, before=1 << 70) == events
        assert await store.activity(5, before=-(1 << 70)) == []
        with refused(InvalidInput, field="limit"):
            await store.activity(-1)


def test_activity_leaves_out_what_cannot_be_read(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        store.import_goals(goals(wire("g-1"), wire("g-2"), wire("g-3")))
        store.apply(Note("g-3", "n"))
        damage(tmp_path, "g-2")
        store.apply(Note("g-1", "at no time"))
        sql(tmp_path, "UPDATE revisions SET committed = 'once' WHERE drawer = 'g-1' AND number = 2")
        sign(tmp_path, "drawer = 'g-1'")
        sql(tmp_path, "UPDATE revisions SET text = 'x' WHERE drawer = 'g-3' AND number = 1")
        events = store.activity(10)
        assert [(event.revision.goal.id, event.revision.number) for event in events] == [("g-3", 2), ("g-1", 1)]
        assert events[0].before is None


async def found(store: GoalStore, text: str) -> list[str]:
    return [goal_id async for page in store.search(text) for goal_id in page]


@pytest.mark.parametrize(
    "needle, holds",
    [
        ("passed", ["g-1", "g-2"]),
        ("PASSED", ["g-1", "g-2"]),
        ("größe", ["g-1"]),
        ("GRÖßE", ["g-1"]),
        ("GRÖSSE", ["g-1"]),
        ("100 km", ["g-2"]),
        ("100 \u212am", ["g-2"]),
        ("fi", ["g-1"]),
        ("İ", ["g-1"]),
        ("i\u0307s", ["g-1"]),
        ("մեծ և", ["g-2"]),
        ("το ταΐζω", ["g-2"]),
        ("漢", ["g-2"]),
        ("100%", ["g-1"]),
        ("a_b", ["g-1"]),
        ("axb", []),
        ('"quoted"', ["g-2"]),
        ("back\\slash", ["g-2"]),
        ("two\nlines", ["g-2"]),
        ("\x1b[31m", ["g-2"]),
        ("\u202e", ["g-2"]),
        ("!", ["g-2"]),
        ("goal", []),
        ("evidence", []),
        ("nowhere", []),
    ],
)
async def test_search(needle: str, holds: list[str], tmp_path: Path):
    """In notes and evidence, as it is written or in other case; not in what only looks like it in JSON."""
    notes = ["12 Passed", "Größe 100% a_b", "ﬁn İS"]
    proof = '\x1b[31mpassed \u202e 漢字 "quoted" back\\slash two\nlines! 100 \u212am մեծ և փոքր το ταΐζω'
    async with GoalStore.open(tmp_path) as store:
        await store.import_goals(
            goals(wire("g-1", notes=notes), wire("g-2", sessions=[link_wire(evidence=proof)]), wire("g-3"))
        )
        assert await found(store, needle) == holds


NAME = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('"\\\n\r\t\0\u202e{}:,é漢'))


@given(NAME, st.lists(st.tuples(NAME, NAME, NAME), max_size=3))
def test_names_are_the_same_without_parsing(description, links):
    sessions = [link_wire(name, evidence=shown) | {"task": task} for name, task, shown in links]
    (goal,) = goals(wire("g-1", description=description, sessions=sessions))
    book = Book()
    book.fill([goal])
    assert book.names("g-1") == names(goal)
    assert book.names("g-2") == ""
    # Another writer may have the keys in another order.
    text = to_json(dict(reversed(goal.wire().items()))).encode()
    book.rebuild(Batch([StoredRevision(1, "g-1", 1, "", "a", text, None)], 1))
    assert book.names("g-1") == names(goal)


@pytest.mark.parametrize("needle", ["parser", "tests", "https://", "漢", "é"])
async def test_a_search_that_may_be_is_one_that_is(needle: str, tmp_path: Path):
    """What is sorted out without parsing is never too much."""
    read = parse_goals(SAMPLES.read_bytes())
    async with GoalStore.open(tmp_path) as store:
        await store.import_goals(read)
        folded = needle.casefold()

        def said(goal: Any) -> list[str]:
            return [*goal.notes, *(one.evidence or "" for one in goal.sessions)]

        assert await found(store, needle) == sorted(
            goal.id for goal in read if any(folded in text.casefold() for text in said(goal))
        )
        word = to_json(needle)[1:-1].casefold()
        for goal in read:
            texts = [goal.description, *goal.acceptance, *said(goal)]
            if any(folded in text.casefold() for text in texts):
                assert store.may_mention(goal.id, [word])


FOLDING = [chr(code) for code in range(0x80, 0x110000) if re.search("[a-z]", chr(code).casefold())]


@given(
    st.text(st.sampled_from("aKs ßſ…→é検ーʼŉẚﬁ" + "".join(FOLDING)), max_size=12),
    st.text(st.sampled_from("aKsIſßfi検ーʼʾé…"), min_size=1, max_size=3),
)
def test_no_word_is_missed_in_any_case(said: str, word: str):
    book = Book()
    book.fill([Goal.from_wire(wire("g-1", notes=[said]))])
    if word.casefold() in said.casefold():
        assert book.may_mention("g-1", [word.casefold()])


@pytest.mark.parametrize("letter", FOLDING)
def test_every_letter_that_folds_to_another_alphabet_is_known(letter: str):
    book = Book()
    book.fill([Goal.from_wire(wire("g-1", notes=[f"→ zq{letter}zq …"]))])
    plain = max(re.findall("[a-z]+", f"zq{letter}zq".casefold()), key=len)
    assert len(plain) > 2
    assert book.may_mention("g-1", [plain])
    assert not book.may_mention("g-1", [f"{plain}{plain}"])


def test_no_letter_folds_to_one_of_a_script_without_case():
    """What the filter relies on where it looks for such a word in a goal's bytes, as Unicode has it."""
    others = (chr(code) for code in range(0x110000) if chr(code).casefold() != chr(code))
    made = {part for letter in others for part in letter.casefold()}
    assert {part for part in made if unicodedata.category(part) in ("Lo", "Lm")} == {"\u02bc", "\u02be"}


async def test_none_of_it_without_a_palace(tmp_path: Path):
    async with GoalStore.open(tmp_path) as store:
        await store.create("d")
    palace_file(tmp_path).write_bytes(b"garbage" * 1000)
    async with GoalStore.open(tmp_path) as store:
        (goal_id,) = store.ids()
        assert (store.revision(goal_id), store.actor(goal_id)) == (0, "")
        assert store.open_ids() == {goal_id}
        with pytest.raises(PalaceUnavailable):
            await store.activity(5)
        with pytest.raises(PalaceUnavailable):
            await found(store, "d")
        with anyio.fail_after(60):
            assert [finding.kind for finding in await store.examine()] == ["palace"]


def test_a_closed_goal_opens_again(tmp_path: Path):
    with SyncStore.open(tmp_path) as store:
        goal = store.apply(Create("d"))
        for status, is_open in ((GoalStatus.ABANDONED, False), (GoalStatus.BLOCKED, True)):
            store.apply(SetStatus(goal.id, status))
            assert (goal.id in store.book.open_ids()) is is_open
