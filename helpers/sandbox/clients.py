"""App clients: made, shown, changed, listed and deleted."""

from . import schema
from .pools import page
from .refusal import ApiError, invalid
from .work import Doc, Transaction

_DEFAULT_FLOWS = ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH"]
SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
_VALIDITY = {
    "Access": ("hours", 300, 86_400),
    "Id": ("hours", 300, 86_400),
    "Refresh": ("days", 3600, 315_360_000),
}
_KEPT = (
    "ClientName",
    "RefreshTokenValidity",
    "AccessTokenValidity",
    "IdTokenValidity",
    "TokenValidityUnits",
    "ReadAttributes",
    "WriteAttributes",
    "ExplicitAuthFlows",
    "SupportedIdentityProviders",
    "CallbackURLs",
    "LogoutURLs",
    "DefaultRedirectURI",
    "AllowedOAuthFlows",
    "AllowedOAuthScopes",
    "AllowedOAuthFlowsUserPoolClient",
    "AnalyticsConfiguration",
    "PreventUserExistenceErrors",
    "EnableTokenRevocation",
    "EnablePropagateAdditionalUserContextData",
    "AuthSessionValidity",
    "RefreshTokenRotation",
)


def create_user_pool_client(work: Transaction, request: Doc, client_id: str | None = None) -> Doc:
    """CreateUserPoolClient. client_id: the seed's own, None for a new one."""
    pool = work.pool(request["UserPoolId"])
    client: Doc = {
        "UserPoolId": pool["Id"],
        "ClientId": client_id or work.source.client_id(),
        "CreationDate": work.now,
    }
    if request.get("GenerateSecret") or request.get("ClientSecret"):
        client["ClientSecret"] = request.get("ClientSecret") or work.source.client_secret()
    _change(work, pool, client, request)
    return {"UserPoolClient": client}


def describe_user_pool_client(work: Transaction, request: Doc) -> Doc:
    """DescribeUserPoolClient: the secret is part of the answer."""
    return {"UserPoolClient": _of_pool(work, request)}


def update_user_pool_client(work: Transaction, request: Doc) -> Doc:
    """UpdateUserPoolClient: whatever the request leaves out goes back to its default."""
    client = _of_pool(work, request)
    _change(
        work,
        work.pool(client["UserPoolId"]),
        client,
        {"ClientName": client["ClientName"], **request},
    )
    return {"UserPoolClient": client}


def delete_user_pool_client(work: Transaction, request: Doc) -> Doc:
    """DeleteUserPoolClient."""
    client = _of_pool(work, request)
    work.db.execute("DELETE FROM clients WHERE id = ?", (client["ClientId"],))
    return {}


def list_user_pool_clients(work: Transaction, request: Doc) -> Doc:
    """ListUserPoolClients, in pages."""
    pool = work.pool(request["UserPoolId"])
    query = "SELECT id, doc FROM clients WHERE pool_id = ? AND id > ? ORDER BY id LIMIT ?"
    rows = page(work, query, (pool["Id"],), request)
    kept = ("ClientId", "UserPoolId", "ClientName")
    return {
        "UserPoolClients": [{key: client[key] for key in kept} for client in rows["docs"]],
        **rows["next"],
    }


def allows(client: Doc, flow: str) -> bool:
    """Whether an authentication flow is enabled for a client, by its old or its new name."""
    wanted = {
        "ADMIN_NO_SRP_AUTH": "ADMIN_USER_PASSWORD_AUTH",
        "REFRESH_TOKEN": "REFRESH_TOKEN_AUTH",
    }.get(flow, flow)
    enabled = client.get("ExplicitAuthFlows", ())
    if any(one.startswith("ALLOW_") for one in enabled):
        return f"ALLOW_{wanted}" in enabled
    # Flows by their old names come on top of what every client may do.
    always = {"REFRESH_TOKEN_AUTH", "CUSTOM_AUTH"}
    if "CUSTOM_AUTH_FLOW_ONLY" not in enabled:
        always.add("USER_SRP_AUTH")
    old = {"ADMIN_USER_PASSWORD_AUTH": "ADMIN_NO_SRP_AUTH"}.get(wanted, wanted)
    return wanted in always or old in enabled


def _of_pool(work: Transaction, request: Doc) -> Doc:
    pool = work.pool(request["UserPoolId"])
    client = work.client(request["ClientId"])
    if client["UserPoolId"] != pool["Id"]:
        raise ApiError(
            "ResourceNotFoundException", f"User pool client {request['ClientId']} does not exist."
        )
    return client


def _change(work: Transaction, pool: Doc, client: Doc, request: Doc) -> None:
    flows = request.get("ExplicitAuthFlows") or []
    if len({one.startswith("ALLOW_") for one in flows}) > 1:
        # The rule is the API reference's; the wording is the sandbox's.
        raise invalid("Authentication flows with and without ALLOW_ cannot be mixed.")
    _check_attributes(pool, request)
    for key in _KEPT:
        client.pop(key, None)
    client |= {key: request[key] for key in _KEPT if request.get(key) is not None}
    client["ExplicitAuthFlows"] = flows or list(_DEFAULT_FLOWS)
    client["RefreshTokenValidity"] = client.get("RefreshTokenValidity") or 30
    client.setdefault("TokenValidityUnits", {})
    client.setdefault("PreventUserExistenceErrors", "LEGACY")
    client.setdefault("EnableTokenRevocation", True)
    client.setdefault("EnablePropagateAdditionalUserContextData", False)
    client.setdefault("AllowedOAuthFlowsUserPoolClient", False)
    client.setdefault("AuthSessionValidity", 3)
    _check_validity(client)
    client["LastModifiedDate"] = work.now
    work.keep_client(client)


def _check_attributes(pool: Doc, request: Doc) -> None:
    known = {*schema.STANDARD, *(one["Name"] for one in pool.get("Schema", ()))}
    for key, what in (("ReadAttributes", "read"), ("WriteAttributes", "write")):
        if not set(request.get(key) or ()) <= known:
            raise invalid(f"Invalid {what} attributes specified while creating a client")


def _check_validity(client: Doc) -> None:
    for kind, (unit, least, most) in _VALIDITY.items():
        value = client.get(f"{kind}TokenValidity")
        seconds = SECONDS[client["TokenValidityUnits"].get(f"{kind}Token", unit)]
        if value and not least <= value * seconds <= most:
            raise invalid("Invalid range for token validity.")
