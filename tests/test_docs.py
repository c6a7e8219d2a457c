"""The documents: every command in them is run, and what they say of the code is held against it."""

import ast
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import get_args

import nbformat
import pytest
from click.testing import CliRunner
from papermill.cli import papermill as papermill_command

from helpers.__main__ import main
from helpers.cognito import errors
from helpers.run import entries
from helpers.run.record import Outcome
from helpers.runner.cli_options import EXIT_CODES
from helpers.runner.engine import validation
from helpers.sandbox import (
    DEFAULT_POOL_ID,
    DEFAULT_PORT,
    Sandbox,
    control,
    faults,
    open_sandbox,
    serve,
)
from helpers.secrets import destinations, references
from helpers.target import Target
from tests import ROOT, until
from tests.rebaseline import NOTEBOOKS, notebooks
from tests.runner.test_engine import notebook, text
from tests.sts import sts

DOCUMENTS = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in (
        ROOT / "README.md",
        *sorted(ROOT.joinpath("docs").glob("*.md")),
        ROOT / "helpers" / "sandbox" / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "CHANGELOG.md",
    )
}
EVERYTHING = "\n".join(DOCUMENTS.values())
README, TRUST = DOCUMENTS["README.md"], DOCUMENTS["docs/trust.md"]
PARAMETERS, SANDBOX = DOCUMENTS["docs/parameters.md"], DOCUMENTS["helpers/sandbox/README.md"]
ANY_DOCUMENT = pytest.mark.parametrize("name", DOCUMENTS)

NOT_RUN = {
    "make test": "these tests are what it runs",
    "make verify-aws": "it needs an AWS account; test_verify_aws.py does it to the HTTP door",
    "make site": "make site-test runs it, and tests/browser/test_site.py what it runs",
    "python3 -m http.server --bind 127.0.0.1 --directory build/site 8000": (
        "Python's own; tests/browser/site.py serves the site"
    ),
    "make desk": "tests/browser/test_desk.py starts it on a free port",
    "pip install cognito-reset-runbooks": "not on PyPI yet; the wheel's own tests install it",
    "pip install 'cognito-reset-runbooks[lab]'": "not on PyPI yet",
    "conda env create -f environment.yml": "conda's channels; test_house holds file and lock",
    "pip install --quiet -c requirements.lock -e .": "SageMaker's own image runs it",
    "cognito-reset agree 20260131-101500-0a1b2c3d --out /srv/reset-runs": (
        "tests/runner/test_cli_agree.py has two accounts do it"
    ),
    "sudo groupadd reset-desk": "it changes the machine",
    "sudo usermod --append --groups reset-desk ann": "it changes the machine",
    "sudo install --directory --mode 2770 --group reset-desk /srv/reset-runs": (
        "it changes the machine; test_cli_agree makes such a folder"
    ),
}
"""The commands that no test runs, and why."""

WHOLE, ALONE = set(), set()  # what the tests below run: words of a whole block, and single commands


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", EVERYTHING, re.DOTALL | re.MULTILINE)


def block_with(words, language="bash"):
    found = [block for block in blocks(language) if words in block]
    assert len(found) == 1, f"{len(found)} blocks have {words}"
    return found[0]


def commands(block):
    """Return the commands of a block, one a line, without comments."""
    lines = re.sub(r"\s*\\\n\s*", " ", block).splitlines()
    return [command for line in lines if (command := re.sub(r"\s*# .*", "", line))]


def runs_block(words):
    """Hand a test, as `block`, the one block that has these words; the test runs it whole."""
    WHOLE.add(words)
    return pytest.mark.parametrize("block", [words], indirect=True)


def runs_command(command):
    """Say that a test runs this command, whatever stands beside it in its block."""
    ALONE.add(command)
    return lambda test: test


@pytest.fixture
def block(request):
    return block_with(request.param)


def test_every_command_is_run_by_a_test_here_or_named_with_the_reason():
    whole = [block_with(words) for words in WHOLE]
    told = {
        command for block in blocks("bash") if block not in whole for command in commands(block)
    }
    assert told == ALONE | set(NOT_RUN)


def environment(**more):
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, **more}


MADE = pytest.mark.skipif(
    not ROOT.joinpath(".venv/run").exists(), reason="make run has not made this environment"
)


@MADE
@runs_command("make run")
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


def answer_at(url):
    """Return what is answered there, None where nobody answers yet."""
    try:
        with urllib.request.urlopen(url, timeout=60) as said:
            return said.read()
    except urllib.error.URLError:
        return None


@MADE
@runs_command("make lab")
def test_make_lab_opens_on_the_start_notebook(jupyter_settings, tmp_path):
    url = r"(http://localhost:\d+)/lab/tree/00-start-here\.ipynb\?token="
    for found in started(["make", "lab"], jupyter_settings, tmp_path, url):
        # JupyterLab prints its address shortly before it answers there.
        api = f"{found.group(1)}/api"
        assert b"version" in until(lambda api=api: answer_at(api))


@MADE
@runs_command("make sandbox")
def test_make_sandbox_says_where_it_is_when_it_is_ready(tmp_path):
    env = environment(COGNITO_SANDBOX=str(tmp_path / "sandbox.sqlite"))
    command = ["make", "--no-print-directory", "sandbox", "PORT=0"]
    for found in started(command, env, tmp_path, r"\{.*\}"):
        endpoint = json.loads(found.group())["endpoint"]
        assert json.loads(answer_at(f"{endpoint}/_sandbox/health"))["status"] == "ok"


def test_make_sandbox_is_where_the_documents_say_unless_another_port_is_named():
    def command(*words):
        return subprocess.run(
            ["make", "--dry-run", "sandbox", *words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
            env={name: value for name, value in os.environ.items() if name != "PORT"},
        ).stdout

    assert f"http://127.0.0.1:{DEFAULT_PORT}" in SANDBOX
    assert f"sandbox --port {DEFAULT_PORT}\n" in command()
    assert "sandbox --port 5\n" in command("PORT=5")
    assert "--port 9229 --allow-host cognito\n" in command("ARGS=--allow-host cognito")


@runs_block("cognito-reset sandbox --port 0")
def test_the_sandbox_says_where_it_is_on_a_port_of_its_own(block, tmp_path):
    for found in started(["bash", "-ec", block], environment(), tmp_path, r"\{.*\}"):
        health = f"{json.loads(found.group())['endpoint']}/_sandbox/health"
        assert urllib.request.urlopen(health, timeout=10).status == 200


@runs_command("cognito-reset sandbox --allow-origin http://localhost:3000")
def test_the_sandbox_is_open_to_the_site_that_is_named(monkeypatch):
    monkeypatch.setattr(signal, "signal", lambda number, handler: handler(number, None))
    given = ["sandbox", "--allow-origin", "http://localhost:3000", "--port", "0"]
    assert CliRunner().invoke(main, given).exit_code == 0


@pytest.fixture
def standing():
    box = Sandbox.in_memory()
    with serve(box, port=0) as server:
        yield server.endpoint, box
    box.close()


@pytest.fixture
def own_client(standing):
    """An app client as on a real pool, with a code requested: its id and the environment to use it
    in.
    """
    endpoint, box = standing
    client_id = (
        Target(endpoint)
        .client(signed=True)
        .create_user_pool_client(
            UserPoolId=DEFAULT_POOL_ID,
            ClientName="own",
            ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"],
        )["UserPoolClient"]["ClientId"]
    )
    Target(endpoint).client().forgot_password(ClientId=client_id, Username="diego@example.com")
    return client_id, {
        "RESET_CODE": box.mailbox()[-1]["code"],
        "RESET_PASSWORD": "Brand-new-1-password",
        "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": endpoint,
    }


def bash(block, cwd=ROOT, **more):
    done = subprocess.run(
        ["bash", "-ec", block],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
        env=environment(**more),
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@runs_block("aws cognito-idp forgot-password")
def test_the_aws_command_lines_work_as_they_are_written(block, standing):
    answer = bash(block.replace("http://127.0.0.1:9229", standing[0]))
    assert json.loads(answer)["CodeDeliveryDetails"]["Destination"] == "d***@e***"


@runs_block("papermill notebooks/")
def test_the_papermill_command_for_aws_works_as_it_is_written(block, own_client, tmp_path):
    client_id, known = own_client
    block = re.sub(r"^read -rsp.*\n", "", block, flags=re.MULTILINE)
    block = block.replace("confirmed.ipynb", str(tmp_path / "confirmed.ipynb"))
    bash(block.replace("1example23456789", client_id), **known)
    assert "confirmed" in tmp_path.joinpath("confirmed.ipynb").read_text(encoding="utf-8")


@runs_block("-p code=prompt:")
def test_the_command_for_aws_asks_a_person_for_both_secrets(block, own_client, tmp_path):
    client_id, known = own_client
    secrets = {"code": known.pop("RESET_CODE"), "new password": known.pop("RESET_PASSWORD")}
    process = subprocess.Popen(  # in a terminal of its own
        ["script", "-qec", block.replace("1example23456789", client_id), os.devnull],
        cwd=tmp_path,
        env=environment(**known),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
    )
    said = b""
    for label, secret in secrets.items():
        while not said.endswith(f"{label}: ".encode()):
            byte = process.stdout.read(1)
            assert byte, said
            said += byte
        process.stdin.write(f"{secret}\n".encode())
    rest = process.communicate(timeout=120)[0].decode()
    assert process.returncode == 0, rest
    assert "confirmed: The user can sign in with the new password" in rest
    assert not [secret for secret in secrets.values() if secret in said.decode() + rest]


@runs_block("cognito-reset pools\n")
def test_the_commands_for_pools_work_on_the_example_as_they_are_written(block, standing, tmp_path):
    endpoint, _ = standing
    admin = Target(endpoint).client(signed=True)
    text = ROOT.joinpath("docs/pools.example.toml").read_text(encoding="utf-8")
    # What the example names is not there, so it names what is.
    text = text.replace("eu-central-1_AbCdEfGhI", DEFAULT_POOL_ID)
    text = re.sub(r'"secretsmanager:.*"', '"env:WEB_SECRET"', text)
    text = re.sub(r'profile = ".*"', 'profile = ""', text)
    for name, secret in (("1example23456789", True), ("2example23456789", False)):
        made = admin.create_user_pool_client(
            UserPoolId=DEFAULT_POOL_ID, ClientName="own", GenerateSecret=secret
        )
        text = text.replace(name, made["UserPoolClient"]["ClientId"])
    tmp_path.joinpath("pools.toml").write_text(text)
    with sts() as told:
        known = {
            "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": endpoint,
            "AWS_ENDPOINT_URL_STS": told.endpoint,
            "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "example-secret",
            "WEB_SECRET": "a-client-secret-1",
        }
        answer = bash(block, tmp_path, **known)
        checked = bash("cognito-reset pools schema", tmp_path)
    assert "prod-eu: as it should be" in answer
    assert answer.count("PRODUCTION: prod-eu") == 3, "listed, checked, run"
    assert answer.splitlines()[-1].split()[3:5] == ["diagnose-user", "confirmed"]
    assert checked == ROOT.joinpath("docs/pools.schema.json").read_text(encoding="utf-8")


@runs_block("cognito-reset list\ncognito-reset run diagnose-user")
def test_the_commands_of_the_readme_work_as_they_are_written(block, tmp_path):
    answer = bash(block, tmp_path)
    assert "Most likely:" in answer
    assert re.search(r"Next runbook +cognito-reset run [a-z-]+", answer)
    assert "This was a dry run" in answer


@runs_block("cognito-reset show\ncognito-reset verify")
def test_the_commands_without_a_person_work_as_they_are_written(block, tmp_path):
    answer = bash(block, tmp_path)
    assert "confirmed: The user can sign in with the new password" in answer
    assert "all as they were written" in answer


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A function that runs a command of ours in this process, which is sooner there: what it said,
    and how it ended.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COGNITO_SANDBOX", str(tmp_path / "sandbox.sqlite"))

    def run(command):
        program, *words = shlex.split(command)
        if program != "cognito-reset":
            return 0, bash(command, tmp_path), ""
        answer = CliRunner().invoke(main, words)
        return answer.exit_code, answer.stdout, answer.stderr

    return run


@runs_block("cognito-reset batch admin-reset users.csv --dry-run")
def test_a_campaign_goes_from_table_to_report_as_it_is_written(block, here):
    told = [here(command) for command in commands(block)]
    assert [code for code, _, _ in told] == [0, 0, 9, 0, 1, 0], told
    assert "1 of 2 rows can be done." in told[1][1]
    assert "1 of 2 rows are over: 1 confirmed." in told[2][1]
    assert "2 of 2 rows are over: 1 confirmed, 1 refused." in told[4][1]
    assert told[5][1].splitlines()[0].endswith("results.csv")


@runs_block("cognito-reset campaign-practice")
def test_practice_users_go_from_table_to_report_as_it_is_written(
    block, here, tmp_path, monkeypatch
):
    """With twenty of them, and not a quota that takes a second each."""
    told = []
    monkeypatch.delenv("COGNITO_SANDBOX")
    for command in commands(block.replace("campaign-practice", "campaign-practice --users 20", 1)):
        command = command.replace("--users 500", "--users 20").replace("--first 10", "--first 2")
        if command.startswith("export "):
            where = tmp_path / "runs" / "campaign-practice.sqlite"
            assert command == "export COGNITO_SANDBOX=$PWD/runs/campaign-practice.sqlite"
            monkeypatch.setenv("COGNITO_SANDBOX", str(where))
            open_sandbox(str(where)).settings(quota_UserAccountRecovery=30)
            continue
        told.append(here(command))
    assert [code for code, _, _ in told] == [0, 0, 0, 9, 0, 1, 0], told
    practice, table, dry_run, first, _, resumed, report = (out for _, out, _ in told)
    assert "   13  can be reset\n    1  no verified contact\n" in practice
    assert table.startswith("20 users listed (1 calls), 20 kept")
    assert "14 of 20 rows can be done." in dry_run
    assert "2 of 20 rows are over" in first
    assert "20 of 20 rows are over: 14 confirmed" in resumed
    assert {Path(line).name for line in report.splitlines()} > {"results.csv", "fix-contact.csv"}
    assert len(open_sandbox(str(where)).mailbox()) == 14


@runs_block("cognito-reset table --status CONFIRMED")
def test_a_table_from_the_user_pool_is_one_for_a_campaign(block, here, tmp_path):
    listed, planned = (here(command) for command in commands(block))
    assert (listed[0], planned[0]) == (0, 0), (listed, planned)
    assert "1 users listed (1 calls), 1 kept: confirmed.csv" in listed[1]
    assert "1 of 1 rows can be done." in planned[1]
    assert json.loads((tmp_path / "confirmed.csv.made").read_text())["kept"] == 1


@runs_block("cognito-reset work ")
def test_a_campaign_is_worked_on_elsewhere_as_it_is_written(block, here, tmp_path, postgres):
    names = "".join(f"{name},{name}\n" for name in ("diego@example.com", "nobody@example.com"))
    (tmp_path / "users.csv").write_text(f"username,confirm_username\n{names}")

    block = block.replace("postgresql+psycopg://HOST/NAME", f"'{postgres}'")
    first, work, resume = commands(block)
    _, told, _ = here(first)
    campaign = Path(told.splitlines()[-1].removeprefix("Campaign: ")).name
    with subprocess.Popen(
        ["bash", "-c", work.replace("CAMPAIGN", campaign)],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as worker:
        _, told, _ = here(resume.replace("CAMPAIGN", campaign))
        assert "2 of 2 rows are over: 1 confirmed, 1 refused." in told
        told, _ = worker.communicate()
    assert (worker.returncode, told) == (0, "2 runs on this machine.\n")


@runs_block("cognito-reset verify --head")
def test_a_digest_that_was_kept_is_looked_for(block, tmp_path):
    bash("cognito-reset run confirm-reset --dry-run", tmp_path)
    kept = json.loads(bash("cognito-reset verify --json", tmp_path))["head"]
    assert bash(block.replace("DIGEST", kept), tmp_path).count("all as they were written") == 2
    with pytest.raises(AssertionError):
        bash(block.replace("DIGEST", kept[::-1]), tmp_path)


@runs_block("papermill --engine cognito-reset notebooks/")
def test_the_papermill_engine_works_as_it_is_written(block, tmp_path):
    bash(block.replace("confirmed.ipynb", str(tmp_path / "confirmed.ipynb")))
    assert "confirmed" in tmp_path.joinpath("confirmed.ipynb").read_text(encoding="utf-8")


OF_REPORT = "papermill --engine cognito-reset report.ipynb out.ipynb -p"
PLAIN = f"{OF_REPORT} days 7"
LESS_STRICT = f"COGNITO_RESET_STRICT=names,types {OF_REPORT} token 123456"


@runs_command(PLAIN)
@runs_command(LESS_STRICT)
def test_papermill_runs_anybodys_notebook_as_the_document_of_the_engine_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source = notebook("print(days, token)", parameters="days = 1\ntoken = 0")
    nbformat.write(source, "report.ipynb")

    def run(command):
        variables = dict(re.findall(r"(\w+)=(\S+) ", command))
        given = command.partition("papermill ")[2].split()
        done = CliRunner(env=variables).invoke(papermill_command, given)
        return done.exit_code, text(nbformat.read("out.ipynb", 4)) if not done.exit_code else ""

    assert run(PLAIN) == (0, "7 0\n")
    assert run(LESS_STRICT) == (0, "1 123456\n")
    assert run(LESS_STRICT.partition(" ")[2]) == (2, "")
    exec(compile(block_with("import papermill\n\npapermill.ex", "python"), "engine", "exec"), {})
    assert text(nbformat.read("out.ipynb", 4)) == "7 0\n"


def test_the_script_works_as_it_is_written(sandbox, capsys):
    exec(compile(block_with("from helpers import", "python"), "README", "exec"), {})
    printed = capsys.readouterr().out
    assert printed.startswith("d***@e***\nConfirmed(username='diego@example.com'")
    assert "SignedIn(" in printed


def test_the_script_of_the_sandbox_works_as_it_is_written(sandbox, capsys):
    exec(compile(block_with("sandbox.attach", "python"), "README", "exec"), {})
    assert re.fullmatch(r"\d{6}\n", capsys.readouterr().out)


def test_conda_is_given_a_file_that_exists():
    name = re.search(r"-f (\S+)", block_with("conda env create")).group(1)
    assert ROOT.joinpath(name).exists()


# --- what the documents say of the code ---


def test_the_readme_is_one_screen_and_the_rest_is_in_docs():
    assert len(README.encode()) <= 12_288


def test_every_notebook_is_in_the_table():
    listed = re.findall(r"^\| \[[\w-]+\]\((\S+\.ipynb)\)", README, re.MULTILINE)
    assert sorted(listed) == sorted(str(path.relative_to(NOTEBOOKS.parent)) for path in notebooks())


def names(document, heading):
    """Return the first column of the table below a heading, where it is in code or a number."""
    section = re.split(r"^##+ ", document, flags=re.MULTILINE)
    [mine] = [part for part in section if part.startswith(f"{heading}\n")]
    return re.findall(r"^\| `?((?<=`)[^`]+|\d+)`? \|", mine, re.MULTILINE)


def test_every_scheme_of_a_reference_is_in_the_table():
    told = [name.partition(":")[0] for name in names(PARAMETERS, "Where secrets come from")]
    assert told == [*references.SCHEMES, "stdin"]


def test_every_place_for_a_generated_password_is_in_the_table():
    told = [name.partition(":")[0] for name in names(PARAMETERS, "Where a generated password goes")]
    assert told == list(destinations.SCHEMES)


def test_every_outcome_is_in_the_table():
    assert names(TRUST, "Outcomes") == list(Outcome)


def test_every_exit_code_is_in_the_table():
    told = {int(code) for code in names(TRUST, "Exit codes")}
    ours = {
        cls.exit_code
        for cls in vars(errors).values()
        if isinstance(cls, type) and issubclass(cls, errors.ResetError)
    }
    assert ours <= told
    assert told == {int(code) for code in re.findall(r"\d+", EXIT_CODES)}


def test_every_kind_of_strictness_and_every_end_of_a_run_is_in_the_tables_of_the_engine():
    engine = DOCUMENTS["docs/engine.md"]
    assert names(engine, "What it refuses") == list(validation.KINDS)
    ends = {*get_args(entries.State), "running"} - {"refused", "planned"}
    assert set(names(engine, "How a run ended")) - {"ended"} == ends


def test_every_state_of_a_run_is_told():
    for state in (*get_args(entries.State), "running", "lost"):
        assert f"`{state}`" in TRUST, state


VARIABLE = r"COGNITO_SANDBOX|COGNITO_RESET_\w*[A-Z]|AWS_ENDPOINT_URL\w*"


def test_every_environment_variable_is_in_the_table_and_no_other():
    known = {
        node.value
        for path in ROOT.joinpath("helpers").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(VARIABLE, node.value)
    }
    section = PARAMETERS.partition("## Environment variables")[2]
    assert set(re.findall(rf"`({VARIABLE})`", section)) == known
    assert set(re.findall(rf"\b({VARIABLE})\b", EVERYTHING)) == known


def test_every_command_is_told_and_no_other():
    told = set(re.findall(r"(?<!engine )\bcognito-reset ([a-z][\w-]*)", EVERYTHING))
    assert told <= set(main.commands)
    for name in main.commands:
        assert name in told or f"`{name}`" in DOCUMENTS["docs/schedulers.md"], name


def test_every_target_of_make_that_is_told_exists():
    makefile = ROOT.joinpath("Makefile").read_text()
    targets = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE).group(1).split()
    told = set(re.findall(r"(?:^|`)make ([a-z-]+)", EVERYTHING, re.MULTILINE))
    assert told <= set(targets)


def test_every_control_of_the_sandbox_is_in_the_table_and_every_fault_is_named():
    told = [tuple(name.split(" /_sandbox/")) for name in names(SANDBOX, "Controls")]
    assert told == list(control._ACTIONS)
    for name in faults.NAMES:
        assert f"`{name}`" in SANDBOX, name


# --- where the documents lead ---


def anchors(text):
    """Return what the headings of a document are called in a link, as GitHub does it."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@ANY_DOCUMENT
def test_every_link_leads_to_a_file_that_exists_and_to_a_heading_of_it(name):
    here = ROOT.joinpath(name).parent
    pictures = re.findall(r'(?:src|srcset)="([^"]+)"', DOCUMENTS[name])
    for link in [*re.findall(r"\]\(([^)\s]+)\)", DOCUMENTS[name]), *pictures]:
        if not re.match(r"https?:", link):
            path, _, anchor = link.partition("#")
            led = here / path if path else ROOT / name
            assert led.exists(), link
            assert not anchor or anchor in anchors(led.read_text(encoding="utf-8")), link


@ANY_DOCUMENT
def test_every_path_of_the_project_that_is_named_exists(name):
    rooms = r"helpers|tests|notebooks|docs|\.ci|\.jupyter|\.github"
    for path in re.findall(rf"`((?:{rooms})/[\w./-]*)`", DOCUMENTS[name]):
        assert ROOT.joinpath(path).exists() or path == ".ci/sagemaker-init.sh", path


def test_every_module_that_the_changelog_leads_to_exists():
    table = re.findall(r"^\| `helpers\..*\| (.*) \|$", DOCUMENTS["CHANGELOG.md"], re.MULTILINE)
    for module in re.findall(r"`(helpers[\w.]+)`", "\n".join(table)):
        path = ROOT.joinpath(*module.split("."))
        assert path.is_dir() or path.with_suffix(".py").exists(), module


def test_every_document_is_reached_from_the_readme():
    linked = set(re.findall(r"\]\(([^)#\s]+\.md)", README))
    assert linked == set(DOCUMENTS) - {"README.md"}


def test_the_json_in_the_text_is_json():
    for block in blocks("json"):
        json.loads(block)
