"""Second factors, as a pool is set to them and as users choose them."""

from . import factors
from .account import signed_in
from .names import admin_user
from .pools import check_plan, without_factors
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
    _check_factors(pool, given)
    pool["LastModifiedDate"] = work.now
    work.keep_pool(pool)
    return _shown(pool)


def _check_factors(pool: Doc, given: Doc) -> None:
    token_off = given.get("SoftwareTokenMfaConfiguration") == {"Enabled": False}
    chosen = set(given) - {"WebAuthnConfiguration"}
    if token_off:
        chosen.discard("SoftwareTokenMfaConfiguration")
    if pool["MfaConfiguration"] == "OFF":
        if chosen:
            raise invalid(
                "Invalid MFA configuration given, can't turn off MFA and configure an MFA together."
            )
        without_factors(pool)
    elif not factors.offered(pool):
        raise invalid(
            "Invalid MFA configuration given, can't disable all MFAs with a required or optional"
            " configuration."
        )


def set_user_mfa_preference(work: Transaction, request: Doc) -> Doc:
    """SetUserMFAPreference: the user's own choice among what the user has set up."""
    pool, user, _ = signed_in(work, request)
    _prefer(work, pool, user, request)
    return {}


def admin_set_user_mfa_preference(work: Transaction, request: Doc) -> Doc:
    """AdminSetUserMFAPreference.

    Where the pool requires a second factor, a user's last one stays, although the answer is yes.
    """
    pool, user = admin_user(work, request)
    _prefer(work, pool, user, request)
    return {}


def _prefer(work: Transaction, pool: Doc, user: Doc, request: Doc) -> None:
    asked = {factor: request[key] for key, factor in _SETTINGS.items() if request.get(key)}
    held = user.get("mfa") or {"enabled": [], "preferred": None}
    enabled, preferred = list(held["enabled"]), held["preferred"]
    wanted = [factor for factor, one in asked.items() if one.get("PreferredMfa")]
    if len(wanted) > 1:
        # The rule is the API reference's; the wording is the sandbox's.
        raise invalid("Only one factor can be set as preferred.")
    for factor, one in asked.items():
        if one.get("Enabled") and not _is_set_up(user, factor):
            raise invalid(f"User does not have delivery config set to turn on {factor}")
        enabled = [each for each in enabled if each != factor]
        enabled += [factor] if one.get("Enabled") else []
        if one.get("PreferredMfa") and one.get("Enabled"):
            preferred = factor
        elif preferred == factor:
            preferred = None
    user["mfa"] = {"enabled": enabled, "preferred": preferred}
    if pool["MfaConfiguration"] == "ON" and held["enabled"] and not enabled:
        user["mfa"] = held
    user["modified"] = work.now
    work.keep_user(pool, user)


def _is_set_up(user: Doc, factor: str) -> bool:
    if factor == "SOFTWARE_TOKEN_MFA":
        return "authenticator" in user
    return bool(user["attributes"].get(factors.CONTACT_OF[factor]))


def _shown(pool: Doc) -> Doc:
    answer = {"MfaConfiguration": pool["MfaConfiguration"], **pool.get("mfa", {})}
    if "SMS_MFA" in factors.offered(pool):
        answer.setdefault("SmsMfaConfiguration", {})
    if "SmsMfaConfiguration" in answer and "SmsConfiguration" in pool:
        answer["SmsMfaConfiguration"] = {
            **answer["SmsMfaConfiguration"],
            "SmsConfiguration": pool["SmsConfiguration"],
        }
    return answer
