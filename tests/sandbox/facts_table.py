"""The README's table of what the sandbox does as AWS does it, generated from the tests that hold
it.

`python -m tests.sandbox.facts_table` prints the block; `check(readme_text)` says whether a README
has it up to date, and `updated(readme_text)` returns the README with a fresh one.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

from helpers.sandbox.model import operations
from helpers.sandbox.operations import IMITATED

BEGIN, END = "<!-- facts:begin -->", "<!-- facts:end -->"
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
        "Groups, devices, resource servers, domains, imports, risk configuration, passkeys and"
        " one-time-password sign-in."
    ),
    (
        "Triggers but CustomMessage, UserMigration and PostConfirmation; `LambdaConfig` is kept and"
        " shown, and runs nothing."
    ),
    (
        "Registration of authenticator apps: the factor can be preferred, its challenge is never"
        " passed."
    ),
    (
        "Threat protection's judgement: auth events are always recorded and never risky; a setting"
        " blocks."
    ),
    (
        "Quotas per second are off unless a setting turns on the account recovery category; regions"
        " and replicas."
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


def block() -> str:
    """Return the Markdown between the two marks, marks included."""
    facts = rows()
    counts = {sure: sum(one == sure for _, one in facts) for sure in _WORDS}
    total = ", ".join(f"{counts[sure]} {sure}" for sure in _WORDS)
    absent = sorted(set(operations()) - set(IMITATED))
    lines = [
        BEGIN,
        "",
        (
            f"{len(facts)} behaviours, each held by a test (at both doors, unless it is about the"
            f" wire): {total}."
        ),
        "",
        "<details><summary>All of them</summary>",
        "",
        "| behaviour | how surely AWS does it |",
        "|---|---|",
    ]
    lines += [f"| {_cell(words)} | {_WORDS[sure]} |" for words, sure in facts]
    names = f"{len(IMITATED)} of {len(IMITATED) + len(absent)} ({', '.join(sorted(IMITATED))})"
    lines += ["", "</details>", "", "Not imitated:", "", *(f"- {one}" for one in _NOT_IMITATED), ""]
    lines += [f"Operations: {names}. Any other one is refused by name.", "", END]
    return "\n".join(lines)


def check(readme: str) -> bool:
    """Say whether the README's block is what the tests say now."""
    return block() in readme


def updated(readme: str) -> str:
    """Return the README with a fresh block; ValueError where it has no marks."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the README needs the lines {BEGIN} and {END}")
    return before + block() + after


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


if __name__ == "__main__":
    print(block())
