"""Readings: what an administrator can know without changing anything, and that no secret or contact
comes along.
"""

import json

import pytest

from helpers.cognito import actions, errors, reads
from helpers.cognito.models import Contact
from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_POOL_ID
from helpers.target import Target
from tests.authenticators import register

POOL = {"user_pool_id": DEFAULT_POOL_ID}


@pytest.fixture
def client(sandbox):
    return Target().client(signed=True)


def test_a_user_is_read_with_masked_contacts_and_which_are_verified(client):
    client.admin_create_user(
        UserPoolId=DEFAULT_POOL_ID,
        Username="maria",
        MessageAction="SUPPRESS",
        UserAttributes=[
            {"Name": "email", "Value": "maria@example.com"},
            {"Name": "phone_number", "Value": "+15551230199"},
            {"Name": "phone_number_verified", "Value": "true"},
        ],
    )
    maria = reads.look_up(client, **POOL, username="maria")
    assert maria.contacts == (
        Contact("email", "m***@e***", False),
        Contact("phone_number", "+*******0199", True),
    )
    assert (maria.status, maria.enabled, maria.verified) == (
        "FORCE_CHANGE_PASSWORD",
        True,
        ("phone_number",),
    )
    assert "maria@" not in repr(maria)
    assert maria.request_id


def test_a_users_second_factors_are_read(client, sandbox):
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
    diego = reads.look_up(client, **POOL, username="diego@example.com")
    assert (diego.factors, diego.preferred_factor) == (
        ("SOFTWARE_TOKEN_MFA",),
        "SOFTWARE_TOKEN_MFA",
    )


def test_a_user_whose_contact_is_no_alias_is_found_by_it(client):
    client.admin_create_user(
        UserPoolId=DEFAULT_POOL_ID,
        Username="maria",
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": "email", "Value": 'm"a@example.com'}],
    )
    found = reads.find_users(client, **POOL, attribute="email", value='m"a@example.com')
    assert [user.username for user in found] == ["maria"]
    assert reads.find_users(client, **POOL, attribute="email", value="nobody@example.com") == ()


def test_a_pools_settings_are_read(client):
    pool = reads.read_pool(client, **POOL)
    assert (
        pool.recovery,
        pool.case_sensitive,
        pool.mfa,
        pool.sender,
        pool.sms_role,
        pool.triggers,
    ) == (("verified_email",), True, "OFF", "COGNITO_DEFAULT", False, ())
    assert (pool.threat_protection, pool.temporary_days, pool.verifies) == ("OFF", 7, ("email",))


def test_how_a_pool_sends_is_read(client):
    made = client.create_user_pool(
        PoolName="sends",
        UserPoolTier="PLUS",
        AutoVerifiedAttributes=["email"],
        EmailConfiguration={
            "EmailSendingAccount": "DEVELOPER",
            "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/help@example.com",
        },
        SmsConfiguration={
            "SnsCallerArn": "arn:aws:iam::123456789012:role/sms",
            "ExternalId": "x",
            "SnsRegion": "us-west-2",
        },
        AdminCreateUserConfig={"AllowAdminCreateUserOnly": True},
        UserAttributeUpdateSettings={"AttributesRequireVerificationBeforeUpdate": ["email"]},
    )["UserPool"]
    pool = reads.read_pool(client, user_pool_id=made["Id"])
    assert (pool.sender, pool.mail_from, pool.plan) == ("DEVELOPER", "help@example.com", "PLUS")
    assert (pool.sms_role, pool.sms_service, pool.sms_region, pool.sms_external_id) == (
        True,
        "Amazon SNS",
        "us-west-2",
        True,
    )
    assert (pool.only_admins_create, pool.verifies_changes) == (True, ("email",))


def test_a_pool_that_sends_sms_without_amazon_sns_has_a_role_for_it_too(client):
    made = client.create_user_pool(
        PoolName="messaging",
        SmsConfiguration={
            "EumsSms": {"CallerArn": "arn:aws:iam::123456789012:role/sms", "Region": "us-east-1"}
        },
    )["UserPool"]
    pool = reads.read_pool(client, user_pool_id=made["Id"])
    assert (pool.sms_role, pool.sms_service, pool.sms_external_id) == (
        True,
        "AWS End User Messaging",
        False,
    )


def test_the_second_factors_that_a_pool_offers_are_read_by_a_call_of_their_own(client):
    assert reads.read_pool(client, **POOL).factors is None
    assert reads.read_factors(client, **POOL) == ()
    client.set_user_pool_mfa_config(
        UserPoolId=DEFAULT_POOL_ID,
        MfaConfiguration="OPTIONAL",
        SoftwareTokenMfaConfiguration={"Enabled": True},
        EmailMfaConfiguration={"Message": "Your code is {####}", "Subject": "Code"},
    )
    assert reads.read_factors(client, **POOL) == ("EMAIL_OTP", "SOFTWARE_TOKEN_MFA")


def test_more_app_clients_than_one_page_holds_are_all_listed(client):
    made = {
        client.create_user_pool_client(UserPoolId=DEFAULT_POOL_ID, ClientName=f"app-{number}")[
            "UserPoolClient"
        ]["ClientId"]
        for number in range(130)
    }
    listed = reads.list_clients(client, **POOL)
    assert set(listed) == made | {DEFAULT_CLIENT_ID}
    assert len(listed) == 131


def test_what_a_call_lists_comes_with_the_request_id_of_its_answer(client):
    client.update_user_pool(
        UserPoolId=DEFAULT_POOL_ID,
        UserPoolTier="PLUS",
        UserPoolAddOns={"AdvancedSecurityMode": "AUDIT"},
    )
    whom = "diego@example.com"
    listed = (
        reads.read_factors(client, **POOL),
        reads.list_clients(client, **POOL),
        reads.find_users(client, **POOL, attribute="email", value=whom),
        reads.recent_events(client, **POOL, username=whom),
    )
    assert len({one.request_id for one in listed} - {""}) == len(listed)


@pytest.mark.parametrize(
    ("identities", "providers"),
    [
        (
            '[{"userId":"1122","providerName":"Google","providerType":"Google","primary":"true"}]',
            ("Google",),
        ),
        (
            '[{"providerName":"Google"},{"providerName":"Okta"},{"providerName":"Google"}]',
            ("Google", "Okta"),
        ),
        ("", ()),
        ("no JSON", ()),
        ("null", ()),
        ("[]", ()),
        ('{"providerName":"Google"}', ()),
        ("[" * 100_000, ()),
        ('[null, 1, [], {}, {"providerName": null}, {"providerName": " "}]', ()),
    ],
)
def test_the_providers_of_a_user_are_read_and_what_cannot_be_read_is_none(
    identities, providers, client, sandbox
):
    with sandbox.engine.store.transaction() as db:
        ((number, doc),) = db.execute(
            "SELECT id, doc FROM users WHERE username = 'diego@example.com'"
        ).fetchall()
        user = json.loads(doc)
        user["attributes"]["identities"] = identities
        db.execute("UPDATE users SET doc = ? WHERE id = ?", (json.dumps(user), number))
    assert reads.look_up(client, **POOL, username="diego@example.com").providers == providers


def test_recovery_mechanisms_come_in_their_order(client):
    made = client.create_user_pool(
        PoolName="two",
        AccountRecoverySetting={
            "RecoveryMechanisms": [
                {"Name": "verified_phone_number", "Priority": 2},
                {"Name": "verified_email", "Priority": 1},
            ]
        },
    )["UserPool"]
    assert reads.read_pool(client, user_pool_id=made["Id"]).recovery == (
        "verified_email",
        "verified_phone_number",
    )


def test_an_app_client_is_read_without_its_secret(client):
    made = client.create_user_pool_client(
        UserPoolId=DEFAULT_POOL_ID,
        ClientName="web",
        GenerateSecret=True,
        PreventUserExistenceErrors="ENABLED",
    )["UserPoolClient"]
    web = reads.read_client(client, **POOL, client_id=made["ClientId"])
    assert (web.has_secret, web.hides_users) == (True, True)
    assert made["ClientSecret"] not in repr(web)
    assert set(reads.list_clients(client, **POOL)) == {DEFAULT_CLIENT_ID, made["ClientId"]}


def test_events_are_read_where_the_pool_records_them(client):
    client.update_user_pool(
        UserPoolId=DEFAULT_POOL_ID,
        UserPoolTier="PLUS",
        UserPoolAddOns={"AdvancedSecurityMode": "AUDIT"},
    )
    actions.request_code(client, client_id=DEFAULT_CLIENT_ID, username="diego@example.com")
    events = reads.recent_events(client, **POOL, username="diego@example.com")
    assert [(event.kind, event.response) for event in events][:1] == [("ForgotPassword", "Pass")]


def test_sessions_end_when_an_administrator_signs_the_user_out(client):
    tokens = client.initiate_auth(
        ClientId=DEFAULT_CLIENT_ID,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "diego@example.com", "PASSWORD": "First-Password-1"},
    )["AuthenticationResult"]
    done = actions.sign_out_everywhere(client, **POOL, username="diego@example.com")
    assert (done.operation, done.username) == ("AdminUserGlobalSignOut", "diego@example.com")
    with pytest.raises(client.exceptions.NotAuthorizedException):
        client.get_user(AccessToken=tokens["AccessToken"])


def test_a_contact_that_an_administrator_marks_as_verified_gets_codes(client):
    client.admin_update_user_attributes(
        UserPoolId=DEFAULT_POOL_ID,
        Username="diego@example.com",
        UserAttributes=[{"Name": "email_verified", "Value": "false"}],
    )
    with pytest.raises(errors.NotAllowed, match="no registered/verified"):
        actions.request_code(client, client_id=DEFAULT_CLIENT_ID, username="diego@example.com")
    actions.mark_verified(client, **POOL, username="diego@example.com", attribute="email")
    assert actions.request_code(
        client, client_id=DEFAULT_CLIENT_ID, username="diego@example.com"
    ).destination


def test_an_unknown_user_and_an_unknown_client_are_refusals_in_words(client):
    with pytest.raises(errors.NotAllowed, match="Couldn't look up user nobody"):
        reads.look_up(client, **POOL, username="nobody")
    with pytest.raises(errors.NotAllowed, match="Couldn't read the app client"):
        reads.read_client(client, **POOL, client_id="unknown")


@pytest.mark.parametrize(
    ("contact", "shown"), [("test@test.com", "t***@t***"), ("+15551234567", "+*******4567")]
)
def test_a_contact_is_masked_as_cognito_masks_it(contact, shown):
    assert reads.masked(contact) == shown


def test_what_a_sign_in_can_begin_with_is_read_of_the_pool_and_of_a_user(client):
    factors = {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}
    made = client.create_user_pool(PoolName="codes", Policies={"SignInPolicy": factors})["UserPool"]
    assert reads.read_pool(client, **POOL).first_factors == ("PASSWORD",)
    pool = reads.read_pool(client, user_pool_id=made["Id"])
    assert pool.first_factors == ("PASSWORD", "EMAIL_OTP")
    assert pool.arn.endswith(f":userpool/{made['Id']}")
    found = reads.first_factors(client, **POOL, username="diego@example.com")
    assert found == ("PASSWORD",)
    assert found.request_id


def test_an_authenticator_app_is_no_first_factor(client, monkeypatch):
    answer = {"ConfiguredUserAuthFactors": ["PASSWORD", "SOFTWARE_TOKEN"], "ResponseMetadata": {}}
    monkeypatch.setattr(reads, "call", lambda *_, **__: answer)
    assert reads.first_factors(client, **POOL, username="diego@example.com") == ("PASSWORD",)


def test_what_a_pool_logs_and_whether_it_tracks_sessions_is_read(client):
    assert reads.read_logs(client, **POOL) == ()
    assert reads.read_tracking(client, **POOL) == ()
    group = {"LogGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:/cognito"}
    event = {"LogLevel": "ERROR", "EventSource": "userNotification"}
    client.set_log_delivery_configuration(
        UserPoolId=DEFAULT_POOL_ID,
        LogConfigurations=[{**event, "CloudWatchLogsConfiguration": group}],
    )
    client.set_user_pool_session_configuration(
        UserPoolId=DEFAULT_POOL_ID,
        UserSessionTracking="ENABLED",
        TokenSession={"MaxPerUser": 20},
    )
    assert reads.read_logs(client, **POOL) == ("userNotification",)
    assert reads.read_tracking(client, **POOL) == ("ENABLED",)


@pytest.mark.parametrize(("feature", "rotates"), [("ENABLED", True), ("DISABLED", False)])
def test_whether_refresh_tokens_rotate_is_read(client, feature, rotates):
    made = client.create_user_pool_client(
        UserPoolId=DEFAULT_POOL_ID,
        ClientName="web",
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"],
        RefreshTokenRotation={"Feature": feature},
    )["UserPoolClient"]
    assert reads.read_client(client, **POOL, client_id=made["ClientId"]).rotates is rotates
