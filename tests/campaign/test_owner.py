"""A table of runs: every row its own run, nothing before all rows are looked at, at the pace that
was asked for.
"""

import dataclasses
import errno
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from functools import partial
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from helpers.__main__ import main
from helpers.campaign import owner, pace, workers
from helpers.campaign.ledger import Ledger
from helpers.run.journal import Journal
from helpers.run.record import find_record
from helpers.runbooks import RUNBOOKS
from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_POOL_ID, open_sandbox
from helpers.target import Target
from tests import ROOT
from tests.campaign.conftest import Inline

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


def run(table, tmp_path, entry=ENTRY, **options):
    manner = {
        name: options.pop(name) for name in owner.Manner.__dataclass_fields__ if name in options
    }
    return owner.run_table(
        entry, table, out=tmp_path / "runs", manner=owner.Manner(**{"pace": 0, **manner}), **options
    )


def changes(operation="ConfirmForgotPassword"):
    """How often each user was really changed, by the sandbox's own count."""
    return open_sandbox().counts()["calls"].get(operation, {})


def test_each_row_is_a_run_with_its_own_notebook_and_record(users, tmp_path):
    (tmp_path / "user1.code").write_text("000000\n")
    done = []
    summary = run(users, tmp_path, on_done=lambda row, count: done.append(count))
    assert (summary.rows, summary.left) == (3, 0)
    assert (summary.outcomes, summary.exit_codes) == ({"confirmed": 2, "refused": 1}, {0: 2, 3: 1})
    assert [(row.number, row.exit_code) for row in summary.failed] == [(3, 3)]
    assert done == [1, 2, 3]
    ledger = Ledger.in_folder(Path(summary.folder))
    for row in ledger.rows(summary.campaign):
        assert (tmp_path / "runs" / row.run / "confirm-reset.ipynb").exists()
        assert (tmp_path / "runs" / row.run / "record.json").exists()
    journal = Journal(tmp_path / "runs")
    assert (journal.verify().lines, journal.verify().faults) == (9, ())
    assert summary.exit_code == 1


def test_a_light_row_has_its_record_and_no_notebook_and_is_one_attempt_as_any(
    users, tmp_path, inline
):
    (tmp_path / "user1.code").write_text("000000\n")
    summary = run(users, tmp_path, options={"notebooks": "none"})
    assert summary.outcomes == {"confirmed": 2, "refused": 1}
    journal = Journal(tmp_path / "runs")
    assert (journal.verify().lines, journal.verify().faults) == (9, ())
    for one in journal.runs():
        folder = tmp_path / "runs" / one.started.run
        assert [path.name for path in folder.iterdir()] == ["record.json"]
        text = (folder / "record.json").read_text()
        assert "A-new-password" not in text
        assert one.ended.record.verified_by or one.ended.outcome == "refused"


def test_a_light_row_that_did_not_end_well_gets_a_notebook_afterwards(users, tmp_path, inline):
    (tmp_path / "user1.code").write_text("000000\n")
    run(users, tmp_path, options={"notebooks": "failed"})
    journal = Journal(tmp_path / "runs")
    assert changes() == {"user0": 1, "user1": 1, "user2": 1}, "and nothing was sent for it"
    assert (journal.verify().faults, journal.verify().gone) == ((), 0)
    by_outcome = {one.outcome: tmp_path / "runs" / one.started.run for one in journal.runs()}
    assert not list(by_outcome["confirmed"].glob("*.ipynb"))
    path = by_outcome["refused"] / "confirm-reset.ipynb"
    assert path.stat().st_mode & 0o777 == 0o600
    text = path.read_text()
    assert "A-new-password" not in text
    assert "000000" not in text
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert find_record(notebook)["outcome"] == "refused"
    shown = {cell.id: cell.get("outputs") for cell in notebook.cells}
    assert "Refused" in shown["result"][0].data["text/plain"]
    assert shown["proof"][0].ename == "NotDone"
    [given] = [cell.source for cell in notebook.cells if cell.id == "injected-parameters"]
    assert "username = 'user1'" in given
    [folder] = owner.folders(tmp_path / "runs")
    with Ledger.in_folder(folder) as ledger:
        kept = {row.outcome: row.report["notebook"] for row in ledger.rows(folder.name)}
    assert kept == {"confirmed": "", "refused": str(path)}
    path.write_text(text.replace("user1", "user2"))
    assert "its notebook was altered" in journal.verify().faults[0]


@pytest.mark.parametrize(("notebooks", "warm"), [("all", 1), ("none", 0)])
def test_no_row_is_claimed_before_its_worker_can_begin(
    notebooks, warm, users, tmp_path, inline, monkeypatch
):
    done = []
    warmed, claimed = workers.warm_up, Ledger.claim
    monkeypatch.setattr(workers, "warm_up", lambda *given: done.append("warm") or warmed(*given))
    monkeypatch.setattr(Ledger, "claim", lambda *given: done.append("claim") or claimed(*given))
    run(users, tmp_path, options={"notebooks": notebooks})
    assert done == [*["warm"] * warm, *["claim"] * 4]


def test_a_notebook_that_is_spoiled_is_told_by_each_row(users, tmp_path, inline):
    spoiled = tmp_path / "confirm-reset.ipynb"
    spoiled.write_text(ENTRY.path.read_text()[:-100])
    entry = dataclasses.replace(ENTRY, path=spoiled)
    summary = owner.run_table(entry, users, out=tmp_path / "runs", manner=owner.Manner(pace=0))
    assert summary.outcomes == {"not_sent": 3}
    ends = [one.ended for one in Journal(tmp_path / "runs").runs()]
    assert all("Notebook does not appear to be JSON" in one.detail for one in ends)


def test_a_notebook_that_cannot_be_written_afterwards_changes_no_outcome(
    users, tmp_path, inline, monkeypatch
):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "user1.code").write_text("000000\n")
    monkeypatch.setattr("helpers.runner.light.write_afterwards", full)
    summary = run(users, tmp_path, options={"notebooks": "failed"})
    assert summary.outcomes == {"confirmed": 2, "refused": 1}


def test_the_same_command_again_does_nothing_twice(users, tmp_path, inline):
    first = run(users, tmp_path)
    assert first.exit_code == 0
    again = run(users, tmp_path)
    assert (again.campaign, again.outcomes) == (first.campaign, {"confirmed": 3})
    assert changes() == {"user0": 1, "user1": 1, "user2": 1}


def test_another_parameter_or_table_is_another_campaign(users, tmp_path, inline):
    first = run(users, tmp_path)
    other = run(users, tmp_path, shared={"region": "eu-west-1"})
    assert other.campaign != first.campaign
    users.write_text("\n".join(users.read_text().splitlines()[:-1]) + "\n")
    assert run(users, tmp_path).campaign not in (first.campaign, other.campaign)


def test_one_may_ask_for_a_new_campaign_of_the_same(users, tmp_path, inline):
    first = run(users, tmp_path)
    assert run(users, tmp_path, again=True).campaign != first.campaign


def test_first_so_many_and_then_the_rest(users, tmp_path, inline):
    first = run(users, tmp_path, first=2)
    assert (first.left, first.outcomes, first.exit_code) == (1, {"confirmed": 2}, 9)
    assert sum(changes().values()) == 2
    rest = run(users, tmp_path)
    assert (rest.left, rest.outcomes, rest.exit_code) == (0, {"confirmed": 3}, 0)


def test_a_campaign_that_runs_is_run_by_one_process(users, tmp_path, inline):
    run(users, tmp_path, first=1)
    [folder] = (tmp_path / "runs" / "campaigns").iterdir()
    with owner.owned(folder), pytest.raises(owner.Busy, match=f"Process {os.getpid()} "):
        run(users, tmp_path)


def test_the_gate_is_the_number_of_users(users, tmp_path, inline):
    command = ["batch", "confirm-reset", str(users), "--out", str(tmp_path / "runs"), "--pace", "0"]
    for wrong in ([], ["--users", "2"]):
        answer = CliRunner().invoke(main, [*command, *wrong])
        assert answer.exit_code == 2
        assert "3 users" in answer.output
    assert not changes()
    answer = CliRunner().invoke(main, [*command, "--users", "3"])
    assert answer.exit_code == 0, answer.output
    assert "3 of 3 rows are over: 3 confirmed." in answer.stdout


def test_rows_that_were_throttled_are_tried_again_at_half_the_pace(users, tmp_path, inline):
    sandbox = open_sandbox()
    sandbox.fault("ConfirmForgotPassword", "throttle-before-commit", times=2)
    summary = run(users, tmp_path, pace=30)
    assert summary.outcomes == {"confirmed": 3}
    ledger = Ledger.in_folder(Path(summary.folder))
    assert sorted(row.attempt for row in ledger.rows(summary.campaign)) in ([1, 1, 3], [1, 2, 2])
    assert pace.paces(ledger, summary.campaign)["UserAccountRecovery"] < 30


def test_too_many_failures_pause_it(users, tmp_path, inline):
    add_strangers(users, 20)
    users.write_text(
        "\n".join(
            [users.read_text().splitlines()[0], *reversed(users.read_text().splitlines()[1:])]
        )
    )
    summary = run(users, tmp_path, workers=1, budget=3)
    assert (summary.exit_code, summary.outcomes) == (9, {"refused": 4})
    assert "4 rows have failed" in summary.why
    assert run(users, tmp_path, workers=1, budget=0.5).outcomes == {"refused": 12}


def kill_a_worker_when(true, tmp_path):
    """Start a thread that kills the worker of a run for which something is true of its row."""

    def watch():
        wait_until(lambda: list((tmp_path / "runs" / "campaigns").glob("*/ledger.sqlite")))
        [path] = (tmp_path / "runs" / "campaigns").glob("*/")
        ledger = Ledger.in_folder(path)
        found = []
        wait_until(lambda: found.extend(filter(true, ledger.rows(path.name))) or found)
        os.kill(int(found[0].worker.rpartition(":")[2]), signal.SIGKILL)

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


def test_a_worker_that_is_killed_before_it_acted_costs_nothing(users, tmp_path):
    thread = kill_a_worker_when(lambda row: row.state == "claimed", tmp_path)
    summary = run(users, tmp_path, workers=1)
    thread.join()
    assert summary.outcomes == {"confirmed": 3}
    assert changes() == {"user0": 1, "user1": 1, "user2": 1}
    assert not [run for run in Journal(tmp_path / "runs").runs() if run.state == "running"]


def test_a_worker_that_is_killed_while_it_acts_leaves_an_unknown_row_and_pauses(users, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:  # it takes every request, and is silent
        shared = {"target": f"http://127.0.0.1:{server.getsockname()[1]}"}

        def acts(row):
            return row.state == "acting" and under_way(tmp_path / "runs") == 1

        thread = kill_a_worker_when(acts, tmp_path)
        summary = run(users, tmp_path, workers=1, shared=shared)
        thread.join()
    assert (summary.exit_code, summary.left, summary.outcomes) == (9, 2, {"unknown": 1})
    assert "line 2 is not known" in summary.why


class Dying(Inline):
    """Workers that die as soon as they have claimed a row."""

    born = 0

    def __init__(self, size, *, ledger, campaign, **given):
        super().__init__(size, ledger=ledger, campaign=campaign, **given)
        self._campaign = campaign

    def spawn(self):
        self.working = True
        Dying.born += 1

    def collect(self, timeout, stop=None):
        self.working = False
        with Ledger(self._ledger) as ledger:
            row = ledger.claim(self._campaign, f"worker {Dying.born}")
        return [], [row.worker if row else "worker"]


def test_workers_that_die_one_after_the_other_pause_it(users, tmp_path, monkeypatch):
    monkeypatch.setattr(owner, "WorkerPool", Dying)
    summary = run(users, tmp_path)
    assert (summary.exit_code, summary.state) == (9, "paused")
    assert "its workers die before their time" in summary.why
    assert Dying.born <= 40


def test_a_row_that_ends_its_worker_each_time_is_given_up(users, tmp_path, monkeypatch):
    monkeypatch.setattr(owner, "WorkerPool", Dying)
    monkeypatch.setattr("helpers.campaign.tending._MOST_LOST", 1000)
    summary = run(users, tmp_path)
    assert (summary.left, summary.outcomes, summary.exit_code) == (0, {"not_sent": 3}, 1)
    assert not changes()


def begun_or_over(process, runs, count):
    started = sum(line.entry.event == "started" for line in Journal(runs).lines())
    return started > count or process.poll() is not None


def test_an_owner_that_is_killed_again_and_again_does_each_user_once(users, tmp_path):
    runs = tmp_path / "runs"
    for count in range(2):
        process = start(users, runs)
        wait_until(partial(begun_or_over, process, runs, count))
        below = all_below(process.pid)
        process.kill()
        process.communicate()
        wait_until(lambda left=below: not left & all_alive())
    summary = run(users, tmp_path)
    assert set(changes().values()) == {1}
    assert summary.left == 0
    unknown = summary.outcomes.get("unknown", 0)
    assert summary.outcomes == Counter(confirmed=3 - unknown) + Counter(unknown=unknown)


# --- asked to end ---

SIGNALS = [
    (signal.SIGINT, 130),
    (signal.SIGTERM, 143),
    (signal.SIGHUP, 129),
    (signal.SIGQUIT, 131),
]


def each(*numbers):
    given = [(number, code) for number, code in SIGNALS if number in numbers]
    return pytest.mark.parametrize(("number", "code"), given, ids=lambda one: str(one))


def rows_in(table):
    return len(table.read_text().splitlines()) - 1


def start(table, out, *options):
    command = [sys.executable, "-m", "helpers", "batch", "confirm-reset", str(table)]
    command += [
        "--out",
        str(out),
        "--pace",
        "0",
        "--json",
        "--users",
        str(rows_in(table)),
        *options,
    ]
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


@each(signal.SIGINT, signal.SIGTERM)  # which workers ignore, and which they take
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
    assert {row["exit_code"] for row in summary["failed"]} == {130}
    assert summary["left"] == 21
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


@each(*(number for number, _ in SIGNALS))
def test_each_signal_has_an_exit_code_of_its_own(users, tmp_path, monkeypatch, number, code):
    """In this process; tests.runner.test_signals has how each is taken."""

    class Asked(Inline):
        def collect(self, timeout, stop=None):
            if stop is None:
                return super().collect(timeout)
            with stop.heard():
                os.kill(os.getpid(), number)

        def stop(self):
            self.working = False

    monkeypatch.setattr(owner, "WorkerPool", Asked)
    summary = run(users, tmp_path)
    assert (summary.exit_code, summary.left, summary.stopped_by) == (code, 3, number)


@each(signal.SIGTERM)
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
    assert 138 not in {row["exit_code"] for row in summary["failed"]}
    assert not [run for run in Journal(tmp_path / "runs").runs() if run.ended is None]
    assert "Traceback" not in err
    wait_until(lambda: not below & all_alive())
