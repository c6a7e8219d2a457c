"""The journal: one line of JSON for each event of a run, never changed afterwards, and a chain that
shows if it was.

A run writes a line when it starts and one when it ends. So a run that was killed has a line that
says that it began, and no line claims an end that was not reached: `runs` calls it lost, or running
while its process still holds its lock.

Each line carries the digest of the line before it, and the file `*.head` beside the journal the
digest of the last, so an altered, removed or inserted line is found, and so is a cut at the end.
Whoever may write both files can forge both: against that, keep the digest that `verify` prints
somewhere else.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from helpers.run.filelock import lock_file
from helpers.run.record import Outcome, Record, Text
from helpers.secrets.redaction import redact

FIRST = "0" * 64
NAME = "journal.jsonl"
State = Literal[
    "completed", "planned", "failed", "refused", "timed_out", "interrupted", "died", "exited"
]


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {redact(name): _clean(item) for name, item in value.items()}
    return value


class Started(BaseModel):
    """The line that a run writes before anything else: who runs what, where, and with which
    parameters.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    event: Literal["started"] = "started"
    schema_version: Literal[1] = 1
    run: str = Field(description="the run's id, which is also the name of its folder")
    at: datetime = Field(description="by this machine's clock")
    who: str = Field(description="the account of the operating system that ran it")
    host: str
    process: int
    runbook: str
    digest: str = Field(description="the SHA-256 of the notebook as it was before the run")
    versions: dict[str, str]
    parameters: Annotated[dict[str, str], AfterValidator(_clean)] = Field(
        description=(
            "references where a secret was asked for; the username as the run was told to keep it"
        )
    )
    out: str = Field(description="the executed notebook")


class Ended(BaseModel):
    """The line that a run writes when it is over."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    event: Literal["ended"] = "ended"
    schema_version: Literal[1] = 1
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


class Kept(BaseModel):
    """The file that a run leaves beside its notebook: the two lines of the journal, without the
    chain, and first what came of it.

    It is there from the start of the run; until the run is over, `ended` is null.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

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


class Line(BaseModel):
    """One line of the journal."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    before: str = Field(description="the digest of the line before; 64 zeros in the first")
    entry: Annotated[Started | Ended, Field(discriminator="event")]
    digest: str = Field(
        description="the SHA-256 of `before` and of the entry's JSON with sorted names"
    )


def schema() -> dict[str, Any]:
    """Return the JSON schema of a line and of a run's record file, as it is published in
    journal.schema.json.
    """
    from pydantic.json_schema import models_json_schema

    title = "The journal of headless runs: Line is a line of it, Kept the record file of one run"
    return models_json_schema([(Line, "serialization"), (Kept, "serialization")], title=title)[1]


def digest_of(before: str, entry: dict[str, Any]) -> str:
    """Return a line's digest."""
    text = json.dumps(entry, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(f"{before}\n{text}".encode()).hexdigest()


@dataclass(frozen=True)
class Run:
    """One run, as its lines tell it. state is that of its end, or `running`, or `lost` when it has
    none.
    """

    started: Started
    ended: Ended | None
    state: str

    @property
    def outcome(self) -> str:
        """What came of it. A run without an end is unknown, unless it is still under way."""
        return (
            self.ended.outcome.value
            if self.ended
            else ""
            if self.state == "running"
            else Outcome.UNKNOWN.value
        )


@dataclass(frozen=True)
class Verdict:
    """What `verify` found. faults name the lines that do not fit; torn says that the last line was
    never finished.
    """

    lines: int
    head: str
    faults: tuple[str, ...] = ()
    torn: bool = False
    notes: tuple[str, ...] = field(default=())


class Journal:
    """A journal in a folder. `append` may be called by any number of processes at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / NAME
        self._head = folder / f"{NAME}.head"

    def append(self, entry: Started | Ended) -> str:
        """Write one line, and return its digest once it is on the disk."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        data = json.loads(entry.model_dump_json())
        with self._locked() as file:
            before = self._last_digest(file)
            digest = digest_of(before, data)
            line = (
                json.dumps({"before": before, "entry": data, "digest": digest}, ensure_ascii=False)
                + "\n"
            )
            os.write(file, line.encode())
            os.fsync(file)
            self._keep_head(digest)
        return digest

    def lines(self) -> Iterator[Line]:
        """Yield the lines that can be read, oldest first. A last line that was never finished does
        not count.
        """
        for _, text, whole in self._texts():
            if whole:
                try:
                    yield Line.model_validate_json(text)
                except ValueError:
                    continue  # `verify` names it

    def runs(self) -> list[Run]:
        """Return the runs, oldest first."""
        started: dict[str, Started] = {}
        ended: dict[str, Ended] = {}
        for line in self.lines():
            entry = line.entry
            if isinstance(entry, Started):
                started[entry.run] = entry
            else:
                ended[entry.run] = entry
        return [
            Run(entry, ended.get(run), self._state(run, ended.get(run)))
            for run, entry in started.items()
        ]

    @contextmanager
    def under_way(self, run: str) -> Iterator[None]:
        """Hold the run's lock, by which others see that its process is alive. It goes with the
        process.
        """
        path = self._lock_of(run)
        with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "w") as file:
            lock_file(file.fileno())
            try:
                yield
            finally:
                path.unlink(missing_ok=True)

    def verify(self) -> Verdict:
        """Go through the chain from the first line to the last and say what does not fit."""
        before, faults, digests, torn = FIRST, [], [FIRST], False
        number = 0
        for number, text, whole in self._texts():
            if not whole:
                torn = True
                number -= 1
                break
            try:
                data = json.loads(text)
                entry, said, digest = data["entry"], data["before"], data["digest"]
                if set(data) != {"before", "entry", "digest"} or digest != digest_of(said, entry):
                    faults.append(f"line {number}: altered")
                elif said != before:
                    faults.append(
                        f"line {number}: what stood before it was removed, inserted or altered"
                    )
            except (ValueError, TypeError, KeyError):
                faults.append(f"line {number}: cannot be read")
                digest = before
            before = digest
            digests.append(digest)
        head = self._head.read_text().strip() if self._head.exists() else ""
        if number and not head:
            faults.append("the head file is gone, so a cut at the end cannot be ruled out")
        elif head and head not in digests:
            faults.append("the end: lines were removed after the last one here")
        return Verdict(number, before if number else "", tuple(faults), torn)

    # --- inner ---

    @contextmanager
    def _locked(self) -> Iterator[int]:
        file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            lock_file(file)
            yield file
        finally:
            os.close(file)

    def _last_digest(self, file: int) -> str:
        """Return the digest of the last whole line. What a killed process has left of a line is cut
        off: it never was one, and nobody was told that it is there."""
        end = os.fstat(file).st_size
        tail = b""
        at = end
        while at > 0 and tail.count(b"\n") < 2:
            step = min(65536, at)
            at -= step
            os.lseek(file, at, os.SEEK_SET)
            tail = os.read(file, step) + tail
        if tail and not tail.endswith(b"\n"):
            write_record = tail.rfind(b"\n") + 1
            os.ftruncate(file, end - (len(tail) - write_record))
            if not write_record:
                return FIRST
            return self._last_digest(file)
        last = tail.rstrip(b"\n").rpartition(b"\n")[2]
        if not last:
            return FIRST
        try:
            return str(json.loads(last)["digest"])
        except (ValueError, KeyError, TypeError):
            return hashlib.sha256(
                last
            ).hexdigest()  # somebody's damage: the chain goes on, and `verify` finds it

    def _keep_head(self, digest: str) -> None:
        draft = self._head.with_suffix(f".{os.getpid()}")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(digest + "\n")
        draft.replace(self._head)

    def _texts(self) -> Iterator[tuple[int, str, bool]]:
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            for number, line in enumerate(file, 1):
                yield number, line.decode("utf-8", "replace"), line.endswith(b"\n")

    def _lock_of(self, run: str) -> Path:
        return self.folder / f".{run}.lock"

    def _state(self, run: str, ended: Ended | None) -> str:
        if ended:
            return ended.state
        try:
            with self._lock_of(run).open("r+") as file:
                return "lost" if lock_file(file.fileno(), wait=False) else "running"
        except OSError:
            return "lost"


def now() -> datetime:
    """Return the time by this machine's clock, with its zone."""
    return datetime.now(UTC)
