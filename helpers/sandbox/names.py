"""Who is meant: app clients and their secret, and the names that a user answers to."""

import base64
import hashlib
import hmac
import re

from .refusal import ApiError, not_authorized
from .work import Doc, Transaction

EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
PHONE = re.compile(r"\+[0-9]{1,15}")
CONTACTS = ("email", "phone_number")


def public_client(work: Transaction, request: Doc) -> tuple[Doc, Doc]:
    """Return (client, pool) for a public operation, once its secret hash is right.

    Source: developer guide, "Computing secret hash values".
    """
    client = work.client(request["ClientId"])
    if client.get("ClientSecret") and request.get("SecretHash") is None:
        # The parameter SecretHash and the authentication parameter SECRET_HASH are missed in
        # different words.
        raise _unverified(client)
    check_secret_hash(client, request.get("SecretHash"), request["Username"])
    return client, work.pool(client["UserPoolId"])


def check_secret_hash(client: Doc, given: str | None, *usernames: str) -> None:
    """Refuse a missing or wrong secret hash; it may be over any of the usernames."""
    secret = client.get("ClientSecret")
    client_id = client["ClientId"]
    if secret is None and given is None:
        return
    if given is None:
        raise not_authorized(
            f"Client {client_id} is configured with secret but SECRET_HASH was not received"
        )
    # A client without a secret has no hash that could be right, so one sent to it is refused as
    # well.
    right = (
        [secret_hash(secret, name, client_id) for name in usernames] if secret is not None else []
    )
    if not any(hmac.compare_digest(one.encode(), given.encode()) for one in right):
        raise _unverified(client)


def _unverified(client: Doc) -> ApiError:
    return not_authorized(f"Unable to verify secret hash for client {client['ClientId']}")


def secret_hash(secret: str, username: str, client_id: str) -> str:
    """Return Base64(HMAC-SHA256(secret, username + client id))."""
    digest = hmac.new(secret.encode(), (username + client_id).encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def hides_users(client: Doc) -> bool:
    """Say whether the app client prevents user existence errors."""
    return bool(client.get("PreventUserExistenceErrors") == "ENABLED")


def admin_user(work: Transaction, request: Doc) -> tuple[Doc, Doc]:
    """Return (pool, user) for an administrator's operation."""
    pool = work.pool(request["UserPoolId"])
    user = work.find(pool, request["Username"])
    if user is None:
        raise ApiError("UserNotFoundException", "User does not exist.")
    return pool, user


def active_names(pool: Doc, user: Doc) -> list[tuple[str, str]]:
    """Return the (name, kind) pairs that a user answers to, the strongest first.

    In alias pools an e-mail address or phone number counts once it is verified; where they are the
    username attributes they count as they are (developer guide, "User pool attributes").
    """
    names = [(user["username"], "username"), (user["sub"], "sub")]
    attributes = user["attributes"]
    for name in pool.get("UsernameAttributes", ()):
        if attributes.get(name):
            names.append((attributes[name], "attribute"))
    for name in pool.get("AliasAttributes", ()):
        if attributes.get(name) and (name not in CONTACTS or is_verified(user, name)):
            names.append((attributes[name], "alias"))
    return names


def is_verified(user: Doc, contact: str) -> bool:
    """Say whether a user has this contact and it is verified."""
    attributes = user["attributes"]
    return (
        bool(attributes.get(contact))
        and str(attributes.get(f"{contact}_verified", "")).lower() == "true"
    )
