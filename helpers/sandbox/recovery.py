"""ForgotPassword, ConfirmForgotPassword, AdminResetUserPassword, and their codes."""

import hmac

from . import delivery, events, limits, migration, passwords, triggers
from .names import admin_user, hides_users, public_client
from .refusal import ApiError, expired, mismatch, not_authorized
from .work import Doc, Transaction

CODE_LIFETIME = 3600.0
_SOURCE = "CustomMessage_ForgotPassword"
_UNKNOWN = "Username/client id combination not found."
_WRONG_STATE = "User password cannot be reset in the current state."


def forgot_password(work: Transaction, request: Doc) -> Doc:
    """ForgotPassword: send a code to the best verified contact, and change nothing."""
    name = request["Username"]
    client, pool = public_client(work, request)
    if delivery.is_admin_only(pool):
        raise not_authorized("Contact administrator to reset password.")
    hidden = hides_users(client)
    user = work.find(pool, name)
    if user is None:
        user = migration.on_forgotten_password(
            work, pool, client, name, request.get("ClientMetadata")
        )
    try:
        user, contact = _resettable(work, pool, user)
    except ApiError:
        if not hidden:
            raise
        return _simulated(work, pool, name)
    _check_threat(work)
    limits.spend_reset(work, pool, user)
    code = issue_code(work, pool, user, client["ClientId"])
    delivery.send(
        work,
        pool,
        user,
        contact,
        code,
        source=_SOURCE,
        client_id=client["ClientId"],
        metadata=request.get("ClientMetadata"),
        entered=name,
    )
    events.note(work, pool, user, "ForgotPassword", "Pass")
    return {"CodeDeliveryDetails": delivery.details(user, contact)}


def confirm_forgot_password(work: Transaction, request: Doc) -> Doc:
    """ConfirmForgotPassword: a live code and a fit password make the user CONFIRMED.

    The code is checked before the password, and a refused password leaves it alive. Tokens are not
    revoked.
    """
    client, pool = public_client(work, request)
    user = _confirmable(work, client, work.find(pool, request["Username"]))
    _check_threat(work)
    limits.spend_reset(work, pool, user)
    check_code(work, pool, user, client["ClientId"], request["ConfirmationCode"])
    passwords.replace(work, pool, user, request["Password"])
    user["status"] = "CONFIRMED"
    user["codes"] = []
    if work.settings["confirm_moves_last_modified"]:
        user["modified"] = work.now
    work.keep_user(pool, user)
    if work.settings["reset_clears_lockout"]:
        limits.sign_in_succeeded(work, pool, user)
    events.note(work, pool, user, "PasswordChange", "Pass")
    triggers.after_confirmation(
        work,
        pool,
        user,
        "PostConfirmation_ConfirmForgotPassword",
        client["ClientId"],
        request.get("ClientMetadata"),
    )
    return {}


def admin_reset_user_password(work: Transaction, request: Doc) -> Doc:
    """AdminResetUserPassword: the password ends at once; any client may use the code."""
    pool, user = admin_user(work, request)
    if not user["enabled"]:
        raise not_authorized("User is disabled")
    if user["status"] not in ("CONFIRMED", "RESET_REQUIRED"):
        raise not_authorized(_WRONG_STATE)
    if delivery.is_admin_only(pool):
        if work.settings["admin_reset_admin_only"] == "refuse":
            raise not_authorized("Contact administrator to reset password.")
        contact = None
    else:
        contact = delivery.recovery_contact(pool, user)
        if contact is None:
            raise delivery.no_contact()
    user["status"] = "RESET_REQUIRED"
    user["modified"] = work.now
    code = issue_code(work, pool, user, None)
    if contact is not None and delivery.is_selected(pool, contact):
        delivery.send(
            work,
            pool,
            user,
            contact,
            code,
            source=_SOURCE,
            metadata=request.get("ClientMetadata"),
            entered=request["Username"],
            without="code",
        )
    events.note(work, pool, user, "ForgotPassword", "Pass")
    return {}


def issue_code(work: Transaction, pool: Doc, user: Doc, client_id: str | None) -> str:
    """Give a user a new reset code for an app client (None: for any) and return it."""
    code = work.source.code()
    user["codes"] = [
        *_live_codes(work, pool, user)[-19:],
        {
            "code": code,
            "client_id": client_id,
            "issued": work.now,
            "expires": work.now + CODE_LIFETIME,
        },
    ]
    work.counters(pool["Id"], user["username"]).pop("codes_dead_before", None)
    work.keep_user(pool, user)
    return code


def check_code(work: Transaction, pool: Doc, user: Doc, client_id: str, given: str) -> None:
    """Refuse a wrong code: Mismatch where another one is live, Expired where none is."""
    live = _live_codes(work, pool, user)
    valid = {"newest": live[-1:], "first": live[:1], "any": live}[work.settings["valid_code"]]
    if work.settings["code_bound_to_client"]:
        valid = [one for one in valid if one["client_id"] in (None, client_id)]
    too_short = work.settings["short_code"] == "expired" and len(given) != 6
    if not valid or too_short:
        raise expired()
    if not any(hmac.compare_digest(one["code"].encode(), given.encode()) for one in valid):
        raise mismatch()


def _live_codes(work: Transaction, pool: Doc, user: Doc) -> list[Doc]:
    dead_before = work.counters(pool["Id"], user["username"]).get("codes_dead_before", -1.0)
    return [
        one
        for one in user.get("codes", [])
        if one["expires"] > work.now and one["issued"] > dead_before
    ]


def _resettable(work: Transaction, pool: Doc, user: Doc | None) -> tuple[Doc, str]:
    if user is None:
        raise ApiError("UserNotFoundException", _UNKNOWN)
    if not user["enabled"]:
        raise {
            "user-not-found": ApiError("UserNotFoundException", _UNKNOWN),
            "resource-not-found": ApiError("ResourceNotFoundException", _UNKNOWN),
            "not-authorized": not_authorized("User is disabled."),
        }[work.settings["disabled_forgot"]]
    if user["status"] in ("FORCE_CHANGE_PASSWORD", "EXTERNAL_PROVIDER"):
        raise not_authorized(_WRONG_STATE)
    contact = delivery.recovery_contact(pool, user)
    refused = (
        user["status"] == "UNCONFIRMED" and work.settings["unconfirmed_verified_forgot"] == "refuse"
    )
    if contact is None or refused:
        raise delivery.no_contact()
    return user, contact


def _simulated(work: Transaction, pool: Doc, name: str) -> Doc:
    if work.settings["alternate_hidden_reply"]:
        counters = work.counters(pool["Id"], "")
        counters["hidden"] = not counters.get("hidden", False)
        if not counters["hidden"]:
            raise delivery.no_contact()
    return {"CodeDeliveryDetails": delivery.simulated(work, pool, name)}


def _confirmable(work: Transaction, client: Doc, user: Doc | None) -> Doc:
    if user is None:
        raise mismatch() if hides_users(client) else ApiError("UserNotFoundException", _UNKNOWN)
    if not user["enabled"]:
        if hides_users(client):
            raise mismatch()
        raise {
            "not-authorized": not_authorized("User is disabled."),
            "user-not-found": ApiError("UserNotFoundException", _UNKNOWN),
            "expired-code": expired(),
        }[work.settings["disabled_confirm"]]
    if user["status"] == "UNCONFIRMED":
        if work.settings["unconfirmed_confirm"] == "expired-code":
            raise expired()
        raise ApiError("UserNotConfirmedException", work.settings["unconfirmed_message"])
    return user


def _check_threat(work: Transaction) -> None:
    if work.settings["threat_block"]:
        raise not_authorized("Request not allowed due to security reasons.")
