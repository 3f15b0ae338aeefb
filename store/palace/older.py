"""A palace of an older format that can't be brought to ours now is read as it would be then."""

from __future__ import annotations

import sqlite3

from store.palace.formats import format_of
from store.palace.founding import migrate
from store.schema import MIGRATIONS


class MigratedCopy:
    """A copy of a palace in memory, in our format; made anew when the palace has changed."""

    def __init__(self) -> None:
        """Copy nothing yet."""
        self._copy: sqlite3.Connection | None = None
        self._state: tuple[sqlite3.Connection, int] | None = None
        """The connection of whose palace it is a copy, and how far that was."""

    def of(self, db: sqlite3.Connection) -> sqlite3.Connection:
        """Return the database to read in place of ``db``: a copy, or ``db`` where the palace has our format by now."""
        state = db, db.execute("PRAGMA data_version").fetchone()[0]
        if self._state != state:
            self.close()
            if format_of(db) < len(MIGRATIONS):
                self._copy = _migrated(db)
            self._state = state
        return self._copy or db

    def close(self) -> None:
        """Let go of the copy."""
        if self._copy is not None:
            self._copy.close()
        self._copy = self._state = None


def _migrated(db: sqlite3.Connection) -> sqlite3.Connection:
    copy = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    try:
        db.backup(copy)
        copy.execute("PRAGMA trusted_schema = OFF")
        migrate(copy, format_of)
        copy.execute("PRAGMA query_only = 1")
    except BaseException:
        copy.close()
        raise
    return copy
