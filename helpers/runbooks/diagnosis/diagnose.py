"""Why can this user not set a new password? From what was read to one verdict, with its evidence.

    diagnose(username=..., user=..., pool=..., client=..., symptom="I get no mail")
                                                          -> one Verdict
    likely_causes("Attempt limit exceeded, please try after some time.")
                                                          -> several, likeliest first
    route(user, pool)                                     -> where a code would go, and why

Facts come first: what blocks a reset does so whatever the user says. Then the symptom, without the
causes that the facts rule out. Nothing here asks Cognito; `helpers.cognito.reads` does.
"""

from collections.abc import Sequence
from dataclasses import replace

from helpers.cognito.models import Client, Event, Pool, User
from helpers.runbooks.diagnosis.account import blocked, by_delivery, by_state, not_found
from helpers.runbooks.diagnosis.by_symptom import (
    SIMULATED,
    by_symptom,
    mistyped,
    ruled_out,
    told_apart,
)
from helpers.runbooks.diagnosis.evidence import client_words, lowered, named, records, state
from helpers.runbooks.diagnosis.known import Known
from helpers.runbooks.diagnosis.route import KINDS, POOL_UNREAD, Route, route
from helpers.runbooks.diagnosis.symptoms import asking, likely_causes, understood
from helpers.runbooks.diagnosis.verdicts import Verdict, verdict

__all__ = ["KINDS", "Route", "Verdict", "diagnose", "likely_causes", "route"]

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
    "factors": (
        "What the user can begin a sign-in with could not be read, so whether there is a password"
        " is not known."
    ),
    "events": "The recorded events could not be read, so what the user has tried is not known.",
    "others": (
        "Other accounts could not be searched for, so whether another one is meant is not known."
    ),
}
# Symptoms that say what is wrong whatever the account's state; and those that do so wherever a code
# would go.
_WHATEVER = {
    "account-takeover",
    "other-devices-signed-in",
    "secret-hash",
    "session-over",
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
    "passkey-lost",
    "uninvited-code",
}
# What an account in order answers by itself.
_NO_MORE_THAN_A_RESET = {"ask-for-the-name", "reset-required"}


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
    parts: Sequence[User] = (),
    answer: str = "",
) -> Verdict:
    """Return the verdict on a user who cannot set a new password. Never raises.

    username: as it was asked for. user: None where there is no such user, or where "user" is among
    the unread. others: users who were found in another spelling or by a contact. parts: users whose
    name or contact begins with the username. events: newest first. symptom: what was seen or said,
    see `helpers.runbooks.diagnosis.symptoms`. user_pool_id, client_id: for the next runbook, where
    they were not read. unread: what could not be read, of user, pool, client, events and others;
    no-client where the pool has no such app client. run_out: a temporary password is older than the
    pool allows. answer: keys of choices of an earlier verdict's questions, with spaces between.
    """
    if "no-client" in unread:
        client_id = ""  # an id that is known to be wrong is not handed on
    ids = {
        "user_pool_id": pool.pool_id if pool else user_pool_id,
        "client_id": client.client_id if client else client_id,
    }
    read = understood(symptom, answer)
    known = Known(
        username=username,
        user=user,
        pool=pool,
        client=client,
        events=tuple(events),
        others=tuple(others),
        unread=tuple(unread),
        suspected=read.problems if read.sure else (),
        open=() if read.sure else read.problems,
        by_text=read.by_text,
        message=read.message,
        said=symptom,
        run_out=run_out,
        parts=tuple(parts),
        ids=ids,
    )
    found = _weighed(known)
    return replace(found, evidence=(*found.evidence, *(_CANNOT_KNOW[one] for one in unread)))


def _weighed(known: Known) -> Verdict:
    first = known.suspected[0] if known.suspected else ""
    if first in _WHATEVER:
        return by_symptom(known, first, blocked(known))
    if known.user is None:
        if "user" not in known.unread:
            return _hidden(known, not_found(known))
        return _unseen(known, first)
    account = by_state(known, known.user)
    if account is not None:
        return _hidden(known, account)
    meant = [one for one in known.suspected if not ruled_out(known, known.user, one)]
    left = tuple(one for one in known.open if not ruled_out(known, known.user, one))
    if known.by_text and len(left) == 1:
        meant = list(left)
    found = _said_and_seen(known, known.user, meant[0] if meant else "", left)
    return asking(found, tuple(meant)) if found.problem in meant[:1] and meant[1:] else found


def _said_and_seen(known: Known, user: User, first: str, left: tuple[str, ...]) -> Verdict:
    """Return the verdict on a user in a state in which a code may be sent. first: what the symptom
    means, "" for nothing that the account leaves. left: what it leaves open.
    """
    if first in _WHEREVER or (first == "not-found" and known.by_text):
        problem = told_apart(known, user, first)
        return by_symptom(known, problem, by_delivery(known, user))
    delivery = by_delivery(known, user)
    if delivery is not None:
        return _hidden(known, delivery)
    if first and first not in _NO_MORE_THAN_A_RESET:
        return by_symptom(known, told_apart(known, user, first), None)
    if known.by_text and left and not first:
        facts = state(known.username, user, known.pool)
        return asking(known.verdict("ask", *facts), left)
    return _unblocked(replace(known, open=left), user, first)


def _unseen(known: Known, first: str) -> Verdict:
    """Return the verdict where the user could not be read."""
    if first and first != "ask-for-the-name":
        return by_symptom(known, first, None)
    found = known.verdict("not-read")
    return asking(found, known.open) if known.open else found


def _unblocked(known: Known, user: User, first: str) -> Verdict:
    """Return the verdict on an account in which nothing blocks a reset, by the account alone."""
    odd = []
    if known.message:
        odd.append(f"The text is: {known.message}")
    elif known.suspected and not first:
        odd.append("The account rules out what the caller's words mean.")
    elif known.said.strip() and not known.suspected:
        odd.append("The caller's words leave it open; this rests on the account alone.")
    problem = "unknown-text" if known.message else "nothing-in-the-way"
    if "no-client" in known.unread:
        problem = "client-of-another-pool"
    elif not known.message and mistyped(known, user):
        problem = "typo-in-contact"
    elif user.status == "RESET_REQUIRED":
        problem = "reset-required"
    facts = state(known.username, user, known.pool)
    if problem == "nothing-in-the-way" and known.others:
        problem = "two-accounts"
        facts += [f"There is another account: {named(one)}." for one in known.others]
    found = known.verdict(
        problem, *facts, *odd, *client_words(known.client), *records(known.events)
    )
    if found.problem == "nothing-in-the-way" and odd and not first:
        found = asking(found, known.open)
    if found.problem == "unknown-text":
        return replace(found, runbook="", parameters={})
    if problem == "nothing-in-the-way" and known.pool is None:
        return replace(
            found,
            headline="Nothing in the account itself blocks a reset; the user pool was not seen.",
            meaning=(
                "The account is enabled and has a verified contact. Whether the pool lets a code go"
                " there is not known."
            ),
        )
    return found


def _hidden(known: Known, found: Verdict) -> Verdict:
    """Add that the app client answers such a request as if a code were sent, where it does."""
    more = (*client_words(known.client), *records(known.events))
    found = replace(found, evidence=(*found.evidence, *more))
    hides = known.client is not None and known.client.hides_users and found.problem in SIMULATED
    if not (hides and set(known.suspected) & {"made-up-answer", "no-code"}):
        return found
    made_up = verdict("made-up-answer")
    return replace(
        found,
        problem=made_up.problem,
        headline=f"Nothing was sent: {lowered(found.headline)}",
        meaning=f"{made_up.meaning} {found.meaning}",
    )
