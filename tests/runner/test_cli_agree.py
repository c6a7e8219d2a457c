"""The command agree: what it shows, what it refuses, and that another account's agreement counts."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from helpers.__main__ import main
from helpers.run.journal import Journal
from helpers.runbooks import RUNBOOKS
from helpers.runner import cli_agree
from helpers.runner.headless import run as run_headless
from helpers.target.pools_file import POOLS
from tests import ROOT
from tests.run.test_agreement import FIRST, POOLS_FILE
from tests.sts import ARN, EXPIRED, GOOD, sts

PROOF = "Called back, extension 4711"
GIVEN = {"pool": "guarded", "case_number": "INC-7", "proof_of_identity": PROOF}
REAL = os.getuid()


@pytest.fixture
def pools(tmp_path, monkeypatch):
    path = tmp_path / "pools.toml"
    path.write_text(POOLS_FILE)
    monkeypatch.setenv(POOLS, str(path))
    return path


@pytest.fixture
def folder(tmp_path):
    runs = tmp_path / "runs"
    runs.mkdir()
    runs.chmod(0o2770)
    return runs


@pytest.fixture
def waiting(folder, pools, monkeypatch, sandbox):
    """The id of a run that another account has begun, and that waits."""
    with monkeypatch.context() as other:
        other.setattr(os, "getuid", lambda: FIRST)
        return run_headless(RUNBOOKS["admin-reset"], GIVEN, out=folder, notebooks="none").run


def asked(folder, run):
    entries = Journal(folder).backwards()
    return next(one for one in entries if one["event"] == "asked" and one["run"] == run)


def agree(folder, run, *options, **more):
    answer = CliRunner().invoke(main, ["agree", run, "--out", str(folder), *options], **more)
    assert "Traceback" not in answer.output
    assert answer.exception is None or isinstance(answer.exception, SystemExit)
    return answer


def is_agreed(folder):
    return any(one["event"] == "agreed" for one in Journal(folder).backwards())


def test_it_shows_the_plan_and_writes_the_agreement_down(folder, waiting):
    digest = asked(folder, waiting)["digest"]
    answer = agree(folder, waiting, "--digest", digest[:12])
    assert answer.exit_code == 0
    for text in ("admin-reset", "d***@e***", "INC-7", PROOF, f"({FIRST})", digest[:12], "guarded"):
        assert text in answer.stdout
    assert "diego@example.com" not in answer.output
    assert is_agreed(folder)
    assert (folder / f"{waiting}.agreed").stat().st_mode & 0o777 == 0o640
    assert CliRunner().invoke(main, ["verify", "--out", str(folder)]).exit_code == 0
    again = agree(folder, waiting, "--digest", digest[:12])
    assert again.exit_code == 2
    assert "was agreed to already" in again.stderr


def test_as_json_it_says_until_when(folder, waiting):
    digest = asked(folder, waiting)["digest"]
    said = json.loads(agree(folder, waiting, "--digest", digest, "--json").stdout)
    assert (said["uid"], said["digest"], said["runbook"]) == (REAL, digest, "admin-reset")
    assert said["until"] > said["at"]


@pytest.mark.parametrize("given", ["", "000000000000", "x", " "])
def test_another_digest_is_refused(folder, waiting, given):
    answer = agree(folder, waiting, "--digest", given)
    assert answer.exit_code == 2
    assert "Nothing was agreed to" in answer.stderr
    assert not is_agreed(folder)


def test_whom_it_is_about_is_compared_where_it_is_given(folder, waiting):
    digest = asked(folder, waiting)["digest"]
    other = agree(folder, waiting, "--digest", digest, "--username", "dora@example.com")
    assert other.exit_code == 2
    assert "about another user" in other.stderr
    assert not is_agreed(folder)
    user = ["--username", "diego@example.com"]
    assert agree(folder, waiting, "--digest", digest, *user).exit_code == 0


def test_a_production_pool_says_so_first(folder, waiting, pools):
    pools.write_text(POOLS_FILE.replace("[guarded]", "[guarded]\nproduction = true"))
    assert "PRODUCTION: guarded" in agree(folder, waiting).stdout


def test_at_a_terminal_the_digest_is_asked_for(folder, waiting, monkeypatch):
    class Terminal:
        stdin = type("Stdin", (), {"isatty": lambda self: True})()

    monkeypatch.setattr(cli_agree, "sys", Terminal)
    assert agree(folder, waiting, input="wrong\n").exit_code == 2
    digest = asked(folder, waiting)["digest"]
    answer = agree(folder, waiting, input=f"{digest[:12]}\n")
    assert answer.exit_code == 0
    assert "Repeat the digest to agree" in answer.stdout


def test_without_a_terminal_the_digest_has_to_be_given(folder, waiting):
    answer = agree(folder, waiting)
    assert answer.exit_code == 2
    assert "--digest" in answer.stderr


def test_the_account_that_asked_is_refused(folder, waiting, monkeypatch):
    digest = asked(folder, waiting)["digest"]
    monkeypatch.setattr(os, "getuid", lambda: FIRST)
    answer = agree(folder, waiting, "--digest", digest, env={"LOGNAME": "ann", "USER": "ann"})
    assert answer.exit_code == 6
    assert "another account has to agree" in answer.stderr
    assert not is_agreed(folder)


def test_an_unknown_run_and_a_folder_without_a_journal_are_refused(folder, waiting, tmp_path):
    for where, run in ((folder, "20260101-000000-00000000"), (tmp_path / "none", waiting)):
        answer = agree(where, run, "--digest", "0")
        assert answer.exit_code == 2
        assert f"There is no run {run}" in answer.stderr
    assert not (tmp_path / "none").exists()


def test_a_run_that_does_not_wait_is_refused(folder, waiting, sandbox):
    done = run_headless(RUNBOOKS["admin-reset"], {"pool": "open"}, out=folder, notebooks="none")
    answer = agree(folder, done.run, "--digest", "0")
    assert answer.exit_code == 2
    assert "does not wait for agreement" in answer.stderr


def test_a_plan_that_was_changed_in_the_journal_is_refused(folder, waiting):
    digest = asked(folder, waiting)["digest"]
    path = folder / "journal.jsonl"
    path.write_text(path.read_text().replace("INC-7", "INC-8"))
    answer = agree(folder, waiting, "--digest", digest)
    assert answer.exit_code == 2
    assert "not that of the plan" in answer.stderr


def test_a_folder_that_cannot_be_written_is_said_in_one_sentence(folder, waiting):
    digest = asked(folder, waiting)["digest"]
    folder.chmod(0o700)
    answer = agree(folder, waiting, "--digest", digest)
    assert answer.exit_code == 6
    assert answer.stderr.startswith(f"Error: {folder} is not shared with you: it needs a group")


@pytest.mark.parametrize(
    ("body", "status", "code", "words"),
    [
        (GOOD, 200, 6, "another AWS caller"),
        (EXPIRED, 403, 6, "Sign in to AWS again"),
        (GOOD.replace("/ann", "/bob"), 200, 0, "Agreed, for one run"),
    ],
)
def test_where_calls_are_signed_another_caller_agrees(
    folder, monkeypatch, tmp_path, sandbox, body, status, code, words
):
    from helpers.sandbox import open_sandbox, serve

    file = tmp_path / "pools.toml"
    guarded = POOLS_FILE.partition("[open]")[0].replace('target = "sandbox"\n', "")
    file.write_text(guarded)
    monkeypatch.setenv(POOLS, str(file))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example-secret")
    with serve(open_sandbox(), port=0) as cognito, sts() as told:
        monkeypatch.setenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", cognito.endpoint)
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", told.endpoint)
        with monkeypatch.context() as other:
            other.setattr(os, "getuid", lambda: FIRST)
            report = run_headless(RUNBOOKS["admin-reset"], GIVEN, out=folder, notebooks="none")
        assert report.exit_code == 10
        request = asked(folder, report.run)
        assert request["caller"] == ARN
        told.body, told.status = body, status
        answer = agree(folder, report.run, "--digest", request["digest"])
    assert answer.exit_code == code
    assert words in answer.output
    assert is_agreed(folder) == (code == 0)


# --- with another account, where these tests may take one on ---


@pytest.fixture
def shared():
    """A folder that two accounts of one group share, where any account gets to."""
    where = Path(tempfile.mkdtemp(dir="/tmp", prefix="agree-"))
    where.chmod(0o755)
    runs = where / "runs"
    runs.mkdir()
    if REAL == 0:
        os.chown(runs, 0, OTHER)
    runs.chmod(0o2770)
    yield runs
    shutil.rmtree(where)


OTHER = 65534
"""An account and a group that are nobody's."""


AS_OTHER = f"""
import os, sys
from click.testing import CliRunner
from helpers.__main__ import main
# Python may be where the other account does not get to, so all of it is imported first.
real, os.getuid = os.getuid, lambda: {FIRST}
CliRunner().invoke(main, ["wrong" if one == sys.argv[-1] else one for one in sys.argv[1:]])
os.getuid = real
os.setgroups([])
os.setgid({OTHER})
os.setuid({OTHER})
main(sys.argv[1:])
"""


def command(*words, other=False, **environ):
    how = ["-c", AS_OTHER] if other else ["-m", "helpers"]
    return subprocess.run(
        [sys.executable, *how, *words],
        cwd="/",
        env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_two_accounts_agree_from_end_to_end(shared):
    file = shared.parent / "pools.toml"
    file.write_text(POOLS_FILE)
    environ = {POOLS: str(file), "COGNITO_SANDBOX": str(shared.parent / "sandbox.sqlite")}
    given = [word for name, value in GIVEN.items() for word in ("-p", f"{name}={value}")]
    first = ["run", "admin-reset", *given, "--out", str(shared), "--json"]

    waits = command(*first, **environ)
    assert waits.returncode == 10, waits.stderr
    run = json.loads(waits.stdout)["run"]
    digest = asked(shared, run)["digest"][:12]
    words = ["agree", run, "--out", str(shared), "--digest", digest]
    same = command(*words, **environ, LOGNAME="bob", USER="bob")
    assert same.returncode == 6, same.stderr
    assert "another account has to agree" in same.stderr
    if REAL != 0:
        return  # these tests may not take another account on
    agreed = command(*words, other=True, **environ)
    assert agreed.returncode == 0, agreed.stderr
    assert (shared / f"{run}.agreed").stat().st_uid == OTHER
    acts = command(*first, **environ)
    assert acts.returncode == 0, acts.stderr
    assert json.loads(acts.stdout)["outcome"] == "confirmed"
    assert command(*first, **environ).returncode == 10
    checked = command("verify", "--out", str(shared), "--head", verified(shared), other=True)
    assert checked.returncode == 0, checked.stdout
    assert "runs of other accounts cannot be read here" in checked.stdout
    assert command("verify", "--out", str(shared)).returncode == 0


def verified(folder):
    verdict = Journal(folder).verify()
    assert verdict.faults == ()
    return verdict.head
