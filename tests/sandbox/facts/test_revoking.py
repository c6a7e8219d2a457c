"""RevokeToken: what ends with a refresh token, and what it refuses."""

import pytest

from ..world import fact, secret_hash

REVOKED = ("NotAuthorizedException", "Refresh Token has been revoked")


def revoke(world, token, **more):
    return world.api.revoke_token(ClientId=world.client_id, Token=token, **more)


def renewed(world, refresh):
    answer = world.api.get_tokens_from_refresh_token(ClientId=world.client_id, RefreshToken=refresh)
    return answer["AuthenticationResult"]


@fact("RevokeToken ends a refresh token, and again does nothing", "documented")
def test_revoked(world):
    refresh = world.tokens()["RefreshToken"]
    revoke(world, refresh)
    world.refuses(REVOKED, renewed, world, refresh)
    revoke(world, refresh)


@fact("RevokeToken ends the access tokens that the refresh token gave", "documented")
def test_access_tokens(world):
    first = world.tokens()
    second = renewed(world, first["RefreshToken"])
    revoke(world, first["RefreshToken"])
    for tokens in (first, second):
        world.refuses(
            ("NotAuthorizedException", "Access Token has been revoked"),
            world.api.get_user,
            AccessToken=tokens["AccessToken"],
        )


@fact("RevokeToken leaves the user's other sign-ins alone", "documented")
def test_other_sign_ins(world):
    revoked, other = world.tokens(), world.tokens()
    revoke(world, revoked["RefreshToken"])
    assert world.api.get_user(AccessToken=other["AccessToken"])
    assert renewed(world, other["RefreshToken"])


@fact("A rotated refresh token ends with the sign-in that it comes from", "inferred")
def test_rotated(world):
    world.client(RefreshTokenRotation={"Feature": "ENABLED"})
    first = world.tokens()["RefreshToken"]
    second = renewed(world, first)["RefreshToken"]
    revoke(world, first)
    world.refuses(REVOKED, renewed, world, second)


def test_a_user_does_not_grow_with_tokens_that_were_rotated_or_revoked(world):
    world.client(RefreshTokenRotation={"Feature": "ENABLED"})
    sizes = []
    for _ in range(3):
        refresh = world.tokens()["RefreshToken"]
        for _ in range(20):
            refresh = renewed(world, refresh)["RefreshToken"]
        revoke(world, refresh)
        with world.sandbox.engine.store.transaction() as db:
            (doc,) = db.execute("SELECT doc FROM users").fetchone()
        sizes.append(len(doc))
    assert sizes[2] - sizes[1] < 300, "a sign-in, however often it was renewed"
    world.admin("admin_user_global_sign_out")
    with world.sandbox.engine.store.transaction() as db:
        (doc,) = db.execute("SELECT doc FROM users").fetchone()
    assert len(doc) < sizes[0]


@fact("RevokeToken takes no access or id token: UnsupportedTokenTypeException", "documented")
def test_access_token(world):
    tokens = world.tokens()
    for kind in ("AccessToken", "IdToken"):
        with pytest.raises(world.api.exceptions.UnsupportedTokenTypeException):
            revoke(world, tokens[kind])


@fact(
    "RevokeToken where the app client has token revocation off: UnsupportedOperationException",
    "documented",
)
def test_disabled(world):
    world.client(EnableTokenRevocation=False)
    with pytest.raises(world.api.exceptions.UnsupportedOperationException):
        revoke(world, world.tokens()["RefreshToken"])


@fact(
    "RevokeToken by another app client, or with a token that is none: UnauthorizedException",
    "inferred",
)
def test_unauthorized(world):
    refresh = world.tokens()["RefreshToken"]
    world.client()
    for token in (refresh, "nonsense"):
        with pytest.raises(world.api.exceptions.UnauthorizedException):
            revoke(world, token)


@fact("RevokeToken of a client with a secret needs the secret", "documented")
def test_secret(world):
    secret = world.client(GenerateSecret=True)["ClientSecret"]
    hashed = secret_hash(secret, world.username, world.client_id)
    refresh = world.sign_in(SECRET_HASH=hashed)["AuthenticationResult"]["RefreshToken"]
    with pytest.raises(world.api.exceptions.UnauthorizedException):
        revoke(world, refresh)
    revoke(world, refresh, ClientSecret=secret)
    with pytest.raises(world.api.exceptions.NotAuthorizedException):
        world.api.get_tokens_from_refresh_token(
            ClientId=world.client_id, RefreshToken=refresh, ClientSecret=secret
        )


@fact("A revoked sign-in is no session any more", "inferred")
def test_session(world):
    world.pool()
    world.user()
    world.api.set_user_pool_session_configuration(
        UserPoolId=world.pool_id, UserSessionTracking="ENABLED", TokenSession={"MaxPerUser": 2}
    )
    revoke(world, world.tokens()["RefreshToken"])
    assert world.admin("admin_list_user_sessions")["Sessions"] == []
