"""AWS's own command line against the standing sandbox: a witness that can disagree with us."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.cognito import actions
from helpers.sandbox import DEFAULT_PASSWORD
from helpers.secrets.secret import Secret
from helpers.target import Target
from tests import ROOT

DIEGO = {"client_id": "3n4b5urk1ft4fl3mg5e62d9ado", "username": "diego@example.com"}
DOCUMENTED = (
    "aws cognito-idp confirm-forgot-password --client-id 3n4b5urk1ft4fl3mg5e62d9ado"
    " --username=diego@example.com --password PASSWORD --confirmation-code CONF_CODE"
)
NEW = "Brand-new-1-password"


@pytest.fixture
def client(cognito):
    return Target(cognito.endpoint).client()


@pytest.fixture
def code(cognito, client):
    actions.request_code(client, **DIEGO)
    return cognito.code()


def shell(command, **environment):
    return subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            **environment,
        },
    )


def documented(code, password=NEW):
    return shell(DOCUMENTED.replace("CONF_CODE", code).replace("PASSWORD", password))


def signs_in(client, password):
    try:
        return bool(actions.sign_in(client, **DIEGO, password=Secret(password)))
    except Exception as exc:
        assert "Incorrect username or password." in str(exc)
        return False


def test_the_documented_command_is_silent_and_changes_the_password(client, code):
    done = documented(code)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert signs_in(client, NEW)
    assert not signs_in(client, DEFAULT_PASSWORD)


def test_the_documented_command_meets_cognitos_texts_for_a_wrong_a_weak_a_used_and_an_expired_try(
    cognito, client, code
):
    wrong = documented("000000" if code != "000000" else "111111")
    assert wrong.returncode != 0
    assert "(CodeMismatchException)" in wrong.stderr
    assert "Invalid verification code provided, please try again." in wrong.stderr
    weak = documented(code, "weak")
    assert "(InvalidPasswordException)" in weak.stderr
    assert "Password does not conform to policy: Password not long enough" in weak.stderr
    assert documented(code).returncode == 0
    used = documented(code, "Another-new-1-password")
    assert "(ExpiredCodeException)" in used.stderr
    assert "Invalid code provided, please request a code again." in used.stderr
    cognito.advance(3601)
    actions.request_code(client, **DIEGO)
    cognito.advance(3601)
    expired = documented(cognito.code())
    assert "(ExpiredCodeException)" in expired.stderr


def by_hand(language, heading):
    notebook = json.loads(
        ROOT.joinpath("notebooks/runbooks/confirm-reset.ipynb").read_text(encoding="utf-8")
    )
    text = "".join(next(cell["source"] for cell in notebook["cells"] if cell["id"] == "by-hand"))
    section = text.partition(f"### {heading}")[2].partition("\n### ")[0]
    return re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)


def test_the_notebook_quotes_the_documented_command_as_it_is():
    assert by_hand("bash", "AWS CLI")[0].strip() == DOCUMENTED


def test_the_notebooks_own_command_keeps_both_secrets_off_the_command_line_and_works(client, code):
    command = re.sub(r"^read -rsp.*\n", "", by_hand("bash", "AWS CLI")[1], flags=re.MULTILINE)
    assert "file://<(printf" in command
    done = shell(command, RESET_CODE=code, RESET_PASSWORD=NEW)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert signs_in(client, NEW)


def test_the_notebooks_boto3_lines_work_and_report_a_weak_password(
    client, code, monkeypatch, capsys
):
    source = by_hand("python", "boto3")[0]
    monkeypatch.setenv("RESET_CODE", code)
    monkeypatch.setenv("RESET_PASSWORD", "weak")
    exec(compile(source, "by-hand", "exec"), {})
    assert "the same code is still good" in capsys.readouterr().out
    monkeypatch.setenv("RESET_PASSWORD", NEW)
    exec(compile(source, "by-hand", "exec"), {})
    assert capsys.readouterr().out == ""
    assert signs_in(client, NEW)


def test_a_run_of_ours_reads_the_code_from_the_standing_sandboxs_mailbox(cognito, client, code):
    from helpers.runbooks.confirm_reset import ConfirmReset

    run = ConfirmReset(target=cognito.endpoint, new_password="literal:Practice-makes-perfect-1")
    assert "waiting" in repr(run.practice())
    assert run.submit().exit_code == 0
    assert signs_in(client, "Practice-makes-perfect-1")
