"""As whom AWS takes the credentials of this machine: the account, and the caller's ARN."""

import os
import re
from dataclasses import dataclass

from botocore.config import Config
from botocore.exceptions import ClientError

from helpers.cognito.errors import NotReached, map_botocore_errors
from helpers.target.target import Target, on_loopback

STS_OVERRIDES = ("AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL")
"""Where boto3 looks for the endpoint of AWS STS, in this order."""

_LOOK_AT_NETWORK = "Check the network and the endpoint, then run again."


@dataclass(frozen=True)
class Caller:
    """Who signs: the AWS account's id, and the ARN of the user or of the role's session."""

    account: str
    arn: str


def ask_caller(target: Target) -> Caller | None:
    """Ask AWS STS who signs the calls to this target. GetCallerIdentity needs no permission.

    Returns None where there is nobody to ask: in the sandbox, on an endpoint that is not AWS, and
    where the environment sends the calls for AWS to this machine but says nothing of STS. Raises
    NotReached where AWS does not take the credentials or does not answer.
    """
    named = next((os.environ[name] for name in STS_OVERRIDES if os.environ.get(name)), "")
    if target.name != "aws" or (
        on_loopback(target.override()) and not os.environ.get("AWS_ENDPOINT_URL_STS")
    ):
        return None
    # Asking twice does no harm.
    config = Config(
        retries={"total_max_attempts": 2},
        connect_timeout=5,
        read_timeout=10,
        proxies={} if on_loopback(named) else None,  # None: those of the environment
    )
    try:
        with map_botocore_errors("GetCallerIdentity", left=lambda error: False):
            return _caller(target.aws("sts", config), target)
    except NotReached as exc:
        raise _not_known(str(exc), exc.next, exc.exit_code) from exc
    except Exception as exc:  # what is no answer of STS may break botocore's parser anyhow
        words = f"what answered is not AWS STS ({type(exc).__name__})"
        raise _not_known(words, _LOOK_AT_NETWORK, 7) from exc


def _caller(client: object, target: Target) -> Caller:
    try:
        answer = client.get_caller_identity()  # type: ignore[attr-defined]
    except ClientError as exc:
        error = exc.response.get("Error", {})
        words = f"{error.get('Code', '')}: {error.get('Message', '')}"
        if exc.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400) not in (400, 403):
            raise NotReached(words, next=_LOOK_AT_NETWORK) from exc
        then = "Sign in to AWS again or choose another profile, then run again."
        raise NotReached(words, next=then, exit_code=6) from exc
    caller = Caller(str(answer.get("Account", "")), str(answer.get("Arn", "")))
    if not re.fullmatch(r"\d{12}", caller.account) or not caller.arn.startswith("arn:"):
        raise ValueError("no account and no ARN")
    return caller


def _not_known(words: str, then: str, exit_code: int) -> NotReached:
    return NotReached(f"AWS does not say who signs: {words}", next=then, exit_code=exit_code)
