"""The commands for a campaign that is there: batch status, pause, resume, settle and others."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from helpers.campaign.cli import (
    USERS,
    batch_command,
    gate,
    manner,
    refusals,
    say_summary,
    with_manner,
)
from helpers.run.entry import RUNBOOKS, RunbookEntry
from helpers.runner.cli import stopped_early
from helpers.runner.cli_options import AS_JSON, OUT, USERNAME_AS, check_folder
from helpers.runner.signals import StopRequests
from helpers.runner.streams import say

__all__ = ["batch_command"]  # with all its commands

if TYPE_CHECKING:
    from helpers.campaign.ledger import Ledger


def _campaign_argument(command: Any) -> Any:
    return click.argument("campaign", default="")(command)


@contextmanager
def _opened(ctx: click.Context, out: Path, campaign: str) -> "Iterator[tuple[Ledger, Path]]":
    """Open the ledger of a campaign, the newest where none is named."""
    from helpers.campaign.ledger import Ledger
    from helpers.campaign.owner import folders

    found = [one for one in folders(out) if campaign in ("", one.name)]
    if not found:
        named = f"no campaign {campaign}" if campaign else "no campaign"
        raise click.UsageError(f"There is {named} in {out}.")
    with refusals(ctx), Ledger.in_folder(found[0]) as ledger:
        yield ledger, found[0]


def _runbook(ledger: "Ledger", folder: Path) -> RunbookEntry:
    return RUNBOOKS[ledger.campaign(folder.name).runbook]


@batch_command.command("status")
@_campaign_argument
@OUT
@AS_JSON
@click.pass_context
def status_command(ctx: click.Context, campaign: str, out: Path, as_json: bool) -> None:
    """Say how far a campaign is: the newest, or the one that is named."""
    from helpers.campaign.owner import is_owned
    from helpers.campaign.summary import summary_of

    with _opened(ctx, out, campaign) as (ledger, folder):
        say_summary(summary_of(ledger, folder, owned=is_owned(folder)), as_json)


@batch_command.command("pause")
@_campaign_argument
@OUT
@click.pass_context
def pause_command(ctx: click.Context, campaign: str, out: Path) -> None:
    """Begin no other row; runs that have not acted yet are put back."""
    with _opened(ctx, out, campaign) as (ledger, folder):
        ledger.pause(folder.name, "somebody has paused it")
        say(f"{folder.name} is paused: batch resume {folder.name} goes on with it.")


@batch_command.command("stop")
@_campaign_argument
@OUT
@click.pass_context
def stop_command(ctx: click.Context, campaign: str, out: Path) -> None:
    """Stop a campaign for good."""
    from helpers.campaign.schema import STOPPED

    with _opened(ctx, out, campaign) as (ledger, folder):
        ledger.set_state(folder.name, STOPPED, "somebody has stopped it")
        say(f"{folder.name} is stopped for good.")


@batch_command.command("resume")
@_campaign_argument
@OUT
@USERS
@with_manner
@AS_JSON
@click.pass_context
def resume_command(
    ctx: click.Context,
    /,
    campaign: str,
    out: Path,
    users: int | None,
    progress: str,
    as_json: bool,
    **given: Any,
) -> None:
    """Go on with a campaign, without its table."""
    with StopRequests() as stop:
        with stopped_early(ctx, stop):
            check_folder(out)
            from helpers.campaign import owner
            from helpers.campaign.progress import Progress

            shown = Progress(progress)
        with _opened(ctx, out, campaign) as (ledger, folder):
            entry = _runbook(ledger, folder)
            summary = owner.go_on(
                folder,
                entry,
                out=out,
                manner=manner(given),
                gate=gate(entry, users),
                on_read=shown.on_read,
                on_begin=shown.on_begin,
                on_done=shown.on_done,
                stop=stop,
            )
            shown.end(summary)
    say_summary(summary, as_json)
    ctx.exit(summary.exit_code)


@batch_command.command("settle")
@_campaign_argument
@OUT
@click.pass_context
def settle_command(ctx: click.Context, campaign: str, out: Path) -> None:
    """Read what became of the rows that nobody knows of; nothing is tried again."""
    from helpers.campaign.settle import settle

    with _opened(ctx, out, campaign) as (ledger, folder):
        found = settle(ledger, folder.name, _runbook(ledger, folder))
    for one in found:
        say(f"  line {one.number}: {one.outcome}. {one.words}")
    left = sum(one.outcome == "unknown" for one in found)
    say(f"{len(found) - left} rows are settled, {left} are still unknown.")
    ctx.exit(8 if left else 0)


@batch_command.command("retry")
@_campaign_argument
@OUT
@click.option(
    "--outcome",
    type=click.Choice(["refused", "not_sent"]),
    required=True,
    help="Of the rows that wait again.",
)
@click.pass_context
def retry_command(ctx: click.Context, campaign: str, out: Path, outcome: str) -> None:
    """Have rows wait again whose cause has been fixed; resume then runs them."""
    with _opened(ctx, out, campaign) as (ledger, folder):
        count = ledger.wait_again(folder.name, outcome)
    say(f"{count} rows wait again: batch resume {folder.name} runs them.")


@batch_command.command("report")
@_campaign_argument
@OUT
@USERNAME_AS
@click.pass_context
def report_command(ctx: click.Context, campaign: str, out: Path, username_as: str) -> None:
    """Write the results as tables: one row a user, and a table for each runbook that comes next."""
    from helpers.campaign.report import write_report

    with _opened(ctx, out, campaign) as (ledger, folder):
        entry = _runbook(ledger, folder)
        paths = write_report(ledger, folder.name, entry, folder, username_as=username_as, key=out)
    for path in paths:
        say(str(path))
