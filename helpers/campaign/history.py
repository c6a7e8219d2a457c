"""What has happened to a campaign as a whole, and when: it ran, paused, was throttled, was slowed.

The ledger writes it in the transaction in which it happens.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from helpers.campaign.schema import EVENTS, clock_of

THROTTLED, SLOWER = "throttled", "slower"
"""Kinds of event, beside the states of a campaign."""


@dataclass(frozen=True)
class Event:
    """Something that has happened. kind: running, paused, stopped, throttled or slower."""

    at: float
    kind: str
    words: str


def remember(db: Connection, campaign: str, kind: str, words: str = "") -> None:
    """Write an event down, in the transaction that `db` is in."""
    db.execute(
        insert(EVENTS).values(campaign=campaign, at=clock_of(db.engine), kind=kind, words=words)
    )


def events(db: Connection, campaign: str) -> list[Event]:
    """Return what has happened, in its order."""
    one = EVENTS.c
    found = select(one.at, one.kind, one.words).where(one.campaign == campaign).order_by(one.id)
    return [Event(*row) for row in db.execute(found)]
