"""Speed, as ratios measured side by side in one run: python -m tests.bench (make bench).

Each row compares two ways to do the same thing, turn by turn, and gives the median of the rounds'
ratios; what else the machine is doing falls on both alike. The goals are printed beside them;
nothing here passes or fails.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from helpers.cognito import actions
from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_POOL_ID, Sandbox, serve
from helpers.secrets.secret import Secret
from helpers.target import Target
from tests import bench_headless
from tests.campaign import bench as campaign_bench
from tests.run.test_show import written
from tests.sandbox import bench as sandbox_bench

ROUNDS = 9


def seconds(action: Callable[[], object]) -> float:
    """Return how long one call takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def ratio(ours: Callable[[], object], theirs: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the median over the rounds of ours to theirs; the order changes from round to
    round.
    """
    ratios = []
    for number in range(rounds):
        first, second = (ours, theirs) if number % 2 else (theirs, ours)
        times = {first: seconds(first)}
        times[second] = seconds(second)
        ratios.append(times[ours] / times[theirs])
    return statistics.median(ratios)


def python(code: str) -> Callable[[], object]:
    """Return a way to run these lines in a Python of their own."""
    return lambda: subprocess.run(
        [sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL
    )


def import_helpers() -> float:
    """`import helpers`, and every name in its face that a script needs for a reset, against `import
    boto3`.
    """
    return ratio(
        python("from helpers import Secret, Target, confirm, request_code, sign_in"),
        python("import boto3"),
    )


def one_confirm() -> float:
    """Successful confirms through reset against the same raw boto3 call, over HTTP, on users of
    their own.
    """
    box = Sandbox.in_memory()
    each, rounds = 15, ROUNDS
    with serve(box, port=0) as server:
        client = Target(server.endpoint).client()
        users = iter(
            [_user_with_a_code(client, box, number) for number in range(each * rounds * 2)]
        )

        def ours() -> None:
            for _ in range(each):
                name, code = next(users)
                actions.confirm(
                    client,
                    client_id=DEFAULT_CLIENT_ID,
                    username=name,
                    code=Secret(code),
                    new_password=Secret("Brand-new-1-password"),
                )

        def theirs() -> None:
            for _ in range(each):
                name, code = next(users)
                client.confirm_forgot_password(
                    ClientId=DEFAULT_CLIENT_ID,
                    Username=name,
                    ConfirmationCode=code,
                    Password="Brand-new-1-password",
                )

        return ratio(ours, theirs, rounds)


def _user_with_a_code(client: object, box: Sandbox, number: int) -> tuple[str, str]:
    name = f"user{number}"
    client.admin_create_user(  # type: ignore[attr-defined]
        UserPoolId=DEFAULT_POOL_ID,
        Username=name,
        MessageAction="SUPPRESS",
        UserAttributes=[
            {"Name": "email", "Value": f"{name}@example.com"},
            {"Name": "email_verified", "Value": "true"},
        ],
    )
    client.admin_set_user_password(  # type: ignore[attr-defined]
        UserPoolId=DEFAULT_POOL_ID, Username=name, Password="First-Password-1", Permanent=True
    )
    client.forgot_password(ClientId=DEFAULT_CLIENT_ID, Username=name)  # type: ignore[attr-defined]
    return name, box.mailbox(name)[-1]["code"]


def a_long_journal(runs: int = 100_000) -> dict[str, tuple[float, float]]:
    """Return seconds and megabytes of a command's whole process, over a journal of so many runs."""
    figures = {}
    with TemporaryDirectory() as folder:
        written(Path(folder), runs)
        for command in ("show --last 20", "show", "verify"):
            given = [sys.executable, "-m", "helpers", *command.split(), "--out", folder]
            answer = subprocess.run(
                [sys.executable, "-c", _MEASURED, *given], capture_output=True, text=True
            )
            took, size = answer.stdout.split()
            figures[command] = float(took), float(size)
    return figures


_MEASURED = """
import resource, subprocess, sys, time
began = time.perf_counter()
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
took = time.perf_counter() - began
print(took, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
"""


def row(what: str, against: str, measured: str, goal: str) -> None:
    """Print one line of the table."""
    print(f"{what:<62} {against:<34} {measured:>10}   {goal}", flush=True)


def main() -> None:
    """Measure everything and print the table."""
    os.environ |= {"AWS_EC2_METADATA_DISABLED": "true", "AWS_DEFAULT_REGION": "us-east-1"}
    row("what", "against", "measured", "goal")
    row("import helpers", "import boto3", f"{import_helpers():.2f}", "at most 1.1")
    row("one confirm through reset", "the raw boto3 call", f"{one_confirm():.2f}", "at most 1.05")
    servers = sandbox_bench.compare()
    goals = {
        ("confirm", 1): "at least 4",
        ("confirm", 2): "at least 5",
        ("sign_in", 1): "at least 1",
    }
    for other in ("moto", "cognito-local"):
        for action, words in sandbox_bench.ACTIONS.items():
            for clients in (1, 2):
                measured = _shown(servers.ratio(other, action, clients))
                goal = goals.get((action, clients), "")
                row(f"sandbox: {words}, {clients} client(s)", other, measured, goal)
        row(
            "sandbox: start to first answer",
            other,
            _shown(servers.start_ratio(other)),
            "at most 0.5",
        )
    ends = {
        "ratio, import": "at most 1.1",
        "ratio": "at most 0.5",
        "milliseconds": "at most 25",
        "runs a second": "at least 30",
    }
    for words, number in bench_headless.compare().items():
        goal = next((goal for start, goal in ends.items() if words.startswith(start)), "")
        row(words, "papermill alone" if words.startswith("ratio") else "", _shown(number), goal)
    limits = {"show --last 20": "at most 1 s, 150 MB", "verify": "at most 30 s"}
    for command, (took, size) in a_long_journal().items():
        measured = f"{took:.1f} s, {size:.0f} MB"
        row(f"{command}, 100,000 runs", "", measured, limits.get(command, ""))
    for words, number in campaign_bench.compare().items():
        row(f"campaign: {words}", "", f"{number:.2f}", campaign_bench.GOALS[words])
    for (name, action, clients), speed in servers.speeds.items():
        what = sandbox_bench.ACTIONS[action]
        cpu = servers.cpu[name, action, clients]
        words = f"{speed:.0f} a second, {cpu:.2f} ms of the server's CPU"
        print(f"  {name}, {clients} client(s), {what}: {words}")
    for name, took in servers.starts.items():
        print(f"  {name}, seconds to the first answer: {took:.2f}")


def _shown(measured: float | None) -> str:
    return f"{measured:.2f}" if measured is not None else "not here"


if __name__ == "__main__":
    main()
