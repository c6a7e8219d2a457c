"""A form around a run, for the person who runs it; and the same without one.

`act(run)` is the one cell of a runbook that does something. With a person it is a form
(`helpers.form.interactive`). Without a person the run acts at once, and needs no widgets. Either
way the cells below show `.result`, `.record` and `.proof`.
"""

import html
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpers.display.card import Card
from helpers.display.person import is_interactive
from helpers.run.base import Runbook
from helpers.run.named_pool import pool_choices
from helpers.run.package_data import LabMissing
from helpers.run.record import Record

PRINT_CSS = (Path(__file__).parent / "print.css").read_text(encoding="utf-8")
"""What a page made of the notebook is printed with: nothing is cut, what is folded is open."""

if TYPE_CHECKING:
    from helpers.form.desk_page import DeskPage
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


def open_desk() -> "DeskPage | NoDesk":
    """Open the desk, for the person on the phone with a user; without a person there is none.

    Raises LabMissing where there is a person and nothing to show it with.
    """
    if not is_interactive("auto"):
        return NoDesk()
    try:
        from helpers.form.desk_page import DeskPage
    except ModuleNotFoundError as exc:
        if exc.name in ("anywidget", "ipywidgets"):
            raise LabMissing("The desk needs JupyterLab's widgets") from None
        raise
    return DeskPage()


class NoDesk:
    """What stands in the desk's place where nobody is there."""

    def __repr__(self) -> str:
        return "The desk is for a person. Choose Run > Run All Cells to get it."

    @property
    def proof(self) -> Card:
        """Return which pools the desk would offer."""
        names = ", ".join(pool.label for pool in pool_choices())
        return Card("The desk can be opened.", (("Pools", names),))


class NonInteractiveRun:
    """A run that has been done without a person."""

    def __init__(self, run: Runbook[Any]) -> None:
        self._run = run
        self._prepared = run.practice()
        run.submit()

    @property
    def result(self) -> Card:
        """The result, as a person reads it."""
        return self._marked(self._run.result_card())

    @property
    def record(self) -> Record:
        """The record, which is also among the notebook's outputs."""
        assert self._run.record is not None
        return self._run.record

    @property
    def proof(self) -> Card:
        """Return the proof; NotDone unless the run ended in `confirmed`, to fail the notebook."""
        return self._marked(self._run.prove())

    def view(self, draw: Callable[[], Any]) -> Any:
        """Return what a runbook shows besides, such as a table or a picture."""
        return draw()

    def __repr__(self) -> str:
        return "\n\n".join([self._said, *(repr(card) for card in self._shown)])

    def _repr_html_(self) -> str:
        said = html.escape(self._said)
        shown = "".join(card.to_html() for card in self._shown)
        return f"<style>{PRINT_CSS}</style><p>{said}</p>{shown}"

    @property
    def _shown(self) -> tuple[Card, ...]:
        """What was prepared, where anything was."""
        return (self._prepared,) if self._prepared.rows else ()

    @property
    def _said(self) -> str:
        if self._sample:
            return (
                f"{self._sample}: run without a person, and no real account was touched."
                " Choose Run > Run All Cells to get the form."
            )
        record = self.record
        return f"Done without a person, on {record.started_at:%Y-%m-%d}: {record.endpoint}"

    @property
    def _sample(self) -> str:
        """What marks an output of the sandbox, so that nobody takes it for a caller's."""
        p = self._run.parameters
        if p is None or not p.to_target().may_be_sandbox:
            return ""
        return f"Sample from the sandbox, of {self.record.started_at:%Y-%m-%d}"

    def _marked(self, card: Card) -> Card:
        return replace(card, title=f"{self._sample}. {card.title}") if self._sample else card
