"""The runbooks there are: what each is for, where its notebook lies, and which parameters it takes.

Kept apart from the runbooks themselves, so that to list them imports none of them.
"""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from helpers.run.parameters import Parameters

_SIGN_IN = (
    "The request may have been sent. Try one sign-in with the new password: if it works, all is done; if it does not, "
    "run again with the same code, and with a new one only when Cognito says that the code is no longer good."
)
_LOOK_UP = "The request may have been sent. Run diagnose-user before anything else: it shows how the user stands now."
_MAILBOX = "The request may have been sent. Have the user look for a new message before anything else, and use its code."
_SIGN_IN_FIRST = (
    "The request may have been sent. Where a password was written to its place, try one sign-in with it: if it works, all is "
    "done; if it does not, run again with another place, which sets another password."
)
_AGAIN = "The request may have been sent. Run it again: to end the sessions twice does no harm."
_READS = "This runbook changes nothing: run it again."
FOLDER = Path(__file__).parents[2] / "notebooks" / "runbooks"


@dataclass(frozen=True)
class Entry:
    """One runbook. acts_in: the id of the cell that does it; before that cell nothing has been changed. calls: how many
    API calls a run makes that count against Cognito's quota. settle: what to do when it broke off after it had acted."""

    name: str
    title: str
    effect: str
    needs: str
    model: str
    settle: str = _LOOK_UP
    acts_in: str = "form"
    calls: int = 2

    @property
    def path(self) -> Path:
        """The notebook."""
        return FOLDER / f"{self.name}.ipynb"

    @property
    def runs(self) -> Any:
        """The class that runs it: confirm-reset is ConfirmReset."""
        return getattr(import_module("helpers"), self.name.title().replace("-", ""))

    @property
    def parameters(self) -> "type[Parameters]":
        """The schema that the form, the notebook and the command share."""
        model: type[Parameters] = getattr(import_module("helpers.runbooks.schemas"), self.model)
        return model


RUNBOOKS = {
    entry.name: entry
    for entry in (
        Entry(
            "confirm-reset", "Set a new password with a confirmation code", "changes the password of one user",
            "the code that the user was sent; no AWS permission", "ConfirmResetParameters", _SIGN_IN,
        ),
        Entry(
            "diagnose-user", "Find out why a user cannot reset the password", "changes nothing",
            "permission to read the user and the pool", "DiagnoseUserParameters", _READS, calls=2,
        ),
        Entry(
            "request-code", "Have a confirmation code sent", "sends one message to the user",
            "no AWS permission", "RequestCodeParameters", _MAILBOX, calls=1,
        ),
        Entry(
            "admin-reset", "Take the password away and have a code sent", "locks one user out until the code is confirmed",
            "permission to reset passwords", "AdminResetParameters", calls=6,
        ),
        Entry(
            "set-password", "Set a password without a code", "changes the password of one user",
            "the break-glass permission to set passwords", "SetPasswordParameters", _SIGN_IN_FIRST, calls=6,
        ),
        Entry(
            "sign-out-everywhere", "End every session of a user", "signs one user out everywhere",
            "permission to sign users out", "SignOutParameters", _AGAIN, calls=3,
        ),
        Entry(
            "fix-contact", "Mark a contact as verified", "has codes go to a contact from now on",
            "the break-glass permission to change attributes", "FixContactParameters", calls=6,
        ),
        Entry(
            "audit-pool", "Find settings that make resets fail or leak", "changes nothing",
            "permission to read the pool and its app clients", "AuditPoolParameters", _READS, calls=4,
        ),
    )
}
