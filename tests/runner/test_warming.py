"""What a notebook needs is imported before its kernel is forked, once for all runs."""

import ast

import nbformat
import pytest

from helpers.runbooks import RUNBOOKS
from helpers.runner.engine.client import warm_up
from helpers.runner.engine_settings import WARMING, modules_for
from tests.runner.test_engine import execute, notebook

LATE = "sorted(sys.modules.keys() - before)"
# Which the sandbox has for the arithmetic of a sign-in, and what that looks its version up with.
FOR_THE_SANDBOX = ("gmpy2", "importlib.metadata")
# By the kernel of the first run alone: the next ones have it from the process before them.
MAKES_READY = {"encodings.utf_16_be", "encodings.utf_16_le"}


@pytest.mark.parametrize("name", RUNBOOKS)
def test_a_runbook_imports_nothing_after_the_fork(name, tmp_path):
    runbook = nbformat.read(RUNBOOKS[name].path, as_version=4)
    runbook.cells = [cell for cell in runbook.cells if cell.get("id") != "proof"]
    code = nbformat.v4.new_code_cell
    first = next(n for n, cell in enumerate(runbook.cells) if cell.cell_type == "code")
    runbook.cells.insert(first, code("import sys; before = set(sys.modules)"))
    runbook.cells.append(code(LATE))
    done = execute(runbook, given={"interactive": "no"})
    late = set(ast.literal_eval(done.cells[-1].outputs[0].data["text/plain"]))
    assert {each for each in late - MAKES_READY if not each.startswith(FOR_THE_SANDBOX)} == set()


def test_a_notebook_that_is_not_ours_has_nothing_of_ours_imported_but_the_hook_for_secrets():
    assert modules_for("import pandas") == ["helpers.secrets.redaction"]
    assert "helpers.runbooks.lock_user" not in modules_for("from helpers import confirm")


def test_the_debugger_that_takes_longest_is_imported_for_nobody():
    parts = "{'debugpy', 'prompt_toolkit', 'jedi', 'matplotlib'}"
    done = execute(notebook(f"import sys; sorted({parts} & sys.modules.keys())"))
    assert done.cells[-1].outputs[0].data["text/plain"] == "[]"


SESSIONS = """
import boto3, botocore.session
made = [boto3.session.Session() for _ in range(3)]
names = made[0]._session.session_var_map
told = [{name: each._session.get_config_variable(name) for name in names} for each in made]
assert told[0] == told[1] == told[2], told
assert len({id(each._session) for each in made}) == 3
[each.region_name for each in made], made[0].profile_name, told[0]["ca_bundle"]
"""


def test_the_session_made_before_the_fork_is_as_any_other_of_the_run(tmp_path, monkeypatch):
    configuration = tmp_path / "config"
    configuration.write_text("[default]\nregion = eu-west-3\n[profile one]\nca_bundle = own.pem\n")

    def says():
        done = execute(notebook(SESSIONS))
        return ast.literal_eval(done.cells[-1].outputs[0].data["text/plain"])

    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    says()  # the next kernels are forked from a process that has made it
    monkeypatch.setenv("AWS_CONFIG_FILE", str(configuration))
    assert says() == (["eu-west-3"] * 3, "default", None)
    monkeypatch.setenv("AWS_PROFILE", "one")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "sa-east-1")
    assert says() == (["sa-east-1"] * 3, "one", "own.pem")


MOTO = """
import boto3
from botocore.exceptions import ClientError
from moto import mock_aws
MAKE
with mock_aws():
    try:
        client.initiate_auth(
            ClientId="a-client", AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "someone", "PASSWORD": "secret"},
        )
    except ClientError as error:
        answer = error.response["Error"]["Code"]
answer
"""
MAKES = {
    "boto3": "client = boto3.client('cognito-idp', region_name='us-east-1')",
    "ours": "from helpers.target import Target\nclient = Target('aws').client()",
}


@pytest.mark.parametrize("make", MAKES.values(), ids=MAKES)
def test_what_a_cell_has_added_to_botocore_counts_for_its_first_session(make, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for _ in range(3):  # from the second on, a session has been made before the fork
        done = execute(notebook(MOTO.replace("MAKE", make)))
        said = done.cells[-1].outputs[-1].data["text/plain"]
        assert said == "'ResourceNotFoundException'"


READY = "from helpers.target import Target, target\nTarget() in target._ready"


def test_who_waits_for_what_a_first_run_would_wait_for_has_it_in_the_first_kernel():
    for wait in (False, True):
        WARMING.process(fresh=True)
        warm_up("python3", notebook(READY), WARMING, wait=wait)
        done = execute(notebook(READY))
        assert done.cells[-1].outputs[-1].data["text/plain"] == str(wait)
