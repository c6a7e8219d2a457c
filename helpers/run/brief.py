"""What is known before a run acts: where, as whom, and what it would do."""

import html
from dataclasses import dataclass
from typing import Any

from helpers.display.card import Card


@dataclass(frozen=True, repr=False)
class Brief:
    """Where a run acts and its plan, as a notebook shows them above the form.

    folded: one line to open, where a person works: the form shows both. Else two outputs.
    """

    where: Card
    plan: Card
    folded: bool = False

    def __repr__(self) -> str:
        return f"{self.where!r}\n\n{self.plan!r}"

    def _ipython_display_(self) -> None:
        from IPython.display import display

        show: Any = display
        if not self.folded:
            show(self.where)
            show(self.plan)
            return
        title = html.escape(f"{self.where.title} {self.plan.title}")
        inside = self.where.to_html() + self.plan.to_html()
        markup = f"<details><summary>{title}</summary>{inside}</details>"
        show({"text/html": markup, "text/plain": repr(self)}, raw=True)
