"""The runbook unlock-user: enable an account again, once it is settled why it was locked."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from helpers.cognito import actions
from helpers.cognito.models import User
from helpers.display.card import Card
from helpers.run.parameters import Parameters
from helpers.run.record import Outcome
from helpers.run.result import Result
from helpers.runbooks.admin_change import AdministratorRunbook, Snapshot
from helpers.runbooks.schemas import PRACTICE_LOCKED, UnlockUserParameters
from helpers.runbooks.steps import plant
from helpers.secrets.secret import Secret

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.client import CognitoIdentityProviderClient

_PASSWORD = {
    "FORCE_CHANGE_PASSWORD": "a temporary one, to be changed at the next sign-in",
    "RESET_REQUIRED": "taken away: a code is needed first",
    "EXTERNAL_PROVIDER": "none here: it is another provider's",
}


class UnlockUser(AdministratorRunbook[UnlockUserParameters]):
    """One run of unlock-user. See Runbook for the steps."""

    name: ClassVar[str] = "unlock-user"
    parameters_model: ClassVar[type[Parameters]] = UnlockUserParameters
    title: ClassVar[str] = "Unlock an account"
    button: ClassVar[str] = "Unlock this account"
    form_fields: ClassVar[tuple[str, ...]] = (
        "username",
        "user_pool_id",
        "settled",
        "proof_of_identity",
        "confirm_username",
    )
    operation: ClassVar[str] = "AdminEnableUser"
    sends: ClassVar[str] = "UserPoolId, Username"
    shows: ClassVar[bool] = True
    told: ClassVar[str] = "unlocked your account"
    irreversible: ClassVar[str] = (
        "what is done with the account once it is open: anyone who knows the password signs in"
    )

    def practice(self, username: str = "") -> Card:
        """In this process's sandbox, make a user who is disabled."""
        return plant(self.parameters, "disabled", PRACTICE_LOCKED)

    def field_extras(self) -> dict[str, dict[str, Any]]:
        """Have it chosen that the cause is settled; nothing is chosen beforehand."""
        extras = super().field_extras()
        return {**extras, "settled": {**extras.get("settled", {}), "value": "no"}}

    def changes(
        self, parameters: UnlockUserParameters, seen: Snapshot | None
    ) -> tuple[tuple[str, str, str], ...]:
        """Return what is different afterwards, and what is not."""
        if seen is None:
            return (("Enabled", "not known", "yes"),)
        password = _PASSWORD.get(seen.user.status, "as it is: anyone who knows it signs in")
        factors = ", ".join(seen.user.factors) or "none"
        return (
            ("Enabled", "yes" if seen.user.enabled else "no", "yes"),
            ("Signing in", "works" if seen.user.enabled else "refused", "works"),
            ("Password", password, password),
            ("Second factors", factors, f"{factors}: an intruder's stays until it is taken away"),
            ("Sessions that were ended", "ended", "ended"),
        )

    def precondition(self, parameters: UnlockUserParameters, seen: Snapshot) -> Result | None:
        """Stop where the account is open already."""
        if not seen.user.enabled:
            return None
        return Result(
            Outcome.CONFIRMED,
            0,
            f"Nothing to do: the account of {parameters.username} is not locked.",
            happened="The user was read just now and is enabled. Nothing was sent.",
            meaning="If the user cannot sign in all the same, something else is in the way.",
            say="Your account is not locked. I am looking what else it may be.",
            next="Run diagnose-user.",
            proof="The user, read just now: enabled.",
            next_runbook=self.follow("diagnose-user"),
        )

    def make(
        self,
        client: "CognitoIdentityProviderClient",
        parameters: UnlockUserParameters,
        secrets: Mapping[str, Secret],
    ) -> actions.Done:
        """Send AdminEnableUser."""
        return actions.enable_user(
            client, user_pool_id=parameters.user_pool_id, username=parameters.username
        )

    def proof(self, parameters: UnlockUserParameters, before: User, after: User) -> str:
        """Return that the user, read again, is enabled; before it was not."""
        return "Read again, the user is enabled; before it was disabled." if after.enabled else ""

    def done(self, parameters: UnlockUserParameters, seen: Snapshot) -> Result:
        """Return the result: what the user does now depends on the password."""
        temporary = seen.user.status == "FORCE_CHANGE_PASSWORD"
        return Result(
            Outcome.CONFIRMED,
            0,
            f"Done: the account of {parameters.username} is unlocked.",
            happened="Cognito enabled the user; it sends no message about it.",
            meaning=(
                "Signing in works again, with the password and the second factors that the account"
                " has now."
            ),
            say=(
                "Your account is open again. Please sign in now, with the password that you were"
                " handed."
                if temporary
                else "Your account is open again. Please sign in now, and tell me if it works."
            ),
            next=(
                "Stay on the line for the sign-in. If it does not work, run diagnose-user. Then"
                " tell the user at every contact on file that the account was locked and opened."
            ),
        )
