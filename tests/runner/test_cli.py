"""The command line: each exit code by a real cause, what is printed, and what a run leaves
behind.
"""

import contextlib
import json
import os
import pty
import re
import shlex
import signal
import socket
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import click
import nbformat
import pytest
from click.testing import CliRunner

from helpers.__main__ import main
from helpers.run.entries import Kept
from helpers.run.journal import Journal
from helpers.run.record import MIME
from helpers.runbooks import RUNBOOKS
from helpers.runner import cli_options
from helpers.runner.cli import stopped_early
from helpers.runner.signals import StopRequests
from helpers.sandbox import (
    DEFAULT_CLIENT_ID,
    DEFAULT_POOL_ID,
    DEFAULT_USERNAME,
    open_sandbox,
)
from helpers.target import Target
from tests import until
from tests.bench_headless import cognito

COMMAND = str(Path(sys.executable).with_name("cognito-reset"))
NEW = "A-new-password-1"


@pytest.fixture
def box(tmp_path, monkeypatch):
    """A sandbox in a file, which the kernel shares, with a code requested."""
    monkeypatch.setenv("COGNITO_SANDBOX", str(tmp_path / "sandbox.sqlite"))
    monkeypatch.setenv("NEW_PASSWORD", NEW)
    opened = open_sandbox()
    Target().client().forgot_password(ClientId=DEFAULT_CLIENT_ID, Username=DEFAULT_USERNAME)
    monkeypatch.setenv("THE_CODE", Target().newest_code(DEFAULT_USERNAME))
    return opened


@pytest.fixture
def run(tmp_path):
    """Run confirm-reset by the command and return (exit code, what --json printed)."""

    def running(*options, **values):
        given = {"code": "env:THE_CODE", "new_password": "env:NEW_PASSWORD", **values}
        pairs = [part for name, value in given.items() for part in ("-p", f"{name}={value}")]
        answer = CliRunner().invoke(
            main,
            ["run", "confirm-reset", "--out", str(tmp_path / "runs"), "--json", *pairs, *options],
        )
        assert answer.exception is None or isinstance(answer.exception, SystemExit), answer.output
        return answer.exit_code, json.loads(answer.stdout)

    return running


# --- each exit code ---


def test_0_when_the_password_is_changed_and_proved(box, run, tmp_path):
    code, report = run()
    assert (code, report["outcome"], report["state"]) == (0, "confirmed", "completed")
    assert report["proof"].startswith("One sign-in")
    assert len(report["request_ids"]) == 2


WORDS = ("confirmed", "completed", "outcome", "schema_version", "application", "metadata", "source")


@pytest.mark.parametrize("password", [*WORDS, "execution_state", "Confirm", "confirm-reset"])
def test_0_for_a_password_that_is_a_word_of_ours(password, run, monkeypatch, tmp_path):
    monkeypatch.setenv("NEW_PASSWORD", password)
    monkeypatch.setenv("THE_CODE", "123456")
    with cognito() as endpoint:  # with any policy
        code, report = run(target=endpoint)
    assert (code, report["outcome"], report["state"]) == (0, "confirmed", "completed")
    assert report["proof"].startswith("One sign-in")
    nbformat.validate(nbformat.read(report["notebook"], 4))
    assert Kept.model_validate_json(Path(report["record_file"]).read_text()).ended


def test_2_for_parameters_all_told_at_once_and_no_folder_is_made(box, run, tmp_path):
    code, report = run(usrname="x", region="mars", new_password=NEW)
    assert (code, report["outcome"], report["state"]) == (2, "not_sent", "refused")
    assert [problem.split(":")[0] for problem in report["problems"]] == [
        "usrname",
        "region",
        "new_password",
    ]
    assert NEW not in json.dumps(report) + Journal(tmp_path / "runs").path.read_text()
    assert [path.name for path in (tmp_path / "runs").iterdir() if path.is_dir()] == []


def test_2_for_a_limit_that_is_no_number_of_seconds(box, run, monkeypatch, tmp_path):
    monkeypatch.setenv("COGNITO_RESET_RUN_TIMEOUT", "abc")
    code, report = run()
    assert (code, report["outcome"], report["state"]) == (2, "not_sent", "refused")
    assert report["problems"] == [
        "COGNITO_RESET_RUN_TIMEOUT: must be a number of seconds, such as 90."
    ]
    assert [path.name for path in (tmp_path / "runs").iterdir() if path.is_dir()] == []
    assert run("--timeout", "60")[0] == 0


def test_3_for_a_code_that_cognito_refuses(box, run, monkeypatch):
    monkeypatch.setenv("THE_CODE", "000000" if os.environ["THE_CODE"] != "000000" else "111111")
    code, report = run()
    assert (code, report["outcome"]) == (3, "refused")
    assert (
        report["detail"]
        == "CodeMismatchException: Invalid verification code provided, please try again."
    )


def test_4_for_a_password_that_cognito_refuses(box, run, monkeypatch):
    monkeypatch.setenv("NEW_PASSWORD", "Weak-1")
    assert run()[0] == 4


def test_5_for_the_users_attempt_limit(box, run, monkeypatch):
    client = Target().client()
    for _ in range(5):
        with pytest.raises(client.exceptions.ClientError):
            client.confirm_forgot_password(
                ClientId=DEFAULT_CLIENT_ID,
                Username=DEFAULT_USERNAME,
                ConfirmationCode="000000",
                Password=NEW,
            )
    assert run()[0] == 5


def test_6_for_an_app_client_that_is_not_there(box, run):
    assert run(client_id="0unknown0client0id0000000")[0] == 6


def test_7_for_an_endpoint_where_nobody_answers(box, run):
    code, report = run(target="http://127.0.0.1:9")
    assert (code, report["outcome"]) == (7, "not_sent")


def test_8_for_an_answer_that_was_lost_and_could_not_be_settled(box, run):
    box.fault("ConfirmForgotPassword", "500-before-commit")
    code, report = run()
    assert (code, report["outcome"]) == (8, "unknown")


class Silence:
    """An endpoint that takes every request and never answers."""

    def __init__(self, server):
        self._server = server
        self.url = f"http://127.0.0.1:{server.getsockname()[1]}"

    def asked(self):
        """Whether a request has come since this was last asked."""
        self._server.settimeout(0)
        with (
            contextlib.suppress(BlockingIOError, ConnectionError),
            self._server.accept()[0] as client,
        ):
            client.settimeout(60)
            return client.recv(1) != b""
        return False


@pytest.fixture
def silence():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield Silence(server)


def test_124_for_a_run_that_took_too_long_and_the_outcome_is_unknown_because_it_was_sent(
    box, run, silence
):
    # How long it takes until the request is sent depends on the machine.
    for seconds in (2, 4, 8, 16, 32, 64):
        code, report = run("--timeout", str(seconds), target=silence.url)
        assert (code, report["state"]) == (124, "timed_out")
        if silence.asked():
            break
    assert report["outcome"] == "unknown"
    assert "one sign-in" in report["next_step"]


def test_124_before_anything_was_sent_is_not_sent(box, run):
    code, report = run("--timeout", "0.001")
    assert (code, report["outcome"]) == (124, "not_sent")


def start(*options, **values):
    given = {"code": "env:THE_CODE", "new_password": "env:NEW_PASSWORD", **values}
    pairs = [part for name, value in given.items() for part in ("-p", f"{name}={value}")]
    return subprocess.Popen(
        [COMMAND, "run", "confirm-reset", "--json", *pairs, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def waiting_for_an_answer(out):
    """Wait until the journal says that the run sends its request; return the executed notebook."""
    journal = Path(out) / "journal.jsonl"
    until(lambda: journal.exists() and '"event": "sending"' in journal.read_text())
    (executed,) = Path(out).glob("*/confirm-reset.ipynb")
    return executed


def kernels_of(pid):
    """The processes below the run: the one that has everything imported, and the kernel that it has
    forked.
    """
    found, all_of = [pid], []
    while found:
        each = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(found.pop())],
            capture_output=True,
            text=True,
            check=False,
        )
        found += [int(line) for line in each.stdout.split()]
        all_of += [int(line) for line in each.stdout.split()]
    return all_of


def test_138_for_a_kernel_that_was_killed_and_there_is_a_record_all_the_same(
    box, tmp_path, silence
):
    process = start(
        "--out",
        str(tmp_path / "runs"),
        "--record",
        str(tmp_path / "record.json"),
        target=silence.url,
    )
    waiting_for_an_answer(tmp_path / "runs")
    os.kill(kernels_of(process.pid)[-1], signal.SIGKILL)
    report = json.loads(process.communicate(timeout=60)[0])
    assert (process.returncode, report["outcome"], report["state"]) == (138, "unknown", "died")
    assert "SIGKILL" in report["detail"]
    kept = Kept.model_validate_json((tmp_path / "record.json").read_text())
    assert kept.ended is not None
    assert (kept.ended.exit_code, kept.ended.outcome) == (138, "unknown")


SIGNALS = [
    (signal.SIGINT, 130),
    (signal.SIGTERM, 143),
    (signal.SIGHUP, 129),
    (signal.SIGQUIT, 131),
]


@pytest.mark.parametrize(("number", "code"), SIGNALS, ids=lambda given: getattr(given, "name", ""))
def test_stopped_from_outside_it_ends_cleanly_with_a_record_that_says_so(
    number, code, box, tmp_path, silence
):
    process = start("--out", str(tmp_path / "runs"), target=silence.url)
    executed = waiting_for_an_answer(tmp_path / "runs")
    below = kernels_of(process.pid)
    os.kill(process.pid, number)
    out, err = process.communicate(timeout=60)
    report = json.loads(out)
    assert (process.returncode, report["outcome"], report["state"]) == (
        code,
        "unknown",
        "interrupted",
    )
    assert "Traceback" not in err
    saved = nbformat.read(executed, 4)
    assert saved.metadata.cognito_reset.ended == "interrupted"
    until(lambda: not any(is_alive(pid) for pid in below))


def is_alive(pid):
    """Whether a process runs; a zombie does not."""
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout
    return not state.startswith("Z") and state != ""


def takes(pid, number):
    """Whether a process handles a signal in its own way by now."""
    caught = re.search(r"SigCgt:\s+(\w+)", Path(f"/proc/{pid}/status").read_text())[1]
    return bool(int(caught, 16) >> (number - 1) & 1)


@pytest.mark.parametrize(("number", "code"), SIGNALS, ids=lambda given: getattr(given, "name", ""))
def test_stopped_before_it_began_it_says_so_and_leaves_no_line(number, code, box, tmp_path):
    process = subprocess.Popen(
        [COMMAND, "run", "confirm-reset", "--out", str(tmp_path), "-p", "code=stdin:"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    # SIGINT is taken by Python itself, and then by us as the others are.
    until(lambda: takes(process.pid, signal.SIGTERM))
    os.kill(process.pid, number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert (out, err.count("\n")) == ("", 1)
    assert "before anything ran: nothing was sent." in err
    assert not Journal(tmp_path).path.exists()


@pytest.mark.parametrize("fails", [False, True])
def test_a_stop_that_is_only_noted_ends_the_command_all_the_same(fails, capsys):
    """A signal that comes while Python imports is only noted; something else may fail for it."""
    stop = StopRequests()

    def command(ctx):
        with stopped_early(ctx, stop):
            stop._take(signal.SIGTERM, None)
            if fails:
                raise click.UsageError("code: nothing came through stdin:")

    with click.Context(main) as ctx, pytest.raises(click.exceptions.Exit) as ended:
        command(ctx)
    assert ended.value.exit_code == 143
    assert "nothing was sent" in capsys.readouterr().err


def test_under_nohup_a_terminal_that_closes_ends_nothing(box, tmp_path, silence):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        process = start("--out", str(tmp_path / "runs"), target=silence.url)
    finally:
        signal.signal(signal.SIGHUP, before)
    waiting_for_an_answer(tmp_path / "runs")
    os.kill(process.pid, signal.SIGHUP)
    os.kill(process.pid, signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 143


def test_what_killed_runs_have_left_is_cleared_by_the_next_run(box, run, tmp_path, silence):
    process = start("--out", str(tmp_path / "runs"), target=silence.url)
    executed = waiting_for_an_answer(tmp_path / "runs")
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    draft = executed.with_name(f".record.json.{process.pid}")
    draft.touch()
    assert list((tmp_path / "runs").glob(".*.lock"))
    run()
    assert not list((tmp_path / "runs").glob(".*.lock"))
    assert not draft.exists()
    assert executed.exists()


# --- what it leaves ---


def test_a_run_leaves_the_executed_notebook_and_the_record_for_its_owner_alone(box, run, tmp_path):
    report = run()[1]
    executed, record = Path(report["notebook"]), Path(report["record_file"])
    modes = [
        stat.S_IMODE(path.stat().st_mode)
        for path in (executed, record, executed.parent, tmp_path / "runs")
    ]
    assert modes == [0o600, 0o600, 0o700, 0o700]
    kept = Kept.model_validate_json(record.read_text())
    assert kept.ended.record.outcome == "confirmed"
    assert kept.started.parameters["code"] == "env:THE_CODE"
    assert len(kept.started.digest) == 64
    assert {"python", "papermill", "ipykernel", "boto3"} < set(kept.started.versions)
    assert any(
        MIME in output.get("data", {})
        for cell in nbformat.read(executed, 4).cells
        for output in cell.get("outputs", [])
    )


@pytest.mark.parametrize(
    ("how", "kept"),
    [
        ("clear", r"diego@example\.com"),
        ("masked", r"d\*\*\*@e\*\*\*"),
        ("hashed", r"hmac-sha256:[0-9a-f]{32}"),
    ],
)
def test_the_username_is_kept_as_chosen(how, kept, box, run, tmp_path):
    report = run("--username-as", how)[1]
    text = Path(report["record_file"]).read_text() + Journal(tmp_path / "runs").path.read_text()
    assert ("diego@example.com" in text) == (how == "clear")
    assert len(set(re.findall(r'"username": "(.*?)"', text))) == 1
    assert re.fullmatch(kept, re.search(r'"username": "(.*?)"', text).group(1))


def test_a_run_is_found_by_its_case_number(run, tmp_path):
    for case in ("INC-7", "INC-8"):
        run("--dry-run", case_number=case)
    answer = CliRunner().invoke(
        main, ["show", "--out", str(tmp_path / "runs"), "--case", "INC-8", "--json"]
    )
    (found,) = json.loads(answer.stdout)
    assert found["started"]["parameters"]["case_number"] == "INC-8"


def test_production_is_told_in_a_frame_and_the_pool_in_json(box, run, tmp_path, monkeypatch):
    path = tmp_path / "pools.toml"
    path.write_text(
        f'[prod]\nproduction = true\ntarget = "sandbox"\nuser_pool_id = "{DEFAULT_POOL_ID}"\n'
        f'[prod.clients.web]\nclient_id = "{DEFAULT_CLIENT_ID}"\n'
    )
    monkeypatch.setenv("COGNITO_RESET_POOLS", str(path))
    report = run(pool="prod")[1]
    assert (report["pool"], report["production"], report["exit_code"]) == ("prod", True, 0)
    out = ("--out", str(tmp_path / "runs"))
    text = invoke("run", "audit-pool", "-p", "pool=prod", *out).stdout
    assert text.startswith("================\nPRODUCTION: prod\n================\n")
    text = invoke("run", "audit-pool", "-p", "pool=prod", "--dry-run", *out).stdout
    assert text.count("PRODUCTION: prod") == 3, "where, plan and result"
    table = tmp_path / "table.csv"
    table.write_text("username\ndiego@example.com\n")
    text = invoke("batch", "diagnose-user", str(table), "-p", "pool=prod", *out).stdout
    assert text.startswith("================\nPRODUCTION: prod\n================\n1 of 1 rows")


def test_values_stay_the_text_that_was_typed(box, run):
    assert "username" not in " ".join(run(username="+015551234567")[1]["problems"])
    assert run(username="012345")[1]["exit_code"] == 6


# --- what it prints ---


def invoke(*arguments, **options):
    return CliRunner().invoke(main, list(arguments), **options)


def test_the_result_is_one_readable_block(box, tmp_path):
    answer = invoke(
        "run",
        "confirm-reset",
        "--out",
        str(tmp_path / "runs"),
        "-p",
        "code=env:THE_CODE",
        "-p",
        "new_password=env:NEW_PASSWORD",
    )
    assert answer.stdout.startswith("confirmed: The user can sign in with the new password")
    assert "What to do next" in answer.stdout
    assert answer.stderr == ""


def test_a_dry_run_shows_the_plan_and_sends_nothing(box, run, tmp_path):
    code, report = run("--dry-run")
    assert (code, report["outcome"], report["state"]) == (0, "not_sent", "planned")
    assert "ConfirmForgotPassword" in report["plan"][1]
    statuses = {
        c.id: c.metadata.papermill.status for c in nbformat.read(report["notebook"], 4).cells
    }
    assert (statuses["plan"], statuses["form"], statuses["proof"]) == (
        "completed",
        "pending",
        "pending",
    )
    assert run()[0] == 0  # the code is still good


def test_help_after_a_runbooks_name_shows_its_parameters_from_the_schema():
    text = invoke("run", "confirm-reset", "--help").stdout
    for name, field in RUNBOOKS["confirm-reset"].parameters.model_fields.items():
        assert re.search(rf"\b{name}\b", text), name
        assert str(field.description).split()[-1] in text
    assert "stdin:" in text


def test_list_shows_the_runbooks():
    assert "confirm-reset\n  Set a new password" in invoke("list").stdout
    assert [one["name"] for one in json.loads(invoke("list", "--json").stdout)] == sorted(RUNBOOKS)
    assert {path.stem for path in RUNBOOKS["confirm-reset"].path.parent.glob("*.ipynb")} == set(
        RUNBOOKS
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "confirm-rest"], "Did you mean confirm-reset?"),
        (["run", "confirm-reset", "-p", "hunter2hunter"], "is written NAME=VALUE"),
        (["run", "confirm-reset", "-p", "code=stdin:"], "code: nothing came through stdin:"),
        (["run", "confirm-reset", "-p", "code=prompt:"], "needs a terminal"),
        (["run", "confirm-reset", "-p", "a=hunter2", "-p", "a=b"], "gives a parameter twice"),
        (["show", "no-such-run"], "There is no run no-such-run"),
    ],
    ids=["runbook", "no-name", "empty-input", "no-terminal", "twice", "no-run"],
)
def test_bad_input_is_answered_in_words_with_exit_code_2(arguments, words, tmp_path):
    arguments += ["--out", str(tmp_path / "runs")] if "confirm-rest" not in arguments else []
    answer = invoke(*arguments, input="")
    assert answer.exit_code == 2
    assert words in answer.stderr
    assert "hunter2" not in answer.output
    assert "Traceback" not in answer.output


@pytest.fixture
def unusable(tmp_path):
    """What cannot be a folder of runs, by what is wrong with it."""
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere" / "x")
    (tmp_path / "taken" / "journal.jsonl").mkdir(parents=True)
    return {
        "below a file": tmp_path / "file" / "x",
        "name too long": tmp_path / ("a" * 300),
        "dangling link": tmp_path / "dangling",
        "read-only": Path("/proc/runs"),
        "no text": tmp_path / "a\udcff",
        "its journal is a folder": tmp_path / "taken",
    }


@pytest.mark.parametrize(
    "why",
    [
        "below a file",
        "name too long",
        "dangling link",
        "read-only",
        "no text",
        "its journal is a folder",
    ],
)
@pytest.mark.parametrize(
    "command", [["run", "confirm-reset"], ["first-run"], ["batch", "confirm-reset", os.devnull]]
)
def test_a_folder_where_no_run_can_be_kept_is_refused_before_anything_is_sent(
    command, why, unusable
):
    answer = invoke(*command, "--out", str(unusable[why]))
    assert answer.exit_code == 2
    assert "--out: " in answer.stderr
    assert answer.stderr.endswith("Nothing was sent.\n")
    assert "Traceback" not in answer.output


def test_a_full_disk_is_found_before_anything_is_sent(tmp_path, monkeypatch):
    monkeypatch.setattr(
        cli_options.tempfile,
        "TemporaryFile",
        lambda **_: Path("/dev/full").open("wb", 0),  # noqa: SIM115
    )
    answer = invoke("run", "confirm-reset", "--out", str(tmp_path / "runs"))
    assert answer.exit_code == 2
    assert "No space left on device. Nothing was sent." in answer.stderr
    assert not Journal(tmp_path / "runs").path.exists()


@pytest.mark.parametrize("command", ["show", "verify"])
@pytest.mark.parametrize("why", ["name too long", "its journal is a folder"])
def test_a_journal_that_cannot_be_read_is_told_in_words(command, why, unusable):
    answer = invoke(command, "--out", str(unusable[why]))
    assert answer.exit_code == 2
    assert "cannot be used" in answer.stderr


def test_a_record_that_cannot_be_written_is_refused_before_anything_is_sent(tmp_path, unusable):
    for path in (tmp_path / "file" / "x", Path("/proc/x"), tmp_path / ("a" * 255)):
        answer = invoke(
            "run", "confirm-reset", "--out", str(tmp_path / "runs"), "--record", str(path)
        )
        assert answer.exit_code == 2
        assert "--record: " in answer.stderr
    assert not Journal(tmp_path / "runs").path.exists()


@pytest.mark.parametrize("redirected", [">&-", "2>&-", ">&- 2>&-", "<&-", ">/dev/full"])
def test_a_run_goes_its_way_whatever_its_streams_are(redirected, box, tmp_path):
    words = [COMMAND, "run", "confirm-reset", "--out", str(tmp_path / "runs")]
    words += ["-p", "code=env:THE_CODE", "-p", "new_password=env:NEW_PASSWORD"]
    done = subprocess.run(
        ["sh", "-c", f"{shlex.join(words)} {redirected}"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert [each.outcome for each in Journal(tmp_path / "runs").runs()] == ["confirmed"]
    assert "Traceback" not in done.stderr


def test_a_wrong_aws_configuration_does_not_matter_to_the_sandbox(box, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    process = start("--out", str(tmp_path / "runs"))
    report = json.loads(process.communicate(timeout=60)[0])
    assert (process.returncode, report["outcome"], report["detail"]) == (0, "confirmed", "")


# --- secrets that are typed or piped ---


def test_secrets_come_through_standard_input_a_line_each_in_the_order_given(box, tmp_path):
    lines = f"{NEW}\n{os.environ['THE_CODE']}\n"
    answer = invoke(
        "run",
        "confirm-reset",
        "--json",
        "--out",
        str(tmp_path),
        "-p",
        "new_password=stdin:",
        "-p",
        "code=stdin:",
        input=lines,
    )
    assert answer.exit_code == 0, answer.output
    kept = Kept.model_validate_json(Path(json.loads(answer.stdout)["record_file"]).read_text())
    assert (kept.started.parameters["new_password"], kept.started.parameters["code"]) == (
        "stdin:",
        "stdin:",
    )
    assert not [name for name in os.environ if name.startswith("COGNITO_RESET_NEW")]


def test_a_hidden_prompt_asks_on_the_terminal_and_shows_nothing_of_the_answer(box, tmp_path):
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(
            COMMAND,
            [
                COMMAND,
                "run",
                "confirm-reset",
                "--out",
                str(tmp_path / "runs"),
                "-p",
                "code=env:THE_CODE",
                "-p",
                "new_password=prompt:",
            ],
        )
    seen = b""
    while b"new password: " not in seen:
        seen += os.read(terminal, 1024)
    os.write(terminal, NEW.encode() + b"\n")
    while True:
        try:
            more = os.read(terminal, 1024)
        except OSError:
            break
        seen += more
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, seen
    os.close(terminal)
    assert NEW.encode() not in seen
    assert b"cell 1 of" in seen  # the progress line


@pytest.mark.parametrize("command", [["run", "request-code"], ["batch", "request-code", "t.csv"]])
def test_a_notebook_that_is_missing_is_a_sentence_and_nothing_is_written(
    command, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    tmp_path.joinpath("t.csv").write_text(f"username\n{DEFAULT_USERNAME}\n")
    entry = replace(RUNBOOKS["request-code"], path=tmp_path / "gone.ipynb")
    monkeypatch.setitem(RUNBOOKS, "request-code", entry)
    answer = CliRunner().invoke(main, command)
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr == (
        f"Error: The notebook {tmp_path}/gone.ipynb cannot be read:"
        " install cognito-reset-runbooks again.\n"
    )
    assert not tmp_path.joinpath("runs").exists()


@pytest.mark.parametrize("command", [["verify"], ["run", "request-code"]])
def test_a_key_of_the_journal_given_by_value_is_a_sentence_and_is_not_repeated(
    command, box, tmp_path, monkeypatch
):
    monkeypatch.setenv("COGNITO_RESET_JOURNAL_KEY", "planted-key")
    answer = CliRunner().invoke(main, [*command, "--out", str(tmp_path / "runs")])
    assert answer.exit_code == 2
    assert "COGNITO_RESET_JOURNAL_KEY: not a reference" in answer.stderr
    assert "planted-key" not in answer.output
