"""ForgotPassword: which users get a code, and what the others are told."""

import pytest

from ..world import EMAIL_ONLY, INCORRECT, LIMIT, NO_CONTACT, PHONE, UNKNOWN, WRONG_STATE, fact


@fact(
    "ForgotPassword for a CONFIRMED user with a verified contact sends one message and says"
    " where to",
    "reported",
)
def test_sends_one_message(world):
    told = world.forgot()["CodeDeliveryDetails"]
    assert told == {"Destination": "d***@e***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
    (message,) = world.sandbox.mailbox()
    assert (message["destination"], message["medium"]) == ("diego@example.com", "EMAIL")


@fact("ForgotPassword leaves the status as it is", "reported")
def test_leaves_the_status(world):
    world.forgot()
    assert world.status() == "CONFIRMED"


@fact("The old password keeps working until the reset is confirmed", "inferred")
def test_old_password_works_until_confirmed(world):
    code = world.code()
    assert world.tokens()["AccessToken"]
    world.confirm(code)
    world.refuses(INCORRECT, world.sign_in)


@fact(
    "A user without any contact is refused: no registered/verified email or phone_number",
    "documented",
)
def test_no_contact(world):
    world.pool()
    world.user(email=None)
    world.refuses(NO_CONTACT, world.forgot)


@fact("A user whose contact is not verified is refused with the same text", "documented")
def test_unverified_contact(world):
    world.pool()
    world.user(verified=False)
    world.refuses(NO_CONTACT, world.forgot)


@fact(
    "With PreventUserExistenceErrors, a user without a verified contact gets a simulated answer and"
    " no message",
    "documented",
)
def test_unverified_contact_hidden(world):
    world.pool()
    world.hiding()
    world.user(verified=False)
    assert world.forgot()["CodeDeliveryDetails"]["DeliveryMedium"] == "EMAIL"
    assert world.sandbox.mailbox() == []


@fact(
    "ForgotPassword for an UNCONFIRMED user: no registered/verified email or phone_number",
    "reported",
)
def test_unconfirmed(world):
    world.pool()
    world.signed_up()
    world.refuses(NO_CONTACT, world.forgot)


@fact(
    "With PreventUserExistenceErrors, an UNCONFIRMED user gets a simulated answer and no reset"
    " message",
    "documented",
)
def test_unconfirmed_hidden(world):
    world.pool()
    world.hiding()
    world.signed_up()
    before = len(world.sandbox.mailbox())
    assert "CodeDeliveryDetails" in world.forgot()
    assert len(world.sandbox.mailbox()) == before


@fact("UNCONFIRMED with a contact that an administrator verified: the code is sent", "open")
def test_unconfirmed_but_verified(world):
    world.pool()
    world.signed_up()
    world.admin(
        "admin_update_user_attributes", UserAttributes=[{"Name": "email_verified", "Value": "true"}]
    )
    world.forgot()
    assert world.sandbox.mailbox()[-1]["trigger_source"] == "CustomMessage_ForgotPassword"
    world.sandbox.settings(unconfirmed_verified_forgot="refuse")
    world.refuses(NO_CONTACT, world.forgot)


@fact("ForgotPassword for a RESET_REQUIRED user sends a fresh code", "documented")
def test_reset_required(world):
    world.admin("admin_reset_user_password")
    first = world.last_code()
    assert world.code() != first
    assert world.status() == "RESET_REQUIRED"


@fact("A RESET_REQUIRED user without a verified contact is refused", "reported")
def test_reset_required_without_contact(world):
    world.admin("admin_reset_user_password")
    world.admin(
        "admin_update_user_attributes",
        UserAttributes=[{"Name": "email_verified", "Value": "false"}],
    )
    world.refuses(NO_CONTACT, world.forgot)


@fact(
    "ForgotPassword for FORCE_CHANGE_PASSWORD: User password cannot be reset in the current state.",
    "reported",
)
def test_force_change_password(world):
    world.pool()
    world.user(confirmed=False)
    world.refuses(WRONG_STATE, world.forgot)


@fact(
    "With PreventUserExistenceErrors, FORCE_CHANGE_PASSWORD gets a simulated answer and no message",
    "reported",
)
def test_force_change_password_hidden(world):
    world.pool()
    world.hiding()
    world.user(confirmed=False)
    assert "CodeDeliveryDetails" in world.forgot()
    assert world.sandbox.mailbox() == []


@fact(
    "ForgotPassword for a federated user (EXTERNAL_PROVIDER): cannot be reset in the current"
    " state.",
    "reported",
)
def test_external_provider(world):
    world.sandbox.set_status(world.username, "EXTERNAL_PROVIDER")
    world.refuses(WRONG_STATE, world.forgot)


@fact(
    "With PreventUserExistenceErrors, a federated user gets a simulated answer and no message",
    "reported",
)
def test_external_provider_hidden(world):
    world.hiding()
    world.sandbox.set_status(world.username, "EXTERNAL_PROVIDER")
    assert "CodeDeliveryDetails" in world.forgot()
    assert world.sandbox.mailbox() == []


@fact("ForgotPassword for a disabled user is answered like an unknown one", "open")
def test_disabled(world):
    world.admin("admin_disable_user")
    world.refuses(UNKNOWN, world.forgot)
    world.sandbox.settings(disabled_forgot="resource-not-found")
    world.refuses(("ResourceNotFoundException", UNKNOWN[1]), world.forgot)
    world.sandbox.settings(disabled_forgot="not-authorized")
    world.refuses(("NotAuthorizedException", "User is disabled."), world.forgot)


@fact(
    "With PreventUserExistenceErrors, a disabled user gets a simulated answer and no message",
    "documented",
)
def test_disabled_hidden(world):
    world.hiding()
    world.admin("admin_disable_user")
    assert "CodeDeliveryDetails" in world.forgot()
    assert world.sandbox.mailbox() == []


@fact("ForgotPassword for an unknown user: Username/client id combination not found.", "reported")
def test_unknown_user(world):
    world.refuses(UNKNOWN, world.forgot, Username="nobody")


@fact(
    "With PreventUserExistenceErrors, an unknown user gets a simulated answer and no message",
    "documented",
)
def test_unknown_user_hidden(world):
    world.hiding()
    told = world.forgot(Username="nobody")["CodeDeliveryDetails"]
    assert set(told) == {"Destination", "DeliveryMedium", "AttributeName"}
    assert world.sandbox.mailbox() == []


@fact(
    "With PreventUserExistenceErrors, answers may alternate with InvalidParameterException",
    "documented",
)
def test_hidden_answers_may_alternate(world):
    world.hiding()
    world.sandbox.settings(alternate_hidden_reply=True)
    assert "CodeDeliveryDetails" in world.forgot(Username="nobody")
    world.refuses(NO_CONTACT, world.forgot, Username="nobody")
    assert "CodeDeliveryDetails" in world.forgot(Username="nobody")


@fact("A simulated answer is the same each time for one name in one pool", "inferred")
def test_simulated_answer_is_stable(world):
    world.hiding()
    first = world.forgot(Username="nobody")["CodeDeliveryDetails"]
    assert world.forgot(Username="nobody")["CodeDeliveryDetails"] == first
    others = {
        world.forgot(Username=f"nobody{n}")["CodeDeliveryDetails"]["Destination"] for n in range(20)
    }
    assert len(others) > 10


@fact(
    "A simulated e-mail destination tends to end like a whole address, a real mask ends in"
    " asterisks",
    "inferred",
)
def test_simulated_destination_has_a_tail(world):
    import re

    world.hiding()
    assert re.fullmatch(
        r"[a-z]\*\*\*@[a-z]\*\*\*\.com",
        world.forgot(Username="nobody")["CodeDeliveryDetails"]["Destination"],
    )


@fact(
    "The medium of a simulated answer follows the form of the name and what the pool verifies",
    "documented",
)
def test_simulated_medium(world):
    world.pool(AutoVerifiedAttributes=["email", "phone_number"])
    world.hiding()
    by_phone = world.forgot(Username=PHONE)["CodeDeliveryDetails"]
    assert (by_phone["DeliveryMedium"], by_phone["AttributeName"]) == ("SMS", "phone_number")
    assert by_phone["Destination"].startswith("+*******")
    by_mail = world.forgot(Username="who@shop.example")["CodeDeliveryDetails"]
    assert (by_mail["DeliveryMedium"], by_mail["AttributeName"]) == ("EMAIL", "email")


@fact(
    "Where only administrators recover accounts: Contact administrator to reset password.",
    "inferred",
)
def test_admin_only(world):
    world.pool(
        AccountRecoverySetting={"RecoveryMechanisms": [{"Name": "admin_only", "Priority": 1}]}
    )
    world.user()
    world.refuses(
        ("NotAuthorizedException", "Contact administrator to reset password."), world.forgot
    )


@fact(
    "ForgotPassword with an unknown app client: User pool client <id> does not exist.", "reported"
)
def test_unknown_client(world):
    world.refuses(
        (
            "ResourceNotFoundException",
            "User pool client 1234567890abcdefghijklmnop does not exist.",
        ),
        world.forgot,
        ClientId="1234567890abcdefghijklmnop",
    )


@fact(
    "The sixth reset request in an hour: Attempt limit exceeded, please try after some time.",
    "reported",
)
def test_limit(world):
    for _ in range(5):
        world.forgot()
    world.refuses(LIMIT, world.forgot)


@fact("Only one message is sent, to the first eligible contact", "documented")
def test_one_message_although_two_contacts(world):
    world.pool(
        AccountRecoverySetting={
            "RecoveryMechanisms": [
                {"Name": "verified_email", "Priority": 1},
                {"Name": "verified_phone_number", "Priority": 2},
            ]
        }
    )
    world.user(phone=PHONE)
    assert world.forgot()["CodeDeliveryDetails"]["DeliveryMedium"] == "EMAIL"
    assert len(world.sandbox.mailbox()) == 1


@fact(
    "ForgotPassword for a plain CONFIRMED user works the same with PreventUserExistenceErrors",
    "documented",
)
def test_confirmed_hidden(world):
    world.hiding()
    world.confirm(world.code())
    assert world.tokens("Battery-Staple-2")


@fact("An unverified e-mail beside a verified phone: the phone gets the code", "documented")
def test_only_the_verified_contact_counts(world):
    world.pool(
        AccountRecoverySetting={
            "RecoveryMechanisms": [
                {"Name": "verified_email", "Priority": 1},
                {"Name": "verified_phone_number", "Priority": 2},
            ]
        }
    )
    world.user(phone=PHONE)
    world.admin(
        "admin_update_user_attributes",
        UserAttributes=[{"Name": "email_verified", "Value": "false"}],
    )
    assert world.forgot()["CodeDeliveryDetails"]["AttributeName"] == "phone_number"


@fact(
    "A contact that the recovery setting does not list is not used, although verified", "documented"
)
def test_unlisted_contact(world):
    world.pool(AccountRecoverySetting=EMAIL_ONLY)
    world.user(email=None, phone=PHONE)
    world.refuses(NO_CONTACT, world.forgot)


@pytest.mark.parametrize("field", ["reset_attempts", "limit_window"])
def test_a_setting_does_not_survive_a_reset(world, field):
    world.sandbox.settings(reset_attempts=7, limit_window="fixed")
    world.sandbox.reset()
    assert world.sandbox.settings()[field] in (5, "rolling")
