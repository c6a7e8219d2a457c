"""What the sandbox, moto's server and cognito-local do with the same requests, for the comparison in
the sandbox's README: python -m tests.sandbox.peers.

Each answer is measured over HTTP, on a server of its own. Nothing here passes or fails.
"""

import functools
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import boto3
from botocore import UNSIGNED, xform_name
from botocore.config import Config
from botocore.exceptions import ClientError
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from helpers.sandbox import signing
from helpers.sandbox.model import operations

from .bench import _ANY_CODE, _call, _free_port, _moto, _ours, _running, cognito_local

PASSWORD, ANOTHER = "Correct-Horse-1", "Battery-Staple-2"


class Peer:
    """One server with a pool, an app client, and users as they are asked for."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        config = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
        self.api = boto3.client(
            "cognito-idp", region_name="us-east-1", endpoint_url=endpoint, config=config
        )
        self.names = 0

    def app(self, **options: Any) -> None:
        """Make a pool and an app client, the ones in use."""
        made = self.api.create_user_pool(
            PoolName="peers", AutoVerifiedAttributes=["email"], UsernameAttributes=["email"]
        )
        self.pool_id = made["UserPool"]["Id"]
        flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
        made = self.api.create_user_pool_client(
            UserPoolId=self.pool_id, ClientName="peers", ExplicitAuthFlows=flows, **options
        )
        self.client_id = made["UserPoolClient"]["ClientId"]

    def user(self) -> str:
        """Make a user with a verified address and a password."""
        self.names += 1
        name = f"user{self.names}@example.com"
        attributes = {"email": name, "email_verified": "true"}
        self.api.admin_create_user(
            UserPoolId=self.pool_id,
            Username=name,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": key, "Value": value} for key, value in attributes.items()],
        )
        self.api.admin_set_user_password(
            UserPoolId=self.pool_id, Username=name, Password=PASSWORD, Permanent=True
        )
        return name

    def code(self, name: str) -> str:
        """Ask for a code, and return it, or one that will do."""
        self.api.forgot_password(ClientId=self.client_id, Username=name)
        try:
            with urllib.request.urlopen(f"{self.endpoint}/_sandbox/mailbox", timeout=10) as answer:
                return str(json.load(answer)[-1]["code"])
        except (OSError, ValueError):
            return _ANY_CODE

    def confirm(self, name: str, code: str, password: str = ANOTHER) -> None:
        self.api.confirm_forgot_password(
            ClientId=self.client_id, Username=name, ConfirmationCode=code, Password=password
        )

    def sign_in(self, name: str, password: str) -> Any:
        given = {"USERNAME": name, "PASSWORD": password}
        return self.api.initiate_auth(
            ClientId=self.client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given
        )


def refusal(call: Callable[[], Any]) -> str:
    """Return the exception that a call meets, "accepted" where it meets none."""
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "accepted"


def known_operations(endpoint: str) -> int:
    """Count the operations that are not refused as unknown."""
    count = 0
    for name in operations():
        try:
            _call(endpoint, name, {})
        except urllib.error.HTTPError as error:
            with error:
                said = error.read().decode("utf-8", "replace")
            count += "UnknownOperation" not in said and "Unsupported" not in said
        else:
            count += 1
    return count


def motos_operations() -> int:
    """Count the operations that moto has code for; its server does not tell unknown from failed."""
    from moto.cognitoidp.responses import CognitoIdpResponse

    return sum(hasattr(CognitoIdpResponse, xform_name(name)) for name in operations())


def wrong_code(peer: Peer) -> str:
    name = peer.user()
    code = peer.code(name)
    return refusal(lambda: peer.confirm(name, "999999" if code != "999999" else "111111"))


def used_code(peer: Peer) -> str:
    name = peer.user()
    code = peer.code(name)
    peer.confirm(name, code)
    return refusal(lambda: peer.confirm(name, code, "One-more-Pass-3"))


def weak_password(peer: Peer) -> str:
    name = peer.user()
    code = peer.code(name)
    return refusal(lambda: peer.confirm(name, code, "weakweak"))


def sixth_request(peer: Peer) -> str:
    name = peer.user()
    found = [refusal(lambda: peer.code(name)) for _ in range(6)]
    return found[-1]


def tenth_wrong_password(peer: Peer) -> str:
    name = peer.user()
    for _ in range(10):
        refusal(lambda: peer.sign_in(name, "Wrong-Pass-1"))
    return refusal(lambda: peer.sign_in(name, PASSWORD))


def hidden_user(peer: Peer) -> str:
    peer.app(PreventUserExistenceErrors="ENABLED")
    found = refusal(lambda: peer.code("nobody@example.com"))
    return "as for any user" if found == "accepted" else found


def srp(peer: Peer, password: str) -> str:
    from pycognito.aws_srp import AWSSRP

    name = peer.user()
    given = {"username": name, "password": password, "client": peer.api}
    try:
        answer = refusal(
            AWSSRP(pool_id=peer.pool_id, client_id=peer.client_id, **given).authenticate_user
        )
    except Exception as error:
        return f"fails ({type(error).__name__})"
    return "no SRP" if answer == "Unsupported" else answer


def keys(peer: Peer) -> str:
    """Say whether a token is verified with the keys that the server publishes."""
    token = peer.sign_in(peer.user(), PASSWORD)["AuthenticationResult"]["AccessToken"]
    message, signature = token.rsplit(".", 1)
    url = f"{peer.endpoint}/{peer.pool_id}/.well-known/jwks.json"
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            key = json.load(answer)["keys"][0]
        numbers = [int.from_bytes(signing.bytes_of(key[name]), "big") for name in "en"]
        public = rsa.RSAPublicNumbers(*numbers).public_key()
        given = signing.bytes_of(signature)
        public.verify(given, message.encode(), padding.PKCS1v15(), hashes.SHA256())
    except (OSError, ValueError, KeyError, InvalidSignature) as error:
        return f"no ({type(error).__name__})"
    return "yes"


def discovery(peer: Peer) -> str:
    url = f"{peer.endpoint}/{peer.pool_id}/.well-known/openid-configuration"
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return "yes" if "jwks_uri" in json.load(answer) else "no"
    except (OSError, ValueError):
        return "no"


def page(peer: Peer) -> str:
    """Say whom a browser would let call."""
    request = urllib.request.Request(
        peer.endpoint, method="OPTIONS", headers={"Origin": "https://any.example"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            allowed = answer.headers.get("Access-Control-Allow-Origin")
    except urllib.error.HTTPError as error:
        error.close()
        allowed = None
    return "any" if allowed in ("*", "https://any.example") else "those that you name"


def required_factor(peer: Peer) -> str:
    peer.app()
    name = peer.user()
    try:
        peer.api.set_user_pool_mfa_config(
            UserPoolId=peer.pool_id,
            MfaConfiguration="ON",
            SoftwareTokenMfaConfiguration={"Enabled": True},
        )
        return str(peer.sign_in(name, PASSWORD).get("ChallengeName", "tokens"))
    except ClientError as error:
        return str(error.response["Error"]["Code"])


QUESTIONS: dict[str, Callable[[Peer], str]] = {
    "`ConfirmForgotPassword` with a wrong code": wrong_code,
    "with a code that was used": used_code,
    "with a password that breaks the policy": weak_password,
    "the sixth `ForgotPassword` of an hour": sixth_request,
    "the right password after ten wrong ones": tenth_wrong_password,
    "sign-in by SRP with the right password": functools.partial(srp, password=PASSWORD),
    "sign-in by SRP with a wrong password": functools.partial(srp, password="Wrong-Pass-1"),
    "sign-in where the pool requires MFA": required_factor,
    "a user who must not be found out asks for a code": hidden_user,
    "tokens are verified with the keys that it serves": keys,
    "OpenID configuration": discovery,
    "pages that may call it": page,
}
"""The rows of the README's table, and how each is measured."""


def answers(endpoint: str) -> dict[str, str]:
    """Put the questions to one server."""
    peer, found = Peer(endpoint), {}
    peer.app()
    for question, ask in QUESTIONS.items():
        try:
            found[question] = ask(peer)
        except ClientError as error:
            found[question] = f"{error.response['Error']['Code']} on the way"
    return found


def main() -> None:
    """Print the table."""
    commands = {"sandbox": _ours, "moto": _moto}
    if local := cognito_local():
        commands["cognito-local"] = local
    told = {}
    for name, command in commands.items():
        port = _free_port()
        with _running(command(port), port) as (endpoint, _, _):
            told[name] = answers(endpoint)
            count = motos_operations() if name == "moto" else known_operations(endpoint)
            told[name][f"operations of {len(operations())}"] = str(count)
    print("| |", " | ".join(told), "|")
    for question in told["sandbox"]:
        cells = (found[question].replace("_", "\\_") for found in told.values())
        print(f"| {question} |", " | ".join(cells), "|")


if __name__ == "__main__":
    main()
