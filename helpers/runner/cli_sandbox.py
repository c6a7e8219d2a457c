"""The commands of the sandbox: serve it, and do one reset in it."""

from pathlib import Path

import click

from helpers.runner.cli import start_early
from helpers.runner.cli_options import check_folder


@click.command("sandbox")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=9229,
    show_default=True,
    help="0 picks a free port.",
)
def sandbox_command(port: int) -> None:
    """Serve the sandbox on this machine, for the AWS CLI and other SDKs.

    Its state is kept in the file that COGNITO_SANDBOX names, or in memory. When it is ready it
    prints one JSON line with its endpoint.
    """
    from helpers.sandbox import serve_forever

    raise SystemExit(serve_forever(port=port))


@click.command("first-run")
@click.option(
    "--out",
    type=click.Path(file_okay=False),
    default="runs",
    show_default=True,
    help="Where runs are kept.",
)
def first_run_command(out: str) -> None:
    """Do one reset in the sandbox, from the request to the proof, and say what happened."""
    check_folder(Path(out))
    start_early()
    from helpers.runner.first_run import first_run as run

    raise SystemExit(run(out))
