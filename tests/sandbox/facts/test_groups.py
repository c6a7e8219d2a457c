"""Groups of users, and the claims that membership puts into tokens."""

import base64
import json

import pytest

from ..world import fact

ROLE, OTHER_ROLE = "arn:aws:iam::123456789012:role/a", "arn:aws:iam::123456789012:role/b"
NOT_FOUND = ("ResourceNotFoundException", "Group not found.")


@pytest.fixture
def shop(world):
    world.pool()
    world.user()
    return world


def make(world, name="staff", **more):
    return world.api.create_group(UserPoolId=world.pool_id, GroupName=name, **more)["Group"]


def join(world, *names):
    for name in names:
        world.admin("admin_add_user_to_group", GroupName=name)


def named(groups):
    return [group["GroupName"] for group in groups]


def groups_of(world):
    return named(world.admin("admin_list_groups_for_user")["Groups"])


def claims(world, kind):
    payload = world.tokens()[f"{kind}Token"].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=="))


@fact("CreateGroup and GetGroup show name, description, role, precedence and dates", "documented")
def test_create(shop):
    made = make(shop, Description="who serves", RoleArn=ROLE, Precedence=0)
    assert {"CreationDate", "LastModifiedDate"} <= set(made)
    assert (made["Description"], made["RoleArn"], made["Precedence"]) == ("who serves", ROLE, 0)
    got = shop.api.get_group(UserPoolId=shop.pool_id, GroupName="staff")["Group"]
    assert got == made


@fact("A group whose name is there: GroupExistsException", "documented")
def test_exists(shop):
    make(shop)
    with pytest.raises(shop.api.exceptions.GroupExistsException):
        make(shop)


@fact("A group that is not there: ResourceNotFoundException", "documented")
def test_unknown(shop):
    whom = {"UserPoolId": shop.pool_id, "GroupName": "nobody"}
    for operation in ("get_group", "update_group", "delete_group", "list_users_in_group"):
        shop.refuses(NOT_FOUND, getattr(shop.api, operation), **whom)
    for operation in ("admin_add_user_to_group", "admin_remove_user_from_group"):
        shop.refuses(NOT_FOUND, shop.admin, operation, GroupName="nobody")


@fact("UpdateGroup changes what it names", "documented")
def test_update(shop):
    make(shop, Description="who serves", Precedence=3)
    shop.sandbox.advance(5)
    shop.api.update_group(UserPoolId=shop.pool_id, GroupName="staff", Precedence=1)
    group = shop.api.get_group(UserPoolId=shop.pool_id, GroupName="staff")["Group"]
    assert (group["Precedence"], group["Description"]) == (1, "who serves")
    assert group["LastModifiedDate"] > group["CreationDate"]


@fact("ListGroups comes in pages of at most 60", "documented")
def test_list(shop):
    for name in ("c", "a", "b"):
        make(shop, name)
    first = shop.api.list_groups(UserPoolId=shop.pool_id, Limit=2)
    rest = shop.api.list_groups(UserPoolId=shop.pool_id, NextToken=first["NextToken"])
    assert named(first["Groups"] + rest["Groups"]) == ["a", "b", "c"]
    assert "NextToken" not in rest


@fact("AdminAddUserToGroup and AdminRemoveUserFromGroup, again without an error", "inferred")
def test_membership(shop):
    make(shop)
    for _ in range(2):
        join(shop, "staff")
        assert groups_of(shop) == ["staff"]
    for _ in range(2):
        shop.admin("admin_remove_user_from_group", GroupName="staff")
        assert groups_of(shop) == []


@fact("AdminListGroupsForUser comes in pages", "documented")
def test_groups_of_a_user(shop):
    for name in ("a", "b", "c"):
        make(shop, name)
        join(shop, name)
    first = shop.admin("admin_list_groups_for_user", Limit=2)
    rest = shop.admin("admin_list_groups_for_user", NextToken=first["NextToken"])
    assert (named(first["Groups"]), named(rest["Groups"])) == (["a", "b"], ["c"])


@fact("ListUsersInGroup shows the members, in pages", "documented")
def test_members(shop):
    make(shop)
    for name in ("ana", "bea", "cho"):
        if name != "ana":
            shop.user(name)
        shop.username = name
        join(shop, "staff")
    shop.user("dan")
    whom = {"UserPoolId": shop.pool_id, "GroupName": "staff"}
    first = shop.api.list_users_in_group(**whom, Limit=2)
    rest = shop.api.list_users_in_group(**whom, NextToken=first["NextToken"])
    found = [user["Username"] for user in first["Users"] + rest["Users"]]
    assert found == ["ana", "bea", "cho"]
    assert "NextToken" not in rest


def test_a_pagination_token_of_members_that_is_none_is_refused(shop):
    make(shop)
    for token in ("x", "u-1", "uu"):
        with pytest.raises(shop.api.exceptions.InvalidParameterException):
            shop.api.list_users_in_group(
                UserPoolId=shop.pool_id, GroupName="staff", NextToken=token
            )


@fact("After DeleteGroup nobody is a member, of a new group of that name either", "documented")
def test_delete(shop):
    make(shop)
    join(shop, "staff")
    shop.api.delete_group(UserPoolId=shop.pool_id, GroupName="staff")
    assert groups_of(shop) == []
    make(shop)
    assert groups_of(shop) == []
    whom = {"UserPoolId": shop.pool_id, "GroupName": "staff"}
    assert shop.api.list_users_in_group(**whom)["Users"] == []


@fact("A user who was deleted is in no group", "documented")
def test_deleted_user(shop):
    make(shop)
    join(shop, "staff")
    shop.admin("admin_delete_user")
    whom = {"UserPoolId": shop.pool_id, "GroupName": "staff"}
    assert shop.api.list_users_in_group(**whom)["Users"] == []
    shop.user()
    assert groups_of(shop) == []


@fact("Access and id token name the user's groups in cognito:groups", "documented")
def test_claim(shop):
    make(shop)
    make(shop, "admins")
    join(shop, "staff", "admins")
    for kind in ("Access", "Id"):
        assert claims(shop, kind)["cognito:groups"] == ["admins", "staff"]


@fact("A user in no group has no claim cognito:groups", "documented")
def test_no_claim(shop):
    make(shop)
    for kind in ("Access", "Id"):
        assert not [name for name in claims(shop, kind) if name.startswith("cognito:g")]


@fact(
    "The id token has cognito:roles, and the role of the lowest precedence as"
    " cognito:preferred_role",
    "documented",
)
def test_roles(shop):
    make(shop, "staff", RoleArn=ROLE, Precedence=5)
    make(shop, "admins", RoleArn=OTHER_ROLE, Precedence=0)
    make(shop, "guests", RoleArn=ROLE)
    join(shop, "staff", "admins", "guests")
    identity = claims(shop, "Id")
    assert identity["cognito:preferred_role"] == OTHER_ROLE
    assert set(identity["cognito:roles"]) == {ROLE, OTHER_ROLE}
    assert "cognito:roles" not in claims(shop, "Access")


@fact("Equal precedence and other roles: no cognito:preferred_role", "documented")
def test_no_preferred_role(shop):
    make(shop, "staff", RoleArn=ROLE, Precedence=1)
    make(shop, "admins", RoleArn=OTHER_ROLE, Precedence=1)
    join(shop, "staff", "admins")
    assert "cognito:preferred_role" not in claims(shop, "Id")


@fact("Equal precedence and the same role: that role is cognito:preferred_role", "documented")
def test_same_role(shop):
    make(shop, "staff", RoleArn=ROLE, Precedence=1)
    make(shop, "admins", RoleArn=ROLE, Precedence=1)
    join(shop, "staff", "admins")
    assert claims(shop, "Id")["cognito:preferred_role"] == ROLE


@fact("A refreshed token names the groups of that moment", "inferred")
def test_refreshed(shop):
    refresh = shop.tokens()["RefreshToken"]
    make(shop)
    join(shop, "staff")
    tokens = shop.api.get_tokens_from_refresh_token(ClientId=shop.client_id, RefreshToken=refresh)
    payload = tokens["AuthenticationResult"]["AccessToken"].split(".")[1]
    assert json.loads(base64.urlsafe_b64decode(payload + "=="))["cognito:groups"] == ["staff"]
