"""ConfirmForgotPassword: codes, the order of checks, and what a success changes."""

import pytest

from tests.authenticators import register

from ..world import ANOTHER, EXPIRED, INCORRECT, LIMIT, MISMATCH, PASSWORD, UNKNOWN, fact

POLICY = "Password does not conform to policy: "


@fact("A live code and an acceptable password: HTTP 200 with an empty answer", "documented")
def test_success_is_silent(world):
    answer = world.confirm(world.code())
    assert set(answer) == {"ResponseMetadata"}
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


@fact("After ConfirmForgotPassword the user is CONFIRMED, from RESET_REQUIRED too", "documented")
def test_confirms_from_reset_required(world):
    world.admin("admin_reset_user_password")
    assert world.status() == "RESET_REQUIRED"
    world.confirm(world.last_code())
    assert world.status() == "CONFIRMED"


@fact("The new password signs in, the old one no longer does", "documented")
def test_password_is_replaced(world):
    world.confirm(world.code())
    assert world.tokens(ANOTHER)
    world.refuses(INCORRECT, world.sign_in)


@fact("ConfirmForgotPassword returns no tokens: the user must sign in", "documented")
def test_no_tokens(world):
    assert "AuthenticationResult" not in world.confirm(world.code())


@fact("Wrong digits: Invalid verification code provided, please try again.", "reported")
def test_wrong_code(world):
    world.forgot()
    world.refuses(MISMATCH, world.confirm, world.wrong())


@fact("A wrong code is checked as text: 012345 is not 12345", "inferred")
def test_leading_zeros_count(world):
    code = world.code()
    while not code.startswith("0"):
        world.sandbox.advance(3601)
        code = world.code()
    world.refuses(MISMATCH, world.confirm, code.lstrip("0") or "x")
    world.confirm(code)


@fact("Never requested: Invalid code provided, please request a code again.", "documented")
def test_never_requested(world):
    world.refuses(EXPIRED, world.confirm, "123456")


@fact("A used code: Invalid code provided, please request a code again.", "reported")
def test_used_code(world):
    code = world.code()
    world.confirm(code)
    world.refuses(EXPIRED, world.confirm, code)


@fact("A code lives one hour", "documented")
def test_expiry(world):
    code = world.code()
    world.sandbox.advance(3600)
    world.refuses(EXPIRED, world.confirm, code)


@fact("A code still works just before its hour is over", "documented")
def test_almost_expired(world):
    code = world.code()
    world.sandbox.advance(3599)
    world.confirm(code)


@fact("A code from AdminResetUserPassword lives one hour as well", "documented")
def test_admin_code_expiry(world):
    world.admin("admin_reset_user_password")
    code = world.last_code()
    world.sandbox.advance(3599)
    world.confirm(code)
    world.admin("admin_reset_user_password")
    code = world.last_code()
    world.sandbox.advance(3600)
    world.refuses(EXPIRED, world.confirm, code)


@fact("Codes are six digits", "reported")
def test_six_digits(world):
    for _ in range(20):
        assert world.code().isdigit()
        assert len(world.last_code()) == 6
        world.sandbox.advance(3600)


@fact("A code that another app client requested: ExpiredCodeException", "reported")
def test_other_client(world):
    code = world.code()
    world.client()
    world.refuses(EXPIRED, world.confirm, code)


@fact("The setting code_bound_to_client: codes work for every app client of the pool", "open")
def test_other_client_by_setting(world):
    code = world.code()
    world.client()
    world.sandbox.settings(code_bound_to_client=False)
    world.confirm(code)


@fact("A code from AdminResetUserPassword works for any app client", "inferred")
def test_admin_code_any_client(world):
    world.admin("admin_reset_user_password")
    world.client()
    world.confirm(world.last_code())
    assert world.status() == "CONFIRMED"


@fact("The newest code works, an older one gives CodeMismatchException", "open")
def test_newest_wins(world):
    old, new = world.code(), world.code()
    world.refuses(MISMATCH, world.confirm, old)
    world.confirm(new)


@fact("The setting valid_code: the first code works, or any", "open")
def test_first_or_any(world):
    world.sandbox.settings(valid_code="first")
    first, second = world.code(), world.code()
    world.refuses(MISMATCH, world.confirm, second)
    world.confirm(first)
    world.sandbox.advance(3600)
    world.sandbox.settings(valid_code="any")
    first, _ = world.code(), world.code()
    world.confirm(first)


@fact("A password that breaks the policy is refused after the code was accepted", "reported")
def test_policy_after_code(world):
    world.forgot()
    world.refuses(MISMATCH, world.confirm, world.wrong(), "short")
    world.refuses(
        ("InvalidPasswordException", f"{POLICY}Password not long enough"),
        world.confirm,
        world.last_code(),
        "short",
    )


@fact("A refused password does not consume the code", "reported")
def test_refused_password_keeps_code(world):
    code = world.code()
    world.refuses(
        ("InvalidPasswordException", f"{POLICY}Password must have symbol characters"),
        world.confirm,
        code,
        "NoSymbols123",
    )
    world.confirm(code)
    assert world.tokens(ANOTHER)


@fact("A wrong code does not consume the right one", "reported")
def test_wrong_code_keeps_code(world):
    code = world.code()
    world.refuses(MISMATCH, world.confirm, world.wrong())
    world.confirm(code)


@fact(
    "ConfirmForgotPassword for an unknown user: Username/client id combination not found.",
    "inferred",
)
def test_unknown_user(world):
    world.refuses(UNKNOWN, world.confirm, "123456", Username="nobody")


@fact("With PreventUserExistenceErrors, an unknown user gives CodeMismatchException", "documented")
def test_unknown_user_hidden(world):
    world.hiding()
    world.refuses(MISMATCH, world.confirm, "123456", Username="nobody")


@fact("With PreventUserExistenceErrors, a disabled user gives CodeMismatchException", "documented")
def test_disabled_hidden(world):
    world.hiding()
    code = world.code()
    world.admin("admin_disable_user")
    world.refuses(MISMATCH, world.confirm, code)


@fact(
    "With PreventUserExistenceErrors, a user who asked for no code gives ExpiredCodeException",
    "documented",
)
def test_no_code_hidden(world):
    world.hiding()
    world.refuses(EXPIRED, world.confirm, "123456")


@fact("A disabled user (LEGACY): User is disabled.", "open")
def test_disabled(world):
    code = world.code()
    world.admin("admin_disable_user")
    world.refuses(("NotAuthorizedException", "User is disabled."), world.confirm, code)
    world.sandbox.settings(disabled_confirm="user-not-found")
    world.refuses(UNKNOWN, world.confirm, code)
    world.sandbox.settings(disabled_confirm="expired-code")
    world.refuses(EXPIRED, world.confirm, code)


@fact("An UNCONFIRMED user: UserNotConfirmedException", "open")
def test_unconfirmed(world):
    world.pool()
    world.signed_up()
    world.refuses(("UserNotConfirmedException", "User is not confirmed."), world.confirm, "123456")
    world.sandbox.settings(unconfirmed_confirm="expired-code")
    world.refuses(EXPIRED, world.confirm, "123456")


@fact("FORCE_CHANGE_PASSWORD has no code: ExpiredCodeException", "inferred")
def test_force_change_password(world):
    world.pool()
    world.user(confirmed=False)
    world.refuses(EXPIRED, world.confirm, "123456")


@fact("A federated user has no code: ExpiredCodeException", "inferred")
def test_external_provider(world):
    world.sandbox.set_status(world.username, "EXTERNAL_PROVIDER")
    world.refuses(EXPIRED, world.confirm, "123456")


@fact(
    "ConfirmForgotPassword with an unknown app client: User pool client <id> does not exist.",
    "reported",
)
def test_unknown_client(world):
    world.refuses(
        (
            "ResourceNotFoundException",
            "User pool client 0123456789abcdefghijklmnop does not exist.",
        ),
        world.confirm,
        "123456",
        ClientId="0123456789abcdefghijklmnop",
    )


@fact("The client is looked up before the user", "inferred")
def test_client_before_user(world):
    world.refuses(
        ("ResourceNotFoundException", "User pool client nosuch does not exist."),
        world.confirm,
        "123456",
        ClientId="nosuch",
        Username="nobody",
    )


@fact("Constraints are checked before the client is looked up", "inferred")
def test_constraints_before_client(world):
    from botocore.exceptions import ClientError

    with pytest.raises(ClientError, match="1 validation error detected: Value at 'password'"):
        world.confirm("123456", " x", ClientId="nosuch")


@fact("The hourly limit is checked before the code", "inferred")
def test_limit_before_code(world):
    code = world.code()
    for _ in range(4):
        world.refuses(MISMATCH, world.confirm, world.wrong())
    world.refuses(LIMIT, world.confirm, code)


@fact("A code of the wrong length counts as wrong, or as expired", "open")
def test_short_code(world):
    world.forgot()
    world.refuses(MISMATCH, world.confirm, "123")
    world.sandbox.settings(short_code="expired")
    world.refuses(EXPIRED, world.confirm, "123")


@fact("ConfirmForgotPassword does not revoke tokens: other sessions stay signed in", "reported")
def test_tokens_stay(world):
    tokens = world.tokens()
    world.confirm(world.code())
    assert world.api.get_user(AccessToken=tokens["AccessToken"])["Username"] == world.username
    refreshed = world.api.initiate_auth(
        ClientId=world.client_id,
        AuthFlow="REFRESH_TOKEN_AUTH",
        AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]},
    )
    assert refreshed["AuthenticationResult"]["AccessToken"]


@fact("ConfirmForgotPassword leaves email_verified as it is", "inferred")
def test_verified_flags_stay(world):
    before = world.admin("admin_get_user")["UserAttributes"]
    world.confirm(world.code())
    assert world.admin("admin_get_user")["UserAttributes"] == before


@fact("ConfirmForgotPassword moves UserLastModifiedDate", "open")
def test_last_modified(world):
    code = world.code()
    before = world.admin("admin_get_user")["UserLastModifiedDate"]
    world.sandbox.advance(60)
    world.confirm(code)
    assert (world.admin("admin_get_user")["UserLastModifiedDate"] - before).total_seconds() == 60
    world.sandbox.settings(confirm_moves_last_modified=False)
    code = world.code()
    world.sandbox.advance(60)
    world.confirm(code)
    assert (world.admin("admin_get_user")["UserLastModifiedDate"] - before).total_seconds() == 60


@fact("A confirmed reset does not end a sign-in lock", "open")
def test_lock_stays(world):
    code = world.code()
    for _ in range(6):
        with pytest.raises(world.api.exceptions.NotAuthorizedException):
            world.sign_in("Wrong-Pass-1")
    world.confirm(code)
    world.refuses(("NotAuthorizedException", "Password attempts exceeded"), world.sign_in, ANOTHER)


@fact("The setting reset_clears_lockout: a confirmed reset ends the lock", "open")
def test_lock_ends_by_setting(world):
    world.sandbox.settings(reset_clears_lockout=True)
    code = world.code()
    for _ in range(6):
        with pytest.raises(world.api.exceptions.NotAuthorizedException):
            world.sign_in("Wrong-Pass-1")
    world.confirm(code)
    assert world.tokens(ANOTHER)


@fact("A confirmed reset does not give the hourly attempts back", "open")
def test_attempts_stay_spent(world):
    world.confirm(world.code())
    world.confirm(world.code(), PASSWORD)
    world.forgot()
    world.refuses(LIMIT, world.forgot)


@fact("MFA settings survive a reset, and MFA is asked at the next sign-in", "inferred")
def test_mfa_stays(world):
    world.pool(MfaConfiguration="OPTIONAL")
    world.user()
    register(world.sandbox, "ana", world.pool_id)
    world.admin(
        "admin_set_user_mfa_preference",
        SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True},
    )
    world.confirm(world.code())
    assert world.admin("admin_get_user")["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"]
    assert world.sign_in(ANOTHER)["ChallengeName"] == "SOFTWARE_TOKEN_MFA"


@fact("Two calls with one code: the second is refused with ExpiredCodeException", "reported")
def test_double_submit(world):
    code = world.code()
    assert world.confirm(code)["ResponseMetadata"]["HTTPStatusCode"] == 200
    world.refuses(EXPIRED, world.confirm, code)


@fact("A WAF block: Request not allowed due to WAF block.", "reported")
def test_waf(world):
    world.sandbox.settings(waf_block=True)
    error = world.refuses(
        ("ForbiddenException", "Request not allowed due to WAF block."), world.confirm, "123456"
    )
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    world.sandbox.settings(waf_status=403)
    error = world.refuses(
        ("ForbiddenException", "Request not allowed due to WAF block."), world.confirm, "123456"
    )
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 403


@fact(
    "Threat protection may block a reset: Request not allowed due to security reasons.", "reported"
)
def test_threat_protection(world):
    code = world.code()
    world.sandbox.settings(threat_block=True)
    world.refuses(
        ("NotAuthorizedException", "Request not allowed due to security reasons."),
        world.confirm,
        code,
    )
