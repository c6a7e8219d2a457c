"""The runbook fix-contact: mark a contact as verified, which can give an account away."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from helpers.cognito import actions, reads
from helpers.cognito.models import Contact, User
from helpers.display.card import Card
from helpers.run.parameters import Parameters
from helpers.run.record import Outcome
from helpers.run.result import Result
from helpers.runbooks.admin_change import AdministratorRunbook, Snapshot, blocked
from helpers.runbooks.diagnosis.diagnose import KINDS, diagnose, route
from helpers.runbooks.diagnosis.verdicts import Verdict
from helpers.runbooks.said_contact import Match, compare, has_mistyped_provider
from helpers.runbooks.schemas import PRACTICE_UNVERIFIED, FixContactParameters
from helpers.runbooks.steps import Reader, plant
from helpers.runbooks.stop_words import hand_over
from helpers.secrets.secret import Secret

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.client import CognitoIdentityProviderClient

_LOCKED = (
    "The account is locked, and stays so. Set a temporary password next (set-password); only then"
    " unlock it (unlock-user)."
)
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
        "contact_said",
        "proof_of_identity",
        "confirm_username",
    )
    operation: ClassVar[str] = "AdminUpdateUserAttributes"
    sends: ClassVar[str] = "UserPoolId, Username, UserAttributes"
    shows: ClassVar[bool] = True
    told: ClassVar[str] = "confirmed a contact of your account, to which codes may now go"
    irreversible: ClassVar[str] = (
        "the mark can be taken back, but not what was done with it: anyone who reads that mailbox"
        " or phone can take over the account. Where contacts are names to sign in with, another"
        " user who has the same one verified loses it"
    )
    reads_pool: ClassVar[bool] = True
    also_reads: ClassVar[str] = ", and ListUsers for who else has the contact"
    _holder: User | None = None

    def practice(self, username: str = "") -> Card:
        """In this process's sandbox, make a user who has no verified contact."""
        return plant(self.parameters, "no-verified-contact", PRACTICE_UNVERIFIED)

    def field_extras(self) -> dict[str, dict[str, Any]]:
        """Have the contact typed as the caller says it, and warn beside the proof of identity."""
        extras = super().field_extras()
        proof = extras["proof_of_identity"]
        said = {
            "value": "",
            "required": True,
            "help": (
                "Ask the caller, and type what they say. It is compared with the account, which is"
                " not shown, and it is not recorded."
            ),
        }
        warning = "Anyone who reads this contact can take over the account."
        return {
            **extras,
            "contact_said": said,
            "proof_of_identity": {**proof, "help": f"{warning} {proof['help']}"},
        }

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
                f"{kind}, as the caller says it",
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
        """Stop where it is not what the caller says, where nothing is to mark, where somebody else
        has it verified, or where no code would go there after all.
        """
        contact = _contact(seen.user, parameters.contact)
        if contact is None:
            return self._none_there(parameters, seen)
        match = compare(contact, parameters.contact_said)
        if match is not Match.SAME:
            return self._no_match(parameters, contact, match)
        if contact.verified:
            return self._done_already(parameters, seen, contact)
        if self._holder is not None:
            return self._held_elsewhere(parameters)
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
                f"codes would still go to {first.shown}.",
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
            next=found.next if seen.user.enabled else _LOCKED,
            next_runbook=(
                self._onward(found) if seen.user.enabled else self.follow("set-password")
            ),
        )

    # --- inner ---

    def _look(self, p: FixContactParameters, reader: Reader) -> Snapshot:
        """Read the user and the pool, and who else has the contact, if it is the one that was
        said.
        """
        seen = super()._look(p, reader)
        self._holder = None
        contact = _contact(seen.user, p.contact)
        if (
            contact is None
            or contact.verified
            or compare(contact, p.contact_said) is not Match.SAME
        ):
            return seen
        by = {"attribute": contact.attribute, "value": contact.value}
        users = reader.read("ListUsers", reads.find_users, **by)
        others = (one for one in users if one.username != seen.user.username)
        self._holder = next((one for one in others if contact.attribute in one.verified), None)
        return replace(seen, steps=tuple(reader.steps))

    def _no_match(self, p: FixContactParameters, contact: Contact, match: Match) -> Result:
        """Return that what was said is not what is held, without showing that."""
        kind = KINDS[p.contact]
        near = match is Match.NEAR
        return blocked(
            f"the {kind} that was said is not the one in the account.",
            happened=(
                f"The {kind} in the account is another one. It is not shown, so that nobody vouches"
                " for what they did not hear."
            ),
            meaning=(
                "They differ by a slip of the keys: a typo in the account, or in what was typed."
                if near
                else "Either this is not the user's account, or the account has a wrong contact."
            ),
            say=f"Please spell your {kind} once more, letter by letter.",
            next=(
                "Compare once more with what the caller spells; do not tell them how near it is. If"
                " it stays like this, the account has a typo: after proof of identity, have the"
                " pool's owner correct the contact (AdminUpdateUserAttributes), and mark nothing."
                if near
                else "Once more with what the caller spells, then stop: mark nothing, and hand over"
                f" to {hand_over(p.named_pool)}."
            ),
            notes=(
                ("The provider's name in the account looks misspelt.",)
                if has_mistyped_provider(contact)
                else ()
            ),
        )

    def _held_elsewhere(self, p: FixContactParameters) -> Result:
        """Return that another account has this contact verified, and would lose it."""
        kind = KINDS[p.contact]
        return blocked(
            f"another account has this {kind} verified.",
            happened=f"ListUsers shows another user whose {kind} is the same, and verified there.",
            meaning=(
                "Two accounts claim one contact. Where contacts are names to sign in with, the mark"
                " would take it from the other account: it is unverified there, and its codes end."
            ),
            say="Do you have another account with us? Please tell me the name you sign in with.",
            next=(
                "Find out whose contact it is before anything else; mark nothing. If the other"
                f" account is not the caller's, hand over to {hand_over(p.named_pool)}."
            ),
        )

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
