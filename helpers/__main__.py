"""The command line: cognito-reset, or python -m helpers."""

from pathlib import Path
from typing import Any

import click

from helpers.campaign import cli as campaign_cli
from helpers.run.package_data import LabMissing, NotebookMissing
from helpers.runner import cli, cli_journal, cli_options, lab
from helpers.runner.streams import open_streams


class NotInstalled(click.ClickException):
    """Something that a command needs is not there."""

    exit_code = 2


class Commands(click.Group):
    """The commands. What was not installed is told in a sentence."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (LabMissing, NotebookMissing) as exc:
            raise NotInstalled(str(exc)) from None


@click.group(cls=Commands, epilog=cli_options.EXIT_CODES)
def main() -> None:
    """Amazon Cognito's forgotten-password flow, from a shell."""
    open_streams()


main.add_command(
    cli.Runbooks(
        cli.run_command,
        name="run",
        help="Run a runbook once: RUNBOOK --help shows its parameters.",
        subcommand_metavar="RUNBOOK [OPTIONS]",
    )
)
main.add_command(campaign_cli.batch_command)
main.add_command(cli_journal.list_command)
main.add_command(cli_journal.show_command)
main.add_command(cli_journal.verify_command)
main.add_command(lab.lab_command)


@main.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=9229,
    show_default=True,
    help="0 picks a free port.",
)
def sandbox(port: int) -> None:
    """Serve the sandbox on this machine, for the AWS CLI and other SDKs.

    Its state is kept in the file that COGNITO_SANDBOX names, or in memory. When it is ready it
    prints one JSON line with its endpoint.
    """
    from helpers.sandbox import serve_forever

    raise SystemExit(serve_forever(port=port))


@main.command("first-run")
@click.option(
    "--out",
    type=click.Path(file_okay=False),
    default="runs",
    show_default=True,
    help="Where runs are kept.",
)
def first_run(out: str) -> None:
    """Do one reset in the sandbox, from the request to the proof, and say what happened."""
    cli_options.check_folder(Path(out))
    cli.start_early()
    from helpers.runner.first_run import first_run as run

    raise SystemExit(run(out))


if __name__ == "__main__":
    main(prog_name="python -m helpers")
