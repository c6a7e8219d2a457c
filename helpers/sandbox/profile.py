"""A user's attributes: changed, verified and deleted, by the user or by an administrator."""

import hmac
from typing import Any

from . import attributes, delivery, limits, users
from .account import signed_in
from .names import CONTACTS, admin_user
from .refusal import expired, invalid, mismatch
from .work import Doc, Transaction

_DAY = 86_400.0


def admin_update_user_attributes(work: Transaction, request: Doc) -> Doc:
    """AdminUpdateUserAttributes: a changed contact is unverified unless it says so."""
    pool, user = admin_user(work, request)
    values = attributes.given(pool, request["UserAttributes"])
    waiting = {
        contact: values.pop(contact)
        for contact in _waiting(pool, user, values)
        if values.get(f"{contact}_verified") != "true"
    }
    users.change(work, pool, user, values, by_admin=True)
    for contact, value in waiting.items():
        _send(work, pool, user, contact, value, "CustomMessage_UpdateUserAttribute", request)
    return {}


def update_user_attributes(work: Transaction, request: Doc) -> Doc:
    """UpdateUserAttributes: a new contact gets a code where the pool verifies that kind.

    Where the pool wants it verified first, the old one stays until then.
    """
    pool, user, client = signed_in(work, request)
    values = attributes.given(pool, request["UserAttributes"], client)
    verified = {
        contact: values[contact]
        for contact in _changed(user, values)
        if contact in pool.get("AutoVerifiedAttributes", ())
    }
    held_back = _waiting(pool, user, values)
    now = {name: value for name, value in values.items() if name not in held_back}
    users.change(work, pool, user, now)
    sent = [
        _send(
            work,
            pool,
            user,
            contact,
            value,
            "CustomMessage_UpdateUserAttribute",
            request,
            client["ClientId"],
        )
        for contact, value in verified.items()
    ]
    return {"CodeDeliveryDetailsList": sent}


def get_user_attribute_verification_code(work: Transaction, request: Doc) -> Doc:
    """GetUserAttributeVerificationCode: a code to a contact, one that waits before the present."""
    pool, user, client = signed_in(work, request)
    contact = _contact(request)
    limits.spend(
        work,
        pool,
        user,
        "GetUserAttributeVerificationCode",
        limits.HOURLY["GetUserAttributeVerificationCode"],
    )
    waiting = user.get("proofs", {}).get(contact, {}).get("value")
    value = waiting or user["attributes"].get(contact)
    if not value:
        raise invalid(f"The user has no {contact}.")  # the sandbox's own words
    source = "CustomMessage_VerifyUserAttribute"
    details = _send(work, pool, user, contact, value, source, request, client["ClientId"])
    return {"CodeDeliveryDetails": details}


def verify_user_attribute(work: Transaction, request: Doc) -> Doc:
    """VerifyUserAttribute: the right code verifies a contact, and sets one that waits for it."""
    pool, user, _ = signed_in(work, request)
    contact = _contact(request)
    limits.spend(work, pool, user, "VerifyUserAttribute", limits.HOURLY["VerifyUserAttribute"])
    kept = user.get("proofs", {}).get(contact)
    if kept is None or work.now >= kept["expires"]:
        raise expired()
    if not hmac.compare_digest(kept["code"].encode(), request["Code"].encode()):
        raise mismatch()
    del user["proofs"][contact]
    users.change(work, pool, user, {contact: kept["value"], f"{contact}_verified": "true"})
    return {}


def delete_user_attributes(work: Transaction, request: Doc) -> Doc:
    """DeleteUserAttributes."""
    pool, user, client = signed_in(work, request)
    users.change(work, pool, user, attributes.deleted(pool, request["UserAttributeNames"], client))
    return {}


def admin_delete_user_attributes(work: Transaction, request: Doc) -> Doc:
    """AdminDeleteUserAttributes."""
    pool, user = admin_user(work, request)
    gone = attributes.deleted(pool, request["UserAttributeNames"])
    users.change(work, pool, user, gone, by_admin=True)
    return {}


def _changed(user: Doc, values: Doc) -> list[str]:
    held = user["attributes"]
    return [one for one in CONTACTS if values.get(one) and values[one] != held.get(one)]


def _waiting(pool: Doc, user: Doc, values: Doc) -> list[str]:
    """Return the contacts that the pool does not change before the new value is verified."""
    settings = pool.get("UserAttributeUpdateSettings", {})
    first = settings.get("AttributesRequireVerificationBeforeUpdate") or ()
    return [contact for contact in _changed(user, values) if contact in first]


def _contact(request: Doc) -> str:
    if request["AttributeName"] not in CONTACTS:
        raise invalid("Only email and phone_number can be verified.")  # the sandbox's own words
    return str(request["AttributeName"])


def _send(
    work: Transaction,
    pool: Doc,
    user: Doc,
    contact: str,
    value: str,
    source: str,
    request: Doc,
    client_id: str | None = None,
) -> Any:
    """Send a code that proves this value of a contact; return its delivery details."""
    code = work.source.code()
    proofs = user.setdefault("proofs", {})
    proofs[contact] = {"code": code, "value": value, "expires": work.now + _DAY}
    work.keep_user(pool, user)
    reached = user | {"attributes": {**user["attributes"], contact: value}}
    delivery.send(
        work,
        pool,
        reached,
        contact,
        code,
        source=source,
        client_id=client_id,
        metadata=request.get("ClientMetadata"),
        without="" if client_id else "code",  # an administrator's operation has no such error
    )
    return delivery.details(reached, contact)
