"""What the operator chose: options, environment, defaults; and, for the console alone, a file of their own.

Light, since every verb pays for it.
"""

from __future__ import annotations

import getpass
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from store import DEFAULT_PALACE, InvalidInput
from tui import private

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
    shared_root: bool = False
    """Whether the root may be written where another side could, too: through a network, say."""


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
        environment.get("GOALGATE_SHARED_ROOT") == "1",
    )


def source(name: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return what says a setting, by its name, where no option does."""
    variable = f"GOALGATE_{name.upper()}"
    if name != "actor" or environment.get(variable):
        return variable
    # As getpass asks them.
    return next(filter(environment.get, ("LOGNAME", "USER", "LNAME", "USERNAME")), "the login name")


def default_root() -> Path:
    """Return goalgate's folder in the platform's folder for user data; nothing is made.

    Raises:
        InvalidInput: there is no home folder that it could be in.

    """
    folder = private.platform_folder("data")
    if folder == private.NOWHERE:
        raise InvalidInput("root", "there is no home folder", "set HOME, or name a folder with --root or GOALGATE_ROOT")
    return folder


def _folder(given: str) -> Path:
    try:
        path = Path(given).expanduser().absolute()
    except RuntimeError:
        raise _no_root(given, "there is no such home folder") from None
    except OSError as error:
        # The folder that it is relative to is gone.
        raise _no_root(given, error.strerror or str(error)) from None
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


# The console's own file. No verb reads it.

_MOST = 1 << 20
"""Bytes of a file that is still taken for ours."""


class Config(NamedTuple):
    """What the operator's ``config.toml`` says, and what is wrong with it."""

    theme: str | None = None
    """The name of the colours."""
    keys: Mapping[str, str] = {}
    """The id of a binding -> the keys it has instead of its own, with commas between them."""
    ascii: bool = False
    """Whether to draw with ASCII alone."""
    problems: tuple[str, ...] = ()
    """What was not understood, and so has no effect; each in one line, not safe to print."""


def config_path() -> Path:
    """Return where the file is, in the platform's folder for settings; nothing is made."""
    return private.platform_folder("config") / "config.toml"


def read_config(path: Path | None = None) -> Config:
    """Return what the file says; nothing where there is none. Never fails: what is wrong becomes a problem."""
    import tomllib

    path = config_path() if path is None else path
    try:
        said = tomllib.loads(private.read_small(path, _MOST).decode())
    except (FileNotFoundError, NotADirectoryError):
        return Config()
    except OSError as error:
        return Config(problems=(f"can't be read: {error.strerror or error}",))
    except UnicodeDecodeError:
        return Config(problems=("is not UTF-8",))
    except (ValueError, RecursionError) as error:
        return Config(problems=(f"is not TOML: {error}",))
    return _understood(said)


def _understood(said: dict[str, Any]) -> Config:
    config, problems = Config(), []
    for name, value in said.items():
        if name == "theme" and isinstance(value, str):
            config = config._replace(theme=value)
        elif name == "ascii" and isinstance(value, bool):
            config = config._replace(ascii=value)
        elif name == "keys" and isinstance(value, dict):
            keys = _flat(value)
            config = config._replace(keys={id_: given for id_, given in keys.items() if isinstance(given, str)})
            problems += [f"{id_} in [keys] must be a text" for id_ in keys if id_ not in config.keys]
        else:
            kinds = {"theme": "a text", "ascii": "true or false", "keys": "a table, [keys]"}
            problems.append(f"{name} must be {kinds[name]}" if name in kinds else f"{name} is not known here")
    return config._replace(problems=tuple(problems))


def _flat(table: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the ids as they are, whether they were written ``"goal.close"`` or ``goal.close``."""
    flat: dict[str, Any] = {}
    for name, value in table.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return flat
