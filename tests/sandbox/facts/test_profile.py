"""A user's attributes: changed and deleted, and new contacts that are verified by a code."""

import base64
import json

import pytest

from ..world import ANOTHER, EMAIL, EXPIRED, LIMIT, MISMATCH, PHONE, fact

NEW = "ana@new.example"
FIRST = {"UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]}}
UNAUTHORIZED = ("NotAuthorizedException", "A client attempted to write unauthorized attribute")


@pytest.fixture
def ana(world):
    world.pool()
    world.user()
    world.token = world.tokens()["AccessToken"]
    return world


def listed(**values):
    return [{"Name": name, "Value": value} for name, value in values.items()]


def update(world, **values):
    return world.api.update_user_attributes(
        AccessToken=world.token, UserAttributes=listed(**values)
    )


def ask(world, name="email"):
    return world.api.get_user_attribute_verification_code(
        AccessToken=world.token, AttributeName=name
    )


def verify(world, code, name="email"):
    return world.api.verify_user_attribute(AccessToken=world.token, AttributeName=name, Code=code)


def held(world):
    user = world.admin("admin_get_user")
    return {one["Name"]: one["Value"] for one in user["UserAttributes"]}


def waiting(world, **more):
    """Have the user in use ask for a new address in a pool that wants it verified first."""
    world.pool(**FIRST, **more)
    world.user()
    world.token = world.tokens()["AccessToken"]
    return update(world, email=NEW)


@fact("UpdateUserAttributes changes what the signed-in user asks for", "documented")
def test_update(ana):
    assert update(ana, name="Ana")["CodeDeliveryDetailsList"] == []
    assert held(ana)["name"] == "Ana"


@fact("UpdateUserAttributes with an empty value deletes the attribute", "documented")
def test_update_empty(ana):
    update(ana, name="Ana")
    update(ana, name="")
    assert "name" not in held(ana)


@fact(
    "A user's new address counts at once, unverified, and gets a code where the pool verifies it",
    "documented",
)
def test_update_contact(ana):
    (details,) = update(ana, email=NEW)["CodeDeliveryDetailsList"]
    assert details == {
        "Destination": "a***@n***",
        "DeliveryMedium": "EMAIL",
        "AttributeName": "email",
    }
    message = ana.sandbox.mailbox()[-1]
    assert (message["destination"], message["trigger_source"]) == (
        NEW,
        "CustomMessage_UpdateUserAttribute",
    )
    assert (held(ana)["email"], held(ana)["email_verified"]) == (NEW, "false")


@fact("A contact that the pool does not verify is changed without a message", "documented")
def test_update_unverified_kind(ana):
    assert update(ana, phone_number=PHONE)["CodeDeliveryDetailsList"] == []
    assert ana.sandbox.mailbox() == []


@fact(
    "VerifyUserAttribute with the code verifies the contact, so that recovery works", "documented"
)
def test_verify(ana):
    update(ana, email=NEW)
    verify(ana, ana.last_code())
    assert held(ana)["email_verified"] == "true"
    ana.confirm(ana.code())
    assert ana.tokens(ANOTHER)


@fact("VerifyUserAttribute with wrong digits: CodeMismatchException", "documented")
def test_verify_wrong(ana):
    update(ana, email=NEW)
    ana.refuses(MISMATCH, verify, ana, ana.wrong())


@fact("The code that verifies a contact lives 24 hours", "documented")
def test_verify_lifetime(ana):
    ask(ana)
    ana.sandbox.advance(86_399)
    ana.token = ana.tokens()["AccessToken"]
    verify(ana, ana.last_code())
    ask(ana)
    ana.sandbox.advance(86_400)
    ana.token = ana.tokens()["AccessToken"]
    ana.refuses(EXPIRED, verify, ana, ana.last_code())


@fact("The code that verifies a contact works once", "inferred")
def test_verify_once(ana):
    update(ana, email=NEW)
    code = ana.last_code()
    verify(ana, code)
    ana.refuses(EXPIRED, verify, ana, code)


@fact(
    "GetUserAttributeVerificationCode sends a code, by CustomMessage_VerifyUserAttribute",
    "documented",
)
def test_ask(ana):
    details = ask(ana)["CodeDeliveryDetails"]
    assert (details["AttributeName"], details["DeliveryMedium"]) == ("email", "EMAIL")
    message = ana.sandbox.mailbox()[-1]
    assert message["trigger_source"] == "CustomMessage_VerifyUserAttribute"


@fact("GetUserAttributeVerificationCode for a contact that the user has not is refused", "inferred")
def test_ask_without(ana):
    for name in ("phone_number", "nickname"):
        with pytest.raises(ana.api.exceptions.InvalidParameterException):
            ask(ana, name)


@fact("GetUserAttributeVerificationCode has 5 tries an hour, VerifyUserAttribute 15", "documented")
def test_limits(ana):
    for _ in range(5):
        ask(ana)
    ana.refuses(LIMIT, ask, ana)
    for _ in range(15):
        ana.refuses(MISMATCH, verify, ana, ana.wrong())
    ana.refuses(LIMIT, verify, ana, ana.last_code())


@fact(
    "Where a pool verifies before it updates, the old address stays until the code is entered",
    "documented",
)
def test_verified_before(world):
    assert waiting(world)["CodeDeliveryDetailsList"]
    assert world.sandbox.mailbox()[-1]["destination"] == NEW
    assert (held(world)["email"], held(world)["email_verified"]) == (EMAIL, "true")
    verify(world, world.last_code())
    assert (held(world)["email"], held(world)["email_verified"]) == (NEW, "true")


@fact("The code for an address that waits can be sent again, to that address", "inferred")
def test_ask_while_waiting(world):
    waiting(world)
    ask(world)
    assert world.sandbox.mailbox()[-1]["destination"] == NEW


@fact(
    "AdminUpdateUserAttributes waits for the code in such a pool, unless it says verified",
    "documented",
)
def test_admin_verified_before(world):
    world.pool(**FIRST)
    world.user()
    world.admin("admin_update_user_attributes", UserAttributes=listed(email=NEW))
    assert held(world)["email"] == EMAIL
    world.token = world.tokens()["AccessToken"]
    verify(world, world.last_code())
    assert held(world)["email"] == NEW
    at_once = listed(email=EMAIL, email_verified="true")
    sent = len(world.sandbox.mailbox())
    world.admin("admin_update_user_attributes", UserAttributes=at_once)
    assert held(world)["email"] == EMAIL
    assert len(world.sandbox.mailbox()) == sent


@fact("VerifyUserAttribute of another user's alias: AliasExistsException", "documented")
def test_verify_alias_of_another(world):
    world.pool(AliasAttributes=["email"])
    world.user("bea", email=NEW)
    world.user("ana")
    world.token = world.tokens()["AccessToken"]
    update(world, email=NEW)
    world.refuses(
        ("AliasExistsException", "An account with the email already exists."),
        verify,
        world,
        world.last_code(),
    )


@fact("UpdateUserAttributes to another user's preferred_username: AliasExistsException", "inferred")
def test_update_alias_of_another(world):
    world.pool(AliasAttributes=["preferred_username"])
    world.user("bea", preferred_username="annie")
    world.user("ana")
    world.token = world.tokens()["AccessToken"]
    world.refuses(
        ("AliasExistsException", "An account with the preferred_username already exists."),
        update,
        world,
        preferred_username="annie",
    )


def test_a_code_for_an_address_that_was_changed_again_verifies_nothing(ana):
    update(ana, email=NEW)
    code = ana.last_code()
    ana.admin("admin_update_user_attributes", UserAttributes=listed(email="ana@third.example"))
    ana.refuses(EXPIRED, verify, ana, code)


@fact("A user may not write sub, email_verified or phone_number_verified", "documented")
def test_unauthorized(ana):
    for name in ("sub", "email_verified", "phone_number_verified"):
        ana.refuses(UNAUTHORIZED, update, ana, **{name: "true"})


@fact("A user may write what the app client's WriteAttributes has", "documented")
def test_write_attributes(world):
    world.pool()
    world.client(WriteAttributes=["name"], ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"])
    world.user()
    world.token = world.tokens()["AccessToken"]
    update(world, name="Ana")
    world.refuses(UNAUTHORIZED, update, world, nickname="A")
    world.refuses(
        UNAUTHORIZED,
        world.api.delete_user_attributes,
        AccessToken=world.token,
        UserAttributeNames=["nickname"],
    )


@fact(
    "An app reads what its client's ReadAttributes has, by GetUser and in the id token",
    "documented",
)
def test_read_attributes(world):
    world.pool()
    world.client(ReadAttributes=["name"], ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"])
    world.user(name="Ana")
    tokens = world.tokens()
    user = world.api.get_user(AccessToken=tokens["AccessToken"])
    assert [one["Name"] for one in user["UserAttributes"]] == ["sub", "name"]
    payload = tokens["IdToken"].split(".")[1]
    identity = json.loads(base64.urlsafe_b64decode(payload + "=="))
    assert (identity["name"], "email" in identity) == ("Ana", False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("birthdate", "1990"),
        ("custom:short", "more than five"),
        ("custom:size", "large"),
        ("custom:size", "51"),
        ("custom:size", "-1"),
        ("custom:member", "maybe"),
        ("updated_at", "-5"),
    ],
)
def test_a_value_that_its_attribute_does_not_allow_is_refused(world, name, value):
    world.pool(
        Schema=[
            {
                "Name": "short",
                "AttributeDataType": "String",
                "StringAttributeConstraints": {"MaxLength": "5"},
            },
            {
                "Name": "size",
                "AttributeDataType": "Number",
                "NumberAttributeConstraints": {"MinValue": "0", "MaxValue": "50"},
            },
            {"Name": "member", "AttributeDataType": "Boolean"},
        ]
    )
    world.user(birthdate="1990-01-31", **{"custom:size": "50", "custom:member": "True"})
    with pytest.raises(world.api.exceptions.InvalidParameterException) as refused:
        world.admin("admin_update_user_attributes", UserAttributes=listed(**{name: value}))
    message = refused.value.response["Error"]["Message"]
    assert message.startswith(f"Attributes did not conform to the schema: {name}: ")


@fact("A value is held against its attribute's type and constraints", "documented")
def test_constraints_of_values(ana):
    with pytest.raises(ana.api.exceptions.InvalidParameterException):
        update(ana, birthdate="31.1.1990 at noon")


@fact("All attributes that are required and missing are named at once", "reported")
def test_required(world):
    world.pool(Schema=[{"Name": "name", "Required": True}, {"Name": "gender", "Required": True}])
    text = (
        "Attributes did not conform to the schema: name: The attribute is required\n"
        "gender: The attribute is required\n"
    )
    world.refuses(("InvalidParameterException", text), world.user)


@fact("An administrator may not write sub: Cannot modify the non-mutable attribute sub", "reported")
def test_admin_sub(ana):
    refused = ("InvalidParameterException", "Cannot modify the non-mutable attribute sub")
    ana.refuses(
        refused, ana.admin, "admin_update_user_attributes", UserAttributes=listed(sub="other")
    )


@fact("An attribute that the schema calls not mutable keeps its first value", "documented")
def test_not_mutable(world):
    world.pool(Schema=[{"Name": "badge", "AttributeDataType": "String", "Mutable": False}])
    world.user(**{"custom:badge": "7"})
    world.token = world.tokens()["AccessToken"]
    refused = ("InvalidParameterException", "Cannot modify the non-mutable attribute custom:badge")
    world.refuses(refused, update, world, **{"custom:badge": "8"})
    world.refuses(
        refused,
        world.admin,
        "admin_delete_user_attributes",
        UserAttributeNames=["custom:badge"],
    )


@fact("DeleteUserAttributes and AdminDeleteUserAttributes delete what they name", "documented")
def test_delete(ana):
    update(ana, name="Ana", nickname="A")
    ana.api.delete_user_attributes(AccessToken=ana.token, UserAttributeNames=["name"])
    ana.admin("admin_delete_user_attributes", UserAttributeNames=["nickname"])
    assert not {"name", "nickname"} & set(held(ana))


@fact("Deleting attributes that are not in the schema names each of them", "inferred")
def test_delete_unknown(ana):
    text = (
        "Invalid user attributes: user.custom:a: Attribute does not exist in the schema.\n"
        "user.custom:b: Attribute does not exist in the schema.\n"
    )
    ana.refuses(
        ("InvalidParameterException", text),
        ana.admin,
        "admin_delete_user_attributes",
        UserAttributeNames=["custom:a", "name", "custom:b"],
    )


@fact("A RESET_REQUIRED user's token changes no attribute", "inferred")
def test_reset_required(ana):
    ana.admin("admin_reset_user_password")
    with pytest.raises(ana.api.exceptions.PasswordResetRequiredException):
        update(ana, name="Ana")
