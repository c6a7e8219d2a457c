"""Judges what a user, or a stranger with the user's mailbox, can begin a sign-in with.

Pure: facts in, findings out. The facts about Cognito are those of the developer guide and the API
reference.
"""

from collections.abc import Iterator

from helpers.cognito.models import Pool
from helpers.runbooks.audit.finding import Finding, Level, Place, Sure, well

_CODES = {"EMAIL_OTP": "email", "SMS_OTP": "phone_number"}
_HOLDS = {"email": "mailbox", "phone_number": "phone"}
_RECOVERY = "developer guide, Passwords and account recovery"


def signing_in(pool: Pool) -> Iterator[Finding]:
    """Judge the first factors, and what a stolen mailbox or phone alone can do."""
    yield from _first_factors(pool)
    yield from _stolen(pool)


def _first_factors(pool: Pool) -> Iterator[Finding]:
    setting, seen = "SignInPolicy", f"AllowedFirstAuthFactors: {', '.join(pool.first_factors)}"
    if set(_CODES) & set(pool.first_factors):
        yield Finding(
            Level.WORTH_KNOWING,
            Place.OPENS,
            setting,
            "users may have no password",
            "Where a code alone signs in, a user can be made without a password. Such a user has"
            " nothing to reset.",
            seen,
            Sure.DOCUMENTED,
            "API reference, AdminCreateUser",
            "Nothing. When such a user calls, diagnose-user says so.",
        )
    if "WEB_AUTHN" in pool.first_factors:
        yield Finding(
            Level.WORTH_KNOWING,
            Place.OPENS,
            setting,
            "a passkey outlasts a reset",
            "A passkey that an intruder has registered signs in after the reset too. Only the"
            " signed-in user can list and delete passkeys; no administrator's call does.",
            seen,
            Sure.INFERRED,
            "API reference, ListWebAuthnCredentials",
            "Have the application show users their passkeys. After a takeover the user looks them"
            " over before anything else.",
        )
    if pool.first_factors == ("PASSWORD",):
        yield well(
            Place.OPENS,
            setting,
            "first factors",
            "Every sign-in begins with a password; none begins with a code or a passkey.",
            seen,
            "API reference, SignInPolicyType",
        )


def _stolen(pool: Pool) -> Iterator[Finding]:
    """Add up what one message opens: a reset, a sign-in by a code, and what is asked besides."""
    setting = "MfaConfiguration"
    codes = [_CODES[one] for one in pool.first_factors if one in _CODES]
    opens = list(dict.fromkeys([*pool.channels, *codes]))
    if not opens:
        return
    ways = " or ".join(_HOLDS[one] for one in opens)
    does = (
        [f"sign in by a code ({', '.join(set(pool.first_factors) & set(_CODES))})"] if codes else []
    )
    does += ["set a new password"] if pool.channels else []
    seen = (
        f"recovery by {', '.join(pool.channels) or 'administrators alone'}; first factors"
        f" {', '.join(pool.first_factors)}; MFA is {pool.mfa}"
    )
    if pool.mfa == "OFF":
        yield Finding(
            Level.AT_RISK,
            Place.OPENS,
            setting,
            "one stolen message is enough",
            f"Anyone who can read a user's {ways} can {' and '.join(does)}. Nothing else is asked"
            " for. Devices that were signed in stay so, and the user gets no notice.",
            seen,
            Sure.INFERRED,
            _RECOVERY,
            "Offer a second factor that no code is sent to, such as an authenticator app or a"
            " passkey.",
            "the application has to ask for the factor; a lost one is one more case for support.",
            "SetUserPoolMfaConfig",
        )
    else:
        yield well(
            Place.OPENS,
            setting,
            "second factor",
            "A reset does not touch it: a user who has one is asked for it at the next sign-in"
            + (
                ", and only those: for others one stolen message is enough."
                if pool.mfa == "OPTIONAL"
                else "."
            ),
            seen,
            _RECOVERY,
        )
