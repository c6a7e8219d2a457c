"""The runbook reset-second-factor: a lost one is taken away, where that helps."""

import pytest

from helpers.run.record import Outcome
from helpers.runbooks.diagnosis.diagnose_user import DiagnoseUser
from helpers.runbooks.reset_second_factor import ResetSecondFactor
from helpers.sandbox import DEFAULT_PASSWORD, plant_case
from helpers.target import Target


@pytest.fixture
def case(sandbox):
    return plant_case(sandbox, "second-factor-lost")


@pytest.fixture
def client(case):
    return Target().client(signed=True)


def made(**more):
    return ResetSecondFactor(**{"interactive": "no", **more})


def asked_for(client, case):
    answer = client.initiate_auth(
        ClientId=case.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": case.username, "PASSWORD": DEFAULT_PASSWORD},
    )
    return answer.get("ChallengeName", "nothing more")


def add_phone(client, case):
    whom = {"UserPoolId": case.pool_id, "Username": case.username}
    phone = [
        {"Name": "phone_number", "Value": "+15551230100"},
        {"Name": "phone_number_verified", "Value": "true"},
    ]
    client.admin_update_user_attributes(**whom, UserAttributes=phone)
    client.admin_set_user_mfa_preference(**whom, SMSMfaSettings={"Enabled": True})


def require(client, case):
    client.set_user_pool_mfa_config(
        UserPoolId=case.pool_id,
        MfaConfiguration="ON",
        SoftwareTokenMfaConfiguration={"Enabled": True},
    )


def test_the_lost_authenticator_is_asked_for_no_more(client, case):
    assert asked_for(client, case) == "SOFTWARE_TOKEN_MFA"
    result = made().submit()
    assert (result.outcome, result.exit_code) == (Outcome.CONFIRMED, 0)
    assert asked_for(client, case) == "nothing more"
    assert result.proof == (
        "Read again, the account has no second factor; before it had the authenticator app."
    )
    assert "set up a new one at once" in result.say
    assert "took a second step of signing in" in result.afterwards
    assert "Change no contact in the same call." in result.next


def test_the_plan_says_that_the_password_alone_signs_in_until_then(client):
    changes = {what: after for what, _, after in made().plan().changes}
    assert changes["Signing in asks for"] == "the password alone"
    assert changes["Password, contacts, sessions"] == "as they are"


def test_another_factor_stays(client, case):
    add_phone(client, case)
    result = made().submit()
    assert result.outcome is Outcome.CONFIRMED
    assert "the account has the code by text message" in result.proof


def test_where_the_pool_requires_one_the_last_factor_is_not_touched(client, case, sandbox):
    require(client, case)
    run = made()
    assert "the pool requires this factor" in repr(run.plan())
    result = run.submit()
    assert (result.outcome, result.exit_code) == (Outcome.NOT_SENT, 6)
    assert "Users report" in result.happened
    assert "never together with a new contact" in result.next
    assert "AdminSetUserMFAPreference" not in sandbox.counts()["calls"]


def test_where_the_pool_requires_one_and_another_is_left_it_is_done(client, case):
    add_phone(client, case)
    require(client, case)
    assert made().submit().outcome is Outcome.CONFIRMED


def test_a_factor_that_the_account_does_not_have_leads_to_the_one_that_it_has(client, case):
    result = made(factor="EMAIL_OTP").submit()
    assert (result.outcome, result.exit_code) == (Outcome.NOT_SENT, 6)
    assert result.next_runbook.name == "reset-second-factor"
    again = made(**result.next_runbook.parameters, confirm_username=case.username).submit()
    assert again.outcome is Outcome.CONFIRMED


def test_an_account_without_any_factor_is_diagnosed(client, case):
    made().submit()
    assert made().submit().next_runbook.name == "diagnose-user"


@pytest.mark.parametrize("fault", ["drop-after-commit", "500-after-commit"])
def test_a_lost_answer_is_settled_by_reading(fault, client, sandbox):
    sandbox.fault("AdminSetUserMFAPreference", fault)
    assert made().submit().outcome is Outcome.CONFIRMED


def test_an_answer_that_was_lost_before_the_change_is_unknown(client, sandbox):
    sandbox.fault("AdminSetUserMFAPreference", "500-before-commit")
    result = made().submit()
    assert (result.outcome, result.exit_code) == (Outcome.UNKNOWN, 8)


def test_a_yes_that_changed_nothing_is_no_success(client, case, monkeypatch):
    require(client, case)
    monkeypatch.setattr(ResetSecondFactor, "precondition", lambda *_: None)
    result = made().submit()
    assert (result.outcome, result.exit_code) == (Outcome.UNKNOWN, 8)
    assert result.happened == "Read again, the user is as before."


def test_a_diagnosis_leads_here_only_where_the_account_has_a_factor(client, case, sandbox):
    lost = {"interactive": "no", "symptom": case.symptom}
    found = DiagnoseUser(
        **lost, username=case.username, user_pool_id=case.pool_id, client_id=case.client_id
    ).submit()
    assert found.verdict.problem == "second-factor-lost"
    following = found.next_runbook
    assert following.name == "reset-second-factor"
    assert made(**following.parameters, confirm_username=case.username).parameters
    assert DiagnoseUser(**lost, username="").submit().next_runbook.name == "diagnose-user"
