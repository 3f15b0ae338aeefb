"""Times as the wire has them: RFC 3339, in UTC (CONTRACT 1)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

# What `format_time` writes, and what anybody may.
_OURS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?Z", re.ASCII)
_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)")


def parse_time(value: object) -> datetime:
    """Return an RFC 3339 text, or a datetime with a zone, as UTC; digits past the microsecond are dropped.

    Raises:
        ValueError: no such time, no zone, or outside the years 1 to 9999 in UTC.

    """
    if isinstance(value, str):
        if not _OURS.fullmatch(value):
            if not (found := _RFC3339.fullmatch(value)):
                msg = "not a time like 2026-06-16T12:00:00Z (a zone is needed)"
                raise ValueError(msg)
            day, clock, digits, zone = found.groups()
            value = f"{day}T{clock}.{(digits or '')[:6]:0<6}{zone.upper()}"
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            msg = "a time that does not exist"
            raise ValueError(msg) from None
    if not isinstance(value, datetime) or value.utcoffset() is None:
        msg = "not a time with a zone"
        raise ValueError(msg)
    try:
        return value.astimezone(UTC)
    except OverflowError:
        msg = "outside the years 1 to 9999"
        raise ValueError(msg) from None


def format_time(moment: datetime) -> str:
    """Return a UTC moment as RFC 3339 with ``Z``, and six digits of fraction where it has one."""
    return moment.replace(tzinfo=None).isoformat() + "Z"
