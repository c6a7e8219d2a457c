"""The world that facts are told in, at another door than the sandbox's: AWS, or whatever answers at
an endpoint. It has the public API and nothing else, and it leaves nothing behind.
"""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_PASSWORD, DEFAULT_POOL_ID, DEFAULT_USERNAME

from .world import SMS_ROLE, World

PREFIX = "cognito-reset-throwaway-"
"""How the name of each user pool begins that is made here; nothing else is ever deleted."""
_SEED = {
    "PoolName": "sandbox",
    "SmsConfiguration": None,
    "AccountRecoverySetting": {"RecoveryMechanisms": [{"Name": "verified_email", "Priority": 1}]},
}
USERS = 1000
"""How many users one Door makes at most, all worlds together."""
NO_SMS = "needs a role that may send text messages"
_MESSAGE = "would send a message to an address that nobody has named"
_SENDS = {
    "AdminInitiateAuth",
    "AdminResetUserPassword",
    "AdminRespondToAuthChallenge",
    "AdminUpdateUserAttributes",
    "ForgotPassword",
    "GetUserAttributeVerificationCode",
    "InitiateAuth",
    "ResendConfirmationCode",
    "RespondToAuthChallenge",
    "SignUp",
    "UpdateUserAttributes",
}
_SIGN_INS = {
    "AdminInitiateAuth",
    "AdminRespondToAuthChallenge",
    "InitiateAuth",
    "RespondToAuthChallenge",
}
_BY_MESSAGE = {"EMAIL_OTP", "SMS_MFA", "SMS_OTP"}


class Beyond:
    """What stands for the sandbox where there is none: whoever asks it for something is skipped."""

    def __getattr__(self, name: str) -> Any:
        pytest.skip(f"needs the sandbox's own `{name}`")


class Elsewhere(World):
    """One fact's world: its pools are made when they are needed, and deleted when it is over."""

    def __init__(self, client: Any) -> None:
        super().__init__(Beyond(), client)  # type: ignore[arg-type]
        self._pool_id = self._client_id = ""

    @property
    def pool_id(self) -> str:
        self._plant()
        return self._pool_id

    @pool_id.setter
    def pool_id(self, given: str) -> None:
        self._pool_id = "" if given == DEFAULT_POOL_ID else given

    @property
    def client_id(self) -> str:
        self._plant()
        return self._client_id

    @client_id.setter
    def client_id(self, given: str) -> None:
        if given != DEFAULT_CLIENT_ID:
            self._plant()
        self._client_id = "" if given == DEFAULT_CLIENT_ID else given

    def _plant(self) -> None:
        """Make what a fresh sandbox starts with, unless the fact has made a pool of its own."""
        if not self._pool_id:
            chosen = self.username, self.password
            self.pool(**_SEED)
            self.user(DEFAULT_USERNAME, email=DEFAULT_USERNAME)
            self.set_password(DEFAULT_PASSWORD)
            self.username, self.password = chosen


class Door:
    """Opens worlds behind one boto3 client, and keeps watch over what is sent through it.

    A request that would have a message sent is not sent, and the fact that it belongs to is
    skipped. `left`: the pools that could not be deleted.
    """

    def __init__(self, client: Any) -> None:
        self.client = client
        self.left: list[str] = []
        self._pools: list[str] = []
        self._pool_of: dict[str, str] = {}
        self._looking, self._users = False, 0
        service = "cognito-identity-provider"
        events = client.meta.events
        events.register(f"provide-client-params.{service}", self._before)
        events.register(f"after-call.{service}", self._after)

    @contextmanager
    def world(self) -> Iterator[World]:
        """Open a world of its own; its pools are deleted at the end, whatever happened in it."""
        try:
            yield Elsewhere(self.client)
        finally:
            self.clear()

    def clear(self) -> None:
        """Delete the pools that were made and are still there."""
        while self._pools:
            pool_id = self._pools[-1]
            if not deleted(self.client, pool_id):
                self.left.append(pool_id)
            self._pools.pop()

    def _before(self, params: Any, model: Any, **_: Any) -> Any:
        if self._looking:
            return params
        params = dict(params)
        if model.name == "CreateUserPool" and isinstance(params.get("PoolName"), str):
            params["PoolName"] = f"{PREFIX}{params['PoolName']}"
        if params.get("SmsConfiguration") == SMS_ROLE:
            del params["SmsConfiguration"]  # a role that is nobody's
            if params.get("MfaConfiguration", "OFF") != "OFF":
                pytest.skip(NO_SMS)
        if model.name in ("AdminCreateUser", "SignUp"):
            self._users += 1
            if self._users > USERS:
                pytest.skip(f"{USERS} users were made already")
        if model.name == "AdminCreateUser" and params.get("MessageAction") != "SUPPRESS":
            self._spare(_contacts(params.get("UserAttributes")))
        if model.name in _SENDS:
            self._spare(_contacts(params.get("UserAttributes")))
            if model.name not in _SIGN_INS or self._by_message(params):
                self._spare(self._contacts_of(params))
        return params

    def _after(self, parsed: Any, model: Any, **_: Any) -> None:
        if model.name == "CreateUserPool" and "UserPool" in parsed:
            self._pools.append(parsed["UserPool"]["Id"])
        if model.name == "CreateUserPoolClient" and "UserPoolClient" in parsed:
            made = parsed["UserPoolClient"]
            self._pool_of[made["ClientId"]] = made["UserPoolId"]
        for pool in [parsed.get("UserPool", {}), *parsed.get("UserPools", [])]:
            if str(pool.get("Name", "")).startswith(PREFIX):
                pool["Name"] = pool["Name"].removeprefix(PREFIX)

    def _spare(self, contacts: set[str]) -> None:
        if contacts:
            pytest.skip(_MESSAGE)

    def _by_message(self, params: dict[str, Any]) -> bool:
        """Whether a sign-in may be answered by a message: its flow or its pool's MFA says so."""
        if params.get("AuthFlow") == "USER_AUTH" or params.get("ChallengeName") in _BY_MESSAGE:
            return True
        pool_id = params.get("UserPoolId") or self._pool_of.get(str(params.get("ClientId")))
        found = self._looked_up("get_user_pool_mfa_config", UserPoolId=pool_id)
        return found.get("MfaConfiguration", "OFF") != "OFF"

    def _contacts_of(self, params: dict[str, Any]) -> set[str]:
        """Return the contacts of the user whom a request means, as the service knows them."""
        if "AccessToken" in params:
            found = self._looked_up("get_user", AccessToken=params["AccessToken"])
        else:
            inner = params.get("AuthParameters") or params.get("ChallengeResponses") or {}
            found = self._looked_up(
                "admin_get_user",
                UserPoolId=params.get("UserPoolId")
                or self._pool_of.get(str(params.get("ClientId"))),
                Username=params.get("Username") or inner.get("USERNAME"),
            )
        return _contacts(found.get("UserAttributes"))

    def _looked_up(self, operation: str, **request: Any) -> dict[str, Any]:
        """Return an answer, empty where there is none: what nobody knows has no contact."""
        self._looking = True
        try:
            found: dict[str, Any] = getattr(self.client, operation)(**request)
            return found
        except (ClientError, BotoCoreError):
            return {}
        finally:
            self._looking = False


def deleted(client: Any, pool_id: str) -> bool:
    """Delete a user pool, protected or not; return whether it is gone."""
    delete = functools.partial(client.delete_user_pool, UserPoolId=pool_id)
    for attempt in (delete, functools.partial(_unprotect, client, pool_id), delete):
        try:
            attempt()
            if attempt is delete:
                return True
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return True
        except BotoCoreError:
            return False
    return False


def _unprotect(client: Any, pool_id: str) -> None:
    client.update_user_pool(UserPoolId=pool_id, DeletionProtection="INACTIVE")


def _contacts(attributes: Any) -> set[str]:
    listed = attributes if isinstance(attributes, list) else []
    return {
        str(one.get("Value"))
        for one in listed
        if isinstance(one, dict) and one.get("Name") in ("email", "phone_number")
    }
