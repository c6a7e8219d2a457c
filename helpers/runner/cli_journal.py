"""What the command line shows: the runbooks there are, the runs of a journal, and whether the
journal is whole.
"""

import json
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from helpers.runbooks import RUNBOOKS
from helpers.runner.cli_options import AS_JSON, OUT, check_journal

if TYPE_CHECKING:
    from helpers.run.journal import Run


@click.command("list")
@AS_JSON
def list_command(as_json: bool) -> None:
    """List the runbooks: what each does, whether it changes anything, and what it needs."""
    entries = [RUNBOOKS[name] for name in sorted(RUNBOOKS)]
    if as_json:
        rows = [
            {
                "name": e.name,
                "title": e.title,
                "effect": e.effect,
                "needs": e.needs,
                "notebook": str(e.path),
            }
            for e in entries
        ]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for e in entries:
        click.echo(f"{e.name}\n  {e.title}\n  It {e.effect}.\n  It needs {e.needs}.")


@click.command("show")
@click.argument("run", required=False)
@OUT
@click.option(
    "--outcome",
    type=click.Choice(["confirmed", "refused", "not_sent", "unknown"]),
    help="Only these.",
)
@click.option(
    "--state",
    help="Only these: completed, failed, refused, timed_out, interrupted, died, lost, running.",
)
@click.option("--runbook", help="Only runs of this runbook.")
@click.option("--user", help="Only runs for this username, as the journal keeps it.")
@click.option("--case", metavar="NUMBER", help="Only runs for this case number.")
@click.option(
    "--since", type=click.DateTime(), help="Only runs that started at or after this time (UTC)."
)
@click.option("--last", type=click.IntRange(1), help="Only so many, the newest.")
@AS_JSON
def show_command(
    run: str | None,
    out: Path,
    outcome: str | None,
    state: str | None,
    runbook: str | None,
    user: str | None,
    case: str | None,
    since: Any,
    last: int | None,
    as_json: bool,
) -> None:
    """List the runs of the journal, or show the one that is named."""
    from datetime import UTC

    from helpers.run.journal import Journal

    check_journal(out)

    def wanted(each: "Run") -> bool:
        parameters = each.started.parameters
        return (
            (not run or each.started.run.startswith(run))
            and (not outcome or each.outcome == outcome)
            and (not state or each.state == state)
            and (not runbook or each.started.runbook == runbook)
            and (not user or parameters.get("username") == user)
            and (not case or parameters.get("case_number") == case)
            and (not since or each.started.at >= since.replace(tzinfo=UTC))
        )

    journal = Journal(out)
    if last:
        runs = iter(list(islice(filter(wanted, journal.newest()), last))[::-1])
    else:
        runs = filter(wanted, journal.oldest())
    # One that is named is shown whole, unless the beginning of an id names several.
    first = list(islice(runs, 2))
    if run and not first:
        raise click.UsageError(f"There is no run {run} in {out}.")
    if run and len(first) == 1 and not as_json:
        click.echo(json.dumps(_data(first[0]), indent=2, ensure_ascii=False))
        return
    for line in (_as_json if as_json else _as_rows)(chain(first, runs)):
        click.echo(line)
    if not first and not as_json:
        click.echo("No runs.", err=True)


def _data(each: "Run") -> dict[str, Any]:
    return {
        "run": each.started.run,
        "state": each.state,
        "outcome": each.outcome,
        "started": each.started.model_dump(mode="json"),
        "ended": each.ended.model_dump(mode="json") if each.ended else None,
    }


def _as_json(runs: "Iterator[Run]") -> Iterator[str]:
    """Yield a JSON array a run at a time, as json.dumps would indent it."""
    one = next(runs, None)
    if one is None:
        yield "[]"
        return
    yield "["
    while one is not None:
        following = next(runs, None)
        text = json.dumps(_data(one), indent=2, ensure_ascii=False)
        yield "  " + text.replace("\n", "\n  ") + ("," if following else "")
        one = following
    yield "]"


def _as_rows(runs: "Iterator[Run]") -> Iterator[str]:
    for each in runs:
        code = str(each.ended.exit_code) if each.ended else "-"
        yield (
            f"{each.started.run}  {each.started.at:%Y-%m-%d %H:%M:%S} "
            f" {each.started.runbook:<14} {each.outcome or '-':<9} {each.state:<11} {code:>3} "
            f" {each.started.parameters.get('username', '')}"
        )


@click.command("verify")
@OUT
@click.option(
    "--head", help="A digest that an earlier verify has printed; it must still be in the journal."
)
@AS_JSON
def verify_command(out: Path, head: str | None, as_json: bool) -> None:
    """Check that the journal, and each run's notebook and record, are as they were written.

    Ends with 1 if something was altered, removed or inserted, at any time. Anyone who may write
    the journal and its head can make both fit: keep the digest that this prints somewhere else and
    give it as --head, or name a key in COGNITO_RESET_JOURNAL_KEY.
    """
    from helpers.run.journal import Journal

    check_journal(out)
    verdict = Journal(out).verify(head or "")
    faults = list(verdict.faults)
    if as_json:
        click.echo(
            json.dumps(
                {
                    "lines": verdict.lines,
                    "head": verdict.head,
                    "faults": faults,
                    "torn": verdict.torn,
                    "gone": verdict.gone,
                    "unread": verdict.unread,
                }
            )
        )
    else:
        for fault in faults:
            click.echo(fault)
        if verdict.torn:
            click.echo(
                "The last line was never finished: its writer was killed. Nothing is lost that was"
                " confirmed."
            )
        if verdict.gone:
            click.echo(f"{verdict.gone} notebooks or records of these runs are no longer there.")
        if verdict.unread:
            click.echo(
                f"The files of {verdict.unread} runs of other accounts cannot be read here, and"
                " were not checked."
            )
        click.echo(
            f"{verdict.lines} lines, "
            + ("and they do not fit together." if faults else "all as they were written.")
        )
        if verdict.head:
            click.echo(f"Digest of the last: {verdict.head}")
    raise SystemExit(1 if faults else 0)
