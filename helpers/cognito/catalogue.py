"""Every answer by which Cognito can say no: what it means, its likely cause, what to tell the user, what to do next.

The entries themselves are in `helpers.cognito.catalogue_entries`.
"""

import botocore.session

from helpers.cognito.catalogue_entries import CATALOGUE, LOST, LOST_CONFIRM, LOST_READ, PUBLIC, SIGNED, UNKNOWN, Entry
from helpers.display.card import Table


def look_up(code: str, message: str = "", operation: str = "") -> Entry:
    """Return the meaning of one refusal; use it for an exception that came from anywhere, also from a log.

    code: the exception's name. message: its text, which tells several meanings of one code apart. operation: the API
    operation, as the model spells it. Returns UNKNOWN for a code that is not in the catalogue.
    """
    for entry in CATALOGUE:
        if entry.code == code and entry.text in message and (not entry.operations or operation in entry.operations):
            return entry
    return UNKNOWN


def lost(operation: str) -> Entry:
    """Return what it means that a call was sent and no answer came back. operation: as the model spells it."""
    return LOST.get(operation, LOST_CONFIRM if operation in PUBLIC else LOST_READ)


def refusals(operation: str) -> Table:
    """Return all that one operation can answer with, as a table for a person; the errors are those of botocore's model.

    operation: as the model spells it, such as ConfirmForgotPassword.
    """
    codes = _codes(operation)
    # An entry for this operation alone stands in for the general ones of the same code.
    entries = [e for e in CATALOGUE if e.code in codes and look_up(e.code, e.text, operation) is e]
    return Table(
        f"What {operation} may answer",
        ("Cognito says", "It means", "What may be tried again", "What to do next"),
        tuple((_name(entry), entry.meaning, entry.again, entry.next + _goes_on(entry)) for entry in entries),
    )


def refusals_of_reading(*operations: str, but: str = "") -> Table:
    """Return all that several calls that only read can answer with, each error once.

    operations: as the model spells them. but: an error that is a finding for the one who asks.
    """
    codes = dict.fromkeys(code for one in operations for code in _codes(one) if code != but)
    entries = [look_up(code, operation=operations[0]) for code in codes]
    return Table(
        "What the calls that read may answer", ("Cognito says", "It means", "Likely cause", "What to do next"),
        tuple((one.code, one.meaning, one.cause, one.next) for one in entries),
    )


def _codes(operation: str) -> tuple[str, ...]:
    """Return the errors that botocore's model names for an operation, after those of every signed call."""
    model = botocore.session.get_session().get_service_model("cognito-idp").operation_model(operation)
    return (*(() if operation in PUBLIC else SIGNED), *(shape.name for shape in model.error_shapes))


def _goes_on(entry: Entry) -> str:
    return f" Next runbook: {entry.runbook}." if entry.runbook else ""


def _name(entry: Entry) -> str:
    return entry.code + (f" ({entry.text} …)" if entry.text else "")
