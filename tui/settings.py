"""What the operator chose: options, environment, defaults. Light, since every verb pays for it."""

from __future__ import annotations

import getpass
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from store import DEFAULT_PALACE

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
    """Return what holds: an option before the environment before the default. Empty is as good as not given."""
    chosen = root or environment.get("GOALGATE_ROOT")
    return Settings(
        Path(chosen).expanduser().absolute() if chosen else default_root(),
        palace or environment.get("GOALGATE_PALACE") or DEFAULT_PALACE,
        actor or environment.get("GOALGATE_ACTOR") or _login(),
    )


def default_root() -> Path:
    """Return goalgate's folder in the platform's folder for user data; nothing is made."""
    from platformdirs import user_data_path

    return user_data_path("goalgate", appauthor=False)


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        # A container may run under a number that has no name.
        return f"uid-{os.getuid()}"
