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
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    and_,
    create_engine,
    event,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.engine import Engine, make_url

WAITING, CLAIMED, ACTING = "waiting", "claimed", "acting"
ENDED, UNKNOWN, SETTLED = "ended", "unknown", "settled"
RUNNING, PAUSED, STOPPED = "running", "paused", "stopped"

_meta = MetaData()
_campaigns = Table(
    "campaigns",
    _meta,
    Column("id", String(80), primary_key=True),
    Column("runbook", String(40), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("made_at", Float, nullable=False),
    Column("made_by", String(120), nullable=False),
    Column("state", String(20), nullable=False),
    Column("why", Text, nullable=False, default=""),
    Column("may_begin", Integer, nullable=False, default=0),
    Column("begun", Integer, nullable=False, default=0),
    Column("budget", Float, nullable=False, default=0.0),
    Column("options", Text, nullable=False, default="{}"),
)
_rows = Table(
    "rows",
    _meta,
    Column("campaign", String(80), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("parameters", Text, nullable=False),
    Column("sub", String(64), nullable=False, default=""),
    Column("plan", Text, nullable=False, default=""),
    Column("state", String(20), nullable=False, default=WAITING),
    Column("attempt", Integer, nullable=False, default=0),
    Column("worker", String(120), nullable=False, default=""),
    Column("run", String(160), nullable=False, default=""),
    Column("not_before", Float, nullable=False, default=0.0),
    Column("claimed_at", Float, nullable=False, default=0.0),
    Column("ended_at", Float, nullable=False, default=0.0),
    Column("outcome", String(20), nullable=False, default=""),
    Column("exit_code", Integer, nullable=False, default=0),
    Column("report", Text, nullable=False, default="{}"),
    Index("rows_by_state", "campaign", "state", "number"),
    Index("rows_by_end", "campaign", "ended_at"),
)
_paces = Table(
    "paces",
    _meta,
    Column("campaign", String(80), primary_key=True),
    Column("category", String(40), primary_key=True),
    Column("most", Float, nullable=False),
    Column("rate", Float, nullable=False),
    Column("next_at", Float, nullable=False),
    Column("changed_at", Float, nullable=False),
)


@dataclass(frozen=True)
class Campaign:
    """One campaign as its ledger has it.

    digest: of the runbook, the table and the shared parameters. state: running, paused or stopped;
    why: in words, where it is not running. may_begin: how many rows may be begun, 0 for all;
    begun: how many were. budget: how many rows may be refused, 0 for any number. options: what else
    was asked for when it was made.
    """

    id: str
    runbook: str
    digest: str
    made_at: float
    made_by: str
    state: str
    why: str
    may_begin: int
    begun: int
    budget: float
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """One row: a user and what came of it.

    number: its line in the table. parameters: references where secrets are meant. sub: the user's
    own id, where it was read. plan: what was read of the user before. run: the id of its last run.
    report: what else that run has said.
    """

    number: int
    parameters: Mapping[str, Any]
    sub: str
    plan: Mapping[str, Any]
    state: str
    attempt: int
    worker: str
    run: str
    claimed_at: float
    ended_at: float
    outcome: str
    exit_code: int
    report: Mapping[str, Any]


class LedgerError(Exception):
    """The ledger cannot do what was asked; the message says why."""


class Ledger:
    """The ledger behind one URL. Any number of processes may have it open at once."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine = _engine(url)
        self._reading = self._engine.execution_options(**{_READING: True})
        _meta.create_all(self._engine)

    @classmethod
    def in_folder(cls, folder: Path) -> "Ledger":
        """Open the ledger of a folder, which is made for its owner alone where it is missing."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / "ledger.sqlite"
        path.touch(mode=0o600)
        return cls(f"sqlite:///{path.absolute()}")

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    # --- campaigns ---

    def make(
        self,
        campaign: str,
        *,
        runbook: str,
        digest: str,
        made_by: str,
        rows: Iterator[tuple[int, Mapping[str, Any]]],
        paces: Mapping[str, float],
        budget: float = 0.0,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        """Write a campaign and all its rows down, in one transaction.

        rows: (line in the table, parameters). paces: calls a second for each category of quota.
        """
        now = time.time()
        with self._engine.begin() as db:
            db.execute(
                insert(_campaigns).values(
                    id=campaign,
                    runbook=runbook,
                    digest=digest,
                    made_at=now,
                    made_by=made_by,
                    state=RUNNING,
                    budget=budget,
                    options=json.dumps(dict(options or {})),
                )
            )
            for category, rate in paces.items():
                db.execute(
                    insert(_paces).values(
                        campaign=campaign,
                        category=category,
                        most=rate,
                        rate=rate,
                        next_at=0.0,
                        changed_at=now,
                    )
                )
            several = [
                {"campaign": campaign, "number": number, "parameters": json.dumps(dict(values))}
                for number, values in rows
            ]
            db.execute(insert(_rows), several)

    def campaign(self, campaign: str) -> Campaign:
        """Return a campaign by its id. Raises LedgerError where there is none."""
        with self._reading.connect() as db:
            found = db.execute(select(_campaigns).where(_campaigns.c.id == campaign)).first()
        if found is None:
            raise LedgerError(f"there is no campaign {campaign} here.")
        return _campaign(found)

    def campaigns(self) -> list[Campaign]:
        """Return all campaigns, the oldest first."""
        with self._reading.connect() as db:
            return [_campaign(one) for one in db.execute(select(_campaigns).order_by("made_at"))]

    def set_state(self, campaign: str, state: str, why: str = "") -> None:
        """Let a campaign run, pause it or stop it; the workers see it before their next row."""
        with self._engine.begin() as db:
            db.execute(
                update(_campaigns).where(_campaigns.c.id == campaign).values(state=state, why=why)
            )

    def pause(self, campaign: str, why: str) -> None:
        """Pause a campaign that is running; one that is not stays as it is."""
        one = _campaigns.c
        with self._engine.begin() as db:
            db.execute(
                update(_campaigns)
                .where(one.id == campaign, one.state == RUNNING)
                .values(state=PAUSED, why=why)
            )

    def keep_to_budget(self, campaign: str) -> None:
        """Pause a campaign of which more rows have failed than it may."""
        budget = self.campaign(campaign).budget
        if not budget:
            return
        failed = (_of(campaign), _rows.c.state == ENDED, _rows.c.exit_code != 0)
        with self._reading.connect() as db:
            bad = db.execute(select(func.count()).where(*failed)).scalar_one()
            total = db.execute(select(func.count()).where(_of(campaign))).scalar_one()
        if bad > (budget if budget >= 1 else budget * total):
            self.pause(campaign, f"{bad} rows have failed, which is more than it may be")
            return
        lately = self.last(campaign, _LATELY)
        bad = sum(1 for row in lately if row.exit_code)
        if budget < 1 and len(lately) == _LATELY and bad > budget * _LATELY:
            words = f"{bad} of the last {_LATELY} rows have failed, which is more than it may be"
            self.pause(campaign, words)

    def allow(self, campaign: str, *, rows: int, budget: float, paces: Mapping[str, float]) -> None:
        """Let a campaign run on: how many rows may be begun in all, 0 for all of them."""
        with self._engine.begin() as db:
            db.execute(
                update(_campaigns)
                .where(_campaigns.c.id == campaign)
                .values(state=RUNNING, why="", may_begin=rows, budget=budget)
            )
            for category, rate in paces.items():
                db.execute(
                    update(_paces)
                    .where(_paces.c.campaign == campaign, _paces.c.category == category)
                    .values(most=rate, rate=rate)
                )

    # --- rows ---

    def claim(self, campaign: str, worker: str) -> Row | None:
        """Claim the next row for a worker, on the disk, and return it; None where none may begin.

        Its run gets an id of its own, made of campaign, line and attempt.
        """
        now = time.time()
        with self._engine.begin() as db:
            waiting = db.execute(
                select(_rows.c.number, _rows.c.attempt)
                .where(_may_begin(db, campaign), _rows.c.not_before <= now)
                .order_by(_rows.c.number)
                .limit(1)
                .with_for_update(skip_locked=True)
            ).first()
            if waiting is None:
                return None
            attempt = waiting.attempt + 1
            found = db.execute(
                update(_rows)
                .where(_of(campaign), _rows.c.number == waiting.number, _rows.c.state == WAITING)
                .values(
                    state=CLAIMED,
                    worker=worker,
                    attempt=attempt,
                    claimed_at=now,
                    run=f"{campaign}-{waiting.number}-{attempt}",
                )
                .returning(_rows)
            ).first()
            if found is None or not _begin(db, campaign, first=found.attempt == 1):
                db.rollback()
                return None
            return _row(found)

    def may_come(self, campaign: str) -> bool:
        """Whether a row is waiting that may begin, now or later."""
        with self._reading.connect() as db:
            found = select(_rows.c.number).where(_may_begin(db, campaign)).limit(1)
            return db.execute(found).first() is not None

    def permit(self, campaign: str, row: Row) -> bool:
        """Say whether this row may act now, and have it on the disk that it may have acted."""
        running = select(_campaigns.c.id).where(
            _campaigns.c.id == campaign, _campaigns.c.state == RUNNING
        )
        with self._engine.begin() as db:
            changed = db.execute(
                update(_rows)
                .where(*_held(campaign, row), _rows.c.state == CLAIMED, running.exists())
                .values(state=ACTING)
            )
            return changed.rowcount == 1

    def end(
        self,
        campaign: str,
        row: Row,
        *,
        state: str = ENDED,
        outcome: str,
        exit_code: int,
        report: Mapping[str, Any],
    ) -> bool:
        """Close a row, if this claim still holds it; return whether it did."""
        with self._engine.begin() as db:
            changed = db.execute(
                update(_rows)
                .where(*_held(campaign, row), _rows.c.state.in_((CLAIMED, ACTING)))
                .values(
                    state=state,
                    outcome=outcome,
                    exit_code=exit_code,
                    report=json.dumps(dict(report)),
                    ended_at=time.time(),
                )
            )
            return changed.rowcount == 1

    def put_back(
        self, campaign: str, row: Row, *, not_before: float = 0.0, report: Mapping[str, Any]
    ) -> bool:
        """Have a row that has surely sent nothing wait again; return whether it does."""
        with self._engine.begin() as db:
            changed = db.execute(
                update(_rows)
                .where(*_held(campaign, row), _rows.c.state.in_((CLAIMED, ACTING, ENDED)))
                .values(
                    state=WAITING, not_before=not_before, worker="", report=json.dumps(dict(report))
                )
            )
            return changed.rowcount == 1

    def settle(self, campaign: str, row: Row, *, outcome: str, reading: Mapping[str, Any]) -> bool:
        """Close an unknown row by what was read; return whether it was still unknown."""
        report = {**row.report, "reading": dict(reading)}
        with self._engine.begin() as db:
            changed = db.execute(
                update(_rows)
                .where(_of(campaign), _rows.c.number == row.number, _rows.c.state == UNKNOWN)
                .values(state=SETTLED, outcome=outcome, report=json.dumps(report))
            )
            return changed.rowcount == 1

    def note_plan(self, campaign: str, number: int, sub: str, plan: Mapping[str, Any]) -> None:
        """Keep what was read of a row's user before anything was sent."""
        with self._engine.begin() as db:
            db.execute(
                update(_rows)
                .where(_of(campaign), _rows.c.number == number)
                .values(sub=sub, plan=json.dumps(dict(plan)))
            )

    def rows(self, campaign: str, *states: str, worker: str = "") -> Iterator[Row]:
        """Yield the rows in the table's order; only those in the named states, of this worker."""
        found = select(_rows).where(_of(campaign)).order_by(_rows.c.number)
        if states:
            found = found.where(_rows.c.state.in_(states))
        if worker:
            found = found.where(_rows.c.worker == worker)
        with self._reading.connect() as db:
            yield from (_row(one) for one in db.execute(found))

    def last(self, campaign: str, count: int) -> list[Row]:
        """Return the rows that ended last, the newest first."""
        found = (
            select(_rows)
            .where(_of(campaign), _rows.c.ended_at > 0)
            .order_by(_rows.c.ended_at.desc())
            .limit(count)
        )
        with self._reading.connect() as db:
            return [_row(one) for one in db.execute(found)]

    def failed(self, campaign: str, most: int) -> list[Row]:
        """Return the first rows that are over and not confirmed, in the table's order."""
        found = (
            select(_rows)
            .where(_of(campaign), _rows.c.state.in_((ENDED, UNKNOWN, SETTLED)))
            .where(_rows.c.outcome != "confirmed")
            .order_by(_rows.c.number)
            .limit(most)
        )
        with self._reading.connect() as db:
            return [_row(one) for one in db.execute(found)]

    def counts(self, campaign: str) -> dict[tuple[str, str, int], int]:
        """Return how many rows there are of each (state, outcome, exit code)."""
        kinds = (_rows.c.state, _rows.c.outcome, _rows.c.exit_code)
        found = select(*kinds, func.count()).where(_of(campaign)).group_by(*kinds)
        with self._reading.connect() as db:
            return {(one[0], one[1], one[2]): int(one[3]) for one in db.execute(found)}

    def subs_twice(self, campaign: str) -> list[tuple[int, ...]]:
        """Return the lines of each user that several rows are about, by the user's own id."""
        twice = (
            select(_rows.c.sub)
            .where(_of(campaign), _rows.c.sub != "")
            .group_by(_rows.c.sub)
            .having(func.count() > 1)
        )
        found = (
            select(_rows.c.sub, _rows.c.number)
            .where(_of(campaign), _rows.c.sub.in_(twice))
            .order_by(_rows.c.number)
        )
        lines: dict[str, list[int]] = {}
        with self._reading.connect() as db:
            for sub, number in db.execute(found):
                lines.setdefault(sub, []).append(number)
        return [tuple(numbers) for numbers in lines.values()]

    # --- the pace ---

    def take(self, campaign: str, calls: Mapping[str, float]) -> float:
        """Reserve calls in each category, for all workers everywhere; return when they may begin.

        calls: how many, by category. One without a pace is not waited for.
        """
        now, start = time.time(), 0.0
        with self._engine.begin() as db:
            for category in sorted(calls):
                this = (_paces.c.campaign == campaign, _paces.c.category == category)
                pace = db.execute(select(_paces).where(*this).with_for_update()).first()
                if pace is None or not pace.rate:
                    continue
                rate = _recovered(pace, now)
                begins = max(now, pace.next_at)
                start = max(start, begins)
                db.execute(
                    update(_paces).where(*this).values(next_at=begins + calls[category] / rate)
                )
        return start or now

    def slow_down(self, campaign: str, category: str) -> float:
        """Halve the pace of a category that was throttled; return calls a second from now on.

        Several refusals of one moment count as one.
        """
        now = time.time()
        this = (_paces.c.campaign == campaign, _paces.c.category == category)
        with self._engine.begin() as db:
            pace = db.execute(select(_paces).where(*this).with_for_update()).first()
            if pace is None or not pace.rate:
                return 0.0
            rate = _recovered(pace, now)
            if now - pace.changed_at >= _ONE_MOMENT or pace.rate == pace.most:
                rate = max(rate / 2, pace.most / 32)
                db.execute(update(_paces).where(*this).values(rate=rate, changed_at=now))
            return float(rate)

    def paces(self, campaign: str) -> dict[str, float]:
        """Return the calls a second that each category gets now."""
        now = time.time()
        with self._reading.connect() as db:
            found = db.execute(select(_paces).where(_paces.c.campaign == campaign))
            return {one.category: _recovered(one, now) for one in found}


_LATELY = 100
"""Rows, the last that ended, which have a budget of failures of their own."""
_ONE_MOMENT = 2.0
_RECOVERS_IN = 10.0
"""Seconds in which a pace that was halved wins back a tenth of the full one."""


def _recovered(pace: Any, now: float) -> float:
    won = pace.most * 0.1 * max(now - pace.changed_at, 0) / _RECOVERS_IN
    return float(min(pace.most, pace.rate + won))


def _may_begin(db: Connection, campaign: str) -> Any:
    """Return what is true of the rows that may begin: where enough have, only of those again."""
    one = _campaigns.c
    limits = db.execute(select(one.may_begin, one.begun).where(one.id == campaign)).first()
    enough = limits is not None and 0 < limits.may_begin <= limits.begun
    waiting = and_(_of(campaign), _rows.c.state == WAITING)
    return and_(waiting, _rows.c.attempt > 0) if enough else waiting


def _begin(db: Connection, campaign: str, *, first: bool) -> bool:
    """Count a row that begins; False where the campaign is not running, or enough have begun."""
    one = _campaigns.c
    enough = (one.may_begin > 0) & (one.begun >= one.may_begin) if first else one.id != one.id
    changed = db.execute(
        update(_campaigns)
        .where(one.id == campaign, one.state == RUNNING, ~enough)
        .values(begun=one.begun + (1 if first else 0))
    )
    return changed.rowcount == 1


def _of(campaign: str) -> Any:
    return _rows.c.campaign == campaign


def _held(campaign: str, row: Row) -> tuple[Any, ...]:
    return (_of(campaign), _rows.c.number == row.number, _rows.c.run == row.run)


def _campaign(found: Any) -> Campaign:
    values = dict(found._mapping)
    return Campaign(**{**values, "options": json.loads(values["options"])})


def _row(found: Any) -> Row:
    values = dict(found._mapping)
    kept = {name: values[name] for name in Row.__dataclass_fields__}
    kept["parameters"] = json.loads(kept["parameters"])
    kept["plan"] = json.loads(kept["plan"] or "{}")
    kept["report"] = json.loads(kept["report"])
    return Row(**kept)


_READING = "cognito_reset_reading"
"""The execution option of a connection that only reads, and so never waits for one that writes."""


def _engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": 60})

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions begin below, and nowhere else
        connection.execute("PRAGMA journal_mode=WAL")
        # On the disk before anybody is told: a claim has to outlive the machine.
        connection.execute("PRAGMA synchronous=FULL")

    @event.listens_for(engine, "begin")
    def _begin_transaction(connection: Connection) -> None:
        reading = connection.get_execution_options().get(_READING)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine
