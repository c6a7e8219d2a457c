"""Is what the caller says the contact that the account has? Compared here, and shown to nobody.

The address that is on file is never told: an agent who sees or hears it can be talked into
vouching for it, and a caller who hears it knows it then.
"""

import re
import unicodedata
from difflib import SequenceMatcher
from enum import StrEnum

from helpers.cognito.models import Contact
from helpers.run.names import name_meant

_PROVIDERS = (
    "gmail.com",
    "googlemail.com",
    "hotmail.com",
    "icloud.com",
    "outlook.com",
    "yahoo.com",
    "gmx.de",
    "web.de",
)
_NATIONAL = 8
"""So many digits of a number are said without its country code, at least."""


class Match(StrEnum):
    """How what was said compares with what is on file."""

    SAME = "same"
    NEAR = "near"
    OTHER = "other"


def compare(contact: Contact, said: str) -> Match:
    """Compare a contact of an account with what the caller says it is.

    Capitals, white space and the way a phone number is written do not count; a number may be said
    without its country code. NEAR: a typo is likely, in the account or in what was typed.
    """
    held, given = _plain(contact.value), _plain(said)
    if not held or not given:
        return Match.OTHER
    if contact.attribute == "phone_number":
        held, given = _digits(held), _digits(given)
        national = given.lstrip("0")
        if held == given or (len(national) >= _NATIONAL and held.endswith(national)):
            return Match.SAME
        return (
            Match.NEAR if len(given) >= _NATIONAL and _differ_little(held, given) else Match.OTHER
        )
    if held == given:
        return Match.SAME
    return Match.NEAR if _differ_little(held, given) else Match.OTHER


def has_mistyped_provider(contact: Contact) -> bool:
    """Whether an address looks like one of a well-known provider, spelt wrong."""
    domain = _plain(contact.value).partition("@")[2]
    return (
        bool(domain)
        and any(domain != one and _differ_little(domain, one) for one in _PROVIDERS)
        and domain not in _PROVIDERS
    )


def _plain(text: str) -> str:
    return name_meant(unicodedata.normalize("NFKC", text)).casefold()


def _digits(text: str) -> str:
    return re.sub(r"^00", "", re.sub(r"\D", "", text))


def _differ_little(one: str, other: str) -> bool:
    """Whether two texts differ by a slip of the keys: at most two characters, or two swapped."""
    kept = sum(
        block.size for block in SequenceMatcher(None, one, other, False).get_matching_blocks()
    )
    return abs(len(one) - len(other)) <= 2 and max(len(one), len(other)) - kept <= 2
