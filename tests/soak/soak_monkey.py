"""Random keys and changes by others, for minutes."""

import time
from pathlib import Path

import pytest

from tests.soak.helpers import SCALE, SEED, tell
from tests.tui.test_monkey import LOOK, broken, run

__all__ = ["broken"]
SECONDS = 600 * SCALE
STEPS = 200


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def soak_random_keys_and_changes(tmp_path: Path, broken):
    end, seed = time.monotonic() + SECONDS, SEED
    while time.monotonic() < end:
        print(f"seed {seed}", flush=True)
        await run(tmp_path / str(seed), seed, broken, STEPS, LOOK)
        seed += 1
    tell(f"the monkey, {SECONDS:.0f} s", seeds=seed - SEED, steps=(seed - SEED) * STEPS, crashes=0)
