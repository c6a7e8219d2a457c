"""A Cognito of one's own for one lesson: nobody else sees it, it starts afresh, and it remembers what happened.

    lesson = Lesson()
    request_code(lesson.client, client_id=..., username=...)
    lesson.mail(), lesson.status(), lesson.sequence(), lesson.timeline()

What it tells is read off the calls that really went through its clients and off the sandbox's own state after each.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore import UNSIGNED
from botocore.config import Config

from helpers import picture
from helpers.card import Card
from helpers.errors import Answered, ResetError
from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_POOL_ID, DEFAULT_USERNAME, Sandbox
from helpers.secret import Secret, redact
from helpers.target import Target

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.client import CognitoIdentityProviderClient

HIDDEN = ("Password", "password", "ConfirmationCode", "SecretHash", "PASSWORD", "SECRET_HASH", "AccessToken", "IdToken",
          "RefreshToken", "REFRESH_TOKEN", "Session", "PreviousPassword", "ProposedPassword", "ClientSecret")
_EVENTS = "cognito-identity-provider"
_LONG = 1800


@dataclass(frozen=True, repr=False)
class Call:
    """One request and its answer, and how things stood in the sandbox afterwards.

    who: whose device sent it. status: of the answer, 0 when none came. code, message: of an error, else empty. mails:
    the numbers of the messages that it had sent; live: of those whose codes worked then; standing: statuses by name.
    """

    who: str
    at: datetime
    operation: str
    request: dict[str, Any]
    status: int = 0
    code: str = ""
    message: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    answer: dict[str, Any] = field(default_factory=dict)
    host: str = ""
    mails: tuple[int, ...] = ()
    live: tuple[int, ...] = ()
    standing: dict[str, str] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """The call and its answer in a few words, with a sign for whether it went well."""
        return f"{self.operation} {'✓' if self.good else '✗ ' + (self.code.removesuffix('Exception') or 'no answer')}"

    @property
    def good(self) -> bool:
        """Whether Cognito did what it was asked, and the answer arrived."""
        return self.status == 200

    def __repr__(self) -> str:
        said = json.dumps(masked(self.request), indent=1)
        lines = ["POST / HTTP/1.1", f"Host: {self.host}", "Content-Type: application/x-amz-json-1.1",
                 f"X-Amz-Target: AWSCognitoIdentityProviderService.{self.operation}", "", said, ""]
        if not self.status:
            return redact("\n".join([*lines, "(no answer came)"]))
        lines += [f"HTTP/1.1 {self.status} {'OK' if self.good else 'Bad Request' if self.status < 500 else 'Error'}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return redact("\n".join([*lines, "", json.dumps(masked(self.answer), indent=1) if self.answer else "{}"]))


@dataclass(frozen=True)
class Pause:
    """Time that went by: until when, in words, and which codes worked and who stood where at its end."""

    at: datetime
    words: str
    live: tuple[int, ...]
    standing: dict[str, str]
    good: bool = True


def masked(content: Any) -> Any:
    """Return what a request or an answer holds without its secrets, which AWS's own model does not all mark."""
    if isinstance(content, dict):
        return {name: "[hidden]" if name in HIDDEN else masked(value) for name, value in content.items()}
    return [masked(one) for one in content] if isinstance(content, list) else content


class Refusal:
    """What `Lesson.refused` caught: Cognito's no, as a card. `error` is the exception itself."""

    error: ResetError

    def _card(self) -> Card:
        error = self.error
        if not isinstance(error, Answered):
            return Card(str(error), (("It means", error.meaning), ("What to do next", error.next)))
        text = error.message or "nothing: no answer arrived"
        return Card(error.code or "No answer that could be trusted", (
            ("Cognito says", text), ("It means", error.meaning), ("What may be tried again", error.again),
            ("What to do next", error.next),
        ))

    def __repr__(self) -> str:
        return repr(self._card())

    def _repr_markdown_(self) -> str:
        return self._card()._repr_markdown_()


class Device:
    """A phone or a laptop on which a user signs in and stays signed in: it keeps the tokens that Cognito gave it."""

    def __init__(self, lesson: "Lesson", client_id: str) -> None:
        self._client, self._client_id = lesson.quiet, client_id
        self._tokens: Any = {}

    def sign_in(self, username: str, password: Secret) -> "Device":
        """Sign in and keep the tokens."""
        answer = self._client.initiate_auth(
            ClientId=self._client_id, AuthFlow="USER_PASSWORD_AUTH",
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
            self._client.initiate_auth(ClientId=self._client_id, AuthFlow="REFRESH_TOKEN_AUTH",
                                       AuthParameters={"REFRESH_TOKEN": self._tokens["RefreshToken"]})
        except self._client.exceptions.NotAuthorizedException:
            return False
        return True


class Lesson:
    """See the module. `client` is the app's client and `admin` an administrator's; the record hears both, and not `quiet`.

    box is the sandbox itself, for its clock, settings, triggers and faults.
    """

    def __init__(self) -> None:
        self.box = Sandbox.in_memory()
        self.story: list[Call | Pause] = []
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
        """Return another client of this Cognito; what goes through it stands in the record under this name.

        attempts: more than one has the client repeat a call by itself when no answer comes, as AWS's SDKs do unless
        they are told not to.
        """
        return self._client(who, attempts)

    def _client(self, who: str = "", attempts: int = 1) -> "CognitoIdentityProviderClient":
        # Unsigned, and led nowhere: the door to this lesson's sandbox replaces the network.
        client: Any = Target("aws").client()
        if attempts > 1:
            retries = Config(signature_version=UNSIGNED, retries={"mode": "standard", "total_max_attempts": attempts})
            client = botocore.session.Session().create_client("cognito-idp", region_name="us-east-1", config=retries)
        if who:
            self.listen(client, who)
        self.box.attach(client)
        made: CognitoIdentityProviderClient = client
        return made

    def listen(self, client: Any, who: str) -> None:
        """Write down every attempt of this client, also those that a retrying client makes by itself.

        To be called before the client is attached to the box, so that each request is seen before its answer.
        """
        sent: dict[str, Any] = {}

        def before(request: Any, **_: Any) -> None:
            body = request.body.decode() if isinstance(request.body, bytes) else request.body
            sent.update(host=request.url.split("/")[2], request=json.loads(body or "{}"), mails=len(self.box.mailbox()))

        def after(event_name: str, response_dict: Any, parsed_response: Any, **_: Any) -> None:
            answered = response_dict or {}
            error = (parsed_response or {}).get("Error", {})
            headers = {key.lower(): value for key, value in answered.get("headers", {}).items()}
            shown = {name: str(headers[name.lower()]) for name in ("Content-Type", "x-amzn-RequestId", "x-amzn-ErrorType")
                     if name.lower() in headers}
            mails = tuple(range(sent["mails"] + 1, len(self.box.mailbox()) + 1))
            self.story.append(Call(
                who, self.box.now(), event_name.rpartition(".")[2], sent["request"], answered.get("status_code", 0),
                error.get("Code", ""), error.get("Message", ""), shown, json.loads(answered.get("body") or b"{}"),
                sent["host"], mails, self._live(), self._standing(),
            ))

        client.meta.events.register_first(f"before-send.{_EVENTS}", before)
        client.meta.events.register(f"response-received.{_EVENTS}", after)

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
        return Card("A message has come.", (
            ("To", newest["destination"]), ("From", newest["sender"]), ("Subject", newest["subject"]),
            ("At", clock(datetime.fromisoformat(newest['sent_at']))), ("Text", newest["body"]),
        ))

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
        """Expect Cognito to say no inside; what it said can be shown afterwards. AssertionError when it said yes."""
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

    def sequence(self, title: str) -> picture.Picture:
        """Draw every call of this lesson, in order."""
        messages: list[picture.Message] = []
        for event in self.story:
            at = clock(event.at)
            if isinstance(event, Pause):
                messages.append(picture.Message(at, "", "", event.words))
                continue
            messages.append(picture.Message(at, event.who, "Cognito", event.operation))
            messages += [picture.Message(at, "Cognito", "mailbox", f"code {number}") for number in event.mails]
            said = "✓ done" if event.good else f"✗ {event.code or 'no answer arrives'}"
            messages.append(picture.Message(at, "Cognito", event.who, said, reply=True, good=event.good))
        talking = dict.fromkeys(call.who for call in self.calls)
        return picture.sequence(title, [*talking, "Cognito", "mailbox"], messages)

    def timeline(self, title: str, username: str = DEFAULT_USERNAME) -> picture.Picture:
        """Draw what was true after each call: the user's status, which code worked, which password signed in."""
        moments = [picture.Moment(clock(event.at), event.words, event.good) for event in self.story]
        password, changes, passwords = "the first", 0, []
        for event in self.story:
            if isinstance(event, Call) and event.good and event.operation == "ConfirmForgotPassword":
                changes += 1
                password = "the new one" if changes == 1 else f"new one {changes}"
            elif isinstance(event, Call) and event.good and event.operation == "AdminResetUserPassword":
                password = ""
            passwords.append(password)
        rows = [("status", [event.standing.get(username, "") for event in self.story])]
        rows += [(f"code {number}", ["works" if number in event.live else "" for event in self.story])
                 for number in range(1, len(self.box.mailbox()) + 1)]
        return picture.timeline(title, moments, [*rows, ("password", passwords)])

    def states(self, who: str = "Diego", username: str = DEFAULT_USERNAME) -> picture.Picture:
        """Draw the states of a user, with the one marked in which this user is now."""
        return picture.states(who, self.status(username))

    # --- inner ---

    def _live(self) -> tuple[int, ...]:
        return tuple(number for number, mail in enumerate(self.box.mailbox(), 1) if mail["live"])

    def _standing(self) -> dict[str, str]:
        pages = self.quiet.list_users(UserPoolId=DEFAULT_POOL_ID, Limit=20)["Users"]
        return {user["Username"]: str(user["UserStatus"]) for user in pages}


def clock(at: datetime) -> str:
    """Return the time of day as a clock shows it."""
    return at.strftime("%H:%M")
