"""Names as people paste them, read as Cognito takes them: a username, an app client's or a user
pool's id.

A name that comes from a mail, a ticket or a chat brings along what nobody sees or means: white
space, characters without a width, `mailto:`, angle brackets, the spaces in a phone number, a space
where a link held a plus. No user pool takes any of these in a username (API reference, UsernameType
and the attribute phone_number), so leaving them out can never name somebody else's account.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

_LABELS = {
    "username": "username",
    "confirm_username": "repeated username",
    "client_id": "app client id",
    "user_pool_id": "user pool id",
}
_PHONE = re.compile(r"\+[\d\s().\-/]*\d[\d\s().\-/]*")
_LOCAL_PHONE = re.compile(r"[\d\s().\-/]*\d[\d\s().\-/]*")
_IN_BRACKETS = re.compile(r"<\s*(?:mailto:)?\s*([^\s@<>]+@[^\s@<>]+)\s*>", re.IGNORECASE)
_LINK = re.compile("mailto:", re.IGNORECASE)
_SPACE = re.compile(r"\s")


def name_meant(text: str) -> str:
    """Return a username as it is meant; use it wherever a person gives one.

    Whatever it cannot read is returned without surrounding white space and invisible characters.
    """
    name = _visible(text)
    if bracketed := _IN_BRACKETS.search(name):
        name = bracketed.group(1)
    elif _LINK.match(name):
        name = _visible(unquote(name[len("mailto:") :].partition("?")[0]))
    if "@" in name:
        name = re.sub(r"\s*@\s*", "@", name.rstrip(",;"))
        local, _, domain = name.partition("@")
        # A link writes a plus for a space, so what reads it turns a plus into one.
        if re.fullmatch(r"[^\s@]+ [^\s@]+", local):
            return f"{local.replace(' ', '+')}@{domain}"
        return name
    if _PHONE.fullmatch(name):
        return "+" + re.sub(r"\D", "", name)
    if _SPACE.search(name) and _LOCAL_PHONE.fullmatch(name):
        return re.sub(r"\D", "", name)
    return name


def tidied(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters with every name and id among them read as it is meant."""
    return {
        name: _meant(name, value) if name in _LABELS and isinstance(value, str) else value
        for name, value in values.items()
    }


def read_as(values: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each name and id that was read otherwise than it was given."""
    after = tidied(values)
    return [
        f"The {label} was read as {after[name]}."
        for name, label in _LABELS.items()
        if name in after and after[name] != values[name]
    ]


def _meant(name: str, value: str) -> str:
    return name_meant(value) if name.endswith("username") else _visible(value)


def _visible(text: str) -> str:
    """Return a text without characters that have no width, and without white space around it."""
    return "".join(one for one in text if unicodedata.category(one) != "Cf").strip()
