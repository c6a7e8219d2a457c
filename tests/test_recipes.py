"""The recipes for schedulers, run as far as that can be done without the services that they are
for.
"""

import configparser
import json
import os
import re
import subprocess
import sys
import types
from pathlib import Path

import nbformat
import papermill
import pytest
import yaml
from nbclient import NotebookClient
from papermill.engines import papermill_engines
from traitlets.config import Config

from helpers.run.journal import Journal
from helpers.run.record import find_record
from helpers.runbooks.schemas import ConfirmResetParameters
from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_POOL_ID, DEFAULT_USERNAME, open_sandbox
from helpers.target import Target
from tests import ROOT

RECIPES = ROOT.joinpath("docs", "schedulers.md").read_text(encoding="utf-8")


def blocks(heading):
    """The fenced blocks below one heading, as (language, text)."""
    section = re.split(r"^#+ ", RECIPES, flags=re.MULTILINE)
    mine = next(part for part in section if part.startswith(heading + "\n"))
    return re.findall(r"^```(\w+)\n(.*?)^```$", mine, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def secrets(tmp_path, monkeypatch):
    """A sandbox in a file with a code requested, and both secrets in the environment."""
    monkeypatch.setenv("COGNITO_SANDBOX", str(tmp_path / "sandbox.sqlite"))
    open_sandbox()
    Target().client().forgot_password(ClientId=DEFAULT_CLIENT_ID, Username=DEFAULT_USERNAME)
    monkeypatch.setenv("RESET_CODE", Target().newest_code(DEFAULT_USERNAME))
    monkeypatch.setenv("RESET_PASSWORD", "A-new-password-1")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")


def here(value):
    """The same reference, to where a test has the secret."""
    return (
        value.replace("secretsmanager:cognito-reset#code", "env:RESET_CODE")
        .replace("secretsmanager:cognito-reset#password", "env:RESET_PASSWORD")
        .replace("aws", "sandbox")
        .replace("1example23456789", DEFAULT_CLIENT_ID)
    )


@pytest.fixture
def opt(secrets, tmp_path):
    """A folder such as /opt/cognito-reset-runbooks, with the table beside it."""
    _, (_, table) = blocks("cron")
    table = here(table).replace("eu-west-1_AbCdEfGhI", DEFAULT_POOL_ID)
    (tmp_path / "pools.csv").write_text(table.replace("eu-west-1", "us-east-1"))
    (tmp_path / "runs").mkdir()
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parent.parent)
    return tmp_path


def test_cron(opt):
    (_, crontab), _ = blocks("cron")
    line = crontab.splitlines()[-1]
    when, command = re.fullmatch(r"((?:\S+ ){5})(.*)", line).groups()
    assert all(re.fullmatch(r"[\d*/,-]+", part) for part in when.split())
    assert "%" not in command  # which cron takes for the end of a line
    command = command.replace("/opt/cognito-reset-runbooks", str(opt))
    for night in range(2):
        subprocess.run(["/bin/sh", "-c", command], check=True)
        told = json.loads((opt / "runs" / "last.json").read_text())
        assert told["outcomes"] == {"confirmed": 1}
        assert len(Journal(opt / "runs").runs()) == night + 1, "it looks anew each night"


def test_systemd(opt):
    (_, service), (_, timer) = blocks("systemd")
    service, timer = unit(service), unit(timer)
    assert re.fullmatch(r"\*-\*-\* \d\d:\d\d:\d\d", timer["Timer"]["OnCalendar"])
    assert timer["Install"]["WantedBy"] == "timers.target"
    settings = {
        name: value.replace("/opt/cognito-reset-runbooks", str(opt))
        for name, value in service["Service"].items()
    }
    assert settings["Type"] == "oneshot"
    assert settings["SuccessExitStatus"] == "9"
    assert "%" not in settings["ExecStart"]  # which systemd takes for the name of something
    table = opt / "users.csv"
    names = ("diego@example.com", "nobody@example.com")
    rows = "".join(f"{name},{name}\n" for name in names)
    table.write_text(f"username,confirm_username\n{rows}")
    begun = ["cognito-reset", "batch", "admin-reset", table, "--users", "2", "--first", "1"]
    assert subprocess.run([*begun, "--out", opt / "runs"], check=False).returncode == 9
    answer = subprocess.run(
        settings["ExecStart"].split(),
        cwd=settings["WorkingDirectory"],
        umask=int(settings["UMask"], 8),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 1, answer.stderr
    assert json.loads(answer.stdout)["outcomes"] == {"confirmed": 1, "refused": 1}


def unit(text):
    """Read a unit of systemd, whose names keep their capitals."""
    parser = configparser.ConfigParser(interpolation=None, delimiters="=")
    parser.optionxform = str
    parser.read_string(text)
    return parser


def test_github_actions(secrets, tmp_path):
    [(_, text)] = blocks("GitHub Actions")
    steps = {step.get("name"): step for step in yaml.safe_load(text)["jobs"]["confirm"]["steps"]}
    assert steps["keep"]["if"] == "always()"
    assert "-c requirements.lock" in steps["install"]["run"]
    known = {
        "secrets.RESET_CODE": os.environ["RESET_CODE"],
        "secrets.RESET_PASSWORD": os.environ["RESET_PASSWORD"],
        "inputs.username": DEFAULT_USERNAME,
        "vars.RESET_TARGET": "sandbox",
        "vars.RESET_CLIENT": DEFAULT_CLIENT_ID,
    }
    given = {
        name: known[re.fullmatch(r"\$\{\{ (\S+) \}\}", value).group(1)]
        for name, value in steps["confirm"]["env"].items()
    }
    answer = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", steps["confirm"]["run"]],
        env={**os.environ, **given},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(answer.stdout)["outcome"] == "confirmed"


def test_airflow(secrets, tmp_path, monkeypatch):
    [(_, code)] = blocks("Airflow")

    class DAG:
        def __init__(self, name, **about):
            assert about["catchup"] is False

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    class PapermillOperator:
        """What Airflow's own does with these arguments."""

        def __init__(
            self, *, task_id, input_nb, output_nb, parameters, kernel_name=None, language_name=None
        ):
            values = {
                name: here(value).replace("{{ params.username }}", DEFAULT_USERNAME)
                for name, value in parameters.items()
            }
            out = str(tmp_path / Path(output_nb).name.replace("{{ ts_nodash }}", "20260101T000000"))
            executed.append(
                papermill.execute_notebook(
                    str(ROOT / input_nb),
                    out,
                    parameters=values,
                    progress_bar=False,
                    report_mode=True,
                    kernel_name=kernel_name,
                    language=language_name,
                )
            )

    executed = []
    for name, content in {
        "airflow": {"DAG": DAG},
        "airflow.providers": {},
        "airflow.providers.papermill": {},
        "airflow.providers.papermill.operators": {},
        "airflow.providers.papermill.operators.papermill": {"PapermillOperator": PapermillOperator},
    }.items():
        module = types.ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setitem(papermill_engines._engines, None, papermill_engines._engines[None])
    exec(compile(code, "schedulers.md", "exec"), {})
    assert find_record(executed[0])["outcome"] == "confirmed"
    assert executed[0].metadata.cognito_reset.ended == "completed"


def test_step_functions(secrets, tmp_path):
    [(_, text)] = blocks("Step Functions")
    state = json.loads(text)["States"]["Confirm"]
    assert "Retry" not in state
    [container] = state["Arguments"]["Overrides"]["ContainerOverrides"]
    whom = "{% 'username=' & $states.input.username %}"
    assert whom in container["Command"]
    answer = subprocess.run(
        [
            f"username={DEFAULT_USERNAME}" if word == whom else here(word)
            for word in container["Command"]
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(answer.stdout)["outcome"] == "confirmed"


def test_jupyter_scheduler(secrets, tmp_path):
    [(_, text)] = blocks("jupyter-scheduler")
    job = json.loads(text)
    notebook = nbformat.read(ROOT / job["input_uri"], 4)
    # Its own way to put parameters in: a line of code for each, the value as it is.
    lines = [f"{name} = {here(value)}" for name, value in job["parameters"].items()]
    place = next(
        n for n, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", [])
    )
    notebook.cells.insert(place + 1, nbformat.v4.new_code_cell("\n".join(lines)))
    NotebookClient(
        notebook,
        kernel_name=job["runtime_environment_name"],
        store_widget_state=False,
        timeout=60,
        config=Config({"KernelManager": {"transport": "ipc", "ip": str(tmp_path / "k")}}),
    ).execute()
    assert find_record(notebook)["outcome"] == "confirmed"


def test_sagemaker(tmp_path, monkeypatch):
    (_, code), (_, script) = blocks("SageMaker notebook jobs")
    made = {}
    for name in ("sagemaker", "sagemaker.workflow", "sagemaker.workflow.notebook_job_step"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    sys.modules["sagemaker.workflow.notebook_job_step"].NotebookJobStep = lambda **about: (
        made.update(about)
    )
    exec(compile(code, "schedulers.md", "exec"), {})
    allowed = {
        "name",
        "input_notebook",
        "image_uri",
        "kernel_name",
        "initialization_script",
        "additional_dependencies",
        "parameters",
    }
    assert set(made) == allowed
    assert all(
        (ROOT / path).exists()
        for path in [made["input_notebook"], *made["additional_dependencies"]]
    )
    assert ConfirmResetParameters.read(made["parameters"], person=False)[1] == []
    assert "-c requirements.lock -e ." in script
