"""How a run is noted in the journal: what its first line says, how the username is kept, where its
record file lies.

A run without a person is noted by `helpers.runner.headless`; one that a person makes in a form by
`recorded`, where the environment names the folder of runs, as `make lab` does.
"""

import getpass
import hashlib
import json
import os
import platform
import secrets
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from helpers.run.entry import RunbookEntry
from helpers.run.journal import Ended, Journal, Kept, Started, State, now
from helpers.run.masking import mask_entry, username_masker
from helpers.run.record import Outcome, Record

RUNS = "COGNITO_RESET_RUNS"
"""The environment variable that names the folder in which the runs of forms are noted."""


class JournalUnavailable(Exception):
    """The journal cannot be written, so nothing was sent: what is not noted is not done."""


def new_run_id(folder: Path) -> str:
    """Return an id for a run that no other run in this folder has."""
    while True:
        name = f"{now():%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
        if not (folder / name).exists():
            return name


def start_entry(
    entry: RunbookEntry, name: str, values: Mapping[str, Any], out: Path, mask: Callable[[str], str]
) -> Started:
    """Return the line that a run writes before anything else. out: what it will leave. veil: see
    `username_masker`.
    """
    return Started(
        run=name,
        at=now(),
        who=_current_user(),
        host=socket.gethostname(),
        process=os.getpid(),
        runbook=entry.name,
        digest=hashlib.sha256(entry.path.read_bytes()).hexdigest(),
        versions=_versions(),
        parameters={key: mask(text) for key, text in _recordable(entry, values).items()},
        out=str(out),
    )


def write_record(path: Path, kept: Kept) -> None:
    """Write a run's record file whole or not at all, for its owner alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with open(
        os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
    ) as file:
        file.write(json.dumps(kept.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n")
    draft.replace(path)


@contextmanager
def recorded(entry: RunbookEntry, values: Mapping[str, Any]) -> Iterator[Callable[[Record], str]]:
    """Note what a person does with a form: a line before anything is sent, and another when it is
    over.

    values: the parameters, with references where secrets were typed. Yields what takes the record
    and returns the run's id, "" where nothing is noted. Whatever is raised inside is noted as an
    end without a record.
    """
    if not os.environ.get(RUNS):
        yield lambda record: ""
        return
    journal = Journal(Path(os.environ[RUNS]))
    name = new_run_id(journal.folder)
    path = journal.folder / name / "record.json"
    how = os.environ.get("COGNITO_RESET_USERNAME_AS", "masked")

    def end(ended: Ended) -> str:
        line = mask_entry(ended, entry, values, how, journal.folder)
        journal.append(line)
        write_record(path, Kept.of(started, line))
        return name

    def over(record: Record) -> str:
        state: State = "refused" if record.exit_code == 2 else "completed"
        return end(
            Ended(
                run=name,
                at=now(),
                state=state,
                outcome=record.outcome,
                exit_code=record.exit_code,
                meaning=record.meaning,
                next_step=record.next_step,
                record=record,
            )
        )

    with ExitStack() as lock:
        try:
            journal.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock.enter_context(journal.under_way(name))
            started = start_entry(
                entry, name, values, path, username_masker(entry, values, how, journal.folder)
            )
            journal.append(started)
        except OSError as exc:
            raise JournalUnavailable(f"{exc.strerror}: {journal.path}") from exc
        try:
            yield over
        except BaseException as exc:
            stopped = isinstance(exc, KeyboardInterrupt)
            end(
                Ended(
                    run=name,
                    at=now(),
                    state="interrupted" if stopped else "failed",
                    outcome=Outcome.UNKNOWN,
                    exit_code=130 if stopped else 8,
                    meaning="The run did not come to its end.",
                    next_step=entry.settle,
                    detail=f"{type(exc).__name__}: {exc}",
                )
            )
            raise


def _recordable(entry: RunbookEntry, values: Mapping[str, Any]) -> dict[str, str]:
    """Return the parameters as they may be recorded, whatever was given: no secret, and no value of
    an unknown name.
    """
    model = entry.parameters
    every = {name: f.default for name, f in model.model_fields.items()} | dict(values)
    return {
        name: "stdin:" if value == "stdin:" else model.recordable(name, str(value))
        for name, value in every.items()
    }


def _current_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"


@lru_cache
def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in ("cognito-reset-runbooks", "papermill", "ipykernel", "boto3"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found
