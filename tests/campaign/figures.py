"""What a campaign has to hold to, measured on hundreds of rows: python -m tests.campaign.figures.

Minutes long, so no part of the tests. `tests.campaign.kills` and `make bench` have the others.
"""

import os
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from helpers.campaign import owner, summary
from helpers.campaign.ledger import Ledger
from helpers.campaign.page import CampaignPage
from helpers.cognito.errors import BadParameters
from helpers.runbooks import RUNBOOKS
from helpers.sandbox import CROWD_POOL_ID, DEFAULT_POOL_ID, open_sandbox, plant_crowd, serve
from helpers.target import Target
from tests.campaign.kills import ACT, plant

ENTRY = RUNBOOKS["admin-reset"]
LIGHT = {"notebooks": "none"}


def table(folder: Path, names: list[str]) -> Path:
    path = folder / "users.csv"
    path.write_text("username,confirm_username\n" + "".join(f"{n},{n}\n" for n in names))
    return path


def users(first: int, count: int) -> list[str]:
    return [f"user{number}" for number in range(first, first + count)]


def calls(operation: str = ACT) -> dict[str, int]:
    return dict(open_sandbox().counts()["calls"].get(operation, {}))


def run(folder: Path, names: list[str], **how: Any) -> tuple[owner.Summary, float]:
    """Read all users, then run; return how it ended, and the seconds of the run."""
    given = {name: how.pop(name) for name in ("shared", "on_done") if name in how}
    manner = owner.Manner(**{"options": LIGHT, "over_mail_limit": True, **how})
    path = table(folder, names)
    shared = given.get("shared")
    owner.run_table(ENTRY, path, out=folder / "runs", manner=manner, shared=shared, dry_run=True)
    began = time.perf_counter()
    done = owner.run_table(ENTRY, path, out=folder / "runs", manner=manner, **given)
    return done, time.perf_counter() - began


def throttled(folder: Path) -> Iterator[str]:
    """50 throttles in 500 rows: none of them refused, and at most half as long again."""
    plant(1000)
    calm, seconds = run(folder, users(0, 500), pace=30)
    second = folder / "again"
    second.mkdir()
    faults: list[int] = []

    def every_tenth(_: object, count: int) -> None:
        if count % 10 == 0 and len(faults) < 50:
            faults.append(count)
            open_sandbox().fault(ACT, "throttle-before-commit")

    done, longer = run(second, users(500, 500), pace=30, on_done=every_tenth)
    with Ledger.in_folder(Path(done.folder)) as ledger:
        again = sum(row.attempt > 1 for row in ledger.rows(done.campaign))
    yield f"calm {dict(calm.outcomes)} in {seconds:.1f} s"
    yield f"{len(faults)} throttles, {again} rows tried again: {dict(done.outcomes)} in {longer:.1f} s"
    yield f"{longer / seconds:.2f} of calm; exit codes {dict(done.exit_codes)}"


def paced(folder: Path) -> Iterator[str]:
    """1, 2 and 4 workers, and the most calls in any second."""
    plant(300)
    for number, workers in enumerate((1, 2, 4)):
        own = folder / str(workers)
        own.mkdir()
        with heard() as (endpoint, log):
            names = users(100 * number, 100)
            done, _ = run(own, names, workers=workers, pace=10, shared={"target": endpoint})
        most = {}
        for operation, times in log.items():
            times.sort()
            most[operation] = max(sum(t < at + 1 for t in times[n:]) for n, at in enumerate(times))
        yield f"{workers} workers, pace 10: {dict(done.outcomes)}, most in a second {most}"


@contextmanager
def heard() -> Iterator[tuple[str, dict[str, list[float]]]]:
    """Serve the sandbox; note when each operation that changes or reads a user came."""
    log: dict[str, list[float]] = defaultdict(list)
    box = open_sandbox()
    call = box.engine.call

    def noted(operation: str, *args: Any, **how: Any) -> Any:
        log[operation].append(time.monotonic())
        return call(operation, *args, **how)

    box.engine.call = noted  # type: ignore[method-assign]
    try:
        with serve(box, port=0) as server:
            yield server.endpoint, log
    finally:
        del box.engine.call


def budgets(folder: Path) -> Iterator[str]:
    """1,000 rows of which those from 301 on are gone: it stops soon. --first 10: ten calls."""
    plant(1000)
    first, _ = run(folder, users(0, 1000), pace=0, first=10)
    yield f"first 10: {sum(calls().values())} calls, {first.left} rows left, {first.state}"

    def gone(_: object, count: int) -> None:
        if count == 290:
            for name in users(300, 700):
                client.admin_delete_user(UserPoolId=DEFAULT_POOL_ID, Username=name)

    client = Target().client()
    manner = owner.Manner(options=LIGHT, over_mail_limit=True, pace=0, budget=0.02)
    path = folder / "users.csv"
    done = owner.run_table(ENTRY, path, out=folder / "runs", manner=manner, on_done=gone)
    yield f"2% of 1,000: {dict(done.outcomes)}, {done.state}: {done.why}"


def foretold(folder: Path) -> Iterator[str]:
    """A plan of 1,000 users in eight states changes nothing, and is what then happens."""
    plant_crowd(open_sandbox(), 1000)
    before = Counter(calls())
    shared = {"user_pool_id": CROWD_POOL_ID}
    names = [f"user-{number + 1:04}" for number in range(1000)]
    manner = owner.Manner(options=LIGHT, over_mail_limit=True, pace=0)
    path = table(folder, names)
    given = {"out": folder / "runs", "manner": manner, "shared": shared}
    planned = owner.run_table(ENTRY, path, dry_run=True, **given)
    changed = {name for name in open_sandbox().counts()["calls"] if not name.startswith("AdminGet")}
    yield f"the dry run called {sorted(changed)} besides AdminGetUser; {ACT}: {dict(before)}"
    with Ledger.in_folder(Path(planned.folder)) as ledger:
        told = {row.number: row.plan for row in ledger.rows(planned.campaign)}
    done = owner.run_table(ENTRY, path, **given)
    with Ledger.in_folder(Path(done.folder)) as ledger:
        right = sum(
            bool(told[row.number].get("can")) == (row.outcome == "confirmed")
            for row in ledger.rows(done.campaign)
        )
    yield f"{dict(done.outcomes)}; as foretold: {right} of {done.rows}"


def mailed(folder: Path) -> Iterator[str]:
    """A pool that sends 50 mails a day and says nothing of the 51st; a table of 60."""
    plant(60)
    box = open_sandbox()
    box.settings(daily_mail_limit=50, mail_limit_answer="silent")
    try:
        run(folder, users(0, 60), over_mail_limit=False)
    except BadParameters as exc:
        yield f"refused: {exc}; {sum(calls().values())} calls"

    def soon(_: object, count: int) -> None:
        if count == 50:
            threading.Timer(2, pause, (folder,)).start()

    hours = owner.Hours(per_day=50)
    how = {"pace": 0, "over_mail_limit": False, "hours": hours, "on_done": soon}
    done, _ = run(folder, users(0, 60), **how)
    yield f"50 a day: {len(box.mailbox())} mails, {dict(done.outcomes)}, {done.left} left"


def pause(folder: Path) -> None:
    [campaign] = owner.folders(folder / "runs")
    with Ledger.in_folder(campaign) as ledger:
        ledger.pause(campaign.name, "The rest is for tomorrow.")


def seen(folder: Path) -> Iterator[str]:
    """The first look at a campaign of 100,000 rows."""
    rows = ((number, {"username": f"user{number}"}) for number in range(1, 100_001))
    made = owner._make(folder / "runs", ENTRY, "0" * 64, rows, "")  # type: ignore[arg-type]
    began = time.perf_counter()
    page = CampaignPage(campaign=made.name, out=str(folder / "runs"), interactive="no")
    page.progress()
    yield f"100,000 rows: first picture after {time.perf_counter() - began:.2f} s"
    with Ledger.in_folder(made) as ledger:
        began = time.perf_counter()
        summary.summary_of(ledger, made)
        yield f"status after {time.perf_counter() - began:.2f} s"


def main() -> None:
    figures = (throttled, paced, budgets, foretold, mailed, seen)
    for figure in (one for one in figures if one.__name__ in (sys.argv[1:] or [one.__name__])):
        print(f"{figure.__name__}: {figure.__doc__}")
        with tempfile.TemporaryDirectory() as name:
            os.environ["COGNITO_SANDBOX"] = f"{name}/sandbox.sqlite"
            for words in figure(Path(name)):
                print(f"  {words}")


if __name__ == "__main__":
    main()
