"""The plan: each user is read once, nothing is changed, and nobody is in a campaign twice."""

import json
from dataclasses import replace
from functools import partial

import pytest
from click.testing import CliRunner

from helpers.__main__ import main
from helpers.campaign import allowance, owner, plan
from helpers.campaign.patience import Patience
from helpers.cognito.errors import BadParameters
from helpers.run.limits import Limits
from helpers.runbooks import RUNBOOKS
from helpers.sandbox import DEFAULT_POOL_ID, open_sandbox, serve
from tests.sts import ARN, EXPIRED, GOOD, sts

ENTRY = RUNBOOKS["admin-reset"]
CHANGES = ("AdminResetUserPassword",)


@pytest.fixture
def table(tmp_path, pool):
    """A table of four users, two of whom a reset cannot help."""
    pool("fine")
    pool("also-fine")
    pool("unverified", verified=False)
    pool("invited", password="")
    path = tmp_path / "users.csv"
    path.write_text(rows("fine", "also-fine", "unverified", "invited", "nobody"))
    return path


def rows(*names):
    return "username,confirm_username\n" + "".join(f"{name},{name}\n" for name in names)


def changed():
    calls = open_sandbox().counts()["calls"]
    return sum(sum(calls.get(operation, {}).values()) for operation in CHANGES)


def invoke(*words):
    return CliRunner().invoke(main, ["batch", *map(str, words)])


def test_a_dry_run_reads_every_user_and_changes_none(table, tmp_path):
    summary = owner.run_table(ENTRY, table, out=tmp_path / "runs", dry_run=True)
    plan = summary.plan
    assert (plan.rows, plan.can, summary.left) == (5, 2, 5)
    assert dict(plan.messages) == {"email": 2}
    helped_by = {runbook for (_, runbook), _ in plan.verdicts.items()}
    assert {"", "fix-contact", "diagnose-user"} <= helped_by
    assert not changed()


def test_a_dry_run_of_a_campaign_that_has_begun_changes_nothing_either(table, tmp_path, inline):
    first = owner.Manner(first=1, pace=0)
    begun = owner.run_table(ENTRY, table, out=tmp_path / "runs", manner=first)
    assert (begun.left, changed()) == (4, 1)
    again = owner.run_table(ENTRY, table, out=tmp_path / "runs", dry_run=True)
    assert (again.campaign, again.left, again.plan.can) == (begun.campaign, 4, 2)
    assert changed() == 1


def test_whether_a_campaign_is_run_is_told_without_running_it(tmp_path):
    folder = tmp_path / "campaign"
    assert not owner.is_owned(folder)
    with owner.owned(folder):
        assert owner.is_owned(folder)
    assert not owner.is_owned(folder)


def test_the_command_shows_the_plan_in_words_and_as_json(table, tmp_path):
    command = ("admin-reset", table, "--out", tmp_path / "runs", "--dry-run")
    told = invoke(*command)
    assert told.exit_code == 0, told.output
    assert "2 of 5 rows can be done." in told.output
    assert "1  there is no such user -> diagnose-user" in told.output
    assert "2 e-mails would be sent." in told.output
    assert "Nothing was sent." in told.output
    assert json.loads(invoke(*command, "--json").stdout)["plan"]["can"] == 2


def test_a_user_who_is_named_twice_is_found_whatever_names_them(table, tmp_path):
    sub = open_sandbox().standing("fine") and _sub("fine")
    table.write_text(rows("also-fine", sub, "fine"))
    with pytest.raises(BadParameters, match=r"line 3: is about the same user as line 4"):
        owner.run_table(ENTRY, table, out=tmp_path / "runs")
    assert not changed()
    assert not owner.folders(tmp_path / "runs")


def _sub(name):
    from helpers.sandbox import DEFAULT_POOL_ID
    from helpers.target import Target

    user = Target().client().admin_get_user(UserPoolId=DEFAULT_POOL_ID, Username=name)
    return {one["Name"]: one["Value"] for one in user["UserAttributes"]}["sub"]


def test_after_a_dry_run_the_campaign_begins_with_what_was_read(table, tmp_path, inline):
    first = owner.run_table(ENTRY, table, out=tmp_path / "runs", dry_run=True)
    reads = open_sandbox().counts()["calls"]["AdminGetUser"]["unverified"]
    gates = []
    manner = owner.Manner(pace=0)
    summary = owner.run_table(ENTRY, table, out=tmp_path / "runs", manner=manner, gate=gates.append)
    assert summary.campaign == first.campaign
    assert [plan.can for plan in gates] == [2]
    assert summary.outcomes["confirmed"] == changed() == 2
    again = open_sandbox().counts()["calls"]["AdminGetUser"]["unverified"] - reads
    assert again <= ENTRY.calls["AdminGetUser"], "the plan did not read again"


def test_more_mails_than_the_sender_sends_in_a_day_are_refused(tmp_path, pool, monkeypatch):
    monkeypatch.setattr("helpers.campaign.plan.COGNITOS_MAILS_A_DAY", 1)
    pool("one")
    pool("two")
    path = tmp_path / "users.csv"
    path.write_text(rows("one", "two"))
    command = ("admin-reset", path, "--out", tmp_path / "runs")
    planned = invoke(*command, "--dry-run")
    assert planned.exit_code == 0, "the plan is what says so"
    assert "Users beyond that would be locked out" in planned.output
    told = invoke(*command, "--users", "2")
    assert told.exit_code == 2
    assert "2 e-mails would be sent on one day" in told.output
    assert (
        "let at most 1 begin a day. --per-day N lets N rows begin a day; --over-mail-limit"
        in told.output
    )
    assert not changed()
    kept = invoke(*command, "--users", "2", "--per-day", "1", "--dry-run")
    assert "locked out" not in kept.output


def test_users_who_cannot_be_read_stop_it_before_anything_is_sent(table, tmp_path):
    told = invoke(
        *("admin-reset", table, "--out", tmp_path / "runs", "--users", "5"),
        *("-p", "target=http://127.0.0.1:1"),
    )
    assert told.exit_code == 7
    assert "Nothing was sent." in told.output
    assert "Traceback" not in told.output
    assert not owner.folders(tmp_path / "runs")


def test_a_user_whose_reading_is_throttled_is_read_again(table, tmp_path, monkeypatch):
    monkeypatch.setattr(plan, "Patience", partial(Patience, sleep=lambda seconds: None))
    open_sandbox().fault("AdminGetUser", "throttle-before-commit", 3)
    summary = owner.run_table(ENTRY, table, out=tmp_path / "runs", dry_run=True)
    assert (summary.plan.rows, summary.plan.can) == (5, 2)


def test_users_are_read_at_a_pace_and_after_an_interrupt_no_more(tmp_path, pool, monkeypatch):
    paces = []

    def patience(a_second):
        paces.append(a_second)
        return Patience(a_second)

    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(plan, "Patience", patience)
    path = tmp_path / "users.csv"
    path.write_text(rows(*(f"user{number}" for number in range(200))))
    with pytest.raises(KeyboardInterrupt):
        owner.run_table(ENTRY, path, out=tmp_path / "runs", on_read=interrupt)
    assert paces == [40]
    assert sum(open_sandbox().counts()["calls"]["AdminGetUser"].values()) < 200


def test_the_plan_names_the_pool_and_who_signs_before_it_reads(table, tmp_path, monkeypatch):
    path = tmp_path / "pools.toml"
    path.write_text(f'[prod]\nproduction = true\nuser_pool_id = "{DEFAULT_POOL_ID}"\n')
    monkeypatch.setenv("COGNITO_RESET_POOLS", str(path))
    with serve(open_sandbox(), port=0) as cognito, sts() as told:
        monkeypatch.setenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", cognito.endpoint)
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", told.endpoint)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example-secret")
        proved = ("-p", "pool=prod", "-p", "proof_of_identity=the breach of 5 May, INC-7")
        command = ("admin-reset", table, "--out", tmp_path / "runs", *proved, "--dry-run")
        told.status, told.body = 403, EXPIRED
        refused = invoke(*command)
        told.status, told.body = 200, GOOD
        planned, again = invoke(*command), invoke(*command)
    assert refused.exit_code == 6
    assert "AWS does not say who signs: ExpiredToken" in refused.output
    assert planned.exit_code == 0, planned.output
    lines = planned.output.splitlines()
    assert lines[:3] == ["================", "PRODUCTION: prod", "================"]
    assert lines[3] == f"Signed by {ARN}."
    assert len(told.asked) == 3, "once a go, not once a row"
    assert f"Signed by {ARN}." in again.output, "also where the users were read before"


@pytest.mark.parametrize("notebooks", ["none", "all"])
def test_the_pool_is_read_once_for_all_rows(table, tmp_path, inline, notebooks):
    manner = owner.Manner(pace=0, options={"notebooks": notebooks})
    summary = owner.run_table(ENTRY, table, out=tmp_path / "runs", manner=manner)
    assert summary.outcomes["confirmed"] == 2
    assert sum(open_sandbox().counts()["calls"]["DescribeUserPool"].values()) == 1


def test_the_plan_does_not_count_it_for_each_row(table, tmp_path):
    manner = owner.Manner(pace=10)
    plan = owner.run_table(ENTRY, table, out=tmp_path / "r", manner=manner, dry_run=True).plan
    assert plan.seconds == pytest.approx(plan.can / 10), "the scarce quota decides"


A_PLAN = plan.Plan(100, 100, {}, {"email": 100}, "the pool's own", seconds=10.0)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (
            Limits(200.0, 100.0, 150.0),
            ["100 e-mails would be sent on one day, and Amazon SES sends 50 more"],
        ),
        (Limits(50_000.0, 14.0, 0.0), ["say --pace 9.8"]),
        (Limits(50_000.0, 14.3, 0.0), []),
        (Limits(-1.0, 100.0, 10**6), []),
        (Limits(unknown=("what Amazon SES allows (AccessDeniedException)",)), []),
    ],
)
def test_more_mails_than_amazon_ses_takes_are_a_warning(limits, words):
    told = allowance.warnings_of(A_PLAN, limits)
    assert len(told) == len(words)
    assert all(part in line for part, line in zip(words, told, strict=True))


def test_a_campaign_that_begins_fewer_a_day_is_not_warned_of_what_a_day_takes():
    few = replace(A_PLAN, per_day=50)
    assert allowance.warnings_of(few, Limits(200.0, 100.0, 150.0)) == []


def test_what_the_account_allows_is_said_and_refused_before_anything_is_sent(
    table, tmp_path, monkeypatch
):
    asked = []

    def ask(target, pool, *, media, calls):
        asked.append((pool.pool_id, tuple(media), sorted(calls)))
        return Limits(10.0, 100.0, 9.0, unknown=("the rest (AccessDeniedException)",))

    monkeypatch.setattr(allowance, "ask_limits", ask)
    command = ("admin-reset", table, "--out", tmp_path / "runs")
    planned = invoke(*command, "--dry-run")
    assert "Amazon SES sends 10 a day and 100 a second; 9 were sent" in planned.output
    assert "Not known: the rest (AccessDeniedException)." in planned.output
    told = invoke(*command, "--users", "5")
    assert told.exit_code == 2
    assert "Amazon SES sends 1 more in these 24 hours" in " ".join(told.output.split())
    assert not changed()
    once = (DEFAULT_POOL_ID, ("email",), ["UserAccountRecovery", "UserRead"])
    assert asked == [once, once], "once a plan, not once a row"
