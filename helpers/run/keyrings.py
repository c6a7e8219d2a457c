"""Whether what a run's keyring: references name is in this machine's keyring."""

from typing import Any

from helpers.cognito.errors import Problem
from helpers.run.parameters import Parameters
from helpers.secrets.references import resolve, scheme_of
from helpers.secrets.secret import SecretError


def missing_from_keyring(read: Parameters) -> list[Problem]:
    """Look each up, and return a problem for one that is not there; the secret is not kept."""
    problems = []
    for name in read.SECRETS:
        reference = str(getattr(read, name))
        if scheme_of(reference) != "keyring":
            continue
        try:
            resolve(reference, label=name, ask=_nobody, mailbox=_nothing, aws=_nobody)
        except SecretError as exc:
            problems.append(Problem(name, str(exc)))
    return problems


def _nobody(_: str) -> Any:
    raise SecretError("there is nobody to ask.")


def _nothing() -> str:
    raise SecretError("there is no mailbox.")
