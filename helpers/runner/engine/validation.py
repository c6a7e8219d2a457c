"""Strict parameters: what papermill lets pass with a warning, or without one, is refused before
anything is written.

papermill runs a notebook with its defaults when a name is misspelt, takes any value for any
parameter, and writes a password that was given by value into the output twice. Here every problem
is told at once and nothing runs.
"""

import ast
import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

_SECRET_NAME = re.compile(
    r"(^|_)(password|passwd|passphrase|pwd|secret|token|otp|credentials?|api_?key|private_?key|access_?key)$"
    r"|(^|_)(confirmation|verification|mfa|auth|reset|one_time)_code$|^code$",
    re.IGNORECASE,
)
_SECRET_SHAPE = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE"
    r" KEY|^(AKIA|ASIA)[A-Z0-9]{16}$|^eyJ[\w-]+\.[\w-]+\.[\w-]*$|^gh[pousr]_\w{20}"
)
KINDS = ("names", "types", "secrets")
"""What is checked of parameters: that the notebook has them, that they are of its own value's type,
and that none looks like a secret.
"""
_INJECTED = ("PAPERMILL_INPUT_PATH", "PAPERMILL_OUTPUT_PATH")
"""What papermill itself adds where its options --inject-paths and the like ask for it."""


def given_to(notebook: Any) -> dict[str, Any]:
    """Return the parameters that somebody gave to a notebook that papermill has parameterised."""
    given = notebook.metadata.get("papermill", {}).get("parameters", {})
    return {name: value for name, value in given.items() if name not in _INJECTED}


def seconds(limit: str | float | None) -> float | None:
    """Read how long a run may take; None, from nothing or 0, is without a limit."""
    try:
        value = float(limit or 0)
    except ValueError:
        value = -1
    if value < 0 or not math.isfinite(value):
        raise ValueError("must be a number of seconds, such as 90.")
    return value or None


def strictness(told: Any) -> frozenset[str]:
    """Read what is to be checked: some of KINDS, as a list or separated by commas; None is all.
    Raises ValueError, in words that follow a name.
    """
    if told is None:
        return frozenset(KINDS)
    words = told.split(",") if isinstance(told, str) else told
    try:
        kinds = {str(word).strip() for word in words} - {""}
    except TypeError:
        kinds = {str(told)}
    if kinds - set(KINDS):
        known = f"{', '.join(KINDS[:-1])} and {KINDS[-1]}"
        raise ValueError(f"may hold {known}, separated by commas, or nothing.")
    return frozenset(kinds)


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


def problems_of(
    own: Mapping[str, Any],
    given: Mapping[str, Any],
    schemes: Sequence[str] = (),
    strict: Collection[str] = KINDS,
) -> Iterator[tuple[str, str]]:
    """Yield the name of each parameter that cannot be used, and in words why not.

    own: the notebook's parameters, from `defaults_of`. schemes: of references to secrets, of which
    a parameter may hold one, as SCHEME:NAME, in a secret's place. strict: from `strictness`.
    """
    for name, value in given.items():
        mine = own.get(name, NoLiteral)
        if name not in own and "names" in strict:
            yield name, f"is no parameter of this notebook.{_hint(name, own)}"
        elif "secrets" in strict and _looks_secret(name, value, mine, schemes):
            words = "looks like a secret given by value, and would be written into the output."
            way = f"Give a reference such as {schemes[0]}:NAME, and have" if schemes else "Have"
            yield name, f"{words} {way} the notebook read it."
        elif "types" in strict and mine not in (NoLiteral, None) and not _alike(mine, value):
            words = f"is of type {_type(value)}, and the notebook's own value of type"
            yield name, f"{words} {_type(mine)}. -r gives text, -p and -y guess a type."


def _hint(name: str, own: Mapping[str, Any]) -> str:
    if not own:
        return " It has no cell with the tag parameters."
    close = get_close_matches(name, own, n=1)
    return f" Did you mean {close[0]}?" if close else ""


def _looks_secret(name: str, value: Any, own: Any, schemes: Sequence[str]) -> bool:
    if not isinstance(value, str | int | float) or isinstance(value, bool) or value == "":
        return False
    if isinstance(value, str) and value.partition(":")[0] in schemes:
        return False
    if isinstance(value, str) and _SECRET_SHAPE.search(value):
        return True
    # Three characters keep nothing, nor do four digits; a folder may be called pwd.
    short = len(str(value)) < (4 if isinstance(value, str) else 5)
    return bool(_SECRET_NAME.search(name)) and not short and not (_path(value) and _path(own))


def _path(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("/", "./", "../", "~/"))


def _type(value: Any) -> str:
    return "dict" if isinstance(value, Mapping) else type(value).__name__


def _alike(own: Any, value: Any) -> bool:
    if isinstance(own, bool) or isinstance(value, bool):
        return isinstance(own, bool) and isinstance(value, bool)
    if isinstance(own, int | float):
        return isinstance(value, int | float)
    return isinstance(value, type(own)) or (isinstance(own, tuple) and isinstance(value, list))
