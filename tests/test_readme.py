"""The README: every command in it is run, and every table in it is held against the code."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from helpers.cognito import errors
from helpers.run.record import Outcome
from helpers.sandbox import DEFAULT_POOL_ID, DEFAULT_PORT, Sandbox, serve
from helpers.secrets.references import SCHEMES
from helpers.target import ALLOWED_HOSTS, Target
from tests import ROOT, runbook_tables, until
from tests.rebaseline import NOTEBOOKS, notebooks
from tests.sandbox import facts_table

README = ROOT.joinpath("README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def environment(**more):
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, **more}


def block_with(text, language="bash"):
    found = [block for block in blocks(language) if text in block]
    assert len(found) == 1, text
    return found[0]


def test_every_bash_block_is_known_to_a_test_here():
    known = (
        "make run\nmake lab",
        "papermill notebooks",
        "make sandbox",
        "forgot-password",
        "conda env create",
        "cognito-reset list",
        "cognito-reset run diagnose-user",
        "papermill --engine",
        "pip install --quiet -c requirements.lock",
        "voila notebooks/runbooks",
    )
    for block in blocks("bash"):
        assert any(word in block for word in known), block


@pytest.mark.skipif(
    not ROOT.joinpath(".venv/run").exists(), reason="make run has not made this environment"
)
def test_make_run_does_what_the_session_shows(tmp_path):
    done = subprocess.run(
        ["make", "--no-print-directory", "run"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        env=environment(COGNITO_SANDBOX=str(tmp_path / "sandbox.sqlite")),
    )
    assert done.returncode == 0, done.stderr
    shown = re.sub(r"\d{8}-\d{6}", "TIME", block_with("1. Requesting", "text"))
    assert re.sub(r"\d{8}-\d{6}", "TIME", done.stdout) == shown


@pytest.fixture
def jupyter_settings(tmp_path):
    config = {"ServerApp": {"allow_root": True, "open_browser": False, "port": 0}}
    tmp_path.joinpath("jupyter_server_config.json").write_text(json.dumps(config))
    return environment(
        JUPYTER_CONFIG_DIR=str(tmp_path),
        JUPYTER_RUNTIME_DIR=str(tmp_path / "runtime"),
        COGNITO_SANDBOX=str(tmp_path / "sandbox.sqlite"),
    )


def started(command, env, folder, pattern):
    """Start a command that goes on, wait until its output matches, yield the match, and end it."""
    output = folder / "output"
    with output.open("w") as file:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=env,
            stdout=file,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        until(lambda: re.search(pattern, output.read_text()) or process.poll() is not None)
        found = re.search(pattern, output.read_text())
        assert found, output.read_text()
        yield found
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


@pytest.mark.skipif(
    not ROOT.joinpath(".venv/run").exists(), reason="make run has not made this environment"
)
def test_make_lab_opens_on_the_start_notebook(jupyter_settings, tmp_path):
    url = r"(http://localhost:\d+)/lab/tree/00-start-here\.ipynb\?token="
    for found in started(["make", "lab"], jupyter_settings, tmp_path, url):
        # JupyterLab prints its address shortly before it answers there.
        api = f"{found.group(1)}/api"
        assert b"version" in until(lambda api=api: answer(api))


def answer(url):
    """Return what is answered there, None where nobody answers yet."""
    try:
        with urllib.request.urlopen(url, timeout=60) as said:
            return said.read()
    except urllib.error.URLError:
        return None


@pytest.mark.skipif(
    not ROOT.joinpath(".venv/run").exists(), reason="make run has not made this environment"
)
def test_make_sandbox_says_where_it_is_when_it_is_ready(tmp_path):
    env = environment(COGNITO_SANDBOX=str(tmp_path / "sandbox.sqlite"))
    command = ["make", "--no-print-directory", "sandbox", "PORT=0"]
    for found in started(command, env, tmp_path, r"\{.*\}"):
        endpoint = json.loads(found.group())["endpoint"]
        assert json.loads(answer(f"{endpoint}/_sandbox/health"))["status"] == "ok"


def test_make_sandbox_is_where_the_readme_says_unless_another_port_is_named():
    def command(*words):
        return subprocess.run(
            ["make", "--dry-run", "sandbox", *words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
            env={name: value for name, value in os.environ.items() if name != "PORT"},
        ).stdout

    assert f"http://127.0.0.1:{DEFAULT_PORT}" in README
    assert f"sandbox --port {DEFAULT_PORT}\n" in command()
    assert "sandbox --port 5\n" in command("PORT=5")


@pytest.fixture
def standing():
    box = Sandbox.in_memory()
    with serve(box, port=0) as server:
        yield server.endpoint, box
    box.close()


def bash(block, **more):
    return subprocess.run(
        ["bash", "-ec", block],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
        env=environment(**more),
    )


def test_the_aws_command_lines_work_as_they_are_written(standing):
    done = bash(block_with("forgot-password").replace("http://127.0.0.1:9229", standing[0]))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["CodeDeliveryDetails"]["Destination"] == "d***@e***"


def test_the_papermill_command_for_aws_works_as_it_is_written(standing, tmp_path):
    endpoint, box = standing
    own = (
        Target(endpoint)
        .client(signed=True)
        .create_user_pool_client(
            UserPoolId=DEFAULT_POOL_ID,
            ClientName="own",
            ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"],
        )["UserPoolClient"]["ClientId"]
    )
    Target(endpoint).client().forgot_password(ClientId=own, Username="diego@example.com")
    block = re.sub(r"^read -rsp.*\n", "", block_with("papermill notebooks/"), flags=re.MULTILINE)
    block = block.replace("confirmed.ipynb", str(tmp_path / "confirmed.ipynb")).replace(
        "1example23456789", own
    )
    done = bash(
        block,
        RESET_CODE=box.mailbox()[-1]["code"],
        RESET_PASSWORD="Brand-new-1-password",
        AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER=endpoint,
    )
    assert done.returncode == 0, done.stderr
    assert "confirmed" in tmp_path.joinpath("confirmed.ipynb").read_text(encoding="utf-8")


def test_the_commands_without_a_person_work_as_they_are_written(tmp_path):
    done = subprocess.run(
        ["bash", "-ec", block_with("cognito-reset list")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
        env=environment(),
    )
    assert done.returncode == 0, done.stderr
    assert "confirmed: The user can sign in with the new password" in done.stdout
    assert "all as they were written" in done.stdout


def test_a_symptom_alone_gives_a_verdict_and_the_next_command(tmp_path):
    done = subprocess.run(
        ["bash", "-ec", block_with("run diagnose-user")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
        env=environment(),
    )
    assert done.returncode == 0, done.stderr
    assert "Most likely:" in done.stdout
    assert re.search(r"Next runbook +cognito-reset run [a-z-]+", done.stdout)


def test_the_papermill_engine_works_as_it_is_written(tmp_path):
    done = bash(
        block_with("papermill --engine").replace(
            "confirmed.ipynb", str(tmp_path / "confirmed.ipynb")
        )
    )
    assert done.returncode == 0, done.stderr
    assert "confirmed" in tmp_path.joinpath("confirmed.ipynb").read_text(encoding="utf-8")


def test_the_script_works_as_it_is_written(sandbox, capsys):
    exec(compile(block_with("from helpers import", "python"), "README", "exec"), {})
    printed = capsys.readouterr().out
    assert printed.startswith("d***@e***\nConfirmed(username='diego@example.com'")
    assert "SignedIn(" in printed


def test_conda_is_given_a_file_that_exists():
    name = re.search(r"-f (\S+)", block_with("conda env create")).group(1)
    assert ROOT.joinpath(name).exists()


def test_every_notebook_stands_in_the_table():
    listed = re.findall(r"^\| \[[\w-]+\]\((\S+\.ipynb)\)", README, re.MULTILINE)
    assert sorted(listed) == sorted(str(path.relative_to(NOTEBOOKS.parent)) for path in notebooks())


def test_every_scheme_of_a_reference_stands_in_the_table():
    assert re.findall(r"^\| `(\w+):[^`]*` \|", README, re.MULTILINE) == list(SCHEMES)


def test_every_outcome_stands_in_the_table():
    assert re.findall(
        r"^\| `(\w+)` \| (?:the password|Cognito|stopped|sent)", README, re.MULTILINE
    ) == list(Outcome)


def test_every_exit_code_is_told():
    told = {int(code) for code in re.findall(r"(?:^|· )(\d) \w", README, re.MULTILINE)}
    ours = {
        cls.exit_code
        for cls in vars(errors).values()
        if isinstance(cls, type) and issubclass(cls, errors.ResetError)
    }
    assert ours <= told


def test_the_tables_of_the_shelf_are_what_the_schemas_and_the_notebooks_say():
    assert runbook_tables.updated(README) == README, "run make notebooks"


def test_the_table_of_behaviours_is_what_the_sandboxes_tests_say():
    assert facts_table.check(README), "run make notebooks"


def test_links_lead_to_something():
    for link in re.findall(r"\]\(([^)#:]+)\)", README):
        assert ROOT.joinpath(link).exists(), link


def test_the_variable_that_allows_hosts_is_named():
    assert f"`{ALLOWED_HOSTS}`" in README


def test_the_json_in_the_text_is_json():
    for block in blocks("json"):
        json.loads(block)
