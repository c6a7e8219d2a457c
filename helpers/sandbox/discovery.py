"""What a pool publishes for whoever verifies its tokens: its keys, and where they are."""

import json
import re

from . import settings, tokens, wire
from .engine import Engine
from .protocol import Request
from .store import SandboxError
from .work import Doc

_PATH = re.compile(r"/([^/]+)/\.well-known/(jwks\.json|openid-configuration)")


def is_published(path: str) -> bool:
    """Whether a path leads here, rather than to the API."""
    return bool(_PATH.fullmatch(path))


def answer(engine: Engine, request: Request) -> wire.Answer:
    """Answer one request for a pool's keys or its OpenID configuration."""
    found = _PATH.fullmatch(request.path)
    if found is None or request.method not in ("GET", "HEAD"):
        return wire.refused("UnknownOperationException", "Keys and configuration take GET.", 405)
    pool_id, name = found[1], found[2]
    try:
        with engine.store.transaction() as db:
            known = db.execute("SELECT 1 FROM pools WHERE id = ?", (pool_id,)).fetchone()
            chosen = settings.defaults() | engine.meta(db)["settings"]
    except SandboxError as error:
        return wire.refused("InternalErrorException", f"The sandbox: {error}.", 503)
    if known is None:
        words = f"User pool {pool_id[:100]} does not exist."
        return wire.refused("ResourceNotFoundException", words, 404)
    if name == "jwks.json":
        return _plain(tokens.public_keys(pool_id))
    return _plain(_configuration(pool_id, chosen["issuer"], request.endpoint))


def _configuration(pool_id: str, setting: str, endpoint: str) -> Doc:
    # As of a pool without a domain: the OAuth endpoints are the domain's.
    return {
        "id_token_signing_alg_values_supported": ["RS256"],
        "issuer": tokens.issuer(pool_id, setting, endpoint),
        "jwks_uri": f"{endpoint}/{pool_id}/.well-known/jwks.json",
        "response_types_supported": ["code", "token"],
        "scopes_supported": ["openid", "email", "phone", "profile"],
        "subject_types_supported": ["public"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    }


def _plain(content: Doc) -> wire.Answer:
    body = json.dumps(content).encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    return wire.Answer(200, body, headers)
