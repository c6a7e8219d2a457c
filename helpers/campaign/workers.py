"""The processes that run a table's rows."""

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any

from helpers.runbooks import RUNBOOKS
from helpers.runner.headless import run


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

    def __init__(self, size: int, name: str, options: Mapping[str, Any]) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._name, self._options = name, options
        self._all: dict[Connection, Any] = {}
        self.busy: dict[Connection, int] = {}
        self.free: list[Connection] = []
        for _ in range(size):
            self._spawn()

    def _spawn(self) -> None:
        ours, theirs = self._context.Pipe()
        # Not daemons: a worker has a process of its own below it, and ends by itself when its pipe
        # closes.
        worker = self._context.Process(target=_work, args=(theirs, self._name, self._options))
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

    def collect(self, timeout: float | None) -> list[Row]:
        rows = []
        for pipe in wait(list(self.busy), timeout) if self.busy else _sleep(timeout):
            assert isinstance(pipe, Connection)
            number = self.busy.pop(pipe)
            try:
                rows.append(pipe.recv())
                self.free.append(pipe)
            except (EOFError, OSError):
                rows.append(Row(number, "", "unknown", "lost", 138))
                self._all.pop(pipe).join()
                pipe.close()
                self._spawn()
        return rows

    def stop(self) -> list[Row]:
        """End the runs that are under way, each with its record, and return how they ended."""
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


def _work(pipe: Connection, name: str, options: Mapping[str, Any]) -> None:
    """Be a worker: run rows until the pipe closes."""
    # As for the command: see helpers.runner.cli
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for the one who hands out the rows
    signal.signal(
        signal.SIGTERM, signal.SIG_IGN
    )  # as long as no run is under way, which then takes it
    entry = RUNBOOKS[name]
    while True:
        try:
            number, values = pipe.recv()
        except (EOFError, OSError):
            return
        report = run(entry, values, **options)
        pipe.send(Row(number, report.run, report.outcome, report.state, report.exit_code))
