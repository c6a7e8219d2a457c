"""A Cognito for the tests of other projects: `from helpers.sandbox.pytest import cognito`.

Import the fixture where it is used or into a conftest.py, or load this module as a plugin
(`pytest -p helpers.sandbox.pytest`). Nothing loads it unasked.
"""

import datetime
from dataclasses import dataclass
from typing import Any

import pytest

from . import tokens
from .box import Sandbox
from .refusal import ApiError
from .seed import DEFAULT_CLIENT_ID, DEFAULT_PASSWORD, DEFAULT_POOL_ID, DEFAULT_USERNAME
from .server import Server

__all__ = ["Cognito", "cognito"]


@dataclass(frozen=True)
class Cognito:
    """What a test has of its Cognito: a pool, an app client, a user, a mailbox and a clock.

    endpoint: the URL it is served at, for what does not follow the environment. sandbox: the whole
    of it, with settings, faults and triggers.
    """

    sandbox: Sandbox
    endpoint: str
    pool_id: str = DEFAULT_POOL_ID
    client_id: str = DEFAULT_CLIENT_ID
    username: str = DEFAULT_USERNAME
    password: str = DEFAULT_PASSWORD

    @property
    def jwks(self) -> dict[str, Any]:
        """The pool's public keys, for a verifier that takes them instead of fetching them."""
        return tokens.public_keys(self.pool_id)

    def add_user(self, username: str, password: str = DEFAULT_PASSWORD, **attributes: str) -> None:
        """Add a confirmed user, whose email is verified where one is given; nothing is sent.

        attributes: by their names in Cognito. ValueError, in Cognito's words, for what it refuses.
        """
        verified = {
            f"{name}_verified": "true" for name in ("email", "phone_number") if name in attributes
        }
        listed = [{"Name": name, "Value": value} for name, value in (verified | attributes).items()]
        whom = {"UserPoolId": self.pool_id, "Username": username}
        self._call("AdminCreateUser", {**whom, "UserAttributes": listed} | _SILENT)
        self._call("AdminSetUserPassword", {**whom, "Password": password, "Permanent": True})

    def mailbox(self, username: str | None = None) -> list[dict[str, Any]]:
        """Return the messages sent, the oldest first; see Sandbox.mailbox."""
        return self.sandbox.mailbox(username)

    def code(self, username: str | None = None) -> str:
        """Return the code in the newest message, to this user where one is named.

        LookupError where nothing was sent.
        """
        found = self.mailbox(username)
        if not found:
            raise LookupError(f"no message was sent{f' to {username}' if username else ''}")
        return str(found[-1]["code"])

    def now(self) -> datetime.datetime:
        """Return the time on its clock, which is the real one until it is moved."""
        return self.sandbox.now()

    def advance(self, seconds: float) -> datetime.datetime:
        """Move its clock forward and return the time: codes and tokens run out at once."""
        return self.sandbox.advance(seconds)

    def _call(self, operation: str, request: dict[str, Any]) -> None:
        match self.sandbox.engine.call(operation, request).result:
            case ApiError() as refused:
                raise ValueError(f"{operation}: {refused.code}: {refused.message}")


_SILENT = {"MessageAction": "SUPPRESS"}
_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "sandbox",
    "AWS_SECRET_ACCESS_KEY": "sandbox",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
}


_DOOR = pytest.StashKey[Server]()


@pytest.fixture
def cognito(pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch) -> Cognito:
    """A fresh Cognito, to which every AWS SDK and the AWS CLI talk while the test runs.

    It is served on loopback, at the same address for all tests of a session, so that a client that
    the application keeps stays good. The environment names that address and credentials that are
    nobody's, for this process and those that it starts. The clock is real and codes are random.
    """
    door = _door(pytestconfig)
    door.sandbox.reset()
    address = {"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": door.endpoint}
    for name, value in (_ENVIRONMENT | address).items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return Cognito(door.sandbox, door.endpoint)


def _door(config: pytest.Config) -> Server:
    # Not a fixture of its own: whoever imports `cognito` would have to import that as well.
    if _DOOR not in config.stash:
        sandbox = Sandbox.in_memory(seed=None)
        config.stash[_DOOR] = door = Server(sandbox, 0)
        config.add_cleanup(sandbox.close)
        config.add_cleanup(door.close)  # the last one added is the first to be called
    return config.stash[_DOOR]
