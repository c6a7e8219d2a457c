"""Authenticator apps: registered by an access token or while signing in, and their codes judged."""

from . import factors
from .account import signed_in
from .refusal import ApiError, invalid, mismatch, not_authorized
from .signin import challenge
from .work import Doc, Transaction

_INVALID = "Invalid session for the user."


def associate_software_token(work: Transaction, request: Doc) -> Doc:
    """AssociateSoftwareToken: a secret; the authenticator that the user has stays until it is
    verified.
    """
    pool, user, kept = _whose(work, request)
    if "SOFTWARE_TOKEN_MFA" not in factors.offered(pool):
        raise ApiError(
            "SoftwareTokenMFANotFoundException",
            "Software Token MFA has not been enabled by the userPool",
        )
    secret = factors.new_secret(work.source.bytes(32))
    user["authenticator_new"] = secret
    work.keep_user(pool, user)
    return {"SecretCode": secret, **_again(work, pool, user, kept)}


def verify_software_token(work: Transaction, request: Doc) -> Doc:
    """VerifySoftwareToken: the first right code registers the authenticator.

    While signing in, where the pool requires a second factor, it is the user's from then on.
    """
    pool, user, kept = _whose(work, request)
    secret = user.pop("authenticator_new", None)
    if secret is None:
        # That the exception is this one is the sandbox's guess, and so is the wording.
        raise ApiError("SoftwareTokenMFANotFoundException", "No software token is associated.")
    step = factors.step_of(secret, request["UserCode"], work.now)
    if step is None:
        raise ApiError(
            "EnableSoftwareTokenMFAException", "Code mismatch and fail enable Software Token MFA"
        )
    user["authenticator"] = {
        "secret": secret,
        "used": step,
        "name": request.get("FriendlyDeviceName") or "TOTP device",
    }
    if kept:
        user["mfa"] = {"enabled": ["SOFTWARE_TOKEN_MFA"], "preferred": None}
    user["modified"] = work.now
    work.keep_user(pool, user)
    return {"Status": "SUCCESS", **_again(work, pool, user, kept, done=True)}


def judge(work: Transaction, pool: Doc, user: Doc, code: str) -> None:
    """Refuse a code that the user's authenticator does not show now, or that was used before."""
    held = user.get("authenticator")
    step = factors.step_of(held["secret"], code, work.now) if held else None
    if held is None or step is None:
        raise ApiError(mismatch().code, "Invalid code received for user")
    if step <= held["used"]:
        raise ApiError("ExpiredCodeException", "Your software token has already been used once.")
    user["authenticator"] = held | {"used": step}
    work.keep_user(pool, user)


def _whose(work: Transaction, request: Doc) -> tuple[Doc, Doc, Doc]:
    """Return (pool, user, challenge); the challenge is empty where an access token was given."""
    if ("AccessToken" in request) == ("Session" in request):
        raise invalid("Either an access token or a session is needed.")  # the sandbox's own words
    if "AccessToken" in request:
        pool, user, _ = signed_in(work, request)
        return pool, user, {}
    kept = work.take_session(request["Session"])
    if kept is None or kept["kind"] != "MFA_SETUP" or work.now >= kept["until"]:
        raise not_authorized(_INVALID)
    pool = work.pool(kept["pool"])
    found = work.user(pool["Id"], kept["username"])
    if found is None or not found["enabled"]:
        raise not_authorized(_INVALID)
    return pool, found, kept


def _again(work: Transaction, pool: Doc, user: Doc, kept: Doc, *, done: bool = False) -> Doc:
    if not kept:
        return {}
    client = work.client(kept["client"])
    made = challenge(work, pool, client, user, "MFA_SETUP", {}, code="done" if done else "")
    return {"Session": made["Session"]}
