"""Judges where a code goes: recovery, verified contacts, and second factors in the way.

Pure: facts in, findings out. The facts about Cognito are those of the developer guide and the API
reference, and, where a finding says so, of public reports.
"""

from collections.abc import Iterator

from helpers.cognito.models import Pool
from helpers.runbooks.audit.finding import Finding, Level, Place, Sure, needs_role, well

_WORD = {"email": "e-mail address", "phone_number": "phone number"}
_FACTOR = {"email": "EMAIL_OTP", "phone_number": "SMS_MFA"}
_RECOVERY = "developer guide, Passwords and account recovery"
_NO_CONTACT = (
    'Cognito refuses with "no registered/verified email or phone_number", or, where the app client'
    " hides who exists, says that a code was sent and sends none."
)


def contacts(pool: Pool) -> Iterator[Finding]:
    """Judge to which contacts codes go, and whether those are verified."""
    yield from _recovery(pool)
    yield from _verified(pool)
    yield from _changed_contacts(pool)
    yield from _excluded(pool)


def _recovery(pool: Pool) -> Iterator[Finding]:
    setting = "AccountRecoverySetting"
    if not pool.recovery:
        # Where no SMS is a second factor, the same phone opens no more than a mailbox would.
        risky = pool.mfa != "OFF" and (pool.factors is None or "SMS_MFA" in pool.factors)
        yield Finding(
            Level.AT_RISK if risky else Level.WORTH_KNOWING,
            Place.POOL,
            setting,
            "recovery is not set",
            "Codes go to a verified phone number first, also where users look for them in their"
            " mailbox"
            + (
                ", and by SMS even to users whose second factor is SMS: anyone who has the phone"
                " needs nothing else to take the account."
                if risky
                else "."
            ),
            "no recovery mechanism is set, so the legacy behaviour holds"
            + (
                f"; MFA is {pool.mfa},"
                f" {'with SMS_MFA' if pool.factors else 'its factors were not read'}"
                if risky
                else ""
            ),
            Sure.DOCUMENTED,
            _RECOVERY,
            "Name the mechanisms: verified_email first, and verified_phone_number second if it is"
            " wanted.",
            "users who are used to codes by SMS get them by e-mail, and a user who has no verified"
            " contact among those named gets none.",
            "UpdateUserPool",
        )
    elif "admin_only" in pool.recovery:
        yield Finding(
            Level.RESETS_FAIL,
            Place.POOL,
            setting,
            "only administrators reset",
            "Nobody can reset a password alone: no code is sent, and an administrator has to set a"
            " password (AdminSetUserPassword). That may be meant so.",
            "the only recovery mechanism is admin_only",
            Sure.DOCUMENTED,
            _RECOVERY,
            "If users are to help themselves, name verified_email, or verified_phone_number, or"
            " both.",
            "anyone who can read a user's messages can then set a new password.",
            "UpdateUserPool",
        )
    else:
        yield well(
            Place.POOL,
            setting,
            "where codes go",
            f"A code goes to the verified {_listed(pool)}.",
            f"recovery is {', '.join(pool.recovery)}",
            _RECOVERY,
        )


def _verified(pool: Pool) -> Iterator[Finding]:
    ways, setting = pool.channels, "AutoVerifiedAttributes"
    missing = [way for way in ways if way not in pool.verifies]
    seen = f"verified by itself: {_words(pool.verifies)}; codes may go to: {_words(ways)}"
    fix = (
        "Have Cognito verify the contacts that codes go to; verify those of present users one by"
        " one." + needs_role(missing, sms_role=pool.sms_role)
    )
    besides = "anyone who signs up gets a message with a code from then on."
    if ways and len(missing) == len(ways) and pool.only_admins_create:
        yield Finding(
            Level.WORTH_KNOWING,
            Place.ARRIVES,
            setting,
            "contacts stay unverified",
            "Who makes a user has to mark the contact as verified, or the user has no way to"
            f" reset. {_NO_CONTACT}",
            f"{seen}; sign-up is for administrators only",
            Sure.DOCUMENTED,
            _RECOVERY,
            "Mark the contact as verified when the user is made (AdminCreateUser), and that of"
            " present users one by one.",
        )
    elif ways and len(missing) == len(ways):
        yield Finding(
            Level.RESETS_FAIL,
            Place.ARRIVES,
            setting,
            "contacts stay unverified",
            f"A user who signs up has no verified contact, and so no way to reset. {_NO_CONTACT}",
            seen,
            Sure.DOCUMENTED,
            _RECOVERY,
            fix,
            besides,
            "UpdateUserPool",
        )
    elif missing and pool.recovery:
        yield Finding(
            Level.WORTH_KNOWING,
            Place.ARRIVES,
            setting,
            f"the {_WORD[missing[0]]} stays unverified",
            f"The {_WORD[missing[0]]} is named for recovery and is not verified by itself, so for"
            " most users it is no way.",
            seen,
            Sure.DOCUMENTED,
            _RECOVERY,
            fix,
            besides,
            "UpdateUserPool",
        )
    elif ways:
        yield well(
            Place.ARRIVES,
            setting,
            "contacts are verified",
            "A user who signs up proves the contact. Users whom an administrator makes or confirms"
            " still need it marked as verified.",
            seen,
            _RECOVERY,
        )


def _changed_contacts(pool: Pool) -> Iterator[Finding]:
    setting = "UserAttributeUpdateSettings"
    loose = [
        way for way in pool.channels if way not in pool.verifies_changes and way in pool.verifies
    ]
    if loose:
        yield Finding(
            Level.WORTH_KNOWING,
            Place.ARRIVES,
            setting,
            "changed contacts count at once",
            f"A user who changes the {_WORD[loose[0]]} loses the old one before the new one is"
            " proved: after a slip of the finger no code arrives any more.",
            f"a new value has to be proved first for: {_words(pool.verifies_changes)}",
            Sure.INFERRED,
            "API reference, UserAttributeUpdateSettingsType",
            f"Require verification before an update for: {_words(loose)}.",
            "the old value stays in force until the user has entered the code sent to the new one.",
            "UpdateUserPool",
        )
    elif pool.channels and pool.verifies_changes:
        yield well(
            Place.ARRIVES,
            setting,
            "changed contacts",
            "A new contact counts when the user has proved it.",
            f"proved first: {_words(pool.verifies_changes)}",
            "API reference, UserAttributeUpdateSettingsType",
        )


def _excluded(pool: Pool) -> Iterator[Finding]:
    ways, setting = pool.channels, "AccountRecoverySetting and MFA"
    if pool.mfa == "OFF" or not ways:
        return
    if pool.factors is None:
        yield Finding(
            Level.NOT_KNOWN,
            Place.ARRIVES,
            setting,
            "second factors not read",
            "A contact that is a user's second factor gets no reset codes. Which factors the pool"
            " offers is not known.",
            f"MFA is {pool.mfa}",
            Sure.DOCUMENTED,
            _RECOVERY,
            "Read them: GetUserPoolMfaConfig.",
        )
        return
    # Without the setting, a code goes by SMS also to a user whose factor that is; that is a finding
    # of its own.
    hit = [
        way for way in ways if _FACTOR[way] in pool.factors and (pool.recovery or way == "email")
    ]
    for way in hit:
        others = [other for other in ways if other != way]
        yield Finding(
            Level.WORTH_KNOWING if others else Level.RESETS_FAIL,
            Place.ARRIVES,
            setting,
            f"{_FACTOR[way]} excludes the {_WORD[way]}",
            f"A user whose second factor is {_FACTOR[way]} gets no code at that {_WORD[way]}"
            + (
                f", and needs a verified {_WORD[others[0]]}. "
                if others
                else ", and there is no other way. "
            )
            + _NO_CONTACT,
            f"recovery is {', '.join(pool.recovery) or 'not set'}; the pool offers"
            f" {', '.join(pool.factors)}",
            Sure.DOCUMENTED,
            _RECOVERY,
            "Have both contacts for recovery, or authenticator apps as the factor, which exclude"
            " nothing.",
            "users without the other contact have to add and verify it first.",
            "UpdateUserPool",
        )
    if not hit:
        yield well(
            Place.ARRIVES,
            setting,
            "second factors",
            "No second factor keeps a code from arriving.",
            f"the pool offers {', '.join(pool.factors) or 'none'}",
            _RECOVERY,
        )


def _words(attributes: tuple[str, ...] | list[str]) -> str:
    return ", ".join(attributes) or "none"


def _listed(pool: Pool) -> str:
    return ", or, where the user has none, to the ".join(_WORD[way] for way in pool.channels)
