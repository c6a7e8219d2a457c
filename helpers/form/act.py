"""A form around a run, for the person who runs it; and the same without one.

`act(run)` is the one cell of a runbook that does something. With a person it is a form
(`helpers.form.interactive`). Without a person the run acts at once, and needs no widgets. Either
way the cells below show `.result`, `.record` and `.proof`.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from helpers.display.card import Card
from helpers.run.base import Runbook
from helpers.run.package_data import LabMissing
from helpers.run.record import Record

if TYPE_CHECKING:
    from helpers.form.interactive import InteractiveRun


def act(run: Runbook[Any]) -> "InteractiveRun | NonInteractiveRun":
    """Show the form where a person is there to fill it in; do the run at once where nobody is.

    Raises LabMissing where there is a person and nothing to show a form with.
    """
    if not run.person:
        return NonInteractiveRun(run)
    try:
        from helpers.form.interactive import InteractiveRun
    except ModuleNotFoundError as exc:
        if exc.name in ("anywidget", "ipywidgets"):
            raise LabMissing("A form needs JupyterLab's widgets") from None
        raise
    return InteractiveRun(run)


class NonInteractiveRun:
    """A run that has been done without a person."""

    def __init__(self, run: Runbook[Any]) -> None:
        self._run = run
        run.submit()

    @property
    def result(self) -> Card:
        """The result, as a person reads it."""
        return self._run.result_card()

    @property
    def record(self) -> Record:
        """The record, which is also among the notebook's outputs."""
        assert self._run.record is not None
        return self._run.record

    @property
    def proof(self) -> Card:
        """Return the proof; NotDone unless the run ended in `confirmed`, to fail the notebook."""
        return self._run.prove()

    def view(self, draw: Callable[[], Any]) -> Any:
        """Return what a runbook shows besides, such as a table or a picture."""
        return draw()

    def __repr__(self) -> str:
        return "Nobody is there to fill in a form, so the runbook acted at once, by its parameters."
