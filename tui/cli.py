"""The command line: what is asked for, and how it ends. Opens the console where no verb is given.

Nothing here loads Textual before the console is to be opened, or the store before a verb is to be carried out.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn

from store import GoalStoreError, InvalidInput
from tui import notices, out, settings
from tui.parser import build_parser

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status (CONTRACT 5); the entry point of ``goalgate``."""
    out.prepare()
    given = sys.argv[1:] if arguments is None else list(arguments)
    options = given[: given.index("--")] if "--" in given else given
    given[: len(options)] = ["--help" if word == "-h" else word for word in options]
    # Asked before parsing, which may be what fails.
    as_json = "--json" in options
    said: list[str] = []
    try:
        return _run(given, said)
    except GoalStoreError as error:
        return _fail(error, said, as_json=as_json)
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001 - a traceback would show whatever text is in it as it is
        from tui.trouble import record_crash

        out.warn(record_crash(error))
        return 70


def _run(given: Sequence[str], said: list[str]) -> int:
    parser = build_parser()
    args, rest = parser.parse_known_args(given)
    if rest:
        _refuse_rest(rest, args.verb)
    chosen = settings.choose(args.root, args.palace, args.actor)
    if args.verb is None:
        return _open_console(chosen, demo=args.demo, ascii_alone=args.ascii)
    if args.demo or args.ascii:
        option = "--demo" if args.demo else "--ascii"
        raise InvalidInput("usage", f"{option} opens the console and takes no verb", "leave one of the two out")
    try:
        return _carry_out(chosen, args, said)
    except KeyboardInterrupt:
        # Watching has no other end.
        return 0 if args.verb == "watch" else 130


def _carry_out(chosen: settings.Settings, args: argparse.Namespace, said: list[str]) -> int:
    from store import SyncStore
    from tui.verbs import carry_out

    # Said at the end, since it becomes part of the error where a verb that speaks JSON fails. Watching has no end.
    say = out.warn if args.verb == "watch" else said.append
    with SyncStore(chosen.root, palace=chosen.palace, actor=chosen.actor) as store:
        status = carry_out(store, args, say)
    for line in said:
        out.warn(line)
    return status


def _fail(error: GoalStoreError, said: Sequence[str], *, as_json: bool) -> int:
    if as_json:
        out.warn_json(notices.as_json(error, said))
        return error.exit_code
    for line in said:
        out.warn(line)
    refused, way_out = notices.in_words(error)
    out.warn(refused)
    out.warn(f"  {way_out}")
    return error.exit_code


def _refuse_rest(rest: Sequence[str], verb: str | None) -> NoReturn:
    help_ = f"see goalgate {verb} --help" if verb else "see goalgate --help"
    if any(word.startswith("-") for word in rest):
        help_ += "; a value that begins with - is written --option=-value, or after --"
    elif verb:
        help_ += "; put quotes around a text of several words"
    raise InvalidInput("usage", f"too many arguments: {' '.join(rest)}", help_)


def _open_console(chosen: settings.Settings, *, demo: bool, ascii_alone: bool) -> int:
    if not (sys.stdin and sys.stdin.isatty() and sys.stdout and sys.stdout.isatty()):
        raise InvalidInput("console", "needs a terminal", "give a verb; goalgate --help lists them")
    from tui.start import open_console

    return open_console(chosen, demo=demo, ascii_alone=ascii_alone)


if __name__ == "__main__":
    sys.exit(main())
