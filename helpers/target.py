"""Which Cognito are we talking to, and a client for it.

A target is `sandbox` (the embedded one of this process, or of the file that COGNITO_SANDBOX names),
`aws`, or the URL of an endpoint. Only this module knows which door a client goes through; everybody
else is handed the client.
"""

import json
import os
import re
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import boto3
import botocore.session
from botocore import UNSIGNED
from botocore.config import Config

from helpers.secrets.redaction import hide_in_logs

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.client import CognitoIdentityProviderClient

ALLOWED_HOSTS = "COGNITO_RESET_ALLOWED_HOSTS"
"""The environment variable that allows endpoints beyond loopback, by host name, separated by
commas.
"""

ENDPOINT_OVERRIDES = ("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "AWS_ENDPOINT_URL")
LOOPBACK = ("127.0.0.1", "localhost", "::1")

# One attempt: see helpers.cognito.actions. A trigger may take Cognito three times five seconds, so
# an answer is waited for longer than that; an answer given up on too early is an unknown outcome.
_ONE_ATTEMPT = {"retries": {"total_max_attempts": 1}, "connect_timeout": 5, "read_timeout": 20}


class TargetError(Exception):
    """The target cannot give what was asked of it; the message says why."""


@dataclass(frozen=True)
class Target:
    """One Cognito. name: `sandbox`, `aws` or a URL. profile: as boto3 means it; only signed calls
    look at it.
    """

    name: str = "sandbox"
    region: str = "us-east-1"
    profile: str = ""

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield (parameter, words) for each thing that is wrong with this target; looks at no
        network.
        """
        if self.name not in ("sandbox", "aws"):
            url = urlsplit(self.name)
            allowed = {host.strip() for host in os.environ.get(ALLOWED_HOSTS, "").split(",")}
            if url.scheme not in ("http", "https") or not url.hostname:
                yield (
                    "target",
                    (
                        "must be sandbox, aws, or the URL of an endpoint such as"
                        " http://127.0.0.1:9229."
                    ),
                )
            elif url.username or url.password:
                yield "target", "must not carry a user name or password in its URL."
            elif url.hostname not in LOOPBACK and url.hostname not in allowed:
                yield (
                    "target",
                    (
                        f"leads to {url.hostname}, which is not this machine. To allow it, put its"
                        f" name into the environment variable {ALLOWED_HOSTS}."
                    ),
                )
        if self.embedded:
            try:
                _sandbox()
            except ValueError as exc:  # COGNITO_SANDBOX names something that is no sandbox's file
                yield "target", f"{exc}."
        if not re.fullmatch(r"[a-z]{2,}(-[a-z]+)+-[0-9]+", self.region):
            yield "region", "must be an AWS region such as us-east-1."
        if self.profile and self.profile not in botocore.session.Session().available_profiles:
            yield "profile", "is not among the profiles of your AWS configuration."

    @property
    def embedded(self) -> bool:
        """Whether this is the sandbox inside this process, reached without any network."""
        return self.name == "sandbox"

    @property
    def private(self) -> bool:
        """Whether nobody but this process can have requested a code here."""
        return self.embedded and not os.environ.get("COGNITO_SANDBOX")

    @property
    def may_be_sandbox(self) -> bool:
        """Whether practice references (mailbox:, literal:) make sense here: the sandbox, or a
        loopback endpoint.
        """
        return self.embedded or urlsplit(self.name).hostname in LOOPBACK

    def where(self) -> str:
        """Say in words where calls will go. For AWS it names an endpoint that the environment has
        put in its place.
        """
        if self.embedded:
            file = os.environ.get("COGNITO_SANDBOX", "")
            kept = f"kept in the file {file}" if file else "in the memory of this process alone"
            return f"the sandbox, {kept}; no AWS account is touched"
        if self.name == "aws":
            override = next(
                (os.environ[name] for name in ENDPOINT_OVERRIDES if os.environ.get(name)), ""
            )
            return (
                f"{override} (the environment sends AWS calls there)"
                if override
                else f"AWS, region {self.region}"
            )
        return self.name

    def client(self, *, signed: bool = False) -> "CognitoIdentityProviderClient":
        """Make a client that tries once, with fixed timeouts.

        signed: True for the administrator's operations, which need credentials; the public
        operations of a reset need none, and then none are looked for. The log is redacted from here
        on.
        """
        hide_in_logs()
        endpoint = None if self.name in ("sandbox", "aws") else self.name
        unsigned = {} if signed and not self.may_be_sandbox else {"signature_version": UNSIGNED}
        client: CognitoIdentityProviderClient = self._session(signed=signed).client(
            "cognito-idp",
            endpoint_url=endpoint,
            config=Config(**_ONE_ATTEMPT, **unsigned),  # type: ignore[arg-type]
        )
        if self.embedded:
            _sandbox().attach(client)
        return client

    def aws(self, service: str) -> Any:
        """Make a boto3 client for another AWS service, where references to secrets lead."""
        hide_in_logs()
        return self._session(signed=True).client(service)  # type: ignore[call-overload]

    def _session(self, *, signed: bool) -> boto3.session.Session:
        profile = self.profile if signed and self.profile else None
        return boto3.session.Session(region_name=self.region, profile_name=profile)

    def now(self) -> datetime:
        """Return the time that this Cognito goes by, with its zone: the embedded sandbox has a
        clock of its own.
        """
        return _sandbox().now() if self.embedded else datetime.now(UTC)

    def mailbox(self, username: str = "") -> list[dict[str, Any]]:
        """Return the messages in the sandbox's mailbox, oldest first; username keeps those to one
        user.

        username: the user's own name, or the one that the request for the code used.
        Raises TargetError where there is no sandbox.
        """
        messages = _sandbox().mailbox() if self.embedded else self._ask("/_sandbox/mailbox")
        return [
            message
            for message in messages
            if username in ("", message["username"], message["entered"])
        ]

    def standing(self, username: str) -> dict[str, Any]:
        """Return what time it is in the sandbox, and how a user stands there: see Sandbox.standing.

        Raises TargetError where there is no sandbox.
        """
        if self.embedded:
            return dict(_sandbox().standing(username))
        return dict(self._ask(f"/_sandbox/standing?{urlencode({'username': username})}"))

    def advance(self, seconds: int) -> None:
        """Move the sandbox's clock on, for everybody in it. Raises TargetError where there is no
        sandbox.
        """
        if self.embedded:
            _sandbox().advance(seconds)
        else:
            self._ask("/_sandbox/clock", {"advance_seconds": seconds})

    def newest_code(self, username: str) -> str:
        """Return the code of the newest message to this user in the sandbox's mailbox.

        Raises TargetError when there is none.
        """
        codes = [str(message["code"]) for message in self.mailbox(username)]
        if not codes:
            raise TargetError(
                f"the sandbox's mailbox holds no message to {username}: request a code first."
            )
        return codes[-1]

    def _ask(self, path: str, given: dict[str, Any] | None = None) -> Any:
        if not self.may_be_sandbox:
            raise TargetError("only the sandbox has a mailbox and a clock to move.")
        # A proxy of the environment has no business on loopback.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            body = None if given is None else json.dumps(given).encode()
            with opener.open(self.name.rstrip("/") + path, body, timeout=5) as answer:
                return json.load(answer)
        except (OSError, ValueError) as exc:
            raise TargetError(f"no sandbox answers at {self.name}.") from exc


def _sandbox() -> Any:
    from helpers.sandbox import open_sandbox

    return open_sandbox()
