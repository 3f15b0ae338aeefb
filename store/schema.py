"""The embedded palace's tables, and the questions that are asked of them."""

from __future__ import annotations

TAG = "sm-goal"
"""What kind of drawer a goal's is."""

# A migration takes the palace from the format of its index to the next; the version moves in the same transaction.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE palace (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        """
        CREATE TABLE revisions (
            seq INTEGER PRIMARY KEY,  -- never reused: nothing is ever deleted
            tag TEXT NOT NULL,        -- what kind of drawer
            drawer TEXT NOT NULL,
            number INTEGER NOT NULL,
            committed TEXT NOT NULL,  -- when, by this machine's clock; the goal has its own time in its text
            actor TEXT NOT NULL,
            text TEXT NOT NULL,       -- canonical wire text: control characters are escaped, so never U+0000
            crc INTEGER NOT NULL      -- of the text's UTF-8; from format 2 on see store.palace.checksum
        )
        """,
        "CREATE UNIQUE INDEX newest ON revisions (tag, drawer, number)",
        # Which open goals a session works on. Not UNIQUE by session: real files hold one session in two goals.
        """
        CREATE TABLE sessions (
            session_id TEXT NOT NULL, drawer TEXT NOT NULL, PRIMARY KEY (session_id, drawer)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE requests (
            request_id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, result TEXT NOT NULL
        ) WITHOUT ROWID
        """,
    ),
    # `store.palace.migration.derive_format_2` fills both for what is there.
    (
        "ALTER TABLE revisions ADD COLUMN kind TEXT NOT NULL DEFAULT 'change'",  # RevisionKind
        "ALTER TABLE revisions ADD COLUMN asked_at TEXT NOT NULL DEFAULT ''",  # see store.gate.asked_at
        # Somebody may have dropped it.
        "CREATE UNIQUE INDEX IF NOT EXISTS newest ON revisions (tag, drawer, number)",
    ),
)
_COLUMNS = "r.seq, r.drawer, r.number, r.committed, r.actor, CAST(r.text AS BLOB), r.crc, r.kind, r.asked_at"
# The inner query is answered by the index alone: long histories cost no page of text. Of a drawer that the index knows
# and the table does not, the checksum is wrong.
NEWEST = f"""
    SELECT n.seq, n.drawer, n.number, {_COLUMNS.partition("r.number, ")[2]} FROM (
        SELECT drawer, max(number) AS number, seq FROM revisions WHERE tag = '{TAG}' GROUP BY drawer
    ) AS n LEFT JOIN revisions AS r ON r.seq = n.seq
"""  # noqa: S608 - constants only
# Only of those that a session works on, which are nearly all that anybody has to look at.
AT_WORK = f"""
    SELECT {_COLUMNS} FROM (SELECT DISTINCT drawer FROM sessions) AS w JOIN revisions AS r
    ON r.tag = '{TAG}' AND r.drawer = w.drawer
    AND r.number = (SELECT max(number) FROM revisions WHERE tag = '{TAG}' AND drawer = w.drawer)
"""  # noqa: S608
CONTAINING = f"""
    SELECT n.seq, n.drawer, n.number, {_COLUMNS.partition("r.number, ")[2]} FROM (
        SELECT drawer, max(number) AS number, seq FROM revisions
        WHERE tag = '{TAG}' AND drawer BETWEEN ? AND ? GROUP BY drawer
    ) AS n JOIN revisions AS r ON r.seq = n.seq WHERE r.text LIKE ? ESCAPE '!'
"""  # noqa: S608
# With the plus no index is looked up by the tag: all drawers have it, and the newest are at the table's end.
RECENT = f"""
    SELECT {_COLUMNS} FROM revisions AS r WHERE +r.tag = '{TAG}' AND r.seq < ? ORDER BY r.seq DESC LIMIT ?
"""  # noqa: S608
SINCE = f"SELECT {_COLUMNS} FROM revisions AS r WHERE r.seq > ? AND +r.tag = '{TAG}' ORDER BY r.seq"  # noqa: S608
# The same, answered by the index alone: it knows what there is where the table has a damaged page. Which drawers hold
# a text it does not know.
_INDEXED = f"FROM revisions INDEXED BY newest WHERE tag = '{TAG}'"
BY_INDEX = {
    NEWEST: f"SELECT drawer, max(number), seq {_INDEXED} GROUP BY drawer",
    CONTAINING: f"SELECT drawer, max(number), seq {_INDEXED} AND drawer BETWEEN ? AND ? AND ? <> '' GROUP BY drawer",
    RECENT: f"SELECT drawer, number, seq {_INDEXED} AND seq < ? ORDER BY seq DESC LIMIT ?",
    SINCE: f"SELECT drawer, number, seq {_INDEXED} AND seq > ? ORDER BY seq",
}
ONE = f"SELECT {_COLUMNS} FROM revisions AS r WHERE r.seq = ?"  # noqa: S608
# How many revisions can be reached by the way in which the newest are looked for.
REACHED = f"SELECT count(*) FROM revisions WHERE tag = '{TAG}'"  # noqa: S608

WAIT = 5.0
"""Seconds to wait for another process's lock (CONTRACT 5)."""
LOCKED = "locked by another process"
REASONS = {
    "SQLITE_BUSY": f"{LOCKED} for {WAIT:g} s",
    "SQLITE_LOCKED": f"{LOCKED} for {WAIT:g} s",
    "SQLITE_FULL": "the disk is full",
    "SQLITE_READONLY": "it can't be written",
    "SQLITE_NOTADB": "the file is not a palace",
    "SQLITE_CORRUPT": "the file is damaged",
    "SQLITE_CANTOPEN": "the file can't be opened",
    "SQLITE_PERM": "permission denied",
}
"""What SQLite's errors mean, in words for people; by how their names begin."""
