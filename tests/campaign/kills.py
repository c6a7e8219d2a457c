"""Kill the processes of a campaign again and again, and count what became of its users.

    python -m tests.campaign.kills --kills 200 --rows 2000 [--ledger postgres] [--dask]

Three of four kills come while a row is under way, the others at any moment. It takes minutes, so it
is no part of the tests. It ends with 1 when a user was changed twice, a row is missing, or a
reading said what the sandbox's own count denies.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, closing
from pathlib import Path

from helpers.campaign.ledger import Ledger
from helpers.campaign.owner import folders
from helpers.campaign.schema import ACTING, CLAIMED
from helpers.campaign.settle import settle
from helpers.runbooks import RUNBOOKS
from helpers.sandbox import DEFAULT_POOL_ID, open_sandbox
from helpers.target import Target
from tests import ROOT
from tests.postgres import running

ACT = "AdminResetUserPassword"
HERE = [sys.executable, "-m", "helpers", "batch"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ledger", default="", help="a URL, or postgres for one of its own")
    parser.add_argument("--dask", action="store_true", help="by a scheduler and two workers")
    parser.add_argument("--notebooks", default="none")
    given = parser.parse_args()
    draw = random.Random(given.seed)
    folder = Path(tempfile.mkdtemp(prefix="kills"))
    os.environ["COGNITO_SANDBOX"] = str(folder / "sandbox.sqlite")
    plant(given.rows)
    table = folder / "users.csv"
    lines = (f"user{number},user{number}\n" for number in range(given.rows))
    table.write_text("username,confirm_username\n" + "".join(lines))
    killed: Counter[str] = Counter()
    with ExitStack() as within:
        url = given.ledger
        if url == "postgres" or given.dask and not url:
            url = within.enter_context(running())
        options = ["--pace", "0", "--users", str(given.rows), "--over-mail-limit", "--json"]
        options += ["--notebooks", given.notebooks, "--out", str(folder / "runs")]
        run([*HERE, "admin-reset", str(table), "--dry-run", "--ledger", url, *options])
        [campaign] = folders(folder / "runs")
        ledger = within.enter_context(Ledger.in_folder(campaign))
        dask = within.enter_context(closing(Dask(folder / "dask"))) if given.dask else None
        while True:
            command = [*HERE, "resume", campaign.name, *options]
            if dask:
                command += ["--cluster", dask.address(), "--timeout", "30"]
            process = begin(command)
            while process.poll() is None:
                there = killed.total() < given.kills and moment(process, ledger, campaign, draw)
                if there and (
                    name := kill_one_of([process.pid, *(dask.pids if dask else ())], draw)
                ):
                    killed[name] += 1
                    print(f"\r{killed.total()} kills", end="", file=sys.stderr, flush=True)
                else:
                    pause(process, 1)
                if dask:
                    dask.address()
            err = process.communicate()[1]
            assert "Traceback" not in err, err
            if process.returncode in (0, 1):
                break
        return judge(ledger, campaign, given.rows, killed)


def plant(count: int) -> None:
    open_sandbox().settings(daily_mail_limit=10 * count)
    client = Target().client()
    for number in range(count):
        name = f"user{number}"
        attributes = [
            {"Name": "email", "Value": f"{name}@example.com"},
            {"Name": "email_verified", "Value": "true"},
        ]
        client.admin_create_user(
            UserPoolId=DEFAULT_POOL_ID,
            Username=name,
            MessageAction="SUPPRESS",
            UserAttributes=attributes,
        )
        client.admin_set_user_password(
            UserPoolId=DEFAULT_POOL_ID, Username=name, Password="First-one-1", Permanent=True
        )


def run(command: list[str]) -> None:
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr


def begin(command: list[str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def moment(
    process: "subprocess.Popen[str]", ledger: Ledger, campaign: Path, draw: random.Random
) -> bool:
    """Wait for the next moment to kill somebody; whether the owner is still there."""
    if draw.random() < 0.25:
        return pause(process, draw.uniform(0.05, 3))
    begun = ledger.campaign(campaign.name).begun
    while process.poll() is None and ledger.campaign(campaign.name).begun == begun:
        time.sleep(0.01)
    if draw.random() < 0.5:  # that a request is on its way
        while process.poll() is None and not any(ledger.rows(campaign.name, ACTING)):
            if not any(ledger.rows(campaign.name, CLAIMED)):
                break
    return pause(process, draw.uniform(0, 0.1))


def pause(process: "subprocess.Popen[str]", seconds: float) -> bool:
    """Wait so long; whether the process is still there."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return True
    return False


def below(pids: list[int]) -> dict[int, str]:
    """Return these processes and all below them, with what each is."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True)
    rows = [line.split(None, 2) for line in listed.stdout.splitlines()]
    tree, found = set(map(str, pids)), {}
    while tree:
        found |= {int(pid): what_is(args) for pid, _, args in rows if pid in tree}
        tree = {pid for pid, parent, _ in rows if parent in tree}
    return found


def what_is(args: str) -> str:
    kinds = {
        "dask scheduler": "scheduler",
        "dask worker": "nanny",
        "helpers work": "loop",
        "helpers batch": "owner",
        "resource_tracker": "tracker",  # of Python's own; its end ends nothing
        "multiprocessing.spawn": "worker",
    }
    return next((kind for words, kind in kinds.items() if words in args), "kernels")


def kill_one_of(pids: list[int], draw: random.Random) -> str:
    """Kill one of these processes, or any below them, and say what it was."""
    there = {pid: what for pid, what in below(pids).items() if what != "tracker"}
    kind = draw.choice(sorted(set(there.values())))
    one = draw.choice(sorted(pid for pid, what in there.items() if what == kind))
    try:
        os.kill(one, signal.SIGKILL)
    except ProcessLookupError:
        return ""
    return kind


class Dask:
    """A scheduler and two workers on loopback, each of which is started again when it is gone."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._all = folder, {}
        folder.mkdir()
        self._file = folder / "scheduler.json"

    @property
    def pids(self) -> list[int]:
        return [one.pid for one in self._all.values()]

    def address(self) -> str:
        """Have all of them be there; return where the scheduler listens."""
        scheduler = self._all.get("scheduler")
        if scheduler is None or scheduler.poll() is not None:
            self.close()
            self._file.unlink(missing_ok=True)
            self._start("scheduler", "--host", "tcp://127.0.0.1", "--port", "0")
        for name in ("one", "two"):
            there = self._all.get(name)
            if there is None or there.poll() is not None:
                self._start(name, "--nthreads", "1", "--host", "127.0.0.1")
        while not self._file.exists():
            time.sleep(0.05)
        return str(json.loads(self._file.read_text())["address"])

    def _start(self, name: str, *options: str) -> None:
        kind = name if name == "scheduler" else "worker"
        folder = self._folder / name
        folder.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "dask", kind, "--scheduler-file", str(self._file)]
        environ = {**os.environ, "PYTHONPATH": str(ROOT), "COGNITO_RESET_SPOOL": f"{folder}/spool"}
        with (folder / "log").open("a") as log:
            self._all[name] = subprocess.Popen(
                [*command, *options, "--no-dashboard"],
                cwd=folder,
                env=environ,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def close(self) -> None:
        for pid in below(self.pids):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        for one in self._all.values():
            one.wait()
        self._all.clear()


def judge(ledger: Ledger, campaign: Path, rows: int, killed: Counter[str]) -> int:
    calls = open_sandbox().counts()["calls"].get(ACT, {})
    twice = [name for name, count in calls.items() if count > 1]
    wrong = []
    unknown = settle(ledger, campaign.name, RUNBOOKS["admin-reset"])
    states = [(row, row.parameters["username"]) for row in ledger.rows(campaign.name)]
    for row, name in states:
        done = calls.get(name, 0) > 0
        if row.outcome == "confirmed" and not done or row.outcome == "not_sent" and done:
            wrong.append(row.number)
    missing = rows - len(states)
    told = {
        "kills": killed.total(),
        "of": dict(killed.most_common()),
        "rows": rows,
        "twice": len(twice),
        "missing": missing,
        "unknown rows": len(unknown),
        "settled": sum(one.outcome != "unknown" for one in unknown),
        "told wrongly": len(wrong),
    }
    print("\n" + json.dumps(told, indent=2))
    return 1 if twice or missing or wrong else 0


if __name__ == "__main__":
    began = time.monotonic()
    code = main()
    print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)
    sys.exit(code)
