"""How fast a campaign is, and what a large ledger costs: python -m tests.campaign.bench.

Part of make bench. Each figure is of a process of its own, so that its memory is its own.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import AbstractContextManager
from pathlib import Path

from helpers.campaign import owner, summary
from helpers.campaign.ledger import Ledger
from helpers.campaign.plan import plan_of, planned
from helpers.campaign.table import read_table
from helpers.runbooks import RUNBOOKS
from tests import ROOT
from tests.campaign.kills import plant

ENTRY = RUNBOOKS["admin-reset"]
A_USER = {"verdict": "can be done", "can": True, "medium": "email", "sender": "DEVELOPER"}
GOALS = {
    "rows a second, a notebook each": "at least 30",
    "rows a second, light": "at least 60",
    "users read a second, at a pace of 40": "40",
    "100,000 rows: table read": "",
    "100,000 rows: made": "",
    "100,000 rows: plan": "",
    "100,000 rows: status": "at most 0.3 s",
    "100,000 rows: gone on with": "at most 3 s",
    "100,000 rows: memory": "at most 400 MB",
}


def table_of(folder: Path, count: int) -> Path:
    path = folder / "users.csv"
    names = (f"user{number},user{number}\n" for number in range(count))
    path.write_text("username,confirm_username\n" + "".join(names))
    return path


def rows(folder: Path, notebooks: str, count: int) -> dict[str, float]:
    """Return rows a second from the first claim to the last end, by two workers."""
    os.environ["COGNITO_SANDBOX"] = str(folder / "sandbox.sqlite")
    plant(count)
    manner = owner.Manner(pace=0, over_mail_limit=True, options={"notebooks": notebooks})
    given = {"out": folder / "runs", "manner": manner}
    table = table_of(folder, count)
    began = time.perf_counter()
    owner.run_table(ENTRY, table, dry_run=True, **given)
    read = count / (time.perf_counter() - began)
    done = owner.run_table(ENTRY, table, **given)
    assert done.outcomes == {"confirmed": count}
    with Ledger.in_folder(Path(done.folder)) as ledger:
        ends = [(row.claimed_at, row.ended_at) for row in ledger.rows(done.campaign)]
    took = max(end for _, end in ends) - min(claim for claim, _ in ends)
    kind = "light" if notebooks == "none" else "a notebook each"
    return {f"rows a second, {kind}": count / took, "users read a second, at a pace of 40": read}


def long_ledger(folder: Path, count: int) -> dict[str, float]:
    """Return seconds, and megabytes at the end, of a ledger of so many rows, ten of them left."""
    os.environ["COGNITO_SANDBOX"] = str(folder / "sandbox.sqlite")
    told: dict[str, float] = {}
    last = time.perf_counter()

    def lap(what: str) -> None:
        nonlocal last
        now = time.perf_counter()
        told[f"{count:,} rows: {what}"] = now - last
        last = time.perf_counter()

    found = read_table(ENTRY, table_of(folder, count), {})
    lap("table read")
    made = owner._make(folder / "runs", ENTRY, owner.digest_of(ENTRY, found), found, "")
    with Ledger.in_folder(made) as ledger:
        ledger.keep_plans(made.name, ((number, f"pool/{number}", A_USER) for number, _ in found))
        lap("made")
        plan_of(planned(ledger, made.name), ENTRY, owner.paces_of(ENTRY, 10))
        lap("plan")
        with ledger.engine.begin() as db:
            db.exec_driver_sql(
                "UPDATE rows SET state = 'ended', outcome = 'confirmed', attempt = 1,"
                f" ended_at = 1.7e9 + number WHERE number < {count - 8}"
            )
            db.exec_driver_sql(f"UPDATE campaigns SET begun = {count - 10}")
        lap("ended")
        summary.summary_of(ledger, made)
        lap("status")
    begins = []
    manner = owner.Manner(first=1, workers=1, pace=0)
    before = time.perf_counter()
    owner.WorkerPool = _none(begins)  # type: ignore[assignment,misc]
    owner.go_on(made, ENTRY, out=folder / "runs", manner=manner)
    told[f"{count:,} rows: gone on with"] = begins[0] - before
    told[f"{count:,} rows: memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    del told[f"{count:,} rows: ended"]
    return told


def _none(begins: list[float]) -> object:
    """Return what stands for the workers, and says when they would have begun."""

    class NoWorkers(AbstractContextManager[None]):
        working = False

        def __init__(self, *_: object, **__: object) -> None:
            begins.append(time.perf_counter())

        def collect(self, *_: object) -> tuple[list[object], list[str]]:
            return [], []

        def __exit__(self, *_: object) -> None:
            pass

    return NoWorkers


def compare() -> dict[str, float]:
    """Return every figure by its name."""
    told: dict[str, float] = {}
    for given in (("rows", "all", "150"), ("rows", "none", "300"), ("ledger", "", "100000")):
        command = [sys.executable, "-m", "tests.campaign.bench", *given]
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        for line in answer.stdout.splitlines():
            name, _, number = line.rpartition("\t")
            told[name] = float(number)
    return told


def main() -> None:
    if len(sys.argv) == 1:
        for name, number in compare().items():
            print(f"{name:<44} {number:>8.2f}   {GOALS[name]}")
        return
    what, notebooks, count = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        told = (
            rows(folder, notebooks, int(count))
            if what == "rows"
            else long_ledger(folder, int(count))
        )
        for words, number in told.items():
            print(f"{words}\t{number}")


if __name__ == "__main__":
    main()
