"""The runbook fix-contact: mark a contact as verified, which can give an account away."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from helpers.cognito import actions
from helpers.cognito.models import Contact, User
from helpers.display.card import Card
from helpers.run.brief import Brief
from helpers.run.parameters import Parameters
from helpers.run.record import Outcome
from helpers.run.result import Result
from helpers.runbooks.admin_change import AdministratorRunbook, Snapshot, blocked
from helpers.runbooks.diagnosis.diagnose import KINDS, diagnose, route
from helpers.runbooks.diagnosis.verdicts import Verdict
from helpers.runbooks.schemas import PRACTICE_UNVERIFIED, FixContactParameters
from helpers.secrets.secret import Secret

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.client import CognitoIdentityProviderClient

_READY = ("nothing-in-the-way", "reset-required")


class FixContact(AdministratorRunbook[FixContactParameters]):
    """One run of fix-contact. See Runbook for the steps."""

    name: ClassVar[str] = "fix-contact"
    parameters_model: ClassVar[type[Parameters]] = FixContactParameters
    title: ClassVar[str] = "Mark a contact as verified"
    button: ClassVar[str] = "Mark it as verified"
    form_fields: ClassVar[tuple[str, ...]] = (
        "username",
        "user_pool_id",
        "contact",
        "proof_of_identity",
        "confirm_username",
    )
    operation: ClassVar[str] = "AdminUpdateUserAttributes"
    sends: ClassVar[str] = "UserPoolId, Username, UserAttributes"
    irreversible: ClassVar[str] = (
        "the mark can be taken back, but not what was done with it: anyone who reads that mailbox"
        " or phone can take over the account. Where contacts are names to sign in with, another"
        " user who has the same one verified loses it"
    )
    reads_pool: ClassVar[bool] = True

    def practice(self, username: str = "") -> Card:
        """In this process's sandbox, make a user who has no verified contact."""
        p = self.parameters
        if p is None or not p.to_target().embedded or p.username != PRACTICE_UNVERIFIED:
            return Card("There is nothing to prepare: this is about a user who is there.")
        from helpers.sandbox import open_sandbox, plant_case

        case = plant_case(open_sandbox(), "no-verified-contact")
        return Card("A user calls.", (("Username", case.username), ("The user says", case.says)))

    def brief(self) -> Brief:
        """Have the user call first: the plan reads who calls."""
        self.practice()
        return super().brief()

    def field_extras(self) -> dict[str, dict[str, Any]]:
        """Warn beside the proof of identity, and have it typed except in practice."""
        warned = {
            "help": (
                "Anyone who reads this contact can take over the account. Say how you know that it"
                " is the user's, without the number of any document: it is kept in the record."
            )
        }
        p = self.parameters
        typed = {} if p is None or p.to_target().may_be_sandbox else {"value": "", "required": True}
        return {"proof_of_identity": warned | typed}

    def changes(
        self, parameters: FixContactParameters, seen: Snapshot | None
    ) -> tuple[tuple[str, str, str], ...]:
        """Return what is different afterwards."""
        kind = KINDS[parameters.contact].capitalize()
        if seen is None:
            return ((kind, "not known", "verified"),)
        contact = _contact(seen.user, parameters.contact)
        if contact is None:
            return ((kind, "there is none", "there is none"),)
        rows = [
            (
                f"{kind} {contact.shown}",
                "verified" if contact.verified else "not verified",
                "verified",
            ),
            (
                "A code for a new password",
                self._goes(parameters, seen, seen.user),
                self._goes(parameters, seen, _marked(seen.user, parameters.contact)),
            ),
        ]
        if seen.pool is not None and parameters.contact in seen.pool.aliases:
            rows.append(
                (
                    "Signing in by it",
                    "works" if contact.verified else "does not work",
                    "works, and for nobody else",
                )
            )
        return (*rows, ("Password and sessions", "as they are", "as they are"))

    def precondition(self, parameters: FixContactParameters, seen: Snapshot) -> Result | None:
        """Stop where nothing is to mark, or where no code would go there after all."""
        contact = _contact(seen.user, parameters.contact)
        if contact is None:
            return self._none_there(parameters, seen)
        if contact.verified:
            return self._done_already(parameters, seen, contact)
        after = _marked(seen.user, parameters.contact)
        first = route(after, seen.pool).contact
        if first is None:
            found = self._diagnosed(parameters, seen, after)
            return blocked(
                "no code would go there all the same.",
                happened=found.headline,
                meaning=found.meaning,
                say=found.say,
                next=found.next,
                notes=found.evidence,
                next_runbook=self.follow(found.runbook),
            )
        if first.attribute != parameters.contact:
            return blocked(
                f"codes would go on going to {first.shown}.",
                happened=(
                    f"The user's {KINDS[first.attribute]} {first.shown} is verified, and this pool"
                    " prefers it."
                ),
                meaning=(
                    "Cognito sends one message, to the first verified contact in the pool's order."
                ),
                say=f"Your codes go to {first.shown}. Can you still read messages there?",
                next=(
                    "If the user can: run request-code. If not, somebody else may read it: send no"
                    " code, and run set-password after proof of identity; then have the old contact"
                    " corrected."
                ),
                next_runbook=self.follow("set-password"),
            )
        return None

    def make(
        self,
        client: "CognitoIdentityProviderClient",
        parameters: FixContactParameters,
        secrets: Mapping[str, Secret],
    ) -> actions.Done:
        """Send AdminUpdateUserAttributes."""
        return actions.mark_verified(
            client,
            user_pool_id=parameters.user_pool_id,
            username=parameters.username,
            attribute=parameters.contact,
        )

    def proof(self, parameters: FixContactParameters, before: User, after: User) -> str:
        """Return the attribute, read again: it was not verified before."""
        contact = _contact(after, parameters.contact)
        if contact is None or not contact.verified:
            return ""
        return (
            f"Read again, the user's {KINDS[parameters.contact]} {contact.shown} is verified;"
            " before it was not."
        )

    def done(self, parameters: FixContactParameters, seen: Snapshot) -> Result:
        """Return the result: a code can go there now, unless something else blocks it."""
        after = _marked(seen.user, parameters.contact)
        found = self._diagnosed(parameters, seen, after)
        ready = found.problem in _READY
        kind = KINDS[parameters.contact]
        return Result(
            Outcome.CONFIRMED,
            0,
            f"Done: the {kind} of {parameters.username} is marked as verified.",
            happened="Cognito made the change; it sends no message about it.",
            meaning=(
                f"Codes go to that {kind} from now on."
                if ready
                else (
                    f"Codes may go to that {kind}, but something else is in the way:"
                    f" {found.headline}"
                )
            ),
            say=f"I have confirmed your {kind}. {found.say}",
            next=found.next,
            next_runbook=self._onward(found),
        )

    # --- inner ---

    def _diagnosed(self, parameters: FixContactParameters, seen: Snapshot, user: User) -> Verdict:
        return diagnose(username=parameters.username, user=user, pool=seen.pool, client=None)

    def _goes(self, parameters: FixContactParameters, seen: Snapshot, user: User) -> str:
        found, contact = self._diagnosed(parameters, seen, user), route(user, seen.pool).contact
        if contact is None:
            return "can go nowhere"
        return (
            f"goes to {contact.shown}"
            if found.problem in _READY
            else f"is not sent: {found.headline}"
        )

    def _onward(self, found: Verdict) -> Any:
        known = {name: value for name, value in found.parameters.items() if name != "username"}
        return self.follow(found.runbook, **known)

    def _none_there(self, parameters: FixContactParameters, seen: Snapshot) -> Result:
        """Return that there is no such contact, and what helps instead."""
        kind = KINDS[parameters.contact]
        found = self._diagnosed(parameters, seen, seen.user)
        return blocked(
            f"the user has no {kind}.",
            happened=f"There is no {kind} in the account that could be marked.",
            meaning=f"{found.headline} {found.meaning}",
            say=found.say,
            next=found.next,
            notes=found.evidence,
            next_runbook=self._onward(found),
        )

    def _done_already(
        self, parameters: FixContactParameters, seen: Snapshot, contact: Contact
    ) -> Result:
        kind = KINDS[parameters.contact]
        found = self._diagnosed(parameters, seen, seen.user)
        return Result(
            Outcome.CONFIRMED,
            0,
            f"Nothing to do: the {kind} {contact.shown} is verified already.",
            happened=(
                f"The {kind} was read just now and is verified. Nothing had to be changed, and"
                " nothing was sent."
            ),
            meaning=found.headline,
            say=found.say,
            next=found.next,
            notes=found.evidence,
            proof=f"The user, read just now: the {kind} {contact.shown} is verified.",
            next_runbook=self._onward(found),
        )


def _contact(user: User, attribute: str) -> Contact | None:
    return next((contact for contact in user.contacts if contact.attribute == attribute), None)


def _marked(user: User, attribute: str) -> User:
    """Return the user with this contact verified."""
    return replace(
        user,
        contacts=tuple(
            replace(contact, verified=contact.verified or contact.attribute == attribute)
            for contact in user.contacts
        ),
    )
