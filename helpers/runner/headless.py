"""One run of a runbook without a person: the notebook is executed, a record is kept, an exit code
says how it ended.

The journal gets a line before anything runs and another when all is over, so that a run whose
process is killed is not forgotten and is not taken for a success. The executed notebook and the
record lie in a folder of the run's own that only its owner can read.
"""

import hashlib
import os
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from helpers.cognito.errors import BadParameters, Problem
from helpers.run.agreement_to_many import cover
from helpers.run.entries import Agreed, Ended, Kept, Started, State, now
from helpers.run.entry import RunbookEntry
from helpers.run.journal import Journal
from helpers.run.masking import mask_entry, username_masker
from helpers.run.named_pool import fill_in
from helpers.run.record import Outcome, Record, find_record
from helpers.run.recording import new_run_id, start_entry, write_record
from helpers.runner.engine.validation import seconds
from helpers.runner.engine_settings import RUN_TIMEOUT
from helpers.runner.executing import execute
from helpers.runner.light import Notebooks, submit
from helpers.runner.signals import StopRequests

_STATE_CODES = {"timed_out": 124, "died": 138, "interrupted": 130}
_WORDS = {
    "timed_out": "The run took too long and was stopped.",
    "died": "The process that ran the notebook ended before its time.",
    "interrupted": "The run was stopped from outside.",
    "exited": "The notebook ended itself before it had a result.",
    "failed": "The notebook failed before it had a result.",
    "planned": "This was a dry run: the plan was made, and nothing was sent.",
}
_PLANNED = "If the plan is what you want, run it without --dry-run."
_NOT_SENT = (
    "Nothing was sent, so nothing has changed; a code is as good as before. Fix the cause, then run"
    " again."
)


@dataclass(frozen=True)
class Report:
    """How a run ended, for whoever started it."""

    run: str
    runbook: str
    pool: str
    production: bool
    state: str
    outcome: str
    exit_code: int
    meaning: str
    next_step: str
    next_command: str
    say: str
    detail: str = ""
    proof: str = ""
    notebook: str = ""
    record_file: str = ""
    request_ids: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    plan: tuple[str, ...] = field(default=(), repr=False)
    record: Record | None = field(default=None, repr=False)
    """The run's own record, in clear: it is not for printing."""

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in vars(self).items()
            if name != "record"
        }


def run(
    entry: RunbookEntry,
    values: Mapping[str, Any],
    *,
    out: Path,
    record: Path | None = None,
    username_as: str = "",
    timeout: float | None = None,
    cell_timeout: int | None = None,
    dry_run: bool = False,
    said: Mapping[str, Any] | None = None,
    on_cell: Callable[[int, int, str], None] | None = None,
    name: str = "",
    permit: Callable[[], bool] | None = None,
    notebooks: Notebooks = "all",
    stop: StopRequests | None = None,
    agreed: Mapping[str, Any] | None = None,
) -> Report:
    """Run a runbook once and return how it ended; raises nothing for what the parameters, Cognito
    or the kernel may do, and NotebookMissing before anything is written.

    values: the parameters, with references for secrets. out: the folder for runs and their journal.
    record: where the record goes, instead of into the run's folder. said: the parameters as they
    are to be recorded, where they differ. name: the run's id, if it is to have a certain one;
    FileExistsError where another run has it. permit: asked just before the cell that acts; where it
    says no, the run ends there, and nothing was sent. notebooks: none or failed to run without
    one, in this process; failed writes one afterwards where the run did not end well. stop: what
    takes the signals already, if anything does. agreed: a second person's agreement to the whole
    campaign that this run is part of, as JSON data.
    """
    journal = Journal(out)
    if name and (out / name).exists():
        raise FileExistsError(f"There is a run {name} already.")
    name = name or new_run_id(out)
    folder = out / name
    kept = record or folder / "record.json"
    light = notebooks != "all"
    executed = kept if notebooks == "none" else folder / entry.path.name
    mask = username_masker(entry, values, username_as, out)
    started = start_entry(entry, name, {**values, **(said or {})}, mask, out=executed, record=kept)
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    stopping = StopRequests() if stop is None else stop
    with nullcontext() if stop else stopping, journal.under_way(name):
        problems = _problems(entry, values, timeout)
        if problems is None:
            folder.mkdir(mode=0o700)
            if not light:
                executed.touch(mode=0o600)
            write_record(kept, Kept.of(started, None))
        journal.append(started)
        if agreed:
            cover(journal, name, Agreed.model_validate(agreed))
        state: State = "refused"
        detail = ""
        notebook, found = None, None
        if problems is None and light:
            state, detail, found = submit(
                *(entry, values, journal, name),
                permit=permit,
                stop=stopping,
                notebook=executed if notebooks == "failed" else None,
            )
        elif problems is None:
            state, detail, notebook = execute(
                entry,
                values,
                executed,
                timeout=timeout,
                cell_timeout=cell_timeout,
                dry_run=dry_run,
                on_cell=on_cell,
                permit=permit,
                stop=stopping,
            )
        data = find_record(notebook) if notebook else None
        found = Record.model_validate(data) if data else found
        sent = problems is None and not found and journal.may_have_sent(name)
        ended = _judge(name, entry, state, detail, found, problems, sent=sent)
        if notebooks != "none":
            ended = ended.model_copy(update={"notebook_digest": _digest(executed)})
        line = mask_entry(ended, entry, values, username_as, out)
        unwritten = _write_end(journal, None if problems else kept, started, line)
    pool = fill_in(entry.parameters.model_fields, values).pool
    return Report(
        run=name,
        runbook=entry.name,
        pool=pool.name if pool else "",
        production=pool is not None and pool.production,
        state=ended.state,
        outcome=ended.outcome.value,
        exit_code=ended.exit_code,
        meaning=" ".join(filter(None, (ended.meaning, unwritten))),
        next_step=ended.next_step,
        detail=ended.detail,
        proof=found.verified_by if found else "",
        next_command=found.next_runbook.command if found and found.next_runbook else "",
        say=found.say if found else "",
        notebook="" if light and not ended.notebook_digest or problems else str(executed),
        record_file="" if problems else str(kept),
        request_ids=(
            tuple(step.request_id for step in found.steps if step.request_id) if found else ()
        ),
        problems=tuple(map(str, problems.problems)) if problems else (),
        plan=_texts(notebook, "plan") if dry_run and notebook else (),
        record=found,
    )


def _problems(
    entry: RunbookEntry, values: Mapping[str, Any], timeout: float | None
) -> BadParameters | None:
    """Look at the parameters as the engine will, but before there is a folder for the run."""
    problems = entry.parameters.read(values, person=False, given=values.keys())[1]
    if values.get("interactive") == "yes":
        problems.append(
            Problem("interactive", "yes waits for a person, and here is none; leave it out.")
        )
    try:
        seconds(timeout or os.environ.get(RUN_TIMEOUT))
    except ValueError as exc:
        problems.append(Problem(RUN_TIMEOUT, str(exc)))
    return BadParameters(problems) if problems else None


def _judge(
    name: str,
    entry: RunbookEntry,
    state: State,
    detail: str,
    found: Record | None,
    problems: BadParameters | None,
    *,
    sent: bool,
) -> Ended:
    """Say what is true of a run: from its own record where there is one, else from the journal.

    sent: whether the journal says that a request was about to leave that changes something.
    """
    if problems:
        return Ended(
            run=name,
            at=now(),
            state="refused",
            outcome=Outcome.NOT_SENT,
            exit_code=2,
            meaning=str(problems),
            next_step=problems.next,
        )
    if found:
        code = _STATE_CODES.get(state, found.exit_code)
        if state == "failed" and code == 0:
            code = 8  # the reset was done, and something after it broke
        if detail.startswith("NotDone"):
            # That is the notebook's way to end a run that did not succeed; what happened is what
            # Cognito said.
            detail = next(
                (f"{step.error}: {step.message}" for step in found.steps if step.status != "done"),
                "",
            )
        return Ended(
            run=name,
            at=now(),
            state=state,
            detail=detail,
            outcome=found.outcome,
            exit_code=code,
            meaning=found.meaning,
            next_step=found.next_step,
            record=found,
        )
    code = (
        0
        if state == "planned"
        else _STATE_CODES.get(state, 2 if detail.startswith("BadParameters") else 8)
    )
    return Ended(
        run=name,
        at=now(),
        state=state,
        detail=detail,
        outcome=Outcome.UNKNOWN if sent else Outcome.NOT_SENT,
        exit_code=code,
        meaning=_WORDS.get(state, "There is no result."),
        next_step=_PLANNED if state == "planned" else entry.settle if sent else _NOT_SENT,
    )


def _write_end(journal: Journal, kept: Path | None, started: Started, ended: Ended) -> str:
    """Write a run's end into its record file and the journal; return in words what could not be."""
    try:
        if kept is not None:
            write_record(kept, Kept.of(started, ended))
        journal.append(ended)
    except OSError as exc:
        return f"The end of the run could not be written down: {exc.strerror or exc}."
    return ""


def _digest(executed: Path) -> str:
    """Return the SHA-256 of the notebook on the disk; "" where there is none."""
    try:
        saved = executed.read_bytes()
    except OSError:
        return ""
    return hashlib.sha256(saved).hexdigest() if saved else ""


def _texts(notebook: Any, cell_id: str) -> tuple[str, ...]:
    cells = [cell for cell in notebook.cells if cell.get("id") == cell_id]
    return tuple(
        "".join(o.data["text/plain"]) for cell in cells for o in cell.outputs if "data" in o
    )
