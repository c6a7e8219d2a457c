"""The second person at the desk: the changes that wait for them, and to agree to one.

It holds for them what `helpers.run.second` does in a terminal: another account than the one that
asked, and where calls are signed another AWS caller. No widget and no message is in here.
"""

import os
from pathlib import Path
from typing import Any

from helpers.display.card import Card
from helpers.run.account import account
from helpers.run.agreement import GOOD_FOR, NotAgreed
from helpers.run.entries import Asked
from helpers.run.entry import RUNBOOKS
from helpers.run.journal import Journal
from helpers.run.masking import RUNS
from helpers.run.second import (
    agree,
    caller_of,
    check_second,
    is_about,
    plan_of,
    request_of,
    waiting,
)
from helpers.run.shared import is_shared


def may_agree() -> bool:
    """Whether anything can be agreed to here: people share the folder of runs."""
    folder = os.environ.get(RUNS, "")
    return bool(folder) and account() is not None and is_shared(Path(folder))


class Agreeing:
    """A second person at work.

    errors: what is wrong, by field. said: what came of the last press.
    """

    def __init__(self) -> None:
        self._journal = Journal(Path(os.environ[RUNS]))
        self._asked: Asked | None = None
        self._plan: Card | None = None
        self.errors: dict[str, str] = {}
        self.said = ""
        self.look()

    def look(self) -> None:
        """Read again what waits."""
        self._asked = self._plan = None
        self.errors = {}
        self._waiting = waiting(self._journal)

    def pick(self, number: int) -> None:
        """Show one plan that waits."""
        self.said, self.errors = "", {}
        if not 0 <= number < len(self._waiting):
            return
        asked = self._waiting[number]
        try:
            me = check_second(self._journal, asked)
        except NotAgreed as exc:
            self.said = str(exc)
            return
        self._asked = asked
        try:
            self._plan = plan_of(asked, me.name, caller_of(asked))
        except NotAgreed as exc:
            self._plan = plan_of(asked, me.name, None)
            self.said = str(exc)

    def agree(self, username: str, profile: str) -> None:
        """Agree to the plan that is shown. username: whom it is about, as this person was told."""
        shown = self._asked
        if shown is None:
            return
        self.errors, self.said = {}, ""
        if not username:
            self.errors["username"] = "is empty: type whom the change is about, as you were told."
        elif not is_about(self._journal, shown, username):
            self.errors["username"] = "is not the user of this plan. Nothing was agreed to."
        if self.errors:
            return
        try:
            caller = caller_of(shown, profile)
        except NotAgreed as exc:
            self.errors["profile"] = str(exc)
            return
        try:
            asked = request_of(self._journal, shown.run)
            me = check_second(self._journal, asked)
            agreed = agree(self._journal, asked, me, caller)
        except NotAgreed as exc:
            self.said = str(exc)
        except OSError as exc:
            self.said = f"The agreement cannot be written: {exc.strerror or exc}."
        else:
            until = agreed.at + GOOD_FOR
            self.look()
            self.said = (
                f"Agreed, for one run, until {until:%H:%M} UTC. Have {asked.who} press the same"
                " button again."
            )

    def shown(self) -> dict[str, Any]:
        """Return what the page draws."""
        plan = self._plan
        return {
            "waiting": [
                [
                    RUNBOOKS[one.runbook].title if one.runbook in RUNBOOKS else one.runbook,
                    _line(one),
                ]
                for one in self._waiting
            ],
            "plan": [list(row) for row in plan.rows if row[1]] if plan else [],
            "banner": plan.banner if plan else "",
            "signed": bool(self._asked and self._asked.caller),
            "errors": self.errors,
            "said": self.said,
        }


def _title(asked: Asked) -> str:
    return RUNBOOKS[asked.runbook].title if asked.runbook in RUNBOOKS else asked.runbook


def _line(asked: Asked) -> str:
    case = asked.parameters.get("case_number", "")
    about = f", case {case}" if case else ""
    user = asked.parameters.get("username", "")
    return f"{user}{about}; asked by {asked.who} at {asked.at:%H:%M} UTC; run {asked.run}"
