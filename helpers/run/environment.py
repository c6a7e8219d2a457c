"""Is everything here that the notebooks need? Asked by the start notebook."""

import sys
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement

from helpers.display.card import Card
from helpers.run.package_data import LabMissing
from helpers.target import Target

DISTRIBUTION = "cognito-reset-runbooks"


def check_environment() -> Card:
    """Compare what is installed with what the project asks for, and open the sandbox once.

    Each row says "fine", or what to do about it. Without a person nothing of the extra `lab` is
    needed.
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
            (*rows, (DISTRIBUTION, "is not installed")),
        )
    base = [need for need in needed if need.marker is None or need.marker.evaluate({"extra": ""})]
    lab = [
        need
        for need in needed
        if need not in base and need.marker and need.marker.evaluate({"extra": "lab"})
    ]
    rows += [(need.name, _state(need, f"pip install {DISTRIBUTION}")) for need in base]
    rows.append(("sandbox", "fine" if Target().client() else "does not open"))
    forms = [(need.name, _state(need, str(LabMissing("for forms")))) for need in lab]
    if not all(state == "fine" for _, state in rows):
        title = "This environment is not ready."
    elif all(state == "fine" for _, state in forms):
        title = "This environment has all it needs."
    else:
        title = "This environment has all it needs to run without a person."
    return Card(title, (*rows, *forms))


def _state(need: Requirement, otherwise: str) -> str:
    """Say whether a package is here as it is needed. otherwise: what to do if it is missing."""
    try:
        found = version(need.name)
    except PackageNotFoundError:
        return f"is not installed; {otherwise}"
    return (
        "fine"
        if need.specifier.contains(found, prereleases=True)
        else f"is {found}; {need.name}{need.specifier} is needed"
    )
