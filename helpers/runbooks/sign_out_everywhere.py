"""The runbook sign-out-everywhere: end a user's sessions, and say which ones go on all the same."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from helpers.cognito import actions, reads
from helpers.cognito.errors import Answered, Unsettled
from helpers.cognito.models import Session
from helpers.run.parameters import Parameters
from helpers.run.record import Outcome
from helpers.run.result import Result
from helpers.runbooks.admin_change import AdministratorRunbook, Snapshot, Verification
from helpers.runbooks.schemas import SignOutParameters
from helpers.runbooks.steps import Reader
from helpers.secrets.secret import Secret
from helpers.target import Target

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.client import CognitoIdentityProviderClient

_STAYS = (
    "What goes on: an application that checks tokens by itself, without asking Cognito, lets them"
    " in until they run out, an hour after they were issued unless the app client sets another"
    " time. The cookie of the managed sign-in pages stays too, in the browser that has it, for an"
    " hour from its last use (up to 90 days where the pool tracks sessions); their logout address"
    " ends it there at once."
)
# What to do about the password of a user in this status, and the runbook for it.
_NEXT = {
    "RESET_REQUIRED": (
        "The old password is taken away already. The user sets a new one with the code, on the"
        " sign-in page; run request-code if an hour has gone by."
    ),
    "FORCE_CHANGE_PASSWORD": (
        "Have the user sign in with the temporary password; the one before it works no more."
    ),
    "UNCONFIRMED": "The registration was never finished, so nobody can sign in: run diagnose-user.",
    "EXTERNAL_PROVIDER": (
        "The user has no password here: have the sign-in at the other provider, such as a company"
        " login, secured there, then run this again."
    ),
    "disabled": (
        "The account is disabled, so nobody can sign in. Look at contacts, second factors and"
        " events (diagnose-user); then, after proof of identity, contacts and a temporary password,"
        " before it is unlocked."
    ),
}
_RUNBOOK = {
    "RESET_REQUIRED": "request-code",
    "FORCE_CHANGE_PASSWORD": "",
    "UNCONFIRMED": "diagnose-user",
    "EXTERNAL_PROVIDER": "",
    "disabled": "diagnose-user",
}
_PASSWORD = {
    "RESET_REQUIRED": "taken away already",
    "EXTERNAL_PROVIDER": "none here",
    "disabled": "as it is",
}
_KNOWN_TO_OTHERS = (
    "If only a device was lost, there is nothing more to do. If somebody else may know the"
    " password, contain first: run lock-user. Send no code before the contacts are known to be the"
    " user's own, since an intruder may read them."
)


class SignOutEverywhere(AdministratorRunbook[SignOutParameters]):
    """One run of sign-out-everywhere. See Runbook for the steps."""

    name: ClassVar[str] = "sign-out-everywhere"
    parameters_model: ClassVar[type[Parameters]] = SignOutParameters
    title: ClassVar[str] = "Sign a user out everywhere"
    button: ClassVar[str] = "Sign this user out everywhere"
    form_fields: ClassVar[tuple[str, ...]] = (
        "username",
        "user_pool_id",
        "proof_of_identity",
        "confirm_username",
    )
    verify_hint: ClassVar[str] = "Run this again: to end the sessions twice does no harm."
    operation: ClassVar[str] = "AdminUserGlobalSignOut"
    sends: ClassVar[str] = "UserPoolId, Username"
    irreversible: ClassVar[str] = (
        "the user has to sign in again on every device, their own ones too"
    )
    then: ClassVar[str] = (
        "AdminListUserSessions again, as the proof, where the pool tracks sessions; elsewhere"
        " nothing, and Cognito's answer is the proof"
    )
    also_reads: ClassVar[str] = " and AdminListUserSessions"
    _before: tuple[Session, ...] | None = None

    def changes(
        self, parameters: SignOutParameters, seen: Snapshot | None
    ) -> tuple[tuple[str, str, str], ...]:
        """Return what is different afterwards, and what is not."""
        password = _PASSWORD.get(_state(seen)) if seen else None
        return (
            (
                "A device that is signed in",
                "stays signed in",
                "has to sign in again when its present token has run out",
            ),
            ("Asking Cognito in the user's name", "works", "is refused"),
            (
                "An application that checks tokens by itself",
                "lets them in",
                "lets them in until they run out",
            ),
            (
                "The managed sign-in pages, by their cookie",
                "remember the browser",
                "remember the browser for an hour from its last use, or as the pool's sessions say",
            ),
            (
                "Password",
                password or "as it is",
                password or "as it is; anyone who knows it may sign in again",
            ),
        )

    def make(
        self,
        client: "CognitoIdentityProviderClient",
        parameters: SignOutParameters,
        secrets: Mapping[str, Secret],
    ) -> actions.Done:
        """Send AdminUserGlobalSignOut."""
        return actions.sign_out_everywhere(
            client, user_pool_id=parameters.user_pool_id, username=parameters.username
        )

    def verify(
        self,
        parameters: SignOutParameters,
        target: Target,
        secrets: Mapping[str, Secret],
        seen: Snapshot,
    ) -> Verification:
        """Read the sessions again, where the pool tracks them."""
        if self._before is None:
            return Verification(
                note="This pool lists no sessions, so Cognito's answer is all there is."
            )
        reader = Reader(target, parameters.user_pool_id)
        left = _sessions(reader, parameters.username)
        steps = tuple(reader.steps)
        before = len(self._before)
        if left is None:
            return Verification(steps, note="The sessions could not be read again.")
        old = {one.session_id for one in self._before}
        still = [one for one in left if one.session_id in old]
        if still:
            return Verification(
                steps,
                note=(
                    f"{len(still)} of {before} sessions are still listed. The list lags by some"
                    " seconds: read it again (AdminListUserSessions) before you rely on it."
                ),
            )
        proof = f"Read again, none of the {before} sessions is listed." if before else ""
        new = f"{len(left)} began meanwhile: somebody has signed in again." if left else ""
        return Verification(steps, proof, new or ("" if before else "No session was listed."))

    def _look(self, p: SignOutParameters, reader: Reader) -> Snapshot:
        """Read the user, and the sessions where the pool tracks them."""
        seen = super()._look(p, reader)
        self._before = _sessions(reader, p.username)
        return replace(seen, steps=tuple(reader.steps))

    def lost(self, error: Unsettled) -> tuple[str, str]:
        """Return that running it again settles it."""
        return (
            "Run this again: to end the sessions twice does no harm, and then there is an answer.",
            self.name,
        )

    def done(self, parameters: SignOutParameters, seen: Snapshot) -> Result:
        """Return the result; anyone who knows the password may come back, so that is next."""
        state = _state(seen)
        onward = (
            "Your account is disabled, so you cannot sign in for now."
            if state == "disabled"
            else (
                "Please wait until we have made sure that nobody else can sign in. Then sign in"
                " again on your own devices."
            )
        )
        return Result(
            Outcome.CONFIRMED,
            0,
            f"Done: {parameters.username} is signed out everywhere.",
            happened=(
                "Cognito ended the user's refresh tokens and accepts no access token of theirs any"
                " more."
            ),
            meaning=(
                "No device stays signed in for longer than its present token lasts. No password was"
                " changed."
            ),
            say=(
                "You are signed out on all devices now. Some applications notice it only after an"
                f" hour or so. {onward}"
            ),
            next=_NEXT.get(state, _KNOWN_TO_OTHERS),
            notes=(_STAYS,),
            next_runbook=self.follow(
                _RUNBOOK.get(state, "lock-user"),
                symptom="my account was hacked" if state == "disabled" else "",
            ),
        )


def _sessions(reader: Reader, username: str) -> tuple[Session, ...] | None:
    """Return the user's sessions; None where the pool tracks none, or they cannot be read."""
    try:
        return reader.read("AdminListUserSessions", reads.list_sessions, username=username)
    except Answered:
        return None


def _state(seen: Snapshot) -> str:
    return seen.user.status if seen.user.enabled else "disabled"
