"""One call to Cognito, and what is known of it afterwards: the burden of proof.

    answered with what the model asks for, and a request id   the answer
    refused in Cognito's own words, with a request id         Refused
    no byte of the request can have left                      NotReached
    anything else                                             Unsettled

A proxy, a captive portal or a spoilt connection can put anything in an answer's place, and botocore
takes some of it for success: a web page with status 200 is parsed as an empty answer. So the bytes
are looked at before botocore reads them, and an error only counts as "never left" with proof: the
request was not made yet, or its one attempt failed while it was connecting.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from types import FrameType
from typing import Any

from botocore import xform_name
from botocore.model import OperationModel

from helpers.cognito.errors import CONNECTING, UntrustedAnswer, map_botocore_errors

_CREATED = "request-created.cognito-identity-provider"
_ANSWERED = "before-parse.cognito-identity-provider"
# What Cognito always sends, although the API's model requires next to nothing of an answer.
_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "AdminGetUserResponse": ("Username", "UserStatus", "UserLastModifiedDate"),
    "AdminListUserAuthEventsResponse": ("AuthEvents",),
    "AdminListUserSessionsResponse": ("Sessions",),
    "AuthEventType": ("CreationDate",),
    "AuthenticationResultType": ("AccessToken",),
    "DescribeUserPoolClientResponse": ("UserPoolClient",),
    "DescribeUserPoolResponse": ("UserPool",),
    "ForgotPasswordResponse": ("CodeDeliveryDetails",),
    "ListUserPoolClientsResponse": ("UserPoolClients",),
    "ListUsersResponse": ("Users",),
    "SessionDescriptionType": ("SessionId",),
    "UserPoolClientDescription": ("ClientId",),
    "UserPoolClientType": ("ClientId",),
    "UserPoolType": ("Id",),
    "UserType": ("Username", "UserStatus", "UserLastModifiedDate"),
}
# Of these members an answer has one or the other.
_EITHER: Mapping[str, tuple[str, ...]] = {
    "InitiateAuthResponse": ("AuthenticationResult", "ChallengeName")
}
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float),
}
_LAST_SECOND = 253_402_300_799
"""The end of the year 9999: no date of Cognito is after it, and Python knows none."""


@dataclass
class Evidence:
    """What is known of a call that is under way. attempts: how often its request was made."""

    attempts: int = 0


_evidence: ContextVar[Evidence | None] = ContextVar("evidence", default=None)
before_change: ContextVar[Callable[[str], None] | None] = ContextVar("before_change", default=None)
"""Called with the operation before a request is made that changes something; what it raises stops
the call. A run has it written to its journal."""
_READS = ("Describe", "Get", "List", "AdminGet", "AdminList", "InitiateAuth")


def call(client: Any, operation: str, *, username: str = "", **members: Any) -> dict[str, Any]:
    """Make one call and return Cognito's answer, as botocore parses it.

    client: a boto3 cognito-idp client. operation: as the model spells it. members: the request.
    username: whom it concerns, for the sentence of an error, where no member Username says so.
    Raises what `helpers.cognito.errors` draws; this module says when which.
    """
    client.meta.events.register(_CREATED, _made, unique_id=_CREATED)
    client.meta.events.register(_ANSWERED, _look_at, unique_id=_ANSWERED)
    announce = before_change.get()
    if announce is not None and not operation.startswith(_READS):
        announce(operation)
    evidence, whom = Evidence(), username or str(members.get("Username", ""))
    token = _evidence.set(evidence)
    try:
        with map_botocore_errors(operation, username=whom, left=partial(left, evidence)):
            answer: dict[str, Any] = getattr(client, xform_name(operation))(**members)
    finally:
        _evidence.reset(token)
    return answer


def left(evidence: Evidence, error: BaseException) -> bool:
    """Whether a request may have left this machine before its call ended in this error."""
    if evidence.attempts == 0:
        return False
    return evidence.attempts > 1 or not (
        isinstance(error, CONNECTING) or any(map(_is_connecting, _chain(error)))
    )


def _made(**_: Any) -> None:
    evidence = _evidence.get()
    if evidence is not None:
        evidence.attempts += 1


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it came from; botocore keeps urllib3's own as `error`."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if id(one) not in seen:
            seen.add(id(one))
            yield one
            causes = (one.__cause__, one.__context__, getattr(one, "kwargs", {}).get("error"))
            waiting += [cause for cause in causes if isinstance(cause, BaseException)]


def _is_connecting(error: BaseException) -> bool:
    """Whether an error was raised while urllib3 connected, which includes the TLS handshake."""
    return any(
        frame.f_code.co_name == "connect"
        and frame.f_globals.get("__name__") == "urllib3.connection"
        for frame in _frames(error)
    )


def _frames(error: BaseException) -> Iterator[FrameType]:
    traceback = error.__traceback__
    while traceback is not None:
        yield traceback.tb_frame
        traceback = traceback.tb_next


# --- whose answer is it? ---


def _look_at(operation_model: OperationModel, response_dict: Mapping[str, Any], **_: Any) -> None:
    """Raise UntrustedAnswer unless this is an answer of Cognito to this operation."""
    if _evidence.get() is None:
        return  # a call that somebody makes with the same client, but not through this module
    status, headers = int(response_dict["status_code"]), response_dict["headers"]
    if not headers.get("x-amzn-requestid"):
        raise UntrustedAnswer(f"an answer with status {status} that has no request id of AWS")
    body = bytes(response_dict["body"])
    data = _read(body)
    if status != 200:
        if status < 300 or not _error_type(data):
            raise UntrustedAnswer(f"an answer with status {status} that names no error")
        return
    shape = operation_model.output_shape
    empty = not body and headers.get("content-length") == "0"
    if shape is None or not (empty or isinstance(data, dict)):
        raise UntrustedAnswer("an answer with status 200 that is no JSON of Cognito")
    fault = _misfit(shape, data or {}, str(operation_model.name))
    if fault:
        raise UntrustedAnswer(f"an answer with status 200 that is not one of Cognito: {fault}")
    if data and not set(data) & set(shape.members):
        raise UntrustedAnswer("an answer with status 200 that belongs to another operation")


def _read(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return None


def _error_type(data: Any) -> str:
    """Return the error that a refusal names; "" where it names none, or one of another service."""
    named = data.get("__type") if isinstance(data, dict) else None
    if not isinstance(named, str):
        return ""
    space, _, name = named.rpartition("#")
    # AWS's own front answers for every service, under the name of its framework.
    ours = not space or "cognito" in space.lower() or "coral" in space.lower()
    return name if ours else ""


def _misfit(shape: Any, value: Any, where: str) -> str:
    """Say what in an answer is not as the model has it; "" where all is. Null stands for absent."""
    kind = shape.type_name
    if kind == "structure":
        return _misfit_of_structure(shape, value, where)
    if kind == "list":
        if not isinstance(value, list):
            return f"{where} is no list"
        return _first(_misfit(shape.member, one, where) for one in value)
    if kind == "map":
        if not isinstance(value, dict):
            return f"{where} is no map"
        return _first(_misfit(shape.value, one, where) for one in value.values())
    types = _TYPES.get(kind)
    if types and (not isinstance(value, types) or (isinstance(value, bool) and bool not in types)):
        return f"{where} is no {kind}"
    if kind == "timestamp" and not (math.isfinite(value) and 0 <= value <= _LAST_SECOND):
        return f"{where} is no date"
    return ""


def _misfit_of_structure(shape: Any, value: Any, where: str) -> str:
    if not isinstance(value, dict):
        return f"{where} is no structure"
    given = {name for name, one in value.items() if one is not None}
    for name in (*shape.required_members, *_REQUIRED.get(shape.name, ())):
        if name not in given:
            return f"{where} has no {name}"
    either = _EITHER.get(shape.name, ())
    if either and not given & set(either):
        return f"{where} has no {' and no '.join(either)}"
    return _first(
        _misfit(member, value[name], f"{where}.{name}")
        for name, member in shape.members.items()
        if name in given
    )


def _first(faults: Iterator[str]) -> str:
    return next(filter(None, faults), "")
