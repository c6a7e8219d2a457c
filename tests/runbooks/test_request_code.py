"""The runbook request-code: once, honestly, and never twice in a row."""

import pytest

from helpers.run.record import Outcome
from helpers.runbooks.request_code import RequestCode
from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_POOL_ID
from helpers.target import Target

POOL = {"UserPoolId": DEFAULT_POOL_ID, "Username": "diego@example.com"}


@pytest.fixture
def client(sandbox):
    return Target().client(signed=True)


def requests(sandbox):
    return sum(sandbox.counts()["calls"].get("ForgotPassword", {}).values())


def test_a_code_is_sent_and_the_next_runbook_has_its_parameters(sandbox):
    run = RequestCode()
    result = run.submit()
    assert (result.outcome, result.exit_code) == (Outcome.CONFIRMED, 0)
    assert "d***@e*** by e-mail" in result.headline
    assert sandbox.mailbox()[-1]["live"]
    assert result.next_runbook.name == "confirm-reset"
    assert result.next_runbook.parameters == {
        "client_id": DEFAULT_CLIENT_ID,
        "username": "diego@example.com",
    }
    assert run.prove()


def test_without_the_pool_it_says_that_the_answer_may_be_made_up(sandbox):
    run = RequestCode()
    run.submit()
    assert "gives such an answer for a user who is unknown" in run.record.meaning


def test_with_the_pool_the_answer_is_held_against_the_account(sandbox):
    run = RequestCode(user_pool_id=DEFAULT_POOL_ID)
    assert "A code would go by e-mail to d***@e***." in repr(run.plan())
    result = run.submit()
    assert result.meaning.endswith("It is the verified contact that was read from the account.")
    assert [step.name for step in result.steps] == [
        "AdminGetUser",
        "DescribeUserPool",
        "ForgotPassword",
    ]


def test_a_made_up_destination_is_doubted(client):
    client.update_user_pool_client(
        UserPoolId=DEFAULT_POOL_ID, ClientId=DEFAULT_CLIENT_ID, PreventUserExistenceErrors="ENABLED"
    )
    result = RequestCode(username="nobody@example.com").submit()
    assert result.outcome is Outcome.CONFIRMED
    assert "does not look like a real one" in result.meaning


def test_it_never_asks_twice_in_a_row(sandbox):
    RequestCode().submit()
    result = RequestCode().submit()
    assert (result.outcome, result.exit_code) == (Outcome.NOT_SENT, 5)
    assert result.next_runbook.name == "confirm-reset"
    again = RequestCode(again="yes").submit()
    assert again.outcome is Outcome.NOT_SENT
    assert requests(sandbox) == 1


def test_the_plan_of_a_request_that_comes_too_soon_says_so(sandbox):
    RequestCode().submit()
    run = RequestCode(user_pool_id=DEFAULT_POOL_ID)
    plan = run.plan()
    assert "Not sent: a code was requested here not long ago." in repr(plan)
    assert plan.changes == ()
    assert "AdminGetUser" not in sandbox.counts()["calls"]
    assert run.submit().headline in repr(plan)


def test_the_record_says_when_the_last_code_was_requested(sandbox):
    RequestCode().submit()
    run = RequestCode()
    run.submit()
    assert run.record.meaning.startswith("The last one was requested at 09:00:00 UTC.")


def test_a_password_that_is_taken_away_already_is_not_said_to_work(sandbox):
    sandbox.set_status("diego@example.com", "RESET_REQUIRED")
    run = RequestCode(user_pool_id=DEFAULT_POOL_ID)
    assert (
        "Password of diego@example.com",
        "taken away already",
        "taken away already until the code is confirmed",
    ) in run.plan().changes
    assert "old password works" not in run.submit().meaning


def test_after_a_minute_it_asks_again_when_it_is_told_that_no_message_came(sandbox):
    RequestCode().submit()
    sandbox.advance(61)
    assert RequestCode().submit().outcome is Outcome.NOT_SENT
    result = RequestCode(again="yes").submit()
    assert result.outcome is Outcome.CONFIRMED
    assert "Requested here in the last hour: 2." in result.notes[-1]


def test_an_hour_later_it_asks_without_being_told(sandbox):
    RequestCode().submit()
    sandbox.advance(3601)
    assert RequestCode().submit().outcome is Outcome.CONFIRMED


def test_another_user_may_have_a_code_at_once(client, sandbox):
    RequestCode().submit()
    client.admin_create_user(
        UserPoolId=DEFAULT_POOL_ID,
        Username="maria",
        MessageAction="SUPPRESS",
        UserAttributes=[
            {"Name": "email", "Value": "maria@example.com"},
            {"Name": "email_verified", "Value": "true"},
        ],
    )
    client.admin_set_user_password(
        UserPoolId=DEFAULT_POOL_ID, Username="maria", Password="First-Password-1", Permanent=True
    )
    assert RequestCode(username="maria").submit().outcome is Outcome.CONFIRMED


def test_the_attempt_limit_is_remembered_for_an_hour(sandbox):
    for _ in range(5):
        RequestCode(again="yes").submit()
        sandbox.advance(61)
    limited = RequestCode(again="yes").submit()
    assert (limited.outcome, limited.exit_code) == (Outcome.REFUSED, 5)
    assert "Stop all tries for up to an hour" in limited.next
    assert limited.next_runbook is None
    sandbox.advance(61)
    stopped = RequestCode(again="yes").submit()
    assert (stopped.outcome, stopped.exit_code) == (Outcome.NOT_SENT, 5)
    assert requests(sandbox) == 6


@pytest.mark.parametrize("fault", ["drop-after-commit", "500-after-commit", "500-before-commit"])
def test_a_lost_answer_is_unknown_and_counts_as_asked(fault, sandbox):
    sandbox.fault("ForgotPassword", fault)
    result = RequestCode().submit()
    assert (result.outcome, result.exit_code) == (Outcome.UNKNOWN, 8)
    assert "look for a new message" in result.next
    assert RequestCode().submit().outcome is Outcome.NOT_SENT
    assert requests(sandbox) == 1


def test_a_throttled_request_may_be_made_again_at_once(sandbox):
    sandbox.fault("ForgotPassword", "throttle-before-commit")
    assert RequestCode().submit().exit_code == 5


def test_with_the_pool_no_try_is_spent_where_no_code_can_arrive(client, sandbox):
    client.admin_update_user_attributes(
        **POOL, UserAttributes=[{"Name": "email_verified", "Value": "false"}]
    )
    run = RequestCode(user_pool_id=DEFAULT_POOL_ID)
    plan = run.plan()
    assert "What blocks it" in repr(plan)
    assert plan.changes == ()
    result = run.submit()
    assert (result.outcome, result.exit_code) == (Outcome.NOT_SENT, 6)
    assert result.next_runbook.name == "fix-contact"
    assert result.next_runbook.parameters == {
        "user_pool_id": DEFAULT_POOL_ID,
        "username": "diego@example.com",
    }
    assert requests(sandbox) == 0


@pytest.mark.parametrize("operation", ["AdminGetUser", "DescribeUserPool"])
def test_where_reading_fails_the_request_is_made_all_the_same_and_says_so(operation, sandbox):
    sandbox.fault(operation, "throttle-before-commit")
    result = RequestCode(user_pool_id=DEFAULT_POOL_ID).submit()
    assert result.outcome is Outcome.CONFIRMED
    assert "could not be read beforehand" in result.notes[0]


def test_an_unknown_user_leads_to_diagnosis(sandbox):
    result = RequestCode(username="nobody@example.com").submit()
    assert (result.outcome, result.next_runbook.name) == (Outcome.REFUSED, "diagnose-user")
