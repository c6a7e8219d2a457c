"""Where would a code go, and why there? From what was read of a user and a pool."""

from dataclasses import dataclass, replace

from helpers.cognito.models import Contact, Pool, User

WORDS = {"email": "e-mail", "phone_number": "text message"}
KINDS = {"email": "e-mail address", "phone_number": "phone number"}
FACTOR = {"email": "EMAIL_OTP", "phone_number": "SMS_MFA"}
POOL_UNREAD = "The user pool's settings could not be read, so where a code would go is not known."
_CONTACT_OF = {"verified_email": "email", "verified_phone_number": "phone_number"}


@dataclass(frozen=True)
class Route:
    """Where a reset code would go. contact: None for nowhere, or where it is not known.

    why: the reason, in sentences. known: whether everything that decides could be read. ineligible:
    verified contacts that may not carry a code, each with "factor" (it is the user's second factor)
    or "unlisted" (the pool does not recover by it).
    """

    contact: Contact | None
    why: tuple[str, ...]
    known: bool = True
    ineligible: tuple[tuple[Contact, str], ...] = ()


def order(pool: Pool) -> list[str]:
    """Return the kinds of contact that a pool sends codes to, the preferred one first.

    A pool that sets no order prefers the phone. Source: developer guide, "Passwords, account
    recovery, and password policies".
    """
    return [_CONTACT_OF[name] for name in pool.recovery if name in _CONTACT_OF] or [
        "phone_number",
        "email",
    ]


def can_be_sent_to(user: User) -> bool:
    """Whether the state of an account lets Cognito send a reset code at all, to any contact."""
    begins = user.first_factors is None or "PASSWORD" in user.first_factors
    return user.enabled and user.status in ("CONFIRMED", "RESET_REQUIRED") and begins


def route(user: User, pool: Pool | None) -> Route:
    """Say where Cognito would send a reset code for this user, and why there; or why nowhere.

    The order is that of the pool's account recovery; without one, a verified phone comes before a
    verified e-mail. A contact that is the user's (preferred) second factor cannot carry a code,
    except by SMS in a pool without such an order. Source: developer guide, "Passwords, account
    recovery, and password policies".
    """
    verified = {contact.attribute: contact for contact in user.contacts if contact.verified}
    if pool is None:
        return Route(None, (POOL_UNREAD,), known=not verified)
    if "admin_only" in pool.recovery:
        return Route(
            None, ("The pool's account recovery is admin_only: no code is sent on request.",)
        )
    kinds = order(pool)
    factors = {user.preferred_factor} if user.preferred_factor else set(user.factors)
    said = (
        f"The pool sends codes by {', then by '.join(WORDS[one] for one in kinds)}."
        if pool.recovery
        else (
            "The pool sets no order of recovery, so a verified phone comes before a verified"
            " e-mail."
        )
    )
    ineligible = []
    for attribute in kinds:
        contact = verified.get(attribute)
        if contact is None:
            continue
        if FACTOR[attribute] in factors and (pool.recovery or attribute == "email"):
            ineligible.append((contact, "factor"))
            continue
        passed = tuple(
            f"{one.shown} is the user's second factor, so no code goes there."
            for one, _ in ineligible
        )
        return Route(
            contact,
            (said, *passed, f"A code would go by {WORDS[attribute]} to {contact.shown}."),
            ineligible=tuple(ineligible),
        )
    ineligible += [
        (contact, "unlisted") for attribute, contact in verified.items() if attribute not in kinds
    ]
    return Route(None, (said, "So no code can be sent."), ineligible=tuple(ineligible))


def would_be_eligible(user: User, pool: Pool | None) -> tuple[Contact, ...]:
    """Return the contacts to which a code would go if they were verified.

    Where the pool could not be read, each contact that is not verified might be one.
    """

    def carries(one: Contact) -> bool:
        verified_too = replace(one, verified=True)
        contacts = tuple(verified_too if each is one else each for each in user.contacts)
        return pool is None or route(replace(user, contacts=contacts), pool).contact == verified_too

    return tuple(one for one in user.contacts if not one.verified and carries(one))
