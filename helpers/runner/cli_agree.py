"""The command agree: a second person, under an account of their own, agrees to a run's plan."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from helpers.runner.cli_options import AS_JSON, OUT, check_journal
from helpers.runner.streams import say

if TYPE_CHECKING:
    from helpers.run.entries import Asked


class Refused(click.ClickException):
    """Nothing was agreed to."""

    def __init__(self, message: str, exit_code: int = 6) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc]  # each refusal has its own


@click.command("agree")
@click.argument("run", metavar="RUN|CAMPAIGN")
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
    """Agree to a run, or to a whole campaign, that waits for a second person, by its id.

    The plan is shown, and you repeat its digest. It has to be another account of the operating
    system than the one that asked, and where calls are signed another AWS caller. Ends with 2 for
    a wrong digest or run, and with 6 where you may not agree.
    """
    from helpers.run import second
    from helpers.run.agreement import NotAgreed, good_for, is_of_many
    from helpers.run.journal import Journal

    check_journal(out)
    journal = Journal(out)
    try:
        asked = second.request_of(journal, run)
    except NotAgreed as exc:
        raise Refused(str(exc), 2) from None
    try:
        me = second.check_second(journal, asked)
        if username is not None and not second.is_about(journal, asked, username):
            raise Refused("The plan is about another user. Nothing was agreed to.", 2)
        caller = second.caller_of(asked, profile or "")
        if not as_json:
            say(f"{second.plan_of(asked, me.name, caller)!r}\n")
        _repeat(asked, digest)
        agreed = second.agree(journal, asked, me, caller)
    except NotAgreed as exc:
        raise Refused(str(exc), exc.exit_code) from None
    except OSError as exc:
        why = exc.strerror or str(exc)
        raise Refused(f"The agreement cannot be written into {out}: {why}.") from None
    until = agreed.at + good_for(asked)
    if as_json:
        said = {"runbook": asked.runbook, "asked_by": asked.who, "until": until.isoformat()}
        say(json.dumps({**agreed.model_dump(mode="json"), **said}, indent=2, ensure_ascii=False))
    else:
        what = "this campaign, to begin by" if is_of_many(asked) else "one run, until"
        day = "" if until.date() == agreed.at.date() else f"{until:%Y-%m-%d} "
        say(f"Agreed, for {what} {day}{until:%H:%M} UTC. Have {asked.who} run the same again.")


def _repeat(asked: "Asked", given: str | None) -> None:
    """Have the digest's short form repeated. Raises UsageError where it is another."""
    from helpers.run.second import is_digest_of

    if given is None:
        if not sys.stdin.isatty():
            raise click.UsageError("No terminal is here: give the plan's digest as --digest.")
        given = str(click.prompt("Repeat the digest to agree", default="", show_default=False))
    if not is_digest_of(asked, given):
        raise click.UsageError("That is not the digest of this plan. Nothing was agreed to.")
