"""A worker on any machine: it pulls rows as the owner's own workers do, and sends home what came.

It keeps its runs in a spool until the owner has them: a folder for each worker, in which each run
has a folder with a journal of its own. What a worker left that was killed is sent home by the next
one with the same spool.
"""

import os
import secrets
import shutil
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from helpers.campaign.ending import ending_of_lost
from helpers.campaign.homecoming import forget, is_filed, keep
from helpers.campaign.ledger import Also, Ledger
from helpers.campaign.presence import (
    options_of_owner,
    owner_is_there,
    present,
    seen_now,
    tell_problems,
)
from helpers.campaign.reach import refused_elsewhere, unresolvable_here
from helpers.campaign.schema import ACTING, CLAIMED, STOPPED, LedgerError, Row
from helpers.campaign.workers import Done, close_row, name_of, pause, work
from helpers.cognito.errors import BadParameters, Problem
from helpers.run.entry import RUNBOOKS, RunbookEntry
from helpers.run.filelock import lock_file
from helpers.run.journal import Journal
from helpers.run.kept_pools import pools_kept_in
from helpers.runner.signals import StopRequests

_LOOKS_EVERY = 0.5
_LOOKS_AGAIN_EVERY = 5.0
_LEAVES_WITHIN = 10.0
"""Seconds that one who was asked to end waits for the owner to have its last run."""
_LOCK = ".lock"


@dataclass(frozen=True)
class Manner:
    """How a worker elsewhere works.

    timeout: of each run, in seconds: a row whose worker is silent is decided on after that. stays:
    until the campaign is over, also while it is paused; else until no row may begin.
    """

    timeout: float
    stays: bool = True


def work_elsewhere(
    url: str,
    campaign: str,
    spool: Path,
    manner: Manner,
    *,
    stop: StopRequests,
    tell: Callable[[Done], None],
    warn: Callable[[list[str]], None],
) -> None:
    """Pull the campaign's rows and run them here, until there is none left.

    tell: told each row as it ends. warn: told what cannot be resolved here; no row is claimed until
    that has changed. Raises LedgerError, and BadParameters where a row cannot be run elsewhere, or
    not here and this does not stay until it can.
    """
    name = f"{name_of(os.getpid())}:{secrets.token_hex(3)}"
    with Ledger(url, pooled=True) as ledger, _folder(spool / campaign, name) as (mine, left):
        if ledger.engine.dialect.name == "sqlite":
            raise LedgerError(_ONE_MACHINE)
        entry = _runbook(ledger, campaign)
        refused = refused_elsewhere(ledger, campaign, entry)
        if refused:
            raise BadParameters([Problem("elsewhere", words) for words in refused])
        there = present(ledger, campaign, name, socket.gethostname(), manner.timeout)
        with there, pools_kept_in(mine):
            for folder in left:
                _send_home(ledger, campaign, folder)
            place = Elsewhere(ledger, campaign, name, mine, manner.timeout)
            places = [place, *(Elsewhere(ledger, campaign, "", one, 0.0) for one in left)]
            missing = _missing(ledger, campaign, entry, name, manner, stop, warn)
            if not missing:
                _work(ledger, campaign, entry, place, manner, stop, tell)
            _wait_until_filed(ledger, campaign, places, stop)
        if missing and not manner.stays:
            raise BadParameters([Problem("elsewhere", words) for words in missing])


_ONE_MACHINE = (
    "a file of SQLite serves one machine: begin the campaign with --ledger postgresql+psycopg://..."
)


def _runbook(ledger: Ledger, campaign: str) -> RunbookEntry:
    name = ledger.campaign(campaign).runbook
    if name not in RUNBOOKS:
        raise LedgerError(f"there is no runbook {name} here: install the owner's version.")
    entry = RUNBOOKS[name]
    entry.read()
    return entry


def _missing(
    ledger: Ledger,
    campaign: str,
    entry: RunbookEntry,
    name: str,
    manner: Manner,
    stop: StopRequests,
    warn: Callable[[list[str]], None],
) -> list[str]:
    """Wait until every reference can be resolved here; tell the owner, and return, what cannot."""
    before: list[str] = []
    while problems := unresolvable_here(ledger, campaign, entry):
        if problems != before:
            tell_problems(ledger, campaign, name, problems)
            warn(problems)
            before = problems
        if stop.number or not manner.stays or _is_over(ledger, campaign):
            return problems
        pause(_LOOKS_AGAIN_EVERY, stop)
    if before:
        tell_problems(ledger, campaign, name, [])
    return []


def _work(
    ledger: Ledger,
    campaign: str,
    entry: RunbookEntry,
    place: "Elsewhere",
    manner: Manner,
    stop: StopRequests,
    tell: Callable[[Done], None],
) -> None:
    while not stop.number:
        work(ledger, campaign, entry, {}, stop=stop, place=place, tell=tell)
        if not manner.stays or _is_over(ledger, campaign):
            return
        pause(_LOOKS_EVERY, stop)
        place.clear()


def _is_over(ledger: Ledger, campaign: str) -> bool:
    return ledger.is_over(campaign) or ledger.campaign(campaign).state == STOPPED


class Elsewhere:
    """A place of work that is not the owner's machine: what a run leaves goes into the ledger."""

    def __init__(
        self, ledger: Ledger, campaign: str, name: str, spool: Path, timeout: float
    ) -> None:
        self.name = name
        self._ledger, self._campaign, self._spool = ledger, campaign, spool
        self._given = {"timeout": timeout, "username_as": "clear"}
        self._told: Mapping[str, Any] = {}

    def goes_on(self) -> bool:
        """Say whether the owner is there, and has said how each run is done."""
        self.clear()
        return self._owner_has_told()

    def permit(self, ledger: Ledger, campaign: str, row: Row) -> bool:
        """Say no where the owner is gone; else have the run's beginning in the ledger."""

        def begin(db: Connection) -> bool:
            if not owner_is_there(db, campaign):
                return False
            seen_now(db, campaign, self.name)
            return self._keep(db, row, whole=False)

        return ledger.permit(campaign, row, begin)

    def options(self, row: Row) -> Mapping[str, Any]:
        """Return where the run is kept, and what the owner has told by now: since this row was
        asked for, another may have come.
        """
        self._owner_has_told()
        return {**self._told, **self._given, "out": self._spool / row.run}

    def over(self, row: Row) -> Also:
        """Return what puts the run's files into the ledger."""
        return lambda db: self._keep(db, row, whole=True)

    def clear(self) -> bool:
        """Remove the runs that the owner has; return whether none is left."""
        left = False
        for run in runs_in(self._spool):
            if is_filed(self._ledger, run):
                shutil.rmtree(self._spool / run)
                forget(self._ledger, run)
            else:
                left = True
        return not left

    def _owner_has_told(self) -> bool:
        with self._ledger.reading.connect() as db:
            told = options_of_owner(db, self._campaign)
        if told is not None:
            self._told = told
        return told is not None

    def _keep(self, db: Connection, row: Row, *, whole: bool) -> bool:
        journal = Journal(self._spool / row.run)
        return keep(db, self._campaign, row.run, journal, worker=self.name, whole=whole)


def _wait_until_filed(
    ledger: Ledger, campaign: str, places: list[Elsewhere], stop: StopRequests
) -> None:
    end = time.monotonic() + _LEAVES_WITHIN
    while places := [place for place in places if not place.clear()]:
        with ledger.reading.connect() as db:
            there = owner_is_there(db, campaign)
        if not there or stop.number and time.monotonic() > end:
            return
        time.sleep(_LOOKS_EVERY / 2)


# --- the spool ---


def runs_in(folder: Path) -> list[str]:
    """Return the runs that a worker's folder holds."""
    return sorted(path.name for path in folder.iterdir() if path.is_dir())


@contextmanager
def _folder(spool: Path, name: str) -> Iterator[tuple[Path, list[Path]]]:
    """Make a worker's folder, and find those whose workers are gone; hold the locks of all."""
    spool.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = []
    left = []
    mine = spool / name
    with (spool / _LOCK).open("a") as all_of_them:
        lock_file(all_of_them.fileno())
        for folder in sorted(spool.iterdir()):
            if folder.is_dir() and (lock := _lock(folder)):
                files.append(lock)
                left.append(folder)
        mine.mkdir(mode=0o700)
        own = _lock(mine)
        assert own
        files.append(own)
    try:
        yield mine, left
    finally:
        for folder in (mine, *left):
            if not runs_in(folder):
                shutil.rmtree(folder)
        for file in files:
            file.close()


def _lock(folder: Path) -> Any:
    file = (folder / _LOCK).open("a")
    if lock_file(file.fileno(), wait=False):
        return file
    file.close()
    return None


def _send_home(ledger: Ledger, campaign: str, folder: Path) -> None:
    """Put into the ledger what a killed worker has left, and say what became of its rows."""
    for row in list(ledger.rows(campaign, CLAIMED, ACTING, worker=folder.name)):
        close_row(ledger, campaign, row, ending_of_lost(row, Journal(folder / row.run)))
    for run in runs_in(folder):
        if not is_filed(ledger, run):
            with ledger.engine.begin() as db:
                journal = Journal(folder / run)
                keep(db, campaign, run, journal, worker=folder.name, whole=True)
