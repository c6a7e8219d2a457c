"""What happened in a lesson, call by call, as a sequence or as steps.

A story is a list of calls and pauses, each with what was true after it. The
secrets are left out.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from helpers.display.picture import Picture
from helpers.learn import charts
from helpers.secrets.redaction import redact

HIDDEN = (
    "Password",
    "password",
    "ConfirmationCode",
    "SecretHash",
    "PASSWORD",
    "SECRET_HASH",
    "AccessToken",
    "IdToken",
    "RefreshToken",
    "REFRESH_TOKEN",
    "Session",
    "PreviousPassword",
    "ProposedPassword",
    "ClientSecret",
)


@dataclass(frozen=True, repr=False)
class Call:
    """One request and its answer, and the state of the sandbox afterwards.

    who: whose device sent it. status: of the answer, 0 when none came. code, message: of an error,
    else empty. mails: the numbers of the messages that it had sent; live: of those whose codes
    worked then; ended: of those whose codes worked no longer because of it; standing: statuses by
    name.
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
    ended: tuple[int, ...] = ()
    standing: dict[str, str] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """The call and its answer in a few words, with a sign for whether it went well."""
        return (
            f"{self.operation}"
            f" {'✓' if self.good else '✗ ' + (self.code.removesuffix('Exception') or 'no answer')}"
        )

    @property
    def said(self) -> str:
        """The answer alone, with its sign and Cognito's whole name for it."""
        return "✓ done" if self.good else f"✗ {self.code or 'the answer is lost'}"

    @property
    def good(self) -> bool:
        """Whether Cognito did what it was asked, and the answer arrived."""
        return self.status == 200

    def __repr__(self) -> str:
        said = json.dumps(masked(self.request), indent=1)
        lines = [
            "POST / HTTP/1.1",
            f"Host: {self.host}",
            "Content-Type: application/x-amz-json-1.1",
            f"X-Amz-Target: AWSCognitoIdentityProviderService.{self.operation}",
            "",
            said,
            "",
        ]
        if not self.status:
            return redact("\n".join([*lines, "(no answer came)"]))
        reason = {2: "OK", 4: "Bad Request"}.get(self.status // 100, "Error")
        lines += [f"HTTP/1.1 {self.status} {reason}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        answer = json.dumps(masked(self.answer), indent=1) if self.answer else "{}"
        return redact("\n".join([*lines, "", answer]))


@dataclass(frozen=True)
class Pause:
    """Time that went by, in words, with the codes and users at its end."""

    at: datetime
    words: str
    live: tuple[int, ...]
    standing: dict[str, str]
    good: bool = True


@dataclass(frozen=True)
class Aside:
    """Something said while a call was worked on, such as by a trigger; drawn inside that call."""

    sender: str
    receiver: str
    words: str
    reply: bool = False


class Listener:
    """A handler that logs what it was asked and what it answered.

    story: a lesson's record, which then hears the trigger too.
    """

    def __init__(
        self, handler: Callable[..., dict[str, Any]], story: list[Any] | None = None
    ) -> None:
        self.handler = handler
        self.log: list[tuple[dict[str, Any], dict[str, Any]]] = []
        self.story = [] if story is None else story

    def __call__(self, event: dict[str, Any], context: Any = None) -> dict[str, Any]:
        asked = {**event, "request": dict(event["request"]), "response": dict(event["response"])}
        self.story.append(Aside("Cognito", "trigger", event["triggerSource"].partition("_")[2]))
        answer = self.handler(event, context)
        self.log.append((asked, answer))
        status = answer["response"].get("finalUserStatus") or "unchanged"
        self.story.append(Aside("trigger", "Cognito", status, reply=True))
        return answer


def masked(content: Any) -> Any:
    """Return a request or an answer without its secrets, more than AWS's model marks."""
    if isinstance(content, dict):
        return {
            name: "[hidden]" if name in HIDDEN else masked(value) for name, value in content.items()
        }
    return [masked(one) for one in content] if isinstance(content, list) else content


# --- how it is shown ------------------------------------------------------------------------------

Event = Call | Pause | Aside
Story = Sequence[Event]
_BEFORE = {"status": "CONFIRMED", "password": "the first"}  # where the user of every lesson begins


def sequence(title: str, story: Story) -> Picture:
    """Draw every call, in order: who asks, what Cognito answers, which messages it sends."""
    messages: list[charts.Message] = []
    actors, asides = _actors(story), list[Aside]()
    for event in story:
        if isinstance(event, Aside):
            asides.append(event)
            continue
        at = clock(event.at)
        if isinstance(event, Pause):
            messages.append(charts.Message(at, "", "", event.words))
            continue
        messages.append(charts.Message(at, event.who, "Cognito", event.operation))
        messages += [
            charts.Message(at, one.sender, one.receiver, one.words, reply=one.reply)
            for one in asides
        ]
        asides = []
        messages += [
            charts.Message(at, "Cognito", "mailbox", f"code {number}") for number in event.mails
        ]
        messages.append(
            charts.Message(
                at,
                "Cognito",
                event.who,
                event.said,
                reply=True,
                good=event.good,
                lost=not event.status,
            )
        )
    return charts.sequence(title, actors, messages)


def _actors(story: Story) -> list[str]:
    """Return who talks, from left to right: devices, Cognito, the mailbox, and what is behind."""
    talking = dict.fromkeys(event.who for event in story if isinstance(event, Call))
    behind = dict.fromkeys(
        name
        for event in story
        if isinstance(event, Aside)
        for name in (event.sender, event.receiver)
        if name not in talking and name != "Cognito"
    )
    return [*talking, "Cognito", "mailbox", *behind]


def truths(story: Sequence[Call | Pause], username: str) -> dict[str, list[str]]:
    """Return what was true of a user after each event: status, codes, password.

    "" means: none.
    """
    rows = {"status": [event.standing.get(username, "") for event in story]}
    for number in sorted(
        {number for event in story for number in (*event.live, *getattr(event, "mails", ()))}
    ):
        rows[f"code {number}"] = ["works" if number in event.live else "" for event in story]
    password, changes, rows["password"] = _BEFORE["password"], 0, []
    for event in story:
        # Not only where the answer was good: one that is lost, or a trigger that fails, comes after
        # the change.
        if isinstance(event, Call) and event.ended and event.operation == "ConfirmForgotPassword":
            changes += 1
            password = "the new one" if changes == 1 else f"new one {changes}"
        elif isinstance(event, Call) and event.good and event.operation == "AdminResetUserPassword":
            password = ""
        rows["password"].append(password)
    return rows


@dataclass(frozen=True)
class Step:
    """One call, or time going by, for a reader who takes one step at a time.

    who, asks, answer: in words; who and answer are empty for time. names: what is sent; sent: the
    same as JSON, its secrets hidden. truths: what is true afterwards; changed: what of it the step
    has changed, in words.
    """

    at: str
    who: str
    asks: str
    names: tuple[str, ...]
    sent: str
    answer: str
    truths: tuple[tuple[str, str], ...]
    changed: tuple[str, ...]


def steps(story: Story, username: str) -> tuple[Step, ...]:
    """Tell the story one step after another."""
    events = [event for event in story if not isinstance(event, Aside)]
    rows, told, before = truths(events, username), [], dict(_BEFORE)
    for number, event in enumerate(events):
        after = {name: values[number] for name, values in rows.items()}
        changed = tuple(
            f"{name}: {_state(name, now)}"
            for name, now in after.items()
            if now != before.get(name, "")
        )
        known = tuple(
            (name, _state(name, now))
            for name, now in after.items()
            if now or not name.startswith("code ") or any(rows[name][:number])
        )
        before, rest = after, (known, changed)
        if isinstance(event, Pause):
            told.append(Step(clock(event.at), "", event.words, (), "", "", *rest))
            continue
        sent = redact(json.dumps(masked(event.request), indent=1))
        told.append(
            Step(
                clock(event.at),
                event.who,
                event.operation,
                tuple(_names(event.request)),
                sent,
                event.said,
                *rest,
            )
        )
    return tuple(told)


def _state(name: str, now: str) -> str:
    return now or ("works no longer" if name.startswith("code ") else "none works")


def _names(request: dict[str, Any]) -> list[str]:
    names = []
    for name, value in request.items():
        names += (
            _names(value)
            if isinstance(value, dict)
            else [f"{name} (hidden)" if name in HIDDEN else name]
        )
    return names


def clock(at: datetime) -> str:
    """Return the time of day as a clock shows it."""
    return at.strftime("%H:%M")
