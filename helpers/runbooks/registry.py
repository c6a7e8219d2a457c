"""The runbooks there are: what each is for, its notebook, its class and its parameters."""

from typing import Any

from helpers.run.entry import RUNBOOKS, RunbookEntry
from helpers.run.package_data import NOTEBOOKS

_SIGN_IN = (
    "The request may have been sent. Try one sign-in with the new password: if it works, all is"
    " done; if it does not, run again with the same code, and with a new one only when Cognito says"
    " that the code is no longer good."
)
LOOK_FOR_MESSAGE = "Have the user look for a new message before anything else, and use its code."
_SIGN_IN_FIRST = (
    "The request may have been sent. Where a password was written to its place, try one sign-in"
    " with it: if it works, all is done; if it does not, run again with another place, which sets"
    " another password."
)
_AGAIN = "The request may have been sent. Run it again: to end the sessions twice does no harm."
_LOCK_AGAIN = "The request may have been sent. Run it again: to lock an account twice does no harm."
_READS = "This runbook changes nothing: run it again."


def _entry(name: str, *, within: str = "", parameters: str, **words: Any) -> RunbookEntry:
    """Return one entry. within: the package of its module, where it has one of its own."""
    module = ".".join(filter(None, ("helpers.runbooks", within, name.replace("-", "_"))))
    return RunbookEntry(
        name=name,
        path=NOTEBOOKS / "runbooks" / f"{name}.ipynb",
        runbook=f"{module}:{name.title().replace('-', '')}",
        model=f"helpers.runbooks.schemas:{parameters}",
        **words,
    )


_ENTRIES = (
    _entry(
        "confirm-reset",
        title="Set a new password with a confirmation code",
        effect="changes the password of one user",
        needs="the code that the user was sent; no AWS permission",
        parameters="ConfirmResetParameters",
        settle=_SIGN_IN,
        takes_code=True,
        calls={"ConfirmForgotPassword": 1, "InitiateAuth": 1},
    ),
    _entry(
        "diagnose-user",
        title="Find out why a user cannot reset the password",
        effect="changes nothing",
        needs="permission to read the user and the pool",
        within="diagnosis",
        parameters="DiagnoseUserParameters",
        settle=_READS,
        calls={"AdminGetUser": 1, "DescribeUserPool": 1, "ListUsers": 5},
    ),
    _entry(
        "request-code",
        title="Have a confirmation code sent",
        effect="sends one message to the user",
        needs="no AWS permission",
        parameters="RequestCodeParameters",
        settle=f"The request may have been sent. {LOOK_FOR_MESSAGE}",
        calls={"ForgotPassword": 1},
    ),
    _entry(
        "admin-reset",
        title="Take the password away and have a code sent",
        effect="locks one user out until the code is confirmed",
        needs="permission to reset passwords",
        parameters="AdminResetParameters",
        calls={"AdminGetUser": 3, "AdminResetUserPassword": 1, "DescribeUserPool": 2},
    ),
    _entry(
        "set-password",
        title="Set a password without a code",
        effect="changes the password of one user",
        needs="the break-glass permission to set passwords",
        parameters="SetPasswordParameters",
        settle=_SIGN_IN_FIRST,
        calls={
            "AdminGetUser": 2,
            "AdminSetUserPassword": 1,
            "DescribeUserPool": 2,
            "InitiateAuth": 1,
        },
    ),
    _entry(
        "sign-out-everywhere",
        title="End every session of a user",
        effect="signs one user out everywhere",
        needs="permission to sign users out",
        parameters="SignOutParameters",
        settle=_AGAIN,
        calls={"AdminGetUser": 2, "AdminListUserSessions": 2, "AdminUserGlobalSignOut": 1},
    ),
    _entry(
        "fix-contact",
        title="Mark a contact as verified",
        effect="has codes go to a contact from now on",
        needs="the break-glass permission to change attributes",
        parameters="FixContactParameters",
        calls={
            "AdminGetUser": 3,
            "AdminUpdateUserAttributes": 1,
            "DescribeUserPool": 2,
            "ListUsers": 2,
        },
    ),
    _entry(
        "lock-user",
        title="Lock an account that may be taken over",
        effect="locks one user out, and ends the sessions",
        needs="permission to disable users and to sign them out",
        parameters="LockUserParameters",
        settle=_LOCK_AGAIN,
        calls={"AdminGetUser": 3, "AdminDisableUser": 1, "AdminUserGlobalSignOut": 1},
    ),
    _entry(
        "unlock-user",
        title="Unlock an account",
        effect="lets one user sign in again",
        needs="the break-glass permission to enable users",
        parameters="UnlockUserParameters",
        calls={"AdminGetUser": 3, "AdminEnableUser": 1},
    ),
    _entry(
        "resend-invitation",
        title="Send an invitation again",
        effect="sends one message with a new temporary password",
        needs="permission to create users, which inviting again is part of",
        parameters="ResendInvitationParameters",
        calls={"AdminGetUser": 3, "AdminCreateUser": 1, "DescribeUserPool": 2},
    ),
    _entry(
        "reset-second-factor",
        title="Take a lost second factor away",
        effect="lets one user sign in without that factor",
        needs="the break-glass permission to set second factors",
        parameters="ResetSecondFactorParameters",
        calls={"AdminGetUser": 3, "AdminSetUserMFAPreference": 1, "DescribeUserPool": 2},
    ),
    _entry(
        "audit-pool",
        title="Find settings that make resets fail or leak",
        effect="changes nothing",
        needs="permission to read the pool and its app clients",
        within="audit",
        parameters="AuditPoolParameters",
        settle=_READS,
        calls={
            "DescribeUserPool": 1,
            "DescribeUserPoolClient": 1,
            "GetLogDeliveryConfiguration": 1,
            "GetUserPoolMfaConfig": 1,
            "GetUserPoolSessionConfiguration": 1,
            "ListUserPoolClients": 1,
        },
    ),
)
RUNBOOKS.update({one.name: one for one in _ENTRIES})
