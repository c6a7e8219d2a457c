"""Judges who is found when a code is asked for: names, invitations, triggers.

Pure: facts in, findings out. The facts about Cognito are those of the developer guide and the API
reference, and, where a finding says so, of public reports.
"""

from collections.abc import Iterator

from helpers.cognito.models import Pool
from helpers.runbooks.audit.finding import Finding, Level, Place, Sure, needs_role, well

_FEW, _MANY = 3, 30  # days of an invitation, by rule of thumb
_PASSWORDS = "developer guide, Passwords and account recovery"
_AT_RESETS = (
    "CustomEmailSender",
    "CustomMessage",
    "CustomSMSSender",
    "PostConfirmation",
    "UserMigration",
)


def finding_users(pool: Pool) -> Iterator[Finding]:
    """Judge by which names users are found, how they are invited, and what runs beside."""
    yield from _names(pool)
    yield from _invitations(pool)
    yield from _triggers(pool)


def _names(pool: Pool) -> Iterator[Finding]:
    source = "developer guide, User pool case sensitivity"
    if pool.case_sensitive and pool.sign_in_names != ("phone_number",):
        yield Finding(
            Level.RESETS_FAIL,
            Place.POOL,
            "UsernameConfiguration",
            "capitals count",
            "A user who types Diego@ for diego@ is unknown, and gets no code.",
            "CaseSensitive is true, or not set",
            Sure.DOCUMENTED,
            source,
            "It cannot be changed in this pool. Have the application turn names into lower case"
            " before it sends them; make the next pool with CaseSensitive false.",
            "users whose name was stored with capitals have to be brought over first.",
        )
    else:
        yield well(
            Place.POOL,
            "UsernameConfiguration",
            "capitals do not count",
            "A user is found however the name is typed.",
            "names are phone numbers" if pool.case_sensitive else "CaseSensitive is false",
            source,
        )
    unproved = [
        name
        for name in ("email", "phone_number")
        if name in pool.aliases and name not in pool.verifies
    ]
    source = "developer guide, User pool attributes"
    if unproved:
        yield Finding(
            Level.WORTH_KNOWING if pool.only_admins_create else Level.RESETS_FAIL,
            Place.POOL,
            "AliasAttributes",
            "aliases stay inactive",
            "A contact is a name to sign in with only once it is verified. Until then, a user who"
            " types it is unknown.",
            f"aliases: {', '.join(pool.aliases)}; verified by itself:"
            f" {', '.join(pool.verifies) or 'none'}",
            Sure.DOCUMENTED,
            source,
            "Have Cognito verify the contacts that are aliases (AutoVerifiedAttributes): "
            f"{', '.join(unproved)}.{needs_role(unproved, sms_role=pool.sms_role)}",
            "anyone who signs up gets a message with a code from then on.",
            "UpdateUserPool",
        )
    elif pool.aliases or pool.sign_in_names:
        yield well(
            Place.POOL,
            "AliasAttributes, UsernameAttributes",
            "names to sign in with",
            "Besides the username (or instead of it), a user is found by these. An alias belongs to"
            " the user who verified it last; the other one loses it.",
            ", ".join((*pool.aliases, *pool.sign_in_names)),
            source,
        )
    else:
        yield Finding(
            Level.WORTH_KNOWING,
            Place.POOL,
            "AliasAttributes, UsernameAttributes",
            "found by username alone",
            "A user who types an e-mail address that is not the username is unknown, and gets no"
            " code.",
            "neither is set",
            Sure.DOCUMENTED,
            source,
            "It cannot be changed in this pool. Ask users for their username; support finds it by"
            " the address (ListUsers).",
        )


def _invitations(pool: Pool) -> Iterator[Finding]:
    days, setting = pool.temporary_days or 7, "AdminCreateUserConfig, PasswordPolicy"
    last = f"invitations last {days} day{'s' if days != 1 else ''}"
    seen = f"sign-up is {'for administrators only' if pool.only_admins_create else 'open'}; {last}"
    cannot = (
        "Until the first sign-in a user has only the temporary password, and cannot get a reset"
        " code. When the days are over, the user needs a new invitation."
    )
    if not _FEW <= days <= _MANY:
        yield Finding(
            Level.WORTH_KNOWING,
            Place.POOL,
            setting,
            last,
            cannot
            + (
                " A temporary password that lasts long may be found by others."
                if days > _MANY
                else ""
            ),
            seen,
            Sure.OURS,
            _PASSWORDS,
            f"Let invitations last {_FEW} to {_MANY} days; Cognito's own default is 7.",
            "whether present invitations follow is not known.",
            "UpdateUserPool",
        )
    elif pool.only_admins_create:
        yield Finding(
            Level.WORTH_KNOWING,
            Place.POOL,
            setting,
            "every user is invited",
            cannot,
            seen,
            Sure.REPORTED,
            "aws-amplify/amplify-js#1340",
            "Mark the contact as verified when the user is made; invite again where the days are"
            " over (AdminCreateUser with RESEND and DesiredDeliveryMediums EMAIL; its default is"
            " SMS).",
        )
    else:
        yield well(
            Place.POOL,
            setting,
            "invitations",
            "Users whom an administrator invites cannot reset before their first "
            "sign-in; they are invited again.",
            seen,
            _PASSWORDS,
        )


def _triggers(pool: Pool) -> Iterator[Finding]:
    if not pool.channels:
        return
    if "PreSignUp" in pool.triggers:
        yield Finding(
            Level.WORTH_KNOWING,
            Place.POOL,
            "LambdaConfig",
            "a function may confirm users",
            "A user whom it confirms without marking the contact as verified (autoConfirmUser"
            " without autoVerifyEmail or autoVerifyPhone) gets no code.",
            "PreSignUp is set",
            Sure.DOCUMENTED,
            "developer guide, Pre sign-up trigger",
            "Have the function mark the contact as verified along with it, where it was proved"
            " elsewhere.",
        )
    if "UserMigration" in pool.triggers:
        yield Finding(
            Level.WORTH_KNOWING,
            Place.POOL,
            "LambdaConfig",
            "a function is asked for unknown users",
            "A forgotten password of a user who is not in the pool asks the function, which may"
            " make that user. When it fails, or makes the user without a verified contact, no code"
            " is sent.",
            "UserMigration is set",
            Sure.DOCUMENTED,
            "developer guide, Migrate user trigger",
            "Read the function's log when a user of the former system gets no code.",
        )
    if "PostConfirmation" in pool.triggers:
        yield Finding(
            Level.WORTH_KNOWING,
            Place.OPENS,
            "LambdaConfig",
            "a function runs after the reset",
            "It runs at resets too (PostConfirmation_ConfirmForgotPassword). When it fails, the"
            " caller gets an error although the password has most likely changed. Code meant for"
            " sign-up runs again.",
            "PostConfirmation is set",
            Sure.REPORTED,
            "aws-amplify/amplify-js#4158",
            "In the function, look at triggerSource and return the event. After such an error try"
            " one sign-in with the new password before anything else.",
        )
    if not set(pool.triggers) & set(_AT_RESETS):
        others = [name for name in pool.triggers if not name.startswith("KMS")]
        yield well(
            Place.POOL,
            "LambdaConfig",
            "no function takes part",
            "No trigger that runs at a reset is set.",
            f"triggers: {', '.join(others) or 'none'}",
            "developer guide, Customizing workflows with triggers",
        )
