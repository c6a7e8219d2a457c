"""Strict parameters: what papermill lets pass with a warning, or without one, is refused before
anything is written.

papermill runs a notebook with its defaults when a name is misspelt, takes any value for any
parameter, and writes a password that was given by value into the output twice. Here every problem
is told at once and nothing runs.
"""

import ast
import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from helpers.cognito.errors import BadParameters, Problem
from helpers.run.entry import RunbookEntry
from helpers.runbooks import RUNBOOKS
from helpers.secrets.references import SCHEMES, resolve, scheme_of
from helpers.secrets.secret import SecretError

_SECRET_NAME = re.compile(
    r"(^|_)(password|passwd|passphrase|pwd|secret|token|otp|credentials?|api_?key|private_?key|access_?key)$"
    r"|(^|_)(confirmation|verification|mfa|auth|reset|one_time)_code$|^code$",
    re.IGNORECASE,
)
_SECRET_SHAPE = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE"
    r" KEY|^(AKIA|ASIA)[A-Z0-9]{16}$|^eyJ[\w-]+\.[\w-]+\.[\w-]*$|^gh[pousr]_\w{20}"
)


def check(notebook: Any, source: str, given: Mapping[str, Any]) -> None:
    """Raise BadParameters, with every problem, unless the notebook can be run with the given
    parameters.

    source: the notebook's path, by whose name a runbook of ours is known; "" when there is none.
    """
    own = defaults_of(notebook)
    entry = runbook_of(source, own)
    problems = _of_ours(entry, own, given) if entry else _of_another(own, given)
    if problems:
        raise BadParameters(problems)


def runbook_of(source: str, own: Mapping[str, Any]) -> RunbookEntry | None:
    """Return the runbook of ours that this notebook is: it has the name, and the parameters."""
    entry = RUNBOOKS.get(Path(source).stem)
    return entry if entry and set(own) == set(entry.parameters.model_fields) else None


class NoLiteral:
    """A default that only running the cell can tell."""


def defaults_of(notebook: Any) -> dict[str, Any]:
    """Return the parameters that the notebook's parameters cell sets, with their values where they
    are literals.

    Read by Python's own parser: papermill's inspection overlooks annotations such as `str | None`.
    """
    cell = next((c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])), None)
    if cell is None:
        return {}
    try:
        tree = ast.parse(cell.source)
    except SyntaxError:
        return _defaults_by_papermill(notebook)
    found: dict[str, Any] = {}
    for node in tree.body:
        targets = (
            node.targets
            if isinstance(node, ast.Assign)
            else [node.target]
            if isinstance(node, ast.AnnAssign)
            else []
        )
        value = getattr(node, "value", None)
        for target in targets:
            if isinstance(target, ast.Name):
                try:
                    found[target.id] = ast.literal_eval(value) if value else NoLiteral
                except ValueError:
                    found[target.id] = NoLiteral
    return found


def _defaults_by_papermill(notebook: Any) -> dict[str, Any]:
    """Another language than Python: the names alone."""
    from papermill.inspection import _infer_parameters

    return {parameter.name: NoLiteral for parameter in _infer_parameters(notebook)}


def learn_from(values: Mapping[str, Any], learn: Any) -> None:
    """Tell the secrets behind those references that can be read here without asking anybody: env:
    and file:.

    A kernel tells what it resolves. These are known beforehand, for a notebook that reads them in
    its own way.
    """
    for value in values.values():
        if isinstance(value, str) and scheme_of(value) in ("env", "file", "literal"):
            try:
                learn(resolve(value, label="", ask=_nobody, mailbox=_nobody, aws=_nobody).reveal())
            except SecretError:
                continue


def _nobody(*_: Any) -> str:
    raise SecretError("not here")


def _of_ours(
    entry: RunbookEntry, own: Mapping[str, Any], given: Mapping[str, Any]
) -> list[Problem]:
    values = {name: value for name, value in {**own, **given}.items() if value is not NoLiteral}
    return entry.parameters.read(values, person=values.get("interactive") == "yes")[1]


def _of_another(own: Mapping[str, Any], given: Mapping[str, Any]) -> list[Problem]:
    problems = []
    for name, value in given.items():
        if name not in own:
            close = get_close_matches(name, own, n=1)
            hint = (
                f" Did you mean {close[0]}?"
                if close
                else ""
                if own
                else " It has no cell with the tag parameters."
            )
            problems.append(Problem(name, f"is no parameter of this notebook.{hint}"))
        elif _looks_secret(name, value):
            problems.append(
                Problem(
                    name,
                    "looks like a secret given by value, and would be written into the output. Give"
                    " a reference such as env:NAME, and have the notebook read it.",
                )
            )
        elif own[name] is not NoLiteral and own[name] is not None and not _alike(own[name], value):
            problems.append(
                Problem(
                    name,
                    f"is of type {type(value).__name__}, and the notebook's own value is of type "
                    f"{type(own[name]).__name__}. -r gives text, -p and -y guess a type.",
                )
            )
    return problems


def _looks_secret(name: str, value: Any) -> bool:
    if isinstance(value, str) and (value.partition(":")[0] in SCHEMES or not value):
        return False
    if isinstance(value, str) and _SECRET_SHAPE.search(value):
        return True
    return (
        bool(_SECRET_NAME.search(name))
        and isinstance(value, str | int | float)
        and not isinstance(value, bool)
    )


def _alike(own: Any, value: Any) -> bool:
    if isinstance(own, bool) or isinstance(value, bool):
        return isinstance(own, bool) and isinstance(value, bool)
    if isinstance(own, int | float):
        return isinstance(value, int | float)
    return isinstance(value, type(own)) or (isinstance(own, tuple) and isinstance(value, list))
