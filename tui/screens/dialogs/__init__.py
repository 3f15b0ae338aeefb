"""The dialogs: each changes one goal in one way. An error stands beside its field, and nothing typed is lost."""

from tui.screens.dialogs.goals import AddDialog, CloseDialog, EditDialog, NoteDialog, StatusDialog, UndoDialog
from tui.screens.dialogs.sessions import LinkDialog, UnlinkDialog, UpdateDialog

__all__ = [
    "AddDialog",
    "CloseDialog",
    "EditDialog",
    "LinkDialog",
    "NoteDialog",
    "StatusDialog",
    "UndoDialog",
    "UnlinkDialog",
    "UpdateDialog",
]
