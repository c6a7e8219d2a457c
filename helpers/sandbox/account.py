"""What signed-in users do with their access token, such as ChangePassword."""

from . import events, limits, passwords, signin, tokens, users
from .attributes import readable, shown
from .refusal import ApiError
from .work import Doc, Transaction


def signed_in(work: Transaction, request: Doc) -> tuple[Doc, Doc, Doc]:
    """Return (pool, user, app client) of a request's access token; not for RESET_REQUIRED."""
    pool, user, claims = tokens.bearer(work, request["AccessToken"])
    if user["status"] == "RESET_REQUIRED":
        raise ApiError("PasswordResetRequiredException", "Password reset required for the user")
    return pool, user, work.client(claims["client_id"])


def change_password(work: Transaction, request: Doc) -> Doc:
    """ChangePassword: five tries an hour, and no way out of RESET_REQUIRED."""
    pool, user, _ = signed_in(work, request)
    limits.spend(work, pool, user, "ChangePassword", limits.HOURLY["ChangePassword"])
    if not passwords.matches(pool, user, request.get("PreviousPassword") or ""):
        raise signin.incorrect()
    passwords.replace(work, pool, user, request["ProposedPassword"])
    user["modified"] = work.now
    work.keep_user(pool, user)
    events.note(work, pool, user, "PasswordChange", "Pass")
    return {}


def get_user(work: Transaction, request: Doc) -> Doc:
    """GetUser: what the app client of the token may read."""
    _, user, claims = tokens.bearer(work, request["AccessToken"])
    client = work.client(claims["client_id"])
    listed = shown({"sub": user["sub"], **readable(client, user["attributes"])})
    return {"Username": user["username"], "UserAttributes": listed} | users.mfa_shown(user)


def global_sign_out(work: Transaction, request: Doc) -> Doc:
    """GlobalSignOut."""
    pool, user, _ = tokens.bearer(work, request["AccessToken"])
    users.sign_out(work, pool, user)
    return {}


def delete_user(work: Transaction, request: Doc) -> Doc:
    """DeleteUser."""
    pool, user, _ = tokens.bearer(work, request["AccessToken"])
    work.drop_user(pool, user["username"])
    return {}
