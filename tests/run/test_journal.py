"""The journal: what it says is what happened, whoever is killed when, and what is done to
it shows.
"""

import contextlib
import itertools
import json
import multiprocessing
import os
import random
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from helpers.__main__ import main
from helpers.run.journal import FIRST, Ended, Journal, Kept, Line, Started, digest_of, now, schema
from helpers.run.record import Outcome
from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_PASSWORD, DEFAULT_USERNAME, open_sandbox
from helpers.secrets.secret import Secret
from helpers.target import Target
from tests import ROOT

COMMAND = str(Path(sys.executable).with_name("cognito-reset"))
ROUNDS = int(os.environ.get("KILL_ROUNDS", "6"))  # KILL_ROUNDS=200 for the long one


def started(run="one", **changes):
    about = {
        "run": run,
        "at": now(),
        "who": "me",
        "host": "here",
        "process": 1,
        "runbook": "confirm-reset",
        "digest": "0" * 64,
        "versions": {},
        "parameters": {"username": "d***"},
        "out": "x",
        **changes,
    }
    return Started(**about)


def ended(run="one", **changes):
    about = {
        "run": run,
        "at": now(),
        "state": "completed",
        "outcome": Outcome.CONFIRMED,
        "exit_code": 0,
        "meaning": "done",
        "next_step": "",
        **changes,
    }
    return Ended(**about)


@pytest.fixture
def journal(tmp_path):
    made = Journal(tmp_path / "runs")
    for run in ("one", "two", "three"):
        made.append(started(run))
        made.append(ended(run))
    return made


def test_each_line_carries_the_digest_of_the_one_before(journal):
    lines = [json.loads(line) for line in journal.path.read_text().splitlines()]
    assert lines[0]["before"] == FIRST
    for before, after in itertools.pairwise(lines):
        assert after["before"] == before["digest"] == digest_of(before["before"], before["entry"])
    assert journal.verify().faults == ()
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600


def spoil(journal, change):
    lines = journal.path.read_text().splitlines(keepends=True)
    journal.path.write_text("".join(change(lines)))


def altered(lines):
    return [*lines[:3], lines[3].replace('"confirmed"', '"refused"'), *lines[4:]]


def swapped(lines):
    return [lines[0], lines[2], lines[1], *lines[3:]]


def recomputed(lines):
    data = json.loads(altered(lines)[3])
    data["digest"] = digest_of(data["before"], data["entry"])
    return [*lines[:3], json.dumps(data) + "\n", *lines[4:]]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (altered, "line 4: altered"),
        (recomputed, "line 5: what stood before it was removed, inserted or altered"),
        (lambda lines: [*lines[:2], *lines[3:]], "line 3: what stood before"),
        (lambda lines: lines[1:], "line 1: what stood before"),
        (lambda lines: lines[:-1], "the end: lines were removed"),
        (lambda lines: lines[:0], "the end: lines were removed"),
        (swapped, "line 2: what stood before"),
        (lambda lines: [*lines[:2], "noise\n", *lines[2:]], "line 3: cannot be read"),
    ],
    ids=[
        "altered",
        "altered-with-its-digest",
        "removed",
        "first-removed",
        "last-removed",
        "all-removed",
        "swapped",
        "noise",
    ],
)
def test_a_line_that_was_altered_or_removed_is_found(change, words, journal):
    spoil(journal, change)
    assert words in journal.verify().faults[0]
    answer = CliRunner().invoke(main, ["verify", "--out", str(journal.folder)])
    assert answer.exit_code == 1
    assert words in answer.stdout


def test_a_digest_that_was_noted_elsewhere_shows_that_both_files_were_rewritten(journal):
    recorded = journal.verify().head
    spoil(journal, lambda lines: lines[:-1])
    (journal.folder / "journal.jsonl.head").write_text(
        json.loads(journal.path.read_text().splitlines()[-1])["digest"]
    )
    assert journal.verify().faults == ()
    runner = CliRunner()
    assert runner.invoke(main, ["verify", "--out", str(journal.folder)]).exit_code == 0
    assert (
        runner.invoke(main, ["verify", "--out", str(journal.folder), "--head", recorded]).exit_code
        == 1
    )


def test_half_a_line_of_a_killed_writer_does_no_harm(journal):
    whole = journal.path.read_bytes()
    journal.path.write_bytes(whole + b'{"before": "12')
    assert (journal.verify().faults, journal.verify().torn) == ((), True)
    assert len(journal.runs()) == 3
    journal.append(started("four"))
    assert (journal.verify().faults, journal.verify().torn, journal.verify().lines) == (
        (),
        False,
        7,
    )
    assert journal.path.read_bytes().startswith(whole)


def write_many(folder, name):
    for number in range(25):
        Journal(folder).append(started(f"{name}-{number}"))


def test_any_number_of_processes_may_write_at_once(tmp_path):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_many, args=(tmp_path, name)) for name in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    verdict = Journal(tmp_path).verify()
    assert (verdict.lines, verdict.faults) == (75, ())


def test_a_run_without_an_end_is_lost_and_while_its_process_lives_it_is_running(tmp_path):
    journal = Journal(tmp_path)
    journal.append(started())
    assert [(run.state, run.outcome) for run in journal.runs()] == [("lost", "unknown")]
    code = (
        "import sys, pathlib; from helpers.run.journal import Journal\nwith"
        f" Journal(pathlib.Path({str(tmp_path)!r})).under_way('one'): print('held', flush=True);"
        " sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        holder.stdout.readline()
        assert [(run.state, run.outcome) for run in journal.runs()] == [("running", "")]
        holder.kill()
    assert journal.runs()[0].state == "lost"


def test_a_secret_that_comes_as_far_as_the_journal_stops_there(tmp_path):
    Secret("Secret-of-the-journal")
    journal = Journal(tmp_path)
    journal.append(started(parameters={"username": "Secret-of-the-journal"}))
    journal.append(ended(meaning="x Secret-of-the-journal", detail="Secret-of-the-journal"))
    assert "Secret-of-the-journal" not in journal.path.read_text()


def test_the_published_schema_is_that_of_the_models():
    """To write it anew: python -c "import json; from helpers.run.journal import schema;
    print(json.dumps(schema(), indent=2))"
    """
    published = ROOT / "helpers" / "run" / "journal.schema.json"
    assert json.loads(published.read_text()) == schema()
    assert {"Line", "Kept", "Record", "Started", "Ended"} <= set(schema()["$defs"])


# --- show ---


def test_show_lists_and_filters(journal):
    journal.append(started("four", parameters={"username": "e***"}))
    journal.append(ended("four", state="died", outcome=Outcome.UNKNOWN, exit_code=138))

    def shown(*options):
        answer = CliRunner().invoke(
            main, ["show", "--out", str(journal.folder), "--json", *options]
        )
        return [run["run"] for run in json.loads(answer.stdout)]

    assert shown() == ["one", "two", "three", "four"]
    assert (
        shown("--outcome", "unknown")
        == shown("--state", "died")
        == shown("--user", "e***")
        == ["four"]
    )
    assert shown("--last", "2") == ["three", "four"]
    assert shown("--since", "2999-01-01") == shown("--runbook", "other") == []
    assert shown("two") == ["two"]
    assert (
        " unknown   died        138"
        in CliRunner().invoke(main, ["show", "--out", str(journal.folder)]).stdout
    )


# --- whoever is killed when ---


def signs_in(client, password):
    try:
        client.initiate_auth(
            ClientId=DEFAULT_CLIENT_ID,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": DEFAULT_USERNAME, "PASSWORD": password},
        )
    except client.exceptions.NotAuthorizedException:
        return False
    return True


def below(pid):
    answer = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    children = [int(line) for line in answer.stdout.split()]
    return children + [each for child in children for each in below(child)]


def kill(pid):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def test_killed_at_any_moment_the_journal_is_readable_and_claims_nothing_that_did_not_happen(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("COGNITO_SANDBOX", str(tmp_path / "sandbox.sqlite"))
    box = open_sandbox()
    out = tmp_path / "runs"
    seed = int(os.environ.get("KILL_SEED", time.time()))
    chance = random.Random(seed)
    client = Target().client()
    usual = 1.2
    for number in range(ROUNDS):
        box.reset()
        client.forgot_password(ClientId=DEFAULT_CLIENT_ID, Username=DEFAULT_USERNAME)
        new = f"A-new-password-{number}"
        environment = {
            **os.environ,
            "THE_CODE": Target().newest_code(DEFAULT_USERNAME),
            "THE_PASSWORD": new,
        }
        before = {run.started.run for run in Journal(out).runs()}
        began = time.monotonic()
        process = subprocess.Popen(
            [
                COMMAND,
                "run",
                "confirm-reset",
                "--out",
                str(out),
                "-p",
                "code=env:THE_CODE",
                "-p",
                "new_password=env:THE_PASSWORD",
            ],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(chance.uniform(0, usual))
        family = [process.pid, *below(process.pid)]
        for pid in chance.choice([family[:1], family[:1], family[-1:], family[1:2], family]):
            kill(pid)
        process.wait(timeout=60)
        usual = max(usual, time.monotonic() - began) if process.returncode == 0 else usual
        time.sleep(0.1)
        changed = signs_in(client, new)
        assert changed != signs_in(client, DEFAULT_PASSWORD)
        where = f"round {number}, KILL_SEED={seed}"
        verdict = Journal(out).verify()
        assert verdict.faults == (), where
        mine = [run for run in Journal(out).runs() if run.started.run not in before]
        assert len(mine) <= 1, where
        for run in mine:
            assert run.state != "running", where
            assert not (run.outcome == "confirmed" and not changed), where
            assert not (run.outcome in ("refused", "not_sent") and changed), where
            record = out / run.started.run / "record.json"
            assert (
                Kept.model_validate_json(record.read_text()).ended == run.ended
                or run.ended is not None
            ), where
        if not mine:
            assert not changed, f"{where}: changed, and no line says that anybody tried"
    for line in Journal(out).path.read_text().splitlines() if Journal(out).path.exists() else ():
        Line.model_validate_json(line)
