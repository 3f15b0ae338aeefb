"""Every key of the screens that are like another one does something that can be seen, too."""

import pytest

from tests.tui.helpers import fill
from tests.tui.test_bindings import LIKE, try_keys


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.mark.parametrize("place", LIKE)
async def soak_no_key_is_silent(tmp_path, place):
    await fill(tmp_path)
    await try_keys(tmp_path, place)
