"""The runbook admin-reset: it locks nobody out who could not get back in."""

import pytest

from helpers.cognito import actions
from helpers.cognito.errors import ResetError
from helpers.run.record import Outcome
from helpers.runbooks.admin_reset import AdminReset
from helpers.runbooks.confirm_reset import ConfirmReset
from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_PASSWORD, DEFAULT_POOL_ID
from helpers.secrets.secret import Secret
from helpers.target import Target

POOL = {"UserPoolId": DEFAULT_POOL_ID, "Username": "diego@example.com"}


@pytest.fixture
def client(sandbox):
    return Target().client(signed=True)


def signs_in(client, password):
    try:
        return bool(
            actions.sign_in(
                client,
                client_id=DEFAULT_CLIENT_ID,
                username="diego@example.com",
                password=Secret(password),
            )
        )
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
        ("disabled", "disabled", "unlock-user"),
        ("temporary", "temporary", "resend-invitation"),
        ("admin-only", "administrator", "set-password"),
    ],
)
def test_a_user_whom_no_code_can_reach_is_not_stranded(trouble, problem, runbook, client, sandbox):
    if trouble == "unverified":
        client.admin_update_user_attributes(
            **POOL, UserAttributes=[{"Name": "email_verified", "Value": "false"}]
        )
    if trouble == "disabled":
        client.admin_disable_user(**POOL)
    if trouble == "temporary":
        client.admin_set_user_password(**POOL, Password="Temporary-Password-1", Permanent=False)
    if trouble == "admin-only":
        client.update_user_pool(
            UserPoolId=DEFAULT_POOL_ID,
            AccountRecoverySetting={"RecoveryMechanisms": [{"Name": "admin_only", "Priority": 1}]},
        )
    run = AdminReset()
    plan = repr(run.plan())
    assert "What blocks it" in plan
    assert run.plan().changes == ()
    result = run.submit()
    assert result.headline in plan
    assert ("no password away from a user in this state" in result.headline) is (
        trouble in ("disabled", "temporary")
    )
    assert result.happened in run.record.meaning
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
    assert result.proof == "Cognito's own answer to the change."
    assert "was RESET_REQUIRED before, too" in result.notes[0]
    assert len(sandbox.mailbox()) == 2


def test_a_lost_answer_about_a_user_who_was_reset_before_stays_unknown_whoever_changed_the_user_meanwhile(
    client, sandbox, monkeypatch
):
    AdminReset().submit()
    run = AdminReset()
    make = run.make

    def while_somebody_else_changes_the_user(*args):
        sandbox.advance(60)
        client.admin_update_user_attributes(
            **POOL, UserAttributes=[{"Name": "name", "Value": "Diego"}]
        )
        return make(*args)

    monkeypatch.setattr(run, "make", while_somebody_else_changes_the_user)
    sandbox.fault("AdminResetUserPassword", "500-before-commit")
    result = run.submit()
    assert (result.outcome, result.proof) == (Outcome.UNKNOWN, "")
    assert len(sandbox.mailbox()) == 1


def test_where_the_pool_promises_no_message_it_is_not_said_to_be_on_its_way(client, sandbox):
    pool = client.create_user_pool(
        PoolName="verifies phones",
        AutoVerifiedAttributes=["phone_number"],
        SmsConfiguration={"SnsCallerArn": "arn:aws:iam::123456789012:role/sends-text-messages"},
    )["UserPool"]["Id"]
    client.admin_create_user(
        UserPoolId=pool,
        Username="ana",
        MessageAction="SUPPRESS",
        UserAttributes=[
            {"Name": "email", "Value": "ana@example.com"},
            {"Name": "email_verified", "Value": "true"},
        ],
    )
    client.admin_set_user_password(
        UserPoolId=pool, Username="ana", Password="First-Password-1", Permanent=True
    )
    run = AdminReset(user_pool_id=pool, username="ana", confirm_username="ana")
    assert (
        "Confirmation code",
        "an earlier one, if there is any",
        "whether a new one is sent is not known",
    ) in run.plan().changes
    result = run.submit()
    assert sandbox.mailbox() == []
    assert (result.outcome, "on its way" in result.headline) == (Outcome.CONFIRMED, False)
    assert "If no message comes, run request-code." in result.next
    assert result.next_runbook.name == "request-code"


# --- refused, because of the message ---

FAILING = {
    "sms-trust": "InvalidSmsRoleTrustRelationshipException",
    "daily-limit": "LimitExceededException",
}


@pytest.mark.parametrize("failure", FAILING)
def test_where_the_message_is_refused_and_the_password_stayed_nothing_has_changed(
    failure, client, sandbox
):
    sandbox.settings(delivery_failure=failure)
    result = AdminReset().submit()
    assert (result.outcome, result.headline) == (Outcome.REFUSED, "Refused: nothing has changed.")
    assert [step.name for step in result.steps][2:] == ["AdminResetUserPassword", "AdminGetUser"]
    assert result.steps[2].error == FAILING[failure]
    assert signs_in(client, DEFAULT_PASSWORD)


def half_done(run, sandbox):
    """Cognito takes the password away, and then cannot send the message: AWS does not say that this
    cannot be.
    """
    make = run.make

    def reset_and_then_fail(*args):
        make(*args)
        sandbox.settings(delivery_failure="sms-access")
        return make(*args)

    run.make = reset_and_then_fail
    return run.submit()


def test_where_the_message_is_refused_and_the_password_is_gone_all_the_same_it_says_so(
    client, sandbox
):
    result = half_done(AdminReset(), sandbox)
    assert (result.outcome, result.exit_code) == (Outcome.UNKNOWN, 8)
    assert "the password is taken away, but no code was sent" in result.headline
    assert "before it was CONFIRMED" in result.meaning
    assert result.next_runbook.name == "set-password"
    assert not signs_in(client, DEFAULT_PASSWORD)


def test_where_the_message_is_refused_and_the_user_cannot_be_read_again_it_is_unknown(
    client, sandbox
):
    run = AdminReset()
    make = run.make

    def then_blind(*args):
        sandbox.fault("AdminGetUser", "throttle-before-commit")
        return make(*args)

    run.make = then_blind
    result = half_done(run, sandbox)
    assert (result.outcome, result.next_runbook.name) == (Outcome.UNKNOWN, "diagnose-user")
    assert "may be taken away" in result.headline
