"""What is known of a user, as rows for a person."""

from collections.abc import Iterator

from helpers.cognito.models import Client, Event, Pool, User
from helpers.runbooks.diagnosis.evidence import at
from helpers.runbooks.diagnosis.reading import Reading
from helpers.runbooks.diagnosis.route import KINDS, can_be_sent_to, route

# In these nothing is sent, wherever a code would go otherwise.
_NOTHING_IS_SENT = {"attempt-limit", "daily-mail-limit", "sender-refused", "trigger-refuses"}


def facts(username: str, read: Reading, problem: str = "") -> Iterator[tuple[str, str]]:
    """Yield what was read, as (name, words). username: as it was asked for. problem: the verdict's,
    which a row must not contradict.
    """
    user, pool = read.user, read.pool
    if user is not None:
        yield from _of_user(user)
        if problem not in _NOTHING_IS_SENT and can_be_sent_to(user):
            yield "Where a code would go", " ".join(route(user, pool).why)
    elif "user" not in read.failed:
        yield "User", f"none by the name {username}"
    if read.client is not None:
        yield "App client", _client(read.client)
    if pool is not None:
        yield "Password policy", _policy(pool)
        if user is not None:
            yield "Recorded events", _events(read.events, pool)
    if any(step.name == "ListUsers" for step in read.steps):
        yield (
            "How fresh",
            "ListUsers is eventually consistent: a change of the last moments may be missing.",
        )


def _of_user(user: User) -> Iterator[tuple[str, str]]:
    enabled = "enabled" if user.enabled else "disabled"
    changed = user.last_modified[:16].replace("T", " ")
    yield "User", f"{user.username}: {user.status}, {enabled}, changed last on {changed}"
    contacts = (
        f"{KINDS[one.attribute]} {one.shown}, {'' if one.verified else 'not '}verified"
        for one in user.contacts
    )
    yield "Contacts", "; ".join(contacts) or "none"
    preferred = f"; preferred: {user.preferred_factor}" if user.preferred_factor else ""
    yield "Second factors", (", ".join(user.factors) or "none") + preferred
    if user.first_factors is not None:
        yield "First factors", ", ".join(user.first_factors) or "none"


def _client(client: Client) -> str:
    if client.hides_users:
        hides = "hides which users exist (PreventUserExistenceErrors ENABLED)"
    else:
        hides = "reveals which users exist (PreventUserExistenceErrors LEGACY)"
    secret = "a client secret" if client.has_secret else "no client secret"
    return f"{client.client_id}: {secret}; {hides}; sign-in flows {', '.join(client.flows)}"


def _policy(pool: Pool) -> str:
    rules = ", ".join(rule.words for rule in pool.policy.rules())
    size = pool.policy.history_size
    return f"{rules}; none of the last {size} passwords" if size else rules


def _events(events: tuple[Event, ...], pool: Pool) -> str:
    if events:
        return "; ".join(f"{at(one)} {one.kind} {one.response}" for one in events)
    if pool.threat_protection == "OFF":
        return "the pool records none (threat protection is off)"
    return "none"
