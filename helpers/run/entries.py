"""The lines of the journal and a run's record file, as typed models, and their JSON schema."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from helpers.run.record import Outcome, Record, Text

State = Literal[
    "completed", "planned", "failed", "refused", "timed_out", "interrupted", "died", "exited"
]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Started(_Entry):
    """The line that a run writes before anything else: who runs what, where, with what."""

    event: Literal["started"] = "started"
    schema_version: Literal[1, 2] = Field(
        default=2, description="since version 2 a run also writes a line before it sends"
    )
    run: str = Field(description="the run's id, which is also the name of its folder")
    at: datetime = Field(description="by this machine's clock")
    who: str = Field(description="the account of the operating system that ran it")
    host: str
    process: int
    runbook: str
    digest: str = Field(description="the SHA-256 of the notebook as it was before the run")
    versions: dict[str, str]
    parameters: dict[str, Text] = Field(
        description=(
            "references where a secret was asked for; the username as the run was told to keep it"
        )
    )
    out: str = Field(description="the executed notebook, or the record of a run by a form")
    record: str = Field(default="", description="the run's record file")


class Sending(_Entry):
    """The line that is on the disk before a request leaves that changes something."""

    event: Literal["sending"] = "sending"
    schema_version: Literal[2] = 2
    run: str
    at: datetime
    operation: str = Field(description="the API operation")


class Ended(_Entry):
    """The line that a run writes when it is over."""

    event: Literal["ended"] = "ended"
    schema_version: Literal[1, 2] = 2
    run: str
    at: datetime
    state: State = Field(description="how the notebook ended, whatever came of the reset")
    detail: Text = ""
    outcome: Outcome
    exit_code: int
    meaning: Text
    next_step: Text
    record: Record | None = Field(
        default=None, description="the notebook's own record; none when it did not come so far"
    )
    notebook_digest: str = Field(
        default="", description="the SHA-256 of the executed notebook; empty where none was saved"
    )


class Asked(_Entry):
    """The line by which a run asks a second person to agree, before it has sent anything."""

    event: Literal["asked"] = "asked"
    schema_version: Literal[3] = Field(
        default=3, description="since version 3 a second person's agreement is in the journal"
    )
    run: str
    at: datetime
    who: str = Field(description="the account of the operating system that asks")
    uid: int = Field(description="that account's number")
    caller: Text = Field(default="", description="the ARN of who signs; empty where nobody does")
    runbook: str
    notebook: str = Field(description="the SHA-256 of the runbook's notebook")
    parameters: dict[str, Text] = Field(description="what is to run; the username may be masked")
    user: str = Field(description="the username's hash, with the key of the folder")
    digest: str = Field(description="the SHA-256 of runbook, notebook, parameters and user")


class Agreed(_Entry):
    """The line by which a second person agrees to what a run has asked for."""

    event: Literal["agreed"] = "agreed"
    schema_version: Literal[3] = 3
    run: str = Field(description="the run that asked")
    at: datetime
    who: str = Field(description="the account of the operating system that agrees")
    uid: int = Field(description="that account's number")
    caller: Text = Field(default="", description="the ARN of who agrees; empty in the sandbox")
    digest: str


class Used(_Entry):
    """The line by which a run uses an agreement up, before it sends anything."""

    event: Literal["used"] = "used"
    schema_version: Literal[3] = 3
    run: str = Field(description="the run that acts")
    at: datetime
    asked_by: str = Field(description="the run that asked for the agreement")
    digest: str


class Gap(_Entry):
    """The line that says that the journal before it is not as it was left."""

    event: Literal["gap"] = "gap"
    schema_version: Literal[2] = 2
    at: datetime
    expected: str = Field(description="the digest of the last line, by the head; empty for none")
    found: str = Field(description="the digest of the last line that was there")
    words: str


Entry = Started | Sending | Ended | Asked | Agreed | Used | Gap


class Kept(_Entry):
    """The file that a run leaves beside its notebook: how it began and ended, and what came of it.

    It is there from the start of the run; until the run is over, `ended` is null.
    """

    state: State | Literal["running"]
    outcome: Outcome | None = Field(description="null until the run is over")
    exit_code: int | None
    started: Started
    ended: Ended | None

    @classmethod
    def of(cls, started: Started, ended: Ended | None) -> "Kept":
        """Make it of the two lines, or of the first alone."""
        return cls(
            state=ended.state if ended else "running",
            outcome=ended.outcome if ended else None,
            exit_code=ended.exit_code if ended else None,
            started=started,
            ended=ended,
        )


class Line(_Entry):
    """One line of the journal."""

    before: str = Field(description="the digest of the line before; 64 zeros in the first")
    entry: Annotated[Entry, Field(discriminator="event")]
    digest: str = Field(
        description="the SHA-256 of `before` and of the entry's JSON with sorted names"
    )


def schema() -> dict[str, Any]:
    """Return the JSON schema of a line and of a record file, as journal.schema.json has it."""
    from pydantic.json_schema import models_json_schema

    title = "The journal of runs: Line is a line of it, Kept the record file of one run"
    return models_json_schema([(Line, "serialization"), (Kept, "serialization")], title=title)[1]


def now() -> datetime:
    """Return the time by this machine's clock, with its zone."""
    return datetime.now(UTC)
