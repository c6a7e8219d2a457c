"""What was read, in sentences: the evidence of a verdict."""

from collections.abc import Sequence

from helpers.cognito.models import Client, Event, Pool, User
from helpers.runbooks.diagnosis.route import KINDS, can_be_sent_to, route

STATES = {
    "CONFIRMED": "is registered",
    "UNCONFIRMED": "has not finished the registration",
    "RESET_REQUIRED": "has to set a new password",
    "FORCE_CHANGE_PASSWORD": "has a temporary password",
    "EXTERNAL_PROVIDER": "signs in through another provider",
}


def named(user: User) -> str:
    """Return an account's name with what tells it from another, its contacts masked."""
    held = ", ".join(f"{KINDS[one.attribute]} {one.shown}" for one in user.contacts)
    words = STATES.get(user.status, "has a rare status")
    since = f", created {user.created[:10]}" if user.created else ""
    return f"{user.username}, with {held or 'no contact'}, {words}{since}"


def state(username: str, user: User, pool: Pool | None) -> list[str]:
    """Return the state of an account, and where a code would go. username: as asked for."""
    named = f", whose own username is {user.username}," if user.username != username else ""
    state = f"{STATES.get(user.status, 'has a rare status')} ({user.status})"
    words = [f"{username}{named} {state} and is {'enabled' if user.enabled else 'disabled'}."]
    words += [
        f"The {KINDS[one.attribute]} {one.shown} is {'' if one.verified else 'not '}verified."
        for one in user.contacts
    ] or ["The account has no e-mail address and no phone number."]
    if user.providers:
        also = "" if user.status == "EXTERNAL_PROVIDER" else " too"
        words.append(f"The account signs in through {', '.join(user.providers)}{also}.")
    if user.first_factors:
        words.append(f"A sign-in can begin with: {', '.join(user.first_factors)}.")
    if user.factors:
        words.append(f"Second factor: {user.preferred_factor or ', '.join(user.factors)}.")
    if can_be_sent_to(user):
        words += route(user, pool).why if pool else ()
    return words


def client_words(client: Client | None) -> list[str]:
    """Return what an app client has to do with a reset; nothing where it was not read."""
    if client is None:
        return []
    words = []
    if client.hides_users:
        words.append(
            "The app client hides which users exist (PreventUserExistenceErrors): where no code can"
            " be sent, it answers as if one were."
        )
    if client.has_secret:
        words.append(
            "The app client has a client secret: its calls need the parameter client_secret."
        )
    return words


def records(events: Sequence[Event]) -> list[str]:
    """Return what the user did last, in one sentence; nothing where nothing is recorded."""
    last = "; ".join(f"{at(one)} {one.kind} {one.response}" for one in events[:3])
    return [f"Recorded, newest first: {last}."] if last else []


def at(event: Event) -> str:
    """Return when something happened, to the minute."""
    return event.at[:16].replace("T", " ")


def lowered(sentence: str) -> str:
    """Return a sentence as it is written after a colon."""
    return sentence[:1].lower() + sentence[1:]


def first_sentence(text: str) -> str:
    """Return the first sentence of what is said."""
    return text[: text.find(". ") + 1] or text
