"""Judges who sends a code: e-mail, SMS, and functions that write or send the message.

Pure: facts in, findings out. The facts about Cognito are those of the developer guide and the API
reference, and, where a finding says so, of public reports.
"""

from collections.abc import Iterator

from helpers.cognito.models import Pool
from helpers.runbooks.audit.finding import Finding, Level, Place, Sure, well


def sending(pool: Pool) -> Iterator[Finding]:
    """Judge what sends the codes."""
    yield from _mail(pool)
    yield from _sms(pool)
    yield from _message_triggers(pool)


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
            "Fix the role (sms policy and trust), or move the account out of the SMS sandbox.",
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
