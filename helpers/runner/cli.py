"""What the command line does: run a runbook once, or for each row of a table."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from helpers.run.entry import RunbookEntry
from helpers.runbooks import RUNBOOKS
from helpers.runner.cli_options import AS_JSON, EXIT_CODES, OUT, USERNAME_AS, check_folder
from helpers.runner.signals import StopRequests, exit_code, words_for
from helpers.runner.streams import say

if TYPE_CHECKING:
    from helpers.runner.headless import Report

# --- run ------------------------------------------------------------------------------------------


class Runbooks(click.Group):
    """The runbooks as commands, so that --help after a name shows that runbook's parameters."""

    def __init__(self, make: Callable[[RunbookEntry], click.Command], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._make = make

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(RUNBOOKS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        return self._make(RUNBOOKS[name]) if name in RUNBOOKS else None

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in RUNBOOKS:
            close = get_close_matches(args[0], RUNBOOKS, n=1)
            hint = (
                f"Did you mean {close[0]}?"
                if close
                else f"There are {', '.join(sorted(RUNBOOKS))}."
            )
            raise click.UsageError(f"There is no runbook {args[0]}. {hint}", ctx)
        return super().resolve_command(ctx, args)


class RunbookCommand(click.Command):
    """Shows the runbook's parameters in its help; they are read only then, to start quickly
    otherwise.
    """

    def __init__(self, entry: RunbookEntry, **kwargs: Any) -> None:
        super().__init__(name=entry.name, **kwargs)
        self._entry = entry

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = []
        for name, about in self._entry.parameters.model_fields.items():
            secret = "a reference" if name in self._entry.parameters.SECRETS else "text"
            rows.append(
                (
                    f"{name}  ({secret})",
                    f"{about.description}  [default: {about.default or 'empty'}]",
                )
            )
        with formatter.section("Parameters, each given as -p NAME=VALUE"):
            formatter.write_dl(rows)
        with formatter.section("References"):
            from helpers.secrets.references import SCHEMES

            extra = {
                "stdin": (
                    "stdin:, a line of standard input, one for each in the order given (this"
                    " command only)"
                )
            }
            formatter.write_dl(
                [
                    (f"{name}:", text.partition(", ")[2])
                    for name, text in {**SCHEMES, **extra}.items()
                ]
            )
        formatter.write("\n")
        formatter.write_text(EXIT_CODES)


def _pairs(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    values: dict[str, str] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name:
            # Not repeated here: it may be a secret whose name was forgotten.
            raise click.BadParameter("is written NAME=VALUE, such as -p username=diego@example.com")
        if name in values:
            raise click.BadParameter("gives a parameter twice; give each once.")
        values[name] = value
    return values


VALUES = click.option(
    "-p",
    "values",
    multiple=True,
    metavar="NAME=VALUE",
    callback=_pairs,
    help="A parameter, as text, every character kept. Repeat for more. Secrets by reference only.",
)


def run_command(entry: RunbookEntry) -> click.Command:
    """Make the command that runs this runbook once."""

    @click.pass_context
    def act(
        ctx: click.Context,
        /,
        values: dict[str, str],
        out: Path,
        record: Path | None,
        dry_run: bool,
        as_json: bool,
        timeout: float | None,
        cell_timeout: int | None,
        username_as: str,
    ) -> None:
        with StopRequests() as stop, ExitStack() as stack:
            with stopped_early(ctx, stop):
                entry.read()
                check_folder(out, record)
                start_early()
                from helpers.run.leftovers import clear_leftovers
                from helpers.runner import headless
                from helpers.secrets.redaction import hide_in_logs

                hide_in_logs()
                clear_leftovers(out)
                with stop.heard():
                    given = stack.enter_context(secrets_asked_for(entry, values))
                on_cell = stack.enter_context(_progress())
            report = headless.run(
                entry,
                given,
                said=values,
                out=out,
                record=record,
                dry_run=dry_run,
                timeout=timeout,
                cell_timeout=cell_timeout,
                username_as=username_as,
                on_cell=on_cell,
                stop=stop,
            )
            stack.close()
            say(
                json.dumps(report.to_json(), indent=2, ensure_ascii=False)
                if as_json
                else in_words(report)
            )
        stopped = report.state == "interrupted" and stop.number
        ctx.exit(exit_code(stop.number) if stopped else report.exit_code)

    command = RunbookCommand(
        entry, callback=act, help=f"{entry.title}: {entry.effect}.", short_help=entry.title
    )
    options = (
        VALUES,
        OUT,
        click.option(
            "--record",
            type=click.Path(dir_okay=False, path_type=Path),
            help="Keep the record in this file.",
        ),
        click.option(
            "--dry-run",
            is_flag=True,
            help="Stop after the plan: show what would be sent, and send nothing.",
        ),
        AS_JSON,
        click.option(
            "--timeout",
            type=click.FloatRange(0, min_open=True),
            metavar="SECONDS",
            help="For the whole run.",
        ),
        click.option(
            "--cell-timeout", type=click.IntRange(1), metavar="SECONDS", help="For each cell."
        ),
        USERNAME_AS,
    )
    for option in options:
        option(command)
    command.params.sort(
        key=lambda param: [
            "values",
            "out",
            "record",
            "dry_run",
            "as_json",
            "timeout",
            "cell_timeout",
            "username_as",
        ].index(param.name or "")
    )
    return command


@contextmanager
def stopped_early(ctx: click.Context, stop: StopRequests) -> Iterator[None]:
    """End the command for a signal that comes before anything runs.

    It is only looked at in the end: an exception raised while Python imports may be lost. What
    waits for a person has it raised, by `heard`.
    """
    try:
        yield
    except (Exception, KeyboardInterrupt):
        if not stop.number:
            raise
    if stop.number:
        say(f"Stopped {words_for(stop.number)} before anything ran: nothing was sent.", err=True)
        ctx.exit(exit_code(stop.number))


def start_early() -> None:
    """Begin with what takes long: the imports of the kernel, in a process of their own, beside
    those of papermill.
    """
    from helpers.runner.engine_settings import WARMING

    WARMING.begin("helpers")


@contextmanager
def secrets_asked_for(entry: RunbookEntry, values: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Ask for the secrets that are to be typed (prompt:) or piped in (stdin:), and hand them over
    by the environment.

    Yields the parameters with references to where the secrets now are; they are gone from there
    afterwards.
    """
    given, set_here = dict(values), []
    try:
        for name, reference in values.items():
            if name not in entry.parameters.SECRETS or reference not in ("prompt:", "stdin:"):
                continue
            text = _prompt(name) if reference == "prompt:" else sys.stdin.readline().rstrip("\r\n")
            if not text:
                raise click.UsageError(f"{name}: nothing came through {reference}")
            variable = f"COGNITO_RESET_{name.upper()}_{os.getpid()}"
            os.environ[variable] = text
            set_here.append(variable)
            given[name] = f"env:{variable}"
        yield given
    finally:
        for variable in set_here:
            os.environ.pop(variable, None)


def _prompt(name: str) -> str:
    if not sys.stdin.isatty():
        raise click.UsageError(
            f"{name}: prompt: needs a terminal. Pipe the secret in and use stdin:, or use env: or"
            " file:."
        )
    import getpass

    return getpass.getpass(f"{name.replace('_', ' ')}: ", stream=sys.stderr)


@contextmanager
def _progress() -> Iterator[Callable[[int, int, str], None] | None]:
    """Show one line that moves on, where somebody looks at a terminal."""
    if not sys.stderr.isatty():
        yield None
        return

    def show(index: int, count: int, _: str) -> None:
        width = min(shutil.get_terminal_size().columns - 20, 40)
        done = width * index // count
        click.echo(
            f"\r[{'#' * done}{'.' * (width - done)}] cell {index + 1} of {count}",
            nl=False,
            err=True,
        )

    try:
        yield show
    finally:
        click.echo("\r\033[K", nl=False, err=True)


def in_words(report: "Report") -> str:
    """Return a run's result as one readable block."""
    from helpers.display.card import Card

    title = (
        f"{report.outcome}: {report.meaning}"
        if not report.problems
        else "not_sent: some parameters cannot be used."
    )
    rows = (
        *(("Please correct", problem) for problem in report.problems),
        ("What happened", "" if report.problems else report.detail),
        ("Proof", report.proof),
        ("Tell the user", report.say),
        ("What to do next", report.next_step),
        ("Next runbook", report.next_command),
        ("Request ids", ", ".join(report.request_ids)),
        ("Executed notebook", report.notebook),
        ("Record", report.record_file),
        ("Pool", report.pool),
        ("Run", report.run),
    )
    banner = f"PRODUCTION: {report.pool}" if report.production else ""
    return "\n\n".join((*report.plan, repr(Card(title, rows, banner=banner))))


# --- batch ----------------------------------------------------------------------------------------
