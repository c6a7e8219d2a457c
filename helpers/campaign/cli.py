"""The command batch."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from helpers.runbooks import RUNBOOKS
from helpers.runner.cli import VALUES
from helpers.runner.cli_options import AS_JSON, OUT, USERNAME_AS, check_folder


@click.command("batch")
@click.argument("runbook", type=click.Choice(sorted(RUNBOOKS)))
@click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@VALUES
@OUT
@click.option(
    "--workers", type=click.IntRange(1, 32), default=2, show_default=True, help="Processes at work."
)
@click.option(
    "--pace",
    type=click.FloatRange(0),
    default=10.0,
    show_default=True,
    help="API calls a second, at most; 0 for no limit.",
)
@click.option(
    "--timeout", type=click.FloatRange(0, min_open=True), metavar="SECONDS", help="For each run."
)
@USERNAME_AS
@AS_JSON
@click.pass_context
def batch_command(
    ctx: click.Context,
    runbook: str,
    table: Path,
    values: dict[str, str],
    out: Path,
    workers: int,
    pace: float,
    timeout: float | None,
    username_as: str,
    as_json: bool,
) -> None:
    """Run a runbook for each row of TABLE: a CSV file with a heading of parameter names, or a
    .jsonl file.

    -p gives what all rows share. Nothing runs when a row cannot be used. Ends with 0 when every row
    is done, else with 1.
    """
    from helpers.campaign import batch
    from helpers.cognito.errors import BadParameters

    check_folder(out)

    def told(row: Any, count: int) -> None:
        click.echo(f"\r{count} done, the last: {row.outcome}\033[K", nl=False, err=True)

    try:
        summary = batch.run_table(
            RUNBOOKS[runbook],
            table,
            out=out,
            shared=values,
            workers=workers,
            pace=pace,
            timeout=timeout,
            username_as=username_as,
            on_done=told if sys.stderr.isatty() else None,
        )
    except BadParameters as exc:
        raise click.UsageError(str(exc)) from None
    if as_json:
        click.echo(json.dumps(summary.to_json(), indent=2))
    else:
        counts = ", ".join(f"{count} {outcome}" for outcome, count in summary.outcomes.items())
        click.echo(f"{summary.rows} rows in {summary.seconds:.1f} s: {counts}.")
        for row in summary.failed:
            click.echo(
                f"  line {row.number}: {row.outcome} ({row.state}, exit code {row.exit_code}), run"
                f" {row.run or 'lost'}"
            )
        click.echo(f"Each row's run: {summary.results}")
    ctx.exit(summary.exit_code)
