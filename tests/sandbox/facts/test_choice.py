"""Choice-based sign-in, users without a password, renewed tokens, and what a pool records."""

import re

import pytest
from botocore.exceptions import ClientError
from pycognito.aws_srp import AWSSRP

from ..world import ANOTHER, EMAIL, INCORRECT, PASSWORD, RESET_REQUIRED, fact, secret_hash

CODES_ALONE = {"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}}
LOGS = [
    {
        "LogLevel": "ERROR",
        "EventSource": "userNotification",
        "CloudWatchLogsConfiguration": {
            "LogGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:/cognito"
        },
    }
]


@pytest.fixture
def shop(world):
    """A pool in which a code by e-mail alone signs in, and its app client allows it."""
    world.pool(**CODES_ALONE)
    world.client(ExplicitAuthFlows=["ALLOW_USER_AUTH", "ALLOW_USER_PASSWORD_AUTH"])
    return world


def without_password(world):
    """Make a user of EMAIL who has none, as an administrator does."""
    verified = [{"Name": "email", "Value": EMAIL}, {"Name": "email_verified", "Value": "true"}]
    world.api.admin_create_user(
        UserPoolId=world.pool_id, Username="ana", UserAttributes=verified, MessageAction="SUPPRESS"
    )
    world.username = "ana"


def begun(world, **parameters):
    return world.api.initiate_auth(
        ClientId=world.client_id,
        AuthFlow="USER_AUTH",
        AuthParameters={"USERNAME": world.username, **parameters},
    )


def entered(world, challenge, **answers):
    return world.api.respond_to_auth_challenge(
        ClientId=world.client_id,
        ChallengeName=challenge["ChallengeName"],
        Session=challenge["Session"],
        ChallengeResponses={"USERNAME": world.username, **answers},
    )


def factors(world):
    return world.admin("admin_get_user_auth_factors")["ConfiguredUserAuthFactors"]


@fact(
    "DescribeUserPool shows the first factors of SignInPolicy; alone it is PASSWORD", "documented"
)
def test_policy(shop):
    shown = shop.api.describe_user_pool(UserPoolId=shop.pool_id)["UserPool"]["Policies"]
    assert shown["SignInPolicy"] == CODES_ALONE["Policies"]["SignInPolicy"]
    shop.pool()
    shown = shop.api.describe_user_pool(UserPoolId=shop.pool_id)["UserPool"]["Policies"]
    assert shown["SignInPolicy"] == {"AllowedFirstAuthFactors": ["PASSWORD"]}


@fact("First factors beside PASSWORD need the plan Essentials or Plus", "documented")
def test_policy_plan(world):
    with pytest.raises(ClientError) as caught:
        world.pool(**CODES_ALONE, UserPoolTier="LITE")
    assert caught.value.response["Error"]["Code"] == "FeatureUnavailableInTierException"


@fact(
    "AdminCreateUser without a password, where a code alone signs in, makes a user who has none",
    "documented",
)
def test_no_password(shop):
    without_password(shop)
    assert factors(shop) == ["EMAIL_OTP"]


@fact("Such a user is CONFIRMED at once", "inferred")
def test_no_password_status(shop):
    without_password(shop)
    assert shop.status() == "CONFIRMED"


@fact("A user who is invited without a password gets no password in the message", "documented")
def test_no_password_invitation(shop):
    shop.api.admin_create_user(
        UserPoolId=shop.pool_id,
        Username="ana",
        UserAttributes=[{"Name": "email", "Value": EMAIL}],
        DesiredDeliveryMediums=["EMAIL"],
    )
    assert shop.sandbox.mailbox()[-1]["body"] == "Your username is ana."


@fact(
    "A user without a password who asks for a reset gets a code, and has one afterwards", "inferred"
)
def test_no_password_reset(shop):
    without_password(shop)
    shop.confirm(shop.code())
    assert factors(shop) == ["PASSWORD", "EMAIL_OTP"]
    assert shop.tokens(ANOTHER)


@fact("AdminGetUserAuthFactors lists what a user can begin a sign-in with", "documented")
def test_factors(shop):
    shop.user()
    assert factors(shop) == ["PASSWORD", "EMAIL_OTP"]


@fact("A code goes to a verified contact only, so an unverified one is no first factor", "inferred")
def test_factors_unverified(shop):
    shop.user(verified=False)
    assert factors(shop) == ["PASSWORD"]


@fact(
    "USER_AUTH with PREFERRED_CHALLENGE EMAIL_OTP: a code, and the code alone signs in",
    "documented",
)
def test_code_alone(shop):
    without_password(shop)
    challenge = begun(shop, PREFERRED_CHALLENGE="EMAIL_OTP")
    assert challenge["ChallengeName"] == "EMAIL_OTP"
    signed_in = entered(shop, challenge, EMAIL_OTP_CODE=shop.last_code())
    assert signed_in["AuthenticationResult"]["AccessToken"]


@fact("A wrong one-time code: Invalid code received for user", "inferred")
def test_wrong_code(shop):
    shop.user()
    challenge = begun(shop, PREFERRED_CHALLENGE="EMAIL_OTP")
    shop.refuses(
        ("CodeMismatchException", "Invalid code received for user"),
        entered,
        shop,
        challenge,
        EMAIL_OTP_CODE=shop.wrong(),
    )


@fact(
    "USER_AUTH without a preference: SELECT_CHALLENGE, with those that are available", "documented"
)
def test_select(shop):
    shop.user()
    challenge = begun(shop)
    assert (challenge["ChallengeName"], challenge["AvailableChallenges"]) == (
        "SELECT_CHALLENGE",
        ["PASSWORD", "PASSWORD_SRP", "EMAIL_OTP"],
    )
    assert entered(shop, challenge, ANSWER="PASSWORD", PASSWORD=PASSWORD)["AuthenticationResult"]


@fact("USER_AUTH with PREFERRED_CHALLENGE PASSWORD and the password: tokens", "documented")
def test_password(shop):
    shop.user()
    answer = begun(shop, PREFERRED_CHALLENGE="PASSWORD", PASSWORD=PASSWORD)
    assert answer["AuthenticationResult"]["AccessToken"]
    shop.refuses(INCORRECT, begun, shop, PREFERRED_CHALLENGE="PASSWORD", PASSWORD=ANOTHER)


@fact("Without the password it is the challenge PASSWORD, answered with it", "documented")
def test_password_later(shop):
    shop.user()
    challenge = begun(shop, PREFERRED_CHALLENGE="PASSWORD")
    assert challenge["ChallengeName"] == "PASSWORD"
    assert entered(shop, challenge, PASSWORD=PASSWORD)["AuthenticationResult"]["AccessToken"]


@fact("USER_AUTH with PREFERRED_CHALLENGE PASSWORD_SRP and SRP_A: PASSWORD_VERIFIER", "documented")
def test_srp(shop):
    shop.user()
    proof = AWSSRP(
        username="ana",
        password=PASSWORD,
        pool_id=shop.pool_id,
        client_id=shop.client_id,
        client=shop.api,
    )
    asked = proof.get_auth_params()
    for challenge in (
        begun(shop, PREFERRED_CHALLENGE="PASSWORD_SRP", SRP_A=asked["SRP_A"]),
        entered(shop, begun(shop), ANSWER="PASSWORD_SRP", SRP_A=asked["SRP_A"]),
        entered(shop, begun(shop, PREFERRED_CHALLENGE="PASSWORD_SRP"), SRP_A=asked["SRP_A"]),
    ):
        assert challenge["ChallengeName"] == "PASSWORD_VERIFIER"
        answers = proof.process_challenge(challenge["ChallengeParameters"], asked)
        signed_in = shop.api.respond_to_auth_challenge(
            ClientId=shop.client_id,
            ChallengeName="PASSWORD_VERIFIER",
            ChallengeResponses=answers,
        )
        assert signed_in["AuthenticationResult"]["AccessToken"]


def test_who_must_reset_the_password_meanwhile_does_not_sign_in_by_a_choice_made_before(shop):
    shop.user()
    challenge = begun(shop)
    shop.admin("admin_reset_user_password")
    shop.refuses(RESET_REQUIRED, entered, shop, challenge, ANSWER="PASSWORD", PASSWORD=PASSWORD)


def test_what_is_not_available_cannot_be_chosen(shop):
    shop.user()
    shop.refuses(
        ("InvalidParameterException", "Selected challenge is not available"),
        entered,
        shop,
        begun(shop),
        ANSWER="WEB_AUTHN",
    )


def test_a_user_who_never_confirmed_does_not_sign_in_by_a_code(shop):
    shop.user()
    shop.sandbox.set_status("ana", "UNCONFIRMED", shop.pool_id)
    shop.refuses(
        ("UserNotConfirmedException", "User is not confirmed."),
        begun,
        shop,
        PREFERRED_CHALLENGE="EMAIL_OTP",
    )


@fact("USER_AUTH needs ALLOW_USER_AUTH in the app client", "documented")
def test_flow(shop):
    shop.user()
    shop.client()
    shop.refuses(
        ("InvalidParameterException", "USER_AUTH flow not enabled for this client"), begun, shop
    )


@fact("GetUserPoolMfaConfig shows the settings of passkeys (WebAuthnConfiguration)", "documented")
def test_passkeys(shop):
    passkeys = {"RelyingPartyId": "shop.example", "UserVerification": "required"}
    shop.api.set_user_pool_mfa_config(UserPoolId=shop.pool_id, WebAuthnConfiguration=passkeys)
    shown = shop.api.get_user_pool_mfa_config(UserPoolId=shop.pool_id)
    assert shown["WebAuthnConfiguration"] == passkeys


@fact("GetLogDeliveryConfiguration shows what SetLogDeliveryConfiguration has set", "documented")
def test_logs(world):
    pool = {"UserPoolId": world.pool_id}
    before = world.api.get_log_delivery_configuration(**pool)["LogDeliveryConfiguration"]
    assert before["LogConfigurations"] == []
    world.api.set_log_delivery_configuration(**pool, LogConfigurations=LOGS)
    kept = world.api.get_log_delivery_configuration(**pool)["LogDeliveryConfiguration"]
    assert kept == {**pool, "LogConfigurations": LOGS}


@fact(
    "GetUserPoolSessionConfiguration: DISABLED, and 20 a user, where nobody has set it",
    "documented",
)
def test_sessions(world):
    shown = world.api.get_user_pool_session_configuration(UserPoolId=world.pool_id)
    assert (shown["UserSessionTracking"], shown["TokenSession"]) == ("DISABLED", {"MaxPerUser": 20})
    given = {"UserSessionTracking": "ENABLED", "TokenSession": {"MaxPerUser": 5}}
    world.api.set_user_pool_session_configuration(UserPoolId=world.pool_id, **given)
    shown = world.api.get_user_pool_session_configuration(UserPoolId=world.pool_id)
    assert {key: shown[key] for key in given} == given


@fact("The plan Lite has no session tracking", "documented")
def test_sessions_plan(world):
    world.pool(UserPoolTier="LITE")
    with pytest.raises(ClientError) as caught:
        world.api.set_user_pool_session_configuration(
            UserPoolId=world.pool_id,
            UserSessionTracking="ENABLED",
            TokenSession={"MaxPerUser": 5},
        )
    assert caught.value.response["Error"]["Code"] == "FeatureUnavailableInTierException"


def track_sessions(world):
    world.pool()
    world.user()
    given = {"UserSessionTracking": "ENABLED", "TokenSession": {"MaxPerUser": 2}}
    world.api.set_user_pool_session_configuration(UserPoolId=world.pool_id, **given)


@fact("AdminListUserSessions: a sign-in is a token session, until it is signed out", "documented")
def test_sessions_are_listed(world):
    track_sessions(world)
    assert world.admin("admin_list_user_sessions")["Sessions"] == []
    world.tokens()
    (one,) = world.admin("admin_list_user_sessions")["Sessions"]
    assert (one["SessionType"], one["ClientId"]) == ("TOKEN", world.client_id)
    assert re.fullmatch("tkn[a-z0-9]{25}", one["SessionId"])
    world.admin("admin_user_global_sign_out")
    assert world.admin("admin_list_user_sessions")["Sessions"] == []


@fact("The least recent session gives way to the most that a pool allows", "documented")
def test_most_sessions(world):
    track_sessions(world)
    for _ in range(3):
        world.tokens()
        world.sandbox.advance(60)
    assert len(world.admin("admin_list_user_sessions")["Sessions"]) == 2


@fact("A session runs out with its refresh token", "inferred")
def test_session_runs_out(world):
    track_sessions(world)
    world.tokens()
    world.sandbox.advance(30 * 86_400)
    assert world.admin("admin_list_user_sessions")["Sessions"] == []


@fact(
    "Where a pool tracks no sessions, they are not listed: OperationNotEnabledException", "inferred"
)
def test_sessions_not_tracked(world):
    world.pool()
    world.user()
    with pytest.raises(world.api.exceptions.OperationNotEnabledException):
        world.admin("admin_list_user_sessions")


def renewed(world, refresh, **more):
    answer = world.api.get_tokens_from_refresh_token(
        ClientId=world.client_id, RefreshToken=refresh, **more
    )
    return answer["AuthenticationResult"]


def rotating(world, **more):
    world.client(RefreshTokenRotation={"Feature": "ENABLED", **more})
    return world.tokens()["RefreshToken"]


@fact("GetTokensFromRefreshToken gives new tokens, without rotation no refresh token", "documented")
def test_renewed(world):
    tokens = renewed(world, world.tokens()["RefreshToken"])
    assert {"AccessToken", "IdToken"} <= set(tokens)
    assert "RefreshToken" not in tokens


@fact("With rotation it gives a new refresh token, which renews in its turn", "documented")
def test_rotated(world):
    first = rotating(world)
    second = renewed(world, first)["RefreshToken"]
    assert second != first
    assert renewed(world, second)["RefreshToken"] not in (first, second)


@fact("A refresh token that was rotated out: RefreshTokenReuseException", "documented")
def test_reused(world):
    first = rotating(world)
    renewed(world, first)
    with pytest.raises(world.api.exceptions.RefreshTokenReuseException):
        renewed(world, first)


@fact("A rotated refresh token is good for RetryGracePeriodSeconds more", "documented")
def test_grace(world):
    first = rotating(world, RetryGracePeriodSeconds=30)
    renewed(world, first)
    world.sandbox.advance(29)
    renewed(world, first)
    world.sandbox.advance(1)
    with pytest.raises(world.api.exceptions.RefreshTokenReuseException):
        renewed(world, first)


@fact("Each rotated refresh token has a grace period of its own", "inferred")
def test_grace_of_each(world):
    first = rotating(world, RetryGracePeriodSeconds=60)
    second = renewed(world, first)["RefreshToken"]
    world.sandbox.advance(30)
    renewed(world, second)
    renewed(world, first)
    world.sandbox.advance(30)
    with pytest.raises(world.api.exceptions.RefreshTokenReuseException):
        renewed(world, first)
    assert renewed(world, second)


@fact("GetTokensFromRefreshToken takes the client secret itself, not a hash of it", "documented")
def test_renewed_with_a_secret(world):
    made = world.client(GenerateSecret=True)
    secret = made["ClientSecret"]
    answer = world.api.initiate_auth(
        ClientId=world.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={
            "USERNAME": world.username,
            "PASSWORD": world.password,
            "SECRET_HASH": secret_hash(secret, world.username, world.client_id),
        },
    )
    refresh = answer["AuthenticationResult"]["RefreshToken"]
    assert renewed(world, refresh, ClientSecret=secret)["AccessToken"]
    with pytest.raises(world.api.exceptions.NotAuthorizedException):
        renewed(world, refresh)


def test_after_a_sign_out_everywhere_no_refresh_token_renews(world):
    first = rotating(world)
    world.admin("admin_user_global_sign_out")
    with pytest.raises(world.api.exceptions.NotAuthorizedException):
        renewed(world, first)
