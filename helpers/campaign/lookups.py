"""What can be asked of a ledger without changing it."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Engine

from helpers.campaign.schema import ACTING, CLAIMED, ROWS, WAITING, Row, to_row


def of(campaign: str) -> Any:
    """Return what is true of a campaign's rows."""
    return ROWS.c.campaign == campaign


class Lookups:
    """The questions. reading: the database, by connections that wait for nobody who writes."""

    reading: Engine

    def rows(self, campaign: str, *states: str, worker: str = "") -> Iterator[Row]:
        """Yield the rows in the table's order; only those in the named states, of this worker."""
        found = select(ROWS).where(of(campaign)).order_by(ROWS.c.number)
        if states:
            found = found.where(ROWS.c.state.in_(states))
        if worker:
            found = found.where(ROWS.c.worker == worker)
        with self.reading.connect() as db:
            yield from (to_row(one) for one in db.execute(found))

    def is_over(self, campaign: str) -> bool:
        """Whether no row waits, and none is under way."""
        left = ROWS.c.state.in_((WAITING, CLAIMED, ACTING))
        found = select(ROWS.c.number).where(of(campaign), left).limit(1)
        with self.reading.connect() as db:
            return db.execute(found).first() is None

    def last(self, campaign: str, count: int) -> list[Row]:
        """Return the rows that ended last, the newest first."""
        found = (
            select(ROWS)
            .where(of(campaign), ROWS.c.ended_at > 0)
            .order_by(ROWS.c.ended_at.desc())
            .limit(count)
        )
        with self.reading.connect() as db:
            return [to_row(one) for one in db.execute(found)]

    def counts(self, campaign: str) -> dict[tuple[str, str, int], int]:
        """Return how many rows there are of each (state, outcome, exit code)."""
        kinds = (ROWS.c.state, ROWS.c.outcome, ROWS.c.exit_code)
        found = select(*kinds, func.count()).where(of(campaign)).group_by(*kinds)
        with self.reading.connect() as db:
            return {(one[0], one[1], one[2]): int(one[3]) for one in db.execute(found)}

    def named_twice(self, campaign: str) -> list[tuple[int, ...]]:
        """Return the lines of each user that several rows are about, whatever names them."""
        twice = (
            select(ROWS.c.account)
            .where(of(campaign), ROWS.c.account != "")
            .group_by(ROWS.c.account)
            .having(func.count() > 1)
        )
        found = (
            select(ROWS.c.account, ROWS.c.number)
            .where(of(campaign), ROWS.c.account.in_(twice))
            .order_by(ROWS.c.number)
        )
        lines: dict[str, list[int]] = {}
        with self.reading.connect() as db:
            for account, number in db.execute(found):
                lines.setdefault(account, []).append(number)
        return [tuple(numbers) for numbers in lines.values()]
