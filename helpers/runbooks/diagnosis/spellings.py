"""How else may an account spell a name? By capitals, or as Cognito keeps phone numbers."""

import re
from collections.abc import Iterator

from helpers.cognito.models import Pool


def spellings(username: str, pool: Pool | None) -> Iterator[tuple[str, str]]:
    """Yield (attribute, value) to search a missing user by, the likeliest first.

    username: as the user gives it. pool: None where it could not be read; then capital letters may
    count.
    """
    local, at, domain = username.partition("@")
    names = (
        username,
        username.lower(),
        username.capitalize(),
        f"{local.title()}{at}{domain.lower()}",
        f"{local.title()}{at}{domain.capitalize()}",
        username.upper(),
    )
    # Where capital letters do not count, a username was found by any of them; a contact that is no
    # name was not.
    counts = (pool is None or pool.case_sensitive) and not (pool and pool.sign_in_names)
    if number := international(username):
        yield "phone_number", number
    if at:  # by any capitals: API reference, ListUsers
        yield "email", username
    for name in dict.fromkeys(names):
        if counts and name != username:
            yield "username", name


def international(name: str) -> str:
    """Return a phone number as Cognito keeps it, with + and digits alone; "" for what is none.

    A number without its country code cannot be told from one with it. Source: developer guide,
    "Working with user attributes".
    """
    if not re.fullmatch(r"[+\d().-]{7,}", name):
        return ""
    return f"+{re.sub(r'^00', '', re.sub(r'[^0-9]', '', name))}"
