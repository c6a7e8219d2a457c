"""Second factors, as far as they decide where a reset code may go."""

from .names import admin_user
from .pools import check_plan
from .refusal import invalid
from .work import Doc, Transaction

_SETTINGS = {
    "SMSMfaSettings": "SMS_MFA",
    "SoftwareTokenMfaSettings": "SOFTWARE_TOKEN_MFA",
    "EmailMfaSettings": "EMAIL_OTP",
}
_CONFIGURATIONS = (
    "SmsMfaConfiguration",
    "SoftwareTokenMfaConfiguration",
    "EmailMfaConfiguration",
    "WebAuthnConfiguration",
)


def get_user_pool_mfa_config(work: Transaction, request: Doc) -> Doc:
    """GetUserPoolMfaConfig."""
    return _shown(work.pool(request["UserPoolId"]))


def set_user_pool_mfa_config(work: Transaction, request: Doc) -> Doc:
    """SetUserPoolMfaConfig: what the request leaves out stays as it is."""
    pool = work.pool(request["UserPoolId"])
    given = {key: dict(request[key]) for key in _CONFIGURATIONS if request.get(key) is not None}
    # How SMS are sent is one setting of the pool, whichever operation sets it (API reference,
    # SmsMfaConfigType).
    by_sms = given.get("SmsMfaConfiguration", {}).pop("SmsConfiguration", None)
    if by_sms:
        pool["SmsConfiguration"] = by_sms
    pool["mfa"] = pool.get("mfa", {}) | given
    pool["MfaConfiguration"] = request.get("MfaConfiguration") or pool["MfaConfiguration"]
    check_plan(pool)
    pool["LastModifiedDate"] = work.now
    work.keep_pool(pool)
    return _shown(pool)


def admin_set_user_mfa_preference(work: Transaction, request: Doc) -> Doc:
    """AdminSetUserMFAPreference; an authenticator app counts as registered here.

    Where the pool requires a second factor, a user's last one stays, although the answer is yes.
    """
    pool, user = admin_user(work, request)
    mfa = user.get("mfa") or {"enabled": [], "preferred": None}
    held = {name: list(value) if name == "enabled" else value for name, value in mfa.items()}
    for key, factor in _SETTINGS.items():
        asked = request.get(key)
        if asked is None:
            continue
        if (
            asked.get("Enabled")
            and factor == "SMS_MFA"
            and not user["attributes"].get("phone_number")
        ):
            raise invalid("User does not have delivery config set to turn on SMS_MFA")
        mfa["enabled"] = [one for one in mfa["enabled"] if one != factor] + (
            [factor] if asked.get("Enabled") else []
        )
        if asked.get("PreferredMfa") and asked.get("Enabled"):
            mfa["preferred"] = factor
        elif mfa["preferred"] == factor:
            mfa["preferred"] = None
    if pool["MfaConfiguration"] == "ON" and held["enabled"] and not mfa["enabled"]:
        mfa = held
    user["mfa"] = mfa
    user["modified"] = work.now
    work.keep_user(pool, user)
    return {}


def _shown(pool: Doc) -> Doc:
    answer = {"MfaConfiguration": pool["MfaConfiguration"], **pool.get("mfa", {})}
    if "SmsMfaConfiguration" in answer and "SmsConfiguration" in pool:
        answer["SmsMfaConfiguration"] = {
            **answer["SmsMfaConfiguration"],
            "SmsConfiguration": pool["SmsConfiguration"],
        }
    return answer
