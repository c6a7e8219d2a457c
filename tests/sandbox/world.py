"""What the facts are told with: a client at one of the doors, pools and users in short words, and
exact refusals.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from helpers.sandbox import (
    DEFAULT_CLIENT_ID,
    DEFAULT_PASSWORD,
    DEFAULT_POOL_ID,
    DEFAULT_USERNAME,
    Sandbox,
)

PASSWORD, ANOTHER = "Correct-Horse-1", "Battery-Staple-2"
EMAIL, PHONE = "ana@shop.example", "+12025550147"
EXPIRED = ("ExpiredCodeException", "Invalid code provided, please request a code again.")
MISMATCH = ("CodeMismatchException", "Invalid verification code provided, please try again.")
LIMIT = ("LimitExceededException", "Attempt limit exceeded, please try after some time.")
NO_CONTACT = (
    "InvalidParameterException",
    "Cannot reset password for the user as there is no registered/verified email or phone_number",
)
WRONG_STATE = ("NotAuthorizedException", "User password cannot be reset in the current state.")
UNKNOWN = ("UserNotFoundException", "Username/client id combination not found.")
INCORRECT = ("NotAuthorizedException", "Incorrect username or password.")
RESET_REQUIRED = ("PasswordResetRequiredException", "Password reset required for the user")
SMS_ROLE = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}
EMAIL_ONLY = {"RecoveryMechanisms": [{"Name": "verified_email", "Priority": 1}]}

ELSEWHERE = pytest.StashKey[Callable[[], AbstractContextManager["World"]]]()
"""Where the facts are held against another door: what opens a world there."""


def fact(words: str, sure: str) -> pytest.MarkDecorator:
    """Say which behaviour a test holds, and how surely AWS has it.

    sure: "documented" by AWS, "reported" by users with the literal text or seen in captured
    answers, "inferred" from those, or "open": a setting of the sandbox decides, and this is its
    default or its other value.
    """
    assert sure in ("documented", "reported", "inferred", "open")
    return pytest.mark.fact(words, sure=sure)


def client_for(**keywords: Any) -> Any:
    """Return an unsigned client that tries once."""
    config = Config(
        signature_version=UNSIGNED, retries={"total_max_attempts": 1}, max_pool_connections=20
    )
    return boto3.client("cognito-idp", region_name="us-east-1", config=config, **keywords)


def secret_hash(secret: str, username: str, client_id: str) -> str:
    digest = hmac.new(secret.encode(), (username + client_id).encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


class World:
    """One pool with one client, and whatever a fact needs beside them."""

    def __init__(self, sandbox: Sandbox, client: Any) -> None:
        self.sandbox = sandbox
        self.api = client
        self.pool_id = DEFAULT_POOL_ID
        self.client_id = DEFAULT_CLIENT_ID
        self.username = DEFAULT_USERNAME
        self.password = DEFAULT_PASSWORD

    # Setting the stage

    def pool(self, **options: Any) -> str:
        """Make a pool that can send, with a client of its own, the one in use; None leaves an
        option out.
        """
        options = {
            "PoolName": "shop",
            "AutoVerifiedAttributes": ["email"],
            "SmsConfiguration": SMS_ROLE,
            **options,
        }
        given = {name: value for name, value in options.items() if value is not None}
        self.pool_id = self.api.create_user_pool(**given)["UserPool"]["Id"]
        self.client()
        return self.pool_id

    def client(self, **options: Any) -> dict[str, Any]:
        """Make an app client, the one in use."""
        options = {
            "ClientName": "app",
            "ExplicitAuthFlows": [
                "ALLOW_USER_PASSWORD_AUTH",
                "ALLOW_ADMIN_USER_PASSWORD_AUTH",
                "ALLOW_USER_SRP_AUTH",
                "ALLOW_REFRESH_TOKEN_AUTH",
            ],
            **options,
        }
        made = self.api.create_user_pool_client(UserPoolId=self.pool_id, **options)[
            "UserPoolClient"
        ]
        self.client_id = made["ClientId"]
        return made

    def hiding(self) -> None:
        """Have the client in use prevent user existence errors."""
        self.client(PreventUserExistenceErrors="ENABLED")

    def user(
        self,
        username: str = "ana",
        *,
        email: str | None = EMAIL,
        phone: str | None = None,
        verified: bool = True,
        confirmed: bool = True,
        **attributes: str,
    ) -> str:
        """Make a user, the one in use."""
        values = {"email": email, "phone_number": phone, **attributes}
        if email and verified:
            values["email_verified"] = "true"
        if phone and verified:
            values["phone_number_verified"] = "true"
        listed = [{"Name": name, "Value": value} for name, value in values.items() if value]
        self.api.admin_create_user(
            UserPoolId=self.pool_id,
            Username=username,
            UserAttributes=listed,
            TemporaryPassword="Temporary-Pass-1",
            MessageAction="SUPPRESS",
        )
        self.username, self.password = username, "Temporary-Pass-1"
        if confirmed:
            self.set_password(PASSWORD)
        return username

    def signed_up(self, username: str = "newcomer", email: str = EMAIL) -> str:
        """Have a user sign up, the one in use: UNCONFIRMED."""
        self.api.sign_up(
            ClientId=self.client_id,
            Username=username,
            Password=PASSWORD,
            UserAttributes=[{"Name": "email", "Value": email}],
        )
        self.username, self.password = username, PASSWORD
        return username

    def set_password(self, password: str, *, permanent: bool = True) -> None:
        self.api.admin_set_user_password(
            UserPoolId=self.pool_id, Username=self.username, Password=password, Permanent=permanent
        )
        self.password = password

    def admin(self, operation: str, **more: Any) -> Any:
        """Call an administrator's operation on the user in use."""
        return getattr(self.api, operation)(
            **{"UserPoolId": self.pool_id, "Username": self.username, **more}
        )

    def status(self) -> str:
        return str(self.admin("admin_get_user")["UserStatus"])

    # The flow

    def forgot(self, **more: Any) -> Any:
        return self.api.forgot_password(
            **{"ClientId": self.client_id, "Username": self.username, **more}
        )

    def code(self) -> str:
        """Ask for a code and return it."""
        self.forgot()
        return self.last_code()

    def last_code(self) -> str:
        return str(self.sandbox.mailbox()[-1]["code"])

    def wrong(self) -> str:
        """Return six digits that are not the last code."""
        return f"{(int(self.last_code()) + 1) % 1_000_000:06}"

    def confirm(self, code: str, password: str = ANOTHER, **more: Any) -> Any:
        return self.api.confirm_forgot_password(
            **{
                "ClientId": self.client_id,
                "Username": self.username,
                "ConfirmationCode": code,
                "Password": password,
                **more,
            }
        )

    def sign_in(
        self, password: str | None = None, *, username: str | None = None, **more: str
    ) -> Any:
        given = {
            "USERNAME": username or self.username,
            "PASSWORD": password or self.password,
            **more,
        }
        return self.api.initiate_auth(
            ClientId=self.client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given
        )

    def tokens(self, password: str | None = None) -> dict[str, Any]:
        return dict(self.sign_in(password)["AuthenticationResult"])

    # What came of it

    def refuses(
        self,
        expected: tuple[str, str | None],
        call: Callable[..., Any],
        *args: Any,
        **keywords: Any,
    ) -> ClientError:
        """Hold that a call is refused with exactly this exception and text."""
        with pytest.raises(ClientError) as caught:
            call(*args, **keywords)
        error = caught.value.response["Error"]
        found = (error["Code"], error.get("Message"))
        assert found == expected, f"{found}, not {expected}"
        return caught.value
