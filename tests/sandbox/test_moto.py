"""Facts that moto has as well: the same test runs against both, so that neither can drift alone."""

import boto3
import pytest

from helpers.sandbox import Sandbox

from .world import NO_CONTACT, PASSWORD, WRONG_STATE, World, client_for

GONE = ("UserNotFoundException", "User does not exist.")


@pytest.fixture(params=["sandbox", "moto"])
def both(request, monkeypatch):
    if request.param == "sandbox":
        box, client = Sandbox.in_memory(), client_for()
        box.attach(client)
        world = World(box, client)
        world.pool()
        yield world
        box.close()
        return
    from moto import mock_aws

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    with mock_aws():
        world = World(None, boto3.client("cognito-idp", region_name="us-east-1"))
        world.pool()
        yield world


def test_an_unknown_user_does_not_exist(both):
    both.refuses(GONE, both.admin, "admin_get_user", Username="nobody")
    both.refuses(GONE, both.admin, "admin_reset_user_password", Username="nobody")


def test_an_unknown_pool_does_not_exist(both):
    both.refuses(
        ("ResourceNotFoundException", "User pool us-east-1_NoSuch123 does not exist."),
        both.api.describe_user_pool,
        UserPoolId="us-east-1_NoSuch123",
    )


def test_a_temporary_password_leads_to_the_challenge(both):
    both.user(confirmed=False)
    answer = both.sign_in()
    assert answer["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    done = both.api.respond_to_auth_challenge(
        ClientId=both.client_id,
        ChallengeName="NEW_PASSWORD_REQUIRED",
        Session=answer["Session"],
        ChallengeResponses={"USERNAME": "ana", "NEW_PASSWORD": PASSWORD},
    )
    assert done["AuthenticationResult"]["AccessToken"]
    assert both.status() == "CONFIRMED"


def test_an_administrators_reset_requires_a_reset(both):
    both.user()
    both.admin("admin_reset_user_password")
    assert both.status() == "RESET_REQUIRED"


def test_an_administrators_reset_needs_a_verified_contact(both):
    both.user(verified=False)
    both.refuses(NO_CONTACT, both.admin, "admin_reset_user_password")


def test_an_administrators_reset_is_refused_in_the_wrong_state(both):
    both.user(confirmed=False)
    both.refuses(WRONG_STATE, both.admin, "admin_reset_user_password")


def test_an_administrators_reset_of_a_disabled_user(both):
    both.user()
    both.admin("admin_disable_user")
    both.refuses(
        ("NotAuthorizedException", "User is disabled"), both.admin, "admin_reset_user_password"
    )


def test_where_only_administrators_recover_accounts(both):
    both.pool(
        AccountRecoverySetting={"RecoveryMechanisms": [{"Name": "admin_only", "Priority": 1}]}
    )
    both.user()
    both.refuses(
        ("NotAuthorizedException", "Contact administrator to reset password."), both.forgot
    )


def test_an_email_mask(both):
    both.pool(
        AccountRecoverySetting={"RecoveryMechanisms": [{"Name": "verified_email", "Priority": 1}]}
    )
    both.user(email="test@test.com")
    assert both.forgot()["CodeDeliveryDetails"]["Destination"] == "t***@t***"


def test_the_stored_username_is_the_sub_in_a_username_attribute_pool(both):
    both.pool(UsernameAttributes=["email"])
    made = both.api.admin_create_user(UserPoolId=both.pool_id, Username="test@test.com")["User"]
    assert made["Username"] == {one["Name"]: one["Value"] for one in made["Attributes"]}["sub"]
