"""Judges the app clients: who may ask for a code, and how long sessions outlast a reset.

Pure: facts in, findings out. The facts about Cognito are those of the developer guide and the API
reference, and, where a finding says so, of public reports.
"""

from collections.abc import Iterator, Sequence

from helpers.cognito.models import Client
from helpers.runbooks.audit.finding import Finding, Level, Place, Sure, well

_EXISTENCE = "developer guide, Managing user existence error responses"


def of_clients(clients: Sequence[Client]) -> Iterator[Finding]:
    """Judge the app clients of a pool."""
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
            "reveals who has an account",
            "Anyone who knows the app client's id, which is no secret, can ask for any name and is"
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
        "A reset ends no session: a device that was signed in stays so until the refresh token"
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
    yield from _rotation(clients)
    if clients and not long:
        yield well(
            Place.OPENS,
            setting,
            title,
            f"{stays} When somebody else may have had the old password, run sign-out-everywhere.",
            "refresh tokens 30 days at most, access and ID tokens 1 hour at most",
            "API reference, AdminUserGlobalSignOut",
            _ids(clients),
        )


def _rotation(clients: Sequence[Client]) -> Iterator[Finding]:
    setting, source = "RefreshTokenRotation", "API reference, RefreshTokenRotationType"
    lasting = [one for one in clients if not one.rotates]
    if lasting:
        yield Finding(
            Level.WORTH_KNOWING,
            Place.OPENS,
            setting,
            "a copied refresh token lasts",
            "A refresh token that was copied from a device works beside the user's own until it"
            " ends, also after a reset.",
            f"off for {_named(lasting)}",
            Sure.DOCUMENTED,
            source,
            "Turn rotation on: each refresh token is then good for one renewal.",
            "the application has to renew by GetTokensFromRefreshToken and to keep the new token.",
            "UpdateUserPoolClient",
            _ids(lasting),
        )
    elif clients:
        yield well(
            Place.OPENS,
            setting,
            "refresh tokens rotate",
            "A refresh token is good for one renewal; a copied one stops working.",
            f"on for {_named(clients)}",
            source,
            _ids(clients),
        )


def _ids(clients: Sequence[Client]) -> tuple[str, ...]:
    return tuple(one.client_id for one in clients)


def _named(clients: Sequence[Client]) -> str:
    names = [client.name or client.client_id for client in clients]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
