"""Which accounts may a name mean? The exact one, other spellings, a contact, a part of a name.

find(Reader(target, user_pool_id), "maria@example.com", pool)     -> none, one or several
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from helpers.cognito import reads
from helpers.cognito.errors import Answered, NotReached, ResetError
from helpers.cognito.models import Pool, User
from helpers.runbooks import said_contact
from helpers.runbooks.diagnosis.evidence import STATES
from helpers.runbooks.diagnosis.route import KINDS
from helpers.runbooks.diagnosis.spellings import spellings
from helpers.runbooks.steps import Reader
from helpers.target import Target, TargetError

NO_USER = "UserNotFoundException"
SHORTEST_PART = 3
"""A part of a name that is shorter fits too many accounts to be looked for."""


class How(StrEnum):
    """How well an account fits what was typed, the best first."""

    NAME = "the name as it was typed"
    CAPITALS = "the name in other capital letters"
    CONTACT = "the same e-mail address or phone number"
    NEAR = "an e-mail address that differs in a letter or two"
    PART = "a name or contact that begins so"


@dataclass(frozen=True)
class Match:
    """An account that may be meant. user: as it was read; from a search, without second factors."""

    user: User
    how: How

    @property
    def username(self) -> str:
        """The account's own username, to go on with."""
        return self.user.username

    @property
    def words(self) -> str:
        """What tells this account from another, without showing whose it is: a masked contact, its
        state, and when it was created.
        """
        held = ", ".join(f"{KINDS[one.attribute]} {one.shown}" for one in self.user.contacts)
        state = STATES.get(self.user.status, "has a rare status")
        disabled = "" if self.user.enabled else ", is disabled"
        return f"{held or 'no contact'}; {state}{disabled}; created {self.user.created[:10]}"


@dataclass(frozen=True)
class Matches:
    """What a search has found. text: what was looked for. found: the best fit first, each account
    once. more: there may be others, since a search ended at its limit. error: what kept a search
    from being made; what was found before it is there.
    """

    text: str
    found: tuple[Match, ...] = ()
    more: bool = False
    error: ResetError | None = None


def look(target: Target, user_pool_id: str, text: str) -> Matches:
    """Find as `find` does, from where no calls were made yet; a target that cannot be used finds
    nothing.
    """
    try:
        return find(Reader(target, user_pool_id), text)
    except TargetError as exc:
        return Matches(text, error=NotReached(str(exc), next="Correct the pool's settings."))


def find(reader: Reader, text: str, pool: Pool | None = None) -> Matches:
    """Find the accounts that a text may mean; use it where a person looks for a user.

    text: a username, e-mail address, phone number or sub, or the beginning of one. pool: where it
    was read; it spares searches that cannot find anything. Raises no ResetError: what failed is in
    the result. The first call counts the user as active this month, which AWS bills; the others are
    eventually consistent. Sources: API reference, AdminGetUser and ListUsers.
    """
    try:
        user = reader.read("AdminGetUser", reads.look_up, username=text)
    except ResetError as exc:
        if not (isinstance(exc, Answered) and exc.code == NO_USER):
            return Matches(text, error=exc)
        return others(reader, text, pool)
    beside = others(reader, text, pool, known=user)
    return replace(beside, found=(Match(user, How.NAME), *beside.found))


def others(
    reader: Reader, text: str, pool: Pool | None = None, *, known: User | None = None
) -> Matches:
    """Find the accounts that a text may mean beside the one that has it as its name.

    known: the account of exactly that name, if there is one; then parts are not looked for.
    """
    found: dict[str, Match] = {}
    more = False
    for attribute, value, how in _searches(text, pool):
        if how in (How.NEAR, How.PART) and (found or known):
            break
        try:
            users = reader.read(
                "ListUsers",
                reads.find_users,
                attribute=attribute,
                value=value,
                starts=how in (How.NEAR, How.PART),
            )
        except ResetError as exc:
            return Matches(text, tuple(found.values()), more, exc)
        more = more or len(users) == reads.FOUND_AT_MOST
        if how is How.NEAR:
            users = tuple(one for one in users if spelt_like(one, text))
        for user in users:
            if known is None or user.username != known.username:
                found.setdefault(user.username, Match(user, _how(user, text, how)))
    best_first = sorted(found.values(), key=lambda one: list(How).index(one.how))
    return Matches(text, tuple(best_first), more)


def _searches(text: str, pool: Pool | None) -> Iterator[tuple[str, str, How]]:
    for attribute, value in spellings(text, pool):
        yield attribute, value, How.CAPITALS if attribute == "username" else How.CONTACT
    local, at, domain = text.partition("@")
    if domain and len(local) >= SHORTEST_PART:
        yield "email", f"{local}{at}", How.NEAR
    if len(text) >= SHORTEST_PART:
        for value in dict.fromkeys((text, text.lower())):
            yield "username", value, How.PART
        yield "email", text, How.PART
        if text.startswith("+"):
            yield "phone_number", text, How.PART


def spelt_like(user: User, said: str) -> bool:
    """Whether an address of the account differs from what was said by a slip of the keys."""
    mails = (one for one in user.contacts if one.attribute == "email")
    return any(said_contact.compare(one, said) is said_contact.Match.NEAR for one in mails)


def _how(user: User, text: str, how: How) -> How:
    return How.CAPITALS if user.username.casefold() == text.casefold() else how
