"""The runbook resend-invitation: a new temporary password, by a medium that reaches the user."""

import pytest

from helpers.run.record import Outcome
from helpers.runbooks.resend_invitation import ResendInvitation
from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_PASSWORD, DEFAULT_POOL_ID, plant_case
from helpers.target import Target

USER = "temporary-password@example.com"
POOL = {"UserPoolId": DEFAULT_POOL_ID, "Username": USER}


@pytest.fixture
def client(sandbox):
    plant_case(sandbox, "temporary-password")
    return Target().client(signed=True)


def made(**more):
    return ResendInvitation(**{"interactive": "no", **more})


def signs_in(client, password):
    try:
        answer = client.initiate_auth(
            ClientId=DEFAULT_CLIENT_ID,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": USER, "PASSWORD": password},
        )
    except client.exceptions.NotAuthorizedException:
        return False
    return answer["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


def change(client, **values):
    listed = [{"Name": name, "Value": value} for name, value in values.items()]
    client.admin_update_user_attributes(**POOL, UserAttributes=listed)


def test_a_new_temporary_password_comes_by_mail_and_the_one_before_ends(client, sandbox):
    assert signs_in(client, DEFAULT_PASSWORD)
    sandbox.advance(60)
    result = made().submit()
    assert (result.outcome, result.exit_code) == (Outcome.CONFIRMED, 0)
    (message,) = sandbox.mailbox(USER)
    assert (message["medium"], message["destination"]) == ("EMAIL", USER)
    assert not signs_in(client, DEFAULT_PASSWORD)
    assert signs_in(client, message["code"])
    assert "the account was changed just now" in result.proof
    assert "good for 7 days" in result.meaning


def test_the_plan_says_where_it_goes_and_what_ends(client):
    changes = {what: after for what, _, after in made().plan().changes}
    assert changes["Message"] == "by e-mail to t***@e***"
    assert changes["Temporary password"] == "a new one, good for 7 days"


def test_an_invitation_that_has_run_out_is_good_again(client, sandbox):
    sandbox.advance(8 * 86_400)
    assert not signs_in(client, DEFAULT_PASSWORD)
    made().submit()
    assert signs_in(client, sandbox.mailbox(USER)[-1]["code"])


def test_by_text_message_it_goes_to_the_phone(client, sandbox):
    change(client, phone_number="+15551230100")
    result = made(medium="SMS").submit()
    assert "+*******0100 by text message" in result.headline
    assert sandbox.mailbox(USER)[-1]["medium"] == "SMS"


def test_a_medium_that_would_reach_nobody_is_not_used_and_the_other_one_comes_next(client, sandbox):
    result = made(medium="SMS").submit()
    assert (result.outcome, result.exit_code) == (Outcome.NOT_SENT, 6)
    assert result.next_runbook.name == "resend-invitation"
    again = made(**result.next_runbook.parameters, confirm_username=USER).submit()
    assert again.outcome is Outcome.CONFIRMED
    assert sandbox.counts()["calls"]["AdminCreateUser"] == {USER: 1}


def test_a_user_without_any_contact_gets_a_password_in_another_way(client):
    change(client, email="")
    assert made().submit().next_runbook.name == "set-password"


@pytest.mark.parametrize("status", ["CONFIRMED", "RESET_REQUIRED", "UNCONFIRMED"])
def test_a_user_without_an_invitation_is_not_invited_again(status, client, sandbox):
    sandbox.set_status(USER, status)
    run = made()
    assert "no invitation to send again" in repr(run.plan())
    result = run.submit()
    assert (result.outcome, result.exit_code) == (Outcome.NOT_SENT, 6)
    assert status in result.happened
    assert "AdminCreateUser" not in sandbox.counts()["calls"]


def test_a_disabled_user_is_not_invited_again(client, sandbox):
    client.admin_disable_user(**POOL)
    result = made().submit()
    assert (result.outcome, result.next_runbook.name) == (Outcome.NOT_SENT, "unlock-user")


def test_after_a_lost_answer_the_date_of_change_is_evidence(client, sandbox):
    sandbox.advance(60)
    sandbox.fault("AdminCreateUser", "drop-after-commit")
    assert made().submit().outcome is Outcome.CONFIRMED


def test_after_a_lost_answer_without_a_change_the_users_mailbox_decides(client, sandbox):
    sandbox.fault("AdminCreateUser", "500-before-commit")
    result = made().submit()
    assert (result.outcome, result.exit_code) == (Outcome.UNKNOWN, 8)
    assert "look for a new invitation" in result.next
