"""What happened in a run, as one JSON object in which no secret has a place.

A record is made of what the run itself knows. Times are those of the Cognito that was talked to.
"""

import json
import shlex
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from helpers.cognito.errors import Answered, ResetError, Unsettled
from helpers.secrets.redaction import redact

MIME = "application/vnd.cognito-reset.record+json"
"""Under this type the record stands among a notebook's outputs, where any reader finds it."""

Text = Annotated[str, AfterValidator(redact)]
"""Free text in a record: a secret that comes this far, in somebody's message for instance, stops
here.
"""


class Outcome(StrEnum):
    """How a run ended, in one word."""

    CONFIRMED = "confirmed"
    REFUSED = "refused"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"


class Step(BaseModel):
    """One call that a run made: which, how it ended, when, and AWS's id for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(description="the API operation")
    status: Literal["done", "refused", "not_sent", "no_answer"]
    at: datetime
    request_id: str = ""
    error: Text = Field(default="", description="the exception's name, where there was one")
    message: Text = Field(default="", description="what Cognito said, in its own words")


class Found(BaseModel):
    """One setting that an audit has judged."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    level: Text = Field(
        description="how bad it is, in words; well set, where there is nothing to change"
    )
    setting: Text = Field(description="as the API names it")
    title: Text = Field(description="what it is about; it tells apart two findings of one setting")
    risk: Text = Field(description="what it does to resets")
    evidence: Text = Field(description="what was seen")
    fix: Text = Field(description="what to change; empty where nothing can be")
    concerns: tuple[Text, ...] = Field(
        description="the ids of the app clients that have it, or of the user pool"
    )


class NextRunbook(BaseModel):
    """The runbook that goes on from a run, and what is known already of its parameters."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    parameters: dict[str, Text]

    def __str__(self) -> str:
        known = ", ".join(f"{name} {value}" for name, value in self.parameters.items() if value)
        return f"{self.name}, with {known}" if known else self.name

    @property
    def command(self) -> str:
        """The same as a command line; what is missing in it, such as the gate, is for a person to
        add.
        """
        given = (f"-p {shlex.quote(f'{name}={value}')}" for name, value in self.parameters.items())
        return " ".join(["cognito-reset run", self.name, *given])


class Record(BaseModel):
    """One run. `parameters` holds references where a secret was asked for, never what they stand
    for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    runbook: str
    endpoint: Text
    parameters: dict[str, Text]
    account: Text = Field(
        default="",
        exclude_if=lambda account: not account,
        description="the AWS account, where calls were signed",
    )
    caller: Text = Field(
        default="",
        exclude_if=lambda caller: not caller,
        description="the ARN of who signed, where calls were signed",
    )
    agreed: Text = Field(
        default="",
        exclude_if=lambda agreed: not agreed,
        description="which second person agreed, to what, and how that is known",
    )
    started_at: datetime
    ended_at: datetime
    steps: tuple[Step, ...] = ()
    outcome: Outcome
    exit_code: int
    verified_by: Text = Field(
        default="", description="what proves the outcome, in words; empty when nothing does"
    )
    meaning: Text
    next_step: Text
    say: Text = Field(
        default="", description="what to tell the user, in a sentence that can be read out"
    )
    next_runbook: NextRunbook | None = None
    findings: tuple[Found, ...] = Field(
        default=(),
        exclude_if=lambda found: not found,
        description="what an audit has judged, the worst first; only an audit has any",
    )

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON data."""
        return self.model_dump(mode="json")

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {
            "text/plain": json.dumps(self.to_json(), indent=2, ensure_ascii=False),
            MIME: self.to_json(),
        }


def find_record(notebook: Any) -> dict[str, Any] | None:
    """Return the record in an executed notebook, or None when the run did not come that far.

    notebook: an nbformat NotebookNode.
    """
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if MIME in data:
                return dict(data[MIME])
    return None


def step_failed(name: str, error: ResetError, at: datetime) -> Step:
    """Return the step that an error ended."""
    answer = error if isinstance(error, Answered) else None
    return Step(
        name=name,
        status="no_answer" if isinstance(error, Unsettled) else "refused" if answer else "not_sent",
        at=at,
        request_id=answer.request_id if answer else "",
        error=(answer and answer.code) or type(error).__name__,
        message=(answer and answer.message) or str(error),
    )
