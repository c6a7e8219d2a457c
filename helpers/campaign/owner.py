"""One runbook for a table of users: each of them at most once, whatever dies.

    run_table(RUNBOOKS["admin-reset"], Path("users.csv"), out=Path("runs"))   -> Summary

A campaign is a folder with a ledger (helpers.campaign.ledger). The same runbook, table and shared
parameters are the same campaign, so that the same command again goes on with it. Its owner is the
process that holds the folder's lock: it starts the workers, puts another in the place of one that
is gone, and takes back what that one held.
"""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from helpers.campaign.allowance import with_limits
from helpers.campaign.cluster import ClusterAt
from helpers.campaign.hours import ALWAYS, Hours, keep_hours, wait_words
from helpers.campaign.ledger import ELSEWHERE, FILE, Ledger
from helpers.campaign.others import open_to_others
from helpers.campaign.pace import calls_a_row
from helpers.campaign.plan import (
    Plan,
    PlanFailed,
    is_planned,
    plan_of,
    planned,
    read_users,
)
from helpers.campaign.schema import STOPPED, WAITING
from helpers.campaign.second import Waits, agreement_to
from helpers.campaign.summary import Summary, summary_of
from helpers.campaign.table import read_table
from helpers.campaign.tending import Tending, take_back
from helpers.campaign.workers import Done, WorkerPool
from helpers.cognito.errors import BadParameters, Problem
from helpers.cognito.quotas import QUOTAS
from helpers.run.account import account_name
from helpers.run.entry import RunbookEntry
from helpers.run.filelock import lock_file
from helpers.run.journal import Journal
from helpers.run.kept_pools import pools_kept_in
from helpers.run.leftovers import clear_leftovers
from helpers.runner.signals import StopRequests

FOLDER = "campaigns"
"""Below the folder of runs: a folder for each campaign."""
CALLS_A_SECOND = 10.0
"""The default pace of each category of quota that a runbook's own calls share."""
_A_THIRD = 3
_SCARCE = 30  # calls a second, of all users and administrators of an account


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
    paces = {}
    shared = calls_a_row(entry)
    for quota in (one for one in QUOTAS if one.category in shared):
        scarce = quota.rate <= _SCARCE
        most = min(pace, quota.each or quota.rate) if scarce else quota.rate / _A_THIRD
        if pace:
            paces[quota.category] = most
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
        file.write(f"Process {os.getpid()} of {account_name()}")
        file.flush()
        yield


def is_owned(folder: Path) -> bool:
    """Whether a process on this machine runs the campaign in this folder."""
    path = folder / "owner.lock"
    if not path.exists():
        return False
    with path.open("r+b") as file:
        return not lock_file(file.fileno(), wait=False)


@dataclass(frozen=True)
class Manner:
    """How a campaign is run; none of it makes it another campaign.

    workers: processes on this machine; 0 where others do all the work. pace: see `paces_of`.
    budget: how many rows may fail before it pauses, as a share of all below 1, as a number from 1
    on, 0 for any number. first: pause when so many more rows have begun; 0 for all. hours: when
    rows may begin. over_mail_limit: begin although more e-mails would go out than the sender sends
    in a day. options: as `headless.run` takes them.
    """

    workers: int = 2
    pace: float = CALLS_A_SECOND
    budget: float = 0.0
    first: int = 0
    hours: Hours = ALWAYS
    over_mail_limit: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    cluster: ClusterAt | None = None
    """Whose workers work, too."""


def run_table(
    entry: RunbookEntry,
    table: Path,
    *,
    out: Path,
    shared: Mapping[str, str] | None = None,
    manner: Manner | None = None,
    again: bool = False,
    ledger: str = "",
    dry_run: bool = False,
    gate: Callable[[Plan], None] | None = None,
    on_read: Callable[[int], None] | None = None,
    on_begin: Callable[[int, str], None] | None = None,
    on_done: Callable[[Done, int], None] | None = None,
    stop: StopRequests | None = None,
) -> Summary:
    """Run the runbook once for each row of the table, or go on with that, and return a summary.

    shared: parameters that every row has, unless it says otherwise. again: begin another campaign,
    also where there is one of this runbook and table. ledger: the URL of a database that holds a
    new campaign's ledger. dry_run: read and plan, and send nothing.
    gate: told what a campaign will do before its first row; what it raises stops it. on_read: told
    how many users have been read. on_begin: told how many rows are to be run now, and in words what
    they wait for, "" for nothing. on_done: told each row as it ends, and how many have. stop: what
    takes the signals already.

    Raises BadParameters, NotebookMissing or PlanFailed before anything runs, Busy, and LedgerGone
    where the ledger fails meanwhile: what has begun is decided on when it is gone on with.
    """
    entry.read()
    rows = read_table(entry, table, shared or {})
    digest = digest_of(entry, rows)
    folder = None if again else find_campaign(out, digest, entry)
    fresh = folder is None
    if folder is None:
        folder = _make(out, entry, digest, rows, ledger)
    try:
        return go_on(
            folder,
            entry,
            out=out,
            manner=manner or Manner(),
            dry_run=dry_run,
            gate=gate,
            on_read=on_read,
            on_begin=on_begin,
            on_done=on_done,
            stop=stop,
        )
    except (BadParameters, PlanFailed):
        if fresh:
            with Ledger.in_folder(folder) as made:
                made.remove(folder.name)
            shutil.rmtree(folder)
        raise


def find_campaign(out: Path, digest: str, entry: RunbookEntry) -> Path | None:
    """Return the folder of the newest campaign with this digest, None for none.

    One that only reads and is over is no reason not to read again.
    """
    for folder in folders(out):
        with Ledger.in_folder(folder) as ledger:
            campaign = ledger.campaign(folder.name)
            over = not entry.changes and campaign.begun and not ledger.may_come(folder.name)
        if campaign.digest == digest and not over:
            return folder
    return None


def folders(out: Path) -> list[Path]:
    """Return the folders of the campaigns in a folder of runs, the newest first."""
    found = (path for name in (FILE, ELSEWHERE) for path in (out / FOLDER).glob(f"*/{name}"))
    return sorted((path.parent for path in found), key=lambda one: one.name, reverse=True)


def _make(
    out: Path,
    entry: RunbookEntry,
    digest: str,
    rows: list[tuple[int, dict[str, Any]]],
    url: str,
) -> Path:
    made = time.strftime("%Y%m%d-%H%M%S")
    folder = out / FOLDER / f"{made}-{entry.name}-{digest[:6]}"
    while folder.exists():
        folder = folder.with_name(f"{folder.name}a")
    with Ledger.in_folder(folder, url) as ledger:
        ledger.make(
            folder.name,
            runbook=entry.name,
            digest=digest,
            made_by=account_name(),
            rows=iter(rows),
            categories=paces_of(entry, CALLS_A_SECOND),
        )
    return folder


def go_on(
    folder: Path,
    entry: RunbookEntry,
    *,
    out: Path,
    manner: Manner,
    dry_run: bool = False,
    gate: Callable[[Plan], None] | None = None,
    on_read: Callable[[int], None] | None = None,
    on_begin: Callable[[int, str], None] | None = None,
    on_done: Callable[[Done, int], None] | None = None,
    stop: StopRequests | None = None,
) -> Summary:
    """Go on with a campaign: what is over stays over, what waits is run. See `run_table`."""
    clear_leftovers(out)
    journal = Journal(out)
    campaign, began, stopped = folder.name, time.monotonic(), False
    stopping = stop or StopRequests()
    options = {"out": out, **manner.options}
    with ExitStack() as within:
        within.enter_context(nullcontext() if stop else stopping)
        within.enter_context(owned(folder))
        within.enter_context(pools_kept_in(folder))
        ledger = within.enter_context(Ledger.in_folder(folder))
        about = ledger.campaign(campaign)
        if about.state == STOPPED:
            raise BadParameters([Problem("the campaign", _STOPPED)])
        take_back(ledger, campaign, journal)
        others = within.enter_context(
            open_to_others(ledger, folder, entry, options, manner.cluster)
        )
        if not (manner.workers or others.looks_every):
            raise BadParameters([Problem("workers", _NOBODY)])
        others.tend()
        others.check()
        plan = None
        if not about.begun:
            plan = _planned(ledger, campaign, entry, manner, on_read, stopping)
            if not dry_run:
                _check_mails(plan, manner)
            if gate and not dry_run:
                gate(plan)
        if dry_run:
            # Of a campaign that has begun: as it was read before that.
            plan = plan or plan_of(
                *(planned(ledger, campaign), entry, paces_of(entry, manner.pace)),
                per_day=manner.hours.per_day,
            )
            return summary_of(ledger, folder, plan=plan)
        paces = paces_of(entry, manner.pace)
        agreed = agreement_to(
            *(ledger, campaign, entry, journal),
            plan=lambda: plan or _planned(ledger, campaign, entry, manner, None, stopping),
            digest=lambda: digest_of(
                entry, [(row.number, dict(row.parameters)) for row in ledger.rows(campaign)]
            ),
        )
        if isinstance(agreed, Waits):
            return summary_of(ledger, folder, plan=plan, to_agree=agreed.to_agree)
        others.tell(agreed)
        first = about.begun + manner.first if manner.first else 0
        with ledger.engine.begin() as db:
            keep_hours(db, campaign, manner.hours)
        ledger.allow(campaign, rows=first, budget=manner.budget, paces=paces)
        waiting = sum(1 for _ in ledger.rows(campaign, WAITING))
        if on_begin:
            with ledger.reading.connect() as db:
                on_begin(min(waiting, manner.first or waiting), wait_words(db, campaign))
        crew = within.enter_context(
            WorkerPool(
                min(manner.workers, waiting),
                ledger=ledger.url,
                campaign=campaign,
                entry=entry,
                options={**options, "agreed": agreed},
            )
        )
        tending = Tending(crew, others, ledger, campaign, journal, on_done)
        try:
            tending.until_over(stopping, manner.workers)
        except KeyboardInterrupt:
            stopped = True
            crew.stop()
            tending.until_gone()
        return summary_of(
            ledger,
            folder,
            seconds=time.monotonic() - began,
            stopped_by=stopping.number if stopped else 0,
            plan=plan,
        )


_HOW = "--per-day N lets N rows begin a day; --over-mail-limit begins all the same."
_NOBODY = "is 0, and no other machine can reach this ledger: begin with --ledger."
_STOPPED = "was stopped for good. --again begins another one."


def _planned(
    ledger: Ledger,
    campaign: str,
    entry: RunbookEntry,
    manner: Manner,
    on_read: Callable[[int], None] | None,
    stop: StopRequests,
) -> Plan:
    callers: tuple[str, ...] = ()
    if is_planned(entry):
        with stop.heard():
            callers = read_users(ledger, campaign, entry, on_read)
    paces = paces_of(entry, manner.pace)
    per_day = manner.hours.per_day
    plan = plan_of(planned(ledger, campaign), entry, paces, callers, per_day=per_day)
    plan = with_limits(plan, ledger, campaign, entry, paces)
    return replace(plan, days=manner.hours.days(plan.rows, plan.seconds))


def _check_mails(plan: Plan, manner: Manner) -> None:
    if plan.warnings and not manner.over_mail_limit:
        words = f"{' '.join(plan.warnings)} {_HOW}"
        raise BadParameters([Problem("the plan", words)])
