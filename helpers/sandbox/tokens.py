"""The tokens of a sign-in: JWTs of Cognito's shape, really signed with RS256.

They are signed by a key that everybody has (signing.py), so that a token of the sandbox proves
nothing to anybody but the sandbox. Its public half is served at /<pool id>/.well-known/jwks.json.
With a seed every token repeats.

`origin_jti` carries a mark of the user's current sign-in epoch. A global sign-out changes the
epoch, so tokens from before no longer fit, without a list of tokens anywhere. An access token's
`jti` carries one of an epoch of its own, which AdminDisableUser changes.
"""

import base64
import hashlib
import hmac
import json

from . import groups, signing, watching
from .attributes import readable
from .claims import customized
from .clients import SECONDS
from .refusal import ApiError, not_authorized
from .work import Doc, Transaction

_REFRESH_KEY = b"embedded sandbox refresh tokens"  # as public as the signing key
_SIGN_INS_KEPT = 500
_SCOPE = "aws.cognito.signin.user.admin"


def issue(
    work: Transaction,
    pool: Doc,
    client: Doc,
    user: Doc,
    *,
    refresh: bool = True,
    auth_time: float | None = None,
    origin: str | None = None,
    turn: int = 0,
    source: str = "TokenGeneration_Authentication",
    metadata: Doc | None = None,
) -> Doc:
    """Return an AuthenticationResult; a refreshed one keeps its sign-in's time and origin.

    turn: how often its refresh token was rotated. source, metadata: what PreTokenGeneration is
    told.
    """
    origin = origin or _marked(user["epoch"], work.source.bytes(8).hex())
    moment = int(auth_time if auth_time is not None else work.now)
    common = {
        "sub": user["sub"],
        "iss": issuer(pool["Id"], work.settings["issuer"], work.endpoint),
        "origin_jti": origin,
        "event_id": work.source.uuid(),
        "auth_time": moment,
        "iat": int(work.now),
    }
    by_groups, by_groups_and_roles = groups.claims(pool, user)
    access_life = _life(client, "Access", "hours", 1)
    access = (
        common
        | by_groups
        | {
            "token_use": "access",
            "client_id": client["ClientId"],
            "scope": _SCOPE,
            "username": user["username"],
            "exp": int(work.now) + access_life,
            "jti": _marked(_access_epoch(user), work.source.uuid().replace("-", "")[:16]),
        }
    )
    identity = (
        common
        | by_groups_and_roles
        | {
            "token_use": "id",
            "aud": client["ClientId"],
            "cognito:username": user["username"],
            "exp": int(work.now) + _life(client, "Id", "hours", 1),
            "jti": work.source.uuid(),
        }
    )
    identity |= {
        key: value == "true" if key.endswith("_verified") else value
        for key, value in readable(client, user["attributes"]).items()
    }
    access, identity = customized(work, pool, client, user, source, metadata, (access, identity))
    kid = _kid(pool["Id"])
    result: Doc = {
        "AccessToken": signing.signed(kid, access),
        "ExpiresIn": access_life,
        "TokenType": "Bearer",
        "IdToken": signing.signed(kid, identity),
    }
    if refresh:
        if auth_time is None and watching.tracks_sessions(pool):
            until = work.now + _life(client, "Refresh", "days", 30)
            watching.track(work, pool, user, client["ClientId"], until, origin)
        claims = {"origin": origin, "auth_time": moment, "jti": identity["jti"]}
        claims |= {"turn": turn} if turn else {}
        result["RefreshToken"] = _refresh_token(pool, client, user, claims, work)
    return result


def bearer(work: Transaction, token: str) -> tuple[Doc, Doc, Doc]:
    """Return (pool, user, claims) of an access token, or refuse one that is no longer good."""
    claims = signing.read(token)
    if claims is None or claims.get("token_use") != "access":
        raise not_authorized("Invalid Access Token")
    if work.now >= claims["exp"]:
        raise not_authorized("Access Token has expired")
    pool = work.pool(claims["iss"].rsplit("/", 1)[1])
    user = work.user(pool["Id"], claims["username"])
    if user is None or user["sub"] != claims["sub"]:
        raise ApiError("UserNotFoundException", "User does not exist.")
    current = _is_marked(user["epoch"], claims["origin_jti"]) and not _is_revoked(user, claims)
    if not (current and _is_marked(_access_epoch(user), claims["jti"])):
        raise not_authorized("Access Token has been revoked")
    if not user["enabled"]:
        raise not_authorized("User is disabled.")
    if _SCOPE not in claims["scope"].split():
        raise not_authorized("Access Token does not have required scopes")
    return pool, user, claims


def refreshed(
    work: Transaction,
    pool: Doc,
    client: Doc,
    token: str,
    *,
    rotate: bool = False,
    metadata: Doc | None = None,
) -> Doc:
    """Return a new AuthenticationResult for a refresh token, or refuse it.

    rotate: with a new refresh token; the old one ends after the app client's grace period.
    metadata: what PreTokenGeneration sees as clientMetadata.
    """
    claims = _read_refresh(token)
    if claims is None or claims["pool"] != pool["Id"] or claims["client"] != client["ClientId"]:
        raise not_authorized("Invalid Refresh Token")
    if work.now >= claims["exp"]:
        raise not_authorized("Refresh Token has expired")
    user = work.user(pool["Id"], claims["username"])
    if user is None:
        raise not_authorized("Invalid Refresh Token")
    if not _is_marked(user["epoch"], claims["origin"]) or _is_revoked(user, claims):
        raise not_authorized("Refresh Token has been revoked")
    if not user["enabled"]:
        raise not_authorized("User is disabled.")
    turn = _next_turn(work, pool, client, user, claims) if rotate else 0
    return issue(
        work,
        pool,
        client,
        user,
        refresh=rotate,
        auth_time=claims["auth_time"],
        origin=claims["origin"],
        turn=turn,
        source="TokenGeneration_RefreshTokens",
        metadata=metadata,
    )


def revoke(work: Transaction, client: Doc, token: str) -> None:
    """End a sign-in by its refresh token: that token, and every access token that came with it."""
    if signing.read(token) is not None:
        raise ApiError("UnsupportedTokenTypeException", "Only a refresh token can be revoked.")
    claims = _read_refresh(token)
    if claims is None or claims["client"] != client["ClientId"]:
        raise ApiError("UnauthorizedException", "Invalid Refresh Token")
    pool = work.pool(claims["pool"])
    user = work.user(pool["Id"], claims["username"])
    if user is None or work.now >= claims["exp"]:
        return
    # Of this sign-in there may be a newer refresh token, by rotation; none is younger than now.
    until = max(claims["exp"], work.now + _life(client, "Refresh", "days", 30))
    revoked = user.get("revoked", {}) | {claims["origin"]: {"until": until}}
    user["revoked"] = _remembered(work, revoked)
    user.get("turns", {}).pop(claims["origin"], None)
    user["sessions"] = [
        one for one in user.get("sessions", []) if one.get("origin") != claims["origin"]
    ]
    work.keep_user(pool, user)


def _is_revoked(user: Doc, claims: Doc) -> bool:
    return claims.get("origin_jti", claims.get("origin")) in user.get("revoked", {})


def _next_turn(work: Transaction, pool: Doc, client: Doc, user: Doc, claims: Doc) -> int:
    """Rotate a refresh token out, and return the next one's turn in its sign-in.

    Refuses one that was rotated out and whose grace period is over.
    """
    turn = int(claims.get("turn", 0))
    turns = _remembered(work, user.get("turns", {}))
    kept = turns.get(claims["origin"], {"turn": turn, "graces": {}})
    graces = {one: end for one, end in kept["graces"].items() if work.now < end}
    if turn < kept["turn"] and str(turn) not in graces:
        # The exception is the API reference's; the wording is the sandbox's.
        raise ApiError("RefreshTokenReuseException", "The refresh token was rotated out.")
    grace = client["RefreshTokenRotation"].get("RetryGracePeriodSeconds") or 0
    turns[claims["origin"]] = {
        "turn": max(turn + 1, kept["turn"]),
        "graces": {str(turn): work.now + grace} | graces,
        "until": work.now + _life(client, "Refresh", "days", 30),
    }
    user["turns"] = turns
    work.keep_user(pool, user)
    return turn + 1


def _remembered(work: Transaction, kept: Doc) -> Doc:
    """Return what is kept of a user's sign-ins: as long as their tokens live, and of the newest."""
    alive = [(origin, one) for origin, one in kept.items() if one["until"] > work.now]
    return dict(alive[-_SIGN_INS_KEPT:])


def issuer(pool_id: str, setting: str, endpoint: str) -> str:
    """Return the issuer that a pool's tokens name. endpoint: the URL called; empty: none."""
    if setting == "endpoint" and endpoint:
        return f"{endpoint}/{pool_id}"
    return f"https://cognito-idp.{pool_id.split('_')[0]}.amazonaws.com/{pool_id}"


def public_keys(pool_id: str) -> Doc:
    """Return the JSON Web Key Set with which a pool's tokens are verified."""
    return signing.public_keys(_kid(pool_id))


def _life(client: Doc, kind: str, unit: str, default: int) -> int:
    value = client.get(f"{kind}TokenValidity") or default
    return int(value) * SECONDS[client.get("TokenValidityUnits", {}).get(f"{kind}Token", unit)]


def _access_epoch(user: Doc) -> str:
    return str(user.get("access_epoch", user["epoch"]))


def _marked(epoch: str, half: str) -> str:
    """Return an id that carries the mark of an epoch. half: its first sixteen hex digits."""
    text = half + _mark(epoch, half)
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _is_marked(epoch: str, text: str) -> bool:
    text = text.replace("-", "")
    return hmac.compare_digest(_mark(epoch, text[:16]), text[16:])


def _mark(epoch: str, half: str) -> str:
    return hmac.new(bytes.fromhex(epoch), half.encode(), hashlib.sha256).hexdigest()[:16]


def _kid(pool_id: str) -> str:
    return base64.b64encode(hashlib.sha256(pool_id.encode()).digest()).decode()


def _refresh_token(pool: Doc, client: Doc, user: Doc, more: Doc, work: Transaction) -> str:
    # Opaque to its holder, as AWS's is: a header that says so, the claims, and a signature.
    claims = {
        "pool": pool["Id"],
        "client": client["ClientId"],
        "username": user["username"],
        **more,
        "exp": int(work.now) + _life(client, "Refresh", "days", 30),
    }
    head = signing.as_json({"cty": "JWT", "enc": "none", "alg": "HS256"})
    body = f"{head}.{signing.as_json(claims)}"
    return f"{body}.{_refresh_mark(body)}"


def _read_refresh(token: str) -> Doc | None:
    body, _, mark = token.rpartition(".")
    if not hmac.compare_digest(_refresh_mark(body).encode(), mark.encode("utf-8", "replace")):
        return None
    claims: Doc = json.loads(signing.bytes_of(body.split(".")[1]))
    return claims


def _refresh_mark(body: str) -> str:
    return signing.text(
        hmac.new(_REFRESH_KEY, body.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
    )
