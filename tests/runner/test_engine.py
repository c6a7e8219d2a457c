"""The papermill engine: as faithful as a kernel of its own, strict, truthful, redacting, and each
run apart from the others.
"""

import asyncio
import gc
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import papermill
import pytest
from click.testing import CliRunner
from jupyter_core.utils import ensure_event_loop
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.cli import papermill as papermill_command
from papermill.engines import papermill_engines
from traitlets.config import Config

from helpers.run.record import MIME, Record
from helpers.runner.engine.engine import ForkingEngine, Refused
from helpers.runner.engine.forkserver import Warming, WarmProcess
from helpers.runner.engine_settings import RUN_TIMEOUT, WARMING
from helpers.runner.papermill_engine import CognitoResetEngine
from helpers.runner.refused import ParametersRefused
from helpers.secrets.redaction import Redactor
from tests import ROOT
from tests.rebaseline import differs

NOTEBOOKS = sorted(
    path
    for path in ROOT.joinpath("notebooks").rglob("*.ipynb")
    if ".ipynb_checkpoints" not in path.parts
)
PAPERMILL = str(Path(sys.executable).with_name("papermill"))


def notebook(*cells, parameters=None):
    code = nbformat.v4.new_code_cell
    made = [code(source) for source in cells]
    if parameters is not None:
        made.insert(0, code(parameters, metadata={"tags": ["parameters"]}))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernel})


def execute(source, out=None, given=None, **options):
    return papermill.execute_notebook(
        source, out, given or {}, engine_name="cognito-reset", progress_bar=False, **options
    )


def outputs(executed, but=lambda cell: False):
    """Return the outputs of each cell. but: those of which cells are left out."""
    return [
        [] if but(cell) else cell.get("outputs", [])
        for cell in executed.cells
        if cell.cell_type == "code"
    ]


def text(executed):
    return "".join(output.get("text", "") for group in outputs(executed) for output in group)


def statuses(executed):
    return [cell.metadata.papermill.status for cell in executed.cells if cell.cell_type == "code"]


def wait_for(condition, seconds=60):
    """Wait until this is so, and return what it then is."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.01)
    return found


def is_gone(pid):
    """Whether a process has ended: nobody may have waited for it yet."""
    command = ["ps", "-o", "stat=", "-p", str(pid)]
    state = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return not state or state.startswith("Z")


def waits_for(path):
    """A cell's code that waits until there is this file."""
    return f"import os, time\nwhile not os.path.exists({str(path)!r}): time.sleep(0.01)"


def ordinary(source, folder):
    """The same notebook in an ordinary kernel, by nbclient."""
    client = NotebookClient(
        source,
        kernel_name="python3",
        allow_errors=True,
        timeout=15,
        config=Config({"KernelManager": {"transport": "ipc", "ip": str(folder / "k")}}),
        resources={"metadata": {"path": str(folder)}},
    )
    return client.execute()


# --- faithful ---


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_notebook_of_ours_gives_the_outputs_that_are_stored_in_it(path, monkeypatch):
    """Stored by an ordinary kernel, and compared with one by nbval. A story that shows the
    sandbox's codes shows them hidden here; everything else, and all of a runbook, is the same to
    the letter."""
    monkeypatch.chdir(path.parent)
    stored = nbformat.read(path, 4)
    executed = execute(str(path))
    mine, theirs = (
        json.dumps(outputs(each, differs), sort_keys=True, indent=1).splitlines()
        for each in (executed, stored)
    )
    assert len(mine) == len(theirs)
    for ours, kept in zip(mine, theirs, strict=True):
        shown = (
            re.escape(ours).replace(re.escape("[hidden]"), ".+?")
            if "runbooks" not in path.parts
            else re.escape(ours)
        )
        assert re.fullmatch(shown, kept), (ours, kept)
    assert [c.execution_count for c in executed.cells if c.cell_type == "code"] == [
        c.execution_count for c in stored.cells if c.cell_type == "code"
    ]


RICH = [
    "1 + 1",
    "print('out'); import sys; print('err', file=sys.stderr); 'result'",
    (
        "from IPython.display import HTML, Markdown, display, clear_output;"
        " display(HTML('<b>x</b>'), Markdown('# y'))"
    ),
    "handle = display('before', display_id='here')",
    "handle.update('after'); _",
    "print('gone'); clear_output(); print('kept')",
    "import asyncio\nawait asyncio.sleep(0.01)\n'awaited'",
    "for number in range(3): print(number, flush=True)",
    "import ipywidgets\nshown = ipywidgets.Output()\nwith shown: print('inside')\nshown.outputs",
    "!echo by the shell",
    "%%writefile here.txt\nwritten",
    (
        "import threading; t = threading.Thread(target=lambda: print('in a thread')); t.start();"
        " t.join()"
    ),
    "import logging; logging.getLogger().warning('warned')",
    "import warnings; warnings.warn('look out', DeprecationWarning)",
    "input('a question')",
    "def f(x):\n    return 1 / x\nf(0)",
    "this is no Python",
    "raise SystemExit(3)",
    (
        "In[1], Out[1], _dh == [__import__('pathlib').Path.cwd()], __name__,"
        " get_ipython().__class__.__name__"
    ),
    (
        "import os, sys; os.getcwd() == os.path.realpath('.'), sys.argv[1:2] != ['x'], sys.path[0],"
        " 'MPLBACKEND' in os.environ"
    ),
]


def test_what_a_kernel_can_do_comes_out_as_from_an_ordinary_kernel(tmp_path, monkeypatch):
    monkeypatch.delenv(
        "PYTEST_CURRENT_TEST"
    )  # where ipykernel sees it, it leaves subprocesses' output alone
    cells = [cell if "path[0]" not in cell else "1" for cell in RICH]
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    with pytest.raises(papermill.PapermillExecutionError):
        execute(notebook(*cells), str(tmp_path / "mine.ipynb"), cwd=str(here), allow_errors=True)
    mine = nbformat.read(tmp_path / "mine.ipynb", 4)
    mine.cells = [cell for cell in mine.cells if cell.cell_type == "code"]
    theirs = ordinary(notebook(*cells), there)

    def plain(executed):
        found = json.dumps(outputs(executed), indent=1, sort_keys=True)
        for folder in (here, there):
            found = found.replace(str(folder), "HERE")
        # Each process has its own temporary module; and when a stream is cut into two pieces is a
        # matter of time.
        found = re.sub(r"ipykernel_\d+/\d+\.py|\"model_id\": \".*\"", "X", found)
        return re.sub(
            r'"\s*\},\s*\{\s*"name": "(\w+)",\s*"output_type": "stream",\s*"text": "', "", found
        )

    assert plain(mine) == plain(theirs)
    assert [c.execution_count for c in mine.cells] == [c.execution_count for c in theirs.cells]


def test_each_run_has_its_temporary_files_where_its_own_environment_says(tmp_path, monkeypatch):
    for name in ("first", "second"):
        tmp_path.joinpath(name).mkdir()
        monkeypatch.setenv("TMPDIR", str(tmp_path / name))
        executed = execute(
            notebook(
                "import os, tempfile",
                "tempfile.gettempdir() == os.environ['TMPDIR']",
                "(lambda: 0).__code__.co_filename.startswith(os.environ['TMPDIR'])",
            )
        )
        assert [each[0]["data"]["text/plain"] for each in outputs(executed)[1:]] == [
            "True",
            "True",
        ], name


def test_it_runs_inside_a_running_event_loop_as_in_a_notebook(tmp_path):
    source = tmp_path / "in.ipynb"
    nbformat.write(notebook("print(6 * 7)"), source)
    code = (
        "import asyncio, sys, papermill\nasync def inside():\n    for _ in range(8):\n        done"
        " = papermill.execute_notebook(sys.argv[1], None, engine_name='cognito-reset',"
        " progress_bar=False)\n        print(done.cells[0].outputs[0].text,"
        " end='')\nasyncio.run(inside())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, source], capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "42\n" * 8


def test_what_a_subprocess_writes_is_the_cells_output_and_reaches_no_terminal(capfd):
    executed = execute(
        notebook(
            "import subprocess; _ = subprocess.run('echo out; echo err >&2', shell=True,"
            " check=True)"
        )
    )
    streams = {output.name: output.text for group in outputs(executed) for output in group}
    assert streams == {"stdout": "out\n", "stderr": "err\n"}
    assert capfd.readouterr().out == ""


# --- each run apart ---


def test_a_run_sees_nothing_of_the_run_before(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    spoil = (
        "import os, sys, json, logging, builtins, random\nleft_over = 1; os.environ['LEFT_OVER'] ="
        " '1'; os.chdir('/'); json.left_over = 1; builtins.left_over2 ="
        " 1\nsys.path.append('/left-over'); logging.getLogger().setLevel(1); sys.stdout = None;"
        " random.seed(1)"
    )
    look = (
        "import os, sys, json, logging, builtins\nprint('left_over' in globals(), 'LEFT_OVER' in"
        " os.environ, os.getcwd(), hasattr(json, 'left_over'),\n      hasattr(builtins,"
        " 'left_over2'), '/left-over' in sys.path, logging.getLogger().level)"
    )
    execute(notebook(spoil))
    assert text(execute(notebook(look))) == f"False False {tmp_path} False False False 30\n"
    assert "LEFT_OVER" not in os.environ


def test_a_run_has_the_environment_of_the_moment_it_starts(monkeypatch):
    execute(notebook("1"))
    monkeypatch.setenv("OF_THE_MOMENT", "now")
    assert text(execute(notebook("import os; print(os.environ['OF_THE_MOMENT'])"))) == "now\n"


def test_two_runs_draw_different_random_numbers():
    draw = notebook("import random, uuid; print(random.random(), uuid.uuid4())")
    assert text(execute(draw)) != text(execute(draw))


def test_what_a_cell_has_started_ends_with_the_run():
    executed = execute(notebook("import subprocess; print(subprocess.Popen(['sleep', '60']).pid)"))
    wait_for(lambda: is_gone(int(text(executed))))


# --- strict ---

REFUSED = [
    pytest.param(
        {"usrname": "x"}, ["usrname: is no parameter", "Did you mean username?"], id="misspelt"
    ),
    pytest.param({"count": "many"}, ["count: is of type str"], id="wrong-type"),
    pytest.param(
        {"password": "Hunter-2-hunter"},
        ["password: looks like a secret given by value"],
        id="secret",
    ),
    pytest.param(
        {"api_key": "x1y2", "count": True, "z": 1},
        ["api_key: looks", "count: is of", "z: is no"],
        id="all-at-once",
    ),
    pytest.param(
        {"note": "AKIAIOSFODNN7EXAMPLE"}, ["note: looks like a secret"], id="shape-of-a-key"
    ),
]
FOREIGN = (
    'username: str | None = "a"\ncount = 1\npassword = ""\napi_key = ""\nnote = ""\nwhen ='
    ' None\ncode_ref = "env:X"'
)


@pytest.mark.parametrize(("given", "words"), REFUSED)
def test_parameters_that_cannot_be_used_are_refused_before_anything_is_written(
    given, words, tmp_path
):
    with pytest.raises(Refused) as caught:
        execute(notebook("print(1)", parameters=FOREIGN), str(tmp_path / "out.ipynb"), given)
    assert all(word in str(caught.value) for word in words)
    assert not any(
        str(value) in str(caught.value) for value in given.values() if len(str(value)) > 5
    )
    assert list(tmp_path.iterdir()) == []


def test_parameters_that_can_be_used_are(tmp_path):
    given = {"username": "b", "count": 2.5, "password": "env:NAME", "when": "now"}
    executed = execute(
        notebook("print(username, count, password, when)", parameters=FOREIGN), None, given
    )
    assert text(executed) == "b 2.5 env:NAME now\n"


def test_a_runbook_of_ours_is_held_to_its_own_schema(tmp_path):
    given = {
        "usrname": "x",
        "code": 12345,
        "username": 15551234567,
        "new_password": "Hunter-2-hunter",
        "region": "mars",
    }
    with pytest.raises(ParametersRefused) as caught:
        execute(
            str(ROOT / "notebooks/runbooks/confirm-reset.ipynb"), str(tmp_path / "out.ipynb"), given
        )
    assert [problem.field for problem in caught.value.problems] == [
        "usrname",
        "region",
        "username",
        "code",
        "new_password",
    ]
    assert "Hunter" not in str(caught.value)
    assert not (tmp_path / "out.ipynb").exists()


def test_papermills_command_line_prints_the_problems_without_a_traceback_and_ends_with_2(tmp_path):
    answer = subprocess.run(
        [
            PAPERMILL,
            "--engine",
            "cognito-reset",
            ROOT / "notebooks/runbooks/confirm-reset.ipynb",
            tmp_path / "out.ipynb",
            "-r",
            "usrname",
            "x",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 2
    assert "usrname: is no parameter of this runbook. Did you mean username?" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not (tmp_path / "out.ipynb").exists()


def test_a_parameter_that_the_engine_accepts_is_not_called_unknown(caplog):
    source = notebook("print(username, count)", parameters=FOREIGN)
    execute(source, None, {"username": "b", "count": 2, **PATHS})
    assert "unknown parameter" not in caplog.text
    # papermill reads annotations such as `str | None` less well; that stays so for other engines.
    papermill.execute_notebook(source, None, {"username": "b"}, progress_bar=False)
    assert "Passed unknown parameter: username" in caplog.text


def test_an_engine_that_there_is_not_is_still_papermills_to_name():
    with pytest.raises(papermill.exceptions.PapermillException, match="No engine named 'nosuch'"):
        papermill.execute_notebook(notebook("1"), None, {"a": 1}, engine_name="nosuch")


PATHS = {"PAPERMILL_INPUT_PATH": "in.ipynb", "PAPERMILL_OUTPUT_PATH": "out.ipynb"}


def test_the_paths_that_papermill_injects_are_no_unknown_parameters(tmp_path):
    source, out = tmp_path / "in.ipynb", tmp_path / "out.ipynb"
    nbformat.write(notebook("print(a, PAPERMILL_INPUT_PATH)", parameters="a = 1"), source)
    command = ["--engine", "cognito-reset", "--inject-paths", str(source), str(out)]
    done = CliRunner().invoke(papermill_command, command, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert text(nbformat.read(out, 4)) == f"1 {source}\n"
    with pytest.raises(papermill.PapermillExecutionError, match="NotDone"):  # and so for ours
        execute(
            str(ROOT / "notebooks/runbooks/confirm-reset.ipynb"),
            str(out),
            {**PATHS, "code": "env:HOME", "new_password": "env:HOME"},
        )


@pytest.mark.parametrize("limit", ["abc", "-1", "nan", "inf"])
def test_a_limit_that_is_no_number_of_seconds_is_told_in_a_sentence(limit, tmp_path, monkeypatch):
    monkeypatch.setenv(RUN_TIMEOUT, limit)
    source, out = tmp_path / "in.ipynb", tmp_path / "out.ipynb"
    nbformat.write(notebook("print(1)"), source)
    with pytest.raises(Refused):
        execute(str(source), str(out))
    command = ["--engine", "cognito-reset", str(source), str(out)]
    done = CliRunner().invoke(papermill_command, command)
    assert done.exit_code == 2
    sentence = f"Error: {RUN_TIMEOUT} must be a number of seconds, such as 90.\n"
    assert done.stderr.endswith(sentence)
    assert not out.exists()


# --- truthful ---


def ending(out):
    saved = nbformat.read(out, 4)
    saved.cells = [cell for cell in saved.cells if cell.cell_type == "code"]
    return saved.metadata.cognito_reset.ended, statuses(saved), saved


def test_an_error_fails_its_cell_and_leaves_the_rest_pending(tmp_path):
    with pytest.raises(papermill.PapermillExecutionError):
        execute(notebook("1", "1/0", "2"), str(tmp_path / "out.ipynb"))
    assert ending(tmp_path / "out.ipynb")[:2] == ("failed", ["completed", "failed", "pending"])


def test_a_cell_that_takes_too_long_has_failed_and_shows_where_it_was(tmp_path):
    with pytest.raises(CellTimeoutError, match="longer than 2 seconds"):
        execute(
            notebook("1", "print('so far')\nimport time; time.sleep(60)", "2"),
            str(tmp_path / "out.ipynb"),
            execution_timeout=2,
        )
    ended, found, saved = ending(tmp_path / "out.ipynb")
    assert (ended, found) == ("timed_out", ["completed", "failed", "pending"])
    assert [output.get("ename", output.get("text")) for output in saved.cells[1].outputs] == [
        "so far\n",
        "KeyboardInterrupt",
        "CellTimeoutError",
    ]


def test_a_run_that_takes_too_long_is_stopped_whatever_its_cells_do(tmp_path):
    stubborn = (
        "import time\nwhile True:\n    try:\n        time.sleep(60)\n    except"
        " KeyboardInterrupt:\n        pass"
    )
    with pytest.raises(CellTimeoutError, match="the run took longer"):
        execute(notebook("1", stubborn, "2"), str(tmp_path / "out.ipynb"), run_timeout=3)
    assert ending(tmp_path / "out.ipynb")[:2] == ("timed_out", ["completed", "failed", "pending"])


def test_a_cell_for_which_no_time_is_left_has_not_run(tmp_path):
    with pytest.raises(CellTimeoutError, match="the run took longer"):
        execute(notebook("1", "2"), str(tmp_path / "out.ipynb"), run_timeout=1e-6)
    assert ending(tmp_path / "out.ipynb")[:2] == ("timed_out", ["pending", "pending"])


def test_an_interrupt_stops_the_cell_and_says_so(tmp_path):
    def interrupt():
        wait_for((tmp_path / "there").exists)
        os.kill(os.getpid(), signal.SIGINT)

    cell = f"open({str(tmp_path / 'there')!r}, 'w').close()\nimport time; time.sleep(60)"
    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        execute(notebook("1", cell, "2"), str(tmp_path / "out.ipynb"))
    ended, found, saved = ending(tmp_path / "out.ipynb")
    assert (ended, found) == ("interrupted", ["completed", "failed", "pending"])
    assert saved.cells[1].outputs[0].ename == "KeyboardInterrupt"


@pytest.mark.parametrize("cell", ["import sys; sys.exit(0)", "raise SystemExit"])
def test_a_notebook_that_ends_itself_without_an_error_has_not_failed(cell, tmp_path):
    execute(notebook("1", cell, "2"), str(tmp_path / "out.ipynb"))
    ended, found, saved = ending(tmp_path / "out.ipynb")
    assert (ended, found) == ("exited", ["completed", "completed", "pending"])
    assert not saved.metadata.papermill.exception
    assert not saved.cells[1].metadata.papermill.exception


def test_an_error_that_a_cell_may_raise_fails_the_run_at_its_end_as_with_papermill(tmp_path):
    source = notebook("1", "1/0", "2")
    source.cells[1].metadata["tags"] = ["raises-exception"]
    for engine in ("nbclient", "cognito-reset"):
        with pytest.raises(papermill.PapermillExecutionError, match="ZeroDivisionError"):
            papermill.execute_notebook(
                source, str(tmp_path / f"{engine}.ipynb"), engine_name=engine, progress_bar=False
            )
    ended, found, saved = ending(tmp_path / "cognito-reset.ipynb")
    assert (ended, found) == ("failed", statuses(nbformat.read(tmp_path / "nbclient.ipynb", 4)))
    assert "ZeroDivisionError" in saved.metadata.cognito_reset.detail


def test_an_exit_that_a_cell_may_raise_is_no_error(tmp_path):
    source = notebook("raise SystemExit(0)", "2")
    source.cells[0].metadata["tags"] = ["raises-exception"]
    execute(source, str(tmp_path / "out.ipynb"))
    assert ending(tmp_path / "out.ipynb")[:2] == ("completed", ["completed", "completed"])


def no_such_kernel(monkeypatch, folder):
    return {"kernel_name": "nosuch"}


def no_fork(monkeypatch, folder):
    def fork(*_):
        raise OSError("no more processes")

    monkeypatch.setattr(WarmProcess, "fork", fork)
    return {}


def no_start(monkeypatch, folder):
    spec = folder / "kernels" / "broken" / "kernel.json"
    spec.parent.mkdir(parents=True)
    argv = [sys.executable, "-c", "raise SystemExit(1)"]
    spec.write_text(json.dumps({"argv": argv, "display_name": "broken", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(folder))
    return {"kernel_name": "broken"}


@pytest.mark.parametrize("way", [no_such_kernel, no_fork, no_start])
def test_a_run_that_fails_before_its_first_cell_is_recorded_as_failed(way, tmp_path, monkeypatch):
    options = way(monkeypatch, tmp_path / "jupyter")
    with pytest.raises(Exception) as raised:
        execute(notebook("1", "2"), str(tmp_path / "out.ipynb"), **options)
    ended, found, saved = ending(tmp_path / "out.ipynb")
    assert (ended, found) == ("failed", ["pending", "pending"])
    assert saved.metadata.papermill.exception
    assert type(raised.value).__name__ in saved.metadata.cognito_reset.detail


def test_a_cell_during_which_the_engine_fails_is_not_completed(tmp_path, monkeypatch):
    def fail(manager):
        if statuses(manager.nb) == ["completed", "running", "pending"]:
            raise OSError("no space left")

    monkeypatch.setattr("helpers.runner.engine.manager.Manager.autosave_cell", fail)
    with pytest.raises(OSError, match="no space left"):
        execute(notebook("1", "print(1)", "2"), str(tmp_path / "out.ipynb"))
    ended, found, saved = ending(tmp_path / "out.ipynb")
    assert (ended, found) == ("failed", ["completed", "failed", "pending"])
    assert saved.metadata.cognito_reset.detail == "OSError: no space left"


SURROGATES = {
    "file-name": ("import os; print(os.fsdecode(b'caf\\xe9.txt'))", "caf\ufffd.txt\n"),
    "printed": ("print('a\\ud800b')", "a\ufffdb\n"),
    "displayed": ("from IPython.display import HTML; HTML('<b>\\ud800')", "<b>\ufffd"),
    "in-json": (
        "from IPython.display import JSON; JSON({'\\ud800': '\\ud83d\\ude00'})",
        "\U0001f600",
    ),
    "raised": ("raise ValueError('\\ud800')", "\ufffd"),
}


@pytest.mark.parametrize(("cell", "words"), SURROGATES.values(), ids=SURROGATES)
def test_half_a_surrogate_pair_is_replaced_and_does_no_harm(cell, words, tmp_path):
    fails = cell.startswith("raise")
    with pytest.raises(papermill.PapermillExecutionError) if fails else nullcontext():
        execute(notebook(cell, "2"), str(tmp_path / "out.ipynb"))
    ended, found, saved = ending(tmp_path / "out.ipynb")
    expected = ("failed", ["failed", "pending"]) if fails else ("completed", ["completed"] * 2)
    assert (ended, found) == expected
    [output] = saved.cells[0].outputs
    told = (output.get("text"), output.get("evalue"), *output.get("data", {}).values())
    assert words in "".join(map(str, told))


@pytest.mark.parametrize("cell", ["1/0", "raise SystemExit", "import os; os._exit(3)"])
def test_the_language_is_told_however_a_run_ends(cell, tmp_path):
    with suppress(papermill.PapermillExecutionError, DeadKernelError):
        execute(notebook(cell), str(tmp_path / "out.ipynb"))
    assert ending(tmp_path / "out.ipynb")[2].metadata.language_info.pygments_lexer == "ipython3"


FORKS = {
    "comes to the end of the cell": "",
    "exits": "if pid == 0: raise SystemExit",
    "fails": "if pid == 0: 1 / 0",
    "is replaced": "if pid == 0: os.execlp('true', 'true')",
    "ends at once": "if pid == 0: os._exit(0)",
}


@pytest.mark.parametrize("child", FORKS.values(), ids=FORKS)
def test_a_process_that_a_cell_has_forked_does_no_harm_to_the_run(child):
    fork = f"import os\npid = os.fork()\n{child}\nif pid: gone = os.waitpid(pid, 0)[0] == pid"
    assert text(execute(notebook(fork, "print(gone)", "print('last')"))).endswith("True\nlast\n")


def test_each_run_has_the_language_to_itself():
    first = execute(notebook("1")).metadata.language_info
    told = json.loads(json.dumps(first))
    first.codemirror_mode.name = "changed afterwards"
    assert execute(notebook("1")).metadata.language_info == told


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("print('so far', flush=True)\nimport os; os.kill(os.getpid(), 9)", "killed by SIGKILL"),
        ("print('so far', flush=True)\nimport os; os._exit(3)", "exit code 3"),
    ],
    ids=["killed", "exited"],
)
def test_a_kernel_that_dies_fails_its_cell_at_once(cell, words, tmp_path):
    with pytest.raises(DeadKernelError, match=words):
        execute(notebook("1", cell, "2"), str(tmp_path / "out.ipynb"))
    ended, found, saved = ending(tmp_path / "out.ipynb")
    assert (ended, found) == ("died", ["completed", "failed", "pending"])
    assert saved.cells[1].outputs[0].text == "so far\n"
    assert saved.metadata.papermill.exception


@pytest.mark.parametrize("within", ["no loop", "a running loop"])
@pytest.mark.parametrize(
    ("last", "raised"),
    [
        ("os._exit(3)", DeadKernelError),
        ("print('so far', flush=True); os.kill(os.getpid(), 9)", DeadKernelError),
        ("os.write(1, b'x' * 100_000); time.sleep(0.1); os._exit(3)", DeadKernelError),
        ("time.sleep(60)", CellTimeoutError),
        ("1 / 0", papermill.PapermillExecutionError),
        ("6 * 7", None),
    ],
)
def test_however_a_cell_ends_nothing_of_it_is_left_in_the_event_loop(last, raised, within, caplog):
    """What is left there Python tells of by a traceback, whenever it is collected."""

    def run():
        execute(notebook("import os, time\n" + last), execution_timeout=1)

    def outside_a_loop():
        try:
            run()
        finally:
            ensure_event_loop().close()  # which is this thread's

    async def inside():
        run()

    gc.collect()
    caplog.clear()
    # In a thread: after a walk through the browser there is a running loop in this one.
    with ThreadPoolExecutor(1) as beside, pytest.raises(raised) if raised else nullcontext():
        beside.submit(
            outside_a_loop if within == "no loop" else lambda: asyncio.run(inside())
        ).result()
    gc.collect()
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []


def test_a_cell_that_takes_a_while_is_on_the_disk_as_running(tmp_path):
    out, go = tmp_path / "out.ipynb", tmp_path / "go"

    def look():
        try:
            return wait_for(lambda: out.exists() and "running" in (s := ending(out)[:2])[1] and s)
        finally:
            go.touch()

    with ThreadPoolExecutor(1) as beside:
        seen = beside.submit(look)
        execute(notebook("1", waits_for(go), "2"), str(out))
    assert seen.result() == ("running", ["completed", "running", "pending"])
    assert ending(out)[:2] == ("completed", ["completed"] * 3)


def test_when_the_process_with_everything_imported_dies_another_takes_its_place():
    execute(notebook("1"))
    pid = WARMING.process()._pid
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: is_gone(pid))
    assert text(execute(notebook("print(1)"))) == "1\n"


# --- redacting ---

TAKE = "import os\nheld = os.environ['HELD']"
SPILLS = [
    "print(held)",
    "print(held, end='')",
    "from IPython.display import HTML, JSON, display\ndisplay(HTML(held), metadata={held: held})",
    "JSON({held: [held], 'metadata': {'status': held}})",
    f"display({{{MIME!r}: {{'meaning': held, 'outcome': 'confirmed', 'parameters': {{'x': held}}}}}}, raw=True)",
    "import ipywidgets\nshown = ipywidgets.Output()\nwith shown: print(held)\nshown",
    "ipywidgets.Text(held)",
    "type(held, (Exception,), {})",
]
WORDS = [
    "confirmed",
    "completed",
    "outcome",
    "schema_version",
    "metadata",
    "outputs",
    "cell_type",
    "source",
    "status",
    "execution_state",
]
MORE_WORDS = [
    "execution_count",
    "output_type",
    "stream",
    "stdout",
    "text",
    "plain",
    "html",
    "data",
    "ename",
    "evalue",
    "traceback",
    "error",
    "display_data",
    "python",
    "python3",
    "kernelspec",
    "language_info",
    "papermill",
    "parameters",
    "pending",
    "running",
    "failed",
    "ended",
    "detail",
    "cognito_reset",
    "widgets",
    "state",
    "model_id",
    "comm_id",
    "application",
    "SystemExit",
    "meaning",
    "injected-parameters",
    "+00:00",
]
MORE_WORDS.append(str(datetime.now(UTC).year))
ENDS = {"error": "raise ValueError(held)", "success": "1", "exit": "raise SystemExit(0)"}


def shape(executed):
    """What is the same whatever the secret is: all but texts, ids and times."""

    def plain(value, name=""):
        if isinstance(value, dict):
            return {
                key: plain(item, key)
                for key, item in value.items()
                if key not in ("id", "state", "application/json")
            }
        if isinstance(value, list):
            return [plain(item) for item in value]
        told = name in (
            "cell_type",
            "output_type",
            "name",
            "ename",
            "status",
            "ended",
            "exception",
            "outcome",
        )
        return value if told or not isinstance(value, str) else type(value).__name__

    def untimed(found):
        about = found["metadata"]["papermill"]
        found["cells"] = [cell for cell in found["cells"] if cell["cell_type"] == "code"]
        for each in (about, *(cell["metadata"]["papermill"] for cell in found["cells"])):
            each["duration"] = None
            for moment in ("start_time", "end_time"):
                if each[moment]:
                    datetime.fromisoformat(each[moment])
        return found

    return plain(untimed(json.loads(nbformat.writes(executed))))


def run_with(secret, last, out, monkeypatch):
    """Run a notebook that spills this secret in many ways; return what is saved."""
    monkeypatch.setenv("HELD", secret)
    source = out.with_name("source.ipynb")
    nbformat.write(notebook(TAKE, *SPILLS, last, parameters='ref = "env:HELD"'), source)
    try:
        execute(str(source), str(out), {"ref": "env:HELD"})
    except papermill.PapermillExecutionError as exc:
        assert secret not in f"{exc.evalue}"
    found = nbformat.read(out, 4)
    nbformat.validate(found)
    return found


@pytest.mark.parametrize("end", ENDS)
def test_a_secret_that_is_a_word_of_the_format_is_hidden_and_the_format_is_whole(
    end, tmp_path, monkeypatch
):
    usual = shape(run_with("Some-other-1", ENDS[end], tmp_path / "usual.ipynb", monkeypatch))
    for word in WORDS + (MORE_WORDS if end == "error" else []):
        found = run_with(word, ENDS[end], tmp_path / "out.ipynb", monkeypatch)
        assert shape(found) == usual, word
        cells = [cell.outputs for cell in found.cells if cell.cell_type == "code" and cell.outputs]
        assert cells[0][0].text == "[hidden]\n", word
        assert cells[1][0].text == "[hidden]", word
        assert cells[2][0].data["text/html"] == "[hidden]", word
        assert cells[2][0].metadata == {"[hidden]": "[hidden]"}, word
        assert word not in json.dumps(cells[3][0].data["application/json"]), word
        assert cells[4][0].data[MIME] == {
            "meaning": "[hidden]",
            "outcome": "confirmed",
            "parameters": {"x": "[hidden]"},
        }, word
        assert cells[5][0].data or cells[5][1].data, word


def test_the_engine_knows_what_of_a_record_is_no_text():
    def facts(schema):
        """The members that are no text: fixed words, times and ids."""
        for model in (schema, *schema["$defs"].values()):
            for name, about in model.get("properties", {}).items():
                fixed = {"enum", "const", "format", "$ref"} & set(about)
                if fixed and about.get("type") != "integer":
                    yield name

    assert (
        set(facts(Record.model_json_schema())) - {"schema_version"}
        <= CognitoResetEngine.formats[MIME]
    )


HALVES = ("Half-of-", "a-secret")


CUT_SHORT = {
    "print": ("print(os.environ['HELD'][8:], end='', flush=True)", None),
    "die": ("os._exit(3)", DeadKernelError),
    "fail": ("1/0", papermill.PapermillExecutionError),
    "interrupt": ("time.sleep(60)", KeyboardInterrupt),
}


@pytest.mark.parametrize("end", CUT_SHORT)
@pytest.mark.parametrize("between", ["", "print('other', file=sys.stderr, flush=True); display(1)"])
def test_no_half_of_a_secret_that_is_written_in_two_pieces_is_saved(
    between, end, tmp_path, monkeypatch, caplog
):
    monkeypatch.setenv("HELD", "".join(HALVES))
    out, go = tmp_path / "out.ipynb", tmp_path / "go"
    first = "print('so' + ' far ', end=''); print(os.environ['HELD'][:8], end='', flush=True)"
    last, raises = CUT_SHORT[end]
    cell = "\n".join(("import os, sys, time", first, between, waits_for(go), last))

    def look():
        try:
            return wait_for(lambda: out.exists() and "so far" in (now := out.read_text()) and now)
        finally:
            go.touch()
            if end == "interrupt":
                os.kill(os.getpid(), signal.SIGINT)

    with ThreadPoolExecutor(1) as beside, pytest.raises(raises) if raises else nullcontext():
        seen = beside.submit(look)
        execute(notebook(cell, parameters='ref = "env:HELD"'), str(out), log_output=True)
    everything = seen.result() + out.read_text() + caplog.text
    assert not [half for half in HALVES if half in everything]
    told = ending(out)[2].cells[1].outputs
    told = "".join(output.text for output in told if output.get("name") == "stdout")
    assert told == "so far [hidden]"


def test_what_only_looks_like_the_beginning_of_a_secret_is_there_once_the_cell_has_ended(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("HELD", "".join(HALVES))
    cell = "print('Half', end='', flush=True); print('-of-', end='')"
    executed = execute(notebook(cell, parameters='ref = "env:HELD"'), str(tmp_path / "out.ipynb"))
    assert text(executed) == text(nbformat.read(tmp_path / "out.ipynb", 4)) == "Half-of-"


# --- told by another project ---


class OtherEngine(ForkingEngine):
    """The engine as a project of its own would use it."""

    key = "other"
    run_timeout_variable = "OTHER_LIMIT"
    strict_variable = "OTHER_STRICT"
    listen = "elsewhere:register"
    warming = Warming()

    @classmethod
    def redactor(cls, values):
        found = Redactor()
        found.add("known-beforehand")
        return found


ELSEWHERE = """
def register(listener):
    global tell
    tell = listener
"""


@pytest.mark.parametrize("kernel", ["forked", "ordinary"])
def test_the_engine_does_the_same_for_another_project(kernel, tmp_path, monkeypatch):
    if kernel == "ordinary":
        monkeypatch.setattr("helpers.runner.engine.client.can_fork", lambda name: False)
    monkeypatch.setitem(papermill_engines._engines, "other", OtherEngine)
    tmp_path.joinpath("elsewhere.py").write_text(ELSEWHERE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    told = "import elsewhere\nelsewhere.tell('told-' + 'later')"
    source = notebook(told, "print('told-later', 'known-beforehand', 'x')", parameters="a = 1")
    executed = papermill.execute_notebook(
        source, "out.ipynb", {"a": 2}, engine_name="other", progress_bar=False
    )
    assert text(executed) == "[hidden] [hidden] x\n"
    assert executed.metadata.other == {"ended": "completed", "detail": ""}
    assert "cognito" not in json.dumps(executed.metadata)
    with pytest.raises(Refused, match="b: is no parameter of this notebook"):
        papermill.execute_notebook(source, None, {"b": 2}, engine_name="other")
    monkeypatch.setenv("OTHER_STRICT", "everything")
    with pytest.raises(Refused, match="OTHER_STRICT may hold names, types and secrets"):
        papermill.execute_notebook(source, None, engine_name="other")
    monkeypatch.delenv("OTHER_STRICT")
    monkeypatch.setenv("OTHER_LIMIT", "soon")
    with pytest.raises(Refused, match="OTHER_LIMIT must be a number of seconds"):
        papermill.execute_notebook(source, None, engine_name="other")


# --- without a fork ---


def test_without_fork_an_ordinary_kernel_is_as_strict_and_as_truthful(tmp_path, monkeypatch):
    monkeypatch.setattr("helpers.runner.engine.client.can_fork", lambda name: False)
    with pytest.raises(Refused):
        execute(notebook("1", parameters="a = 1"), None, {"b": 1})
    with pytest.raises(papermill.PapermillExecutionError):
        execute(notebook("print('ordinary')", "1/0", "2"), str(tmp_path / "out.ipynb"))
    ended, found, saved = ending(tmp_path / "out.ipynb")
    assert (ended, found, saved.cells[0].outputs[0].text) == (
        "failed",
        ["completed", "failed", "pending"],
        "ordinary\n",
    )
