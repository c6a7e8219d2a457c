"""The runbook without a person, through stock papermill from a shell."""

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner
from papermill import execute_notebook
from papermill.cli import papermill as papermill_command

from helpers.cognito import actions
from helpers.cognito.errors import LimitReached, ResetError
from helpers.run.record import find_record
from helpers.runbooks import RUNBOOKS
from helpers.runner import headless
from helpers.sandbox import DEFAULT_PASSWORD, Sandbox, open_sandbox, serve
from helpers.secrets.secret import Secret
from helpers.target import Target
from tests import ROOT

CONFIRM_RESET = ROOT / "notebooks/runbooks/confirm-reset.ipynb"
DIEGO = {"client_id": "3n4b5urk1ft4fl3mg5e62d9ado", "username": "diego@example.com"}
CODE_PASSWORD = {"code": "env:RESET_CODE", "new_password": "env:RESET_PASSWORD"}
NEW = 'Planted-"päss"-1'


class Papermill:
    """Stock papermill, as an operator's shell runs it, with all the sandbox's processes on one
    file.
    """

    def __init__(self, folder):
        self.out = folder / "out.ipynb"
        self.environment = {
            **os.environ,
            "COGNITO_SANDBOX": str(folder / "sandbox.sqlite"),
            "RESET_PASSWORD": NEW,
        }

    def request_code(self):
        box = open_sandbox(self.environment["COGNITO_SANDBOX"])
        client = Target("http://127.0.0.1:1").client()
        box.attach(client)
        actions.request_code(client, **DIEGO)
        self.environment["RESET_CODE"] = box.mailbox()[-1]["code"]
        return client

    def run(self, *options, **parameters):
        words = [word for name, value in parameters.items() for word in ("-r", name, value)]
        command = [
            Path(sys.executable).parent / "papermill",
            CONFIRM_RESET,
            self.out,
            "--no-progress-bar",
            *words,
            *options,
        ]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=120
        )

    def record(self):
        return find_record(nbformat.reads(self.out.read_text(encoding="utf-8"), as_version=4))


@pytest.fixture
def papermill(tmp_path):
    return Papermill(tmp_path)


def signs_in(client, password):
    try:
        return bool(actions.sign_in(client, **DIEGO, password=Secret(password)))
    except ResetError:
        return False


def test_a_good_code_ends_in_0_with_the_password_changed_and_no_secret_in_the_notebook(papermill):
    client = papermill.request_code()
    done = papermill.run("--log-output", **CODE_PASSWORD)
    assert done.returncode == 0, done.stderr
    assert papermill.record()["outcome"] == "confirmed"
    assert signs_in(client, NEW)
    assert not signs_in(client, DEFAULT_PASSWORD)
    everything = papermill.out.read_text(encoding="utf-8") + done.stdout + done.stderr
    for secret in (NEW, "Planted", json.dumps(NEW)[1:-1], papermill.environment["RESET_CODE"]):
        assert secret not in everything


def test_a_wrong_code_ends_in_1_and_the_notebook_says_what_to_do_next(papermill):
    client = papermill.request_code()
    right = papermill.environment["RESET_CODE"]
    papermill.environment["RESET_CODE"] = wrong = "000000" if right != "000000" else "111111"
    done = papermill.run(**CODE_PASSWORD)
    assert done.returncode == 1
    assert papermill.record()["exit_code"] == 3
    text = papermill.out.read_text(encoding="utf-8")
    assert "Invalid verification code provided, please try again." in text
    assert "Have the code of the newest message typed." in text
    assert "What to do next" in done.stderr
    for secret in ("Planted", wrong, right):
        assert secret not in text + done.stderr
    assert signs_in(client, DEFAULT_PASSWORD)


def test_a_connection_cut_after_the_commit_is_confirmed_by_a_sign_in_over_http_too(
    papermill, monkeypatch
):
    box = Sandbox.in_memory()
    with serve(box, port=0) as server:
        client = Target(server.endpoint).client()
        actions.request_code(client, **DIEGO)
        fault = {"operation": "ConfirmForgotPassword", "fault": "drop-after-commit", "times": 1}
        ask = urllib.request.Request(
            f"{server.endpoint}/_sandbox/faults",
            json.dumps(fault).encode(),
            {"Content-Type": "application/json"},
        )
        assert urllib.request.urlopen(ask, timeout=10).status == 200
        monkeypatch.setenv("RESET_PASSWORD", NEW)
        execute_notebook(
            CONFIRM_RESET,
            papermill.out,
            parameters={"target": server.endpoint, "new_password": "env:RESET_PASSWORD"},
            engine_name="cognito-reset",
            progress_bar=False,
        )
        record = papermill.record()
        assert record["outcome"] == "confirmed"
        assert [step["status"] for step in record["steps"]] == ["no_answer", "done"]
        assert signs_in(client, NEW)
    box.close()


def test_bad_parameters_end_in_1_with_every_problem_and_nothing_sent(papermill):
    client = papermill.request_code()
    done = papermill.run(
        "-p",
        "username",
        "+15551234567",
        "-p",
        "client_id",
        "12",
        region="nowhere",
        code="env:NOT_SET_ANYWHERE",
        new_password="Planted-by-value-1",
    )
    assert done.returncode == 1
    text = papermill.out.read_text(encoding="utf-8")
    for words in (
        "region: must be an AWS region",
        "username: arrived as the int 15551234567",
        "client_id: arrived as the int 12",
        "code: the environment variable of this reference is not set",
        "new_password: not a reference to a secret",
    ):
        assert words in text, done.stderr
        assert words in done.stderr
    assert "Planted-by-value-1" not in done.stderr
    assert papermill.record() is None
    assert signs_in(client, DEFAULT_PASSWORD)


def test_no_run_of_ours_builds_the_grammar_that_jupyterlab_brings(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "rfc3987_syntax", raising=False)
    monkeypatch.setattr("papermill.iorw.load_notebook_node", lambda _: sys.exit("far enough"))
    with pytest.raises(SystemExit, match="far enough"):
        headless.run(RUNBOOKS["confirm-reset"], {"code": "literal:123456"}, out=tmp_path)
    assert sys.modules.pop("rfc3987_syntax", "built") is None


def test_a_run_that_fails_leaves_papermills_words_on_top_of_its_notebook(tmp_path):
    open_sandbox()
    values = {"code": "literal:999999"}
    told = headless.run(RUNBOOKS["confirm-reset"], values, out=tmp_path / "runs {of} today")
    assert (told.outcome, told.exit_code) == ("refused", 3)
    saved = nbformat.read(told.notebook, as_version=4)
    nbformat.validate(saved)
    assert "An Exception was encountered" in saved.cells[0].source
    [anchor] = (cell for cell in saved.cells if 'id="papermill-error-cell"' in cell.source)
    after = saved.cells[saved.cells.index(anchor) + 1]
    assert after.outputs[-1].ename == "NotDone"
    assert os.listdir(Path(told.notebook).parent) == ["confirm-reset.ipynb", "record.json"]


def test_papermill_reads_every_parameter_with_its_help():
    told = (
        CliRunner()
        .invoke(
            papermill_command,
            ["--help-notebook", str(CONFIRM_RESET)],
        )
        .stdout
    )
    for name in ("target", "region", "code", "new_password", "username", "interactive"):
        assert f"{name}: " in told


def test_the_first_run_ends_in_a_confirmed_reset_with_a_record_and_a_notebook_also_for_a_user_who_is_at_the_attempt_limit(
    papermill,
    tmp_path,
):
    with pytest.raises(LimitReached):
        [papermill.request_code() for _ in range(20)]
    command = [sys.executable, "-m", "helpers", "first-run", "--out", str(tmp_path / "runs")]
    done = subprocess.run(
        command, env=papermill.environment, capture_output=True, text=True, timeout=120, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "confirmed: The user can sign in with the new password" in done.stdout
    assert "make lab" in done.stdout
    [folder] = [path for path in (tmp_path / "runs").iterdir() if path.is_dir()]
    record = json.loads((folder / "record.json").read_text())
    assert record["outcome"] == "confirmed"
    assert (folder / "confirm-reset.ipynb").exists()
    if os.name == "posix":
        assert all(path.stat().st_mode & 0o077 == 0 for path in (folder, *folder.iterdir()))
