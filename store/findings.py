"""What the doctor's checks share: a finding, and one look at a whole palace."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from store.sync import SyncStore


class Finding(NamedTuple):
    """One thing that is wrong."""

    kind: str
    """``palace``, ``unreadable``, ``history``, ``cache``, ``aside``, ``gate``, ``evidence``, ``limit``, ``clock``,
    ``session``, ``superseded``, ``root``; of the operator's own files ``state``."""
    goal: str | None
    """The goal that it is about, if it is about one."""
    problem: str
    """In a sentence."""
    path: str | None = None
    """The file or folder that it is about, if it is about one."""
    revision: int | None = None
    """The number of the goal's revision that it is about, or of the first one."""


@dataclass(frozen=True)
class Examination:
    """One look at a whole palace: what a check may use."""

    store: SyncStore
    progress: Callable[[int, int], None]
    """Told now and then how many goals were looked at, of how many."""
    wait: Callable[[float], bool]
    """Lets some seconds pass, and returns whether to give up."""
    folders: tuple[Path, ...] = ()
    """Where the operator's own files are kept."""
    in_goals: list[Finding] = field(default_factory=list)
    """Findings about single goals."""
    working: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """The open goals of each session, by what the goals say."""

    @property
    def can_ask(self) -> bool:
        """Whether there is a palace that can be asked; where there is none, another check says so."""
        return self.store.degraded is None and self.store.book.seen > 0
