"""A table of runs: every row its own run, nothing before all rows are looked at, at the pace that
was asked for.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from helpers.__main__ import main
from helpers.campaign import batch
from helpers.run.journal import Journal
from helpers.runbooks import RUNBOOKS
from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_POOL_ID, open_sandbox
from helpers.target import Target
from tests import ROOT

ENTRY = RUNBOOKS["confirm-reset"]


@pytest.fixture
def users(tmp_path, monkeypatch):
    """Three users with a code each, in a sandbox that the workers share; a table with a file of
    each secret.
    """
    monkeypatch.setenv("COGNITO_SANDBOX", str(tmp_path / "sandbox.sqlite"))
    open_sandbox()
    client = Target().client()
    lines = ["username,code,new_password"]
    for number in range(3):
        name = f"user{number}"
        client.admin_create_user(
            UserPoolId=DEFAULT_POOL_ID,
            Username=name,
            MessageAction="SUPPRESS",
            UserAttributes=[
                {"Name": "email", "Value": f"{name}@example.com"},
                {"Name": "email_verified", "Value": "true"},
            ],
        )
        client.admin_set_user_password(
            UserPoolId=DEFAULT_POOL_ID, Username=name, Password="First-one-1", Permanent=True
        )
        client.forgot_password(ClientId=DEFAULT_CLIENT_ID, Username=name)
        for what, value in (
            ("code", Target().newest_code(name)),
            ("password", f"A-new-password-{number}"),
        ):
            path = tmp_path / f"{name}.{what}"
            path.touch(mode=0o600)
            path.write_text(value + "\n")
        lines.append(f"{name},file:{tmp_path}/{name}.code,file:{tmp_path}/{name}.password")
    table = tmp_path / "table.csv"
    table.write_text("\n".join(lines) + "\n")
    return table


def add_strangers(table, count):
    """Add rows of users who are not there, with the secrets of the first."""
    _, secrets = table.read_text().splitlines()[1].split(",", 1)
    rows = (f"stranger{number},{secrets}\n" for number in range(count))
    table.write_text(table.read_text() + "".join(rows))


def test_each_row_is_a_run_with_its_own_notebook_and_record(users, tmp_path):
    (tmp_path / "user1.code").write_text("000000\n")
    done = []
    summary = batch.run_table(
        ENTRY, users, out=tmp_path / "runs", pace=0, on_done=lambda row, count: done.append(count)
    )
    assert (summary.rows, summary.outcomes, summary.exit_codes) == (
        3,
        {"confirmed": 2, "refused": 1},
        {0: 2, 3: 1},
    )
    assert [(row.number, row.exit_code) for row in summary.failed] == [(3, 3)]
    assert done == [1, 2, 3]
    rows = [json.loads(line) for line in Path(summary.results).read_text().splitlines()]
    for row in rows:
        assert (tmp_path / "runs" / row["run"] / "confirm-reset.ipynb").exists()
        assert (tmp_path / "runs" / row["run"] / "record.json").exists()
    journal = Journal(tmp_path / "runs")
    assert (journal.verify().lines, journal.verify().faults) == (9, ())
    assert summary.exit_code == 1


def test_the_command_prints_the_summary(users, tmp_path):
    answer = CliRunner().invoke(
        main, ["batch", "confirm-reset", str(users), "--out", str(tmp_path / "runs"), "--pace", "0"]
    )
    assert answer.exit_code == 0, answer.output
    assert "3 confirmed." in answer.stdout


def test_rows_are_handed_out_no_faster_than_the_pace(monkeypatch, tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("username\n" + "".join(f"a{number}\n" for number in range(5)))
    given = []

    class Crew:
        def __init__(self, *_):
            self.busy, self.free = {}, [1]

        def submit(self, number, values):
            given.append(time.monotonic())

        def collect(self, timeout, stop=None):
            time.sleep(timeout)
            return []

        def shutdown(self):
            pass

    monkeypatch.setattr(batch, "WorkerPool", Crew)
    began = time.monotonic()
    batch.run_table(ENTRY, table, out=tmp_path, pace=40)
    # A run makes two calls. A row that comes late, on a busy machine, does not hold up those after
    # it.
    assert all(at - began >= number * 2 / 40 for number, at in enumerate(given))


def test_a_worker_that_is_killed_costs_one_row_and_no_more(users, tmp_path):
    killed = []

    def kill_one(row, count):
        if not killed:
            import multiprocessing

            killed.append(multiprocessing.active_children()[0].pid)
            os.kill(killed[0], signal.SIGKILL)

    add_strangers(users, 1)
    summary = batch.run_table(
        ENTRY, users, out=tmp_path / "runs", pace=0, workers=1, on_done=kill_one
    )
    assert summary.rows == 4
    assert summary.exit_codes == {0: 2, 138: 1, 6: 1}
    assert not [run for run in Journal(tmp_path / "runs").runs() if run.state == "running"]


def test_stopped_it_hands_out_no_more_rows_and_every_run_has_its_record(users, tmp_path):
    def stop_at_the_first(row, count):
        if count == 1:
            os.kill(os.getpid(), signal.SIGINT)

    add_strangers(users, 20)
    summary = batch.run_table(
        ENTRY, users, out=tmp_path / "runs", pace=0, workers=2, on_done=stop_at_the_first
    )
    assert summary.stopped_by == signal.SIGINT
    assert summary.exit_code == 130
    assert 1 <= summary.rows <= 2, "the first, and what the other worker had"
    assert not [run for run in Journal(tmp_path / "runs").runs() if run.ended is None]


# --- asked to end ---

SIGNALS = [
    (signal.SIGINT, 130),
    (signal.SIGTERM, 143),
    (signal.SIGHUP, 129),
    (signal.SIGQUIT, 131),
]
EACH = pytest.mark.parametrize(
    ("number", "code"), SIGNALS, ids=lambda given: getattr(given, "name", "")
)


def start(table, out, *options):
    command = [sys.executable, "-m", "helpers", "batch", "confirm-reset", str(table)]
    command += ["--out", str(out), "--pace", "0", "--json", *options]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        cwd=ROOT,
    )


def all_below(pid):
    """The processes that have come of this one, and are there."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,stat="], capture_output=True, text=True)
    rows = [line.split() for line in listed.stdout.splitlines()]
    below, found = {str(pid)}, set()
    while below:
        below = {row[0] for row in rows if row[1] in below and not row[2].startswith("Z")}
        found |= below
    return found


def wait_until(true):
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


@EACH
def test_asked_to_end_it_ends_its_rows_and_says_how_each_has_ended(users, tmp_path, number, code):
    runs = tmp_path / "runs"
    add_strangers(users, 20)
    with socket.create_server(("127.0.0.1", 0)) as server:  # it takes every request, and is silent
        process = start(users, runs, "-p", f"target=http://127.0.0.1:{server.getsockname()[1]}")
        wait_until(lambda: Journal(runs).path.exists() and under_way(runs) == 2)
        below = all_below(process.pid)
        # As a terminal does: to every process of the command, workers too.
        os.killpg(process.pid, number)
        out, err = process.communicate(timeout=60)
    summary = json.loads(out)
    assert process.returncode == code, err
    assert (summary["stopped"], summary["exit_code"]) == (True, code)
    assert summary["outcomes"] == {"unknown": 2}
    assert {row["state"] for row in summary["failed"]} == {"interrupted"}
    assert len(Path(summary["results"]).read_text().splitlines()) == 2
    assert [run.state for run in Journal(runs).runs()] == ["interrupted"] * 2
    assert "Traceback" not in err
    wait_until(lambda: not below & all_alive())


def under_way(runs):
    """How many runs have a request on its way."""
    return sum(line.entry.event == "sending" for line in Journal(runs).lines())


def all_alive():
    listed = subprocess.run(["ps", "-eo", "pid=,stat="], capture_output=True, text=True)
    rows = (line.split() for line in listed.stdout.splitlines())
    return {pid for pid, state in rows if not state.startswith("Z")}


@EACH
def test_asked_to_end_at_its_very_beginning_it_leaves_no_worker_and_loses_no_row(
    users, tmp_path, number, code
):
    add_strangers(users, 20)
    process = start(users, tmp_path / "runs")
    wait_until(lambda: len(all_below(process.pid)) >= 2)  # the first worker is on its way
    below = all_below(process.pid)
    os.killpg(process.pid, number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    summary = json.loads(out)
    assert summary["exit_code"] == code
    assert "lost" not in {row["state"] for row in summary["failed"]}
    assert not [run for run in Journal(tmp_path / "runs").runs() if run.ended is None]
    assert "Traceback" not in err
    wait_until(lambda: not below & all_alive())


def test_results_that_cannot_be_written_cost_no_row(users, tmp_path, monkeypatch):
    class Full(batch.ResultWriter):
        def __init__(self, results, on_done):
            super().__init__(Path("/dev/full"), on_done)

    monkeypatch.setattr(batch, "ResultWriter", Full)
    summary = batch.run_table(ENTRY, users, out=tmp_path / "runs", pace=0)
    assert summary.outcomes == {"confirmed": 3}
    assert "No space left on device" in summary.fault
