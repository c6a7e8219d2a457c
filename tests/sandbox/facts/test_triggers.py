"""Lambda triggers: when they run, what they see, and what their failures become."""

import pytest

from ..world import ANOTHER, EMAIL, EXPIRED, INCORRECT, RESET_REQUIRED, UNKNOWN, fact


@pytest.fixture
def seen(world):
    """Events of every trigger, in order."""
    events = []
    for name in ("CustomMessage", "PostConfirmation"):
        world.sandbox.on(name, lambda event: events.append(event) or event)
    return events


def migrated(**response):
    attributes = {"email": EMAIL, "email_verified": "true"}
    return lambda event: event | {"response": {"userAttributes": attributes, **response}}


@fact("ForgotPassword runs CustomMessage with CustomMessage_ForgotPassword", "documented")
def test_forgot(world, seen):
    world.forgot(ClientMetadata={"shop": "7"})
    (event,) = seen
    assert event["triggerSource"] == "CustomMessage_ForgotPassword"
    assert event["userName"] == world.username
    assert event["callerContext"]["clientId"] == world.client_id
    assert event["request"]["clientMetadata"] == {"shop": "7"}


@fact("A trigger sees the placeholder {####} and never the code", "documented")
def test_placeholder(world, seen):
    code = world.code()
    assert seen[0]["request"]["codeParameter"] == "{####}"
    assert code not in repr(seen)


@fact(
    "AdminResetUserPassword runs CustomMessage_ForgotPassword too, with its ClientMetadata",
    "documented",
)
def test_admin_reset(world, seen):
    world.admin("admin_reset_user_password", ClientMetadata={"by": "desk"})
    assert seen[0]["triggerSource"] == "CustomMessage_ForgotPassword"
    assert seen[0]["request"]["clientMetadata"] == {"by": "desk"}


@fact("For AdminResetUserPassword the client id is CLIENT_ID_NOT_APPLICABLE", "inferred")
def test_admin_reset_client(world, seen):
    world.admin("admin_reset_user_password")
    assert seen[0]["callerContext"]["clientId"] == "CLIENT_ID_NOT_APPLICABLE"


@fact(
    "ConfirmForgotPassword runs PostConfirmation with PostConfirmation_ConfirmForgotPassword and"
    " ClientMetadata",
    "documented",
)
def test_post_confirmation(world, seen):
    world.confirm(world.code(), ClientMetadata={"shop": "7"})
    event = seen[-1]
    assert event["triggerSource"] == "PostConfirmation_ConfirmForgotPassword"
    assert event["request"]["clientMetadata"] == {"shop": "7"}
    assert event["request"]["userAttributes"]["email"] == "diego@example.com"


@fact("PostConfirmation sees the status after the change", "inferred")
def test_status_after_change(world, seen):
    world.admin("admin_reset_user_password")
    world.confirm(world.last_code())
    assert seen[-1]["request"]["userAttributes"]["cognito:user_status"] == "CONFIRMED"


@fact("AdminSetUserPassword runs no trigger", "inferred")
def test_set_password(world, seen):
    world.set_password(ANOTHER)
    assert seen == []


@fact("A refused confirm runs no trigger", "inferred")
def test_refused(world, seen):
    world.refuses(EXPIRED, world.confirm, "123456")
    assert seen == []


@fact(
    "PostConfirmation's error reaches the caller: PostConfirmation failed with error <text>.",
    "reported",
)
def test_post_confirmation_fails(world):
    code = world.code()
    world.sandbox.on("PostConfirmation", lambda event: 1 / 0)
    world.refuses(
        ("UserLambdaValidationException", "PostConfirmation failed with error division by zero."),
        world.confirm,
        code,
    )


@fact(
    "When PostConfirmation fails the password has already changed and the code is spent", "inferred"
)
def test_post_confirmation_after_commit(world):
    code = world.code()
    world.sandbox.on("PostConfirmation", lambda event: 1 / 0)
    with pytest.raises(world.api.exceptions.UserLambdaValidationException):
        world.confirm(code)
    world.refuses(INCORRECT, world.sign_in)
    assert world.tokens(ANOTHER)
    world.refuses(EXPIRED, world.confirm, code)


@fact("A trigger that times out: UnexpectedLambdaException", "inferred")
def test_timeout(world):
    code = world.code()

    def slow(event):
        raise TimeoutError

    world.sandbox.on("PostConfirmation", slow)
    with pytest.raises(world.api.exceptions.UnexpectedLambdaException):
        world.confirm(code)


@fact("A trigger that does not return the event: Unrecognizable lambda output", "reported")
def test_returns_nothing(world):
    code = world.code()
    world.sandbox.on("PostConfirmation", lambda event: None)
    world.refuses(
        ("InvalidLambdaResponseException", "Unrecognizable lambda output"), world.confirm, code
    )


@fact(
    "A trigger whose answer is no JSON: Invalid lambda function output : Invalid JSON", "reported"
)
def test_returns_no_json(world):
    code = world.code()
    world.sandbox.on("PostConfirmation", lambda event: {"response": {1, 2}})
    world.refuses(
        ("InvalidLambdaResponseException", "Invalid lambda function output : Invalid JSON"),
        world.confirm,
        code,
    )


@pytest.mark.parametrize(
    "response", [5, "x", [], {"emailMessage": 5}, {"smsMessage": {}}, {"emailSubject": ["x"]}]
)
def test_a_message_that_is_no_text_is_an_answer_that_cannot_be_recognized(world, response):
    world.sandbox.on("CustomMessage", lambda event: {"response": response})
    world.refuses(("InvalidLambdaResponseException", "Unrecognizable lambda output"), world.forgot)


@pytest.mark.parametrize("attributes", [5, "x", ["x"], {"email": ["x"]}, {"username": {}}])
def test_a_user_that_is_none_is_an_answer_that_cannot_be_recognized(world, attributes):
    world.sandbox.on("UserMigration", lambda event: {"response": {"userAttributes": attributes}})
    world.refuses(
        ("InvalidLambdaResponseException", "Unrecognizable lambda output"),
        world.forgot,
        Username="unheard-of",
    )


def test_a_number_that_json_does_not_have_is_no_json(world):
    world.sandbox.on("PostConfirmation", lambda event: {"response": float("nan")})
    world.refuses(
        ("InvalidLambdaResponseException", "Invalid lambda function output : Invalid JSON"),
        world.confirm,
        world.code(),
    )


def test_a_migrated_user_has_no_attribute_that_is_null_and_no_status_of_the_functions_own(world):
    world.sandbox.on(
        "UserMigration",
        lambda event: {
            "response": {
                "finalUserStatus": "NEW",
                "userAttributes": {
                    "username": 7,
                    "name": None,
                    "email": EMAIL,
                    "email_verified": True,
                },
            }
        },
    )
    world.forgot(Username="unheard-of")
    found = world.api.admin_get_user(UserPoolId=world.pool_id, Username="7")
    assert found["UserStatus"] == "RESET_REQUIRED"
    assert "name" not in {one["Name"] for one in found["UserAttributes"]}


@fact("CustomMessage's own text is used where the pool sends through SES (DEVELOPER)", "documented")
def test_custom_text(world):
    world.pool(
        EmailConfiguration={
            "EmailSendingAccount": "DEVELOPER",
            "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/shop.example",
        }
    )
    world.user()
    world.sandbox.on(
        "CustomMessage",
        lambda event: (
            event
            | {
                "response": {
                    "emailSubject": "Hello",
                    "emailMessage": "https://shop.example/reset?code={####}",
                }
            }
        ),
    )
    code = world.code()
    message = world.sandbox.mailbox()[-1]
    assert (message["subject"], message["body"]) == (
        "Hello",
        f"https://shop.example/reset?code={code}",
    )


@fact(
    "CustomMessage returning an e-mail text without SES is an InvalidLambdaResponseException",
    "documented",
)
def test_custom_text_without_ses(world):
    world.sandbox.on(
        "CustomMessage", lambda event: event | {"response": {"emailMessage": "Your {####}"}}
    )
    with pytest.raises(world.api.exceptions.InvalidLambdaResponseException):
        world.forgot()


@fact("An error in CustomMessage: CustomMessage failed with error <text>.", "reported")
def test_custom_message_fails(world):
    world.sandbox.on("CustomMessage", lambda event: list(event)[99])
    world.refuses(
        (
            "UserLambdaValidationException",
            "CustomMessage failed with error list index out of range.",
        ),
        world.forgot,
    )


@fact(
    "A forgotten password of an unknown user asks UserMigration_ForgotPassword and sends the code",
    "documented",
)
def test_migration(world):
    asked = []
    world.sandbox.on("UserMigration", lambda event: asked.append(event) or migrated()(event))
    world.username = "legacy"
    world.forgot()
    assert asked[0]["triggerSource"] == "UserMigration_ForgotPassword"
    assert asked[0]["userName"] == "legacy"
    assert world.sandbox.mailbox()[-1]["destination"] == EMAIL
    assert world.status() == "RESET_REQUIRED"
    world.confirm(world.last_code())
    assert world.tokens(ANOTHER)


@fact("A migrated user is CONFIRMED where the trigger says so", "documented")
def test_migration_confirmed(world):
    world.sandbox.on("UserMigration", migrated(finalUserStatus="CONFIRMED"))
    world.username = "legacy"
    world.forgot()
    assert world.status() == "CONFIRMED"


@fact("UserMigration that knows nobody leaves the user unknown", "documented")
def test_migration_unknown(world):
    world.sandbox.on("UserMigration", lambda event: event)
    world.refuses(UNKNOWN, world.forgot, Username="legacy")
    world.hiding()
    assert world.forgot(Username="legacy")["CodeDeliveryDetails"]
    assert world.sandbox.mailbox() == []


@fact(
    "A sign-in of an unknown user asks UserMigration_Authentication with the password", "documented"
)
def test_migration_at_sign_in(world):
    asked = []
    world.sandbox.on(
        "UserMigration",
        lambda event: asked.append(event) or migrated(finalUserStatus="CONFIRMED")(event),
    )
    assert world.sign_in("Legacy-Pass-1", username="legacy")["AuthenticationResult"]
    assert asked[0]["triggerSource"] == "UserMigration_Authentication"
    assert asked[0]["request"]["password"] == "Legacy-Pass-1"


@fact(
    "A user migrated at sign-in without a final status must reset the password first", "documented"
)
def test_migration_reset_required(world):
    world.sandbox.on("UserMigration", migrated())
    world.refuses(RESET_REQUIRED, world.sign_in, "Legacy-Pass-1", username="legacy")
    world.username = "legacy"
    assert world.status() == "RESET_REQUIRED"
    world.sandbox.on("UserMigration", None)
    world.confirm(world.code())
    assert world.tokens(ANOTHER)


@fact("ConfirmSignUp runs PostConfirmation_ConfirmSignUp", "documented")
def test_confirm_sign_up(world, seen):
    world.pool()
    world.signed_up()
    world.api.confirm_sign_up(
        ClientId=world.client_id, Username="newcomer", ConfirmationCode=world.last_code()
    )
    assert [event["triggerSource"] for event in seen] == [
        "CustomMessage_SignUp",
        "PostConfirmation_ConfirmSignUp",
    ]


def test_a_trigger_may_call_the_sandbox(world):
    found = []
    world.sandbox.on("PostConfirmation", lambda event: found.append(world.status()) or event)
    world.confirm(world.code())
    assert found == ["CONFIRMED"]


def test_an_unknown_trigger_is_refused_with_the_known_ones(box):
    with pytest.raises(ValueError, match="Did you mean 'CustomMessage'"):
        box.on("CustomMesage", print)
