"""The command agree: a second person, under an account of their own, agrees to a run's plan."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from helpers.runbooks import RUNBOOKS
from helpers.runner.cli_options import AS_JSON, OUT, check_journal
from helpers.runner.streams import say

if TYPE_CHECKING:
    from helpers.run.entries import Asked
    from helpers.target.caller import Caller


class Refused(click.ClickException):
    """Nothing was agreed to."""

    def __init__(self, message: str, exit_code: int = 6) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc]  # each refusal has its own


@click.command("agree")
@click.argument("run")
@OUT
@click.option("--digest", metavar="SHORT", help="The plan's digest, where no terminal asks for it.")
@click.option("--username", help="Whom it is about, as you were told; compared, and not kept.")
@click.option("--profile", help="Your own AWS profile, where calls are signed.")
@AS_JSON
def agree_command(
    run: str,
    out: Path,
    digest: str | None,
    username: str | None,
    profile: str | None,
    as_json: bool,
) -> None:
    """Agree to a run that waits for a second person: RUN is the id of the run.

    The plan is shown, and you repeat its digest. It has to be another account of the operating
    system than the one that asked, and where calls are signed another AWS caller. Ends with 2 for
    a wrong digest or run, and with 6 where you may not agree.
    """
    from helpers.run import agreement
    from helpers.run.journal import Journal

    check_journal(out)
    journal = Journal(out)
    try:
        asked = agreement.request_of(journal, run)
    except agreement.NotAgreed as exc:
        raise Refused(str(exc), 2) from None
    try:
        me = agreement.check_second(journal, asked)
        if username is not None and not agreement.is_about(journal, asked, username):
            raise Refused("The plan is about another user. Nothing was agreed to.", 2)
        caller = _caller(asked, profile)
        if not as_json:
            say(_plan(asked, me.name, caller))
        _repeat(asked.digest, digest)
        agreed = agreement.agree(journal, asked, me, caller)
    except agreement.NotAgreed as exc:
        raise Refused(str(exc)) from None
    except OSError as exc:
        why = exc.strerror or str(exc)
        raise Refused(f"The agreement cannot be written into {out}: {why}.") from None
    until = agreed.at + agreement.GOOD_FOR
    if as_json:
        said = {"runbook": asked.runbook, "asked_by": asked.who, "until": until.isoformat()}
        say(json.dumps({**agreed.model_dump(mode="json"), **said}, indent=2, ensure_ascii=False))
    else:
        say(f"Agreed, for one run, until {until:%H:%M} UTC. Have {asked.who} run the same again.")


def _caller(asked: "Asked", profile: str | None) -> "Caller | None":
    """Return who signs here, where the calls of the run are signed."""
    from helpers.cognito.errors import NotReached
    from helpers.target import Target, TargetError
    from helpers.target.caller import ask_caller

    given = asked.parameters
    target = Target(given["target"], given["region"], profile or given["profile"])
    try:
        return ask_caller(target)
    except NotReached as exc:
        raise Refused(f"{exc} {exc.next}", exc.exit_code) from None
    except TargetError as exc:
        raise Refused(str(exc)) from None


def _plan(asked: "Asked", me: str, caller: "Caller | None") -> str:
    from helpers.display.card import Card
    from helpers.run.agreement import SHORT

    fields = RUNBOOKS[asked.runbook].parameters.model_fields if asked.runbook in RUNBOOKS else {}
    rows = (
        ("Runbook", asked.runbook),
        *(
            ((name in fields and fields[name].title) or name, value)
            for name, value in asked.parameters.items()
        ),
        ("Asked by", f"{asked.who} ({asked.uid}) {asked.caller}".rstrip()),
        ("Asked at", f"{asked.at:%Y-%m-%d %H:%M:%S} UTC"),
        ("You are", f"{me} {caller.arn if caller else ''}".rstrip()),
        ("Digest", asked.digest[:SHORT]),
    )
    shown = tuple((_line(label), _line(text)) for label, text in rows)
    return repr(Card("Do you agree to this?", shown, banner=_production(asked))) + "\n"


def _production(asked: "Asked") -> str:
    """Return what has to be seen first: that real users are in the pool."""
    from helpers.target.pools_file import PoolsError, pool_named

    try:
        pool = pool_named(asked.parameters["pool"])
    except PoolsError:
        return ""
    return pool.label if pool.production else ""


def _line(text: str) -> str:
    """Return a text in which nothing moves the terminal's cursor."""
    return "".join(one if one.isprintable() else " " for one in text)


def _repeat(digest: str, given: str | None) -> None:
    """Have the digest's short form repeated. Raises UsageError where it is another."""
    from helpers.run.agreement import SHORT

    if given is None:
        if not sys.stdin.isatty():
            raise click.UsageError("No terminal is here: give the plan's digest as --digest.")
        given = str(click.prompt("Repeat the digest to agree", default="", show_default=False))
    if given.strip().lower() not in (digest[:SHORT], digest):
        raise click.UsageError("That is not the digest of this plan. Nothing was agreed to.")
