"""What the PreTokenGeneration trigger makes of the claims of tokens.

Source: developer guide, "Pre token generation Lambda trigger". The first version of its event
changes the id token, the second and third the access token too.
"""

from typing import Any

from . import groups, triggers
from .work import Doc, Transaction

_PROTECTED = """
    acr amr at_hash aud auth_time azp cognito:username exp iat identities iss jti nbf nonce
    origin_jti sub token_use client_id event_id scope username
"""
_KEPT = frozenset(_PROTECTED.split())
_GROUPS = ("cognito:groups", "cognito:roles", "cognito:preferred_role")


def customized(
    work: Transaction,
    pool: Doc,
    client: Doc,
    user: Doc,
    source: str,
    metadata: Doc | None,
    tokens: tuple[Doc, Doc],
) -> tuple[Doc, Doc]:
    """Return the claims of an access and an id token as the trigger wants them.

    source: the trigger source, such as TokenGeneration_Authentication. metadata: the call's own
    ClientMetadata.
    """
    if "PreTokenGeneration" not in work.triggers:
        return tokens
    access, identity = tokens
    version = pool["LambdaConfig"].get("PreTokenGenerationConfig", {}).get("LambdaVersion", "V1_0")
    answer = triggers.pre_token_generation(
        work,
        pool,
        client,
        user,
        source,
        version[1],
        _groups_of(pool, user),
        access["scope"],
        metadata,
    )
    if version == "V1_0":
        details = _part(answer, "claimsOverrideDetails")
        for_identity, for_access = details, {}
    else:
        details = _part(answer, "claimsAndScopeOverrideDetails")
        for_identity = _part(details, "idTokenGeneration")
        for_access = _part(details, "accessTokenGeneration")
    override = _part(details, "groupOverrideDetails")
    access, identity = _regrouped(access, override, 1), _regrouped(identity, override, 3)
    access = _changed(access, for_access) | {"scope": _scopes(access["scope"], for_access)}
    return access, _changed(identity, for_identity)


def _groups_of(pool: Doc, user: Doc) -> Doc:
    _, held = groups.claims(pool, user)
    return {
        "groupsToOverride": held.get("cognito:groups", []),
        "iamRolesToOverride": held.get("cognito:roles", []),
        "preferredRole": held.get("cognito:preferred_role"),
    }


def _regrouped(claims: Doc, override: Doc, count: int) -> Doc:
    if not override:
        return claims
    given = (
        _texts(override, "groupsToOverride"),
        _texts(override, "iamRolesToOverride"),
        str(override.get("preferredRole") or ""),
    )
    kept = {name: value for name, value in claims.items() if name not in _GROUPS}
    changes = zip(_GROUPS[:count], given, strict=False)
    return kept | {name: value for name, value in changes if value}


def _changed(claims: Doc, wanted: Doc) -> Doc:
    added = {
        name: value
        for name, value in _part(wanted, "claimsToAddOrOverride").items()
        if name not in _KEPT and not name.startswith("dev:")
    }
    gone = set(_texts(wanted, "claimsToSuppress")) - _KEPT
    return {name: value for name, value in (claims | added).items() if name not in gone}


def _scopes(present: str, wanted: Doc) -> str:
    gone = _texts(wanted, "scopesToSuppress")
    return " ".join(
        dict.fromkeys(
            one for one in (*present.split(), *_texts(wanted, "scopesToAdd")) if one not in gone
        )
    )


def _part(answer: Any, name: str) -> Doc:
    found = answer.get(name)
    return found if isinstance(found, dict) else {}


def _texts(answer: Doc, name: str) -> list[str]:
    found = answer.get(name)
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
