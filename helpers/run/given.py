"""The secrets that a run was given: references, values in their place, and what they stand for."""

from collections.abc import Mapping
from typing import Any

from helpers.cognito.errors import Problem
from helpers.run.parameters import Parameters
from helpers.secrets.redaction import register
from helpers.secrets.references import fault_in, fault_in_value, resolve, scheme_of
from helpers.secrets.secret import Secret, SecretError
from helpers.target import Target, TargetError


def hide_given_by_value(model: type[Parameters], values: Mapping[str, Any]) -> None:
    """Hide what was given in place of a reference: it is refused, and may be a secret."""
    for name in model.SECRETS:
        given = values.get(name)
        if isinstance(given, str) and not scheme_of(given):
            register(given)


def left_to_the_form(model: type[Parameters], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters in which the form is to ask for each secret whose reference cannot be used
    here. A value in place of a reference is refused there as anywhere.
    """
    filled = model.filled_in(values)
    given = {name: filled.get(name, model.model_fields[name].default) for name in model.SECRETS}
    sandbox = Target(str(filled.get("target", "sandbox"))).may_be_sandbox
    unfit = [
        name
        for name, reference in given.items()
        if isinstance(reference, str)
        and scheme_of(reference)
        and fault_in(reference, sandbox=sandbox, person=True)
    ]
    return {**values, **dict.fromkeys(unfit, "prompt:")}


def resolved(
    parameters: Parameters, target: Target, typed: Mapping[str, Secret]
) -> tuple[dict[str, Secret], list[Problem]]:
    """Return the secrets that the references stand for, and what is wrong with them.

    typed: those that a person has typed, which stand in for their references.
    """
    secrets, problems = dict(typed), []

    def newest_code() -> str:
        try:
            return target.newest_code(getattr(parameters, "username", ""))
        except TargetError as exc:
            raise SecretError(str(exc)) from None

    for name in parameters.SECRETS:
        reference = getattr(parameters, name)
        if name in typed or not reference:
            continue
        try:
            secrets[name] = resolve(
                reference,
                label=name.replace("_", " "),
                ask=_nobody_asked,
                aws=target.aws,
                mailbox=newest_code,
            )
        except SecretError as exc:
            problems.append(Problem(name, str(exc)))
    for name, secret in secrets.items():
        fault = fault_in_value(secret, pasted=name == "code")
        problems += [Problem(name, fault)] if fault else []
    return secrets, problems


def _nobody_asked(question: str) -> str:
    raise SecretError(f"please enter the {question.rstrip(': ')}.")
