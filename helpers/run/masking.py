"""Who a run was for, as it may be recorded: in clear, masked or hashed."""

import hashlib
import hmac
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from helpers.run.entries import Ended
from helpers.run.entry import RunbookEntry
from helpers.secrets.redaction import redact_values

USERNAME_AS = ("clear", "masked", "hashed")


def username_masker(
    entry: RunbookEntry, values: Mapping[str, Any], how: str, folder: Path
) -> Callable[[str], str]:
    """Return what a text is passed through before it is kept, so that the username is kept as
    chosen.

    how: clear, masked or hashed. folder: of the journal, whose key the hash is made with.
    """
    about = entry.parameters.model_fields.get("username")
    username = str(values.get("username", about.default)) if about else ""
    if how == "clear" or len(username) < 2:
        return lambda text: text
    if how == "masked":
        local, at, domain = username.partition("@")
        masked = f"{local[:1]}***" + (f"@{domain[:1]}***" if at else "")
    else:
        masked = (
            "hmac-sha256:"
            + hmac.new(_key(folder), username.encode(), hashlib.sha256).hexdigest()[:32]
        )
    return lambda text: text.replace(username, masked)


KEPT = frozenset(
    {
        *((name,) for name in ("event", "run", "at", "state", "outcome")),
        *(("record", name) for name in ("runbook", "started_at", "ended_at", "outcome")),
        *(("record", "steps", "*", name) for name in ("name", "status", "at", "request_id")),
        ("record", "next_runbook", "name"),
    }
)
"""Where a run's end holds no text but a word, a time or an id: these stay whatever the name is."""


def mask_entry(
    ended: Ended, entry: RunbookEntry, values: Mapping[str, Any], how: str, folder: Path
) -> Ended:
    """Return a run's end as it is kept: the username as chosen, and so the one that the run has
    found out to go on with.
    """
    mask = username_masker(entry, values, how, folder)
    data = redact_values(ended.model_dump(mode="json"), redactor=mask, keep=KEPT)
    following = ended.record.next_runbook if ended.record else None
    found = following.parameters.get("username", "") if following else ""
    if found:
        mask = username_masker(entry, {**values, "username": found}, how, folder)
        data = redact_values(data, redactor=mask, keep=KEPT)
    return Ended.model_validate(data)


def _key(out: Path) -> bytes:
    """Return this journal's key. A bare hash of an address is guessed in seconds; with a key, equal
    users stay equal.
    """
    path = out / ".username-key"
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
    except FileExistsError:
        pass
    return path.read_bytes()
