"""The command `lab`, up to where it becomes JupyterLab."""

import os
import sys

import pytest
from click.testing import CliRunner

from helpers.__main__ import main
from helpers.run.package_data import JUPYTER, NOTEBOOKS
from helpers.runner import lab, working_copy


class Became(Exception):
    """What the process would have become."""


@pytest.fixture
def started(tmp_path, monkeypatch):
    """Run the command in a folder of its own; return its result, or the arguments that JupyterLab
    was started with.
    """
    monkeypatch.chdir(tmp_path)

    def become(program, arguments):
        raise Became(*arguments, dict(os.environ))

    monkeypatch.setattr("os.execv", become)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    for name in ("COGNITO_SANDBOX", "COGNITO_RESET_RUNS", "COGNITO_RESET_POOLS"):
        monkeypatch.setenv(name, "")  # so that what the command sets is taken back
        monkeypatch.delenv(name)

    def run(*arguments):
        result = CliRunner().invoke(main, ["lab", *arguments])
        if not isinstance(result.exception, Became):
            return result
        *command, environment = result.exception.args
        return command, environment, result.output

    return run


def test_it_becomes_jupyterlab_on_a_copy_of_the_notebooks_in_the_folder_of_runs(started, tmp_path):
    command, environment, said = started()
    runs = tmp_path / "runs"
    assert command == [
        sys.executable,
        "-m",
        "jupyterlab",
        f"--LabApp.app_settings_dir={JUPYTER}",
        f"--LabApp.workspaces_dir={runs}/lab",
        "--LabApp.default_url=/lab/tree/00-start-here.ipynb",
        "--LabApp.expose_app_in_browser=True",
        f"--ServerApp.root_dir={runs}/notebooks",
    ]
    assert (environment["COGNITO_SANDBOX"], environment["COGNITO_RESET_RUNS"]) == (
        f"{runs}/sandbox.sqlite",
        str(runs),
    )
    assert runs.joinpath("notebooks", "00-start-here.ipynb").exists()
    assert runs.stat().st_mode & 0o777 == 0o700
    assert said == ""


def test_in_a_folder_that_people_share_each_has_a_place_of_their_own_and_it_stays_shared(
    started, tmp_path
):
    runs = tmp_path / "runs"
    runs.mkdir()
    runs.chmod(0o2770)
    command, environment, _ = started()
    own = runs / f"account-{os.getuid()}"
    assert f"--ServerApp.root_dir={own}/notebooks" in command
    assert environment["COGNITO_RESET_RUNS"] == str(runs)
    assert environment["COGNITO_SANDBOX"] == f"{own}/sandbox.sqlite"
    assert runs.stat().st_mode & 0o7777 == 0o2770
    assert own.stat().st_mode & 0o777 == 0o700


def test_jupyterlabs_own_options_are_passed_on_and_win(started):
    command, _, _ = started(
        "--port", "0", "--no-browser", "--allow-root", "--LabApp.default_url=/x"
    )
    assert command[-5:] == [
        "--port",
        "0",
        "--no-browser",
        "--allow-root",
        "--LabApp.default_url=/x",
    ]
    assert [arg for arg in command if "default_url" in arg] == ["--LabApp.default_url=/x"]


@pytest.mark.parametrize("by", ["option", "variable"])
def test_the_folder_of_runs_and_the_sandbox_can_be_chosen(by, started, tmp_path, monkeypatch):
    monkeypatch.setenv("COGNITO_SANDBOX", "mine.sqlite")
    if by == "variable":
        monkeypatch.setenv("COGNITO_RESET_RUNS", "there")
    _, environment, _ = started(*(["--out", "there"] if by == "option" else []))
    assert environment["COGNITO_RESET_RUNS"] == str(tmp_path / "there")
    assert environment["COGNITO_SANDBOX"] == str(tmp_path / "mine.sqlite")


def test_the_layout_that_a_person_has_made_stays(started, tmp_path):
    started()
    [layout] = tmp_path.joinpath("runs", "lab").iterdir()
    assert layout.read_bytes() == JUPYTER.joinpath("workspaces", layout.name).read_bytes()
    layout.write_text("as I like it")
    started()
    assert layout.read_text() == "as I like it"


def test_a_changed_copy_is_told_in_one_line_with_where_the_newer_one_is(
    started, tmp_path, monkeypatch
):
    changed = working_copy.Changed(tmp_path / "mine.ipynb", NOTEBOOKS / "00-start-here.ipynb")
    monkeypatch.setattr(lab, "refresh", lambda folder: [changed])
    _, _, said = started()
    assert len(said.splitlines()) == 1
    assert str(changed.copy) in said
    assert str(changed.newer) in said


@pytest.mark.parametrize("missing", ["jupyterlab", "ipywidgets", "anywidget"])
def test_without_the_extra_it_says_how_to_get_it(missing, started, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, missing, None)
    result = started()
    assert result.exit_code == 2
    assert result.output.endswith("pip install 'cognito-reset-runbooks[lab]'\n")
    assert len(result.output.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_way_to_keep_usernames_that_there_is_not_is_told(started, monkeypatch):
    monkeypatch.setenv("COGNITO_RESET_USERNAME_AS", "plain")
    result = started()
    assert result.exit_code == 2
    assert "must be clear, masked or hashed, and is plain." in result.output


def test_a_folder_of_runs_that_cannot_be_is_told(started, tmp_path):
    tmp_path.joinpath("a-file").write_text("")
    result = started("--out", "a-file/runs")
    assert result.exit_code == 2
    assert "a-file" in result.output
    assert "Traceback" not in result.output


def test_the_projects_own_notebooks_are_never_the_copy(started):
    before = {path: path.read_bytes() for path in NOTEBOOKS.rglob("*.ipynb")}
    result = started("--out", str(NOTEBOOKS.parent))
    assert result.exit_code == 2
    assert "the project's own notebooks" in result.output
    assert {path: path.read_bytes() for path in NOTEBOOKS.rglob("*.ipynb")} == before


def test_kernels_in_other_folders_have_the_pools_of_this_one(started, tmp_path, monkeypatch):
    assert "COGNITO_RESET_POOLS" not in started()[1]
    tmp_path.joinpath("pools.toml").touch()
    assert started()[1]["COGNITO_RESET_POOLS"] == str(tmp_path / "pools.toml")
    monkeypatch.setenv("COGNITO_RESET_POOLS", "elsewhere/team.toml")
    assert started()[1]["COGNITO_RESET_POOLS"] == str(tmp_path / "elsewhere" / "team.toml")
