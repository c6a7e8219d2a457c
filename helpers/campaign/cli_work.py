"""The command work: a worker on any machine, for a campaign whose ledger can be reached there."""

from pathlib import Path

import click

from helpers.campaign.cli import refusals
from helpers.runner.cli import start_early, stopped_early
from helpers.runner.cli_options import check_folder
from helpers.runner.signals import StopRequests, exit_code, words_for
from helpers.runner.streams import say


@click.command("work")
@click.argument("ledger", metavar="LEDGER-URL")
@click.option("--campaign", required=True, metavar="ID", help="The campaign's name.")
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    required=True,
    metavar="SECONDS",
    help="Of each run. A row whose worker is silent is decided on after that.",
)
@click.option(
    "--out",
    "spool",
    type=click.Path(file_okay=False, path_type=Path),
    default="spool",
    show_default=True,
    envvar="COGNITO_RESET_SPOOL",
    help="Where runs are kept until the owner has them.",
)
@click.option(
    "--until-paused",
    is_flag=True,
    help="End when no row may begin, instead of when the campaign is over.",
)
@click.option("--ends-with", type=int, hidden=True, help="End when this process does.")
@click.pass_context
def work_command(
    ctx: click.Context,
    /,
    ledger: str,
    campaign: str,
    timeout: float,
    spool: Path,
    until_paused: bool,
    ends_with: int | None,
) -> None:
    """Work on a campaign from this machine: run its rows, and send records and notebooks home.

    LEDGER-URL names the PostgreSQL database that holds its ledger, without a password: that is in
    ~/.pgpass, or in PGPASSWORD. Secrets are resolved here, by reference. Ends with 0 when the
    campaign is over, with 2 when its rows cannot be run here, with 7 when the ledger is gone.
    """
    with StopRequests() as stop:
        with stopped_early(ctx, stop):
            check_folder(spool)
            start_early()
            from helpers.campaign import remote
            from helpers.campaign.workers import end_with

            if ends_with:
                end_with(ends_with)
        count: list[str] = []
        with refusals(ctx):
            remote.work_elsewhere(
                ledger,
                campaign,
                spool,
                remote.Manner(timeout=timeout, stays=not until_paused),
                stop=stop,
                tell=lambda done: count.append(done.run),
                warn=_warn,
            )
    say(f"{len(count)} runs on this machine.")
    if stop.number:
        say(f"Stopped {words_for(stop.number)}.")
        ctx.exit(exit_code(stop.number))


def _warn(problems: list[str]) -> None:
    say("This machine takes no row until it can resolve these:", err=True)
    for words in problems:
        say(f"  {words}", err=True)
