"""The command line: what is asked for, and how it ends. Opens the console where no verb is given.

Nothing here loads Textual before the console is to be opened.
"""

from __future__ import annotations

import argparse
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NoReturn

from store import GoalStatus, GoalStoreError, InvalidInput, SessionTaskState, SyncStore
from tui import notices, out, settings
from tui.verbs import VERBS, carry_out

if TYPE_CHECKING:
    from collections.abc import Sequence

_ABOUT = "Goals that are done only when every linked session is verified, with evidence."
_MORE = """\
without a verb: the console

an agent's way to a closed goal:
  goalgate create "Ship the parser" --accept "the tests pass"     prints the goal's id
  goalgate link g-1a2b s-1 "write it"                             s-1 is the session that does it
  goalgate update g-1a2b s-1 --state running
  pytest 2>&1 | goalgate update g-1a2b s-1 --state verified --evidence -
  goalgate close g-1a2b --outcome "merged"                        refused while a session holds it back

a goal may be named by the beginning of its id. --json makes any verb speak JSON.
exit status: 0 done, 2 wrong input, 3 refused by a rule or the gate, 4 not found, 5 palace unavailable
"""


class _Parser(argparse.ArgumentParser):
    """A parser that reports through us, so that a usage error can be JSON and can't drive the terminal."""

    def error(self, message: str) -> NoReturn:
        raise InvalidInput("usage", message, f"see {self.prog} --help")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status (CONTRACT 5); the entry point of ``goalgate``."""
    out.prepare()
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        return _run(given)
    except GoalStoreError as error:
        return _fail(error, as_json="--json" in given)
    except BrokenPipeError:
        out.hush()
        return 0
    except KeyboardInterrupt:
        return 130


def _run(given: Sequence[str]) -> int:
    parser = build_parser()
    args = parser.parse_args(given)
    chosen = settings.choose(args.root, args.palace, args.actor)
    if args.verb is None:
        return _open_console(chosen, demo=args.demo)
    with SyncStore(chosen.root, palace=chosen.palace, actor=chosen.actor) as store:
        try:
            return carry_out(VERBS[args.verb], store, args)
        except KeyboardInterrupt:
            # Watching has no other end.
            if args.verb == "watch":
                return 0
            raise


def _fail(error: GoalStoreError, *, as_json: bool) -> int:
    if as_json:
        out.warn_json(notices.as_json(error))
    else:
        refused, way_out = notices.in_words(error)
        out.warn(refused)
        out.warn(f"  {way_out}")
    return error.exit_code


def _open_console(chosen: settings.Settings, *, demo: bool) -> int:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise InvalidInput("console", "needs a terminal", "give a verb; goalgate --help lists them")
    from tui.start import open_console

    return open_console(chosen, demo=demo)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = _Parser(
        prog="goalgate",
        description=_ABOUT,
        epilog=_MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"goalgate {version('goalgate')}")
    parser.add_argument("--root", metavar="DIR", help="where palaces and caches are (GOALGATE_ROOT)")
    parser.add_argument("--palace", metavar="NAME", help="which palace (GOALGATE_PALACE; session-manager)")
    parser.add_argument("--actor", metavar="NAME", help="who makes the changes (GOALGATE_ACTOR; the login name)")
    parser.add_argument(
        "--demo", action="store_true", help="open the console on sample goals, in a palace that is thrown away"
    )
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", parser_class=_Parser)

    def verb(name: str, about: str, *, goal: bool = True) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=about, description=about, allow_abbrev=False)
        if goal:
            added.add_argument("goal", metavar="GOAL", help="its id, or the beginning of it")
        added.add_argument("--json", action="store_true", help="print JSON")
        if VERBS[name].mutates:
            added.add_argument("--request-id", metavar="ID", help="the same ID again changes nothing more")
        return added

    states = [str(state) for state in SessionTaskState]
    statuses = [str(status) for status in GoalStatus]
    accept: dict[str, Any] = {"action": "append", "metavar": "TEXT", "help": "an acceptance criterion; may be repeated"}

    added = verb("list", "list the goals, by id", goal=False)
    added.add_argument("--status", action="append", choices=statuses, help="only these; may be repeated")
    verb("show", "show one goal with its evidence and notes")
    added = verb("create", "create a goal and print its id", goal=False)
    added.add_argument("description", metavar="DESCRIPTION", help="what you want, in one line")
    added.add_argument("--accept", **accept)
    added = verb("edit", "replace a goal's description or its criteria")
    added.add_argument("--description", metavar="TEXT", help="the new description")
    added.add_argument("--accept", **accept)
    added = verb("link", "say that a session works on a goal")
    added.add_argument("session", metavar="SESSION", help="the session's id")
    added.add_argument("task", metavar="TASK", help="what it is to do, in one line")
    added = verb("unlink", "take a mistaken link away")
    added.add_argument("session", metavar="SESSION", help="the session's id")
    added.add_argument("--reason", metavar="TEXT", required=True, help="why; becomes a note")
    added = verb("update", "set a session's state or evidence")
    added.add_argument("session", metavar="SESSION", help="the session's id")
    added.add_argument("--state", choices=states, help="how far it is")
    added.add_argument("--evidence", metavar="TEXT", help="what shows it: a URL, output; - reads standard input")
    added.add_argument("--note", metavar="TEXT", help="a note on the goal")
    added = verb("note", "add a note to a goal, closed or not")
    added.add_argument("text", metavar="TEXT", help="a decision, a blocker, an outcome")
    added = verb("status", "set a goal's status; done goes through the gate")
    added.add_argument("status", metavar="STATUS", choices=statuses, help=", ".join(statuses))
    added.add_argument("--reason", metavar="TEXT", help="why; becomes a note")
    added = verb("close", "say that a goal is done, if the gate agrees")
    added.add_argument("--outcome", metavar="TEXT", help="what came of it; becomes a note")
    verb("history", "show a goal's revisions: number, when, by whom, what changed")
    added = verb("revert", "make a goal what it was at a revision, as a new revision")
    added.add_argument("revision", metavar="REVISION", type=int, help="a number from its history")
    added = verb("import", "take in the goals of a goals.json, ours or trusty-mpm's, all or nothing", goal=False)
    added.add_argument("file", metavar="FILE", help="the file")
    added = verb("export", "write all goals as a goals.json", goal=False)
    added.add_argument("file", metavar="FILE", nargs="?", help="where to; standard output if not given")
    added.add_argument("--force", action="store_true", help="write over a file that is there")
    verb("watch", "print a line for every change, as it is committed, until interrupted", goal=False)
    verb("doctor", "say what is wrong with the palace; exit status 1 if anything is", goal=False)
    return parser


if __name__ == "__main__":
    sys.exit(main())
