"""User pools: made, shown, changed, listed and deleted."""

import json

from . import factors, schema
from .refusal import ApiError, invalid
from .work import Doc, Transaction

REGION = "us-east-1"
_ACCOUNT = "123456789012"
_POLICY = {
    "MinimumLength": 8,
    "RequireUppercase": True,
    "RequireLowercase": True,
    "RequireNumbers": True,
    "RequireSymbols": True,
    "TemporaryPasswordValidityDays": 7,
}
BY_MESSAGE = {"EMAIL_OTP": "email", "SMS_OTP": "phone_number"}
"""The first factors that are a code in a message, and the contact that it goes to."""
_MESSAGES = {
    "SmsVerificationMessage": "SmsMessage",
    "EmailVerificationMessage": "EmailMessage",
    "EmailVerificationSubject": "EmailSubject",
}
_FIXED = ("UsernameAttributes", "AliasAttributes", "UsernameConfiguration", "Schema")
_CHANGEABLE = (
    "LambdaConfig",
    "AutoVerifiedAttributes",
    "SmsVerificationMessage",
    "EmailVerificationMessage",
    "EmailVerificationSubject",
    "VerificationMessageTemplate",
    "SmsAuthenticationMessage",
    "UserAttributeUpdateSettings",
    "DeviceConfiguration",
    "SmsConfiguration",
    "UserPoolTags",
    "UserPoolAddOns",
    "AccountRecoverySetting",
)


def create_user_pool(work: Transaction, request: Doc, pool_id: str | None = None) -> Doc:
    """CreateUserPool. pool_id: the seed's own, None for a new one."""
    if request.get("AliasAttributes") and request.get("UsernameAttributes"):
        raise invalid(
            "Only one of aliasAttributes or usernameAttributes can be set in a user pool."
        )
    pool_id = pool_id or f"{work.region or REGION}_{work.source.pool_suffix()}"
    pool: Doc = {
        "Id": pool_id,
        "Name": request["PoolName"],
        "CreationDate": work.now,
        "Arn": f"arn:aws:cognito-idp:{pool_id.split('_')[0]}:{_ACCOUNT}:userpool/{pool_id}",
    }
    pool |= {key: request[key] for key in _FIXED if request.get(key) is not None}
    if "Schema" in pool:
        pool["Schema"] = [schema.attribute(one) for one in pool["Schema"]]
    _change(work, pool, request)
    work.keep_pool(pool)
    return {"UserPool": shown(work, pool)}


def describe_user_pool(work: Transaction, request: Doc) -> Doc:
    """DescribeUserPool."""
    return {"UserPool": shown(work, work.pool(request["UserPoolId"]))}


def add_custom_attributes(work: Transaction, request: Doc) -> Doc:
    """AddCustomAttributes: for good, since no operation takes one away."""
    pool = work.pool(request["UserPoolId"])
    pool["Schema"] = schema.added(pool, request["CustomAttributes"])
    pool["LastModifiedDate"] = work.now
    work.keep_pool(pool)
    return {}


def update_user_pool(work: Transaction, request: Doc) -> Doc:
    """UpdateUserPool: what the request leaves out goes back to its default, as on AWS."""
    pool = work.pool(request["UserPoolId"])
    pool["Name"] = request.get("PoolName") or pool["Name"]
    _change(work, pool, request)
    work.keep_pool(pool)
    return {}


def delete_user_pool(work: Transaction, request: Doc) -> Doc:
    """DeleteUserPool, with its clients and users; refused while deletion protection is on."""
    pool = work.pool(request["UserPoolId"])
    if pool.get("DeletionProtection") == "ACTIVE":
        raise invalid(
            "The user pool cannot be deleted because deletion protection is"
            " activated. Deletion protection must be inactivated first."
        )
    work.db.execute("DELETE FROM pools WHERE id = ?", (pool["Id"],))
    for table in ("clients", "users", "names", "tallies", "events"):
        work.db.execute(f"DELETE FROM {table} WHERE pool_id = ?", (pool["Id"],))
    return {}


def list_user_pools(work: Transaction, request: Doc) -> Doc:
    """ListUserPools, in pages."""
    rows = page(work, "SELECT id, doc FROM pools WHERE id > ? ORDER BY id LIMIT ?", (), request)
    kept = ("Id", "Name", "LambdaConfig", "CreationDate", "LastModifiedDate")
    pools = [
        {"LambdaConfig": {}} | {key: pool[key] for key in kept if key in pool}
        for pool in rows["docs"]
    ]
    return {"UserPools": pools, **rows["next"]}


def page(work: Transaction, query: str, values: tuple[str, ...], request: Doc) -> Doc:
    """Return one page of a query, after the request's NextToken, and the next token."""
    limit = request["MaxResults"] if request.get("MaxResults") else 60
    rows = work.db.execute(query, (*values, request.get("NextToken") or "", limit + 1)).fetchall()
    more = {"NextToken": rows[limit - 1][0]} if len(rows) > limit else {}
    return {"docs": [json.loads(doc) for _, doc in rows[:limit]], "next": more}


def shown(work: Transaction, pool: Doc) -> Doc:
    """Return a pool as DescribeUserPool shows it."""
    users = work.db.execute("SELECT users FROM pools WHERE id = ?", (pool["Id"],)).fetchone()[0]
    hidden = ("Schema", "mfa", "delivery", "logs", "sessions", "groups")
    answer = {key: value for key, value in pool.items() if key not in hidden}
    answer["EstimatedNumberOfUsers"] = users
    answer["SchemaAttributes"] = schema.shown(pool)
    return answer


def _change(work: Transaction, pool: Doc, request: Doc) -> None:
    _check_recovery(request.get("AccountRecoverySetting"))
    policies = request.get("Policies") or {}
    policy = _POLICY
    if asked := policies.get("PasswordPolicy"):
        kinds = ("Uppercase", "Lowercase", "Numbers", "Symbols")
        policy = _POLICY | {f"Require{kind}": False for kind in kinds} | asked
    pool["Policies"] = {
        "PasswordPolicy": policy,
        "SignInPolicy": policies.get("SignInPolicy") or {"AllowedFirstAuthFactors": ["PASSWORD"]},
    }
    if not pool["Policies"]["PasswordPolicy"].get("TemporaryPasswordValidityDays"):
        pool["Policies"]["PasswordPolicy"]["TemporaryPasswordValidityDays"] = 7
    for key in _CHANGEABLE:
        pool.pop(key, None)
        if request.get(key):
            pool[key] = request[key]
    pool["LambdaConfig"] = request.get("LambdaConfig") or {}
    pool["DeletionProtection"] = request.get("DeletionProtection") or "INACTIVE"
    pool["MfaConfiguration"] = request.get("MfaConfiguration") or "OFF"
    pool["EmailConfiguration"] = {"EmailSendingAccount": "COGNITO_DEFAULT"} | (
        request.get("EmailConfiguration") or {}
    )
    pool["AdminCreateUserConfig"] = {
        "AllowAdminCreateUserOnly": False,
        "UnusedAccountValidityDays": 7,
    } | (request.get("AdminCreateUserConfig") or {})
    pool["VerificationMessageTemplate"] = {"DefaultEmailOption": "CONFIRM_WITH_CODE"} | (
        request.get("VerificationMessageTemplate") or {}
    )
    _mirror(pool)
    pool["UserPoolTier"] = request.get("UserPoolTier") or pool.get("UserPoolTier") or "ESSENTIALS"
    pool["LastModifiedDate"] = work.now
    _check_verified(pool)
    check_plan(pool)
    if pool["MfaConfiguration"] == "OFF":
        without_factors(pool)
    elif not factors.offered(pool):
        raise invalid(
            "SMS configuration and Auto verification for phone_number are required when MFA is"
            " required/optional"
        )


def _mirror(pool: Doc) -> None:
    """Show each message in both of its places, whichever it was given in."""
    template = dict(pool["VerificationMessageTemplate"])
    for old, new in _MESSAGES.items():
        if template.get(new):
            pool[old] = template[new]
        elif pool.get(old):
            template[new] = pool[old]
    pool["VerificationMessageTemplate"] = template


def without_factors(pool: Doc) -> None:
    """Forget the second factors of a pool whose MFA is off; passkeys are none."""
    kept = {key: one for key, one in pool.get("mfa", {}).items() if key == "WebAuthnConfiguration"}
    pool["mfa"] = kept


def first_factors(pool: Doc) -> list[str]:
    """Return what a pool lets users begin a sign-in with."""
    return list(pool["Policies"]["SignInPolicy"]["AllowedFirstAuthFactors"])


def needs_no_password(pool: Doc) -> bool:
    """Whether a user may be made without a password (API reference, AdminCreateUser)."""
    return any(factor in BY_MESSAGE for factor in first_factors(pool))


def check_plan(pool: Doc) -> None:
    """Refuse settings that the pool's plan lacks (UserPoolAddOnsType, EmailMfaConfigType,
    SignInPolicyType).

    The text is Cognito's own for threat protection; how it names the others is the sandbox's
    guess.
    """
    plan, lite = pool["UserPoolTier"], pool["UserPoolTier"] == "LITE"
    missing = {
        "Threat Protection": (
            plan != "PLUS"
            and pool.get("UserPoolAddOns", {}).get("AdvancedSecurityMode", "OFF") != "OFF"
        ),
        "Password History": (
            lite and bool(pool["Policies"]["PasswordPolicy"].get("PasswordHistorySize"))
        ),
        "Email MFA": lite and "EmailMfaConfiguration" in pool.get("mfa", {}),
        "Choice-based Sign-in": (lite and first_factors(pool) != ["PASSWORD"]),
    }
    if any(missing.values()):
        named = ", ".join(name for name, lacks in missing.items() if lacks)
        raise ApiError(
            "FeatureUnavailableInTierException",
            f"The following features need to be disabled for the {plan} pricing tier configured:"
            f" {named}",
        )


def _check_verified(pool: Doc) -> None:
    verifies = pool.get("AutoVerifiedAttributes", ())
    before_update = (
        pool.get("UserAttributeUpdateSettings", {}).get("AttributesRequireVerificationBeforeUpdate")
        or ()
    )
    if not set(before_update) <= set(verifies):
        raise invalid(
            "All attributes in AttributesRequireVerificationBeforeUpdate must exist in"
            " AutoVerifiedAttributes"
        )
    if "phone_number" in verifies and "SmsConfiguration" not in pool:
        raise invalid(
            "SMS configuration is required when phone_number is selected for auto verification"
        )


def _check_recovery(setting: Doc | None) -> None:
    mechanisms = (setting or {}).get("RecoveryMechanisms") or []
    names = [one["Name"] for one in mechanisms]
    if "admin_only" in names and len(names) > 1:
        # The rule is the API reference's; the wording is the sandbox's.
        raise invalid("admin_only must be the only recovery mechanism.")
    if len(set(names)) != len(names) or len({one["Priority"] for one in mechanisms}) != len(names):
        raise invalid("Recovery mechanisms need different names and priorities.")
