"""Who may ask for a code, who is found, and what does the new password open? The settings that
decide that.

Pure: facts in, findings out. The facts about Cognito are those of the developer guide and the API
reference, and, where a finding says so, of public reports.
"""

from collections.abc import Iterator, Sequence

from helpers.cognito.models import Client, Pool
from helpers.runbooks.audit.finding import Finding, Level, Place, Sure, needs_role, well

_SHORT, _LONG = (
    12,
    20,
)  # characters of a password; these and the days of an invitation are rules of thumb
_FEW, _MANY = 3, 30
_PASSWORDS = "developer guide, Passwords and account recovery"
_EXISTENCE = "developer guide, Managing user existence error responses"
_AT_RESETS = (
    "CustomEmailSender",
    "CustomMessage",
    "CustomSMSSender",
    "PostConfirmation",
    "UserMigration",
)


def opening(
    pool: Pool, clients: Sequence[Client] | None, *, all_read: bool = True
) -> Iterator[Finding]:
    """Judge who may ask, who is found, and what a new password opens.

    clients: None where none could be read. all_read: whether these are all; where not, none is
    called well set.
    """
    for one in _of_clients(clients) if clients is not None else ():
        if one.weak or all_read:
            yield one
    yield from _names(pool)
    yield from _invitations(pool)
    yield from _triggers(pool)
    yield from _policy(pool)
    yield from _history(pool)
    yield from _second_factor(pool)
    yield from _threats(pool)


def _of_clients(clients: Sequence[Client]) -> Iterator[Finding]:
    yield from _existence(clients)
    yield from _secrets_and_flows(clients)
    yield from _sessions(clients)


def _existence(clients: Sequence[Client]) -> Iterator[Finding]:
    setting = "PreventUserExistenceErrors"
    open_ones = [client for client in clients if not client.hides_users]
    if open_ones:
        yield Finding(
            Level.LEAKS,
            Place.ASKS,
            setting,
            "tells who has an account",
            "Whoever knows the app client's id, which is no secret, can ask for any name and is"
            " told whether there is such a user (UserNotFoundException).",
            f"LEGACY for {_named(open_ones)}",
            Sure.DOCUMENTED,
            _EXISTENCE,
            "Set it to ENABLED, once support can diagnose.",
            "every request for a code then seems to work, also for a user who is unknown, disabled"
            " or without a verified contact: support has to look such a user up.",
            "UpdateUserPoolClient",
            _ids(open_ones),
        )
    elif clients:
        yield well(
            Place.ASKS,
            setting,
            "hides who has an account",
            "So a request for a code seems to work though nothing was sent. When a user waits in"
            " vain, look the user up. It does not hide everything: a made-up code is a"
            " CodeMismatchException for a user who is unknown or disabled, and an"
            " ExpiredCodeException for one who has not asked for any.",
            f"ENABLED for {_named(clients)}",
            _EXISTENCE,
            _ids(clients),
        )


def _secrets_and_flows(clients: Sequence[Client]) -> Iterator[Finding]:
    if not clients:
        yield Finding(
            Level.WORTH_KNOWING,
            Place.ASKS,
            "app clients",
            "no app client",
            "A request for a code names an app client. Without one nobody can make it.",
            "no app client was read",
            Sure.DOCUMENTED,
            "API reference, ForgotPassword",
            "Look whether this is the pool that the application uses.",
        )
    secret = [client for client in clients if client.has_secret]
    if secret:
        yield Finding(
            Level.WORTH_KNOWING,
            Place.ASKS,
            "ClientSecret",
            "needs a secret hash",
            "Each call of a reset has to carry a hash made with the client's secret and exactly the"
            " name that was sent. A wrong one is refused: Unable to verify secret hash.",
            f"with a secret: {_named(secret)}",
            Sure.DOCUMENTED,
            "API reference, ConfirmForgotPassword",
            "Give runbooks the parameter client_secret for this app client. A browser or a phone"
            " cannot keep a secret: applications there need a client without one.",
            concerns=_ids(secret),
        )
    silent = [
        one
        for one in clients
        if not {"ALLOW_USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH"} & set(one.flows)
    ]
    if silent:
        yield Finding(
            Level.WORTH_KNOWING,
            Place.ASKS,
            "ExplicitAuthFlows",
            "no proof by sign-in",
            "A runbook cannot try the new password through this app client. That is no fault: the"
            " reset works, and the proof is Cognito's own answer.",
            f"without USER_PASSWORD_AUTH: {_named(silent)}",
            Sure.DOCUMENTED,
            "API reference, UserPoolClientType",
            "Nothing. Have the user sign in through the application.",
            concerns=_ids(silent),
        )
    if len(clients) > 1:
        yield well(
            Place.ASKS,
            "app clients",
            "several app clients",
            "By the report of one operator, a code works only "
            "through the app client that asked for it: ask and enter through the same one.",
            _named(clients),
            "API reference, ConfirmForgotPassword",
            _ids(clients),
        )
    if clients and not secret and not silent:
        yield well(
            Place.ASKS,
            "ClientSecret, ExplicitAuthFlows",
            "calls can be made",
            "No secret hash is needed, and a new password can be tried by one sign-in.",
            f"no secret, and with USER_PASSWORD_AUTH: {_named(clients)}",
            "API reference, UserPoolClientType",
            _ids(clients),
        )


def _sessions(clients: Sequence[Client]) -> Iterator[Finding]:
    setting, title = (
        "RefreshTokenValidity, AccessTokenValidity, IdTokenValidity",
        "sessions outlast a reset",
    )
    stays = (
        "A reset ends no session: whoever was signed in before stays so until the refresh token"
        " ends."
    )
    usual = Client("", "", False, (), False)
    long = [
        one
        for one in clients
        if one.refresh_lasts > usual.refresh_lasts or one.access_lasts > usual.access_lasts
    ]
    if long:
        refresh, access = (
            max(one.refresh_lasts for one in long) / 86_400,
            max(one.access_lasts for one in long) / 3600,
        )
        yield Finding(
            Level.WORTH_KNOWING,
            Place.OPENS,
            setting,
            f"{title} for long",
            f"{stays} A sign-out everywhere ends that, but not what an access or ID token opens"
            " where it is checked offline.",
            f"{_named(long)}: refresh tokens up to {refresh:g} days, access and ID tokens up to"
            f" {access:g} hours",
            Sure.REPORTED,
            "aws-amplify/amplify-js#6559",
            "Let tokens live no longer than by Cognito's default, 30 days and 1 hour. When somebody"
            " else may have had the old password, run sign-out-everywhere after the reset.",
            "users have to sign in again sooner.",
            "UpdateUserPoolClient",
            _ids(long),
        )
    elif clients:
        yield well(
            Place.OPENS,
            setting,
            title,
            f"{stays} When somebody else may have had the old password, run sign-out-everywhere.",
            "refresh tokens 30 days at most, access and ID tokens 1 hour at most",
            "API reference, AdminUserGlobalSignOut",
            _ids(clients),
        )


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
            "A contact is a name to sign in with only once it is verified. Until then, whoever"
            " types it is unknown.",
            f"aliases: {', '.join(pool.aliases)}; verified by itself:"
            f" {', '.join(pool.verifies) or 'none'}",
            Sure.DOCUMENTED,
            source,
            "Have Cognito verify the contacts that are aliases (AutoVerifiedAttributes): "
            f"{', '.join(unproved)}.{needs_role(unproved, sms_role=pool.sms_role)}",
            "whoever signs up gets a message with a code from then on.",
            "UpdateUserPool",
        )
    elif pool.aliases or pool.sign_in_names:
        yield well(
            Place.POOL,
            "AliasAttributes, UsernameAttributes",
            "names to sign in with",
            "Besides the username (or instead of it), a user is found by these.",
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
            " over (AdminCreateUser with RESEND).",
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


def _second_factor(pool: Pool) -> Iterator[Finding]:
    if pool.mfa == "OFF" and not pool.channels:
        return
    if pool.mfa == "OFF":
        yield Finding(
            Level.AT_RISK,
            Place.OPENS,
            "MfaConfiguration",
            "no second factor",
            "Whoever can read one message of the user, in the mailbox or on the phone, sets a new"
            " password and is in.",
            "MFA is OFF",
            Sure.INFERRED,
            _PASSWORDS,
            "Offer a second factor that no code is sent to, such as an authenticator app.",
            "the application has to ask for the factor; a lost one is one more case for support.",
            "SetUserPoolMfaConfig",
        )
    else:
        yield well(
            Place.OPENS,
            "MfaConfiguration",
            "second factor",
            "A reset does not touch it: whoever has one is asked for it at the next sign-in"
            + (", and only those." if pool.mfa == "OPTIONAL" else "."),
            f"MFA is {pool.mfa}",
            _PASSWORDS,
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


def _ids(clients: Sequence[Client]) -> tuple[str, ...]:
    return tuple(one.client_id for one in clients)


def _named(clients: Sequence[Client]) -> str:
    names = [client.name or client.client_id for client in clients]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
