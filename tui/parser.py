"""The options of the command line, and its help. Loads neither the store nor Textual."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Any, NoReturn

from store import InvalidInput
from tui import out

if TYPE_CHECKING:
    from collections.abc import Iterable

_ABOUT = "Goals that are done only when every linked session is verified, with evidence."
_MORE = """\
Without a verb goalgate opens the console; goalgate VERB --help says more of a
verb, with an example.

from a goal to its end, as an agent would:
  G=$(goalgate create "Ship the parser" --accept "the tests pass")
  goalgate link $G s-1 "write it"          # s-1 is the session that does it
  goalgate update $G s-1 --state running
  L=$(mktemp); make test >$L 2>&1 &&
    goalgate update $G s-1 --state verified --evidence - <$L
  goalgate close $G --outcome "merged"     # refused while a session holds it

words:
  goal      what you want: a description, acceptance criteria, notes; it is
            pending, inProgress, blocked, done or abandoned
  session   somebody's work on a goal, under an id that you choose: launched,
            running, verified or failed
  evidence  what shows that the work is done: a URL, the output of its tests
  gate      a goal is done only when it has a session, and each of its
            sessions is verified with evidence
  palace    where goals are kept, with every revision of them

GOAL is an id, or the beginning of one. Evidence, a note, a reason or an
outcome that is written - is read from standard input, and then stands in no
list of processes. --json makes any verb speak JSON, and
its errors too, on standard error. A value that begins with - is written
--option=-value, or after -- where it belongs to no option. --request-id makes
a change safe to send again: the same id returns the first answer, and changes
nothing more.

exit status: 0 done; 1 doctor found something, or the output can't be written;
2 wrong input; 3 refused by a rule or by the gate; 4 no such goal or session;
5 palace unavailable, and nothing was changed; 70 an error of goalgate's own;
130 interrupted, but for watch
"""
_LIST = """\
example: goalgate list --status pending --status inProgress

A line holds: id, status, how many of how many sessions are verified with
evidence, description.
"""
_SHOW = """\
example: goalgate show g-1a2b

With --json it prints the goal alone, as goalgate export writes it.
"""
_CREATE = """\
example: goalgate create "Ship the parser" --accept "the tests pass"

A goal begins as pending. Link the session that does the work next.
"""
_EDIT = """\
example: goalgate edit g-1a2b --accept "the tests pass" --accept "no warnings"

What is not given stays as it is. A closed goal has to be reopened first:
goalgate status GOAL inProgress
"""
_LINK = """\
example: goalgate link g-1a2b s-1 "write the parser"

The session begins as launched, and a pending goal is in progress from then on.
A session works on one open goal at a time.
"""
_UNLINK = """\
example: goalgate unlink g-1a2b s-1 --reason "meant another goal"

For a link that was a mistake, so that nobody has to verify a lie. The history
keeps what the session did.
"""
_UPDATE = """\
examples:
  goalgate update g-1a2b s-1 --state running
  goalgate update g-1a2b s-1 --state verified --evidence - <log
  goalgate update g-1a2b s-1 --state failed --note "the grammar is ambiguous"

A session is verified only with evidence. One that leaves verified or failed
loses its evidence, unless new evidence is given with it.
"""
_SUPERSEDE = """\
examples:
  goalgate supersede g-1a2b s-1 --by s-2
  goalgate supersede g-1a2b s-1

For a session whose work another session of the same goal took over: it stays
linked and shown, and holds the goal back no more. Without --by it counts
again.
"""
_NOTE = """\
example: goalgate note g-1a2b "decided against a generator"
"""
_STATUS = """\
example: goalgate status g-1a2b blocked --reason "waits for the release"

Any status may follow any other, but done goes through the gate: the goal needs
a session, and each of its sessions has to be verified with evidence. Leaving
done or abandoned reopens the goal.
"""
_CLOSE = """\
example: goalgate close g-1a2b --outcome "merged as 4f1c2aa"

The same as goalgate status GOAL done. Refused (exit status 3) while a session
holds the goal back; the refusal names each one, and what would help.
"""
_HISTORY = """\
example: goalgate history g-1a2b

The number of a revision is what goalgate revert takes.

With --json an array, oldest first:
[{"revision", "at", "actor", "goal", "kind", "committed"}]
The last two stand only with a goal that came from elsewhere: "import" or
"adoption", and when, since such a goal keeps its own times.
"""
_REVERT = """\
example: goalgate revert g-1a2b 4

The rules and the gate hold as for any other change. Nothing is lost: what was
undone stays in the history, and can be brought back in the same way.
"""
_IMPORT = """\
example: goalgate import goals.json

A goal that is there with the same content is skipped. If one is there with
other content it is named, and nothing is imported. Goals come in as they are,
even where goalgate would not have let them become so; doctor lists those.

With --json, ids:
{"imported": [], "skipped": []}
"""
_EXPORT = """\
example: goalgate export backup.json

Importing the file elsewhere gives the same goals there, without their history.

With --json and a FILE:
{"exported": [ids], "file"}
"""
_WATCH = """\
example: goalgate watch --json

Shows what any process commits from now on, until it is interrupted (ctrl+c or
SIGINT), which is exit status 0. With --json a line is one entry of
goalgate history --json.
"""
_DOCTOR = """\
example: goalgate doctor --json

Looks for damage to the palace, goals that can't be read, a cache that differs
from the palace, goals that are done against the gate or over a limit, sessions
linked twice or to several open goals, and a folder that others can write to.
Changes nothing.

With --json:
{"ok", "palace", "root", "goals", "remarks", "findings": [{"kind", "goal",
"problem"}]}

exit status: 0 all is well, 1 something is wrong, 2 wrong input,
5 palace and cache can't be read
"""
_ENDS = """
exit status: 0 done, 2 wrong input, 3 refused, 4 not found, 5 unavailable
"""
_GOALS = r"""
# The goals of the palace that the line names: $given are the options for it, $line the words before the one completed.
_goalgate_given() {
  local n name value
  given=()
  for ((n = first; n < first + ${#line[@]} - 1; n++)); do
    name=${line[n]}
    case $name in
      --root|--palace|--actor)
        [[ ${line[n+1]} == "=" ]] && n=$((n + 1))
        value=${line[n+1]} ;;
      --root=*|--palace=*|--actor=*)
        value=${name#*=} name=${name%%=*} ;;
      *) continue ;;
    esac
    # As the shell will read it; but nothing is run for it now.
    [[ $value == *[\`\(\{]* ]] && return 1
    eval "value=$value" 2>/dev/null && given+=("$name=$value")
  done
}
"""
_BASH_GOALS = (
    _GOALS
    + r"""
_goalgate_goals() {
  local -a given line=("${COMP_WORDS[@]:0:COMP_CWORD}")
  local first=0
  _goalgate_given &&
    compgen -W "$(goalgate ${given[@]+"${given[@]}"} list 2>/dev/null | cut -d' ' -f1)" -- "$1"
}
"""
)
_ZSH_GOALS = (
    _GOALS
    + r"""
_goalgate_goals() {
  local -a given goals line=("${_goalgate_words[@]}")
  local first=1
  _goalgate_given || return
  goals=(${(f)"$(goalgate "${given[@]}" list 2>/dev/null | sed 's/\\/\\\\/g; s/:/\\:/g; s/  */:/')"})
  _describe -t goals goal goals
}
"""
)
_ZSH_START = "_shtab_goalgate() {\n"
_ZSH_WORDS = '  local -a _goalgate_words=("${words[@]}")\n'
"""zsh forgets what stands before the verb by the time that it asks for a goal."""
STATUSES = ("pending", "inProgress", "blocked", "done", "abandoned")
"""A goal's status, as on the wire. Written here again, since the store's model takes long to load."""
STATES = ("launched", "running", "verified", "failed")
"""A session's state, as on the wire."""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = _Parser(
        prog="goalgate",
        usage="%(prog)s [OPTION ...] [VERB ...]",
        description=_ABOUT,
        epilog=_MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        add_help=False,
    )
    _add_help(parser)
    _add_settings(parser)
    parser.add_argument("--json", action="store_true", help="print JSON, errors too")
    parser.add_argument(
        "--demo", action="store_true", help="open the console on sample goals, in a palace that is thrown away"
    )
    parser.add_argument("--ascii", action="store_true", help="open the console, drawn with ASCII characters alone")
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    parser.add_argument(
        "--print-completion", action=_Completion, choices=("bash", "zsh"), help="print a script that completes commands"
    )
    _add_verbs(parser.add_subparsers(dest="verb", metavar="VERB", title="verbs", prog="goalgate", parser_class=_Parser))
    return parser


def _add_help(parser: argparse.ArgumentParser) -> None:
    # Not -h, which argparse would find at the beginning of "-hello" too, and print the help instead of noting it.
    parser.add_argument("--help", action="help", help="print this (also -h)")


def _add_settings(parser: argparse.ArgumentParser, **changed: Any) -> None:
    for name, metavar, help_ in (
        ("--root", "DIR", "where palaces are kept (or GOALGATE_ROOT; otherwise your data folder)"),
        ("--palace", "NAME", "which palace (or GOALGATE_PALACE; otherwise session-manager)"),
        ("--actor", "NAME", "who makes the changes (or GOALGATE_ACTOR; otherwise the login name)"),
    ):
        parser.add_argument(name, **{"metavar": metavar, "help": help_} | changed)


def _add_verbs(verbs: Any) -> None:
    # What several verbs take is made once: making an argument is most of the work of making a parser.
    every, changing, of_goal = (argparse.ArgumentParser(add_help=False) for _ in range(3))
    _add_help(every)
    every.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON")
    # These stand before the verb, and are understood behind it too; what was said before is not undone.
    _add_settings(every, help=argparse.SUPPRESS, default=argparse.SUPPRESS)
    changing.add_argument("--request-id", metavar="ID", help="makes it safe to send again, with the same ID")
    of_goal.add_argument("goal", metavar="GOAL", help="its id, or the beginning of it")

    def verb(name: str, about: str, more: str, *, goal: bool = True, changes: bool = False) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = verbs.add_parser(
            name,
            parents=[every, *([changing] if changes else []), *([of_goal] if goal else [])],
            help=about,
            description=f"{about[0].upper()}{about[1:]}.",
            epilog=more if "exit status:" in more else more + _ENDS,
            allow_abbrev=False,
            add_help=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        added.set_defaults(mutates=changes, founds=name in {"create", "import"})
        return added

    accept: dict[str, Any] = {"action": "append", "metavar": "TEXT"}
    session: dict[str, Any] = {"metavar": "SESSION", "help": "the id under which it was linked"}

    added = verb("list", "list the goals, by id", _LIST, goal=False)
    added.add_argument("--status", action="append", choices=STATUSES, help="only these; may be repeated")
    verb("show", "show a goal, what the gate says of it, its evidence and notes", _SHOW)
    added = verb("create", "create a goal and print its id", _CREATE, goal=False, changes=True)
    added.add_argument("description", metavar="DESCRIPTION", help="what you want")
    added.add_argument("--accept", **accept, help="a criterion that tells when it is done; may be repeated")
    added = verb("edit", "replace a goal's description or its criteria", _EDIT, changes=True)
    added.add_argument("--description", metavar="TEXT", help="the new description")
    added.add_argument("--accept", **accept, help="a criterion; replaces all there were; may be repeated")
    added = verb("link", "say that a session works on a goal", _LINK, changes=True)
    added.add_argument("session", metavar="SESSION", help="an id that you choose for whoever does the work")
    added.add_argument("task", metavar="TASK", help="what the session is to do")
    added = verb("unlink", "take a mistaken link away", _UNLINK, changes=True)
    added.add_argument("session", **session)
    added.add_argument("--reason", metavar="TEXT", required=True, help="why; becomes a note; - reads standard input")
    added = verb("update", "set a session's state or its evidence", _UPDATE, changes=True)
    added.add_argument("session", **session)
    added.add_argument("--state", choices=STATES, help="how far the session is")
    added.add_argument("--evidence", metavar="TEXT", help="what shows the work: a URL, output; - reads standard input")
    added.add_argument("--note", metavar="TEXT", help="a note on the goal; - reads standard input")
    added = verb("supersede", "say that another session took a session's work over", _SUPERSEDE, changes=True)
    added.add_argument("session", **session)
    added.add_argument("--by", metavar="SESSION", help="the session that did; without it, the first one counts again")
    added = verb("note", "add a note to a goal, closed or not", _NOTE, changes=True)
    added.add_argument("text", metavar="TEXT", help="a decision, a blocker, an outcome; - reads standard input")
    added = verb("status", "set a goal's status", _STATUS, changes=True)
    added.add_argument("status", metavar="STATUS", choices=STATUSES, help=", ".join(STATUSES))
    added.add_argument("--reason", metavar="TEXT", help="why; becomes a note; - reads standard input")
    added = verb("close", "say that a goal is done, if the gate agrees", _CLOSE, changes=True)
    added.add_argument("--outcome", metavar="TEXT", help="what came of it; becomes a note; - reads standard input")
    verb("history", "show a goal's revisions: number, when, by whom, what changed", _HISTORY)
    added = verb("revert", "make a goal what it was at a revision, as a new revision", _REVERT, changes=True)
    added.add_argument("revision", metavar="REVISION", type=_number, help="a number from its history")
    added.add_argument("--if-current", metavar="N", type=_number, help="only if revision N is still the newest")
    added = verb("import", "take in the goals of a file, all or nothing", _IMPORT, goal=False, changes=True)
    added.add_argument("file", metavar="FILE", help="a goals.json, ours or trusty-mpm's; - reads standard input")
    added = verb("export", "write all goals as a goals.json", _EXPORT, goal=False)
    added.add_argument("file", metavar="FILE", nargs="?", help="where to; standard output if not given, or -")
    added.add_argument("--force", action="store_true", help="write over a file that is there")
    verb("watch", "print a line for every change, as it is committed", _WATCH, goal=False)
    verb("doctor", "say what is wrong with the palace", _DOCTOR, goal=False)


def actions_of(parser: argparse.ArgumentParser, verb: str | None) -> list[argparse.Action]:
    """Return what a verb takes, or the command line without one."""
    for action in parser._actions:
        if verb and isinstance(action, argparse._SubParsersAction):
            return list(action.choices[verb]._actions)
    return parser._actions


def form(prog: str, actions: Iterable[argparse.Action]) -> str:
    """Return how a verb is written, without what every verb takes: ``goalgate close GOAL [--outcome TEXT]``."""
    words = [prog]
    for action in sorted(actions, key=lambda action: bool(action.option_strings)):
        if action.help == argparse.SUPPRESS or action.dest in ("help", "json", "request_id"):
            continue
        value = "" if action.nargs == 0 else action.metavar or action.dest.upper()
        word = " ".join([*action.option_strings[:1], *([str(value)] if value else [])])
        words.append(word if action.required else f"[{word}]")
    return " ".join(words)


def _number(word: str) -> int:
    """Return a revision's number; Python would take more for one, and refuse in words of its own."""
    if not re.fullmatch("[0-9]{1,15}", word):
        msg = f"{word!r} is no revision's number"
        raise argparse.ArgumentTypeError(msg)
    return int(word)


class _Parser(argparse.ArgumentParser):
    """A parser that reports through us, so that a usage error can be JSON and can't drive the terminal."""

    def error(self, message: str) -> NoReturn:
        # A byte that is not UTF-8, as Python writes it in what it quotes.
        message = re.sub(r"\\udc([89a-f][0-9a-f])", r"\\x\1", message)
        message = re.sub("ignored explicit argument .*", "takes no value", message)
        help_ = f"see {self.prog} --help"
        if "required" in message:
            help_ = f"write {form(self.prog, self._actions)}; {help_}"
        if re.search("required|expected", message):
            help_ += "; a value that begins with - is written --option=-value, or after --"
        raise InvalidInput("usage", message, help_)

    def _print_message(self, message: str, file: object = None) -> None:
        # Help and version, through the one door and not past it.
        out.put(message.rstrip("\n"))


class _Version(argparse.Action):
    """Says the version; looks it up only then, since that takes longer than all the rest of the parser."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import version

        out.put(f"goalgate {version('goalgate')}")
        parser.exit()


class _Completion(argparse.Action):
    """Prints a script for the shell, which then completes without starting us, but for the ids of goals."""

    def __call__(self, parser: argparse.ArgumentParser, _: object, shell: object, __: object = None) -> NoReturn:
        import shtab

        known: dict[str, Any] = {
            "goal": {"bash": "_goalgate_goals", "zsh": "_goalgate_goals"},
            "file": shtab.FILE,
            "root": shtab.DIRECTORY,
        }
        for action in _all_actions(parser):
            if action.dest in known:
                action.complete = known[action.dest]  # type: ignore[attr-defined]
        script = shtab.complete(parser, str(shell), preamble=_ZSH_GOALS if shell == "zsh" else _BASH_GOALS)
        out.put(script.replace(_ZSH_START, _ZSH_START + _ZSH_WORDS, 1) if shell == "zsh" else script)
        parser.exit()


def _all_actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    found: list[argparse.Action] = []
    for action in parser._actions:
        found.append(action)
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                found += _all_actions(inner)
    return found
