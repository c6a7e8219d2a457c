"""What a run knows of the runbooks there are: an entry for each, filled in by helpers.runbooks."""

from dataclasses import dataclass
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from helpers.run.package_data import NotebookMissing

if TYPE_CHECKING:
    from helpers.run.parameters import Parameters

LOOK_UP = (
    "The request may have been sent. Run diagnose-user before anything else: it shows how the user"
    " stands now."
)


@dataclass(frozen=True)
class RunbookEntry:
    """One runbook.

    path: its notebook. runbook, model: where its class and its schema of parameters are, as
    module:name, so that listing the runbooks imports none of them. acts_in: the id of the cell that
    does it; before that cell nothing has been changed. calls: how many API calls a run makes that
    count against Cognito's quota. settle: what to do when it broke off after it had acted.
    takes_code: whether the user's code is typed in it.
    """

    name: str
    title: str
    effect: str
    needs: str
    path: Path
    runbook: str
    model: str
    settle: str = LOOK_UP
    calls: int = 2
    takes_code: bool = False

    @property
    def runs(self) -> Any:
        """The class that runs it."""
        return resolve_name(self.runbook)

    def read(self) -> bytes:
        """Return its notebook as it is on the disk. Raises NotebookMissing."""
        try:
            return self.path.read_bytes()
        except OSError:
            raise NotebookMissing(self.path) from None

    @property
    def parameters(self) -> "type[Parameters]":
        """The schema that the form, the notebook and the command share."""
        model: type[Parameters] = resolve_name(self.model)
        return model


RUNBOOKS: dict[str, RunbookEntry] = {}
"""Every runbook by its name."""
