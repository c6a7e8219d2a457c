"""A disk that fills up: the run tells the truth all the same, and nothing is sent unrecorded."""

import errno
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.cognito import actions
from helpers.cognito.errors import ResetError
from helpers.run.journal import Journal
from helpers.runbooks import RUNBOOKS
from helpers.runner import headless
from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_PASSWORD, DEFAULT_USERNAME, open_sandbox
from helpers.secrets.secret import Secret
from helpers.target import Target

NEW = "Brand-new-1-password"
WHOM = {"client_id": DEFAULT_CLIENT_ID, "username": DEFAULT_USERNAME}
COMMAND = str(Path(sys.executable).with_name("cognito-reset"))


@pytest.fixture
def given(tmp_path, monkeypatch):
    """The parameters of a reset in a sandbox of its own, whose file is on a disk with room."""
    monkeypatch.setenv("COGNITO_SANDBOX", str(tmp_path / "sandbox.sqlite"))
    actions.request_code(Target().client(), **WHOM)
    code = open_sandbox().mailbox()[-1]["code"]
    return {"code": f"literal:{code}", "new_password": f"literal:{NEW}"}


def signs_in(password):
    try:
        actions.sign_in(Target().client(), **WHOM, password=Secret(password))
    except ResetError:
        return False
    return True


def test_a_notebook_that_cannot_be_saved_takes_nothing_from_the_truth(given, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("helpers.runner.engine.manager.write_whole", full)
    report = headless.run(RUNBOOKS["confirm-reset"], given, out=tmp_path / "runs")
    assert signs_in(NEW)
    assert (report.outcome, report.exit_code) == ("confirmed", 8)
    assert "could not be saved: No space left on device" in report.detail
    assert "sign-in with the new password worked" in report.proof
    (run,) = Journal(tmp_path / "runs").runs()
    assert run.outcome == "confirmed"


def test_where_the_line_before_the_request_cannot_be_written_nothing_is_sent(
    given, tmp_path, monkeypatch
):
    append = Journal.append

    def full(journal, entry):
        if entry.event == "sending":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return append(journal, entry)

    monkeypatch.setattr(Journal, "append", full)
    monkeypatch.setattr("helpers.runner.engine.client.can_fork", lambda name: False)
    run = RUNBOOKS["confirm-reset"].runs(**given, interactive="no")
    journal = Journal(tmp_path / "runs")
    journal.folder.mkdir()
    monkeypatch.setenv("COGNITO_RESET_RUN", str(journal.folder / "one"))
    with journal.under_way("one"):
        result = run.submit()
    assert (result.outcome, result.exit_code) == ("not_sent", 6)
    assert "No space left" in result.happened
    assert signs_in(DEFAULT_PASSWORD)


def test_a_run_whose_program_has_ended_sends_nothing(given, tmp_path, monkeypatch):
    """Its kernel may live on for a moment."""
    (tmp_path / "runs").mkdir()
    monkeypatch.setenv("COGNITO_RESET_RUN", str(tmp_path / "runs" / "one"))
    result = RUNBOOKS["confirm-reset"].runs(**given, interactive="no").submit()
    assert result.outcome == "not_sent"
    assert "has ended" in result.happened
    assert signs_in(DEFAULT_PASSWORD)


def test_an_end_that_cannot_be_written_down_is_told_and_shown_as_unknown_later(
    given, tmp_path, monkeypatch
):
    append = Journal.append

    def full(journal, entry):
        if entry.event == "ended":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return append(journal, entry)

    monkeypatch.setattr(Journal, "append", full)
    report = headless.run(RUNBOOKS["confirm-reset"], given, out=tmp_path / "runs")
    assert report.outcome == "confirmed"
    assert "could not be written down: No space left" in report.meaning
    (run,) = Journal(tmp_path / "runs").runs()
    assert (run.state, run.outcome) == ("lost", "unknown")


@pytest.mark.parametrize("limit", [2048, 8192, 16_384, 32_768, 49_152, 65_536, 131_072])
def test_at_whatever_size_files_stop_growing_the_command_tells_what_is_true(limit, given, tmp_path):
    def no_larger_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    runs = tmp_path / "runs"
    command = [COMMAND, "run", "confirm-reset", "--out", str(runs), "--json"]
    for name, value in given.items():
        command += ["-p", f"{name}={value}"]
    # The sandbox's own file needs room too, so it is one behind the HTTP door.
    from helpers.sandbox import serve

    with serve(open_sandbox(), port=0) as server:
        done = subprocess.run(
            [*command, "-p", f"target={server.endpoint}"],
            capture_output=True,
            text=True,
            timeout=120,
            preexec_fn=no_larger_files,
            stdin=subprocess.DEVNULL,
        )
    assert "Traceback" not in done.stderr
    changed = signs_in(NEW)
    if done.stdout.startswith("{"):
        outcome = json.loads(done.stdout)["outcome"]
        assert outcome in (("confirmed", "unknown") if changed else ("not_sent", "unknown"))
    else:
        assert done.returncode == 2
        assert not changed
    for run in Journal(runs).runs():
        assert run.outcome in (("confirmed", "unknown") if changed else ("not_sent", "unknown"))
