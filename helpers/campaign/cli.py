"""The command batch: one runbook for a table of users, and what is done with such a campaign."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from helpers.run.entry import RUNBOOKS, RunbookEntry
from helpers.runner.cli import VALUES, stopped_early
from helpers.runner.cli_options import AS_JSON, OUT, USERNAME_AS, check_folder
from helpers.runner.signals import StopRequests, words_for
from helpers.runner.streams import say


class Batch(click.Group):
    """The runbooks as commands, beside those that look after a campaign."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*sorted(RUNBOOKS), *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        return _run_command(RUNBOOKS[name]) if name in RUNBOOKS else super().get_command(ctx, name)


@click.group("batch", cls=Batch)
def batch_command() -> None:
    """Run a runbook for each user of a table, each at most once, and look after such a campaign.

    The same command again goes on with the same campaign.
    """


def _share(_: click.Context, __: click.Parameter, text: str) -> float:
    """Read 5, or 2%: as a number, or as a share below 1."""
    try:
        number = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        number = -1.0
    if number < 0 or (number < 1) != text.endswith("%") and number:
        raise click.BadParameter("is a number of rows, such as 20, or a share, such as 2%")
    return number


def _run_command(entry: RunbookEntry) -> click.Command:
    """Make the command that runs this runbook for each row of a table."""

    @click.command(entry.name, help=f"{entry.title}, for each row of TABLE: {_TABLE}")
    @click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @VALUES
    @OUT
    @click.option(
        "--users",
        type=click.IntRange(1),
        help="The number of users, repeated: the gate of a runbook that changes something.",
    )
    @click.option("--first", type=click.IntRange(0), default=0, help="Pause after so many rows.")
    @click.option(
        "--workers",
        type=click.IntRange(1, 32),
        default=2,
        show_default=True,
        help="Processes at work.",
    )
    @click.option(
        "--pace",
        type=click.FloatRange(0),
        default=10.0,
        show_default=True,
        help="Calls a second of the scarcest quota, at most; 0 for no limit.",
    )
    @click.option(
        "--max-errors",
        "budget",
        default="0",
        callback=_share,
        metavar="N|N%",
        help="Pause when more rows than this have failed; 0, the default, for any number.",
    )
    @click.option("--again", is_flag=True, help="Begin anew, although there is such a campaign.")
    @click.option(
        "--timeout",
        type=click.FloatRange(0, min_open=True),
        metavar="SECONDS",
        help="For each run.",
    )
    @USERNAME_AS
    @AS_JSON
    @click.pass_context
    def command(
        ctx: click.Context,
        /,
        table: Path,
        values: dict[str, str],
        out: Path,
        users: int | None,
        as_json: bool,
        **options: Any,
    ) -> None:
        with StopRequests() as stop:
            with stopped_early(ctx, stop):
                entry.read()
                check_folder(out)
                from helpers.campaign import owner
                from helpers.cognito.errors import BadParameters
            try:
                summary = owner.run_table(
                    entry,
                    table,
                    out=out,
                    shared=values,
                    gate=_gate(entry, users),
                    on_done=_progress(),
                    stop=stop,
                    **options,
                )
            except (BadParameters, owner.Busy) as exc:
                raise click.UsageError(str(exc)) from None
        _say(summary, as_json)
        ctx.exit(summary.exit_code)

    return command


_TABLE = (
    "a CSV file with a heading of parameter names, or a .jsonl file. -p gives what all rows share."
    " Nothing runs when a row cannot be used. Ends with 0 when every row is done, with 1 when some"
    " are not, with 9 when rows are left, and with 130, 143, 129 or 131 when a signal stopped it."
)


def _gate(entry: RunbookEntry, users: int | None) -> Callable[[int], None]:
    """Return what has the number of users repeated, where a runbook changes something."""

    def ask(count: int) -> None:
        if not entry.changes:
            return
        given = users
        if given is None and sys.stdin.isatty():
            words = f"{entry.title}, for {count} users. To go on, repeat the number of users"
            given = click.prompt(words, type=int, err=True)
        if given is None:
            raise click.UsageError(
                f"This is about {count} users: repeat that number, as --users {count}."
            )
        if given != count:
            raise click.UsageError(f"The table has {count} users, not {given}. Nothing was sent.")

    return ask


def _progress() -> Callable[[Any, int], None] | None:
    if not sys.stderr.isatty():
        return None

    def told(row: Any, count: int) -> None:
        say(f"\r{count} done, the last: {row.outcome}\033[K", nl=False, err=True)

    return told


def _say(summary: Any, as_json: bool) -> None:
    if as_json:
        say(json.dumps(summary.to_json(), indent=2))
        return
    counts = ", ".join(f"{count} {outcome}" for outcome, count in summary.outcomes.items())
    over = summary.rows - summary.left
    say(f"{over} of {summary.rows} rows are over: {counts or 'none was begun'}.")
    if summary.stopped_by:
        say(f"Stopped {words_for(summary.stopped_by)}.")
    if summary.left:
        why = f" It paused: {summary.why}." if summary.why else ""
        say(f"{summary.left} rows are left.{why} The same command again goes on with them.")
    for row in summary.failed:
        say(f"  line {row.number}: {row.outcome} (exit code {row.exit_code}), run {row.run}")
    say(f"Campaign: {summary.folder}")
