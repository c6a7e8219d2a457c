"""The world that facts are told in, at another door than the sandbox's: AWS, or whatever answers at
an endpoint. It has the public API and nothing else, and it leaves nothing behind.
"""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_PASSWORD, DEFAULT_POOL_ID, DEFAULT_USERNAME

from .post import Addresses, Letter, Mailbox
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
_OWN_ADDRESS = "needs an address of its own, not one of the mailbox"
_MADE_OF_NAMES = ("SecretHash", "SECRET_HASH", "SRP_A", "PASSWORD_CLAIM_SIGNATURE")
_NOBODY = {"InvalidParameterException", "ResourceNotFoundException", "UserNotFoundException"}
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
_ALWAYS_SENDS = {"AdminCreateUser", "AdminResetUserPassword"}
_BY_MESSAGE = {"EMAIL_OTP", "SMS_MFA", "SMS_OTP"}


class Beyond:
    """What stands for the sandbox where there is none: whoever asks it for something is skipped."""

    def __getattr__(self, name: str) -> Any:
        pytest.skip(f"needs the sandbox's own `{name}`")


class Post(Beyond):
    """The part of the sandbox that a mailbox that somebody names can stand for."""

    def __init__(self, door: "Door", box: Mailbox) -> None:
        self._door, self._box = door, box

    def mailbox(self, username: str | None = None) -> list[Letter]:
        """Return the messages of this world, once they have come."""
        if username is not None or not self._door.sent:
            pytest.skip("needs the sandbox's own `mailbox`: nobody can wait for what never comes")
        found = self._box.letters(self._door.sent)
        if len(found) < self._door.sent:
            pytest.skip("a message did not arrive")
        theirs = self._door.addresses.to_theirs if self._door.addresses else dict
        return [Letter(theirs(letter)) for letter in found]


class Elsewhere(World):
    """One fact's world: its pools are made when they are needed, and deleted when it is over."""

    def __init__(self, client: Any, sandbox: Any) -> None:
        super().__init__(sandbox, client)
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
    skipped, unless there is a mailbox: then the facts' addresses are the mailbox's on their way.
    sender: the ARN of the SES identity that sends. `left`: the pools that could not be deleted.
    """

    def __init__(self, client: Any, mailbox: Mailbox | None = None, sender: str = "") -> None:
        self.client = client
        self.mailbox = mailbox
        self.addresses = Addresses(mailbox.account) if mailbox else None
        self.sent = 0
        self._sender = sender
        self._reaches = False
        self.left: list[str] = []
        self._pools: list[str] = []
        self._pool_of: dict[str, str] = {}
        self._by_email = False
        self._pools_by_email: set[str] = set()
        self._looking, self._users = False, 0
        for event, handler in self._watches():
            client.meta.events.register(event, handler)

    def close(self) -> None:
        """Delete what is left, and leave the client as it was."""
        self.clear()
        for event, handler in self._watches():
            self.client.meta.events.unregister(event, handler)

    def _watches(self) -> list[tuple[str, Any]]:
        service = "cognito-identity-provider"
        return [
            (f"provide-client-params.{service}", self._before),
            (f"after-call.{service}", self._after),
        ]

    @contextmanager
    def world(self) -> Iterator[World]:
        """Open a world of its own; its pools are deleted at the end, whatever happened in it."""
        self.sent = 0
        if self.mailbox:
            self.mailbox.begin()
        try:
            yield Elsewhere(self.client, Post(self, self.mailbox) if self.mailbox else Beyond())
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
        params = self._with_our_addresses(params) if self.addresses else dict(params)
        self._reaches = False
        self._by_email = "email" in (
            *params.get("UsernameAttributes", ()),
            *params.get("AliasAttributes", ()),
        )
        if model.name == "CreateUserPool" and self._sender:
            own = {"EmailSendingAccount": "DEVELOPER", "SourceArn": self._sender}
            params.setdefault("EmailConfiguration", own)
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
            surely = model.name != "AdminUpdateUserAttributes"
            self._spare(_contacts(params.get("UserAttributes")), surely=surely)
            if model.name not in _SIGN_INS or self._by_message(params):
                self._spare(self._contacts_of(params), surely=surely)
        return params

    def _after(self, parsed: Any, model: Any, **_: Any) -> None:
        if self._looking:
            return
        if self.addresses:
            parsed.update(self.addresses.to_theirs(parsed))
        if self._reaches and "Error" not in parsed:
            self.sent += model.name in _ALWAYS_SENDS or bool(_details(parsed))
        if model.name == "CreateUserPool" and "UserPool" in parsed:
            self._pools.append(parsed["UserPool"]["Id"])
            if self._by_email:
                self._pools_by_email.add(parsed["UserPool"]["Id"])
        if model.name == "CreateUserPoolClient" and "UserPoolClient" in parsed:
            made = parsed["UserPoolClient"]
            self._pool_of[made["ClientId"]] = made["UserPoolId"]
        for pool in [parsed.get("UserPool", {}), *parsed.get("UserPools", [])]:
            if str(pool.get("Name", "")).startswith(PREFIX):
                pool["Name"] = pool["Name"].removeprefix(PREFIX)

    def _with_our_addresses(self, params: dict[str, Any]) -> dict[str, Any]:
        """Return a request with our addresses: as attributes, and as names where they are names."""
        assert self.addresses
        if "email" in str(params.get("Filter")):
            pytest.skip(_OWN_ADDRESS)
        ours = {**params, "UserAttributes": self.addresses.to_ours(params.get("UserAttributes"))}
        if params.get("UserAttributes") is None:
            del ours["UserAttributes"]
        if self._pool_asked(params) not in self._pools_by_email:
            return ours
        everywhere: dict[str, Any] = self.addresses.to_ours(params)
        if everywhere != ours and any(one in str(params) for one in _MADE_OF_NAMES):
            pytest.skip(_OWN_ADDRESS)
        return everywhere

    def _pool_asked(self, params: dict[str, Any]) -> str | None:
        return params.get("UserPoolId") or self._pool_of.get(str(params.get("ClientId")))

    def _spare(self, contacts: set[str], *, surely: bool = True) -> None:
        """Skip a fact that would write to somebody else, or perhaps, so that nobody could wait."""
        if contacts and not (surely and self.addresses and all(map(self.addresses.has, contacts))):
            pytest.skip(_MESSAGE)
        self._reaches = self._reaches or bool(contacts)

    def _by_message(self, params: dict[str, Any]) -> bool:
        """Whether a sign-in may be answered by a message: its flow or its pool's MFA says so."""
        if params.get("AuthFlow") == "USER_AUTH" or params.get("ChallengeName") in _BY_MESSAGE:
            return True
        pool_id = self._pool_asked(params)
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
                UserPoolId=self._pool_asked(params),
                Username=params.get("Username") or inner.get("USERNAME"),
            )
        return _contacts(found.get("UserAttributes"))

    def _looked_up(self, operation: str, **request: Any) -> dict[str, Any]:
        """Return an answer, empty where the service says that there is nobody to ask about.

        Whoever cannot be looked up could be anybody, and is not written to.
        """
        self._looking = True
        try:
            found: dict[str, Any] = getattr(self.client, operation)(**request)
            return found
        except ParamValidationError:
            return {}
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _NOBODY or (operation, code) == ("get_user", "NotAuthorizedException"):
                return {}
            pytest.skip(f"{_MESSAGE}: {operation} is refused")
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


def _details(parsed: Any) -> Any:
    """Return what an answer says of a message that was sent."""
    return (
        parsed.get("CodeDeliveryDetails")
        or parsed.get("CodeDeliveryDetailsList")
        or parsed.get("ChallengeParameters", {}).get("CODE_DELIVERY_DESTINATION")
    )


def _contacts(attributes: Any) -> set[str]:
    listed = attributes if isinstance(attributes, list) else []
    return {
        str(one.get("Value"))
        for one in listed
        if isinstance(one, dict) and one.get("Name") in ("email", "phone_number")
    }
