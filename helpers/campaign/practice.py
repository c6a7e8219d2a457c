"""Users to practise a campaign with: a dozen, in the states that one meets."""

import csv
import os
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.campaign.ledger import Ledger
from helpers.campaign.owner import digest_of, find_campaign
from helpers.campaign.table import read_table
from helpers.run.entry import RunbookEntry
from helpers.run.parameters import PRACTICE_POOL

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.client import CognitoIdentityProviderClient

_PASSWORD = "Practice-1-only"
_NAMES = ("ana", "bea", "cem", "dan", "eva", "fay", "gil", "hal", "ida", "jan", "kim", "leo")
_UNVERIFIED, _INVITED, _DISABLED, _NOBODY = {"cem", "hal"}, {"dan", "ida"}, {"fay"}, {"leo"}


def practice_table(out: Path, entry: RunbookEntry, client: "CognitoIdentityProviderClient") -> Path:
    """Return a table of practice users, who are in the sandbox; a new one once the last is done.

    out: the folder of runs, which holds the tables. client: of the sandbox, signed.
    """
    folder = out / "practice"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = sorted(folder.glob("users-*.csv"))
    if made and not _is_over(out, made[-1], entry):
        return made[-1]
    number = len(made) + 1
    table = folder / f"users-{number:03}.csv"
    names = {name: f"{name}-{number}@example.com" for name in _NAMES}
    for name, username in names.items():
        if name not in _NOBODY:
            _add(client, username, name)
    with open(os.open(table, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("username", "confirm_username"))
        writer.writerows((username, username) for username in names.values())
    return table


def _is_over(out: Path, table: Path, entry: RunbookEntry) -> bool:
    digest = digest_of(entry, read_table(entry, table, {}))
    folder = find_campaign(out, digest, entry)
    if folder is None:
        return False
    with Ledger.in_folder(folder) as ledger:
        return bool(ledger.campaign(folder.name).begun) and not ledger.may_come(folder.name)


def _add(client: "CognitoIdentityProviderClient", username: str, name: str) -> None:
    client.admin_create_user(
        UserPoolId=PRACTICE_POOL,
        Username=username,
        MessageAction="SUPPRESS",
        UserAttributes=[
            {"Name": "email", "Value": username},
            {"Name": "email_verified", "Value": str(name not in _UNVERIFIED).lower()},
        ],
    )
    if name not in _INVITED:
        client.admin_set_user_password(
            UserPoolId=PRACTICE_POOL, Username=username, Password=_PASSWORD, Permanent=True
        )
    if name in _DISABLED:
        client.admin_disable_user(UserPoolId=PRACTICE_POOL, Username=username)
