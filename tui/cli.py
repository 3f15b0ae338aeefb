"""The command line: what is asked for, and how it ends. Opens the console where no verb is given.

Nothing here loads Textual before the console is to be opened, or the store before a verb is to be carried out.
"""

from __future__ import annotations

import gc
import shlex
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

from store import (
    EvidenceRequired,
    GoalChanged,
    GoalClosed,
    GoalNotFound,
    GoalStoreError,
    InvalidInput,
    SessionAlreadyLinked,
    SessionNotFound,
    VerificationGateError,
)
from tui import notices, out, settings
from tui.format import safe, show_bytes
from tui.parser import actions_of, build_parser, form

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from store import SyncStore


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status (CONTRACT 5); the entry point of ``goalgate``."""
    out.prepare()
    words = sys.argv[1:] if arguments is None else list(arguments)
    options = words[: words.index("--")] if "--" in words else words
    words[: len(options)] = ["--help" if word == "-h" else word for word in options]
    # Asked before parsing, which may be what fails.
    as_json = "--json" in options
    said: list[str] = []
    try:
        return _run(words, said)
    except GoalStoreError as error:
        return _fail(error, said, as_json=as_json)
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001 - a traceback would show whatever text is in it as it is
        from tui.trouble import record_crash

        what = record_crash(error)
        if as_json:
            out.warn_json({"error": {"code": "internal_error", "message": what, "next": "report it, with that file"}})
        else:
            out.warn(what)
        return 70


def _run(words: Sequence[str], said: list[str]) -> int:
    parser = build_parser()
    args, rest = parser.parse_known_args(words)
    if rest:
        _refuse_rest(rest, parser, args.verb)
    try:
        return _obey(args, said)
    except GoalStoreError as error:
        _reword(error, parser, args)
        raise


def _obey(args: argparse.Namespace, said: list[str]) -> int:
    # Loads part of the store, which help and wrong usage need not wait for.
    from tui import given

    given.read_words(args)
    chosen = settings.choose(args.root, args.palace, args.actor)
    # The environment is no more UTF-8 than what is typed.
    chosen = chosen._replace(palace=given.in_utf8("palace", chosen.palace), actor=given.in_utf8("actor", chosen.actor))
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
    from tui.verbs import carry_out, is_there

    # Said at the end, since it becomes part of the error where a verb that speaks JSON fails. Watching has no end.
    say = out.warn if args.verb == "watch" else said.append
    with SyncStore(chosen.root, palace=chosen.palace, actor=chosen.actor, shared_root=chosen.shared_root) as store:
        if not args.founds and not is_there(store):
            say(_no_palace(store))
        status = carry_out(store, args, say)
    for line in said:
        out.warn(line)
    return status


def _no_palace(store: SyncStore) -> str:
    """Say what was looked for where, and what is there: names are easily mistyped."""
    others: list[str] = []
    with suppress(OSError):
        others = sorted(path.parent.name for path in store.root.glob("palaces/*/palace.db"))
    there = f"; found there: {', '.join(others[:10])}{' and others' * (len(others) > 10)}" if others else ""
    where = show_bytes(str(store.root))
    return safe(f"no palace {store.palace.name!r} in {where} yet; goalgate create or import begins it{there}")


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


def _refuse_rest(rest: Sequence[str], parser: argparse.ArgumentParser, verb: str | None) -> NoReturn:
    options = [word for word in rest if word.startswith("-")]
    help_ = f"see goalgate {verb} --help" if verb else "see goalgate --help"
    if verb:
        help_ = f"write {form(f'goalgate {verb}', actions_of(parser, verb))}; {help_}"
    if options:
        raise InvalidInput(
            "usage",
            f"there is no option {options[0]}",
            f"{help_}; a value that begins with - is written --option=-value, or after --",
        )
    if verb:
        help_ += "; put quotes around a text of several words"
    raise InvalidInput("usage", f"too many arguments: {' '.join(rest)}", help_)


def _open_console(chosen: settings.Settings, *, demo: bool, ascii_alone: bool) -> int:
    if not (sys.stdin and sys.stdin.isatty() and sys.stdout and sys.stdout.isatty()):
        raise InvalidInput("console", "needs a terminal", "give a verb; goalgate --help lists them")
    # Nearly all that is made until the goals are on the screen stays: looking for garbage in it is a tenth of the wait.
    gc.disable()
    from tui.start import open_console

    return open_console(chosen, demo=demo, ascii_alone=ascii_alone)


# A refusal in the words of the command line

_DESTINATIONS = {
    "acceptance": "accept",
    "goal_id": "goal",
    "session_id": "session",
    "note/note": "text",
    "close/reason": "outcome",
}
"""Where the store's word for what was typed is not the parser's; with the verb, where only that one's differs."""
_COMMANDS: dict[type[GoalStoreError], str] = {
    GoalNotFound: "goalgate list",
    SessionNotFound: "goalgate show {goal_id}",
    GoalClosed: "goalgate status {goal_id} inProgress",
    GoalChanged: "goalgate history {goal_id}",
    SessionAlreadyLinked: "goalgate show {holder}",
}


def _reword(error: GoalStoreError, parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """Make a refusal say what was typed, and what to type: ``session_id`` becomes ``SESSION``. Its facts stay."""
    if isinstance(error, InvalidInput):
        error.message = f"{_as_typed(error.field, parser, args)}: {error.problem}"
        if error.field == "evidence" and "bytes, the limit is" in error.problem:
            error.next += ", and keep its end: COMMAND 2>&1 | tail -c 200000"
    elif isinstance(error, EvidenceRequired) and args.verb == "update":
        if args.evidence is not None:
            error.message += ", and what was given is blank"
        error.next += " (--evidence TEXT; --evidence - reads standard input)"
    elif isinstance(error, VerificationGateError):
        error.next += f" ({_to_pass(error)})"
    elif isinstance(error, GoalNotFound) and not error.goal_id:
        error.next += ": is a variable of your script empty? (goalgate list)"
    elif command := _COMMANDS.get(type(error)):
        error.next += f" ({command.format_map(vars(error))})"


def _to_pass(error: VerificationGateError) -> str:
    if not error.holding:
        return f"goalgate link {error.goal_id} SESSION TASK"
    session = shlex.quote(error.holding[0].session_id) if len(error.holding) == 1 else "SESSION"
    return f"goalgate update {error.goal_id} {session} --state verified --evidence - <OUTPUT"


def _as_typed(field: str, parser: argparse.ArgumentParser, args: argparse.Namespace) -> str:
    name, _, index = field.partition(".")
    if name in ("root", "palace", "actor") and not getattr(args, name):
        return settings.source(name)
    dest = _DESTINATIONS.get(f"{args.verb}/{name}") or _DESTINATIONS.get(name, name)
    known = {action.dest: action for action in actions_of(parser, args.verb)}
    # A goal that grows too large is not what GOAL says.
    if dest not in known or name == "goal":
        return field
    typed = known[dest].option_strings[0] if known[dest].option_strings else str(known[dest].metavar)
    if not index.isdigit() or len(getattr(args, dest)) == 1:
        return typed
    return f"{typed} (the {_ordinal(int(index) + 1)})"


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


if __name__ == "__main__":
    sys.exit(main())
