"""The runbook reset-second-factor: take a lost second factor from a user. Break-glass."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from helpers.cognito import actions
from helpers.cognito.models import User
from helpers.display.card import Card
from helpers.run.parameters import Parameters
from helpers.run.record import Outcome
from helpers.run.result import Result
from helpers.runbooks.admin_change import AdministratorRunbook, Snapshot, blocked
from helpers.runbooks.schemas import PRACTICE_FACTOR, ResetSecondFactorParameters
from helpers.runbooks.steps import plant
from helpers.secrets.secret import Secret

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.client import CognitoIdentityProviderClient

_NAMES = {
    "SOFTWARE_TOKEN_MFA": "authenticator app",
    "SMS_MFA": "code by text message",
    "EMAIL_OTP": "code by e-mail",
}
_REQUIRED = (
    "The pool requires a second factor, and this is the user's only one. Users report that Cognito"
    " then says yes to taking it away, and goes on asking for it; AWS documents no other way."
)
_THEN = (
    "Have the pool's owner decide: put another factor in its place that the user still has (the"
    " notebook says how, by hand), or create the user again. Do it in a call of its own, never"
    " together with a new contact."
)


class ResetSecondFactor(AdministratorRunbook[ResetSecondFactorParameters]):
    """One run of reset-second-factor. See Runbook for the steps."""

    name: ClassVar[str] = "reset-second-factor"
    parameters_model: ClassVar[type[Parameters]] = ResetSecondFactorParameters
    title: ClassVar[str] = "Take a lost second factor away"
    button: ClassVar[str] = "Take this factor away"
    form_fields: ClassVar[tuple[str, ...]] = (
        "username",
        "user_pool_id",
        "factor",
        "proof_of_identity",
        "confirm_username",
    )
    operation: ClassVar[str] = "AdminSetUserMFAPreference"
    sends: ClassVar[str] = "UserPoolId, Username, the settings of this factor, off"
    shows: ClassVar[bool] = True
    told: ClassVar[str] = "took a second step of signing in from your account"
    irreversible: ClassVar[str] = (
        "until the user sets up another factor, the password alone signs in; an authenticator has"
        " to be set up again"
    )
    reads_pool: ClassVar[bool] = True

    def practice(self, username: str = "") -> Card:
        """In this process's sandbox, make a user who has lost the authenticator."""
        return plant(self.parameters, "second-factor-lost", PRACTICE_FACTOR)

    def changes(
        self, parameters: ResetSecondFactorParameters, seen: Snapshot | None
    ) -> tuple[tuple[str, str, str], ...]:
        """Return what is different afterwards, and what is not."""
        if seen is None:
            return ((_NAMES[parameters.factor].capitalize(), "not known", "off"),)
        left = _left(seen.user, parameters.factor)
        return (
            ("Second factors", _named(seen.user.factors), _named(left)),
            (
                "Signing in asks for",
                "the password, and a second factor",
                "the password, and a second factor" if left else "the password alone",
            ),
            ("Password, contacts, sessions", "as they are", "as they are"),
        )

    def precondition(
        self, parameters: ResetSecondFactorParameters, seen: Snapshot
    ) -> Result | None:
        """Stop where there is no such factor, or where the pool would keep it all the same."""
        user, factor = seen.user, parameters.factor
        if factor not in user.factors:
            others = f"The account has {_named(user.factors)}."
            other = user.factors[0] if user.factors and user.factors[0] in _NAMES else ""
            return blocked(
                f"the account has no {_NAMES[factor]} as its second factor.",
                happened=others,
                meaning=(
                    "What the user is asked for is something else: another factor, a passkey, or a"
                    " step of the application's own."
                ),
                say="I am looking which second step your account has. Please hold the line.",
                next=(
                    f"Ask what the screen asks for. If it is the {_NAMES[other]}, run this for it."
                    if other
                    else "Ask what the screen says, and run diagnose-user."
                ),
                next_runbook=(
                    self.follow(self.name, factor=other) if other else self.follow("diagnose-user")
                ),
            )
        if seen.pool and seen.pool.mfa == "ON" and not _left(user, factor):
            return blocked(
                "the pool requires this factor, and Cognito would keep it.",
                happened=_REQUIRED,
                meaning="A user in a pool that requires a second factor cannot be without one.",
                say="I have to pass this on: your account needs another second step first.",
                next=_THEN,
                notes=(f"The account has {_named(user.factors)}.",),
            )
        return None

    def make(
        self,
        client: "CognitoIdentityProviderClient",
        parameters: ResetSecondFactorParameters,
        secrets: Mapping[str, Secret],
    ) -> actions.Done:
        """Send AdminSetUserMFAPreference."""
        return actions.turn_factor_off(
            client,
            user_pool_id=parameters.user_pool_id,
            username=parameters.username,
            factor=parameters.factor,
        )

    def proof(self, parameters: ResetSecondFactorParameters, before: User, after: User) -> str:
        """Return that the factor is among the user's no more."""
        if parameters.factor in after.factors:
            return ""
        return (
            f"Read again, the account has {_named(after.factors)}; before it had"
            f" {_named(before.factors)}."
        )

    def done(self, parameters: ResetSecondFactorParameters, seen: Snapshot) -> Result:
        """Return the result: the user signs in, and sets up another factor at once."""
        left = _left(seen.user, parameters.factor)
        return Result(
            Outcome.CONFIRMED,
            0,
            f"Done: the {_NAMES[parameters.factor]} of {parameters.username} is off.",
            happened="Cognito made the change; it sends no message about it.",
            meaning=(
                f"Signing in asks for the password and {_named(left)}."
                if left
                else "Signing in asks for the password alone, until another factor is set up."
            ),
            say=(
                "I have taken the lost second step away. Please sign in now, and set up a new one"
                " at once."
            ),
            next=(
                "Stay on the line until the user has set up another second factor in the"
                " application. If somebody else may know the password, lock the account instead"
                " (lock-user). Change no contact in the same call."
            ),
        )


def _left(user: User, factor: str) -> tuple[str, ...]:
    return tuple(one for one in user.factors if one != factor)


def _named(factors: tuple[str, ...]) -> str:
    return " and ".join(f"the {_NAMES.get(one, one)}" for one in factors) or "no second factor"
