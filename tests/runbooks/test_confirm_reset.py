"""The runbook confirm-reset: every way in which it can end, told truly."""

import json

import pytest

from helpers.cognito import actions
from helpers.cognito.errors import BadParameters
from helpers.form.interactive import InteractiveRun
from helpers.run.record import MIME, Outcome, Record
from helpers.run.result import NotDone
from helpers.runbooks.confirm_reset import ConfirmReset, clean_code
from helpers.sandbox import DEFAULT_PASSWORD, DEFAULT_POOL_ID, DEFAULT_USERNAME
from helpers.secrets.secret import Secret
from helpers.target import Target
from tests.authenticators import register

CLIENT = "3n4b5urk1ft4fl3mg5e62d9ado"
DIEGO = {"client_id": CLIENT, "username": "diego@example.com"}
NEW = "Brand-new-1-password"


@pytest.fixture
def client(sandbox):
    return Target().client()


@pytest.fixture
def code(client, sandbox, monkeypatch):
    """A live code, in the environment as RESET_CODE beside the password RESET_PASSWORD."""
    actions.request_code(client, **DIEGO)
    digits = sandbox.mailbox()[-1]["code"]
    monkeypatch.setenv("RESET_CODE", digits)
    monkeypatch.setenv("RESET_PASSWORD", NEW)
    return digits


def new_run(**changes):
    return ConfirmReset(
        **{"code": "env:RESET_CODE", "new_password": "env:RESET_PASSWORD", **changes}
    )


def signs_in(client, password):
    try:
        return bool(actions.sign_in(client, **DIEGO, password=Secret(password)))
    except reset_errors():
        return False


def reset_errors():
    from helpers.cognito.errors import ResetError

    return ResetError


# --- the plan ---


def test_before_it_acts_it_says_where_it_is_and_what_it_will_do(code, sandbox):
    run = new_run()
    assert "the sandbox" in repr(run.where())
    plan = repr(run.plan())
    for words in (
        "ConfirmForgotPassword (ClientId, Username, ConfirmationCode, Password)",
        "Cannot be undone",
        "env:RESET_CODE",
        "at least 8 characters",
    ):
        assert words in plan
    assert code not in plan + repr(run.where())
    assert NEW not in plan


def test_it_says_whose_credentials_read_the_policy(code):
    assert "no AWS credentials" in new_run().as_whom()
    assert "the sandbox asks for no credentials" in new_run(user_pool_id=DEFAULT_POOL_ID).as_whom()
    assert (
        "your AWS credentials for reading the password policy"
        in new_run(
            target="aws", client_id="1example23456789", user_pool_id=DEFAULT_POOL_ID
        ).as_whom()
    )


def test_the_plan_sends_nothing(code, sandbox, client):
    run = new_run()
    run.where(), run.plan()
    assert run.result is None
    assert signs_in(client, DEFAULT_PASSWORD)


def test_with_a_user_pool_id_the_plan_reads_the_pools_own_policy(client, code):
    client.update_user_pool(
        UserPoolId=DEFAULT_POOL_ID, Policies={"PasswordPolicy": {"MinimumLength": 30}}
    )
    run = new_run(user_pool_id=DEFAULT_POOL_ID)
    assert "at least 30 characters" in repr(run.plan())
    result = run.submit()
    assert result.outcome is Outcome.NOT_SENT
    assert [str(p) for p in result.problems] == ["new_password: needs at least 30 characters."]


def test_a_policy_that_cannot_be_read_is_said_and_cognito_decides(code):
    run = new_run(user_pool_id="us-east-1_Unknown")
    assert "could not be read" in repr(run.plan())
    assert run.submit().outcome is Outcome.CONFIRMED


# --- practice ---


def test_in_the_sandbox_it_can_be_the_user_who_asks_for_a_code(sandbox):
    run = ConfirmReset()
    assert "d***@e***" in repr(run.practice())
    assert run.submit().outcome is Outcome.CONFIRMED


def test_the_mailbox_is_asked_by_whatever_name_the_code_was_requested_with(sandbox, client):
    user = client.admin_get_user(UserPoolId=DEFAULT_POOL_ID, Username="diego@example.com")
    sub = next(one["Value"] for one in user["UserAttributes"] if one["Name"] == "sub")
    run = ConfirmReset(username=sub)
    run.practice()
    assert run.submit().outcome is Outcome.CONFIRMED


def test_it_never_replaces_a_code_that_is_waiting(sandbox, client, code):
    assert "waiting" in repr(ConfirmReset().practice())
    assert len(sandbox.mailbox()) == 1


def test_a_used_code_is_not_taken_for_a_waiting_one(sandbox):
    for _ in range(2):
        run = ConfirmReset()
        run.practice()
        assert run.submit().outcome is Outcome.CONFIRMED
    assert len(sandbox.mailbox()) == 2


def test_elsewhere_it_requests_nothing(monkeypatch):
    monkeypatch.setenv("RESET_CODE", "123456")
    monkeypatch.setenv("RESET_PASSWORD", NEW)
    assert "nothing is sent" in repr(new_run(target="aws", client_id="1example23456789").practice())


# --- how it ends ---


def test_confirmed_is_proved_by_one_sign_in_and_the_old_password_is_gone(code, client):
    result = new_run().submit()
    assert (result.outcome, result.exit_code) == (Outcome.CONFIRMED, 0)
    assert (
        result.proof == "One sign-in with the new password worked; its tokens were dropped at once."
    )
    assert [step.name for step in result.steps] == ["ConfirmForgotPassword", "InitiateAuth"]
    assert signs_in(client, NEW)
    assert not signs_in(client, DEFAULT_PASSWORD)


def test_a_challenge_counts_as_proof(code, client, sandbox):
    client.set_user_pool_mfa_config(
        UserPoolId=DEFAULT_POOL_ID,
        MfaConfiguration="OPTIONAL",
        SoftwareTokenMfaConfiguration={"Enabled": True},
    )
    register(sandbox, "diego@example.com")
    client.admin_set_user_mfa_preference(
        UserPoolId=DEFAULT_POOL_ID,
        Username="diego@example.com",
        SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True},
    )
    result = new_run().submit()
    assert result.outcome is Outcome.CONFIRMED
    assert "SOFTWARE_TOKEN_MFA" in result.proof


def test_where_the_app_client_allows_no_password_sign_in_cognitos_answer_is_the_proof(code, client):
    client.update_user_pool_client(
        UserPoolId=DEFAULT_POOL_ID,
        ClientId=CLIENT,
        ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    )
    result = new_run().submit()
    assert (result.outcome, result.exit_code) == (Outcome.CONFIRMED, 0)
    assert result.proof == "Cognito's own answer to the change."
    assert "does not allow this way to sign in" in result.notes[0]


def test_a_user_whose_sign_in_is_locked_is_told_to_wait(code, client):
    for _ in range(7):
        signs_in(client, "wrong-Password-1")
    result = new_run().submit()
    assert result.outcome is Outcome.CONFIRMED
    assert "don't sign in for 15 minutes" in result.say


def test_a_proof_that_is_throttled_makes_nobody_wait(code, sandbox):
    sandbox.fault("InitiateAuth", "throttle-before-commit")
    result = new_run().submit()
    assert (result.outcome, result.proof) == (
        Outcome.CONFIRMED,
        "Cognito's own answer to the change.",
    )
    assert "15" not in result.say + result.next


def test_a_sign_in_that_contradicts_cognitos_yes_is_unknown_and_leads_to_diagnosis(
    code, client, sandbox
):
    def set_back(event):
        client.admin_set_user_password(
            UserPoolId=DEFAULT_POOL_ID,
            Username="diego@example.com",
            Password="Set-back-1-password",
            Permanent=True,
        )
        return event

    client.update_user_pool(
        UserPoolId=DEFAULT_POOL_ID,
        LambdaConfig={"PostConfirmation": "arn:aws:lambda:us-east-1:123456789012:function:f"},
    )
    sandbox.on("PostConfirmation", set_back)
    result = new_run().submit()
    assert (result.outcome, result.exit_code) == (Outcome.UNKNOWN, 8)
    assert result.next_runbook.name == "diagnose-user"


@pytest.mark.parametrize(
    ("spoil", "exit_code", "says", "next_step", "again"),
    [
        pytest.param(
            "wrong",
            3,
            "Invalid verification code provided, please try again.",
            "newest message",
            "the same code",
            id="wrong-code",
        ),
        pytest.param(
            "expired",
            3,
            "Invalid code provided, please request a code again.",
            "one new code",
            "a new code",
            id="expired-code",
        ),
        pytest.param(
            "used",
            3,
            "Invalid code provided, please request a code again.",
            "one new code",
            "a new code",
            id="used-code",
        ),
        pytest.param(
            "weak",
            4,
            "Password does not conform to policy: Password not long enough",
            "the same code",
            "the same code",
            id="weak-password",
        ),
        pytest.param(
            "limit",
            5,
            "Attempt limit exceeded, please try after some time.",
            "Stop all tries",
            "later",
            id="attempt-limit",
        ),
        pytest.param(
            "unknown-user",
            6,
            "Username/client id combination not found.",
            "Check spelling",
            "nothing",
            id="unknown-user",
        ),
        pytest.param(
            "unknown-client",
            6,
            "does not exist",
            "Check the client id",
            "nothing",
            id="unknown-client",
        ),
        pytest.param("throttled", 5, "", "Wait a few seconds", "later", id="throttled"),
    ],
)
def test_a_refusal_says_why_and_what_to_do_next(
    spoil, exit_code, says, next_step, again, code, client, sandbox, monkeypatch
):
    changes = {}
    if spoil in ("wrong", "limit"):
        monkeypatch.setenv("RESET_CODE", "000000" if code != "000000" else "111111")
    if spoil == "limit":
        for _ in range(5):
            new_run().submit()
    if spoil == "expired":
        sandbox.advance(3601)
    if spoil == "used":
        new_run().submit()
        monkeypatch.setenv("RESET_PASSWORD", "Another-new-1-password")
    if spoil == "weak":
        monkeypatch.setenv("RESET_PASSWORD", "Weak-1")
    if spoil == "unknown-user":
        changes["username"] = "nobody@example.com"
    if spoil == "unknown-client":
        changes["client_id"] = "0unknown0client0id0000000"
    if spoil == "throttled":
        sandbox.fault("ConfirmForgotPassword", "throttle-before-commit")
    run = new_run(**changes)
    result = run.submit()
    assert (result.outcome, result.exit_code) == (Outcome.REFUSED, exit_code)
    assert says in result.happened
    assert next_step in result.next
    assert again in result.notes[-1]
    assert result.say
    with pytest.raises(NotDone) as caught:
        run.prove()
    assert caught.value.exit_code == exit_code
    assert caught.value.next == result.next


def test_after_a_weak_password_the_same_run_goes_on_with_the_same_code(code, monkeypatch):
    run = new_run()
    monkeypatch.setenv("RESET_PASSWORD", "Weak-1")
    assert run.submit().exit_code == 4
    monkeypatch.setenv("RESET_PASSWORD", NEW)
    assert run.submit().outcome is Outcome.CONFIRMED


def test_a_code_that_an_earlier_run_has_used_for_this_very_password_leaves_nothing_to_do(code):
    new_run().submit()
    result = new_run().submit()
    assert (result.outcome, result.exit_code) == (Outcome.REFUSED, 3)
    assert "signs in already" in result.notes[0]
    assert result.next == "Nothing: the password is the one that was asked for."


# --- the answer is lost ---

LOST = ["drop-after-commit", "delay-after-commit", "500-after-commit"]


@pytest.mark.parametrize("fault", LOST)
def test_an_answer_lost_after_the_commit_is_confirmed_and_proved_by_sign_in(
    fault, code, client, sandbox
):
    sandbox.settings(delay_seconds=60)
    sandbox.fault("ConfirmForgotPassword", fault)
    result = new_run().submit()
    assert (result.outcome, result.exit_code) == (Outcome.CONFIRMED, 0)
    assert "The answer was lost, but the change was made." in result.happened
    assert result.proof.startswith("One sign-in")
    assert [step.status for step in result.steps] == ["no_answer", "done"]
    assert signs_in(client, NEW)


def test_an_answer_lost_before_the_commit_is_unknown_and_never_a_refusal(code, client, sandbox):
    sandbox.fault("ConfirmForgotPassword", "500-before-commit")
    result = new_run().submit()
    assert (result.outcome, result.exit_code) == (Outcome.UNKNOWN, 8)
    assert "most likely not changed" in result.notes[0]
    assert "run this again with the same code" in result.next
    assert "try to sign in" not in result.say
    assert new_run().submit().outcome is Outcome.CONFIRMED
    assert not signs_in(client, DEFAULT_PASSWORD)


def test_a_sign_in_that_was_tried_already_is_not_asked_for_once_more(code, client, sandbox):
    sandbox.advance(3601)
    result = new_run().submit()
    assert [step.name for step in result.steps] == ["ConfirmForgotPassword", "InitiateAuth"]
    assert "try one sign-in" not in result.next.lower()
    assert "request one new code" in result.next


def test_an_answer_lost_before_the_commit_leaves_the_old_password(code, client, sandbox):
    sandbox.fault("ConfirmForgotPassword", "500-before-commit")
    new_run().submit()
    assert signs_in(client, DEFAULT_PASSWORD)


@pytest.mark.parametrize("fault", LOST)
def test_where_sign_in_is_not_allowed_a_lost_answer_stays_unknown(fault, code, client, sandbox):
    client.update_user_pool_client(
        UserPoolId=DEFAULT_POOL_ID,
        ClientId=CLIENT,
        ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    )
    sandbox.settings(delay_seconds=60)
    sandbox.fault("ConfirmForgotPassword", fault)
    result = new_run().submit()
    assert (result.outcome, result.exit_code) == (Outcome.UNKNOWN, 8)
    assert "sign-in" in result.next


def test_an_expired_code_after_a_lost_answer_is_settled_too(code, client, sandbox):
    sandbox.fault("ConfirmForgotPassword", "drop-after-commit")
    sandbox.fault("InitiateAuth", "throttle-before-commit")
    run = new_run()
    assert run.submit().outcome is Outcome.UNKNOWN
    second = run.submit()
    assert second.outcome is Outcome.CONFIRMED
    assert second.steps[0].error == "ExpiredCodeException"


def test_a_trigger_that_fails_after_the_change_is_settled_by_sign_in(code, client, sandbox):
    def broken(event):
        raise RuntimeError("the welcome mail failed")

    client.update_user_pool(
        UserPoolId=DEFAULT_POOL_ID,
        LambdaConfig={"PostConfirmation": "arn:aws:lambda:us-east-1:123456789012:function:f"},
    )
    sandbox.on("PostConfirmation", broken)
    result = new_run().submit()
    assert result.outcome is Outcome.CONFIRMED
    assert "PostConfirmation failed with error" in result.happened


def test_an_endpoint_that_nobody_answers_at_is_not_sent(monkeypatch):
    monkeypatch.setenv("RESET_CODE", "123456")
    monkeypatch.setenv("RESET_PASSWORD", NEW)
    result = new_run(target="http://127.0.0.1:9").submit()
    assert (result.outcome, result.exit_code) == (Outcome.NOT_SENT, 7)
    assert "nothing has changed" in result.meaning


# --- bad input ---


def test_without_a_person_bad_parameters_are_all_told_before_anything_is_done(sandbox):
    with pytest.raises(BadParameters) as caught:
        ConfirmReset(username=15551234567, code=12345, region="nowhere")
    assert [problem.field for problem in caught.value.problems] == ["region", "username", "code"]
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("code_value", "password", "fields"),
    [
        ("12345", NEW, ["code"]),
        ("12345a", NEW, ["code"]),
        ("1234567", " leading", ["code", "new_password"]),
        ("٣٣٣٣٣", "a" * 257, ["code", "new_password"]),
    ],
    ids=["short", "letter", "both", "too-long"],
)
def test_what_no_pool_can_take_is_not_sent_and_spends_no_try(
    code_value, password, fields, code, sandbox, monkeypatch
):
    monkeypatch.setenv("RESET_CODE", code_value)
    monkeypatch.setenv("RESET_PASSWORD", password)
    result = new_run().submit()
    assert (result.outcome, result.exit_code) == (Outcome.NOT_SENT, 2)
    assert [problem.field for problem in result.problems] == fields
    assert result.steps == ()
    shown = repr(result.card()) + repr(result)
    assert password not in shown
    assert code_value not in shown


@pytest.mark.parametrize(
    "paste",
    ["{a} {b}", " {a}{b}\n", "{a}-{b}", "\u200b{a}\u00a0{b}\ufeff", "{a}\u2011{b}"],
    ids=["space", "line-end", "hyphen", "invisible", "non-breaking-hyphen"],
)
def test_what_came_along_with_a_pasted_code_is_removed_and_this_is_shown(paste, code, monkeypatch):
    monkeypatch.setenv("RESET_CODE", paste.format(a=code[:3], b=code[3:]))
    result = new_run().submit()
    assert result.outcome is Outcome.CONFIRMED
    assert "were removed from the code" in result.notes[0]


def test_a_clean_code_is_left_as_it_is():
    cleaned, removed = clean_code(Secret("012345"))
    assert (cleaned.reveal(), removed) == ("012345", 0)


# --- the record ---


def test_the_record_tells_the_run_and_holds_references_alone(code, sandbox):
    run = new_run()
    run.submit()
    data = run.record.to_json()
    assert data["outcome"] == "confirmed"
    assert data["parameters"]["code"] == "env:RESET_CODE"
    assert data["steps"][0]["request_id"] == run.result.request_id
    assert data["started_at"].startswith(sandbox.now().date().isoformat())
    assert code not in json.dumps(data)
    assert NEW not in json.dumps(data)
    assert Record.model_validate(data)
    assert run.record._repr_mimebundle_()[MIME] == data


def test_a_secret_in_somebodys_message_stops_at_the_record(code, sandbox):
    sandbox.on("PostConfirmation", lambda event: event)
    run = new_run()
    run.submit()
    altered = run.record.model_copy(update={})
    again = Record.model_validate({**altered.to_json(), "meaning": f"the password {NEW} was taken"})
    assert again.meaning == "the password [hidden] was taken"


def test_a_run_that_was_not_sent_has_a_record_too(monkeypatch, code):
    monkeypatch.setenv("RESET_CODE", "1")
    run = new_run()
    run.submit()
    assert (run.record.outcome, run.record.exit_code) == (Outcome.NOT_SENT, 2)


# --- one scenario, once clean and once for each failing call ---


@pytest.mark.parametrize("operation", ["ConfirmForgotPassword", "InitiateAuth"])
@pytest.mark.parametrize("fault", [*LOST, "500-before-commit", "throttle-before-commit"])
def test_whichever_call_fails_the_outcome_is_true(operation, fault, code, client, sandbox):
    sandbox.settings(delay_seconds=60)
    sandbox.fault(operation, fault)
    result = new_run().submit()
    changed = signs_in(client, NEW)
    assert changed or result.outcome is not Outcome.CONFIRMED
    assert not (changed and result.outcome in (Outcome.REFUSED, Outcome.NOT_SENT))


def test_a_code_that_is_too_short_keeps_nothing_from_being_said_of_the_password(sandbox):
    shown = InteractiveRun(ConfirmReset(interactive="yes"))
    press_with = {"username": DEFAULT_USERNAME, "code": "12", "new_password": "planted "}
    shown.form._handle_custom_msg(
        {"kind": "submit", "turn": shown.form.turn, "values": press_with}, []
    )
    assert set(shown.form.errors) == {"code", "new_password"}
