"""What a palace promises: drawers of text, each an append-only row of revisions, and one transaction over all.

A palace knows nothing of goals. It keeps text under a drawer's name, numbers the revisions of each drawer from 1
and all of them by one growing sequence, and runs a pure function in one write transaction over everything, since
session uniqueness, request ids and policy span goals. `store.sqlite` is the embedded one; another can be written
against this protocol and handed to ``GoalStore.open(palace=...)``.

Every method may block, is called from any thread, one at a time for writes; every failure is `PalaceUnavailable`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple, Protocol, TypeVar, runtime_checkable

from store.errors import PalaceUnavailable
from store.palace.locks import Process
from store.times import parse_time

T = TypeVar("T")

DEFAULT_PALACE = "session-manager"
"""The palace that is meant where none is named; trusty-mpm's name for it."""


RevisionKind = Literal["change", "import", "adoption"]
"""How a revision came to be: by an operation, from an imported file, or from the cache of a palace that was lost."""


class StoredRevision(NamedTuple):
    """One revision of a drawer as the palace holds it."""

    seq: int
    """Its place among all revisions of the palace; grows, and never has a gap that is filled later."""
    drawer: str
    """The drawer: a goal's id."""
    number: int
    """Its place in the drawer, from 1."""
    committed: str
    """When, in RFC 3339, by the clock of whoever committed it; the goal has its own times."""
    actor: str
    """By whom."""
    text: bytes
    """The wire text, UTF-8; empty where it can't be read."""
    fault: str | None
    """Why it can't be read, or ``None``."""
    kind: RevisionKind = "change"
    """How it came to be."""
    asked_at: str = ""
    """When it last changed what the goal asks for, in RFC 3339; empty where it never did. See `store.gate.asked_at`."""

    def asked(self) -> datetime | None:
        """Return ``asked_at`` as a time; ``None`` where there is none."""
        return _time(self.asked_at)

    def committed_at(self) -> datetime | None:
        """Return ``committed`` as a time; ``None`` where it can't be read."""
        return _time(self.committed)


class Batch(NamedTuple):
    """What a palace has to tell: revisions, and up to where it looked."""

    revisions: list[StoredRevision]
    seq: int
    """The newest sequence number in the palace when it was read; 0 if it has never held anything."""


class Request(NamedTuple):
    """A request that was carried out before."""

    fingerprint: str
    """Of the operation and its arguments."""
    result: str
    """What was answered, as JSON."""


class Transaction(Protocol):
    """The palace inside one write transaction: what is read here can't change until it ends."""

    def newest(self, drawer: str) -> StoredRevision | None:
        """Return the drawer's newest revision, or ``None`` if it has none."""
        ...

    def revision(self, drawer: str, number: int) -> StoredRevision | None:
        """Return one revision of a drawer, or ``None``."""
        ...

    def workplaces(self, session_id: str) -> list[str]:
        """Return the drawers that the session works on, by what `append` was told."""
        ...

    def append(
        self,
        drawer: str,
        text: bytes,
        *,
        actor: str,
        kind: RevisionKind,
        asked_at: str,
        took: Collection[str],
        left: Collection[str],
    ) -> int:
        """Append a revision and return its number.

        Args:
            drawer: which drawer; a new one begins at number 1.
            text: the wire text, UTF-8.
            actor: by whom.
            kind: how it came to be; kept with the revision, as is ``asked_at``.
            asked_at: see `StoredRevision.asked_at`.
            took: session ids that work on this drawer from now on.
            left: session ids that don't any more.

        """
        ...

    def request(self, request_id: str) -> Request | None:
        """Return what was answered to this request, or ``None`` if it is new."""
        ...

    def remember(self, request_id: str, request: Request) -> None:
        """Keep the answer to a request, in the same transaction as what it did."""
        ...

    def is_empty(self) -> bool:
        """Return whether the palace has never held a revision."""
        ...


class Audit(Protocol):
    """A palace as a whole, as it was at one moment, for the doctor: all of it is read, and nobody waits for that.

    What it yields is read while it is asked for, so that a large palace is never in memory.
    """

    def structure(self) -> Iterator[str]:
        """Yield what is wrong with the palace's own structure, a sentence each."""
        ...

    def revisions(self) -> Iterator[StoredRevision]:
        """Yield every revision, by drawer and number; what can't be read comes with its fault."""
        ...

    def gone(self, most: int) -> tuple[int, list[tuple[int, int]]]:
        """Return how many sequence numbers have no revision any more, and the first ``most`` runs of them."""
        ...

    def workplaces(self) -> Iterator[tuple[str, str]]:
        """Yield which session works on which drawer, by what `Transaction.append` was told."""
        ...

    def requests(self) -> Iterator[tuple[str, Request]]:
        """Yield every request that was carried out, with its id."""
        ...

    def number(self, drawer: str) -> int:
        """Return the number of a drawer's newest revision, 0 where there is none."""
        ...

    def writers(self) -> list[Process]:
        """Return the processes for which a change has to wait now, where that can be known."""
        ...


@runtime_checkable
class Palace(Protocol):
    """Where the truth lives."""

    name: str
    """Its name: ``[A-Za-z0-9][A-Za-z0-9._-]{0,63}``."""
    folder: Path
    """The local folder beside which the cache's lock and stamp are kept, and whose files change at a commit."""

    def open(self, *, create: bool) -> bool:
        """Make ready; return whether there is a palace. With ``create`` there is one afterwards.

        May be called again after a failure, and then looks afresh.
        """
        ...

    def close(self) -> None:
        """Let go of everything; `open` may follow."""
        ...

    def identity(self) -> str:
        """Return what tells this palace from any other, also from one put in its place later."""
        ...

    def newest(self) -> Batch:
        """Return the newest revision of every drawer, in no order; what can't be read comes with its fault."""
        ...

    def since(self, seq: int) -> Batch:
        """Return every revision newer than ``seq``, in their order; cheap where there is none."""
        ...

    def history(self, drawer: str, *, limit: int | None, before: int | None) -> list[StoredRevision]:
        """Return a drawer's revisions, oldest first: those numbered below ``before``, the newest ``limit`` of them."""
        ...

    def recent(self, *, limit: int, before: int | None) -> list[StoredRevision]:
        """Return the newest ``limit`` revisions of all drawers, newest first: those with a seq below ``before``."""
        ...

    def containing(self, text: str, *, first: str, last: str) -> list[StoredRevision]:
        """Return the newest revisions of the drawers named ``first`` to ``last`` whose JSON may hold ``text``.

        In any case; ``text`` is folded already. What only letters that fold to ASCII's make of it may be missing (ß for
        ss); one too many does no harm.
        """
        ...

    def transact(self, change: Callable[[Transaction], T]) -> T:
        """Run ``change`` in one write transaction, and return what it returns once that is durable.

        Whatever ``change`` raises undoes the whole transaction and comes through unchanged.
        """
        ...

    def require_writable(self) -> None:
        """Raise `PalaceUnavailable` if a change would be refused at this moment; waits for nobody."""
        ...

    def try_writing(self, size: int) -> None:
        """Write so many bytes to where a change would go, and take that back; `PalaceUnavailable` if it can't be.

        Waits for nobody.
        """
        ...

    def audit(self) -> AbstractContextManager[Audit]:
        """Look at the palace as a whole, as it is at this moment, for as long as the block lasts."""
        ...


@runtime_checkable
class Hurried(Protocol):
    """A palace that may also tell what matters first; nobody needs to."""

    def at_work(self) -> Batch | None:
        """Return the newest revisions of the drawers that sessions work on; nothing where `newest` is as good.

        As of one moment, with its sequence number, as `newest` does for all of them.
        """
        ...


@runtime_checkable
class Restricted(Protocol):
    """A palace that may be open for reading alone; nobody needs to be."""

    read_only: str | None
    """Why nothing can be written since it was opened, though it can be read."""

    def obstacle(self) -> str | None:
        """Return why nothing could be written if it were opened now."""
        ...


def _time(text: str) -> datetime | None:
    # A revision that is damaged may say anything.
    with suppress(ValueError):
        return parse_time(text)
    return None


def unavailable(palace: Palace, error: OSError) -> PalaceUnavailable:
    """Return the palace's own error for one of the operating system's."""
    return PalaceUnavailable(palace.name, error.strerror or str(error))
