"""Where a code goes, what of it the caller sees, and the message itself."""

import hashlib
from typing import Any

from . import triggers
from .limits import within_a_second
from .names import CONTACTS, EMAIL, PHONE, is_verified
from .refusal import ApiError, invalid
from .work import Doc, Transaction

_MEDIUM = {"email": "EMAIL", "phone_number": "SMS"}
_CONTACT_OF = {"verified_email": "email", "verified_phone_number": "phone_number"}
_FACTOR = {"email": "EMAIL_OTP", "phone_number": "SMS_MFA"}
_DEFAULT_SUBJECT = "Your verification code"
_DEFAULT_MESSAGE = "Your verification code is {####}"
DAILY_LIMIT_TEXT = (
    "Exceeded daily email limit for the operation or the account. If a higher limit is required,"
    " please configure your user pool to use your own Amazon SES configuration for sending email."
)
_FAILURES = {
    "code": ("CodeDeliveryFailureException", "Invalid email provided/Unable to send the email"),
    "sms-trust": (
        "InvalidSmsRoleTrustRelationshipException",
        "Role does not have a trust relationship allowing Cognito to assume the role",
    ),
    "sms-access": (
        "InvalidSmsRoleAccessPolicyException",
        "Role does not have permission to publish with SNS",
    ),
    "email-access": ("InvalidEmailRoleAccessPolicyException", "Email address is not verified."),
    "daily-limit": ("LimitExceededException", DAILY_LIMIT_TEXT),
}
_DAY, _RENEWAL = 86_400.0, 9 * 3600.0


def no_contact() -> ApiError:
    """Return the refusal of a reset for which there is no eligible contact."""
    return invalid(
        "Cannot reset password for the user as there is no registered/verified email or"
        " phone_number"
    )


def is_admin_only(pool: Doc) -> bool:
    """Say whether only an administrator may reset passwords in this pool."""
    return any(one["Name"] == "admin_only" for one in _mechanisms(pool))


def recovery_contact(pool: Doc, user: Doc) -> str | None:
    """Return the attribute to which a reset code goes, None where none is eligible.

    By priority of the pool's AccountRecoverySetting; without one, a verified phone comes before a
    verified e-mail. A contact that is the user's second factor cannot carry a code (developer
    guide, "Passwords, account recovery"), except by SMS in a pool without the setting, where the
    console offers just that.
    """
    mechanisms = _mechanisms(pool)
    if mechanisms:
        ordered = [
            _CONTACT_OF[one["Name"]]
            for one in sorted(mechanisms, key=_priority)
            if one["Name"] in _CONTACT_OF
        ]
    else:
        ordered = ["phone_number", "email"]
    factors = second_factors(user)
    for contact in ordered:
        is_factor = _FACTOR[contact] in factors and (bool(mechanisms) or contact == "email")
        if is_verified(user, contact) and not is_factor:
            return contact
    return None


def is_selected(pool: Doc, contact: str) -> bool:
    """Whether the pool verifies this kind of contact, recovers by it, or selects nothing.

    AdminResetUserPassword words its message as conditional on the pool's selection (API reference).
    That the call succeeds without a message otherwise, and that a pool without any selection sends
    one, are heuristics.
    """
    selected = {_CONTACT_OF.get(one["Name"]) for one in _mechanisms(pool)} | set(
        pool.get("AutoVerifiedAttributes", ())
    )
    return not selected or contact in selected


def second_factors(user: Doc) -> set[str]:
    """Return the user's preferred second factor, or all enabled ones where none is preferred."""
    mfa = user.get("mfa") or {}
    return {mfa["preferred"]} if mfa.get("preferred") else set(mfa.get("enabled", ()))


def details(user: Doc, contact: str) -> Doc:
    """Return CodeDeliveryDetails for a message to a contact."""
    return {
        "Destination": masked(user["attributes"][contact]),
        "DeliveryMedium": _MEDIUM[contact],
        "AttributeName": contact,
    }


def masked(address: str) -> str:
    """Return an address as Cognito shows it: `d***@e***`, or `+*******1234`."""
    if "@" in address:
        local, domain = address.split("@", 1)
        return f"{local[:1]}***@{domain[:1]}***"
    return "+" + "*" * max(len(address) - 5, 0) + address[-4:]


def simulated(work: Transaction, pool: Doc, name: str) -> Doc:
    """Return CodeDeliveryDetails that look as if there were such a user; nothing is sent.

    The medium follows the form of the name and what the pool verifies (developer guide, user
    existence errors). The rest is a heuristic: one pool and name always give the same, and it tends
    to end like a whole address.
    """
    digest = hashlib.sha256(f"{pool['Id']}\n{name}".encode("utf-8", "surrogatepass")).digest()
    verified = pool.get("AutoVerifiedAttributes", [])
    by_phone = "phone_number" in verified and (PHONE.fullmatch(name) or "email" not in verified)
    if by_phone and not EMAIL.fullmatch(name):
        return {
            "Destination": f"+*******{int.from_bytes(digest[:4], 'big') % 10_000:04}",
            "DeliveryMedium": "SMS",
            "AttributeName": "phone_number",
        }
    first, second = (chr(ord("a") + byte % 26) for byte in digest[:2])
    return {
        "Destination": f"{first}***@{second}***{work.settings['simulated_tail']}",
        "DeliveryMedium": "EMAIL",
        "AttributeName": "email",
    }


def send(
    work: Transaction,
    pool: Doc,
    user: Doc,
    contact: str,
    code: str,
    *,
    source: str,
    client_id: str | None = None,
    metadata: Doc | None = None,
    entered: str | None = None,
    without: str = "",
) -> None:
    """Send one message to a contact, through the CustomMessage trigger where there is one.

    source: the trigger source, such as CustomMessage_ForgotPassword. without: a failure that this
    operation has no error for; the message is then lost in silence.
    """
    # A pool of a training case fails in a way of its own.
    how = pool.get("delivery") or work.settings["delivery_failure"]
    if how == "none" and contact == "phone_number" and not _sends_sms(pool):
        how = work.settings["sms_without_role"]
    if how in ("lost", without):
        return
    failure = _FAILURES.get(how)
    if failure is not None and not (how == "daily-limit" and contact != "email"):
        raise ApiError(*failure)
    by_ses = pool.get("EmailConfiguration", {}).get("EmailSendingAccount") == "DEVELOPER"
    if contact == "email" and by_ses:
        if not within_a_second(work, "mail", work.settings["mail_rate"]):
            return
    elif contact == "email" and _over_daily_limit(work):
        if work.settings["mail_limit_answer"] == "error":
            raise ApiError("LimitExceededException", DAILY_LIMIT_TEXT)
        return
    subject, text = _template(pool, contact)
    custom = triggers.custom_message(work, pool, user, source, client_id, metadata)
    if contact == "email":
        subject, text = custom.get("emailSubject") or subject, custom.get("emailMessage") or text
    else:
        text = custom.get("smsMessage") or text
    post(
        work,
        pool,
        user,
        contact,
        code,
        source=source,
        client_id=client_id,
        entered=entered,
        subject=subject,
        body=text.replace("{####}", code),
    )


def post(
    work: Transaction,
    pool: Doc,
    user: Doc,
    contact: str,
    code: str | None,
    *,
    source: str,
    client_id: str | None,
    entered: str | None,
    subject: str,
    body: str,
) -> None:
    """Put a message into the mailbox as it is."""
    by_mail = contact == "email"
    message: dict[str, Any] = {
        "pool_id": pool["Id"],
        "client_id": client_id,
        "username": user["username"],
        "entered": entered,
        "destination": user["attributes"][contact],
        "medium": _MEDIUM[contact],
        "trigger_source": source,
        "code": code,
        "sent_at": work.now,
        "sender": "no-reply@verificationemail.com" if by_mail else "NOTICE",
        "subject": subject if by_mail else None,
        "body": body,
    }
    work.post(message)


def auto_verified_contact(pool: Doc, user: Doc) -> str | None:
    """Return the user's contact that the pool verifies at sign-up, None for none."""
    for contact in reversed(CONTACTS):
        if contact in pool.get("AutoVerifiedAttributes", ()) and user["attributes"].get(contact):
            return contact
    return None


def _template(pool: Doc, contact: str) -> tuple[str, str]:
    template = pool.get("VerificationMessageTemplate", {})
    if contact == "email":
        subject = (
            template.get("EmailSubject") or pool.get("EmailVerificationSubject") or _DEFAULT_SUBJECT
        )
        return (
            subject,
            template.get("EmailMessage")
            or pool.get("EmailVerificationMessage")
            or _DEFAULT_MESSAGE,
        )
    return "", template.get("SmsMessage") or pool.get("SmsVerificationMessage") or _DEFAULT_MESSAGE


def _sends_sms(pool: Doc) -> bool:
    # A function that sends SMS itself is kept and not run: its messages go to the mailbox like all
    # others.
    return bool(pool.get("SmsConfiguration") or pool.get("LambdaConfig", {}).get("CustomSMSSender"))


def _over_daily_limit(work: Transaction) -> bool:
    limit = work.settings["daily_mail_limit"]
    if not limit:
        return False
    # The day of the default sender begins at 09:00 UTC.
    day = int((work.now - _RENEWAL) // _DAY)
    mails = work.counters("", "account").setdefault("mails", {"day": day, "sent": 0})
    if mails["day"] != day:
        mails.update(day=day, sent=0)
    if mails["sent"] >= limit:
        return True
    mails["sent"] += 1
    return False


def _mechanisms(pool: Doc) -> list[Doc]:
    return list(pool.get("AccountRecoverySetting", {}).get("RecoveryMechanisms") or [])


def _priority(mechanism: Doc) -> int:
    return int(mechanism["Priority"])
