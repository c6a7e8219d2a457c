"""When rows may begin: between two times of a day, over midnight too, and so many a day."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from helpers.__main__ import main
from helpers.campaign import ending, hours, owner, workers
from helpers.campaign.hours import Hours
from helpers.campaign.ledger import Ledger
from helpers.campaign.schema import HOURS, ROWS
from helpers.campaign.summary import summary_of
from helpers.runbooks import RUNBOOKS

ENTRY = RUNBOOKS["admin-reset"]
NIGHT = Hours.read("20:00-06:00")
DAY = Hours.read("9:30 - 17:00")


@pytest.mark.parametrize(
    ("these", "now", "opening"),
    [
        (NIGHT, "2026-03-10 19:59:59", "2026-03-10 20:00"),
        (NIGHT, "2026-03-10 20:00", "2026-03-10 20:00"),
        (NIGHT, "2026-03-10 23:59:59", "2026-03-10 23:59:59"),
        (NIGHT, "2026-03-11 00:00", "2026-03-11 00:00"),
        (NIGHT, "2026-03-11 05:59:59", "2026-03-11 05:59:59"),
        (NIGHT, "2026-03-11 06:00", "2026-03-11 20:00"),
        (DAY, "2026-03-10 09:29", "2026-03-10 09:30"),
        (DAY, "2026-03-10 12:00", "2026-03-10 12:00"),
        (DAY, "2026-03-10 17:00", "2026-03-11 09:30"),
        (DAY, "2026-12-31 23:00", "2027-01-01 09:30"),
        (hours.ALWAYS, "2026-03-10 03:00", "2026-03-10 03:00"),
    ],
)
def test_a_window_opens(these, now, opening):
    found = these.opening(datetime.fromisoformat(now))
    assert found == datetime.fromisoformat(opening)


@pytest.mark.parametrize(
    ("these", "rows", "seconds", "days"),
    [
        (hours.ALWAYS, 100, 10.0, 1),
        (hours.ALWAYS, 0, 0.0, 1),
        (hours.ALWAYS, 10**6, 100_000.0, 2),
        (Hours(per_day=5000), 48_900, 4_980.0, 10),
        (Hours(per_day=5000), 5000, 500.0, 1),
        (NIGHT, 1000, 36_000.0, 1),
        (NIGHT, 1000, 36_001.0, 2),
        (DAY, 1000, 27_001.0, 2),
        (Hours.read("20:00-06:00", 10), 11, 1.0, 2),
    ],
)
def test_how_many_days_it_takes(these, rows, seconds, days):
    assert these.days(rows, seconds) == days


def test_the_plan_says_so(table, tmp_path):
    words = ["batch", "admin-reset", str(table), "--out", str(tmp_path / "r"), "--dry-run"]
    told = CliRunner().invoke(main, [*words, "--per-day", "2"])
    assert "With these hours it takes 3 days, at least." in told.stdout
    assert "days" not in CliRunner().invoke(main, words).stdout


@pytest.mark.parametrize("text", ["20:00", "20-06", "24:00-06:00", "20:60-21:00", "8:00-08:00"])
def test_what_is_no_window_is_told_and_nothing_begins(text, pool, tmp_path):
    table = tmp_path / "users.csv"
    table.write_text("username,confirm_username\na,a\n")
    answer = CliRunner().invoke(
        main, ["batch", "admin-reset", str(table), "--window", text, "--out", str(tmp_path / "r")]
    )
    assert answer.exit_code == 2
    assert "--window" in answer.stderr
    assert "such as 20:00-06:00" in answer.stderr or "for the whole day" in answer.stderr
    assert not (tmp_path / "r" / "campaigns").exists()


@pytest.mark.parametrize("number", ["0", "-1", "many"])
def test_a_number_a_day_is_from_one_on(number, tmp_path):
    table = tmp_path / "users.csv"
    table.write_text("username\n")
    words = ["batch", "admin-reset", str(table), "--per-day", number]
    assert CliRunner().invoke(main, words).exit_code == 2


@pytest.fixture
def table(tmp_path, pool):
    names = [f"user{number}" for number in range(5)]
    for name in names:
        pool(name)
    path = tmp_path / "users.csv"
    path.write_text("username,confirm_username\n" + "".join(f"{n},{n}\n" for n in names))
    return path


class _Day:
    """A local time that moves on whenever nothing may begin."""

    def __init__(self, start):
        self.now, self.claims = datetime.fromisoformat(start), []

    def wait(self, *_):
        self.now += timedelta(minutes=30)


@pytest.fixture
def clock(monkeypatch):
    """The local time, and that at which each row was claimed."""
    day = _Day("2026-03-10 12:00")
    claim = Ledger.claim

    def claimed(self, campaign, *given):
        row = claim(self, campaign, *given)
        if row is None:
            return None
        with self.engine.begin() as db:  # on that day, and not on this one
            db.exec_driver_sql(f"UPDATE rows SET claimed_at = {day.now.timestamp()}"
                               f" WHERE number = {row.number}")  # fmt: skip
        day.claims.append(day.now)
        return row

    monkeypatch.setattr(Ledger, "claim", claimed)
    monkeypatch.setattr(hours, "now", lambda zone: day.now)
    monkeypatch.setattr(workers, "pause", lambda seconds, stop: day.wait())
    monkeypatch.setattr(workers, "reserve", lambda *_: 0.0)
    return day


def run(table, tmp_path, **manner):
    return owner.run_table(
        ENTRY, table, out=tmp_path / "runs", manner=owner.Manner(pace=0, **manner)
    )


def test_no_row_begins_outside_the_window(table, tmp_path, inline, clock):
    summary = run(table, tmp_path, hours=NIGHT)
    assert dict(summary.outcomes) == {"confirmed": 5}
    assert {at.hour in (*range(20, 24), *range(6)) for at in clock.claims} == {True}
    assert min(clock.claims) == datetime(2026, 3, 10, 20)


def test_not_more_than_so_many_begin_on_one_date(table, tmp_path, inline, clock):
    summary = run(table, tmp_path, hours=Hours(per_day=2))
    assert dict(summary.outcomes) == {"confirmed": 5}
    assert [at.day for at in clock.claims] == [10, 10, 11, 11, 12]


def test_both_hold_together_and_midnight_begins_another_day(table, tmp_path, inline, clock):
    run(table, tmp_path, hours=Hours.read("22:00-02:00", 2))
    assert [at.day for at in clock.claims] == [10, 10, 11, 11, 12]
    assert [at.hour for at in clock.claims] == [22, 22, 0, 0, 0]


def test_the_status_says_until_when_it_waits(table, tmp_path, inline, clock, monkeypatch):
    told = []
    out = tmp_path / "runs"
    owner.run_table(
        ENTRY,
        table,
        out=out,
        manner=owner.Manner(pace=0, first=2, hours=Hours.read("08:00-18:00", 2)),
        on_begin=lambda rows, waits: told.append((rows, waits)),
    )
    assert told == [(2, "")]
    (folder,) = owner.folders(out)
    words = "no row begins before 2026-03-11 08:00 (--window 08:00-18:00 --per-day 2)"
    with Ledger.in_folder(folder) as ledger:
        assert summary_of(ledger, folder).waits == words
    answer = CliRunner().invoke(main, ["batch", "status", "--out", str(out)])
    assert f"It waits: {words}." in answer.stdout


def test_the_next_go_without_them_has_none(table, tmp_path, inline, clock):
    run(table, tmp_path, first=1, hours=Hours(per_day=1))
    run(table, tmp_path)
    assert [at.day for at in clock.claims] == [10] * 5
    (folder,) = owner.folders(tmp_path / "runs")
    with Ledger.in_folder(folder) as ledger, ledger.reading.connect() as db:
        assert db.execute(HOURS.select()).all() == []


def test_a_row_that_waits_for_another_try_has_no_part_in_the_days_number(
    table, tmp_path, inline, clock, monkeypatch
):
    from helpers.sandbox import open_sandbox

    monkeypatch.setattr(ending, "LONGEST_WAIT", 0.0)  # real seconds, in which that day would pass
    open_sandbox().fault("AdminResetUserPassword", "throttle-before-commit", 1)
    summary = run(table, tmp_path, hours=Hours(per_day=5))
    assert dict(summary.outcomes) == {"confirmed": 5}
    assert {at.day for at in clock.claims} == {10}


NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("owner_is_in", "opens"),
    [
        (("Asia/Tokyo", 32_400), None),  # where it is 21:00
        (("America/New_York", -14_400), "2026-03-10 20:00"),
        (("", 32_400), None),
        (("No/Such_Zone", 32_400), None),  # to this machine
        (("Europe/Berlin", 0), "2026-03-10 20:00"),
    ],
)
def test_they_are_hours_of_the_owner_whichever_machine_asks(
    owner_is_in, opens, tmp_path, monkeypatch
):
    monkeypatch.setattr(hours, "now", lambda zone: NOON.astimezone(zone).replace(tzinfo=None))
    with Ledger.in_folder(tmp_path) as ledger:
        with monkeypatch.context() as there, ledger.engine.begin() as db:
            there.setattr(hours, "zone_here", lambda: owner_is_in)
            hours.keep_hours(db, "c", Hours.read("20:00-22:00"))
        with ledger.reading.connect() as db:
            until = hours.waits_until(db, "c")
    assert until == (opens and datetime.fromisoformat(opens))


def test_a_day_of_the_owner_is_what_counts(tmp_path, monkeypatch):
    """At noon by UTC it is the 11th on Kiritimati: what began an hour before midnight there was on
    the 10th.
    """
    monkeypatch.setattr(hours, "now", lambda zone: NOON.astimezone(zone).replace(tzinfo=None))
    monkeypatch.setattr(hours, "zone_here", lambda: ("Pacific/Kiritimati", 50_400))
    with Ledger.in_folder(tmp_path) as ledger, ledger.engine.begin() as db:
        hours.keep_hours(db, "c", Hours(per_day=1))
        row = {"campaign": "c", "number": 2, "parameters": "{}", "state": "ended"}
        midnight = datetime(2026, 3, 10, 10, tzinfo=UTC).timestamp()
        for began, waits in ((midnight - 3600, False), (midnight + 3600, True)):
            db.execute(ROWS.delete())
            db.execute(ROWS.insert().values(**row, claimed_at=began))
            assert (hours.waits_until(db, "c") is not None) == waits


def test_the_zone_of_this_machine_has_a_name_or_a_number(monkeypatch):
    name, seconds = hours.zone_here()
    there = datetime.now().astimezone().utcoffset()
    assert timedelta(seconds=seconds) == there
    assert not name or ZoneInfo(name).utcoffset(datetime.now()) == there
    monkeypatch.setattr(hours, "_LOCALTIME", "/no/such/file")
    monkeypatch.setenv("TZ", "No/Such_Zone")
    assert hours.zone_here() == ("", seconds)
