"""Everything that can go wrong with a reset, made to happen: one story for each refusal.

    reproduce("ConfirmForgotPassword", "a digit is wrong")  what Cognito says, and what it means
    table([reproduce(...), reproduce(...)], "A title")      several of them

Every story is played on a fresh Cognito, by the real call. A few errors stand in AWS's model and
nobody has reported them from these calls; they are put in place of the answer, and say so.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import botocore.session

from helpers.cognito import actions
from helpers.cognito.errors import Answered, ResetError, Unsettled
from helpers.display.card import Card, Table
from helpers.learn.lesson import Lesson
from helpers.learn.scenarios import CASES, CONFIRM, REQUEST, Case, Scenario
from helpers.sandbox import DEFAULT_USERNAME
from helpers.secrets.secret import Secret

_WHILE = {REQUEST: "asking", CONFIRM: "confirming"}
_FIRST = {
    REQUEST: "nothing, before a look into the mailbox",
    CONFIRM: "nothing, before one sign-in",
}
NOT_SIGHTED = "(not known: the model names this error, and no public report shows its text)"


@dataclass(frozen=True, repr=False)
class Outcome:
    """A story that was played: its error, and what became of code and password."""

    case: Case
    error: Answered
    afterwards: str

    @property
    def again(self) -> str:
        """What may be tried again; for an unknown outcome, what comes before any other try."""
        return (
            _FIRST[self.case.operation]
            if isinstance(self.error, Unsettled)
            else str(self.error.again)
        )

    def row(self) -> tuple[str, ...]:
        """Return the encounter as a row of a table."""
        says = (
            f"{self.error.code}: {self.error.message}"
            if self.error.code
            else "nothing: the connection breaks"
        )
        return (self.case.name, says, self.error.meaning, self.afterwards, self.error.next)

    def _card(self) -> Card:
        name, says, means, afterwards, after = self.row()
        return Card(
            f"{self.case.operation}: {name}",
            (
                ("Cognito says", says),
                ("It means", means),
                ("And the code?", afterwards),
                ("What to do next", after),
            ),
        )

    def __repr__(self) -> str:
        return repr(self._card())

    def _repr_markdown_(self) -> str:
        return self._card()._repr_markdown_()


def reproduce(operation: str, name: str) -> Outcome:
    """Play one story and return what came of it. name: as CASES calls it."""
    for case in CASES:
        if (case.operation, case.name) == (operation, name):
            return _played(case, Lesson())
    known = ", ".join(case.name for case in CASES if case.operation == operation)
    raise ValueError(f"no story of {operation} is called {name!r}; there are: {known}")


def table(outcomes: Sequence[Outcome], title: str) -> Table:
    """Return stories as a table; if the calls differ, the first column names them."""
    mixed, rows = len({one.case.operation for one in outcomes}) > 1, []
    for one in outcomes:
        name, says, means, afterwards, after = one.row()
        rows.append(
            (
                f"{_WHILE[one.case.operation]}: {name}" if mixed else name,
                says,
                afterwards,
                f"{means} {after}",
            )
        )
    heads = (
        "What happened before",
        "Cognito says",
        "And the code?",
        "What it means, and what to do next",
    )
    return Table(title, heads, tuple(rows))


def modelled(operation: str) -> set[str]:
    """Return the errors that AWS's own model gives an operation."""
    service = botocore.session.get_session().get_service_model("cognito-idp")
    return {shape.name for shape in service.operation_model(operation).error_shapes}


def _played(case: Case, lesson: Lesson) -> Outcome:
    lesson.box.reset()
    play = Scenario(case.operation, lesson)
    case.set_up(play)
    try:
        with _instead(lesson.quiet, case.error) if case.instead else nullcontext():
            _call(case.operation, lesson.quiet, play)
    except Answered as error:
        if error.code != case.error:
            raise AssertionError(
                f"{case.name}: {case.error} was expected, {error.code} came"
            ) from error
        return Outcome(case, error, _afterwards(play))
    except ResetError as error:
        raise AssertionError(f"{case.name}: Cognito was not reached") from error
    raise AssertionError(f"{case.name}: Cognito did what it was asked")


def _call(operation: str, client: Any, play: Scenario) -> None:
    who: Any = {"client_id": play.client_id, "username": play.username}
    if operation == REQUEST:
        actions.request_code(client, **who)
    else:
        actions.confirm(client, **who, code=Secret(play.code), new_password=Secret(play.password))


@contextmanager
def _instead(client: Any, code: str) -> Iterator[None]:
    said = {
        "Error": {"Code": code, "Message": NOT_SIGHTED},
        "ResponseMetadata": {"HTTPStatusCode": 400, "HTTPHeaders": {}},
    }
    events, name = client.meta.events, "before-call.cognito-identity-provider"
    events.register(name, lambda **_: (SimpleNamespace(status_code=400), said), unique_id="instead")
    try:
        yield
    finally:
        events.unregister(name, unique_id="instead")


def _afterwards(play: Scenario) -> str:
    mails = play.box.mailbox()
    if not mails:
        return "none was sent"
    if mails[-1]["live"]:
        if play.code and play.code != mails[-1]["code"] and len(mails) > 1:
            return "the newer one is good"
        return "still good" + (
            ", through the app client that asked"
            if play.client_id != mails[-1]["client_id"]
            else ""
        )
    changed = play.lesson.device().tries(DEFAULT_USERNAME, play.password)
    return "used up: the password IS changed" if changed else "no longer good"
