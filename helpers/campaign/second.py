"""A second person's agreement to a campaign, where a pool asks for one: once, to all its rows."""

import hashlib
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select

from helpers.campaign.ledger import Ledger
from helpers.campaign.plan import WHERE, Plan
from helpers.campaign.schema import AGREEMENTS, PAUSED
from helpers.cognito.errors import BadParameters, Problem
from helpers.run.agreement import SHORT, NotAgreed, is_asked_for
from helpers.run.agreement_to_many import ask_or_use_for_many, is_in_force
from helpers.run.entries import Agreed
from helpers.run.entry import RunbookEntry
from helpers.run.journal import Journal

_PLACE = ("pool", "target", "region", "profile")
_OF_ONE = ("username", "confirm_username", "agreed_by", "interactive")


@dataclass(frozen=True)
class Waits:
    """Nobody has agreed yet. to_agree: the command by which somebody does."""

    digest: str
    to_agree: str

    @property
    def words(self) -> str:
        """Why the campaign does not begin."""
        return f"plan {self.digest[:SHORT]} waits for a second person: {self.to_agree}"


def agreement_to(
    ledger: Ledger,
    campaign: str,
    entry: RunbookEntry,
    journal: Journal,
    *,
    plan: Callable[[], Plan],
    digest: Callable[[], str],
) -> dict[str, Any] | Waits | None:
    """Return the agreement to a campaign as JSON data, None where no pool asks for one.

    plan: what the campaign will do. digest: of the rows as the ledger has them. Where nobody has
    agreed to the plan yet it is asked for. Raises BadParameters where what was agreed to is not
    what would run.
    """
    rows = [row.parameters for row in ledger.rows(campaign)]
    if not _asks(entry, rows):
        return None
    notebook = hashlib.sha256(entry.read()).hexdigest()
    with ledger.reading.connect() as db:
        kept = db.execute(select(AGREEMENTS).where(AGREEMENTS.c.campaign == campaign)).first()
    if kept is not None:
        agreed = Agreed.model_validate_json(kept.agreed)
        if digest() != ledger.campaign(campaign).digest:
            raise BadParameters([Problem("the rows", _CHANGED)])
        if kept.notebook != notebook:
            raise BadParameters([Problem("the runbook", _CHANGED)])
        if not is_in_force(journal, agreed):
            raise BadParameters([Problem("the agreement", _GONE)])
        return agreed.model_dump(mode="json")
    planned = plan()
    try:
        found = ask_or_use_for_many(
            journal,
            campaign,
            entry,
            _about(entry, planned, rows),
            digest=digest(),
            caller=", ".join(planned.callers),
        )
    except NotAgreed as exc:
        raise BadParameters([Problem("the agreement", str(exc))]) from None
    if isinstance(found, Agreed):
        with ledger.engine.begin() as db:
            text = found.model_dump_json()
            db.execute(insert(AGREEMENTS).values(campaign=campaign, agreed=text, notebook=notebook))
        return found.model_dump(mode="json")
    folder = shlex.quote(str(journal.folder.resolve()))
    waits = Waits(found.digest, f"cognito-reset agree {found.run} --out {folder}")
    ledger.set_state(campaign, PAUSED, waits.words)
    return waits


_CHANGED = "is not what was agreed to. --again begins another campaign."
_GONE = "is not in the folder of runs as another account has written it."


def _asks(entry: RunbookEntry, rows: list[Mapping[str, Any]]) -> bool:
    """Whether a pool of the rows asks for a second person; each is looked at once."""
    seen = set()
    for row in rows:
        where = tuple(row.get(name, "") for name in WHERE)
        if where in seen:
            continue
        seen.add(where)
        read, _ = entry.parameters.read(row, person=False)
        if read is not None and is_asked_for(read):
            return True
    return False


def _about(entry: RunbookEntry, plan: Plan, rows: list[Mapping[str, Any]]) -> dict[str, str]:
    """Return what is agreed to, in words: what all rows share, and the plan's numbers."""
    first, *others = rows
    read, problems = entry.parameters.read(first, person=False)
    if read is None:
        raise BadParameters(problems)
    shared = {
        name: value
        for name, value in read.shown().items()
        if name in _PLACE
        or name not in _OF_ONE
        and all(row.get(name) == first.get(name) for row in others)
    }
    verdicts = "; ".join(f"{count} {verdict}" for (verdict, _), count in plan.verdicts.items())
    messages = ", ".join(f"{count} by {medium}" for medium, count in plan.messages.items())
    numbers = {"users": str(plan.rows), "plan": verdicts, "messages": messages or "none"}
    return {**shared, **numbers}
