"""What the engine refuses of the parameters of anybody's notebook, and how to have it refuse less."""

import ast
import os
import signal

import nbformat
import pytest
from click.testing import CliRunner
from papermill.cli import papermill as papermill_command

from helpers.runner.engine.engine import Refused
from helpers.runner.engine.validation import KINDS, problems_of, strictness
from helpers.runner.engine_settings import STRICT, WARMING
from tests import ROOT
from tests.runner.test_engine import ending, execute, notebook, text

NO_SECRETS = [
    pytest.param("code = 'US'", {"code": "DE"}, id="country"),
    pytest.param("max_token = 10", {"max_token": 100}, id="number"),
    pytest.param("pwd = '/tmp'", {"pwd": "/data"}, id="folder"),
    pytest.param("use_token = False", {"use_token": True}, id="switch"),
    pytest.param("token = ''", {"token": ""}, id="nothing"),
    pytest.param("token = 0.5", {"token": 0.25}, id="fraction"),
]


@pytest.mark.parametrize(("cell", "given"), NO_SECRETS)
def test_what_cannot_be_a_secret_is_not_taken_for_one(cell, given):
    own = {}
    exec(cell, own)
    assert list(problems_of(own, given)) == []


@pytest.mark.parametrize(
    ("own", "value"),
    [("", "DE-1"), (0, 123456), ("", "/Pa55word"), ("/tmp", "Pa55word"), ("US", "1234")],
)
def test_what_may_be_one_is(own, value):
    [(name, words)] = problems_of({"password": own}, {"password": value})
    assert (name, words.partition(" given")[0]) == ("password", "looks like a secret")


def test_a_type_is_called_what_python_calls_it():
    node = nbformat.NotebookNode({"a": 1})
    [(_, words)] = problems_of({"many": [1]}, {"many": node})
    assert words.startswith("is of type dict, and the notebook's own value of type list.")


@pytest.mark.parametrize(
    ("told", "kinds"),
    [
        (None, set(KINDS)),
        ("", set()),
        ("names", {"names"}),
        (" types, secrets ", {"types", "secrets"}),
        (["names", "types"], {"names", "types"}),
        ([], set()),
    ],
)
def test_some_kinds_can_be_left_out(told, kinds):
    assert strictness(told) == kinds


@pytest.mark.parametrize("told", ["all", "names,typos", 1, True, ["x"], {"names": 1, "x": 1}])
def test_a_kind_that_there_is_not_is_told(told):
    with pytest.raises(ValueError, match="may hold names, types and secrets"):
        strictness(told)


GIVEN = {"b": 1, "a": "7", "password": "Hunter-2"}
SOURCE = "a = 1\npassword = ''"


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_refused_alone_when_it_is_named_alone(kind, monkeypatch):
    monkeypatch.setenv(STRICT, kind)
    with pytest.raises(Refused) as caught:
        execute(notebook("1", parameters=SOURCE), None, GIVEN)
    first, *problems, last = str(caught.value).splitlines()
    [name] = [problem.split(":")[0].strip() for problem in problems]
    assert (kind, name) in zip(KINDS, GIVEN, strict=True)
    assert first == "this notebook was not run, because of"
    assert last.startswith("COGNITO_RESET_STRICT=names,types,secrets is what can be checked")


def test_a_notebook_itself_can_say_how_strict_to_be_and_the_variable_has_the_last_word(
    tmp_path, monkeypatch, caplog
):
    source = notebook("print(a, b)", parameters=SOURCE)
    source.metadata["cognito_reset"] = {"strict": ["secrets"]}
    out = tmp_path / "out.ipynb"
    executed = execute(source, str(out), {"a": "7", "b": 1})
    assert text(executed) == "7 1\n"
    assert "b is no parameter of this notebook" in caplog.text
    told = {"ended": "completed", "detail": "", "strict": ["secrets"]}
    assert ending(out)[2].metadata.cognito_reset == told
    monkeypatch.setenv(STRICT, "names")
    with pytest.raises(Refused, match="b: is no parameter"):
        execute(source, None, {"b": 1})
    monkeypatch.delenv(STRICT)
    source.metadata["cognito_reset"] = {"strict": "nothing"}
    with pytest.raises(Refused, match=r"^metadata\.cognito_reset\.strict may hold"):
        execute(source, None)


def test_a_runbook_of_ours_is_always_held_to_its_schema(monkeypatch, tmp_path):
    monkeypatch.setenv(STRICT, "")
    path = str(ROOT / "notebooks/runbooks/confirm-reset.ipynb")
    out = tmp_path / "out.ipynb"
    command = ["--engine", "cognito-reset", path, str(out), "-r", "usrname", "x"]
    done = CliRunner().invoke(papermill_command, command)
    assert (done.exit_code, out.exists()) == (2, False)
    assert "usrname: is no parameter" in done.stderr


def test_a_kernel_that_does_not_start_in_time_is_told_as_papermill_tells_it(tmp_path):
    """And the next run has a kernel of its own: a late answer would hand it the one before."""
    execute(notebook("1"))
    pid = WARMING.process()._pid
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(RuntimeError, match=r"^Kernel didn't respond in 0 seconds"):
            execute(notebook("print(1)"), str(tmp_path / "out.ipynb"), start_timeout=0)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert ending(tmp_path / "out.ipynb")[:2] == ("failed", ["pending"])
    assert text(execute(notebook("print(2)"))) == "2\n"


def test_papermill_alone_imports_next_to_nothing_of_ours():
    """It imports every engine that is installed, whichever it will use."""
    waiting, known = ["helpers.runner.papermill_engine"], set()
    while waiting:
        known.add(name := waiting.pop())
        tree = ast.parse(ROOT.joinpath(*name.split(".")).with_suffix(".py").read_text())
        found = {node.module for node in tree.body if isinstance(node, ast.ImportFrom)}
        waiting += [each for each in found - known if each.startswith("helpers.")]
    engine = {f"helpers.runner.engine.{name}" for name in ("engine", "forkserver", "redaction")}
    assert known == {"helpers.runner.papermill_engine", "helpers.runner.engine_settings", *engine}
