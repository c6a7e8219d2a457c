"""Second factors: which a pool offers, which a sign-in asks for, and authenticators' codes."""

import base64
import hashlib
import hmac

from .work import Doc

CONTACT_OF = {"SMS_MFA": "phone_number", "EMAIL_OTP": "email"}
"""The factors that are a code in a message, and the contact that it goes to."""
_STEP = 30


def offered(pool: Doc) -> list[str]:
    """Return the second factors that a pool offers; none where its MFA is off."""
    if pool.get("MfaConfiguration", "OFF") == "OFF":
        return []
    configured = {key for key in pool.get("mfa", {}) if key != "WebAuthnConfiguration"}
    token = pool.get("mfa", {}).get("SoftwareTokenMfaConfiguration", {}).get("Enabled")
    # A pool that was made with MFA has text messages, unless its factors were chosen afterwards.
    by_sms = "SmsMfaConfiguration" in configured or not configured
    offers = {
        "SMS_MFA": by_sms and "SmsConfiguration" in pool,
        "SOFTWARE_TOKEN_MFA": token,
        "EMAIL_OTP": "EmailMfaConfiguration" in configured,
    }
    return [factor for factor, is_offered in offers.items() if is_offered]


def due(pool: Doc, user: Doc) -> list[str]:
    """Return what a sign-in asks for after the password: nothing, one factor, or those to choose.

    Where the pool requires MFA, a contact is a factor without being enabled, verified or not, and a
    user with none of the factors sets one up (API reference, InitiateAuth, MFA_SETUP).
    """
    if pool.get("MfaConfiguration", "OFF") == "OFF":
        return []
    mfa, held = user.get("mfa") or {}, user["attributes"]
    enabled = [one for one in mfa.get("enabled", ()) if CONTACT_OF.get(one) in (None, *held)]
    if mfa.get("preferred") in enabled:
        return [mfa["preferred"]]
    if enabled or pool["MfaConfiguration"] != "ON":
        return enabled
    return [one for one in offered(pool) if CONTACT_OF.get(one) in held] or ["MFA_SETUP"]


def new_secret(drawn: bytes) -> str:
    """Return an authenticator's secret as it is typed into one: base 32."""
    return base64.b32encode(drawn).decode().rstrip("=")


def code_at(secret: str, now: float) -> str:
    """Return the code that an authenticator shows at a time (RFC 6238: SHA-1, 30 seconds)."""
    return _code(secret, int(now // _STEP))


def step_of(secret: str, code: str, now: float) -> int | None:
    """Return the time step that a code belongs to, None for one of no step near now.

    One step to either side counts, as RFC 6238 recommends; what Cognito allows is not known.
    """
    here = int(now // _STEP)
    for step in (here, here - 1, here + 1):
        if hmac.compare_digest(_code(secret, step), code):
            return step
    return None


def _code(secret: str, step: int) -> str:
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, step.to_bytes(8, "big", signed=True), hashlib.sha1).digest()
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"
