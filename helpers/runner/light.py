"""A run without a notebook: the runbook works in this process, and leaves its record alone.

For campaigns: it takes a fraction of the time, and nothing isolates one run from the next but what
is done here.
"""

import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from helpers.cognito.errors import BadParameters
from helpers.run.entries import State
from helpers.run.entry import RunbookEntry
from helpers.run.journal import Journal
from helpers.run.record import Outcome, Record
from helpers.run.recording import as_run
from helpers.runner.afterwards import write_afterwards
from helpers.runner.signals import StopRequests, words_for
from helpers.secrets.redaction import of_one_run
from helpers.target.target import shared_clients

__all__ = ["NOT_PERMITTED", "Notebooks", "shared_clients", "submit"]

Notebooks = Literal["all", "failed", "none"]
"""Which runs leave a notebook: each; those that did not end well, afterwards; none."""
NOT_PERMITTED = "The campaign was paused or stopped before this run acted."


def submit(
    entry: RunbookEntry,
    values: Mapping[str, Any],
    journal: Journal,
    run: str,
    *,
    permit: Callable[[], bool] | None,
    stop: StopRequests,
    notebook: Path | None = None,
) -> tuple[State, str, Record | None]:
    """Do the run; return how it ended, in a word and in more, and its record, None where it did not
    come so far.

    values: the parameters, checked already. permit: asked before it acts; where it says no, nothing
    is sent. notebook: what is written where the run does not end well.
    """
    try:
        with of_one_run(), as_run(journal, run), stop.heard():
            runbook = entry.runs(**{**values, "interactive": "no"})
            if permit and not permit():
                return "interrupted", NOT_PERMITTED, None
            if runbook.submit().outcome is Outcome.CONFIRMED:
                return "completed", "", runbook.record
            if notebook:
                with suppress(OSError):  # the record says all that it would
                    write_afterwards(entry, values, runbook, notebook)
            return "failed", "NotDone", runbook.record
    except KeyboardInterrupt:
        return "interrupted", words_for(stop.number or signal.SIGINT), None
    except BadParameters as exc:
        return "failed", str(exc), None
    except Exception as exc:  # noqa: BLE001  # a bug: the record has to say so
        return "failed", f"{type(exc).__name__}: {exc}", None
