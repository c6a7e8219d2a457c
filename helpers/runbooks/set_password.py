"""The runbook set-password: set a generated password without a code. Break-glass.

The password is written to where the parameters say before it is set, and is shown to nobody: the
person who runs this need not know it. It stays there until a reading has shown that it was not set.
"""

import secrets as randomness
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from helpers.cognito import actions
from helpers.cognito.errors import LimitReached, PasswordRefused, Problem, ResetError, Unsettled
from helpers.cognito.models import User
from helpers.cognito.policy import PasswordPolicy
from helpers.run.parameters import Parameters
from helpers.run.record import NextRunbook, Outcome, Step
from helpers.run.result import Result
from helpers.runbooks.admin_change import AdministratorRunbook, Snapshot, Verification
from helpers.runbooks.diagnosis.diagnose import KINDS
from helpers.runbooks.schemas import SetPasswordParameters
from helpers.runbooks.steps import SIGNED_IN, try_sign_in
from helpers.secrets import destinations
from helpers.secrets.destinations import Deposit, DepositError
from helpers.secrets.secret import Secret
from helpers.target import Target

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.client import CognitoIdentityProviderClient

SHORTEST = 16
# Without characters that are taken for one another (0 and O, 1, l and I), and with symbols that
# most applications take.
_LETTERS = ("ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnpqrstuvwxyz", "23456789")
_SYMBOLS = "#%+=@"
_STATUS = {"temporary": "FORCE_CHANGE_PASSWORD", "permanent": "CONFIRMED"}
_HAND_OVER = (
    "Hand the password over from {}, in a way that shows it is the user: never by a"
    " ticket or an e-mail. Then delete it there."
)
_THROWN_AWAY = (
    "The generated password was thrown away, as this is practice. Otherwise you would now hand it"
    " over, in a way that shows it is the user: never by a ticket or an e-mail."
)
_BY_MESSAGE = ("SMS_MFA", "EMAIL_OTP")
_PRESENT = {
    "CONFIRMED": "the present one",
    "FORCE_CHANGE_PASSWORD": "a temporary one",
    "RESET_REQUIRED": "taken away already",
    "EXTERNAL_PROVIDER": "none here",
    "UNCONFIRMED": "the one of the registration",
}


class SetPassword(AdministratorRunbook[SetPasswordParameters]):
    """One run of set-password. See Runbook for the steps."""

    name: ClassVar[str] = "set-password"
    parameters_model: ClassVar[type[Parameters]] = SetPasswordParameters
    title: ClassVar[str] = "Set a password without a code"
    button: ClassVar[str] = "Set a generated password"
    form_fields: ClassVar[tuple[str, ...]] = (
        "username",
        "user_pool_id",
        "kind",
        "password_to",
        "client_id",
        "client_secret",
        "two_persons",
        "agreed_by",
        "proof_of_identity",
        "confirm_username",
    )
    verify_hint: ClassVar[str] = (
        "Try one sign-in with the password that was written to its place, if one was, before"
        " anything else."
    )
    operation: ClassVar[str] = "AdminSetUserPassword"
    sends: ClassVar[str] = "UserPoolId, Username, Password, Permanent"
    told: ClassVar[str] = "set a new password for your account"
    irreversible: ClassVar[str] = "the old password is gone at once"
    then: ClassVar[str] = (
        "InitiateAuth with the new password, as the proof, where an app client is named; its tokens"
        " are dropped at once. Where that proves nothing, AdminGetUser again"
    )
    reads_pool: ClassVar[bool] = True
    _before: User | None = None

    def field_extras(self) -> dict[str, dict[str, Any]]:
        """Say how a place is written, and have one typed where this is no practice."""
        p = self.parameters
        practice = p is None or p.to_target().may_be_sandbox
        places = [
            words for name, words in destinations.SCHEMES.items() if practice or name != "discard"
        ]
        asked = {"help": f"The password is shown to nobody. Write {'; '.join(places)}."}
        return {
            **super().field_extras(),
            "password_to": asked if practice else asked | {"value": "", "required": True},
        }

    def changes(
        self, parameters: SetPasswordParameters, seen: Snapshot | None
    ) -> tuple[tuple[str, str, str], ...]:
        """Return what is different afterwards, and what is not."""
        rows = [
            ("Status", seen.user.status if seen else "not known", _afterwards(parameters, seen)),
            (
                "Password",
                _PRESENT.get(seen.user.status, "not known") if seen else "not known",
                (
                    f"a generated one ({destinations.goes(parameters.password_to)}), good for"
                    f" {_good_for(parameters, seen)}"
                ),
            ),
            ("Devices that are signed in", "signed in", "not known; AWS documents no sign-out"),
        ]
        if seen:
            verified = ", ".join(KINDS[one] for one in seen.user.verified) or "none"
            rows.append(("Verified contacts", verified, f"{verified}: this verifies nothing"))
        if seen and not seen.user.enabled:
            rows.append(("Enabled", "no", "no: nobody signs in until it is enabled"))
        if seen and seen.user.status == "EXTERNAL_PROVIDER":
            rows.append(
                ("Signs in", "through another provider", "through it, and with this password too")
            )
        return tuple(rows)

    def prepare(
        self,
        parameters: SetPasswordParameters,
        target: Target,
        seen: Snapshot,
        secrets: dict[str, Secret],
    ) -> Result | None:
        """Generate the password and write it to its place, before it is in force."""
        self._before = seen.user
        policy = seen.pool.policy if seen.pool else PasswordPolicy()
        secrets["password"] = generated(policy)
        try:
            Deposit(parameters.password_to, target.aws).put(secrets["password"])
        except DepositError as exc:
            return Result(
                Outcome.NOT_SENT,
                2,
                "Not sent: nothing has changed.",
                happened="The new password could not be written down.",
                meaning=(
                    "It is written to its place before it is set, so that it is never lost. None"
                    " was set."
                ),
                say="Please hold the line.",
                next=(
                    "Fix what is named, or name another place for the password; then run this"
                    " again."
                ),
                problems=(Problem("password_to", str(exc)),),
            )
        return None

    def make(
        self,
        client: "CognitoIdentityProviderClient",
        parameters: SetPasswordParameters,
        secrets: Mapping[str, Secret],
    ) -> actions.Done:
        """Send AdminSetUserPassword."""
        return actions.set_password(
            client,
            user_pool_id=parameters.user_pool_id,
            username=parameters.username,
            password=secrets["password"],
            permanent=parameters.kind == "permanent",
        )

    def verify(
        self,
        parameters: SetPasswordParameters,
        target: Target,
        secrets: Mapping[str, Secret],
        seen: Snapshot,
    ) -> Verification:
        """Sign in once, as the proof; where that cannot be, a changed status may prove it."""
        steps: tuple[Step, ...] = ()
        against, say, proof = False, "", ""
        if not parameters.client_id:
            why = "no app client was named to sign in through."
        elif not seen.user.enabled:
            why = "the user is disabled."
        else:
            step, answer = try_sign_in(
                target.client(),
                target,
                client_id=parameters.client_id,
                username=parameters.username,
                password=secrets["password"],
                client_secret=secrets.get("client_secret"),
            )
            steps = (step,)
            if not isinstance(answer, ResetError):
                return Verification(steps, *_proved_by(answer.challenge))
            against, why = isinstance(answer, PasswordRefused), answer.meaning or str(answer)
            if against:
                why = "one sign-in with the password did not work."
            elif isinstance(answer, LimitReached) and answer.code == "NotAuthorizedException":
                say = answer.say
        again, after = self.look_again(parameters, target)
        # A new status shows that a password was set; a refused sign-in, that it was not this one.
        if not against and not isinstance(after, ResetError):
            proof = self.proof(parameters, seen.user, after)
        return Verification(
            (*steps, again), proof, f"A sign-in could not prove it: {why}", against=against, say=say
        )

    def proof(self, parameters: SetPasswordParameters, before: User, after: User) -> str:
        """Return the status, if it was another one before; a federated user's may be either."""
        expected = after.status == _STATUS[parameters.kind] or before.status == "EXTERNAL_PROVIDER"
        if not expected or before.status == after.status:
            return ""
        return f"Read again, the user's status is {after.status}; before it was {before.status}."

    def lost(self, error: Unsettled) -> tuple[str, str]:
        """Return that another password settles it, whatever became of this one."""
        return (
            (
                "Run this again with another place for the password: that sets another one,"
                " whatever became of this one. Until then the user may have either."
            ),
            self.name,
        )

    def done(self, parameters: SetPasswordParameters, seen: Snapshot) -> Result:
        """Return the result: how the password reaches the user, and how a code can next time."""
        user, temporary = seen.user, parameters.kind == "temporary"
        unverified = next((contact for contact in user.contacts if not contact.verified), None)
        strand = not user.verified
        sign_in = (
            "Please sign in with it soon; you are then asked to choose your own."
            if temporary
            else "Please sign in with it, and change it in the application at once."
        )
        todo = [_HAND_OVER.format(parameters.password_to)]
        if parameters.password_to.startswith("discard:"):
            todo = [_THROWN_AWAY]
        notes = []
        if not user.enabled:
            todo.append(
                "The user is disabled and stays so: nobody signs in before the account is unlocked"
                " (unlock-user)."
            )
            sign_in = "Your account is disabled, though: you can sign in once it is enabled again."
        if strand:
            todo.append(
                "Afterwards run fix-contact, so that codes can reach the user from now on."
                if unverified
                else "Have a contact entered: there is none to which a code could go."
            )
            notes.append(
                "No contact of the user is verified, and this verified none: the next forgotten"
                " password cannot be reset by a code either."
            )
        else:
            todo.append("If somebody else may have had the old password, run sign-out-everywhere.")
        if user.status == "EXTERNAL_PROVIDER":
            notes.append(
                "The user came from another provider, and AWS advises against a password of their"
                " own: tell the owner of the pool."
            )
        return Result(
            Outcome.CONFIRMED,
            0,
            f"Done: {parameters.username} has a {parameters.kind} password.",
            happened="Cognito accepted the generated password; it sends no message about it.",
            meaning=(
                "An old password no longer works. The new one is good for"
                f" {_good_for(parameters, seen)}."
            ),
            say=f"I have set a new password for you and hand it to you now. {sign_in}",
            next=" ".join(todo),
            notes=tuple(notes),
            next_runbook=(
                self.follow("unlock-user")
                if not user.enabled
                else self.follow("fix-contact", contact=unverified.attribute)
                if strand and unverified
                else None
            ),
        )

    def follow(self, name: str, **more: str) -> NextRunbook | None:
        """Name the next runbook; a place and an agreement are good for one run alone."""
        return super().follow(name, **{"password_to": "", "agreed_by": "", **more})

    # --- inner ---

    def _act(
        self, parameters: SetPasswordParameters, target: Target, secrets: Mapping[str, Secret]
    ) -> Result:
        result = super()._act(parameters, target, secrets)
        if not any(step.name == self.operation for step in result.steps):
            return result  # it did not come as far as a password
        if result.outcome is Outcome.CONFIRMED:
            return result
        place = Deposit(parameters.password_to, target.aws)
        if result.outcome is Outcome.UNKNOWN:
            told = f"{place.words()} Whether it is the user's password is not known."
            return replace(result, next=f"{result.next} {told}".strip())
        step, after = self.look_again(parameters, target)
        told = place.take_back() if self._is_as_before(after) else _kept_in(place, after)
        steps = (*result.steps, step)
        return replace(result, next=f"{result.next} {told}".strip(), steps=steps)

    def _is_as_before(self, after: User | ResetError) -> bool:
        """Whether the user, read again, has not been changed since the password was generated."""
        before = self._before
        return (
            before is not None
            and isinstance(after, User)
            and (after.status, after.last_modified) == (before.status, before.last_modified)
        )


def _kept_in(place: Deposit, after: User | ResetError) -> str:
    """Say why a password that was most likely not set is left where it was written."""
    words = place.words()
    if not words:
        return ""
    why = (
        "the user could not be read again"
        if isinstance(after, ResetError)
        else "the user was changed meanwhile"
    )
    return (
        f"{words} It was most likely not set, but {why}, so it is kept. Try one sign-in with it, or"
        " look the user up, before it is deleted there."
    )


def generated(policy: PasswordPolicy) -> Secret:
    """Return a new random password that this policy takes, 16 characters long or more.

    It has upper-case and lower-case letters and digits always, and symbols where they are asked
    for.
    """
    draw = randomness.SystemRandom()
    classes = (*_LETTERS, _SYMBOLS) if policy.require_symbols else _LETTERS
    characters = [draw.choice(one) for one in classes]
    characters += draw.choices(
        "".join(classes), k=max(policy.minimum_length, SHORTEST) - len(classes)
    )
    draw.shuffle(characters)
    return Secret("".join(characters), "new password")


def _afterwards(parameters: SetPasswordParameters, seen: Snapshot | None) -> str:
    # Source: API reference, AdminSetUserPassword, which says the one of temporary passwords and the
    # other of such users.
    if seen and seen.user.status == "EXTERNAL_PROVIDER" and parameters.kind == "temporary":
        return "FORCE_CHANGE_PASSWORD or CONFIRMED; AWS does not say which"
    return _STATUS[parameters.kind]


def _good_for(parameters: SetPasswordParameters, seen: Snapshot | None) -> str:
    if parameters.kind == "permanent":
        return "as long as it is not changed"
    days = seen.pool.policy.temporary_password_validity_days if seen and seen.pool else None
    return f"one sign-in within {days or 'some'} days, at which the user chooses another"


def _proved_by(challenge: str) -> tuple[str, str]:
    """Return the proof that a sign-in gave, and what else is to be known about it."""
    if challenge == "NEW_PASSWORD_REQUIRED":
        return (
            (
                "Cognito accepted the password and asks the user to choose another"
                " (NEW_PASSWORD_REQUIRED)."
            ),
            "",
        )
    if challenge:
        sent = (
            "The sign-in that proved it sent the user a sign-in code: they may ignore it."
            if challenge in _BY_MESSAGE
            else ""
        )
        return f"Cognito accepted the password and asks for the next factor ({challenge}).", sent
    return SIGNED_IN, ""
