"""The checksum beside each revision: it finds damage, and changes that were not made by goalgate."""

from __future__ import annotations

import zlib


def checksum(drawer: str, number: int, committed: str, actor: str, kind: str, asked_at: str, text: bytes) -> int:
    """Return the CRC-32 of a revision: all that it says, so that none of it can change unnoticed.

    Raises:
        TypeError: one of the columns is of another type, which damage may make of any.
        ValueError: the number is none.

    """
    head = "\0".join((drawer, f"{number:d}", committed, actor, kind, asked_at, ""))
    return zlib.crc32(text, zlib.crc32(head.encode(errors="surrogatepass")))
