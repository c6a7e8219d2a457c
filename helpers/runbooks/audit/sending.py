"""Will a code reach the user? The settings of a pool that decide where a reset code goes, and who
sends it.

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


def sending(pool: Pool) -> Iterator[Finding]:
    """Judge where codes go and who sends them."""
    yield from _recovery(pool)
    yield from _verified(pool)
    yield from _changed_contacts(pool)
    yield from _excluded(pool)
    yield from _mail(pool)
    yield from _sms(pool)
    yield from _message_triggers(pool)


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
                ", and by SMS even to users whose second factor is SMS: whoever has the phone needs"
                " nothing else to take the account."
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
            "users who are used to codes by SMS get them by e-mail, and whoever has no verified"
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
            "whoever can read a user's messages can then set a new password.",
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
    besides = "whoever signs up gets a message with a code from then on."
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
            f"Whoever signs up has no verified contact, and so no way to reset. {_NO_CONTACT}",
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
            "Whoever signs up proves the contact. Users whom an administrator makes or confirms"
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
            "No second factor stands in the way of a code.",
            f"the pool offers {', '.join(pool.factors) or 'none'}",
            _RECOVERY,
        )


def _mail(pool: Pool) -> Iterator[Finding]:
    setting = "EmailConfiguration"
    if "CustomEmailSender" in pool.triggers or "email" not in (*pool.channels, *pool.verifies):
        return
    if pool.sender != "DEVELOPER":
        yield Finding(
            Level.RESETS_FAIL,
            Place.SENDER,
            setting,
            "50 e-mails a day",
            "After 50 e-mails in a day, of all pools of the account together, no code is sent until"
            ' 09:00 UTC. Cognito then answers "Exceeded daily email limit"; one operator saw'
            " messages vanish instead.",
            f"EmailSendingAccount is {pool.sender}, Cognito's own sender",
            Sure.DOCUMENTED,
            "developer guide, Quotas",
            "Send through Amazon SES: verify a sender there, leave the SES sandbox, then set"
            " DEVELOPER and its SourceArn.",
            "SES bills its messages, and bounces and complaints become yours to watch.",
            "UpdateUserPool",
        )
    else:
        yield well(
            Place.SENDER,
            setting,
            "e-mail through SES",
            "No daily limit of Cognito's. Whether SES has verified the sender and left its sandbox"
            " cannot be seen here: aws sesv2 get-account.",
            f"Amazon SES, from {pool.mail_from or 'an address that is not shown'}",
            "API reference, EmailConfigurationType",
        )


def _sms(pool: Pool) -> Iterator[Finding]:
    ways, setting = pool.channels, "SmsConfiguration"
    carries = "phone_number" in ways
    if "CustomSMSSender" in pool.triggers or not (carries or "SMS_MFA" in (pool.factors or ())):
        return
    first = pool.recovery[:1] == ("verified_phone_number",)
    worst = Level.RESETS_FAIL if carries else Level.WORTH_KNOWING
    source = "API reference, SmsConfigurationType"
    if not pool.sms_role:
        yield Finding(
            Level.RESETS_FAIL if first else Level.WORTH_KNOWING,
            Place.SENDER,
            setting,
            "nothing can send SMS",
            "A code that has to go by SMS cannot be sent. Which error the caller then gets is not"
            " known.",
            "no role for sending SMS is set",
            Sure.DOCUMENTED,
            source,
            "Set a role that Cognito may use to send SMS, or name recovery mechanisms without the"
            " phone number.",
            "SMS are billed, and need a spending limit.",
            "UpdateUserPool",
        )
        return
    if pool.sms_failure:
        yield Finding(
            worst,
            Place.SENDER,
            "SmsConfigurationFailure",
            "SMS cannot be sent",
            "Cognito itself says why SMS do not reach users. SNSSandbox: only phone numbers"
            " verified in Amazon SNS get any.",
            f"Cognito says: {pool.sms_failure}",
            Sure.DOCUMENTED,
            "API reference, UserPoolType",
            "Mend the role (sms policy and trust), or move the account out of the SMS sandbox.",
        )
    region = pool.pool_id.partition("_")[0]
    if pool.sms_region and pool.sms_region != region:
        yield Finding(
            Level.WORTH_KNOWING,
            Place.SENDER,
            setting,
            "SMS go through another region",
            f"Sandbox, spending limit and delivery logs of SMS are those of {pool.sms_region}, not"
            f" of {region}.",
            f"SnsRegion is {pool.sms_region}",
            Sure.REPORTED,
            "aws-amplify/amplify-js#7810",
            "Nothing, where it is meant so; look for missing messages in that region.",
        )
    if not pool.sms_external_id:
        yield Finding(
            Level.WORTH_KNOWING,
            Place.SENDER,
            setting,
            "no external id",
            "The role that sends SMS can be guarded less well against use by others.",
            "no ExternalId is set",
            Sure.DOCUMENTED,
            source,
            "Set an ExternalId in the pool and ask for it in the role's trust policy.",
            "pool and trust policy have to agree, or sending fails.",
            "UpdateUserPool",
        )
    if not pool.sms_failure:
        yield well(
            Place.SENDER,
            setting,
            "SMS",
            "Cognito reports no fault. The SMS sandbox and the month's spending limit are not"
            " always seen here: aws sns get-sms-sandbox-account-status, aws sns"
            " get-sms-attributes.",
            f"{pool.sms_service or 'a role'}, no failure reported",
            "API reference, UserPoolType",
        )


def _message_triggers(pool: Pool) -> Iterator[Finding]:
    if not pool.channels:
        return
    if "CustomMessage" in pool.triggers:
        own = pool.sender == "DEVELOPER" or "email" not in (*pool.channels, *pool.verifies)
        yield Finding(
            Level.WORTH_KNOWING if own else Level.RESETS_FAIL,
            Place.SENDER,
            "LambdaConfig",
            "a function writes the message",
            "It runs for every code, as CustomMessage_ForgotPassword. When it fails or takes longer"
            " than five seconds, no code is sent."
            + (
                ""
                if own
                else (
                    " Without Amazon SES, a text for e-mails that it returns is refused "
                    "(InvalidLambdaResponseException)."
                )
            ),
            f"CustomMessage is set; EmailSendingAccount is {pool.sender}",
            Sure.DOCUMENTED,
            "developer guide, Custom message trigger",
            "Try a reset and read the function's log."
            + ("" if own else " Send through Amazon SES, or return a text for SMS alone."),
            through="" if own else "UpdateUserPool",
        )
    for name, medium in (("CustomEmailSender", "e-mails"), ("CustomSMSSender", "SMS")):
        if name in pool.triggers:
            yield Finding(
                Level.WORTH_KNOWING,
                Place.SENDER,
                "LambdaConfig",
                f"a function sends {medium}",
                "Cognito hands the code, encrypted, to a function and does not wait for it: when"
                " the function fails, no code arrives, and the caller is not told.",
                f"{name} is set",
                Sure.DOCUMENTED,
                "developer guide, Custom sender triggers",
                "When codes do not arrive, read that function's log first, and its right to use the"
                " KMS key.",
            )


def _words(attributes: tuple[str, ...] | list[str]) -> str:
    return ", ".join(attributes) or "none"


def _listed(pool: Pool) -> str:
    return ", or, where the user has none, to the ".join(_WORD[way] for way in pool.channels)
