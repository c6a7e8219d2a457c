"""The runbook admin-reset: it locks nobody out who could not get back in."""

import pytest

from helpers import reset
from helpers.errors import ResetError
from helpers.record import Outcome
from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_PASSWORD, DEFAULT_POOL_ID
from helpers.secret import Secret
from helpers.shelf.admin_reset import AdminReset
from helpers.shelf.confirm_reset import ConfirmReset
from helpers.target import Target

POOL = {"UserPoolId": DEFAULT_POOL_ID, "Username": "diego@example.com"}


@pytest.fixture
def client(sandbox):
    return Target().client(signed=True)


def signs_in(client, password):
    try:
        return bool(reset.sign_in(client, client_id=DEFAULT_CLIENT_ID, username="diego@example.com", password=Secret(password)))
    except ResetError:
        return False


def test_the_old_password_ends_at_once_and_the_code_leads_to_a_new_one(client):
    result = AdminReset().submit()
    assert "before it was CONFIRMED" in result.proof
    assert not signs_in(client, DEFAULT_PASSWORD)
    following = result.next_runbook
    assert following.name == "confirm-reset"
    assert ConfirmReset(**following.parameters).submit().outcome is Outcome.CONFIRMED


@pytest.mark.parametrize(
    ("trouble", "problem", "runbook"),
    [
        ("unverified", "e-mail", "fix-contact"),
        ("disabled", "disabled", "diagnose-user"),
        ("temporary", "temporary", "set-password"),
        ("admin-only", "administrator", "set-password"),
    ],
)
def test_a_user_whom_no_code_can_reach_is_not_stranded(trouble, problem, runbook, client, sandbox):
    if trouble == "unverified":
        client.admin_update_user_attributes(**POOL, UserAttributes=[{"Name": "email_verified", "Value": "false"}])
    if trouble == "disabled":
        client.admin_disable_user(**POOL)
    if trouble == "temporary":
        client.admin_set_user_password(**POOL, Password="Temporary-Password-1", Permanent=False)
    if trouble == "admin-only":
        client.update_user_pool(UserPoolId=DEFAULT_POOL_ID, AccountRecoverySetting={
            "RecoveryMechanisms": [{"Name": "admin_only", "Priority": 1}]})
    run = AdminReset()
    plan = repr(run.plan())
    assert "Stands against it" in plan
    result = run.submit()
    assert (result.outcome, result.exit_code) == (Outcome.NOT_SENT, 6)
    assert problem in f"{result.happened} {result.meaning} {result.next}".lower()
    assert result.next_runbook.name == runbook
    assert "AdminResetUserPassword" not in sandbox.counts()["calls"]
    assert [step.name for step in result.steps] == ["AdminGetUser", "DescribeUserPool"]


def test_a_second_reset_of_the_same_user_says_that_the_status_was_so_before(client, sandbox):
    AdminReset().submit()
    sandbox.advance(60)
    result = AdminReset().submit()
    assert result.outcome is Outcome.CONFIRMED
    assert "changed since" in result.proof or "own answer" in result.proof
    assert len(sandbox.mailbox()) == 2
