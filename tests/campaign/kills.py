"""Kill the processes of a campaign again and again, and count what became of its users.

    python -m tests.campaign.kills --kills 200 --rows 2000 [--ledger postgresql+psycopg://...]

It takes minutes, so it is no part of the tests. It ends with 1 when a user was changed twice, a row
is missing, or a reading said what the sandbox's own count denies.
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
from pathlib import Path

from helpers.campaign.ledger import Ledger
from helpers.campaign.owner import folders
from helpers.campaign.settle import settle
from helpers.runbooks import RUNBOOKS
from helpers.sandbox import DEFAULT_POOL_ID, open_sandbox
from helpers.target import Target
from tests import ROOT

ACT = "AdminResetUserPassword"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ledger", default="")
    parser.add_argument("--notebooks", default="none")
    given = parser.parse_args()
    draw = random.Random(given.seed)
    folder = Path(tempfile.mkdtemp(prefix="kills"))
    os.environ["COGNITO_SANDBOX"] = str(folder / "sandbox.sqlite")
    plant(given.rows)
    table = folder / "users.csv"
    lines = (f"user{number},user{number}\n" for number in range(given.rows))
    table.write_text("username,confirm_username\n" + "".join(lines))
    kills = 0
    while True:
        process = start(table, folder / "runs", given)
        while process.poll() is None:
            if kills < given.kills and pause(process, draw.uniform(0.05, 1.5)):
                kills += kill_one_of(process.pid, draw)
                print(f"\r{kills} kills", end="", file=sys.stderr, flush=True)
            else:
                pause(process, 1)
        err = process.communicate()[1]
        assert "Traceback" not in err, err
        if process.returncode in (0, 1):
            break
    return judge(folder, given.rows, kills)


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


def start(table: Path, out: Path, given: argparse.Namespace) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "helpers", "batch", "admin-reset", str(table)]
    command += ["--out", str(out), "--pace", "0", "--users", str(given.rows), "--over-mail-limit"]
    command += ["--notebooks", given.notebooks, "--json"]
    command += ["--ledger", given.ledger] if given.ledger else []
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def pause(process: "subprocess.Popen[str]", seconds: float) -> bool:
    """Wait so long; whether the process is still there."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return True
    return False


def kill_one_of(pid: int, draw: random.Random) -> int:
    """Kill the owner, or any process below it."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True).stdout
    pairs = [tuple(map(int, line.split())) for line in listed.splitlines()]
    tree, found = {pid}, set()
    while tree:
        found |= tree
        tree = {one for one, parent in pairs if parent in tree}
    try:
        os.kill(draw.choice(sorted(found)), signal.SIGKILL)
    except ProcessLookupError:
        return 0
    return 1


def judge(folder: Path, rows: int, kills: int) -> int:
    [campaign] = folders(folder / "runs")
    calls = open_sandbox().counts()["calls"].get(ACT, {})
    twice = [name for name, count in calls.items() if count > 1]
    wrong = []
    with Ledger.in_folder(campaign) as ledger:
        unknown = settle(ledger, campaign.name, RUNBOOKS["admin-reset"])
        states = [(row, row.parameters["username"]) for row in ledger.rows(campaign.name)]
    for row, name in states:
        done = calls.get(name, 0) > 0
        if row.outcome == "confirmed" and not done or row.outcome == "not_sent" and done:
            wrong.append(row.number)
    missing = rows - len(states)
    told = {
        "kills": kills,
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
