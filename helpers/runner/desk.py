"""The desk as a page without code, for the person on the phone: Voila, on this machine alone."""

import os
import secrets
import threading
import webbrowser
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from helpers.run.masking import RUNS
from helpers.run.package_data import JUPYTER, LabMissing
from helpers.runner.lab import prepare

DESK = "desk.ipynb"


@click.command("desk", context_settings={"ignore_unknown_options": True})
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default="runs",
    show_default=True,
    envvar=RUNS,
    help="The folder of runs, of their journal, and of your copy of the notebooks.",
)
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Where it listens; by default 8866, or the next."
)
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@click.argument("args", nargs=-1, type=click.UNPROCESSED, metavar="[VOILA'S OPTIONS]")
def desk_command(out: Path, port: int | None, no_browser: bool, args: tuple[str, ...]) -> None:
    """Open the desk: one page for the person on the phone with a user.

    It listens on this machine alone, and its address holds a token that nobody else has. Voila's
    own options follow, such as --theme=dark and --base_url=/desk/.
    """
    if not all(find_spec(name) for name in ("voila", "ipywidgets", "anywidget")):
        raise LabMissing("Voila and the widgets are not all installed")
    folder = prepare(out.absolute())
    path = os.environ.get("JUPYTER_PATH", "")
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, (str(JUPYTER), path)))
    serve(folder, port=port, browser=not no_browser, args=args)


def serve(folder: Path, *, port: int | None, browser: bool, args: Sequence[str]) -> None:
    """Serve the notebooks of this folder of runs until somebody stops it."""
    from voila.app import Voila  # type: ignore[import-untyped]

    token = secrets.token_urlsafe(24)

    class Server(Voila):  # type: ignore[misc]
        """Voila, which opens at the desk and lets in who has the token."""

        @property
        def display_url(self) -> str:
            return f"{self.connection_url}voila/render/{DESK}?token={token}"

        def launch_browser(self) -> None:
            threading.Thread(target=webbrowser.open, args=(self.display_url,)).start()

    ours: dict[str, Any] = {
        "--Voila.ip": "127.0.0.1",
        "--Voila.token": token,
        "--Voila.open_browser": browser,
        "--template": "cognito-reset",
    }
    if port is not None:
        ours |= {"--port": port, "--Voila.port_retries": 0}
    # Ours come last: nobody opens the desk to other machines by an option.
    options = [*args, *(f"{name}={value}" for name, value in ours.items())]
    Server.launch_instance([str(folder / "notebooks"), *options])
