"""What the operator chose: options, environment, defaults. Light, since every verb pays for it."""

from __future__ import annotations

import getpass
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from store import DEFAULT_PALACE, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping


class Settings(NamedTuple):
    """Which palace, and who is at work on it."""

    root: Path
    """The folder that holds palaces and caches."""
    palace: str
    """The palace's name."""
    actor: str
    """Who makes the changes, as they call themselves."""


def choose(
    root: str | None, palace: str | None, actor: str | None, environment: Mapping[str, str] = os.environ
) -> Settings:
    """Return what holds: an option before the environment before the default. Empty is as good as not given.

    Raises:
        InvalidInput: the root can't be a folder.

    """
    chosen = root or environment.get("GOALGATE_ROOT")
    return Settings(
        _folder(chosen) if chosen else default_root(),
        palace or environment.get("GOALGATE_PALACE") or DEFAULT_PALACE,
        actor or environment.get("GOALGATE_ACTOR") or _login(),
    )


def default_root() -> Path:
    """Return goalgate's folder in the platform's folder for user data; nothing is made."""
    from platformdirs import user_data_path

    return user_data_path("goalgate", appauthor=False)


def _folder(given: str) -> Path:
    try:
        path = Path(given).expanduser().absolute()
    except (OSError, RuntimeError) as error:
        # There is no home folder for ~, or the folder that it is relative to is gone.
        raise _no_root(given, getattr(error, "strerror", None) or str(error)) from None
    # What can't be looked at is the palace's affair.
    with suppress(OSError):
        if path.exists() and not path.is_dir():
            raise _no_root(given, "is not a folder")
    return path


def _no_root(given: str, problem: str) -> InvalidInput:
    return InvalidInput("root", f"{given}: {problem}", "name a folder, which need not exist yet")


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        # A container may run under a number that has no name.
        return f"uid-{os.getuid()}"
