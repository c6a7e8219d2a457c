"""Where a run acts and as whom: the account and the ARN, asked once, and production in a frame."""

import json

import pytest

from helpers import AuditPool, ConfirmReset, DiagnoseUser, SignOutEverywhere, act
from helpers.run.journal import Journal
from helpers.run.masking import RUNS
from helpers.run.record import Outcome
from helpers.run.recording import recorded
from helpers.runbooks import RUNBOOKS
from helpers.sandbox import (
    DEFAULT_POOL_ID,
    DEFAULT_USERNAME,
    open_sandbox,
    serve,
)
from helpers.target.pools_file import POOLS
from tests.sts import ACCOUNT, ARN, EXPIRED, sts

USER = {
    "username": DEFAULT_USERNAME,
    "confirm_username": DEFAULT_USERNAME,
    "proof_of_identity": "called back on the number on file",
}
BANNER = "PRODUCTION: prod"


@pytest.fixture
def cognito(monkeypatch, sandbox):
    with serve(open_sandbox(), port=0) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", server.endpoint)
        yield server


@pytest.fixture
def server(monkeypatch, tmp_path, cognito):
    with sts() as told:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", told.endpoint)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example-secret")
        path = tmp_path / "pools.toml"
        path.write_text(
            f'[prod]\nproduction = true\npurpose = "Customers"\nuser_pool_id = "{DEFAULT_POOL_ID}"\n'
            '[prod.clients.web]\nclient_id = "web0client"\n'
        )
        monkeypatch.setenv(POOLS, str(path))
        yield told


def test_where_am_i_names_account_and_caller_and_the_record_keeps_them(server):
    run = SignOutEverywhere(pool="prod", **USER)
    text = repr(run.where())
    assert f"AWS account    {ACCOUNT}" in text
    assert f"{ARN}, signed" in text
    assert "prod · Customers" in text
    run.plan()
    assert run.submit().outcome is Outcome.CONFIRMED
    assert (run.record.account, run.record.caller) == (ACCOUNT, ARN)
    assert len(server.asked) == 1, "one call for the run"


def test_a_signed_run_whose_caller_is_not_known_is_not_sent(server, monkeypatch):
    server.status, server.body = 403, EXPIRED
    run = SignOutEverywhere(pool="prod", **USER)
    assert "not known. AWS does not say who signs: ExpiredToken" in repr(run.where())
    result = run.submit()
    assert (result.outcome, result.exit_code) == (Outcome.NOT_SENT, 6)
    assert "ExpiredToken" in result.happened
    assert "ExpiredToken" in run.record.meaning
    assert (run.record.caller, run.record.steps) == ("", ())
    assert len(server.asked) == 1


def test_a_form_asks_again_after_a_failure(server):
    server.status, server.body = 403, EXPIRED
    run = SignOutEverywhere(pool="prod", interactive="yes", **USER)
    assert run.submit().outcome is Outcome.NOT_SENT
    server.status, server.body = 200, server.__class__().body
    assert run.submit().outcome is Outcome.CONFIRMED


def test_a_public_call_is_not_stopped_by_it(server, monkeypatch, cognito):
    monkeypatch.setenv("NEW_PASSWORD", "A-new-password-1")
    monkeypatch.setenv("THE_CODE", "123456")
    server.status, server.body = 403, EXPIRED
    run = ConfirmReset(pool="prod", code="env:THE_CODE", new_password="env:NEW_PASSWORD")
    assert "not known" in repr(run.where())
    assert run.submit().happened.endswith("User pool client web0client does not exist.")
    run = ConfirmReset(
        target="aws", client_id="other0client", code="env:THE_CODE", new_password="env:NEW_PASSWORD"
    )
    asked = len(server.asked)
    assert "unsigned and needs no AWS credentials" in repr(run.where())
    run.submit()
    assert len(server.asked) == asked, "nothing is signed, so nobody is asked"


def test_the_sandbox_asks_nobody(server):
    run = AuditPool()
    assert "AWS account  " not in repr(run.where())
    assert run.submit().outcome is Outcome.CONFIRMED
    assert server.asked == []
    assert "caller" not in run.record.to_json()


def test_the_journal_keeps_the_caller_whatever_the_user_is_called(server, monkeypatch, tmp_path):
    monkeypatch.setenv(RUNS, str(tmp_path / "runs"))
    run = DiagnoseUser(pool="prod", username="ann", interactive="yes")
    with recorded(RUNBOOKS[run.name], run.values) as note:
        run.submit()
        note(run.record)
    (kept,) = Journal(tmp_path / "runs").runs()
    assert kept.ended.record.caller == ARN
    assert "ann" not in json.dumps(kept.started.parameters)


def test_every_card_of_production_says_so_in_a_frame(server):
    run = SignOutEverywhere(pool="prod", **USER)
    cards = [run.where(), run.plan()]
    form = act(run)
    cards += [form.result, form.proof]
    for card in cards:
        assert repr(card).splitlines()[:3] == ["=" * len(BANNER), BANNER, "=" * len(BANNER)]
        assert card._repr_markdown_().startswith("> **PRODUCTION: prod**\n\n")
        assert "border:" in card.to_html().partition(BANNER)[0]


def test_elsewhere_no_card_has_a_frame():
    run = AuditPool()
    assert not run.where().banner
    assert not act(run).result.banner
