"""The runbook sign-out-everywhere: what it ends, what it does not, and what comes next."""

import pytest

from helpers.form.interactive import InteractiveRun
from helpers.run.record import Outcome
from helpers.runbooks.sign_out_everywhere import SignOutEverywhere
from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_PASSWORD, DEFAULT_POOL_ID
from helpers.target import Target

POOL = {"UserPoolId": DEFAULT_POOL_ID, "Username": "diego@example.com"}


@pytest.fixture
def client(sandbox):
    return Target().client(signed=True)


@pytest.fixture
def tokens(client):
    return sign_in(client)


def sign_in(client):
    answer = client.initiate_auth(
        ClientId=DEFAULT_CLIENT_ID,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": POOL["Username"], "PASSWORD": DEFAULT_PASSWORD},
    )
    return answer["AuthenticationResult"]


def stays_signed_in(client, tokens):
    try:
        client.initiate_auth(
            ClientId=DEFAULT_CLIENT_ID,
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]},
        )
    except client.exceptions.NotAuthorizedException:
        return False
    return True


def made(**more):
    return SignOutEverywhere(**{"interactive": "no", **more})


def test_every_device_is_signed_out_and_cognitos_own_api_takes_no_token_any_more(client, tokens):
    assert stays_signed_in(client, tokens)
    result = made().submit()
    assert (result.outcome, result.exit_code) == (Outcome.CONFIRMED, 0)
    assert not stays_signed_in(client, tokens)
    with pytest.raises(client.exceptions.NotAuthorizedException, match="revoked"):
        client.get_user(AccessToken=tokens["AccessToken"])


def test_what_it_does_not_end_is_said_before_and_after(client):
    run = made()
    plan = repr(run.plan())
    assert (
        "An application that checks tokens by itself: now lets them in; after: lets them in until"
        " they run out" in plan
    )
    assert "remember the browser for an hour from its last use" in plan
    assert "What goes on:" in run.submit().notes[0]


def test_the_password_is_left_alone_and_whoever_knows_it_comes_back_so_that_comes_next(
    client, tokens
):
    result = made().submit()
    assert stays_signed_in(client, sign_in(client))
    # A code would go to a contact that an intruder may read, so the account is contained first.
    assert "contain first: run lock-user" in result.next
    assert result.next_runbook.name == "lock-user"


@pytest.mark.parametrize(
    ("status", "words", "runbook"),
    [
        ("RESET_REQUIRED", "taken away already", "request-code"),
        ("FORCE_CHANGE_PASSWORD", "temporary password", None),
        ("EXTERNAL_PROVIDER", "other provider", None),
        ("UNCONFIRMED", "never finished", "diagnose-user"),
    ],
)
def test_where_the_old_password_is_no_way_in_something_else_comes_next(
    status, words, runbook, client, sandbox
):
    sandbox.set_status(POOL["Username"], status)
    result = made().submit()
    assert words in result.next
    assert (result.next_runbook and result.next_runbook.name) == runbook


def test_a_disabled_user_is_signed_out_too(client, tokens):
    client.admin_disable_user(**POOL)
    result = made().submit()
    assert result.outcome is Outcome.CONFIRMED
    assert "you cannot sign in for now" in result.say
    # Nobody has signed in again meanwhile: look before anything is repaired.
    assert (result.next_runbook.name, "run this again" in result.next) == (
        "diagnose-user",
        False,
    )
    client.admin_enable_user(**POOL)
    assert not stays_signed_in(client, tokens)


@pytest.mark.parametrize("fault", ["drop-after-commit", "500-after-commit", "500-before-commit"])
def test_a_lost_answer_is_unknown_and_running_it_again_settles_it(fault, client, tokens, sandbox):
    sandbox.fault("AdminUserGlobalSignOut", fault)
    result = made().submit()
    assert (result.outcome, result.exit_code, result.proof) == (Outcome.UNKNOWN, 8, "")
    assert "twice does no harm" in result.next
    again = SignOutEverywhere(**result.next_runbook.parameters, interactive="no").submit()
    assert again.outcome is Outcome.CONFIRMED
    assert not stays_signed_in(client, tokens)


def test_pressing_the_button_signs_the_user_out_and_offers_what_comes_next(client, tokens):
    shown = InteractiveRun(SignOutEverywhere(interactive="yes"))
    values = {field["name"]: field["value"] for field in shown.form.fields} | {
        "confirm_username": POOL["Username"]
    }
    shown.form._handle_custom_msg({"kind": "submit", "turn": shown.form.turn, "values": values}, [])
    assert (shown.form.result["outcome"], shown.form.result["next"]) == ("confirmed", "lock-user")
    assert not stays_signed_in(client, tokens)


# --- sessions, where the pool tracks them ---


@pytest.fixture
def tracked(client):
    client.set_user_pool_session_configuration(
        UserPoolId=DEFAULT_POOL_ID,
        UserSessionTracking="ENABLED",
        TokenSession={"MaxPerUser": 20},
    )
    sign_in(client)
    sign_in(client)


def test_where_sessions_are_tracked_reading_them_again_is_the_proof(client, tracked):
    result = made().submit()
    assert result.proof == "Read again, none of the 2 sessions is listed."
    names = [step.name for step in result.steps]
    assert names == [
        "AdminGetUser",
        "AdminListUserSessions",
        "AdminUserGlobalSignOut",
        "AdminListUserSessions",
    ]


def test_where_they_are_not_the_answer_is_the_proof_and_the_result_says_so(client):
    result = made().submit()
    assert result.proof == "Cognito's own answer to the change."
    assert "This pool lists no sessions, so Cognito's answer is all there is." in result.notes


def test_a_tracked_pool_without_a_session_proves_nothing(client, tracked):
    made().submit()
    result = made().submit()
    assert "No session was listed." in result.notes
    assert result.proof == "Cognito's own answer to the change."


def test_a_lost_answer_is_settled_by_the_sessions(client, tracked, sandbox):
    sandbox.fault("AdminUserGlobalSignOut", "drop-after-commit")
    result = made().submit()
    assert (result.outcome, result.exit_code) == (Outcome.CONFIRMED, 0)
    assert "none of the 2 sessions is listed" in result.proof


def test_sessions_that_are_still_listed_are_told(client, tracked, sandbox):
    sandbox.fault("AdminUserGlobalSignOut", "500-before-commit")
    result = made().submit()
    assert result.outcome is Outcome.UNKNOWN
    assert "2 of 2 sessions are still listed" in result.notes[0]
