"""Evidence that shows nothing is none (CONTRACT 3)."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from store import Create, EvidenceRequired, GoalStatus, Link, SetStatus, SyncStore, Update, VerificationGateError
from store.domain.evidence import shows_something
from store.domain.unicode_14 import has_visible, is_unassigned
from tests.store.helpers import BLANKS, goals, link, link_wire, update, wire

NOTHING = (
    *BLANKS,
    *("\x1b[0m", "\x1b[2J\x1b[H", "\x9b0m", "\x1b(B\x1b[m", "\x1b", "\x1b[", "\x1b[31"),
    # Titles, links, images: strings that a terminal swallows, to their end or to the line's.
    *("\x1b]0;12 passed\x07", "\x1b]8;;https://x.example\x1b\\", "\x9d2;title\x9c", "\x1bPq#0\x1b\\", "\x1b]0;no end"),
    "\x1b]0;a\bb\x07",
    # Erased by what comes after it.
    *("ok\b\b", "ok\b\b  ", "ok\r\x1b[K", "ok\r  ", "ok\x1b[1K", "ok\x1b[2K", "ok\x1b[2J", "ok\x1b[H\x1b[J", "ok\x1bc"),
    *("one\ntwo\x1b[A\r\x1b[J", "one\n\x1b[1A\x1b[2K", "ok\r\x1b[2X", "ok\r\x1b[9P", "ok\x1b[99999999999999D\x1b[K"),
    # Marks without a letter, and what only stands for a character.
    *("\u0301", " \u20dd", "\u2d7f", "\U00016fe4", "\U0001107f", "\ufffc", "\ufffd\ufffd", "\U0001d159"),
    # Blanks among the hieroglyphs, which Unicode 15 brought: the gate judges alike on every Python.
    *("\U00013441", "\U00013442"),
)
SOMETHING = (
    *("12 passed", "\x1b[31m3 failed\x1b[0m", "12 passed\r\n", "12 passed\r", "✅", "e\u0301", "合格", "."),
    *("|\b/\b-\bdone", "ok\x1b[2Jnew", "50 %\r\x1b[Kdone\r\n", "N\bNA\bA", "_\bo_\bk", "ok\rno", "a\nb\x1b[2K"),
    *("\x1b]0;title\x07ok", "ok\x1b[K", "ok\n\x1b[2K", "ok\x1b[5C\b", "loading\x1b[1A\x1b[99B\x1b[Kok", "\ufffd1"),
)


@pytest.mark.parametrize("text", NOTHING, ids=ascii)
def test_it_shows_nothing(text: str):
    assert not shows_something(text)


@pytest.mark.parametrize("text", SOMETHING, ids=ascii)
def test_it_shows_something(text: str):
    assert shows_something(text)


@pytest.mark.parametrize("text", ["\x1b[0m", "ok\b\b", "\u0301", "\ufffd\ufffd"], ids=ascii)
def test_no_session_is_verified_by_it(text: str, tmp_path: Path):
    with SyncStore.open(tmp_path, actor="ann") as store:
        goal = store.apply(Create("d"))
        with pytest.raises(EvidenceRequired):
            store.apply(Link(goal.id, link("s-1", "verified", text)))
        store.apply(Link(goal.id, link("s-1")))
        with pytest.raises(EvidenceRequired):
            store.apply(Update(goal.id, update("s-1", "verified", text)))
        # Kept as it was given, and nobody has given evidence by it.
        goal = store.apply(Update(goal.id, update("s-1", evidence=text)))
        assert (goal.sessions[0].evidence, goal.sessions[0].evidence_by) == (text, None)
        store.import_goals(goals(wire("i-1", sessions=[link_wire("s-9", "verified", text)])))
        with pytest.raises(VerificationGateError):
            store.apply(SetStatus("i-1", GoalStatus.DONE))


def test_a_long_text_is_judged_by_all_of_it():
    assert not shows_something("a line\r\x1b[K" * 20_000)
    assert shows_something("a line\r\x1b[K" * 20_000 + "12 passed")
    assert not shows_something("ab\b\b" * 50_000)


def test_the_table_is_unicode_14s():
    """Where this Python knows another Unicode, at least what both know is judged alike."""
    same = unicodedata.unidata_version == "14.0.0"
    for code in range(0x110000):
        char = chr(code)
        category = unicodedata.category(char)
        # What is a character now may have been none.
        assert is_unassigned(char) == (category == "Cn") or (is_unassigned(char) and not same), hex(code)
        if has_visible(char, marks=True):
            assert category[0] not in "ZC", hex(code)
        elif same and category[0] in "LNPS":
            # Fillers, which are letters and symbols by their category.
            assert char in "\u115f\u1160\u2800\u3164\uffa0", hex(code)
