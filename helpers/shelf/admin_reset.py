"""The runbook admin-reset: take a user's password away at once, and have Cognito send a code for a new one."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from helpers import reset
from helpers.facts import User
from helpers.parameters import Parameters
from helpers.record import Outcome
from helpers.runbook import Result
from helpers.schemas import AdminResetParameters
from helpers.secret import Secret
from helpers.shelf.administrator import AdministratorRunbook, Seen, objected
from helpers.shelf.diagnose import diagnose, route

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.client import CognitoIdentityProviderClient


class AdminReset(AdministratorRunbook[AdminResetParameters]):
    """One run of admin-reset. See Runbook for the steps."""

    name: ClassVar[str] = "admin-reset"
    asks_for: ClassVar[type[Parameters]] = AdminResetParameters
    title: ClassVar[str] = "Take the password away and send a code"
    button: ClassVar[str] = "Reset this user's password"
    form_fields: ClassVar[tuple[str, ...]] = ("username", "user_pool_id", "confirm_username")
    operation: ClassVar[str] = "AdminResetUserPassword"
    sends: ClassVar[str] = "UserPoolId, Username"
    for_good: ClassVar[str] = "the old password is gone at once; without the code the user cannot sign in"
    reads_pool: ClassVar[bool] = True

    def changes(self, parameters: AdminResetParameters, seen: Seen | None) -> tuple[tuple[str, str, str], ...]:
        """Return what is different afterwards."""
        status = seen.user.status if seen else "not known"
        return (
            ("Status", status, "RESET_REQUIRED"),
            ("Old password", "gone already" if status == "RESET_REQUIRED" else "works", "no longer works"),
            ("Confirmation code", "an earlier one, if there is any", "a new one is sent, good for an hour"),
            ("Devices that are signed in", "signed in", "not known; AWS documents no sign-out"),
        )

    def objection(self, parameters: AdminResetParameters, seen: Seen) -> Result | None:
        """Refuse where no code could reach the user, who would be locked out; and where Cognito cannot do it."""
        reachable = route(seen.user, seen.pool).contact is not None
        if seen.user.enabled and seen.user.status in ("CONFIRMED", "RESET_REQUIRED") and reachable:
            return None
        found = diagnose(username=parameters.username, user=seen.user, pool=seen.pool, client=None)
        known = {name: value for name, value in found.parameters.items() if name != "username"}
        return objected(
            "it would leave the user without a password and without a code.", happened=found.headline,
            meaning=found.meaning, say=found.say, next=found.next, notes=found.evidence,
            next_runbook=self.follow(found.runbook, **known),
        )

    def make(self, client: "CognitoIdentityProviderClient", parameters: AdminResetParameters,
             secrets: Mapping[str, Secret]) -> reset.Done:
        """Reset the password."""
        return reset.admin_reset(client, user_pool_id=parameters.user_pool_id, username=parameters.username)

    def proof(self, parameters: AdminResetParameters, before: User, after: User) -> str:
        """A status that was another one before tells; the time of the last change supports it where it was the same."""
        if after.status != "RESET_REQUIRED":
            return ""
        if before.status != "RESET_REQUIRED":
            return "Read again, the user's status is RESET_REQUIRED; before it was " + before.status + "."
        return "Read again, the user was changed since." if after.last_modified > before.last_modified else ""

    def done(self, parameters: AdminResetParameters, seen: Seen) -> Result:
        """The user needs the code now."""
        return Result(
            Outcome.CONFIRMED, 0, f"Done: the password of {parameters.username} is taken away, and a code is on its way.",
            happened="Cognito took the password away and accepted a message with a code for sending.",
            meaning="The user cannot sign in with the old password. The code is good for an hour, in any app client.",
            say="You get a message with a code now. Please read me its six digits, or enter them where your application "
                "asks for them; please do not ask for another one meanwhile.",
            next="Have the user enter the code in the application, or run confirm-reset with it. If an hour goes by, run "
                 "request-code. If somebody else may have known the password, run sign-out-everywhere too.",
            next_runbook=self.follow("confirm-reset"),
        )
