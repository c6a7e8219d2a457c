"""How far a campaign is, in numbers."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from helpers.campaign.hours import wait_words
from helpers.campaign.ledger import Ledger
from helpers.campaign.plan import Plan
from helpers.campaign.schema import (
    ACTING,
    CLAIMED,
    ENDED,
    PAUSED,
    ROWS,
    RUNNING,
    SETTLED,
    UNKNOWN,
    WAITING,
    Campaign,
    Row,
    to_row,
)
from helpers.run.agreement import WAITS
from helpers.runner.signals import exit_code

PAUSED_CODE = 9
_MOST_NAMED = 50


@dataclass(frozen=True)
class Summary:
    """How far a campaign is.

    rows: how many it has. left: how many still wait. seconds: of this go. outcomes, exit_codes: of
    the rows that are over. state, why: whether it goes on, and if not, why. waits: until when no
    row may begin, in words, "" where one may now. to_agree: the command by which a second person
    agrees, "" where none has to.
    """

    campaign: str
    rows: int
    left: int
    seconds: float
    outcomes: Mapping[str, int]
    exit_codes: Mapping[int, int]
    state: str
    why: str
    folder: str
    waits: str = ""
    to_agree: str = ""
    stopped_by: int = 0
    failed: tuple[Row, ...] = field(default=(), repr=False)
    plan: Plan | None = field(default=None, repr=False)

    @property
    def exit_code(self) -> int:
        """0 when every row is done, 9 when rows are left, 10 when somebody has to agree; what a
        signal stands for when one stopped it; else 1.
        """
        if self.stopped_by:
            return exit_code(self.stopped_by)
        if self.to_agree:
            return WAITS
        if self.left:
            return PAUSED_CODE
        return 0 if set(self.exit_codes) <= {0} else 1

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {
            "campaign": self.campaign,
            "rows": self.rows,
            "left": self.left,
            "seconds": round(self.seconds, 3),
            "outcomes": dict(self.outcomes),
            "exit_codes": {str(code): count for code, count in self.exit_codes.items()},
            "state": self.state,
            "why": self.why,
            "waits": self.waits,
            "to_agree": self.to_agree,
            "folder": self.folder,
            "stopped": bool(self.stopped_by),
            "exit_code": self.exit_code,
            "plan": self.plan.to_json() if self.plan else None,
            "failed": [
                {
                    "number": row.number,
                    "run": row.run,
                    "outcome": row.outcome,
                    "exit_code": row.exit_code,
                    "meaning": row.report.get("meaning", ""),
                }
                for row in self.failed
            ],
        }


def summary_of(
    ledger: Ledger,
    folder: Path,
    *,
    seconds: float = 0.0,
    stopped_by: int = 0,
    plan: Plan | None = None,
    to_agree: str = "",
    owned: bool = False,
) -> Summary:
    """Return how far the campaign in a folder is. owned: whether a process runs it now."""
    campaign: Campaign = ledger.campaign(folder.name)
    outcomes: Counter[str] = Counter()
    codes: Counter[int] = Counter()
    rows = left = 0
    for (state, outcome, code), count in ledger.counts(folder.name).items():
        rows += count
        if state in (WAITING, CLAIMED, ACTING):
            left += count
        else:
            outcomes[outcome] += count
            codes[0 if outcome == "confirmed" else code] += count
    failed = _failed(ledger, folder.name)
    with ledger.reading.connect() as db:
        waits = wait_words(db, folder.name) if left else ""
    return Summary(
        folder.name,
        rows,
        left,
        seconds,
        outcomes,
        codes,
        _state(campaign, left, owned),
        campaign.why,
        str(folder),
        waits,
        to_agree,
        stopped_by,
        tuple(failed),
        plan,
    )


def _state(campaign: Campaign, left: int, owned: bool) -> str:
    """Return the state; one whose owner has died is paused, whatever its ledger says."""
    if not left:
        return "done"
    return PAUSED if campaign.state == RUNNING and not owned else campaign.state


def _failed(ledger: Ledger, campaign: str) -> list[Row]:
    """Return the first rows that are over and not confirmed, in the table's order."""
    one = ROWS.c
    found = (
        select(ROWS)
        .where(one.campaign == campaign, one.state.in_((ENDED, UNKNOWN, SETTLED)))
        .where(one.outcome != "confirmed")
        .order_by(one.number)
        .limit(_MOST_NAMED)
    )
    with ledger.reading.connect() as db:
        return [to_row(row) for row in db.execute(found)]
