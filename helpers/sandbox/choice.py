"""Choice-based sign-in (USER_AUTH): what a user may begin with, and a code alone as the way in."""

from typing import Any

from . import passwords, signin
from .names import admin_user
from .pools import BY_MESSAGE, first_factors
from .refusal import ApiError
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


def challenges(pool: Doc, user: Doc) -> list[str]:
    """Return the challenges that a user may choose from; a password may be proved by SRP too."""
    found = factors(pool, user)
    at = found.index("PASSWORD") + 1 if "PASSWORD" in found else 0
    return [*found[:at], *(["PASSWORD_SRP"] if at else []), *found[at:]]


def answered(work: Transaction, pool: Doc, client: Doc, user: Doc, factor: str, given: Doc) -> Doc:
    """Go on with the factor that was chosen: judge a password, ask for one, or send a code."""
    if factor == "PASSWORD" and given.get("PASSWORD"):
        right = passwords.matches(pool, user, str(given["PASSWORD"]))
        return signin.finish(work, pool, client, user, right)
    if factor in ("PASSWORD", "PASSWORD_SRP"):
        return signin.challenge(work, pool, client, user, factor, {})
    if user["status"] == "UNCONFIRMED":
        raise ApiError("UserNotConfirmedException", "User is not confirmed.")
    return signin.by_message(work, pool, client, user, factor, BY_MESSAGE[factor])
