"""Variants of a runbook, made by papermill's --prepare-only and checked by nbval: for success and
the main refusals.

Each prepared variant is given the outputs that the engine gets for it; nbval then runs one of each
kind in an ordinary kernel and compares. So the outputs of both kinds of kernel are the same for
refusals too, and each is also what it should be.
"""

import os
import subprocess
import sys
from contextlib import nullcontext

import nbformat
import papermill
import pytest

from helpers.run.record import find_record
from helpers.runbooks import RUNBOOKS
from tests import ROOT

VARIANTS = {
    "success": (
        {"new_password": "literal:Another-good-1-password"},
        0,
        "confirmed",
        "One sign-in with the new password",
    ),
    "wrong-code": (
        {"code": "literal:482915"},
        3,
        "refused",
        "this is not it",
    ),
    "weak-password": (
        {"new_password": "literal:Weak-1"},
        4,
        "refused",
        "breaks the pool's password policy",
    ),
    "unknown-client": (
        {"client_id": "0unknown0client0id0000000", "code": "literal:482915"},
        6,
        "refused",
        "client",
    ),
    "malformed-code": ({"code": "literal:12345"}, 2, "not_sent", "six digits"),
    "nobody-there": (
        {"target": "http://127.0.0.1:9", "code": "literal:482915"},
        7,
        "not_sent",
        "Nothing was sent",
    ),
}
ONE_OF_EACH_KIND = ("wrong-code", "malformed-code", "nobody-there")
"""Refused by Cognito, refused before anything is sent, and without an answer."""


@pytest.fixture(scope="module")
def variants(tmp_path_factory):
    folder = tmp_path_factory.mktemp("variants")
    found = {}
    for name, (values, code, _, _) in VARIANTS.items():
        path, executed = folder / f"{name}.ipynb", folder / "executed" / f"{name}.ipynb"
        executed.parent.mkdir(exist_ok=True)
        prepared = papermill.execute_notebook(
            str(RUNBOOKS["confirm-reset"].path), str(path), values, prepare_only=True
        )
        next(cell for cell in prepared.cells if cell.id == "proof").metadata["tags"] = (
            ["raises-exception"] if code else []
        )
        if "target" in values:  # outside the sandbox the times in the record are those of the day
            next(cell for cell in prepared.cells if cell.id == "record").metadata["tags"] = [
                "nbval-ignore-output"
            ]
        nbformat.write(prepared, path)
        with pytest.raises(papermill.PapermillExecutionError) if code else nullcontext():
            papermill.execute_notebook(
                str(path), str(executed), engine_name="cognito-reset", progress_bar=False
            )
        # The executed one hides the practice values in its sources, so it could not be run again.
        cells = {cell.id: cell for cell in nbformat.read(executed, 4).cells}
        for cell in prepared.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = (
                    cells[cell.id].outputs,
                    cells[cell.id].execution_count,
                )
        nbformat.write(prepared, path)
        found[name] = path
    return found


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_ends_as_it_should(name, variants):
    _, code, outcome, words = VARIANTS[name]
    record = find_record(nbformat.read(variants[name], 4))
    assert (record["exit_code"], record["outcome"]) == (code, outcome)
    assert words in record["meaning"] + record["verified_by"]


def test_nbval_finds_the_same_outputs_in_an_ordinary_kernel(variants):
    environment = {
        name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"
    }
    answer = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            "--nbval",
            "--nbval-current-env",
            "--nbval-cell-timeout",
            "60",
            "--rootdir",
            str(variants["success"].parent),
            *(str(variants[name]) for name in ONE_OF_EACH_KIND),
        ],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout[-3000:] + answer.stderr[-1000:]
    assert " failed" not in answer.stdout
