"""The command table: the users of a pool whom a campaign is about, as its table."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from helpers.runner.cli import VALUES, stopped_early
from helpers.runner.cli_options import AS_JSON
from helpers.runner.signals import StopRequests
from helpers.runner.streams import say

if TYPE_CHECKING:
    from helpers.run.parameters import Parameters

_SHARED = ("user_pool_id", "target", "region")


def _statuses(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    from helpers.campaign.listing import STATUSES

    wrong = [each for each in given if each.upper() not in STATUSES]
    if wrong:
        raise click.BadParameter(f"is one of {', '.join(STATUSES)}.")
    return tuple(dict.fromkeys(each.upper() for each in given))


def _domain(_: click.Context, __: click.Parameter, given: str) -> str:
    domain = given.removeprefix("@")
    if given and ("." not in domain or "@" in domain or domain != "".join(domain.split())):
        raise click.BadParameter("is what comes after the @, such as example.com.")
    return domain


def _moment(_: click.Context, __: click.Parameter, given: datetime | None) -> datetime | None:
    return given.replace(tzinfo=UTC) if given else None


@click.command("table")
@click.option("--user-pool-id", default="", help="The user pool; the default is the sandbox's.")
@VALUES
@click.option(
    "--out",
    "table",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE.csv",
    help="The table to write.",
)
@click.option(
    "--status",
    "statuses",
    multiple=True,
    metavar="STATUS",
    callback=_statuses,
    help="Only users in this status, such as CONFIRMED. Repeat for more.",
)
@click.option("--enabled/--disabled", default=None, help="Only those who are.")
@click.option(
    "--modified-before",
    type=click.DateTime(),
    callback=_moment,
    help="Only users who were last changed before this time (UTC).",
)
@click.option(
    "--created-before",
    type=click.DateTime(),
    callback=_moment,
    help="Only users who were made before this time (UTC).",
)
@click.option(
    "--email-domain",
    default="",
    metavar="DOMAIN",
    callback=_domain,
    help="Only users whose e-mail address is in this domain.",
)
@click.option("--group", default="", metavar="NAME", help="Only users who are in this group.")
@click.option("--limit", type=click.IntRange(1), help="Not more than so many.")
@click.option("--force", is_flag=True, help="Write over a table that is there.")
@AS_JSON
@click.pass_context
def table_command(
    ctx: click.Context,
    /,
    user_pool_id: str,
    values: dict[str, str],
    table: Path,
    statuses: tuple[str, ...],
    enabled: bool | None,
    modified_before: datetime | None,
    created_before: datetime | None,
    email_domain: str,
    group: str,
    limit: int | None,
    force: bool,
    as_json: bool,
) -> None:
    """Make the table for a batch: a user pool's users, as many as the options choose.

    It lists the pool and changes nothing. -p takes pool, target, region and profile. Beside the
    table, FILE.csv.made says how it was made. Ends with 1 when no user is chosen.
    """
    with StopRequests() as stop:
        with stopped_early(ctx, stop):
            from helpers.campaign import listing
            from helpers.cognito.errors import NotReached, ResetError
            from helpers.run.where import Callers

            shared, parameters = _read(values, user_pool_id, table, force)
        wanted = listing.Wanted(
            statuses, enabled, modified_before, created_before, email_domain, group
        )
        try:
            caller = Callers().of(parameters)
            if isinstance(caller, NotReached):
                raise caller
            with stopped_early(ctx, stop), stop.heard():
                listed = listing.list_users(
                    parameters.to_target().client(signed=True),
                    parameters.user_pool_id,
                    wanted,
                    most=limit or 0,
                    on_page=_told if sys.stderr.isatty() else None,
                )
        except ResetError as exc:
            say(f"Error: The users could not be listed: {exc} Nothing was written.", err=True)
            ctx.exit(exc.exit_code)
        if not listed.usernames:
            say(f"None of {listed.count} users is chosen. Nothing was written.", err=True)
            ctx.exit(1)
        try:
            made = listing.write_table(table, listed, shared, force=force)
        except (listing.TableError, OSError) as exc:
            why = f"cannot be written: {exc.strerror}." if isinstance(exc, OSError) else str(exc)
            raise click.UsageError(f"--out: {table} {why}") from None
    if as_json:
        say(json.dumps({"table": str(table), **made}, indent=2, ensure_ascii=False))
        return
    say(f"{made['listed']} users listed ({made['calls']} calls), {made['kept']} kept: {table}")
    if caller:
        say(f"Signed by {caller.arn}.")
    say(f"How it was made: {listing.made_path(table)}")


def _told(count: int) -> None:
    say(f"\r{count} listed\033[K", nl=False, err=True)


def _read(
    values: dict[str, str], user_pool_id: str, table: Path, force: bool
) -> "tuple[dict[str, str], Parameters]":
    """Return what all rows share, and the parameters of the calls. Raises UsageError with every
    problem.
    """
    from helpers.campaign.listing import TableError, check_table
    from helpers.run.parameters import PoolParameters

    problems = []
    try:
        check_table(table, force=force)
    except (TableError, OSError, ValueError) as exc:
        problems.append(f"--out: {table} {exc}")
    if user_pool_id and values.setdefault("user_pool_id", user_pool_id) != user_pool_id:
        problems.append("--user-pool-id: is not what -p user_pool_id says; give it once.")
    unused = [name for name in values if name not in (*_SHARED, "pool", "profile")]
    problems += [f"-p {name}: is no parameter of this command." for name in unused]
    known = {name: value for name, value in values.items() if name not in unused}
    read, found = PoolParameters.read(known, person=False, given=known.keys())
    problems += map(str, found)
    if problems or read is None:
        raise click.UsageError("\n".join(problems))
    named = {name: str(known[name]) for name in ("pool", "profile") if known.get(name)}
    return {**{name: getattr(read, name) for name in _SHARED}, **named}, read
