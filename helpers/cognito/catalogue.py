"""Every answer by which Cognito can say no: what it means, its likely cause, what to tell the user,
what to do next.

The entries themselves are in `helpers.cognito.catalogue_entries`.
"""

from dataclasses import replace

from helpers.cognito.catalogue_entries import (
    CATALOGUE,
    LOST,
    LOST_CONFIRM,
    LOST_READ,
    PUBLIC,
    UNKNOWN,
    Entry,
)
from helpers.cognito.quotas import quota_of


def look_up(code: str, message: str = "", operation: str = "") -> Entry:
    """Return the meaning of one refusal; use it for an exception that came from anywhere, also from
    a log.

    code: the exception's name. message: its text, which tells several meanings of one code apart.
    operation: the API operation, as the model spells it. Returns UNKNOWN for a code that is not in
    the catalogue.
    """
    for entry in CATALOGUE:
        if (
            entry.code == code
            and entry.text in message
            and (not entry.operations or operation in entry.operations)
        ):
            return _by_category(entry, operation)
    return UNKNOWN


def _by_category(entry: Entry, operation: str) -> Entry:
    """Return the entry with the cause of a throttled call: the quota of that call's category."""
    quota = quota_of(operation) if entry.code == "TooManyRequestsException" else None
    return replace(entry, cause=f"{quota.words} It is not the user's doing.") if quota else entry


def lost(operation: str) -> Entry:
    """Return what it means that a call was sent and no answer came back. operation: as the model
    spells it.
    """
    return LOST.get(operation, LOST_CONFIRM if operation in PUBLIC else LOST_READ)
