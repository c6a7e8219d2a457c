"""The tables of a ledger, and its connections: a file of SQLite, or a database that a URL names."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    literal_column,
)
from sqlalchemy.engine import URL, Engine, ExceptionContext
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.pool import NullPool, Pool, QueuePool

WAITING, CLAIMED, ACTING = "waiting", "claimed", "acting"
ENDED, UNKNOWN, SETTLED = "ended", "unknown", "settled"
RUNNING, PAUSED, STOPPED = "running", "paused", "stopped"

META = MetaData()
CAMPAIGNS = Table(
    "campaigns",
    META,
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
)
ROWS = Table(
    "rows",
    META,
    Column("campaign", String(80), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("parameters", Text, nullable=False),
    Column("account", String(200), nullable=False, default=""),
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
PACES = Table(
    "paces",
    META,
    Column("campaign", String(80), primary_key=True),
    Column("category", String(40), primary_key=True),
    Column("most", Float, nullable=False),
    Column("rate", Float, nullable=False),
    Column("next_at", Float, nullable=False),
    Column("changed_at", Float, nullable=False),
)
# The next three are for workers on other machines: see helpers.campaign.presence, .homecoming.
OWNERS = Table(
    "owners",
    META,
    Column("campaign", String(80), primary_key=True),
    Column("name", Text, nullable=False),
    Column("seen_at", Float, nullable=False),
    Column("options", Text, nullable=False, default="{}"),
)
WORKERS = Table(
    "workers",
    META,
    Column("campaign", String(80), primary_key=True),
    Column("name", String(120), primary_key=True),
    Column("host", String(120), nullable=False),
    Column("seen_at", Float, nullable=False),
    Column("timeout", Float, nullable=False),
    Column("problems", Text, nullable=False, default="[]"),
)
FILES = Table(
    "files",
    META,
    Column("run", String(160), primary_key=True),
    Column("campaign", String(80), nullable=False),
    Column("number", Integer, nullable=False),
    Column("worker", String(120), nullable=False),
    Column("entries", Text, nullable=False, default="[]"),
    Column("notebook", LargeBinary, nullable=False, default=b""),
    Column("state", String(20), nullable=False),
    Index("files_by_state", "campaign", "state"),
)

AGREEMENTS = Table(
    "agreements",
    META,
    Column("campaign", String(80), primary_key=True),
    Column("agreed", Text, nullable=False),
    Column("notebook", String(64), nullable=False),
)
HOURS = Table(
    "opening_hours",
    META,
    Column("campaign", String(80), primary_key=True),
    Column("opens", String(5), nullable=False),
    Column("closes", String(5), nullable=False),
    Column("per_day", Integer, nullable=False),
    Column("zone", String(80), nullable=False),
    Column("from_utc", Integer, nullable=False),
)
EVENTS = Table(
    "events",
    META,
    Column("id", Integer, primary_key=True),
    Column("campaign", String(80), nullable=False),
    Column("at", Float, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("words", Text, nullable=False),
    Index("events_by_time", "campaign", "at"),
)


@dataclass(frozen=True)
class Campaign:
    """One campaign as its ledger has it.

    digest: of the runbook, the table and the shared parameters. state: running, paused or stopped;
    why: in words, where it is not running. may_begin: how many rows may be begun, 0 for all;
    begun: how many were. budget: how many rows may be refused, 0 for any number.
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


@dataclass(frozen=True)
class Row:
    """One row: a user and what came of it.

    number: its line in the table. parameters: references where secrets are meant. account: user
    pool and username as Cognito has it, where it was read. plan: what was read of the user before.
    run: the id of its last run. report: what else that run has said.
    """

    number: int
    parameters: Mapping[str, Any]
    account: str
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


def to_campaign(found: Any) -> Campaign:
    return Campaign(**found._mapping)


def to_row(found: Any) -> Row:
    values = dict(found._mapping)
    kept = {name: values[name] for name in Row.__dataclass_fields__}
    kept["parameters"] = json.loads(kept["parameters"])
    kept["plan"] = json.loads(kept["plan"] or "{}")
    kept["report"] = json.loads(kept["report"])
    return Row(**kept)


def clock_of(engine: Engine) -> Any:
    """Return the database's own time in seconds, as SQL: one clock, whoever asks."""
    if engine.dialect.name == "sqlite":
        return literal_column("((julianday('now') - 2440587.5) * 86400.0)", Float)
    return literal_column("CAST(extract(epoch FROM clock_timestamp()) AS double precision)", Float)


class LedgerError(Exception):
    """The ledger cannot do what was asked; the message says why."""


class LedgerGone(LedgerError):
    """The ledger's database failed: its disk is full, its server has gone. words: what it said."""

    def __init__(self, words: str) -> None:
        super().__init__(f"the ledger can no longer be used: {words}")
        self.words = words


READING = "cognito_reset_reading"
"""The execution option of a connection that only reads, and so never waits for one that writes."""


def open_engine(url: URL, *, pooled: bool) -> Engine:
    """Open the database that a URL names; where it fails that is LedgerGone.

    pooled: whether a connection to an SQLite file stays open for the next transaction, until
    somebody disposes of the engine.
    """
    if url.get_backend_name() == "sqlite":
        engine = _open_file(url, QueuePool if pooled else NullPool)
    else:
        engine = create_engine(url, pool_pre_ping=True)
    event.listen(engine, "handle_error", _to_ledger_gone)
    return engine


def _open_file(url: URL, pool: type[Pool]) -> Engine:
    engine = create_engine(url, poolclass=pool, connect_args={"timeout": 60})

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions begin below, and nowhere else
        connection.execute("PRAGMA journal_mode=WAL")
        # On the disk before anybody is told: a claim has to outlive the machine.
        connection.execute("PRAGMA synchronous=FULL")

    @event.listens_for(engine, "begin")
    def _begin_transaction(connection: Connection) -> None:
        reading = connection.get_execution_options().get(READING)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def _to_ledger_gone(context: ExceptionContext) -> LedgerGone | None:
    if context.is_pre_ping:  # after which there is another connection
        return None
    failed = context.sqlalchemy_exception
    if not isinstance(failed, DBAPIError) or isinstance(failed, IntegrityError):
        return None
    return LedgerGone(next(iter(str(context.original_exception).splitlines()), ""))
