"""A palace where something happened: the sample goals, and a morning's work on them by several hands."""

from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from store import GoalStatus, GoalStore, SessionLink, parse_goals
from tests.store.helpers import SAMPLES, cache_file, damage, sign, sql, update
from tests.tui.helpers import FAILED, NOON

RUNNING = "g-0be0bb96999de61f"
READY = "g-2ca5bc719eea0b76"
PENDING = "g-b3bcbd6bde62c52b"
WAITING = "g-44d48a72674e5fae"
BROKEN = "g-e59156d25b42fa2b"

EVIL = "[/] [unclosed \x1b[31mred \u202eback 検証 [b]bold[/b] \x9b2J"
"""What an agent may write, and what a terminal or a reader of markup might obey."""
TAMED = "[/] [unclosed ␛[31mred <U+202E>back 検証 [b]bold[/b] <U+009B>2J"
"""The same as it stands on the screen."""


@asynccontextmanager
async def hand(root: Path, actor: str, minutes: float = 0):
    """Somebody at work on a palace, ``minutes`` before noon."""
    at = NOON - timedelta(minutes=minutes)
    async with GoalStore.open(root, actor=actor, clock=lambda: at) as store:
        known = store.seq
        yield store
    # When a change was committed is told by the machine's clock, and that of the story stands still.
    sql(root, "UPDATE revisions SET committed = ? WHERE seq > ?", at.isoformat(), known)
    sign(root, "seq > ?", known)


async def tell(root: Path) -> None:
    """Import the sample goals, and let a morning pass."""
    async with hand(root, "import", 26 * 60) as store:
        await store.import_goals(parse_goals(SAMPLES.read_bytes()))
    for minutes, actor, work in MORNING:
        async with hand(root, actor, minutes) as store:
            await work(store)


async def tell_ill(root: Path) -> None:
    """The same, and then what a doctor finds: goals from elsewhere, and a drawer that somebody wrote into."""
    await tell(root)
    async with hand(root, "import", 1) as store:
        pending, running = store.get(PENDING), store.get(RUNNING)
        lie = {"id": "g-00000000000000aa", "status": GoalStatus.DONE, "description": "Announce the release"}
        twice = {"id": "g-00000000000000bb", "status": GoalStatus.IN_PROGRESS, "description": "Port the installer"}
        shared = SessionLink.launched("uv-pr-15001", "move the retries")
        await store.import_goals(
            [
                replace(pending, **lie, sessions=(SessionLink.launched("pr-9001", "write the notes"),)),
                replace(running, **twice, sessions=(shared,)),
            ]
        )
    damage(root, BROKEN)
    # Whoever opens next makes the cache anew.
    cache_file(root).unlink()


def _update(goal_id: str, *what: str):
    return lambda store: store.update(goal_id, update(*what))


def _link(goal_id: str, session_id: str, task: str):
    return lambda store: store.link(goal_id, SessionLink.launched(session_id, task))


MORNING = (
    (330, "mcp:pm", _link(PENDING, "pr-8102", "let the manager take bounded routine actions in P10")),
    (326, "mcp:pr-8102", _update(PENDING, "pr-8102", "running")),
    (190, "daniel", lambda store: store.note(FAILED, "One variable a pull request, as agreed on Tuesday.")),
    (
        95,
        "mcp:uv-pr-15001",
        _update(FAILED, "uv-pr-15001", "failed", "test result: FAILED. 3 failed; exit code 101"),
    ),
    (
        41,
        "mcp:pr-8102",
        _update(PENDING, "pr-8102", "verified", "41 passed in 12.4s\nall checks green", "merged as #8102"),
    ),
    (38, "daniel", lambda store: store.close(PENDING, "bounded actions are in")),
    (22, "daniel", lambda store: store.set_status(RUNNING, GoalStatus.BLOCKED, "waiting for the terminal library")),
    (9, "daniel", lambda store: store.edit(WAITING, acceptance=["each agent has a tab"])),
    (3, "hook:ci", lambda store: store.note(READY, "nightly: every dispatch left a report")),
)
