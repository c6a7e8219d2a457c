"""The processes that run a table's rows."""

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from typing import Any

from helpers.run.entry import RunbookEntry
from helpers.runner.headless import run
from helpers.runner.signals import SIGNALS, StopRequests, exit_code, let_through, postponed


@dataclass(frozen=True)
class Row:
    """How one row of the table ended. number: its line in the table, as an editor counts."""

    number: int
    run: str
    outcome: str
    state: str
    exit_code: int


class WorkerPool:
    """The workers: which are free, which row each has, and another for one that is gone."""

    def __init__(self, size: int, entry: RunbookEntry, options: Mapping[str, Any]) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._entry, self._options = entry, options
        self._all: dict[Connection, Any] = {}
        self.busy: dict[Connection, int] = {}
        self.free: list[Connection] = []
        self._stopping = False
        for _ in range(size):
            self._spawn()

    def _spawn(self) -> None:
        ours, theirs = self._context.Pipe()
        # Not daemons: a worker has a process of its own below it, and ends by itself when its pipe
        # closes.
        worker = self._context.Process(target=_work, args=(theirs, self._entry, self._options))
        with postponed():  # of its own, which lets some through again
            resource_tracker.ensure_running()
        with postponed():  # until the worker has said how it takes them
            worker.start()
        theirs.close()
        self._all[ours] = worker
        self.free.append(ours)

    def submit(self, number: int, values: Mapping[str, Any]) -> None:
        pipe = self.free.pop(0)
        self.busy[pipe] = number
        try:
            pipe.send((number, dict(values)))
        except OSError:
            return  # it is gone; `collect` finds that

    def collect(self, timeout: float | None, stop: StopRequests | None = None) -> list[Row]:
        """Wait until some row has ended, or for so many seconds; return the rows that have.

        stop: raises what it was asked while this waits, and never when a row would be lost by that.
        """
        with stop.heard() if stop else nullcontext():
            ready = wait(list(self.busy), timeout) if self.busy else _sleep(timeout)
        rows = []
        for pipe in ready:
            assert isinstance(pipe, Connection)
            number = self.busy.pop(pipe)
            try:
                rows.append(pipe.recv())
                self.free.append(pipe)
            except (EOFError, OSError):
                rows.append(Row(number, "", "unknown", "lost", 138))
                self._all.pop(pipe).join()
                pipe.close()
                if not self._stopping:
                    self._spawn()
        return rows

    def stop(self) -> list[Row]:
        """End the runs that are under way, each with its record, and return how they ended."""
        self._stopping = True
        for pipe in self.busy:
            if self._all[pipe].is_alive():
                os.kill(self._all[pipe].pid, signal.SIGTERM)
        rows = []
        while self.busy:
            rows += self.collect(None)
        return rows

    def shutdown(self) -> None:
        for pipe, worker in self._all.items():
            pipe.close()
            worker.join()


def _sleep(timeout: float | None) -> list[Any]:
    time.sleep(timeout or 0)
    return []


def _work(pipe: Connection, entry: RunbookEntry, options: Mapping[str, Any]) -> None:
    """Be a worker: run rows until the pipe closes."""
    # As for the command: see helpers.runner.cli
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    # What ends all of them is for the one who hands out the rows, who then asks each by SIGTERM.
    for number in SIGNALS:
        if number != signal.SIGTERM:
            signal.signal(number, signal.SIG_IGN)
    with StopRequests() as stop:
        let_through()
        while True:
            try:
                number, values = pipe.recv()
            except (EOFError, OSError):
                return
            if stop.number:
                pipe.send(Row(number, "", "not_sent", "interrupted", exit_code(stop.number)))
                continue
            report = run(entry, values, stop=stop, **options)
            pipe.send(Row(number, report.run, report.outcome, report.state, report.exit_code))
