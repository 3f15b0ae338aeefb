"""The contract's section 2 once more, as plainly as it goes: what each operation should do to goals on the wire.

Written from the contract and not from the store, so that the two can be held against each other. Knows no limits,
no text but what the machine uses, and no disk.
"""

from __future__ import annotations

from copy import deepcopy
from itertools import pairwise
from typing import Any

Wire = dict[str, Any]

CLOSED = ("done", "abandoned")
INVISIBLE = " \n\u200b\u2800"
COLOUR = "\x1b[0m"


class Refused(Exception):
    """What the contract refuses, by the name of the error."""


def blank(text: str | None) -> bool:
    return text is None or not text.strip(INVISIBLE)


def shows(evidence: str | None) -> bool:
    """Evidence that shows something: a colour's reset is drawn as nothing."""
    return not blank(evidence) and not blank((evidence or "").replace(COLOUR, ""))


def proven(link: Wire) -> bool:
    return link["state"] == "verified" and shows(link["evidence"])


def counted(goal: Wire) -> list[Wire]:
    """The links that another session of the goal has not taken over."""
    names = {link["session_id"] for link in goal["sessions"]}
    return [link for link in goal["sessions"] if link.get("superseded_by") not in names - {link["session_id"]}]


def passes(goal: Wire) -> bool:
    """The gate: at least one session that is not superseded, and every such one verified with evidence."""
    return len(counted(goal)) >= 1 and all(proven(link) for link in counted(goal))


def progress(goal: Wire) -> int:
    total = len(counted(goal))
    verified = len([link for link in counted(goal) if link["state"] == "verified"])
    return (100 * verified + total // 2) // total if total else 0


def give(link: Wire, evidence: str | None, actor: str, number: int) -> None:
    """Set a link's evidence; nobody gave what shows nothing."""
    link["evidence"] = evidence
    link.pop("evidence_by", None)
    link.pop("evidence_at", None)
    if shows(evidence):
        link |= {"evidence_by": actor, "evidence_at": number}


def workers(goal: Wire) -> set[str]:
    """The sessions that work on a goal now."""
    return set() if goal["status"] in CLOSED else {link["session_id"] for link in goal["sessions"]}


class Reference:
    """Every goal with its revisions; times are left out, and evidence has the number of its revision instead."""

    def __init__(self) -> None:
        self.revisions: dict[str, list[Wire]] = {}
        self.actors: dict[str, list[str]] = {}
        self.actor = "nobody"
        """Who acts next."""
        self.requests: dict[str, tuple[object, Wire]] = {}

    def now(self, goal_id: str) -> Wire:
        if goal_id not in self.revisions:
            raise Refused("GoalNotFound")
        return deepcopy(self.revisions[goal_id][-1])

    def write(self, goal: Wire) -> Wire:
        """A new revision, unless it is what is there."""
        goal["progress"] = progress(goal)
        self.revisions.setdefault(goal["id"], []).append(goal)
        self.actors.setdefault(goal["id"], []).append(self.actor)
        return goal

    def asked(self, goal_id: str) -> int:
        """The newest revision that changed what the goal asks for: its words, or that it was reopened; 0 for none."""
        newest = 0
        for number, (was, now) in enumerate(pairwise(self.revisions[goal_id]), 2):
            reopened = was["status"] in CLOSED and now["status"] not in CLOSED
            if reopened or (was["description"], was["acceptance"]) != (now["description"], now["acceptance"]):
                newest = number
        return newest

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
        return goal if description == goal["description"] else self.write(goal | {"description": description})

    def link(self, goal_id: str, link: Wire) -> Wire:
        goal = self._open(self.now(goal_id))
        session_id = link["session_id"]
        if session_id in workers(goal) or self.busy(session_id, goal_id):
            raise Refused("SessionAlreadyLinked")
        if blank(session_id) or blank(link["task"]):
            raise Refused("InvalidInput")
        if link["state"] == "verified" and not proven(link):
            raise Refused("EvidenceRequired")
        given = {key: link[key] for key in ("session_id", "task", "state")}
        give(given, link["evidence"], self.actor, len(self.revisions[goal_id]) + 1)
        goal["sessions"].append(given)
        if goal["status"] == "pending":
            goal["status"] = "inProgress"
        return self.write(goal)

    def unlink(self, goal_id: str, session_id: str, reason: str) -> Wire:
        goal = self._linked(self.now(goal_id), session_id)
        self._open(goal)
        if blank(reason):
            raise Refused("InvalidInput")
        goal["sessions"] = [link for link in goal["sessions"] if link["session_id"] != session_id]
        for link in goal["sessions"]:
            if link.get("superseded_by") == session_id:
                del link["superseded_by"]
        goal["notes"].append(reason)
        return self.write(goal)

    def update(self, goal_id: str, session_id: str, state: str | None, evidence: str | None, note: str | None) -> Wire:
        goal = self._linked(self.now(goal_id), session_id)
        self._open(goal)
        for link in goal["sessions"]:
            if link["session_id"] != session_id:
                continue
            number = len(self.revisions[goal_id]) + 1
            given = deepcopy(link) | {"state": state or link["state"]}
            if evidence is not None:
                give(given, evidence, self.actor, number)
                again = given == link | {key: number for key in ("evidence_at",) if key in given}
                if again and not (shows(evidence) and link.get("evidence_at", 0) < self.asked(goal_id)):
                    continue
            elif link["state"] in ("verified", "failed") and given["state"] != link["state"]:
                give(given, None, self.actor, number)
            if given["state"] == "verified" and not proven(given):
                raise Refused("EvidenceRequired")
            link.clear()
            link.update(given)
        if not blank(note):
            goal["notes"].append(note)
        return goal if goal == self.now(goal_id) else self.write(goal)

    def supersede(self, goal_id: str, session_id: str, by: str | None) -> Wire:
        goal = self._linked(self.now(goal_id), session_id)
        self._open(goal)
        if by is not None:
            self._linked(goal, by)
            if by == session_id or by not in {link["session_id"] for link in counted(goal)}:
                raise Refused("InvalidInput")
        for link in goal["sessions"]:
            if link["session_id"] == session_id:
                link.pop("superseded_by", None)
                link.update({} if by is None else {"superseded_by": by})
        return goal if goal == self.now(goal_id) else self.write(goal)

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
        if self._withdrawn(goal_id, revision):
            raise Refused("EvidenceRequired")
        if if_current != len(rows):
            raise Refused("GoalChanged")
        return goal if target == goal else self.write(target)

    def _withdrawn(self, goal_id: str, revision: int) -> bool:
        """Whether evidence of that revision is gone by now, and somebody else than who acts took it away since."""
        rows = self.revisions[goal_id]
        shown = [{(link["session_id"], link["evidence"]) for link in row["sessions"]} for row in rows]
        back = {one for one in shown[revision - 1] - shown[-1] if shows(one[1])}
        for at in range(revision, len(rows)):
            if self.actors[goal_id][at] == self.actor:
                continue
            # Newer evidence for the same state takes the place of the older, and withdraws nothing.
            for name, evidence in back & (shown[at - 1] - shown[at]):
                had = [link["state"] for link in rows[at - 1]["sessions"] if link["session_id"] == name][-1:]
                has = [link for link in rows[at]["sessions"] if link["session_id"] == name][-1:]
                if not (has and shows(has[0]["evidence"]) and [has[0]["state"]] == had and evidence):
                    return True
        return False

    def _open(self, goal: Wire) -> Wire:
        if goal["status"] in CLOSED:
            raise Refused("GoalClosed")
        return goal

    def _linked(self, goal: Wire, session_id: str) -> Wire:
        if all(link["session_id"] != session_id for link in goal["sessions"]):
            raise Refused("SessionNotFound")
        return goal
