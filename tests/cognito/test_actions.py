"""The verbs, against the sandbox through its in-process door."""

import base64
import hashlib
import hmac

import pytest

from helpers.cognito import actions, errors, reads
from helpers.cognito.policy import PasswordPolicy
from helpers.sandbox import DEFAULT_POOL_ID
from helpers.secrets.secret import Secret
from helpers.target import Target

CLIENT = "3n4b5urk1ft4fl3mg5e62d9ado"
DIEGO = {"client_id": CLIENT, "username": "diego@example.com"}
NEW = Secret("Brand-new-1-password")


@pytest.fixture
def client(sandbox):
    return Target().client()


@pytest.fixture
def code(client, sandbox):
    actions.request_code(client, **DIEGO)
    return Secret(sandbox.mailbox()[-1]["code"], "code")


@pytest.fixture
def pool():
    return DEFAULT_POOL_ID


def test_a_request_says_where_the_code_went(client):
    delivery = actions.request_code(client, **DIEGO)
    assert (delivery.medium, delivery.destination, delivery.attribute) == (
        "EMAIL",
        "d***@e***",
        "email",
    )
    assert delivery.request_id


def test_confirming_sets_the_password_and_the_sign_in_proves_it(client, code):
    confirmed = actions.confirm(client, **DIEGO, code=code, new_password=NEW)
    assert confirmed.request_id
    assert repr(confirmed).startswith("Confirmed(username='diego@example.com'")
    assert actions.sign_in(client, **DIEGO, password=NEW).challenge == ""


def test_a_sign_in_keeps_no_token(client, code):
    actions.confirm(client, **DIEGO, code=code, new_password=NEW)
    signed_in = actions.sign_in(client, **DIEGO, password=NEW)
    assert set(vars(signed_in)) == {"username", "challenge", "request_id"}


def test_after_a_weak_password_the_same_code_is_still_good(client, code):
    with pytest.raises(errors.PasswordRefused) as caught:
        actions.confirm(client, **DIEGO, code=code, new_password=Secret("weak"))
    assert str(caught.value) == "Password does not conform to policy: Password not long enough"
    assert actions.confirm(client, **DIEGO, code=code, new_password=NEW)


def test_a_code_works_once(client, code):
    actions.confirm(client, **DIEGO, code=code, new_password=NEW)
    with pytest.raises(
        errors.CodeRefused, match="Invalid code provided, please request a code again"
    ):
        actions.confirm(client, **DIEGO, code=code, new_password=NEW)


def test_a_wrong_code_is_told_from_a_spent_one(client, code):
    wrong = Secret("000000" if code.reveal() != "000000" else "111111")
    with pytest.raises(
        errors.CodeRefused, match="Invalid verification code provided, please try again"
    ):
        actions.confirm(client, **DIEGO, code=wrong, new_password=NEW)


def test_a_call_is_made_once_whatever_happens(client, code, sandbox):
    sandbox.fault("ConfirmForgotPassword", "500-before-commit", times=5)
    with pytest.raises(errors.Unsettled):
        actions.confirm(client, **DIEGO, code=code, new_password=NEW)
    sandbox.reset()


def test_the_secret_hash_is_worked_out_over_exactly_the_username_that_is_sent():
    expected = base64.b64encode(
        hmac.new(b"top-secret", b"Diego" + CLIENT.encode(), hashlib.sha256).digest()
    ).decode()
    made = actions.secret_hash("Diego", CLIENT, Secret("top-secret"))
    assert made.reveal() == expected
    assert expected not in repr(made)
    assert actions.secret_hash("diego", CLIENT, Secret("top-secret")) != made


def test_an_app_client_with_a_secret_is_served_with_the_hash_and_refused_without(
    client, sandbox, pool
):
    made = client.create_user_pool_client(
        UserPoolId=pool,
        ClientName="confidential",
        GenerateSecret=True,
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    )["UserPoolClient"]
    whom = {"client_id": made["ClientId"], "username": "diego@example.com"}
    secret = Secret(made["ClientSecret"], "client secret")
    with pytest.raises(errors.NotAllowed, match="SECRET_HASH|secret"):
        actions.request_code(client, **whom)
    with pytest.raises(errors.NotAllowed, match="Unable to verify secret hash for client"):
        actions.request_code(client, **whom, client_secret=Secret("another"))
    actions.request_code(client, **whom, client_secret=secret)
    code = Secret(sandbox.mailbox()[-1]["code"])
    actions.confirm(client, **whom, code=code, new_password=NEW, client_secret=secret)
    assert actions.sign_in(client, **whom, password=NEW, client_secret=secret)


def test_an_administrator_looks_a_user_up(client, pool):
    user = reads.look_up(client, user_pool_id=pool, username="diego@example.com")
    assert (user.status, user.enabled, user.verified) == ("CONFIRMED", True, ("email",))


def test_an_administrator_sets_a_temporary_password_and_the_sign_in_asks_for_another(client, pool):
    done = actions.set_password(
        client, user_pool_id=pool, username="diego@example.com", password=NEW, permanent=False
    )
    assert done.operation == "AdminSetUserPassword"
    assert actions.sign_in(client, **DIEGO, password=NEW).challenge == "NEW_PASSWORD_REQUIRED"


def test_an_administrator_reads_the_password_policy(client):
    made = client.create_user_pool(
        PoolName="strict",
        Policies={"PasswordPolicy": {"MinimumLength": 14, "RequireNumbers": True}},
    )["UserPool"]
    policy = reads.read_pool(client, user_pool_id=made["Id"]).policy
    assert policy == PasswordPolicy(14, False, False, True, False)


def test_an_unknown_user_pool_is_said_to_be_unknown(client):
    with pytest.raises(errors.NotAllowed, match="us-east-1_none does not exist"):
        reads.read_pool(client, user_pool_id="us-east-1_none")
