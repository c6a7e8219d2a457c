"""Who a run was for, as it may be recorded: in clear, masked or hashed."""

import hashlib
import hmac
import html
import os
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from helpers.cognito import reads
from helpers.cognito.errors import BadParameters, Problem
from helpers.run.entries import Ended
from helpers.run.entry import RunbookEntry
from helpers.run.named_pool import fill_in
from helpers.run.names import name_meant
from helpers.run.parameters import Parameters
from helpers.run.shared import open_file
from helpers.secrets.redaction import redact_values

USERNAME_AS = ("clear", "masked", "hashed")
USERNAME_AS_VARIABLE = "COGNITO_RESET_USERNAME_AS"
"""The environment variable that says which of them."""
RUNS = "COGNITO_RESET_RUNS"
"""The environment variable that names the folder in which the runs of forms are recorded."""
NOT_KEPT = "[not kept]"
"""What a saved notebook holds in place of what was said."""


def username_as() -> str:
    """Return how the environment wants usernames kept, "" where it does not say. Raises
    BadParameters for another way.
    """
    how = os.environ.get(USERNAME_AS_VARIABLE, "")
    if how and how not in USERNAME_AS:
        words = f"must be clear, masked or hashed, and is {how}."
        raise BadParameters([Problem(USERNAME_AS_VARIABLE, words)])
    return how


def _chosen(model: type[Parameters], values: Mapping[str, Any], how: str) -> str:
    """Return how usernames are kept: as somebody has chosen, else as the pool says, else masked."""
    pool = fill_in(model.model_fields, values).pool
    return how or ("clear" if pool and pool.asks.show_usernames else "masked")


def username_masker(
    entry: RunbookEntry, values: Mapping[str, Any], how: str, folder: Path
) -> Callable[[str], str]:
    """Return what a text is passed through before it is kept, so that the username is kept as
    chosen.

    how: clear, masked or hashed; "" for what the pool says. folder: of the journal, whose key the
    hash is made with.
    """
    how = _chosen(entry.parameters, values, how)
    about = entry.parameters.model_fields.get("username")
    username = str(values.get("username", about.default)) if about else ""
    meant = name_meant(username)
    if how == "clear" or len(meant) < 2:
        return lambda text: text
    # As it was given, which may hold more than the name, and as it was read.
    masked = masked_name(meant, how, folder)
    return lambda text: text.replace(username, masked).replace(meant, masked)


def output_masker(model: type[Parameters], values: Mapping[str, Any]) -> Callable[[str], str]:
    """Return what a text is passed through before a notebook in which a person works may keep it.

    It masks the username, every name and contact of the users that were read, and what was said.
    values: the parameters. Raises BadParameters as `username_as` does.
    """
    how = _chosen(model, values, username_as())
    if how == "clear":
        return lambda text: text
    folder = Path(os.environ[RUNS]) if os.environ.get(RUNS) else None
    given = {name: str(values.get(name, f.default)) for name, f in model.model_fields.items()}
    said = {given[name] for name in model.SAID if given[name] != model.model_fields[name].default}
    name = given.get("username", "")
    masked = {
        name: masked_name(name_meant(name), how, folder),
        **{one: masked_name(one, how, folder) for one in {name_meant(name), *reads.names}},
        **dict.fromkeys(said, NOT_KEPT),
    }
    masked |= {html.escape(name): words for name, words in masked.items()}
    pattern = _any_of(name for name in masked if len(name) > 1)
    return lambda text: pattern.sub(lambda found: masked[found.group()], text)


KEPT = frozenset(
    {
        *((name,) for name in ("event", "run", "at", "state", "outcome")),
        *(
            ("record", name)
            for name in (
                "runbook",
                "account",
                "caller",
                "agreed",
                "started_at",
                "ended_at",
                "outcome",
            )
        ),
        *(("record", "steps", "*", name) for name in ("name", "status", "at", "request_id")),
        ("record", "next_runbook", "name"),
    }
)
"""Where a run's end holds no text but a word, a time, an id or who signed: these stay whatever the
name is.
"""


def mask_html(markup: str, mask: Callable[[str], str]) -> str:
    """Return HTML with the text between its tags masked."""
    parts = re.split(r"(<[^>]*>)", markup)
    return "".join(part if part.startswith("<") else mask(part) for part in parts)


def mask_record(record: dict[str, Any], mask: Callable[[str], str]) -> Any:
    """Return a record with its texts masked, and its words, times and ids as they are."""
    kept = {path[1:] for path in KEPT if path[0] == "record"}
    return redact_values(record, redactor=mask, keep=kept)


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


def forget_names() -> None:
    """Forget who was read; what is printed of them after this is not masked any more."""
    reads.names.clear()


def masked_name(name: str, how: str, folder: Path | None) -> str:
    if how == "masked":
        local, at, domain = name.partition("@")
        return f"{local[:1]}***" + (f"@{domain[:1]}***" if at else "")
    key = folder_key(folder) if folder else _process_key()
    return "hmac-sha256:" + hmac.new(key, name.encode(), hashlib.sha256).hexdigest()[:32]


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern that finds each of these as a whole word, and the longest first."""
    longest_first = sorted(names, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first)) or '(?!)'})(?!\w)")


@cache
def _process_key() -> bytes:
    """Return a key for where there is no journal: equal users stay equal in this process."""
    return secrets.token_bytes(32)


def folder_key(out: Path) -> bytes:
    """Return this journal's key. A bare hash of an address is guessed in seconds; with a key, equal
    users stay equal.
    """
    path = out / ".username-key"
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with open(open_file(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
            file.write(secrets.token_bytes(32))
    except FileExistsError:
        pass
    with open(open_file(path, os.O_RDONLY), "rb") as file:
        return file.read()
