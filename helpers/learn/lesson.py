"""A Cognito for one lesson: nobody else sees it, and it remembers what happened.

    lesson = Lesson()
    request_code(lesson.client, client_id=..., username=...)
    lesson.mail(), lesson.status(), lesson.sequence()

What it says is read off the calls that really went through its clients and off the sandbox's own
state after each.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore import UNSIGNED
from botocore.config import Config

from helpers.cognito.errors import Answered, ResetError
from helpers.display.card import Card
from helpers.display.picture import Picture
from helpers.learn import charts, story
from helpers.learn.story import Aside, Call, Event, Pause, clock
from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_POOL_ID, DEFAULT_USERNAME, Sandbox
from helpers.secrets.secret import Secret
from helpers.target import Target

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.client import CognitoIdentityProviderClient

_EVENTS = "cognito-identity-provider"
_LONG = 1800
_CODE = "\ue000"  # stands in a card for a code


class Refusal:
    """What `Lesson.refused` caught: Cognito's no, as a card. `error` is the exception itself."""

    error: ResetError

    def _card(self) -> Card:
        error = self.error
        if not isinstance(error, Answered):
            return Card(str(error), (("It means", error.meaning), ("What to do next", error.next)))
        text = error.message or "nothing: no answer arrived"
        return Card(
            error.code or "No answer that could be trusted",
            (
                ("Cognito says", text),
                ("It means", error.meaning),
                ("What may be tried again", error.again),
                ("What to do next", error.next),
            ),
        )

    def __repr__(self) -> str:
        return repr(self._card())

    def _repr_markdown_(self) -> str:
        return self._card()._repr_markdown_()


@dataclass(frozen=True, repr=False)
class Mail(Card):
    """A message whose code is shown, although it may be a secret of this process.

    A lesson that is run again in the same kernel has the same codes again.
    """

    code: str = ""

    def __repr__(self) -> str:
        return super().__repr__().replace(_CODE, self.code)

    def _repr_markdown_(self) -> str:
        return super()._repr_markdown_().replace(_CODE, self.code)


class Device:
    """A phone or a laptop on which a user stays signed in: it keeps Cognito's tokens."""

    def __init__(self, lesson: "Lesson", client_id: str) -> None:
        self._client, self._client_id = lesson.quiet, client_id
        self._tokens: Any = {}

    def sign_in(self, username: str, password: Secret) -> "Device":
        """Sign in and keep the tokens."""
        answer = self._client.initiate_auth(
            ClientId=self._client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": username, "PASSWORD": password.reveal()},
        )
        self._tokens = answer["AuthenticationResult"]
        return self

    def tries(self, username: str, password: str) -> bool:
        """Say whether a password signs in; the tokens are kept if it does."""
        try:
            self.sign_in(username, Secret(password))
        except self._client.exceptions.ClientError:
            return False
        return True

    def is_signed_in(self) -> bool:
        """Ask Cognito for fresh tokens, as an app does every hour without the user noticing."""
        try:
            self._client.initiate_auth(
                ClientId=self._client_id,
                AuthFlow="REFRESH_TOKEN_AUTH",
                AuthParameters={"REFRESH_TOKEN": self._tokens["RefreshToken"]},
            )
        except self._client.exceptions.NotAuthorizedException:
            return False
        return True


class Lesson:
    """See the module. The record hears `client`, an app, and `admin`, but not `quiet`.

    box is the sandbox itself, for its clock, settings, triggers and faults.
    """

    def __init__(self) -> None:
        self.box = Sandbox.in_memory()
        self.story: list[Event] = []
        self.quiet = self._client()

    @cached_property
    def client(self) -> "CognitoIdentityProviderClient":
        """The app's client, through which the user of the story speaks; made when first used."""
        return self.listened_to("Diego's app")

    @cached_property
    def admin(self) -> "CognitoIdentityProviderClient":
        """An administrator's client; made when first used."""
        return self.listened_to("administrator")

    def listened_to(self, who: str, *, attempts: int = 1) -> "CognitoIdentityProviderClient":
        """Return another client of this Cognito, which the record calls by this name.

        attempts: more than one has the client repeat a call by itself when no answer comes, as
        boto3 does by default.
        """
        return self._client(who, attempts)

    def _client(self, who: str = "", attempts: int = 1) -> "CognitoIdentityProviderClient":
        # Unsigned, and led nowhere: the door to this lesson's sandbox replaces the network.
        client: Any = Target("aws").client()
        if attempts > 1:
            retries = Config(
                signature_version=UNSIGNED,
                retries={"mode": "standard", "total_max_attempts": attempts},
            )
            client = botocore.session.Session().create_client(
                "cognito-idp", region_name="us-east-1", config=retries
            )
        if who:
            self.listen(client, who)
        self.box.attach(client)
        made: CognitoIdentityProviderClient = client
        return made

    def listen(self, client: Any, who: str) -> None:
        """Record every attempt of this client, also those it repeats by itself.

        To be called before the client is attached to the box, so that each request is seen before
        its answer.
        """
        sent: dict[str, Any] = {}

        def before(request: Any, **_: Any) -> None:
            body = request.body.decode() if isinstance(request.body, bytes) else request.body
            sent.update(
                host=request.url.split("/")[2],
                request=json.loads(body or "{}"),
                mails=len(self.box.mailbox()),
                live=self._live(),
            )

        def after(event_name: str, response_dict: Any, parsed_response: Any, **_: Any) -> None:
            answered = response_dict or {}
            error = (parsed_response or {}).get("Error", {})
            headers = {key.lower(): value for key, value in answered.get("headers", {}).items()}
            shown = {
                name: str(headers[name.lower()])
                for name in ("Content-Type", "x-amzn-RequestId", "x-amzn-ErrorType")
                if name.lower() in headers
            }
            mails = tuple(range(sent["mails"] + 1, len(self.box.mailbox()) + 1))
            live = self._live()
            self.story.append(
                Call(
                    who,
                    self.box.now(),
                    event_name.rpartition(".")[2],
                    sent["request"],
                    answered.get("status_code", 0),
                    error.get("Code", ""),
                    error.get("Message", ""),
                    shown,
                    json.loads(answered.get("body") or b"{}"),
                    sent["host"],
                    mails,
                    live,
                    tuple(one for one in sent["live"] if one not in live),
                    self._standing(),
                )
            )

        client.meta.events.register_first(f"before-send.{_EVENTS}", before)
        client.meta.events.register(f"response-received.{_EVENTS}", after)

    def heard(
        self, sender: str, receiver: str, function: Callable[[str], str | None]
    ) -> Callable[[str], str | None]:
        """Return the function, of one name, so that the record hears who is asked and answers."""

        def asked(name: str) -> str | None:
            answer = function(name)
            self.story += [
                Aside(sender, receiver, f"{name}?"),
                Aside(receiver, sender, answer or "unknown", reply=True),
            ]
            return answer

        return asked

    # --- what there is to see ---

    def status(self, username: str = DEFAULT_USERNAME, pool_id: str = DEFAULT_POOL_ID) -> str:
        """Return the user's status, as an administrator would read it."""
        return str(self.quiet.admin_get_user(UserPoolId=pool_id, Username=username)["UserStatus"])

    def mail(self) -> Card:
        """Return the newest message that was sent to anybody, as its receiver sees it."""
        mails = self.box.mailbox()
        if not mails:
            return Card("The mailbox is empty.")
        newest = mails[-1]
        return Mail(
            "A message has come.",
            (
                ("To", newest["destination"]),
                ("From", newest["sender"]),
                ("Subject", newest["subject"]),
                ("At", clock(datetime.fromisoformat(newest["sent_at"]))),
                ("Text", newest["body"].replace(newest["code"], _CODE)),
            ),
            code=str(newest["code"]),
        )

    def code(self) -> Secret:
        """Return the code of the newest message, as the user would type it."""
        return Secret(str(self.box.mailbox()[-1]["code"]), "code")

    def device(self, client_id: str = DEFAULT_CLIENT_ID) -> Device:
        """Return a phone or laptop that keeps its tokens."""
        return Device(self, client_id)

    def wait(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0) -> str:
        """Move the clock on, without any waiting, and return the time that it is then."""
        gone = seconds + 60 * minutes + 3600 * hours
        now = self.box.advance(gone)
        if gone >= _LONG:
            size, unit = (3600, "hour") if gone % 3600 == 0 else (60, "minute")
            count = f"{gone / size:g} {unit}" + ("s" if gone > size else "")
            self.story.append(Pause(now, f"{count} later", self._live(), self._standing()))
        return clock(now)

    @contextmanager
    def refused(self, kind: type[ResetError] = ResetError) -> Iterator[Refusal]:
        """Expect Cognito to say no inside, and keep what it said; AssertionError for a yes."""
        caught = Refusal()
        try:
            yield caught
        except kind as error:
            caught.error = error
            return
        raise AssertionError(f"{kind.__name__} was expected, but Cognito did what it was asked")

    # --- what happened ---

    @property
    def calls(self) -> list[Call]:
        """Every call so far, in order."""
        return [event for event in self.story if isinstance(event, Call)]

    def call(self, operation: str) -> Call:
        """Return the newest call of an operation."""
        return next(call for call in reversed(self.calls) if call.operation == operation)

    def sequence(self, title: str) -> Picture:
        """Draw every call of this lesson, in order."""
        return story.sequence(title, self.story)

    def states(self, who: str = "Diego", username: str = DEFAULT_USERNAME) -> Picture:
        """Draw the states of a user, with the one marked in which this user is now."""
        return charts.states(who, self.status(username))

    # --- inner ---

    def _live(self) -> tuple[int, ...]:
        return tuple(number for number, mail in enumerate(self.box.mailbox(), 1) if mail["live"])

    def _standing(self) -> dict[str, str]:
        pages = self.quiet.list_users(UserPoolId=DEFAULT_POOL_ID, Limit=20)["Users"]
        return {user["Username"]: str(user["UserStatus"]) for user in pages}
