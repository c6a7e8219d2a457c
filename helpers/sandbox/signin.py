"""Between a name and tokens: who may try, what a failed try costs, what is asked next."""

import json

from . import delivery, events, factors, limits, passwords, tokens
from .names import hides_users
from .refusal import ApiError, not_authorized
from .work import Doc, Transaction


def incorrect() -> ApiError:
    """Return the refusal of a wrong password, and of a name that must not be told apart from it."""
    return not_authorized("Incorrect username or password.")


def session_end(work: Transaction, client: Doc) -> float:
    """Return until when a challenge may be answered (AuthSessionValidity, in minutes)."""
    return work.now + 60.0 * float(client.get("AuthSessionValidity") or 3)


def admitted(work: Transaction, pool: Doc, client: Doc, user: Doc | None) -> Doc:
    """Return a user who may try a password, or refuse: unknown, disabled, locked, and so on."""
    if user is None:
        raise (
            incorrect()
            if hides_users(client)
            else ApiError("UserNotFoundException", "User does not exist.")
        )
    if not user["enabled"]:
        raise not_authorized("User is disabled.")
    limits.check_lock(work, pool, user)
    if work.settings["threat_block"]:
        raise not_authorized("Unable to login because of security reasons.")
    if user["status"] == "RESET_REQUIRED":
        if hides_users(client) and work.settings["reset_required_hidden"] == "not-authorized":
            raise incorrect()
        raise ApiError("PasswordResetRequiredException", "Password reset required for the user")
    return user


def finish(
    work: Transaction,
    pool: Doc,
    client: Doc,
    user: Doc,
    right: bool,
    metadata: Doc | None = None,
) -> Doc:
    """Answer a sign-in, once the password is judged: tokens, a challenge, or a refusal.

    metadata: what PreTokenGeneration sees as clientMetadata.
    """
    if not right:
        limits.sign_in_failed(work, pool, user)
        events.note(work, pool, user, "SignIn", "Fail", "Password", "Failure")
        if (
            user["status"] == "UNCONFIRMED"
            and work.settings["unconfirmed_wrong_password"] == "not-confirmed"
        ):
            raise ApiError("UserNotConfirmedException", "User is not confirmed.")
        raise incorrect()
    if user["status"] == "UNCONFIRMED":
        raise ApiError("UserNotConfirmedException", "User is not confirmed.")
    if passwords.has_expired(work, user):
        raise not_authorized(
            "Temporary password has expired and must be reset by an administrator."
        )
    limits.sign_in_succeeded(work, pool, user)
    asked = after_password(work, pool, client, user)
    if asked is not None:
        return asked
    events.note(work, pool, user, "SignIn", "Pass", "Password", "Success")
    return {
        "ChallengeParameters": {},
        "AuthenticationResult": tokens.issue(work, pool, client, user, metadata=metadata),
    }


def after_password(work: Transaction, pool: Doc, client: Doc, user: Doc) -> Doc | None:
    """Return the challenge that follows a right password, or None where tokens do."""
    if user["status"] == "FORCE_CHANGE_PASSWORD":
        return challenge(
            work,
            pool,
            client,
            user,
            "NEW_PASSWORD_REQUIRED",
            {
                "userAttributes": json.dumps(user["attributes"]),
                "requiredAttributes": json.dumps(
                    [
                        f"userAttributes.{one['Name']}"
                        for one in pool.get("Schema", ())
                        if one.get("Required") and not user["attributes"].get(one["Name"])
                    ]
                ),
            },
        )
    due = factors.due(pool, user)
    if not due:
        return None
    if len(due) > 1:
        parameters = {"MFAS_CAN_CHOOSE": _list(due)}
        return challenge(work, pool, client, user, "SELECT_MFA_TYPE", parameters)
    return second(work, pool, client, user, due[0])


def second(work: Transaction, pool: Doc, client: Doc, user: Doc, factor: str) -> Doc:
    """Return the challenge of one second factor, or the one that has the user set it up."""
    if factor == "MFA_SETUP":
        parameters = {"MFAS_CAN_SETUP": _list(factors.offered(pool))}
        return challenge(work, pool, client, user, factor, parameters)
    if factor == "SOFTWARE_TOKEN_MFA":
        name = user.get("authenticator", {}).get("name", "TOTP device")
        return challenge(work, pool, client, user, factor, {"FRIENDLY_DEVICE_NAME": name})
    return by_message(work, pool, client, user, factor, factors.CONTACT_OF[factor])


def by_message(
    work: Transaction, pool: Doc, client: Doc, user: Doc, factor: str, contact: str
) -> Doc:
    """Send a code to sign in with, and return the challenge that asks for it."""
    code = work.source.code()
    details = delivery.details(user, contact)
    delivery.send(
        work,
        pool,
        user,
        contact,
        code,
        source="CustomMessage_Authentication",
        client_id=client["ClientId"],
        without="code",
    )
    return challenge(
        work,
        pool,
        client,
        user,
        factor,
        {
            "CODE_DELIVERY_DELIVERY_MEDIUM": details["DeliveryMedium"],
            "CODE_DELIVERY_DESTINATION": details["Destination"],
        },
        code=code,
    )


def _list(names: list[str]) -> str:
    return json.dumps(names, separators=(",", ":"))


def challenge(
    work: Transaction, pool: Doc, client: Doc, user: Doc, name: str, parameters: Doc, code: str = ""
) -> Doc:
    """Keep what the next call has to answer, and return the challenge that asks for it."""
    text = work.keep_session(
        {
            "kind": name,
            "pool": pool["Id"],
            "client": client["ClientId"],
            "code": code,
            "username": user["username"],
            "until": session_end(work, client),
        }
    )
    return {
        "ChallengeName": name,
        "Session": text,
        "ChallengeParameters": {"USER_ID_FOR_SRP": user["username"], **parameters},
    }
