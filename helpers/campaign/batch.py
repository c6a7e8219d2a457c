"""One runbook for a table of parameter sets: each row a run of its own, with its own executed
notebook and record.

The table is read once, and every problem in it is found before anything runs. A few worker
processes take the rows, because papermill changes its process's working folder. Rows are handed out
no faster than the pace: Cognito allows an account about 30 of these calls a second for everybody,
applications and users included. A worker that is killed costs the row that it had, which is then
counted as lost; another takes its place.
"""

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from helpers.campaign.table import MOST_PROBLEMS, read_table
from helpers.campaign.workers import Row, WorkerPool
from helpers.run.entry import RunbookEntry
from helpers.run.leftovers import clear_leftovers
from helpers.runner.signals import StopRequests, exit_code

CALLS_A_SECOND = 10.0
"""The default pace: a third of what Cognito allows an account by default, so that users are not
shut out meanwhile.
"""


@dataclass(frozen=True)
class Summary:
    """How a table was worked through."""

    rows: int
    seconds: float
    outcomes: Mapping[str, int]
    exit_codes: Mapping[int, int]
    results: str
    stopped_by: int = 0
    failed: tuple[Row, ...] = field(default=(), repr=False)
    fault: str = ""

    @property
    def exit_code(self) -> int:
        """0 when every row is done, what the signal stands for when it was stopped, else 1."""
        if self.stopped_by:
            return exit_code(self.stopped_by)
        return 0 if set(self.exit_codes) <= {0} else 1

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {
            "rows": self.rows,
            "seconds": round(self.seconds, 3),
            "outcomes": dict(self.outcomes),
            "exit_codes": {str(code): count for code, count in self.exit_codes.items()},
            "results": self.results,
            "stopped": bool(self.stopped_by),
            "exit_code": self.exit_code,
            "fault": self.fault,
            "failed": [vars(row) for row in self.failed],
        }


def run_table(
    entry: RunbookEntry,
    table: Path,
    *,
    out: Path,
    shared: Mapping[str, str] | None = None,
    workers: int = 2,
    pace: float = CALLS_A_SECOND,
    on_done: Callable[[Row, int], None] | None = None,
    stop: StopRequests | None = None,
    **options: Any,
) -> Summary:
    """Run the runbook once for each row of the table and return a summary; results are also written
    row by row.

    shared: parameters that every row has, unless it says otherwise. pace: API calls a second, over
    all workers; 0 for no limit. on_done: told each row as it ends, and how many have. stop: what
    takes the signals already, if anything does. options: as `headless.run` takes them. Raises
    BadParameters or NotebookMissing, before anything runs.
    """
    entry.read()
    rows = read_table(entry, table, shared or {})
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    clear_leftovers(out)
    results = out / f"batch-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.jsonl"
    stopped = False
    with nullcontext(stop) if stop else StopRequests() as stopping:
        crew = WorkerPool(min(workers, len(rows)), entry, {"out": out, **options})
        tally = ResultWriter(results, on_done)
        began = next_at = time.monotonic()
        step = entry.calls / pace if pace else 0.0
        try:
            for number, values in rows:
                while not crew.free or time.monotonic() < next_at or stopping.number:
                    left = max(next_at - time.monotonic(), 0) if crew.free else None
                    for row in crew.collect(left, stopping):
                        tally.add(row)
                crew.submit(number, values)
                next_at = max(next_at + step, time.monotonic())
            while crew.busy:
                for row in crew.collect(None, stopping):
                    tally.add(row)
        except KeyboardInterrupt:
            stopped = True
            for row in crew.stop():
                tally.add(row)
        finally:
            crew.shutdown()
            tally.close()
    return Summary(
        tally.count,
        time.monotonic() - began,
        tally.outcomes,
        tally.exit_codes,
        str(results),
        stopping.number if stopped else 0,
        tuple(tally.failed),
        tally.fault,
    )


class ResultWriter:
    def __init__(self, results: Path, on_done: Callable[[Row, int], None] | None) -> None:
        self._file = open(os.open(results, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8")  # noqa: SIM115
        self._on_done = on_done
        self.count = 0
        self.outcomes: Counter[str] = Counter()
        self.exit_codes: Counter[int] = Counter()
        self.failed: list[Row] = []
        self.fault = ""

    def add(self, row: Row) -> None:
        self.count += 1
        self.outcomes[row.outcome] += 1
        self.exit_codes[row.exit_code] += 1
        if row.exit_code and len(self.failed) < MOST_PROBLEMS:
            self.failed.append(row)
        try:
            self._file.write(json.dumps(vars(row)) + "\n")
            self._file.flush()
        except OSError as exc:  # a full disk: the rows go on, and the journal has each of them
            self.fault = f"The results could not all be written down: {exc.strerror}."
        if self._on_done:
            self._on_done(row, self.count)

    def close(self) -> None:
        with suppress(OSError):
            self._file.close()
