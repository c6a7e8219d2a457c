"""One runbook for a table of users: each of them at most once, whatever dies.

    run_table(RUNBOOKS["admin-reset"], Path("users.csv"), out=Path("runs"))   -> Summary

A campaign is a folder with a ledger (helpers.campaign.ledger). The same runbook, table and shared
parameters are the same campaign, so that the same command again goes on with it. Its owner is the
process that holds the folder's lock: it starts the workers, puts another in the place of one that
is gone, and takes back what that one held.
"""

import getpass
import hashlib
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from helpers.campaign.ending import Ending
from helpers.campaign.ledger import (
    ACTING,
    CLAIMED,
    ENDED,
    PAUSED,
    RUNNING,
    UNKNOWN,
    WAITING,
    Campaign,
    Ledger,
    Row,
)
from helpers.campaign.table import read_table
from helpers.campaign.workers import Done, WorkerPool, close_row
from helpers.cognito.quotas import A_POOL, QUOTAS, category_of
from helpers.run.entry import RunbookEntry
from helpers.run.filelock import lock_file
from helpers.run.journal import Journal
from helpers.run.leftovers import clear_leftovers
from helpers.runner.signals import StopRequests, exit_code

FOLDER = "campaigns"
"""Below the folder of runs: a folder for each campaign."""
CALLS_A_SECOND = 10.0
"""The default pace of each category of quota that a runbook's own calls share."""
PAUSED_CODE = 9
_A_THIRD = 3


@dataclass(frozen=True)
class Summary:
    """How far a campaign is.

    rows: how many it has. left: how many still wait. seconds: of this go. outcomes, exit_codes: of
    the rows that are over. state, why: whether it goes on, and if not, why.
    """

    campaign: str
    rows: int
    left: int
    seconds: float
    outcomes: Mapping[str, int]
    exit_codes: Mapping[int, int]
    state: str
    why: str
    folder: str
    stopped_by: int = 0
    failed: tuple[Row, ...] = field(default=(), repr=False)

    @property
    def exit_code(self) -> int:
        """0 when every row is done, 9 when rows are left, what a signal stands for when one stopped
        it, else 1.
        """
        if self.stopped_by:
            return exit_code(self.stopped_by)
        if self.left:
            return PAUSED_CODE
        return 0 if set(self.exit_codes) <= {0} else 1

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {
            "campaign": self.campaign,
            "rows": self.rows,
            "left": self.left,
            "seconds": round(self.seconds, 3),
            "outcomes": dict(self.outcomes),
            "exit_codes": {str(code): count for code, count in self.exit_codes.items()},
            "state": self.state,
            "why": self.why,
            "folder": self.folder,
            "stopped": bool(self.stopped_by),
            "exit_code": self.exit_code,
            "failed": [
                {
                    "number": row.number,
                    "run": row.run,
                    "outcome": row.outcome,
                    "exit_code": row.exit_code,
                    "meaning": row.report.get("meaning", ""),
                }
                for row in self.failed
            ],
        }


class Busy(Exception):
    """Another process runs this campaign; the message says which."""


def digest_of(entry: RunbookEntry, rows: list[tuple[int, dict[str, Any]]]) -> str:
    """Return what tells a campaign from another: the SHA-256 of its runbook and its rows."""
    text = json.dumps([entry.name, rows], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def paces_of(entry: RunbookEntry, pace: float) -> dict[str, float]:
    """Return the calls a second of each category that a runbook's calls share.

    pace: of the scarcest category, the one whose quota its calls use up first; 0 for no limit. The
    others get a third of what AWS gives an account by default, so that users are not shut out.
    """
    if not pace:
        return {}
    paces = {}
    for category in {category_of(operation) for operation in entry.calls} - {""}:
        quota = QUOTAS[category].per_second
        scarce = quota <= QUOTAS["UserAccountRecovery"].per_second
        paces[category] = min(pace, A_POOL.get(category, quota)) if scarce else quota / _A_THIRD
    return paces


@contextmanager
def owned(folder: Path) -> Iterator[None]:
    """Be the one who runs the campaign in this folder. Raises Busy where another does."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "owner.lock"
    with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
        if not lock_file(file.fileno(), wait=False):
            who = file.read().strip() or "another process"
            raise Busy(f"{who} runs this campaign at the moment.")
        file.truncate(0)
        file.write(f"Process {os.getpid()} of {getpass.getuser()}")
        file.flush()
        yield


def find(out: Path, digest: str) -> Path | None:
    """Return the folder of the campaign with this digest, the newest one; None for none."""
    for folder in sorted((out / FOLDER).glob("*/"), reverse=True):
        if (folder / "ledger.sqlite").exists():
            ledger = Ledger.in_folder(folder)
            found = any(one.digest == digest for one in ledger.campaigns())
            ledger.close()
            if found:
                return folder
    return None


def run_table(
    entry: RunbookEntry,
    table: Path,
    *,
    out: Path,
    shared: Mapping[str, str] | None = None,
    workers: int = 2,
    pace: float = CALLS_A_SECOND,
    budget: float = 0.0,
    first: int = 0,
    again: bool = False,
    gate: Callable[[int], None] | None = None,
    on_done: Callable[[Done, int], None] | None = None,
    stop: StopRequests | None = None,
    **options: Any,
) -> Summary:
    """Run the runbook once for each row of the table, or go on with that, and return a summary.

    shared: parameters that every row has, unless it says otherwise. pace: see `paces_of`. budget:
    how many rows may be refused before it pauses, as a share of all below 1, as a number from 1 on,
    0 for any number. first: pause when so many rows have begun; 0 for all. again: begin another
    campaign, also where there is one of this runbook and table. gate: told how many users a new
    campaign is about; what it raises stops it. on_done: told each row as it ends, and how many
    have. stop: what takes the signals already. options: as `headless.run` takes them.

    Raises BadParameters or NotebookMissing before anything runs, and Busy.
    """
    entry.read()
    rows = read_table(entry, table, shared or {})
    digest = digest_of(entry, rows)
    folder = None if again else find(out, digest)
    paces = paces_of(entry, pace)
    if folder is None:
        if gate:
            gate(len(rows))
        folder = _make(out, entry, digest, rows, paces, budget)
    return resume(
        folder,
        entry,
        out=out,
        workers=workers,
        paces=paces,
        budget=budget,
        first=first,
        on_done=on_done,
        stop=stop,
        **options,
    )


def _make(
    out: Path,
    entry: RunbookEntry,
    digest: str,
    rows: list[tuple[int, dict[str, Any]]],
    paces: Mapping[str, float],
    budget: float,
) -> Path:
    made = time.strftime("%Y%m%d-%H%M%S")
    folder = out / FOLDER / f"{made}-{entry.name}-{digest[:6]}"
    while folder.exists():
        folder = folder.with_name(f"{folder.name}a")
    ledger = Ledger.in_folder(folder)
    ledger.make(
        folder.name,
        runbook=entry.name,
        digest=digest,
        made_by=getpass.getuser(),
        rows=iter(rows),
        paces=paces,
        budget=budget,
    )
    ledger.close()
    return folder


def resume(
    folder: Path,
    entry: RunbookEntry,
    *,
    out: Path,
    workers: int = 2,
    paces: Mapping[str, float] | None = None,
    budget: float = 0.0,
    first: int = 0,
    on_done: Callable[[Done, int], None] | None = None,
    stop: StopRequests | None = None,
    **options: Any,
) -> Summary:
    """Go on with a campaign: what is over stays over, what waits is run. See `run_table`."""
    clear_leftovers(out)
    campaign = folder.name
    began = time.monotonic()
    stopped = False
    with nullcontext(stop) if stop else StopRequests() as stopping, owned(folder):
        ledger = Ledger.in_folder(folder)
        try:
            take_back(ledger, campaign, Journal(out))
            begun = ledger.campaign(campaign).begun
            ledger.allow(
                campaign, rows=begun + first if first else 0, budget=budget, paces=paces or {}
            )
            waiting = sum(1 for _ in ledger.rows(campaign, WAITING))
            crew = WorkerPool(
                min(workers, waiting),
                ledger=ledger.url,
                campaign=campaign,
                entry=entry,
                options={"out": out, **options},
            )
            try:
                _tend(crew, ledger, campaign, Journal(out), on_done, stopping)
            except KeyboardInterrupt:
                stopped = True
                crew.stop()
                _tend(crew, ledger, campaign, Journal(out), on_done, None)
            return summary_of(
                ledger,
                folder,
                seconds=time.monotonic() - began,
                stopped_by=stopping.number if stopped else 0,
            )
        finally:
            ledger.close()


def _tend(
    crew: WorkerPool,
    ledger: Ledger,
    campaign: str,
    journal: Journal,
    on_done: Callable[[Done, int], None] | None,
    stop: StopRequests | None,
) -> None:
    """Wait until the workers are gone; take back what one that died held, and start another."""
    count = 0
    while crew.working:
        rows, gone = crew.collect(None, stop)
        for row in rows:
            count += not row.again
            if on_done:
                on_done(row, count)
        for worker in gone:
            take_back(ledger, campaign, journal, worker=worker)
            if stop is not None and ledger.may_come(campaign):
                crew.spawn()


def take_back(ledger: Ledger, campaign: str, journal: Journal, worker: str = "") -> None:
    """Decide what became of the rows whose worker is gone: of one, or of all.

    A row that was only claimed waits again: it could get no permit, so nothing was sent. Of one
    that may have acted the journal knows more: how its run ended, or that it sent nothing.
    """
    for row in list(ledger.rows(campaign, CLAIMED, ACTING, worker=worker)):
        if row.run and journal.is_under_way(row.run):
            continue
        ended = journal.end_of(row.run)
        if (
            ended is not None
            and ended.outcome.value == "unknown"
            or row.state == ACTING
            and (ended is None and journal.may_have_sent(row.run))
        ):
            words = "The process that ran it ended before its time."
            kept = {"run": row.run, "meaning": ended.meaning if ended else words}
            why = f"what became of line {row.number} is not known: {kept['meaning']}"
            ending = Ending(UNKNOWN, "unknown", 138, pauses=why, report=kept)
        elif ended is not None and ended.outcome.value != "not_sent":
            kept = {"run": row.run, "meaning": ended.meaning, "next_step": ended.next_step}
            ending = Ending(ENDED, ended.outcome.value, ended.exit_code, report=kept)
        else:
            ending = Ending(WAITING, report={"run": row.run})
        close_row(ledger, campaign, row, ending)


def summary_of(
    ledger: Ledger, folder: Path, *, seconds: float = 0.0, stopped_by: int = 0
) -> Summary:
    """Return how far the campaign in a folder is."""
    campaign: Campaign = ledger.campaign(folder.name)
    outcomes: Counter[str] = Counter()
    codes: Counter[int] = Counter()
    rows = left = 0
    for (state, outcome, code), count in ledger.counts(folder.name).items():
        rows += count
        if state in (WAITING, CLAIMED, ACTING):
            left += count
        else:
            outcomes[outcome] += count
            codes[0 if outcome == "confirmed" else code] += count
    failed = ledger.failed(folder.name, 50)
    return Summary(
        folder.name,
        rows,
        left,
        seconds,
        outcomes,
        codes,
        campaign.state if left and campaign.state != RUNNING else "done" if not left else PAUSED,
        campaign.why,
        str(folder),
        stopped_by,
        tuple(failed),
    )
