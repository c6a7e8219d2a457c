"""SignUp, ConfirmSignUp, ResendConfirmationCode: how they differ from a reset."""

import pytest

from ..world import ANOTHER, EMAIL, EXPIRED, LIMIT, MISMATCH, PASSWORD, fact


@pytest.fixture
def newcomer(world):
    world.pool()
    world.signed_up()
    return world


def confirm(world, code, **more):
    return world.api.confirm_sign_up(
        ClientId=world.client_id, Username=world.username, ConfirmationCode=code, **more
    )


def resend(world, **more):
    return world.api.resend_confirmation_code(
        **{"ClientId": world.client_id, "Username": world.username, **more}
    )


@fact("SignUp makes an UNCONFIRMED user and sends a code", "documented")
def test_sign_up(newcomer):
    assert newcomer.status() == "UNCONFIRMED"
    message = newcomer.sandbox.mailbox()[-1]
    assert (message["trigger_source"], message["destination"]) == ("CustomMessage_SignUp", EMAIL)


@fact(
    "ConfirmSignUp with the code: CONFIRMED, and the contact is verified, so recovery works",
    "documented",
)
def test_confirm(newcomer):
    confirm(newcomer, newcomer.last_code())
    assert newcomer.status() == "CONFIRMED"
    newcomer.confirm(newcomer.code())
    assert newcomer.tokens(ANOTHER)


@fact("ConfirmSignUp with wrong digits: CodeMismatchException", "reported")
def test_wrong(newcomer):
    newcomer.refuses(MISMATCH, confirm, newcomer, newcomer.wrong())


@fact("A sign-up code lives 24 hours", "documented")
def test_lifetime(newcomer):
    code = newcomer.last_code()
    newcomer.sandbox.advance(86_399)
    confirm(newcomer, code)
    newcomer.signed_up("another")
    newcomer.sandbox.advance(86_400)
    newcomer.refuses(EXPIRED, confirm, newcomer, newcomer.last_code())


@fact(
    "ConfirmSignUp for a CONFIRMED user: User cannot be confirmed. Current status is CONFIRMED",
    "reported",
)
def test_twice(newcomer):
    code = newcomer.last_code()
    confirm(newcomer, code)
    newcomer.refuses(
        ("NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED"),
        confirm,
        newcomer,
        code,
    )


@fact(
    "ResendConfirmationCode is for sign-up: a CONFIRMED user is refused with User is already"
    " confirmed.",
    "reported",
)
def test_resend_confirmed(world):
    world.refuses(("InvalidParameterException", "User is already confirmed."), resend, world)


@fact("ResendConfirmationCode for an UNCONFIRMED user sends a new code", "documented")
def test_resend(newcomer):
    assert resend(newcomer)["CodeDeliveryDetails"]["Destination"] == "a***@s***"
    assert newcomer.sandbox.mailbox()[-1]["trigger_source"] == "CustomMessage_ResendCode"
    confirm(newcomer, newcomer.last_code())


@fact("ResendConfirmationCode five times an hour", "documented")
def test_resend_limit(newcomer):
    for _ in range(5):
        resend(newcomer)
    newcomer.refuses(LIMIT, resend, newcomer)


@fact("ConfirmSignUp fifteen times an hour", "documented")
def test_confirm_limit(newcomer):
    for _ in range(15):
        newcomer.refuses(MISMATCH, confirm, newcomer, newcomer.wrong())
    newcomer.refuses(LIMIT, confirm, newcomer, newcomer.last_code())


@fact("A sign-up code is no reset code", "inferred")
def test_codes_are_separate(newcomer):
    code = newcomer.last_code()
    newcomer.admin("admin_confirm_sign_up")
    newcomer.refuses(EXPIRED, newcomer.confirm, code)


@fact("SignUp for a name that is there: UsernameExistsException", "documented")
def test_exists(newcomer):
    newcomer.refuses(
        ("UsernameExistsException", "User already exists"),
        newcomer.api.sign_up,
        ClientId=newcomer.client_id,
        Username=newcomer.username,
        Password=PASSWORD,
    )


@fact(
    "An address that is another user's alias: AliasExistsException, unless ForceAliasCreation"
    " moves it",
    "documented",
)
def test_alias_exists(world):
    world.pool(AliasAttributes=["email"])
    world.user("ana")
    world.signed_up("newcomer")
    code = world.last_code()
    world.refuses(
        ("AliasExistsException", "An account with the email already exists."), confirm, world, code
    )
    confirm(world, code, ForceAliasCreation=True)
    world.forgot(Username=EMAIL)
    assert world.sandbox.mailbox()[-1]["username"] == "newcomer"


@fact(
    "Where only administrators create users: SignUp is not permitted for this user pool", "reported"
)
def test_admins_only(world):
    world.pool(AdminCreateUserConfig={"AllowAdminCreateUserOnly": True})
    world.refuses(
        ("NotAuthorizedException", "SignUp is not permitted for this user pool"), world.signed_up
    )


@fact("An app may not write email_verified itself", "documented")
def test_no_self_verification(world):
    world.pool()
    with pytest.raises(world.api.exceptions.NotAuthorizedException):
        world.api.sign_up(
            ClientId=world.client_id,
            Username="x",
            Password=PASSWORD,
            UserAttributes=[{"Name": "email_verified", "Value": "true"}],
        )
