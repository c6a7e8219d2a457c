"""One Cognito, and a client for it.

A target is `sandbox` (the embedded one of this process, or of the file that COGNITO_SANDBOX names),
`aws`, or the URL of an endpoint. Only this module knows which door a client goes through; everybody
else is handed the client.
"""

import json
import os
import re
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlencode, urlsplit

import boto3
import botocore.session
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from botocore.utils import get_environ_proxies

from helpers.cognito.errors import NotReached
from helpers.secrets.redaction import hide_in_logs
from helpers.target import sessions
from helpers.target.certificates import faults_in_certificates

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.client import CognitoIdentityProviderClient

    from helpers.sandbox import Sandbox

ALLOWED_HOSTS = "COGNITO_RESET_ALLOWED_HOSTS"
"""The environment variable that allows endpoints beyond loopback, by host name, separated by
commas.
"""

ENDPOINT_OVERRIDES = ("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "AWS_ENDPOINT_URL")
REGION = r"[a-z]{2,}(-[a-z]+)+-[0-9]+"
LOOPBACK = ("127.0.0.1", "localhost", "::1")

# One attempt: see helpers.cognito.actions. A trigger may take Cognito three times five seconds, so
# an answer is waited for longer than that; an answer given up on too early is an unknown outcome.
_ONE_ATTEMPT = {"retries": {"total_max_attempts": 1}, "connect_timeout": 5, "read_timeout": 20}

Clients = dict[Any, "CognitoIdentityProviderClient"]
_shared: ContextVar[Clients | None] = ContextVar("_shared", default=None)
_ready: dict["Target", "CognitoIdentityProviderClient"] = {}


@contextmanager
def shared_clients(made: Clients | None = None) -> Iterator[None]:
    """Have one client made for each target within, instead of one for each purpose: to make one
    takes longer than a call. Other threads share nothing of it.

    made: where they are kept from one time to the next. What shares already goes on to.
    """
    if _shared.get() is not None:
        yield
        return
    token = _shared.set({} if made is None else made)
    try:
        yield
    finally:
        _shared.reset(token)


def make_ready() -> None:
    """Make what the next clients that sign nothing begin with, in a process that is forked for each
    run. For the sandbox that is a whole client, which has read something before: nothing of it
    depends on the run's environment.
    """
    from helpers.cognito import reads
    from helpers.sandbox import DEFAULT_POOL_ID, DEFAULT_USERNAME, Sandbox

    client = Target()._made(signed=False)
    rehearsal = Sandbox.in_memory()
    rehearsal.attach(client)
    for _ in range(20):  # for Python to specialize what it runs
        reads.read_pool(client, user_pool_id=DEFAULT_POOL_ID)
        reads.look_up(client, user_pool_id=DEFAULT_POOL_ID, username=DEFAULT_USERNAME)
    rehearsal.close()
    _ready[Target()] = client
    sessions.make_ready()


class TargetError(Exception):
    """The target cannot give what was asked of it; the message says why."""


@dataclass(frozen=True)
class Target:
    """One Cognito. name: `sandbox`, `aws` or a URL. profile: boto3's, for signed calls."""

    name: str = "sandbox"
    region: str = "us-east-1"
    profile: str = ""

    def faults(self, *, signed: bool = False) -> Iterator[tuple[str, str]]:
        """Yield (parameter, words) for all that is wrong with this target; asks no network.

        signed: whether the calls need credentials, and so the profile that the environment names.
        """
        yield from self._faults_in_name()
        if self.embedded:
            try:
                _sandbox()
            except ValueError as exc:  # COGNITO_SANDBOX names something that is no sandbox's file
                yield "target", f"{exc}."
        if not re.fullmatch(REGION, self.region):
            yield "region", "must be an AWS region such as us-east-1."
        elif not self.embedded:
            yield from self._faults_around()
        yield from self._faults_in_profile(signed=signed)

    def _faults_in_name(self) -> Iterator[tuple[str, str]]:
        if self.name in ("sandbox", "aws"):
            return
        url = endpoint(self.name)
        allowed = {
            host.strip().lower() for host in os.environ.get(ALLOWED_HOSTS, "").split(",")
        } - {""}
        if url is None:
            yield (
                "target",
                "must be sandbox, aws, or the URL of an endpoint such as http://127.0.0.1:9229.",
            )
        elif url.username or url.password:
            yield "target", "must not carry a user name or password in its URL."
        elif url.hostname not in {*LOOPBACK, *allowed}:
            no_name = not all(re.fullmatch(r"[\w.:-]+", host) for host in allowed)
            yield (
                "target",
                (
                    f"leads to {url.hostname}, which is not this machine. To allow it, put its"
                    f" name into the environment variable {ALLOWED_HOSTS}"
                    + (", which now holds what is no host name." if no_name else ".")
                ),
            )

    def _faults_in_profile(self, *, signed: bool) -> Iterator[tuple[str, str]]:
        named = signed and not self.may_be_sandbox and _profile_of_environment()
        if not (self.profile or named):
            return
        try:
            profiles = botocore.session.Session(include_builtin_handlers=False).available_profiles
        except BotoCoreError as exc:
            yield "profile", f"cannot be looked up: {exc}."
            return
        if self.profile and self.profile not in profiles:
            yield "profile", "is not among the profiles of your AWS configuration."
        elif not self.profile and named not in profiles:
            yield "profile", "is empty, and your AWS configuration lacks the one of AWS_PROFILE."

    def _faults_around(self) -> Iterator[tuple[str, str]]:
        """Yield what the environment has set wrongly for calls through the network."""
        override = self.override()
        url = override or (
            f"https://cognito-idp.{self.region}.amazonaws.com" if self.name == "aws" else self.name
        )
        parts = endpoint(url)
        if parts is None:
            if override:
                yield (
                    "target",
                    f"{' or '.join(ENDPOINT_OVERRIDES)} holds what is no endpoint's URL.",
                )
            return
        proxy = "" if on_loopback(url) else get_environ_proxies(url).get(parts.scheme, "")
        # As botocore reads it. The words hold nothing of it: it may carry a password.
        if proxy and endpoint(proxy if proxy.startswith("http") else f"http://{proxy}") is None:
            name = f"{parts.scheme}_proxy".upper()
            yield "target", f"cannot be reached: {name} holds what is no proxy's URL."
        try:
            bundle = sessions.configured("ca_bundle", sandbox=self.may_be_sandbox)
        except BotoCoreError as exc:
            yield "target", f"cannot be reached: {exc}."
            return
        if parts.scheme == "https":
            yield from faults_in_certificates(bundle or os.environ.get("REQUESTS_CA_BUNDLE", ""))

    def override(self) -> str:
        """Return the endpoint that the environment has put in the place of AWS, or ""."""
        if self.name != "aws":
            return ""
        return next((os.environ[name] for name in ENDPOINT_OVERRIDES if os.environ.get(name)), "")

    @property
    def embedded(self) -> bool:
        """Whether this is the sandbox inside this process, reached without any network."""
        return self.name == "sandbox"

    @property
    def is_aws(self) -> bool:
        """Whether calls go to AWS itself, whose other services then know the pool too."""
        return self.name == "aws" and not self.override()

    @property
    def private(self) -> bool:
        """Whether nobody but this process can have requested a code here."""
        return self.embedded and not os.environ.get("COGNITO_SANDBOX")

    @property
    def may_be_sandbox(self) -> bool:
        """Whether practice references make sense: in the sandbox, or on a loopback endpoint."""
        return self.embedded or on_loopback(self.name)

    def where(self) -> str:
        """Return in words where calls go, even where the environment sends AWS calls elsewhere."""
        if self.embedded:
            file = os.environ.get("COGNITO_SANDBOX", "")
            kept = f"kept in the file {file}" if file else "in the memory of this process alone"
            return f"the sandbox, {kept}; no AWS account is touched"
        if self.name == "aws":
            override = self.override()
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
        on. Raises NotReached where this machine's AWS configuration lets none be made.
        """
        shared = _shared.get()
        if shared is None:
            return self._client(signed)
        signed = signed and not self.may_be_sandbox  # whose calls are never signed
        key = (self, signed, os.environ.get("COGNITO_SANDBOX"))
        if key not in shared:
            shared[key] = self._client(signed)
        return shared[key]

    def _client(self, signed: bool) -> "CognitoIdentityProviderClient":
        hide_in_logs()
        ready = _ready.pop(self, None) if sessions.same_handlers() else None
        client = ready or self._made(signed)
        if self.embedded:
            _sandbox().attach(client)
        return client

    def _made(self, signed: bool) -> "CognitoIdentityProviderClient":
        config: dict[str, Any] = dict(_ONE_ATTEMPT)
        if self.may_be_sandbox:
            config["ignore_configured_endpoint_urls"] = True
        if self.embedded or on_loopback(self.override() or self.name):
            config["proxies"] = {}  # one of the environment has no business on loopback
        if self.may_be_sandbox or not signed:
            config["signature_version"] = UNSIGNED
        try:
            return self._session(signed=signed).client(
                "cognito-idp",
                endpoint_url=None if self.name in ("sandbox", "aws") else self.name,
                config=Config(**config),
            )
        except (BotoCoreError, OSError, ValueError) as exc:
            raise NotReached(
                f"No client could be made: {exc}",
                next="Correct the AWS configuration of this machine, then run again.",
                exit_code=6,
            ) from exc

    def aws(self, service: str, config: Config | None = None) -> Any:
        """Make a boto3 client for another AWS service, such as where references to secrets lead."""
        hide_in_logs()
        return self._session(signed=True).client(service, config=config)  # type: ignore[call-overload]

    def _session(self, *, signed: bool) -> boto3.session.Session:
        if signed and not self.may_be_sandbox:
            return sessions.signing(self.region, self.profile)
        return sessions.unsigned(self.region, sandbox=self.may_be_sandbox)

    def now(self) -> datetime:
        """Return the time that this Cognito goes by, with its zone.

        The embedded sandbox has a clock of its own; where its file is lost, this machine's counts.
        """
        if self.embedded:
            with suppress(ValueError):
                return _sandbox().now()
        return datetime.now(UTC)

    def mailbox(self, username: str = "") -> list[dict[str, Any]]:
        """Return the sandbox's messages, the oldest first; with a username, only that user's.

        username: the user's own name, or the one that the request for the code used.
        Raises TargetError where there is no sandbox.
        """
        if self.embedded:
            with _as_target_error():
                messages = _sandbox().mailbox()
        else:
            messages = self._ask("/_sandbox/mailbox")
        return [
            message
            for message in messages
            if username in ("", message["username"], message["entered"])
        ]

    def standing(self, username: str, pool_id: str = "") -> dict[str, Any]:
        """Return the sandbox's time and a user's state there; see Sandbox.standing.

        Raises TargetError where there is no sandbox.
        """
        if self.embedded:
            with _as_target_error():
                return dict(_sandbox().standing(username, pool_id))
        whom = {"username": username} | ({"pool_id": pool_id} if pool_id else {})
        return dict(self._ask(f"/_sandbox/standing?{urlencode(whom)}"))

    def advance(self, seconds: int) -> None:
        """Move the sandbox's clock forward. Raises TargetError where there is no sandbox."""
        if self.embedded:
            with _as_target_error():
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


def endpoint(url: str) -> SplitResult | None:
    """Return the parts of an endpoint's URL, or None where it is none."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # of an address in brackets, or of a port
        return None
    return parts if good and url.isprintable() and " " not in url else None


def _profile_of_environment() -> str:
    return os.environ.get("AWS_DEFAULT_PROFILE") or os.environ.get("AWS_PROFILE", "")


def on_loopback(url: str) -> bool:
    """Whether a URL leads to this machine."""
    parts = endpoint(url)
    return parts is not None and parts.hostname in LOOPBACK


@contextmanager
def _as_target_error() -> Iterator[None]:
    try:
        yield
    except ValueError as exc:
        raise TargetError(f"{exc}.") from exc


def _sandbox() -> "Sandbox":
    from helpers.sandbox import open_sandbox

    return open_sandbox()
