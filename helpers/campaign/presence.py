"""Signs of life, by the ledger's clock: of a campaign's owner, and of its workers elsewhere.

A worker on another machine is not killed when its owner dies, so it acts only while the owner gives
signs of life. And a row whose worker is silent is decided on only after that worker's last run has
surely ended: a request that has left cannot be called back.
"""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, exists, insert, select, update

from helpers.campaign.ledger import Ledger
from helpers.campaign.schema import (
    ACTING,
    CAMPAIGNS,
    CLAIMED,
    OWNERS,
    ROWS,
    WORKERS,
    LedgerError,
    LedgerGone,
    Row,
    clock_of,
    to_row,
)

BEATS_EVERY = 5.0
"""Seconds between two signs of life."""
OWNER_GONE_AFTER = 60.0
"""Seconds of silence after which an owner counts as gone: a dozen signs that did not come."""
_NOT_TOLD = ""
"""What stands for an owner's options until it has told them."""
_READ_TIMEOUT = 20.0
"""Seconds that a request may still wait for its answer when its run is over."""
_SLACK = 15.0
"""Seconds for signs that came late, and for clocks that run unevenly."""


class OwnedElsewhere(LedgerError):
    """The owner of this campaign is another process; the message says where."""


@contextmanager
def beating(ledger: Ledger, sign: Any) -> Iterator[None]:
    """Execute a statement again and again meanwhile, so that others see that this process lives.

    Where the database cannot be reached, there is no sign, and others may take this one for gone.
    """
    over = threading.Event()

    def beat() -> None:
        while not over.wait(BEATS_EVERY):
            try:
                with ledger.engine.begin() as db:
                    db.execute(sign)
            except LedgerGone:
                continue

    thread = threading.Thread(target=beat, name="signs of life", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


# --- the owner ---


@contextmanager
def owning(ledger: Ledger, campaign: str, name: str) -> Iterator[None]:
    """Be the one owner of a campaign, and give signs of life meanwhile.

    name: of the machine and the folder; the same name again may go on at once, since its folder's
    lock says that the process before is gone. Raises OwnedElsewhere where another owner is there.
    """
    one, now = OWNERS.c, ledger.now
    with ledger.engine.begin() as db:
        # One after the other, where two come at once.
        db.execute(select(CAMPAIGNS.c.id).where(CAMPAIGNS.c.id == campaign).with_for_update())
        there = db.execute(
            select(one.name, now - one.seen_at).where(one.campaign == campaign)
        ).first()
        if there is not None and there[0] != name and there[1] < OWNER_GONE_AFTER:
            raise OwnedElsewhere(f"{there[0]} runs this campaign at the moment.")
        db.execute(delete(OWNERS).where(one.campaign == campaign))
        db.execute(
            insert(OWNERS).values(campaign=campaign, name=name, seen_at=now, options=_NOT_TOLD)
        )
    mine = (one.campaign == campaign, one.name == name)
    with beating(ledger, update(OWNERS).where(*mine).values(seen_at=now)):
        try:
            yield
        finally:
            with ledger.engine.begin() as db:
                db.execute(delete(OWNERS).where(*mine))


def tell_options(ledger: Ledger, campaign: str, options: Mapping[str, Any]) -> None:
    """Tell workers elsewhere how each run is done; none of them begins a row before that."""
    told = json.dumps(dict(options))
    with ledger.engine.begin() as db:
        db.execute(update(OWNERS).where(OWNERS.c.campaign == campaign).values(options=told))


def owner_is_there(db: Connection, campaign: str) -> bool:
    """Whether a campaign's owner has given a sign of life lately."""
    return _told(db, campaign) is not None


def options_of_owner(db: Connection, campaign: str) -> dict[str, Any] | None:
    """Return what a campaign's owner tells workers elsewhere; None where no owner is there, or it
    has not told anything yet.
    """
    told = _told(db, campaign)
    return dict(json.loads(told)) if told else None


def _told(db: Connection, campaign: str) -> str | None:
    one = OWNERS.c
    lately = one.seen_at > clock_of(db.engine) - OWNER_GONE_AFTER
    return db.execute(select(one.options).where(one.campaign == campaign, lately)).scalar()


# --- workers elsewhere ---


@dataclass(frozen=True)
class Worker:
    """A worker on some machine. problems: what it cannot resolve there, in words."""

    name: str
    host: str
    problems: tuple[str, ...]


@contextmanager
def present(ledger: Ledger, campaign: str, name: str, host: str, timeout: float) -> Iterator[None]:
    """Be a worker that the owner can see, and give signs of life meanwhile.

    One that is broken off stays there, silent, for its owner to decide on what it held.
    """
    one = WORKERS.c
    mine = (one.campaign == campaign, one.name == name)
    about = {"campaign": campaign, "name": name, "host": host, "timeout": timeout}
    with ledger.engine.begin() as db:
        db.execute(insert(WORKERS).values(**about, seen_at=ledger.now))
    with beating(ledger, update(WORKERS).where(*mine).values(seen_at=ledger.now)):
        yield
    with ledger.engine.begin() as db:
        db.execute(delete(WORKERS).where(*mine))


def tell_problems(ledger: Ledger, campaign: str, name: str, problems: Sequence[str]) -> None:
    """Have the owner know what a worker cannot resolve."""
    one = WORKERS.c
    with ledger.engine.begin() as db:
        db.execute(
            update(WORKERS)
            .where(one.campaign == campaign, one.name == name)
            .values(problems=json.dumps(list(problems)))
        )


def seen_now(db: Connection, campaign: str, name: str) -> None:
    """Write down, in the transaction that `db` is in, that a worker lives."""
    one = WORKERS.c
    mine = (one.campaign == campaign, one.name == name)
    db.execute(update(WORKERS).where(*mine).values(seen_at=clock_of(db.engine)))


def workers_there(ledger: Ledger, campaign: str) -> list[Worker]:
    """Return the workers elsewhere that have given a sign of life lately."""
    one = WORKERS.c
    lately = one.seen_at > ledger.now - OWNER_GONE_AFTER
    with ledger.reading.connect() as db:
        found = db.execute(
            select(one.name, one.host, one.problems)
            .where(one.campaign == campaign, lately)
            .order_by(one.name)
        ).all()
    return [Worker(name, host, tuple(json.loads(told))) for name, host, told in found]


def held_elsewhere(ledger: Ledger, campaign: str) -> list[Row]:
    """Return the rows that workers elsewhere hold, silent ones too."""
    return _held(ledger, campaign, True)


def held_by_silent(ledger: Ledger, campaign: str) -> list[Row]:
    """Return the rows of workers that have been silent for so long that their runs are over."""
    one = WORKERS.c
    longest = one.timeout + (_READ_TIMEOUT + _SLACK)
    return _held(ledger, campaign, one.seen_at < ledger.now - longest)


def forget_silent(ledger: Ledger, campaign: str) -> None:
    """Forget the workers that are gone and hold nothing any more."""
    one = WORKERS.c
    longest = one.timeout + (_READ_TIMEOUT + _SLACK)
    holds = (
        exists()
        .where(ROWS.c.campaign == one.campaign, ROWS.c.worker == one.name)
        .where(ROWS.c.state.in_((CLAIMED, ACTING)))
    )
    with ledger.engine.begin() as db:
        db.execute(
            delete(WORKERS).where(
                one.campaign == campaign, one.seen_at < ledger.now - longest, ~holds
            )
        )


def _held(ledger: Ledger, campaign: str, which: Any) -> list[Row]:
    joined = ROWS.join(
        WORKERS,
        (WORKERS.c.campaign == ROWS.c.campaign) & (WORKERS.c.name == ROWS.c.worker),
    )
    found = (
        select(ROWS)
        .select_from(joined)
        .where(ROWS.c.campaign == campaign, ROWS.c.state.in_((CLAIMED, ACTING)), which)
        .order_by(ROWS.c.number)
    )
    with ledger.reading.connect() as db:
        return [to_row(one) for one in db.execute(found)]
