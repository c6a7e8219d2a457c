"""What became of a row that nobody knows of: told by reading, never by a second try.

A row is unknown where its process died, or its answer was lost, after a request may have left. What
the user was like before was read by the plan; what the user is like now says, for some runbooks,
whether the change was made. Where it does not, the row stays unknown, for a person to decide.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from helpers.campaign.ledger import Ledger
from helpers.campaign.schema import UNKNOWN, Row
from helpers.cognito import reads
from helpers.cognito.errors import ResetError
from helpers.cognito.models import User
from helpers.run.entry import RunbookEntry

DONE, NOT_DONE = "confirmed", "not_sent"


@dataclass(frozen=True)
class Settled:
    """What a reading says of one row. outcome: confirmed, not_sent, or unknown as before."""

    number: int
    outcome: str
    words: str


def settle(ledger: Ledger, campaign: str, entry: RunbookEntry) -> list[Settled]:
    """Read the user of each unknown row, close the rows that this decides, and return all of them.

    A reading that fails leaves its row unknown.
    """
    found = []
    for row in list(ledger.rows(campaign, UNKNOWN)):
        one = _settled(entry, row)
        if one.outcome != "unknown":
            reading = {"words": one.words, "certainty": "inferred"}
            ledger.settle(campaign, row, outcome=one.outcome, reading=reading)
        found.append(one)
    return found


def _settled(entry: RunbookEntry, row: Row) -> Settled:
    judge = _JUDGES.get(entry.name)
    if judge is None:
        words = _NEVER.get(entry.name, "No reading tells: look the user up with diagnose-user.")
        return Settled(row.number, "unknown", words)
    if not row.plan.get("status"):
        words = "The user was not read before the run, so nothing can be compared."
        return Settled(row.number, "unknown", words)
    parameters, problems = entry.parameters.read(row.parameters, person=False)
    if parameters is None:
        return Settled(row.number, "unknown", f"The row cannot be read: {problems[0]}")
    try:
        user = reads.look_up(
            parameters.to_target().client(signed=True),
            user_pool_id=parameters.user_pool_id,
            username=getattr(parameters, "username", ""),
        )
    except ResetError as exc:
        return Settled(row.number, "unknown", f"The user could not be read: {exc}")
    outcome, words = judge(row.plan, user, row.parameters)
    return Settled(row.number, outcome, words)


Judged = tuple[str, str]
_TOUCHED = (
    "unknown",
    "The account has been changed since, by this run or by somebody else: leave it alone.",
)


def _untouched(before: Mapping[str, Any], user: User) -> bool:
    return bool(user.last_modified == before.get("modified"))


def _admin_reset(before: Mapping[str, Any], user: User, _: Mapping[str, Any]) -> Judged:
    if before["status"] == "RESET_REQUIRED":
        return "unknown", "The user's status was RESET_REQUIRED before too, so it tells nothing."
    if user.status == "RESET_REQUIRED":
        return DONE, f"The status is RESET_REQUIRED now, and was {before['status']} before."
    if _untouched(before, user):
        return NOT_DONE, "The account is as it was before the run."
    return _TOUCHED


def _set_password(before: Mapping[str, Any], user: User, given: Mapping[str, Any]) -> Judged:
    if _untouched(before, user):
        return NOT_DONE, "The account is as it was before the run."
    temporary = given.get("kind", "temporary") == "temporary"
    if temporary and user.status == "FORCE_CHANGE_PASSWORD" != before["status"]:
        return DONE, f"The status is {user.status} now, and was {before['status']} before."
    return _TOUCHED


def _fix_contact(before: Mapping[str, Any], user: User, given: Mapping[str, Any]) -> Judged:
    contact = str(given.get("contact", "email"))
    if contact in before.get("verified", ()):
        return "unknown", "The contact was verified before too, so it tells nothing."
    if contact in user.verified:
        return DONE, "The contact is verified now, and was not before."
    return NOT_DONE, "The contact is not verified."


def _enabled(after: bool) -> Callable[[Mapping[str, Any], User, Mapping[str, Any]], Judged]:
    def judge(before: Mapping[str, Any], user: User, _: Mapping[str, Any]) -> Judged:
        words = "enabled" if user.enabled else "disabled"
        if before.get("enabled") == after:
            return "unknown", f"The user was {words} before too, so it tells nothing."
        return (DONE if user.enabled == after else NOT_DONE), f"The user is {words} now."

    return judge


_JUDGES: dict[str, Callable[[Mapping[str, Any], User, Mapping[str, Any]], Judged]] = {
    "admin-reset": _admin_reset,
    "fix-contact": _fix_contact,
    "set-password": _set_password,
    "lock-user": _enabled(False),
    "unlock-user": _enabled(True),
}
_NEVER = {
    "sign-out-everywhere": "To end the sessions twice does no harm: retry it.",
    "request-code": "Nothing can be read: a second code would be a second message. Ask the user.",
    "confirm-reset": "One sign-in with the new password tells; this tries none for you.",
}
