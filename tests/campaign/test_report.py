"""The results of a campaign as tables, and what a spreadsheet makes of them."""

import csv
import stat

import pytest
from click.testing import CliRunner

from helpers.__main__ import main
from helpers.campaign import owner, table
from helpers.runbooks import RUNBOOKS

ENTRY = RUNBOOKS["admin-reset"]
NASTY = [
    "=1+1",
    "+15551230199",
    "-2",
    "@SUM(A1)",
    "00123",
    "12345678901234567890",
    "'quoted",
    "plain@example.com",
]


@pytest.mark.parametrize("name", NASTY)
def test_a_spreadsheet_runs_nothing_and_keeps_every_character(name, tmp_path):
    cell = table.guarded(name)
    assert cell[0] not in "=+-@"
    assert not cell.isdigit()
    path = tmp_path / "t.csv"
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file).writerows([["username", "confirm_username"], [cell, cell]])
    [(_, values)] = table.read_table(ENTRY, path, {})
    assert values["username"] == name


@pytest.fixture
def done(tmp_path, pool, inline):
    """A campaign of three users, of whom one was reset."""
    pool("fine")
    pool("unverified", verified=False)
    path = tmp_path / "users.csv"
    names = ("fine", "unverified", "=nobody")
    path.write_text("username,confirm_username\n" + "".join(f"{name},{name}\n" for name in names))
    manner = owner.Manner(pace=0)
    return owner.run_table(ENTRY, path, out=tmp_path / "runs", manner=manner)


def report(tmp_path, *words):
    told = CliRunner().invoke(main, ["batch", "report", "--out", str(tmp_path / "runs"), *words])
    assert told.exit_code == 0, told.output
    return {line.rpartition("/")[2]: line for line in told.stdout.splitlines()}


def read(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_row_a_user_and_a_table_for_each_runbook_that_comes_next(done, tmp_path):
    paths = report(tmp_path, "--username-as", "clear")
    rows = read(paths["results.csv"])
    assert len(rows) == done.rows == 3, "counts in are counts out"
    assert [row["username"] for row in rows] == ["fine", "unverified", "'=nobody"]
    assert [row["outcome"] for row in rows] == ["confirmed", "not_sent", "refused"]
    assert rows[0]["request_ids"]
    following = read(paths["fix-contact.csv"])
    assert [row["username"] for row in following] == ["unverified"]
    again = table.read_table(RUNBOOKS["diagnose-user"], tmp_path / paths["diagnose-user.csv"], {})
    assert [values["username"] for _, values in again] == ["=nobody"]


def test_usernames_are_masked_unless_asked(done, tmp_path):
    paths = report(tmp_path)
    text = (tmp_path / paths["results.csv"]).read_text(encoding="utf-8")
    assert "unverified" not in text.replace("not verified", "")
    assert stat.S_IMODE((tmp_path / paths["results.csv"]).stat().st_mode) == 0o600


def test_status_says_how_far_it_is(done, tmp_path):
    told = CliRunner().invoke(main, ["batch", "status", "--out", str(tmp_path / "runs")])
    assert told.exit_code == 0
    assert "3 of 3 rows are over: 1 confirmed" in told.output
    named = CliRunner().invoke(main, ["batch", "status", "nothing", "--out", str(tmp_path)])
    assert (named.exit_code, "There is no campaign nothing" in named.output) == (2, True)


def test_a_campaign_that_was_stopped_is_not_gone_on_with(done, tmp_path):
    out = ("--out", str(tmp_path / "runs"))
    assert CliRunner().invoke(main, ["batch", "stop", *out]).exit_code == 0
    told = CliRunner().invoke(main, ["batch", "resume", *out])
    assert told.exit_code == 2
    assert "was stopped for good" in told.output


def test_a_campaign_that_was_paused_is(done, tmp_path):
    out = ("--out", str(tmp_path / "runs"))
    assert CliRunner().invoke(main, ["batch", "pause", *out]).exit_code == 0
    told = CliRunner().invoke(main, ["batch", "resume", *out])
    assert told.exit_code == 1, told.output
    assert "3 of 3 rows are over" in told.output
