"""What the operator wrote and did not send, kept from one run of the console to the next: one file for each palace.

It is private to its user. No failure to read or write it ever fails the console.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from tui import private

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Key = tuple[str, ...]
"""A dialog, and what it was opened for."""
Draft = tuple[str, "Mapping[str, str]"]
"""What it is, in safe words, and what stands in its fields."""

_SIZE: Final = 1 << 26
"""Bytes that the file has at most; a larger one is none of ours."""
_MOST: Final = 100
"""Drafts that are kept; the oldest go first."""


class Drafts:
    """The drafts of one palace. Each change is written at once, into what another console may have written."""

    def __init__(self, path: Path) -> None:
        """Read what an earlier run left in a file; nothing is made."""
        self._path = path
        self._all = self._load()
        self._earlier = set(self._all)

    def __getitem__(self, key: Key) -> Mapping[str, str]:
        """Return what stands in the fields of a draft; nothing where there is none."""
        return self._all.get(key, ("", {}))[1]

    @property
    def all(self) -> dict[Key, Draft]:
        """All of them, the oldest first."""
        return dict(self._all)

    @property
    def of_this_run(self) -> dict[Key, Draft]:
        """Those that were written or changed since the console began."""
        return {key: draft for key, draft in self._all.items() if key not in self._earlier}

    def keep(self, key: Key, fields: Mapping[str, str], name: str = "") -> None:
        """Keep a draft in place of the one before it, or none where no field is given."""
        if dict(fields) == dict(self[key]):
            return
        self._earlier.discard(key)
        on_disk = self._load()
        for drafts in (self._all, on_disk):
            drafts.pop(key, None)
            if fields:
                drafts[key] = (name, dict(fields))
        with suppress(OSError):
            self._write(dict([*on_disk.items()][-_MOST:]))

    def _write(self, drafts: Mapping[Key, Draft]) -> None:
        if drafts:
            entries = [{"dialog": key, "name": name, "fields": fields} for key, (name, fields) in drafts.items()]
            private.keep(self._path, json.dumps(entries))
        else:
            self._path.unlink(missing_ok=True)

    def _load(self) -> dict[Key, Draft]:
        try:
            # A named pipe in its place would never be read to its end.
            if not self._path.is_file() or self._path.stat().st_size > _SIZE:
                return {}
            entries = json.loads(self._path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        drafts: dict[Key, Draft] = {}
        for entry in entries if isinstance(entries, list) else ():
            with suppress(KeyError, TypeError):
                key, name, fields = entry["dialog"], entry["name"], entry["fields"]
                if isinstance(fields, dict) and all(isinstance(text, str) for text in (*key, name, *fields.values())):
                    drafts[tuple(key)] = (name, fields)
        return drafts
