"""What an administrator can do about a forgotten password: AdminResetUserPassword,
AdminSetUserPassword, and the rest.
"""

import pytest

from ..world import (
    ANOTHER,
    EXPIRED,
    INCORRECT,
    LIMIT,
    MISMATCH,
    NO_CONTACT,
    PASSWORD,
    PHONE,
    RESET_REQUIRED,
    WRONG_STATE,
    fact,
)

GONE = ("UserNotFoundException", "User does not exist.")


@fact(
    "AdminResetUserPassword: the status is RESET_REQUIRED at once and a code is sent", "documented"
)
def test_reset(world):
    answer = world.admin("admin_reset_user_password")
    assert set(answer) == {"ResponseMetadata"}
    assert world.status() == "RESET_REQUIRED"
    assert world.sandbox.mailbox()[-1]["trigger_source"] == "CustomMessage_ForgotPassword"


@fact(
    "After AdminResetUserPassword the old password does not sign in: Password reset required for"
    " the user",
    "documented",
)
def test_reset_deactivates(world):
    world.admin("admin_reset_user_password")
    world.refuses(RESET_REQUIRED, world.sign_in)


@fact("The code of AdminResetUserPassword is used with ConfirmForgotPassword", "documented")
def test_reset_then_confirm(world):
    world.admin("admin_reset_user_password")
    world.confirm(world.last_code())
    assert world.tokens(ANOTHER)


@fact("AdminResetUserPassword again: the status stays and a new code is sent", "inferred")
def test_reset_again(world):
    world.admin("admin_reset_user_password")
    first = world.last_code()
    world.admin("admin_reset_user_password")
    assert world.status() == "RESET_REQUIRED"
    world.refuses(MISMATCH, world.confirm, first)
    world.confirm(world.last_code())


@fact(
    "AdminResetUserPassword without a verified contact: no registered/verified email or"
    " phone_number",
    "reported",
)
def test_reset_without_contact(world):
    world.pool()
    world.user(verified=False)
    world.refuses(NO_CONTACT, world.admin, "admin_reset_user_password")
    assert world.status() == "CONFIRMED"


@fact(
    "AdminResetUserPassword for FORCE_CHANGE_PASSWORD: cannot be reset in the current state.",
    "reported",
)
def test_reset_force_change(world):
    world.pool()
    world.user(confirmed=False)
    world.refuses(WRONG_STATE, world.admin, "admin_reset_user_password")


@fact("AdminResetUserPassword for UNCONFIRMED: cannot be reset in the current state.", "reported")
def test_reset_unconfirmed(world):
    world.pool()
    world.signed_up()
    world.refuses(WRONG_STATE, world.admin, "admin_reset_user_password")


@fact(
    "AdminResetUserPassword for a federated user: cannot be reset in the current state.", "inferred"
)
def test_reset_external(world):
    world.sandbox.set_status(world.username, "EXTERNAL_PROVIDER")
    world.refuses(WRONG_STATE, world.admin, "admin_reset_user_password")


@fact("AdminResetUserPassword for a disabled user: User is disabled", "reported")
def test_reset_disabled(world):
    world.admin("admin_disable_user")
    world.refuses(
        ("NotAuthorizedException", "User is disabled"), world.admin, "admin_reset_user_password"
    )


@fact("AdminResetUserPassword for an unknown user: User does not exist.", "reported")
def test_reset_unknown(world):
    world.refuses(GONE, world.admin, "admin_reset_user_password", Username="nobody")


@fact(
    "AdminResetUserPassword in a pool where only administrators recover accounts is refused", "open"
)
def test_reset_admin_only(world):
    world.pool(
        AccountRecoverySetting={"RecoveryMechanisms": [{"Name": "admin_only", "Priority": 1}]}
    )
    world.user()
    world.refuses(
        ("NotAuthorizedException", "Contact administrator to reset password."),
        world.admin,
        "admin_reset_user_password",
    )
    world.sandbox.settings(admin_reset_admin_only="allow")
    world.admin("admin_reset_user_password")
    assert world.status() == "RESET_REQUIRED"


@fact(
    "AdminResetUserPassword where the pool does not verify that kind of contact: done, without a"
    " message",
    "inferred",
)
def test_reset_contact_type_not_verified(world):
    world.pool(AutoVerifiedAttributes=["phone_number"])
    world.user()
    world.admin("admin_reset_user_password")
    assert world.status() == "RESET_REQUIRED"
    assert world.sandbox.mailbox() == []


@fact(
    "AdminResetUserPassword in a pool that selects no kind of contact sends to the verified one",
    "inferred",
)
def test_reset_nothing_selected(world):
    world.pool(AutoVerifiedAttributes=[])
    world.user()
    world.admin("admin_reset_user_password")
    world.confirm(world.last_code())


@fact("AdminResetUserPassword does not spend the user's hourly attempts", "inferred")
def test_reset_is_free(world):
    for _ in range(7):
        world.admin("admin_reset_user_password")
    world.confirm(world.last_code())


@fact(
    "AdminResetUserPassword has no CodeDeliveryFailureException: a failed delivery is silent",
    "documented",
)
def test_reset_delivery_failure(world):
    world.sandbox.settings(delivery_failure="code")
    world.admin("admin_reset_user_password")
    assert world.sandbox.mailbox() == []
    world.sandbox.settings(delivery_failure="sms-access")
    world.refuses(
        (
            "InvalidSmsRoleAccessPolicyException",
            "Role does not have permission to publish with SNS",
        ),
        world.admin,
        "admin_reset_user_password",
    )


@fact("AdminResetUserPassword ends the code that the user asked for", "inferred")
def test_reset_supersedes(world):
    code = world.code()
    world.admin("admin_reset_user_password")
    world.refuses(MISMATCH, world.confirm, code)


@fact("AdminSetUserPassword, permanent: CONFIRMED, and the password signs in", "documented")
def test_set_permanent(world):
    world.pool()
    world.user(confirmed=False)
    world.set_password(ANOTHER)
    assert world.status() == "CONFIRMED"
    assert world.tokens()


@fact("AdminSetUserPassword, temporary: FORCE_CHANGE_PASSWORD", "documented")
def test_set_temporary(world):
    world.set_password(ANOTHER, permanent=False)
    assert world.status() == "FORCE_CHANGE_PASSWORD"
    assert world.sign_in()["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


@pytest.mark.parametrize(
    "status",
    [
        pytest.param(
            "UNCONFIRMED",
            marks=fact("AdminSetUserPassword makes an UNCONFIRMED user CONFIRMED", "documented"),
        ),
        pytest.param(
            "RESET_REQUIRED",
            marks=fact("AdminSetUserPassword makes a RESET_REQUIRED user CONFIRMED", "documented"),
        ),
        pytest.param(
            "EXTERNAL_PROVIDER",
            marks=fact("AdminSetUserPassword makes a federated user CONFIRMED", "documented"),
        ),
    ],
)
def test_set_from(world, status):
    world.sandbox.set_status(world.username, status)
    world.set_password(ANOTHER)
    assert world.status() == "CONFIRMED"


@fact("AdminSetUserPassword sends no message", "inferred")
def test_set_is_silent(world):
    world.set_password(ANOTHER)
    assert world.sandbox.mailbox() == []


@fact(
    "AdminSetUserPassword names the broken rule after Password does not conform to policy:",
    "reported",
)
def test_set_policy(world):
    world.refuses(
        (
            "InvalidPasswordException",
            "Password does not conform to policy: Password not long enough",
        ),
        world.set_password,
        "Ab1!",
    )


@fact("AdminSetUserPassword for an unknown user: User does not exist.", "documented")
def test_set_unknown(world):
    world.refuses(GONE, world.admin, "admin_set_user_password", Username="nobody", Password=ANOTHER)


@fact("AdminSetUserPassword works when the hourly reset limit is hit", "inferred")
def test_set_despite_limit(world):
    for _ in range(5):
        world.forgot()
    world.refuses(LIMIT, world.forgot)
    world.set_password(ANOTHER)
    assert world.tokens()


@fact(
    "AdminSetUserPassword verifies no contact: such a user is CONFIRMED but cannot recover",
    "reported",
)
def test_set_does_not_verify(world):
    world.pool()
    world.user(verified=False, confirmed=False)
    world.set_password(PASSWORD)
    assert world.status() == "CONFIRMED"
    world.refuses(NO_CONTACT, world.forgot)


@fact(
    "AdminSetUserPassword on a disabled user sets the password and leaves the user disabled",
    "inferred",
)
def test_set_disabled(world):
    world.admin("admin_disable_user")
    world.set_password(ANOTHER)
    assert world.admin("admin_get_user")["Enabled"] is False
    world.admin("admin_enable_user")
    assert world.tokens()


@fact("AdminGetUser shows status, Enabled, both dates and the attributes, with sub", "documented")
def test_get(world):
    found = world.admin("admin_get_user")
    names = {one["Name"] for one in found["UserAttributes"]}
    assert {"sub", "email", "email_verified"} <= names
    assert (found["UserStatus"], found["Enabled"]) == ("CONFIRMED", True)
    assert found["UserCreateDate"] <= found["UserLastModifiedDate"]


@fact("AdminGetUser has no MFA keys at all where nothing is set", "reported")
def test_get_no_mfa(world):
    assert not {"UserMFASettingList", "PreferredMfaSetting"} & set(world.admin("admin_get_user"))


@fact("AdminGetUser shows enabled and preferred second factors", "documented")
def test_get_mfa(world):
    world.pool()
    world.user(phone=PHONE)
    world.admin(
        "admin_set_user_mfa_preference", SMSMfaSettings={"Enabled": True, "PreferredMfa": True}
    )
    found = world.admin("admin_get_user")
    assert found["UserMFASettingList"] == ["SMS_MFA"]
    assert found["PreferredMfaSetting"] == "SMS_MFA"


@fact("AdminGetUser for an unknown user: User does not exist.", "reported")
def test_get_unknown(world):
    world.refuses(GONE, world.admin, "admin_get_user", Username="nobody")


@fact("AdminGetUser in an unknown pool: User pool <id> does not exist.", "reported")
def test_unknown_pool(world):
    world.refuses(
        ("ResourceNotFoundException", "User pool us-east-1_NoSuch123 does not exist."),
        world.admin,
        "admin_get_user",
        UserPoolId="us-east-1_NoSuch123",
    )


@fact("AdminDisableUser and AdminEnableUser change Enabled, not the status", "documented")
def test_disable_enable(world):
    world.admin("admin_disable_user")
    found = world.admin("admin_get_user")
    assert (found["Enabled"], found["UserStatus"]) == (False, "CONFIRMED")
    world.admin("admin_enable_user")
    assert world.admin("admin_get_user")["Enabled"] is True
    world.confirm(world.code())


@fact(
    "AdminDisableUser revokes every access token, and AdminEnableUser brings none back",
    "documented",
)
def test_disable_revokes(world):
    old = world.tokens()
    refused = ("NotAuthorizedException", "Access Token has been revoked")
    world.admin("admin_disable_user")
    world.refuses(refused, world.api.get_user, AccessToken=old["AccessToken"])
    world.admin("admin_enable_user")
    world.refuses(refused, world.api.get_user, AccessToken=old["AccessToken"])
    assert world.api.get_user(AccessToken=world.tokens()["AccessToken"])


@fact(
    "A refresh token from before AdminDisableUser is good again after AdminEnableUser", "inferred"
)
def test_disable_keeps_refresh_tokens(world):
    old = world.tokens()["RefreshToken"]
    refresh = {
        "ClientId": world.client_id,
        "AuthFlow": "REFRESH_TOKEN_AUTH",
        "AuthParameters": {"REFRESH_TOKEN": old},
    }
    world.admin("admin_disable_user")
    world.refuses(
        ("NotAuthorizedException", "User is disabled."), world.api.initiate_auth, **refresh
    )
    world.admin("admin_enable_user")
    fresh = world.api.initiate_auth(**refresh)["AuthenticationResult"]
    assert world.api.get_user(AccessToken=fresh["AccessToken"])


@fact(
    "AdminUserGlobalSignOut ends refresh tokens and what access tokens may do at the API",
    "documented",
)
def test_global_sign_out(world):
    tokens = world.tokens()
    world.admin("admin_user_global_sign_out")
    world.refuses(
        ("NotAuthorizedException", "Access Token has been revoked"),
        world.api.get_user,
        AccessToken=tokens["AccessToken"],
    )
    world.refuses(
        ("NotAuthorizedException", "Refresh Token has been revoked"),
        world.api.initiate_auth,
        ClientId=world.client_id,
        AuthFlow="REFRESH_TOKEN_AUTH",
        AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]},
    )
    assert world.api.get_user(AccessToken=world.tokens()["AccessToken"])


@fact("AdminDeleteUser: the user is gone", "documented")
def test_delete(world):
    world.admin("admin_delete_user")
    world.refuses(GONE, world.admin, "admin_get_user")


@fact("AdminCreateUser: FORCE_CHANGE_PASSWORD with a temporary password", "documented")
def test_create(world):
    made = world.api.admin_create_user(
        UserPoolId=world.pool_id, Username="ben", TemporaryPassword=PASSWORD
    )["User"]
    assert (made["UserStatus"], made["Enabled"]) == ("FORCE_CHANGE_PASSWORD", True)
    assert world.sign_in(PASSWORD, username="ben")["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


@fact(
    "AdminCreateUser begins the policy's text with Password did not conform with password policy:",
    "reported",
)
def test_create_policy(world):
    world.refuses(
        (
            "InvalidPasswordException",
            "Password did not conform with password policy: Password not long enough",
        ),
        world.api.admin_create_user,
        UserPoolId=world.pool_id,
        Username="ben",
        TemporaryPassword="Ab1!",
    )


@fact("AdminCreateUser for a name that is there: User account already exists", "reported")
def test_create_exists(world):
    world.refuses(
        ("UsernameExistsException", "User account already exists"),
        world.api.admin_create_user,
        UserPoolId=world.pool_id,
        Username=world.username,
    )


@fact(
    "AdminCreateUser with RESEND sends the invitation again with a new temporary password and a new"
    " validity",
    "documented",
)
def test_resend(world):
    world.pool()
    email = [{"Name": "email", "Value": "ben@shop.example"}]
    world.api.admin_create_user(
        UserPoolId=world.pool_id,
        Username="ben",
        UserAttributes=email,
        DesiredDeliveryMediums=["EMAIL"],
    )
    first = world.last_code()
    world.sandbox.advance(8 * 86_400)
    world.refuses(
        (
            "NotAuthorizedException",
            "Temporary password has expired and must be reset by an administrator.",
        ),
        world.sign_in,
        first,
        username="ben",
    )
    world.api.admin_create_user(
        UserPoolId=world.pool_id,
        Username="ben",
        MessageAction="RESEND",
        DesiredDeliveryMediums=["EMAIL"],
    )
    assert world.last_code() != first
    assert (
        world.sign_in(world.last_code(), username="ben")["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    )


@fact(
    "AdminCreateUser with RESEND for a CONFIRMED user is refused: UnsupportedUserStateException",
    "inferred",
)
def test_resend_confirmed(world):
    world.refuses(
        (
            "UnsupportedUserStateException",
            f"Resend not possible. {world.username} status is not FORCE_CHANGE_PASSWORD",
        ),
        world.admin,
        "admin_create_user",
        MessageAction="RESEND",
    )


@fact("AdminUpdateUserAttributes: marking a contact verified makes recovery possible", "reported")
def test_verify_contact(world):
    world.pool()
    world.user(verified=False)
    world.refuses(NO_CONTACT, world.forgot)
    world.admin(
        "admin_update_user_attributes", UserAttributes=[{"Name": "email_verified", "Value": "true"}]
    )
    world.confirm(world.code())


@fact("A changed e-mail address is not verified any more, unless the call says so", "reported")
def test_change_drops_verified(world):
    world.admin(
        "admin_update_user_attributes",
        UserAttributes=[{"Name": "email", "Value": "new@shop.example"}],
    )
    world.refuses(NO_CONTACT, world.forgot)
    world.admin(
        "admin_update_user_attributes",
        UserAttributes=[
            {"Name": "email", "Value": "newer@shop.example"},
            {"Name": "email_verified", "Value": "true"},
        ],
    )
    assert world.forgot()


@fact(
    "AdminConfirmSignUp makes a user CONFIRMED without verifying a contact, so recovery is refused",
    "documented",
)
def test_confirm_sign_up(world):
    world.pool()
    world.signed_up()
    world.admin("admin_confirm_sign_up")
    assert world.status() == "CONFIRMED"
    world.refuses(NO_CONTACT, world.forgot)


@fact(
    "AdminConfirmSignUp for a CONFIRMED user: User cannot be confirmed. Current status is"
    " CONFIRMED",
    "inferred",
)
def test_confirm_sign_up_twice(world):
    world.refuses(
        ("NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED"),
        world.admin,
        "admin_confirm_sign_up",
    )


@fact(
    "AdminListUserAuthEvents shows sign-ins, requested resets and password changes, newest first",
    "documented",
)
def test_events(world):
    world.sign_in()
    world.confirm(world.code())
    events = world.admin("admin_list_user_auth_events")["AuthEvents"]
    assert [one["EventType"] for one in events] == ["PasswordChange", "ForgotPassword", "SignIn"]
    assert {one["EventResponse"] for one in events} == {"Pass"}
    page = world.admin("admin_list_user_auth_events", MaxResults=2)
    assert len(page["AuthEvents"]) == 2
    rest = world.admin("admin_list_user_auth_events", NextToken=page["NextToken"])
    assert [one["EventType"] for one in rest["AuthEvents"]] == ["SignIn"]


def test_a_page_token_of_signs_that_only_look_like_digits_fails_nothing(world):
    assert world.admin("admin_list_user_auth_events", NextToken="\u00b2")["AuthEvents"] == []


@fact("A failed sign-in is a SignIn event with response Fail", "documented")
def test_failed_event(world):
    world.refuses(INCORRECT, world.sign_in, "Wrong-Pass-1")
    assert world.admin("admin_list_user_auth_events")["AuthEvents"][0]["EventResponse"] == "Fail"


@fact("A reset by an administrator's password works although the code is spent", "inferred")
def test_set_ends_nothing_else(world):
    code = world.code()
    world.set_password(PASSWORD)
    world.sandbox.advance(3600)
    world.refuses(EXPIRED, world.confirm, code)
    assert world.tokens()
