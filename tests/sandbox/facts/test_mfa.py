"""Second factors: pools that require one, authenticator apps, and what a pool may be set to."""

import json

import pytest

from helpers.sandbox import factors

from ..world import ANOTHER, EMAIL, PASSWORD, PHONE, fact

TOKEN = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
TOGETHER = (
    "InvalidParameterException",
    "Invalid MFA configuration given, can't turn off MFA and configure an MFA together.",
)
NONE_LEFT = (
    "InvalidParameterException",
    (
        "Invalid MFA configuration given, can't disable all MFAs with a required or optional"
        " configuration."
    ),
)
BY_SMS = (
    "InvalidParameterException",
    (
        "SMS configuration and Auto verification for phone_number are required when MFA is"
        " required/optional"
    ),
)
NOT_SET_UP = "User does not have delivery config set to turn on {}"
MISMATCH = ("CodeMismatchException", "Invalid code received for user")


def configure(world, mode, **more):
    return world.api.set_user_pool_mfa_config(
        UserPoolId=world.pool_id, MfaConfiguration=mode, **more
    )


@pytest.fixture
def required(world):
    """A pool that requires an authenticator app, and a user who has none yet."""
    world.pool()
    configure(world, "ON", **TOKEN)
    world.user()
    return world


@pytest.fixture
def optional(world):
    """A pool in which users may have an authenticator app, and a user who is signed in."""
    world.pool()
    configure(world, "OPTIONAL", **TOKEN)
    world.user()
    world.token = world.tokens()["AccessToken"]
    return world


def shown(world, secret, later=0):
    """Return what an authenticator with this secret shows, after some seconds."""
    world.sandbox.advance(later)
    return factors.code_at(secret, world.sandbox.now().timestamp())


def other(code):
    return f"{(int(code) + 1) % 1_000_000:06}"


def answer(world, challenge, name="", **more):
    return world.api.respond_to_auth_challenge(
        ClientId=world.client_id,
        ChallengeName=name or challenge["ChallengeName"],
        Session=challenge["Session"],
        ChallengeResponses={"USERNAME": world.username, **more},
    )


def registered(world):
    """Have the user who is signed in register an authenticator; return its secret."""
    secret = world.api.associate_software_token(AccessToken=world.token)["SecretCode"]
    code = shown(world, secret)
    world.api.verify_software_token(AccessToken=world.token, UserCode=code)
    return secret


def prefer(world, **more):
    return world.api.set_user_mfa_preference(AccessToken=world.token, **more)


@fact(
    "Where MFA is required, a user without a factor gets MFA_SETUP, with MFAS_CAN_SETUP",
    "documented",
)
def test_setup(required):
    challenge = required.sign_in()
    assert challenge["ChallengeName"] == "MFA_SETUP"
    assert json.loads(challenge["ChallengeParameters"]["MFAS_CAN_SETUP"]) == ["SOFTWARE_TOKEN_MFA"]
    assert "AuthenticationResult" not in challenge


@fact(
    "An authenticator that is registered in MFA_SETUP leads to tokens, by its session", "documented"
)
def test_set_up(required):
    begun = required.api.associate_software_token(Session=required.sign_in()["Session"])
    done = required.api.verify_software_token(
        Session=begun["Session"], UserCode=shown(required, begun["SecretCode"])
    )
    assert done["Status"] == "SUCCESS"
    assert answer(required, done, "MFA_SETUP")["AuthenticationResult"]["AccessToken"]


@fact("After that every sign-in asks for the authenticator's code", "reported")
def test_set_up_is_asked_for(required):
    begun = required.api.associate_software_token(Session=required.sign_in()["Session"])
    secret = begun["SecretCode"]
    required.api.verify_software_token(Session=begun["Session"], UserCode=shown(required, secret))
    challenge = required.sign_in()
    assert challenge["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    code = shown(required, secret, later=30)
    assert answer(required, challenge, SOFTWARE_TOKEN_MFA_CODE=code)["AuthenticationResult"]


@fact("MFA_SETUP is not passed without an authenticator", "inferred")
def test_set_up_without(required):
    with pytest.raises(required.api.exceptions.InvalidParameterException):
        answer(required, required.sign_in())


@fact(
    "A reset in a pool that requires MFA ends in MFA_SETUP for a user without a factor", "inferred"
)
def test_after_a_reset(required):
    required.confirm(required.code())
    assert required.sign_in(ANOTHER)["ChallengeName"] == "MFA_SETUP"


@fact("A new password at the first sign-in is followed by MFA_SETUP", "reported")
def test_after_a_new_password(required):
    required.user("bea", confirmed=False)
    challenge = answer(required, required.sign_in(), NEW_PASSWORD=PASSWORD)
    assert challenge["ChallengeName"] == "MFA_SETUP"


@fact("Where MFA by SMS is required, a user with a phone number gets SMS_MFA", "documented")
def test_sms(world):
    world.pool(MfaConfiguration="ON")
    world.user(phone=PHONE)
    challenge = world.sign_in()
    assert challenge["ChallengeName"] == "SMS_MFA"
    signed_in = answer(world, challenge, SMS_MFA_CODE=world.last_code())
    assert signed_in["AuthenticationResult"]


@fact("That holds for a phone number that is not verified, too", "reported")
def test_sms_unverified(world):
    world.pool(MfaConfiguration="ON")
    world.user(phone=PHONE, verified=False)
    assert world.sign_in()["ChallengeName"] == "SMS_MFA"


@fact("Where MFA by e-mail is required, a user with an address gets EMAIL_OTP", "documented")
def test_email(world):
    world.pool()
    configure(world, "ON", EmailMfaConfiguration={"Message": "{####}"})
    world.user()
    challenge = world.sign_in()
    assert challenge["ChallengeName"] == "EMAIL_OTP"
    assert answer(world, challenge, EMAIL_OTP_CODE=world.last_code())["AuthenticationResult"]


@fact("Several factors and no preference: SELECT_MFA_TYPE, with MFAS_CAN_CHOOSE", "documented")
def test_select(optional):
    secret = registered(optional)
    optional.admin(
        "admin_update_user_attributes",
        UserAttributes=[{"Name": "phone_number", "Value": PHONE}],
    )
    prefer(optional, SMSMfaSettings={"Enabled": True}, SoftwareTokenMfaSettings={"Enabled": True})
    challenge = optional.sign_in()
    assert challenge["ChallengeName"] == "SELECT_MFA_TYPE"
    assert json.loads(challenge["ChallengeParameters"]["MFAS_CAN_CHOOSE"]) == [
        "SMS_MFA",
        "SOFTWARE_TOKEN_MFA",
    ]
    chosen = answer(optional, challenge, ANSWER="SOFTWARE_TOKEN_MFA")
    assert chosen["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    code = shown(optional, secret, later=30)
    assert answer(optional, chosen, SOFTWARE_TOKEN_MFA_CODE=code)["AuthenticationResult"]


def test_a_second_factor_that_was_not_offered_cannot_be_chosen(optional):
    registered(optional)
    optional.admin(
        "admin_update_user_attributes",
        UserAttributes=[{"Name": "phone_number", "Value": PHONE}],
    )
    prefer(optional, SMSMfaSettings={"Enabled": True}, SoftwareTokenMfaSettings={"Enabled": True})
    with pytest.raises(optional.api.exceptions.InvalidParameterException):
        answer(optional, optional.sign_in(), ANSWER="EMAIL_MFA")


@fact("An authenticator's codes are those of RFC 6238: SHA-1, 30 seconds, six digits", "documented")
def test_codes(world):
    secret = factors.new_secret(b"12345678901234567890")  # the RFC's own, appendix B
    for moment, code in ((59, "287082"), (1111111109, "081804"), (20000000000, "353130")):
        assert factors.code_at(secret, moment) == code


@fact("A code of the step before or after is good, one further away is not", "inferred")
def test_window(optional):
    secret = registered(optional)
    prefer(optional, SoftwareTokenMfaSettings={"Enabled": True})
    code = shown(optional, secret, later=60)
    optional.sandbox.advance(60)
    optional.refuses(MISMATCH, answer, optional, optional.sign_in(), SOFTWARE_TOKEN_MFA_CODE=code)
    code = shown(optional, secret)
    optional.sandbox.advance(30)
    assert answer(optional, optional.sign_in(), SOFTWARE_TOKEN_MFA_CODE=code)


@fact("A code is good once: Your software token has already been used once.", "reported")
def test_used(optional):
    secret = registered(optional)
    prefer(optional, SoftwareTokenMfaSettings={"Enabled": True})
    used = ("ExpiredCodeException", "Your software token has already been used once.")
    challenge = optional.sign_in()
    code = shown(optional, secret)
    optional.refuses(used, answer, optional, challenge, SOFTWARE_TOKEN_MFA_CODE=code)
    code = shown(optional, secret, later=30)
    answer(optional, challenge, SOFTWARE_TOKEN_MFA_CODE=code)
    optional.refuses(used, answer, optional, optional.sign_in(), SOFTWARE_TOKEN_MFA_CODE=code)


@fact("A wrong code of an authenticator: Invalid code received for user", "reported")
def test_wrong(optional):
    secret = registered(optional)
    prefer(optional, SoftwareTokenMfaSettings={"Enabled": True})
    wrong = other(shown(optional, secret, later=300))
    optional.refuses(MISMATCH, answer, optional, optional.sign_in(), SOFTWARE_TOKEN_MFA_CODE=wrong)


@fact(
    "The first code is wrong: Code mismatch and fail enable Software Token MFA",
    "reported",
)
def test_enable_wrong(optional):
    secret = optional.api.associate_software_token(AccessToken=optional.token)["SecretCode"]
    optional.refuses(
        ("EnableSoftwareTokenMFAException", "Code mismatch and fail enable Software Token MFA"),
        optional.api.verify_software_token,
        AccessToken=optional.token,
        UserCode=other(shown(optional, secret)),
    )


@fact("With an access token VerifySoftwareToken answers without a session", "reported")
def test_no_session(optional):
    made = optional.api.associate_software_token(AccessToken=optional.token)
    done = optional.api.verify_software_token(
        AccessToken=optional.token, UserCode=shown(optional, made["SecretCode"])
    )
    assert ("Session" in made, "Session" in done) == (False, False)


@fact(
    "Where MFA is optional, a registered authenticator is asked for once it is enabled",
    "documented",
)
def test_optional(optional):
    registered(optional)
    assert optional.sign_in()["AuthenticationResult"]
    prefer(optional, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True})
    assert optional.sign_in()["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    user = optional.api.get_user(AccessToken=optional.token)
    assert (user["UserMFASettingList"], user["PreferredMfaSetting"]) == (
        ["SOFTWARE_TOKEN_MFA"],
        "SOFTWARE_TOKEN_MFA",
    )


@fact("A new authenticator takes the old one's place once it is verified, not before", "inferred")
def test_another(optional):
    secret = registered(optional)
    prefer(optional, SoftwareTokenMfaSettings={"Enabled": True})
    optional.api.associate_software_token(AccessToken=optional.token)
    code = shown(optional, secret, later=30)
    assert answer(optional, optional.sign_in(), SOFTWARE_TOKEN_MFA_CODE=code)
    newer = registered(optional)
    code = shown(optional, secret, later=30)
    optional.refuses(MISMATCH, answer, optional, optional.sign_in(), SOFTWARE_TOKEN_MFA_CODE=code)
    code = shown(optional, newer)
    assert answer(optional, optional.sign_in(), SOFTWARE_TOKEN_MFA_CODE=code)


@fact("A pool that has no authenticator apps: SoftwareTokenMFANotFoundException", "documented")
def test_not_offered(world):
    with pytest.raises(world.api.exceptions.SoftwareTokenMFANotFoundException):
        world.api.associate_software_token(AccessToken=world.tokens()["AccessToken"])


@fact("VerifySoftwareToken before AssociateSoftwareToken is refused", "inferred")
def test_not_associated(optional):
    with pytest.raises(optional.api.exceptions.SoftwareTokenMFANotFoundException):
        optional.api.verify_software_token(AccessToken=optional.token, UserCode="123456")


@fact(
    "AssociateSoftwareToken takes an access token or a session, not both and not none", "documented"
)
def test_either(required):
    session = required.sign_in()["Session"]
    for given in ({}, {"AccessToken": "x.y.z", "Session": session}):
        with pytest.raises(required.api.exceptions.InvalidParameterException):
            required.api.associate_software_token(**given)


def test_the_session_of_another_challenge_registers_nothing(required):
    required.user("bea", confirmed=False)
    with pytest.raises(required.api.exceptions.NotAuthorizedException):
        required.api.associate_software_token(Session=required.sign_in()["Session"])


@fact(
    "A factor that the user has not set up cannot be turned on: User does not have delivery config"
    " set to turn on SOFTWARE_TOKEN_MFA",
    "reported",
)
def test_not_set_up(optional):
    for setting, factor in (
        ("SoftwareTokenMfaSettings", "SOFTWARE_TOKEN_MFA"),
        ("SMSMfaSettings", "SMS_MFA"),
    ):
        refused = ("InvalidParameterException", NOT_SET_UP.format(factor))
        optional.refuses(refused, prefer, optional, **{setting: {"Enabled": True}})
        optional.refuses(
            refused, optional.admin, "admin_set_user_mfa_preference", **{setting: {"Enabled": True}}
        )


@fact("Only one factor can be preferred", "documented")
def test_one_preferred(optional):
    registered(optional)
    both = {"Enabled": True, "PreferredMfa": True}
    with pytest.raises(optional.api.exceptions.InvalidParameterException):
        prefer(optional, EmailMfaSettings=both, SoftwareTokenMfaSettings=both)


@fact(
    "SetUserPoolMfaConfig with OFF and a factor: can't turn off MFA and configure an MFA together.",
    "reported",
)
def test_off_with_a_factor(world):
    world.pool()
    for factor in (
        TOKEN,
        {"EmailMfaConfiguration": {"Message": "{####}"}},
        {"SmsMfaConfiguration": {"SmsAuthenticationMessage": "{####}"}},
    ):
        world.refuses(TOGETHER, configure, world, "OFF", **factor)


@fact("SetUserPoolMfaConfig with OFF takes the settings of passkeys", "reported")
def test_off_with_passkeys(world):
    world.pool()
    assert configure(world, "OFF", WebAuthnConfiguration={"UserVerification": "required"})


@fact(
    "SetUserPoolMfaConfig with ON or OPTIONAL and no factor: can't disable all MFAs with a required"
    " or optional configuration.",
    "reported",
)
def test_on_without_a_factor(world):
    world.pool(SmsConfiguration=None)
    for mode in ("ON", "OPTIONAL"):
        world.refuses(NONE_LEFT, configure, world, mode)
        off = {"SoftwareTokenMfaConfiguration": {"Enabled": False}}
        world.refuses(NONE_LEFT, configure, world, mode, **off)


@fact("MFA that is turned off forgets its factors", "inferred")
def test_off(optional):
    assert "SoftwareTokenMfaConfiguration" not in configure(optional, "OFF")
    with pytest.raises(optional.api.exceptions.SoftwareTokenMFANotFoundException):
        optional.api.associate_software_token(AccessToken=optional.token)


@fact(
    "A pool that is made with MFA needs SMS: SMS configuration and Auto verification for"
    " phone_number are required when MFA is required/optional",
    "reported",
)
def test_made_with_mfa(world):
    for mode in ("ON", "OPTIONAL"):
        world.refuses(BY_SMS, world.pool, MfaConfiguration=mode, SmsConfiguration=None)
    world.pool(MfaConfiguration="ON")
    config = world.api.get_user_pool_mfa_config(UserPoolId=world.pool_id)
    assert "SmsConfiguration" in config["SmsMfaConfiguration"]


@fact("UpdateUserPool keeps MFA on where another factor was chosen", "inferred")
def test_updated_with_mfa(world):
    world.pool(SmsConfiguration=None)
    world.refuses(
        BY_SMS, world.api.update_user_pool, UserPoolId=world.pool_id, MfaConfiguration="ON"
    )
    configure(world, "OPTIONAL", **TOKEN)
    world.api.update_user_pool(UserPoolId=world.pool_id, MfaConfiguration="ON")
    world.user(email=EMAIL)
    assert world.sign_in()["ChallengeName"] == "MFA_SETUP"
