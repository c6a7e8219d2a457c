"""What a symptom adds to an account that was read: the causes that the facts leave, and where the
words contradict the account.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from helpers.cognito.models import Client, Pool, User
from helpers.runbooks import said_contact
from helpers.runbooks.diagnosis.evidence import (
    at,
    client_words,
    first_sentence,
    lowered,
    records,
    state,
)
from helpers.runbooks.diagnosis.known import Known
from helpers.runbooks.diagnosis.route import KINDS, route
from helpers.runbooks.diagnosis.symptoms import READING, masks, means_another_contact, waits_for
from helpers.runbooks.diagnosis.verdicts import Verdict

# What an app client that hides users answers as if a code had been sent (developer guide, user
# existence errors).
SIMULATED = {
    "not-found",
    "other-case",
    "contact-not-alias",
    "several-accounts",
    "part-of-a-name",
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
_SEEN_IN_THE_ACCOUNT = (SIMULATED - {"not-found"}) | {
    "admin-only",
    "undocumented-state",
    "not-yet-migrated",
}
_ADDRESS = re.compile(r"[^\s<>(),;:]+@[^\s<>(),;:*]+\.\w+")
_SAID_BY_COGNITO = "Cognito's own text says so."
_SAID_BY_CALLER = "Guessed from what the caller said; the account shows nothing wrong."


def ruled_out(known: Known, user: User, problem: str) -> bool:
    """Whether the facts speak against a suspected problem; nothing blocks a reset here."""
    way = route(user, known.pool)
    by = way.contact.attribute if way.contact else ""
    against: dict[str, Callable[[], bool]] = {
        "reset-required": lambda: user.status != "RESET_REQUIRED",
        "wrong-password": lambda: user.status == "RESET_REQUIRED",
        "made-up-answer": lambda: not masks(known.said),
        "code-goes-to-phone": (
            lambda: by != "phone_number" or all(one.attribute != "email" for one in user.contacts)
        ),
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


def told_apart(known: Known, user: User, problem: str) -> str:
    """Return what a problem that words name is, by the facts about the account."""
    if problem == "not-found":
        foreign = "no-client" in known.unread
        return "client-of-another-pool" if foreign else "not-found-but-there"
    if problem == "made-up-answer":
        shown = {one.shown for one in user.contacts}
        if not shown & set(masks(known.said)):
            return "address-not-theirs"
        problem = "no-code"
    return _where_it_went(known, user) if problem == "no-code" else problem


def mistyped(known: Known, user: User) -> bool:
    """Whether the address to which a code would go is spelt otherwise than the caller spells it.

    What the caller says is the name that was given, where it is an address, and what is in the
    symptom. The address on the account is compared, and shown to nobody.
    """
    contact = route(user, known.pool).contact
    if contact is None or contact.attribute != "email":
        return False
    said = _ADDRESS.findall(f"{known.username} {known.said}")
    compared = {said_contact.compare(contact, one) for one in said}
    if said_contact.Match.SAME in compared:
        return False
    waits = bool({"no-code", "typo-in-contact"} & set(known.suspected))
    slipped = waits and said_contact.has_mistyped_provider(contact)
    return said_contact.Match.NEAR in compared or slipped


def _where_it_went(known: Known, user: User) -> str:
    """Return why no code reaches a user to whom one could be sent."""
    kinds = {one.kind for one in known.events}
    records_all = known.pool is not None and known.pool.threat_protection != "OFF"
    if records_all and kinds and "ForgotPassword" not in kinds and "events" not in known.unread:
        return "never-requested"
    if mistyped(known, user):
        return "typo-in-contact"
    way = route(user, known.pool)
    if way.contact is None:
        return "no-code"
    waits, goes = waits_for(known.said), way.contact.attribute
    if goes == "phone_number":
        has_mail = any(one.attribute == "email" for one in user.contacts)
        elsewhere = waits == "email" or (not waits and has_mail)
        return "code-goes-to-phone" if elsewhere else "sms-never-arrives"
    return "code-goes-to-mail" if waits == "phone_number" else "mail-never-arrives"


def by_symptom(known: Known, problem: str, beside: Verdict | None) -> Verdict:
    """Return the verdict to which the symptom leads; beside: what blocks a reset as well.

    A runbook that changes something follows only from the account: from what blocks a reset, or, to
    send a code, from an account to which one can be sent.
    """
    why = _SAID_BY_COGNITO if known.by_text else _SAID_BY_CALLER
    if known.user is None or beside is not None:
        why = why.partition(";")[0].rstrip(".") + "."
    more = [why, *_facts(known, problem)]
    if beside is not None:
        more += ["Beside this, something blocks a reset:", beside.headline, *beside.evidence]
    # What blocks a reset repeats the state of the account.
    found = known.verdict(
        problem, *dict.fromkeys((*more, *client_words(known.client), *records(known.events)))
    )
    if beside is not None and found.runbook == "request-code":
        return replace(
            found,
            say=f"{first_sentence(found.say)} {beside.say}",
            next=beside.next,
            runbook=beside.runbook,
            parameters=beside.parameters,
        )
    seen = known.user is not None
    if found.runbook not in (*READING, *(("request-code",) if seen and beside is None else ())):
        found = replace(found, runbook="" if seen else "diagnose-user", parameters={})
        found = found if seen else known.with_parameters(found)
    if known.user is None and "user" in known.unread:
        return replace(found, headline=f"Most likely: {lowered(found.headline)}")
    if problem == "second-factor-lost" and known.user and not known.user.factors:
        lacks = "The account itself lists no second factor."
        return replace(found, evidence=(*found.evidence, lacks))
    if problem == "second-factor-lost" and known.user:
        factor = known.user.preferred_factor or known.user.factors[0]
        found = replace(found, runbook="reset-second-factor")
        return known.with_parameters(found, factor=factor)
    if problem == "account-takeover" and known.user:
        return _contained(known, found, known.user)
    return found


def _contained(known: Known, found: Verdict, user: User) -> Verdict:
    """Return what comes next for an account that was taken over: it is locked first, and once it
    is, contacts come before a temporary password.
    """
    if user.enabled:
        return known.with_parameters(replace(found, runbook="lock-user"))
    wrong = next((one for one in user.contacts if not one.verified), None)
    words = "set a temporary password, hand it over in person or to a proved contact, then unlock."
    if wrong:
        words = f"put the {KINDS[wrong.attribute]} right first; then {words}"
    found = replace(
        found,
        headline="The account is locked: look at it, then repair it in this order.",
        say="Your account is locked, and nobody can use it. Now we repair it.",
        next=(
            "Compare contacts, second factors and events with what the user says: an intruder's"
            f" stay. After proof of identity: {words}"
        ),
        runbook="fix-contact" if wrong else "set-password",
    )
    return known.with_parameters(found, contact=wrong.attribute if wrong else "")


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
    if problem in ("mail-never-arrives", "sms-never-arrives") and pool.threat_protection == "OFF":
        yield "The pool records no requests, so whether a code was asked for is not known."


def _of_client(client: Client, problem: str) -> Iterator[str]:
    if problem == "secret-hash" and not client.has_secret:
        yield (
            "The app client has no client secret, and a hash that is sent to it is refused as well."
        )
    elif problem == "flow-not-enabled":
        yield f"The app client allows {', '.join(client.flows) or 'no flow by name'}."
