"""How fast headless runs are, side by side with stock papermill: python -m tests.bench_headless.

`compare` gives the numbers for the table of `make bench`. What stands for Cognito is a small server
that takes every call at once, so that what is measured is the running of notebooks. papermill alone
is in an environment of its own, with nothing of this project's.
"""

import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat

from tests import ROOT
from tests.environments import OURS, STOCK, WITH_BOTO3, programs

RUNBOOK = ROOT / "notebooks" / "runbooks" / "confirm-reset.ipynb"
ROUNDS = 7


class _Cognito(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = (
        -1
    )  # an answer in one packet: in two, the second waits 40 ms for the first to be acknowledged

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        signing_in = self.headers["X-Amz-Target"].endswith("InitiateAuth")
        answer = json.dumps(
            {"AuthenticationResult": {"AccessToken": "x" * 100}} if signing_in else {}
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("x-amzn-RequestId", "1")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def cognito() -> Iterator[str]:
    """Serve on a free port; yield the endpoint."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Cognito)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def three_cells(folder: Path, endpoint: str) -> Path:
    """Write the notebook that anybody would write first: parameters, a client, the raw call."""
    code = nbformat.v4.new_code_cell
    cells = [
        code(
            'client_id = "3n4b5urk1ft4fl3mg5e62d9ado"\nusername = "diego@example.com"',
            metadata={"tags": ["parameters"]},
        ),
        code(
            "import os, boto3\nfrom botocore import UNSIGNED\nfrom botocore.config import Config\n"
            'client = boto3.client("cognito-idp", region_name="us-east-1", '
            f'endpoint_url="{endpoint}", config=Config(signature_version=UNSIGNED))'
        ),
        code(
            "client.confirm_forgot_password(ClientId=client_id, Username=username,\n   "
            ' ConfirmationCode=os.environ["RESET_CODE"],'
            ' Password=os.environ["RESET_PASSWORD"])["ResponseMetadata"]["HTTPStatusCode"]'
        ),
    ]
    path = folder / "three.ipynb"
    nbformat.write(_notebook(*cells), path)
    return path


def _notebook(*cells: nbformat.NotebookNode) -> nbformat.NotebookNode:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=list(cells), metadata={"kernelspec": kernel})


def _seconds(*command: object) -> float:
    started = time.perf_counter()
    subprocess.run(
        list(map(str, command)), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return time.perf_counter() - started


IN_ONE_PROCESS = """
import sys, time, statistics, papermill
times = []
for number in range(int(sys.argv[2]) + 3):
    began = time.perf_counter()
    papermill.execute_notebook(sys.argv[1], sys.argv[1] + ".out.ipynb", engine_name="cognito-reset", progress_bar=False)
    times.append(time.perf_counter() - began)
print(statistics.median(times[3:]))
"""


def _whole_processes(folder: Path, three: Path, given: list[str], rounds: int) -> dict[str, float]:
    """Return the ratios of whole processes, each turn by turn with papermill alone."""
    clean, boto3, ours = map(programs, (STOCK, WITH_BOTO3, OURS))
    empty = folder / "empty.ipynb"
    nbformat.write(_notebook(nbformat.v4.new_code_cell("pass")), empty)
    engine = (ours / "papermill", "--engine", "cognito-reset")
    runs = (ours / "cognito-reset", "run", RUNBOOK.stem, "--out", folder / "runs", *given)
    out, imports = folder / "out.ipynb", ("-c", "import papermill")
    pairs = {
        "ratio, an empty notebook by the engine": ((*engine, empty, out), (clean, empty)),
        "ratio, three cells with boto3 by the engine": ((*engine, three, out), (boto3, three)),
        "ratio, confirm-reset by the command": (runs, (boto3, three)),
    }
    figures = {}
    for words, (command, (where, notebook)) in pairs.items():
        theirs = (where / "papermill", notebook, out)
        figures[words] = _ratio(command, theirs, rounds)
    figures["ratio, import papermill beside this"] = _ratio(
        (ours / "python", *imports), (boto3 / "python", *imports), rounds
    )
    return figures


def _ratio(ours: tuple[object, ...], theirs: tuple[object, ...], rounds: int) -> float:
    """Return the median of the rounds' ratios; the order changes from round to round."""
    ratios = []
    for number in range(rounds):
        first, second = (ours, theirs) if number % 2 else (theirs, ours)
        times = {first: _seconds(*first)}
        times[second] = _seconds(*second)
        ratios.append(times[ours] / times[theirs])
    return statistics.median(ratios)


def compare(rounds: int = ROUNDS, runs: int = 100, table: int = 200) -> dict[str, float]:
    """Return the numbers: ratios of whole processes, milliseconds a run in one process, and runs a
    second of a table.
    """
    from helpers.campaign.owner import Manner, run_table
    from helpers.runbooks import RUNBOOKS

    before = dict(os.environ)
    os.environ |= {
        "RESET_CODE": "123456",
        "RESET_PASSWORD": "A-new-password-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    try:
        with TemporaryDirectory() as scratch, cognito() as endpoint:
            folder = Path(scratch)
            three = three_cells(folder, endpoint)
            given = [
                part
                for pair in (
                    f"target={endpoint}",
                    "code=env:RESET_CODE",
                    "new_password=env:RESET_PASSWORD",
                )
                for part in ("-p", pair)
            ]
            figures = _whole_processes(folder, three, given, rounds)
            one = subprocess.run(
                [sys.executable, "-c", IN_ONE_PROCESS, three, str(runs)],
                capture_output=True,
                text=True,
                check=True,
            )
            rows = folder / "rows.csv"
            rows.write_text(
                "username\n" + "".join(f"user{number}@example.com\n" for number in range(table))
            )
            shared = {
                "target": endpoint,
                "code": "env:RESET_CODE",
                "new_password": "env:RESET_PASSWORD",
            }
            summary = run_table(
                RUNBOOKS["confirm-reset"],
                rows,
                out=folder / "table",
                shared=shared,
                manner=Manner(pace=0),
            )
            assert summary.exit_code == 0, summary
            return {
                **figures,
                "milliseconds a run in one process": 1000 * float(one.stdout),
                "runs a second, a table, two workers": summary.rows / summary.seconds,
            }
    finally:
        os.environ.clear()
        os.environ |= before


if __name__ == "__main__":
    for words, number in compare().items():
        print(f"{words:<46} {number:.2f}")
