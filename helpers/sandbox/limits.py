"""How often: a user's hourly limits, the sign-in lock, and an account's request rate."""

import math
import time

from .quotas import CATEGORY_OF
from .refusal import ApiError, not_authorized
from .work import Doc, Transaction

HOUR = 3600.0
_QUIET = 900.0
_LONGEST_LOCK = 900.0
_FREE_FAILURES = 5
# Hourly limits of a user beside the shared one of ForgotPassword and ConfirmForgotPassword (quotas
# page).
HOURLY = {
    "ResendConfirmationCode": 5,
    "ConfirmSignUp": 15,
    "ChangePassword": 5,
    "GetUserAttributeVerificationCode": 5,
    "VerifyUserAttribute": 15,
}


def limit_exceeded() -> ApiError:
    """Return the refusal that every hourly limit gives."""
    return ApiError("LimitExceededException", "Attempt limit exceeded, please try after some time.")


def spend(work: Transaction, pool: Doc, user: Doc, purpose: str, allowed: int) -> None:
    """Count one try against an hourly limit, or refuse it; a refused try prolongs nothing.

    The tries of the last sixty minutes count; with the setting limit_window "fixed", those of the
    clock's hour.
    """
    tries = work.counters(pool["Id"], user["username"]).setdefault(purpose, [])
    tries[:] = _that_count(work, tries)
    if len(tries) >= allowed:
        raise limit_exceeded()
    tries.append(work.now)


def spend_reset(work: Transaction, pool: Doc, user: Doc) -> None:
    """Count one ForgotPassword or ConfirmForgotPassword: they share 5 to 20 an hour (quotas)."""
    try:
        spend(work, pool, user, "resets", work.settings["reset_attempts"])
    except ApiError:
        if work.settings["limit_kills_code"]:
            work.counters(pool["Id"], user["username"])["codes_dead_before"] = work.now
        raise


def resets_left(work: Transaction, pool: Doc, user: Doc) -> int:
    """Return how many resets this user may still ask for or confirm; counts nothing."""
    tries = work.counters(pool["Id"], user["username"]).get("resets", [])
    return max(0, int(work.settings["reset_attempts"]) - len(_that_count(work, tries)))


def _that_count(work: Transaction, tries: list[float]) -> list[float]:
    fixed = work.settings["limit_window"] == "fixed"
    start = math.floor(work.now / HOUR) * HOUR if fixed else work.now - HOUR
    return [at for at in tries if (at >= start if fixed else at > start)]


def check_lock(work: Transaction, pool: Doc, user: Doc, counter: str = "signin") -> None:
    """Refuse a sign-in while the user is locked; such a try does not lengthen the lock.

    counter: "signin" for passwords, "mfa" for the codes of a second factor, which lock by the same
    process (its text there is a heuristic). Source: developer guide, "Authentication with user
    pools", lockout behaviour.
    """
    counters = work.counters(pool["Id"], user["username"])
    lock = counters.get(counter)
    if not lock:
        return
    quiet = work.now - lock["last"] >= _QUIET
    lock["last"] = work.now
    if work.now < lock["until"]:
        raise not_authorized("Password attempts exceeded")
    if quiet:
        del counters[counter]


def sign_in_failed(work: Transaction, pool: Doc, user: Doc, counter: str = "signin") -> None:
    """Count a failed sign-in; the n-th locks for 2^(n-5) seconds, 15 minutes at most."""
    lock = work.counters(pool["Id"], user["username"]).setdefault(
        counter, {"n": 0, "until": 0.0, "last": 0.0}
    )
    lock["n"] += 1
    lock["last"] = work.now
    if lock["n"] >= _FREE_FAILURES:
        lock["until"] = work.now + min(2.0 ** min(lock["n"] - _FREE_FAILURES, 20), _LONGEST_LOCK)


def sign_in_succeeded(work: Transaction, pool: Doc, user: Doc, counter: str = "signin") -> None:
    """Forget failed sign-ins."""
    work.counters(pool["Id"], user["username"]).pop(counter, None)


def check_quota(work: Transaction, operation: str, request: Doc) -> None:
    """Refuse a call beyond what an account may call a second of its category, if that is set."""
    answered_challenge = request.get("ChallengeName") == "NEW_PASSWORD_REQUIRED"
    category = "UserAccountRecovery" if answered_challenge else CATEGORY_OF.get(operation)
    if category and not within_a_second(work, category, work.settings[f"quota_{category}"]):
        raise ApiError("TooManyRequestsException", work.settings["throttle_message"])


def within_a_second(work: Transaction, kind: str, most: int) -> bool:
    """Count one of what may happen so often a second; False where it is one too many.

    most: 0 is no limit.
    """
    if not most:
        return True
    # A clock that stands still would keep everyone out for good: there, a second that really passes
    # counts as one too.
    now = work.now + (real_time() if work.source.seed is not None else 0.0)
    recent = work.counters("", "account").setdefault(f"second of {kind}", [])
    recent[:] = [at for at in recent if now - 1 < at <= now]
    if len(recent) >= most:
        return False
    recent.append(now)
    return True


real_time = time.time
