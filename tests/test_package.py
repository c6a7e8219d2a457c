"""The wheel is enough: installed without the checkout, in an empty folder, every command works."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import nbformat
import pytest

from tests import ROOT
from tests.rebaseline import NOTEBOOKS, notebooks


def pip(*arguments):
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


def build_wheel(source, folder):
    """Build a wheel from a folder or a source distribution, without the network."""
    pip("wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, source)
    [wheel] = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    return build_wheel(ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def installed(wheel, tmp_path_factory):
    """The folder of programs of a new environment that has the wheel, and beside it only what the
    tests' own environment has.
    """
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    pip("--python", folder / "bin" / "python", "install", "--no-deps", "--no-index", wheel)
    [packages] = folder.glob("lib/python*/site-packages")
    packages.joinpath("tests.pth").write_text(sysconfig.get_path("purelib"))
    return folder / "bin"


@pytest.fixture
def run(installed, tmp_path):
    """Run a program of that environment in an empty folder, and return what it printed."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def run(program, *arguments):
        done = subprocess.run(
            [installed / program, *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def contents(wheel):
    with zipfile.ZipFile(wheel) as file:
        return {name: file.read(name) for name in file.namelist()}


def test_the_wheel_holds_the_package_the_notebooks_and_the_settings_and_nothing_else(wheel):
    held = contents(wheel)
    assert {name.split("/")[0].partition("-")[0] for name in held} == {
        "helpers",
        "cognito_reset_papermill.py",
        "cognito_reset_runbooks",
    }
    packed = {
        name.removeprefix("helpers/notebooks/"): text
        for name, text in held.items()
        if name.endswith(".ipynb")
    }
    assert packed == {str(path.relative_to(NOTEBOOKS)): path.read_bytes() for path in notebooks()}
    assert held["helpers/jupyter/overrides.json"]
    for path in ROOT.joinpath("helpers").rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            assert held[str(path.relative_to(ROOT))] == path.read_bytes()


def test_the_source_distribution_builds_the_same_wheel(wheel, tmp_path):
    subprocess.run(
        [sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", tmp_path, ROOT],
        check=True,
        capture_output=True,
        timeout=120,
    )
    [source] = tmp_path.glob("*.tar.gz")
    assert contents(build_wheel(source, tmp_path)) == contents(wheel)


def test_what_is_tried_here_is_the_wheel(run, installed):
    found = run("python", "-c", "import helpers; print(helpers.__file__)")
    assert Path(found.strip()).is_relative_to(installed.parent)


def test_a_script_has_what_the_face_promises(run):
    run("python", "-c", "from helpers import Secret, confirm")


def test_the_runbooks_are_listed(run):
    assert "confirm-reset\n  Set a new password with a confirmation code" in run(
        "cognito-reset", "list"
    )


def test_the_main_job_is_done_in_the_sandbox_and_its_journal_verified(run):
    assert "confirmed: The user can sign in" in run("cognito-reset", "run", "confirm-reset")
    assert "lines, all as they were written." in run("cognito-reset", "verify")


def test_the_engine_runs_a_notebook_that_is_nothing_of_ours(run, tmp_path):
    cells = ["import math", "x = math.factorial(20)", "print(x)"]
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python", "language": "python"}
        },
    )
    nbformat.write(notebook, tmp_path / "in.ipynb")
    run("python", "-m", "papermill", "--engine", "cognito-reset", "in.ipynb", "out.ipynb")
    executed = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert executed.cells[-1].outputs[0].text == "2432902008176640000\n"
    assert executed.metadata["cognito_reset"]["ended"] == "completed"
