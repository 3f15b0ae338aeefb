import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import pytest
import pytest_textual_snapshot

from tests.tui.helpers import console, fill, ready
from tests.tui.real_terminal import Terminal
from tests.tui.story import tell

if TYPE_CHECKING:
    from syrupy.location import PyTestLocation

PICTURES = Path(__file__).parents[2] / "screenshots"


class Pictures(pytest_textual_snapshot.SVGImageExtension):  # type: ignore[misc]
    """One file a screen, beside the README that shows them."""

    @classmethod
    def dirname(cls, *, test_location: "PyTestLocation") -> str:
        return str(PICTURES)

    @classmethod
    def get_snapshot_name(cls, *, test_location: "PyTestLocation", index: object = 0) -> str:
        # test_picture[board-120x40] -> board-120x40
        return str(test_location.snapshot_name).partition("[")[2].rstrip("]")

    @classmethod
    def write_snapshot(cls, **where: Any) -> None:
        # It warns that the file's name does not hold the test's, which is what is wanted here.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            super().write_snapshot(**where)


@pytest.fixture(autouse=True)
def _pictures(monkeypatch):
    monkeypatch.setattr(pytest_textual_snapshot, "SVGImageExtension", Pictures)


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def root(tmp_path):
    """A palace with the sample goals."""
    anyio.run(fill, tmp_path)
    return tmp_path


@pytest.fixture
def told(tmp_path):
    """A palace where a morning has passed."""
    anyio.run(tell, tmp_path)
    return tmp_path


@pytest.fixture
def pictured(snap_compare):
    """Compare what a console shows after some steps with the picture of it, when it shows these words."""

    def compare(root, size, steps, words, config=None):
        async def run(pilot):
            me = await ready(pilot)
            await steps(me)
            await me.sees(*words)

        return snap_compare(console(root, config), terminal_size=size, run_before=run)

    return compare


@pytest.fixture
def terminal(tmp_path):
    opened: list[Terminal] = []

    def start(script: str = "", *options: str, **environment: str) -> Terminal:
        opened.append(Terminal(tmp_path, script, *options, **environment))
        return opened[-1]

    yield start
    for one in opened:
        one.close()
