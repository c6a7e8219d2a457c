"""The audit: each setting that hurts resets is found on a pool that has it, and on no pool that is
well set.
"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.cognito import reads
from helpers.cognito.models import Client, Pool
from helpers.cognito.policy import PasswordPolicy
from helpers.runbooks.audit import judge as audit
from helpers.runbooks.audit.finding import Level, Sure
from helpers.sandbox import DEFAULT_POOL_ID
from helpers.target import Target

EMAIL, PHONE = (
    {"Name": "verified_email", "Priority": 1},
    {
        "Name": "verified_phone_number",
        "Priority": 2,
    },
)
BOTH = ["email", "phone_number"]
ROLE, FUNCTION = (
    "arn:aws:iam::123456789012:role/sms",
    "arn:aws:lambda:us-east-1:123456789012:function:f",
)
SENDER = {"LambdaVersion": "V1_0", "LambdaArn": FUNCTION}
STRICT = {
    "MinimumLength": 12,
    "RequireUppercase": True,
    "RequireLowercase": True,
    "RequireNumbers": True,
    "RequireSymbols": True,
    "PasswordHistorySize": 5,
}
WELL_SET = {
    "AccountRecoverySetting": {"RecoveryMechanisms": [EMAIL, PHONE]},
    "AutoVerifiedAttributes": BOTH,
    "UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": BOTH},
    "EmailConfiguration": {
        "EmailSendingAccount": "DEVELOPER",
        "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/help@example.com",
    },
    "SmsConfiguration": {"SnsCallerArn": ROLE, "ExternalId": "ours", "SnsRegion": "us-east-1"},
    "UsernameAttributes": ["email"],
    "UsernameConfiguration": {"CaseSensitive": False},
    "Policies": {"PasswordPolicy": STRICT},
    "UserPoolAddOns": {"AdvancedSecurityMode": "AUDIT"},
    "UserPoolTier": "PLUS",
}
FACTORS = {"MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": {"Enabled": True}}
QUIET = {
    "PreventUserExistenceErrors": "ENABLED",
    "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
    "RefreshTokenRotation": {"Feature": "ENABLED"},
}
LOGS = [
    {
        "LogLevel": "ERROR",
        "EventSource": "userNotification",
        "CloudWatchLogsConfiguration": {
            "LogGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:/cognito"
        },
    }
]
SESSIONS = {"UserSessionTracking": "ENABLED", "TokenSession": {"MaxPerUser": 20}}


def recovery(*mechanisms):
    return {
        "AccountRecoverySetting": {"RecoveryMechanisms": list(mechanisms)} if mechanisms else None
    }


def policy(**changes):
    return {"Policies": {"PasswordPolicy": STRICT | changes}}


def triggers(**functions):
    return {"LambdaConfig": functions}


ONLY_PHONE = recovery(PHONE | {"Priority": 1})
PHONE_FIRST = recovery(PHONE | {"Priority": 1}, EMAIL | {"Priority": 2})
SMS_FACTOR = FACTORS | {"SmsMfaConfiguration": {"SmsAuthenticationMessage": "{####}"}}
MAIL_FACTOR = FACTORS | {"EmailMfaConfiguration": {"Message": "{####}", "Subject": "Code"}}
ONLY_MAIL_VERIFIED = {
    "AutoVerifiedAttributes": ["email"],
    "UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]},
}
NOTHING_VERIFIED = {"AutoVerifiedAttributes": None, "UserAttributeUpdateSettings": None}
NO_ROLE = ONLY_MAIL_VERIFIED | {"SmsConfiguration": None}
INVITED = {"AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True}}
# name: (changes of the pool, of its app client, of its factors, the level, the title); the finding
# has to be the only one.
CASES = {
    "recovery-unset": (recovery(), {}, {}, Level.WORTH_KNOWING, "recovery is not set"),
    "recovery-unset-and-sms-factor": (
        recovery(),
        {},
        SMS_FACTOR,
        Level.AT_RISK,
        "recovery is not set",
    ),
    "recovery-admin-only": (
        recovery({"Name": "admin_only", "Priority": 1}),
        {},
        {},
        Level.RESETS_FAIL,
        "only administrators reset",
    ),
    "nothing-verified": (NOTHING_VERIFIED, {}, {}, Level.RESETS_FAIL, "contacts stay unverified"),
    "phone-unverified": (
        ONLY_MAIL_VERIFIED,
        {},
        {},
        Level.WORTH_KNOWING,
        "the phone number stays unverified",
    ),
    "changed-contacts": (
        {"UserAttributeUpdateSettings": None},
        {},
        {},
        Level.WORTH_KNOWING,
        "changed contacts count at once",
    ),
    "phone-alone-and-sms-factor": (
        ONLY_PHONE,
        {},
        SMS_FACTOR,
        Level.RESETS_FAIL,
        "SMS_MFA excludes the phone number",
    ),
    "mail-alone-and-mail-factor": (
        recovery(EMAIL),
        {},
        MAIL_FACTOR,
        Level.RESETS_FAIL,
        "EMAIL_OTP excludes the e-mail address",
    ),
    "mail-factor-and-both-ways": (
        {},
        {},
        MAIL_FACTOR,
        Level.WORTH_KNOWING,
        "EMAIL_OTP excludes the e-mail address",
    ),
    "cognitos-own-sender": (
        {"EmailConfiguration": None},
        {},
        {},
        Level.RESETS_FAIL,
        "50 e-mails a day",
    ),
    "sms-through-another-region": (
        {"SmsConfiguration": WELL_SET["SmsConfiguration"] | {"SnsRegion": "us-west-2"}},
        {},
        {},
        Level.WORTH_KNOWING,
        "SMS go through another region",
    ),
    "sms-without-external-id": (
        {"SmsConfiguration": {"SnsCallerArn": ROLE}},
        {},
        {},
        Level.WORTH_KNOWING,
        "no external id",
    ),
    "custom-message": (
        triggers(CustomMessage=FUNCTION),
        {},
        {},
        Level.WORTH_KNOWING,
        "a function writes the message",
    ),
    "custom-email-sender": (
        triggers(CustomEmailSender=SENDER, KMSKeyID=FUNCTION),
        {},
        {},
        Level.WORTH_KNOWING,
        "a function sends e-mails",
    ),
    "custom-sms-sender": (
        triggers(CustomSMSSender=SENDER, KMSKeyID=FUNCTION),
        {},
        {},
        Level.WORTH_KNOWING,
        "a function sends SMS",
    ),
    "long-sessions": (
        {},
        {"RefreshTokenValidity": 365},
        {},
        Level.WORTH_KNOWING,
        "sessions outlast a reset for long",
    ),
    "long-access": (
        {},
        {"IdTokenValidity": 90, "TokenValidityUnits": {"IdToken": "minutes"}},
        {},
        Level.WORTH_KNOWING,
        "sessions outlast a reset for long",
    ),
    "existence-legacy": (
        {},
        {"PreventUserExistenceErrors": "LEGACY"},
        {},
        Level.LEAKS,
        "reveals who has an account",
    ),
    "client-with-secret": (
        {},
        {"GenerateSecret": True},
        {},
        Level.WORTH_KNOWING,
        "needs a secret hash",
    ),
    "no-password-flow": (
        {},
        {"ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]},
        {},
        Level.WORTH_KNOWING,
        "no proof by sign-in",
    ),
    "case-sensitive": (
        {"UsernameConfiguration": None},
        {},
        {},
        Level.RESETS_FAIL,
        "capitals count",
    ),
    "username-alone": (
        {"UsernameAttributes": None},
        {},
        {},
        Level.WORTH_KNOWING,
        "found by username alone",
    ),
    "pre-sign-up": (
        triggers(PreSignUp=FUNCTION),
        {},
        {},
        Level.WORTH_KNOWING,
        "a function may confirm users",
    ),
    "user-migration": (
        triggers(UserMigration=FUNCTION),
        {},
        {},
        Level.WORTH_KNOWING,
        "a function is asked for unknown users",
    ),
    "post-confirmation": (
        triggers(PostConfirmation=FUNCTION),
        {},
        {},
        Level.WORTH_KNOWING,
        "a function runs after the reset",
    ),
    "short-passwords": (policy(MinimumLength=6), {}, {}, Level.AT_RISK, "short passwords"),
    "fewer-kinds": (
        policy(MinimumLength=8, RequireSymbols=False),
        {},
        {},
        Level.WORTH_KNOWING,
        "weaker than the default",
    ),
    "very-long": (policy(MinimumLength=40), {}, {}, Level.WORTH_KNOWING, "hard to meet"),
    "no-history": (
        policy(PasswordHistorySize=0),
        {},
        {},
        Level.WORTH_KNOWING,
        "old passwords come back",
    ),
    "long-invitations": (
        policy(TemporaryPasswordValidityDays=90),
        {},
        {},
        Level.WORTH_KNOWING,
        "invitations last 90 days",
    ),
    "short-invitations": (
        policy(TemporaryPasswordValidityDays=1),
        {},
        {},
        Level.WORTH_KNOWING,
        "invitations last 1 day",
    ),
    "invited-users": (
        {"AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True}},
        {},
        {},
        Level.WORTH_KNOWING,
        "every user is invited",
    ),
    "no-second-factor": (
        {},
        {},
        {"MfaConfiguration": "OFF"},
        Level.AT_RISK,
        "one stolen message is enough",
    ),
    "codes-alone": (
        {
            "Policies": {
                "PasswordPolicy": STRICT,
                "SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]},
            }
        },
        {},
        {},
        Level.WORTH_KNOWING,
        "users may have no password",
    ),
    "passkeys": (
        {
            "Policies": {
                "PasswordPolicy": STRICT,
                "SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]},
            }
        },
        {},
        {},
        Level.WORTH_KNOWING,
        "a passkey outlasts a reset",
    ),
    "no-rotation": (
        {},
        {"RefreshTokenRotation": {"Feature": "DISABLED"}},
        {},
        Level.WORTH_KNOWING,
        "a copied refresh token lasts",
    ),
    "no-threat-protection": (
        {"UserPoolAddOns": None},
        {},
        {},
        Level.WORTH_KNOWING,
        "nothing is recorded",
    ),
}
EVERY = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


WATCHED = {
    "logs": ({"logs": ()}, Level.WORTH_KNOWING, "lost messages leave no trace"),
    "other-logs": (
        {"logs": ("userAuthEvents",)},
        Level.WORTH_KNOWING,
        "lost messages leave no trace",
    ),
    "logged": ({"logs": ("userNotification",)}, Level.WELL, "message log"),
    "sessions": ({"tracks_sessions": False}, Level.WORTH_KNOWING, "sessions cannot be seen"),
    "tracked": ({"tracks_sessions": True}, Level.WELL, "session tracking"),
    "no-firewall": ({"firewall": ""}, Level.WORTH_KNOWING, "no firewall"),
    "firewall": ({"firewall": "shop"}, Level.WELL, "firewall"),
    "unread": ({"unread": ("firewall",)}, Level.NOT_KNOWN, "firewall not read"),
}


@pytest.mark.parametrize(("changes", "level", "title"), WATCHED.values(), ids=WATCHED)
def test_what_is_beside_a_pool_is_judged_where_it_was_asked_for(client, changes, level, title):
    pool, clients = made(client)
    before = {(one.level, one.title) for one in audit.audit(pool, clients)}
    after = {(one.level, one.title) for one in audit.audit(replace(pool, **changes), clients)}
    assert after - before == {(level, title)}


@pytest.mark.parametrize(
    ("recovery", "factors", "words"),
    [
        (("verified_email",), ("PASSWORD",), "a user's mailbox can set a new password"),
        (("verified_phone_number",), ("PASSWORD",), "a user's phone can set a new password"),
        (
            ("verified_email",),
            ("PASSWORD", "EMAIL_OTP"),
            "mailbox can sign in by a code (EMAIL_OTP) and set a new password",
        ),
        (("admin_only",), ("PASSWORD", "SMS_OTP"), "phone can sign in by a code (SMS_OTP)."),
    ],
)
def test_what_a_stolen_message_alone_opens_is_added_up(client, recovery, factors, words):
    pool, clients = made(client)
    pool = replace(pool, recovery=recovery, first_factors=factors, mfa="OFF")
    (found,) = (one for one in audit.audit(pool, clients) if one.level is Level.AT_RISK)
    assert found.title == "one stolen message is enough"
    assert words in found.risk


def test_where_no_message_opens_anything_nothing_is_said_of_it(client):
    pool, clients = made(client)
    pool = replace(pool, recovery=("admin_only",), mfa="OFF")
    assert "MfaConfiguration" not in {one.setting for one in audit.audit(pool, clients)}


@pytest.fixture
def client(sandbox):
    return Target().client(signed=True)


def made(client, pool=(), app=(), factors=()):
    """Make a well-set pool with these changes in the sandbox, and read it as an
    administrator does.
    """
    settings = {
        key: value for key, value in {**WELL_SET, **dict(pool)}.items() if value is not None
    }
    pool_id = client.create_user_pool(PoolName="audited", **settings)["UserPool"]["Id"]
    client.set_user_pool_mfa_config(UserPoolId=pool_id, **(dict(factors) or FACTORS))
    client.create_user_pool_client(UserPoolId=pool_id, ClientName="web", **{**QUIET, **dict(app)})
    return read(client, pool_id)


def read(client, pool_id):
    pool = reads.read_pool(client, user_pool_id=pool_id)
    pool = replace(pool, factors=reads.read_factors(client, user_pool_id=pool_id))
    ids = reads.list_clients(client, user_pool_id=pool_id)
    return pool, [reads.read_client(client, user_pool_id=pool_id, client_id=one) for one in ids]


def weak(pool, clients):
    return [one for one in audit.audit(pool, clients) if one.weak]


# --- what is found, and where ---


def test_on_a_well_set_pool_nothing_is_weak_and_what_was_looked_at_is_named(client):
    findings = audit.audit(*made(client))
    assert [one.title for one in findings if one.weak] == []
    assert len(findings) >= 12
    assert {"AccountRecoverySetting", "PreventUserExistenceErrors", "SmsConfiguration"} <= {
        one.setting for one in findings
    }


@EVERY
def test_a_setting_that_hurts_is_found_alone(client, case):
    pool, app, factors, level, title = case
    assert [(one.level, one.title) for one in weak(*made(client, pool, app, factors))] == [
        (level, title)
    ]


@EVERY
def test_a_finding_says_what_was_seen_what_to_do_and_how_surely_it_is_known(client, case):
    [found] = weak(*made(client, *case[:3]))
    assert found.risk.endswith((".", "!"))
    assert found.evidence
    assert found.fix.endswith(".")
    assert found.sure in Sure
    assert found.source


@EVERY
def test_a_change_through_the_api_says_that_whatever_is_left_out_goes_back_to_its_default(
    client, case
):
    [found] = weak(*made(client, *case[:3]))
    if found.through.startswith("UpdateUserPool"):
        assert (
            f"{found.through} sets whatever the request leaves out back to its default"
            in found.change
        )


def test_what_update_user_pool_leaves_out_really_goes_back(client):
    pool, _ = made(client)
    client.update_user_pool(
        UserPoolId=pool.pool_id, UserPoolAddOns={"AdvancedSecurityMode": "ENFORCED"}
    )
    assert {
        "recovery is not set",
        "50 e-mails a day",
        "one stolen message is enough",
    } <= {one.title for one in weak(*read(client, pool.pool_id))}


def test_two_app_clients_are_one_finding_that_names_the_weak_one(client):
    pool, _ = made(client)
    client.create_user_pool_client(
        UserPoolId=pool.pool_id,
        ClientName="old",
        **{**QUIET, "PreventUserExistenceErrors": "LEGACY"},
    )
    [found] = weak(*read(client, pool.pool_id))
    assert found.evidence == "LEGACY for old"


def test_many_app_clients_are_counted_not_listed():
    clients = [
        Client(f"id{number}", f"app{number}", False, ("ALLOW_USER_PASSWORD_AUTH",), False)
        for number in range(9)
    ]
    pool = Pool(
        "us-east-1_a",
        "",
        PasswordPolicy(),
        (),
        (),
        (),
        (),
        False,
        "ON",
        "DEVELOPER",
        True,
        (),
        "AUDIT",
        7,
    )
    assert "app0, app1, app2 and 6 more" in next(
        one.evidence for one in weak(pool, clients) if one.level is Level.LEAKS
    )


def test_a_pool_without_an_app_client_is_worth_knowing(client):
    pool, _ = made(client)
    assert [one.title for one in weak(pool, [])] == ["no app client"]


def test_app_clients_that_could_not_be_read_are_not_known_rather_than_fine_or_missing(client):
    pool, clients = made(client)
    for known in (clients, None):
        found = [
            one
            for one in audit.audit(pool, known, unread="2 of 3 were not read: no answer")
            if one.weak
        ]
        assert [(one.level, one.evidence) for one in found] == [
            (Level.NOT_KNOWN, "2 of 3 were not read: no answer")
        ]


def test_what_cognito_itself_says_against_its_sms_is_told(client):
    # The sandbox has no Amazon SNS, and so never a failure of it to report.
    pool, clients = made(client)
    [found] = weak(replace(pool, sms_failure="SNSSandbox"), clients)
    assert (found.level, found.evidence) == (Level.RESETS_FAIL, "Cognito says: SNSSandbox")


def test_factors_that_were_not_read_are_not_known_rather_than_fine(client):
    pool, clients = made(client)
    assert [(one.level, one.title) for one in weak(replace(pool, factors=None), clients)] == [
        (Level.NOT_KNOWN, "second factors not read")
    ]


def test_a_function_that_writes_mails_without_ses_makes_resets_fail(client):
    found = weak(*made(client, triggers(CustomMessage=FUNCTION) | {"EmailConfiguration": None}))
    assert {(one.level, one.title) for one in found} == {
        (Level.RESETS_FAIL, "50 e-mails a day"),
        (Level.RESETS_FAIL, "a function writes the message"),
    }


ALIASES = {"UsernameAttributes": None, "AliasAttributes": BOTH}


def found(client, *changes):
    """What is weak in a pool with these changes, by title."""
    return {one.title: one for one in weak(*made(client, *changes))}


def test_aliases_that_nothing_verifies_are_found(client):
    assert (
        found(client, ALIASES | ONLY_MAIL_VERIFIED)["aliases stay inactive"].level
        is Level.RESETS_FAIL
    )


def test_a_fix_of_an_alias_or_contact_by_phone_needs_a_role_for_sms_and_the_fix_says_so(client):
    titles = found(client, ALIASES | NO_ROLE)
    for title in ("aliases stay inactive", "the phone number stays unverified"):
        assert (
            "For phone numbers the pool needs an SmsConfiguration along with it."
            in titles[title].fix
        )
    assert (
        "SmsConfiguration"
        not in found(client, ALIASES | ONLY_MAIL_VERIFIED)["aliases stay inactive"].fix
    )


def test_where_every_user_is_invited_contacts_are_verified_by_whoever_makes_the_user(client):
    for title in ("contacts stay unverified", "aliases stay inactive"):
        one = found(client, ALIASES | NOTHING_VERIFIED | INVITED)[title]
        assert one.level is Level.WORTH_KNOWING
    assert (
        "(AdminCreateUser)"
        in found(client, NOTHING_VERIFIED | INVITED)["contacts stay unverified"].fix
    )


@pytest.mark.parametrize(
    ("ways", "level"),
    [
        pytest.param(ONLY_PHONE, Level.RESETS_FAIL, id="phone-alone"),
        pytest.param(PHONE_FIRST, Level.RESETS_FAIL, id="phone-first"),
        pytest.param({}, Level.WORTH_KNOWING, id="phone-second"),
        pytest.param(recovery(), Level.WORTH_KNOWING, id="unset"),
    ],
)
def test_a_pool_that_cannot_send_sms_fails_resets_where_it_names_the_phone_first(
    client, ways, level
):
    assert found(client, NO_ROLE | ways)["nothing can send SMS"].level is level


def test_a_function_that_writes_sms_needs_no_sender_for_mails(client):
    titles = found(
        client,
        triggers(CustomMessage=FUNCTION)
        | ONLY_PHONE
        | {
            "EmailConfiguration": None,
            "AutoVerifiedAttributes": ["phone_number"],
            "UserAttributeUpdateSettings": {
                "AttributesRequireVerificationBeforeUpdate": ["phone_number"]
            },
        },
    )
    assert {title: one.level for title, one in titles.items()} == {
        "a function writes the message": Level.WORTH_KNOWING
    }


def test_that_a_code_may_belong_to_its_app_client_is_told_where_there_are_several_and_is_no_weak_point(
    client,
):
    pool, _ = made(client)
    assert "several app clients" not in {
        one.title for one in audit.audit(*read(client, pool.pool_id))
    }
    client.create_user_pool_client(UserPoolId=pool.pool_id, ClientName="phone", **QUIET)
    pool, clients = read(client, pool.pool_id)
    [one] = [one for one in audit.audit(pool, clients) if one.title == "several app clients"]
    assert not one.weak
    assert set(one.concerns) == {each.client_id for each in clients}


def test_that_calls_can_be_made_is_seen_and_not_only_the_name_of_the_app_client(client):
    [one] = [one for one in audit.audit(*made(client)) if one.title == "calls can be made"]
    assert one.evidence == "no secret, and with USER_PASSWORD_AUTH: web"


def test_what_makes_an_unset_recovery_a_risk_is_in_the_evidence(client):
    pool, clients = made(client, recovery(), {}, SMS_FACTOR)
    for factors, seen in (
        (pool.factors, "MFA is OPTIONAL, with SMS_MFA"),
        (None, "MFA is OPTIONAL, its factors were not read"),
    ):
        one = next(
            one
            for one in weak(replace(pool, factors=factors), clients)
            if one.title == "recovery is not set"
        )
        assert (one.level, one.evidence.partition("; ")[2]) == (Level.AT_RISK, seen)


def test_where_a_code_goes_is_told_as_one_message(client):
    [one] = [one for one in audit.audit(*made(client)) if one.setting == "AccountRecoverySetting"]
    assert (
        one.risk
        == "A code goes to the verified e-mail address, or, where the user has none, to the phone"
        " number."
    )


def test_phone_numbers_have_no_capitals_to_count(client):
    assert (
        found(client, {"UsernameConfiguration": None, "UsernameAttributes": ["phone_number"]}) == {}
    )


@pytest.mark.parametrize("plan", ["LITE", "ESSENTIALS", "PLUS"])
def test_a_fix_that_needs_another_plan_can_be_done_as_it_is_written(client, plan):
    changes = {"UserPoolTier": plan, "UserPoolAddOns": None} | policy(PasswordHistorySize=0)
    pool, clients = made(client, changes)
    titles = {one.title: one for one in weak(pool, clients)}
    for title, needed, setting in (
        ("old passwords come back", "ESSENTIALS", policy(PasswordHistorySize=5)),
        ("nothing is recorded", "PLUS", {"UserPoolAddOns": {"AdvancedSecurityMode": "AUDIT"}}),
    ):
        asked = {"UserPoolTier": needed} if f"UserPoolTier to {needed}" in titles[title].fix else {}
        keep = {
            key: value
            for key, value in WELL_SET.items()
            if not key.startswith("Username") and key != "UserPoolAddOns"
        }
        client.update_user_pool(
            UserPoolId=pool.pool_id,
            **{**keep, "UserPoolTier": plan, **policy(PasswordHistorySize=0), **setting, **asked},
        )
        assert title not in {one.title for one in weak(*read(client, pool.pool_id))}


def test_of_app_clients_that_were_not_all_read_none_is_called_well_set(client):
    pool, clients = made(client)
    told = {one.setting for one in audit.audit(pool, clients, unread="1 of 2 was not read")}
    assert told & {"PreventUserExistenceErrors", "ClientSecret, ExplicitAuthFlows"} == set()
    assert "PreventUserExistenceErrors" in {one.setting for one in audit.audit(pool, clients)}


def test_a_finding_of_app_clients_names_each_of_them_by_id(client):
    pool, clients = made(client, {}, {"PreventUserExistenceErrors": "LEGACY"})
    [one] = weak(pool, clients)
    assert one.concerns == (clients[0].client_id,)
    assert {
        one.concerns for one in audit.audit(pool, clients) if one.setting == "PasswordPolicy"
    } == {()}


def test_where_only_administrators_reset_no_message_is_judged(client):
    only = (
        recovery({"Name": "admin_only", "Priority": 1})
        | NOTHING_VERIFIED
        | {"EmailConfiguration": None, "SmsConfiguration": None}
    )
    only |= triggers(CustomMessage=FUNCTION, UserMigration=FUNCTION, PostConfirmation=FUNCTION)
    pool, clients = made(client, only, {}, {"MfaConfiguration": "OFF"})
    assert [one.title for one in weak(pool, clients)] == ["only administrators reset"]
    assert {"LambdaConfig", "MfaConfiguration"} & {
        one.setting for one in audit.audit(pool, clients)
    } == set()


# --- how it is told ---


def test_the_pool_that_every_sandbox_starts_with_is_judged_with_the_worst_first(client):
    findings = audit.audit(*read(client, DEFAULT_POOL_ID))
    levels = [one.level for one in findings]
    assert levels == sorted(levels, key=list(Level).index)
    told = audit.summary(findings)
    assert told.startswith(
        "2 × resets fail (capitals count, 50 e-mails a day); 1 × account at risk (one stolen"
        " message is enough); "
    )
    assert told.endswith("; 8 × well set.")


def test_the_two_tables_hold_every_finding_once(client):
    findings = audit.audit(*read(client, DEFAULT_POOL_ID))
    weak_ones, well_ones = audit.weak_points(findings), audit.well_set(findings)
    assert [row[0].split(".")[0] for row in weak_ones.rows] == [
        str(number) for number in range(1, 10)
    ]
    assert len(weak_ones.rows) + len(well_ones.rows) == len(findings)
    assert "documented by AWS (developer guide, Quotas)" in repr(weak_ones)


# --- whatever a pool looks like ---

NAMES = st.sampled_from(["email", "phone_number", "preferred_username", "new"])
POOLS = st.builds(
    Pool,
    pool_id=st.text(max_size=12),
    name=st.text(max_size=8),
    policy=st.builds(
        PasswordPolicy,
        minimum_length=st.integers(-1, 200),
        require_symbols=st.booleans(),
        history_size=st.integers(0, 30),
    ),
    recovery=st.lists(
        st.sampled_from(["verified_email", "verified_phone_number", "admin_only", "new"]),
        max_size=3,
    ).map(tuple),
    verifies=st.lists(NAMES, max_size=2).map(tuple),
    aliases=st.lists(NAMES, max_size=3).map(tuple),
    sign_in_names=st.lists(NAMES, max_size=2).map(tuple),
    case_sensitive=st.booleans(),
    mfa=st.sampled_from(["OFF", "OPTIONAL", "ON", ""]),
    sender=st.sampled_from(["COGNITO_DEFAULT", "DEVELOPER", ""]),
    sms_role=st.booleans(),
    triggers=st.lists(
        st.sampled_from(
            [
                "CustomMessage",
                "CustomEmailSender",
                "CustomSMSSender",
                "PostConfirmation",
                "UserMigration",
                "KMSKeyID",
            ]
        )
    ).map(tuple),
    threat_protection=st.sampled_from(["OFF", "AUDIT", "ENFORCED", ""]),
    temporary_days=st.integers(-1, 400),
    sms_region=st.text(max_size=9),
    sms_failure=st.text(max_size=9),
    sms_external_id=st.booleans(),
    verifies_changes=st.lists(NAMES, max_size=2).map(tuple),
    only_admins_create=st.booleans(),
    plan=st.text(max_size=4),
    factors=st.none()
    | st.lists(st.sampled_from(["SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA"]), max_size=3).map(
        tuple
    ),
)
CLIENTS = st.lists(
    st.builds(
        Client,
        st.text(max_size=5),
        st.text(max_size=5),
        st.booleans(),
        st.lists(st.text(max_size=5), max_size=2).map(tuple),
        st.booleans(),
    ),
    max_size=5,
)


@given(POOLS, CLIENTS)
def test_no_pool_is_too_strange_to_be_judged(pool, clients):
    findings = audit.audit(pool, clients)
    assert findings
    assert all(one.risk and one.evidence and one.title for one in findings)
    assert all(one.fix for one in findings if one.weak)
    assert audit.audit(pool, clients) == findings
    repr(audit.weak_points(findings)), repr(audit.well_set(findings))
