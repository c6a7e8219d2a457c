"""User pools and app clients: what their calls show and change, and ListUsers."""

import pytest

from ..world import EMAIL_ONLY, fact


def described(world):
    return world.api.describe_user_pool(UserPoolId=world.pool_id)["UserPool"]


@fact("DescribeUserPool shows policy, recovery setting, verified attributes and MFA", "documented")
def test_describe(world):
    world.pool(AccountRecoverySetting=EMAIL_ONLY)
    pool = described(world)
    assert pool["AccountRecoverySetting"] == EMAIL_ONLY
    assert pool["AutoVerifiedAttributes"] == ["email"]
    assert pool["MfaConfiguration"] == "OFF"
    assert pool["Id"].startswith("us-east-1_")


@fact("DescribeUserPool of an unknown pool: User pool <id> does not exist.", "reported")
def test_unknown(world):
    world.refuses(
        ("ResourceNotFoundException", "User pool us-east-1_NoSuch123 does not exist."),
        world.api.describe_user_pool,
        UserPoolId="us-east-1_NoSuch123",
    )


@fact("UpdateUserPool sets what it leaves out back to the default", "documented")
def test_update_resets(world):
    world.pool(
        AccountRecoverySetting=EMAIL_ONLY, Policies={"PasswordPolicy": {"MinimumLength": 20}}
    )
    world.api.update_user_pool(UserPoolId=world.pool_id, LambdaConfig={})
    pool = described(world)
    assert "AccountRecoverySetting" not in pool
    assert "AutoVerifiedAttributes" not in pool
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] == 8


@fact("UpdateUserPool keeps what can never be changed: aliases and case sensitivity", "documented")
def test_update_keeps_fixed(world):
    world.pool(AliasAttributes=["email"], UsernameConfiguration={"CaseSensitive": False})
    world.api.update_user_pool(UserPoolId=world.pool_id)
    pool = described(world)
    assert pool["AliasAttributes"] == ["email"]
    assert pool["UsernameConfiguration"] == {"CaseSensitive": False}


@fact(
    "CreateUserPool puts `custom:` before the name of every attribute that is not a standard one",
    "reported",
)
def test_custom_attributes(world):
    world.pool(
        Schema=[
            {"Name": "shoe_size", "AttributeDataType": "Number"},
            {"Name": "custom:team", "AttributeDataType": "String"},
            {"Name": "given_name", "Required": True},
        ]
    )
    listed = {one["Name"]: one for one in described(world)["SchemaAttributes"]}
    assert listed["custom:shoe_size"]["AttributeDataType"] == "Number"
    assert "custom:custom:team" in listed
    assert listed["given_name"]["Required"]


@fact(
    "A custom attribute cannot be required: Required custom attributes are not supported"
    " currently.",
    "reported",
)
def test_required_custom_attribute(world):
    world.refuses(
        ("InvalidParameterException", "Required custom attributes are not supported currently."),
        world.pool,
        Schema=[{"Name": "shoe_size", "Required": True}],
    )


@fact("An attribute of a schema needs a name; in what words Cognito says so is unknown", "inferred")
def test_nameless_attribute(world):
    with pytest.raises(world.api.exceptions.InvalidParameterException):
        world.pool(Schema=[{}])


@fact("DeleteUserPool: the pool and its clients are gone", "documented")
def test_delete(world):
    world.pool()
    world.user()
    world.api.delete_user_pool(UserPoolId=world.pool_id)
    with pytest.raises(world.api.exceptions.ResourceNotFoundException):
        described(world)
    with pytest.raises(world.api.exceptions.ResourceNotFoundException):
        world.forgot()


@fact("Deletion protection keeps a pool from being deleted", "documented")
def test_deletion_protection(world):
    world.pool(DeletionProtection="ACTIVE")
    with pytest.raises(world.api.exceptions.InvalidParameterException):
        world.api.delete_user_pool(UserPoolId=world.pool_id)


@fact("ListUserPools and ListUserPoolClients come in pages", "documented")
def test_lists(world):
    for number in range(3):
        world.pool(PoolName=f"pool{number}")
    first = world.api.list_user_pools(MaxResults=2)
    rest = world.api.list_user_pools(MaxResults=60, NextToken=first["NextToken"])
    assert len(first["UserPools"]) + len(rest["UserPools"]) == 4
    assert "NextToken" not in rest
    world.client()
    clients = world.api.list_user_pool_clients(UserPoolId=world.pool_id, MaxResults=60)[
        "UserPoolClients"
    ]
    assert len(clients) == 2
    assert all("ClientSecret" not in one for one in clients)


@fact("A client made through the API has PreventUserExistenceErrors LEGACY", "documented")
def test_client_legacy(world):
    made = world.client()
    assert made["PreventUserExistenceErrors"] == "LEGACY"


@fact(
    "UpdateUserPoolClient sets what it leaves out back to the default, the secret stays",
    "documented",
)
def test_update_client(world):
    secret = world.client(GenerateSecret=True, PreventUserExistenceErrors="ENABLED")["ClientSecret"]
    changed = world.api.update_user_pool_client(UserPoolId=world.pool_id, ClientId=world.client_id)[
        "UserPoolClient"
    ]
    assert changed["PreventUserExistenceErrors"] == "LEGACY"
    assert "ALLOW_USER_PASSWORD_AUTH" not in changed["ExplicitAuthFlows"]
    assert changed["ClientSecret"] == secret


@pytest.mark.parametrize(
    ("settings", "fits"),
    [
        ({"AccessTokenValidity": 24}, True),
        ({"AccessTokenValidity": 25}, False),
        ({"IdTokenValidity": 5, "TokenValidityUnits": {"IdToken": "minutes"}}, True),
        ({"IdTokenValidity": 299, "TokenValidityUnits": {"IdToken": "seconds"}}, False),
        ({"RefreshTokenValidity": 3650}, True),
        ({"RefreshTokenValidity": 3651}, False),
        ({"RefreshTokenValidity": 59, "TokenValidityUnits": {"RefreshToken": "minutes"}}, False),
    ],
)
def test_the_validity_of_each_kind_of_token_has_its_range(world, settings, fits):
    if fits:
        assert world.client(**settings)
    else:
        text = "Invalid range for token validity."
        world.refuses(("InvalidParameterException", text), world.client, **settings)


@fact(
    "Access and id tokens live 5 minutes to a day, refresh tokens an hour to ten years: Invalid"
    " range for token validity.",
    "reported",
)
def test_token_validity(world):
    for kind in ("Access", "Id"):
        world.refuses(
            ("InvalidParameterException", "Invalid range for token validity."),
            world.client,
            **{f"{kind}TokenValidity": 1, "TokenValidityUnits": {f"{kind}Token": "minutes"}},
        )


@fact("RefreshTokenValidity 0 is the default of 30 days", "documented")
def test_refresh_validity_zero(world):
    assert world.client(RefreshTokenValidity=0)["RefreshTokenValidity"] == 30


@fact(
    "A client's ReadAttributes and WriteAttributes are in the schema: Invalid write attributes"
    " specified while creating a client",
    "reported",
)
def test_client_attributes(world):
    world.pool(Schema=[{"Name": "team", "AttributeDataType": "String"}])
    world.client(ReadAttributes=["custom:team", "email"], WriteAttributes=["custom:team"])
    for key, what in (("ReadAttributes", "read"), ("WriteAttributes", "write")):
        text = f"Invalid {what} attributes specified while creating a client"
        world.refuses(("InvalidParameterException", text), world.client, **{key: ["custom:size"]})


@fact("DeleteUserPoolClient: its id is unknown afterwards", "documented")
def test_delete_client(world):
    world.client()
    world.api.delete_user_pool_client(UserPoolId=world.pool_id, ClientId=world.client_id)
    world.refuses(
        ("ResourceNotFoundException", f"User pool client {world.client_id} does not exist."),
        world.forgot,
    )


@fact("A client of another pool does not exist in this one", "documented")
def test_client_of_other_pool(world):
    client_id = world.client_id
    world.pool()
    world.refuses(
        ("ResourceNotFoundException", f"User pool client {client_id} does not exist."),
        world.api.describe_user_pool_client,
        UserPoolId=world.pool_id,
        ClientId=client_id,
    )


@fact("SetUserPoolMfaConfig and GetUserPoolMfaConfig", "documented")
def test_mfa_config(world):
    world.pool()
    world.api.set_user_pool_mfa_config(
        UserPoolId=world.pool_id,
        MfaConfiguration="OPTIONAL",
        SoftwareTokenMfaConfiguration={"Enabled": True},
    )
    shown = world.api.get_user_pool_mfa_config(UserPoolId=world.pool_id)
    assert (shown["MfaConfiguration"], shown["SoftwareTokenMfaConfiguration"]) == (
        "OPTIONAL",
        {"Enabled": True},
    )
    assert described(world)["MfaConfiguration"] == "OPTIONAL"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            'username = "bea"',
            ["bea"],
            id="username",
            marks=fact("ListUsers filters by username, whole", "documented"),
        ),
        pytest.param(
            'email ^= "b"',
            ["bea", "ben"],
            id="beginning",
            marks=fact("ListUsers filters by the beginning of an attribute (^=)", "documented"),
        ),
        pytest.param(
            'cognito:user_status = "Force_Change_Password"',
            ["cho"],
            id="status",
            marks=fact(
                "ListUsers filters by cognito:user_status, whatever its capitals", "documented"
            ),
        ),
        pytest.param(
            'username = "Bea"',
            [],
            id="username with a capital",
            marks=fact("ListUsers finds a username only with its own capitals", "documented"),
        ),
        pytest.param(
            'email = "BEA@Shop.example"',
            ["bea"],
            id="email with capitals",
            marks=fact("ListUsers finds an e-mail address whatever its capitals", "reported"),
        ),
        pytest.param(
            'status = "disabled"',
            [],
            id="enabled without its capital",
            marks=fact("ListUsers filters by status only with its own capitals", "documented"),
        ),
        pytest.param(
            'status = "Disabled"',
            ["ben"],
            id="enabled",
            marks=fact("ListUsers filters by status, which is Enabled or Disabled", "documented"),
        ),
    ],
)
def test_list_users_filter(world, text, expected):
    world.pool()
    for name in ("ana", "bea", "ben"):
        world.user(name, email=f"{name}@shop.example")
    world.admin("admin_disable_user")
    world.user("cho", confirmed=False, email="cho@shop.example")
    found = world.api.list_users(UserPoolId=world.pool_id, Filter=text)["Users"]
    assert sorted(one["Username"] for one in found) == expected


@fact("ListUsers comes in pages of at most 60, with AttributesToGet", "documented")
def test_list_users_pages(world):
    world.pool()
    for number in range(5):
        world.user(f"user{number}", confirmed=False)
    first = world.api.list_users(UserPoolId=world.pool_id, Limit=3, AttributesToGet=["email"])
    rest = world.api.list_users(UserPoolId=world.pool_id, PaginationToken=first["PaginationToken"])
    assert [len(first["Users"]), len(rest["Users"])] == [3, 2]
    assert "PaginationToken" not in rest
    assert first["Users"][0]["Attributes"] == [{"Name": "email", "Value": "ana@shop.example"}]


@fact("A filter that cannot be read is an InvalidParameterException", "documented")
def test_bad_filter(world):
    with pytest.raises(world.api.exceptions.InvalidParameterException):
        world.api.list_users(UserPoolId=world.pool_id, Filter="email contains x")


@fact("EstimatedNumberOfUsers counts the pool's users", "documented")
def test_estimated_users(world):
    world.pool()
    world.user("ana")
    world.user("bea")
    assert described(world)["EstimatedNumberOfUsers"] == 2
    world.admin("admin_delete_user")
    assert described(world)["EstimatedNumberOfUsers"] == 1


@fact("Only one of AliasAttributes and UsernameAttributes can be set", "documented")
def test_alias_or_username_attributes(world):
    with pytest.raises(world.api.exceptions.InvalidParameterException):
        world.pool(AliasAttributes=["email"], UsernameAttributes=["email"])


@fact(
    "SetUserPoolMfaConfig sets how SMS are sent for the whole pool: DescribeUserPool shows it",
    "documented",
)
def test_mfa_config_sets_sms(world):
    role = {"SnsCallerArn": "arn:aws:iam::123456789012:role/other", "ExternalId": "ours"}
    world.pool(SmsConfiguration=None)
    world.api.set_user_pool_mfa_config(
        UserPoolId=world.pool_id,
        MfaConfiguration="OPTIONAL",
        SmsMfaConfiguration={"SmsAuthenticationMessage": "{####}", "SmsConfiguration": role},
    )
    assert described(world)["SmsConfiguration"] == role
    assert world.api.get_user_pool_mfa_config(UserPoolId=world.pool_id)["SmsMfaConfiguration"] == {
        "SmsAuthenticationMessage": "{####}",
        "SmsConfiguration": role,
    }


@fact(
    "Phone numbers are verified by a pool that can send SMS: SMS configuration is required when"
    " phone_number is selected for auto verification",
    "reported",
)
def test_phone_needs_sms(world):
    refused = (
        "InvalidParameterException",
        "SMS configuration is required when phone_number is selected for auto verification",
    )
    world.refuses(
        refused, world.pool, AutoVerifiedAttributes=["phone_number"], SmsConfiguration=None
    )
    world.pool()
    world.refuses(
        refused,
        world.api.update_user_pool,
        UserPoolId=world.pool_id,
        AutoVerifiedAttributes=["phone_number"],
    )


@fact(
    "A new contact is proved before it counts only where the pool verifies that kind: All"
    " attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes",
    "reported",
)
def test_update_needs_verification(world):
    world.refuses(
        (
            "InvalidParameterException",
            (
                "All attributes in AttributesRequireVerificationBeforeUpdate must exist in"
                " AutoVerifiedAttributes"
            ),
        ),
        world.pool,
        UserAttributeUpdateSettings={"AttributesRequireVerificationBeforeUpdate": ["phone_number"]},
    )


def needs(plan, feature):
    return (
        "FeatureUnavailableInTierException",
        (
            f"The following features need to be disabled for the {plan} pricing tier configured:"
            f" {feature}"
        ),
    )


@fact(
    "Threat protection is in the plan Plus alone: The following features need to be disabled for"
    " the ESSENTIALS pricing tier configured: Threat Protection",
    "reported",
)
def test_threat_protection_needs_plus(world):
    for mode in ("AUDIT", "ENFORCED"):
        world.refuses(
            needs("LITE", "Threat Protection"),
            world.pool,
            UserPoolTier="LITE",
            UserPoolAddOns={"AdvancedSecurityMode": mode},
        )
        world.refuses(
            needs("ESSENTIALS", "Threat Protection"),
            world.pool,
            UserPoolAddOns={"AdvancedSecurityMode": mode},
        )
        world.pool(UserPoolTier="PLUS", UserPoolAddOns={"AdvancedSecurityMode": mode})
    world.refuses(
        needs("ESSENTIALS", "Threat Protection"),
        world.api.update_user_pool,
        UserPoolId=world.pool_id,
        UserPoolTier="ESSENTIALS",
        UserPoolAddOns={"AdvancedSecurityMode": "AUDIT"},
    )
    assert described(world)["UserPoolTier"] == "PLUS"
    world.pool(UserPoolTier="LITE", UserPoolAddOns={"AdvancedSecurityMode": "OFF"})


@fact("The plan Lite remembers no passwords: FeatureUnavailableInTierException", "documented")
def test_history_needs_essentials(world):
    policy = {"PasswordPolicy": {"MinimumLength": 8, "PasswordHistorySize": 3}}
    world.pool(UserPoolTier="ESSENTIALS", Policies=policy)
    with pytest.raises(world.api.exceptions.FeatureUnavailableInTierException):
        world.pool(UserPoolTier="LITE", Policies=policy)
    world.pool(
        UserPoolTier="LITE",
        Policies={"PasswordPolicy": {"MinimumLength": 8, "PasswordHistorySize": 0}},
    )


@fact(
    "The plan Lite has no second factor by e-mail: FeatureUnavailableInTierException", "documented"
)
def test_email_mfa_needs_essentials(world):
    world.pool(UserPoolTier="LITE")
    with pytest.raises(world.api.exceptions.FeatureUnavailableInTierException):
        world.api.set_user_pool_mfa_config(
            UserPoolId=world.pool_id, EmailMfaConfiguration={"Message": "{####}"}
        )
    assert "EmailMfaConfiguration" not in world.api.get_user_pool_mfa_config(
        UserPoolId=world.pool_id
    )


def attributes_of(world):
    return {one["Name"]: one for one in described(world)["SchemaAttributes"]}


@fact("DescribeUserPool shows the constraints of every attribute of text and number", "reported")
def test_constraints(world):
    shown = attributes_of(world)
    usual = {"MinLength": "0", "MaxLength": "2048"}
    assert shown["email"]["StringAttributeConstraints"] == usual
    assert shown["sub"]["StringAttributeConstraints"] == usual | {"MinLength": "1"}
    assert shown["birthdate"]["StringAttributeConstraints"] == {
        "MinLength": "10",
        "MaxLength": "10",
    }
    assert shown["updated_at"]["NumberAttributeConstraints"] == {"MinValue": "0"}
    assert "StringAttributeConstraints" not in shown["email_verified"]


@fact("A custom attribute has the constraints that it was given, and no others", "inferred")
def test_custom_constraints(world):
    given = {"StringAttributeConstraints": {"MaxLength": "10"}}
    world.pool(
        Schema=[
            {"Name": "short", "AttributeDataType": "String", **given},
            {"Name": "any", "AttributeDataType": "String"},
            {"Name": "size", "AttributeDataType": "Number", **given},
        ]
    )
    shown = attributes_of(world)
    assert not [key for key in shown["custom:size"] if key.endswith("Constraints")]
    assert shown["custom:short"]["StringAttributeConstraints"] == {"MaxLength": "10"}
    assert shown["custom:any"]["StringAttributeConstraints"] == {}


UNTYPED = "Invalid AttributeDataType input, consider using the provided AttributeDataType enum."
STANDARD_TYPE = (
    "You can not change AttributeDataType or set developerOnlyAttribute for standard schema"
    " attribute email"
)


@pytest.mark.parametrize(
    ("attribute", "text"),
    [
        pytest.param(
            {"Name": "team"},
            UNTYPED,
            id="type",
            marks=fact("A custom attribute needs a type: Invalid AttributeDataType", "inferred"),
        ),
        pytest.param(
            {"Name": "email", "AttributeDataType": "Number"},
            STANDARD_TYPE,
            id="standard",
            marks=fact("A standard attribute keeps its type", "inferred"),
        ),
        pytest.param(
            {"Name": "email", "DeveloperOnlyAttribute": True},
            STANDARD_TYPE,
            id="developer",
            marks=fact("A standard attribute is never the developer's alone", "inferred"),
        ),
        pytest.param(
            {"Name": "email", "StringAttributeConstraints": {"MaxLength": "many"}},
            "Invalid StringAttributeConstraints for schema attribute email",
            id="number",
            marks=fact("Constraints are numbers", "inferred"),
        ),
        pytest.param(
            {"Name": "email", "StringAttributeConstraints": {"MaxLength": "2049"}},
            "user.email: String attributes cannot have a length of more than 2048",
            id="longest",
            marks=fact("A text has at most 2048 characters", "inferred"),
        ),
        pytest.param(
            {"Name": "email", "StringAttributeConstraints": {"MinLength": "2", "MaxLength": "1"}},
            "user.email: Max length cannot be less than min length.",
            id="order",
            marks=fact("The longest is no shorter than the shortest", "inferred"),
        ),
        pytest.param(
            {
                "Name": "updated_at",
                "NumberAttributeConstraints": {"MinValue": "2", "MaxValue": "1"},
            },
            "user.updated_at: Max value cannot be less than min value.",
            id="value",
            marks=fact("The greatest is no less than the least", "inferred"),
        ),
    ],
)
def test_schema_refused(world, attribute, text):
    world.refuses(("InvalidParameterException", text), world.pool, Schema=[attribute])


@fact(
    "An attribute that is the developer's alone begins with dev:, and no user writes it",
    "documented",
)
def test_developer_only(world):
    world.pool(
        Schema=[{"Name": "rank", "AttributeDataType": "String", "DeveloperOnlyAttribute": True}]
    )
    name = "dev:custom:rank"
    assert attributes_of(world)[name]["DeveloperOnlyAttribute"]
    world.user(**{name: "1"})
    world.refuses(
        ("NotAuthorizedException", "A client attempted to write unauthorized attribute"),
        world.api.update_user_attributes,
        AccessToken=world.tokens()["AccessToken"],
        UserAttributes=[{"Name": name, "Value": "2"}],
    )


@fact("AddCustomAttributes adds to the schema, and users have them at once", "documented")
def test_add_custom_attributes(world):
    world.pool()
    added = [{"Name": "team", "AttributeDataType": "String"}]
    world.api.add_custom_attributes(UserPoolId=world.pool_id, CustomAttributes=added)
    assert "custom:team" in attributes_of(world)
    world.user(**{"custom:team": "red"})


@fact(
    "AddCustomAttributes of a name that is there: Existing attribute already has name", "inferred"
)
def test_add_existing_attribute(world):
    team = {"Name": "team", "AttributeDataType": "String", "DeveloperOnlyAttribute": True}
    world.pool(Schema=[team])
    text = "custom:team: Existing attribute already has name dev:custom:team."
    world.refuses(
        ("InvalidParameterException", text),
        world.api.add_custom_attributes,
        UserPoolId=world.pool_id,
        CustomAttributes=[team],
    )


@fact("A message's template is shown in its older places too", "reported")
def test_templates(world):
    template = {
        "SmsMessage": "{####} by text",
        "EmailMessage": "{####} by mail",
        "EmailSubject": "code",
    }
    world.pool(VerificationMessageTemplate=template)
    pool = described(world)
    assert (
        pool["SmsVerificationMessage"],
        pool["EmailVerificationMessage"],
        pool["EmailVerificationSubject"],
    ) == tuple(template.values())


@fact("A message that is given in its older place is shown in the template", "inferred")
def test_templates_from_older_places(world):
    world.pool(SmsVerificationMessage="{####} by text")
    assert described(world)["VerificationMessageTemplate"]["SmsMessage"] == "{####} by text"


@fact("A pool belongs to the region that the request was signed for", "documented")
def test_region(world, monkeypatch):
    import boto3

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    url = world.api.meta.endpoint_url
    elsewhere = boto3.client(
        "cognito-idp",
        region_name="eu-west-1",
        endpoint_url=url if url.startswith("http:") else None,
    )
    if not url.startswith("http:"):
        world.sandbox.attach(elsewhere)
    pool = elsewhere.create_user_pool(PoolName="shop")["UserPool"]
    assert pool["Id"].startswith("eu-west-1_")
    assert pool["Arn"].startswith("arn:aws:cognito-idp:eu-west-1:")


@fact("TagResource, UntagResource and ListTagsForResource", "documented")
def test_tags(world):
    world.pool(UserPoolTags={"team": "red"})
    arn = described(world)["Arn"]
    world.api.tag_resource(ResourceArn=arn, Tags={"team": "blue", "stage": "test"})
    assert world.api.list_tags_for_resource(ResourceArn=arn)["Tags"] == {
        "team": "blue",
        "stage": "test",
    }
    world.api.untag_resource(ResourceArn=arn, TagKeys=["team", "nothing"])
    assert described(world)["UserPoolTags"] == {"stage": "test"}


@fact("Tags of a pool that is not there: ResourceNotFoundException", "documented")
def test_tags_unknown(world):
    arn = described(world)["Arn"]
    for wrong in (arn[:-1] + "9", arn.replace("us-east-1:", "eu-west-1:")):
        with pytest.raises(world.api.exceptions.ResourceNotFoundException):
            world.api.list_tags_for_resource(ResourceArn=wrong)
