"""The palace: the protocol that every palace keeps, and what the embedded one is made of (CONTRACT 4)."""

from __future__ import annotations

from store.palace.locks import Process, lock_holders
from store.palace.protocol import (
    DEFAULT_PALACE,
    Audit,
    Batch,
    Hurried,
    Palace,
    Request,
    Restricted,
    RevisionKind,
    StoredRevision,
    Transaction,
    unavailable,
)

__all__ = [
    "DEFAULT_PALACE",
    "Audit",
    "Batch",
    "Hurried",
    "Palace",
    "Process",
    "Request",
    "Restricted",
    "RevisionKind",
    "StoredRevision",
    "Transaction",
    "lock_holders",
    "unavailable",
]
