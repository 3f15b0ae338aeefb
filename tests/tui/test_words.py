"""The pure parts: safe text, cells, ages, needs, order."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich._unicode_data import load

from store import Goal, GoalStatus, SessionLink, SessionTaskState, parse_goals
from tests.store.helpers import SAMPLES, names
from tui.cells import cell_len, clip, clip_middle, fit, fit_right, steady, steady_in_place, wrap
from tui.format import age, bar, count, first_line, host, last_words, ratio, safe, size, stripped, urls, with_ascii_host
from tui.needs import Kind, assess, kind_of
from tui.widgets.inputs import drawn
from tui.widgets.order import Facts, Order, View
from tui.widgets.row import Columns, fitting, heading, pieces

NOW = datetime(2026, 10, 1, tzinfo=UTC)
LAUNCHED, RUNNING, VERIFIED, FAILED = SessionTaskState
LOG = "https://forge.example/pull/6\n3 failed, 9 passed\n"
UNSAFE = [*range(0x20), *range(0x7F, 0xA0), 0x61C, *range(0x200B, 0x2010), 0x2028, 0x2029, *range(0x202A, 0x202F)]
UNSAFE += [*range(0x2066, 0x206A), 0xFEFF, 0xD800, 0xDFFF, *range(0xE0000, 0xE0080)]
# What nobody sees: joiners, fillers, selectors, format characters that no terminal obeys.
UNSAFE += [0xAD, 0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), *range(0x2060, 0x2066), 0x3164, 0xFFA0]
UNSAFE += [*range(0x206A, 0x2070), *range(0xFE00, 0xFE10), *range(0xFFF9, 0xFFFC), 0x1D159, 0x1D173, 0xE0100, 0xE01EF]
AT_WORK = {0x200D, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10), 0xE0100, 0xE01EF}
UNSAFE += [0x2D7F, 0x1107F, 0x13430, 0x16FE4, 0x1BCA0]


def goal(goal_id="g-1", status=GoalStatus.IN_PROGRESS, *states, hours=0, notes=(), description="It", evidence="ok"):
    links = [
        SessionLink(session_id=f"s-{at}", task="work", state=state, evidence=evidence if state is VERIFIED else None)
        for at, state in enumerate(states, 1)
    ]
    moment = NOW - timedelta(hours=hours)
    return Goal(
        id=goal_id,
        description=description,
        status=status,
        sessions=tuple(links),
        notes=tuple(notes),
        created=moment,
        updated=moment,
    )


class TestSafe:
    @pytest.mark.parametrize("code", UNSAFE)
    def test_makes_visible_what_moves_hides_or_turns(self, code):
        shown = safe(f"a{chr(code)}b")
        assert shown.isprintable()
        assert shown.startswith("a")
        assert shown.endswith("b")
        assert len(shown) > 2

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "plain [bold]x[/]",
            "日本語 שלום",
            "⚠️ 👩🏽\u200d💻 👨\u200d👩\u200d👧 ❤️\u200d🔥",
            "e\u0301",
            "\xa0 \u3000\u202f\u2800\ue0b0",
            "1\ufe0f\u20e3 ©\ufe0f 🗑\ufe0e 🏳\ufe0f\u200d⚧\ufe0f 🇩🇪",
            "葛\U000e0100城 神\ufe00 ᠠ\u180b",
            "नमस्ते क्षत्रिय ภาษาไทย ที่นี่ Tiếng Viê\u0323t שָׁלוֹם ཧཱུྃ مُحَمَّدٌ ۝",
            "Z" + "\u0301\u0302\u0303\u0304" * 2,
        ],
    )
    def test_leaves_other_text_alone(self, text):
        assert safe(text) == text

    def test_shows_joiners_outside_emoji_and_lines_unless_told(self):
        assert safe("x\u200dy") == "x<U+200D>y"
        assert safe("a\nb\tc\x1b") == "a␊b␉c␛"
        assert safe("a\nb\tc\x1b\r", multiline=True) == "a\nb\tc␛␍"
        assert stripped("a\nb\tc\x1b[0m\u202e") == "a\nb\tc[0m"
        assert safe("é\u200d\n\x1b", multiline=True) == "é<U+200D>\n␛"

    def test_two_names_that_look_alike_do_not_when_they_are_shown(self):
        for code in UNSAFE:
            assert safe(f"s-1{chr(code)}é") != safe("s-1é")
        for name in (
            "1\ufe0f",
            "s\ufe0f\u20e3",
            "a\U000e0100",
            "中\u180b",
            "ᠠ\u180e",
            "❤\ufe0f\ufe0f",
            "👩\u200d\ufe0f",
        ):
            assert re.search("<U[+][0-9A-F]+>", safe(name))

    @pytest.mark.parametrize("mark", ["\u0301", "\u20dd", "ิ", "\u0940"])
    def test_a_pile_of_marks_is_cut_down_to_what_a_script_needs(self, mark):
        shown = f"<U+{ord(mark):04X}>"
        assert safe("Z" + mark * 80 + "a" + mark) == "Z" + mark * 8 + shown * 72 + "a" + mark

    def test_a_copy_has_nothing_that_nobody_would_see(self):
        assert stripped("s\xadl\u2060o\u3164o\ufe0fk ❤\ufe0f 👩\u200d💻 e\u0301") == "slook ❤\ufe0f 👩\u200d💻 e\u0301"

    @given(st.text(st.characters()))
    def test_never_raises_and_is_stable(self, text):
        assert safe(safe(text)) == safe(text)
        assert not set(map(ord, safe(text))) & ({*UNSAFE} - AT_WORK)

    @pytest.mark.parametrize(
        "url, name",
        [
            ("https://github.com/a", "github.com"),
            ("http://localhost:80/", "localhost"),
            ("https://github.com@evil.example/", None),
            ("javascript:alert(1)", None),
            ("https://", None),
            ("https://[::1", None),
            ("ftp://x.example/", None),
            ("https://www.аррӏе.com", "www.xn--80ak6aa92e.com"),
            ("https://BÜCHER.example:8443/ü", "xn--bcher-kva.example"),
            ("https://faß.example", "xn--fa-hia.example"),
            ("https://ａ\u3002example/", "a.example"),
            ("https://日本語.example", "xn--wgv71a119e.example"),
            ("https://ok.example\u3164.evil.example", None),
            ("https://ok.example\u2800.evil.example", None),
            ("https://ok\uffa0\u115f.example", None),
            ("https://o\xadk.example", None),
            ("https://o\ufe0fk.example", None),
            ("https://ok.example\uff3c.evil.example", None),
            ("https://ok\uff20evil.example", None),
            ("https://www.%61pple.com", None),
            ("https://ok％2eexample", None),
            (f"https://{'ü' * 300}.example", None),
        ],
    )
    def test_host(self, url, name):
        assert host(url) == name

    def test_urls(self):
        assert urls("see https://a.example/x), http://b.example. https://a.example/x") == [
            "https://a.example/x",
            "http://b.example",
        ]
        assert urls("https://u:p@a.example/ https://a\u202eb.example https://a.example/\u3164/b") == []
        many = [f"https://a.example/{number}" for number in range(2000)]
        assert urls("\n".join(many * 3)) == many

    @pytest.mark.parametrize(
        "url, opened",
        [
            ("https://a.example:80/ü", "https://a.example:80/ü"),
            ("https://www.аррӏе.com", "https://www.xn--80ak6aa92e.com"),
            ("http://Ü.example:8443/Ü?ü#Ü.example", "http://xn--tda.example:8443/Ü?ü#Ü.example"),
        ],
    )
    def test_an_address_is_opened_at_the_host_that_is_said(self, url, opened):
        assert with_ascii_host(url) == opened
        assert host(opened) == host(url)


# Terminals draw these in different numbers of cells. tmux 3.3a: 4, 2, 4, 1, 1, 1, none, none, none, 2, 1.
UNSTEADY = {
    "👍🏽": "👍",
    "🏽": "<U+1F3FD>",
    "👩🏽\u200d💻": "👩💻",
    "❤\ufe0f\u200d🔥": "❤🔥",
    "1\ufe0f\u20e3": "1\u20e3",
    "👍\ufe0e": "👍",
    "\U0001faea": "<U+1FAEA>",
    "\U0001fae8": "<U+1FAE8>",
    "\u0378\ufffe": "<U+0378><U+FFFE>",
    "\u302e": "<U+302E>",
    "☰": "<U+2630>",
}


class TestSteady:
    @pytest.mark.parametrize("text, shown", UNSTEADY.items(), ids=ascii)
    def test_what_terminals_draw_in_different_numbers_of_cells_is_taken_out_or_numbered(self, text, shown):
        assert steady(f"a{text}b") == f"a{shown}b"
        assert clip(f"a{text}", 40) == fit(f"a{text}", cell_len(f"a{shown}")) == f"a{shown}"
        assert wrap(f"{text}", 40) == [shown]

    @pytest.mark.parametrize(
        "text", ["", "plain", "🔥🎉 ✓ → │", "🇩🇪", "日本語 한국어", "नमस्ते ภาษาไทย Việt e\u0301", "\ue0b0 \xa0\u2800"]
    )
    def test_other_text_stays(self, text):
        assert steady(text) == steady_in_place(text) == text

    def test_no_character_is_as_wide_in_one_unicode_as_in_another(self):
        older, *newer = [set(load(version).widths) for version in ("14.0.0", "15.0.0", "16.0.0", "17.0.0")]
        spans = older.union(*newer) - older.intersection(*newer)
        assert {steady(chr(code)) for first, last, _ in spans for code in (first, last)} >= {"<U+2630>", "<U+1FAEA>"}
        for first, last, _ in spans:
            for code in range(first, last + 1):
                shown = steady(chr(code))
                widths = {cell_len(shown, version) for version in ("14.0.0", "15.0.0", "16.0.0", "17.0.0")}
                assert len(widths) == 1, hex(code)

    @pytest.mark.parametrize(
        "text, shown",
        [
            ("👍🏽", "👍\u034f"),
            ("❤\ufe0f", "❤\u034f"),
            ("🏽", "\ufffd"),
            ("\U0001faea ☰", "〓 〓"),
            ("\u0378", "\ufffd"),
            ("\x1b\u202e", "␛\ufffd"),
            ("a\xad\u3164\ufe0f", "a\ufffd\ufffd\ufffd"),
        ],
    )
    def test_an_editor_has_one_character_for_one(self, text, shown):
        assert drawn(text) == shown

    @given(st.text())
    def test_is_stable_and_keeps_places_in_an_editor(self, text):
        assert steady(steady(text)) == steady(text)
        assert len(drawn(text)) == len(text)


class TestCells:
    @given(st.text(), st.integers(0, 40))
    def test_fits_exactly(self, text, width):
        shown = safe(text)
        assert cell_len(fit(shown, width)) == width
        assert cell_len(fit_right(shown, width)) == width
        assert cell_len(clip(shown, width)) <= width
        assert cell_len(clip_middle(shown, width)) <= width

    @given(st.text(), st.integers(2, 40))
    def test_wraps_without_losing_anything(self, text, width):
        shown = safe(text)
        lines = wrap(shown, width)
        assert "".join(lines).replace(" ", "") == steady(shown).replace(" ", "")
        assert all(cell_len(line) <= width for line in lines)

    def test_cuts_no_character_in_half(self):
        assert clip("日本語", 4) == "日…"
        assert fit("日本語", 4) == "日… "
        assert clip_middle("trusty-tools-issue-1275", 13) == "trusty…e-1275"
        assert wrap("two words here", 9) == ["two words", "here"]
        assert wrap("    indented", 8) == ["    inde", "nted"]


@pytest.mark.parametrize(
    "passed, said",
    [
        (timedelta(seconds=-5), "now"),
        (timedelta(seconds=59), "now"),
        (timedelta(minutes=6), "6m"),
        (timedelta(hours=3, minutes=59), "3h"),
        (timedelta(days=2), "2d"),
        (timedelta(days=99), "99d"),
        (timedelta(days=100), "3mo"),
        (timedelta(days=1200), "3y"),
    ],
)
def test_age(passed, said):
    assert age(passed) == said


def test_numbers():
    assert [ratio(2, 5), ratio(0, 0), size(850), size(64_500), size(2_100_000)] == ["2/5", "·", "850", "64K", "2.1M"]
    assert [bar(0, 5), bar(1, 50), bar(49, 50), bar(5, 5), bar(0, 0)] == ["░░░░░", "█░░░░", "████░", "█████", "     "]
    assert [count(1, "session"), count(2, "session"), count(2, "criterion", "criteria")] == [
        "1 session",
        "2 sessions",
        "2 criteria",
    ]
    assert first_line("\n\n  x\x1b \n y") == "x␛"
    assert last_words("one\n  two\x1b \n\nhttps://forge.example/pull/1 \n") == "two␛"
    assert last_words("see https://forge.example/pull/1") == "see https://forge.example/pull/1"
    assert last_words("https://forge.example/pull/1") == last_words(" \n") == last_words("") == ""
    assert last_words("x" * 10_000 + "\nend") == "end"


class TestNeeds:
    @pytest.mark.parametrize(
        "of, kind, why",
        [
            (goal("g", GoalStatus.IN_PROGRESS, FAILED, VERIFIED), Kind.FAILED, "s-1 failed: u update"),
            (goal("g", GoalStatus.BLOCKED, FAILED, FAILED), Kind.FAILED, "2 failed: s-1, s-2: u"),
            (goal("g", GoalStatus.IN_PROGRESS, VERIFIED), Kind.READY, "close: c   1 of 1 verified"),
            (goal("g", GoalStatus.BLOCKED, VERIFIED), Kind.READY, "close: c   though it is blocked"),
            (goal("g", GoalStatus.BLOCKED, RUNNING, notes=["waits\nfor 3.14"]), Kind.BLOCKED, '"waits"'),
            (goal("g", GoalStatus.BLOCKED), Kind.BLOCKED, "no note says why: m note"),
            (goal("g", GoalStatus.IN_PROGRESS), Kind.RUNNING, "no session yet: l link"),
            (goal("g", GoalStatus.IN_PROGRESS, RUNNING, LAUNCHED, LAUNCHED), Kind.RUNNING, "s-1 running, 2 launched"),
            (goal("g", GoalStatus.IN_PROGRESS, VERIFIED, evidence=" "), Kind.RUNNING, "s-1 without evidence: u"),
            (goal("g", GoalStatus.PENDING), Kind.PENDING, "no session yet: l link"),
            (goal("g", GoalStatus.DONE, VERIFIED, notes=["merged"]), Kind.CLOSED, '"merged"'),
            (goal("g", GoalStatus.DONE, RUNNING), Kind.CLOSED, "done against the gate: 0 of 1 verified"),
            (goal("g", GoalStatus.ABANDONED, FAILED), Kind.CLOSED, "no note"),
        ],
    )
    def test_kind_and_why(self, of, kind, why):
        assert kind_of(of) is kind
        assert assess(of) == (kind, assess(of).why)
        assert assess(of).why[0] == why

    def test_a_blocked_goal_says_what_it_was_blocked_with(self):
        of = goal("g", GoalStatus.BLOCKED, RUNNING, notes=["waits for 3.14", "by the way"])
        assert assess(of).why == ('"by the way"',)
        assert assess(of, "waits for 3.14").why == ('"waits for 3.14"',)
        assert assess(goal("g", GoalStatus.IN_PROGRESS, RUNNING), "old").why[0] == "s-1 running"

    @pytest.mark.parametrize(
        "width, one, two",
        [
            (70, 's-1 failed: "the grammar is ambiguous": u', '2 failed, the last: "the grammar is ambiguous": u'),
            (40, 's-1: "the grammar is ambiguous": u', 'last of 2: "the grammar is ambiguous": u'),
            (31, 's-1: "the grammar is ambi…": u', 'last of 2: "the grammar is…": u'),
            (21, 's-1: "the gramma…": u', '"the grammar is…": u'),
            (17, '"the grammar…": u', '"the grammar…": u'),
            (12, "1 failed: u", "2 failed: u"),
        ],
    )
    def test_a_failure_is_quoted_as_far_as_there_is_room_and_the_key_stays(self, width, one, two):
        for said, states in ((one, [FAILED]), (two, [FAILED, FAILED])):
            of = goal("g", GoalStatus.IN_PROGRESS, *states)
            assert fitting(assess(of, "the grammar is ambiguous").why, width) == said

    @pytest.mark.parametrize(
        "evidence, note, said",
        [
            ([LOG], "", 's-1 failed: "3 failed, 9 passed": u'),
            ([LOG], "no disk left", 's-1 failed: "no disk left": u'),
            (["https://forge.example/pull/7"], "", "s-1 failed: u update"),
            ([LOG, "https://forge.example/pull/7"], "", '2 failed, s-1: "3 failed, 9 passed": u'),
            ([LOG, "closed unmerged", None], "", '3 failed, s-2: "closed unmerged": u'),
        ],
    )
    def test_where_nobody_said_why_what_the_session_showed_does(self, evidence, note, said):
        of = goal("g", GoalStatus.IN_PROGRESS)
        links = [
            SessionLink(session_id=f"s-{at}", task="t", state=FAILED, evidence=text)
            for at, text in enumerate(evidence, 1)
        ]
        assert assess(replace(of, sessions=tuple(links)), note).why[0] == said

    def test_a_long_name_gives_way_to_what_is_quoted_and_is_told_from_others_all_the_same(self):
        link = SessionLink(session_id="trusty-tools-pr-3994", task="t", state=FAILED, evidence=LOG)
        of = replace(goal("g", GoalStatus.IN_PROGRESS), sessions=(link,))
        assert fitting(assess(of).why, 60) == 'trusty-tools-pr-3994 failed: "3 failed, 9 passed": u'
        assert fitting(assess(of).why, 40) == 'trusty…-3994: "3 failed, 9 passed": u'
        assert fitting(assess(of).why, 33) == 'trusty…-3994: "3 failed, 9 p…": u'

    def test_a_short_note_leaves_room_for_the_name(self):
        of = goal("g", GoalStatus.IN_PROGRESS, FAILED)
        assert fitting(assess(of, "why?").why, 30) == 's-1 failed: "why?": u'
        assert fitting(assess(of, "why?").why, 20) == 's-1: "why?": u'
        assert fitting(assess(of, "why?").why, 13) == "s-1 failed: u"

    @pytest.mark.parametrize("note", ["", "x", "the grammar", "word " * 200, "日本語" * 30, "👩🏽\u200d💻" * 40])
    def test_phrases_get_shorter(self, note):
        for one in parse_goals(SAMPLES.read_bytes()):
            why = assess(one, note).why
            assert list(map(len, why)) == sorted(map(len, why), reverse=True)
            assert all("u" in words.split(": ")[-1] for words in why if kind_of(one) is Kind.FAILED)
            assert not any("\u200d…" in words for words in why)
            assert cell_len(fitting(why, 12)) <= 12


class TestOrder:
    def order(self, *goals):
        self.goals = {one.id: one for one in goals}
        order = Order(self.goals.get, Facts(names=lambda goal_id: names(self.goals[goal_id])))
        order.load(goals)
        return order

    def ids(self, order):
        return [order.at(row) for row in range(len(order))]

    def test_need_then_longest(self):
        order = self.order(
            goal("pending", GoalStatus.PENDING),
            goal("ready-new", GoalStatus.IN_PROGRESS, VERIFIED, hours=1),
            goal("ready-old", GoalStatus.IN_PROGRESS, VERIFIED, hours=9),
            goal("running", GoalStatus.IN_PROGRESS, RUNNING, hours=99),
            goal("done", GoalStatus.DONE),
            goal("failed", GoalStatus.IN_PROGRESS, FAILED),
            goal("blocked", GoalStatus.BLOCKED),
        )
        assert self.ids(order) == ["failed", "ready-old", "ready-new", "blocked", "running", "pending"]
        assert order.needed == 4
        assert [order.count(view) for view in View] == [4, 1, 1, 1, 7]
        order.show(View.ALL, "")
        assert self.ids(order)[-1] == "done"

    def test_closed_newest_first(self):
        order = self.order(*(goal(f"g{hours}", GoalStatus.DONE, hours=hours) for hours in (5, 1, 3)))
        order.show(View.CLOSED, "")
        assert self.ids(order) == ["g1", "g3", "g5"]

    def test_filter_takes_all_words_anywhere(self):
        order = self.order(
            goal("g-1", description="Alpha"), goal("g-2", GoalStatus.IN_PROGRESS, RUNNING, description="Beta")
        )
        order.show(View.ALL, "alpha IT")
        assert not len(order)
        for words, found in (("ALPHA", ["g-1"]), ("s-1 beta", ["g-2"]), ("work", ["g-2"]), ("g-", ["g-1", "g-2"])):
            order.show(View.ALL, words)
            assert sorted(self.ids(order)) == found

    def test_held_rows_stay_and_go_when_taken(self):
        order = self.order(*(goal(f"g{at}", GoalStatus.IN_PROGRESS, RUNNING, hours=9 - at) for at in range(5)))
        before = self.ids(order)
        self.goals["g3"] = goal("g3", GoalStatus.IN_PROGRESS, FAILED)
        self.goals["new"] = goal("new", GoalStatus.IN_PROGRESS, RUNNING)
        assert not order.change("g3", hold=True)
        assert not order.change("new", hold=True)
        assert self.ids(order) == before
        assert order.moved == {"g3", "new"}
        assert order.count(View.NEEDS) == 1
        order.take(["new"])
        assert self.ids(order) == [*before, "new"]
        order.take()
        assert self.ids(order) == ["g3", "g0", "g1", "g2", "g4", "new"]
        assert not order.moved

    def test_a_change_that_keeps_its_place_moves_nothing(self):
        order = self.order(goal("g0", hours=2), goal("g1", hours=1))
        self.goals["g1"] = goal("g1", hours=0)
        assert not order.change("g1", hold=True)
        assert not order.moved
        assert order.row("g1") == 1

    @given(st.lists(st.tuples(st.integers(0, 6), st.sampled_from([*GoalStatus]), st.integers(0, 50), st.booleans())))
    def test_agrees_with_a_fresh_order_whatever_changed(self, changes):
        order = self.order()
        for number, status, hours, hold in changes:
            one = goal(f"g{number}", status, *([VERIFIED] if hours % 2 else [FAILED]), hours=hours)
            self.goals[one.id] = one
            order.change(one.id, hold=hold)
            assert [order.row(goal_id) for goal_id in self.ids(order)] == list(range(len(order)))
        order.take()
        fresh = self.order(*self.goals.values())
        assert self.ids(order) == self.ids(fresh)
        assert +order.counts == +fresh.counts


def test_rows_fill_their_width_exactly():
    for one in parse_goals(SAMPLES.read_bytes()):
        for width in range(30, 200):
            columns = Columns.of(width)
            assert sum(cell_len(text) for text, _ in pieces(one, columns, NOW - one.updated)) <= width - 1
            assert cell_len(heading(columns)) <= width
