"""Signing in: what each status answers, the lock after failures, challenges, tokens,
ChangePassword.
"""

import json

import pytest

from tests.authenticators import register

from ..world import ANOTHER, INCORRECT, LIMIT, PASSWORD, RESET_REQUIRED, fact

LOCKED = ("NotAuthorizedException", "Password attempts exceeded")
UNCONFIRMED = ("UserNotConfirmedException", "User is not confirmed.")


def fail(world, times):
    for _ in range(times):
        world.refuses(INCORRECT, world.sign_in, "Wrong-Pass-1")


def locked_for_two_seconds(world):
    fail(world, 5)
    world.sandbox.advance(1)
    fail(world, 1)


@fact("The right password of a CONFIRMED user gives access, id and refresh token", "documented")
def test_tokens(world):
    result = world.tokens()
    assert result["TokenType"] == "Bearer"
    assert result["ExpiresIn"] == 3600
    assert {"AccessToken", "IdToken", "RefreshToken"} <= set(result)


@fact("AdminInitiateAuth with ADMIN_USER_PASSWORD_AUTH gives the same", "documented")
def test_admin_tokens(world):
    answer = world.api.admin_initiate_auth(
        UserPoolId=world.pool_id,
        ClientId=world.client_id,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": world.username, "PASSWORD": world.password},
    )
    assert answer["AuthenticationResult"]["AccessToken"]


@fact("A wrong password: Incorrect username or password.", "reported")
def test_wrong_password(world):
    world.refuses(INCORRECT, world.sign_in, "Wrong-Pass-1")


@fact("An unknown user (LEGACY): User does not exist.", "reported")
def test_unknown(world):
    world.refuses(
        ("UserNotFoundException", "User does not exist."), world.sign_in, username="nobody"
    )


@fact(
    "An unknown user with PreventUserExistenceErrors cannot be told from a wrong password",
    "documented",
)
def test_unknown_hidden(world):
    world.hiding()
    world.refuses(INCORRECT, world.sign_in, username="nobody")


@fact("UNCONFIRMED with the right password: User is not confirmed.", "reported")
def test_unconfirmed(world):
    world.pool()
    world.signed_up()
    world.refuses(UNCONFIRMED, world.sign_in)


@fact("UNCONFIRMED with a wrong password", "open")
def test_unconfirmed_wrong_password(world):
    world.pool()
    world.signed_up()
    world.refuses(INCORRECT, world.sign_in, "Wrong-Pass-1")
    world.sandbox.settings(unconfirmed_wrong_password="not-confirmed")
    world.refuses(UNCONFIRMED, world.sign_in, "Wrong-Pass-1")


@fact(
    "RESET_REQUIRED: Password reset required for the user, an exception and no challenge",
    "documented",
)
def test_reset_required(world):
    world.admin("admin_reset_user_password")
    world.refuses(RESET_REQUIRED, world.sign_in)


@fact("RESET_REQUIRED with PreventUserExistenceErrors", "open")
def test_reset_required_hidden(world):
    world.hiding()
    world.admin("admin_reset_user_password")
    world.refuses(RESET_REQUIRED, world.sign_in)
    world.sandbox.settings(reset_required_hidden="not-authorized")
    world.refuses(INCORRECT, world.sign_in)


@fact(
    "FORCE_CHANGE_PASSWORD with the temporary password: the challenge NEW_PASSWORD_REQUIRED",
    "documented",
)
def test_force_change(world):
    world.pool()
    world.user(confirmed=False)
    answer = world.sign_in()
    assert answer["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    assert answer["ChallengeParameters"]["USER_ID_FOR_SRP"] == "ana"
    assert json.loads(answer["ChallengeParameters"]["userAttributes"])["email"]
    assert answer["ChallengeParameters"]["requiredAttributes"] == "[]"
    assert "AuthenticationResult" not in answer


@fact("FORCE_CHANGE_PASSWORD with a wrong password: Incorrect username or password.", "reported")
def test_force_change_wrong(world):
    world.pool()
    world.user(confirmed=False)
    world.refuses(INCORRECT, world.sign_in, "Wrong-Pass-1")


@fact("An expired temporary password: must be reset by an administrator.", "reported")
def test_temporary_expired(world):
    world.pool()
    world.user(confirmed=False)
    world.sandbox.advance(7 * 86_400)
    world.refuses(
        (
            "NotAuthorizedException",
            "Temporary password has expired and must be reset by an administrator.",
        ),
        world.sign_in,
    )


@fact("A temporary password lives as long as TemporaryPasswordValidityDays says", "documented")
def test_temporary_validity(world):
    world.pool(
        Policies={"PasswordPolicy": {"MinimumLength": 8, "TemporaryPasswordValidityDays": 1}}
    )
    world.user(confirmed=False)
    world.sandbox.advance(86_399)
    assert world.sign_in()["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    world.sandbox.advance(1)
    with pytest.raises(world.api.exceptions.NotAuthorizedException):
        world.sign_in()


@fact("Answering NEW_PASSWORD_REQUIRED makes the user CONFIRMED and gives tokens", "documented")
def test_new_password(world):
    world.pool()
    world.user(confirmed=False)
    answer = world.api.respond_to_auth_challenge(
        ClientId=world.client_id,
        ChallengeName="NEW_PASSWORD_REQUIRED",
        Session=world.sign_in()["Session"],
        ChallengeResponses={"USERNAME": "ana", "NEW_PASSWORD": PASSWORD},
    )
    assert answer["AuthenticationResult"]["AccessToken"]
    assert world.status() == "CONFIRMED"
    assert world.tokens(PASSWORD)


@fact(
    "A new password in that challenge follows the policy: Password does not conform to policy:",
    "reported",
)
def test_new_password_policy(world):
    world.pool()
    world.user(confirmed=False)
    session = world.sign_in()["Session"]
    answer = {
        "ClientId": world.client_id,
        "ChallengeName": "NEW_PASSWORD_REQUIRED",
        "Session": session,
    }
    world.refuses(
        (
            "InvalidPasswordException",
            "Password does not conform to policy: Password not long enough",
        ),
        world.api.respond_to_auth_challenge,
        **answer,
        ChallengeResponses={"USERNAME": "ana", "NEW_PASSWORD": "Ab1!"},
    )
    assert world.api.respond_to_auth_challenge(
        **answer, ChallengeResponses={"USERNAME": "ana", "NEW_PASSWORD": ANOTHER}
    )


@fact("AdminRespondToAuthChallenge answers it too", "documented")
def test_admin_new_password(world):
    world.pool()
    world.user(confirmed=False)
    answer = world.api.admin_respond_to_auth_challenge(
        UserPoolId=world.pool_id,
        ClientId=world.client_id,
        ChallengeName="NEW_PASSWORD_REQUIRED",
        Session=world.sign_in()["Session"],
        ChallengeResponses={"USERNAME": "ana", "NEW_PASSWORD": PASSWORD},
    )
    assert answer["AuthenticationResult"]


@fact("A Session is good for three minutes and for one answer", "documented")
def test_session_expires(world):
    world.pool()
    world.user(confirmed=False)
    answer = {
        "ClientId": world.client_id,
        "ChallengeName": "NEW_PASSWORD_REQUIRED",
        "Session": world.sign_in()["Session"],
        "ChallengeResponses": {"USERNAME": "ana", "NEW_PASSWORD": PASSWORD},
    }
    world.sandbox.advance(180)
    world.refuses(
        ("NotAuthorizedException", "Invalid session for the user, session is expired."),
        world.api.respond_to_auth_challenge,
        **answer,
    )
    answer["Session"] = world.sign_in()["Session"]
    world.api.respond_to_auth_challenge(**answer)
    world.refuses(
        ("NotAuthorizedException", "Invalid session for the user."),
        world.api.respond_to_auth_challenge,
        **answer,
    )


@fact("AuthSessionValidity is how many minutes a challenge may be answered", "documented")
def test_session_validity(world):
    world.pool()
    world.client(AuthSessionValidity=15)
    world.user(confirmed=False)
    answer = {
        "ClientId": world.client_id,
        "ChallengeName": "NEW_PASSWORD_REQUIRED",
        "Session": world.sign_in()["Session"],
        "ChallengeResponses": {"USERNAME": "ana", "NEW_PASSWORD": PASSWORD},
    }
    world.sandbox.advance(15 * 60 - 1)
    assert world.api.respond_to_auth_challenge(**answer)["AuthenticationResult"]


def srp_sign_in(world, username, password):
    from pycognito.aws_srp import AWSSRP

    srp = AWSSRP(
        username=username,
        password=password,
        pool_id=world.pool_id,
        client_id=world.client_id,
        client=world.api,
    )
    return srp.authenticate_user()


@fact("USER_SRP_AUTH: the password is proved with PASSWORD_VERIFIER and never sent", "documented")
def test_srp(world):
    assert srp_sign_in(world, world.username, world.password)["AuthenticationResult"]["AccessToken"]


@fact(
    "SRP with an alias: the challenge names the user's own username for the proof"
    " (USER_ID_FOR_SRP)",
    "documented",
)
def test_srp_alias(world):
    world.pool(AliasAttributes=["email"])
    world.user()
    answer = world.api.initiate_auth(
        ClientId=world.client_id,
        AuthFlow="USER_SRP_AUTH",
        AuthParameters={"USERNAME": "ana@shop.example", "SRP_A": "ab" * 384},
    )
    assert answer["ChallengeParameters"]["USER_ID_FOR_SRP"] == "ana"
    assert srp_sign_in(world, "ana@shop.example", PASSWORD)["AuthenticationResult"]


@fact(
    "SRP with a wrong password: Incorrect username or password., and the failure counts for the"
    " lock",
    "documented",
)
def test_srp_wrong(world):
    for _ in range(5):
        world.refuses(INCORRECT, srp_sign_in, world, world.username, "Wrong-Pass-1")
    world.refuses(LOCKED, srp_sign_in, world, world.username, world.password)


@fact("SRP for an unknown user (LEGACY): User does not exist.", "reported")
def test_srp_unknown(world):
    world.refuses(
        ("UserNotFoundException", "User does not exist."),
        srp_sign_in,
        world,
        "nobody",
        "Some-Pass-1",
    )


@fact(
    "SRP for an unknown user with PreventUserExistenceErrors: a stable salt, then Incorrect"
    " username or password.",
    "documented",
)
def test_srp_unknown_hidden(world):
    world.hiding()
    call = {
        "ClientId": world.client_id,
        "AuthFlow": "USER_SRP_AUTH",
        "AuthParameters": {"USERNAME": "nobody", "SRP_A": "ab" * 384},
    }
    salts = {world.api.initiate_auth(**call)["ChallengeParameters"]["SALT"] for _ in range(3)}
    assert len(salts) == 1
    world.refuses(INCORRECT, srp_sign_in, world, "nobody", "Some-Pass-1")


@fact("A disabled user: User is disabled.", "reported")
def test_disabled(world):
    world.admin("admin_disable_user")
    world.refuses(("NotAuthorizedException", "User is disabled."), world.sign_in)


@fact(
    "Threat protection may block a sign-in: Unable to login because of security reasons.",
    "reported",
)
def test_threat(world):
    world.sandbox.settings(threat_block=True)
    world.refuses(
        ("NotAuthorizedException", "Unable to login because of security reasons."), world.sign_in
    )


@fact(
    "A flow that the client does not allow: USER_PASSWORD_AUTH flow not enabled for this client",
    "reported",
)
def test_flow_not_enabled(world):
    world.client(ExplicitAuthFlows=["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"])
    world.refuses(
        ("InvalidParameterException", "USER_PASSWORD_AUTH flow not enabled for this client"),
        world.sign_in,
    )


@fact(
    "An administrator's flow that is not allowed: Auth flow not enabled for this client", "reported"
)
def test_admin_flow_not_enabled(world):
    world.client(ExplicitAuthFlows=["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_PASSWORD_AUTH"])
    given = {"USERNAME": world.username, "PASSWORD": world.password}
    world.refuses(
        ("InvalidParameterException", "Auth flow not enabled for this client"),
        world.api.admin_initiate_auth,
        UserPoolId=world.pool_id,
        ClientId=world.client_id,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters=given,
    )
    world.refuses(
        ("InvalidParameterException", "USER_SRP_AUTH is not enabled for the client."),
        world.api.initiate_auth,
        ClientId=world.client_id,
        AuthFlow="USER_SRP_AUTH",
        AuthParameters={"USERNAME": "x", "SRP_A": "2"},
    )


@fact("A client made without flows allows SRP and refresh, not the plain password", "documented")
def test_default_flows(world):
    made = world.api.create_user_pool_client(UserPoolId=world.pool_id, ClientName="plain")[
        "UserPoolClient"
    ]
    world.client_id = made["ClientId"]
    world.refuses(
        ("InvalidParameterException", "USER_PASSWORD_AUTH flow not enabled for this client"),
        world.sign_in,
    )


@pytest.mark.parametrize("flow", ["USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"])
def test_a_client_with_flows_by_their_old_names_may_use_srp(world, flow):
    world.client(ExplicitAuthFlows=[flow])
    assert srp_sign_in(world, world.username, world.password)["AuthenticationResult"]


@fact(
    "Flows by their old names leave SRP and refresh on, but for CUSTOM_AUTH_FLOW_ONLY", "reported"
)
def test_old_flow_names(world):
    world.client(ExplicitAuthFlows=["USER_PASSWORD_AUTH"])
    refresh = world.tokens()["RefreshToken"]
    assert world.api.initiate_auth(
        ClientId=world.client_id,
        AuthFlow="REFRESH_TOKEN_AUTH",
        AuthParameters={"REFRESH_TOKEN": refresh},
    )["AuthenticationResult"]
    world.client(ExplicitAuthFlows=["CUSTOM_AUTH_FLOW_ONLY"])
    world.refuses(
        ("InvalidParameterException", "USER_SRP_AUTH is not enabled for the client."),
        srp_sign_in,
        world,
        world.username,
        world.password,
    )


def custom_sign_in(world):
    return world.api.initiate_auth(
        ClientId=world.client_id,
        AuthFlow="CUSTOM_AUTH",
        AuthParameters={"USERNAME": world.username},
    )


@fact(
    "CUSTOM_AUTH without its triggers: Custom auth lambda trigger is not configured for the user"
    " pool.",
    "reported",
)
def test_custom_auth(world):
    world.client(ExplicitAuthFlows=["ALLOW_CUSTOM_AUTH"])
    world.refuses(
        (
            "InvalidParameterException",
            "Custom auth lambda trigger is not configured for the user pool.",
        ),
        custom_sign_in,
        world,
    )


def test_custom_auth_that_is_not_imitated_is_refused_by_name(world):
    function = "arn:aws:lambda:us-east-1:123456789012:function:f"
    world.pool(LambdaConfig={"DefineAuthChallenge": function})
    world.client(ExplicitAuthFlows=["ALLOW_CUSTOM_AUTH"])
    world.refuses(
        ("InvalidParameterException", "The sandbox does not imitate CUSTOM_AUTH."),
        custom_sign_in,
        world,
    )


@fact("CUSTOM_AUTH that the client does not allow: CUSTOM_AUTH flow not enabled", "inferred")
def test_custom_auth_not_enabled(world):
    world.refuses(
        ("InvalidParameterException", "CUSTOM_AUTH flow not enabled for this client"),
        custom_sign_in,
        world,
    )


@fact("Sign-in with an unknown app client: User pool client <id> does not exist.", "reported")
def test_unknown_client(world):
    world.client_id = "nosuchclient"
    world.refuses(
        ("ResourceNotFoundException", "User pool client nosuchclient does not exist."),
        world.sign_in,
    )


@fact("Five failed sign-ins lock for a second: Password attempts exceeded", "documented")
def test_lock(world):
    fail(world, 5)
    world.refuses(LOCKED, world.sign_in)
    world.sandbox.advance(1)
    assert world.tokens()


@fact("The lock doubles with each further failure", "documented")
def test_lock_doubles(world):
    fail(world, 5)
    for seconds in (1, 2, 4, 8, 16):
        world.sandbox.advance(seconds - 0.5)
        world.refuses(LOCKED, world.sign_in)
        world.sandbox.advance(0.5)
        fail(world, 1)


@fact("The lock is never longer than about 15 minutes", "documented")
def test_lock_cap(world):
    fail(world, 5)
    for n in range(6, 18):
        world.sandbox.advance(min(2 ** (n - 6), 899))
        if n - 6 >= 10:
            world.sandbox.advance(1)
            break
        fail(world, 1)
    assert world.tokens()


@fact("A try during the lock does not lengthen it", "documented")
def test_lock_not_extended(world):
    locked_for_two_seconds(world)
    for _ in range(4):
        world.refuses(LOCKED, world.sign_in, "Wrong-Pass-1")
    world.sandbox.advance(2)
    assert world.tokens()


@fact("A successful sign-in after the lock forgets the failures", "documented")
def test_success_resets(world):
    locked_for_two_seconds(world)
    world.sandbox.advance(2)
    world.sign_in()
    fail(world, 4)
    assert world.tokens()


@fact("Fifteen minutes without a try forget the failures", "documented")
def test_quiet_resets(world):
    locked_for_two_seconds(world)
    world.sandbox.advance(900)
    fail(world, 4)
    assert world.tokens()


@fact("Public and administrator sign-ins share the counter", "documented")
def test_lock_is_shared(world):
    fail(world, 5)
    world.refuses(
        LOCKED,
        world.api.admin_initiate_auth,
        UserPoolId=world.pool_id,
        ClientId=world.client_id,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": world.username, "PASSWORD": world.password},
    )


@fact("Failed sign-ins do not spend the reset attempts, nor the other way round", "inferred")
def test_counters_are_separate(world):
    fail(world, 5)
    for _ in range(5):
        world.forgot()
    world.refuses(LIMIT, world.forgot)


@fact("ChangePassword with the right previous password", "documented")
def test_change_password(world):
    token = world.tokens()["AccessToken"]
    world.api.change_password(
        AccessToken=token, PreviousPassword=world.password, ProposedPassword=ANOTHER
    )
    assert world.tokens(ANOTHER)
    world.refuses(INCORRECT, world.sign_in)


@fact(
    "ChangePassword with a wrong previous password: Incorrect username or password.", "documented"
)
def test_change_password_wrong(world):
    world.refuses(
        INCORRECT,
        world.api.change_password,
        AccessToken=world.tokens()["AccessToken"],
        PreviousPassword="Wrong-Pass-1",
        ProposedPassword=ANOTHER,
    )


@fact("ChangePassword follows the policy: Password does not conform to policy:", "reported")
def test_change_password_policy(world):
    world.refuses(
        (
            "InvalidPasswordException",
            "Password does not conform to policy: Password not long enough",
        ),
        world.api.change_password,
        AccessToken=world.tokens()["AccessToken"],
        PreviousPassword=world.password,
        ProposedPassword="Ab1!",
    )


@fact("ChangePassword five times an hour, then LimitExceededException", "documented")
def test_change_password_limit(world):
    token = world.tokens()["AccessToken"]
    for _ in range(5):
        world.refuses(
            INCORRECT,
            world.api.change_password,
            AccessToken=token,
            PreviousPassword="Wrong-Pass-1",
            ProposedPassword=ANOTHER,
        )
    world.refuses(
        LIMIT,
        world.api.change_password,
        AccessToken=token,
        PreviousPassword=world.password,
        ProposedPassword=ANOTHER,
    )


@fact("ChangePassword is no way out of RESET_REQUIRED: PasswordResetRequiredException", "inferred")
def test_change_password_reset_required(world):
    token = world.tokens()["AccessToken"]
    world.admin("admin_reset_user_password")
    world.refuses(
        RESET_REQUIRED,
        world.api.change_password,
        AccessToken=token,
        PreviousPassword=world.password,
        ProposedPassword=ANOTHER,
    )


@fact(
    "GetUser shows who the access token is for; GlobalSignOut ends it; DeleteUser deletes the user",
    "documented",
)
def test_own_account(world):
    token = world.tokens()["AccessToken"]
    assert world.api.get_user(AccessToken=token)["Username"] == world.username
    world.api.global_sign_out(AccessToken=token)
    world.refuses(
        ("NotAuthorizedException", "Access Token has been revoked"),
        world.api.get_user,
        AccessToken=token,
    )
    world.api.delete_user(AccessToken=world.tokens()["AccessToken"])
    world.refuses(("UserNotFoundException", "User does not exist."), world.admin, "admin_get_user")


@fact("An access token ends after its hour, and a forged one is no token", "documented")
def test_token_expiry(world):
    token = world.tokens()["AccessToken"]
    world.refuses(
        ("NotAuthorizedException", "Invalid Access Token"),
        world.api.get_user,
        AccessToken=token[:-4] + "AAAA",
    )
    world.sandbox.advance(3600)
    world.refuses(
        ("NotAuthorizedException", "Access Token has expired"),
        world.api.get_user,
        AccessToken=token,
    )


@fact("REFRESH_TOKEN_AUTH gives new tokens without a new refresh token", "documented")
def test_refresh(world):
    refresh = world.tokens()["RefreshToken"]
    result = world.api.initiate_auth(
        ClientId=world.client_id,
        AuthFlow="REFRESH_TOKEN_AUTH",
        AuthParameters={"REFRESH_TOKEN": refresh},
    )["AuthenticationResult"]
    assert "RefreshToken" not in result
    assert world.api.get_user(AccessToken=result["AccessToken"])


@fact("A refresh token that is none: Invalid Refresh Token", "reported")
def test_refresh_invalid(world):
    world.refuses(
        ("NotAuthorizedException", "Invalid Refresh Token"),
        world.api.initiate_auth,
        ClientId=world.client_id,
        AuthFlow="REFRESH_TOKEN_AUTH",
        AuthParameters={"REFRESH_TOKEN": "nonsense"},
    )


@fact(
    "InitiateAuth does not take the administrator's flow: Initiate Auth method not supported.",
    "reported",
)
def test_admin_flow_is_admins(world):
    world.refuses(
        ("InvalidParameterException", "Initiate Auth method not supported."),
        world.api.initiate_auth,
        ClientId=world.client_id,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": world.username, "PASSWORD": world.password},
    )


@fact("A missing authentication parameter: Missing required parameter USERNAME", "reported")
def test_missing_parameter(world):
    world.refuses(
        ("InvalidParameterException", "Missing required parameter USERNAME"),
        world.api.initiate_auth,
        ClientId=world.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"PASSWORD": "x"},
    )


def answer_sms(world, session, code):
    return world.api.respond_to_auth_challenge(
        ClientId=world.client_id,
        ChallengeName="SMS_MFA",
        Session=session,
        ChallengeResponses={"USERNAME": world.username, "SMS_MFA_CODE": code},
    )


@fact(
    "A user with SMS as second factor gets an SMS_MFA challenge and answers it with the code",
    "documented",
)
def test_sms_mfa(world):
    world.pool(MfaConfiguration="OPTIONAL", AutoVerifiedAttributes=["email", "phone_number"])
    world.user(phone="+12025550147")
    world.admin(
        "admin_set_user_mfa_preference", SMSMfaSettings={"Enabled": True, "PreferredMfa": True}
    )
    answer = world.sign_in()
    assert answer["ChallengeName"] == "SMS_MFA"
    assert answer["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"] == "+*******0147"
    assert answer_sms(world, answer["Session"], world.last_code())["AuthenticationResult"]


@fact("Five wrong codes of a second factor lock like five wrong passwords", "reported")
def test_mfa_lock(world):
    world.pool(MfaConfiguration="OPTIONAL", AutoVerifiedAttributes=["email", "phone_number"])
    world.user(phone="+12025550147")
    world.admin(
        "admin_set_user_mfa_preference", SMSMfaSettings={"Enabled": True, "PreferredMfa": True}
    )
    session = world.sign_in()["Session"]
    for _ in range(5):
        with pytest.raises(world.api.exceptions.CodeMismatchException):
            answer_sms(world, session, world.wrong())
    world.refuses(LOCKED, answer_sms, world, session, world.last_code())
    world.sandbox.advance(1)
    assert answer_sms(world, session, world.last_code())["AuthenticationResult"]


def lose_the_authenticator(world, required):
    world.pool(MfaConfiguration="OPTIONAL")
    world.user()
    register(world.sandbox, "ana", world.pool_id)
    app = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
    world.api.set_user_pool_mfa_config(UserPoolId=world.pool_id, **app)
    world.admin(
        "admin_set_user_mfa_preference",
        SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True},
    )
    assert world.sign_in()["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    if required:
        world.api.set_user_pool_mfa_config(UserPoolId=world.pool_id, MfaConfiguration="ON", **app)
    world.admin("admin_set_user_mfa_preference", SoftwareTokenMfaSettings={"Enabled": False})


@fact(
    "AdminSetUserMFAPreference takes a second factor from a user, who then signs in", "documented"
)
def test_mfa_off(world):
    lose_the_authenticator(world, required=False)
    assert "UserMFASettingList" not in world.admin("admin_get_user")
    assert world.sign_in()["AuthenticationResult"]


@fact(
    "Where the pool requires MFA, AdminSetUserMFAPreference says yes and the last factor stays",
    "reported",
)
def test_mfa_off_where_required(world):
    lose_the_authenticator(world, required=True)
    assert world.sign_in()["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
