"""The processes that work on a campaign: each asks the ledger for a row, runs it, and says how it
ended.

A worker ends with its owner, and its notebook's kernel with it, so nothing acts that nobody counts.
"""

import ctypes
import multiprocessing
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Protocol, Self

from sqlalchemy import Connection as Database

from helpers.campaign.budget import keep_to_budget
from helpers.campaign.ending import Ending, ending_of
from helpers.campaign.ledger import Also, Ledger
from helpers.campaign.pace import calls_a_row, reserve, slow_down
from helpers.campaign.schema import RUNNING, WAITING, LedgerError, Row
from helpers.cognito.quotas import quota_of
from helpers.run.entry import RunbookEntry
from helpers.runner.executing import warm_up
from helpers.runner.headless import run
from helpers.runner.light import shared_clients
from helpers.runner.signals import SIGNALS, StopRequests, let_through, postponed

_LOOKS_EVERY = 0.5
"""Seconds between two looks of a worker that has nothing to do at whether there is something."""


@dataclass(frozen=True)
class Done:
    """How one row ended, as its worker says. again: it waits for another try."""

    number: int
    run: str
    outcome: str
    state: str
    exit_code: int
    again: bool = False


class WorkerPool:
    """The workers of this machine, and another for one that is gone."""

    def __init__(
        self,
        size: int,
        *,
        ledger: str,
        campaign: str,
        entry: RunbookEntry,
        options: Mapping[str, Any],
    ) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._given = (ledger, campaign, entry, dict(options), os.getpid())
        self._all: dict[Connection, BaseProcess] = {}
        for _ in range(size):
            self.spawn()

    @property
    def working(self) -> bool:
        """Whether any of them is still there."""
        return bool(self._all)

    def spawn(self) -> None:
        """Start one more."""
        ours, theirs = self._context.Pipe()
        # Not daemons: a worker has a process of its own below it.
        worker = self._context.Process(target=_work, args=(theirs, *self._given))
        with postponed():  # of its own, which lets some through again
            resource_tracker.ensure_running()
        with postponed():  # until the worker has said how it takes them
            worker.start()
        theirs.close()
        self._all[ours] = worker

    def collect(
        self, timeout: float | None, stop: StopRequests | None = None
    ) -> tuple[list[Done], list[str]]:
        """Wait until a row has ended or a worker is gone; return the rows, and the gone workers.

        A worker that went by itself, having nothing left to do, is not among them. stop: raises
        what it was asked while this waits, and never when a row would be lost by that.
        """
        with stop.heard() if stop else nullcontext():
            ready = wait(list(self._all), timeout)
        rows, gone = [], []
        for pipe in ready:
            assert isinstance(pipe, Connection)
            try:
                rows.append(pipe.recv())
            except (EOFError, OSError):
                worker = self._all.pop(pipe)
                worker.join()
                pipe.close()
                if worker.exitcode:
                    gone.append(name_of(worker.pid or 0))
        return rows, gone

    def stop(self) -> None:
        """Ask each to end its run, with its record, and to take no other row."""
        for worker in self._all.values():
            if worker.pid and worker.is_alive():
                os.kill(worker.pid, signal.SIGTERM)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Have none left, where the campaign has come to a bad end."""
        self.stop()
        while self.working:
            self.collect(None)


def name_of(process: int) -> str:
    """Return what a worker on this machine is called in the ledger."""
    return f"{socket.gethostname()}:{process}"


def _work(
    pipe: Connection,
    url: str,
    campaign: str,
    entry: RunbookEntry,
    options: Mapping[str, Any],
    owner: int,
) -> None:
    """Be a worker: run rows until there is none left that may begin."""
    # What ends all of them is for their owner, who then asks each by SIGTERM.
    for number in SIGNALS:
        if number != signal.SIGTERM:
            signal.signal(number, signal.SIG_IGN)
    end_with(owner)
    with StopRequests() as stop:
        let_through()
        try:
            with Ledger(url, pooled=True) as ledger:
                place = BelowOwner(owner)
                work(ledger, campaign, entry, options, stop=stop, place=place, tell=pipe.send)
        except LedgerError:  # which the owner meets as well, and tells
            sys.exit(1)


class Place(Protocol):
    """What a worker asks about where it works."""

    name: str
    """What it is called in the ledger."""

    def goes_on(self) -> bool:
        """Say whether another row may be claimed."""

    def permit(self, ledger: Ledger, campaign: str, row: Row) -> bool:
        """Say whether a row may act now. See `Ledger.permit`."""

    def options(self, row: Row) -> Mapping[str, Any]:
        """Return what `headless.run` is told besides."""

    def over(self, row: Row) -> Also | None:
        """Return what is written when a row's run is over, in the transaction that says so."""


class BelowOwner:
    """Below the campaign's owner, on its machine: its runs are recorded where the owner's are."""

    def __init__(self, owner: int) -> None:
        self.name = name_of(os.getpid())
        self._owner = owner

    def goes_on(self) -> bool:
        """Say yes: it is killed when its owner dies."""
        return True

    def permit(self, ledger: Ledger, campaign: str, row: Row) -> bool:
        """Say no where the owner's process is gone."""
        return self._owner in (os.getpid(), os.getppid()) and ledger.permit(campaign, row)

    def options(self, row: Row) -> Mapping[str, Any]:
        """Return nothing: all rows are run alike."""
        return {}

    def over(self, row: Row) -> Also | None:
        """Return None: the owner's journal has it."""
        return None


def work(
    ledger: Ledger,
    campaign: str,
    entry: RunbookEntry,
    options: Mapping[str, Any],
    *,
    stop: StopRequests,
    place: Place,
    tell: Callable[[Done], None],
) -> None:
    """Run one row after the other until there is none left that may begin.

    options: as `headless.run` takes them. stop: after whose signal no other row is begun. place:
    where this is. tell: told each row as it ends.
    """
    calls, turn = calls_a_row(entry), 0.0
    if options.get("notebooks", "all") == "all":
        warm_up(entry)

    def wait_for_turn(db: Database) -> None:
        nonlocal turn
        turn = reserve(db, campaign, calls)

    with shared_clients():
        while not stop.number and place.goes_on():
            row = ledger.claim(campaign, place.name, wait_for_turn)
            if row is not None:
                pause(turn, stop)
                tell(_run_row(ledger, campaign, entry, row, options, place, stop))
            elif ledger.campaign(campaign).state == RUNNING and ledger.may_come(campaign):
                pause(_LOOKS_EVERY, stop)
            else:
                return


def _run_row(
    ledger: Ledger,
    campaign: str,
    entry: RunbookEntry,
    row: Row,
    options: Mapping[str, Any],
    place: Place,
    stop: StopRequests,
) -> Done:
    def permit() -> bool:
        return not stop.number and place.permit(ledger, campaign, row)

    given = {**options, **place.options(row)}
    report = run(entry, row.parameters, name=row.run, permit=permit, stop=stop, **given)
    ending = ending_of(report, row)
    close_row(ledger, campaign, row, ending, place.over(row))
    return Done(
        row.number,
        row.run,
        report.outcome,
        report.state,
        report.exit_code,
        again=ending.state == WAITING,
    )


def close_row(
    ledger: Ledger, campaign: str, row: Row, ending: Ending, also: Also | None = None
) -> None:
    """Write down how a row ended, slow the campaign down where it was throttled, and pause it where
    it was told to.

    also: what is written with it; alone, where the row is held by this attempt no more.
    """
    if ending.throttled and (quota := quota_of(ending.throttled)):
        slow_down(ledger, campaign, quota.category)
    if ending.state == WAITING:
        held = ledger.put_back(campaign, row, wait=ending.wait, report=ending.report, also=also)
    else:
        held = ledger.end(
            campaign,
            row,
            state=ending.state,
            outcome=ending.outcome,
            exit_code=ending.exit_code,
            report=ending.report,
            also=also,
        )
    if not held and also:
        with ledger.engine.begin() as db:
            also(db)
    if ending.pauses and held:
        ledger.pause(campaign, ending.pauses)
    elif ending.exit_code and ending.state != WAITING:
        keep_to_budget(ledger, campaign)


def pause(seconds: float, stop: StopRequests) -> None:
    """Wait so long, or until a signal comes."""
    end = time.monotonic() + seconds
    while not stop.number and (left := end - time.monotonic()) > 0:
        time.sleep(min(left, 0.2))


def end_with(owner: int) -> None:
    """Have the kernel of the operating system kill this process when its owner dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    if os.getppid() != owner:
        os._exit(1)
