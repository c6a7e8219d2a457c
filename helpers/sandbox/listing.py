"""ListUsers: filters and pages."""

import json
import re
from collections.abc import Callable
from typing import Any

from .attributes import shown as listed
from .refusal import invalid
from .users import shown
from .work import Doc, Transaction

_FILTER = re.compile(r'\s*"?([\w:]+)"?\s*(\^?=)\s*"((?:[^"\\]|\\.)*)"\s*')
_FIELDS: dict[str, Callable[[Doc], Any]] = {
    "username": lambda user: user["username"],
    "sub": lambda user: user["sub"],
    "cognito:user_status": lambda user: user["status"],
    "status": lambda user: "Enabled" if user["enabled"] else "Disabled",
}
_EXACT = ("username", "status")
"""What is compared with its capitals (API reference, ListUsers); nothing else is."""
_ATTRIBUTES = ("email", "phone_number", "name", "given_name", "family_name", "preferred_username")
_PAGE = 60
_SCANNED = 1000


def list_users(work: Transaction, request: Doc) -> Doc:
    """ListUsers: 60 a page at most; a filter compares one attribute, whole or by its start.

    With the setting page_short a page ends sooner, and so may hold fewer users, or none.
    """
    pool = work.pool(request["UserPoolId"])
    keep = _predicate(request.get("Filter"))
    limit = request["Limit"] if request.get("Limit") is not None else _PAGE
    wanted = request.get("AttributesToGet")
    found: list[Doc] = []
    last = _position(request.get("PaginationToken"))
    short = work.settings["page_short"]
    left = max(limit - short, 1) if short and limit else None
    while True:
        rows = work.db.execute(
            "SELECT id, doc FROM users WHERE pool_id = ? AND id > ? ORDER BY id LIMIT ?",
            (pool["Id"], last, _SCANNED),
        ).fetchall()
        for number, doc in rows:
            user = json.loads(doc)
            if left == 0:
                return {"Users": found, "PaginationToken": f"u{last}"}
            left = left - 1 if left is not None else None
            if keep(user):
                if len(found) == limit:
                    return (
                        {"Users": found, "PaginationToken": f"u{last}"} if limit else {"Users": []}
                    )
                found.append(_picked(user, wanted))
            last = number
        if len(rows) < _SCANNED:
            return {"Users": found}


def _picked(user: Doc, wanted: list[str] | None) -> Doc:
    answer = shown(user)
    if wanted is not None:
        attributes = {"sub": user["sub"], **user["attributes"]}
        answer["Attributes"] = listed(
            {name: attributes[name] for name in wanted if name in attributes}
        )
    return answer


def _position(token: str | None) -> int:
    if token is None:
        return 0
    if not re.fullmatch(r"u[0-9]{1,15}", token):
        raise invalid("Invalid pagination token.")
    return int(token[1:])


def _predicate(text: str | None) -> Callable[[Doc], bool]:
    if not text:
        return lambda user: True
    match = _FILTER.fullmatch(text)
    if match is None:
        raise invalid("Error while parsing filter.")
    name, operator, value = match.group(1), match.group(2), re.sub(r"\\(.)", r"\1", match.group(3))
    if name not in _FIELDS and name not in _ATTRIBUTES:
        raise invalid(f"Invalid search attribute: {name}")
    read = _FIELDS.get(name) or (lambda user: user["attributes"].get(name))
    alike: Callable[[str], str] = str if name in _EXACT else str.casefold
    value = alike(value)
    if operator == "=":
        return lambda user: (found := read(user)) is not None and alike(found) == value
    return lambda user: alike(read(user) or "").startswith(value)
