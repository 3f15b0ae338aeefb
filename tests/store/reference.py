"""The contract's section 2 once more, as plainly as it goes: what each operation should do to goals on the wire.

Written from the contract and not from the store, so that the two can be held against each other. Knows no limits,
no text but what the machine uses, and no disk.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

Wire = dict[str, Any]

CLOSED = ("done", "abandoned")
INVISIBLE = " \n\u200b\u2800"


class Refused(Exception):
    """What the contract refuses, by the name of the error."""


def blank(text: str | None) -> bool:
    return text is None or not text.strip(INVISIBLE)


def proven(link: Wire) -> bool:
    return link["state"] == "verified" and not blank(link["evidence"])


def passes(goal: Wire) -> bool:
    """The gate, in the contract's words: at least one session, and every one verified with evidence."""
    return len(goal["sessions"]) >= 1 and all(proven(link) for link in goal["sessions"])


def progress(goal: Wire) -> int:
    total = len(goal["sessions"])
    verified = len([link for link in goal["sessions"] if link["state"] == "verified"])
    return (100 * verified + total // 2) // total if total else 0


def workers(goal: Wire) -> set[str]:
    """The sessions that work on a goal now."""
    return set() if goal["status"] in CLOSED else {link["session_id"] for link in goal["sessions"]}


class Reference:
    """Every goal with its revisions; times are left out."""

    def __init__(self) -> None:
        self.revisions: dict[str, list[Wire]] = {}
        self.requests: dict[str, tuple[object, Wire]] = {}

    def now(self, goal_id: str) -> Wire:
        if goal_id not in self.revisions:
            raise Refused("GoalNotFound")
        return deepcopy(self.revisions[goal_id][-1])

    def write(self, goal: Wire) -> Wire:
        """A new revision, unless it is what is there."""
        goal["progress"] = progress(goal)
        revisions = self.revisions.setdefault(goal["id"], [])
        revisions.append(goal)
        return goal

    def busy(self, session_id: str, besides: str) -> bool:
        return any(session_id in workers(rows[-1]) for key, rows in self.revisions.items() if key != besides)

    def create(self, goal_id: str, description: str) -> Wire:
        if blank(description):
            raise Refused("InvalidInput")
        empty: Wire = {"acceptance": [], "sessions": [], "notes": []}
        return self.write({"id": goal_id, "description": description, "status": "pending"} | empty)

    def edit(self, goal_id: str, description: str | None) -> Wire:
        goal = self._open(self.now(goal_id))
        if description is None:
            return goal
        if blank(description):
            raise Refused("InvalidInput")
        return self.write(goal | {"description": description})

    def link(self, goal_id: str, link: Wire) -> Wire:
        goal = self._open(self.now(goal_id))
        session_id = link["session_id"]
        if session_id in workers(goal) or self.busy(session_id, goal_id):
            raise Refused("SessionAlreadyLinked")
        if blank(session_id) or blank(link["task"]):
            raise Refused("InvalidInput")
        if link["state"] == "verified" and blank(link["evidence"]):
            raise Refused("EvidenceRequired")
        goal["sessions"].append(link)
        if goal["status"] == "pending":
            goal["status"] = "inProgress"
        return self.write(goal)

    def unlink(self, goal_id: str, session_id: str, reason: str) -> Wire:
        goal = self._linked(self.now(goal_id), session_id)
        self._open(goal)
        if blank(reason):
            raise Refused("InvalidInput")
        goal["sessions"] = [link for link in goal["sessions"] if link["session_id"] != session_id]
        goal["notes"].append(reason)
        return self.write(goal)

    def update(self, goal_id: str, session_id: str, state: str | None, evidence: str | None, note: str | None) -> Wire:
        goal = self._linked(self.now(goal_id), session_id)
        self._open(goal)
        for link in goal["sessions"]:
            if link["session_id"] != session_id:
                continue
            if link["state"] == "verified" and state not in (None, "verified"):
                link["evidence"] = None
            link["state"] = state or link["state"]
            link["evidence"] = link["evidence"] if evidence is None else evidence
            if link["state"] == "verified" and not proven(link):
                raise Refused("EvidenceRequired")
        if not blank(note):
            goal["notes"].append(note)
        nothing = state is None and evidence is None and blank(note)
        return goal if nothing else self.write(goal)

    def note(self, goal_id: str, text: str) -> Wire:
        goal = self.now(goal_id)
        if blank(text):
            raise Refused("InvalidInput")
        goal["notes"].append(text)
        return self.write(goal)

    def set_status(self, goal_id: str, status: str, reason: str | None) -> Wire:
        goal = self.now(goal_id)
        if goal["status"] == status and blank(reason):
            return goal
        if status == "done" and not passes(goal):
            raise Refused("VerificationGateError")
        reopens = goal["status"] in CLOSED and status not in CLOSED
        if reopens and any(self.busy(link["session_id"], goal_id) for link in goal["sessions"]):
            raise Refused("SessionAlreadyLinked")
        goal["status"] = status
        if not blank(reason):
            goal["notes"].append(reason)
        return self.write(goal)

    def revert(self, goal_id: str, revision: int, if_current: int) -> Wire:
        goal = self.now(goal_id)
        rows = self.revisions[goal_id]
        if not 1 <= revision <= len(rows):
            raise Refused("InvalidInput")
        target = deepcopy(rows[revision - 1])
        same = target["sessions"] == goal["sessions"]
        if target["status"] == "done" and not (goal["status"] == "done" and same) and not passes(target):
            raise Refused("VerificationGateError")
        for link in target["sessions"]:
            if link["state"] == "verified" and not proven(link) and link not in goal["sessions"]:
                raise Refused("EvidenceRequired")
        both_closed = goal["status"] in CLOSED and target["status"] in CLOSED
        if both_closed and not (same and goal["description"] == target["description"]):
            raise Refused("GoalClosed")
        if any(self.busy(session_id, goal_id) for session_id in workers(target) - workers(goal)):
            raise Refused("SessionAlreadyLinked")
        if if_current != len(rows):
            raise Refused("GoalChanged")
        return goal if target == goal else self.write(target)

    def _open(self, goal: Wire) -> Wire:
        if goal["status"] in CLOSED:
            raise Refused("GoalClosed")
        return goal

    def _linked(self, goal: Wire, session_id: str) -> Wire:
        if all(link["session_id"] != session_id for link in goal["sessions"]):
            raise Refused("SessionNotFound")
        return goal
