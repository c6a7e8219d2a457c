"""The command batch: one runbook for a table of users, and what is done with such a campaign."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from helpers.run.entry import RUNBOOKS, RunbookEntry
from helpers.runner.cli import VALUES, stopped_early
from helpers.runner.cli_options import AS_JSON, OUT, USERNAME_AS, check_folder
from helpers.runner.signals import StopRequests, words_for
from helpers.runner.streams import framed, say

if TYPE_CHECKING:
    from helpers.campaign.plan import Plan
    from helpers.campaign.summary import Summary


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
    share = text.endswith("%")
    try:
        number = float(text.removesuffix("%")) / (100 if share else 1)
    except ValueError:
        number = -1.0
    if not (0 < number < 1 if share else number == 0 or number >= 1):
        raise click.BadParameter("is a number of rows, such as 20, or a share, such as 2%.")
    return number


def _window(_: click.Context, __: click.Parameter, text: str) -> str:
    from helpers.campaign.hours import Hours

    try:
        Hours.read(text)
    except ValueError as exc:
        raise click.BadParameter(str(exc)) from None
    return text


_MANNER = (
    click.option(
        "--first", type=click.IntRange(0), default=0, help="Pause after so many more rows."
    ),
    click.option(
        "--workers",
        type=click.IntRange(0, 32),
        default=2,
        show_default=True,
        help="Processes at work here; 0 where all the work is done on other machines.",
    ),
    click.option(
        "--pace",
        type=click.FloatRange(0),
        default=10.0,
        show_default=True,
        help="Calls a second of the scarcest quota, at most; 0 for no limit.",
    ),
    click.option(
        "--max-errors",
        "budget",
        default="0",
        callback=_share,
        metavar="N|N%",
        help="Pause when more rows than this have failed; 0, the default, for any number.",
    ),
    click.option(
        "--window",
        default="",
        metavar="HH:MM-HH:MM",
        callback=_window,
        help="Begin rows only between these local times, such as 20:00-06:00.",
    ),
    click.option(
        "--per-day",
        type=click.IntRange(1),
        help="Begin so many rows on one date, by local time, at most.",
    ),
    click.option(
        "--over-mail-limit",
        is_flag=True,
        help="Begin although more e-mails would go out than are sent in a day.",
    ),
    click.option(
        "--timeout", type=click.FloatRange(0, min_open=True), metavar="SECONDS", help="Of each run."
    ),
    click.option(
        "--notebooks",
        type=click.Choice(["all", "failed", "none"]),
        default="all",
        show_default=True,
        help=(
            "An executed notebook for each row; or its record alone, which is much faster; failed"
            " adds a notebook where a row did not end well."
        ),
    ),
    click.option(
        "--cluster",
        default="",
        metavar="tls://HOST:PORT",
        help="A Dask scheduler, whose workers do all the work. It needs --ledger and --timeout.",
    ),
    *(
        click.option(f"--tls-{name}", default="", metavar="FILE", help=f"For --cluster: {words}.")
        for name, words in (
            ("ca-file", "whom to trust"),
            ("cert", "who this is"),
            ("key", "the key of that"),
        )
    ),
    USERNAME_AS,
    click.option(
        "--progress",
        type=click.Choice(["auto", "json", "none"]),
        default="auto",
        show_default=True,
        help="A line on a terminal, JSON lines on standard error, or nothing.",
    ),
)
USERS = click.option(
    "--users",
    type=click.IntRange(1),
    help="The number of users, repeated: the gate of a runbook that changes something.",
)


def with_manner(command: Any) -> Any:
    for option in reversed(_MANNER):
        command = option(command)
    return command


def manner(given: dict[str, Any]) -> Any:
    from helpers.campaign.hours import Hours
    from helpers.campaign.owner import Manner

    options = {name: given.pop(name) for name in ("timeout", "username_as")}
    options["notebooks"] = given.pop("notebooks")
    hours = Hours.read(given.pop("window"), given.pop("per_day") or 0)
    files = {name: given.pop(f"tls_{name}") for name in ("ca_file", "cert", "key")}
    at = None
    if given["cluster"]:
        from helpers.campaign.cluster import ClusterAt

        at = ClusterAt(given["cluster"], **files)
        given["workers"] = 0
    elif any(files.values()):
        raise click.UsageError("--tls-ca-file, --tls-cert and --tls-key go with --cluster.")
    return Manner(**{**given, "cluster": at}, hours=hours, options=options)


def _run_command(entry: RunbookEntry) -> click.Command:
    """Make the command that runs this runbook for each row of a table."""

    @click.command(entry.name, help=f"{entry.title}, for each row of TABLE: {_TABLE}")
    @click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @VALUES
    @OUT
    @USERS
    @click.option("--dry-run", is_flag=True, help="Read the users, show the plan, send nothing.")
    @click.option(
        "--ledger",
        default="",
        metavar="URL",
        help="A database for a new campaign's ledger, such as postgresql+psycopg://host/name.",
    )
    @click.option("--again", is_flag=True, help="Begin another campaign of this table.")
    @with_manner
    @AS_JSON
    @click.pass_context
    def command(
        ctx: click.Context,
        /,
        table: Path,
        values: dict[str, str],
        out: Path,
        users: int | None,
        dry_run: bool,
        again: bool,
        ledger: str,
        progress: str,
        as_json: bool,
        **given: Any,
    ) -> None:
        with StopRequests() as stop:
            with stopped_early(ctx, stop):
                entry.read()
                check_folder(out)
                from helpers.campaign import owner
                from helpers.campaign.progress import Progress

                shown = Progress(progress)
            with refusals(ctx):
                summary = owner.run_table(
                    entry,
                    table,
                    out=out,
                    shared=values,
                    manner=manner(given),
                    again=again,
                    ledger=ledger,
                    dry_run=dry_run,
                    gate=gate(entry, users),
                    on_read=shown.on_read,
                    on_begin=shown.on_begin,
                    on_done=shown.on_done,
                    stop=stop,
                )
                shown.end(summary)
        say_summary(summary, as_json, dry_run=dry_run)
        ctx.exit(0 if dry_run else summary.exit_code)

    return command


_TABLE = (
    "a CSV file with a heading of parameter names, or a .jsonl file. -p gives what all rows share."
    " Nothing runs when a row cannot be used. Ends with 0 when every row is done, with 1 when some"
    " are not, with 7 when the ledger is gone, with 9 when rows are left, and with 130, 143, 129 or"
    " 131 when a signal stopped it."
)


def gate(entry: RunbookEntry, users: int | None) -> "Callable[[Plan], None]":
    """Return what has the number of users repeated, where a runbook changes something."""

    def ask(plan: "Plan") -> None:
        if not entry.changes:
            return
        given = users
        if given is None and sys.stdin.isatty():
            for line in plan_words(plan):
                say(line, err=True)
            words = f"{entry.title}. To go on, repeat the number of users ({plan.rows})"
            given = click.prompt(words, type=int, err=True)
        if given is None:
            raise click.UsageError(
                f"This is about {plan.rows} users: repeat that number, as --users {plan.rows}."
            )
        if given != plan.rows:
            raise click.UsageError(
                f"The table has {plan.rows} users, not {given}. Nothing was sent."
            )

    return ask


@contextmanager
def refusals(ctx: click.Context) -> Iterator[None]:
    """Tell in words why a campaign cannot be run as asked, or no longer, and end with the exit code
    of that.
    """
    from helpers.campaign.owner import Busy
    from helpers.campaign.plan import PlanFailed
    from helpers.campaign.schema import LedgerError, LedgerGone
    from helpers.cognito.errors import BadParameters

    try:
        yield
    except LedgerGone as exc:
        say(f"Error: {exc}. When it can be used again, repeat the command.", err=True)
        ctx.exit(7)
    except (BadParameters, Busy, LedgerError) as exc:
        raise click.UsageError(str(exc)) from None
    except PlanFailed as exc:
        say(f"Error: {exc}", err=True)
        ctx.exit(exc.exit_code)


def plan_words(plan: "Plan") -> list[str]:
    """Return a plan as lines that a person reads."""
    lines = [framed(label) for label in plan.pools]
    lines += [f"Signed by {arn}." for arn in plan.callers]
    lines += [f"{plan.can} of {plan.rows} rows can be done."]
    for (verdict, runbook), count in plan.verdicts.items():
        following = f" -> {runbook}" if runbook else ""
        lines.append(f"  {count}  {verdict}{following}")
    for medium, count in plan.messages.items():
        kind = "e-mails" if medium == "email" else "text messages"
        lines.append(f"{count} {kind} would be sent.")
    if plan.messages.get("email") and plan.sender == "Cognito":
        lines.append("Cognito sends the e-mails itself, 50 a day for the whole account.")
    lines += plan.limits
    if plan.callers:
        lines.append("Each user who is read counts as active this month, which AWS bills.")
    if plan.seconds:
        lines.append(f"It takes {plan.time} at this pace, at least.")
    if plan.days > 1:
        lines.append(f"With these hours it takes {plan.days} days, at least.")
    return [*lines, *plan.warnings]


_GOES_ON = {
    "running": "It is running.",
    "paused": "The same command again goes on with them.",
    "stopped": "The same command with --again begins another campaign.",
}


def say_summary(summary: "Summary", as_json: bool, *, dry_run: bool = False) -> None:
    if as_json:
        say(json.dumps(summary.to_json(), indent=2))
        return
    if dry_run and summary.plan:
        for line in plan_words(summary.plan):
            say(line)
        say(f"Nothing was sent. Campaign: {summary.folder}")
        return
    for label in summary.plan.pools if summary.plan else ():
        say(framed(label))
    counts = ", ".join(f"{count} {outcome}" for outcome, count in summary.outcomes.items())
    over = summary.rows - summary.left
    say(f"{over} of {summary.rows} rows are over: {counts or 'none was begun'}.")
    if summary.stopped_by:
        say(f"Stopped {words_for(summary.stopped_by)}.")
    if summary.left:
        why = f" It is {summary.state}: {summary.why}." if summary.why else ""
        why += f" It waits: {summary.waits}." if summary.waits else ""
        say(f"{summary.left} rows are left.{why} {_GOES_ON[summary.state]}")
    for row in summary.failed:
        say(f"  line {row.number}: {row.outcome} (exit code {row.exit_code}), run {row.run}")
    say(f"Campaign: {summary.folder}")
