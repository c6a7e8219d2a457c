"""Cognito's API by botocore's model: operations, their inputs, and what a shape allows.

Nothing of the API is copied by hand. The model is read straight from botocore's data (its loader
would cost more than the rest of a start), and a shape is turned into a check when it is first
needed.
"""

import functools
import gzip
import json
import os
import re
from collections.abc import Callable
from typing import Any

import botocore

from helpers.cognito import policy

Shape = dict[str, Any]
Check = Callable[[str, Any], list[str]]


class WrongType(Exception):
    """A value is not of the type that the model wants; AWS calls it a SerializationException."""


@functools.cache
def _model() -> dict[str, Any]:
    folder = os.path.join(os.path.dirname(botocore.__file__), "data", "cognito-idp")
    path = os.path.join(folder, max(os.listdir(folder)), "service-2.json")
    packed = os.path.exists(path + ".gz")
    with open(path + ".gz" if packed else path, "rb") as file:
        data = file.read()
    model: dict[str, Any] = json.loads(gzip.decompress(data) if packed else data)
    return model


def target_prefix() -> str:
    """Return the part of X-Amz-Target before its dot."""
    return str(_model()["metadata"]["targetPrefix"])


def operations() -> list[str]:
    """Return the names of all operations of the API."""
    return list(_model()["operations"])


def is_public(operation: str) -> bool:
    """Whether an operation is called unsigned, and so passes a web application firewall."""
    return str(_model()["operations"][operation].get("authtype")) == "none"


def shape(name: str) -> Shape:
    """Return a shape as the model has it."""
    found: Shape = _model()["shapes"][name]
    return found


def input_name(operation: str) -> str:
    """Return the name of an operation's input shape."""
    return str(_model()["operations"][operation]["input"]["shape"])


def broken_constraints(operation: str, request: Any) -> list[str]:
    """Return what a request breaks, in AWS's words; WrongType for a wrong type."""
    if not isinstance(request, dict):
        raise WrongType("the request is not a JSON object")
    return _check(input_name(operation))("", request)


def validation_message(problems: list[str]) -> str:
    """Return the text of the InvalidParameterException that reports broken constraints."""
    errors = "error" if len(problems) == 1 else "errors"
    return f"{len(problems)} validation {errors} detected: {'; '.join(problems)}"


def is_sensitive(shape_name: str) -> bool:
    """Say whether the model marks a shape as sensitive."""
    return bool(shape(shape_name).get("sensitive"))


@functools.cache
def _check(name: str) -> Check:
    found = shape(name)
    kind = found["type"]
    if kind == "structure":
        return _structure(name, found)
    if kind == "list":
        return _list(found)
    if kind == "map":
        return _map(found)
    return _scalar(name, found)


def _structure(name: str, found: Shape) -> Check:
    members = [
        (key, key[0].lower() + key[1:], ref["shape"]) for key, ref in found["members"].items()
    ]
    required = frozenset(found.get("required", ()))

    def check(path: str, value: Any) -> list[str]:
        if not isinstance(value, dict):
            raise WrongType(_cannot(value, "structure"))
        problems: list[str] = []
        for key, lower, member in members:
            given = value.get(key)
            here = f"{path}.{lower}" if path else lower
            if given is None:
                if key in required:
                    problems.append(_failed(member, None, here, "Member must not be null"))
            else:
                problems += _check(member)(here, given)
        return problems

    return check


def _list(found: Shape) -> Check:
    member = found["member"]["shape"]

    def check(path: str, value: Any) -> list[str]:
        if not isinstance(value, list):
            raise WrongType(_cannot(value, "list"))
        problems = _sizes(found, path, value, len(value), sensitive=False)
        for number, one in enumerate(value, 1):
            if one is None:
                raise WrongType("a list holds no null")
            problems += _check(member)(f"{path}.{number}.member", one)
        return problems

    return check


def _map(found: Shape) -> Check:
    key_shape, value_shape = found["key"]["shape"], found["value"]["shape"]

    def check(path: str, value: Any) -> list[str]:
        if not isinstance(value, dict):
            raise WrongType(_cannot(value, "map"))
        problems: list[str] = []
        for key, one in value.items():
            problems += _check(key_shape)(f"{path}.key", key)
            if one is None:
                raise WrongType("a map holds no null")
            problems += _check(value_shape)(f"{path}.{key}.member", one)
        return problems

    return check


_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "blob": (str,),
    "timestamp": (int, float),
}


def _is_of(value: Any, expected: tuple[type, ...]) -> bool:
    return isinstance(value, expected) and (bool in expected or not isinstance(value, bool))


def _scalar(name: str, found: Shape) -> Check:
    kind = found["type"]
    expected = _TYPES[kind]
    pattern, enum = found.get("pattern"), found.get("enum")
    matches, shown = _matcher(pattern) if pattern else None, pattern
    if name == "PasswordType":
        matches, shown = _password_matches, policy.PATTERN
    sensitive = bool(found.get("sensitive"))
    least, most = (found.get("min", 0), found.get("max", 1 << 62)) if kind == "string" else (0, -1)
    sized = "min" in found or "max" in found

    def check(path: str, value: Any) -> list[str]:
        if not _is_of(value, expected):
            raise WrongType(_cannot(value, kind))
        problems: list[str] = []
        if enum and value not in enum:
            wanted = f"Member must satisfy enum value set: [{', '.join(enum)}]"
            problems.append(_failed(name, value, path, wanted))
        if matches and not matches(value):
            problems.append(
                _failed(
                    name, value, path, f"Member must satisfy regular expression pattern: {shown}"
                )
            )
        if sized and not (kind == "string" and least <= len(value) <= most):
            problems += _sizes(
                found, path, value, len(value) if kind == "string" else value, sensitive=sensitive
            )
        return problems

    return check


def _sizes(found: Shape, path: str, value: Any, size: int, *, sensitive: bool) -> list[str]:
    what = "value" if found["type"] in ("integer", "long") else "length"
    problems = []
    subject = f"Value at '{path}'" if sensitive else f"Value '{_echo(value)}' at '{path}'"
    rule = f"{subject} failed to satisfy constraint: Member must have {what}"
    if size > found.get("max", size):
        problems.append(f"{rule} less than or equal to {found['max']}")
    if size < found.get("min", size):
        problems.append(f"{rule} greater than or equal to {found['min']}")
    return problems


def _failed(shape_name: str, value: Any, path: str, wanted: str) -> str:
    if is_sensitive(shape_name):
        return f"Value at '{path}' failed to satisfy constraint: {wanted}"
    shown = "null" if value is None else f"'{_echo(value)}'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: {wanted}"


def _echo(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(str, value))}]"
    return str(value)


def _cannot(value: Any, kind: str) -> str:
    # Names of JSON tokens as AWS's parser has them; the sentence is modelled on what its services
    # answer.
    token = {
        str: "STRING_VALUE",
        bool: "BOOLEAN_VALUE",
        int: "NUMBER_VALUE",
        float: "NUMBER_VALUE",
        list: "START_ARRAY",
    }
    return f"{token.get(type(value), 'START_OBJECT')} can not be converted to a {kind.capitalize()}"


def _password_matches(value: str) -> bool:
    # The service's own pattern is stricter than the model's, and does not care about the length.
    return policy.is_well_formed(
        value if len(value) <= policy.MAXIMUM_LENGTH else value[:128] + value[-128:]
    )


def _matcher(pattern: str) -> Callable[[str], bool]:
    r"""Return a full match of a Java pattern.

    Python has no \p{L}. Every character beyond ASCII is first replaced by a sign for its
    class (a letter, mark, symbol, number or punctuation; a space; anything else), and the pattern
    asks for those.
    """
    translated = pattern.replace(r"\p{L}\p{M}\p{S}\p{N}\p{P}", "!-~\u00e9").replace(
        r"\p{Z}", " \u00a0"
    )
    compiled = re.compile(translated, re.ASCII)
    return lambda value: (
        compiled.fullmatch(value if value.isascii() else _classes(value)) is not None
    )


def _classes(value: str) -> str:
    import unicodedata

    kinds = {"Z": "\u00a0", "C": "\x00"}
    return "".join(
        c if c.isascii() else kinds.get(unicodedata.category(c)[0], "\u00e9") for c in value
    )
