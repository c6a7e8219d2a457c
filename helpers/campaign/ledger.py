"""The ledger of a campaign: whose each row is, what came of it, and whether another may begin.

It is a file of SQLite in the campaign's folder, or a database that a URL names; one set of
statements serves both. Workers ask it for rows, so that a worker that is started twice does no
harm. The rule that makes each user at most once, whatever dies:

- A row is `claimed`, on the disk, before it leaves the ledger, and a claim never runs out.
- `permit` makes it `acting`, just before a request may leave that changes something; it says no
  once the campaign is paused or stopped. So a row that is only claimed has surely sent nothing.
- Only the worker and the attempt that hold a claim can `end` it. A row whose worker is gone is
  taken back by its owner (see helpers.campaign.owner): to `waiting` where it is sure that nothing
  was sent, else to `unknown`, which readings settle and a second try never does.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, and_, bindparam, delete, insert, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from helpers.campaign.history import remember
from helpers.campaign.hours import waits_until
from helpers.campaign.lookups import Lookups, of
from helpers.campaign.schema import (
    ACTING,
    CAMPAIGNS,
    CLAIMED,
    ENDED,
    META,
    PACES,
    PAUSED,
    READING,
    ROWS,
    RUNNING,
    SETTLED,
    UNKNOWN,
    WAITING,
    Campaign,
    LedgerError,
    LedgerGone,
    Row,
    clock_of,
    open_engine,
    to_campaign,
    to_row,
)

FILE, ELSEWHERE = "ledger.sqlite", "ledger.url"
"""In a campaign's folder: its ledger, or the URL of the database that holds it."""
NOT_BEGUN = "it has not begun"
_PASSWORD = (
    "the URL of a ledger holds no password, since command lines are seen: put it into ~/.pgpass, or"
    " into PGPASSWORD."
)


Also = Callable[[Connection], bool]
"""What is written in the same transaction, if it says so; else none of that transaction is."""


class Ledger(Lookups):
    """The ledger behind one URL. Any number of processes may have it open at once.

    pooled: whether it keeps a connection to an SQLite file open, until it is closed; for whoever
    asks many times for each row.
    """

    def __init__(self, url: str, *, pooled: bool = False) -> None:
        self.url = url
        try:
            parts = make_url(url)
            if parts.password:
                raise LedgerError(_PASSWORD)
            self.engine = open_engine(parts, pooled=pooled)
            self.reading = self.engine.execution_options(**{READING: True})
            self.now = clock_of(self.engine)
            META.create_all(self.engine)
        except (LedgerGone, SQLAlchemyError, ImportError) as exc:
            words = exc.words if isinstance(exc, LedgerGone) else str(exc).splitlines()[0]
            raise LedgerError(f"the ledger cannot be used: {words}") from None

    @classmethod
    def in_folder(cls, folder: Path, url: str = "") -> "Ledger":
        """Open the ledger of a campaign's folder, which is made for its owner alone.

        url: of the database that holds it, where the folder is new and that is no file there.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        elsewhere, path = folder / ELSEWHERE, folder / FILE
        if url:
            ledger = cls(url)
            elsewhere.touch(mode=0o600)
            elsewhere.write_text(url + "\n")
            return ledger
        if elsewhere.exists():
            return cls(elsewhere.read_text().strip())
        path.touch(mode=0o600)
        return cls(f"sqlite:///{path.absolute()}")

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- campaigns ---

    def make(
        self,
        campaign: str,
        *,
        runbook: str,
        digest: str,
        made_by: str,
        rows: Iterator[tuple[int, Mapping[str, Any]]],
        categories: Iterable[str],
    ) -> None:
        """Write a campaign and all its rows down, in one transaction; it is paused at first.

        rows: (line in the table, parameters). categories: of quota, each of which has a pace.
        """
        now = self.now
        with self.engine.begin() as db:
            db.execute(
                insert(CAMPAIGNS).values(
                    id=campaign,
                    runbook=runbook,
                    digest=digest,
                    made_at=now,
                    made_by=made_by,
                    state=PAUSED,
                    why=NOT_BEGUN,
                )
            )
            for category in categories:
                db.execute(
                    insert(PACES).values(
                        campaign=campaign,
                        category=category,
                        most=0.0,
                        rate=0.0,
                        next_at=0.0,
                        changed_at=now,
                    )
                )
            several = [
                {"campaign": campaign, "number": number, "parameters": json.dumps(dict(values))}
                for number, values in rows
            ]
            db.execute(insert(ROWS), several)

    def remove(self, campaign: str) -> None:
        """Have nothing of a campaign left, since it is refused before its first row."""
        with self.engine.begin() as db:
            for table in META.sorted_tables:
                of_it = table.c.id if table is CAMPAIGNS else table.c.campaign
                db.execute(delete(table).where(of_it == campaign))

    def campaign(self, campaign: str) -> Campaign:
        """Return a campaign by its id. Raises LedgerError where there is none."""
        with self.reading.connect() as db:
            found = db.execute(select(CAMPAIGNS).where(CAMPAIGNS.c.id == campaign)).first()
        if found is None:
            raise LedgerError(f"there is no campaign {campaign} here.")
        return to_campaign(found)

    def set_state(self, campaign: str, state: str, why: str = "") -> None:
        """Let a campaign run, pause it or stop it; the workers see it before their next row."""
        with self.engine.begin() as db:
            db.execute(
                update(CAMPAIGNS).where(CAMPAIGNS.c.id == campaign).values(state=state, why=why)
            )
            remember(db, campaign, state, why)

    def pause(self, campaign: str, why: str) -> None:
        """Pause a campaign that is running; one that is not stays as it is."""
        one = CAMPAIGNS.c
        with self.engine.begin() as db:
            changed = db.execute(
                update(CAMPAIGNS)
                .where(one.id == campaign, one.state == RUNNING)
                .values(state=PAUSED, why=why)
            )
            if changed.rowcount:
                remember(db, campaign, PAUSED, why)

    def allow(self, campaign: str, *, rows: int, budget: float, paces: Mapping[str, float]) -> None:
        """Let a campaign run on: how many rows may be begun in all, 0 for all of them."""
        with self.engine.begin() as db:
            db.execute(
                update(CAMPAIGNS)
                .where(CAMPAIGNS.c.id == campaign)
                .values(state=RUNNING, why="", may_begin=rows, budget=budget)
            )
            remember(db, campaign, RUNNING)
            db.execute(update(PACES).where(PACES.c.campaign == campaign).values(most=0, rate=0))
            for category, rate in paces.items():
                db.execute(
                    update(PACES)
                    .where(PACES.c.campaign == campaign, PACES.c.category == category)
                    .values(most=rate, rate=rate)
                )

    # --- rows ---

    def claim(
        self, campaign: str, worker: str, also: Callable[[Connection], None] | None = None
    ) -> Row | None:
        """Claim the next row for a worker, on the disk, and return it; None where none may begin.

        Its run gets an id of its own, made of campaign, line and attempt. also: what is written in
        the same transaction.
        """
        with self.engine.begin() as db:
            if waits_until(db, campaign):
                return None
            waiting = db.execute(
                select(ROWS.c.number, ROWS.c.attempt)
                .where(_may_begin(db, campaign), ROWS.c.not_before <= self.now)
                .order_by(ROWS.c.number)
                .limit(1)
                .with_for_update(skip_locked=True)
            ).first()
            if waiting is None:
                return None
            attempt = waiting.attempt + 1
            found = db.execute(
                update(ROWS)
                .where(of(campaign), ROWS.c.number == waiting.number, ROWS.c.state == WAITING)
                .values(
                    state=CLAIMED,
                    worker=worker,
                    attempt=attempt,
                    claimed_at=self.now,
                    run=f"{campaign}-{waiting.number}-{attempt}",
                )
                .returning(ROWS)
            ).first()
            if found is None or not _begin(db, campaign, first=found.attempt == 1):
                db.rollback()
                return None
            if also:
                also(db)
            return to_row(found)

    def may_come(self, campaign: str) -> bool:
        """Whether a row is waiting that may begin, now or later."""
        with self.reading.connect() as db:
            found = select(ROWS.c.number).where(_may_begin(db, campaign)).limit(1)
            return db.execute(found).first() is not None

    def permit(self, campaign: str, row: Row, also: Also | None = None) -> bool:
        """Say whether this row may act now, and have it on the disk that it may have acted."""
        running = select(CAMPAIGNS.c.id).where(
            CAMPAIGNS.c.id == campaign, CAMPAIGNS.c.state == RUNNING
        )
        with self.engine.begin() as db:
            changed = db.execute(
                update(ROWS)
                .where(*_held(campaign, row), ROWS.c.state == CLAIMED, running.exists())
                .values(state=ACTING)
            )
            return _only(db, changed.rowcount == 1, also)

    def end(
        self,
        campaign: str,
        row: Row,
        *,
        state: str = ENDED,
        outcome: str,
        exit_code: int,
        report: Mapping[str, Any],
        also: Also | None = None,
    ) -> bool:
        """Close a row, if this claim still holds it; return whether it did."""
        with self.engine.begin() as db:
            changed = db.execute(
                update(ROWS)
                .where(*_held(campaign, row), ROWS.c.state.in_((CLAIMED, ACTING)))
                .values(
                    state=state,
                    outcome=outcome,
                    exit_code=exit_code,
                    report=json.dumps(dict(report)),
                    ended_at=self.now,
                )
            )
            return _only(db, changed.rowcount == 1, also)

    def put_back(
        self,
        campaign: str,
        row: Row,
        *,
        wait: float = 0.0,
        report: Mapping[str, Any],
        also: Also | None = None,
    ) -> bool:
        """Have a row that has surely sent nothing wait again, so many seconds; say if it does."""
        with self.engine.begin() as db:
            changed = db.execute(
                update(ROWS)
                .where(*_held(campaign, row), ROWS.c.state.in_((CLAIMED, ACTING, ENDED)))
                .values(
                    state=WAITING,
                    not_before=self.now + wait,
                    worker="",
                    report=json.dumps(dict(report)),
                )
            )
            return _only(db, changed.rowcount == 1, also)

    def wait_again(self, campaign: str, outcome: str) -> int:
        """Have the rows wait again that ended so, or were settled so; return how many."""
        with self.engine.begin() as db:
            changed = db.execute(
                update(ROWS)
                .where(of(campaign), ROWS.c.outcome == outcome)
                .where(ROWS.c.state.in_((ENDED, SETTLED)))
                .values(state=WAITING, worker="", not_before=0.0)
            )
            return changed.rowcount

    def settle(self, campaign: str, row: Row, *, outcome: str, reading: Mapping[str, Any]) -> bool:
        """Close an unknown row by what was read; return whether it was still unknown."""
        report = {**row.report, "reading": dict(reading)}
        with self.engine.begin() as db:
            changed = db.execute(
                update(ROWS)
                .where(of(campaign), ROWS.c.number == row.number, ROWS.c.state == UNKNOWN)
                .values(state=SETTLED, outcome=outcome, report=json.dumps(report))
            )
            return changed.rowcount == 1

    def keep_plans(
        self, campaign: str, plans: Iterable[tuple[int, str, Mapping[str, Any]]]
    ) -> None:
        """Keep what was read of rows' users before anything was sent: (line, account, plan)."""
        rows = [
            {"row": number, "whose": account, "told": json.dumps(dict(plan))}
            for number, account, plan in plans
        ]
        kept = (
            update(ROWS)
            .where(of(campaign), ROWS.c.number == bindparam("row"))
            .values(account=bindparam("whose"), plan=bindparam("told"))
        )
        if rows:
            with self.engine.begin() as db:
                db.execute(kept, rows)


def _only(db: Connection, held: bool, also: Also | None) -> bool:
    if held and also is not None and not also(db):
        held = False
    if not held:
        db.rollback()
    return held


def _may_begin(db: Connection, campaign: str) -> Any:
    """Return what is true of the rows that may begin: where enough have, only of those again."""
    one = CAMPAIGNS.c
    limits = db.execute(select(one.may_begin, one.begun).where(one.id == campaign)).first()
    enough = limits is not None and 0 < limits.may_begin <= limits.begun
    waiting = and_(of(campaign), ROWS.c.state == WAITING)
    return and_(waiting, ROWS.c.attempt > 0) if enough else waiting


def _begin(db: Connection, campaign: str, *, first: bool) -> bool:
    """Count a row that begins; False where the campaign is not running, or enough have begun."""
    one = CAMPAIGNS.c
    enough = (one.may_begin > 0) & (one.begun >= one.may_begin) if first else one.id != one.id
    changed = db.execute(
        update(CAMPAIGNS)
        .where(one.id == campaign, one.state == RUNNING, ~enough)
        .values(begun=one.begun + (1 if first else 0))
    )
    return changed.rowcount == 1


def _held(campaign: str, row: Row) -> tuple[Any, ...]:
    return (of(campaign), ROWS.c.number == row.number, ROWS.c.run == row.run)
