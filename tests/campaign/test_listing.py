"""The command table: the users of a pool whom a campaign is about, each once, and how it was made."""

import csv
import hashlib
import json
import stat
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from helpers.__main__ import main
from helpers.campaign import listing
from helpers.campaign.patience import Patience
from helpers.campaign.table import read_table
from helpers.runbooks import RUNBOOKS
from helpers.sandbox import DEFAULT_POOL_ID, open_sandbox, serve
from helpers.target import Target
from tests.sts import ARN, EXPIRED, GOOD, sts


def invoke(*words):
    return CliRunner().invoke(main, ["table", *map(str, words)])


def names_in(path):
    return {values["username"] for _, values in read_table(RUNBOOKS["admin-reset"], path, {})}


@pytest.fixture
def users(pool):
    """Users in several states, beside the one that every sandbox has."""
    pool("fine")
    pool("unverified", verified=False)
    pool("off", enabled=False)
    pool("invited", password="")
    return {"fine", "unverified", "off", "invited", "diego@example.com"}


@pytest.fixture
def out(tmp_path):
    return tmp_path / "users.csv"


def test_the_table_holds_every_user_and_is_one_for_batch(users, out):
    answer = invoke("--out", out)
    assert answer.exit_code == 0, answer.output
    assert answer.output.startswith(f"5 users listed (1 calls), 5 kept: {out}\n")
    rows = read_table(RUNBOOKS["admin-reset"], out, {})
    assert {values["username"] for _, values in rows} == users
    for _, values in rows:
        assert values == {
            "username": values["username"],
            "confirm_username": values["username"],
            "user_pool_id": DEFAULT_POOL_ID,
            "target": "sandbox",
            "region": "us-east-1",
        }
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_beside_it_is_written_how_it_was_made(users, out):
    told = json.loads(
        invoke(
            "--out", out, "--status", "confirmed", "--enabled", "--email-domain", "@Example.com",
            "--json",
        ).stdout
    )  # fmt: skip
    made = json.loads(out.with_name("users.csv.made").read_text())
    assert told == {"table": str(out), **made}
    assert made["wanted"] == {
        "statuses": ["CONFIRMED"],
        "enabled": True,
        "email_domain": "Example.com",
    }
    assert made["filter"] == 'cognito:user_status = "CONFIRMED"'
    assert (made["listed"], made["kept"], made["calls"], made["whole"]) == (4, 3, 1, True)
    assert made["user_pool_id"] == DEFAULT_POOL_ID
    assert made["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert "@" in made["who"]
    assert datetime.fromisoformat(made["at"]).tzinfo == UTC
    assert stat.S_IMODE(out.with_name("users.csv.made").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        (("--status", "FORCE_CHANGE_PASSWORD"), {"invited"}),
        (
            ("--status", "CONFIRMED", "--status", "FORCE_CHANGE_PASSWORD", "--disabled"),
            {"off"},
        ),
        (("--disabled",), {"off"}),
        (("--enabled", "--status", "CONFIRMED"), {"fine", "unverified", "diego@example.com"}),
        (("--modified-before", "2999-01-01", "--disabled"), {"off"}),
        (("--created-before", "2999-01-01T10:00:00", "--disabled"), {"off"}),
        (("--email-domain", "EXAMPLE.COM", "--disabled"), {"off"}),
    ],
)
def test_the_options_choose(options, kept, users, out):
    answer = invoke("--out", out, *options)
    assert answer.exit_code == 0, answer.output
    assert names_in(out) == kept


@pytest.mark.parametrize(
    "options",
    [
        ("--modified-before", "2001-01-01"),
        ("--created-before", "2001-01-01"),
        ("--email-domain", "ample.com"),
        ("--status", "ARCHIVED"),
    ],
)
def test_without_anyone_no_table_is_written(options, users, out):
    answer = invoke("--out", out, *options)
    assert answer.exit_code == 1, answer.output
    assert "is chosen. Nothing was written." in answer.stderr
    assert list(out.parent.glob("*users.csv*")) == []


def test_a_date_counts_by_utc_and_the_moment_itself_is_not_before(users, out, monkeypatch):
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    user = Target().client().admin_get_user(UserPoolId=DEFAULT_POOL_ID, Username="off")
    at = user["UserLastModifiedDate"].astimezone(UTC)
    wanted = listing.Wanted(modified_before=at, enabled=False)
    client = Target().client()
    assert listing.list_users(client, DEFAULT_POOL_ID, wanted).usernames == ()
    later = listing.Wanted(modified_before=at.replace(year=at.year + 1), enabled=False)
    assert listing.list_users(client, DEFAULT_POOL_ID, later).usernames == ("off",)


@pytest.mark.parametrize("short", [0, 58, 60])
def test_it_lists_to_the_very_end_also_where_pages_are_short_or_empty(short, users, pool):
    more = 8 if short else 70
    for number in range(more):
        pool(f"more{number}", password="")
    open_sandbox().settings(page_short=short)
    client, counts, quick = Target().client(), [], Patience(1e6)
    listed = listing.list_users(
        client, DEFAULT_POOL_ID, listing.Wanted(), on_page=counts.append, patience=quick
    )
    assert len(set(listed.usernames)) == listed.count == counts[-1] == 5 + more
    assert len(counts) == listed.calls > 1
    assert listed.whole
    only = listing.Wanted(statuses=("CONFIRMED",), enabled=False)
    found = listing.list_users(client, DEFAULT_POOL_ID, only, patience=quick)
    assert found.usernames == ("off",)


@pytest.fixture
def group(users):
    """A group with three of the users."""
    client = Target().client()
    given = {"UserPoolId": DEFAULT_POOL_ID, "GroupName": "staff"}
    client.create_group(**given)
    for name in ("fine", "off", "invited"):
        client.admin_add_user_to_group(**given, Username=name)


def test_the_users_of_a_group_are_chosen_by_the_other_options_too(group, out):
    answer = invoke("--group", "staff", "--out", out)
    assert answer.output.startswith(f"3 users listed (1 calls), 3 kept: {out}\n"), answer.output
    assert names_in(out) == {"fine", "off", "invited"}
    made = json.loads(listing.made_path(out).read_text())
    assert (made["wanted"], made["filter"]) == ({"group": "staff"}, "")
    invoke("--group", "staff", "--status", "CONFIRMED", "--enabled", "--out", out, "--force")
    assert names_in(out) == {"fine"}


def test_a_group_is_listed_to_its_end(group, monkeypatch):
    monkeypatch.setattr(listing, "_PAGE", 1)
    wanted = listing.Wanted(group="staff")
    found = listing.list_users(Target().client(), DEFAULT_POOL_ID, wanted)
    assert set(found.usernames) == {"fine", "off", "invited"}
    assert (found.count, found.whole) == (3, True)


def test_a_group_that_is_not_there_is_told(group, out):
    answer = invoke("--group", "nobody", "--out", out)
    assert answer.exit_code == 6
    assert "The users could not be listed: " in answer.output
    assert "Group not found" in answer.output, answer.output
    assert not out.exists()


def test_a_throttled_page_is_asked_for_again(users, out):
    open_sandbox().fault("ListUsers", "throttle-before-commit", 1)
    made = json.loads(invoke("--out", out, "--json").stdout)
    assert (made["listed"], made["calls"]) == (5, 2)


def test_no_more_are_listed_than_are_asked_for(users, out):
    open_sandbox().settings(page_short=58)
    answer = invoke("--out", out, "--limit", "3", "--json")
    made = json.loads(answer.stdout)
    assert (made["kept"], made["calls"], made["whole"]) == (3, 2, False)


def test_a_table_that_is_there_is_not_written_over(users, out):
    out.write_text("mine")
    refused = invoke("--out", out)
    assert refused.exit_code == 2
    assert f"--out: {out} is there already: name another file, or say --force." in refused.stderr
    assert out.read_text() == "mine"
    assert not open_sandbox().counts()["calls"].get("ListUsers")
    assert invoke("--out", out, "--force").exit_code == 0
    assert names_in(out) == users


def test_it_is_written_whole_or_not_at_all(users, out, monkeypatch):
    out.write_text("mine")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(listing.os, "fsync", full)
    answer = invoke("--out", out, "--force")
    assert (answer.exit_code, out.read_text()) == (2, "mine")
    assert "cannot be written: No space left on device." in answer.stderr
    assert [path.name for path in out.parent.glob("*users*")] == ["users.csv"]


def test_every_problem_is_told_at_once_before_anything_is_sent(users, tmp_path):
    answer = invoke(
        "--out", tmp_path / "none" / "users.txt", "--user-pool-id", "nonsense", "-p", "target=nowhere",
        "-p", "username=ana", "-p", "region=Mars",
    )  # fmt: skip
    assert answer.exit_code == 2
    for words in ("--out:", "user_pool_id:", "target:", "-p username:", "region:"):
        assert words in answer.stderr
    assert not open_sandbox().counts()["calls"].get("ListUsers")


@pytest.mark.parametrize(
    "options",
    [
        ("--status", "LOST"),
        ("--email-domain", "ana@example.com"),
        ("--email-domain", "@"),
        ("--modified-before", "yesterday"),
        ("--limit", "0"),
        ("--user-pool-id", "us-east-1_One", "-p", "user_pool_id=us-east-1_Two"),
        ("-p", "pool=nobody-knows"),
        (),
    ],
)
def test_bad_options_are_a_sentence(options, users, out):
    answer = invoke(*(("--out", out) if options else ()), *options)
    assert (answer.exit_code, out.exists()) == (2, False)
    assert "Traceback" not in answer.output


def test_a_pool_that_is_not_there_is_told_and_nothing_is_written(users, out):
    answer = invoke("--out", out, "--user-pool-id", "us-east-1_Nowhere")
    assert answer.exit_code == 6, answer.output
    assert "The users could not be listed:" in answer.stderr
    assert not out.exists()


def test_a_named_pool_is_in_every_row(users, out, tmp_path, monkeypatch):
    answer = invoke("--out", out, "-p", "pool=practice")
    assert answer.exit_code == 0, answer.output
    rows = [values for _, values in read_table(RUNBOOKS["admin-reset"], out, {})]
    assert {row["pool"] for row in rows} == {"practice"}


def test_a_spreadsheet_takes_no_username_for_a_formula(pool, out):
    pool("=cmd()", password="")
    pool("+4912345", password="")
    assert invoke("--out", out, "--status", "FORCE_CHANGE_PASSWORD").exit_code == 0
    with out.open(encoding="utf-8-sig", newline="") as file:
        cells = {row["username"] for row in csv.DictReader(file)}
    assert cells == {"'=cmd()", "'+4912345"}
    assert names_in(out) == {"=cmd()", "+4912345"}


def test_aws_is_asked_who_signs_before_the_pool_is_listed(users, out, monkeypatch):
    with serve(open_sandbox(), port=0) as cognito, sts() as told:
        monkeypatch.setenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", cognito.endpoint)
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", told.endpoint)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example-secret")
        command = ("-p", "target=aws", "--user-pool-id", DEFAULT_POOL_ID, "--out", out)
        told.status, told.body = 403, EXPIRED
        refused = invoke(*command)
        told.status, told.body = 200, GOOD
        made = invoke(*command)
    assert (refused.exit_code, "who signs: ExpiredToken" in refused.output) == (6, True)
    assert (made.exit_code, f"Signed by {ARN}." in made.output) == (0, True), made.output
