"""The table of a campaign, made from the user pool: those of its users whom it is about.

    listed = list_users(client, user_pool_id, Wanted(statuses=("CONFIRMED",)))
    write_table(Path("users.csv"), listed, {"user_pool_id": user_pool_id, ...})

ListUsers is asked to the very end: a page may be shorter than it could be, or empty, although more
follow. It takes one filter; the rest is chosen here. Users are named by their username, which
cannot change, as an e-mail address can.
"""

import csv
import hashlib
import io
import json
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpers.campaign.patience import Patience
from helpers.campaign.table import guarded
from helpers.cognito.call import call
from helpers.run.account import account_name

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.client import CognitoIdentityProviderClient

STATUSES = (
    "ARCHIVED",
    "COMPROMISED",
    "CONFIRMED",
    "EXTERNAL_PROVIDER",
    "FORCE_CHANGE_PASSWORD",
    "RESET_REQUIRED",
    "UNCONFIRMED",
    "UNKNOWN",
)
"""Source: API reference, UserType."""
_PAGE = 60
_A_SECOND = 10.0  # calls, of the 30 that all of an account's pools share


class TableError(Exception):
    """The table cannot be written; the message says why."""


@dataclass(frozen=True)
class Wanted:
    """Which users: those to whom all of this applies. A member that is not given applies to all.

    statuses: as the API spells them. modified_before, created_before: with their zone.
    email_domain: what comes after the @ of the user's e-mail address, in any case. group: the name
    of a group of the pool that they are in.
    """

    statuses: tuple[str, ...] = ()
    enabled: bool | None = None
    modified_before: datetime | None = None
    created_before: datetime | None = None
    email_domain: str = ""
    group: str = ""

    @property
    def filter(self) -> str:
        """The part that Cognito chooses by, "" for none; it takes one attribute, and no group."""
        if self.group:
            return ""
        if len(self.statuses) == 1:
            return f'cognito:user_status = "{self.statuses[0]}"'
        if self.enabled is not None:
            return f'status = "{"Enabled" if self.enabled else "Disabled"}"'
        return ""

    def has(self, user: Mapping[str, Any]) -> bool:
        """Whether this is one of them. user: as ListUsers has it."""
        email = next((a["Value"] for a in user["Attributes"] if a["Name"] == "email"), "")
        return (
            (not self.statuses or user["UserStatus"] in self.statuses)
            and self.enabled in (None, user["Enabled"])
            and (not self.modified_before or user["UserLastModifiedDate"] < self.modified_before)
            and (not self.created_before or user["UserCreateDate"] < self.created_before)
            and (not self.email_domain or _domain(email) == self.email_domain.casefold())
        )

    def to_json(self) -> dict[str, Any]:
        """Return what was given as JSON data."""
        given = {name: value for name, value in vars(self).items() if value not in ((), None, "")}
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in given.items()
        }


def _domain(email: str) -> str:
    return email.rpartition("@")[2].casefold()


@dataclass(frozen=True)
class Listed:
    """What was found. usernames: each once. count: how many users were listed. whole: whether
    the pool, or the group, was listed to its end.
    """

    usernames: tuple[str, ...]
    wanted: Wanted
    count: int
    calls: int
    whole: bool


def list_users(
    client: "CognitoIdentityProviderClient",
    user_pool_id: str,
    wanted: Wanted,
    *,
    most: int = 0,
    on_page: Callable[[int], None] | None = None,
    patience: Patience | None = None,
) -> Listed:
    """List a user pool, at ten calls a second at most, and return those of its users who are
    wanted.

    most: stop when so many are found; 0 for all. on_page: told how many were listed so far.
    patience: another pace. Raises the errors of helpers.cognito.errors. Source: API reference,
    ListUsers and ListUsersInGroup.
    """
    patience = patience or Patience(_A_SECOND)
    given: dict[str, Any] = {"UserPoolId": user_pool_id, "Limit": _PAGE}
    if wanted.filter:
        given["Filter"] = wanted.filter
    operation, token_name = "ListUsers", "PaginationToken"
    if wanted.group:
        operation, token_name = "ListUsersInGroup", "NextToken"
        given["GroupName"] = wanted.group
    found: dict[str, None] = {}
    count = calls = 0

    def page() -> Any:
        nonlocal calls
        calls += 1
        return call(client, operation, **given)

    while True:
        answer = patience.read(page)
        count += len(answer["Users"])
        found.update((user["Username"], None) for user in answer["Users"] if wanted.has(user))
        if on_page:
            on_page(count)
        token = answer.get(token_name)
        if not token or 0 < most <= len(found):
            names = tuple(found)[: most or None]
            return Listed(names, wanted, count, calls, whole=not token)
        given[token_name] = token


def made_path(table: Path) -> Path:
    """Return where it is written how a table was made."""
    return table.with_name(f"{table.name}.made")


def check_table(table: Path, *, force: bool) -> None:
    """Raise TableError where a table cannot be written there."""
    if table.suffix.lower() != ".csv":
        raise TableError("is no name that ends in .csv.")
    if table.is_dir():
        raise TableError("is a folder.")
    if not force and (table.exists() or made_path(table).exists()):
        raise TableError("is there already: name another file, or say --force.")
    if not table.parent.is_dir() or not os.access(table.parent, os.W_OK | os.X_OK):
        raise TableError("is in a folder that is not there, or that may not be written to.")


def write_table(
    table: Path, listed: Listed, shared: Mapping[str, str], *, force: bool = False
) -> dict[str, Any]:
    """Write the table, for its owner alone, and beside it how it was made; return the latter.

    shared: parameters that every row has. Either is written whole or not at all. Raises TableError
    and OSError.
    """
    columns = ["username", "confirm_username", *shared]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    for name in listed.usernames:
        writer.writerow(map(guarded, (name, name, *shared.values())))
    data = text.getvalue().encode("utf-8-sig")
    made = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "who": f"{account_name()}@{socket.gethostname()}",
        **shared,
        "wanted": listed.wanted.to_json(),
        "filter": listed.wanted.filter,
        "calls": listed.calls,
        "listed": listed.count,
        "whole": listed.whole,
        "kept": len(listed.usernames),
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    told = json.dumps(made, indent=2, ensure_ascii=False).encode() + b"\n"
    check_table(table, force=force)
    drafts = {path: _draft(path) for path in (made_path(table), table)}
    try:
        for draft, content in zip(drafts.values(), (told, data), strict=True):
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        for path, draft in drafts.items():
            draft.replace(path)
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)
    return made


def _draft(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}")
