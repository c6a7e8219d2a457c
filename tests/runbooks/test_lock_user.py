"""The runbooks lock-user and unlock-user: nobody gets in, and later only the user does."""

import pytest

from helpers.cognito.errors import BadParameters
from helpers.form.interactive import InteractiveRun
from helpers.run.record import Outcome
from helpers.runbooks import RUNBOOKS
from helpers.runbooks.diagnosis.diagnose_user import DiagnoseUser
from helpers.runbooks.lock_user import LockUser
from helpers.runbooks.unlock_user import UnlockUser
from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_PASSWORD, DEFAULT_POOL_ID, plant_case
from helpers.target import Target

USER = "diego@example.com"
LOCKED = "disabled@example.com"
POOL = {"UserPoolId": DEFAULT_POOL_ID, "Username": USER}
TAKEN_OVER = "someone hacked my account and changed my email address"


@pytest.fixture
def client(sandbox):
    return Target().client(signed=True)


@pytest.fixture
def tokens(client):
    return sign_in(client)


def sign_in(client, username=USER):
    answer = client.initiate_auth(
        ClientId=DEFAULT_CLIENT_ID,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": username, "PASSWORD": DEFAULT_PASSWORD},
    )
    return answer["AuthenticationResult"]


def gets_in(client, tokens):
    """Whether anything of an intruder's still works: the password, or one of the tokens."""
    ways = (
        lambda: sign_in(client),
        lambda: client.get_user(AccessToken=tokens["AccessToken"]),
        lambda: client.initiate_auth(
            ClientId=DEFAULT_CLIENT_ID,
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]},
        ),
    )
    found = []
    for number, way in enumerate(ways):
        try:
            way()
        except client.exceptions.NotAuthorizedException:
            continue
        found.append(("password", "access token", "refresh token")[number])
    return found


def lock(**more):
    return LockUser(**{"interactive": "no", **more})


def unlock(**more):
    return UnlockUser(**{"interactive": "no", **more})


# --- lock-user ---


def test_nobody_gets_in_any_more_by_any_way(client, tokens):
    assert gets_in(client, tokens) == ["password", "access token", "refresh token"]
    result = lock().submit()
    assert (result.outcome, result.exit_code) == (Outcome.CONFIRMED, 0)
    assert gets_in(client, tokens) == []
    assert "Read again, the user is disabled; before it was enabled." in result.proof
    assert [step.name for step in result.steps] == [
        "AdminGetUser",
        "AdminDisableUser",
        "AdminGetUser",
        "AdminUserGlobalSignOut",
    ]


def test_unlocked_again_nothing_of_before_works_but_the_password(client, tokens):
    lock().submit()
    client.admin_enable_user(**POOL)
    assert gets_in(client, tokens) == ["password"]


def test_what_is_to_be_sent_to_the_user_is_ready_and_not_by_cognito(client, sandbox):
    result = lock().submit()
    assert "our support locked your account" in result.afterwards
    assert "We never ask for your password or for a code." in result.afterwards
    assert result.afterwards in repr(result.card())
    assert sandbox.mailbox(USER) == []


def test_the_plan_says_what_ends_what_goes_on_and_when_to_hand_over(client):
    plan = repr(lock().plan())
    assert "Access tokens, at Cognito's own API: now work; after: are refused for good" in plan
    assert "lets them in until they run out" in plan
    assert "hand over to the person who answers for the security of the pool" in plan


def test_an_account_that_is_locked_already_is_signed_out_all_the_same(client, tokens):
    client.admin_disable_user(**POOL)
    result = lock().submit()
    assert result.outcome is Outcome.CONFIRMED
    assert "before it was disabled too" in result.proof
    client.admin_enable_user(**POOL)
    assert gets_in(client, tokens) == ["password"]


@pytest.mark.parametrize("fault", ["drop-after-commit", "500-after-commit"])
def test_a_lost_answer_to_the_lock_is_settled_by_reading_and_it_goes_on(
    fault, client, tokens, sandbox
):
    sandbox.fault("AdminDisableUser", fault)
    result = lock().submit()
    assert (result.outcome, result.exit_code) == (Outcome.CONFIRMED, 0)
    client.admin_enable_user(**POOL)
    assert gets_in(client, tokens) == ["password"]


def test_a_lock_that_was_not_made_is_unknown_and_signs_nobody_out(client, tokens, sandbox):
    sandbox.fault("AdminDisableUser", "500-before-commit")
    result = lock().submit()
    assert (result.outcome, result.exit_code) == (Outcome.UNKNOWN, 8)
    assert "AdminUserGlobalSignOut" not in sandbox.counts()["calls"]


@pytest.mark.parametrize("fault", ["drop-after-commit", "throttle-before-commit"])
def test_where_the_sessions_may_go_on_it_is_not_done_and_that_comes_next(fault, client, sandbox):
    sandbox.fault("AdminUserGlobalSignOut", fault)
    result = lock().submit()
    assert (result.outcome, result.exit_code) == (Outcome.UNKNOWN, 8)
    assert result.headline.startswith("Locked, but the sessions")
    assert result.next_runbook.name == "sign-out-everywhere"
    assert "the user is disabled" in " ".join(result.notes)


def test_on_a_real_pool_it_takes_a_proof_of_identity():
    with pytest.raises(BadParameters) as caught:
        lock(target="aws")
    assert [problem.field for problem in caught.value.problems] == ["proof_of_identity"]


# --- unlock-user ---


def test_an_account_is_opened_again(client, sandbox):
    run = unlock()
    run.practice()
    result = run.submit()
    assert (result.outcome, result.exit_code) == (Outcome.CONFIRMED, 0)
    assert result.proof == "Read again, the user is enabled; before it was disabled."
    assert sign_in(client, LOCKED)
    assert "unlocked your account" in result.afterwards


def test_the_plan_warns_of_what_an_intruder_may_have_left(client, sandbox):
    run = unlock()
    run.practice()
    changes = {what: after for what, _, after in run.plan().changes}
    assert changes["Password"] == "as it is: anyone who knows it signs in"
    assert "an intruder's stays until it is taken away" in changes["Second factors"]


def test_an_account_that_is_open_needs_nothing_and_nothing_is_sent(client, sandbox):
    result = unlock(username=USER, confirm_username=USER).submit()
    assert (result.outcome, result.next_runbook.name) == (Outcome.CONFIRMED, "diagnose-user")
    assert result.headline.startswith("Nothing to do")
    assert "AdminEnableUser" not in sandbox.counts()["calls"]


@pytest.mark.parametrize("fault", ["drop-after-commit", "500-after-commit"])
def test_a_lost_answer_is_settled_by_reading(fault, client, sandbox):
    run = unlock()
    run.practice()
    sandbox.fault("AdminEnableUser", fault)
    assert run.submit().outcome is Outcome.CONFIRMED


def test_on_a_real_pool_the_cause_has_to_be_settled_and_the_identity_proved():
    with pytest.raises(BadParameters) as caught:
        unlock(target="aws", username=USER, confirm_username=USER)
    assert {p.field for p in caught.value.problems} == {"proof_of_identity", "settled"}
    proved = {"proof_of_identity": "called back", "settled": "yes"}
    assert unlock(target="aws", username=USER, confirm_username=USER, **proved).parameters


def test_in_the_form_nothing_says_beforehand_that_the_cause_is_settled(sandbox):
    shown = InteractiveRun(UnlockUser(interactive="yes", settled="yes"))
    values = {field["name"]: field["value"] for field in shown.form.fields}
    assert values["settled"] == "no"


# --- one case: an account that was taken over ---


def go_on(result, **more):
    """Run what a result leads to, with the gate opened by hand."""
    following = result.next_runbook
    entry, given = RUNBOOKS[following.name], dict(following.parameters)
    gate = {}
    if "confirm_username" in entry.parameters.model_fields:
        gate = {"confirm_username": given["username"]}
    return entry.runs(**{**given, **gate, "interactive": "no", **more}).submit()


def test_an_account_that_was_taken_over_is_contained_first_and_opened_last(client, sandbox):
    case = plant_case(sandbox, "no-verified-contact")  # the intruder has put another contact there
    found = DiagnoseUser(interactive="no", username=case.username, symptom=TAKEN_OVER).submit()
    assert found.verdict.problem == "account-takeover"
    assert found.next_runbook.name == "lock-user"
    locked = go_on(found)
    assert (locked.outcome, locked.next_runbook.name) == (Outcome.CONFIRMED, "diagnose-user")
    looked = go_on(locked)
    assert looked.verdict.problem == "account-takeover"
    assert looked.headline.startswith("The account is locked")
    assert looked.next_runbook.name == "fix-contact"
    fixed = go_on(looked, contact_said=case.username)
    assert (fixed.outcome, fixed.next_runbook.name) == (Outcome.CONFIRMED, "set-password")
    handed = go_on(fixed, client_id="")
    assert (handed.outcome, handed.next_runbook.name) == (Outcome.CONFIRMED, "unlock-user")
    opened = go_on(handed)
    assert (opened.outcome, opened.next_runbook) == (Outcome.CONFIRMED, None)
    assert "tell the user at every contact" in opened.next
    user = client.admin_get_user(UserPoolId=DEFAULT_POOL_ID, Username=case.username)
    assert (user["Enabled"], user["UserStatus"]) == (True, "FORCE_CHANGE_PASSWORD")
    assert sandbox.mailbox(case.username) == [], "no code went to a contact on the way"
