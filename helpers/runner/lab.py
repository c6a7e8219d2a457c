"""JupyterLab on a person's own copy of the notebooks, with the project's settings."""

import os
import shutil
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import click

from helpers.cognito.errors import BadParameters
from helpers.run.account import account
from helpers.run.masking import RUNS, username_as
from helpers.run.package_data import JUPYTER, NOTEBOOKS, LabMissing
from helpers.run.shared import is_shared
from helpers.runner.working_copy import refresh
from helpers.target.pools_file import POOLS, path_of_file

START = "00-start-here.ipynb"


@click.command("lab", context_settings={"ignore_unknown_options": True})
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default="runs",
    show_default=True,
    envvar=RUNS,
    help="The folder of runs, of their journal, and of your copy of the notebooks.",
)
@click.argument("args", nargs=-1, type=click.UNPROCESSED, metavar="[JUPYTERLAB'S OPTIONS]")
def lab_command(out: Path, args: tuple[str, ...]) -> None:
    """Open the notebooks in JupyterLab, with forms; they share one sandbox and one journal.

    You work in a copy of your own. A notebook that you have not changed is renewed when the project
    has a newer one. JupyterLab's own options follow, such as --port, --no-browser and --allow-root.
    """
    start(out, args)


def start(out: Path, args: Sequence[str]) -> NoReturn:
    """Become JupyterLab, with the folder of runs `out` and these arguments. Raises LabMissing,
    NotebookMissing or click.ClickException.
    """
    if not all(find_spec(name) for name in ("jupyterlab", "ipywidgets", "anywidget")):
        raise LabMissing("JupyterLab and its widgets are not all installed")
    arguments = [*options(prepare(out.absolute()), args), *args]
    os.execv(sys.executable, [sys.executable, "-m", "jupyterlab", *arguments])


def prepare(out: Path) -> Path:
    """Have everything that JupyterLab starts with, and say in the environment where it is. Returns
    the folder that holds it: that of the runs, and where several accounts share that, one in it
    that is this account's own.
    """
    try:
        username_as()
    except BadParameters as exc:
        raise click.UsageError(str(exc.problems[0])) from None
    me, own = account(), out
    if me is not None and is_shared(out):
        own = out / f"account-{me.uid}"
    copies = own / "notebooks"
    if copies.resolve() == NOTEBOOKS.resolve():
        raise click.BadParameter(
            f"{copies} holds the project's own notebooks: name another folder.",
            param_hint="--out",
        )
    try:
        own.mkdir(mode=0o700, parents=True, exist_ok=True)
        own.chmod(0o700)
        for changed in refresh(copies):
            click.echo(
                f"{changed.copy} is kept as you changed it; the project's newer one is"
                f" {changed.newer}",
                err=True,
            )
        _lay_out(own / "lab")
    except OSError as exc:
        raise click.BadParameter(
            f"{exc.filename or out}: {exc.strerror}", param_hint="--out"
        ) from None
    sandbox = os.environ.setdefault("COGNITO_SANDBOX", str(own / "sandbox.sqlite"))
    if sandbox:
        os.environ["COGNITO_SANDBOX"] = os.path.abspath(sandbox)
    os.environ[RUNS] = str(out)
    if pools := path_of_file():  # a kernel works in another folder
        os.environ[POOLS] = str(pools.absolute())
    return own


def _lay_out(layouts: Path) -> None:
    """Have a first layout; the one that a person has made stays."""
    layouts.mkdir(mode=0o700, exist_ok=True)
    if not any(layouts.glob("*.jupyterlab-workspace")):
        for path in JUPYTER.joinpath("workspaces").iterdir():
            shutil.copyfile(path, layouts / path.name)


def options(out: Path, args: Sequence[str] = ()) -> list[str]:
    """Return JupyterLab's options for a folder that `prepare` returns, without those that `args`
    gives.
    """
    ours = {
        "--LabApp.app_settings_dir": JUPYTER,
        "--LabApp.workspaces_dir": out / "lab",
        "--LabApp.default_url": f"/lab/tree/{START}",
        "--LabApp.expose_app_in_browser": True,  # a form saves its notebook when a result is there
        "--ServerApp.root_dir": out / "notebooks",
    }
    given = {arg.partition("=")[0] for arg in args}
    return [f"{name}={value}" for name, value in ours.items() if name not in given]
