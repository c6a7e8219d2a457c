"""The runbooks there are: what each is for, where its notebook lies, and which parameters it takes.

Kept apart from the runbooks themselves, so that to list them imports none of them.
"""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helpers.parameters import Parameters

FOLDER = Path(__file__).parent.parent / "notebooks" / "runbooks"


@dataclass(frozen=True)
class Entry:
    """One runbook. acts_in: the id of the cell that does it; before that cell nothing has been sent. calls: how many API
    calls a run makes that count against Cognito's quota."""

    name: str
    title: str
    effect: str
    needs: str
    model: str
    acts_in: str = "form"
    calls: int = 2

    @property
    def path(self) -> Path:
        """The notebook."""
        return FOLDER / f"{self.name}.ipynb"

    @property
    def parameters(self) -> "type[Parameters]":
        """The schema that the form, the notebook and the command share."""
        model: type[Parameters] = getattr(import_module("helpers.parameters"), self.model)
        return model


RUNBOOKS = {
    entry.name: entry
    for entry in (
        Entry(
            "confirm-reset", "Set a new password with a confirmation code", "changes the password of one user",
            "the code that the user was sent; no AWS permission", "ConfirmResetParameters",
        ),
    )
}
