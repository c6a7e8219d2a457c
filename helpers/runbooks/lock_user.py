"""The runbook lock-user: contain an account that may be taken over, before anything else.

It disables the user and then ends the sessions. Recovery comes afterwards, in an order that lets an
intruder read nothing of it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from helpers.cognito import actions
from helpers.cognito.errors import NotReached, Refused, ResetError
from helpers.cognito.models import User
from helpers.run.parameters import Parameters
from helpers.run.record import Outcome, step_failed
from helpers.run.result import Result
from helpers.runbooks.admin_change import AdministratorRunbook, Snapshot
from helpers.runbooks.schemas import LockUserParameters
from helpers.runbooks.steps import step_done
from helpers.secrets.secret import Secret
from helpers.target import Target

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.client import CognitoIdentityProviderClient

_THEN = "AdminUserGlobalSignOut"
_NEXT = (
    "Look before you repair: run diagnose-user, and compare contacts, second factors and the last"
    " events with what the user says; an intruder's authenticator or passkey stays. Then, after"
    " proof of identity: contacts (fix-contact), a temporary password (set-password), and only then"
    " unlock-user. Send no code to a contact that an intruder may read."
)


class LockUser(AdministratorRunbook[LockUserParameters]):
    """One run of lock-user. See Runbook for the steps."""

    name: ClassVar[str] = "lock-user"
    parameters_model: ClassVar[type[Parameters]] = LockUserParameters
    title: ClassVar[str] = "Lock an account"
    button: ClassVar[str] = "Lock this account"
    form_fields: ClassVar[tuple[str, ...]] = (
        "username",
        "user_pool_id",
        "proof_of_identity",
        "confirm_username",
    )
    verify_hint: ClassVar[str] = "Run this again: to lock an account twice does no harm."
    operation: ClassVar[str] = "AdminDisableUser"
    sends: ClassVar[str] = "UserPoolId, Username"
    shows: ClassVar[bool] = True
    told: ClassVar[str] = "locked your account and signed it out everywhere"
    irreversible: ClassVar[str] = (
        "the access tokens are gone for good, and so are the sessions; the account itself is"
        " unlocked by unlock-user"
    )
    then: ClassVar[str] = f"AdminGetUser again, as the proof; then {_THEN} (UserPoolId, Username)"

    def changes(
        self, parameters: LockUserParameters, seen: Snapshot | None
    ) -> tuple[tuple[str, str, str], ...]:
        """Return what is different afterwards, and what is not."""
        enabled = {True: "yes", False: "no"}[seen.user.enabled] if seen else "not known"
        return (
            ("Enabled", enabled, "no"),
            ("Signing in, by any way", "works" if enabled == "yes" else "refused", "refused"),
            ("A code for a new password", "is sent", "is sent no more"),
            ("Access tokens, at Cognito's own API", "work", "are refused for good"),
            ("Refresh tokens", "work", "are refused for good"),
            (
                "An application that checks tokens by itself",
                "lets them in",
                "lets them in until they run out, an hour unless it is set otherwise",
            ),
            ("Password, contacts, second factors", "as they are", "as they are: look at them"),
        )

    def make(
        self,
        client: "CognitoIdentityProviderClient",
        parameters: LockUserParameters,
        secrets: Mapping[str, Secret],
    ) -> actions.Done:
        """Send AdminDisableUser."""
        return actions.disable_user(
            client, user_pool_id=parameters.user_pool_id, username=parameters.username
        )

    def proof(self, parameters: LockUserParameters, before: User, after: User) -> str:
        """Return that the user, read again, is disabled."""
        if after.enabled:
            return ""
        earlier = "enabled" if before.enabled else "disabled too"
        return f"Read again, the user is disabled; before it was {earlier}."

    def done(self, parameters: LockUserParameters, seen: Snapshot) -> Result:
        """Return the result; look before anything is repaired."""
        return Result(
            Outcome.CONFIRMED,
            0,
            f"Done: the account of {parameters.username} is locked.",
            happened="Cognito disabled the user, and then ended the sessions.",
            meaning=(
                "Nobody signs in, no code is sent, and no token is accepted by Cognito any more. An"
                " application that checks tokens by itself lets them in until they run out."
            ),
            say=(
                "I have locked your account, so that nobody can use it. We call you back on a"
                " number that we have on file."
            ),
            next=_NEXT,
            next_runbook=self.follow("diagnose-user", symptom="my account was hacked"),
        )

    # --- inner ---

    def _act(
        self, parameters: LockUserParameters, target: Target, secrets: Mapping[str, Secret]
    ) -> Result:
        result = super()._act(parameters, target, secrets)
        if result.outcome is not Outcome.CONFIRMED:
            return result
        try:
            ended = actions.sign_out_everywhere(
                target.client(signed=True),
                user_pool_id=parameters.user_pool_id,
                username=parameters.username,
            )
        except ResetError as exc:
            step = step_failed(_THEN, exc, target.now())
            return self._half_done(replace(result, steps=(*result.steps, step)), exc)
        steps = (*result.steps, step_done(_THEN, ended, target))
        return replace(result, steps=steps)

    def _half_done(self, locked: Result, error: ResetError) -> Result:
        """Return the result of an account that is locked, with sessions that may go on."""
        ended = "did not end" if isinstance(error, Refused | NotReached) else "may not have ended"
        return replace(
            locked,
            outcome=Outcome.UNKNOWN,
            exit_code=8,
            headline=f"Locked, but the sessions {ended}.",
            happened=f"Cognito disabled the user. Ending the sessions: {error}",
            meaning=(
                "Nobody signs in. The access tokens are revoked; whether refresh tokens work again"
                " once the account is unlocked AWS does not say."
            ),
            next="Run sign-out-everywhere before the account is unlocked: twice does no harm.",
            proof="",
            notes=(*locked.notes, locked.proof),
            next_runbook=self.follow("sign-out-everywhere"),
        )
