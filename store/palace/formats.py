"""Which format a palace's file has, also where a tool of SQLite's made it anew and left the number out."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from store.palace.causes import Unusable
from store.schema import MIGRATIONS

_LEFT_BY_RECOVERY = "lost_and_found"
"""What SQLite's ``.recover`` calls its tables of rows that it could not place."""


def format_of(db: sqlite3.Connection) -> int:
    """Return the format's number, 0 for a database with nothing in it.

    SQLite's ``.dump`` and ``.recover`` leave the number out: then it is the one whose tables these are.

    Raises:
        Unusable: the tables are another program's, or none that goalgate ever made.

    """
    number = int(db.execute("PRAGMA user_version").fetchone()[0])
    if number > 0:
        return number
    tables = _shape(db)
    if not tables:
        return 0
    known = [_shape_of_format(number) for number in range(1, len(MIGRATIONS) + 1)]
    for number in range(len(known), 0, -1):
        if tables == known[number - 1]:
            return number
    if named := [name for name in tables if name in known[-1]]:
        differing = [name for name in named if all(tables[name] != shape.get(name) for shape in known)]
        what = f"table {', '.join(differing)}" if differing else f"table {', '.join(tables.keys() - known[-1].keys())}"
        msg = f"it has a palace's tables and no format, and goalgate knows none such ({what})"
    else:
        msg = f"it is another program's database, with the tables {', '.join(sorted(tables)[:5])}"
    raise Unusable(msg)


def has_number(db: sqlite3.Connection, number: int) -> bool:
    """Return whether the file itself says that it has this format."""
    return bool(db.execute("PRAGMA user_version").fetchone()[0] == number)


def _shape_of_format(number: int) -> dict[str, list[object]]:
    with closing(sqlite3.connect(":memory:")) as db:
        for statements in MIGRATIONS[:number]:
            for statement in statements:
                db.execute(statement)
        return _shape(db)


def _shape(db: sqlite3.Connection) -> dict[str, list[object]]:
    """Return the columns of each table and the columns of its indexes."""
    shape: dict[str, list[object]] = {}
    for (table,) in db.execute("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')").fetchall():
        if table.startswith(("sqlite_", _LEFT_BY_RECOVERY)):
            continue
        columns = db.execute('SELECT name, type, "notnull", pk FROM pragma_table_xinfo(?)', (table,)).fetchall()
        indexes = db.execute('SELECT name, "unique", origin FROM pragma_index_list(?)', (table,)).fetchall()
        over = [
            (unique, origin, db.execute("SELECT name FROM pragma_index_info(?)", (index,)).fetchall())
            for index, unique, origin in indexes
        ]
        shape[table] = [columns, sorted(over, key=repr)]
    return shape
