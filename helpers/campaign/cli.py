"""The command batch."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from helpers.run.entry import RUNBOOKS
from helpers.runner.cli import VALUES, stopped_early
from helpers.runner.cli_options import AS_JSON, OUT, USERNAME_AS, check_folder
from helpers.runner.signals import StopRequests, words_for
from helpers.runner.streams import say


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
    is done, else with 1, and with 130, 143, 129 or 131 when a signal has stopped it.
    """

    def told(row: Any, count: int) -> None:
        say(f"\r{count} done, the last: {row.outcome}\033[K", nl=False, err=True)

    with StopRequests() as stop:
        with stopped_early(ctx, stop):
            RUNBOOKS[runbook].read()
            check_folder(out)
            from helpers.campaign import batch
            from helpers.cognito.errors import BadParameters
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
                stop=stop,
            )
        except BadParameters as exc:
            raise click.UsageError(str(exc)) from None
    if as_json:
        say(json.dumps(summary.to_json(), indent=2))
    else:
        counts = ", ".join(f"{count} {outcome}" for outcome, count in summary.outcomes.items())
        say(f"{summary.rows} rows in {summary.seconds:.1f} s: {counts or 'none was begun'}.")
        if summary.stopped_by:
            say(f"Stopped {words_for(summary.stopped_by)}: the rows after these were not begun.")
        for row in summary.failed:
            say(
                f"  line {row.number}: {row.outcome} ({row.state}, exit code {row.exit_code}), run"
                f" {row.run or 'lost'}"
            )
        if summary.fault:
            say(summary.fault)
        say(f"Each row's run: {summary.results}")
    ctx.exit(summary.exit_code)
