"""The runbooks there are: what each is for, where its notebook lies, and which parameters
it takes.
"""

from pathlib import Path

from helpers.run.entry import LOOK_UP, RUNBOOKS, RunbookEntry

_SIGN_IN = (
    "The request may have been sent. Try one sign-in with the new password: if it works, all is"
    " done; if it does not, run again with the same code, and with a new one only when Cognito says"
    " that the code is no longer good."
)
_MAILBOX = (
    "The request may have been sent. Have the user look for a new message before anything else, and"
    " use its code."
)
_SIGN_IN_FIRST = (
    "The request may have been sent. Where a password was written to its place, try one sign-in"
    " with it: if it works, all is done; if it does not, run again with another place, which sets"
    " another password."
)
_AGAIN = "The request may have been sent. Run it again: to end the sessions twice does no harm."
_READS = "This runbook changes nothing: run it again."
FOLDER = Path(__file__).parents[2] / "notebooks" / "runbooks"


def _register(
    name: str,
    title: str,
    effect: str,
    needs: str,
    model: str,
    settle: str = LOOK_UP,
    calls: int = 2,
    within: str = "",
) -> None:
    """Enter one runbook. within: the room of its module, which is called as the runbook is, for
    those that have one.
    """
    module = ".".join(filter(None, ("helpers.runbooks", within, name.replace("-", "_"))))
    RUNBOOKS[name] = RunbookEntry(
        name,
        title,
        effect,
        needs,
        FOLDER / f"{name}.ipynb",
        f"{module}:{name.title().replace('-', '')}",
        f"helpers.runbooks.schemas:{model}",
        settle=settle,
        calls=calls,
    )


_register(
    "confirm-reset",
    "Set a new password with a confirmation code",
    "changes the password of one user",
    "the code that the user was sent; no AWS permission",
    "ConfirmResetParameters",
    _SIGN_IN,
)
_register(
    "diagnose-user",
    "Find out why a user cannot reset the password",
    "changes nothing",
    "permission to read the user and the pool",
    "DiagnoseUserParameters",
    _READS,
    calls=2,
    within="diagnosis",
)
_register(
    "request-code",
    "Have a confirmation code sent",
    "sends one message to the user",
    "no AWS permission",
    "RequestCodeParameters",
    _MAILBOX,
    calls=1,
)
_register(
    "admin-reset",
    "Take the password away and have a code sent",
    "locks one user out until the code is confirmed",
    "permission to reset passwords",
    "AdminResetParameters",
    calls=6,
)
_register(
    "set-password",
    "Set a password without a code",
    "changes the password of one user",
    "the break-glass permission to set passwords",
    "SetPasswordParameters",
    _SIGN_IN_FIRST,
    calls=6,
)
_register(
    "sign-out-everywhere",
    "End every session of a user",
    "signs one user out everywhere",
    "permission to sign users out",
    "SignOutParameters",
    _AGAIN,
    calls=3,
)
_register(
    "fix-contact",
    "Mark a contact as verified",
    "has codes go to a contact from now on",
    "the break-glass permission to change attributes",
    "FixContactParameters",
    calls=6,
)
_register(
    "audit-pool",
    "Find settings that make resets fail or leak",
    "changes nothing",
    "permission to read the pool and its app clients",
    "AuditPoolParameters",
    _READS,
    calls=4,
    within="audit",
)
