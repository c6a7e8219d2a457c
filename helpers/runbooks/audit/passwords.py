"""Judges a new password: its rules, its history, and whether a stolen one is noticed.

Pure: facts in, findings out. The facts about Cognito are those of the developer guide and the API
reference, and, where a finding says so, of public reports.
"""

from collections.abc import Iterator

from helpers.cognito.models import Pool
from helpers.runbooks.audit.finding import Finding, Level, Place, Sure, well

_SHORT, _LONG = 12, 20  # characters of a password, by rule of thumb
_PASSWORDS = "developer guide, Passwords and account recovery"


def passwords(pool: Pool) -> Iterator[Finding]:
    """Judge the password policy, its history and threat protection."""
    yield from _policy(pool)
    yield from _history(pool)
    yield from _threats(pool)


def _policy(pool: Pool) -> Iterator[Finding]:
    policy, setting = pool.policy, "PasswordPolicy"
    rules = ", ".join(rule.words for rule in policy.rules())
    all_kinds = (
        policy.require_uppercase
        and policy.require_lowercase
        and policy.require_numbers
        and policy.require_symbols
    )
    strict = f"it asks for {rules}"
    fix = f"Ask for at least 8 characters of all four kinds, or for {_SHORT} and more of any."
    besides = "present passwords stay as they are; the rules hold for the next one."
    if policy.minimum_length < 8:
        yield Finding(
            Level.AT_RISK,
            Place.OPENS,
            setting,
            "short passwords",
            "A new password may be shorter than Cognito's own default of 8 characters.",
            strict,
            Sure.DOCUMENTED,
            _PASSWORDS,
            fix,
            besides,
            "UpdateUserPool",
        )
    elif not all_kinds and policy.minimum_length < _SHORT:
        yield Finding(
            Level.WORTH_KNOWING,
            Place.OPENS,
            setting,
            "weaker than the default",
            "A new password needs fewer kinds of characters than by Cognito's own default, and is"
            " not long either.",
            strict,
            Sure.OURS,
            _PASSWORDS,
            fix,
            besides,
            "UpdateUserPool",
        )
    elif policy.minimum_length > _LONG:
        yield Finding(
            Level.WORTH_KNOWING,
            Place.OPENS,
            setting,
            "hard to meet",
            "Passwords will be refused more often, and each try spends one of the user's 5 to 20 in"
            " an hour.",
            strict,
            Sure.OURS,
            _PASSWORDS,
            "Show users the rules before they choose; ask for fewer characters.",
            besides,
            "UpdateUserPool",
        )
    else:
        yield well(
            Place.OPENS,
            setting,
            "password policy",
            "Tell users these rules before they choose.",
            strict,
            _PASSWORDS,
        )


def _history(pool: Pool) -> Iterator[Finding]:
    setting, size = "PasswordPolicy", pool.policy.history_size
    if size:
        yield well(
            Place.OPENS,
            setting,
            "no old passwords",
            "An earlier password is refused at a reset; the code stays good.",
            f"PasswordHistorySize is {size}",
            _PASSWORDS,
        )
    else:
        yield Finding(
            Level.WORTH_KNOWING,
            Place.OPENS,
            setting,
            "old passwords come back",
            "The new password may be the old one again, also when that one was stolen.",
            "PasswordHistorySize is 0: no password is remembered",
            Sure.DOCUMENTED,
            _PASSWORDS,
            "Remember some passwords; up to 24 can be."
            + (
                " The plan Lite cannot: set the UserPoolTier to ESSENTIALS along with it."
                if pool.plan == "LITE"
                else ""
            ),
            "it needs the plan Essentials or Plus, and users meet one more refusal.",
            "UpdateUserPool",
        )


def _threats(pool: Pool) -> Iterator[Finding]:
    setting = "UserPoolAddOns"
    if pool.threat_protection == "OFF":
        yield Finding(
            Level.WORTH_KNOWING,
            Place.OPENS,
            setting,
            "nothing is recorded",
            "Cognito records no sign-ins and resets of a user (AdminListUserAuthEvents), and does"
            " not look for passwords that are known to be stolen.",
            f"AdvancedSecurityMode is OFF{f'; the plan is {pool.plan}' if pool.plan else ''}",
            Sure.DOCUMENTED,
            "API reference, UserPoolAddOnsType",
            "Set AUDIT first, to record only"
            + ("." if pool.plan == "PLUS" else ", and the UserPoolTier to PLUS along with it."),
            "it needs the plan Plus; ENFORCED may also block users who are who they say they are.",
            "UpdateUserPool",
        )
    else:
        yield well(
            Place.OPENS,
            setting,
            "threat protection",
            "A user's sign-ins and resets can be looked up."
            + (
                " It may block one: Request not allowed due to security reasons."
                if pool.threat_protection == "ENFORCED"
                else ""
            ),
            f"AdvancedSecurityMode is {pool.threat_protection}",
            "API reference, UserPoolAddOnsType",
        )
