"""What calls may answer, as tables for a notebook."""

from functools import cache

import botocore.session
from botocore.model import ServiceModel

from helpers.cognito.catalogue import look_up
from helpers.cognito.catalogue_entries import CATALOGUE, PUBLIC, SIGNED, Entry
from helpers.display.card import Table


def refusals(operation: str) -> Table:
    """Return every error of one operation, by botocore's model, as a table for a person.

    operation: as the model spells it, such as ConfirmForgotPassword.
    """
    codes = _codes(operation)
    # An entry for this operation alone takes the place of the general ones of the same code.
    found = (look_up(one.code, one.text, operation) for one in CATALOGUE if one.code in codes)
    entries = tuple(dict.fromkeys(found))
    return Table(
        f"What {operation} may answer",
        ("Cognito says", "It means", "What may be tried again", "What to do next"),
        tuple(
            (_name(entry), entry.meaning, entry.again, entry.next + _goes_on(entry))
            for entry in entries
        ),
    )


def refusals_of_reading(*operations: str, but: str = "") -> Table:
    """Return all that several calls that only read can answer with, each error once.

    operations: as the model spells them. but: an error that is a finding for the one who asks.
    """
    codes = dict.fromkeys(code for one in operations for code in _codes(one) if code != but)
    # Each call has a quota of its own category, so the table names none of them.
    only = len(operations) == 1
    entries = [look_up(code, operation=operations[0] if only else "") for code in codes]
    return Table(
        "What the calls that read may answer",
        ("Cognito says", "It means", "Likely cause", "What to do next"),
        tuple((one.code, one.meaning, one.cause, one.next) for one in entries),
    )


@cache
def _codes(operation: str) -> tuple[str, ...]:
    """Return the errors of an operation by botocore's model, those of any signed call first."""
    shapes = model().operation_model(operation).error_shapes
    return (*(() if operation in PUBLIC else SIGNED), *(shape.name for shape in shapes))


@cache
def model() -> ServiceModel:
    """Return botocore's model of Cognito."""
    # No AWS configuration has a say in it, so a broken one does not matter.
    nowhere = {"data_path": (None, None, None, None)}
    session = botocore.session.Session(nowhere, include_builtin_handlers=False)
    return session.get_service_model("cognito-idp")


def _goes_on(entry: Entry) -> str:
    return f" Next runbook: {entry.runbook}." if entry.runbook else ""


def _name(entry: Entry) -> str:
    return entry.code + (f" ({entry.text} …)" if entry.text else "")
