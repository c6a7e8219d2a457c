"""Users who sign themselves up: SignUp, ConfirmSignUp and what belongs to them."""

import hmac

from . import attributes, delivery, events, limits, passwords, triggers, users
from .names import active_names, admin_user, hides_users, public_client
from .refusal import ApiError, expired, invalid, mismatch, not_authorized
from .work import Doc, Transaction, folded

_DAY = 86_400.0
_UNKNOWN = "Username/client id combination not found."


def sign_up(work: Transaction, request: Doc) -> Doc:
    """SignUp: an UNCONFIRMED user, and a code to a contact that the pool verifies."""
    client, pool = public_client(work, request)
    if pool["AdminCreateUserConfig"].get("AllowAdminCreateUserOnly"):
        raise not_authorized("SignUp is not permitted for this user pool")
    if request.get("Password") is None:
        raise invalid("The sandbox does not imitate users without a password.")
    attributes.check_username(pool, request["Username"])
    passwords.check_policy(work, pool, request["Password"], passwords.PREFIX_SIGN_UP)
    values = attributes.given(pool, request.get("UserAttributes"), client)
    user = users.new(work, pool, request["Username"], values, "UNCONFIRMED")
    attributes.check_required(pool, user["attributes"])
    passwords.store(work, pool, user, request["Password"])
    said = triggers.pre_sign_up(work, pool, user, "PreSignUp_SignUp", client["ClientId"], request)
    _apply(user, said)
    users.keep_new(work, pool, user, force_alias=False, exists="User already exists")
    confirmed = user["status"] == "CONFIRMED"
    answer: Doc = {"UserConfirmed": confirmed, "UserSub": user["sub"]}
    if confirmed:
        source = "PostConfirmation_ConfirmSignUp"
        metadata = request.get("ClientMetadata")
        triggers.after_confirmation(work, pool, user, source, client["ClientId"], metadata)
        events.note(work, pool, user, "SignUp", "Pass")
        return answer
    details = _send_code(work, pool, client, user, "CustomMessage_SignUp", request)
    if details:
        answer["CodeDeliveryDetails"] = details
    events.note(work, pool, user, "SignUp", "Pass")
    return answer


def _apply(user: Doc, said: Doc) -> None:
    """Confirm and verify a new user as PreSignUp says."""
    if said.get("autoConfirmUser"):
        user["status"] = "CONFIRMED"
    for contact, flag in (("email", "autoVerifyEmail"), ("phone_number", "autoVerifyPhone")):
        if said.get(flag):
            if not user["attributes"].get(contact):
                # That it is an error is the developer guide's; which one, the sandbox guesses.
                raise ApiError(
                    "InvalidLambdaResponseException", f"{flag} needs the attribute {contact}."
                )
            user["attributes"][f"{contact}_verified"] = "true"


def confirm_sign_up(work: Transaction, request: Doc) -> Doc:
    """ConfirmSignUp: the right code confirms the user and verifies its contact."""
    client, pool = public_client(work, request)
    user = work.find(pool, request["Username"])
    if user is None:
        if hides_users(client):
            raise mismatch()
        raise ApiError("UserNotFoundException", _UNKNOWN)
    if user["status"] != "UNCONFIRMED":
        raise not_authorized(f"User cannot be confirmed. Current status is {user['status']}")
    limits.spend(work, pool, user, "ConfirmSignUp", limits.HOURLY["ConfirmSignUp"])
    kept = user.get("sign_up_code")
    if not kept or work.now >= kept["expires"]:
        raise expired()
    if not hmac.compare_digest(kept["code"].encode(), request["ConfirmationCode"].encode()):
        raise mismatch()
    user["attributes"][f"{kept['contact']}_verified"] = "true"
    for name, kind in active_names(pool, user):
        taken = work.owner(pool["Id"], folded(pool, name)) not in (None, user["username"])
        if taken and kind == "alias" and not request.get("ForceAliasCreation"):
            raise users.alias_exists(name)
    del user["sign_up_code"]
    _confirm(work, pool, user)
    work.keep_names(pool, user["username"], active_names(pool, user))
    triggers.after_confirmation(
        work,
        pool,
        user,
        "PostConfirmation_ConfirmSignUp",
        client["ClientId"],
        request.get("ClientMetadata"),
    )
    return {}


def resend_confirmation_code(work: Transaction, request: Doc) -> Doc:
    """ResendConfirmationCode: for sign-up only; a reset code comes again by ForgotPassword."""
    client, pool = public_client(work, request)
    user = work.find(pool, request["Username"])
    if user is None:
        if hides_users(client):
            return {"CodeDeliveryDetails": delivery.simulated(work, pool, request["Username"])}
        raise ApiError("UserNotFoundException", _UNKNOWN)
    if user["status"] != "UNCONFIRMED":
        raise invalid("User is already confirmed.")
    limits.spend(
        work, pool, user, "ResendConfirmationCode", limits.HOURLY["ResendConfirmationCode"]
    )
    details = _send_code(work, pool, client, user, "CustomMessage_ResendCode", request)
    if not details:
        raise invalid("Auto verification not turned on.")
    events.note(work, pool, user, "ResendCode", "Pass")
    return {"CodeDeliveryDetails": details}


def admin_confirm_sign_up(work: Transaction, request: Doc) -> Doc:
    """AdminConfirmSignUp: confirms without verifying a contact, so no reset can follow."""
    pool, user = admin_user(work, request)
    if user["status"] != "UNCONFIRMED":
        raise not_authorized(f"User cannot be confirmed. Current status is {user['status']}")
    _confirm(work, pool, user)
    triggers.after_confirmation(
        work,
        pool,
        user,
        "PostConfirmation_ConfirmSignUp",
        triggers.NOT_APPLICABLE,
        request.get("ClientMetadata"),
    )
    return {}


def _confirm(work: Transaction, pool: Doc, user: Doc) -> None:
    user["status"] = "CONFIRMED"
    user["modified"] = work.now
    work.keep_user(pool, user)


def _send_code(
    work: Transaction, pool: Doc, client: Doc, user: Doc, source: str, request: Doc
) -> Doc | None:
    contact = delivery.auto_verified_contact(pool, user)
    if contact is None:
        return None
    code = work.source.code()
    user["sign_up_code"] = {"code": code, "contact": contact, "expires": work.now + _DAY}
    work.keep_user(pool, user)
    delivery.send(
        work,
        pool,
        user,
        contact,
        code,
        source=source,
        client_id=client["ClientId"],
        metadata=request.get("ClientMetadata"),
        entered=request["Username"],
    )
    return delivery.details(user, contact)
