"""How a run gets into the journal: its first line, the one before it sends, and its record file.

A run without a person is recorded by `helpers.runner.headless`; one that a person makes in a form
by `recorded`, where the environment names the folder of runs, as `make lab` does.
"""

import hashlib
import json
import os
import platform
import secrets
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from helpers.cognito.errors import NotReached
from helpers.run.account import account_name
from helpers.run.entries import Ended, Kept, Sending, Started, State, now
from helpers.run.entry import RunbookEntry
from helpers.run.journal import Journal
from helpers.run.masking import RUNS, mask_entry, username_as, username_masker
from helpers.run.package_data import NotebookMissing
from helpers.run.parameters import as_text
from helpers.run.record import Outcome, Record

RUN = "COGNITO_RESET_RUN"
"""The environment variable that tells a notebook's kernel which run it belongs to: its folder."""


class JournalUnavailable(NotReached):
    """The journal cannot be written, so nothing is sent: what is not recorded is not done."""

    def __init__(
        self,
        message: str,
        *,
        next: str = "Make room, or the folder of runs writable; then run again.",
    ) -> None:
        super().__init__(message, next=next, exit_code=6)


def new_run_id(folder: Path) -> str:
    """Return an id for a run that no other run in this folder has."""
    while True:
        name = f"{now():%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
        if not (folder / name).exists():
            return name


def start_entry(
    entry: RunbookEntry,
    name: str,
    values: Mapping[str, Any],
    mask: Callable[[str], str],
    *,
    out: Path,
    record: Path,
) -> Started:
    """Return the line that a run writes before anything else.

    mask: see `username_masker`. out: the notebook that it will leave. record: its record file.
    """
    return Started(
        run=name,
        at=now(),
        who=account_name(),
        host=socket.gethostname(),
        process=os.getpid(),
        runbook=entry.name,
        digest=hashlib.sha256(entry.read()).hexdigest(),
        versions=_versions(),
        parameters={key: mask(text) for key, text in _recordable(entry, values).items()},
        out=str(out),
        record=str(record),
    )


_current: ContextVar[tuple[Journal, str] | None] = ContextVar("run", default=None)


@contextmanager
def as_run(journal: Journal, name: str) -> Iterator[None]:
    """Have what is sent within recorded as this run's. See `before_change`."""
    token = _current.set((journal, name))
    try:
        yield
    finally:
        _current.reset(token)


def current_run() -> tuple[Journal, str] | None:
    """Return the journal and the id of the run that is under way here; None where none is kept."""
    current = _current.get()
    if current is None and os.environ.get(RUN):
        folder = Path(os.environ[RUN])
        current = Journal(folder.parent), folder.name
    return current


def before_change(operation: str) -> None:
    """Have it in the journal, on the disk, that this run is about to send what changes something.

    Does nothing where no run is recorded. Raises JournalUnavailable where the line cannot be
    written, or the process that began the run has ended; then nothing may be sent.
    """
    current = current_run()
    if current is None:
        return
    journal, run = current
    if not journal.is_under_way(run):
        raise JournalUnavailable("The program that began this run has ended, so nothing is sent.")
    try:
        journal.append(Sending(run=run, at=now(), operation=operation))
    except OSError as exc:
        raise JournalUnavailable(f"{_words(exc)}: {journal.path}") from exc


def _words(error: OSError) -> str:
    return error.strerror or str(error)


def write_record(path: Path, kept: Kept) -> None:
    """Write a run's record file whole or not at all, for its owner alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = json.dumps(kept.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    try:
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(file, "w", encoding="utf-8") as stream:
            stream.write(text)
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


@contextmanager
def recorded(entry: RunbookEntry, values: Mapping[str, Any]) -> Iterator[Callable[[Record], str]]:
    """Record what a person does with a form: when it begins, before it sends, and when it is over.

    values: the parameters, with references where secrets were typed. Yields what takes the record
    and returns the run's id, "" where nothing is recorded. An exception inside is recorded as an
    end without a record. Raises JournalUnavailable where the first line cannot be written.
    """
    if not os.environ.get(RUNS):
        yield lambda record: ""
        return
    journal = Journal(Path(os.environ[RUNS]))
    name = new_run_id(journal.folder)
    path = journal.folder / name / "record.json"
    how = username_as()

    def end(ended: Ended) -> str:
        line = mask_entry(ended, entry, values, how, journal.folder)
        try:
            write_record(path, Kept.of(started, line))
            journal.append(line)
        except OSError as exc:
            return f"{name}, without its end: {_words(exc)}"
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
            mask = username_masker(entry, values, how, journal.folder)
            started = start_entry(entry, name, values, mask, out=path, record=path)
            journal.append(started)
        except OSError as exc:
            raise JournalUnavailable(f"{_words(exc)}: {journal.path}") from exc
        except NotebookMissing as exc:
            raise JournalUnavailable(str(exc), next="Then press the button again.") from exc
        token = _current.set((journal, name))
        try:
            yield over
        except BaseException as exc:
            stopped = isinstance(exc, KeyboardInterrupt)
            sent = journal.may_have_sent(name)
            end(
                Ended(
                    run=name,
                    at=now(),
                    state="interrupted" if stopped else "failed",
                    outcome=Outcome.UNKNOWN if sent else Outcome.NOT_SENT,
                    exit_code=130 if stopped else 8,
                    meaning="The run did not come to its end.",
                    next_step=entry.settle if sent else "Nothing was sent: run it again.",
                    detail=f"{type(exc).__name__}: {exc}",
                )
            )
            raise
        finally:
            _current.reset(token)


def _recordable(entry: RunbookEntry, values: Mapping[str, Any]) -> dict[str, str]:
    """Return the parameters as they may be recorded, whatever was given: no secret, and no value of
    an unknown name.
    """
    model = entry.parameters
    defaults = {name: f.default for name, f in model.model_fields.items()}
    every = defaults | model.filled_in(values)
    return {
        as_text(name): as_text(
            "stdin:" if value == "stdin:" else model.recordable(name, str(value))
        )
        for name, value in every.items()
    }


@lru_cache
def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in ("cognito-reset-runbooks", "papermill", "ipykernel", "boto3"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found
