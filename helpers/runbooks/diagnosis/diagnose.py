"""Why can this user not set a new password? From what was read about an account to one verdict,
with its evidence.

    diagnose(username=..., user=..., pool=..., client=..., symptom="I get no mail")
                                                          -> one Verdict
    likely_causes("Attempt limit exceeded, please try after some time.")
                                                          -> several, likeliest first
    route(user, pool)                                     -> where a code would go, and why

Facts come first: what stands against a reset does so whatever the user says. Then the symptom,
without the causes that the facts rule out. Nothing here asks Cognito; `helpers.cognito.reads` does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from helpers.cognito.models import Client, Contact, Event, Pool, User
from helpers.runbooks.diagnosis.evidence import at, client_words, lowered, records, state
from helpers.runbooks.diagnosis.route import (
    FACTOR,
    KINDS,
    POOL_UNREAD,
    Route,
    order,
    route,
    would_be_eligible,
)
from helpers.runbooks.diagnosis.spellings import international
from helpers.runbooks.diagnosis.symptoms import causes, likely_causes, means_another_contact
from helpers.runbooks.diagnosis.verdicts import Verdict, verdict, with_parameters

__all__ = ["KINDS", "Route", "Verdict", "diagnose", "likely_causes", "route"]

_A = {"email": "an e-mail address", "phone_number": "a phone number"}
_CANNOT_KNOW = {
    "user": (
        "The user could not be looked up, so whether there is one, and in which state, is not"
        " known."
    ),
    "pool": POOL_UNREAD,
    "client": (
        "The app client could not be read, so whether it hides users or has a secret is not known."
    ),
    "no-client": "The user pool has no app client of the id that was given.",
    "events": "The recorded events could not be read, so what the user has tried is not known.",
    "others": (
        "Nobody could be searched for by this contact, so whether the name is spelt differently is"
        " not known."
    ),
}
# Symptoms that say what is wrong whatever the account's state; and those that do so wherever a code
# would go.
_WHATEVER = {
    "other-devices-signed-in",
    "secret-hash",
    "no-such-client-or-pool",
    "throttled",
    "blocked-by-firewall",
    "not-allowed-to-read",
}
_WHEREVER = {
    "sign-in-locked",
    "flow-not-enabled",
    "trigger-failed",
    "security-block",
    "second-factor-lost",
}
# What an app client that hides users answers as if a code had been sent (developer guide, user
# existence errors).
_SIMULATED = {
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
_SEEN_IN_THE_ACCOUNT = _SIMULATED | {
    "made-up-answer",
    "admin-only",
    "undocumented-state",
    "not-yet-migrated",
}


@dataclass(frozen=True)
class _Known:
    username: str
    user: User | None
    pool: Pool | None
    client: Client | None
    events: tuple[Event, ...]
    others: tuple[User, ...]
    unread: tuple[str, ...]
    suspected: tuple[str, ...] = ()
    said: str = ""
    run_out: bool = False
    ids: dict[str, str] = field(default_factory=dict)

    def verdict(self, problem: str, *evidence: str, **more: str) -> Verdict:
        return verdict(problem, evidence, **{"username": self.username, **self.ids, **more})


def diagnose(
    *,
    username: str,
    user: User | None,
    pool: Pool | None,
    client: Client | None,
    events: Sequence[Event] = (),
    others: Sequence[User] = (),
    symptom: str = "",
    user_pool_id: str = "",
    client_id: str = "",
    unread: Sequence[str] = (),
    run_out: bool = False,
) -> Verdict:
    """Return the one verdict on a user who cannot set a new password, with its evidence and the
    next runbook.

    username: as it was asked for. user: None where there is no such user, or where "user" is among
    the unread. others: users who were found in another spelling or by a contact, when there is no
    user of that name. events: newest first. symptom: what somebody saw or said, see
    `helpers.runbooks.diagnosis.symptoms`. user_pool_id, client_id: for the next runbook, where they
    were not read. unread: what could not be read, of user, pool, client, events and others;
    no-client where the pool has no such app client. run_out: a temporary password is older than the
    pool allows. Never raises.
    """
    # An id that is known to be wrong is not handed on.
    ids = {
        "user_pool_id": pool.pool_id if pool else user_pool_id,
        "client_id": client.client_id if client else "" if "no-client" in unread else client_id,
    }
    known = _Known(
        username,
        user,
        pool,
        client,
        tuple(events),
        tuple(others),
        tuple(unread),
        causes(symptom),
        symptom,
        run_out,
        ids,
    )
    found = _weighed(known)
    return replace(found, evidence=(*found.evidence, *(_CANNOT_KNOW[one] for one in unread)))


def _weighed(known: _Known) -> Verdict:
    first = known.suspected[0] if known.suspected else ""
    if first in _WHATEVER:
        return _by_symptom(known, first, _against(known))
    if known.user is None:
        if "user" not in known.unread:
            return _hidden(known, _not_found(known))
        return _by_symptom(known, first, None) if first else known.verdict("not-read")
    account = _account(known, known.user)
    if account is not None:
        return _hidden(known, account)
    left = [name for name in known.suspected if not _ruled_out(known, known.user, name)]
    if left and left[0] == first and first in _WHEREVER:
        return _by_symptom(known, first, _against(known))
    delivery = _delivery(known, known.user)
    if delivery is not None:
        return _hidden(known, delivery)
    if left and left[0] not in ("nothing-in-the-way", "reset-required"):
        return _by_symptom(known, left[0], None)
    given = bool(known.said.strip())
    odd = (
        ("No rule knows the words of the symptom; the verdict stands on the account alone.",)
        if given and not known.suspected
        else (
            ("The account rules out what the symptom would point to.",)
            if given and not left
            else ()
        )
    )
    problem = (
        "client-of-another-pool"
        if "no-client" in known.unread
        else "reset-required"
        if known.user.status == "RESET_REQUIRED"
        else "nothing-in-the-way"
    )
    found = known.verdict(
        problem,
        *state(known.username, known.user, known.pool),
        *odd,
        *client_words(known.client),
        *records(known.events),
    )
    if problem == "nothing-in-the-way" and known.pool is None:
        return replace(
            found,
            headline=(
                "Nothing in the account itself stands against a reset; the user pool was not seen."
            ),
            meaning=(
                "The account is enabled and has a verified contact. Whether the pool lets a code go"
                " there is not known."
            ),
        )
    return found


# --- what stands against a reset ---


def _against(known: _Known) -> Verdict | None:
    if known.user is None:
        return None if "user" in known.unread else _not_found(known)
    return _account(known, known.user) or _delivery(known, known.user)


def _account(known: _Known, user: User) -> Verdict | None:
    """Return the verdict on a state of the account in which no code is sent, whoever asks; None if
    there is none.
    """
    stands = state(known.username, user, known.pool)
    if not user.enabled:
        return known.verdict("disabled", *stands)
    if user.status == "FORCE_CHANGE_PASSWORD":
        days = (
            f"In this pool a temporary password is good for {known.pool.temporary_days} days. "
            if known.pool
            else ""
        )
        problem = (
            "invitation-run-out"
            if known.run_out or "invitation-run-out" in known.suspected
            else "temporary-password"
        )
        return known.verdict(
            problem, *stands, f"{days}The account was changed last on {user.last_modified[:10]}."
        )
    if user.status == "EXTERNAL_PROVIDER":
        found = known.verdict("federated-user", *stands)
        names = " or ".join(user.providers)
        return (
            replace(
                found, say=f"You sign in with us through {names}. Please reset your password there."
            )
            if names
            else found
        )
    if user.status == "UNCONFIRMED":
        odd = (
            "A contact is verified all the same; whether Cognito would send a code to it is not"
            " documented."
        )
        return known.verdict("unconfirmed", *stands, *((odd,) if user.verified else ()))
    if user.status not in ("CONFIRMED", "RESET_REQUIRED"):
        return known.verdict("undocumented-state", *stands)
    return None


def _delivery(known: _Known, user: User) -> Verdict | None:
    """Return the verdict on a code that has nowhere to go; None where it has, or where that is not
    known.
    """
    if known.pool and "admin_only" in known.pool.recovery:
        return known.verdict("admin-only", *state(known.username, user, known.pool))
    way = route(user, known.pool)
    if way.contact or not way.known:
        return None
    stands = state(known.username, user, known.pool)
    mendable = would_be_eligible(user, known.pool)
    ineligible = way.ineligible[0] if way.ineligible else None
    if ineligible and ineligible[1] == "factor":
        reason = (
            f"{ineligible[0].shown} is verified, and it is the user's second factor"
            f" ({FACTOR[ineligible[0].attribute]})."
        )
        return known.verdict("contact-is-second-factor", *stands, reason, *_alternative(mendable))
    if ineligible:
        reason = (
            f"{ineligible[0].shown} is verified, and the pool does not recover by"
            f" {KINDS[ineligible[0].attribute]}."
        )
        return known.verdict(
            "recovery-lists-other-contact", *stands, reason, *_alternative(mendable)
        )
    if mendable:
        return known.verdict("no-verified-contact", *stands, contact=mendable[0].attribute)
    listed = order(known.pool) if known.pool else []
    factor = next((one for one in user.contacts if one.attribute in listed), None)
    if factor:
        reason = (
            f"{factor.shown} is not verified, and to verify it would not help: it is the user's"
            " second factor."
        )
        return known.verdict("contact-is-second-factor", *stands, reason)
    if user.contacts:
        reason = (
            f"The pool recovers by {' and '.join(KINDS[one] for one in listed)} alone, and the"
            " account has none."
        )
        return known.verdict("recovery-lists-other-contact", *stands, reason)
    return known.verdict("no-contact", *stands)


def _alternative(mendable: Sequence[Contact]) -> tuple[str, ...]:
    return tuple(
        f"{contact.shown} could carry a code if it were verified (runbook fix-contact)."
        for contact in mendable
    )


def _not_found(known: _Known) -> Verdict:
    asked = f"Cognito knows no user by the name {known.username} in this pool."
    twin = next(
        (one for one in known.others if one.username.casefold() == known.username.casefold()), None
    )
    other = (
        twin
        or next((one for one in known.others if one.enabled and one.verified), None)
        or next(iter(known.others), None)
    )
    if other is None:
        return _nobody(known, asked)
    found = [asked, f"The account is {other.username}."]
    if len(known.others) > 1:
        found.append(
            f"{len(known.others)} accounts fit: {', '.join(one.username for one in known.others)}."
            " Ask the user which one it is."
        )
    verified_name = known.pool is not None and any(
        one in (*known.pool.aliases, *known.pool.sign_in_names) for one in other.verified
    )
    problem = "other-case" if twin or verified_name else "contact-not-alias"
    kind = "email" if "@" in known.username else "phone_number"
    if problem == "contact-not-alias" and known.pool is not None:
        found.append(
            f"In this pool {_A[kind]} is a name to sign in with only once it is verified."
            if kind in known.pool.aliases
            else f"In this pool {_A[kind]} is no name to sign in with."
        )
    theirs = replace(known, username=other.username, user=other)
    # What follows is what that account needs, under its own name.
    inner = _against(theirs) or theirs.verdict(
        "nothing-in-the-way", *state(other.username, other, known.pool)
    )
    if inner.problem == "federated-user":
        return replace(inner, evidence=(*found, *inner.evidence))
    mine = theirs.verdict(problem, *found, *inner.evidence)
    if inner.problem == "nothing-in-the-way":
        return mine
    return replace(
        mine,
        headline=f"{mine.headline} Beside this: {lowered(inner.headline)}",
        meaning=f"{mine.meaning} {inner.meaning}",
        say=f"{mine.say} {inner.say}",
        next=f"{mine.next} {inner.next}",
        runbook=inner.runbook,
        parameters=inner.parameters,
    )


def _nobody(known: _Known, asked: str) -> Verdict:
    """Return the verdict on a name under which nobody was found, in no other spelling either."""
    if known.pool and "UserMigration" in known.pool.triggers:
        found = known.verdict("not-yet-migrated", asked, "The pool has a UserMigration trigger.")
        if "trigger-refuses" in known.suspected:
            return replace(
                known.verdict("trigger-refuses", *found.evidence),
                runbook="",
                parameters={},
                next=(
                    "Show the message to the owner of the trigger: until it is mended, nobody new"
                    " comes in. Then request a code."
                ),
            )
        if "not-found" not in known.suspected:
            return found
        asked += " By what was said, the pool's UserMigration trigger does not know it either."
    hints = [asked]
    if known.pool and known.pool.case_sensitive:
        hints.append(
            "This pool tells capital letters apart; the usual spellings were looked for, and there"
            " may be others."
        )
    if international(known.username) not in ("", known.username):
        hints.append(
            "Cognito keeps a phone number with + and the country code, and without spaces."
        )
    return known.verdict("not-found", *hints, username="")


def _hidden(known: _Known, found: Verdict) -> Verdict:
    """Add that the app client answers such a request as if a code were sent, where it does."""
    more = (*client_words(known.client), *records(known.events))
    told = replace(found, evidence=(*found.evidence, *more))
    if not (
        known.client
        and known.client.hides_users
        and found.problem in _SIMULATED
        and "made-up-answer" in known.suspected
    ):
        return told
    made_up = verdict("made-up-answer")
    return replace(
        told,
        problem=made_up.problem,
        headline=f"{made_up.headline} The cause: {lowered(found.headline)}",
        meaning=f"{made_up.meaning} {found.meaning}",
    )


# --- the symptom ---


def _ruled_out(known: _Known, user: User, problem: str) -> bool:
    """Say whether the facts speak against a suspected problem. Nothing that stands against a reset
    was found before.
    """
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


def _by_symptom(known: _Known, problem: str, beside: Verdict | None) -> Verdict:
    """Return the verdict to which the symptom leads. beside: what stands against a reset as well,
    to be told too.
    """
    more: list[str] = ["The words of the symptom point to this, by simple rules."]
    if known.user is not None:
        more += state(known.username, known.user, known.pool)
    if problem == "sms-never-arrives" and known.pool is not None:
        if not known.pool.sms_role:
            more.append("The pool has no role for sending text messages.")
        if known.pool.sms_failure:
            more.append(f"Cognito says of the pool's text messages: {known.pool.sms_failure}")
    if (
        problem in ("daily-mail-limit", "mail-never-arrives")
        and known.pool is not None
        and known.pool.sender != "DEVELOPER"
    ):
        more.append(
            "The pool sends with Cognito's own sender: 50 messages a day for the whole AWS account."
        )
    if problem == "secret-hash" and known.client is not None and not known.client.has_secret:
        more.append(
            "The app client has no client secret, and a hash that is sent to it is refused as well."
        )
    if problem == "flow-not-enabled" and known.client is not None:
        more.append(f"The app client allows {', '.join(known.client.flows) or 'no flow by name'}.")
    changed = next(
        (one for one in known.events if (one.kind, one.response) == ("PasswordChange", "Pass")),
        None,
    )
    if problem == "code-used-or-expired" and changed:
        more.append(
            f"A change of the password went through at {at(changed)}: the code may have done its"
            " work."
        )
    if beside is not None:
        more += [
            "Beside this, something stands against a reset:",
            beside.headline,
            *beside.evidence,
        ]
    # What stands against a reset repeats how the account stands.
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
        found = replace(
            found, evidence=(*found.evidence, "The account itself lists no second factor.")
        )
    others = (
        would_be_eligible(known.user, known.pool)
        if problem == "code-to-old-contact" and known.user and known.pool
        else ()
    )
    if not others:
        return found
    instead = others[0]
    words = (
        f"After proof of identity, have the {KINDS[instead.attribute]} {instead.shown} marked as"
        " verified: codes go there then."
    )
    return with_parameters(
        replace(found, runbook="fix-contact", next=words),
        **known.ids,
        username=known.username,
        contact=instead.attribute,
    )
