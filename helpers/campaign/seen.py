"""How far a campaign is, read from its ledger: for whoever watches it, from wherever."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Integer, cast, func, select

from helpers.campaign.history import Event, events
from helpers.campaign.hours import wait_words
from helpers.campaign.ledger import Ledger
from helpers.campaign.owner import is_owned
from helpers.campaign.presence import owner_is_there
from helpers.campaign.schema import (
    ACTING,
    CLAIMED,
    ENDED,
    ROWS,
    RUNNING,
    SETTLED,
    UNKNOWN,
    WAITING,
    Campaign,
    Row,
    to_row,
)

_LATELY = 30.0
"""Seconds over which the rate is taken."""
_BARS = 40
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)


@dataclass(frozen=True)
class Seen:
    """A campaign at one moment.

    waiting, at_work: rows that are not over. outcomes: how many rows ended so. rate: rows a second,
    lately. working: whether a process runs it, here or elsewhere. waits: until when no row begins,
    in words.
    """

    campaign: Campaign
    waiting: int
    at_work: int
    outcomes: Mapping[str, int]
    rate: float
    working: bool
    waits: str = ""

    @property
    def over(self) -> int:
        """How many rows are over, those included of which nobody knows what became of them."""
        return sum(self.outcomes.values())

    @property
    def rows(self) -> int:
        """How many rows the campaign has."""
        return self.over + self.waiting + self.at_work

    @property
    def seconds_left(self) -> float | None:
        """How long the rest takes at this rate; None where nothing tells."""
        if not self.working or not self.rate:
            return None
        return (self.rows - self.over) / self.rate


@dataclass(frozen=True)
class Course:
    """What ended when.

    began: the first moment, in seconds since 1970. width: seconds of each step. ends: how many rows
    of each outcome ended, step by step. events: what happened to the campaign as a whole.
    """

    began: float
    width: float
    ends: Mapping[str, list[int]]
    events: tuple[Event, ...]


def look(ledger: Ledger, folder: Path) -> Seen:
    """Look at the campaign of a folder."""
    campaign = ledger.campaign(folder.name)
    outcomes: Counter[str] = Counter()
    waiting = at_work = 0
    for (state, outcome, _), count in ledger.counts(folder.name).items():
        if state == WAITING:
            waiting += count
        elif state in (CLAIMED, ACTING):
            at_work += count
        else:
            outcomes[outcome] += count
    with ledger.reading.connect() as db:
        there = is_owned(folder) or owner_is_there(db, folder.name)
    working = campaign.state == RUNNING and there
    rate = _rate(ledger, folder.name) if working else 0.0
    with ledger.reading.connect() as db:
        waits = wait_words(db, folder.name) if waiting else ""
    return Seen(campaign, waiting, at_work, dict(sorted(outcomes.items())), rate, working, waits)


def _rate(ledger: Ledger, campaign: str) -> float:
    now, one = time.time(), ROWS.c
    with ledger.reading.connect() as db:
        began = [each.at for each in events(db, campaign) if each.kind == RUNNING]
        since = max(now - _LATELY, began[-1] if began else 0.0)
        ended = select(func.count()).where(one.campaign == campaign, one.ended_at > since)
        count = db.execute(ended).scalar_one()
    return float(count) / max(now - since, 1.0)


def course(ledger: Ledger, campaign: str) -> Course:
    """Return what ended when, in steps of a length that a person can name."""
    one = ROWS.c
    over = (one.campaign == campaign, one.ended_at > 0)
    with ledger.reading.connect() as db:
        happened = tuple(events(db, campaign))
        first, last = db.execute(
            select(func.min(one.ended_at), func.max(one.ended_at)).where(*over)
        ).one()
        times = [*(each.at for each in happened), *([first, last] if first else [])]
        if not times:
            return Course(0.0, 1.0, {}, ())
        began, span = min(times), max(times) - min(times)
        width = float(next((step for step in _STEPS if span / step < _BARS), _STEPS[-1]))
        step: Any = func.floor((one.ended_at - began) / width)
        if ledger.engine.dialect.name == "sqlite":  # which cuts, and may have no floor
            step = cast((one.ended_at - began) / width, Integer)
        found = db.execute(
            select(step.label("step"), one.outcome, func.count())
            .where(*over)
            .group_by("step", one.outcome)
        )
        ends: dict[str, list[int]] = {}
        for number, outcome, count in found:
            row = ends.setdefault(outcome or "again", [0] * (int(span / width) + 1))
            row[int(number)] += count
    return Course(began, width, dict(sorted(ends.items())), happened)


def begun(ledger: Ledger, campaign: str, most: int) -> list[Row]:
    """Return the first rows that were begun, in the table's order."""
    one = ROWS.c
    found = select(ROWS).where(one.campaign == campaign, one.attempt > 0).order_by(one.number)
    with ledger.reading.connect() as db:
        return [to_row(row) for row in db.execute(found.limit(most))]


def not_done(ledger: Ledger, campaign: str) -> list[Row]:
    """Return the rows that are over and not confirmed, in the table's order."""
    one = ROWS.c
    over = (one.campaign == campaign, one.state.in_((ENDED, UNKNOWN, SETTLED)))
    found = select(ROWS).where(*over, one.outcome != "confirmed").order_by(one.number)
    with ledger.reading.connect() as db:
        return [to_row(row) for row in db.execute(found)]
