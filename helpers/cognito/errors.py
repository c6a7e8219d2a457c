"""What went wrong, what it means, what to do next.

    ResetError
     +-- BadParameters         exit code 2       every problem at once, by field
     +-- NotReached            exit code 7 or 6  Cognito could not be reached, or no credentials
     +-- Refused                                 Cognito said no
     |    +-- CodeRefused      exit code 3       the code
     |    +-- PasswordRefused  exit code 4       the password; the same code may be tried again
     |    +-- LimitReached     exit code 5       throttled, or the user's attempt limit
     |    +-- NotAllowed       exit code 6       the client, the user's state, the caller, the pool
     +-- Unsettled             exit code 8       sent, and no answer that can be trusted

Nothing was sent for the first two; after the last it may have worked.

Every error can say what happened (`str`), what it means, what to tell the user, what to do next,
and which runbook goes on from there, if it is another one. `map_botocore_errors` is the one place
that turns botocore's exceptions into these.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from botocore import exceptions as botocore_errors
from botocore.parsers import ResponseParserError

from helpers.cognito.catalogue import look_up, lost
from helpers.cognito.catalogue_entries import Entry, Kind, TryAgain


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with one parameter. `field` is the parameter's name, `words` never
    hold its value when it is a secret."""

    field: str
    words: str

    def __str__(self) -> str:
        return f"{self.field}: {self.words}"


class ResetError(Exception):
    """Anything that keeps a reset from being done. Catch it to catch all of ours."""

    exit_code: ClassVar[int] = 8
    meaning: str = ""
    say: str = ""
    next: str = ""
    runbook: str = ""

    def _render_traceback_(self) -> list[str]:
        # IPython asks this before it draws a traceback: a person wants the words, and locals may
        # hold secrets.
        lines = [f"{type(self).__name__}: {self}"]
        lines += [f"What it means: {self.meaning}"] if self.meaning else []
        lines += [f"What to do next: {self.next}"] if self.next else []
        return lines


class BadParameters(ResetError):
    """Parameters that cannot be used. `problems` holds every one of them; nothing was sent."""

    exit_code = 2
    next = "Correct the named parameters and run again."

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            "nothing was sent, because of\n" + "\n".join(f"  - {problem}" for problem in problems)
        )


class NotReached(ResetError):
    """The request never left: no route to Cognito, or no credentials to sign it with."""

    exit_code = 7
    meaning = "Nothing was sent, so nothing has changed. A code that the user has still works."
    say = "I can't reach our system right now. If you have a code, please keep it."

    def __init__(self, message: str, *, next: str, exit_code: int = 7) -> None:
        super().__init__(message)
        self.next = next
        # Credentials are a matter of setup, not of the network
        self.exit_code = exit_code  # type: ignore[misc]


class Answered(ResetError):
    """Cognito answered with an error. Not raised itself; see Refused and Unsettled."""

    def __init__(
        self,
        operation: str,
        *,
        username: str = "",
        code: str = "",
        message: str = "",
        request_id: str = "",
        entry: Entry,
    ) -> None:
        self.operation, self.username = operation, username
        self.code, self.message, self.request_id, self.entry = code, message, request_id, entry
        self.meaning, self.say, self.next, self.runbook = (
            entry.meaning,
            entry.say,
            entry.next,
            entry.runbook,
        )
        self.again: TryAgain = entry.again
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        doing = _DOING.get(self.operation, self.operation)
        whom = f" user {self.username}" if self.username else ""
        return f"Couldn't {doing}{whom}. Here's why: {self.message or self.code}"


class Refused(Answered):
    """Cognito said no; nothing has changed except, perhaps, a counter."""


class CodeRefused(Refused):
    """The confirmation code is wrong, used, expired, or belongs to another app client."""

    exit_code = 3


class PasswordRefused(Refused):
    """The password is not acceptable. Ask for another one and try again with the same code."""

    exit_code = 4

    def _sentence(self) -> str:
        return self.message or self.meaning


class LimitReached(Refused):
    """Too many requests, or too many tries of this user. Stop and wait."""

    exit_code = 5


class NotAllowed(Refused):
    """The app client, the user's state, the caller's rights or the pool's setup prevent
    it.
    """

    exit_code = 6


class Unsettled(Answered):
    """The request was sent and no answer came that can be trusted. It may have worked: try one
    sign-in.
    """

    exit_code = 8


_DOING = {
    "ConfirmForgotPassword": "confirm",
    "ForgotPassword": "send a code to",
    "InitiateAuth": "sign in",
    "AdminResetUserPassword": "reset the password of",
    "AdminSetUserPassword": "set the password of",
    "AdminGetUser": "look up",
    "AdminGetUserAuthFactors": "read the first factors of",
    "AdminListUserAuthEvents": "read the sign-in events of",
    "AdminUpdateUserAttributes": "mark a contact as verified for",
    "AdminUserGlobalSignOut": "end the sessions of",
    "DescribeUserPool": "read the user pool",
    "DescribeUserPoolClient": "read the app client",
    "GetLogDeliveryConfiguration": "read the message logs of the pool",
    "GetUserPoolMfaConfig": "read the second factors of the pool",
    "GetUserPoolSessionConfiguration": "read the session tracking of the pool",
    "ListUserPoolClients": "list the app clients",
    "ListUsers": "search the users",
}
_CLASSES: dict[Kind, type[Answered]] = {
    Kind.CODE: CodeRefused,
    Kind.PASSWORD: PasswordRefused,
    Kind.LIMIT: LimitReached,
    Kind.SETUP: NotAllowed,
    Kind.UNSETTLED: Unsettled,
}
CONNECTING = (
    botocore_errors.ConnectTimeoutError,
    botocore_errors.EndpointConnectionError,
    botocore_errors.ProxyConnectionError,
)
"""What comes up only while there is no connection yet."""
_NO_CREDENTIALS = (
    botocore_errors.NoCredentialsError,
    botocore_errors.PartialCredentialsError,
    botocore_errors.CredentialRetrievalError,
    botocore_errors.TokenRetrievalError,
    botocore_errors.SSOError,
    botocore_errors.UnauthorizedSSOTokenError,
)


class UntrustedAnswer(Exception):
    """An answer came, and it cannot be Cognito's. Said in words that hold nothing of the answer."""


def _may_have_left(error: BaseException) -> bool:
    sending = (botocore_errors.HTTPClientError, ResponseParserError)
    return isinstance(error, sending) and not isinstance(error, CONNECTING)


@contextmanager
def map_botocore_errors(
    operation: str,
    *,
    username: str = "",
    left: Callable[[BaseException], bool] = _may_have_left,
) -> Iterator[None]:
    """Wrap one API call of your own: what botocore raises inside leaves as one of ours.

    The verbs and reads of this project make their calls by `helpers.cognito.call.call`, which also
    looks whether an answer is Cognito's.

    operation: the API operation as the model spells it. username: whom it concerns, for the
    sentence. left: tells of an error whether the request may have left before it came up.
    """
    try:
        yield
    except botocore_errors.ClientError as exc:
        raise _answered(exc, operation, username) from exc
    except botocore_errors.ParamValidationError as exc:
        raise BadParameters([Problem("request", str(exc).replace("\n", " "))]) from exc
    except UntrustedAnswer as exc:
        raise Unsettled(
            operation, username=username, message=str(exc), entry=lost(operation)
        ) from exc
    except Exception as exc:
        if left(exc):
            raise Unsettled(
                operation, username=username, message=str(exc), entry=lost(operation)
            ) from exc
        if not isinstance(exc, botocore_errors.BotoCoreError):
            raise
        raise NotReached(str(exc), **_what_next(exc)) from exc


def _what_next(error: Exception) -> dict[str, Any]:
    """Return what to do about a request that never left, and the exit code."""
    if isinstance(error, _NO_CREDENTIALS):
        return {"next": "Sign in to AWS or choose a profile, then run again.", "exit_code": 6}
    if isinstance(error, (botocore_errors.HTTPClientError, botocore_errors.ConnectionError)):
        return {"next": "Check the network, the region and the endpoint, then try again."}
    return {"next": "Fix the cause named above, then run again.", "exit_code": 6}


def _answered(exc: botocore_errors.ClientError, operation: str, username: str) -> Answered:
    error = exc.response.get("Error", {})
    code, message = error.get("Code", ""), error.get("Message", "")
    meta = exc.response.get("ResponseMetadata", {})
    entry = look_up(code, message, operation)
    kind = entry.kind
    if not entry.code and meta.get("HTTPStatusCode", 400) >= 500:
        # A 5xx without a name that the model knows says nothing about whether the work was done.
        entry, kind = lost(operation), Kind.UNSETTLED
    return _CLASSES[kind](
        operation,
        username=username,
        code=code,
        message=message,
        request_id=meta.get("RequestId", ""),
        entry=entry,
    )
