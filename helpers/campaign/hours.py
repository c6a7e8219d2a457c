"""When rows of a campaign may begin: between two times of a day, and not more than so many a day.

Both go by the local time of the campaign's owner, whose zone the ledger keeps, whichever machine's
worker asks, before each row. Nothing that is under way is stopped when the hours are over.
"""

import math
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection, delete, func, insert, select

from helpers.campaign.schema import HOURS, ROWS, WAITING

_DAY = 86_400.0
_TIME = r"([01]?\d|2[0-3]):([0-5]\d)"


@dataclass(frozen=True)
class Hours:
    """opens, closes: such as 20:00 and 06:00, also over midnight; "" for the whole day. per_day:
    rows that may begin on one date; 0 for any number.
    """

    opens: str = ""
    closes: str = ""
    per_day: int = 0

    @classmethod
    def read(cls, window: str, per_day: int = 0) -> "Hours":
        """Read a window such as 20:00-06:00. Raises ValueError."""
        if not window:
            return cls(per_day=per_day)
        found = re.fullmatch(rf"\s*{_TIME}\s*[-–]\s*{_TIME}\s*", window)
        if found is None:
            raise ValueError("is two times of a day, such as 20:00-06:00.")
        opens, closes = (f"{int(h):02}:{m}" for h, m in (found.groups()[:2], found.groups()[2:]))
        if opens == closes:
            raise ValueError("ends when it begins: leave it out for the whole day.")
        return cls(opens, closes, per_day)

    def opening(self, now: datetime) -> datetime:
        """Return when the window is open: now, or the next time that it opens."""
        if not self.opens or self._is_open(now.time()):
            return now
        opening = datetime.combine(now.date(), time.fromisoformat(self.opens))
        return opening if opening > now else opening + timedelta(days=1)

    def _is_open(self, at: time) -> bool:
        opens, closes = time.fromisoformat(self.opens), time.fromisoformat(self.closes)
        if opens < closes:
            return opens <= at < closes
        return at >= opens or at < closes

    def days(self, rows: int, seconds: float) -> int:
        """Return on how many days rows begin, at least.

        seconds: how long they take without a break.
        """
        by_number = -(-rows // self.per_day) if self.per_day else 1
        return max(1, by_number, math.ceil(seconds / self._length()))

    def _length(self) -> float:
        """Return for how many seconds of a day the window is open."""
        if not self.opens:
            return _DAY
        midnight = datetime.min
        ends = (time.fromisoformat(one) for one in (self.opens, self.closes))
        opens, closes = (datetime.combine(midnight, one) - midnight for one in ends)
        return (closes - opens).total_seconds() % _DAY

    def words(self) -> str:
        """What they are, as options say it."""
        window = f"--window {self.opens}-{self.closes}" if self.opens else ""
        per_day = f"--per-day {self.per_day}" if self.per_day else ""
        return " ".join(filter(None, (window, per_day)))


ALWAYS = Hours()


_LOCALTIME = "/etc/localtime"
"""On Linux and macOS a link to the file of this machine's zone."""


def now(zone: tzinfo) -> datetime:
    """Return the time in a zone, without that zone."""
    return datetime.now(zone).replace(tzinfo=None)


def zone_here() -> tuple[str, int]:
    """Return the name of this machine's zone, "" where it has none, and its seconds from UTC."""
    linked = os.path.realpath(_LOCALTIME).partition("/zoneinfo/")[2]
    offset = datetime.now().astimezone().utcoffset() or timedelta()
    seconds = int(offset.total_seconds())
    for name in (os.environ.get("TZ", "").lstrip(":"), linked):
        zone = _zone(name, seconds)
        if isinstance(zone, ZoneInfo) and zone.utcoffset(datetime.now()) == offset:
            return name, seconds
    return "", seconds


def _zone(name: str, seconds: int) -> tzinfo:
    """Return a zone by its name; where this machine does not know it, what it was for its owner."""
    try:
        return ZoneInfo(name) if name else timezone(timedelta(seconds=seconds))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return timezone(timedelta(seconds=seconds))


def keep_hours(db: Connection, campaign: str, hours: Hours) -> None:
    """Keep a campaign's hours, in place of those that it had."""
    db.execute(delete(HOURS).where(HOURS.c.campaign == campaign))
    if hours != ALWAYS:
        name, seconds = zone_here()
        given = {**vars(hours), "zone": name, "from_utc": seconds}
        db.execute(insert(HOURS).values(campaign=campaign, **given))


def hours_of(db: Connection, campaign: str) -> tuple[Hours, tzinfo]:
    """Return the hours of a campaign and the zone that they are in, and let no other worker claim a
    row until this ends.
    """
    found = db.execute(select(HOURS).where(HOURS.c.campaign == campaign).with_for_update()).first()
    if found is None:
        return ALWAYS, UTC
    zone = _zone(found.zone, found.from_utc)
    return Hours(found.opens, found.closes, found.per_day), zone


def waits_until(db: Connection, campaign: str) -> datetime | None:
    """Return until when no row may begin, in the owner's zone, None where one may now."""
    hours, zone = hours_of(db, campaign)
    if hours == ALWAYS:
        return None
    at = now(zone)
    opening = hours.opening(at)
    if hours.per_day and opening.date() == at.date():
        midnight = datetime.combine(at.date(), time())
        begun = db.execute(
            select(func.count())
            .select_from(ROWS)
            .where(ROWS.c.campaign == campaign, ROWS.c.state != WAITING)
            .where(ROWS.c.claimed_at >= midnight.replace(tzinfo=zone).timestamp())
        ).scalar_one()
        if begun >= hours.per_day:
            opening = hours.opening(midnight + timedelta(days=1))
    return opening if opening > at else None


def wait_words(db: Connection, campaign: str) -> str:
    """Say until when no row begins, and by which options; "" where one may now."""
    until = waits_until(db, campaign)
    if until is None:
        return ""
    return f"no row begins before {until:%Y-%m-%d %H:%M} ({hours_of(db, campaign)[0].words()})"
