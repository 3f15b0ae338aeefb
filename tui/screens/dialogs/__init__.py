"""The dialogs: each changes one goal in one way. An error stands beside its field, and nothing typed is lost."""

from tui.screens.dialogs.goals import (
    AddDialog,
    CloseDialog,
    EditDialog,
    NoteDialog,
    RevertDialog,
    StatusDialog,
    UndoDialog,
    last_change,
)
from tui.screens.dialogs.leaving import LeaveDialog, unsent
from tui.screens.dialogs.sessions import LinkDialog, UnlinkDialog, UpdateDialog
from tui.screens.dialogs.several import CloseSeveral, NoteSeveral, SeveralDialog, StatusSeveral, UndoSeveral

__all__ = [
    "AddDialog",
    "CloseDialog",
    "CloseSeveral",
    "EditDialog",
    "LeaveDialog",
    "LinkDialog",
    "NoteDialog",
    "NoteSeveral",
    "RevertDialog",
    "SeveralDialog",
    "StatusDialog",
    "StatusSeveral",
    "UndoDialog",
    "UndoSeveral",
    "UnlinkDialog",
    "UpdateDialog",
    "last_change",
    "unsent",
]
