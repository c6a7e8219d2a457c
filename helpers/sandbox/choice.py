"""Choice-based sign-in (USER_AUTH): what a user may begin with, and a code alone as the way in."""

from typing import Any

from . import passwords, signin
from .names import admin_user
from .pools import BY_MESSAGE, first_factors
from .refusal import ApiError, invalid
from .users import mfa_shown
from .work import Doc, Transaction


def factors(pool: Doc, user: Doc) -> list[str]:
    """Return what a user may begin with. Passkeys cannot be registered here, so none has any."""
    has: dict[str, Any] = {"PASSWORD": user.get("password")}
    has |= {
        one: user["attributes"].get(f"{of}_verified") == "true" for one, of in BY_MESSAGE.items()
    }
    return [factor for factor in first_factors(pool) if has.get(factor)]


def admin_get_user_auth_factors(work: Transaction, request: Doc) -> Doc:
    """AdminGetUserAuthFactors: the first factors, and the second ones as AdminGetUser has them."""
    pool, user = admin_user(work, request)
    shown = {"Username": user["username"], "ConfiguredUserAuthFactors": factors(pool, user)}
    return shown | mfa_shown(user)


def begin(work: Transaction, pool: Doc, client: Doc, user: Doc | None, given: Doc) -> Doc:
    """Answer USER_AUTH: with the challenge that was asked for, or with those to choose from."""
    user = signin.admitted(work, pool, client, user)
    has, wanted = factors(pool, user), given.get("PREFERRED_CHALLENGE")
    if wanted in has:
        return answered(work, pool, client, user, str(wanted), given)
    made = signin.challenge(work, pool, client, user, "SELECT_CHALLENGE", {})
    return made | {"AvailableChallenges": has}


def answered(work: Transaction, pool: Doc, client: Doc, user: Doc, factor: str, given: Doc) -> Doc:
    """Go on with the first factor that was chosen: judge a password, or send a code."""
    if factor not in factors(pool, user):
        raise invalid("Selected challenge is not available")  # the sandbox's own words
    if factor == "PASSWORD":
        right = passwords.matches(pool, user, str(given.get("PASSWORD") or ""))
        return signin.finish(work, pool, client, user, right)
    if user["status"] == "UNCONFIRMED":
        raise ApiError("UserNotConfirmedException", "User is not confirmed.")
    return signin.by_message(work, pool, client, user, factor, BY_MESSAGE[factor])
