"""Users as an administrator handles them, and how a user comes into being."""

from helpers.cognito.policy import PasswordPolicy

from . import attributes, delivery, passwords, triggers
from .names import CONTACTS, EMAIL, PHONE, active_names, admin_user
from .pools import needs_no_password
from .refusal import ApiError
from .work import Doc, Transaction, folded

_INVITATION = "Your username is {username} and temporary password is {####}."
_WITHOUT_PASSWORD = "Your username is {username}."


def new(work: Transaction, pool: Doc, name: str, values: Doc, status: str) -> Doc:
    """Return a user that is not stored yet. Where names are contacts, the own name is the `sub`."""
    sub = work.source.uuid()
    values = dict(values)
    by_contact = pool.get("UsernameAttributes")
    if by_contact:
        values.setdefault("email" if EMAIL.fullmatch(name) else "phone_number", name)
    return {
        "username": sub if by_contact else name,
        "sub": sub,
        "status": status,
        "enabled": True,
        "created": work.now,
        "modified": work.now,
        "attributes": values,
        "password": None,
        "history": [],
        "codes": [],
        "epoch": work.source.bytes(8).hex(),
    }


def keep_new(
    work: Transaction,
    pool: Doc,
    user: Doc,
    *,
    force_alias: bool,
    exists: str = "User account already exists",
) -> None:
    """Store a new user, or refuse one whose name exists already or whose alias is another user's.

    exists: the text for a username that exists; SignUp has its own.
    """
    for name, kind in active_names(pool, user):
        if work.owner(pool["Id"], folded(pool, name)) is None:
            continue
        if kind == "attribute":
            raise ApiError(
                "UsernameExistsException",
                f"An account with the given {contact_words(name)} already exists.",
            )
        if kind != "alias":
            raise ApiError("UsernameExistsException", exists)
        if not force_alias:
            raise alias_exists(name)
    work.keep_user(pool, user)
    work.keep_names(pool, user["username"], active_names(pool, user))


def alias_exists(name: str) -> ApiError:
    """Return the refusal of an alias that is another user's."""
    return ApiError(
        "AliasExistsException", f"An account with the {contact_words(name)} already exists."
    )


def contact_words(name: str) -> str:
    """Return what Cognito calls a name of this form."""
    if EMAIL.fullmatch(name):
        return "email"
    return "phone_number" if PHONE.fullmatch(name) else "preferred_username"


def shown(user: Doc) -> Doc:
    """Return a user as ListUsers and AdminCreateUser show one."""
    return {
        "Username": user["username"],
        "Attributes": attributes.shown({"sub": user["sub"], **user["attributes"]}),
        "UserCreateDate": user["created"],
        "UserLastModifiedDate": user["modified"],
        "Enabled": user["enabled"],
        "UserStatus": user["status"],
    }


def admin_create_user(work: Transaction, request: Doc) -> Doc:
    """AdminCreateUser: a user with a temporary password, or the invitation again."""
    pool = work.pool(request["UserPoolId"])
    if request.get("MessageAction") == "RESEND":
        user = _invited_again(work, pool, request["Username"])
    else:
        attributes.check_username(pool, request["Username"])
        values = attributes.given(pool, request.get("UserAttributes"))
        user = new(work, pool, request["Username"], values, "FORCE_CHANGE_PASSWORD")
        attributes.check_required(pool, user["attributes"])
    chosen = request.get("TemporaryPassword")
    if chosen is not None:
        passwords.check_policy(work, pool, chosen, passwords.PREFIX_ADMIN_CREATE)
    again = request.get("MessageAction") == "RESEND"
    password = None
    if chosen is None and not again and needs_no_password(pool):
        user["status"] = "CONFIRMED"
    else:
        minimum = PasswordPolicy.from_pool(pool).minimum_length
        password = chosen if chosen is not None else work.source.temporary_password(minimum)
        passwords.store(work, pool, user, password, temporary=True)
    if again:
        user["modified"] = work.now
        work.keep_user(pool, user)
    else:
        # What the trigger answers does not count here (developer guide, "Pre sign-up Lambda
        # trigger"), only whether it fails.
        triggers.pre_sign_up(work, pool, user, "PreSignUp_AdminCreateUser", None, request)
        keep_new(work, pool, user, force_alias=bool(request.get("ForceAliasCreation")))
    if request.get("MessageAction") != "SUPPRESS":
        _invite(work, pool, user, request, None if chosen is not None else password)
    return {"User": shown(user)}


def admin_get_user(work: Transaction, request: Doc) -> Doc:
    """AdminGetUser: one user, in every status. The MFA keys are missing where nothing is set."""
    _, user = admin_user(work, request)
    answer = shown(user)
    answer["UserAttributes"] = answer.pop("Attributes")
    return answer | mfa_shown(user)


def mfa_shown(user: Doc) -> Doc:
    """Return a user's second factors as AdminGetUser and GetUser show them."""
    mfa = user.get("mfa") or {}
    answer: Doc = {}
    if mfa.get("enabled"):
        answer["UserMFASettingList"] = mfa["enabled"]
    if mfa.get("preferred"):
        answer["PreferredMfaSetting"] = mfa["preferred"]
    return answer


def admin_set_user_password(work: Transaction, request: Doc) -> Doc:
    """AdminSetUserPassword: from any status; sends, spends and verifies nothing."""
    pool, user = admin_user(work, request)
    permanent = bool(request.get("Permanent"))
    passwords.replace(work, pool, user, request["Password"], temporary=not permanent)
    user["status"] = "CONFIRMED" if permanent else "FORCE_CHANGE_PASSWORD"
    user["modified"] = work.now
    work.keep_user(pool, user)
    return {}


def admin_enable_user(work: Transaction, request: Doc) -> Doc:
    """AdminEnableUser."""
    return _enable(work, request, True)


def admin_disable_user(work: Transaction, request: Doc) -> Doc:
    """AdminDisableUser: the status stays, sign-in and reset are refused, and every access token is
    revoked for good.
    """
    return _enable(work, request, False)


def admin_delete_user(work: Transaction, request: Doc) -> Doc:
    """AdminDeleteUser."""
    pool, user = admin_user(work, request)
    work.drop_user(pool, user["username"])
    return {}


def admin_user_global_sign_out(work: Transaction, request: Doc) -> Doc:
    """AdminUserGlobalSignOut: refresh tokens end, and access tokens for the API."""
    sign_out(work, *admin_user(work, request))
    return {}


def sign_out(work: Transaction, pool: Doc, user: Doc) -> None:
    """End a user's refresh tokens, and what access tokens may do at the API."""
    user["epoch"] = work.source.bytes(8).hex()
    for kept in ("sessions", "turns", "revoked"):
        user.pop(kept, None)
    work.keep_user(pool, user)


def change(work: Transaction, pool: Doc, user: Doc, values: Doc, *, by_admin: bool = False) -> None:
    """Change attributes and the names that follow.

    by_admin: an alias that is another user's moves to this one; a user's own change is refused.
    """
    held = user["attributes"]
    attributes.check_unchanged(pool, held, values)
    before = active_names(pool, user)
    for contact in CONTACTS:
        if contact in values and values[contact] != held.get(contact):
            values = {f"{contact}_verified": "false", **values}
            user.get("proofs", {}).pop(contact, None)
    held.update(values)
    for name in [name for name, value in held.items() if value == ""]:
        del held[name]
    user["modified"] = work.now
    names = []
    for name, kind in active_names(pool, user):
        others = work.owner(pool["Id"], folded(pool, name)) not in (None, user["username"])
        gained = (name, kind) not in before
        if others and (kind == "attribute" or kind == "alias" and gained and not by_admin):
            raise alias_exists(name)
        # An alias that has moved to another user does not come back with the next change.
        if not others or gained:
            names.append((name, kind))
    work.keep_user(pool, user)
    work.keep_names(pool, user["username"], names)


def _enable(work: Transaction, request: Doc, enabled: bool) -> Doc:
    pool, user = admin_user(work, request)
    user["enabled"] = enabled
    user["modified"] = work.now
    if not enabled:
        user["access_epoch"] = work.source.bytes(8).hex()
    work.keep_user(pool, user)
    return {}


def _invited_again(work: Transaction, pool: Doc, name: str) -> Doc:
    user = work.find(pool, name)
    if user is None:
        raise ApiError("UserNotFoundException", "User does not exist.")
    if user["status"] != "FORCE_CHANGE_PASSWORD":
        raise ApiError(
            "UnsupportedUserStateException",
            f"Resend not possible. {user['username']} status is not FORCE_CHANGE_PASSWORD",
        )
    return user


def _invite(work: Transaction, pool: Doc, user: Doc, request: Doc, generated: str | None) -> None:
    # A password that a person typed stays out of the mailbox: the sandbox keeps none in clear.
    contacts = {"SMS": "phone_number", "EMAIL": "email"}
    source = "CustomMessage_AdminCreateUser"
    template = pool.get("AdminCreateUserConfig", {}).get("InviteMessageTemplate", {})
    for medium in request.get("DesiredDeliveryMediums") or ["SMS"]:
        contact = contacts[medium]
        if not user["attributes"].get(contact):
            continue
        custom = triggers.custom_message(
            work, pool, user, source, None, request.get("ClientMetadata"), "{username}"
        )
        text = (
            custom.get("emailMessage" if medium == "EMAIL" else "smsMessage")
            or template.get("EmailMessage" if medium == "EMAIL" else "SMSMessage")
            or (_INVITATION if user["password"] else _WITHOUT_PASSWORD)
        )
        hidden = generated or "(the one that the administrator chose)"
        delivery.post(
            work,
            pool,
            user,
            contact,
            generated,
            source=source,
            client_id=None,
            entered=request["Username"],
            subject=custom.get("emailSubject")
            or template.get("EmailSubject")
            or "Your temporary password",
            body=text.replace("{username}", request["Username"]).replace("{####}", hidden),
        )
