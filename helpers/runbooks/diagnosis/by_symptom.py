"""What the symptom points to, once the causes that the facts rule out are gone."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from helpers.cognito.models import Client, Pool, User
from helpers.runbooks.diagnosis.evidence import at, client_words, lowered, records, state
from helpers.runbooks.diagnosis.known import Known
from helpers.runbooks.diagnosis.route import KINDS, route, would_be_eligible
from helpers.runbooks.diagnosis.symptoms import means_another_contact
from helpers.runbooks.diagnosis.verdicts import Verdict, with_parameters

# What an app client that hides users answers as if a code had been sent (developer guide, user
# existence errors).
SIMULATED = {
    "not-found",
    "other-case",
    "contact-not-alias",
    "disabled",
    "temporary-password",
    "invitation-run-out",
    "federated-user",
    "unconfirmed",
    "no-verified-contact",
    "no-contact",
    "contact-is-second-factor",
    "recovery-lists-other-contact",
}
_SEEN_IN_THE_ACCOUNT = SIMULATED | {
    "made-up-answer",
    "admin-only",
    "undocumented-state",
    "not-yet-migrated",
}


def ruled_out(known: Known, user: User, problem: str) -> bool:
    """Whether the facts speak against a suspected problem; nothing blocks a reset here."""
    way = route(user, known.pool)
    by = way.contact.attribute if way.contact else ""
    against: dict[str, Callable[[], bool]] = {
        "reset-required": lambda: user.status != "RESET_REQUIRED",
        "wrong-password": lambda: user.status == "RESET_REQUIRED",
        "code-goes-to-phone": (
            lambda: by != "phone_number" or all(one.attribute != "email" for one in user.contacts)
        ),
        "sms-never-arrives": lambda: by == "email",
        "mail-never-arrives": lambda: by == "phone_number",
        "daily-mail-limit": (
            lambda: (
                by == "phone_number"
                or (known.pool is not None and known.pool.sender == "DEVELOPER")
            )
        ),
        "code-to-old-contact": lambda: bool(by) and means_another_contact(known.said, by),
        "second-factor-lost": (
            lambda: not user.factors and known.pool is not None and known.pool.mfa == "OFF"
        ),
    }
    if problem in _SEEN_IN_THE_ACCOUNT:
        return way.known
    return against.get(problem, lambda: False)()


def by_symptom(known: Known, problem: str, beside: Verdict | None) -> Verdict:
    """Return the verdict to which the symptom leads; beside: what blocks a reset as well."""
    more = ["The words of the symptom point to this, by simple rules.", *_facts(known, problem)]
    if beside is not None:
        more += ["Beside this, something blocks a reset:", beside.headline, *beside.evidence]
    # What blocks a reset repeats the state of the account.
    found = known.verdict(
        problem, *dict.fromkeys((*more, *client_words(known.client), *records(known.events)))
    )
    if known.user is None and "user" in known.unread:
        return replace(found, headline=f"Most likely: {lowered(found.headline)}")
    if beside is not None and found.runbook in ("request-code", "confirm-reset"):
        return replace(
            found,
            say=f"{found.say} {beside.say}",
            next=f"{found.next} {beside.next}",
            runbook=beside.runbook,
            parameters=beside.parameters,
        )
    if problem == "second-factor-lost" and known.user and not known.user.factors:
        lacks = "The account itself lists no second factor."
        return replace(found, evidence=(*found.evidence, lacks))
    if problem == "code-to-old-contact" and known.user and known.pool:
        return _elsewhere(known, found, known.user)
    return found


def _facts(known: Known, problem: str) -> Iterator[str]:
    """Yield what was read and bears on the problem."""
    if known.user is not None:
        yield from state(known.username, known.user, known.pool)
    if known.pool is not None:
        yield from _of_pool(known.pool, problem)
    if known.client is not None:
        yield from _of_client(known.client, problem)
    if problem == "code-used-or-expired":
        changes = (one for one in known.events if one.kind == "PasswordChange")
        if changed := next((one for one in changes if one.response == "Pass"), None):
            yield (
                f"A change of the password went through at {at(changed)}: the code may have done"
                " its work."
            )


def _of_pool(pool: Pool, problem: str) -> Iterator[str]:
    if problem == "sms-never-arrives":
        if not pool.sms_role:
            yield "The pool has no role for sending text messages."
        if pool.sms_failure:
            yield f"Cognito says of the pool's text messages: {pool.sms_failure}"
    elif problem in ("daily-mail-limit", "mail-never-arrives") and pool.sender != "DEVELOPER":
        yield (
            "The pool sends with Cognito's own sender: 50 messages a day for the whole AWS account."
        )


def _of_client(client: Client, problem: str) -> Iterator[str]:
    if problem == "secret-hash" and not client.has_secret:
        yield (
            "The app client has no client secret, and a hash that is sent to it is refused as well."
        )
    elif problem == "flow-not-enabled":
        yield f"The app client allows {', '.join(client.flows) or 'no flow by name'}."


def _elsewhere(known: Known, found: Verdict, user: User) -> Verdict:
    """Have the code go to another contact of the user, where there is one to verify."""
    contact = next(iter(would_be_eligible(user, known.pool)), None)
    if contact is None:
        return found
    words = (
        f"After proof of identity, have the {KINDS[contact.attribute]} {contact.shown} marked as"
        " verified: codes go there then."
    )
    return with_parameters(
        replace(found, runbook="fix-contact", next=words),
        **known.ids,
        username=known.username,
        contact=contact.attribute,
    )
