"""InitiateAuth and AdminInitiateAuth: sign-in with a password, by SRP, by choice, or with
a refresh token."""

from . import challenges, clients, migration, passwords, signin, tokens
from .names import check_secret_hash
from .refusal import ApiError, invalid, not_authorized
from .work import Doc, Transaction

_PUBLIC = {
    "CUSTOM_AUTH",
    "USER_AUTH",
    "USER_PASSWORD_AUTH",
    "USER_SRP_AUTH",
    "REFRESH_TOKEN_AUTH",
    "REFRESH_TOKEN",
}
_ADMIN = {
    "CUSTOM_AUTH",
    "USER_AUTH",
    "ADMIN_USER_PASSWORD_AUTH",
    "ADMIN_NO_SRP_AUTH",
    "USER_SRP_AUTH",
    "REFRESH_TOKEN_AUTH",
    "REFRESH_TOKEN",
}
_NOT_ENABLED = {
    "USER_SRP_AUTH": "USER_SRP_AUTH is not enabled for the client.",
    "ADMIN_USER_PASSWORD_AUTH": "Auth flow not enabled for this client",
    "ADMIN_NO_SRP_AUTH": "Auth flow not enabled for this client",
}
_PASSWORD = {"USER_PASSWORD_AUTH", "ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"}


def initiate_auth(work: Transaction, request: Doc) -> Doc:
    """InitiateAuth: the flows that an app may use by itself."""
    if request["AuthFlow"] not in _PUBLIC:
        raise invalid("Initiate Auth method not supported.")
    client = work.client(request["ClientId"])
    return _sign_in(work, work.pool(client["UserPoolId"]), client, request)


def admin_initiate_auth(work: Transaction, request: Doc) -> Doc:
    """AdminInitiateAuth: the flows of a server that holds credentials."""
    pool = work.pool(request["UserPoolId"])
    client = work.client(request["ClientId"])
    if client["UserPoolId"] != pool["Id"]:
        raise ApiError(
            "ResourceNotFoundException", f"User pool client {request['ClientId']} does not exist."
        )
    if request["AuthFlow"] not in _ADMIN:
        raise invalid("Initiate Auth method not supported.")
    return _sign_in(work, pool, client, request)


def get_tokens_from_refresh_token(work: Transaction, request: Doc) -> Doc:
    """GetTokensFromRefreshToken; where the app client rotates, with a new refresh token."""
    client = work.client(request["ClientId"])
    if client.get("ClientSecret") != request.get("ClientSecret"):
        # Nothing says how Cognito words this; the words are the sandbox's.
        raise not_authorized("The client secret is missing or wrong.")
    rotate = client.get("RefreshTokenRotation", {}).get("Feature") == "ENABLED"
    pool = work.pool(client["UserPoolId"])
    renewed = tokens.refreshed(
        work,
        pool,
        client,
        request["RefreshToken"],
        rotate=rotate,
        metadata=request.get("ClientMetadata"),
    )
    return {"AuthenticationResult": renewed}


def revoke_token(work: Transaction, request: Doc) -> Doc:
    """RevokeToken: a sign-in's refresh token and its access tokens end."""
    # An unknown app client is none of this operation's errors; which one it gets instead, the
    # sandbox guesses, and so are the wordings.
    try:
        client = work.client(request["ClientId"])
    except ApiError:
        raise ApiError("UnauthorizedException", "Unknown app client") from None
    if client.get("ClientSecret") != request.get("ClientSecret"):
        raise ApiError("UnauthorizedException", "The client secret is missing or wrong.")
    if not client["EnableTokenRevocation"]:
        raise ApiError(
            "UnsupportedOperationException", "Token revocation is not enabled for this client"
        )
    tokens.revoke(work, client, request["Token"])
    return {}


def _sign_in(work: Transaction, pool: Doc, client: Doc, request: Doc) -> Doc:
    flow, given = request["AuthFlow"], request.get("AuthParameters") or {}
    if not clients.allows(client, flow):
        raise invalid(
            _NOT_ENABLED.get(flow, f"{flow} flow not enabled for this client"),
        )
    if flow.startswith("REFRESH_TOKEN"):
        token = _required(given, "REFRESH_TOKEN")
        if client.get("ClientSecret") and "SECRET_HASH" not in given:
            check_secret_hash(client, None)
        return {
            "ChallengeParameters": {},
            "AuthenticationResult": tokens.refreshed(work, pool, client, token),
        }
    name = _required(given, "USERNAME")
    if flow == "CUSTOM_AUTH":
        raise _no_custom_flow(pool)
    if flow == "USER_AUTH":
        check_secret_hash(client, given.get("SECRET_HASH"), name)
        return challenges.begin_choice(work, pool, client, work.find(pool, name), given)
    needed = "PASSWORD" if flow in _PASSWORD else "SRP_A"
    secret = _required(given, needed)
    check_secret_hash(client, given.get("SECRET_HASH"), name)
    user = work.find(pool, name)
    metadata = request.get("ClientMetadata")
    if user is None and flow in _PASSWORD:
        user = migration.on_sign_in(work, pool, client, name, secret, metadata)
    if flow in _PASSWORD:
        return _by_password(work, pool, client, user, secret)
    return challenges.begin_srp(work, pool, client, user, name, secret)


def _no_custom_flow(pool: Doc) -> ApiError:
    if "DefineAuthChallenge" in pool["LambdaConfig"]:
        return invalid("The sandbox does not imitate CUSTOM_AUTH.")
    return invalid("Custom auth lambda trigger is not configured for the user pool.")


def _by_password(work: Transaction, pool: Doc, client: Doc, user: Doc | None, password: str) -> Doc:
    user = signin.admitted(work, pool, client, user)
    right = passwords.matches(pool, user, password)
    return signin.finish(work, pool, client, user, right)


def _required(given: Doc, name: str) -> str:
    if not given.get(name):
        raise invalid(f"Missing required parameter {name}")
    return str(given[name])
