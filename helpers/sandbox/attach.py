"""The in-process door: a client whose requests never leave the process.

It answers on the client's own `before-send` event, after botocore's serializer and before its
socket, with the bytes that AWS would send; parser, typed exceptions and retries are botocore's own.
"""

import time
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from . import faults, wire
from .engine import Engine

_EVENT = "before-send.cognito-identity-provider"
_NAME = "cognito-sandbox"


def attach(engine: Engine, client: Any) -> None:
    """Make this boto3 client talk to this engine, and to nothing else."""
    if client.meta.service_model.service_name != "cognito-idp":
        raise ValueError(
            f"the sandbox answers cognito-idp clients, not {client.meta.service_model.service_name}"
        )
    timeout = float(client.meta.config.read_timeout or 60)

    def answer(request: Any, **_: Any) -> AWSResponse:
        headers = {
            key.lower(): value.decode() if isinstance(value, bytes) else value
            for key, value in request.headers.items()
        }
        body = request.body or b""
        said = wire.answer(
            engine,
            wire.target_of(headers),
            body.encode() if isinstance(body, str) else body,
            region=client.meta.region_name,
        )
        if said.fault is not None:
            inject_fault(said.fault, request.url, timeout)
        return AWSResponse(
            request.url, said.status, HTTPHeaders.from_dict(said.headers), _Raw(said.body)
        )

    # A second registration under one name would be ignored, and the client would stay with the
    # first sandbox.
    client.meta.events.unregister(_EVENT, unique_id=_NAME)
    client.meta.events.register_first(_EVENT, answer, unique_id=_NAME)


def inject_fault(fault: faults.Due, url: str, timeout: float) -> None:
    if fault.name == faults.DROP:
        raise ConnectionClosedError(endpoint_url=url)
    if fault.name == faults.DELAY:
        if fault.seconds >= timeout:
            # Nobody learns anything from really waiting for it.
            raise ReadTimeoutError(
                endpoint_url=url, error="the sandbox was asked for a late answer"
            )
        time.sleep(fault.seconds)


class _Raw:
    """The part of a urllib3 response that botocore reads."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: Any, **__: Any) -> Any:
        yield self._body
