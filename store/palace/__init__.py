"""The palace: the protocol that every palace keeps, and what the embedded one is made of (CONTRACT 4)."""

from __future__ import annotations

from store.palace.protocol import (
    DEFAULT_PALACE,
    Batch,
    Hurried,
    Palace,
    Request,
    StoredRevision,
    Transaction,
    unavailable,
)

__all__ = [
    "DEFAULT_PALACE",
    "Batch",
    "Hurried",
    "Palace",
    "Request",
    "StoredRevision",
    "Transaction",
    "unavailable",
]
