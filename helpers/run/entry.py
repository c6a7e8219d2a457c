"""What a run knows of the runbooks there are: an entry for each, filled in by helpers.runbooks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from helpers.run.package_data import NotebookMissing

if TYPE_CHECKING:
    from helpers.run.parameters import Parameters

LOOK_UP = (
    "The request may have been sent. Run diagnose-user first: it shows the state that the user is"
    " in now."
)


@dataclass(frozen=True)
class RunbookEntry:
    """One runbook.

    path: its notebook. runbook, model: where its class and its schema of parameters are, as
    module:name, so that listing the runbooks imports none of them. calls: how often a run makes
    each API call, at most, where all goes well. settle: what to do when it broke off after it had
    acted. acts_in: the id of the notebook's cell that acts; before it nothing has been changed.
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
    calls: Mapping[str, int] = field(default_factory=dict)
    acts_in: str = "form"
    takes_code: bool = False

    @property
    def changes(self) -> bool:
        """Whether it changes something."""
        return self.effect != "changes nothing"

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
