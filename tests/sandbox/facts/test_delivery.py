"""Where a code goes, what the caller sees of that, and what the message says."""

import pytest

from tests.authenticators import register

from ..world import EMAIL_ONLY, NO_CONTACT, PHONE, fact

BOTH = {
    "RecoveryMechanisms": [
        {"Name": "verified_email", "Priority": 2},
        {"Name": "verified_phone_number", "Priority": 1},
    ]
}


def medium(world):
    return world.forgot()["CodeDeliveryDetails"]["DeliveryMedium"]


def factor(world, **settings):
    world.admin("admin_set_user_mfa_preference", **settings)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        pytest.param(
            "test@test.com",
            "t***@t***",
            id="plain",
            marks=fact("An e-mail mask: first letter, ***@, first letter, ***", "reported"),
        ),
        pytest.param(
            "zoe.long.name@mail.example.org",
            "z***@m***",
            id="long",
            marks=fact("An e-mail mask hides lengths and the top-level domain", "reported"),
        ),
    ],
)
def test_email_mask(world, address, shown):
    world.pool()
    world.user(email=address)
    assert world.forgot()["CodeDeliveryDetails"]["Destination"] == shown


@fact("A phone mask keeps the last four digits: +*******1234", "documented")
def test_phone_mask(world):
    world.pool()
    world.user(email=None, phone="+15555551234")
    assert world.forgot()["CodeDeliveryDetails"] == {
        "Destination": "+*******1234",
        "DeliveryMedium": "SMS",
        "AttributeName": "phone_number",
    }


@fact("Without a recovery setting a verified phone comes before a verified e-mail", "documented")
def test_legacy_prefers_phone(world):
    world.pool()
    world.user(phone=PHONE)
    assert medium(world) == "SMS"


@fact("The recovery setting's priority decides, 1 first", "documented")
def test_priority(world):
    world.pool(AccountRecoverySetting=BOTH)
    world.user(phone=PHONE)
    assert medium(world) == "SMS"
    world.pool(
        AccountRecoverySetting={
            "RecoveryMechanisms": [
                {"Name": "verified_phone_number", "Priority": 2},
                {"Name": "verified_email", "Priority": 1},
            ]
        }
    )
    world.user(phone=PHONE)
    assert medium(world) == "EMAIL"


@fact("The second mechanism is used where the first contact is missing", "documented")
def test_fallback(world):
    world.pool(AccountRecoverySetting=BOTH)
    world.user()
    assert medium(world) == "EMAIL"


@fact("admin_only must stand alone", "documented")
def test_admin_only_alone(world):
    from botocore.exceptions import ClientError

    with pytest.raises(ClientError) as caught:
        world.pool(
            AccountRecoverySetting={
                "RecoveryMechanisms": [
                    {"Name": "admin_only", "Priority": 1},
                    {"Name": "verified_email", "Priority": 2},
                ]
            }
        )
    assert caught.value.response["Error"]["Code"] == "InvalidParameterException"


@fact("A user whose preferred factor is SMS gets no reset code by SMS", "documented")
def test_sms_factor(world):
    world.pool(
        AccountRecoverySetting={
            "RecoveryMechanisms": [{"Name": "verified_phone_number", "Priority": 1}]
        }
    )
    world.user(phone=PHONE)
    factor(world, SMSMfaSettings={"Enabled": True, "PreferredMfa": True})
    world.refuses(NO_CONTACT, world.forgot)


@fact(
    "A user whose factor is e-mail gets no reset code by e-mail, although the address is verified",
    "reported",
)
def test_email_factor(world):
    world.pool(AccountRecoverySetting=EMAIL_ONLY)
    world.user()
    factor(world, EmailMfaSettings={"Enabled": True, "PreferredMfa": True})
    world.refuses(NO_CONTACT, world.forgot)


@fact("With both contacts, the one that is not the second factor is used", "documented")
def test_other_contact(world):
    world.pool(AccountRecoverySetting=BOTH)
    world.user(phone=PHONE)
    factor(world, SMSMfaSettings={"Enabled": True, "PreferredMfa": True})
    assert medium(world) == "EMAIL"


@fact("An authenticator app excludes no contact", "documented")
def test_totp(world):
    world.pool(AccountRecoverySetting=EMAIL_ONLY)
    world.user()
    register(world.sandbox, "ana", world.pool_id)
    factor(world, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True})
    assert medium(world) == "EMAIL"


@fact("Without a recovery setting SMS is allowed although SMS is the second factor", "documented")
def test_legacy_allows_sms_factor(world):
    world.pool()
    world.user(phone=PHONE)
    factor(world, SMSMfaSettings={"Enabled": True, "PreferredMfa": True})
    assert medium(world) == "SMS"


@pytest.mark.parametrize(
    ("setting", "code", "text"),
    [
        pytest.param(
            "code",
            "CodeDeliveryFailureException",
            "Invalid email provided/Unable to send the email",
            id="code",
            marks=fact(
                "A sender that is rejected: Invalid email provided/Unable to send the email",
                "reported",
            ),
        ),
        pytest.param(
            "sms-trust",
            "InvalidSmsRoleTrustRelationshipException",
            "Role does not have a trust relationship allowing Cognito to assume the role",
            id="trust",
            marks=fact(
                "An SMS role without trust: InvalidSmsRoleTrustRelationshipException", "reported"
            ),
        ),
        pytest.param(
            "sms-access",
            "InvalidSmsRoleAccessPolicyException",
            "Role does not have permission to publish with SNS",
            id="access",
            marks=fact(
                "An SMS role without permission: InvalidSmsRoleAccessPolicyException", "reported"
            ),
        ),
    ],
)
def test_failure(world, setting, code, text):
    world.sandbox.settings(delivery_failure=setting)
    world.refuses((code, text), world.forgot)


@pytest.mark.parametrize(
    ("setting", "code"),
    [
        pytest.param(
            "code",
            "CodeDeliveryFailureException",
            id="code",
            marks=fact(
                "A code that has to go by SMS where the pool has no role for it: a setting decides,"
                " CodeDeliveryFailureException by default",
                "open",
            ),
        ),
        pytest.param("sms-trust", "InvalidSmsRoleTrustRelationshipException", id="trust"),
        pytest.param("sms-access", "InvalidSmsRoleAccessPolicyException", id="access"),
    ],
)
def test_no_sms_role(world, setting, code):
    world.pool(SmsConfiguration=None)
    world.user(email=None, phone=PHONE)
    world.sandbox.settings(sms_without_role=setting)
    with pytest.raises(getattr(world.api.exceptions, code)):
        world.forgot()
    assert world.sandbox.mailbox() == []


def test_without_a_role_an_sms_may_be_lost_or_sent_as_the_setting_says(world):
    world.pool(SmsConfiguration=None)
    world.user(email=None, phone=PHONE)
    for setting, arrived in (("lost", 0), ("sent", 1)):
        world.sandbox.settings(sms_without_role=setting)
        assert medium(world) == "SMS"
        assert len(world.sandbox.mailbox()) == arrived


def test_a_function_that_sends_sms_itself_needs_no_role(world):
    function = "arn:aws:lambda:us-east-1:123456789012:function:f"
    world.pool(
        SmsConfiguration=None,
        LambdaConfig={
            "CustomSMSSender": {"LambdaVersion": "V1_0", "LambdaArn": function},
            "KMSKeyID": "arn:aws:kms:us-east-1:123456789012:key/k",
        },
    )
    world.user(email=None, phone=PHONE)
    assert medium(world) == "SMS"


def test_the_code_of_a_second_factor_fails_with_no_error_that_its_operation_does_not_have(world):
    world.pool(MfaConfiguration="OPTIONAL")
    world.user(phone=PHONE)
    world.sandbox.settings(delivery_failure="code")
    factor(world, SMSMfaSettings={"Enabled": True, "PreferredMfa": True})
    assert world.sign_in()["ChallengeName"] == "SMS_MFA"
    assert world.sandbox.mailbox() == []


@fact("An unusable sender address: InvalidEmailRoleAccessPolicyException", "documented")
def test_email_access(world):
    world.sandbox.settings(delivery_failure="email-access")
    with pytest.raises(world.api.exceptions.InvalidEmailRoleAccessPolicyException):
        world.forgot()


@fact(
    "A reset message uses the pool's verification template, with the code in place of {####}",
    "inferred",
)
def test_template(world):
    world.pool(
        VerificationMessageTemplate={
            "DefaultEmailOption": "CONFIRM_WITH_CODE",
            "EmailSubject": "Your shop",
            "EmailMessage": "Type {####} to go on",
        }
    )
    world.user()
    code = world.code()
    message = world.sandbox.mailbox()[-1]
    assert (message["subject"], message["body"]) == ("Your shop", f"Type {code} to go on")


@fact("CONFIRM_WITH_LINK does not apply to resets: a code is sent", "inferred")
def test_no_link(world):
    world.pool(VerificationMessageTemplate={"DefaultEmailOption": "CONFIRM_WITH_LINK"})
    world.user()
    world.confirm(world.code())


@fact("The default sender is no-reply@verificationemail.com", "reported")
def test_sender(world):
    world.forgot()
    assert world.sandbox.mailbox()[-1]["sender"] == "no-reply@verificationemail.com"


@fact(
    "A mail in the mailbox says pool, client, user, address, medium, source, code and time",
    "inferred",
)
def test_mailbox(world):
    world.forgot()
    message = world.sandbox.mailbox()[-1]
    assert message["pool_id"] == world.pool_id
    assert message["client_id"] == world.client_id
    assert message["username"] == world.username
    assert message["trigger_source"] == "CustomMessage_ForgotPassword"
    assert message["sent_at"] == world.sandbox.now().isoformat()
    assert message["code"] in message["body"]
