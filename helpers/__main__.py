"""The command line: cognito-reset, or python -m helpers."""

import atexit
import gc

import click

from helpers.campaign.cli_campaign import batch_command
from helpers.campaign.cli_table import table_command
from helpers.campaign.cli_work import work_command
from helpers.runner import (
    cli,
    cli_agree,
    cli_journal,
    cli_options,
    cli_pools,
    cli_sandbox,
    desk,
    lab,
)
from helpers.runner.streams import open_streams


@click.group(cls=cli_options.Commands, epilog=cli_options.EXIT_CODES)
def main() -> None:
    """Amazon Cognito's forgotten-password flow, from a shell."""
    open_streams()
    # Python's last collection goes through all that was imported, which takes a fifth of `list`.
    atexit.register(gc.freeze)


main.add_command(
    cli.Runbooks(
        cli.run_command,
        name="run",
        help="Run a runbook once: RUNBOOK --help shows its parameters.",
        subcommand_metavar="RUNBOOK [OPTIONS]",
    )
)
main.add_command(batch_command)
main.add_command(table_command)
main.add_command(work_command)
main.add_command(cli_journal.list_command)
main.add_command(cli_journal.show_command)
main.add_command(cli_journal.verify_command)
main.add_command(cli_agree.agree_command)
main.add_command(cli_pools.pools_command)
main.add_command(lab.lab_command)
main.add_command(desk.desk_command)
main.add_command(cli_sandbox.sandbox_command)
main.add_command(cli_sandbox.first_run_command)
main.add_command(cli_sandbox.practice_command)


if __name__ == "__main__":
    main(prog_name="python -m helpers")
