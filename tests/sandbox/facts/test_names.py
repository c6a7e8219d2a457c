"""Who is meant by a name, and the secret hash over it."""

import pytest

from ..world import EMAIL, PASSWORD, PHONE, UNKNOWN, fact, secret_hash

SECRET_MISSING = "Client {} is configured with secret but SECRET_HASH was not received"


@fact("In an alias pool a verified e-mail address is a name", "documented")
def test_verified_alias(world):
    world.pool(AliasAttributes=["email"])
    world.user()
    world.username = EMAIL
    world.confirm(world.code())
    assert world.sandbox.mailbox()[-1]["username"] == "ana"


@fact(
    "In an alias pool an unverified e-mail address is no name: UserNotFoundException", "documented"
)
def test_unverified_alias(world):
    world.pool(AliasAttributes=["email"])
    world.user(verified=False)
    world.refuses(UNKNOWN, world.forgot, Username=EMAIL)


@fact(
    "In an alias pool an unverified address gets a simulated answer with"
    " PreventUserExistenceErrors",
    "documented",
)
def test_unverified_alias_hidden(world):
    world.pool(AliasAttributes=["email"])
    world.hiding()
    world.user(verified=False)
    assert world.forgot(Username=EMAIL)
    assert world.sandbox.mailbox() == []


@fact("A verified phone number is an alias where the pool says so", "documented")
def test_phone_alias(world):
    world.pool(AliasAttributes=["phone_number"])
    world.user(phone=PHONE)
    assert world.forgot(Username=PHONE)


@fact("preferred_username is an alias without verification", "documented")
def test_preferred_username(world):
    world.pool(AliasAttributes=["preferred_username"])
    world.user(preferred_username="annie")
    assert world.forgot(Username="annie")


def test_a_preferred_username_that_is_another_users_is_not_called_a_phone_number(world):
    world.pool(AliasAttributes=["preferred_username"])
    world.user(preferred_username="annie")
    world.refuses(
        ("AliasExistsException", "An account with the preferred_username already exists."),
        world.user,
        "bob",
        preferred_username="annie",
    )


@fact("The sub is a name in every pool", "documented")
def test_sub(world):
    attributes = {
        one["Name"]: one["Value"] for one in world.admin("admin_get_user")["UserAttributes"]
    }
    assert world.forgot(Username=attributes["sub"])
    assert (
        world.api.admin_get_user(UserPoolId=world.pool_id, Username=attributes["sub"])["Username"]
        == world.username
    )


@fact(
    "In a username-attribute pool the address itself works and the stored username is the sub",
    "documented",
)
def test_username_attributes(world):
    world.pool(UsernameAttributes=["email"])
    made = world.api.admin_create_user(
        UserPoolId=world.pool_id,
        Username=EMAIL,
        TemporaryPassword=PASSWORD,
        UserAttributes=[{"Name": "email_verified", "Value": "true"}],
    )["User"]
    attributes = {one["Name"]: one["Value"] for one in made["Attributes"]}
    assert made["Username"] == attributes["sub"]
    assert attributes["email"] == EMAIL
    world.username = EMAIL
    world.set_password(PASSWORD)
    world.confirm(world.code())
    assert world.tokens("Battery-Staple-2")


@fact(
    "In a username-attribute pool a username of another form is refused: Username should be an"
    " email.",
    "reported",
)
def test_username_attribute_form(world):
    world.pool(UsernameAttributes=["email"])
    world.refuses(
        ("InvalidParameterException", "Username should be an email."),
        world.api.admin_create_user,
        UserPoolId=world.pool_id,
        Username="ana",
    )


@fact(
    "In a username-attribute pool an address that is there: An account with the given email already"
    " exists.",
    "reported",
)
def test_username_attribute_exists(world):
    world.pool(UsernameAttributes=["email"])
    for expected in (
        None,
        ("UsernameExistsException", "An account with the given email already exists."),
    ):
        call = {"UserPoolId": world.pool_id, "Username": EMAIL}
        if expected:
            world.refuses(expected, world.api.admin_create_user, **call)
        else:
            world.api.admin_create_user(**call)


@fact("The last user to verify an address has it as alias", "documented")
def test_alias_moves(world):
    world.pool(AliasAttributes=["email"])
    world.user("ana")
    world.user("bea", verified=False)
    world.forgot(Username=EMAIL)
    assert world.sandbox.mailbox()[-1]["username"] == "ana"
    world.admin(
        "admin_update_user_attributes", UserAttributes=[{"Name": "email_verified", "Value": "true"}]
    )
    world.forgot(Username=EMAIL)
    assert world.sandbox.mailbox()[-1]["username"] == "bea"


@fact(
    "An address that moves to another user as alias is unverified on the one who had it", "reported"
)
def test_alias_moves_and_unverifies(world):
    world.pool(AliasAttributes=["email"])
    world.user("ana")
    world.user("bea", verified=False)
    world.admin(
        "admin_update_user_attributes", UserAttributes=[{"Name": "email_verified", "Value": "true"}]
    )
    assert (verified(world, "ana"), verified(world, "bea")) == ("false", "true")


@fact("Where an address is no alias, two users may have it verified", "documented")
def test_no_alias_verified_twice(world):
    world.pool()
    world.user("ana")
    world.user("bea")
    assert (verified(world, "ana"), verified(world, "bea")) == ("true", "true")


def verified(world, name):
    user = world.api.admin_get_user(UserPoolId=world.pool_id, Username=name)
    return {one["Name"]: one["Value"] for one in user["UserAttributes"]}["email_verified"]


@fact(
    "An alias that moved does not come back when its earlier holder changes something else",
    "inferred",
)
def test_alias_stays_moved(world):
    world.pool(AliasAttributes=["email"])
    world.user("ana")
    world.user("bea", verified=False)
    world.admin(
        "admin_update_user_attributes", UserAttributes=[{"Name": "email_verified", "Value": "true"}]
    )
    world.username = "ana"
    world.admin("admin_update_user_attributes", UserAttributes=[{"Name": "name", "Value": "Ana"}])
    world.forgot(Username=EMAIL)
    assert world.sandbox.mailbox()[-1]["username"] == "bea"


@fact("Nobody's alias takes another user's own username", "inferred")
def test_alias_takes_no_username(world):
    world.pool(AliasAttributes=["preferred_username"])
    world.user("ana")
    world.user("bea")
    world.admin(
        "admin_update_user_attributes",
        UserAttributes=[{"Name": "preferred_username", "Value": "ana"}],
    )
    world.forgot(Username="ana")
    assert world.sandbox.mailbox()[-1]["username"] == "ana"


@fact("Two users of one pool may have the same e-mail address", "documented")
def test_shared_address(world):
    world.pool()
    world.user("ana")
    world.user("bea")
    assert world.forgot(Username="ana")
    assert world.forgot(Username="bea")


@fact(
    "Pools made through the API are case sensitive: another casing is an unknown user", "reported"
)
def test_case_sensitive(world):
    world.pool()
    world.user("Ana")
    world.refuses(UNKNOWN, world.forgot, Username="ana")


@fact("A pool made case insensitive takes any casing of username and e-mail", "documented")
def test_case_insensitive(world):
    world.pool(UsernameConfiguration={"CaseSensitive": False}, AliasAttributes=["email"])
    world.user("Ana")
    assert world.forgot(Username="ANA")
    assert world.forgot(Username=EMAIL.upper())
    assert world.sign_in(username="aNA")["AuthenticationResult"]
    assert world.api.admin_get_user(UserPoolId=world.pool_id, Username="ana")["Username"] == "Ana"
    world.refuses(
        ("UsernameExistsException", "User account already exists"),
        world.api.admin_create_user,
        UserPoolId=world.pool_id,
        Username="ANA",
    )


@fact("A client with a secret needs the hash: NotAuthorizedException without it", "documented")
@pytest.mark.parametrize("call", ["forgot", "confirm"])
def test_secret_hash_missing(world, call):
    world.client(GenerateSecret=True)
    arguments = ["123456"] if call == "confirm" else []
    world.refuses(
        ("NotAuthorizedException", f"Unable to verify secret hash for client {world.client_id}"),
        getattr(world, call),
        *arguments,
    )


@fact("A wrong hash: Unable to verify secret hash for client <id>", "reported")
def test_secret_hash_wrong(world):
    secret = world.client(GenerateSecret=True)["ClientSecret"]
    world.refuses(
        ("NotAuthorizedException", f"Unable to verify secret hash for client {world.client_id}"),
        world.forgot,
        SecretHash=secret_hash(secret, "somebody", world.client_id),
    )


@fact("The right hash is over exactly the username that is sent, and the client id", "documented")
def test_secret_hash(world):
    secret = world.client(GenerateSecret=True)["ClientSecret"]
    right = secret_hash(secret, world.username, world.client_id)
    world.forgot(SecretHash=right)
    world.confirm(world.last_code(), SecretHash=right)
    assert world.sign_in("Battery-Staple-2", SECRET_HASH=right)


@fact("With an alias, the hash is over the alias", "inferred")
def test_secret_hash_over_alias(world):
    world.pool(AliasAttributes=["email"])
    secret = world.client(GenerateSecret=True)["ClientSecret"]
    world.user()
    assert world.forgot(Username=EMAIL, SecretHash=secret_hash(secret, EMAIL, world.client_id))
    world.refuses(
        ("NotAuthorizedException", f"Unable to verify secret hash for client {world.client_id}"),
        world.forgot,
        Username=EMAIL,
        SecretHash=secret_hash(secret, "ana", world.client_id),
    )


@fact("A hash sent to a client without a secret is refused", "inferred")
def test_hash_for_no_secret(world):
    world.refuses(
        ("NotAuthorizedException", f"Unable to verify secret hash for client {world.client_id}"),
        world.forgot,
        SecretHash=secret_hash("x", world.username, world.client_id),
    )


@fact(
    "Sign-in without the hash: Client <id> is configured with secret but SECRET_HASH was not"
    " received",
    "reported",
)
def test_sign_in_without_hash(world):
    world.client(GenerateSecret=True)
    world.refuses(("NotAuthorizedException", SECRET_MISSING.format(world.client_id)), world.sign_in)


@fact("The hash is checked before the user is looked up", "inferred")
def test_hash_before_user(world):
    world.client(GenerateSecret=True)
    world.refuses(
        ("NotAuthorizedException", f"Unable to verify secret hash for client {world.client_id}"),
        world.forgot,
        Username="nobody",
    )


@fact("DescribeUserPoolClient shows the secret", "documented")
def test_describe_shows_secret(world):
    secret = world.client(GenerateSecret=True)["ClientSecret"]
    shown = world.api.describe_user_pool_client(UserPoolId=world.pool_id, ClientId=world.client_id)[
        "UserPoolClient"
    ]
    assert shown["ClientSecret"] == secret
    assert len(secret) > 40


@fact("A client without a secret has no ClientSecret key at all", "documented")
def test_no_secret_no_key(world):
    shown = world.api.describe_user_pool_client(UserPoolId=world.pool_id, ClientId=world.client_id)[
        "UserPoolClient"
    ]
    assert "ClientSecret" not in shown
