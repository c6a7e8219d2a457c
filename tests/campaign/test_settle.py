"""What became of a row that nobody knows of is told by reading, and by nothing else."""

import pytest
from click.testing import CliRunner

from helpers.__main__ import main
from helpers.campaign import owner
from helpers.campaign.ledger import Ledger
from helpers.campaign.schema import UNKNOWN, WAITING
from helpers.campaign.settle import settle
from helpers.runbooks import RUNBOOKS
from helpers.sandbox import DEFAULT_POOL_ID, open_sandbox
from helpers.target import Target


def campaign_of(tmp_path, runbook, *names, **columns):
    """Make a campaign whose rows were all begun, and then nothing more was heard of."""
    path = tmp_path / "users.csv"
    heads = ["username", "confirm_username", *columns]
    lines = [",".join([name, name, *columns.values()]) for name in names]
    path.write_text("\n".join([",".join(heads), *lines]) + "\n")
    entry = RUNBOOKS[runbook]
    summary = owner.run_table(entry, path, out=tmp_path / "runs", dry_run=True)
    [folder] = owner.folders(tmp_path / "runs")
    ledger = Ledger.in_folder(folder)
    ledger.allow(summary.campaign, rows=0, budget=0, paces={})
    while row := ledger.claim(summary.campaign, "w"):
        ledger.permit(summary.campaign, row)
        ledger.end(
            summary.campaign, row, state=UNKNOWN, outcome="unknown", exit_code=138, report={}
        )
    return ledger, summary.campaign, entry


def act(operation, name, **members):
    getattr(Target().client(), operation)(UserPoolId=DEFAULT_POOL_ID, Username=name, **members)


def touch(name):
    act("admin_update_user_attributes", name, UserAttributes=[{"Name": "name", "Value": "new"}])


def test_a_reset_is_told_by_the_status(tmp_path, pool):
    for name in ("done", "not-done", "changed-since", "before-too"):
        pool(name)
    act("admin_reset_user_password", "before-too")
    ledger, campaign, entry = campaign_of(
        tmp_path, "admin-reset", "done", "not-done", "changed-since", "before-too"
    )
    open_sandbox().advance(60)
    act("admin_reset_user_password", "done")
    touch("changed-since")
    found = [one.outcome for one in settle(ledger, campaign, entry)]
    assert found == ["confirmed", "not_sent", "unknown", "unknown"]
    assert ledger.counts(campaign)[("settled", "not_sent", 138)] == 1
    assert [row.number for row in ledger.rows(campaign, UNKNOWN)] == [4, 5]


def test_a_mark_on_a_contact_is_told_by_the_mark(tmp_path, pool):
    for name in ("done", "not-done"):
        pool(name, verified=False)
    pool("before-too")
    ledger, campaign, entry = campaign_of(tmp_path, "fix-contact", "done", "not-done", "before-too")
    mark = [{"Name": "email_verified", "Value": "true"}]
    act("admin_update_user_attributes", "done", UserAttributes=mark)
    found = [one.outcome for one in settle(ledger, campaign, entry)]
    assert found == ["confirmed", "not_sent", "unknown"]


def test_a_password_is_told_by_the_status_where_it_is_temporary(tmp_path, pool):
    for name in ("done", "not-done"):
        pool(name)
    ledger, campaign, entry = campaign_of(
        tmp_path, "set-password", "done", "not-done", password_to="discard:"
    )
    open_sandbox().advance(60)
    act("admin_set_user_password", "done", Password="Another-one-2", Permanent=False)
    assert [one.outcome for one in settle(ledger, campaign, entry)] == ["confirmed", "not_sent"]


def test_a_reading_that_fails_leaves_it_unknown(tmp_path, pool):
    pool("gone")
    ledger, campaign, entry = campaign_of(tmp_path, "admin-reset", "gone")
    act("admin_delete_user", "gone")
    [one] = settle(ledger, campaign, entry)
    assert one.outcome == "unknown"
    assert "could not be read" in one.words


@pytest.mark.parametrize("runbook", ["sign-out-everywhere"])
def test_what_no_reading_tells_is_said_with_what_to_do(tmp_path, pool, runbook):
    pool("someone")
    ledger, campaign, entry = campaign_of(tmp_path, runbook, "someone")
    [one] = settle(ledger, campaign, entry)
    assert (one.outcome, one.words) == (
        "unknown",
        "To end the sessions twice does no harm: retry it.",
    )


def test_the_command_says_what_was_settled_and_retry_has_the_rest_wait(tmp_path, pool):
    pool("not-done")
    ledger, campaign, _ = campaign_of(tmp_path, "admin-reset", "not-done")
    out = ("--out", str(tmp_path / "runs"))
    told = CliRunner().invoke(main, ["batch", "settle", *out])
    assert (told.exit_code, "1 rows are settled, 0 are still unknown." in told.output) == (0, True)
    told = CliRunner().invoke(main, ["batch", "retry", "--outcome", "not_sent", *out])
    assert "1 rows wait again" in told.output
    assert [row.state for row in ledger.rows(campaign)] == [WAITING]
