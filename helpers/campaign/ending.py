"""What a run's end means for its row: is it over, may it be tried again, does the campaign go on?

A row may be tried again only where it is sure that nothing was done: the request never left, or
Cognito refused it unread because too many came at once. Everything else is a person's decision.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from helpers.campaign.schema import ACTING, ENDED, UNKNOWN, WAITING, Row
from helpers.run.journal import Journal
from helpers.run.record import Step
from helpers.runner.headless import Report

_MOST_TRIES = 8
LONGEST_WAIT = 64.0
"""Seconds that a row which was throttled waits at most before it is tried again."""
_CALLER = frozenset(
    {
        "AccessDeniedException",
        "ExpiredTokenException",
        "IncompleteSignatureException",
        "InvalidClientTokenIdException",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
"""Errors that are about who calls, and so about every row."""


@dataclass(frozen=True)
class Ending:
    """What becomes of a row.

    state: waiting, ended or unknown. wait: seconds before it may be tried again. throttled: the
    operation that was refused because too many came at once. pauses: why the whole campaign stops
    here, "" where it goes on. report: what the ledger keeps of the run.
    """

    state: str
    outcome: str = ""
    exit_code: int = 0
    wait: float = 0.0
    throttled: str = ""
    pauses: str = ""
    report: Mapping[str, Any] = field(default_factory=dict)


def ending_of(report: Report, row: Row) -> Ending:
    """Return what a finished run means for its row."""
    steps = report.record.steps if report.record else ()
    failed = next((step for step in steps if step.status != "done"), None)
    error, message = (failed.error, failed.message) if failed else ("", "")
    kept = {
        "run": report.run,
        "meaning": report.meaning,
        "next_step": report.next_step,
        "next_command": report.next_command,
        "next_runbook": (
            report.record.next_runbook.name if report.record and report.record.next_runbook else ""
        ),
        "request_ids": list(report.request_ids),
        "request_id": _deciding(steps),
        "error": error,
        "record": report.record_file,
        "notebook": report.notebook,
    }
    again = Ending(WAITING, wait=min(2.0 ** (row.attempt - 1), LONGEST_WAIT), report=kept)
    ended = Ending(ENDED, report.outcome, report.exit_code, report=kept)
    if report.outcome == "unknown":
        why = f"what became of line {row.number} is not known: {report.meaning}"
        return _with(ended, state=UNKNOWN, pauses=why)
    if report.state == "interrupted" and report.outcome == "not_sent":
        return _with(again, wait=0.0)
    if error == "TooManyRequestsException" and failed and report.outcome != "confirmed":
        first = _with(again, throttled=failed.name)
        return first if row.attempt < _MOST_TRIES else _with(ended, throttled=failed.name)
    if error == "LimitExceededException" and "email" in message.lower():
        return _with(ended, pauses="Cognito sends no more e-mail today: its daily limit is reached")
    if error in _CALLER:
        return _with(ended, pauses=f"these credentials may not do this: {error}")
    if report.exit_code == 7 and report.outcome == "not_sent" and row.attempt < 3:
        return again
    return ended


_READS = ("AdminGet", "AdminList", "Describe", "Get", "List")


def _deciding(steps: Sequence[Step]) -> str:
    """Return the request id of the call that failed, else of the one that changed something."""
    ranked = sorted(
        steps, key=lambda step: (step.status != "done", not step.name.startswith(_READS))
    )
    return ranked[-1].request_id if ranked else ""


def ending_of_lost(row: Row, journal: Journal) -> Ending:
    """Return what becomes of a row whose worker is gone. journal: the one that its run wrote.

    A row that was only claimed waits again, eight times: it could get no permit, so nothing was
    sent. Of one that may have acted the journal knows more: how its run ended, or that it sent
    nothing.
    """
    ended = journal.end_of(row.run)
    if (
        ended is not None
        and ended.outcome.value == "unknown"
        or row.state == ACTING
        and (ended is None and journal.may_have_sent(row.run))
    ):
        return ending_unknown(row, ended.meaning if ended else LOST)
    if ended is not None and ended.outcome.value != "not_sent":
        kept = {"run": row.run, "meaning": ended.meaning, "next_step": ended.next_step}
        return Ending(ENDED, ended.outcome.value, ended.exit_code, report=kept)
    if row.attempt >= _MOST_TRIES:  # something in it ends the process, each time
        return Ending(ENDED, "not_sent", 138, report={"run": row.run, "meaning": LOST})
    return Ending(WAITING, report={"run": row.run})


LOST = "The process that ran it ended before its time."


def ending_unknown(row: Row, meaning: str) -> Ending:
    """Return the end of a row that may have acted, and of which nobody knows more."""
    why = f"what became of line {row.number} is not known: {meaning}"
    kept = {"run": row.run, "meaning": meaning}
    return Ending(UNKNOWN, "unknown", 138, pauses=why, report=kept)


def _with(ending: Ending, **changes: Any) -> Ending:
    return Ending(**{**vars(ending), **changes})
