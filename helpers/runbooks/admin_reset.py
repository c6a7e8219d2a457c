"""The runbook admin-reset: take a password away at once, and have Cognito send a code."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from helpers.cognito import actions
from helpers.cognito.errors import Refused
from helpers.cognito.models import Pool, User
from helpers.run.parameters import Parameters
from helpers.run.record import Outcome, Step
from helpers.run.result import Result
from helpers.runbooks.admin_change import AdministratorRunbook, Snapshot, Verification, blocked
from helpers.runbooks.diagnosis.diagnose import diagnose, route
from helpers.runbooks.schemas import AdminResetParameters
from helpers.secrets.secret import Secret
from helpers.target import Target

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.client import CognitoIdentityProviderClient

_SENDING = (
    "UserLambdaValidationException",
    "UnexpectedLambdaException",
    "InvalidLambdaResponseException",
    "LimitExceededException",
    "InvalidSmsRoleAccessPolicyException",
    "InvalidSmsRoleTrustRelationshipException",
    "InvalidEmailRoleAccessPolicyException",
)


class AdminReset(AdministratorRunbook[AdminResetParameters]):
    """One run of admin-reset. See Runbook for the steps."""

    name: ClassVar[str] = "admin-reset"
    parameters_model: ClassVar[type[Parameters]] = AdminResetParameters
    title: ClassVar[str] = "Take the password away and send a code"
    button: ClassVar[str] = "Reset this user's password"
    form_fields: ClassVar[tuple[str, ...]] = (
        "username",
        "user_pool_id",
        "proof_of_identity",
        "confirm_username",
    )
    operation: ClassVar[str] = "AdminResetUserPassword"
    sends: ClassVar[str] = "UserPoolId, Username"
    irreversible: ClassVar[str] = (
        "the old password is gone at once; without the code the user cannot sign in"
    )
    reads_pool: ClassVar[bool] = True

    def message_to(self, user: User, pool: Pool) -> str:
        """Return the contact that the code goes to."""
        contact = route(user, pool).contact
        return contact.attribute if contact else ""

    def changes(
        self, parameters: AdminResetParameters, seen: Snapshot | None
    ) -> tuple[tuple[str, str, str], ...]:
        """Return what is different afterwards."""
        status = seen.user.status if seen else "not known"
        return (
            ("Status", status, "RESET_REQUIRED"),
            (
                "Old password",
                {"RESET_REQUIRED": "gone already", "CONFIRMED": "works"}.get(status, "not known"),
                "no longer works",
            ),
            (
                "Confirmation code",
                "an earlier one, if there is any",
                (
                    "a new one is sent, good for an hour"
                    if _promised(seen)
                    else "whether a new one is sent is not known"
                ),
            ),
            ("Devices that are signed in", "signed in", "not known; AWS documents no sign-out"),
        )

    def precondition(self, parameters: AdminResetParameters, seen: Snapshot) -> Result | None:
        """Refuse where no code could reach the user, or where Cognito cannot do it."""
        able = seen.user.enabled and seen.user.status in ("CONFIRMED", "RESET_REQUIRED")
        if able and route(seen.user, seen.pool).contact:
            return None
        found = diagnose(username=parameters.username, user=seen.user, pool=seen.pool, client=None)
        known = {name: value for name, value in found.parameters.items() if name != "username"}
        return blocked(
            (
                "it would leave the user without a password and without a code."
                if able
                else "Cognito takes no password away from a user in this state."
            ),
            happened=found.headline,
            meaning=found.meaning,
            say=found.say,
            next=found.next,
            notes=found.evidence,
            next_runbook=self.follow(found.runbook, **known),
        )

    def make(
        self,
        client: "CognitoIdentityProviderClient",
        parameters: AdminResetParameters,
        secrets: Mapping[str, Secret],
    ) -> actions.Done:
        """Send AdminResetUserPassword."""
        return actions.admin_reset(
            client, user_pool_id=parameters.user_pool_id, username=parameters.username
        )

    def proof(self, parameters: AdminResetParameters, before: User, after: User) -> str:
        """Return the status as the proof, where it was another one before."""
        if after.status != "RESET_REQUIRED" or before.status == after.status:
            return ""
        return f"Read again, the user's status is RESET_REQUIRED; before it was {before.status}."

    def verify(
        self,
        parameters: AdminResetParameters,
        target: Target,
        secrets: Mapping[str, Secret],
        seen: Snapshot,
    ) -> Verification:
        """Read the user again, and say where that proves nothing."""
        found = super().verify(parameters, target, secrets, seen)
        if found.note or seen.user.status != "RESET_REQUIRED":
            return found
        return replace(
            found,
            note="The status was RESET_REQUIRED before, too, so reading it again proves nothing.",
        )

    def refused(
        self,
        error: Refused,
        parameters: AdminResetParameters,
        target: Target,
        seen: Snapshot,
        step: Step,
    ) -> Result:
        """Where the message failed, look whether the password is gone; AWS does not say."""
        if error.code not in _SENDING or seen.user.status == "RESET_REQUIRED":
            return super().refused(error, parameters, target, seen, step)
        found = self.verify(parameters, target, {}, seen)
        steps = (*seen.steps, step, *found.steps)
        if not found.proof and not found.note:
            return self._refused(error, *steps)
        if found.proof:
            what, runbook = "the password is taken away, but no code was sent", "set-password"
            what_next = (
                "The user cannot sign in now: run set-password, or fix the cause and run this"
                f" again. {error.next}"
            )
        else:
            what, runbook = "no code was sent, and the password may be taken away", "diagnose-user"
            what_next = f"Run diagnose-user, which shows whether the password is gone. {error.next}"
        return Result(
            Outcome.UNKNOWN,
            8,
            f"Unknown: {what}.",
            happened=str(error),
            meaning=f"{error.meaning} {found.proof or found.note}",
            say=error.say,
            next=what_next,
            steps=steps,
            decided_by=self.operation,
            next_runbook=self.follow(runbook),
        )

    def done(self, parameters: AdminResetParameters, seen: Snapshot) -> Result:
        """Return the result; whether a code was promised decides what to say and do next."""
        promised = _promised(seen)
        code = "a code is on its way" if promised else "whether a code was sent is not known"
        first = (
            "Have the user sign in on the application's page, which asks for the code; where it"
            " does not, 'forgot password' there sends another. Stay on the line. If no message"
            " comes, or an hour goes by, run request-code."
        )
        if not promised:
            first = (
                "If no message comes, run request-code. AWS promises one only for a contact that"
                " the pool recovers by or verifies, and the settings of this pool name no such"
                " contact of the user."
            )
        return Result(
            Outcome.CONFIRMED,
            0,
            f"Done: the password of {parameters.username} is taken away, and {code}.",
            happened=(
                "Cognito took the password away and accepted a message with a code for sending."
                if promised
                else "Cognito took the password away."
            ),
            meaning=(
                "The user cannot sign in with the old password. The code is good for an hour, most"
                " likely in any app client, though AWS does not say so."
            ),
            say=(
                "You get a message with a code now. Please sign in on the sign-in page and type it"
                " there. Tell it to nobody, not to us either."
                if promised
                else (
                    "Your old password no longer works. Please look whether you get a message with"
                    " a code. If not, I have one sent."
                )
            ),
            next=(
                f"{first} If somebody else may have known the password, run sign-out-everywhere"
                " too."
            ),
            next_runbook=self.follow("confirm-reset" if promised else "request-code"),
        )


def _promised(seen: Snapshot | None) -> bool:
    """Whether AWS promises a message.

    Source: API reference, AdminResetUserPassword, which speaks of contacts whose verification is
    selected in the pool.
    """
    if seen is None or seen.pool is None:
        return True
    contact = route(seen.user, seen.pool).contact
    return bool(seen.pool.recovery) or contact is None or contact.attribute in seen.pool.verifies
