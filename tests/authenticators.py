"""Authenticator apps of users, for tests that are not about how one is registered."""

import json

from helpers.sandbox import DEFAULT_POOL_ID

SECRET = "ORSXG5BAONSWG4TFOQ"


def register(sandbox, username, pool_id=DEFAULT_POOL_ID):
    """Give a user an authenticator app with SECRET, registered and not enabled."""
    whom = (pool_id, username)
    with sandbox.engine.store.transaction() as db:
        (doc,) = db.execute(
            "SELECT doc FROM users WHERE pool_id = ? AND username = ?", whom
        ).fetchone()
        held = {"secret": SECRET, "used": 0, "name": "TOTP device"}
        changed = json.dumps(json.loads(doc) | {"authenticator": held})
        db.execute("UPDATE users SET doc = ? WHERE pool_id = ? AND username = ?", (changed, *whom))
