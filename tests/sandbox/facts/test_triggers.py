"""Lambda triggers: when they run, what they see, and what their failures become."""

import base64
import json

import pytest

from ..world import ANOTHER, EMAIL, EXPIRED, INCORRECT, PASSWORD, RESET_REQUIRED, UNKNOWN, fact


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


@fact(
    "A CustomMessage event has linkParameter {##Click Here##}, and usernameParameter null",
    "reported",
)
def test_keys(world, seen):
    world.forgot()
    request = seen[0]["request"]
    assert (request["linkParameter"], request["usernameParameter"]) == ("{##Click Here##}", None)
    assert "clientMetadata" not in request


@fact("In an alias pool a trigger sees the address as cognito:email_alias too", "reported")
def test_alias_key(world, seen):
    world.pool(AliasAttributes=["email"])
    world.user()
    world.forgot()
    assert seen[0]["request"]["userAttributes"]["cognito:email_alias"] == EMAIL


BY_SES = {
    "EmailSendingAccount": "DEVELOPER",
    "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/shop.example",
}


def invite(world):
    return world.api.admin_create_user(
        UserPoolId=world.pool_id,
        Username="ana",
        UserAttributes=[{"Name": "email", "Value": EMAIL}],
        DesiredDeliveryMediums=["EMAIL"],
        ValidationData=[{"Name": "by", "Value": "desk"}],
        ClientMetadata={"shop": "7"},
    )


@fact(
    "AdminCreateUser runs CustomMessage_AdminCreateUser, with {username} and {####}", "documented"
)
def test_invitation(world):
    world.pool(EmailConfiguration=BY_SES)
    asked = []
    response = {"emailSubject": "Hello", "emailMessage": "{username}: {####}"}
    world.sandbox.on(
        "CustomMessage", lambda event: asked.append(event) or event | {"response": response}
    )
    invite(world)
    (event,) = asked
    assert event["triggerSource"] == "CustomMessage_AdminCreateUser"
    assert event["request"]["usernameParameter"] == "{username}"
    assert event["request"]["clientMetadata"] == {"shop": "7"}
    message = world.sandbox.mailbox()[-1]
    assert message["subject"] == "Hello"
    assert message["body"] == f"ana: {message['code']}"


def signing_up(world, events=None, **response):
    """Have PreSignUp answer so."""
    world.pool(AutoVerifiedAttributes=["email"])
    events = [] if events is None else events
    world.sandbox.on(
        "PreSignUp", lambda event: events.append(event) or event | {"response": response}
    )
    return world.api.sign_up(
        ClientId=world.client_id,
        Username="newcomer",
        Password=PASSWORD,
        UserAttributes=[{"Name": "email", "Value": EMAIL}],
        ValidationData=[{"Name": "age", "Value": "30"}],
        ClientMetadata={"shop": "7"},
    )


@fact("SignUp runs PreSignUp_SignUp, with ValidationData and ClientMetadata", "documented")
def test_pre_sign_up(world):
    events = []
    signing_up(world, events)
    (event,) = events
    assert (event["triggerSource"], event["userName"]) == ("PreSignUp_SignUp", "newcomer")
    assert event["request"] == {
        "userAttributes": {"email": EMAIL},
        "validationData": {"age": "30"},
        "clientMetadata": {"shop": "7"},
    }
    flags = ("autoConfirmUser", "autoVerifyEmail", "autoVerifyPhone")
    assert event["response"] == dict.fromkeys(flags, False)


@fact("Without ValidationData a PreSignUp event has validationData null", "reported")
def test_no_validation_data(world):
    events = []
    world.pool()
    world.sandbox.on("PreSignUp", lambda event: events.append(event) or event)
    world.signed_up()
    assert events[0]["request"]["validationData"] is None


@fact("autoConfirmUser: the user is CONFIRMED at once, and no code is sent", "documented")
def test_auto_confirm(world):
    assert signing_up(world, autoConfirmUser=True)["UserConfirmed"]
    assert world.sandbox.mailbox() == []
    world.username, world.password = "newcomer", PASSWORD
    assert world.tokens()


@fact("SignUp runs PostConfirmation where the user is confirmed at once", "documented")
def test_auto_confirm_runs_post_confirmation(world):
    seen = []
    world.sandbox.on("PostConfirmation", lambda event: seen.append(event) or event)
    signing_up(world, autoConfirmUser=True)
    (event,) = seen
    assert event["triggerSource"] == "PostConfirmation_ConfirmSignUp"
    assert event["request"]["clientMetadata"] == {"shop": "7"}


@fact("autoVerifyEmail verifies the address, so that recovery works", "documented")
def test_auto_verify(world):
    signing_up(world, autoConfirmUser=True, autoVerifyEmail=True)
    world.username = "newcomer"
    world.confirm(world.code())


@fact("autoVerifyPhone for a user without a phone number is an error", "documented")
def test_auto_verify_nothing(world):
    with pytest.raises(world.api.exceptions.InvalidLambdaResponseException):
        signing_up(world, autoConfirmUser=True, autoVerifyPhone=True)
    world.username = "newcomer"
    with pytest.raises(world.api.exceptions.UserNotFoundException):
        world.status()


@fact("PreSignUp that fails keeps the user out: PreSignUp failed with error <text>.", "reported")
def test_pre_sign_up_fails(world):
    def refuse(event):
        raise RuntimeError("not from here")

    world.pool()
    world.sandbox.on("PreSignUp", refuse)
    world.refuses(
        ("UserLambdaValidationException", "PreSignUp failed with error not from here."),
        world.signed_up,
    )
    world.username = "newcomer"
    with pytest.raises(world.api.exceptions.UserNotFoundException):
        world.status()


@fact("AdminCreateUser runs PreSignUp_AdminCreateUser, and passes over its answer", "documented")
def test_pre_sign_up_by_an_administrator(world):
    world.pool()
    events = []
    world.sandbox.on(
        "PreSignUp",
        lambda event: events.append(event) or event | {"response": {"autoConfirmUser": True}},
    )
    assert invite(world)["User"]["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    (event,) = events
    assert event["triggerSource"] == "PreSignUp_AdminCreateUser"
    assert event["request"]["validationData"] == {"by": "desk"}
    assert event["callerContext"]["clientId"] == "CLIENT_ID_NOT_APPLICABLE"


def generating(world, **response):
    """Have PreTokenGeneration answer so; return the events that it gets."""
    events = []
    world.sandbox.on(
        "PreTokenGeneration", lambda event: events.append(event) or event | {"response": response}
    )
    return events


def decoded(token):
    return json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))


def claims(world):
    tokens = world.tokens()
    return decoded(tokens["AccessToken"]), decoded(tokens["IdToken"])


def later_version(world, version="V2_0"):
    arn = "arn:aws:lambda:us-east-1:123456789012:function:claims"
    config = {"LambdaArn": arn, "LambdaVersion": version}
    world.pool(LambdaConfig={"PreTokenGeneration": arn, "PreTokenGenerationConfig": config})
    world.user()


@fact("A sign-in runs TokenGeneration_Authentication, with the user's groups", "documented")
def test_generation(world):
    world.pool()
    world.user()
    role = "arn:aws:iam::123456789012:role/staff"
    world.api.create_group(UserPoolId=world.pool_id, GroupName="staff", RoleArn=role)
    world.admin("admin_add_user_to_group", GroupName="staff")
    events = generating(world)
    world.tokens()
    (event,) = events
    assert (event["triggerSource"], event["version"]) == ("TokenGeneration_Authentication", "1")
    assert event["request"]["groupConfiguration"] == {
        "groupsToOverride": ["staff"],
        "iamRolesToOverride": [role],
        "preferredRole": role,
    }
    assert event["request"]["userAttributes"]["email"] == EMAIL


@fact("A refresh runs TokenGeneration_RefreshTokens", "documented")
def test_generation_at_refresh(world):
    refresh = world.tokens()["RefreshToken"]
    events = generating(world)
    world.api.get_tokens_from_refresh_token(ClientId=world.client_id, RefreshToken=refresh)
    assert [event["triggerSource"] for event in events] == ["TokenGeneration_RefreshTokens"]


@fact("A new password at the first sign-in runs TokenGeneration_NewPasswordChallenge", "documented")
def test_generation_at_a_new_password(world):
    world.pool()
    world.user(confirmed=False)
    events = generating(world)
    world.api.respond_to_auth_challenge(
        ClientId=world.client_id,
        ChallengeName="NEW_PASSWORD_REQUIRED",
        Session=world.sign_in()["Session"],
        ChallengeResponses={"USERNAME": "ana", "NEW_PASSWORD": PASSWORD},
    )
    assert [event["triggerSource"] for event in events] == ["TokenGeneration_NewPasswordChallenge"]


@fact(
    "PreTokenGeneration sees the ClientMetadata of RespondToAuthChallenge and a refresh, not of"
    " InitiateAuth",
    "documented",
)
def test_generation_metadata(world):
    world.pool()
    world.user(confirmed=False)
    events = generating(world)
    metadata = {"shop": "7"}
    tokens = world.api.respond_to_auth_challenge(
        ClientId=world.client_id,
        ChallengeName="NEW_PASSWORD_REQUIRED",
        Session=world.sign_in()["Session"],
        ChallengeResponses={"USERNAME": "ana", "NEW_PASSWORD": PASSWORD},
        ClientMetadata=metadata,
    )["AuthenticationResult"]
    world.api.get_tokens_from_refresh_token(
        ClientId=world.client_id, RefreshToken=tokens["RefreshToken"], ClientMetadata=metadata
    )
    world.api.initiate_auth(
        ClientId=world.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ana", "PASSWORD": PASSWORD},
        ClientMetadata=metadata,
    )
    seen = [event["request"].get("clientMetadata") for event in events]
    assert seen == [metadata, metadata, None]


@fact("claimsOverrideDetails adds to the id token, and takes from it", "documented")
def test_claims(world):
    generating(
        world,
        claimsOverrideDetails={
            "claimsToAddOrOverride": {"tenant": "7", "email": "other@shop.example"},
            "claimsToSuppress": ["email_verified"],
        },
    )
    access, identity = claims(world)
    assert (identity["tenant"], identity["email"]) == ("7", "other@shop.example")
    assert "email_verified" not in identity
    assert "tenant" not in access


@fact("Claims that a token needs, such as sub and exp, stay as they are", "documented")
def test_claims_that_stay(world):
    before = claims(world)[1]
    generating(
        world,
        claimsOverrideDetails={
            "claimsToAddOrOverride": {"sub": "x", "iss": "x", "cognito:username": "x"},
            "claimsToSuppress": ["exp", "token_use"],
        },
    )
    after = claims(world)[1]
    for name in ("sub", "iss", "cognito:username", "exp", "token_use"):
        assert after[name] == before[name]


@fact("groupOverrideDetails sets the groups and roles of the tokens", "documented")
def test_claims_groups(world):
    override = {"groupsToOverride": ["a", "b"], "iamRolesToOverride": ["r"], "preferredRole": "r"}
    generating(world, claimsOverrideDetails={"groupOverrideDetails": override})
    access, identity = claims(world)
    assert access["cognito:groups"] == identity["cognito:groups"] == ["a", "b"]
    assert (identity["cognito:roles"], identity["cognito:preferred_role"]) == (["r"], "r")


@pytest.mark.parametrize("version", ["V2_0", "V3_0"])
def test_a_later_version_of_the_event_says_so_and_has_scopes(world, version):
    later_version(world, version)
    events = generating(world)
    world.tokens()
    (event,) = events
    assert event["version"] == version[1]
    assert event["request"]["scopes"] == ["aws.cognito.signin.user.admin"]


@fact("The second version of the event changes the access token too, and its scopes", "documented")
def test_claims_of_the_access_token(world):
    later_version(world)
    generating(
        world,
        claimsAndScopeOverrideDetails={
            "idTokenGeneration": {"claimsToAddOrOverride": {"tenant": {"id": 7}}},
            "accessTokenGeneration": {
                "claimsToAddOrOverride": {"tier": "gold", "client_id": "x"},
                "scopesToAdd": ["shop/read"],
            },
            "groupOverrideDetails": {"groupsToOverride": ["a"]},
        },
    )
    access, identity = claims(world)
    assert (access["tier"], access["scope"]) == ("gold", "aws.cognito.signin.user.admin shop/read")
    assert access["client_id"] == world.client_id
    assert (identity["tenant"], access["cognito:groups"]) == ({"id": 7}, ["a"])


@fact(
    "An access token without the scope aws.cognito.signin.user.admin does nothing for its user:"
    " Access Token does not have required scopes",
    "reported",
)
def test_scope_taken_away(world):
    later_version(world)
    taken = {"scopesToSuppress": ["aws.cognito.signin.user.admin"]}
    generating(world, claimsAndScopeOverrideDetails={"accessTokenGeneration": taken})
    world.refuses(
        ("NotAuthorizedException", "Access Token does not have required scopes"),
        world.api.get_user,
        AccessToken=world.tokens()["AccessToken"],
    )


@pytest.mark.parametrize(
    "details",
    [
        {"claimsToAddOrOverride": []},
        {"claimsToAddOrOverride": None, "claimsToSuppress": 7},
        {"claimsToSuppress": [None, {}]},
        {"groupOverrideDetails": {"groupsToOverride": {"a": 1}, "preferredRole": None}},
        {"groupOverrideDetails": "all"},
    ],
)
def test_details_of_another_shape_change_nothing_and_break_nothing(world, details):
    generating(world, claimsOverrideDetails=details)
    assert claims(world)[1]["email"] == world.username


@fact("PreTokenGeneration that fails keeps the user out", "inferred")
def test_generation_fails(world):
    world.sandbox.on("PreTokenGeneration", lambda event: 1 / 0)
    world.refuses(
        ("UserLambdaValidationException", "PreTokenGeneration failed with error division by zero."),
        world.sign_in,
    )


def test_a_trigger_may_call_the_sandbox(world):
    found = []
    world.sandbox.on("PostConfirmation", lambda event: found.append(world.status()) or event)
    world.confirm(world.code())
    assert found == ["CONFIRMED"]


def test_an_unknown_trigger_is_refused_with_the_known_ones(box):
    with pytest.raises(ValueError, match="Did you mean 'CustomMessage'"):
        box.on("CustomMesage", print)
