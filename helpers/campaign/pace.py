"""The pace of a campaign: calls a second, by category of quota, over all its workers everywhere."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select, update

from helpers.campaign.history import SLOWER, THROTTLED, remember
from helpers.campaign.ledger import Ledger
from helpers.campaign.schema import PACES, clock_of
from helpers.cognito.quotas import quota_of
from helpers.run.entry import RunbookEntry
from helpers.run.parameters import UserParameters

_ONCE = frozenset(("DescribeUserPool",))
"""Read once a minute for all rows: see helpers.run.kept_pools."""
_ONE_MOMENT = 2.0
_RECOVERS_IN = 10.0
"""Seconds in which a pace that was halved wins back a tenth of the full one."""


def _recovered(pace: Any, now: float) -> float:
    won = pace.most * 0.1 * max(now - pace.changed_at, 0) / _RECOVERS_IN
    return float(min(pace.most, pace.rate + won))


def calls_a_row(entry: RunbookEntry) -> dict[str, float]:
    """Return how many calls a row of a runbook makes at most, by category of quota."""
    once = _ONCE if issubclass(entry.parameters, UserParameters) else frozenset()
    calls: dict[str, float] = {}
    for operation, count in entry.calls.items():
        if operation not in once and (quota := quota_of(operation)):
            calls[quota.category] = calls.get(quota.category, 0) + count
    return calls


def reserve(db: Connection, campaign: str, calls: Mapping[str, float]) -> float:
    """Reserve calls in each category, for all workers everywhere; return after how many seconds
    they may begin.

    calls: how many, by category. One without a pace is not waited for.
    """
    start = 0.0
    now = float(db.execute(select(clock_of(db.engine))).scalar_one())
    for category in sorted(calls):
        this = (PACES.c.campaign == campaign, PACES.c.category == category)
        pace = db.execute(select(PACES).where(*this).with_for_update()).first()
        if pace is None or not pace.rate:
            continue
        rate = _recovered(pace, now)
        begins = max(now, pace.next_at)
        start = max(start, begins)
        db.execute(update(PACES).where(*this).values(next_at=begins + calls[category] / rate))
    return max(start - now, 0.0)


def slow_down(ledger: Ledger, campaign: str, category: str) -> float:
    """Halve the pace of a category that was throttled; return calls a second from now on.

    Several refusals of one moment count as one.
    """
    this = (PACES.c.campaign == campaign, PACES.c.category == category)
    with ledger.engine.begin() as db:
        now = float(db.execute(select(ledger.now)).scalar_one())
        pace = db.execute(select(PACES).where(*this).with_for_update()).first()
        if pace is None or not pace.rate:
            return 0.0
        rate = _recovered(pace, now)
        if now - pace.changed_at >= _ONE_MOMENT or pace.rate == pace.most:
            rate = max(rate / 2, pace.most / 32)
            db.execute(update(PACES).where(*this).values(rate=rate, changed_at=now))
            remember(db, campaign, THROTTLED, category)
        return float(rate)


def halve(ledger: Ledger, campaign: str, otherwise: Mapping[str, float]) -> None:
    """Halve the pace of every category, until the campaign is let run at another.

    otherwise: the pace to halve where there was no limit, by category.
    """
    with ledger.engine.begin() as db:
        for pace in db.execute(select(PACES).where(PACES.c.campaign == campaign)).all():
            most = (pace.most or otherwise.get(pace.category, 0.0)) / 2
            this = (PACES.c.campaign == campaign, PACES.c.category == pace.category)
            db.execute(
                update(PACES).where(*this).values(most=most, rate=min(most, pace.rate or most))
            )
        remember(db, campaign, SLOWER)


def paces(ledger: Ledger, campaign: str) -> dict[str, float]:
    """Return the calls a second that each category gets now."""
    with ledger.reading.connect() as db:
        now = float(db.execute(select(ledger.now)).scalar_one())
        found = db.execute(select(PACES).where(PACES.c.campaign == campaign))
        return {one.category: _recovered(one, now) for one in found}
