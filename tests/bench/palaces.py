"""Palaces of any size, made of the sample goals."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

from store import SyncStore, parse_goals
from tests.store.helpers import SAMPLES


def sample_goals(count: int):
    """Return ``count`` goals: the samples over and over, each with a number, sessions and an id of its own."""
    samples = cycle(parse_goals(SAMPLES.read_bytes()))
    return [
        replace(
            goal,
            id=f"g-{number:016x}",
            # Where all look alike a list that scrolls is the same screen again.
            description=f"{number}: {goal.description}",
            sessions=tuple(replace(link, session_id=f"{link.session_id}-{number}") for link in goal.sessions),
        )
        for number, goal in enumerate(islice(samples, count))
    ]


def make_palace(root: Path, count: int) -> Path:
    """Return a root whose palace holds ``count`` goals."""
    with SyncStore.open(root) as store:
        store.import_goals(sample_goals(count))
        store.leave()
    return root
