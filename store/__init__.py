"""goalgate's store: goals in a durable palace, changed through a verification gate.

Knows nothing of terminals. What stands in ``__all__`` is public; submodules are not. The names are loaded when
they are first asked for, so that a command line that only lists goals pays for no event loop.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from store.cache import GoalCache
    from store.commit import Imported
    from store.differences import what_changed
    from store.doctor import examine, remarks
    from store.domain.unicode_14 import is_unassigned
    from store.errors import (
        CacheError,
        EvidenceRequired,
        GoalChanged,
        GoalClosed,
        GoalNotFound,
        GoalStoreError,
        InvalidInput,
        PalaceUnavailable,
        SessionAlreadyLinked,
        SessionNotFound,
        VerificationGateError,
    )
    from store.files import append_private, open_file, private_folder, write_new
    from store.findings import Finding
    from store.gate import Hold, Verdict, judge
    from store.goals import Changes, GoalStore
    from store.limits import MAX_CRITERIA, MAX_EVIDENCE, MAX_LINE, MAX_NOTE, MAX_SESSION_ID
    from store.model import Goal, GoalStatus, SessionLink, SessionTaskState, SessionUpdate
    from store.palace import DEFAULT_PALACE, Palace
    from store.palace.causes import way_out
    from store.revisions import Event, Revision
    from store.sqlite import SqlitePalace
    from store.sync import SyncStore
    from store.text import is_blank, to_json
    from store.transfer import parse_goals, to_document
    from store.transitions import Create, Edit, Intent, Link, Note, Revert, SetStatus, Supersede, Unlink, Update

_HOME = {
    "cache": ("GoalCache",),
    "commit": ("Imported",),
    "differences": ("what_changed",),
    "doctor": ("examine", "remarks"),
    "domain.unicode_14": ("is_unassigned",),
    "errors": (
        "CacheError",
        "EvidenceRequired",
        "GoalChanged",
        "GoalClosed",
        "GoalNotFound",
        "GoalStoreError",
        "InvalidInput",
        "PalaceUnavailable",
        "SessionAlreadyLinked",
        "SessionNotFound",
        "VerificationGateError",
    ),
    "files": ("append_private", "open_file", "private_folder", "write_new"),
    "findings": ("Finding",),
    "gate": ("Hold", "Verdict", "judge"),
    "goals": ("Changes", "GoalStore"),
    "limits": ("MAX_CRITERIA", "MAX_EVIDENCE", "MAX_LINE", "MAX_NOTE", "MAX_SESSION_ID"),
    "model": ("Goal", "GoalStatus", "SessionLink", "SessionTaskState", "SessionUpdate"),
    "palace": ("DEFAULT_PALACE", "Palace"),
    "palace.causes": ("way_out",),
    "sqlite": ("SqlitePalace",),
    "revisions": ("Event", "Revision"),
    "sync": ("SyncStore",),
    "text": ("is_blank", "to_json"),
    "transfer": ("parse_goals", "to_document"),
    "transitions": ("Create", "Edit", "Intent", "Link", "Note", "Revert", "SetStatus", "Supersede", "Unlink", "Update"),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "DEFAULT_PALACE",
    "MAX_CRITERIA",
    "MAX_EVIDENCE",
    "MAX_LINE",
    "MAX_NOTE",
    "MAX_SESSION_ID",
    "CacheError",
    "Changes",
    "Create",
    "Edit",
    "Event",
    "EvidenceRequired",
    "Finding",
    "Goal",
    "GoalCache",
    "GoalChanged",
    "GoalClosed",
    "GoalNotFound",
    "GoalStatus",
    "GoalStore",
    "GoalStoreError",
    "Hold",
    "Imported",
    "Intent",
    "InvalidInput",
    "Link",
    "Note",
    "Palace",
    "PalaceUnavailable",
    "Revert",
    "Revision",
    "SessionAlreadyLinked",
    "SessionLink",
    "SessionNotFound",
    "SessionTaskState",
    "SessionUpdate",
    "SetStatus",
    "SqlitePalace",
    "Supersede",
    "SyncStore",
    "Unlink",
    "Update",
    "Verdict",
    "VerificationGateError",
    "append_private",
    "examine",
    "is_blank",
    "is_unassigned",
    "judge",
    "open_file",
    "parse_goals",
    "private_folder",
    "remarks",
    "to_document",
    "to_json",
    "way_out",
    "what_changed",
    "write_new",
]


def __getattr__(name: str) -> object:
    """Load a public name's module (PEP 562)."""
    if name not in _MODULE_OF:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value
