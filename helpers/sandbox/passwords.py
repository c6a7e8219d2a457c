"""Which passwords a user may have, and how the sandbox knows one again without keeping it.

What is kept is a salted hash, SRP's private key x. Its verifier, a modular power that takes longer
than everything else in a reset, is computed where a user signs in by SRP.
"""

import hmac

from helpers.cognito.policy import PasswordPolicy

from . import srp
from .refusal import ApiError
from .work import Doc, Transaction

# The beginning of an InvalidPasswordException's text depends on the operation.
PREFIX_SIGN_UP = "Password did not conform with policy: "
PREFIX_ADMIN_CREATE = "Password did not conform with password policy: "
PREFIX = "Password does not conform to policy: "
_DAY = 86_400


def replace(
    work: Transaction, pool: Doc, user: Doc, password: str, *, temporary: bool = False
) -> None:
    """Give a user a new password, or refuse it: by policy, as compromised, or as used before."""
    policy = PasswordPolicy.from_pool(pool)
    _check(work, policy, password, PREFIX)
    current = [user["password"]] if user.get("password") else []
    earlier = (current + user.get("history", []))[: policy.history_size]
    if any(_is(pool, user, stored, password) for stored in earlier):
        raise ApiError("PasswordHistoryPolicyViolationException", work.settings["history_message"])
    _store(work, pool, user, password, policy, temporary=temporary)


def check_policy(work: Transaction, pool: Doc, password: str, prefix: str) -> None:
    """Refuse a password by the first rule of the pool's policy that it breaks."""
    _check(work, PasswordPolicy.from_pool(pool), password, prefix)


def store(
    work: Transaction, pool: Doc, user: Doc, password: str, *, temporary: bool = False
) -> None:
    """Give a user a password without a question; a temporary one expires as the policy says."""
    _store(work, pool, user, password, PasswordPolicy.from_pool(pool), temporary=temporary)


def matches(pool: Doc, user: Doc, password: str) -> bool:
    """Say whether this is the user's password."""
    stored = user.get("password")
    return stored is not None and _is(pool, user, stored, password)


def verifier(stored: Doc) -> str:
    """Return the SRP verifier of a stored password."""
    # Files that were made before x was kept have the verifier in its place.
    return str(stored["verifier"]) if "verifier" in stored else srp.verifier(stored["x"])


def has_expired(work: Transaction, user: Doc) -> bool:
    """Say whether a temporary password is past its validity."""
    return bool(work.now >= (user.get("password") or {}).get("until", float("inf")))


def _check(work: Transaction, policy: PasswordPolicy, password: str, prefix: str) -> None:
    broken = policy.violations(password)
    if broken:
        raise ApiError("InvalidPasswordException", prefix + broken[0].text)
    if password in work.settings["compromised_passwords"]:
        raise ApiError(
            "InvalidPasswordException", "Provided password cannot be used for security reasons."
        )


def _store(
    work: Transaction,
    pool: Doc,
    user: Doc,
    password: str,
    policy: PasswordPolicy,
    *,
    temporary: bool,
) -> None:
    if user.get("password") and policy.history_size:
        user["history"] = [user["password"], *user.get("history", [])][: policy.history_size]
    salt = work.source.bytes(16).hex()
    user["password"] = {
        "salt": salt,
        "x": srp.private_key(pool["Id"], user["username"], password, salt),
    }
    if temporary:
        user["password"]["until"] = work.now + policy.temporary_password_validity_days * _DAY


def _is(pool: Doc, user: Doc, stored: Doc, password: str) -> bool:
    x = srp.private_key(pool["Id"], user["username"], password, stored["salt"])
    if "x" in stored:
        return hmac.compare_digest(x, stored["x"])
    return hmac.compare_digest(srp.verifier(x), stored["verifier"])
