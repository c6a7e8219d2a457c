"""Three planted values and every way out of a headless run: they are found nowhere, in no common
encoding.
"""

import base64
import html
import json
import logging
import os
import socket
import subprocess
import sys
import threading
import urllib.parse
from contextlib import ExitStack, contextmanager
from pathlib import Path

import nbformat
import papermill
import pytest
from click.testing import CliRunner
from nbclient.exceptions import CellTimeoutError, DeadKernelError

from helpers.__main__ import main
from helpers.runbooks import RUNBOOKS
from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_POOL_ID, DEFAULT_USERNAME, open_sandbox
from helpers.target import Target
from helpers.target.pools_file import PoolsError, load
from tests.runner.test_engine import PAPERMILL, notebook

COMMAND = str(Path(sys.executable).with_name("cognito-reset"))
PASSWORD = 'Plänted "pass" <&> word/1+'
CODE = "739184"
CLIENT_SECRET = "planted0client0secret1line"
ON_THE_COMMAND_LINE = (  # everybody sees it there, so the watcher does not look for this one
    "Given-by-value-1"
)


def spellings(value):
    raw = value.encode()
    found = {
        value,
        html.escape(value),
        urllib.parse.quote(value),
        urllib.parse.quote_plus(value),
        repr(raw)[2:-1],
        raw.hex(),
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(value))[3:-3],
    }
    for offset in range(3):
        found.add(
            base64.b64encode(b"x" * offset + raw + b"yyy").decode()[4 : 4 + len(raw) * 4 // 3 - 6]
        )
    return {spelling for spelling in found if len(spelling) > 5}


PLANTED = {spelling for value in (PASSWORD, CODE, CLIENT_SECRET) for spelling in spellings(value)}


def found_in(text):
    return sorted(spelling for spelling in PLANTED if spelling in text)


def found_below(folder):
    hits = []
    for path in folder.rglob("*"):
        hits += [(path.name, "name") for _ in found_in(str(path))]
        if path.is_file() and not path.is_symlink():
            hits += [(path.name, hit) for hit in found_in(path.read_text("utf-8", "replace"))]
    return hits


class Watcher:
    """Looks, while a run is under way, at every process's command line and at every file below a
    folder.
    """

    def __init__(self, folder):
        self.folder, self.hits, self._stop = folder, [], threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _look(self):
        while not self._stop.wait(0.05):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.hits += found_in(path.read_text("utf-8", "replace"))
                except OSError:
                    continue
            try:
                self.hits += found_below(self.folder)
            except OSError:
                continue


# What a notebook may do with the three, each of which it got in its own way.
TAKE = (
    "import os\nfrom helpers.secrets.secret import Secret\npassword, code, client ="
    " (Secret(os.environ[f'HELD_{n}']).reveal() for n in ('PASSWORD', 'CODE', 'CLIENT'))"
)
SPILL = [
    "print(password, code, client)\nprint(password, file=__import__('sys').stderr)",
    (
        "for piece in (password[:5], password[5:], client[:9], client[9:], code[:2], code[2:]):"
        " print(piece, end='', flush=True)"
    ),
    (
        "import base64, html, json, urllib.parse\nfor value in (password, code, client):\n   "
        " print(repr(value), repr(value.encode()), json.dumps(value),"
        " json.dumps(json.dumps(value)), html.escape(value),\n          urllib.parse.quote(value),"
        " urllib.parse.quote_plus(value), value.encode().hex(),\n          *(base64.b64encode(b'x'"
        " * n + value.encode() + b'yyy').decode() for n in range(3)))"
    ),
    "{'password': password, code: client}",
    (
        "from IPython.display import HTML, JSON, display\ndisplay(HTML(f'<b>{password}</b>'),"
        " JSON({password: [code]}), metadata={'kept': client, password: 1})"
    ),
    "handle = display('x', display_id='here'); handle.update(f'{password}')",
    (
        "import ipywidgets; field = ipywidgets.Password(value=password); box ="
        " ipywidgets.Text(value=code); field"
    ),
    (
        "import logging; logging.basicConfig(level='DEBUG', force=True); logging.debug('%s %s %s',"
        " password, code, client)"
    ),
    (
        "import subprocess; _ = subprocess.run(['sh'], input=f'echo {client}; echo {code} >&2',"
        " text=True, check=True)"
    ),
    "import warnings; warnings.warn(password)",
]
LAST = {
    "success": "1",
    "error": (
        "def failing(given):\n    raise ValueError(f'{given} {code} {client}')\nfailing(password)"
    ),
    "timeout": "print(password, flush=True)\nimport time; time.sleep(60)",
    "killed": "print(password, flush=True)\nos.kill(os.getpid(), 9)",
    "exit": "raise SystemExit(password)",
}


@pytest.fixture
def held(monkeypatch, tmp_path):
    """The three values where a notebook finds them, and a folder of its own for temporary files."""
    for name, value in (("PASSWORD", PASSWORD), ("CODE", CODE), ("CLIENT", CLIENT_SECRET)):
        monkeypatch.setenv(f"HELD_{name}", value)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr("tempfile.tempdir", str(scratch))


@pytest.mark.parametrize(
    ("ending", "kernel"),
    [*((ending, "forked") for ending in LAST), ("success", "ordinary"), ("error", "ordinary")],
)
def test_nothing_of_it_comes_out_of_an_engine_run(
    ending, kernel, held, tmp_path, monkeypatch, caplog, capfd
):
    if kernel == "ordinary":
        monkeypatch.setattr("helpers.runner.engine.client.can_fork", lambda name: False)
        monkeypatch.delenv(
            "PYTEST_CURRENT_TEST"
        )  # where ipykernel sees it, it leaves subprocesses' output alone
    caplog.set_level(logging.DEBUG)
    said = ""
    with (
        Watcher(tmp_path) as watcher,
        (tmp_path / "stdout").open("w") as out,
        (tmp_path / "stderr").open("w") as err,
    ):
        try:
            executed = papermill.execute_notebook(
                notebook(TAKE, *SPILL, LAST[ending]),
                str(tmp_path / "out.ipynb"),
                engine_name="cognito-reset",
                log_output=True,
                stdout_file=out,
                stderr_file=err,
                execution_timeout=2 if ending == "timeout" else None,
                progress_bar=False,
            )
            said = nbformat.writes(executed)
        except (papermill.PapermillExecutionError, CellTimeoutError, DeadKernelError) as exc:
            said = everything_in(exc)
    captured = capfd.readouterr()
    assert found_in(said + caplog.text + captured.out + captured.err) == []
    assert watcher.hits == []
    assert found_below(tmp_path) == []
    saved = (tmp_path / "out.ipynb").read_text()
    assert saved.count("[hidden]") > 15
    assert "[hidden]" in caplog.text
    assert (ending == "success") == (said.count('"ended": "completed"') == 1)


def everything_in(error):
    """What a crash reporter would collect: the error, its arguments, its causes, and the locals of
    our own frames.
    """
    parts = []
    while error is not None:
        parts += [str(error), repr(error), repr(error.args), repr(vars(error))]
        frame = error.__traceback__
        while frame is not None:
            if frame.tb_frame.f_code.co_filename != __file__:
                parts += [repr(value) for value in frame.tb_frame.f_locals.values()]
            frame = frame.tb_next
        error = error.__cause__ or error.__context__
    return "\n".join(parts)


@pytest.mark.parametrize("way", ["success", "wrong-code", "weak", "by-value", "timeout", "killed"])
def test_nothing_of_it_comes_out_of_the_command(way, tmp_path, monkeypatch):
    monkeypatch.setenv("COGNITO_SANDBOX", str(tmp_path.parent / f"{tmp_path.name}.sqlite"))
    client = Target().client()
    client.forgot_password(ClientId=DEFAULT_CLIENT_ID, Username=DEFAULT_USERNAME)
    code = Target().newest_code(DEFAULT_USERNAME)
    planted = {
        "success": (code, PASSWORD),
        "wrong-code": (CODE, PASSWORD),
        "weak": (code, "plänted"),
        "by-value": (code, PASSWORD),
    }.get(way, (CODE, PASSWORD))
    environment = {
        **os.environ,
        "A_CODE": planted[0],
        "A_PASSWORD": planted[1],
        "TMPDIR": str(tmp_path),
        "HOME": str(tmp_path),
    }
    arguments = [
        COMMAND,
        "run",
        "confirm-reset",
        "--out",
        str(tmp_path / "runs"),
        "-p",
        "code=env:A_CODE",
    ]
    arguments += [
        "-p",
        "new_password=stdin:" if way == "success" else "new_password=env:A_PASSWORD",
    ]
    with _silent_server() as (port, asked), Watcher(tmp_path) as watcher:
        if way in ("timeout", "killed"):
            arguments += ["-p", f"target=http://127.0.0.1:{port}", "--timeout", "3"]
        if way == "by-value":
            arguments[-1] = "new_password=" + ON_THE_COMMAND_LINE
        process = (
            subprocess.Popen(
                arguments,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            if way != "by-value"
            else None
        )
        if way == "killed":
            asked()
            process.kill()
        if process:
            out, err = process.communicate(planted[1] + "\n" if way == "success" else None)
        else:
            done = subprocess.run(
                arguments, env=environment, capture_output=True, text=True, check=False
            )
            out, err = done.stdout, done.stderr
    expected = {
        "success": 0,
        "wrong-code": 3,
        "weak": 4,
        "by-value": 2,
        "timeout": 124,
        "killed": -9,
    }[way]
    assert (process.returncode if process else done.returncode) == expected, out + err
    mine = [spelling for value in planted for spelling in spellings(value)] + [
        *spellings(CLIENT_SECRET),
        *spellings(ON_THE_COMMAND_LINE),
    ]
    everything = (
        out
        + err
        + "".join(
            str(path) + path.read_text("utf-8", "replace")
            for path in tmp_path.rglob("*")
            if path.is_file()
        )
    )
    assert [spelling for spelling in mine if spelling in everything] == []
    assert watcher.hits == []


BY_VALUE = [
    f'client_secret = "{CLIENT_SECRET}"',
    f'client_secret = "literal:{CLIENT_SECRET}"',
    f'client_secret = ["{CLIENT_SECRET}"]',
    f'client_secret = {{ value = "{CLIENT_SECRET}" }}',
    f'clientsecret = "{CLIENT_SECRET}"',
    f"client_secret = {CLIENT_SECRET}",
    f'client_secret = "{CLIENT_SECRET}',
]


@pytest.fixture
def pools(tmp_path, monkeypatch):
    """Write a file of pools, where no exit is looked for."""

    def write(text):
        path = tmp_path.parent / f"{tmp_path.name}.toml"
        path.write_text(text)
        monkeypatch.setenv("COGNITO_RESET_POOLS", str(path))

    return write


@pytest.mark.parametrize("given", BY_VALUE)
def test_a_client_secret_in_a_file_of_pools_is_told_by_no_error(given, pools, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    pools(f'[prod]\nuser_pool_id = "us-east-1_x"\n[prod.clients.web]\n{given}\n')
    with pytest.raises(PoolsError) as raised:
        load()
    assert found_in(everything_in(raised.value) + caplog.text) == []
    for arguments in (
        ["pools"],
        ["pools", "--json"],
        ["pools", "check"],
        ["run", "audit-pool", "-p", "pool=prod", "--out", str(tmp_path / "runs")],
    ):
        answer = CliRunner().invoke(main, arguments)
        assert answer.exit_code == 2
        assert found_in(answer.output) == []
    assert found_below(tmp_path) == []


@pytest.mark.parametrize("reference", ["env:THE_SECRET", f"literal:{CLIENT_SECRET}"])
def test_a_client_secret_that_a_pool_leads_to_comes_out_nowhere(
    reference, pools, tmp_path, monkeypatch
):
    monkeypatch.setenv("COGNITO_SANDBOX", str(tmp_path.parent / f"{tmp_path.name}.sqlite"))
    client_id = (
        Target()
        .client()
        .create_user_pool_client(
            UserPoolId=DEFAULT_POOL_ID,
            ClientName="planted",
            ClientSecret=CLIENT_SECRET,
            ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"],
        )["UserPoolClient"]["ClientId"]
    )
    pools(
        f'[lab]\ntarget = "sandbox"\nuser_pool_id = "{DEFAULT_POOL_ID}"\n[lab.clients.web]\n'
        f'client_id = "{client_id}"\nclient_secret = "{reference}"\n'
    )
    monkeypatch.setenv("THE_SECRET", CLIENT_SECRET)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    out = ["--out", str(tmp_path / "runs")]
    table = tmp_path / "table.csv"
    table.write_text(f"username\n{DEFAULT_USERNAME}\n")
    said = ""
    with Watcher(tmp_path) as watcher:
        for arguments in (
            ["pools"],
            ["pools", "--json"],
            ["pools", "check", "lab"],
            ["run", "request-code", "-p", "pool=lab", *out],
            ["batch", "confirm-reset", str(table), "-p", "pool=lab", "--users", "1", *out],
            ["show", *out, "--json"],
        ):
            if reference.startswith("env:") and arguments[0] in ("run", "batch"):
                done = subprocess.run(
                    [COMMAND, *arguments], capture_output=True, text=True, check=False
                )
                assert done.returncode == 0, done.stdout + done.stderr
                said += done.stdout + done.stderr
            else:  # sooner in this process
                answer = CliRunner().invoke(main, arguments)
                assert answer.exit_code == 0, answer.output
                said += answer.output
    assert found_in(said) == []
    assert watcher.hits == []
    assert found_below(tmp_path) == []


@contextmanager
def _silent_server():
    """Something that takes every request and never answers: its port, and what waits until a
    request has come.
    """
    with socket.create_server(("127.0.0.1", 0)) as server, ExitStack() as taken:
        server.settimeout(60)
        yield server.getsockname()[1], lambda: taken.enter_context(server.accept()[0]).recv(1)


def test_papermills_own_command_line_at_debug_shows_nothing(held, tmp_path):
    source = tmp_path / "in.ipynb"
    nbformat.write(notebook(TAKE, *SPILL, LAST["error"]), source)
    answer = subprocess.run(
        [
            PAPERMILL,
            "--engine",
            "cognito-reset",
            source,
            tmp_path / "out.ipynb",
            "--log-level",
            "DEBUG",
            "--log-output",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 1
    assert "[hidden]" in answer.stdout + answer.stderr
    assert found_in(answer.stdout + answer.stderr) == []
    assert found_below(tmp_path) == []


def test_a_literal_in_a_runbooks_parameters_is_found_nowhere_but_where_papermill_was_told_to_put_it(
    tmp_path, sandbox
):
    # The sandbox's practice password is public; the reference is recorded, and what it stands for
    # is hidden elsewhere.
    assert open_sandbox() is not None
    executed = papermill.execute_notebook(
        str(RUNBOOKS["confirm-reset"].path), None, engine_name="cognito-reset", progress_bar=False
    )
    shown = json.dumps([cell.get("outputs", []) for cell in executed.cells])
    assert "Practice-makes-perfect-1" not in shown
