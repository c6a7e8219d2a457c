"""The runbook resend-invitation: a new temporary password, sent by Cognito."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from helpers.cognito import actions
from helpers.cognito.errors import Unsettled
from helpers.cognito.models import Contact, User
from helpers.display.card import Card
from helpers.run.parameters import Parameters
from helpers.run.record import Outcome
from helpers.run.result import Result
from helpers.runbooks.admin_change import AdministratorRunbook, Snapshot, Verification, blocked
from helpers.runbooks.diagnosis.diagnose import KINDS, diagnose
from helpers.runbooks.schemas import PRACTICE_INVITED, ResendInvitationParameters
from helpers.runbooks.steps import plant
from helpers.secrets.secret import Secret
from helpers.target import Target

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.client import CognitoIdentityProviderClient

_ATTRIBUTE = {"EMAIL": "email", "SMS": "phone_number"}
_WORDS = {"EMAIL": "e-mail", "SMS": "text message"}
_INVITED = "FORCE_CHANGE_PASSWORD"


class ResendInvitation(AdministratorRunbook[ResendInvitationParameters]):
    """One run of resend-invitation. See Runbook for the steps."""

    name: ClassVar[str] = "resend-invitation"
    parameters_model: ClassVar[type[Parameters]] = ResendInvitationParameters
    title: ClassVar[str] = "Send an invitation again"
    button: ClassVar[str] = "Send the invitation again"
    form_fields: ClassVar[tuple[str, ...]] = (
        "username",
        "user_pool_id",
        "medium",
        "proof_of_identity",
        "confirm_username",
    )
    verify_hint: ClassVar[str] = (
        "Have the user look for a new invitation before anything else: another one ends it."
    )
    operation: ClassVar[str] = "AdminCreateUser"
    sends: ClassVar[str] = "UserPoolId, Username, MessageAction RESEND, DesiredDeliveryMediums"
    irreversible: ClassVar[str] = (
        "a message that was sent; the temporary password of the invitation before no longer works"
    )
    then: ClassVar[str] = (
        "AdminGetUser again: a new date of change is evidence that the password was replaced; no"
        " reading proves that a message arrived"
    )
    reads_pool: ClassVar[bool] = True

    def practice(self, username: str = "") -> Card:
        """In this process's sandbox, make a user whose invitation is lost."""
        return plant(self.parameters, "temporary-password", PRACTICE_INVITED)

    def changes(
        self, parameters: ResendInvitationParameters, seen: Snapshot | None
    ) -> tuple[tuple[str, str, str], ...]:
        """Return what is different afterwards, and what is not."""
        days = f"{seen.pool.temporary_days} days" if seen and seen.pool else "the pool's days"
        contact = _contact(seen.user, parameters.medium) if seen else None
        status = seen.user.status if seen else "not known"
        return (
            ("Temporary password", "the one of the last invitation", f"a new one, good for {days}"),
            ("Message", "none", f"by {_WORDS[parameters.medium]} to {_shown(contact)}"),
            ("Status", status, status),
        )

    def precondition(self, parameters: ResendInvitationParameters, seen: Snapshot) -> Result | None:
        """Stop where no invitation is open, or where it could reach nobody."""
        user = seen.user
        if user.status != _INVITED or not user.enabled:
            found = diagnose(username=parameters.username, user=user, pool=seen.pool, client=None)
            known = {k: v for k, v in found.parameters.items() if k != "username"}
            return blocked(
                "this user has no invitation to send again."
                if user.status != _INVITED
                else "the account is disabled.",
                happened=f"The user's status is {user.status}.",
                meaning=f"{found.headline} {found.meaning}",
                say=found.say,
                next=found.next,
                notes=found.evidence,
                next_runbook=self.follow(found.runbook, **known),
            )
        if _contact(user, parameters.medium) is None:
            return self._unreachable(parameters, user)
        return None

    def make(
        self,
        client: "CognitoIdentityProviderClient",
        parameters: ResendInvitationParameters,
        secrets: Mapping[str, Secret],
    ) -> actions.Done:
        """Send AdminCreateUser with RESEND."""
        return actions.resend_invitation(
            client,
            user_pool_id=parameters.user_pool_id,
            username=parameters.username,
            medium=parameters.medium,
        )

    def verify(
        self,
        parameters: ResendInvitationParameters,
        target: Target,
        secrets: Mapping[str, Secret],
        seen: Snapshot,
    ) -> Verification:
        """Read the user again; a new date of change is evidence, and no proof of arrival."""
        found = super().verify(parameters, target, secrets, seen)
        return replace(
            found, note=found.note or "No reading shows a message: only the user can say it came."
        )

    def proof(self, parameters: ResendInvitationParameters, before: User, after: User) -> str:
        """Return the date of change, where it is another one than before."""
        if after.status != _INVITED or after.last_modified == before.last_modified:
            return ""
        return "Read again, the account was changed just now, as a new temporary password does."

    def lost(self, error: Unsettled) -> tuple[str, str]:
        """Return that the user's mailbox settles it."""
        return error.next, self.name

    def done(self, parameters: ResendInvitationParameters, seen: Snapshot) -> Result:
        """Return the result: where the invitation goes, and for how long it is good."""
        where = _shown(_contact(seen.user, parameters.medium))
        days = seen.pool.temporary_days if seen.pool else 7
        return Result(
            Outcome.CONFIRMED,
            0,
            f"Done: an invitation was sent to {where} by {_WORDS[parameters.medium]}.",
            happened="Cognito accepted the message for sending; that is not yet its arrival.",
            meaning=(
                f"It holds a new temporary password, good for {days} days. The one before no"
                " longer works."
            ),
            say=(
                f"You get a new invitation at {where}. Please look into the spam folder too. Sign"
                " in with the password in it; you then choose your own."
            ),
            next=(
                "Stay on the line while the user signs in on the sign-in page. If no message comes"
                " within a few minutes, check the contact with the user, and audit the pool's"
                " sender (audit-pool)."
            ),
        )

    # --- inner ---

    def _unreachable(self, parameters: ResendInvitationParameters, user: User) -> Result:
        other = next((one for one in _ATTRIBUTE if _contact(user, one) is not None), "")
        kind = KINDS[_ATTRIBUTE[parameters.medium]]
        return blocked(
            f"the user has no {kind}.",
            happened=f"The account has no {kind}, so an invitation would reach nobody.",
            meaning="Cognito would say yes, replace the temporary password, and send nothing.",
            say="I am looking for another way to reach you. Please hold the line.",
            next=(
                f"Send it by {_WORDS[other]} instead."
                if other
                else "After proof of identity, set a temporary password (set-password)."
            ),
            next_runbook=(
                self.follow(self.name, medium=other) if other else self.follow("set-password")
            ),
        )


def _contact(user: User, medium: str) -> Contact | None:
    return next((one for one in user.contacts if one.attribute == _ATTRIBUTE[medium]), None)


def _shown(contact: Contact | None) -> str:
    return contact.shown if contact else "an address that could not be read"
