"""Is everything here that the notebooks need? Asked by the start notebook."""

import sys
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement

from helpers.display.card import Card
from helpers.target import Target

DISTRIBUTION = "cognito-reset-runbooks"


def check_environment() -> Card:
    """Compare what is installed with what the project asks for, and open the sandbox once.

    Each row says "fine", or what to do about it.
    """
    rows = [
        (
            "Python",
            (
                "fine"
                if sys.version_info >= (3, 11)
                else "needs Python 3.11 or later; run make again with it"
            ),
        )
    ]
    try:
        needed = [Requirement(line) for line in requires(DISTRIBUTION) or []]
    except PackageNotFoundError:
        return Card(
            "This environment is not ready.",
            (*rows, (DISTRIBUTION, "is not installed: run make run once")),
        )
    rows += [
        (need.name, _state(need))
        for need in needed
        if need.marker is None or need.marker.evaluate({"extra": ""})
    ]
    rows.append(("sandbox", "fine" if Target().client() else "does not open"))
    good = all(state == "fine" for _, state in rows)
    return Card(
        "This environment has all it needs." if good else "This environment is not ready.",
        tuple(rows),
    )


def _state(need: Requirement) -> str:
    try:
        found = version(need.name)
    except PackageNotFoundError:
        return f"is missing; {need} is needed: run make run once"
    return (
        "fine"
        if need.specifier.contains(found, prereleases=True)
        else f"is {found}; {need} is needed"
    )
