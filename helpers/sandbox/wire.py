"""Bytes in, bytes out: AWS's JSON 1.1 protocol around the engine, the same for both doors."""

import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import faults, model
from .engine import Engine, Outcome
from .operations import IMITATED
from .refusal import ApiError, invalid
from .store import SandboxError
from .work import Doc

_SCOPE = re.compile("Credential=[^/ ]+/[0-9]{8}/([a-z0-9-]{1,40})/cognito-idp/")
CONTENT_TYPE = "application/x-amz-json-1.1"


@dataclass(frozen=True)
class Answer:
    """An HTTP answer as AWS would send it. fault: what happens to it on its way, or None."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    fault: faults.Due | None = None


def answer(
    engine: Engine, target: str, body: bytes, endpoint: str = "", region: str = ""
) -> Answer:
    """Answer one request. target: its X-Amz-Target. body: its bytes, whatever they are.

    endpoint: the URL it was sent to; empty in the process. region: the one that it is meant for;
    empty: not known.
    """
    prefix, _, operation = target.rpartition(".")
    if prefix != model.target_prefix() or operation not in model.operations():
        return _uncalled(ApiError("UnknownOperationException"))
    if operation not in IMITATED:
        text = (
            f"The sandbox does not imitate {operation}. It imitates: {', '.join(sorted(IMITATED))}."
        )
        return _uncalled(ApiError("UnknownOperationException", text))
    request, problem = _read(operation, body)
    try:
        return _written(engine.call(operation, request, problem, endpoint, region))
    except SandboxError as error:  # nothing of the call was done
        return _uncalled(ApiError("InternalErrorException", f"The sandbox: {error}.", 500))


def refused(code: str, message: str, status: int) -> Answer:
    """Return an answer in AWS's shape for a request that never became a call."""
    return _uncalled(ApiError(code, message, status))


def target_of(headers: Mapping[str, str]) -> str:
    """Return the X-Amz-Target of headers whose names are in lower case."""
    return headers.get("x-amz-target", "")


def region_of(headers: Mapping[str, str]) -> str:
    """Return the region that a request is signed for; empty where it is not signed."""
    scope = _SCOPE.search(headers.get("authorization", ""))
    return scope[1] if scope else ""


def _uncalled(refusal: ApiError) -> Answer:
    return _written(Outcome(refusal, Engine.free_request_id(f"{refusal.code} {refusal.message}")))


def _read(operation: str, body: bytes) -> tuple[Doc, ApiError | None]:
    try:
        request = json.loads(body.decode()) if body.strip() else {}
        if b"\\u" in body:
            # Half a surrogate pair is no text: neither AWS nor the database could keep it.
            json.dumps(request, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return {}, ApiError("SerializationException", "The request body is not JSON")
    try:
        problems = model.broken_constraints(operation, request)
    except (model.WrongType, RecursionError) as error:
        return (request if isinstance(request, dict) else {}), ApiError(
            "SerializationException", str(error)
        )
    if problems:
        return request, invalid(model.validation_message(problems))
    return _without_nulls(request), None


def _without_nulls(value: Any) -> Any:
    """Leave out what is null: in AWS's JSON a null member counts as one that is not there."""
    if isinstance(value, dict):
        return {key: _without_nulls(one) for key, one in value.items() if one is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value


def _written(outcome: Outcome) -> Answer:
    result = outcome.result
    if outcome.fault is not None and outcome.fault.name == faults.ERROR_AFTER:
        result = faults.internal_error()
    headers = {"Content-Type": CONTENT_TYPE, "x-amzn-RequestId": outcome.request_id}
    if isinstance(result, ApiError):
        content: Doc = {"__type": result.code}
        headers["x-amzn-ErrorType"] = f"{result.code}:"
        if result.message is not None:
            content["message"] = result.message
            headers["x-amzn-ErrorMessage"] = _header(result.message)
        status = result.status
    else:
        content, status = result, 200
    body = json.dumps(content).encode()
    headers["x-amz-crc32"] = str(zlib.crc32(body))
    headers["Content-Length"] = str(len(body))
    return Answer(status, body, headers, outcome.fault)


def _header(text: str) -> str:
    return "".join(c if " " <= c <= "~" else "?" for c in text)[:4096]
