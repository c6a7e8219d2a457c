"""The tables of the sandbox: what it does as AWS does it, by the tests that hold it, and what can be
set.
"""

import importlib
import json
import pkgutil
from collections.abc import Iterator
from typing import Any

from helpers.sandbox.model import operations
from helpers.sandbox.operations import IMITATED
from helpers.sandbox.settings import SETTINGS

_WORDS = {
    "documented": "documented by AWS",
    "reported": "reported, with the literal text",
    "inferred": "inferred",
    "open": "open: a setting decides",
}
_NOT_IMITATED = (
    "IAM and signatures: administrators' operations are answered whoever calls them.",
    (
        "Managed login, OAuth endpoints and federation; a user can be put into `EXTERNAL_PROVIDER`"
        " with `set_status`."
    ),
    (
        "Devices, resource servers, domains, imports, risk configuration, passkeys, and"
        " sign-up without a password."
    ),
    (
        "Triggers but CustomMessage, PostConfirmation, PreSignUp, PreTokenGeneration and"
        " UserMigration; `LambdaConfig` is kept and shown, and runs nothing. So no CUSTOM_AUTH."
    ),
    (
        "Threat protection's judgement: auth events are always recorded and never risky; a setting"
        " blocks."
    ),
    (
        "Quotas per second are off unless a setting turns a category's on, and have no share for one"
        " pool; a pool made for one region is found from all of them; replicas."
    ),
    (
        "Message logs: what is set is kept and shown; no log is written. Sessions are listed, and"
        " ended all at once or by their refresh token."
    ),
    "The key that signs tokens is public, so that they prove nothing to anybody else.",
)


def rows() -> list[tuple[str, str]]:
    """Return (behaviour, how surely) for every fact, in the order in which the tests tell them."""
    package = importlib.import_module("tests.sandbox.facts")
    found = []
    for module in pkgutil.iter_modules(package.__path__):
        names = vars(importlib.import_module(f"tests.sandbox.facts.{module.name}"))
        for name, value in names.items():
            if name.startswith("test_"):
                found += [(mark.args[0], mark.kwargs["sure"]) for mark in _facts(value)]
    return found


def facts() -> str:
    """Return the table of behaviours, and what is not imitated."""
    found = rows()
    counts = {sure: sum(one == sure for _, one in found) for sure in _WORDS}
    total = ", ".join(f"{counts[sure]} {sure}" for sure in _WORDS)
    absent = sorted(set(operations()) - set(IMITATED))
    lines = [
        "",
        (
            f"{len(found)} behaviours, each held by a test (at both doors, unless it is about the"
            f" wire): {total}."
        ),
        "",
        "<details><summary>All of them</summary>",
        "",
        "| behaviour | how surely AWS does it |",
        "|---|---|",
    ]
    lines += [f"| {_cell(words)} | {_WORDS[sure]} |" for words, sure in found]
    names = f"{len(IMITATED)} of {len(IMITATED) + len(absent)} ({', '.join(sorted(IMITATED))})"
    lines += ["", "</details>", "", "Not imitated:", "", *(f"- {one}" for one in _NOT_IMITATED), ""]
    lines += [f"Operations: {names}. Any other one is refused by name.", ""]
    return "\n".join(lines)


def settings() -> str:
    """Return the table of the settings, with defaults and choices."""
    lines = ["| setting | default | or | decides |", "|:---|:---|:---|:---|"]
    for name, setting in SETTINGS.items():
        others = ", ".join(_json(one) for one in setting.choices or () if one != setting.default)
        lines.append(f"| `{name}` | {_json(setting.default)} | {others} | {_cell(setting.words)} |")
    return "\n".join(lines)


def _facts(test: Any) -> Iterator[Any]:
    for mark in reversed(getattr(test, "pytestmark", [])):
        if mark.name == "fact":
            yield mark
        elif mark.name == "parametrize":
            for parameters in mark.args[1]:
                yield from (one for one in getattr(parameters, "marks", ()) if one.name == "fact")


def _cell(text: str) -> str:
    for character in "|*_<":
        text = text.replace(character, "\\" + character)
    return text


def _json(value: Any) -> str:
    return f"`{json.dumps(value)}`"
