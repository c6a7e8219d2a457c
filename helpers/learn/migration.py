"""Moves users over from another system as they turn up: the UserMigration trigger.

`handler_for` makes the function that Cognito calls when it does not know a name. It needs nothing
but Python, so that the same function runs on the sandbox and as an AWS Lambda function.
"""

import inspect
from collections.abc import Callable
from typing import Any

Event = dict[str, Any]
Handler = Callable[..., Event]


def handler_for(
    known: Callable[[str], str | None],
    *,
    on: tuple[str, ...] = ("UserMigration_Authentication", "UserMigration_ForgotPassword"),
) -> Handler:
    """Make a handler. known: returns the other system's e-mail address, or None.

    on: the trigger sources to act on; the first is a sign-in, the second a forgotten password.
    """

    def handler(event: Event, context: Any = None) -> Event:
        email = known(event["userName"]) if event["triggerSource"] in on else None
        if email is not None:
            event["response"] |= {
                "userAttributes": {"email": email, "email_verified": "true"},
                "finalUserStatus": "RESET_REQUIRED",
                "messageAction": "SUPPRESS",
            }
        return event

    return handler


class Source:
    """The source of a function, as a notebook shows it."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.text = inspect.getsource(function)

    def __repr__(self) -> str:
        return self.text
